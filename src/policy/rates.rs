//! How much of Customer.io's limits a run uses.

use std::collections::BTreeMap;

use super::pace::Pace;
use crate::fault::{At, Code, Fault, closest, listed};
use crate::spec::Bucket;

/// The share of a limit that is used unless something else is said: production lives on the same.
const SHARE: f64 = 0.8;
/// The word for the pace of a batch's items, beside those of the buckets.
const ITEMS: &str = "items";

/// The rates of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Rates {
    /// The share of each documented limit; `None` where there is none to keep: a sandbox.
    share: Option<f64>,
    /// Requests a second, in place of a share of the documented limit.
    own: BTreeMap<Bucket, f64>,
    /// Items of Pipelines requests a second, whatever the number of requests.
    items: Option<f64>,
}

impl Default for Rates {
    fn default() -> Rates {
        Rates::unlimited().kept()
    }
}

impl Rates {
    /// A sandbox's, which has no limits.
    pub const fn unlimited() -> Rates {
        Rates { share: None, own: BTreeMap::new(), items: None }
    }

    /// These rates where there are limits to keep.
    pub fn kept(self) -> Rates {
        Rates { share: self.share.or(Some(SHARE)), ..self }
    }

    /// The names a limit can be set for.
    pub fn words() -> impl Iterator<Item = &'static str> {
        Bucket::ALL.into_iter().map(Bucket::word).chain([ITEMS])
    }

    /// Sets a limit of one's own, in requests (or items) a second.
    ///
    /// # Errors
    /// A fault for a name that has no limit, and for a rate that lets nothing through.
    pub fn limit(&mut self, word: &str, rate: f64) -> Result<(), Fault> {
        let wrong = |message: String| Fault::new(Code::SettingInvalid, At::Call, message);
        let bucket = Bucket::ALL.into_iter().find(|bucket| bucket.word() == word);
        if bucket.is_none() && word != ITEMS {
            let fault = wrong(format!("there is no limit \"{word}\""));
            let words: Vec<&str> = Rates::words().collect();
            return Err(fault.help(match closest(word, Rates::words()) {
                Some(near) => format!("did you mean {near}?"),
                None => format!("there are {}", listed(&words, "and")),
            }));
        }
        // Slower than one in a day is a run that stands.
        if !rate.is_finite() || rate < 1.0 / 86_400.0 {
            return Err(wrong(format!("the limit {word}={rate} lets nothing through"))
                .help("it is a number of requests a second, for example 5 or 0.1"));
        }
        match bucket {
            Some(bucket) => drop(self.own.insert(bucket, rate)),
            None => self.items = Some(rate),
        }
        Ok(())
    }

    /// Uses `share` of every documented limit.
    ///
    /// # Errors
    /// A fault for one that is not above 0 and up to 1.
    pub fn share(&mut self, share: f64) -> Result<(), Fault> {
        if !(0.01..=1.0).contains(&share) {
            let message = format!("the share {share} of the limits can't be used");
            return Err(Fault::new(Code::SettingInvalid, At::Call, message)
                .help("it is a number from 0.01 to 1, such as 0.8"));
        }
        self.share = self.share.map(|_| share);
        Ok(())
    }

    /// The pace of a bucket's requests.
    pub fn pace(&self, bucket: Bucket) -> Pace {
        match (self.own.get(&bucket), self.share) {
            (Some(rate), _) => Pace::at(*rate),
            (None, Some(share)) => Pace::new(bucket.limit(), share),
            (None, None) => Pace::unlimited(),
        }
    }

    /// The pace of items.
    pub fn items(&self) -> Pace {
        self.items.map_or_else(Pace::unlimited, Pace::at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(rates: &Rates, bucket: Bucket) -> Option<f64> {
        rates.pace(bucket).full_rate()
    }

    #[test]
    fn a_limit_of_ones_own_goes_before_the_share() {
        let mut rates = Rates::default();
        assert_eq!(rate(&rates, Bucket::App), Some(8.0));
        assert_eq!(rate(&rates, Bucket::BroadcastTrigger), Some(0.08));
        rates.limit("app", 5.0).unwrap();
        rates.limit("items", 20_000.0).unwrap();
        rates.share(0.5).unwrap();
        assert_eq!(rate(&rates, Bucket::App), Some(5.0));
        assert_eq!(rate(&rates, Bucket::Track), Some(500.0));
        assert_eq!(rates.items().full_rate(), Some(20_000.0));
    }

    #[test]
    fn a_sandbox_has_only_the_limits_that_were_asked_for() {
        let mut rates = Rates::unlimited();
        rates.share(0.5).unwrap();
        rates.limit("pipelines", 100.0).unwrap();
        assert_eq!(rate(&rates, Bucket::App), None);
        assert_eq!(rate(&rates, Bucket::Pipelines), Some(100.0));
    }

    #[test]
    fn nonsense_is_refused() {
        let mut rates = Rates::default();
        for rate in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(rates.limit("app", rate).unwrap_err().code, Code::SettingInvalid, "{rate}");
        }
        for share in [0.0, -0.5, 1.5, f64::NAN] {
            assert_eq!(rates.share(share).unwrap_err().code, Code::SettingInvalid, "{share}");
        }
        assert_eq!(rates.limit("ap", 1.0).unwrap_err().help.unwrap(), "did you mean app?");
        assert_eq!(rates, Rates::default());
    }
}
