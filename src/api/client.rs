//! Sends a request until policy says that its outcome stands.

mod flow;
mod traffic;

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::credentials::{Credentials, Renewed};
use super::decode::decode;
use super::drift::{Drift, Unwatched, Watch};
use super::hosts::Hosts;
use super::transport::{Transport, Wire};
use super::workspace::{is_question, strays};
use crate::policy::{
    Budget, Carried, Limits, Outcome, Pace, Rates, Refusal, Renewal, Silence, Step, Trial, Why,
};
use crate::request::{Class, Request};
use crate::spec::{Api, Authorization, Bucket, Tool};
pub use flow::{Allowed, Cause, Flow, Wait};
use traffic::{Doing, Entered, OnWire, Traffic};

/// A wait for the pace that is long enough to be told of.
const LONG: Duration = Duration::from_secs(1);

/// The client of one workspace. One pace for each bucket holds for everybody who uses it.
pub struct Client {
    transport: Box<dyn Transport>,
    pub hosts: Hosts,
    pub credentials: Credentials,
    /// How far retrying goes where a script says nothing else.
    pub limits: Limits,
    start: Instant,
    paces: Mutex<HashMap<Bucket, Pace>>,
    items: Mutex<Pace>,
    budgets: Mutex<[Budget; Api::ALL.len()]>,
    silences: Mutex<[Silence; Api::ALL.len()]>,
    rates: Rates,
    /// The workspace that every key has to be of, also one that comes in the midst of a run.
    pub pin: Option<Pin>,
    /// Ends the wait for answers to writes that are on the wire when a run is stopped; without one they are
    /// cut off at once, as reads are.
    cut: Mutex<Option<CancellationToken>>,
    traffic: Traffic,
}

/// A workspace that a run is pinned to.
#[derive(Clone, Debug)]
pub struct Pin {
    pub workspace: u64,
    /// Where the keys come from, for people.
    pub keys: String,
}

/// One try at a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// What came of it, in a few words.
    pub outcome: String,
    /// Whether anything left this machine.
    pub sent: bool,
    /// How long was waited after it, before the next.
    pub waited: Duration,
}

