//! What became of a request. Every later decision reads this and the call's class, nothing else.

use std::time::Duration;

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Customer.io took it and said so.
    Done(Answer),
    /// Customer.io said no and did nothing.
    Refused(Refusal),
    /// Nothing left this machine.
    NotSent(String),
    /// It was sent, and whether it was done isn't known.
    Unknown(Unanswered),
}

/// A whole answer of the 200s.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    /// JSON, or empty.
    pub body: Vec<u8>,
}

/// A refusal: status 300 to 499.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub status: u16,
    pub complaints: Vec<Complaint>,
    /// How long the server asked to wait.
    pub retry_after: Option<Duration>,
    /// Where a redirect points.
    pub location: Option<String>,
}

/// One thing Customer.io says is wrong, whatever the shape it was said in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Complaint {
    pub detail: String,
    /// The field it is about: a JSON pointer or a name.
    pub field: Option<String>,
    /// The item of a batch it is about.
    pub index: Option<usize>,
}

/// Why there is no answer to a request that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unanswered {
    TimedOut,
    /// The connection broke; in the words of the network.
    Broken(String),
    /// A status of the 500s, or 408: the server doesn't say whether it had begun.
    ServerError {
        status: u16,
        complaints: Vec<Complaint>,
        /// How long the server asked to wait.
        retry_after: Option<Duration>,
    },
    /// An answer of the 200s whose body is cut or isn't JSON although the tool answers with some.
    Unreadable {
        status: u16,
        why: String,
    },
    /// A whole answer of the 200s that isn't what the tool answers with. Asked again, it would be the same.
    Misshapen {
        status: u16,
        /// What is wrong with it, as the end of a sentence: "has no `id`".
        why: String,
    },
}

impl Outcome {
    /// The HTTP status, where there was one.
    pub fn status(&self) -> Option<u16> {
        match self {
            Outcome::Done(answer) => Some(answer.status),
            Outcome::Refused(refusal) => Some(refusal.status),
            Outcome::Unknown(
                Unanswered::ServerError { status, .. }
                | Unanswered::Unreadable { status, .. }
                | Unanswered::Misshapen { status, .. },
            ) => Some(*status),
            Outcome::NotSent(_) | Outcome::Unknown(_) => None,
        }
    }
}

impl Outcome {
    /// How long the server asked to wait before the next attempt.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Outcome::Refused(refusal) => refusal.retry_after,
            Outcome::Unknown(Unanswered::ServerError { retry_after, .. }) => *retry_after,
            _ => None,
        }
    }
}

impl std::fmt::Display for Outcome {
    /// The outcome in a few words, for the log of attempts.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Outcome::Done(answer) => write!(f, "{}", answer.status),
            Outcome::Refused(refusal) => write!(f, "{}", refusal.status),
            Outcome::NotSent(why) => write!(f, "not sent ({why})"),
            Outcome::Unknown(Unanswered::TimedOut) => write!(f, "no answer in time"),
            Outcome::Unknown(Unanswered::Broken(why)) => write!(f, "connection broke ({why})"),
            Outcome::Unknown(Unanswered::ServerError { status, .. }) => write!(f, "{status}"),
            Outcome::Unknown(Unanswered::Unreadable { status, why }) => write!(f, "{status}, but {why}"),
            Outcome::Unknown(Unanswered::Misshapen { status, why }) => {
                write!(f, "{status}, but the answer {why}")
            }
        }
    }
}
