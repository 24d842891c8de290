//! Writes whose answer no script waits for: taken in, sent together where that can be, settled.
//!
//! A deferred write doesn't throw when Customer.io refuses it: it is counted and told at the end, and only
//! what concerns every write stops the run.

mod body;
mod delivery;
mod lane;
mod ledger;
mod line;
mod record;
mod rejected;
mod settle;
mod sift;

use crate::fault::{Fault, Place};
use crate::policy::Limits;
use crate::request::Request;

pub use body::{Body, Kind, Origin, Sealed};
pub use delivery::subject;
pub use lane::{Key, Write};
pub use ledger::{Entry, Group, Ledger, Total};
pub use line::{BODY, Outbox, Way};
pub use record::{Calls, Record, Recording, Slot, Times, Unrecorded};
pub use rejected::{Kept, Rejected, RejectedFile};
pub use settle::{Settlement, refuses_the_run, settle};

/// A write with a request of its own.
pub struct Item {
    pub request: Request,
    pub entry: Entry,
    /// How far retrying goes.
    pub limits: Limits,
}

/// Why a write ends the whole run.
#[derive(Clone)]
pub enum Fatal {
    /// It would be the same with every other.
    Fault {
        /// The function whose call it was, and where.
        tool: &'static str,
        place: Place,
        fault: Box<Fault>,
        status: Option<u16>,
        attempts: usize,
    },
    Interrupted,
}
