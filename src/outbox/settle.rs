//! What an outcome means for a write's entry in the account, purely.

use crate::policy::{Outcome, Refusal};
use crate::request::Class;

/// What became of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settlement {
    Accepted,
    /// Refused for what it holds; its neighbours may fare better.
    Rejected,
    /// Perhaps done, perhaps not, and doing it again may do it twice: a person has to look.
    InDoubt,
    /// Perhaps done, perhaps not; doing it again does no harm.
    Open,
    /// Not done.
    Undelivered,
    /// Not done, for a reason that holds for all of its API.
    Fatal,
}

/// Settles a write of `class` by its outcome.
pub fn settle(outcome: &Outcome, class: &Class) -> Settlement {
    match outcome {
        Outcome::Done(_) => Settlement::Accepted,
        Outcome::Refused(Refusal { status: 300..=399 | 401 | 403, .. }) => Settlement::Fatal,
        Outcome::Refused(Refusal { status: 429, .. }) | Outcome::NotSent(_) => Settlement::Undelivered,
        Outcome::Refused(_) => Settlement::Rejected,
        Outcome::Unknown(_) if class.is_safe() => Settlement::Open,
        Outcome::Unknown(_) => Settlement::InDoubt,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Answer, Unanswered};
    use crate::spec::{Effect, Retry};

    #[test]
    fn what_holds_for_all_is_fatal_and_what_is_open_is_in_doubt_unless_it_is_safe() {
        let because = "a test";
        let class = |retry| Class { effect: Effect::Event, retry };
        let (keyed, safe) = (class(Retry::Keyed { because }), class(Retry::Safe { because }));
        let refused = |status| {
            Outcome::Refused(Refusal { status, complaints: vec![], retry_after: None, location: None })
        };
        for (status, settlement) in [
            (302, Settlement::Fatal),
            (400, Settlement::Rejected),
            (401, Settlement::Fatal),
            (403, Settlement::Fatal),
            (404, Settlement::Rejected),
            (422, Settlement::Rejected),
            (429, Settlement::Undelivered),
        ] {
            assert_eq!(settle(&refused(status), &keyed), settlement, "{status}");
        }
        assert_eq!(
            settle(&Outcome::Done(Answer { status: 200, body: vec![] }), &keyed),
            Settlement::Accepted
        );
        assert_eq!(settle(&Outcome::NotSent("no route".into()), &safe), Settlement::Undelivered);
        let unknown = Outcome::Unknown(Unanswered::TimedOut);
        assert_eq!(settle(&unknown, &keyed), Settlement::InDoubt);
        assert_eq!(settle(&unknown, &safe), Settlement::Open);
    }
}
