//! What a client's requests are doing right now, for whoever watches or waits for the last of them.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::request::Class;
use crate::spec::Bucket;

/// The requests that are on the wire, and those that are to be sent again.
#[derive(Default)]
pub(super) struct Traffic {
    open: Mutex<Open>,
    left: Notify,
}

#[derive(Default)]
struct Open {
    last: u64,
    /// How many were sent so far.
    sent: u64,
    requests: Vec<(u64, Doing)>,
}

/// What a request is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doing {
    /// It left, and no answer is there yet.
    Sent { bucket: Bucket, write: OnWire, at: Instant },
    /// It waits for its next attempt.
    Waits { bucket: Bucket, until: Instant, attempt: usize, status: Option<u16> },
    /// It waits for its turn in the pace.
    Queues { bucket: Bucket, until: Instant },
}

/// What a request on the wire leaves behind that gets no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum OnWire {
    /// Nothing: it reads.
    Read,
    /// A write that may have arrived, and can be done again.
    Safe,
    /// A write in doubt.
    Once,
}

impl OnWire {
    pub fn of(class: &Class) -> OnWire {
        match (class.is_read(), class.is_safe()) {
            (true, _) => OnWire::Read,
            (false, true) => OnWire::Safe,
            (false, false) => OnWire::Once,
        }
    }
}

impl Doing {
    fn is_on_wire(&self, least: OnWire) -> bool {
        matches!(self, Doing::Sent { write, .. } if *write >= least)
    }
}

impl Traffic {
    /// A request does this until what is given back is dropped.
    pub fn enter(&self, doing: Doing) -> Entered<'_> {
        let mut open = self.open();
        open.last += 1;
        let id = open.last;
        open.sent += u64::from(matches!(doing, Doing::Sent { .. }));
        open.requests.push((id, doing));
        Entered { traffic: self, id }
    }

    /// What each request is doing.
    pub fn all(&self) -> Vec<Doing> {
        self.open().requests.iter().map(|(_, doing)| *doing).collect()
    }

    /// How many requests were sent so far, each attempt counted.
    pub fn sent(&self) -> u64 {
        self.open().sent
    }

    /// Writes that are on the wire.
    pub fn writes(&self) -> usize {
        self.on_wire(OnWire::Safe)
    }

    fn on_wire(&self, least: OnWire) -> usize {
        self.open().requests.iter().filter(|(_, doing)| doing.is_on_wire(least)).count()
    }

    /// Waits until nothing is on the wire that leaves as much behind as `least`.
    pub async fn quiet(&self, least: OnWire) {
        loop {
            let left = self.left.notified();
            tokio::pin!(left);
            left.as_mut().enable();
            if self.on_wire(least) == 0 {
                return;
            }
            left.await;
        }
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request that is doing something.
pub(super) struct Entered<'t> {
    traffic: &'t Traffic,
    id: u64,
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        self.traffic.open().requests.retain(|(id, _)| *id != self.id);
        self.traffic.left.notify_waiters();
    }
}
