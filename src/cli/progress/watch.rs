//! What is told of a run, from what is seen of it again and again. The clock is the run's own.

use std::collections::VecDeque;
use std::time::Duration;

use super::line::{Done, Facts, Limit, Waiting};
use crate::api::{Allowed, Cause, Wait};
use crate::outbox::Total;
use crate::run::{Progress, Read};
use crate::spec::{Api, Bucket};

/// The rate is that of so long.
const SPAN: Duration = Duration::from_secs(5);
/// And isn't told before so much of it is known.
const LEAST: Duration = Duration::from_secs(1);
/// A run that doesn't get on for so long waits for something.
const STALL: Duration = Duration::from_secs(2);
/// A sleep that is over sooner isn't what keeps a script from getting on.
const NAP: Duration = Duration::from_secs(1);
/// A limit is told of for so long after it held something back.
const LINGER: Duration = Duration::from_secs(2);

/// Looks at a run.
#[derive(Default)]
pub struct Watch {
    seen: VecDeque<(Duration, Counts)>,
    /// When it last got on.
    moved: Duration,
    /// When each limit last held something back, and what it allowed then.
    limits: Vec<(Duration, Allowed)>,
}

/// What moves while a run gets on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    settled: u64,
    accepted: u64,
    /// Handed over and not settled.
    out: u64,
    kept_back: u64,
    read: u64,
    calls: u64,
}

impl Watch {
    /// Takes note of how far the run is now, and says what to tell of it.
    pub fn see(&mut self, progress: &Progress) -> Facts {
        let counts = counts(progress);
        self.note(progress.elapsed, counts);
        self.limit(progress.elapsed, &progress.flow.limits);
        let read =
            progress.read.map(|Read { what, taken, total }| Done { n: taken, of: total, what, how: "read" });
        let (done, rate) = self.done(progress, read);
        let waiting = self.waiting(progress);
        Facts {
            elapsed: progress.elapsed,
            done,
            failed: counts.settled - counts.accepted,
            read: read.filter(|_| done != read),
            rate,
            limits: self.limits.iter().map(|(_, allowed)| limit(allowed)).collect(),
            // Nobody knows when it goes on.
            left: if waiting.is_none() { self.left(progress) } else { None },
            waiting,
        }
    }

    fn note(&mut self, now: Duration, counts: Counts) {
        let last = self.seen.back().map(|(_, last)| *last).unwrap_or_default();
        let moved = match (last.out > 0, counts.out > 0) {
            // The script may go on for a while although nothing is taken.
            (true, true) => counts.settled != last.settled,
            _ => counts != last,
        };
        if moved {
            self.moved = now;
        }
        // A loop after another counts anew.
        if counts.read < last.read {
            self.seen.clear();
        }
        self.seen.push_back((now, counts));
        while self.seen.get(1).is_some_and(|(then, _)| *then + SPAN <= now) {
            self.seen.pop_front();
        }
    }

    fn limit(&mut self, now: Duration, limits: &[Allowed]) {
        self.limits.retain(|(then, old)| {
            *then + LINGER > now && limits.iter().all(|allowed| allowed.bucket != old.bucket)
        });
        self.limits.extend(limits.iter().map(|allowed| (now, *allowed)));
        self.limits.sort_by_key(|(_, allowed)| allowed.bucket);
    }

    /// How many of something were done a second of late; `None` before that can be told.
    fn rate(&self, of: impl Fn(&Counts) -> u64) -> Option<f64> {
        let ((then, before), (now, after)) = (self.seen.front()?, self.seen.back()?);
        let time = now.saturating_sub(*then);
        (time >= LEAST).then(|| of(after).saturating_sub(of(before)) as f64 / time.as_secs_f64())
    }

    /// What the run is told by, and how fast that goes.
    fn done(&self, progress: &Progress, read: Option<Done>) -> (Option<Done>, Option<f64>) {
        let Progress { writes, total, kept_back, calls, .. } = *progress;
        if writes > 0 {
            let done = Done { n: total.accepted, of: Some(writes), what: "writes", how: "accepted" };
            (Some(done), self.rate(|counts| counts.settled))
        } else if kept_back > 0 {
            let done = Done { n: kept_back, of: None, what: "writes", how: "kept back" };
            (Some(done), self.rate(|counts| counts.kept_back))
        } else if read.is_some() {
            (read, self.rate(|counts| counts.read))
        } else if calls > 0 {
            let done = Done { n: calls, of: None, what: "calls", how: "" };
            (Some(done), self.rate(|counts| counts.calls))
        } else {
            (None, None)
        }
    }

