//! Values for another thread: copies that share nothing with what they are copies of.
//!
//! A variable that a closure captures is shared with it, behind a lock that Rhai gives up on after 50 ms
//! and that even a call such as `table.get(id)` takes for itself alone. Threads that read one captured
//! table would trip over each other, so each gets a table of its own.

use std::sync::{Arc, PoisonError, RwLock};

use std::collections::HashMap;

use rhai::{Array, Dynamic, FnPtr, Map};

use super::closure::Constants;
use super::sequence::Sequence;

/// Copies of values.
#[derive(Default)]
pub struct Copies {
    /// The captured variables that were copied, so that those which are one stay one.
    captured: HashMap<usize, Dynamic>,
    /// Whether what is captured can be changed through the copy, which then stands in its place.
    changing: bool,
}

impl Copies {
    /// Copies that take the place of what they are copies of.
    pub fn in_place() -> Copies {
        Copies { changing: true, ..Copies::default() }
    }

    /// A copy of `value`. What a closure in it captures can be read through the copy, and not changed, unless
    /// the copy is in its place: the change would be lost.
    pub fn of(&mut self, value: &Dynamic) -> Dynamic {
        if value.is_shared() {
            self.captured(value)
        } else if let Some(f) = value.read_lock::<FnPtr>() {
            Dynamic::from(self.function(&f))
        } else if let Some(array) = value.read_lock::<Array>() {
            Dynamic::from_array(array.iter().map(|value| self.of(value)).collect())
        } else if let Some(map) = value.read_lock::<Map>() {
            Dynamic::from_map(map.iter().map(|(key, value)| (key.clone(), self.of(value))).collect())
        } else if let Some(sequence) = value.read_lock::<Sequence>() {
            Dynamic::from(sequence.apart(self))
        } else {
            value.clone()
        }
    }

    pub fn function(&mut self, f: &FnPtr) -> FnPtr {
        let mut f = f.clone();
        for captured in f.iter_curry_mut() {
            *captured = self.of(captured);
        }
        f
    }

    /// Under a lock of their own, because Rhai panics when it doesn't get theirs.
    pub fn constants(&mut self, constants: &Constants) -> Constants {
        let constants = constants.read().unwrap_or_else(PoisonError::into_inner);
        let own = constants.iter().map(|(name, value)| (name.clone(), self.of(value).into_read_only()));
        Arc::new(RwLock::new(own.collect()))
    }

    fn captured(&mut self, value: &Dynamic) -> Dynamic {
        // Being changed at this moment, it can't be read at all; whoever reads it later may be luckier.
        let Some(held) = value.read_lock::<Dynamic>() else { return value.clone() };
        let at = std::ptr::from_ref(&*held).addr();
        if let Some(copy) = self.captured.get(&at) {
            return copy.clone();
        }
        // A closure that captures itself goes on with the one it is a copy of.
        self.captured.insert(at, value.clone());
        let copy = self.of(&held);
        let copy = if self.changing { copy } else { copy.into_read_only() }.into_shared();
        self.captured.insert(at, copy.clone());
        copy
    }
}
