//! One request's way through its attempts: what each outcome leads to, and what stands at the end.

use std::time::Duration;

use super::budget::Budget;
use super::outcome::{Outcome, Refusal};
use super::retry::{Limits, Next, Standing, Why, next};
use crate::request::Class;

/// The attempts at one request so far.
#[derive(Clone, Debug)]
pub struct Trial {
    class: Class,
    /// From 1, 429s left out.
    attempt: u32,
    /// 429s in a row.
    limited: u32,
    spent: u32,
    /// An attempt whose outcome isn't known: it may have been done, whatever later ones say.
    open: Option<Outcome>,
    /// What the last attempt came to, while another is to follow.
    last: Option<Outcome>,
}

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Wait, then send the same bytes again.
    Again { after: Duration },
    /// Nobody may send to this bucket for so long; then send the same bytes again.
    Paused { pause: Duration },
    /// This is what became of it.
    Settled { outcome: Outcome, why: Why },
}

impl Trial {
    pub fn new(class: Class) -> Trial {
        Trial { class, attempt: 1, limited: 0, spent: 0, open: None, last: None }
    }

    /// Whether Customer.io may have done it already.
    pub fn may_be_done(&self) -> bool {
        self.open.is_some()
    }

    /// Takes the outcome of an attempt, `elapsed` after the first, and pays from the API's budget.
    pub fn follow(
        &mut self,
        outcome: Outcome,
        elapsed: Duration,
        budget: &mut Budget,
        jitter: f64,
        limits: &Limits,
    ) -> Step {
        if let Outcome::Unknown(_) = outcome {
            self.open = Some(outcome.clone());
        }
        self.limited = match outcome {
            Outcome::Refused(Refusal { status: 429, .. }) => self.limited + 1,
            _ => 0,
        };
        let at = Standing {
            class: &self.class,
            attempt: self.attempt,
            limited: self.limited,
            elapsed,
            budget,
            jitter,
        };
        match next(&outcome, &at, limits) {
            Next::Again { after, cost } => {
                budget.spend(cost);
                self.spent += cost;
                self.attempt += 1;
                self.last = Some(outcome);
                Step::Again { after }
            }
            Next::Paused { pause } => {
                self.last = Some(outcome);
                Step::Paused { pause }
            }
            Next::Settle(why) => {
                if why == Why::Answered {
                    budget.succeed(self.spent);
                }
                Step::Settled { outcome: self.stands(outcome), why }
            }
        }
    }

    /// What stands when the next attempt got its turn only `elapsed` after the first, and that is too late to
    /// begin it.
    pub fn overtaken(&mut self, elapsed: Duration, limits: &Limits) -> Option<(Outcome, Why)> {
        let last = self.last.take().filter(|_| elapsed > limits.horizon)?;
        Some((self.stands(last), Why::Horizon))
    }

    /// What stands when the last attempt came to `last`. After an attempt that may have been done, one
    /// that never left settles nothing, and one that was refused settles it only where twice is once.
    fn stands(&mut self, last: Outcome) -> Outcome {
        match (&last, self.open.take()) {
            (Outcome::NotSent(_) | Outcome::Refused(Refusal { status: 429, .. }), Some(open)) => open,
            (Outcome::Refused(_), Some(open)) if !self.class.is_safe() => open,
            _ => last,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Answer, Unanswered};
    use crate::spec::{Effect, Retry};
    use proptest::prelude::*;

    fn refused(status: u16) -> Outcome {
        Outcome::Refused(Refusal { status, complaints: vec![], retry_after: None, location: None })
    }

    fn outcome(kind: u8) -> Outcome {
        match kind {
            0 => Outcome::NotSent("no route".into()),
            1 => Outcome::Unknown(Unanswered::TimedOut),
            2 => refused(400),
            3 => refused(429),
            _ => Outcome::Done(Answer { status: 200, body: vec![] }),
        }
    }

    fn classes() -> [Class; 3] {
        let class = |retry| Class { effect: Effect::Event, retry };
        let because = "a test";
        [Retry::Cautious { because }, Retry::Keyed { because }, Retry::Safe { because }].map(class)
    }

    /// Follows `kinds` until something stands; what that is, and how many were used up.
    fn follow(class: Class, kinds: &[u8]) -> Option<(Outcome, usize)> {
        let mut trial = Trial::new(class);
        let mut budget = Budget::default();
        kinds.iter().enumerate().find_map(|(n, kind)| {
            match trial.follow(outcome(*kind), Duration::ZERO, &mut budget, 0.0, &Limits::default()) {
                Step::Settled { outcome, .. } => Some((outcome, n + 1)),
                _ => None,
            }
        })
    }

    #[test]
    fn a_refusal_after_an_open_attempt_settles_only_what_is_safe() {
        let [_, keyed, safe] = classes();
        assert_eq!(follow(keyed, &[1, 2]).unwrap().0, outcome(1));
        assert_eq!(follow(safe, &[1, 2]).unwrap().0, outcome(2));
        assert_eq!(follow(keyed, &[0, 2]).unwrap().0, outcome(2));
    }

    #[test]
    fn an_attempt_that_got_its_turn_too_late_is_not_begun() {
        let [cautious, _, safe] = classes();
        let limits = Limits::default();
        let late = limits.horizon + Duration::from_millis(1);
        let after = |class: Class, kinds: &[u8], elapsed| {
            let mut trial = Trial::new(class);
            for kind in kinds {
                trial.follow(outcome(*kind), Duration::ZERO, &mut Budget::default(), 0.0, &limits);
            }
            trial.overtaken(elapsed, &limits)
        };
        assert_eq!(after(safe, &[], late), None, "the first is made whenever it gets its turn");
        for (kinds, stands) in [(&[0][..], 0), (&[3], 3), (&[1], 1), (&[1, 0], 1)] {
            assert_eq!(after(safe, kinds, limits.horizon), None);
            assert_eq!(after(safe, kinds, late), Some((outcome(stands), Why::Horizon)), "{kinds:?}");
        }
        assert_eq!(after(cautious, &[1], late), None, "it stands already");
    }

    proptest! {
        #[test]
        fn what_may_have_been_done_is_never_told_as_not_done(kinds in prop::collection::vec(0u8..5, 1..20)) {
            for class in classes() {
                let Some((stands, used)) = follow(class, &kinds) else { continue };
                let open = kinds[..used].contains(&1);
                let denies = matches!(stands, Outcome::NotSent(_)) || stands == outcome(3) || (stands == outcome(2) && !class.is_safe());
                prop_assert!(!(open && denies), "{kinds:?} was told as {stands}");
            }
        }

        #[test]
        fn a_cautious_request_is_sent_once_more_only_if_nothing_was_done(kinds in prop::collection::vec(0u8..5, 1..20)) {
            let [cautious, ..] = classes();
            if let Some((_, used)) = follow(cautious, &kinds) {
                prop_assert!(kinds[..used - 1].iter().all(|kind| [0, 3].contains(kind)), "{kinds:?}");
            }
        }
    }
}
