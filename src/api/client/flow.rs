//! What holds requests back right now, as people are told of it.

use std::sync::PoisonError;
use std::time::Duration;

use tokio::time::Instant;

use super::Client;
use super::traffic::{Doing, OnWire};
use crate::policy::Pace;
use crate::spec::{Api, Bucket};

/// What holds a client's requests back.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Flow {
    /// The limits at which the next request would have to wait.
    pub limits: Vec<Allowed>,
    pub waits: Vec<Wait>,
}

/// What a limit allows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Allowed {
    /// `None` for items, however many travel together.
    pub bucket: Option<Bucket>,
    /// Requests (or items) a second right now.
    pub rate: f64,
    /// The same when nothing has lowered it.
    pub full: f64,
}

/// A request that isn't answered yet, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    pub bucket: Bucket,
    pub cause: Cause,
    /// How long its API has given no usable answer, where the last request got none.
    pub silent: Option<Duration>,
}

/// Why a request waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// For its answer, for so long already.
    Answer { since: Duration },
    /// For its next attempt: which one that is, what status the last came to if to any.
    Again { left: Duration, attempt: usize, status: Option<u16> },
    /// For its turn in the pace.
    Turn { left: Duration },
}

impl Client {
    /// What holds requests back right now. It asks nobody.
    pub fn flow(&self) -> Flow {
        let now = Instant::now();
        let limits = {
            let paces = self.paces.lock().unwrap_or_else(PoisonError::into_inner);
            let allowed = |(bucket, pace): (&Bucket, &Pace)| allowed(Some(*bucket), pace, now - self.start);
            paces.iter().filter_map(allowed).collect::<Vec<_>>()
        };
        let items = self.items.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut limits: Vec<Allowed> =
            limits.into_iter().chain(allowed(None, &items, now - self.start)).collect();
        limits.sort_by_key(|allowed| allowed.bucket);
        let waits = self.traffic.all().into_iter().map(|doing| self.wait_of(doing, now)).collect();
        Flow { limits, waits }
    }

    fn wait_of(&self, doing: Doing, now: Instant) -> Wait {
        let (bucket, cause) = match doing {
            Doing::Sent { bucket, at, .. } => {
                (bucket, Cause::Answer { since: now.saturating_duration_since(at) })
            }
            Doing::Waits { bucket, until, attempt, status } => {
                let left = until.saturating_duration_since(now);
                (bucket, Cause::Again { left, attempt, status })
            }
            Doing::Queues { bucket, until } => {
                (bucket, Cause::Turn { left: until.saturating_duration_since(now) })
            }
        };
        let silences = self.silences.lock().unwrap_or_else(PoisonError::into_inner);
        let api = Api::ALL.into_iter().find(|api| Bucket::of(*api) == bucket).unwrap_or(Api::App);
        Wait { bucket, cause, silent: silences[api as usize].lasted(now - self.start) }
    }

    /// How many answers to writes are out.
    pub fn answers_out(&self) -> usize {
        self.traffic.writes()
    }

    /// How many requests it has sent, each attempt counted.
    pub fn requests(&self) -> u64 {
        self.traffic.sent()
    }

    /// Waits until no answer to a write is out, or is waited for any more.
    pub async fn quiet(&self) {
        tokio::select! {
            () = self.traffic.quiet(OnWire::Safe) => {}
            () = self.cut_off() => {}
        }
    }

    /// Waits until no write is on the wire that would be in doubt without its answer.
    pub async fn certain(&self) {
        self.traffic.quiet(OnWire::Once).await;
    }
}

/// What a pace allows, where it would keep the next request waiting.
fn allowed(bucket: Option<Bucket>, pace: &Pace, now: Duration) -> Option<Allowed> {
    // Trying it on the pace itself would take a place.
    let mut pace = pace.clone();
    let waits = !pace.admit(now).is_zero();
    waits.then_some(Allowed { bucket, rate: pace.rate()?, full: pace.full_rate()? })
}

#[cfg(test)]
mod tests;
