//! A value as JSON.

use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};

use crate::engine::Shown;

/// A value as JSON on one line, as far as it was read. What JSON can't say is `null`, and what isn't data its
/// words.
pub fn json(value: &Shown) -> String {
    // Its keys are texts and its numbers finite: nothing of it can fail.
    serde_json::to_string(&Json(value)).expect("JSON has all of it")
}

struct Json<'s>(&'s Shown);

impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Shown::Unit => serializer.serialize_unit(),
            Shown::Bool(b) => serializer.serialize_bool(*b),
            Shown::Int(n) => serializer.serialize_i64(*n),
            Shown::Float(f) => serializer.serialize_f64(*f),
            Shown::Text(text) | Shown::Other(text) => serializer.serialize_str(text),
            Shown::Steps { of } => serializer.serialize_str(of),
            Shown::Person { id, email, cio_id } => {
                let mut map = serializer.serialize_map(Some(3))?;
                for (name, value) in [("id", id), ("email", email), ("cio_id", cio_id)] {
                    map.serialize_entry(name, value)?;
                }
                map.end()
            }
            Shown::List { first, .. } | Shown::Sequence { first, .. } => {
                let mut list = serializer.serialize_seq(Some(first.len()))?;
                first.iter().try_for_each(|item| list.serialize_element(&Json(item)))?;
                list.end()
            }
            Shown::Map(fields) => {
                let mut map = serializer.serialize_map(Some(fields.len()))?;
                fields.iter().try_for_each(|(name, value)| map.serialize_entry(name, &Json(value)))?;
                map.end()
            }
        }
    }
}
