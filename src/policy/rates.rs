//! How much of Customer.io's limits a run uses.

use std::collections::BTreeMap;

use super::pace::Pace;
use crate::fault::{At, Code, Fault, closest, listed};
use crate::spec::Bucket;

/// The word for the pace of items, beside those of the buckets.
const ITEMS: &str = "items";

/// What is said of a run's rates.
#[derive(Clone, Debug, PartialEq)]
pub struct Rates {
    /// Whether Customer.io's documented limits hold. A sandbox has none.
    documented: bool,
    /// The share of each documented limit: above 0, at most 1.
    share: Option<f64>,
    /// Requests a second, in place of a share of the documented limit.
    own: BTreeMap<Bucket, f64>,
    /// Items of Pipelines requests a second, whatever the number of requests.
    items: Option<f64>,
}

impl Default for Rates {
    fn default() -> Rates {
        Rates { documented: true, share: None, own: BTreeMap::new(), items: None }
    }
}

impl Rates {
    /// The share of a limit that is used unless something else is said: production lives on the same.
    pub const SHARE: f64 = 0.8;

    /// A sandbox's.
    pub fn unlimited() -> Rates {
        Rates::default().keeping(false)
    }

    /// These rates where the documented limits hold, or where they don't.
    pub fn keeping(self, documented: bool) -> Rates {
        Rates { documented, ..self }
    }

    /// These rates, and `other` where they say nothing.
    pub fn or(mut self, other: &Rates) -> Rates {
        self.share = self.share.or(other.share);
        self.items = self.items.or(other.items);
        for (bucket, rate) in &other.own {
            self.own.entry(*bucket).or_insert(*rate);
        }
        self
    }

    /// The names a limit can be set for.
    pub fn words() -> impl Iterator<Item = &'static str> {
        Bucket::ALL.into_iter().map(Bucket::name).chain([ITEMS])
    }

    /// Whether a limit can be so many a second. Slower than one in a day is a run that stands.
    pub fn is_rate(rate: f64) -> bool {
        rate.is_finite() && rate >= 1.0 / 86_400.0
    }

    /// Whether a share can be this.
    pub fn is_share(share: f64) -> bool {
        (0.001..=1.0).contains(&share)
    }

    /// Sets a limit of one's own, in requests (or items) a second.
    ///
    /// # Errors
    /// A fault for a name that has no limit, and for a rate that is none.
    pub fn limit(&mut self, word: &str, rate: f64) -> Result<(), Fault> {
        let wrong = |message: String| Fault::new(Code::SettingInvalid, At::Call, message);
        let bucket = Bucket::ALL.into_iter().find(|bucket| bucket.name() == word);
        if bucket.is_none() && word != ITEMS {
            let fault = wrong(format!("there is no limit \"{word}\""));
            let words: Vec<&str> = Rates::words().collect();
            return Err(fault.help(match closest(word, Rates::words()) {
                Some(near) => format!("did you mean {near}?"),
                None => format!("there are {}", listed(&words, "and")),
            }));
        }
        if !Rates::is_rate(rate) {
            return Err(wrong(format!("the limit {word}={rate} can't be used"))
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
    /// A fault for one that is no share.
    pub fn share(&mut self, share: f64) -> Result<(), Fault> {
        if !Rates::is_share(share) {
            let message = format!("the share {share} of the limits can't be used");
            return Err(Fault::new(Code::SettingInvalid, At::Call, message)
                .help("it is a number from 0.001 to 1, such as 0.8"));
        }
        self.share = Some(share);
        Ok(())
    }

    /// The pace of a bucket's requests.
    pub fn pace(&self, bucket: Bucket) -> Pace {
        match self.own.get(&bucket) {
            Some(rate) => Pace::at(*rate),
            None if self.documented => Pace::new(bucket.limit(), self.share.unwrap_or(Rates::SHARE)),
            None => Pace::unlimited(),
        }
    }

    /// The pace of items.
    pub fn items(&self) -> Pace {
        self.items.map_or_else(Pace::unlimited, Pace::at)
    }

    /// What is said, for people: `share 0.5, app 5/s`.
    pub fn told(&self) -> String {
        let share = self.share.map(|share| format!("share {share}"));
        let own = self.own.iter().map(|(bucket, rate)| format!("{} {rate}/s", bucket.name()));
        let items = self.items.map(|items| format!("{ITEMS} {items}/s"));
        share.into_iter().chain(own).chain(items).collect::<Vec<_>>().join(", ")
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
        assert_eq!(rates.told(), "share 0.5, app 5/s, items 20000/s");
    }

    #[test]
    fn what_is_said_first_goes_before_the_rest_one_by_one() {
        let said = |share: f64, app: f64| {
            let mut rates = Rates::default();
            rates.share(share).unwrap();
            rates.limit("app", app).unwrap();
            rates
        };
        let mut first = Rates::default();
        first.share(1.0).unwrap();
        let both = first.or(&said(0.5, 3.0));
        assert_eq!((rate(&both, Bucket::App), rate(&both, Bucket::Track)), (Some(3.0), Some(1_000.0)));
        assert_eq!(said(0.5, 3.0).or(&said(1.0, 9.0)), said(0.5, 3.0));
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
