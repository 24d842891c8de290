//! How far a script is with the pages of a sequence, for whoever watches.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// One way through the pages of a read. It is watched from another thread: what it tells may be a moment old.
#[derive(Debug)]
pub struct Reading {
    /// What it is that is read: `people`.
    pub what: &'static str,
    /// Whether all of it is gone through unless the script ends it.
    whole: bool,
    taken: AtomicU64,
    arrived: AtomicU64,
    last: AtomicBool,
}

impl Reading {
    pub fn new(what: &'static str, whole: bool) -> Reading {
        let (taken, arrived, last) = Default::default();
        Reading { what, whole, taken, arrived, last }
    }

    /// The script has taken one more.
    pub fn take(&self) {
        // Nobody else counts: a plain addition costs a loop less than one that others could share.
        self.taken.store(self.taken.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    }

    /// A page of `n` has arrived, and may be the last.
    pub fn arrive(&self, n: usize, last: bool) {
        self.arrived.fetch_add(n as u64, Ordering::Relaxed);
        self.last.store(last, Ordering::Release);
    }

    /// How many the script has taken.
    pub fn taken(&self) -> u64 {
        self.taken.load(Ordering::Relaxed)
    }

    /// How many there are, once the last page is there.
    pub fn total(&self) -> Option<u64> {
        let known = self.whole && self.last.load(Ordering::Acquire);
        known.then(|| self.arrived.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_many_there_are_is_known_with_the_last_page_of_all() {
        for (whole, total) in [(true, Some(5)), (false, None)] {
            let reading = Reading::new("people", whole);
            reading.arrive(3, false);
            reading.take();
            assert_eq!((reading.taken(), reading.total()), (1, None));
            reading.arrive(2, true);
            assert_eq!(reading.total(), total);
        }
    }
}
