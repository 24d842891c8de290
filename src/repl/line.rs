//! What a line asks while it is typed: whether it is whole, what can follow, and how it looks.

use std::borrow::Cow;
use std::cell::Cell;
use std::time::Duration;

use rustyline::completion::{Completer, Pair};
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::{Hint, Hinter};
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Context, Helper, Result};

use super::command;
use super::complete::{self, asks_for_segments, complete};
use super::hint::hint;
use super::paint::{dimmed, matching, paint};
use super::show::cut::{cut, visible};
use super::whole::whole;
use crate::diagnostics::Look;
use crate::engine::LIBRARY;
use crate::fault::is_obeyed;
use crate::run::Known;

/// A longer input is read at no single key, as each reading goes through all of it. It is still read as a whole, when
/// Enter is pressed.
const LONGEST: usize = 8 << 10;
/// Who pressed Tab waits no longer for the names of segments.
const PATIENCE: Duration = Duration::from_millis(200);

/// What helps with the line.
pub struct Line {
    /// What is known of the conversation that the line is typed for.
    pub known: Option<Known>,
    /// The columns that there are to list candidates in.
    pub columns: usize,
    look: Look,
    profiles: Vec<String>,
    /// Whether the line is left as it is now: without what follows the cursor.
    over: Cell<bool>,
    /// Whether more keys are there already.
    more: fn() -> bool,
}

impl Line {
    pub fn new(look: Look, profiles: Vec<String>) -> Line {
        Line { known: None, columns: look.width, look, profiles, over: Cell::new(false), more }
    }

    /// Reads the line with all that is known; for the names of segments it waits as long as that.
    fn with<T>(
        &self,
        text: &str,
        cursor: usize,
        patience: Duration,
        read: impl FnOnce(&complete::Known<'_>) -> T,
    ) -> T {
        let names = self.known.as_ref().map(Known::names).unwrap_or_default();
        let asked = self.known.as_ref().filter(|_| asks_for_segments(text, cursor));
        let segments = asked.map(|known| known.segments(patience)).unwrap_or_default();
        let commands: Vec<complete::Command<'_>> = command::ALL
            .iter()
            .map(|command| complete::Command {
                name: command.name,
                aliases: command.aliases,
                takes: command.takes,
            })
            .collect();
        let library: Vec<&str> = LIBRARY.iter().map(|(path, _)| *path).collect();
        read(&complete::Known {
            commands: &commands,
            functions: &names.functions,
            variables: &names.variables,
            modules: &names.modules,
            library: &library,
            profiles: &self.profiles,
            segments: &segments,
        })
    }
}

impl Helper for Line {}

impl Validator for Line {
    fn validate(&self, line: &mut ValidationContext<'_>) -> Result<ValidationResult> {
        Ok(match whole(line.input()) {
            true => ValidationResult::Valid(None),
            false => ValidationResult::Incomplete,
        })
    }
}

impl Completer for Line {
    type Candidate = Pair;

    fn complete(&self, line: &str, cursor: usize, _: &Context<'_>) -> Result<(usize, Vec<Pair>)> {
        if line.len() > LONGEST {
            return Ok((cursor, vec![]));
        }
        let found = self.with(line, cursor, PATIENCE, |known| complete(line, cursor, known));
        let pair = |candidate: complete::Candidate| Pair {
            display: cut(&visible(&self.look.words(&candidate.shown)), self.columns, self.look),
            replacement: candidate.written,
        };
        Ok((found.start, found.candidates.into_iter().map(pair).collect()))
    }
}

/// What is shown behind the line and never becomes part of it.
pub struct Behind(String);

impl Hint for Behind {
    fn display(&self) -> &str {
        &self.0
    }

    fn completion(&self) -> Option<&str> {
        None
    }
}

impl Hinter for Line {
    type Hint = Behind;

    fn hint(&self, line: &str, cursor: usize, _: &Context<'_>) -> Option<Behind> {
        if line.len() > LONGEST || (self.more)() {
            return None;
        }
        // The names of segments are asked for now, so that they are there at Tab.
        self.with(line, cursor, Duration::ZERO, |known| hint(line, cursor, known))
            .map(|hint| Behind(self.look.words(&hint).into_owned()))
    }
}

impl Highlighter for Line {
    fn highlight<'l>(&self, line: &'l str, cursor: usize) -> Cow<'l, str> {
        match harmless(line) {
            Cow::Borrowed(line) if self.look.colour => {
                paint(line, if self.over.get() { usize::MAX } else { cursor })
            }
            line => line,
        }
    }

    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        Cow::Owned(dimmed(hint))
    }

    fn highlight_char(&self, line: &str, cursor: usize, kind: CmdKind) -> bool {
        self.over.set(kind == CmdKind::ForcedRefresh);
        let reads = self.look.colour && line.len() <= LONGEST && !(self.more)();
        match kind {
            CmdKind::Other => reads,
            CmdKind::MoveCursor => reads && matching(line, cursor).is_some(),
            CmdKind::ForcedRefresh => false,
        }
    }
}

