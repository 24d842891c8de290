//! Whom a conversation's script asks: the session of the input that runs.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use super::preview::Preview;
use super::session::Session;
use crate::engine::{Ahead, Call, Flushed, Halt, Host, Look, Reading, Reply, Site};
use crate::policy::Limits;
use crate::spec::Tool;

/// The host of a conversation: the session of the input that runs.
pub struct Listener(RwLock<Turned>);

/// Whose turn it is.
#[derive(Clone)]
pub struct Turned {
    pub session: Arc<Session>,
    /// Where its requests are kept back.
    pub requests: Option<Arc<Preview>>,
}

impl Listener {
    pub fn new(session: Arc<Session>) -> Listener {
        Listener(RwLock::new(Turned { session, requests: None }))
    }

    fn turned(&self) -> Turned {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn session(&self) -> Arc<Session> {
        self.turned().session
    }

    pub fn turn(&self, session: Arc<Session>, requests: Option<Arc<Preview>>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Turned { session, requests };
    }
}

impl Host for Listener {
    fn call(&self, call: Call<'_>) -> Result<Reply, Halt> {
        match self.turned() {
            Turned { session, requests: Some(requests) } => session.preview(&call, &requests),
            Turned { session, requests: None } => session.call(call),
        }
    }

    fn ahead(self: Arc<Self>, call: Call<'_>, look: Box<dyn Look>) -> Ahead {
        let Turned { session, requests: Some(requests) } = self.turned() else {
            return self.session().ahead(call, look);
        };
        let (tool, place) = (call.tool, call.site.place());
        match session.preview(&call, &requests) {
            // Nobody knows the page, nor whether there is one.
            Ok(_) => Box::new(move || {
                Err(session
                    .depends(tool, Site { source: &place.source, line: place.line, column: place.column }))
            }),
            Err(halt) => Box::new(|| Err(halt)),
        }
    }

    fn workspace(&self) -> u64 {
        self.session().workspace
    }

    fn reads(&self, reading: &Arc<Reading>) {
        self.session().reads(reading);
    }

    fn depends(&self, tool: &'static Tool, site: Site<'_>) -> Halt {
        self.session().depends(tool, site)
    }

    fn limits(&self) -> Limits {
        self.session().limits()
    }

    fn unrepeatable(&self) -> u64 {
        self.session().unrepeatable()
    }

    fn flush(&self) -> Result<Flushed, Halt> {
        self.session().flush()
    }

    fn print(&self, text: &str) {
        self.session().print(text);
    }

    fn debug(&self, text: &str) {
        self.session().debug(text);
    }

    fn argument(&self, name: &str) -> Option<String> {
        self.session().argument(name)
    }

    fn now(&self) -> i64 {
        self.session().now()
    }

    fn random(&self) -> f64 {
        self.session().random()
    }

    fn env(&self, name: &str) -> Option<String> {
        self.session().env(name)
    }

    fn read(&self, function: &str, path: &str) -> Result<String, Halt> {
        self.session().read(function, path)
    }

    fn sleep(&self, time: Duration) -> Result<(), Halt> {
        match self.turned() {
            // What isn't sent needs no time.
            Turned { requests: Some(_), .. } => Ok(()),
            Turned { session, requests: None } => session.sleep(time),
        }
    }

    fn stopped(&self) -> bool {
        Host::stopped(&*self.session())
    }
}
