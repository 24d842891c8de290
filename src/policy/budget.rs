//! How much repeating an API can bear. An outage is met with a few attempts, not with hammering.

use super::outcome::{Outcome, Unanswered};

/// The retry budget of one API. Repeats spend it, successes fill it up again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    tokens: u32,
}

impl Budget {
    pub const FULL: u32 = 500;
    const RETRY: u32 = 5;
    /// A timeout holds a connection and a place in the queue for long, so it costs more.
    const TIMEOUT: u32 = 10;
    const SUCCESS: u32 = 1;

    /// What repeating after `outcome` costs.
    pub fn cost(outcome: &Outcome) -> u32 {
        match outcome {
            Outcome::Unknown(Unanswered::TimedOut) => Budget::TIMEOUT,
            _ => Budget::RETRY,
        }
    }

    pub fn affords(&self, cost: u32) -> bool {
        self.tokens >= cost
    }

    pub fn spend(&mut self, cost: u32) {
        self.tokens = self.tokens.saturating_sub(cost);
    }

    /// A request went through, having `spent` so much on repeats.
    pub fn succeed(&mut self, spent: u32) {
        self.tokens = (self.tokens + spent.max(Budget::SUCCESS)).min(Budget::FULL);
    }
}

impl Default for Budget {
    fn default() -> Budget {
        Budget { tokens: Budget::FULL }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_timeout_costs_twice_a_retry() {
        assert_eq!(Budget::cost(&Outcome::NotSent("no route".into())), 5);
        assert_eq!(Budget::cost(&Outcome::Unknown(Unanswered::TimedOut)), 10);
    }

    #[test]
    fn a_hundred_retries_without_a_success_use_it_up() {
        let mut budget = Budget::default();
        let cost = Budget::cost(&Outcome::NotSent(String::new()));
        let bought = (0..1_000).take_while(|_| {
            let affordable = budget.affords(cost);
            budget.spend(cost);
            affordable
        });
        assert_eq!(bought.count(), 100);
        budget.succeed(0);
        assert!(!budget.affords(cost));
        budget.succeed(cost);
        assert!(budget.affords(cost));
    }

    proptest! {
        #[test]
        fn it_never_holds_more_than_it_began_with(steps in prop::collection::vec((any::<bool>(), 0u32..20), 0..400)) {
            let mut budget = Budget::default();
            for (success, amount) in steps {
                if success { budget.succeed(amount) } else { budget.spend(amount) }
                prop_assert!(!budget.affords(Budget::FULL + 1));
            }
        }
    }
}
