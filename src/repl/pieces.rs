//! The inputs of a text that nobody types: what comes through a pipe.

use super::{Input, Typed};
use crate::run::Known;

/// A text in pieces: a line with a command is one, and so is all that is between two of them.
pub struct Pieces {
    rest: String,
    shown: bool,
}

impl Pieces {
    /// `shown` says whether anybody sees their values.
    pub fn of(text: String, shown: bool) -> Pieces {
        Pieces { rest: text, shown }
    }

    fn piece(&mut self) -> Option<String> {
        if self.rest.is_empty() {
            return None;
        }
        let mut len = 0;
        for line in self.rest.split_inclusive('\n') {
            let command = line.trim_start().starts_with(':');
            if command && len > 0 {
                break;
            }
            len += line.len();
            if command {
                break;
            }
        }
        let rest = self.rest.split_off(len);
        Some(std::mem::replace(&mut self.rest, rest))
    }
}

impl Input for Pieces {
    fn next(&mut self, _: &str, _: &Known) -> Typed {
        self.piece().map_or(Typed::End, Typed::Text)
    }

    fn typed(&self) -> bool {
        false
    }

    fn shows(&self) -> bool {
        self.shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_falls_into_commands_and_what_is_between() {
        for (text, pieces) in [
            ("", &[][..]),
            ("let x = 1;\nx", &["let x = 1;\nx"]),
            (":help\n", &[":help\n"]),
            ("let x = 1;\n:type x\n :quit\nx\ny\n", &["let x = 1;\n", ":type x\n", " :quit\n", "x\ny\n"]),
        ] {
            let mut all = Pieces::of(text.to_string(), false);
            let found: Vec<String> = std::iter::from_fn(|| all.piece()).collect();
            assert_eq!(found, pieces);
        }
    }
}
