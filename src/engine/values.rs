//! Rhai's values as borrowed arguments, read through Rhai's own guards.

use std::ops::ControlFlow;

use rhai::{Array, Dynamic, DynamicReadLock, FnPtr, ImmutableString, Map};

use super::person::Person;
use super::sequence::Sequence;
use crate::spec::{Arg, Held, Step, Tree};

/// Stands for a value that only a run tells, where a script's text is checked.
#[derive(Clone)]
pub struct Unknown;

/// A value that stays readable while this lives, also one that closures share.
pub enum Holding<'d> {
    Plain(Arg<'static>),
    Text(DynamicReadLock<'d, ImmutableString>),
    Person(DynamicReadLock<'d, Person>),
    Array(DynamicReadLock<'d, Array>),
    Map(DynamicReadLock<'d, Map>),
}

/// Keeps `value` readable.
pub fn hold(value: &Dynamic) -> Holding<'_> {
    if let Some(person) = value.read_lock::<Person>() {
        return Holding::Person(person);
    }
    if let Some(text) = value.read_lock::<ImmutableString>() {
        return Holding::Text(text);
    }
    if let Some(map) = value.read_lock::<Map>() {
        return Holding::Map(map);
    }
    if let Some(array) = value.read_lock::<Array>() {
        return Holding::Array(array);
    }
    Holding::Plain(if value.is_unit() {
        Arg::Unit
    } else if let Ok(b) = value.as_bool() {
        Arg::Bool(b)
    } else if let Ok(n) = value.as_int() {
        Arg::Int(n)
    } else if let Ok(f) = value.as_float() {
        Arg::Float(f)
    } else if value.is::<Unknown>() {
        Arg::Unknown
    } else {
        Arg::Foreign(foreign(value))
    })
}

/// The name of a type that can't be sent.
fn foreign(value: &Dynamic) -> &'static str {
    if value.is_char() {
        "a character (write a string: \"…\")"
    } else if value.is::<FnPtr>() {
        "a function"
    } else if value.is::<Sequence>() {
        "a lazy sequence (`.to_array()` reads it)"
    } else if value.is_blob() {
        "a blob"
    } else {
        "a value that isn't data"
    }
}

impl Held for Holding<'_> {
    fn arg(&self) -> Arg<'_> {
        match self {
            Holding::Plain(arg) => *arg,
            Holding::Text(text) => Arg::Text(text.as_str()),
            Holding::Person(person) => Arg::Person(person.identifiers()),
            Holding::Array(array) => Arg::List(&**array),
            Holding::Map(map) => Arg::Object(&**map),
        }
    }
}

impl Tree for Map {
    fn len(&self) -> usize {
        Map::len(self)
    }

    fn entries(&self, visit: &mut dyn FnMut(Step<'_>, Arg<'_>) -> ControlFlow<()>) {
        for (key, value) in self {
            if visit(Step::Key(key), hold(value).arg()).is_break() {
                return;
            }
        }
    }

    fn get(&self, key: &str) -> Option<Box<dyn Held + '_>> {
        Some(Box::new(hold(Map::get(self, key)?)))
    }
}

impl Tree for Array {
    fn len(&self) -> usize {
        Array::len(self)
    }

    fn entries(&self, visit: &mut dyn FnMut(Step<'_>, Arg<'_>) -> ControlFlow<()>) {
        for (index, value) in self.iter().enumerate() {
            if visit(Step::Index(index), hold(value).arg()).is_break() {
                return;
            }
        }
    }

    fn get(&self, _: &str) -> Option<Box<dyn Held + '_>> {
        None
    }
}
