//! How far a run is, read without holding it up and without asking anybody.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use jiff::Timestamp;

use super::session::Session;
use crate::api::Flow;
use crate::engine::Reading;
use crate::outbox::Total;
use crate::spec::Effect;

/// How far a run is.
#[derive(Clone, Debug)]
pub struct Progress {
    pub now: Timestamp,
    pub elapsed: Duration,
    /// Calls that were made, of whatever kind.
    pub calls: u64,
    /// Writes that were handed over.
    pub writes: u64,
    /// What became of them.
    pub total: Total,
    /// Writes that a dry run kept back.
    pub kept_back: u64,
    pub read: Option<Read>,
    /// How much longer the script sleeps.
    pub sleeps: Option<Duration>,
    /// Whether the script has ended, so that nothing more is handed over.
    pub settling: bool,
    pub flow: Flow,
}

/// How far a script is with what it goes through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Read {
    /// What it goes through: `people`.
    pub what: &'static str,
    pub taken: u64,
    /// How many there are, where that is known.
    pub total: Option<u64>,
}

/// What a script is doing, for whoever watches.
#[derive(Default)]
pub(super) struct Watched {
    readings: Mutex<Vec<Weak<Reading>>>,
    /// Until when the script sleeps, in milliseconds from the beginning of the run.
    awake: AtomicU64,
    settling: AtomicBool,
    /// The files that the script read, or tried to.
    files: Mutex<BTreeSet<String>>,
}

impl Watched {
    pub fn reads_file(&self, path: &str) {
        self.files.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_string());
    }

    pub fn files(&self) -> Vec<String> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    pub fn reads(&self, reading: &Arc<Reading>) {
        let mut readings = self.readings.lock().unwrap_or_else(PoisonError::into_inner);
        readings.retain(|reading| reading.strong_count() > 0);
        readings.push(Arc::downgrade(reading));
    }

    pub fn sleeps(&self, until: Duration) {
        self.awake.fetch_max(u64::try_from(until.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    pub fn settles(&self) {
        self.settling.store(true, Ordering::Relaxed);
    }

    /// The outermost of what the script goes through; inside another, its end says nothing of the script's.
    fn read(&self) -> Option<Read> {
        let readings = self.readings.lock().unwrap_or_else(PoisonError::into_inner);
        let mut open = readings.iter().filter_map(Weak::upgrade);
        let reading = open.next()?;
        let total = if open.next().is_none() { reading.total() } else { None };
        Some(Read { what: reading.what, taken: reading.taken(), total })
    }
}

impl Session {
    /// How far the run is.
    pub fn progress(&self) -> Progress {
        let called = self.called();
        let writes = called.iter().filter(|(tool, _)| tool.effect != Effect::Read);
        let elapsed = self.begun.elapsed();
        let awake = Duration::from_millis(self.watched.awake.load(Ordering::Relaxed));
        // One lock after the other: none is held while another is waited for.
        let total = self.outbox.ledger().total;
        let kept_back = self.withheld().writes.iter().map(|writes| writes.calls).sum();
        Progress {
            now: Timestamp::now(),
            elapsed,
            calls: called.iter().map(|(_, calls)| calls).sum(),
            writes: writes.map(|(_, calls)| calls).sum(),
            total,
            kept_back,
            read: self.watched.read(),
            sleeps: awake.checked_sub(elapsed).filter(|left| !left.is_zero()),
            settling: self.watched.settling.load(Ordering::Relaxed),
            flow: self.client.flow(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_loops_in_each_other_the_outer_one_is_told_and_its_end_is_not() {
        let watched = Watched::default();
        assert_eq!(watched.read(), None);
        let [outer, inner] = ["people", "messages"].map(|what| Arc::new(Reading::new(what, true)));
        outer.arrive(7, true);
        outer.take();
        watched.reads(&outer);
        let read = |total| Some(Read { what: "people", taken: 1, total });
        assert_eq!(watched.read(), read(Some(7)));
        watched.reads(&inner);
        assert_eq!(watched.read(), read(None));
        drop(inner);
        assert_eq!(watched.read(), read(Some(7)));
        drop(outer);
        assert_eq!(watched.read(), None);
    }
}
