//! Whether a request is sent again.

use std::time::Duration;

use super::budget::Budget;
use super::outcome::{Outcome, Refusal, Unanswered};
use crate::request::Class;
use crate::spec::Retry;

/// The least a 429 pauses, whatever its `Retry-After` says.
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);

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
    /// Whether an event that may have been taken isn't sent again under its message id.
    pub events_at_most_once: bool,
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
            events_at_most_once: false,
        }
    }
}

/// What to do after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// The outcome stands.
    Settle(Why),
    /// Wait, spend from the budget, then send the same bytes again.
    Again { after: Duration, cost: u32 },
    /// Nobody may send to this API for so long; then send the same bytes again. Not an attempt.
    Paused { pause: Duration },
}

/// Why an outcome stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Customer.io has answered.
    Answered,
    /// Doing it twice may not be the same as once.
    NotRepeatable,
    Attempts,
    Horizon,
    /// The API failed too often of late.
    Budget,
}

impl std::fmt::Display for Why {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Why::Answered => "answered, so not asked again",
            Why::NotRepeatable => "not repeated, because twice may not be the same as once",
            Why::Attempts => "no attempts left",
            Why::Horizon => "no time left",
            Why::Budget => "the API failed too often of late to be asked again now",
        })
    }
}

/// Where a request stands when its next step is decided.
#[derive(Clone, Copy, Debug)]
pub struct Standing<'a> {
    pub class: &'a Class,
    /// From 1, 429s left out.
    pub attempt: u32,
    /// 429s in a row.
    pub limited: u32,
    /// From the first attempt.
    pub elapsed: Duration,
    pub budget: &'a Budget,
    /// A fair draw from 0 to 1.
    pub jitter: f64,
}

/// Decides what follows `outcome`.
pub fn next(outcome: &Outcome, at: &Standing<'_>, limits: &Limits) -> Next {
    let repeatable = match at.class.retry {
        Retry::Safe { .. } => true,
        Retry::Keyed { .. } => !limits.events_at_most_once,
        Retry::Cautious { .. } => false,
    };
    let late = |after: Duration| at.elapsed + after > limits.horizon;
    match outcome {
        Outcome::Refused(Refusal { status: 429, retry_after, .. }) => {
            // Without a word from the server: a second, which is the period of most limits. A server that
            // keeps saying it, or says "at once", is given longer each time.
            let asked = retry_after.unwrap_or(Duration::from_secs(1)).min(limits.longest_retry_after);
            let pause = asked.max(match at.limited {
                0 | 1 => SHORTEST_PAUSE,
                n => pause(n, at.jitter, limits).max(SHORTEST_PAUSE),
            });
            if late(pause) { Next::Settle(Why::Horizon) } else { Next::Paused { pause } }
        }
        Outcome::Done(_) | Outcome::Refused(_) | Outcome::Unknown(Unanswered::Misshapen { .. }) => {
            Next::Settle(Why::Answered)
        }
        Outcome::Unknown(_) if !repeatable => Next::Settle(Why::NotRepeatable),
        Outcome::NotSent(_) | Outcome::Unknown(_) => {
            let asked = outcome.retry_after().unwrap_or_default().min(limits.longest_retry_after);
            let (after, cost) = (pause(at.attempt, at.jitter, limits).max(asked), Budget::cost(outcome));
            if at.attempt >= limits.attempts {
                Next::Settle(Why::Attempts)
            } else if late(after) {
                Next::Settle(Why::Horizon)
            } else if !at.budget.affords(cost) {
                Next::Settle(Why::Budget)
            } else {
                Next::Again { after, cost }
            }
        }
    }
}

