//! The declared shape of an answer.

/// A field of an answer.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    pub name: &'static str,
    pub shape: Shape,
    /// Whether the field may be absent or null.
    pub optional: bool,
}

impl Field {
    pub const fn always(name: &'static str, shape: Shape) -> Field {
        Field { name, shape, optional: false }
    }

    pub const fn maybe(name: &'static str, shape: Shape) -> Field {
        Field { name, shape, optional: true }
    }
}

/// The shape of a JSON value. Fields that aren't declared are allowed: Customer.io adds some.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// Any JSON.
    Any,
    Text,
    Int,
    Bool,
    List(&'static Shape),
    Object(&'static [Field]),
    /// An accepted write: an empty object, an empty body, or nothing that matters.
    Nothing,
}
