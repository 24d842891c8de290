//! A conversation: each input is a run of its own, with its own stop and its own account, on what the inputs
//! before it left.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use rhai::Dynamic;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::arguments::Given;
use super::known::Known;
use super::live::{banner, mixed};
use super::session::{Console, Session};
use super::terms::Terms;
use super::{Run, bounds, check, crashed, credentials};
use crate::api::Client;
use crate::engine::{
    Ahead, Call, Failure, Flushed, Halt, Host, Look, Reading, Reply, STACK, Site, Sources, Talk,
};
use crate::fault::Fault;
use crate::policy::Limits;
use crate::spec::Tool;

/// A conversation that has begun.
pub struct Conversation {
    sources: Sources,
    terms: Terms,
    /// That of the last input, which the next goes on from.
    last: Arc<Session>,
    thread: Sender<Said>,
    known: Known,
}

/// An input on its way.
pub struct Turn {
    pub run: Run,
    /// Gets the value, if the input comes to its end.
    pub value: oneshot::Receiver<Dynamic>,
}

/// An input, as the script's thread gets it.
struct Said {
    text: String,
    session: Arc<Session>,
    value: oneshot::Sender<Dynamic>,
    done: oneshot::Sender<Result<(), Failure>>,
}

impl Conversation {
    /// Starts the thread that inputs run on; call it within a runtime.
    ///
    /// # Errors
    /// A fault where nothing may be sent to the client's hosts.
    pub fn begin(
        client: Client,
        terms: Terms,
        console: Arc<dyn Console>,
    ) -> Result<std::io::Result<Conversation>, Fault> {
        if !terms.sandbox() {
            console.note(&banner(&terms, &client.hosts));
            if let Some(fault) = mixed(&client.hosts) {
                return Err(fault);
            }
        }
        let idle = CancellationToken::new();
        let runtime = Handle::current();
        let first =
            Session::new(client, Given::default(), terms.clone(), console, runtime, idle.clone(), None);
        // Nothing runs in it: it is what the first input goes on from.
        idle.cancel();
        let last = Arc::new(first);
        let listener = Arc::new(Listener(RwLock::new(last.clone())));
        let sources = Sources::default();
        let (thread, inputs) = channel();
        let kept = sources.clone();
        let known = Known::new(last.client.clone());
        let learns = known.clone();
        let started = std::thread::Builder::new()
            .name("script".into())
            .stack_size(STACK)
            .spawn(move || listen(Talk::new(listener.clone(), &kept), &listener, &inputs, &learns));
        Ok(started.map(|_| Conversation { sources, terms, last, thread, known }))
    }

    /// The texts of the inputs, for diagnostics.
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    pub fn terms(&self) -> &Terms {
        &self.terms
    }

    /// What is known to whoever types the next input.
    pub fn known(&self) -> &Known {
        &self.known
    }

    /// Begins with an input. Cancelling `stop` ends it, as it ends a run; the next is heard once this has come
    /// to its end.
    pub fn say(&mut self, text: String, stop: CancellationToken) -> Turn {
        let session = Arc::new(Session::after(&self.last, self.terms.clone(), stop));
        self.last = session.clone();
        let (tell, value) = oneshot::channel();
        let (end, done) = oneshot::channel();
        let said = Said { text, session: session.clone(), value: tell, done: end };
        // A thread that is gone drops it, which says that it crashed.
        let _ = self.thread.send(said);
        let bounds = tokio::spawn(bounds::watch(session.clone(), self.terms.time_limit));
        Turn { run: Run { session, sources: self.sources.clone(), done, bounds }, value }
    }
}

/// Runs inputs until no further one can come.
fn listen(mut talk: Talk, listener: &Listener, inputs: &Receiver<Said>, known: &Known) {
    known.learn(talk.names());
    for Said { text, session, value, done } in inputs {
        // Not before: one that was left behind goes on asking its own session, which tells it to stop.
        listener.turn(session.clone());
        // An input that fails in Segue itself leaves everything as it was, too.
        let heard = std::panic::AssertUnwindSafe(|| hear(&mut talk, &text, &session));
        let result = std::panic::catch_unwind(heard).unwrap_or_else(|_| Err(Failure::plain(crashed())));
        // Before its end is told: the next is typed with it.
        known.learn(talk.names());
        // Nobody listens when the process is already on its way out.
        let _ = match result {
            Ok(what) => {
                let _ = value.send(what);
                done.send(Ok(()))
            }
            Err(failure) => done.send(Err(failure)),
        };
    }
}

/// Runs one input, as a script runs: nothing of one that isn't sound.
fn hear(talk: &mut Talk, text: &str, session: &Arc<Session>) -> Result<Dynamic, Failure> {
    let input = talk.read(text)?;
    let found = check::check(talk.check(&input), &input.survey, text, &input.source, session.terms());
    // How many people it may touch holds for the conversation, whatever the head of a script says.
    session.limit_rejected(&found.header);
    if let Some(failure) = Failure::of(found.faults, found.left) {
        return Err(failure);
    }
    let missing = credentials(session, &input.survey);
    if !missing.is_empty() {
        return Err(Failure::several(missing));
    }
    talk.say(input)
}

/// The host of a conversation: the session of the input that runs.
struct Listener(RwLock<Arc<Session>>);

impl Listener {
    fn session(&self) -> Arc<Session> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn turn(&self, session: Arc<Session>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = session;
    }
}

impl Host for Listener {
    fn call(&self, call: Call<'_>) -> Result<Reply, Halt> {
        self.session().call(call)
    }

    fn ahead(self: Arc<Self>, call: Call<'_>, look: Box<dyn Look>) -> Ahead {
        self.session().ahead(call, look)
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
        self.session().sleep(time)
    }

    fn stopped(&self) -> bool {
        Host::stopped(&*self.session())
    }
}
