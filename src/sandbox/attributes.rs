//! Attributes with the time each was last said, so that an older call doesn't undo a newer one.

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value};

/// Microseconds since 1970: when something was said to have happened. Finer than Customer.io's
/// seconds so that two calls a script makes at once still have an order.
pub type Micros = i64;

/// The time of what a workspace was seeded with: any call is newer.
pub const SEEDED: Micros = i64::MIN;

/// The attributes of a person, an object or a relationship, sorted by name. A vector, because a hundred
/// thousand people have a handful each and a map would cost more than what it holds.
#[derive(Clone, Debug, Default)]
pub struct Attributes(Vec<Attribute>);

#[derive(Clone, Debug)]
struct Attribute {
    name: Box<str>,
    /// `Null` marks a removed attribute, kept for its time: an older value must not come back.
    value: Value,
    at: Micros,
}

impl Attributes {
    pub fn get(&self, name: &str) -> Option<&Value> {
        let index = self.position(name).ok()?;
        Some(&self.0[index].value).filter(|value| !value.is_null())
    }

    /// Sets an attribute unless a newer value is held. `null` and the empty string remove one, as
    /// documented for objects (for people it is inference).
    pub fn set(&mut self, name: &str, value: &Value, at: Micros) {
        let value = if value.as_str() == Some("") { &Value::Null } else { value };
        match self.position(name) {
            Ok(index) => {
                let held = &mut self.0[index];
                if at >= held.at {
                    held.value = value.clone();
                    held.at = at;
                }
            }
            Err(index) => self.0.insert(index, Attribute { name: name.into(), value: value.clone(), at }),
        }
    }

    pub fn set_all(&mut self, values: &Map<String, Value>, at: Micros) {
        for (name, value) in values {
            self.set(name, value, at);
        }
    }

    /// Takes over what is empty here: what a merge does with the attributes of the profile it removes.
    pub fn fill_from(&mut self, other: Attributes) {
        for theirs in other.0 {
            if self.get(&theirs.name).is_none() {
                self.set(&theirs.name, &theirs.value, theirs.at);
            }
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().filter(|held| !held.value.is_null()).map(|held| (&*held.name, &held.value))
    }

    fn position(&self, name: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|held| (*held.name).cmp(name))
    }
}

impl Serialize for Attributes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in self.iter() {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_newest_value_stays_whatever_order_they_arrive_in() {
        for (first, second, left) in [
            ((10, json!("a")), (20, json!("b")), Some(json!("b"))),
            ((20, json!("b")), (10, json!("a")), Some(json!("b"))),
            ((10, json!("a")), (10, json!("b")), Some(json!("b"))),
            ((20, json!(null)), (10, json!("a")), None),
            ((10, json!("a")), (20, json!("")), None),
        ] {
            let mut attributes = Attributes::default();
            attributes.set("plan", &first.1, first.0);
            attributes.set("plan", &second.1, second.0);
            assert_eq!(attributes.get("plan"), left.as_ref(), "{first:?} then {second:?}");
        }
    }

    #[test]
    fn a_merge_fills_only_what_is_empty() {
        let mut kept = Attributes::default();
        kept.set("plan", &json!("pro"), 1);
        let mut gone = Attributes::default();
        gone.set("plan", &json!("free"), 2);
        gone.set("city", &json!("Graz"), 2);
        kept.fill_from(gone);
        assert_eq!(serde_json::to_value(&kept).unwrap(), json!({"city": "Graz", "plan": "pro"}));
    }
}
