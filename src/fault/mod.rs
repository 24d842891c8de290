//! What can go wrong, as data. Nothing here prints or locates: [`crate::diagnostics`] does.

mod code;
mod shell;
mod suggest;
mod text;
mod words;

pub use code::{Code, Ending};
pub use shell::{quoted, shell_word};
pub use suggest::closest;
pub use text::{io_in_words, is_obeyed, text_of, visible};
pub use words::{counted, listed, time_in_words};

/// One thing that is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub code: Code,
    pub at: At,
    /// What is wrong, as a sentence without its full stop.
    pub message: String,
    /// What stands under the marked place; empty when the message says it all.
    pub label: String,
    /// How to put it right.
    pub help: Option<String>,
}

impl Fault {
    pub fn new(code: Code, at: At, message: impl Into<String>) -> Fault {
        Fault { code, at, message: message.into(), label: String::new(), help: None }
    }

    pub fn label(mut self, label: impl Into<String>) -> Fault {
        self.label = label.into();
        self
    }

    pub fn help(mut self, help: impl Into<String>) -> Fault {
        self.help = Some(help.into());
        self
    }

    /// The same fault with `line` below its help.
    pub fn and_help(self, line: &str) -> Fault {
        let help = self.help.as_ref().map_or_else(|| line.to_string(), |help| format!("{help}\n{line}"));
        self.help(help)
    }

    /// The same fault seen from one step further outside: below a parameter, a key or an index.
    pub fn below(mut self, step: impl Into<String>) -> Fault {
        let (At::Value(steps) | At::Key(steps)) = &mut self.at else {
            self.at = At::Value(vec![step.into()]);
            return self;
        };
        steps.insert(0, step.into());
        self
    }
}

/// A place in a source. Line and column count from 1, columns in characters; 0 means unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    pub source: String,
    pub line: usize,
    pub column: usize,
}

impl Place {
    /// Behind what happened there: ` at script.rhai:3`, or nothing where the line isn't known.
    pub fn behind(&self) -> String {
        match self.line {
            0 => String::new(),
            line => format!(" at {}:{line}", self.source),
        }
    }
}

/// Where in a call a fault is. Steps lead from the call inward: a parameter first, then keys, and
/// indexes as digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum At {
    /// The call as a whole.
    Call,
    /// An argument, or a value inside it.
    Value(Vec<String>),
    /// A key itself, when it is the key that is wrong.
    Key(Vec<String>),
}
