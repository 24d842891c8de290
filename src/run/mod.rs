//! The one driver of scripts: load, compile, check, execute, settle, report. Every face runs through
//! here.

mod arguments;
mod barrier;
mod bounds;
mod calls;
mod check;
mod confirm;
mod deferred;
mod drifts;
mod earlier;
mod grace;
mod guards;
mod header;
mod hold;
mod host;
mod input;
mod known;
mod listener;
mod live;
mod load;
mod preview;
mod progress;
mod report;
mod segments;
mod session;
mod talk;
mod terms;
mod withheld;

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::api::{Client, missing_key};
use crate::engine::{Failure, STACK, Script, Sources, Survey};
use crate::fault::{At, Code, Fault};
use crate::outbox::RejectedFile;
use crate::spec::{Api, Authorization, Tool};

pub use arguments::Given;
pub use check::{Examined, Findings, examine};
pub use confirm::{Question, Questions};
pub use drifts::Drifts;
pub use known::Known;
pub use load::load;
pub use preview::{Kept as Requests, Preview};
pub use progress::{Progress, Read};
pub use report::{Count, Ended, Exit, Report};
pub use session::{Console, Session};
pub use talk::{Conversation, Gave, Reads, Said, Turn};
pub use terms::Terms;
pub use withheld::{Demand, DryRun, Met, Sample, Withheld, Writes};

/// A script to run, and what it runs against.
pub struct Job {
    pub text: String,
    /// The script's file, as it is named in diagnostics.
    pub source: String,
    pub arguments: Given,
    pub client: Client,
    pub terms: Terms,
    /// Where rejected writes are kept, if anywhere.
    pub rejected: Option<RejectedFile>,
    pub console: Arc<dyn Console>,
}

/// A run that has begun.
pub struct Run {
    pub session: Arc<Session>,
    pub sources: Sources,
    done: oneshot::Receiver<Result<(), Failure>>,
    bounds: JoinHandle<()>,
    /// Whether somebody waits at a prompt for its end.
    prompt: bool,
}

/// How long a script gets to come to its end once it is told to stop; at a prompt only [`MOMENT`].
const PATIENCE: Duration = Duration::from_secs(2);
/// And how long when it is told again: enough to enter what is under way in the account.
const MOMENT: Duration = Duration::from_millis(100);

impl Run {
    /// Starts `job` on a thread of its own; call it within a runtime. Cancelling `stop` ends it, but for a
    /// short wait for the answers to what is on the wire.
    ///
    /// # Errors
    /// When the machine gives no thread.
    pub fn start(job: Job, stop: CancellationToken) -> std::io::Result<Run> {
        let Job { text, source, arguments, client, terms, rejected, console } = job;
        let time_limit = terms.time_limit;
        let sources = Sources::default();
        let handle = Handle::current();
        let session = Session::new(client, arguments, terms, console, handle, stop, rejected);
        let session = Arc::new(session);
        let (tell, done) = oneshot::channel();
        let (host, kept) = (session.clone(), sources.clone());
        std::thread::Builder::new().name("script".into()).stack_size(STACK).spawn(move || {
            let result = execute(&text, &source, &host, &kept);
            // Nobody listens when the process is already on its way out.
            let _ = tell.send(result);
        })?;
        let bounds = tokio::spawn(bounds::watch(session.clone(), time_limit));
        Ok(Run { session, sources, done, bounds, prompt: false })
    }

    /// Waits for the end and tells what became of everything. A script that is told to stop and doesn't,
    /// because it is deep in one long operation, is left behind after a while; after a moment once
    /// `hurry` is cancelled, which also ends every wait for answers.
    pub async fn finish(self, hurry: CancellationToken) -> (Report, Sources) {
        let grace = tokio::spawn(grace::give(self.session.clone(), hurry.clone(), self.prompt));
        let patience = if self.prompt { Duration::ZERO } else { PATIENCE };
        let left_behind = async {
            self.session.ending().await;
            let patient = async {
                // The script itself may wait for one of the answers.
                tokio::join!(tokio::time::sleep(patience), self.session.client().quiet());
                tokio::time::sleep(MOMENT).await;
            };
            let hurried = async {
                hurry.cancelled().await;
                tokio::time::sleep(MOMENT).await;
            };
            tokio::select! {
                () = patient => {}
                () = hurried => {}
            }
        };
        let mut done = self.done;
        let result = tokio::select! {
            biased;
            result = &mut done => Some(result.unwrap_or_else(|_| Err(Failure::plain(crashed())))),
            () = left_behind => None,
        };
        let behind = result.is_none();
        let result = self.session.settled(result.unwrap_or(Err(Failure::Stopped))).await;
        if behind && !self.session.stop.is_cancelled() {
            // A call that still waits for its turn is never sent now; one on the wire is in the account.
            self.session.stop.cancel();
            let cut = async {
                self.session.cut.cancelled().await;
                tokio::time::sleep(MOMENT).await;
            };
            tokio::select! {
                _ = done => {}
                () = cut => {}
            }
        }
        self.bounds.abort();
        grace.abort();
        (self.session.report(result), self.sources)
    }
}

fn execute(text: &str, source: &str, session: &Arc<Session>, sources: &Sources) -> Result<(), Failure> {
    let script = Script::compile(text, source, session.clone(), sources)?;
    if script.survey.empty {
        return Err(Failure::plain(load::nothing_to_run(source)));
    }
    let found = check::check(script.check(), &script.survey, text, source, session.terms());
    session.limit(&found.header);
    let failure = Failure::of(found.faults, found.left);
    if let Some(failure) = failure.clone().filter(|_| found.unsound) {
        return Err(failure);
    }
    if let Some(fault) = session.arguments().check(source, &found.takes) {
        return Err(Failure::plain(fault));
    }
    if !session.terms().sandbox() {
        session.tell(&live::banner(session.terms(), &session.client().hosts));
        if let Some(fault) = live::mixed(&session.client().hosts) {
            return Err(Failure::plain(fault));
        }
    }
    let missing = credentials(session, &script.survey);
    if !missing.is_empty() {
        return Err(Failure::several(missing));
    }
    if let Some(failure) = failure {
        return Err(failure);
    }
    session.runs();
    script.run()
}

/// The thread ended without a word: a fault of Segue's own.
fn crashed() -> Fault {
    Fault::new(Code::Crashed, At::Call, "Segue itself failed while it ran the script")
        .help("what was sent before is counted below; please report this with the script and the lines above")
}

/// What the script's text shows it needs and nobody has: better said before the first request, and all of
/// it at once.
fn credentials(session: &Session, survey: &Survey) -> Vec<Fault> {
    let used = |api: Api| -> Vec<&str> {
        let tools = survey.tools.iter();
        let needs = |tool: &Tool| {
            tool.api == api
                && tool.authorization == Authorization::Credential
                && !session.terms().keeps_back(tool)
        };
        tools.filter(|used| needs(used.tool)).map(|used| used.name.as_str()).collect()
    };
    let needed: Vec<Api> = Api::ALL.into_iter().filter(|api| !used(*api).is_empty()).collect();
    session.need(&needed);
    let missing = |api: Api| missing_key(&session.client().credentials, api, &used(api));
    needed.into_iter().filter_map(missing).collect()
}