/// A request's outcome and the way to it.
#[derive(Clone, Debug)]
pub struct Called {
    pub outcome: Outcome,
    /// Every request that was sent, 429s among them.
    pub attempts: Vec<Attempt>,
    /// Whether an attempt before the last may have been done.
    pub open: bool,
    /// Whether it was sent again after an attempt that may have been done.
    pub again: bool,
    /// How long the server asked to wait when it was asked last.
    pub retry_after: Option<Duration>,
    /// How long the API has answered nobody by now.
    pub silent: Option<Duration>,
    /// Why no further one was.
    pub why: Why,
    /// How the answer differs from what its tool declares.
    pub drifts: Vec<Drift>,
    /// From the first attempt to the end of the last.
    pub lasted: Duration,
    /// What came of reading the credential again, where it was refused last.
    pub renewed: Option<Renewed>,
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
        rates: Rates,
    ) -> Client {
        let start = Instant::now();
        Client {
            transport,
            hosts,
            credentials,
            limits,
            start,
            paces: Mutex::default(),
            items: Mutex::new(rates.items()),
            budgets: Mutex::default(),
            silences: Mutex::default(),
            rates,
            pin: None,
            cut: Mutex::default(),
            traffic: Traffic::default(),
        }
    }

    /// The rates it keeps to when nothing goes wrong.
    pub fn rates(&self) -> &Rates {
        &self.rates
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
        self.watched(request, limits, stop, &mut Unwatched).await
    }

    /// The same, and `watch` sees the answer: where there is one, what it saw last is that.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn watched(
        &self,
        request: &Request,
        limits: &Limits,
        stop: &CancellationToken,
        watch: &mut dyn Watch,
    ) -> Result<Called, Interrupted> {
        let (api, bucket) = (request.tool.api, request.tool.bucket);
        let (mut trial, mut renewal) = (Trial::new(request.class), Renewal::default());
        let mut attempts = vec![];
        if request.tool.authorization == Authorization::Credential && self.credentials.unread(&[api]) {
            self.unless(stop, false, self.credentials.need(&[api])).await?;
        }
        let mut begun: Option<Instant> = None;
        let mut again = false;
        self.admit(request, false, stop).await?;
        loop {
            let sent = Instant::now();
            let begun = *begun.get_or_insert(sent);
            let on_wire =
                self.traffic.enter(Doing::Sent { bucket, write: OnWire::of(&request.class), at: sent });
            let (outcome, drifts, carried) = tokio::select! {
                biased;
                // An answer that is there counts, also when the run is being stopped.
                answer = self.attempt(request, limits.timeout, watch) => answer,
                () = self.given_up(&request.class, stop) => return Err(Interrupted { sent: true }),
            };
            drop(on_wire);
            self.with_pace(bucket, |pace, now| pace.answered(now, sent.elapsed()));
            let (said, status) = (outcome.to_string(), outcome.status());
            let left = !matches!(outcome, Outcome::NotSent(_));
            let retry_after = outcome.retry_after();
            let silent = self.silent(api, &outcome, sent);
            let open = trial.may_be_done();
            let answered = Instant::now();
            let renewed = self.renew(request.tool, &outcome, carried, &mut renewal, open, stop).await?;
            if renewed == Some(Renewed::Changed) {
                // It was refused unprocessed, so that this is no second time, and costs no attempt.
                attempts.push(Attempt { outcome: said, waited: answered.elapsed(), sent: left });
                self.admit(request, open, stop).await?;
                continue;
            }
            again |= open && left;
            let lasted = begun.elapsed();
            let step = self
                .with_budget(api, |budget| trial.follow(outcome, lasted, budget, fastrand::f64(), limits));
            let waited = match &step {
                Step::Again { after } => *after,
                Step::Paused { pause } => *pause,
                Step::Settled { .. } => Duration::ZERO,
            };
            attempts.push(Attempt { outcome: said, sent: left, waited });
            let waits =
                Doing::Waits { bucket, until: answered + waited, attempt: attempts.len() + 1, status };
            let _waits = (!matches!(step, Step::Settled { .. })).then(|| self.traffic.enter(waits));
            let settled = match step {
                Step::Settled { outcome, why } => Some((outcome, why)),
                Step::Again { after } => {
                    self.wait(after, trial.may_be_done(), stop).await?;
                    None
                }
                Step::Paused { .. } => {
                    self.with_pace(bucket, |pace, now| pace.pause(now, waited));
                    None
                }
            };
            let settled = match settled {
                Some(settled) => Some(settled),
                None => {
                    self.admit(request, trial.may_be_done(), stop).await?;
                    trial.overtaken(begun.elapsed(), limits)
                }
            };
            if let Some((outcome, why)) = settled {
                return Ok(Called {
                    outcome,
                    attempts,
                    open,
                    again,
                    retry_after,
                    silent,
                    why,
                    drifts,
                    lasted,
                    renewed,
                });
            }
        }
    }

    /// From here on `cut` ends that wait.
    pub fn cut_by(&self, cut: CancellationToken) {
        *self.cut.lock().unwrap_or_else(PoisonError::into_inner) = Some(cut);
    }

    /// Resolves when the answers to writes aren't waited for any more once the run is stopped.
    pub async fn cut_off(&self) {
        let cut = self.cut.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(cut) = cut {
            cut.cancelled().await;
        }
    }

    /// Resolves when a request that is on the wire isn't waited for any more.
    async fn given_up(&self, class: &Class, stop: &CancellationToken) {
        stop.cancelled().await;
        if !class.is_read() {
            self.cut_off().await;
        }
    }

    /// Sends the request once; what came of it, and which credential it carried.
    async fn attempt(
        &self,
        request: &Request,
        timeout: Duration,
        watch: &mut dyn Watch,
    ) -> (Outcome, Vec<Drift>, Option<Carried>) {
        let tool = request.tool;
        let (authorization, carried) = match tool.authorization {
            Authorization::Nothing => (None, None),
            Authorization::Credential => match self.credentials.shown(tool.api) {
                Some((shown, carried)) => (Some(shown.header()), Some(carried)),
                None => {
                    let why = format!("no {} credential", tool.api.name());
                    return (Outcome::NotSent(why), vec![], None);
                }
            },
        };
        let wire = Wire {
            method: tool.method,
            url: format!("{}{}", self.hosts.url(tool.api), request.path),
            authorization,
            strict: tool.api.strict(),
            body: request.body.as_ref(),
            timeout,
        };
        let (outcome, drifts) = decode(tool, self.transport.send(wire).await, Timestamp::now(), watch);
        (outcome, drifts, carried)
    }

    /// Looks for another credential in the place of one that was refused; `None` where none was.
    async fn renew(
        &self,
        tool: &'static Tool,
        outcome: &Outcome,
        carried: Option<Carried>,
        renewal: &mut Renewal,
        sent: bool,
        stop: &CancellationToken,
    ) -> Result<Option<Renewed>, Interrupted> {
        let api = tool.api;
        let (Outcome::Refused(Refusal { status: 401, .. }), Some(carried)) = (outcome, carried) else {
            renewal.answered();
            if let Some(carried) = carried {
                self.credentials.taken(api, carried);
            }
            return Ok(None);
        };
        let renewed = self.unless(stop, sent, self.credentials.renew(api, carried, renewal)).await?;
        match (&self.pin, &renewed) {
            // The question itself is how that is found out.
            (Some(pin), Renewed::Changed) if !is_question(tool) => {
                let fault = Box::pin(strays(self, api, pin, stop)).await.map_err(|_| Interrupted { sent })?;
                Ok(Some(fault.map_or(Renewed::Changed, |fault| Renewed::Elsewhere(Box::new(fault)))))
            }
            _ => Ok(Some(renewed)),
        }
    }

    /// How long an API has been silent, after a request that left at `sent` came to `outcome`.
    fn silent(&self, api: Api, outcome: &Outcome, sent: Instant) -> Option<Duration> {
        let mut silences = self.silences.lock().unwrap_or_else(PoisonError::into_inner);
        silences[api as usize].note(outcome, sent - self.start);
        silences[api as usize].lasted(self.start.elapsed())
    }

    /// Waits for `work`, unless the run is stopped meanwhile.
    async fn unless<T>(
        &self,
        stop: &CancellationToken,
        sent: bool,
        work: impl Future<Output = T>,
    ) -> Result<T, Interrupted> {
        tokio::select! {
            () = stop.cancelled() => Err(Interrupted { sent }),
            done = work => Ok(done),
        }
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

    /// Waits until the bucket's pace would let a request go at once, without taking its place.
    ///
    /// # Errors
    /// [`Interrupted`] when `stop` is cancelled first.
    pub async fn clear(&self, bucket: Bucket, stop: &CancellationToken) -> Result<(), Interrupted> {
        loop {
            let wait = self.with_pace(bucket, |pace, now| pace.clone().admit(now));
            if wait.is_zero() {
                return Ok(());
            }
            let _queues = self.queues(bucket, wait);
            self.wait(wait, false, stop).await?;
        }
    }

    /// Waits for a place in the bucket's pace and in that of items, and for every pause that begins
    /// meanwhile.
    async fn admit(
        &self,
        request: &Request,
        sent: bool,
        stop: &CancellationToken,
    ) -> Result<(), Interrupted> {
        let bucket = request.tool.bucket;
        let items = {
            let mut items = self.items.lock().unwrap_or_else(PoisonError::into_inner);
            if request.items == 0 {
                Duration::ZERO
            } else {
                items.admit_all(self.start.elapsed(), request.items)
            }
        };
        self.wait(items, sent, stop).await?;
        let mut wait = self.with_pace(bucket, |pace, now| pace.admit(now));
        loop {
            let _queues = self.queues(bucket, wait);
            self.wait(wait, sent, stop).await?;
            wait = self.with_pace(bucket, |pace, now| pace.held(now));
            if wait.is_zero() {
                return Ok(());
            }
        }
    }

    /// Tells of a wait for the pace that is long. Who waits for the end of a pause is told of by the request
    /// that met it.
    fn queues(&self, bucket: Bucket, wait: Duration) -> Option<Entered<'_>> {
        let long = wait >= LONG && self.with_pace(bucket, |pace, now| pace.held(now)).is_zero();
        long.then(|| self.traffic.enter(Doing::Queues { bucket, until: Instant::now() + wait }))
    }

    fn with_budget<T>(&self, api: Api, act: impl FnOnce(&mut Budget) -> T) -> T {
        let mut budgets = self.budgets.lock().unwrap_or_else(PoisonError::into_inner);
        act(&mut budgets[api as usize])
    }

    fn with_pace<T>(&self, bucket: Bucket, act: impl FnOnce(&mut Pace, Duration) -> T) -> T {
        let mut paces = self.paces.lock().unwrap_or_else(PoisonError::into_inner);
        let pace = paces.entry(bucket).or_insert_with(|| self.rates.pace(bucket));
        act(pace, self.start.elapsed())
    }
}

#[cfg(test)]
mod tests;
