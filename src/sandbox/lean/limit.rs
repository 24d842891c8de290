//! A rate limit as a server holds it: a bucket of tokens.

use crate::spec::Limit;
use std::time::Instant;

/// A token for each request that may still go. It holds one period's allowance at most.
#[derive(Debug)]
pub struct Tokens {
    limit: Limit,
    left: f64,
    at: Instant,
}

impl Tokens {
    /// A full bucket.
    pub fn new(limit: Limit, now: Instant) -> Tokens {
        Tokens { limit, left: f64::from(limit.requests), at: now }
    }

    /// Takes a token, if there is one.
    pub fn take(&mut self, now: Instant) -> bool {
        let most = f64::from(self.limit.requests);
        let periods = now.saturating_duration_since(self.at).div_duration_f64(self.limit.per);
        self.left = (self.left + most * periods).min(most);
        self.at = now;
        let taken = self.left >= 1.0;
        if taken {
            self.left -= 1.0;
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Bucket;
    use std::time::Duration;

    #[test]
    fn a_burst_goes_at_once_and_the_rest_as_time_passes() {
        let begun = Instant::now();
        let mut tokens = Tokens::new(Bucket::App.limit(), begun);
        let mut go = |after: u64, n: usize| {
            (0..n).filter(|_| tokens.take(begun + Duration::from_millis(after))).count()
        };
        assert_eq!(go(0, 12), 10);
        assert_eq!(go(99, 1), 0);
        assert_eq!(go(450, 12), 4);
        assert_eq!(go(10_000, 12), 10);
    }
}
