//! The inputs of a text that nobody types: what comes through a pipe.

use super::{Input, Shows, Typed};
use crate::engine::scan::{Kind, scan};
use crate::run::Known;

/// A text in pieces: a line with a command is one, and so is all that is between two of them.
pub struct Pieces {
    text: String,
    /// Where the next one begins.
    at: usize,
    shows: Shows,
}

impl Pieces {
    /// `shows` says how much of their values anybody sees.
    pub fn of(text: String, shows: Shows) -> Pieces {
        Pieces { text, at: 0, shows }
    }

    fn piece(&mut self) -> Option<String> {
        let (text, from) = (&self.text, self.at);
        if from >= text.len() {
            return None;
        }
        let to = match command(text, from) {
            Some(at) if text[from..at].trim().is_empty() => {
                text[at..].find('\n').map_or(text.len(), |end| at + end + 1)
            }
            Some(at) => text[..at].rfind('\n').map_or(from, |end| end + 1),
            None => text.len(),
        };
        self.at = to;
        Some(text[from..to].to_string())
    }
}

/// The byte of the first colon behind `from` that begins a command: the first in its line, and in nothing that is open.
fn command(text: &str, from: usize) -> Option<usize> {
    let (mut depth, mut found) = (0_usize, None);
    scan(text, from, |tokens| {
        let Some(token) = tokens.last() else { return false };
        let at = token.span.start;
        let first = || text[from..at].rsplit('\n').next().is_some_and(|line| line.trim().is_empty());
        match token.kind {
            Kind::Open => depth += 1,
            Kind::Close => depth = depth.saturating_sub(1),
            _ if depth == 0 && text[at..].starts_with(':') && first() => found = Some(at),
            _ => {}
        }
        found.is_some()
    });
    found
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
