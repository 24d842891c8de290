//! When the next request of a bucket may leave: the generic cell rate algorithm, with the time as an
//! argument, at a rate that gives way when the server asks for it or slows down.

use std::time::Duration;

use crate::spec::Limit;

/// The slowest a pace becomes, as a part of its full rate.
const SLOWEST: f64 = 0.1;
/// A pace begins at this part of its rate and is at the full one after [`SOFT_START`] without trouble.
const FIRST: f64 = 0.5;
const SOFT_START: Duration = Duration::from_secs(1);
/// How much later than a burst allows the request behind it leaves: the first of a burst may take longer on
/// its way than that one, and the server counts when they arrive.
const SLACK: Duration = Duration::from_millis(25);
/// A burst of no more requests needs no soft start.
const FEW: f64 = 10.0;
/// What is left of the rate after a 429, and after latency rose.
const AFTER_LIMITED: f64 = 0.7;
const AFTER_SLOW: f64 = 0.85;
/// The rate is lowered at most once in so long: a burst of 429s is one piece of news.
const BETWEEN: Duration = Duration::from_secs(1);
/// Calm that lets the rate rise by a step, once it was lowered.
const CALM: Duration = Duration::from_secs(5);
const STEP: f64 = 1.1;
/// Latency is rising when it is so many times the usual, and worth the name.
const SLOW_TIMES: f64 = 4.0;
const SLOW_AT_LEAST: Duration = Duration::from_millis(500);
/// How much of a new latency goes into the recent one, and into the usual one.
const RECENT: f64 = 0.2;
const USUAL: f64 = 0.01;
/// A whole number that fractions made may lie a hair below itself.
const ROUNDING: f64 = 1e-6;

/// The pace of one bucket. Times are durations since any fixed start.
#[derive(Clone, Debug)]
pub struct Pace {
    /// The time between two requests at the full rate.
    interval: Duration,
    /// Requests that may go at once after a rest.
    burst: f64,
    /// The part of the full rate in force.
    factor: f64,
    /// Whether the server ever gave a reason to slow down.
    lowered: bool,
    changed: Duration,
    /// When the next request is due if all came evenly.
    due: Duration,
    /// Nothing leaves before this, whatever the rate.
    not_before: Duration,
    latency: Option<Latency>,
}

/// Moving averages of how long answers take, in seconds.
#[derive(Clone, Copy, Debug)]
struct Latency {
    recent: f64,
    usual: f64,
}

impl Pace {
    /// A pace that uses `share` of a limit, with a burst of one period's allowance.
    pub fn new(limit: Limit, share: f64) -> Pace {
        let allowance = f64::from(limit.requests) * share;
        Pace::even(limit.per.div_f64(allowance), allowance)
    }

    /// A pace of `rate` a second, with a burst of one second's allowance.
    pub fn at(rate: f64) -> Pace {
        Pace::even(Duration::from_secs_f64(1.0 / rate), rate)
    }

    fn even(interval: Duration, burst: f64) -> Pace {
        // A whole number: 0.8 of one request is none, and one may always go.
        let burst = (burst + ROUNDING).floor().max(1.0);
        // So few at once are soft enough, and half of App's rate would cost its second twice.
        let factor = if burst > FEW { FIRST } else { 1.0 };
        Pace { interval, burst, factor, ..Pace::unlimited() }
    }

    /// A pace that only pauses hold back.
    pub fn unlimited() -> Pace {
        let none = Duration::ZERO;
        Pace {
            interval: none,
            burst: 1.0,
            factor: 1.0,
            lowered: false,
            changed: none,
            due: none,
            not_before: none,
            latency: None,
        }
    }

    /// Takes the next place in the queue and says how long to wait for it.
    pub fn admit(&mut self, now: Duration) -> Duration {
        self.admit_all(now, 1)
    }

    /// Takes the next `n` places for what goes together, and says how long to wait for the first: more
    /// than a burst holds go on credit, and those behind wait the longer.
    pub fn admit_all(&mut self, now: Duration, n: usize) -> Duration {
        self.recover(now);
        let interval = self.interval.div_f64(self.factor);
        let tolerance = interval.mul_f64(self.burst - 1.0).saturating_sub(SLACK);
        let at = self.due.saturating_sub(tolerance).max(self.not_before).max(now);
        self.due = self.due.max(at) + interval.mul_f64(n as f64);
        at - now
    }

    /// Lets nothing leave for `pause` from `now`: the server said that the limit is reached.
    pub fn pause(&mut self, now: Duration, pause: Duration) {
        self.not_before = self.not_before.max(now + pause);
        // No burst any more: the server counts in another way, or somebody else uses the limit too.
        self.burst = 1.0;
        self.due = self.due.max(self.not_before);
        self.lower(now, AFTER_LIMITED);
    }

    /// How long everybody still has to wait, whatever their place in the queue.
    pub fn held(&self, now: Duration) -> Duration {
        self.not_before.saturating_sub(now)
    }

    /// Takes note of how long an answer took.
    pub fn answered(&mut self, now: Duration, took: Duration) {
        let took = took.as_secs_f64();
        let latency = self.latency.get_or_insert(Latency { recent: took, usual: took });
        latency.recent += (took - latency.recent) * RECENT;
        latency.usual += (took - latency.usual) * USUAL;
        let slow = (latency.usual * SLOW_TIMES).max(SLOW_AT_LEAST.as_secs_f64());
        if latency.recent > slow {
            self.lower(now, AFTER_SLOW);
        }
    }

    /// Requests a second when nothing has lowered it; `None` without a limit.
    pub fn full_rate(&self) -> Option<f64> {
        // Whole nanoseconds make 3.000000003 of 3.
        (!self.interval.is_zero()).then(|| (1e6 / self.interval.as_secs_f64()).round() / 1e6)
    }

