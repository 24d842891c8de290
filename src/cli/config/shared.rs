//! What a file says for all of its profiles, and a profile for itself.

use std::collections::BTreeMap;

use crate::policy::{Grants, Limits, Rates, Setting};

/// Settings that can stand in a profile and beside the profiles. What isn't said is `None`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shared {
    pub rates: Rates,
    pub retry: Retry,
    pub allow: Allow,
}

/// How far retrying goes: some of the limits, each with what it is set to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Retry(pub BTreeMap<&'static str, f64>);

/// What a live run may do, in the order of [`Grants::WORDS`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allow(pub [Option<bool>; Grants::WORDS.len()]);

impl Shared {
    /// These settings, and `other` where they say nothing.
    pub fn or(self, other: &Shared) -> Shared {
        let Shared { rates, retry, allow } = self;
        Shared {
            rates: rates.or(&other.rates),
            retry: Retry(other.retry.0.clone().into_iter().chain(retry.0).collect()),
            allow: Allow(std::array::from_fn(|i| allow.0[i].or(other.allow.0[i]))),
        }
    }
}

impl Retry {
    /// `limits` with what is said here.
    pub fn over(&self, mut limits: Limits) -> Limits {
        for (name, value) in &self.0 {
            // They were checked when they were read.
            let _ = Setting::of(name).map(|setting| setting.set(&mut limits, *value));
        }
        limits
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
    use std::time::Duration;

    #[test]
    fn what_comes_first_goes_before_the_rest_setting_by_setting() {
        let mut second_rates = Rates::default();
        second_rates.share(0.5).unwrap();
        let first = Shared {
            rates: Rates::default(),
            retry: Retry([("attempts", 2.0)].into()),
            allow: Allow([Some(false), None, Some(true)]),
        };
        let second = Shared {
            rates: second_rates.clone(),
            retry: Retry([("attempts", 9.0), ("horizon", 1.0)].into()),
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
