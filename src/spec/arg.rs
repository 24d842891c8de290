//! A borrowed argument: what a script hands to a tool, seen without the script language.

use std::ops::ControlFlow;

/// One argument of a call. `Unit` means "not given".
#[derive(Clone, Copy)]
pub enum Arg<'a> {
    Unit,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(&'a str),
    Person(Identifiers<'a>),
    List(&'a dyn Tree),
    Object(&'a dyn Tree),
    /// A value that can't be sent, such as a closure; holds the name of its type.
    Foreign(&'a str),
    /// A value that only a run tells, in the check of a script's text. It may be any other, `Unit` as well: no
    /// fault may depend on it.
    Unknown,
}

impl Arg<'_> {
    /// The argument's type in the words of a script's author.
    pub fn type_name(&self) -> &str {
        match self {
            Arg::Unit => "()",
            Arg::Bool(_) => "a boolean",
            Arg::Int(_) => "an integer",
            Arg::Float(_) => "a float",
            Arg::Text(_) => "a string",
            Arg::Person(_) => "a person",
            Arg::List(_) => "an array",
            Arg::Object(_) => "a map",
            Arg::Foreign(name) => name,
            Arg::Unknown => "a value that a run tells",
        }
    }
}

/// The identifiers of one person; any may be absent, and an empty one counts as absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Identifiers<'a> {
    pub id: Option<&'a str>,
    pub email: Option<&'a str>,
    pub cio_id: Option<&'a str>,
}

impl<'a> Identifiers<'a> {
    /// The identifier of that kind, if the person has one.
    pub fn get(&self, which: Identifier) -> Option<&'a str> {
        let value = match which {
            Identifier::Id => self.id,
            Identifier::Email => self.email,
            Identifier::CioId => self.cio_id,
        };
        value.filter(|value| !value.is_empty())
    }
}

/// A kind of identifier a tool can use for a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identifier {
    Id,
    Email,
    /// Sent as `cio_<cio_id>`, the way Track v1 paths spell it.
    CioId,
}

impl Identifier {
    pub const ALL: [Identifier; 3] = [Identifier::Id, Identifier::Email, Identifier::CioId];

    pub const fn name(self) -> &'static str {
        match self {
            Identifier::Id => "id",
            Identifier::Email => "email",
            Identifier::CioId => "cio_id",
        }
    }

    /// What stands before the identifier's value on the wire.
    pub const fn prefix(self) -> &'static str {
        match self {
            Identifier::Id | Identifier::Email => "",
            Identifier::CioId => "cio_",
        }
    }
}

/// A step into a [`Tree`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<'a> {
    Key(&'a str),
    Index(usize),
}

/// A map or an array of a script, read without knowing its representation.
pub trait Tree {
    fn len(&self) -> usize;

    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Visits each entry in order until `visit` breaks.
    fn entries(&self, visit: &mut dyn FnMut(Step<'_>, Arg<'_>) -> ControlFlow<()>);

    /// The entry under `key`; `None` when there is none, and always `None` in an array.
    fn get(&self, key: &str) -> Option<Box<dyn Held + '_>>;
}

/// A value of a [`Tree`] that is kept readable for as long as this lives.
pub trait Held {
    fn arg(&self) -> Arg<'_>;
}
