//! One pass over an answer that tells whether it can be taken as it is, and shows whoever watches what is
//! in it. It builds nothing itself: a page of 30,000 people is 3 MB.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::{Drift, Drifts, Path};
use crate::spec::{Field, MAX_FIELDS, Shape, Tool};

/// Sees the declared texts of an answer as they are read, in their order.
pub trait Watch: Send {
    /// An answer begins; what was seen of another is void.
    fn begin(&mut self, body: &str);

    /// An object begins in the list `list`.
    fn entry(&mut self, list: &'static str);

    /// A text in the field `name` of an object that lies in `depth` others. One without escapes is a part of
    /// the answer itself.
    fn text(&mut self, depth: usize, name: &'static str, text: &str);
}

/// Nobody watches.
pub struct Unwatched;

impl Watch for Unwatched {
    fn begin(&mut self, _: &str) {}
    fn entry(&mut self, _: &'static str) {}
    fn text(&mut self, _: usize, _: &'static str, _: &str) {}
}

/// The fields beyond the declared ones; `None` when `body` is no JSON, has something that needs a repair,
/// or has a key at its root that is `apart` because it means something of its own.
pub fn check(
    tool: &'static Tool,
    body: &str,
    apart: fn(&str) -> bool,
    watch: &mut dyn Watch,
) -> Option<Vec<Drift>> {
    watch.begin(body);
    let mut drifts = Drifts { tool: tool.name(), found: vec![] };
    let mut reader = serde_json::Deserializer::from_str(body);
    let check = Check {
        shape: tool.answer,
        optional: false,
        at: &Path::Root,
        spot: Spot { depth: 0, name: "", item: false },
        apart,
        drifts: &mut drifts,
        watch,
    };
    check.deserialize(&mut reader).and_then(|()| reader.end()).ok()?;
    Some(drifts.found)
}

/// Shows an answer that is known to be as its tool declares to `watch`; `false` when it isn't.
pub fn reread(tool: &'static Tool, body: &str, watch: &mut dyn Watch) -> bool {
    check(tool, body, |_| false, watch).is_some()
}

/// Holds a value against a shape. Any error says no more than that it differs.
struct Check<'c> {
    shape: Shape,
    optional: bool,
    at: &'c Path<'c>,
    spot: Spot,
    apart: fn(&str) -> bool,
    drifts: &'c mut Drifts,
    watch: &'c mut dyn Watch,
}

/// Where a value stands, for whoever watches.
#[derive(Clone, Copy)]
struct Spot {
    /// The objects around it, but for the root.
    depth: usize,
    /// The field it is in.
    name: &'static str,
    /// Whether it is an item of a list in that field.
    item: bool,
}

/// Which declared fields an object had so far.
type Seen = u64;
const _: () = assert!(MAX_FIELDS <= Seen::BITS as usize);

fn differs<E: Error>() -> E {
    E::custom("it differs")
}

impl<'de> DeserializeSeed<'de> for Check<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        if self.optional {
            return deserializer.deserialize_option(self);
        }
        match self.shape {
            Shape::Any | Shape::Nothing => deserializer.deserialize_ignored_any(IgnoredAny).map(drop),
            Shape::Text => deserializer.deserialize_str(self),
            Shape::Int | Shape::Time => deserializer.deserialize_i64(self),
            Shape::Bool => deserializer.deserialize_bool(self),
            Shape::List(_) => deserializer.deserialize_seq(self),
            Shape::Object(_) | Shape::Open(_) => deserializer.deserialize_map(self),
        }
    }
}

impl<'de> Visitor<'de> for Check<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("what is declared")
    }

    fn visit_none<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        Check { optional: false, ..self }.deserialize(deserializer)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        let Spot { depth, name, item } = self.spot;
        if !item {
            self.watch.text(depth, name, text);
        }
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: Error>(self, n: u64) -> Result<(), E> {
        i64::try_from(n).map(drop).map_err(|_| differs())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let Shape::List(of) = self.shape else { return Err(differs()) };
        let (at, drifts, watch, apart) = (Path::Items(self.at), self.drifts, self.watch, self.apart);
        let spot = Spot { item: true, ..self.spot };
        let mut more = Some(());
        while more.is_some() {
            let (drifts, watch) = (&mut *drifts, &mut *watch);
            let check = Check { shape: *of, optional: false, at: &at, spot, apart, drifts, watch };
            more = items.next_element_seed(check)?;
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let (Shape::Object(fields) | Shape::Open(fields)) = self.shape else { return Err(differs()) };
        let (at, apart, drifts, watch) = (self.at, self.apart, self.drifts, self.watch);
        if self.spot.item {
            watch.entry(self.spot.name);
        }
        let depth = if at.is_root() { 0 } else { self.spot.depth + 1 };
        let mut seen: Seen = 0;
        while let Some(key) = map.next_key_seed(Key { fields, apart: at.is_root().then_some(apart) })? {
            match key {
                Named::Declared(i) => {
                    let Field { name, shape, optional } = fields[i];
                    if seen & 1 << i != 0 {
                        return Err(differs());
                    }
                    seen |= 1 << i;
                    let (at, spot) = (&Path::Field(at, name), Spot { depth, name, item: false });
                    let (drifts, watch) = (&mut *drifts, &mut *watch);
                    map.next_value_seed(Check { shape, optional, at, spot, apart, drifts, watch })?;
                }
                Named::Extra(name) => {
                    map.next_value::<IgnoredAny>()?;
                    if let Shape::Object(_) = self.shape {
                        drifts.extra(at, &name);
                    }
                }
            }
        }
        let missing = |(i, field): (usize, &Field)| !field.optional && seen & 1 << i == 0;
        if fields.iter().enumerate().any(missing) { Err(differs()) } else { Ok(()) }
    }
}

enum Named {
    Declared(usize),
    Extra(String),
}

/// Finds a key among the declared ones.
struct Key {
    fields: &'static [Field],
    apart: Option<fn(&str) -> bool>,
}

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Named;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Named, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key {
    type Value = Named;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<Named, E> {
        if self.apart.is_some_and(|apart| apart(key)) {
            return Err(differs());
        }
        let declared = self.fields.iter().position(|field| field.name == key);
        Ok(declared.map_or_else(|| Named::Extra(key.to_string()), Named::Declared))
    }
}