/// Whether keys wait to be read: a terminal that doesn't mark what is pasted gives it key by key, and nobody looks at
/// what is between two of them.
fn more() -> bool {
    #[cfg(unix)]
    let waiting = rustix::io::ioctl_fionread(std::io::stdin());
    #[cfg(not(unix))]
    let waiting = Ok::<u64, std::io::Error>(0);
    // What can't tell is no terminal.
    waiting.is_ok_and(|bytes| bytes > 0)
}

/// `line` without what a terminal would obey. Nothing takes its place: the editor counts no column for such a
/// character, nor for what belongs to an escape.
fn harmless(line: &str) -> Cow<'_, str> {
    let stays = |c: char| matches!(c, '\n' | '\t') || !is_obeyed(c);
    if line.chars().all(stays) {
        return Cow::Borrowed(line);
    }
    enum Escape {
        None,
        Begun,
        Open,
    }
    let mut escape = Escape::None;
    let mut shown = String::with_capacity(line.len());
    for c in line.chars() {
        if matches!(c, '\n' | '\t') {
            shown.push(c);
            continue;
        }
        escape = match escape {
            Escape::Begun if c == '[' => Escape::Open,
            Escape::Open if c == ';' || c.is_ascii_digit() => Escape::Open,
            Escape::Begun | Escape::Open => Escape::None,
            Escape::None if c == '\u{1b}' => Escape::Begun,
            Escape::None => {
                shown.extend(Some(c).filter(|c| stays(*c)));
                Escape::None
            }
        };
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use rustyline::history::MemHistory;

    use super::*;

    fn line(colour: bool) -> Line {
        let look = Look { colour, unicode: true, width: 80 };
        Line { more: || false, ..Line::new(look, vec!["staging".to_string()]) }
    }

    /// What is listed and what is written at the end of a text.
    fn completed(line: &Line, text: &str) -> Vec<(String, String)> {
        let history = MemHistory::new();
        let (_, found) = line.complete(text, text.len(), &Context::new(&history)).expect("it asks nobody");
        found.into_iter().map(|pair| (pair.display, pair.replacement)).collect()
    }

    #[test]
    fn what_is_listed_fits_the_terminal_and_commands_none_of_it() {
        let mut line = line(false);
        line.columns = 20;
        let found = completed(&line, "add_p");
        assert_eq!(found, [("add_person_to_group…".to_string(), "add_person_to_group(".to_string())]);
        assert_eq!(completed(&line, ":hel")[0].1, ":help");
        assert_eq!(completed(&line, "import \"std/d")[0].1, "std/dates\"");
    }

    #[test]
    fn a_hint_is_shown_and_never_written() {
        let history = MemHistory::new();
        let hints = |text: &str| line(false).hint(text, text.len(), &Context::new(&history));
        let hint = hints("suppress_person(").expect("a tool has parameters");
        assert_eq!((hint.display(), hint.completion()), ("identifier)", None));
        let look = Look { colour: false, unicode: false, width: 80 };
        let ascii = Line { look, ..line(false) };
        let hint = ascii.hint("get_messages(", 13, &Context::new(&history)).expect("it has more parameters");
        assert_eq!(hint.display(), "[type], [metric], [drafts], ...)");
    }

    #[test]
    fn a_long_input_is_left_alone_key_by_key() {
        let history = MemHistory::new();
        let text = format!("{}suppress_person(", "x;".repeat(LONGEST));
        let line = line(true);
        assert!(line.hint(&text, text.len(), &Context::new(&history)).is_none());
        assert_eq!(completed(&line, &text), []);
        assert!(!line.highlight_char(&text, text.len(), CmdKind::Other));
        let pasted = Line { more: || true, ..line };
        assert!(pasted.hint("suppress_person(", 16, &Context::new(&history)).is_none());
        assert!(!pasted.highlight_char("let", 3, CmdKind::Other));
    }

    #[test]
    fn colour_is_there_where_the_terminal_has_it() {
        assert_eq!(line(false).highlight("let x", 5), "let x");
        let line = line(true);
        assert!(line.highlight_char("(1)", 3, CmdKind::Other));
        assert_eq!(line.highlight("(1)", 3), "\x1b[1;4m(\x1b[0m\x1b[36m1\x1b[0m\x1b[1;4m)\x1b[0m");
        assert!(!line.highlight_char("(1)", 3, CmdKind::ForcedRefresh));
        assert_eq!(line.highlight("(1)", 3), "(\x1b[36m1\x1b[0m)", "nothing follows the cursor any more");
        assert!(!line.highlight_char("x", 1, CmdKind::MoveCursor));
    }

    #[test]
    fn what_a_terminal_would_obey_is_not_shown() {
        for (text, shown) in [
            ("let x = 1", "let x = 1"),
            ("a\u{7}b\u{8}\u{9b}c\u{202e}", "abc"),
            ("a\u{1b}[31;1mb\n\tc", "ab\n\tc"),
            ("a\u{1b}]0;x\u{7}b", "a0;xb"),
            ("\u{1b}\u{1b}[2Jx", "[2Jx"),
        ] {
            assert_eq!(harmless(text), shown);
            assert!(!line(true).highlight(text, 0).contains(['\u{7}', '\u{9b}', '\u{202e}']));
        }
    }
}
