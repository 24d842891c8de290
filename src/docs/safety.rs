//! What is sent again and what isn't: each word here is an answer of the policy itself.

use std::time::Duration;

use super::words::quoted;
use crate::fault::listed;
use crate::policy::{Budget, Limits, Next, Outcome, Refusal, Standing, Unanswered, next};
use crate::request::Class;
use crate::spec::{Retry, Tool};

/// After which outcomes of its first attempt a call is sent again.
pub struct Safety {
    pub again: Vec<&'static str>,
    pub not: Vec<&'static str>,
}

/// The outcomes a request can have but for "done", in the words of the tables.
fn outcomes() -> [(&'static str, Outcome); 7] {
    let refused =
        |status| Outcome::Refused(Refusal { status, complaints: vec![], retry_after: None, location: None });
    let unknown = Outcome::Unknown;
    [
        ("nothing sent", Outcome::NotSent(String::new())),
        ("429", refused(429)),
        ("5xx", unknown(Unanswered::ServerError { status: 503, complaints: vec![], retry_after: None })),
        ("timeout", unknown(Unanswered::TimedOut)),
        ("broken connection", unknown(Unanswered::Broken(String::new()))),
        ("unreadable answer", unknown(Unanswered::Unreadable { status: 200, why: String::new() })),
        ("refusal", refused(400)),
    ]
}

/// Asks the policy about each outcome of a call of `tool`.
pub fn safety(tool: &Tool, limits: &Limits) -> Safety {
    let class = Class { effect: tool.effect, retry: tool.retry };
    let (again, not): (Vec<_>, Vec<_>) = outcomes().into_iter().partition(|(_, outcome)| {
        let budget = Budget::default();
        let (elapsed, jitter) = (Duration::ZERO, 0.0);
        let at = Standing { class: &class, attempt: 1, limited: 1, elapsed, budget: &budget, jitter };
        !matches!(next(outcome, &at, limits), Next::Settle(_))
    });
    let words = |outcomes: Vec<(&'static str, _)>| outcomes.into_iter().map(|(words, _)| words).collect();
    Safety { again: words(again), not: words(not) }
}

/// The same, a line each, for a tool's page.
pub fn lines(tool: &Tool) -> Vec<String> {
    let Safety { again, not } = safety(tool, &Limits::default());
    let mut lines =
        vec![format!("Sent again after: {}. Not after: {}.", again.join(", "), listed(&not, "and"))];
    if let Retry::Keyed { .. } = tool.retry {
        let once = safety(tool, &Limits { events_at_most_once: true, ..Limits::default() });
        lines.push(format!("With `--events-at-most-once` only after: {}.", once.again.join(", ")));
    }
    if let Some(through) = looked_up(tool) {
        lines.push(format!(
            "Without an answer it is looked up through {through}: it was done if there is just one new entry, \
             without errors. Otherwise it is in doubt."
        ));
    }
    lines
}

/// The read that tells what became of a call in doubt.
pub fn looked_up(tool: &Tool) -> Option<String> {
    tool.lookup.map(|lookup| quoted(lookup.through.name()))
}

/// How far all of that goes where nobody says otherwise.
pub fn limits_in_words() -> String {
    let Limits {
        attempts,
        horizon,
        timeout,
        first_pause,
        longest_pause,
        longest_retry_after,
        events_at_most_once: _,
    } = Limits::default();
    let seconds = |time: Duration| format!("{} s", time.as_secs_f64());
    format!(
        "at most {attempts} attempts within {}, each of at most {}; between them a pause drawn from nothing to \
         {}, doubling up to {}, and at least what the server asks for, up to {}",
        seconds(horizon),
        seconds(timeout),
        seconds(first_pause),
        seconds(longest_pause),
        seconds(longest_retry_after),
    )
}
