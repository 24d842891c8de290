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

/// The shape of a JSON value.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// Any JSON, null as well.
    Any,
    Text,
    Int,
    /// A moment, as an integer of seconds since 1970.
    Time,
    Bool,
    List(&'static Shape),
    /// All fields that the documents name. Another one is told as drift: Customer.io adds some.
    Object(&'static [Field]),
    /// Some fields of an object that is known to have more.
    Open(&'static [Field]),
    /// An accepted write: an empty object, an empty body, or nothing that matters.
    Nothing,
}

/// The most fields an object may declare: whoever reads an answer keeps a bit for each.
pub const MAX_FIELDS: usize = 64;

impl Shape {
    /// Whether no object in it declares too many fields.
    pub(super) const fn fits(&self) -> bool {
        match self {
            Shape::Any | Shape::Text | Shape::Int | Shape::Time | Shape::Bool | Shape::Nothing => true,
            Shape::List(of) => of.fits(),
            Shape::Object(fields) | Shape::Open(fields) => {
                let mut i = 0;
                while i < fields.len() {
                    if !fields[i].shape.fits() {
                        return false;
                    }
                    i += 1;
                }
                fields.len() <= MAX_FIELDS
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_many_fields_are_found_at_any_depth() {
        const ONE: Field = Field::maybe("one", Shape::Int);
        const FULL: Shape = Shape::Object(&[ONE; MAX_FIELDS]);
        const MORE: Shape = Shape::Open(&[ONE; MAX_FIELDS + 1]);
        const INSIDE: Shape = Shape::Object(&[Field::maybe("list", Shape::List(&MORE))]);
        assert!(FULL.fits());
        assert!(!MORE.fits() && !INSIDE.fits());
    }
}
