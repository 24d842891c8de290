//! Whether a request is sent again.

use std::time::Duration;

use super::outcome::{Outcome, Refusal};
use crate::request::Class;
use crate::spec::Retry;

/// How far retrying goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Attempts in all; a 429 doesn't count as one.
    pub attempts: u32,
    /// The time from the first attempt after which none is begun.
    pub horizon: Duration,
    /// The longest one attempt may take.
    pub timeout: Duration,
    /// The first pause's upper bound; it doubles with each attempt.
    pub first_pause: Duration,
    pub longest_pause: Duration,
    /// A `Retry-After` beyond this is cut to it.
    pub longest_retry_after: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            attempts: 6,
            horizon: Duration::from_secs(600),
            timeout: Duration::from_secs(30),
            first_pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(30),
            longest_retry_after: Duration::from_secs(300),
        }
    }
}

/// What to do after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// The outcome stands.
    Settle,
    /// Wait, then send the same bytes again.
    Again { after: Duration },
    /// Nobody may send to this API for so long; then send the same bytes again. Not an attempt.
    Paused { pause: Duration },
}

/// Decides what follows `outcome`. `attempt` counts from 1 and leaves 429s out, `elapsed` runs from the
/// first attempt, `jitter` is a fair draw from 0 to 1.
pub fn next(
    class: &Class,
    outcome: &Outcome,
    attempt: u32,
    elapsed: Duration,
    jitter: f64,
    limits: &Limits,
) -> Next {
    let repeatable = matches!(class.retry, Retry::Safe { .. } | Retry::Keyed { .. });
    let step = match outcome {
        Outcome::Refused(Refusal { status: 429, retry_after, .. }) => {
            // Without a word from the server: a second, which is the period of most limits.
            let pause = retry_after.unwrap_or(Duration::from_secs(1)).min(limits.longest_retry_after);
            Next::Paused { pause }
        }
        Outcome::NotSent(_) => Next::Again { after: pause(attempt, jitter, limits) },
        Outcome::Unknown(_) if repeatable => Next::Again { after: pause(attempt, jitter, limits) },
        Outcome::Done(_) | Outcome::Refused(_) | Outcome::Unknown(_) => Next::Settle,
    };
    match step {
        Next::Again { .. } if attempt >= limits.attempts => Next::Settle,
        Next::Again { after } | Next::Paused { pause: after } if elapsed + after > limits.horizon => {
            Next::Settle
        }
        step => step,
    }
}

/// Full jitter: anywhere from nothing to a bound that doubles with each attempt.
fn pause(attempt: u32, jitter: f64, limits: &Limits) -> Duration {
    let doubled = limits.first_pause.saturating_mul(1 << attempt.saturating_sub(1).min(16));
    doubled.min(limits.longest_pause).mul_f64(jitter.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Answer, Unanswered};
    use crate::spec::Effect;
    use proptest::prelude::*;

    const BECAUSE: &str = "a test";

    fn class(retry: Retry) -> Class {
        Class { effect: Effect::Upsert, retry }
    }

    fn classes() -> [Class; 3] {
        [
            class(Retry::Cautious { because: BECAUSE }),
            class(Retry::Keyed { because: BECAUSE }),
            class(Retry::Safe { because: BECAUSE }),
        ]
    }

    fn refused(status: u16, retry_after: Option<Duration>) -> Outcome {
        Outcome::Refused(Refusal { status, complaints: vec![], retry_after, location: None })
    }

    fn unknowns() -> Vec<Outcome> {
        [
            Unanswered::TimedOut,
            Unanswered::Broken("reset".into()),
            Unanswered::ServerError { status: 503, complaints: vec![] },
            Unanswered::Unreadable { status: 200, why: "cut".into() },
        ]
        .map(Outcome::Unknown)
        .to_vec()
    }

    fn decide(class: &Class, outcome: &Outcome) -> Next {
        next(class, outcome, 1, Duration::ZERO, 1.0, &Limits::default())
    }

    #[test]
    fn an_unknown_outcome_is_repeated_only_where_a_reason_says_so() {
        let [cautious, keyed, safe] = classes();
        for outcome in unknowns() {
            assert_eq!(decide(&cautious, &outcome), Next::Settle, "{outcome}");
            assert!(matches!(decide(&keyed, &outcome), Next::Again { .. }), "{outcome}");
            assert!(matches!(decide(&safe, &outcome), Next::Again { .. }), "{outcome}");
        }
    }

    #[test]
    fn what_was_not_sent_is_repeated_and_what_was_refused_is_not() {
        for class in classes() {
            assert!(matches!(decide(&class, &Outcome::NotSent("no route".into())), Next::Again { .. }));
            for status in [301, 400, 401, 404, 422] {
                assert_eq!(decide(&class, &refused(status, None)), Next::Settle);
            }
            assert_eq!(decide(&class, &Outcome::Done(Answer { status: 200, body: vec![] })), Next::Settle);
        }
    }

    #[test]
    fn a_429_pauses_and_costs_no_attempt() {
        let limits = Limits::default();
        let [cautious, ..] = classes();
        let pause = |retry_after| {
            next(&cautious, &refused(429, retry_after), limits.attempts, Duration::ZERO, 0.5, &limits)
        };
        assert_eq!(pause(None), Next::Paused { pause: Duration::from_secs(1) });
        assert_eq!(pause(Some(Duration::from_secs(7))), Next::Paused { pause: Duration::from_secs(7) });
        assert_eq!(
            pause(Some(Duration::from_secs(9_999))),
            Next::Paused { pause: limits.longest_retry_after }
        );
    }

    proptest! {
        #[test]
        fn attempts_and_horizon_always_end_it(attempt in 1u32..100, elapsed in 0u64..2_000, jitter in 0.0f64..1.0) {
            let limits = Limits::default();
            let elapsed = Duration::from_secs(elapsed);
            let [.., safe] = classes();
            for outcome in unknowns() {
                match next(&safe, &outcome, attempt, elapsed, jitter, &limits) {
                    Next::Again { after } => {
                        prop_assert!(attempt < limits.attempts);
                        prop_assert!(elapsed + after <= limits.horizon);
                        prop_assert!(after <= limits.longest_pause);
                    }
                    Next::Settle => prop_assert!(attempt >= limits.attempts || elapsed + limits.longest_pause > limits.horizon),
                    Next::Paused { .. } => prop_assert!(false, "only a 429 pauses"),
                }
            }
        }
    }
}
