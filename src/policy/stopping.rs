//! When what was told to stop is to wait no longer for answers either.

use std::time::{Duration, Instant};

/// What tells a run to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Ctrl-C.
    Interrupt,
    /// What cron, systemd and a terminal that is closed send, and whoever leaves.
    End,
}

/// For so long a signal other than Ctrl-C is taken for the same wish as the first: a closed terminal sends its own
/// beside that of the shell, systemd tells each process of a unit, and a key that is held down repeats itself.
const ONE_WISH: Duration = Duration::from_secs(1);

/// Whether one was told to stop already, and since when.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stopping {
    since: Option<Instant>,
}

impl Stopping {
    /// Takes a signal that comes `now`; whether it asks what `stops` already for more: not to wait for answers either.
    pub fn hurries(&mut self, signal: Signal, stops: bool, now: Instant) -> bool {
        let since = *self.since.get_or_insert(now);
        stops && (signal == Signal::Interrupt || now.duration_since(since) >= ONE_WISH)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_asks_again_cuts_what_is_on_the_wire() {
        let now = Instant::now();
        let at = |millis| now + Duration::from_millis(millis);
        for (first, second, after, hurries) in [
            (Signal::Interrupt, Signal::Interrupt, 1, true),
            (Signal::End, Signal::Interrupt, 1, true),
            (Signal::End, Signal::End, 1, false),
            (Signal::End, Signal::End, 999, false),
            (Signal::End, Signal::End, 1_000, true),
            (Signal::Interrupt, Signal::End, 1, false),
        ] {
            let mut stopping = Stopping::default();
            assert!(!stopping.hurries(first, false, now));
            let asks = stopping.hurries(second, true, at(after));
            assert_eq!(asks, hurries, "{second:?} {after} ms after {first:?}");
        }
        let mut over_time = Stopping::default();
        assert!(!over_time.hurries(Signal::End, true, now), "it ends by itself");
        assert!(over_time.hurries(Signal::Interrupt, true, now));
    }
}