    /// Requests a second in force; `None` without a limit.
    pub fn rate(&self) -> Option<f64> {
        (!self.interval.is_zero()).then(|| self.factor / self.interval.as_secs_f64())
    }

    fn lower(&mut self, now: Duration, to: f64) {
        if self.lowered && now < self.changed + BETWEEN {
            return;
        }
        self.factor = (self.factor * to).max(SLOWEST);
        self.lowered = true;
        self.changed = now;
    }

    fn recover(&mut self, now: Duration) {
        if self.factor >= 1.0 {
            return;
        }
        if !self.lowered {
            let done = (now.saturating_sub(self.changed)).as_secs_f64() / SOFT_START.as_secs_f64();
            if self.due.is_zero() {
                // The soft start begins with the first request.
                self.changed = now;
            } else if done >= 1.0 {
                self.factor = 1.0;
            }
            return;
        }
        while self.factor < 1.0 && now >= self.changed + CALM {
            self.factor = (self.factor * STEP).min(1.0);
            self.changed += CALM;
        }
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

    /// A pace that is past its soft start.
    fn warm(bucket: Bucket, share: f64) -> Pace {
        let mut pace = Pace::new(bucket.limit(), share);
        pace.admit(ms(0));
        pace.admit(ms(60_000));
        pace.due = Duration::ZERO;
        pace
    }

    /// Requests let through within `time`, one asking as soon as the last is through.
    fn through(pace: &mut Pace, from: Duration, time: Duration) -> usize {
        let mut now = from;
        let mut n = 0;
        while now < from + time {
            now += pace.admit(now);
            n += 1;
        }
        n - 1
    }

    #[test]
    fn a_burst_goes_at_once_and_then_the_rate_holds() {
        let mut pace = warm(Bucket::App, 1.0);
        let waits: Vec<Duration> = (0..13).map(|_| pace.admit(ms(100_000))).collect();
        assert!(waits[..9].iter().all(Duration::is_zero), "{waits:?}");
        assert_eq!(waits[9..], [ms(25), ms(125), ms(225), ms(325)]);
    }

    #[test]
    fn a_slow_limit_lets_one_go_and_keeps_the_next() {
        let mut pace = warm(Bucket::BroadcastTrigger, 0.8);
        assert_eq!(pace.admit(ms(100_000)), ms(0));
        assert_eq!(pace.admit(ms(100_000)), ms(12_500));
    }

    #[test]
    fn many_that_go_together_keep_back_those_behind_them() {
        let mut pace = Pace::at(10.0);
        pace.admit(ms(0));
        assert_eq!(pace.admit_all(ms(100_000), 25), ms(0));
        // Soft start is over: 25 less the burst of 10 are on credit.
        assert_eq!(pace.admit(ms(100_000)), ms(1_625));
    }

    #[test]
    fn a_slow_limit_has_no_soft_start() {
        let mut pace = Pace::new(Bucket::BroadcastTrigger.limit(), 1.0);
        assert_eq!([pace.admit(ms(0)), pace.admit(ms(0))], [ms(0), ms(10_000)]);
        let mut pace = Pace::new(Bucket::App.limit(), 1.0);
        let waits: Vec<Duration> = (0..12).map(|_| pace.admit(ms(0))).collect();
        assert_eq!(waits[9..], [ms(25), ms(125), ms(225)]);
    }

    #[test]
    fn it_begins_softly_and_loses_little_by_it() {
        let mut pace = Pace::new(Bucket::Pipelines.limit(), 1.0);
        let first = through(&mut pace, ms(0), ms(1_000)) as f64;
        let later = through(&mut pace, ms(10_000), ms(10_000)) as f64;
        assert!(first <= 1_600.0, "{first} in the first second");
        assert!((later - 10_975.0).abs() < 20.0, "{later} in ten seconds after a rest");
    }

    #[test]
    fn a_pause_holds_everybody_back_and_lowers_the_rate_once() {
        let mut pace = warm(Bucket::Track, 1.0);
        for _ in 0..50 {
            pace.pause(ms(100_000), ms(3_000));
        }
        assert_eq!(pace.admit(ms(100_000)), ms(3_000));
        assert_eq!(pace.rate().unwrap().round(), 700.0);
    }

    #[test]
    fn a_server_that_said_no_gets_no_burst_again() {
        let mut pace = warm(Bucket::App, 1.0);
        pace.pause(ms(100_000), ms(500));
        pace.admit(ms(200_000));
        assert_eq!([pace.admit(ms(300_000)), pace.admit(ms(300_000))], [ms(0), ms(100)]);
    }

    #[test]
    fn calm_brings_the_rate_back() {
        let mut pace = warm(Bucket::Track, 1.0);
        for second in 0..40 {
            pace.pause(ms(100_000 + second * 2_000), ms(0));
        }
        assert_eq!(pace.rate().unwrap().round(), 100.0, "a tenth is the least");
        pace.admit(ms(400_000));
        assert_eq!(pace.rate().unwrap().round(), 1_000.0);
    }

    #[test]
    fn rising_latency_lowers_the_rate_and_a_steady_one_does_not() {
        let mut pace = warm(Bucket::Pipelines, 1.0);
        for n in 0..500 {
            pace.answered(ms(100_000 + n), ms(if n % 7 == 0 { 60 } else { 20 }));
        }
        assert_eq!(pace.rate().unwrap().round(), 1_000.0);
        for n in 0..20 {
            pace.answered(ms(110_000 + n * 100), ms(2_000));
        }
        assert!(pace.rate().unwrap() < 900.0, "{:?}", pace.rate());
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
