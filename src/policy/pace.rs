//! When the next request of a bucket may leave: the generic cell rate algorithm, with the time as an
//! argument.

use std::time::Duration;

use crate::spec::Limit;

/// The pace of one bucket. Times are durations since any fixed start.
#[derive(Clone, Debug)]
pub struct Pace {
    /// The time between two requests at the full rate.
    interval: Duration,
    /// How far ahead of the rate a burst may run.
    tolerance: Duration,
    /// When the next request is due if all came evenly.
    due: Duration,
    /// Nothing leaves before this, whatever the rate.
    not_before: Duration,
}

impl Pace {
    /// A pace that uses `share` of a limit, with a burst of one period's allowance.
    pub fn new(limit: Limit, share: f64) -> Pace {
        let interval = limit.per.div_f64(f64::from(limit.requests) * share.clamp(0.01, 1.0));
        // A whole number of requests: 0.8 of one request is none, and one may always go.
        let burst = (limit.per.as_secs_f64() / interval.as_secs_f64()).floor().max(1.0);
        Pace {
            interval,
            tolerance: interval.mul_f64(burst - 1.0),
            due: Duration::ZERO,
            not_before: Duration::ZERO,
        }
    }

    /// A pace that only pauses hold back.
    pub fn unlimited() -> Pace {
        let none = Duration::ZERO;
        Pace { interval: none, tolerance: none, due: none, not_before: none }
    }

    /// Takes the next place in the queue and says how long to wait for it.
    pub fn admit(&mut self, now: Duration) -> Duration {
        let at = self.due.saturating_sub(self.tolerance).max(self.not_before).max(now);
        self.due = self.due.max(at) + self.interval;
        at - now
    }

    /// Lets nothing leave for `pause` from `now`.
    pub fn pause(&mut self, now: Duration, pause: Duration) {
        self.not_before = self.not_before.max(now + pause);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Bucket;
    use proptest::prelude::*;

    const fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    #[test]
    fn a_burst_goes_at_once_and_then_the_rate_holds() {
        let mut pace = Pace::new(Bucket::App.limit(), 1.0);
        let waits: Vec<Duration> = (0..13).map(|_| pace.admit(ms(5_000))).collect();
        assert!(waits[..10].iter().all(Duration::is_zero), "{waits:?}");
        assert_eq!(waits[10..], [ms(100), ms(200), ms(300)]);
    }

    #[test]
    fn a_slow_limit_lets_one_go_and_keeps_the_next() {
        let mut pace = Pace::new(Bucket::BroadcastTrigger.limit(), 0.8);
        assert_eq!(pace.admit(ms(0)), ms(0));
        assert_eq!(pace.admit(ms(0)), ms(12_500));
    }

    #[test]
    fn a_pause_holds_everybody_back() {
        let mut pace = Pace::new(Bucket::Track.limit(), 1.0);
        pace.pause(ms(1_000), ms(3_000));
        assert_eq!(pace.admit(ms(1_000)), ms(3_000));
        assert_eq!(pace.admit(ms(4_000)), ms(0));
    }

    proptest! {
        #[test]
        fn no_period_ever_holds_more_than_the_limit_and_a_burst(gaps in prop::collection::vec(0u64..400, 1..200)) {
            let mut pace = Pace::new(Bucket::App.limit(), 1.0);
            let mut now = Duration::ZERO;
            let mut sent: Vec<Duration> = vec![];
            for gap in gaps {
                now += ms(gap);
                sent.push(now + pace.admit(now));
            }
            sent.sort();
            for window in sent.windows(21) {
                prop_assert!(window[20] - window[0] >= ms(1_000), "21 requests within a second");
            }
        }
    }
}
