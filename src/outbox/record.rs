//! The seam where bodies and what became of them are recorded: sealed, then recorded, then sent.
//!
//! A record need not hold a body's bytes. Its lane, the calls it was made by and the times it gave them are
//! enough to make it again from the same script: who is in which lane never changes, and the other calls
//! between its first and its last went into other lanes or kinds of body.

use std::future::Future;
use std::ops::Range;
use std::pin::Pin;

use super::body::Sealed;
use super::settle::Settlement;
use crate::fault::Fault;
use crate::journal::CallPath;

/// Which body of a run it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slot {
    pub lane: usize,
    /// Its number in its lane, from 1.
    pub number: u64,
}

/// The calls of one branch that wrote into a body, from the first to the last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calls {
    pub first: CallPath,
    /// The number of the last.
    pub last: u64,
}

/// Times given to neighbouring items of a body: each a microsecond later than the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// The index of the first item.
    pub from: usize,
    /// Its time, in microseconds since 1970.
    pub micros: i64,
}

impl Times {
    /// The time of the item at `index`, if it is one of these.
    pub fn of(&self, index: usize) -> i64 {
        self.micros + (index - self.from) as i64
    }
}

/// A body being recorded.
///
/// # Errors
/// A fault keeps it from being sent, and ends the run.
pub type Recording<'r> = Pin<Box<dyn Future<Output = Result<(), Fault>> + Send + 'r>>;

/// Where a run's bodies and their outcomes are kept.
pub trait Record: Send + Sync {
    /// Keeps a body, before any of it is sent.
    fn sealed<'r>(&'r self, slot: Slot, body: &'r Sealed) -> Recording<'r>;

    /// Keeps what became of some of its items; each item is settled once. One that was never recorded was
    /// never sent.
    fn settled(&self, slot: Slot, items: Range<usize>, settlement: Settlement);
}

/// Keeps nothing.
pub struct Unrecorded;

impl Record for Unrecorded {
    fn sealed<'r>(&'r self, _: Slot, _: &'r Sealed) -> Recording<'r> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn settled(&self, _: Slot, _: Range<usize>, _: Settlement) {}
}
