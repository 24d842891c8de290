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
}

/// Settles a write of `class` by its outcome. `open` says that an attempt before may have been done.
pub fn settle(outcome: &Outcome, class: &Class, open: bool) -> Settlement {
    match outcome {
        Outcome::Done(_) => Settlement::Accepted,
        // An attempt before this refusal may have been done; of what isn't safe, the outcome says so itself.
        Outcome::Refused(_) if open => Settlement::Open,
        // A no inside a yes need not be about all of it.
        Outcome::Refused(Refusal { status: 200..=299, .. }) if !class.is_safe() => Settlement::InDoubt,
        Outcome::Refused(Refusal { status: 300..=399 | 401 | 403 | 429, .. }) | Outcome::NotSent(_) => {
            Settlement::Undelivered
        }
        Outcome::Refused(_) => Settlement::Rejected,
        Outcome::Unknown(_) if class.is_safe() => Settlement::Open,
        Outcome::Unknown(_) => Settlement::InDoubt,
    }
}

/// Settles a write that a stop of the run cut off, `sent` or not; `safe` says that doing it again does no harm.
pub fn cut(sent: bool, safe: bool) -> Settlement {
    match (sent, safe) {
        (true, true) => Settlement::Open,
        (true, false) => Settlement::InDoubt,
        (false, _) => Settlement::Undelivered,
    }
}

/// Whether the API refused the run itself, so that every other request would fare the same.
pub fn refuses_the_run(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Refused(Refusal { status: 300..=399 | 401 | 403, .. }))
}

/// Whether the API refused what a request holds: its neighbours may fare better.
pub fn refuses_items(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Refused(Refusal { status, .. }) if *status != 429) && !refuses_the_run(outcome)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Answer, Unanswered};
    use crate::spec::{Effect, Retry};

    #[test]
    fn what_is_open_is_in_doubt_unless_it_is_safe() {
        let because = "a test";
        let class = |retry| Class { effect: Effect::Event, retry };
        let (keyed, safe) = (class(Retry::Keyed { because }), class(Retry::Safe { because }));
        let refused = |status| {
            Outcome::Refused(Refusal { status, complaints: vec![], retry_after: None, location: None })
        };
        for (status, settlement) in [
            (207, Settlement::InDoubt),
            (302, Settlement::Undelivered),
            (400, Settlement::Rejected),
            (401, Settlement::Undelivered),
            (403, Settlement::Undelivered),
            (404, Settlement::Rejected),
            (422, Settlement::Rejected),
            (429, Settlement::Undelivered),
        ] {
            assert_eq!(settle(&refused(status), &keyed, false), settlement, "{status}");
            assert_eq!(settle(&refused(status), &safe, true), Settlement::Open, "{status}");
            assert_eq!(refuses_the_run(&refused(status)), [302, 401, 403].contains(&status), "{status}");
            let items = [207, 400, 404, 422].contains(&status);
            assert_eq!(refuses_items(&refused(status)), items, "{status}");
        }
        assert_eq!(
            settle(&Outcome::Done(Answer { status: 200, body: vec![] }), &keyed, false),
            Settlement::Accepted
        );
        assert_eq!(settle(&Outcome::NotSent("no route".into()), &safe, false), Settlement::Undelivered);
        let unknown = Outcome::Unknown(Unanswered::TimedOut);
        assert_eq!(settle(&unknown, &keyed, false), Settlement::InDoubt);
        assert_eq!(settle(&unknown, &safe, false), Settlement::Open);
    }
}
