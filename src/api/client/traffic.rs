//! What a client's requests are doing right now, for whoever watches or waits for the last of them.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::time::Instant;

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
    Sent { bucket: Bucket, write: bool, at: Instant },
    /// It waits for its next attempt.
    Waits { bucket: Bucket, until: Instant, attempt: usize, status: Option<u16> },
    /// It waits for its turn in the pace.
    Queues { bucket: Bucket, until: Instant },
}

impl Doing {
    fn is_sent_write(&self) -> bool {
        matches!(self, Doing::Sent { write: true, .. })
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
        self.open().requests.iter().filter(|(_, doing)| doing.is_sent_write()).count()
    }

    /// Waits until no write is on the wire.
    pub async fn quiet(&self) {
        loop {
            let left = self.left.notified();
            tokio::pin!(left);
            left.as_mut().enable();
            if self.writes() == 0 {
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
