//! Writes whose answer no script waits for: taken in, delivered, settled.
//!
//! They go out one by one here, each before the script goes on. What a script can see is already what
//! it will stay: a deferred write doesn't throw when Customer.io refuses it, it is counted and told at
//! the end; and only what concerns every write stops the run.

mod ledger;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;

use crate::api::{Client, Interrupted, explain};
use crate::fault::{Fault, Place};
use crate::request::Request;

pub use ledger::{Group, Ledger, Settled, Settlement};

/// A write to deliver.
pub struct Item {
    pub request: Request,
    /// Who or what it is about, for the report.
    pub subject: String,
    /// Where the script made the call.
    pub place: Place,
}

/// Why an item stops the whole run.
pub enum Fatal {
    /// It would be the same with every other item.
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
}

impl Outbox {
    pub fn new(client: Arc<Client>) -> Outbox {
        Outbox { client, ledger: Mutex::default() }
    }

    /// Takes one write.
    ///
    /// # Errors
    /// [`Fatal`] when no further write could fare better, or the run is being stopped.
    pub async fn accept(&self, item: Item, stop: &CancellationToken) -> Result<(), Fatal> {
        let called = match self.client.call(&item.request, &self.client.limits, stop).await {
            Ok(called) => called,
            Err(Interrupted { sent }) => {
                if sent {
                    self.ledger().cut(&item);
                }
                return Err(Fatal::Interrupted);
            }
        };
        let attempts = called.attempts.len();
        match explain(&self.client, &item.request, &called) {
            None => self.ledger().accept(),
            Some(fault) => match Settlement::of(&fault) {
                Settlement::Rejected => self.ledger().reject(&item, &fault),
                Settlement::InDoubt => self.ledger().doubt(&item, &fault),
                Settlement::Fatal => {
                    self.ledger().undelivered(&item, &fault);
                    let status = called.outcome.status();
                    return Err(Fatal::Fault { fault: Box::new(fault), status, attempts });
                }
            },
        }
        Ok(())
    }

    /// Waits until all that was taken in is settled, and tells what became of it since the last time.
    pub fn flush(&self) -> Settled {
        self.ledger().since_flush()
    }

    /// The account so far.
    pub fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
