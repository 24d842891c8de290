//! Parameters: what a tool takes, and what holds between the parts.

use super::{Identifier, Tool};

/// The longest id and the longest name of an attribute, in bytes. Documented for the Track API; that
/// Pipelines shares it is inference.
pub const MAX_NAME: usize = 150;
/// The longest text of an attribute, in bytes. Documented for the Track API alone, too.
pub const MAX_ATTRIBUTE: usize = 1_000;
/// The most attributes of a person or in a call. Documented for the Track API alone, too.
pub const MAX_ATTRIBUTES: usize = 300;

/// One parameter of a tool.
#[derive(Debug)]
pub struct Param {
    /// The name in scripts, snake case.
    pub name: &'static str,
    /// The name on the wire; `None` for a parameter that is only for Segue and never sent.
    pub wire: Option<&'static str>,
    pub kind: Kind,
    pub presence: Presence,
    pub about: &'static str,
    /// Whether an id names a person, as [`Kind::Person`] always does.
    person: bool,
}

/// Whether a parameter has to be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    Required,
    /// May be left out when another of its group is given; a [`Rule`] says which.
    Grouped,
    Optional,
}

impl Param {
    const fn new(name: &'static str, kind: Kind, presence: Presence, about: &'static str) -> Param {
        Param { name, wire: Some(name), kind, presence, about, person: false }
    }

    pub const fn required(name: &'static str, kind: Kind, about: &'static str) -> Param {
        Param::new(name, kind, Presence::Required, about)
    }

    /// One of several of which a [`Rule`] asks for one.
    pub const fn grouped(name: &'static str, kind: Kind, about: &'static str) -> Param {
        Param::new(name, kind, Presence::Grouped, about)
    }

    pub const fn optional(name: &'static str, kind: Kind, about: &'static str) -> Param {
        Param::new(name, kind, Presence::Optional, about)
    }

    /// Sent under another name than scripts use.
    pub const fn wire(mut self, wire: &'static str) -> Param {
        self.wire = Some(wire);
        self
    }

    /// An id that stands for a person, known or not.
    pub const fn of_person(mut self) -> Param {
        self.person = true;
        self
    }

    /// Whether the call is about whom this names.
    pub const fn names_person(&self) -> bool {
        self.person || matches!(self.kind, Kind::Person(_))
    }

    /// Read by Segue alone and not sent.
    pub const fn unsent(mut self) -> Param {
        self.wire = None;
        self
    }
}

/// The values a parameter takes. Lengths are in bytes, as Customer.io counts them.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// An id as text or a `Person`; the identifiers the tool can use, best first.
    Person(&'static [Identifier]),
    /// A non-empty identifier of at most [`MAX_NAME`] bytes.
    Id,
    /// Non-empty text of at most so many bytes.
    Text {
        max: usize,
    },
    /// Text of digits, such as an object type's id.
    Digits,
    /// One of these words.
    Choice(&'static [&'static str]),
    Bool,
    Int {
        min: i64,
        max: i64,
    },
    /// Seconds since 1970. Milliseconds are refused: Customer.io would accept them as a date far ahead.
    UnixSeconds,
    /// An ISO 8601 date and time.
    DateTime,
    /// A segment: its id, its name, or the segment as `get_segments` gives it.
    Segment,
    /// Any map of plain data.
    Object,
    /// A map of attributes, within [`MAX_ATTRIBUTES`], [`MAX_NAME`] and [`MAX_ATTRIBUTE`]. The listed ones
    /// have a fixed meaning and are checked as parameters.
    Attributes(&'static [Param]),
    /// An audience in Customer.io's filter language.
    Filter,
    Url,
    /// A non-empty array.
    List {
        of: &'static Kind,
        max: usize,
    },
    /// A map with just these fields.
    Record {
        fields: &'static [Param],
        rules: &'static [Rule],
    },
    /// A map that is one of these calls, told apart by its `type`.
    Call(&'static [Item]),
}

/// A call that can travel inside another: `type` on the wire, and the tool it stands for.
#[derive(Clone, Copy, Debug)]
pub struct Item {
    pub name: &'static str,
    pub tool: &'static Tool,
}

/// What holds between a tool's parameters.
#[derive(Clone, Copy, Debug)]
pub enum Rule {
    /// At least one of these.
    AnyOf(&'static [&'static str]),
    /// Exactly one of these, which together choose who receives a broadcast.
    OneAudience(&'static [&'static str]),
    /// `flag` means something only beside one of `with`.
    OnlyWith { flag: &'static str, with: &'static [&'static str] },
    /// These values of a text parameter make Customer.io perform an operation that destroys data.
    Destroys { param: &'static str, values: &'static [&'static str] },
    /// These keys of an object parameter change what a person agreed to receive, and so does any key that
    /// goes on from one of them with a dot: Customer.io reads dots as steps.
    ChangesConsent { param: &'static str, keys: &'static [&'static str] },
    /// The segments in a parameter have to be worked out, unless `unless` is true: until then some of their
    /// people are missing, and some are in them who don't belong there.
    Finished { param: &'static str, unless: &'static str },
    /// With the parameter `with`, the call sets attributes of the object that `object` names.
    SetsObject { object: &'static str, with: &'static str },
}