/// Full jitter: anywhere from nothing to a bound that doubles with each attempt.
pub(super) fn pause(attempt: u32, jitter: f64, limits: &Limits) -> Duration {
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
            Unanswered::ServerError { status: 503, complaints: vec![], retry_after: None },
            Unanswered::Unreadable { status: 200, why: "cut".into() },
        ]
        .map(Outcome::Unknown)
        .to_vec()
    }

    fn step(class: &Class, outcome: &Outcome, attempt: u32, elapsed: Duration) -> Next {
        let at = Standing { class, attempt, limited: 1, elapsed, budget: &Budget::default(), jitter: 1.0 };
        next(outcome, &at, &Limits::default())
    }

    fn decide(class: &Class, outcome: &Outcome) -> Next {
        step(class, outcome, 1, Duration::ZERO)
    }

    #[test]
    fn an_unknown_outcome_is_repeated_only_where_a_reason_says_so() {
        let [cautious, keyed, safe] = classes();
        for outcome in unknowns() {
            assert_eq!(decide(&cautious, &outcome), Next::Settle(Why::NotRepeatable), "{outcome}");
            assert!(matches!(decide(&keyed, &outcome), Next::Again { .. }), "{outcome}");
            assert!(matches!(decide(&safe, &outcome), Next::Again { .. }), "{outcome}");
        }
    }

    #[test]
    fn an_event_that_may_have_been_taken_is_sent_once_where_that_is_asked_for() {
        let limits = Limits { events_at_most_once: true, ..Limits::default() };
        let decide = |class: &Class, outcome: &Outcome| {
            let budget = Budget::default();
            let at = Standing {
                class,
                attempt: 1,
                limited: 1,
                elapsed: Duration::ZERO,
                budget: &budget,
                jitter: 1.0,
            };
            next(outcome, &at, &limits)
        };
        let [_, keyed, safe] = classes();
        for outcome in unknowns() {
            assert_eq!(decide(&keyed, &outcome), Next::Settle(Why::NotRepeatable), "{outcome}");
            assert!(matches!(decide(&safe, &outcome), Next::Again { .. }), "{outcome}");
        }
        assert!(matches!(decide(&keyed, &Outcome::NotSent("no route".into())), Next::Again { .. }));
        assert!(matches!(decide(&keyed, &refused(429, None)), Next::Paused { .. }));
    }

    #[test]
    fn what_was_not_sent_is_repeated_and_what_was_refused_is_not() {
        for class in classes() {
            assert!(matches!(decide(&class, &Outcome::NotSent("no route".into())), Next::Again { .. }));
            for status in [301, 400, 401, 404, 422] {
                assert_eq!(decide(&class, &refused(status, None)), Next::Settle(Why::Answered));
            }
            assert_eq!(
                decide(&class, &Outcome::Done(Answer { status: 200, body: vec![] })),
                Next::Settle(Why::Answered)
            );
        }
    }

    #[test]
    fn an_answer_of_another_shape_is_not_asked_for_again() {
        for class in classes() {
            let misshapen = Unanswered::Misshapen { status: 200, why: "has no `id`".into() };
            assert_eq!(decide(&class, &Outcome::Unknown(misshapen)), Next::Settle(Why::Answered));
        }
    }

    #[test]
    fn a_429_pauses_and_costs_no_attempt() {
        let limits = Limits::default();
        let [cautious, ..] = classes();
        let pause =
            |retry_after| step(&cautious, &refused(429, retry_after), limits.attempts, Duration::ZERO);
        assert_eq!(pause(None), Next::Paused { pause: Duration::from_secs(1) });
        assert_eq!(pause(Some(Duration::from_secs(7))), Next::Paused { pause: Duration::from_secs(7) });
        assert_eq!(
            pause(Some(Duration::from_secs(9_999))),
            Next::Paused { pause: limits.longest_retry_after }
        );
    }

    #[test]
    fn an_empty_budget_ends_it() {
        let mut budget = Budget::default();
        budget.spend(Budget::FULL);
        let [.., safe] = classes();
        let at = Standing {
            class: &safe,
            attempt: 1,
            limited: 0,
            elapsed: Duration::ZERO,
            budget: &budget,
            jitter: 1.0,
        };
        for outcome in unknowns() {
            assert_eq!(next(&outcome, &at, &Limits::default()), Next::Settle(Why::Budget));
        }
        let limited = refused(429, None);
        assert!(matches!(next(&limited, &at, &Limits::default()), Next::Paused { .. }));
    }

    proptest! {
           #[test]
           fn attempts_and_horizon_always_end_it(attempt in 1u32..100, elapsed in 0u64..2_000, jitter in 0.0f64..1.0) {
               let limits = Limits::default();
               let elapsed = Duration::from_secs(elapsed);
               let [.., safe] = classes();
               for outcome in unknowns() {
                   let at = Standing { class: &safe, attempt, limited: 1, elapsed, budget: &Budget::default(), jitter };
                   match next(&outcome, &at, &limits) {
                       Next::Again { after, cost } => {
                           prop_assert!(attempt < limits.attempts);
                           prop_assert!(elapsed + after <= limits.horizon);
                           prop_assert!(after <= limits.longest_pause);
                           prop_assert!(cost > 0);
                       }
                       Next::Settle(why) => {
    let right = match why {
                           Why::Attempts => attempt >= limits.attempts,
                           Why::Horizon => elapsed + limits.longest_pause > limits.horizon,
                           _ => false,
                       };
                       prop_assert!(right, "{why}");
                       }
                       Next::Paused { .. } => prop_assert!(false, "only a 429 pauses"),
                   }
               }
           }

           #[test]
           fn what_may_have_been_done_is_never_done_again_without_a_reason(
               attempt in 1u32..10, elapsed in 0u64..600, jitter in 0.0f64..1.0,
           ) {
               let [cautious, ..] = classes();
               let elapsed = Duration::from_secs(elapsed);
               for outcome in unknowns() {
                   let at = Standing { class: &cautious, attempt, limited: 1, elapsed, budget: &Budget::default(), jitter };
                   prop_assert_eq!(next(&outcome, &at, &Limits::default()), Next::Settle(Why::NotRepeatable));
               }
           }
       }
}
