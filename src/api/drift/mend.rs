//! An answer brought into the shape that is declared. What conforms is passed on as it was written, so
//! that no number loses a digit.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{Change, Drift, Drifts, Path};
use crate::spec::{Field, Shape, Tool};

/// How an answer differs from the declared shape.
#[derive(Debug)]
pub struct Mended {
    pub drifts: Vec<Drift>,
    /// The answer of the declared shape; `None` when it is that as it came.
    pub body: Option<String>,
}

/// Why an answer can't be repaired.
#[derive(Debug, PartialEq, Eq)]
pub enum Wrong {
    NotJson,
    /// The first field whose meaning isn't certain, as the end of a sentence about the answer: "has no
    /// `segments`, where a list is declared".
    Shape(String),
}

/// Repairs what differs from the tool's shape. Keys at the root that are `apart` are none of it.
///
/// # Errors
/// [`Wrong`] when something's meaning isn't certain, or the body is no JSON.
pub fn mend(tool: &'static Tool, body: &str, apart: fn(&str) -> bool) -> Result<Mended, Wrong> {
    let raw = serde_json::from_str(body).map_err(|_| Wrong::NotJson)?;
    let drifts = Drifts { tool: tool.name(), found: vec![] };
    let mut mend = Mend { drifts, apart, body: String::with_capacity(body.len()) };
    mend.value(raw, tool.answer, &Path::Root)?;
    let Mend { drifts: Drifts { found, .. }, body, .. } = mend;
    let repaired = found.iter().any(|drift| drift.change != Change::Extra);
    Ok(Mended { drifts: found, body: repaired.then_some(body) })
}

struct Mend {
    drifts: Drifts,
    apart: fn(&str) -> bool,
    /// What is written so far.
    body: String,
}

impl Mend {
    fn value(&mut self, raw: &RawValue, shape: Shape, at: &Path<'_>) -> Result<(), Wrong> {
        match (shape, Kind::of(raw)) {
            (Shape::List(of), Kind::List) => return self.list(raw, *of, at),
            (Shape::Object(fields) | Shape::Open(fields), Kind::Object) => {
                return self.object(raw, fields, matches!(shape, Shape::Open(_)), at);
            }
            (Shape::List(_), Kind::Null) => {
                self.drifts.add(at, Change::Emptied);
                self.body.push_str("[]");
            }
            (shape, kind) => match plain(shape, kind, raw.get()) {
                Plain::Fits => self.body.push_str(raw.get()),
                Plain::Means(json) => {
                    self.drifts.add(at, Change::Taken { got: kind.words(), declared: words(shape) });
                    self.body.push_str(&json);
                }
                Plain::Unclear(got) => {
                    return Err(Wrong::Shape(match at {
                        Path::Root => format!("is {got}, where {} is declared", words(shape)),
                        at => format!("has {got} for `{at}`, where {} is declared", words(shape)),
                    }));
                }
            },
        }
        Ok(())
    }

    fn list(&mut self, raw: &RawValue, of: Shape, at: &Path<'_>) -> Result<(), Wrong> {
        let items: Vec<&RawValue> = serde_json::from_str(raw.get()).map_err(|_| unreadable(at))?;
        let at = Path::Items(at);
        self.body.push('[');
        for (i, item) in items.into_iter().enumerate() {
            if i > 0 {
                self.body.push(',');
            }
            self.value(item, of, &at)?;
        }
        self.body.push(']');
        Ok(())
    }

    fn object(
        &mut self,
        raw: &RawValue,
        fields: &'static [Field],
        open: bool,
        at: &Path<'_>,
    ) -> Result<(), Wrong> {
        let pairs: Pairs<'_> = serde_json::from_str(raw.get()).map_err(|_| unreadable(at))?;
        let mut seen = vec![false; fields.len()];
        self.body.push('{');
        for (n, (key, value)) in pairs.0.into_iter().enumerate() {
            if n > 0 {
                self.body.push(',');
            }
            self.body.push_str(&serde_json::Value::from(key.as_str()).to_string());
            self.body.push(':');
            let Some(i) = fields.iter().position(|field| field.name == key) else {
                self.body.push_str(value.get());
                if !(open || at.is_root() && (self.apart)(&key)) {
                    self.drifts.extra(at, &key);
                }
                continue;
            };
            let at = Path::Field(at, fields[i].name);
            if std::mem::replace(&mut seen[i], true) {
                return Err(Wrong::Shape(format!("has `{at}` twice")));
            }
            match Kind::of(value) {
                Kind::Null if fields[i].optional => self.body.push_str(value.get()),
                _ => self.value(value, fields[i].shape, &at)?,
            }
        }
        self.body.push('}');
        match fields.iter().zip(seen).find(|(field, seen)| !field.optional && !seen) {
            None => Ok(()),
            Some((Field { name, shape, .. }, _)) => {
                let at = Path::Field(at, name);
                Err(Wrong::Shape(format!("has no `{at}`, where {} is declared", words(*shape))))
            }
        }
    }
}

