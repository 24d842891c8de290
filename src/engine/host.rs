//! What the engine asks of whoever runs it. `run::Session` answers for real; tests answer as they need.

use std::sync::Arc;
use std::time::Duration;

use super::reading::Reading;
use crate::api::{Watch, reread};
use crate::fault::{Fault, Place};
use crate::policy::Limits;
use crate::spec::{Arg, Tool};

/// One call of a tool, as a script makes it.
pub struct Call<'a> {
    pub tool: &'static Tool,
    /// In declared order; missing trailing ones are not given.
    pub args: &'a [Arg<'a>],
    pub site: Site<'a>,
    /// What `with_retry` around it says; the run's own limits where there is none.
    pub limits: Option<Limits>,
}

/// Where in a script a call stands. Lines and columns count from 1; 0 means unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Site<'a> {
    pub source: &'a str,
    pub line: usize,
    pub column: usize,
}

impl Site<'_> {
    pub fn place(&self) -> Place {
        Place { source: self.source.to_string(), line: self.line, column: self.column }
    }
}

/// What a call gives back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// A JSON object, or nothing.
    Answer(Vec<u8>),
    /// The write was accepted for delivery; there is no answer to wait for.
    Deferred,
    /// The write was kept back, so that nobody knows its answer yet.
    Withheld,
}

/// What became of the writes since the last flush.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flushed {
    pub accepted: u64,
    pub rejected: u64,
    pub in_doubt: u64,
    pub undelivered: u64,
    /// Kept back by a dry run.
    pub withheld: u64,
}

/// Why a call has no reply.
#[derive(Clone, Debug)]
pub enum Halt {
    /// It failed; a script can catch this.
    Failed(Box<CallError>),
    /// The run is being stopped; nothing catches this.
    Stopped,
}

impl From<CallError> for Halt {
    fn from(error: CallError) -> Halt {
        Halt::Failed(Box::new(error))
    }
}

/// A call that failed, as a value a script can catch and read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallError {
    /// The function's name in scripts; empty where no call of one failed.
    pub tool: String,
    /// At least one.
    pub faults: Vec<Fault>,
    /// The HTTP status, where there was one.
    pub status: Option<u16>,
    /// How often it was tried to send the request; 0 when it was found wrong before.
    pub attempts: usize,
    /// How long the server asked to wait when it was asked last.
    pub retry_after: Option<Duration>,
    /// Where the call stands. A script that throws the error again doesn't change it.
    pub place: Option<Place>,
}

impl CallError {
    /// An error that was found without asking Customer.io.
    pub fn new(tool: impl Into<String>, faults: Vec<Fault>) -> CallError {
        let (status, attempts, retry_after, place) = (None, 0, None, None);
        CallError { tool: tool.into(), faults, status, attempts, retry_after, place }
    }

    pub fn one(tool: impl Into<String>, fault: Fault) -> CallError {
        CallError::new(tool, vec![fault])
    }

    /// The same, found in asking Customer.io: after so many attempts, and with the status of the last.
    pub fn after(self, attempts: usize, status: Option<u16>) -> CallError {
        CallError { attempts, status, ..self }
    }

    /// The messages of all faults.
    pub fn message(&self) -> String {
        self.faults.iter().map(|fault| fault.message.as_str()).collect::<Vec<_>>().join("; ")
    }
}

/// The reply of a read that was begun ahead: waits for it. Dropped, it ends the read.
pub type Ahead = Box<dyn FnOnce() -> Result<Reply, Halt>>;

/// Sees an answer as it is read, and whole as soon as it is there.
pub trait Look: Watch {
    fn whole(&mut self, body: &[u8]);
}

/// The world of a running script.
pub trait Host: Send + Sync + 'static {
    /// Checks a call and performs it.
    ///
    /// # Errors
    /// [`Halt`] when it can't be done or the run is being stopped.
    fn call(&self, call: Call<'_>) -> Result<Reply, Halt>;

    /// Begins a read whose reply is taken later; also what keeps it from being made is told then. `look` sees
    /// the answer before that, on another thread where the host has one, unless the answer isn't as declared.
    /// A host that has none makes the call at once.
    fn ahead(self: Arc<Self>, call: Call<'_>, mut look: Box<dyn Look>) -> Ahead {
        let tool = call.tool;
        let reply = self.call(call);
        if let Ok(Reply::Answer(body)) = &reply
            && let Ok(text) = std::str::from_utf8(body)
            && reread(tool, text, &mut *look)
        {
            look.whole(body);
        }
        Box::new(move || reply)
    }

    /// Which workspace it asks, where that changes while what was made before lives on.
    fn workspace(&self) -> u64 {
        0
    }

    /// A script begins to go through the pages of a read.
    fn reads(&self, _reading: &Arc<Reading>) {}

    /// Ends a run that asks for what the answer of a write that was kept back would have told.
    fn depends(&self, tool: &'static Tool, site: Site<'_>) -> Halt;

    /// How far retrying goes where a script says nothing else.
    fn limits(&self) -> Limits;

    /// How many writes so far mustn't be made again: done once, in doubt, or handed over to be done once. Within
    /// what `parallel` does for an item, those made there.
    fn unrepeatable(&self) -> u64;

    /// Waits until every deferred write is settled.
    ///
    /// # Errors
    /// [`Halt`] when the run is being stopped or a write stopped it.
    fn flush(&self) -> Result<Flushed, Halt>;

    /// A line for stdout.
    fn print(&self, text: &str);

    /// A line for stderr.
    fn debug(&self, text: &str);

    /// An argument of the run, as text.
    fn argument(&self, name: &str) -> Option<String>;

    /// Seconds since 1970.
    fn now(&self) -> i64;

    /// A fair draw from 0 to 1.
    fn random(&self) -> f64;

    /// An environment variable; never one that holds a credential.
    fn env(&self, name: &str) -> Option<String>;

    /// The text of a file, without a mark in front of it, for the script's call of `function`.
    ///
    /// # Errors
    /// [`Halt`] with a fault that names the file and what is wrong, or when the run is being stopped.
    fn read(&self, function: &str, path: &str) -> Result<String, Halt>;

    /// Waits, unless the run is stopped meanwhile.
    ///
    /// # Errors
    /// [`Halt::Stopped`] when it is.
    fn sleep(&self, time: Duration) -> Result<(), Halt>;

    /// Whether the script has to end now.
    fn stopped(&self) -> bool;
}