    /// The time until the loop is through, or until all is accepted once the script has ended. What else a
    /// script has in mind nobody knows.
    fn left(&self, progress: &Progress) -> Option<Duration> {
        let loops = match progress.read {
            Some(Read { taken, total, .. }) => {
                time(total?.saturating_sub(taken), self.rate(|counts| counts.read))?
            }
            None if progress.settling => Duration::ZERO,
            None => return None,
        };
        let out = self.seen.back().map_or(0, |(_, counts)| counts.out);
        let left = loops + time(out, self.rate(|counts| counts.settled))?;
        (!left.is_zero()).then_some(left)
    }

    /// What a run waits for that doesn't get on.
    fn waiting(&self, progress: &Progress) -> Option<Waiting> {
        if progress.elapsed < self.moved + STALL {
            return None;
        }
        let waits = &progress.flow.waits;
        let held = waits.iter().filter_map(|wait| Some((ends(wait)?, wait))).min_by_key(|(left, _)| *left);
        if let Some((left, wait)) = held {
            return Some(held_back(wait, left, progress));
        }
        if let Some(left) = progress.sleeps.filter(|left| *left >= NAP) {
            return Some(Waiting::Sleep { left });
        }
        let answers = waits.iter().filter_map(|wait| match wait.cause {
            Cause::Answer { since } => Some((since, wait.bucket)),
            _ => None,
        });
        let (since, bucket) = answers.filter(|(since, _)| *since >= STALL).max()?;
        Some(Waiting::Answer { api: shown(bucket), since })
    }
}

/// How much longer a request is held back.
fn ends(wait: &Wait) -> Option<Duration> {
    match wait.cause {
        Cause::Again { left, .. } | Cause::Turn { left } => Some(left),
        Cause::Answer { .. } => None,
    }
}

fn held_back(wait: &Wait, left: Duration, progress: &Progress) -> Waiting {
    let api = shown(wait.bucket);
    match (wait.cause, wait.silent) {
        (Cause::Again { attempt, .. }, Some(silent)) if silent >= STALL => {
            let since = progress.now.checked_sub(silent).unwrap_or(progress.now);
            Waiting::Silent { api, left, since, attempt }
        }
        (Cause::Again { attempt, status, .. }, _) => Waiting::Attempt { api, left, status, attempt },
        (Cause::Turn { .. } | Cause::Answer { .. }, _) => Waiting::Turn { limit: api, left },
    }
}

fn counts(progress: &Progress) -> Counts {
    let Total { accepted, rejected, in_doubt, open, undelivered, .. } = progress.total;
    let settled = accepted + rejected + in_doubt + open + undelivered;
    Counts {
        settled,
        accepted,
        out: progress.writes.saturating_sub(settled),
        kept_back: progress.kept_back,
        read: progress.read.map_or(0, |read| read.taken),
        calls: progress.calls,
    }
}

/// How long `n` take at a rate; `None` where none can be told.
fn time(n: u64, rate: Option<f64>) -> Option<Duration> {
    if n == 0 {
        return Some(Duration::ZERO);
    }
    Duration::try_from_secs_f64(n as f64 / rate?).ok()
}

fn limit(allowed: &Allowed) -> Limit {
    let Allowed { bucket, rate, full } = *allowed;
    match bucket {
        Some(bucket) => Limit { name: shown(bucket), what: "request", rate, full },
        None => Limit { name: "Pipelines", what: "item", rate, full },
    }
}

/// A limit's name: that of its API where it is the API's own.
fn shown(bucket: Bucket) -> &'static str {
    let api = Api::ALL.into_iter().find(|api| Bucket::of(*api) == bucket);
    api.map_or(bucket.name(), Api::name)
}

#[cfg(test)]
mod tests;
