//! JSON as the arguments of a call, so that a case reads as the call it stands for.
//!
//! What JSON can't say is a map with one key: `{"$person": {…}}`, `{"$foreign": "Fn"}` for a value of
//! that type, and `{"$float": "NaN"}`. `null` is `()`.

use std::ops::ControlFlow;

use serde_json::Value;

use crate::spec::{Arg, Held, Identifiers, Step, Tree};

struct Kept<'a>(&'a Value);

impl Held for Kept<'_> {
    fn arg(&self) -> Arg<'_> {
        arg(self.0)
    }
}

impl Tree for Value {
    fn len(&self) -> usize {
        match self {
            Value::Array(list) => list.len(),
            Value::Object(map) => map.len(),
            _ => 0,
        }
    }

    fn entries(&self, visit: &mut dyn FnMut(Step<'_>, Arg<'_>) -> ControlFlow<()>) {
        let _ = match self {
            Value::Array(list) => {
                list.iter().enumerate().try_for_each(|(i, v)| visit(Step::Index(i), arg(v)))
            }
            Value::Object(map) => map.iter().try_for_each(|(key, v)| visit(Step::Key(key), arg(v))),
            _ => ControlFlow::Continue(()),
        };
    }

    fn get(&self, key: &str) -> Option<Box<dyn Held + '_>> {
        let map = self.as_object()?;
        Some(Box::new(Kept(map.get(key)?)))
    }
}

pub fn arg(value: &Value) -> Arg<'_> {
    match value {
        Value::Null => Arg::Unit,
        Value::Bool(b) => Arg::Bool(*b),
        Value::Number(n) => match n.as_i64() {
            Some(n) => Arg::Int(n),
            None => Arg::Float(n.as_f64().expect("a number is an integer or a float")),
        },
        Value::String(text) => Arg::Text(text),
        Value::Array(_) => Arg::List(value),
        Value::Object(_) => beyond_json(value).unwrap_or(Arg::Object(value)),
    }
}

fn beyond_json(value: &Value) -> Option<Arg<'_>> {
    let text = |key: &str| value.as_object()?.get(key)?.as_str();
    if let Some(person) = value.as_object()?.get("$person") {
        let part = |key: &str| person.get(key).and_then(Value::as_str);
        return Some(Arg::Person(Identifiers {
            id: part("id"),
            email: part("email"),
            cio_id: part("cio_id"),
        }));
    }
    text("$foreign").map(Arg::Foreign).or_else(|| Some(Arg::Float(text("$float")?.parse().ok()?)))
}
