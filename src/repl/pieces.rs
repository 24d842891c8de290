//! The inputs of a text that nobody types: what comes through a pipe.

use super::{Input, Shows, Typed};
use crate::engine::scan::{Kind, Scanned, Unclosed, whole};
use crate::run::Known;

/// A text in pieces: a line with a command is one, and so is all that is between two of them.
pub struct Pieces {
    rest: String,
    shows: Shows,
}

impl Pieces {
    /// `shows` says how much of their values anybody sees.
    pub fn of(text: String, shows: Shows) -> Pieces {
        Pieces { rest: text, shows }
    }

    fn piece(&mut self) -> Option<String> {
        if self.rest.is_empty() {
            return None;
        }
        let mut len = 0;
        let mut scanned = None;
        for line in self.rest.split_inclusive('\n') {
            let command = line.trim_start().starts_with(':')
                && free(scanned.get_or_insert_with(|| whole(&self.rest)), len);
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

    /// Nobody is there to ask.
    fn answer(&mut self, _: &str) -> Typed {
        Typed::End
    }

    fn typed(&self) -> bool {
        false
    }

    fn shows(&self) -> Shows {
        self.shows
    }
}

/// Whether nothing that begins before a byte goes on behind it: no text of several lines, and no bracket.
fn free(scanned: &Scanned, at: usize) -> bool {
    let before = scanned.tokens.iter().take_while(|token| token.span.start < at);
    let mut depth = 0_usize;
    for token in before {
        if token.span.end > at {
            return false;
        }
        match token.kind {
            Kind::Open => depth += 1,
            Kind::Close => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    let unclosed = match &scanned.unclosed {
        Some(Unclosed::Text(from) | Unclosed::Hole(from) | Unclosed::Comment(from)) => *from < at,
        None => false,
    };
    depth == 0 && !unclosed
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
            ("let x = `a\n:b`;\n:type x\n", &["let x = `a\n:b`;\n", ":type x\n"]),
            ("let x = #{ a\n:1 };\nx", &["let x = #{ a\n:1 };\nx"]),
            (":load it's\n:type `x\n1\n", &[":load it's\n", ":type `x\n", "1\n"]),
            ("let x = 1;\n:type x\n :quit\nx\ny\n", &["let x = 1;\n", ":type x\n", " :quit\n", "x\ny\n"]),
        ] {
            let mut all = Pieces::of(text.to_string(), Shows::Nothing);
            let found: Vec<String> = std::iter::from_fn(|| all.piece()).collect();
            assert_eq!(found, pieces);
        }
    }
}
