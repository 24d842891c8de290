//! What a file says for all of its profiles, and a profile for itself.

use std::time::Duration;

use crate::policy::{Grants, Limits};
use crate::spec::Bucket;

/// Settings that can stand in a profile and beside the profiles. What isn't said is `None`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shared {
    pub rates: Rates,
    pub retry: Retry,
    pub allow: Allow,
}

/// The share of Customer.io's limits, and limits of one's own.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rates {
    /// Of each documented limit: above 0, at most 1.
    pub share: Option<f64>,
    /// Requests a second, in the order of [`Bucket::ALL`]; above 0.
    pub requests: [Option<f64>; Bucket::ALL.len()],
    /// Items of batches a second; above 0.
    pub items: Option<f64>,
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
            rates: Rates {
                share: rates.share.or(other.rates.share),
                requests: std::array::from_fn(|i| rates.requests[i].or(other.rates.requests[i])),
                items: rates.items.or(other.rates.items),
            },
            retry: Retry {
                attempts: retry.attempts.or(other.retry.attempts),
                timeout: retry.timeout.or(other.retry.timeout),
                horizon: retry.horizon.or(other.retry.horizon),
            },
            allow: Allow(std::array::from_fn(|i| allow.0[i].or(other.allow.0[i]))),
        }
    }
}

impl Rates {
    /// What is said, for people: `share 0.5, app 5/s`.
    pub fn told(&self) -> String {
        let share = self.share.map(|share| format!("share {share}"));
        let rates = Bucket::ALL.into_iter().zip(self.requests);
        let rates = rates.filter_map(|(bucket, rate)| Some(format!("{} {}/s", word(bucket), rate?)));
        let items = self.items.map(|items| format!("items {items}/s"));
        share.into_iter().chain(rates).chain(items).collect::<Vec<_>>().join(", ")
    }
}

/// A bucket's name in the file.
pub fn word(bucket: Bucket) -> String {
    bucket.name().to_lowercase().replace(' ', "_")
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
        let rates = |share, app| Rates {
            share,
            requests: std::array::from_fn(|i| if i == 0 { app } else { None }),
            items: None,
        };
        let first = Shared {
            rates: rates(Some(0.5), None),
            retry: Retry { attempts: Some(2), ..Retry::default() },
            allow: Allow([Some(false), None, Some(true)]),
        };
        let second = Shared {
            rates: rates(Some(1.0), Some(5.0)),
            retry: Retry { attempts: Some(9), horizon: Some(Duration::from_secs(1)), timeout: None },
            allow: Allow([Some(true), Some(true), None]),
        };
        let both = first.or(&second);
        assert_eq!(both.rates, rates(Some(0.5), Some(5.0)));
        assert_eq!(both.allow.words().collect::<Vec<_>>(), ["destroy", "consent"]);
        let limits = both.retry.over(Limits::default());
        assert_eq!((limits.attempts, limits.horizon), (2, Duration::from_secs(1)));
        assert_eq!(limits.timeout, Limits::default().timeout);
    }
}
