//! Writes whose answer no script waits for: taken in, delivered, settled.
//!
//! They go out one by one here, each before the script goes on. What a script can see is already what
//! it will stay: a deferred write doesn't throw when Customer.io refuses it, it is counted and told at
//! the end; and only what concerns every write stops the run.

mod ledger;
mod settle;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use crate::api::{Called, Client, Interrupted, attempts, explain};
use crate::fault::Fault;
use crate::policy::Limits;
use crate::request::Request;

pub use ledger::{Entry, Group, Ledger, Total};
pub use settle::{Settlement, refuses_the_run, settle};

/// As many writes in a row that nobody took end the run: the next ones would fare no better.
const FAILURES: u32 = 3;

/// A write to deliver.
pub struct Item {
    pub request: Request,
    pub entry: Entry,
    /// How far retrying goes.
    pub limits: Limits,
}

/// Why a write ends the whole run.
pub enum Fatal {
    /// It would be the same with every other.
    Fault {
        fault: Box<Fault>,
        status: Option<u16>,
        attempts: usize,
    },
    Interrupted,
}

/// Takes writes in and keeps count of what became of them.
pub struct Outbox {
    client: Arc<Client>,
    ledger: Mutex<Ledger>,
    failures: Mutex<u32>,
}

impl Outbox {
    pub fn new(client: Arc<Client>) -> Outbox {
        Outbox { client, ledger: Mutex::default(), failures: Mutex::default() }
    }

    /// Takes one write.
    ///
    /// # Errors
    /// [`Fatal`] when no further write could fare better, or the run is being stopped.
    pub async fn accept(&self, item: Item, stop: &CancellationToken) -> Result<(), Fatal> {
        let called = self.client.call(&item.request, &item.limits, stop).await;
        let called = called.map_err(|interrupted| {
            self.interrupted(&item, interrupted);
            Fatal::Interrupted
        })?;
        let (settlement, explained) = self.record(&item, &called);
        let away = matches!(settlement, Settlement::Undelivered | Settlement::Open | Settlement::InDoubt);
        let failures = self.count(away);
        match explained {
            Err(fault) if refuses_the_run(&called.outcome) || failures >= FAILURES => Err(Fatal::Fault {
                fault: Box::new(fault),
                status: called.outcome.status(),
                attempts: called.attempts.len(),
            }),
            _ => Ok(()),
        }
    }

    /// Enters what became of a write, of whatever delivery, and explains it.
    pub fn record(&self, item: &Item, called: &Called) -> (Settlement, Result<(), Fault>) {
        let class = &item.request.class;
        let settlement = settle(&called.outcome, class, called.open);
        let explained = explain(&self.client, &item.request, called).map(drop);
        let mut ledger = self.ledger();
        ledger.refused |= refuses_the_run(&called.outcome);
        if called.again {
            ledger.again += item.request.events;
        }
        match &explained {
            Ok(()) => ledger.accept(class.is_safe()),
            Err(fault) => {
                let attempts = attempts(item.request.tool.api, called, Timestamp::now());
                ledger.enter(settlement, &item.entry, called.outcome.status(), fault, &attempts);
            }
        }
        (settlement, explained)
    }

    /// Enters a write that wasn't sent because the API refuses the run itself.
    pub fn refused(&self, item: &Item, status: Option<u16>, fault: &Fault) {
        let mut ledger = self.ledger();
        ledger.refused = true;
        ledger.enter(Settlement::Undelivered, &item.entry, status, fault, "");
    }

    /// Enters a write that a stop of the run cut off.
    pub fn interrupted(&self, item: &Item, interrupted: Interrupted) {
        self.ledger().cut(&item.entry, interrupted.sent, item.request.class.is_safe());
    }

    fn count(&self, away: bool) -> u32 {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        *failures = if away { *failures + 1 } else { 0 };
        *failures
    }

    /// Waits until all that was taken in is settled, and tells what became of it in all.
    ///
    /// # Errors
    /// [`Fatal`] when a write that was under way ends the run.
    pub async fn settled(&self, _: &CancellationToken) -> Result<Total, Fatal> {
        // Each write is settled before the next is taken.
        Ok(self.ledger().total)
    }

    /// The same, as what is new since the last time this was asked.
    ///
    /// # Errors
    /// As [`Outbox::settled`].
    pub async fn flush(&self, stop: &CancellationToken) -> Result<Total, Fatal> {
        self.settled(stop).await?;
        Ok(self.ledger().since_flush())
    }

    /// The account so far.
    pub fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
