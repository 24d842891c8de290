//! What a file says for all of its profiles, and a profile for itself.

use std::time::Duration;

use crate::policy::{Grants, Limits, Rates};

/// Settings that can stand in a profile and beside the profiles. What isn't said is `None`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shared {
    pub rates: Rates,
    pub retry: Retry,
    pub allow: Allow,
}

/// How far retrying goes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Retry {
    pub attempts: Option<u32>,
    pub timeout: Option<Duration>,
    pub horizon: Option<Duration>,
}

/// What a live run may do, in the order of [`Grants::WORDS`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allow(pub [Option<bool>; Grants::WORDS.len()]);

impl Shared {
    /// These settings, and `other` where they say nothing.
    pub fn or(self, other: &Shared) -> Shared {
        let Shared { rates, retry, allow } = self;
        Shared {
            rates: rates.or(&other.rates),
            retry: Retry {
                attempts: retry.attempts.or(other.retry.attempts),
                timeout: retry.timeout.or(other.retry.timeout),
                horizon: retry.horizon.or(other.retry.horizon),
            },
            allow: Allow(std::array::from_fn(|i| allow.0[i].or(other.allow.0[i]))),
        }
    }
}

impl Retry {
    /// `limits` with what is said here.
    pub fn over(&self, limits: Limits) -> Limits {
        Limits {
            attempts: self.attempts.unwrap_or(limits.attempts),
            timeout: self.timeout.unwrap_or(limits.timeout),
            horizon: self.horizon.unwrap_or(limits.horizon),
            ..limits
        }
    }
}

impl Allow {
    /// The words of what is allowed, as [`Grants::allow`] takes them.
    pub fn words(&self) -> impl Iterator<Item = &'static str> {
        let words = Grants::WORDS.into_iter().zip(self.0);
        words.filter(|(_, allowed)| *allowed == Some(true)).map(|(word, _)| word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_first_goes_before_the_rest_setting_by_setting() {
        let mut second_rates = Rates::default();
        second_rates.share(0.5).unwrap();
        let first = Shared {
            rates: Rates::default(),
            retry: Retry { attempts: Some(2), ..Retry::default() },
            allow: Allow([Some(false), None, Some(true)]),
        };
        let second = Shared {
            rates: second_rates.clone(),
            retry: Retry { attempts: Some(9), horizon: Some(Duration::from_secs(1)), timeout: None },
            allow: Allow([Some(true), Some(true), None]),
        };
        let both = first.or(&second);
        assert_eq!(both.rates, second_rates);
        assert_eq!(both.allow.words().collect::<Vec<_>>(), ["destroy", "consent"]);
        let limits = both.retry.over(Limits::default());
        assert_eq!((limits.attempts, limits.horizon), (2, Duration::from_secs(1)));
        assert_eq!(limits.timeout, Limits::default().timeout);
    }
}
