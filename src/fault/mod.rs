//! What can go wrong, as data. Nothing here prints or locates: [`crate::diagnostics`] does.

mod code;
mod suggest;

pub use code::{Code, Ending};
pub use suggest::{closest, listed};

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

    /// The same fault seen from outside: inside the parameter `param`, below `steps`.
    pub fn within(mut self, param: &'static str, steps: &[String]) -> Fault {
        let inner: Vec<String> = match self.at {
            At::Call => vec![],
            At::Argument { param, path } => std::iter::once(param.to_string()).chain(path).collect(),
            At::Key(key) => vec![key],
        };
        self.at = At::Argument { param, path: steps.iter().cloned().chain(inner).collect() };
        self
    }
}

/// Where in a call a fault is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum At {
    /// The call as a whole.
    Call,
    /// An argument, or a place inside it: keys, and indexes as digits.
    Argument { param: &'static str, path: Vec<String> },
    /// A key of the map of named parameters that is no parameter.
    Key(String),
}

impl At {
    pub fn argument(param: &'static str) -> At {
        At::Argument { param, path: vec![] }
    }
}
