//! Sends a request until policy says that its outcome stands.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::credentials::Credentials;
use super::decode::decode;
use super::hosts::Hosts;
use super::transport::{Transport, Wire};
use crate::policy::{Budget, Limits, Next, Outcome, Pace, Standing, Why, next};
use crate::request::Request;
use crate::spec::{Api, Authorization, Bucket};

/// The client of one workspace. One pace for each bucket holds for everybody who uses it.
pub struct Client {
    transport: Box<dyn Transport>,
    pub hosts: Hosts,
    pub credentials: Credentials,
    /// How far retrying goes where a script says nothing else.
    pub limits: Limits,
    start: Instant,
    paces: Mutex<HashMap<Bucket, Pace>>,
    budgets: Mutex<[Budget; Api::ALL.len()]>,
    /// The share of Customer.io's limits to use; `None` for a sandbox, which has none.
    share: Option<f64>,
}

/// One try at a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// What came of it, in a few words.
    pub outcome: String,
    /// How long was waited after it, before the next.
    pub waited: Duration,
}

/// A request's outcome and the way to it.
#[derive(Clone, Debug)]
pub struct Called {
    pub outcome: Outcome,
    /// Every request that was sent, 429s among them.
    pub attempts: Vec<Attempt>,
    /// Why no further one was.
    pub why: Why,
    /// From the first attempt to the end of the last.
    pub lasted: Duration,
}

/// The run was stopped while a request was waiting or under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interrupted {
    /// Whether the request had left, so that Customer.io may have done it.
    pub sent: bool,
}

impl Client {
    pub fn new(
        transport: Box<dyn Transport>,
        hosts: Hosts,
        credentials: Credentials,
        limits: Limits,
        share: Option<f64>,
    ) -> Client {
        let start = Instant::now();
        Client {
            transport,
            hosts,
            credentials,
            limits,
            start,
            paces: Mutex::default(),
            budgets: Mutex::default(),
            share,
        }
    }

    /// Sends `request`, as often as its class and `limits` allow, until an outcome stands.
    ///
    /// # Errors
    /// [`Interrupted`] when `stop` is cancelled first.
    pub async fn call(
        &self,
        request: &Request,
        limits: &Limits,
        stop: &CancellationToken,
    ) -> Result<Called, Interrupted> {
        let (api, bucket) = (request.tool.api, request.tool.bucket);
        let begun = Instant::now();
        let mut attempts = vec![];
        let (mut attempt, mut spent) = (1, 0);
        // An attempt whose outcome isn't known stays so, even if later ones never left.
        let mut open: Option<Outcome> = None;
        loop {
            self.admit(bucket, open.is_some(), stop).await?;
            let sent = Instant::now();
            let outcome = tokio::select! {
                biased;
                () = stop.cancelled() => return Err(Interrupted { sent: true }),
                outcome = self.attempt(request, limits.timeout) => outcome,
            };
            self.with_pace(bucket, |pace, now| pace.answered(now, sent.elapsed()));
            if let Outcome::Unknown(_) = outcome {
                open = Some(outcome.clone());
            }
            let step = self.with_budget(api, |budget| {
                let (class, elapsed, jitter) = (&request.class, begun.elapsed(), fastrand::f64());
                let step = next(&outcome, &Standing { class, attempt, elapsed, budget, jitter }, limits);
                match step {
                    Next::Again { cost, .. } => budget.spend(cost),
                    Next::Settle(Why::Answered) => budget.succeed(spent),
                    _ => {}
                }
                step
            });
            let mut tried = Attempt { outcome: outcome.to_string(), waited: Duration::ZERO };
            match step {
                Next::Settle(why) => {
                    attempts.push(tried);
                    let outcome = match (outcome, open) {
                        (Outcome::NotSent(_), Some(open)) => open,
                        (outcome, _) => outcome,
                    };
                    return Ok(Called { outcome, attempts, why, lasted: begun.elapsed() });
                }
                Next::Again { after, cost } => {
                    tried.waited = after;
                    attempts.push(tried);
                    attempt += 1;
                    spent += cost;
                    self.wait(after, open.is_some(), stop).await?;
                }
                Next::Paused { pause } => {
                    tried.waited = pause;
                    attempts.push(tried);
                    self.with_pace(bucket, |pace_of_all, now| pace_of_all.pause(now, pause));
                }
            }
        }
    }

    async fn attempt(&self, request: &Request, timeout: Duration) -> Outcome {
        let tool = request.tool;
        let authorization = match tool.authorization {
            Authorization::Nothing => None,
            Authorization::Credential => match self.credentials.shown(tool.api) {
                Some(shown) => Some(shown.header()),
                None => return Outcome::NotSent(format!("no {} credential", tool.api.name())),
            },
        };
        let wire = Wire {
            method: tool.method,
            url: format!("{}{}", self.hosts.url(tool.api), request.path),
            authorization,
            strict: tool.api == Api::Pipelines,
            body: request.body.as_deref(),
            timeout,
        };
        decode(tool, self.transport.send(wire).await, Timestamp::now())
    }

    async fn wait(&self, time: Duration, sent: bool, stop: &CancellationToken) -> Result<(), Interrupted> {
        if stop.is_cancelled() {
            return Err(Interrupted { sent });
        }
        if time.is_zero() {
            return Ok(());
        }
        tokio::select! {
            () = stop.cancelled() => Err(Interrupted { sent }),
            () = sleep(time) => Ok(()),
        }
    }

    /// Waits for a place in the bucket's pace, and for every pause that begins meanwhile.
    async fn admit(&self, bucket: Bucket, sent: bool, stop: &CancellationToken) -> Result<(), Interrupted> {
        let mut wait = self.with_pace(bucket, |pace, now| pace.admit(now));
        loop {
            self.wait(wait, sent, stop).await?;
            wait = self.with_pace(bucket, |pace, now| pace.held(now));
            if wait.is_zero() {
                return Ok(());
            }
        }
    }

    fn with_budget<T>(&self, api: Api, act: impl FnOnce(&mut Budget) -> T) -> T {
        let mut budgets = self.budgets.lock().unwrap_or_else(PoisonError::into_inner);
        act(&mut budgets[api as usize])
    }

    fn with_pace<T>(&self, bucket: Bucket, act: impl FnOnce(&mut Pace, Duration) -> T) -> T {
        let mut paces = self.paces.lock().unwrap_or_else(PoisonError::into_inner);
        let pace = paces.entry(bucket).or_insert_with(|| match self.share {
            Some(share) => Pace::new(bucket.limit(), share),
            None => Pace::unlimited(),
        });
        act(pace, self.start.elapsed())
    }
}

#[cfg(test)]
mod tests;
