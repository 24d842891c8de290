//! Since when an API hasn't answered.

use std::time::Duration;

use super::outcome::Outcome;

/// Whether one API is silent. Times are durations since any fixed start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Silence {
    since: Option<Duration>,
}

impl Silence {
    /// Takes note of what became of a request that was begun at `begun`. A refusal is an answer; that the
    /// server failed is none.
    pub fn note(&mut self, outcome: &Outcome, begun: Duration) {
        match outcome {
            Outcome::Done(_) | Outcome::Refused(_) => self.since = None,
            Outcome::NotSent(_) | Outcome::Unknown(_) => {
                self.since.get_or_insert(begun);
            }
        }
    }

    /// How long there has been no answer; `None` when the last request got one.
    pub fn lasted(&self, now: Duration) -> Option<Duration> {
        self.since.map(|since| now.saturating_sub(since))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Answer, Unanswered};

    #[test]
    fn it_counts_from_the_first_failure_after_an_answer() {
        let second = Duration::from_secs;
        let failed = Outcome::Unknown(Unanswered::TimedOut);
        let mut silence = Silence::default();
        assert_eq!(silence.lasted(second(1)), None);
        silence.note(&failed, second(2));
        silence.note(&Outcome::NotSent("no route".into()), second(5));
        assert_eq!(silence.lasted(second(9)), Some(second(7)));
        silence.note(&Outcome::Done(Answer { status: 200, body: vec![] }), second(10));
        assert_eq!(silence.lasted(second(11)), None);
        silence.note(&failed, second(12));
        assert_eq!(silence.lasted(second(13)), Some(second(1)));
    }
}
