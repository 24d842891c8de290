//! Answers held against the shape that their tool declares. What is otherwise is repaired where its
//! meaning is certain, and told; the rest is for the caller to refuse. Purely.

mod check;
mod mend;
#[cfg(test)]
mod tests;

use std::fmt;

use crate::fault::{At, Code, Fault};

pub use check::{Unwatched, Watch, check, reread};
#[cfg(test)]
use mend::Mended;
pub use mend::{Wrong, mend};

/// A field of an answer that isn't as its tool declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drift {
    /// The tool's name in scripts.
    pub tool: &'static str,
    /// Its way through the answer: `identifiers[].id`.
    pub field: String,
    pub change: Change,
}

/// What is otherwise than declared, and what was done about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is of another kind, and was taken for what it surely means.
    Taken { got: &'static str, declared: &'static str },
    /// It is null where a list is declared, and was taken as an empty one.
    Emptied,
    /// The tool declares no such field. It was kept.
    Extra,
}

impl Drift {
    pub const fn code(&self) -> Code {
        match self.change {
            Change::Taken { .. } => Code::DriftType,
            Change::Emptied => Code::DriftMissing,
            Change::Extra => Code::DriftExtra,
        }
    }

    /// What it is, without a value: that may be a person's.
    fn seen(&self) -> String {
        let Drift { tool, field, change } = self;
        let has = match change {
            Change::Taken { got, .. } => format!("{got} for `{field}`"),
            Change::Emptied => format!("null for `{field}`"),
            Change::Extra => format!("a field `{field}`"),
        };
        format!("the answer of `{tool}` has {has}")
    }

    fn done(&self) -> String {
        match self.change {
            Change::Taken { declared, .. } => format!("taken as {declared}"),
            Change::Emptied => "taken as an empty list".into(),
            Change::Extra => "kept".into(),
        }
    }

    fn declared(&self) -> String {
        match self.change {
            Change::Taken { declared, .. } => format!("{declared} is declared"),
            Change::Emptied => "a list is declared".into(),
            Change::Extra => "none is declared".into(),
        }
    }

    /// The line of a run that goes on.
    pub fn note(&self) -> String {
        format!("{}: {}; {}", self.code().name(), self.seen(), self.done())
    }

    /// The fault of a run that takes no drift; `accepted` says that the call was a write, which was done.
    pub fn fault(&self, accepted: bool) -> Fault {
        let message = format!("{}, where {}", self.seen(), self.declared());
        let help = format!(
            "without --strict-answers it is {}, and told; the catalogue of tools needs a look, so please \
             report it",
            self.done()
        );
        let fault = Fault::new(self.code(), At::Call, message);
        match accepted {
            false => fault.label("an answer of another shape").help(help),
            true => fault
                .label("accepted, with an answer of another shape")
                .help(format!("Customer.io has done it, so don't send it again; {help}")),
        }
    }
}

/// The way to a value through an answer.
enum Path<'p> {
    Root,
    Field(&'p Path<'p>, &'p str),
    Items(&'p Path<'p>),
}

impl Path<'_> {
    const fn is_root(&self) -> bool {
        matches!(self, Path::Root)
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Path::Root => Ok(()),
            Path::Field(Path::Root, name) => f.write_str(name),
            Path::Field(parent, name) => write!(f, "{parent}.{name}"),
            Path::Items(parent) => write!(f, "{parent}[]"),
        }
    }
}

/// Fields that an answer is told to have beyond those that are declared.
const MOST_EXTRAS: usize = 20;

/// What was found in one answer, each field once.
struct Drifts {
    tool: &'static str,
    found: Vec<Drift>,
}

impl Drifts {
    fn add(&mut self, at: &Path<'_>, change: Change) {
        let field = at.to_string();
        let known = self.found.iter().any(|drift| drift.field == field);
        if !known && (change != Change::Extra || self.found.len() < MOST_EXTRAS) {
            self.found.push(Drift { tool: self.tool, field, change });
        }
    }

    /// Adds a field of the object `at` that isn't declared. Its name comes from the answer, where people
    /// can be keys too, so only what is written as Customer.io writes its fields is told.
    fn extra(&mut self, at: &Path<'_>, name: &str) {
        let plain = name.len() <= 40 && name.chars().all(|c| c.is_ascii_alphabetic() || c == '_');
        self.add(&Path::Field(at, if plain { name } else { "*" }), Change::Extra);
    }
}
