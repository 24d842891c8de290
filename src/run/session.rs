//! One run's answers to its script: the seam between the engine and everything below it.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Instant;

use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use super::arguments::Given;
use super::bounds::Bound;
use super::calls::Made;
use super::confirm::{Confirmed, Questions};
use super::drifts::Drifts;
use super::earlier::Earlier;
use super::hold::{Held, HeldCall};
use super::progress::Watched;
use super::report::{Count, Ended, Report};
use super::segments::Segment;
use super::terms::Terms;
use super::withheld::{DryRun, Withheld};
use crate::api::{Client, Pin};
use crate::engine::{CallError, Failure, Halt, Reply};
use crate::fault::Place;
use crate::journal::{Branch, RunId, mark};
use crate::outbox::{Outbox, Rejected, RejectedFile, Total, Unrecorded};
use crate::policy::{People, Rejections};
use crate::request::Class;
use crate::spec::{Api, Tool};
use crate::tools;

/// Where a run's words go.
pub trait Console: Send + Sync {
    /// A line of the script's output.
    ///
    /// # Errors
    /// When nobody reads it any more.
    fn out(&self, line: &str) -> std::io::Result<()>;

    /// A line for the person who watches.
    fn note(&self, line: &str);
}

/// Why a run has to end before its script does.
#[derive(Clone, Debug)]
pub(super) enum Stopped {
    /// From outside.
    Interrupted,
    /// The output can't be written.
    OutputClosed(String),
    /// It went over a bound.
    Exceeded(Bound),
    /// What the script does next depends on the answer of a write that was kept back.
    Depends(&'static str, Place),
    /// A deferred write failed in a way that every other would.
    Fatal(CallError, Place),
    /// Somebody said no to a call of this tool.
    Declined(&'static str),
}

/// One run.
pub struct Session {
    pub(super) client: Arc<Client>,
    pub(super) arguments: Given,
    pub(super) terms: Terms,
    pub(super) console: Arc<dyn Console>,
    pub(super) runtime: Handle,
    /// Ends the run from outside: nothing is sent any more, and only writes that are on the wire are waited
    /// for.
    pub(super) stop: CancellationToken,
    /// Ends that wait too.
    pub(super) cut: CancellationToken,
    /// Ends the script alone: what it has handed over is still delivered.
    pub(super) halt: CancellationToken,
    /// Whether that is so: asked for at every step of the script, where the token itself takes a lock.
    pub(super) halted: Arc<AtomicBool>,
    /// The APIs known to lack no key. What is held of a key stays, or another takes its place.
    pub(super) keyed: [AtomicBool; Api::ALL.len()],
    pub(super) id: RunId,
    pub(super) begun: Instant,
    /// Set once the script itself runs.
    runs: AtomicBool,
    pub(super) outbox: Outbox,
    /// What the script has been told of its writes.
    pub(super) seen: Mutex<Total>,
    pub(super) withheld: Mutex<Withheld>,
    /// What this input holds; it is pending once the input is done.
    held: Mutex<Held>,
    /// Whether a write is an error, and whether one was tried.
    pub(super) only_reads: AtomicBool,
    pub(super) tried: AtomicBool,
    /// Which of a conversation's workspaces it is in.
    pub(super) workspace: u64,
    pub(super) pending: Arc<Mutex<Held>>,
    /// What was pending and is made now.
    pub(super) sent: Mutex<Vec<HeldCall>>,
    /// The people of the conversation, while an input counts those it is meant for by itself.
    pub(super) aside_people: Mutex<Option<People>>,
    /// Who is asked for what isn't granted.
    pub(super) questions: Option<Questions>,
    pub(super) confirmed: Confirmed,
    /// How answers differed from what is declared.
    pub(super) drifts: Mutex<Drifts>,
    /// What the calls that can be looked up came to.
    pub(super) earlier: Mutex<Earlier>,
    /// What the run asks on its own account.
    pub(super) aside: Mutex<Arc<Branch>>,
    pub(super) counts: [AtomicU64; tools::ALL.len()],
    /// Read once, when a script first names a segment.
    pub(super) segments: OnceLock<Vec<Segment>>,
    /// Whether they couldn't be read, and were done without.
    pub(super) unlisted: AtomicBool,
    /// Whether it was tried to read them for a segment that isn't there.
    pub(super) unnamed: AtomicBool,
    pub(super) people: Mutex<People>,
    /// Set before the script's first call.
    pub(super) rejections: OnceLock<Rejections>,
    pub(super) workspace_checked: Mutex<bool>,
    pub(super) stopped: Mutex<Option<Stopped>>,
    pub(super) watched: Watched,
}

impl Session {
    pub fn new(
        client: Client,
        arguments: Given,
        terms: Terms,
        console: Arc<dyn Console>,
        runtime: Handle,
        stop: CancellationToken,
        rejected: Option<RejectedFile>,
    ) -> Session {
        let pin = terms.workspace.filter(|_| !terms.sandbox());
        let pin = pin.map(|workspace| Pin { workspace, keys: terms.keys() });
        let mut client = client;
        client.pin = pin;
        Session::with(Arc::new(client), arguments, terms, console, runtime, stop, rejected)
    }

    /// One that goes on behind `before`, with the same client. Its account, and its stop, are its own.
    pub(super) fn after(before: &Session, terms: Terms, stop: CancellationToken) -> Session {
        let Session { client, arguments, console, runtime, .. } = before;
        let (client, console, runtime) = (client.clone(), console.clone(), runtime.clone());
        let session = Session::with(client, arguments.clone(), terms, console, runtime, stop, None);
        let (questions, pending) = (before.questions.clone(), before.pending.clone());
        Session { questions, pending, workspace: before.workspace, ..session }
    }

    /// Takes over what is known from the one `before`, which has come to its end.
    pub(super) fn take_over(&self, before: &Session) {
        hand_over(&before.people, &self.people);
        let aside = before.aside_people.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(people) = aside {
            *self.people.lock().unwrap_or_else(PoisonError::into_inner) = people;
        }
        hand_over(&before.earlier, &self.earlier);
        hand_over(&before.drifts, &self.drifts);
        hand_over(&before.workspace_checked, &self.workspace_checked);
    }

    fn with(
        client: Arc<Client>,
        arguments: Given,
        terms: Terms,
        console: Arc<dyn Console>,
        runtime: Handle,
        stop: CancellationToken,
        rejected: Option<RejectedFile>,
    ) -> Session {
        let cut = CancellationToken::new();
        client.cut_by(cut.clone());
        let people = People::new(&terms.max_people);
        let (halt, halted) = (stop.child_token(), Arc::new(AtomicBool::new(false)));
        runtime.spawn(tell(halt.clone(), halted.clone()));
        Session {
            outbox: Outbox::new(
                client.clone(),
                runtime.clone(),
                stop.clone(),
                Rejected::new(rejected),
                Arc::new(Unrecorded),
            ),
            seen: Mutex::default(),
            withheld: Mutex::default(),
            held: Mutex::default(),
            only_reads: AtomicBool::new(false),
            tried: AtomicBool::new(false),
            workspace: 0,
            pending: Arc::default(),
            sent: Mutex::default(),
            aside_people: Mutex::default(),
            questions: None,
            confirmed: Confirmed::default(),
            drifts: Mutex::default(),
            earlier: Mutex::default(),
            client,
            arguments,
            terms,
            console,
            runtime,
            halt,
            halted,
            keyed: Default::default(),
            stop,
            cut,
            id: RunId::new(random_bits()),
            begun: Instant::now(),
            runs: AtomicBool::new(false),
            aside: Mutex::new(Branch::aside()),
            counts: std::array::from_fn(|_| AtomicU64::new(0)),
            segments: OnceLock::new(),
            unlisted: AtomicBool::new(false),
            unnamed: AtomicBool::new(false),
            people: Mutex::new(people),
            rejections: OnceLock::new(),
            workspace_checked: Mutex::default(),
            stopped: Mutex::default(),
            watched: Watched::default(),
        }
    }

    pub fn arguments(&self) -> &Given {
        &self.arguments
    }

    pub fn terms(&self) -> &Terms {
        &self.terms
    }

    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The files that the script has read so far, or tried to, by the paths it gave.
    pub fn files(&self) -> Vec<String> {
        self.watched.files()
    }

    /// A line for the person who watches.
    pub fn tell(&self, line: &str) {
        self.console.note(line);
    }

    /// Counts a deferred write that was handed over.
    pub(super) fn handed_over(&self, made: &Made<'_>) -> Reply {
        self.count(made.tool);
        self.mark(&made.class);
        Reply::Deferred
    }

    /// Remembers that a write was made, if it mustn't be made again.
    pub(super) fn mark(&self, class: &Class) {
        if !class.is_safe() {
            mark();
        }
    }

    pub(super) fn count(&self, tool: &Tool) {
        if let Some(count) = self.count_of(tool) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How often a tool was called so far.
    pub(super) fn counted(&self, tool: &Tool) -> u64 {
        self.count_of(tool).map_or(0, |count| count.load(Ordering::Relaxed))
    }

    fn count_of(&self, tool: &Tool) -> Option<&AtomicU64> {
        let index = tools::ALL.iter().position(|known| std::ptr::eq(*known, tool))?;
        Some(&self.counts[index])
    }

    /// Nothing is left that could refuse the script as a whole.
    pub(super) fn runs(&self) {
        self.runs.store(true, Ordering::Relaxed);
    }

    /// The account of the run, once its script has ended with `result`.
    pub fn report(&self, result: Result<(), Failure>) -> Report {
        let called = self.called();
        Report {
            ended: ended(self.stopped().clone(), result),
            ran: self.runs.load(Ordering::Relaxed),
            calls: called.iter().map(|(tool, calls)| Count { tool: tool.name(), calls: *calls }).collect(),
            ledger: self.outbox.ledger().clone(),
            kept: self.outbox.rejected().kept(),
            drifts: self.drifts.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            elapsed: self.begun.elapsed(),
            dry_run: self.terms.dry_run.then(|| self.dry_run(self.withheld().clone(), &called)),
        }
    }

    /// How often each tool was called that was, by name.
    pub(super) fn called(&self) -> Vec<(&'static Tool, u64)> {
        let called = tools::ALL.iter().zip(&self.counts);
        let called = called.map(|(tool, count)| (*tool, count.load(Ordering::Relaxed)));
        let mut called: Vec<_> = called.filter(|(_, count)| *count > 0).collect();
        called.sort_by_key(|(tool, _)| tool.name());
        called
    }

    /// The account of what is `withheld`, beside the calls that were made.
    pub(super) fn dry_run(&self, mut withheld: Withheld, called: &[(&'static Tool, u64)]) -> DryRun {
        let people = self.people.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(fault) = people.admits(withheld.people())
            && !self.terms.sandbox()
        {
            withheld.meet(fault, Place::default());
        }
        let demands = withheld.demands(called, &self.client.rates().clone().keeping(true));
        DryRun { withheld, demands }
    }

    /// Ends the run because it went over a bound.
    pub fn exceeded(&self, bound: Bound) {
        let _ = self.end(Stopped::Exceeded(bound));
    }

    /// Resolves when the run is being ended.
    pub async fn ending(&self) {
        self.halt.cancelled().await;
    }

    /// Waits until every write is settled, or can't be any more; then tells how the script ended that came
    /// to `result`: one whose writes were cut off didn't come to its end.
    pub async fn settled(&self, result: Result<(), Failure>) -> Result<(), Failure> {
        self.watched.settles();
        let fatal = self.outbox.finish().await;
        self.outbox.rejected().finish(&self.stop).await;
        // Whoever waits for the script to be halted needn't any more.
        self.halt.cancel();
        match fatal {
            Some(fatal) => {
                let _ = self.fatal(fatal);
                result.and(Err(Failure::Stopped))
            }
            None => result,
        }
    }

    pub(super) fn withheld(&self) -> MutexGuard<'_, Withheld> {
        self.withheld.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn stopped(&self) -> MutexGuard<'_, Option<Stopped>> {
        self.stopped.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the run for `why`, unless it is ending already.
    pub(super) fn end(&self, why: Stopped) -> Halt {
        let from_outside = matches!(why, Stopped::Interrupted | Stopped::Exceeded(_));
        // Told before anybody acts on it: what is cut off by it would say that it was interrupted.
        self.stopped().get_or_insert(why);
        if from_outside {
            self.stop.cancel();
        }
        self.halted.store(true, Ordering::Relaxed);
        self.halt.cancel();
        Halt::Stopped
    }
}

/// Gives what one session knows to the next, in exchange for what that begins with.
fn hand_over<T>(from: &Mutex<T>, to: &Mutex<T>) {
    let locked = |value| Mutex::lock(value).unwrap_or_else(PoisonError::into_inner);
    std::mem::swap(&mut *locked(from), &mut *locked(to));
}

/// Tells of a halt by a flag.
async fn tell(halt: CancellationToken, halted: Arc<AtomicBool>) {
    halt.cancelled().await;
    halted.store(true, Ordering::Relaxed);
}

/// How a run ended whose script came to `result`, and was stopped for that reason if it was.
fn ended(stopped: Option<Stopped>, result: Result<(), Failure>) -> Ended {
    match (stopped, result) {
        (Some(Stopped::Declined(tool)), _) => Ended::Declined(tool),
        (Some(Stopped::Fatal(error, place)), _) => Ended::Failed(Failure::of_call(error, place)),
        // One that came to its end meanwhile is done.
        (Some(Stopped::Exceeded(bound)), Err(_)) => Ended::Failed(Failure::plain(bound.fault())),
        (Some(Stopped::Depends(tool, place)), Err(_)) => Ended::Depends { tool, place },
        (Some(Stopped::OutputClosed(why)), _) => Ended::OutputClosed(why),
        (_, Err(Failure::Stopped)) | (Some(Stopped::Interrupted), Err(_)) => Ended::Interrupted,
        (_, Err(failure)) => Ended::Failed(failure),
        (_, Ok(())) => Ended::Done,
    }
}

/// Bits that no other run has: std's keys for hashing come from the system's own source of chance, while
/// a generator seeded by the clock can begin alike in two runs.
fn random_bits() -> u64 {
    RandomState::new().build_hasher().finish()
}
