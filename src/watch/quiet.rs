//! How long a change is waited for to be whole: a save is several events, and a burst of saves is one change.

use std::time::{Duration, Instant};

/// So long nothing may happen any more. Editors take a few milliseconds for all the steps of one save.
pub const SHORT: Duration = Duration::from_millis(30);
/// So long where a file is gone or empty: most likely whoever deletes or empties it is about to write it anew.
pub const LONG: Duration = Duration::from_millis(300);
/// A change that doesn't come to rest is taken as it is after so long.
pub const MOST: Duration = Duration::from_secs(2);

/// A change on its way.
#[derive(Clone, Copy, Debug)]
pub struct Quiet {
    first: Instant,
    last: Instant,
    /// Whether it was looked at and found in the midst of something.
    unfinished: bool,
}

impl Quiet {
    pub fn begins(now: Instant) -> Quiet {
        Quiet { first: now, last: now, unfinished: false }
    }

    /// Something more happened.
    pub fn touched(&mut self, now: Instant) {
        *self = Quiet { first: self.first, last: now, unfinished: false };
    }

    /// When it can be looked at.
    pub fn due(&self) -> Instant {
        let rest = if self.unfinished { LONG } else { SHORT };
        (self.last + rest).min(self.first + MOST)
    }

    /// Whether it has to be taken as it is, also where a file is gone or empty. Where it needn't yet, it is given more
    /// time.
    pub fn is_final(&mut self, now: Instant) -> bool {
        self.unfinished = true;
        now >= self.due()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    #[test]
    fn it_is_due_a_moment_after_the_last_event() {
        let begun = Instant::now();
        for (events, due) in [
            (&[0][..], 30),
            (&[0, 10], 40),
            (&[0, 10, 35], 65),
            // One that doesn't end.
            (&[0, 1_000, 1_990], 2_000),
        ] {
            let mut quiet = Quiet::begins(begun);
            events.iter().for_each(|at| quiet.touched(begun + ms(*at)));
            assert_eq!(quiet.due() - begun, ms(due), "{events:?}");
        }
    }

    #[test]
    fn a_file_that_is_gone_or_empty_gets_more_time() {
        let begun = Instant::now();
        let mut quiet = Quiet::begins(begun);
        assert!(!quiet.is_final(begun + ms(30)));
        assert_eq!(quiet.due() - begun, ms(300));
        // It is written.
        quiet.touched(begun + ms(100));
        assert_eq!(quiet.due() - begun, ms(130));
        assert!(!quiet.is_final(begun + ms(130)) && quiet.is_final(begun + ms(400)));
        let mut restless = Quiet::begins(begun);
        restless.touched(begun + ms(1_950));
        assert!(restless.is_final(begun + ms(2_000)));
    }
}
