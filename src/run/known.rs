//! What is known of a conversation while its next input is typed.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::Instant;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::segments::Segments;
use crate::api::Client;
use crate::engine::Names;
use crate::policy::{Grants, Limits, Outcome};
use crate::request::{self, Class};
use crate::tools::app::get_segments;

/// A reading that failed isn't tried again before this has passed.
const AGAIN: Duration = Duration::from_secs(60);
/// Who is about to write a name isn't helped by a later answer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// What helps to type the next input. Its copies are one, and last as long as their conversation.
#[derive(Clone)]
pub struct Known(Arc<Inner>);

struct Inner {
    names: Learned,
    segments: Mutex<Reading>,
    /// Told when a reading of the segments ends.
    read: Condvar,
    client: Arc<Client>,
    runtime: Handle,
    stop: CancellationToken,
    _stops: DropGuard,
}

/// How far the reading of the segments is.
#[derive(Debug)]
enum Reading {
    NotYet,
    UnderWay,
    Failed(Instant),
    /// With when it ended; `None` for names that nobody may read.
    Done(Arc<[String]>, Option<Instant>),
    /// They are read anew, and were these.
    Again(Arc<[String]>),
}

impl Reading {
    /// Whether to begin with one.
    fn due(&self, now: Instant) -> bool {
        match self {
            Reading::NotYet => true,
            Reading::Failed(at) | Reading::Done(_, Some(at)) => now.duration_since(*at) >= AGAIN,
            Reading::UnderWay | Reading::Again(_) | Reading::Done(_, None) => false,
        }
    }
}

/// The names that the inputs so far leave for the next, wherever that is said.
#[derive(Clone, Default)]
pub(super) struct Learned(Arc<Mutex<Arc<Names>>>);

impl Learned {
    fn names(&self) -> Arc<Names> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn learn(&self, names: Names) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(names);
    }
}

impl Known {
    /// The same in another workspace.
    pub(super) fn of(&self, client: Arc<Client>, grants: &Grants) -> Known {
        Known::new(client, grants, self.0.names.clone())
    }

    /// Call it within a runtime.
    pub(super) fn new(client: Arc<Client>, grants: &Grants, names: Learned) -> Known {
        let tool = &get_segments::TOOL;
        let denied = grants.refuse(tool, &Class { effect: tool.effect, retry: tool.retry }).is_some();
        let stop = CancellationToken::new();
        Known(Arc::new(Inner {
            names,
            segments: Mutex::new(if denied { Reading::Done(Arc::default(), None) } else { Reading::NotYet }),
            read: Condvar::new(),
            client,
            runtime: Handle::current(),
            _stops: stop.clone().drop_guard(),
            stop,
        }))
    }

    /// What the next input can name.
    pub fn names(&self) -> Arc<Names> {
        self.0.names.names()
    }

    /// The names of the workspace's segments, as far as they are read after `patience`. They are read beside
    /// whatever runs, and again after a minute; that it failed is no news to who types. It blocks: call it on no thread of a runtime.
    pub fn segments(&self, patience: Duration) -> Arc<[String]> {
        let mut reading = self.0.segments();
        if reading.due(Instant::now()) {
            *reading = match &*reading {
                Reading::Done(names, _) => Reading::Again(names.clone()),
                _ => Reading::UnderWay,
            };
            self.0.runtime.spawn(read(Arc::downgrade(&self.0), self.0.client.clone(), self.0.stop.clone()));
        }
        let waited =
            self.0.read.wait_timeout_while(reading, patience, |reading| matches!(reading, Reading::UnderWay));
        let (reading, _) = waited.unwrap_or_else(PoisonError::into_inner);
        match &*reading {
            Reading::Done(names, _) | Reading::Again(names) => names.clone(),
            Reading::NotYet | Reading::UnderWay | Reading::Failed(_) => Arc::default(),
        }
    }
}

impl Inner {
    fn segments(&self) -> MutexGuard<'_, Reading> {
        self.segments.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads the segments for a conversation that may be over by then.
async fn read(known: Weak<Inner>, client: Arc<Client>, stop: CancellationToken) {
    let names = names(&client, &stop).await;
    let Some(known) = known.upgrade() else { return };
    let now = Instant::now();
    let mut reading = known.segments();
    *reading = match (names, &*reading) {
        (Some(names), _) => Reading::Done(names, Some(now)),
        (None, Reading::Again(names)) => Reading::Done(names.clone(), Some(now)),
        (None, _) => Reading::Failed(now),
    };
    drop(reading);
    known.read.notify_all();
}

/// The names of all segments, under the pace; `None` when they can't be had at once.
async fn names(client: &Client, stop: &CancellationToken) -> Option<Arc<[String]>> {
    let request = request::build(&get_segments::TOOL, &[], None).ok()?;
    let limits = Limits { attempts: 1, horizon: TIMEOUT, timeout: TIMEOUT, ..client.limits };
    let called = client.call(&request, &limits, stop).await.ok()?;
    let Outcome::Done(answer) = called.outcome else { return None };
    let read: Segments = serde_json::from_slice(&answer.body).ok()?;
    Some(read.segments.into_iter().map(|segment| segment.name).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn segments_are_read_once_a_minute_at_most() {
        let now = Instant::now();
        assert!(Reading::NotYet.due(now));
        assert!(!Reading::UnderWay.due(now + AGAIN) && !Reading::Done(Arc::default(), None).due(now + AGAIN));
        let done = Reading::Done(Arc::default(), Some(now));
        assert!(!done.due(now) && done.due(now + AGAIN) && !Reading::Again(Arc::default()).due(now + AGAIN));
        assert!(!Reading::Failed(now).due(now + AGAIN - Duration::from_secs(1)));
        assert!(Reading::Failed(now).due(now + AGAIN));
    }
}
