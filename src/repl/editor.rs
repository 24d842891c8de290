//! The line at a terminal, with a history that outlives the session.

use std::path::PathBuf;

use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::FileHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Config, Helper, Result};

use super::{Input, Shows, Typed};
use crate::engine::scan::{self, Kind};

/// As many inputs are kept.
const MOST: usize = 10_000;
/// Longer inputs aren't kept: nobody looks for them line by line.
const LONGEST: usize = 10_000;

/// Lines that are typed.
pub struct Editor {
    line: rustyline::Editor<Help, FileHistory>,
    /// Where they are kept, as long as that can be done.
    history: Option<PathBuf>,
    /// Whether a line may be kept.
    keeps: Keeps,
}

type Keeps = Box<dyn Fn(&str) -> bool + Send>;

impl Editor {
    /// `history` is the file they are kept in, and `keeps` says of an input whether it may be there.
    ///
    /// # Errors
    /// When the terminal can't be written on.
    pub fn new(history: Option<PathBuf>, keeps: Keeps) -> std::io::Result<Editor> {
        let config = Config::builder().history_ignore_space(true);
        let config = config.max_history_size(MOST).map_err(std::io::Error::other)?.build();
        let mut line = rustyline::Editor::with_config(config).map_err(std::io::Error::other)?;
        line.set_helper(Some(Help));
        if let Some(history) = &history {
            // There is none at first, and the prompt is of use without.
            let _ = line.load_history(history);
        }
        Ok(Editor { line, history, keeps })
    }

    fn keep(&mut self, text: &str) {
        if text.len() > LONGEST || !(self.keeps)(text) {
            return;
        }
        // A history that can't be written is one of this session alone.
        let added = self.line.add_history_entry(text).unwrap_or(false);
        if added
            && let Some(history) = &self.history
            && self.line.append_history(history).is_err()
        {
            self.history = None;
        }
    }
}

impl Input for Editor {
    fn next(&mut self, prompt: &str) -> Typed {
        match self.line.readline(prompt) {
            Ok(text) => {
                self.keep(&text);
                Typed::Text(text)
            }
            Err(ReadlineError::Interrupted | ReadlineError::Signal(_)) => Typed::Nothing,
            // Ctrl-D, or a terminal that went away.
            Err(_) => Typed::End,
        }
    }

    fn answer(&mut self, prompt: &str) -> Typed {
        match self.line.readline(prompt) {
            Ok(text) => Typed::Text(text),
            Err(ReadlineError::Interrupted | ReadlineError::Signal(_)) => Typed::Nothing,
            Err(_) => Typed::End,
        }
    }

    fn typed(&self) -> bool {
        true
    }

    fn shows(&self) -> Shows {
        Shows::First
    }
}

/// What the line asks while it is typed.
struct Help;

impl Helper for Help {}

impl Completer for Help {
    type Candidate = String;
}

impl Hinter for Help {
    type Hint = String;
}

impl Highlighter for Help {}

impl Validator for Help {
    fn validate(&self, line: &mut ValidationContext<'_>) -> Result<ValidationResult> {
        Ok(match whole(line.input()) {
            true => ValidationResult::Valid(None),
            false => ValidationResult::Incomplete,
        })
    }
}

/// Whether nothing that an input opens is left open. What is closed too often is whole: it is told what is wrong
/// with it.
fn whole(text: &str) -> bool {
    let scanned = scan::whole(text);
    let depth = scanned.tokens.iter().try_fold(0_usize, |depth, token| match token.kind {
        Kind::Open => Some(depth + 1),
        Kind::Close => depth.checked_sub(1),
        _ => Some(depth),
    });
    text.trim_start().starts_with(':') || (scanned.unclosed.is_none() && depth.is_none_or(|depth| depth == 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_input_goes_on_while_something_is_open() {
        for text in ["1 + 1", "f(1)", "}", "let f = |x| { x };", ":load {", "\"a { b\"", ""] {
            assert!(whole(text), "{text}");
        }
        for text in ["f(", "for x in [1] {", "let m = #{", "`text", "/* comment", "`${x"] {
            assert!(!whole(text), "{text}");
        }
    }
}