fn unreadable(at: &Path<'_>) -> Wrong {
    Wrong::Shape(match at {
        Path::Root => "has names that can't be read".into(),
        at => format!("has names in `{at}` that can't be read"),
    })
}

/// An object's fields as they come.
struct Pairs<'t>(Vec<(String, &'t RawValue)>);

impl<'de> Deserialize<'de> for Pairs<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Pairs<'de>, D::Error> {
        struct All;
        impl<'de> Visitor<'de> for All {
            type Value = Pairs<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs<'de>, A::Error> {
                let mut pairs = Pairs(vec![]);
                while let Some(pair) = map.next_entry()? {
                    pairs.0.push(pair);
                }
                Ok(pairs)
            }
        }
        deserializer.deserialize_map(All)
    }
}

/// The kind of a JSON value, which its first byte tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Null,
    Bool,
    Number,
    Text,
    List,
    Object,
}

impl Kind {
    fn of(raw: &RawValue) -> Kind {
        match raw.get().as_bytes().first() {
            Some(b'"') => Kind::Text,
            Some(b'[') => Kind::List,
            Some(b'{') => Kind::Object,
            Some(b't' | b'f') => Kind::Bool,
            Some(b'n') => Kind::Null,
            _ => Kind::Number,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Kind::Null => "null",
            Kind::Bool => "a boolean",
            Kind::Number => "a number",
            Kind::Text => "text",
            Kind::List => "a list",
            Kind::Object => "an object",
        }
    }
}

fn words(shape: Shape) -> &'static str {
    match shape {
        Shape::Any | Shape::Nothing => "something",
        Shape::Text => "text",
        Shape::Int | Shape::Time => "an integer",
        Shape::Bool => "a boolean",
        Shape::List(_) => "a list",
        Shape::Object(_) | Shape::Open(_) => "an object",
    }
}

/// What a value without values inside is to a shape.
#[derive(Debug, PartialEq, Eq)]
enum Plain {
    Fits,
    /// It can only mean this, as JSON.
    Means(String),
    /// It may mean several things, or nothing. Says what it is.
    Unclear(&'static str),
}

fn plain(shape: Shape, kind: Kind, json: &str) -> Plain {
    let digits = json.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    let text = || serde_json::from_str::<String>(json).ok();
    match (shape, kind) {
        (Shape::Any | Shape::Nothing, _) | (Shape::Bool, Kind::Bool) => Plain::Fits,
        (Shape::Text, Kind::Text) if text().is_some() => Plain::Fits,
        (Shape::Text | Shape::Int | Shape::Time, Kind::Text) if text().is_none() => {
            Plain::Unclear("text that can't be read")
        }
        (Shape::Text, Kind::Number) if digits => Plain::Means(format!("\"{json}\"")),
        (Shape::Int | Shape::Time, Kind::Number) => match json.parse::<i64>() {
            // JSON has a zero below zero, and Rust has none.
            Ok(n) if json == "-0" => Plain::Means(n.to_string()),
            Ok(_) => Plain::Fits,
            Err(_) => match without_fraction(json).and_then(|whole| whole.parse::<i64>().ok()) {
                Some(n) => Plain::Means(n.to_string()),
                None if digits => Plain::Unclear("a number of more than 64 bits"),
                None => Plain::Unclear("a number that isn't digits alone"),
            },
        },
        (Shape::Text, Kind::Number) => Plain::Unclear("a number that isn't digits alone"),
        (Shape::Int | Shape::Time, Kind::Text) => {
            // Written as an integer is written: `007` may be a name.
            let whole = |text: &String| text.parse::<i64>().is_ok_and(|n| n.to_string() == *text);
            text().filter(whole).map_or(Plain::Unclear("text that isn't an integer"), Plain::Means)
        }
        (Shape::Bool, Kind::Text | Kind::Number) => match json {
            "\"true\"" | "1" => Plain::Means("true".into()),
            "\"false\"" | "0" => Plain::Means("false".into()),
            _ => Plain::Unclear(kind.words()),
        },
        _ => Plain::Unclear(kind.words()),
    }
}

/// A number that is whole although it is written with a fraction: `7.0`.
fn without_fraction(json: &str) -> Option<&str> {
    let (whole, fraction) = json.split_once('.')?;
    fraction.bytes().all(|byte| byte == b'0').then_some(whole)
}
