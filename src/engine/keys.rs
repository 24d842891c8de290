//! Items by a key that a closure gives of each: which come once or again, and which others have too. The keys are
//! kept here and not in a map of the script's, since Rhai measures a whole map at each of its methods.

use std::collections::HashSet;

use rhai::{Array, Dynamic, ImmutableString};

use super::closure::Called;
use super::host::CallError;
use super::sequence::{Items, Sequence};
use super::tools::{Result, fail};
use super::values::hold;
use super::world::World;
use crate::fault::{At, Code, Fault};
use crate::spec::Held;

/// What is asked of an item's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asks {
    /// Whether no item before it had it.
    Unique,
    /// Whether one before it had it.
    Repeated,
    /// Whether one of others has it.
    Within,
    /// Whether none of them has.
    Without,
}

impl Asks {
    /// The function that asks so.
    pub fn name(self) -> &'static str {
        match self {
            Asks::Unique => "unique",
            Asks::Repeated => "repeated",
            Asks::Within => "within",
            Asks::Without => "without",
        }
    }
}

/// Items on their way through such a question.
pub struct Keyed {
    asks: Asks,
    items: Items,
    /// Those that are compared with, until they are read.
    others: Option<Items>,
    key: Called,
    keys: HashSet<Box<str>>,
    world: World,
}

impl Keyed {
    pub fn new(asks: Asks, items: Items, others: Option<Items>, key: Called, world: World) -> Keyed {
        Keyed { asks, items, others, key, keys: HashSet::new(), world }
    }

    /// The key of an item, so that keys of two types differ.
    fn key(&self, item: Dynamic) -> Result<Box<str>> {
        let key = self.world.apply(&self.key, item)?;
        if let Some(text) = key.read_lock::<ImmutableString>() {
            return Ok(format!("\"{}", *text).into());
        }
        if key.is_int() || key.is_bool() || key.is_unit() {
            return Ok(key.to_string().into());
        }
        let held = hold(&key);
        let (name, kind) = (self.asks.name(), held.arg().type_name().to_string());
        let message = format!("the function given to `{name}` returned {kind}, and no key");
        let fault = Fault::new(Code::ArgumentType, At::Call, message);
        Err(fail(CallError::one(name, fault.help("a key is a string, an integer, a boolean or `()`"))))
    }

    fn keeps(&mut self, item: &Dynamic) -> Result<bool> {
        let key = self.key(item.clone())?;
        Ok(match self.asks {
            Asks::Unique => self.keys.insert(key),
            Asks::Repeated => !self.keys.insert(key),
            Asks::Within => self.keys.contains(&key),
            Asks::Without => !self.keys.contains(&key),
        })
    }

    fn read_others(&mut self) -> Result<()> {
        for item in self.others.take().into_iter().flatten() {
            let key = self.key(item?)?;
            self.keys.insert(key);
        }
        Ok(())
    }
}

impl Iterator for Keyed {
    type Item = Result<Dynamic>;

    fn next(&mut self) -> Option<Result<Dynamic>> {
        if let Err(error) = self.read_others() {
            return Some(Err(error));
        }
        loop {
            let item = match self.items.next()? {
                Ok(item) => item,
                Err(error) => return Some(Err(error)),
            };
            match self.keeps(&item) {
                Ok(true) => return Some(Ok(item)),
                Ok(false) => {}
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

/// The items of an array or a sequence, read as they are taken; none of what is neither.
pub fn items(of: &Dynamic) -> Items {
    if let Some(sequence) = of.read_lock::<Sequence>() {
        return sequence.clone().into_iter();
    }
    Box::new(of.read_lock::<Array>().map(|array| array.clone()).into_iter().flatten().map(Ok))
}

/// Whether something has items.
///
/// # Errors
/// A fault of the function `name` when it is neither an array nor a sequence.
pub fn has_items(name: &str, of: &Dynamic) -> Result<()> {
    if of.is_array() || of.read_lock::<Sequence>().is_some() {
        return Ok(());
    }
    let kind = hold(of).arg().type_name().to_string();
    let message = format!("`{name}` takes a lazy sequence or an array, and got {kind}");
    let fault = Fault::new(Code::ArgumentType, At::Call, message).label(format!("this is {kind}"));
    Err(fail(CallError::one(name, fault)))
}
