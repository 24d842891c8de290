//! What a run knows of its own earlier calls when it looks one up.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use crate::policy::Outcome;
use crate::spec::Lookup;

/// The earlier calls of each request path.
#[derive(Debug, Default)]
pub struct Earlier {
    calls: BTreeMap<String, Calls>,
    turns: BTreeMap<String, Arc<Turn>>,
}

/// Whoever holds it makes the one call of its path: what is new in a list can be told for its own only while
/// no other makes anything there.
pub type Turn = tokio::sync::Mutex<()>;

/// The earlier calls with one path, such as the triggers of one broadcast.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    /// The ids they were given. Customer.io's list may not show them yet.
    pub ids: BTreeSet<i64>,
    /// Whether it isn't known what became of one: it may be what a list shows next.
    pub open: bool,
}

impl Earlier {
    pub fn of(&self, path: &str) -> Calls {
        self.calls.get(path).cloned().unwrap_or_default()
    }

    /// The turn of the calls with this path.
    pub fn turn(&mut self, path: &str) -> Arc<Turn> {
        self.turns.entry(path.to_string()).or_default().clone()
    }

    /// Takes note of what a call came to.
    pub fn note(&mut self, path: &str, lookup: &Lookup, outcome: &Outcome) {
        let calls = self.calls.entry(path.to_string()).or_default();
        match outcome {
            Outcome::Done(answer) => {
                let answer: Option<Value> = serde_json::from_slice(&answer.body).ok();
                match answer.as_ref().and_then(|answer| answer.get(lookup.id)?.as_i64()) {
                    Some(id) => drop(calls.ids.insert(id)),
                    None => calls.open = true,
                }
            }
            Outcome::Unknown(_) => calls.open = true,
            Outcome::Refused(_) | Outcome::NotSent(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Answer, Unanswered};
    use crate::tools;

    #[test]
    fn ids_are_kept_and_what_is_unknown_stays_open() {
        let lookup = tools::by_name("trigger_broadcast").and_then(|tool| tool.lookup).unwrap();
        let done = |body: &str| Outcome::Done(Answer { status: 200, body: body.into() });
        let mut earlier = Earlier::default();
        earlier.note("/1", &lookup, &done(r#"{"id":21}"#));
        earlier.note("/1", &lookup, &Outcome::NotSent("no route".into()));
        assert_eq!(earlier.of("/1"), Calls { ids: [21].into(), open: false });
        earlier.note("/1", &lookup, &Outcome::Unknown(Unanswered::TimedOut));
        assert!(earlier.of("/1").open && !earlier.of("/2").open);
        earlier.note("/3", &lookup, &done("{}"));
        assert!(earlier.of("/3").open);
    }
}
