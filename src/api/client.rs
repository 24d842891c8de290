//! Sends a request until policy says that its outcome stands.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::credentials::Credentials;
use super::decode::decode;
use super::hosts::Hosts;
use super::transport::{Transport, Wire};
use crate::policy::{Limits, Next, Outcome, Pace, next};
use crate::request::Request;
use crate::spec::{Api, Authorization, Bucket};

/// The client of one workspace. One pace for each bucket holds for everybody who uses it.
pub struct Client {
    transport: Box<dyn Transport>,
    pub hosts: Hosts,
    pub credentials: Credentials,
    pub limits: Limits,
    start: Instant,
    paces: Mutex<HashMap<Bucket, Pace>>,
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
    pub attempts: Vec<Attempt>,
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
        Client { transport, hosts, credentials, limits, start, paces: Mutex::default(), share }
    }

    /// Sends `request`, as often as its class and the limits allow, until an outcome stands.
    ///
    /// # Errors
    /// [`Interrupted`] when `stop` is cancelled first.
    pub async fn call(&self, request: &Request, stop: &CancellationToken) -> Result<Called, Interrupted> {
        let begun = Instant::now();
        let mut attempts = vec![];
        let mut attempt = 1;
        // An attempt whose outcome isn't known stays so, even if later ones never left.
        let mut open: Option<Outcome> = None;
        loop {
            self.wait(self.admit(request.tool.bucket), open.is_some(), stop).await?;
            let outcome = tokio::select! {
                biased;
                () = stop.cancelled() => return Err(Interrupted { sent: true }),
                outcome = self.attempt(request) => outcome,
            };
            if let Outcome::Unknown(_) = outcome {
                open = Some(outcome.clone());
            }
            let jitter = fastrand::f64();
            let step = next(&request.class, &outcome, attempt, begun.elapsed(), jitter, &self.limits);
            let mut tried = Attempt { outcome: outcome.to_string(), waited: Duration::ZERO };
            match step {
                Next::Settle => {
                    attempts.push(tried);
                    let outcome = match (outcome, open) {
                        (Outcome::NotSent(_), Some(open)) => open,
                        (outcome, _) => outcome,
                    };
                    return Ok(Called { outcome, attempts });
                }
                Next::Again { after } => {
                    tried.waited = after;
                    attempts.push(tried);
                    attempt += 1;
                    self.wait(after, open.is_some(), stop).await?;
                }
                Next::Paused { pause } => {
                    tried.waited = pause;
                    attempts.push(tried);
                    self.pause(request.tool.bucket, pause);
                }
            }
        }
    }

    async fn attempt(&self, request: &Request) -> Outcome {
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
            timeout: self.limits.timeout,
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

    fn admit(&self, bucket: Bucket) -> Duration {
        self.with_pace(bucket, |pace, now| pace.admit(now))
    }

    fn pause(&self, bucket: Bucket, time: Duration) {
        self.with_pace(bucket, |pace, now| pace.pause(now, time));
    }

    fn with_pace<T>(&self, bucket: Bucket, act: impl FnOnce(&mut Pace, Duration) -> T) -> T {
        let mut paces = self.paces.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let pace = paces.entry(bucket).or_insert_with(|| match self.share {
            Some(share) => Pace::new(bucket.limit(), share),
            None => Pace::unlimited(),
        });
        act(pace, self.start.elapsed())
    }
}

#[cfg(test)]
mod tests;
