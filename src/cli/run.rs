//! `segue run`.

use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use serde_json::Value;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::account::{account, not_begun};
use super::aftermath::Aftermath;
use super::dry::dry_run;
use super::format::Format;
use super::job::{Over, over, unstarted};
use super::log::PATIENCE;
use super::look::look;
use super::name::{self, Name};
use super::overlap::{self, Guard, Overlap};
use super::page::{command, under_way};
use super::said::Said;
use super::signal::{last_resort, listen};
use super::summary::summary;
use super::terminal::Terminal;
use super::terms::{rates, said_by, terms};
use super::unattended::{self, Open, unread};
use super::whose::Whose;
use super::{RunArgs, off_the_way, settings};
use crate::api::Hosts;
use crate::diagnostics::cleaned;
use crate::fault::Fault;
use crate::outbox::RejectedFile;
use crate::policy::Asked;
use crate::request::Secrets;
use crate::run::{Console, Ended, Exit, Given, Job, Report, Run, Terms, load};

pub async fn run(args: RunArgs) -> Exit {
    let begun = Instant::now();
    let stops = Stops { stop: CancellationToken::new(), hurry: CancellationToken::new() };
    listen(stops.stop.clone(), stops.hurry.clone());
    tokio::spawn(last_resort(stops.hurry.clone()));
    let (args, secrets) = (Arc::new(args), settings::secrets());
    secrets.add(name::secrets(&args.arguments));
    let mut name = Name::of(&args);
    let terminal = Terminal::new(secrets.clone(), args.format).quiet(args.unattended.quiet);
    let (Open { log, notify }, unopened) = opened(&args, &secrets, &stops.stop).await;
    let terminal = Arc::new(terminal.logging(log));
    let ready = match unopened {
        Some(unopened) => Err(unopened.told(&terminal)),
        None => ready(&args, &mut name, &terminal, &secrets, &stops.stop).await,
    };
    // The lock guards until word of the run is sent.
    let (lock, file, ended) = match ready {
        Ok(Ready { lock, file, whose }) => {
            (lock, file, begin(&args, &whose, &terminal, &secrets, &stops).await)
        }
        Err(Unready { exit, reports }) => {
            let file = match reports {
                true => report(&args, &name, &terminal, &secrets, stops.leave()).await,
                false => Ok(None),
            };
            let file = file.map_err(|why| why.told(&terminal)).ok().flatten();
            (None, file, Err(exit))
        }
    };
    let (exit, words) = match &ended {
        Ok((report, exit)) => (*exit, summary(report)),
        Err(exit) => (*exit, String::new()),
    };
    let summary = |exit: Exit| -> Value {
        let summary = match &ended {
            Ok((report, _)) => account(report, exit, &name),
            Err(_) => not_begun(exit, begun.elapsed(), &name),
        };
        cleaned(summary, &secrets)
    };
    let aftermath = Aftermath { terminal: &terminal, args: &args, secrets: &secrets, stops: &stops };
    let exit = aftermath.settle(exit, summary, &words, file, notify).await;
    drop(lock);
    exit
}

/// What is cancelled as the run is told to stop: once, and again.
pub struct Stops {
    pub stop: CancellationToken,
    pub hurry: CancellationToken,
}

impl Stops {
    /// What a run that is over is left with: told to stop before, it has to be told again; told now, it is meant.
    pub fn leave(&self) -> &CancellationToken {
        if self.stop.is_cancelled() { &self.hurry } else { &self.stop }
    }
}

/// Why not all that is told of the run could be opened.
enum Unopened {
    Fault(Fault),
    Interrupted,
}

impl Unopened {
    /// Tells it.
    fn told(&self, terminal: &Terminal) -> Unready {
        Unready::from(match self {
            Unopened::Fault(fault) => refused(terminal, &Said::Fault(fault)),
            Unopened::Interrupted => Exit::Interrupted,
        })
    }
}

/// What a run begins with.
struct Ready {
    lock: Option<Guard>,
    file: Option<unattended::Report>,
    /// Whose workspace the lock guards.
    whose: Whose,
}

/// How to exit where the run doesn't begin; why not has been told.
struct Unready {
    exit: Exit,
    /// Whether the report tells of it: not where it is another's, nor where it can't be written.
    reports: bool,
}

impl From<Exit> for Unready {
    fn from(exit: Exit) -> Unready {
        Unready { exit, reports: true }
    }
}

async fn opened(
    args: &Arc<RunArgs>,
    secrets: &Secrets,
    stop: &CancellationToken,
) -> (Open, Option<Unopened>) {
    let (asked, secrets) = (args.clone(), secrets.clone());
    let open = off_the_way(move || asked.unattended.open(&asked.script, &secrets));
    match at_once(open, "--log", stop).await {
        Ok((open, fault)) => (open, fault.map(Unopened::Fault)),
        Err(why) => (Open::default(), Some(why)),
    }
}

/// What comes of opening the file of `option`. It may be a pipe that nobody reads.
async fn at_once<T>(
    open: impl Future<Output = Result<T, Fault>>,
    option: &str,
    leave: &CancellationToken,
) -> Result<T, Unopened> {
    tokio::select! {
        opened = timeout(PATIENCE, open) => match opened {
            Ok(opened) => opened.map_err(Unopened::Fault),
            Err(_) => Err(Unopened::Fault(unread(option))),
        },
        () = leave.cancelled() => Err(Unopened::Interrupted),
    }
}

/// Opens the report, and says in it that the run is under way.
///
/// # Errors
/// Why it can't be opened, or that it was left.
async fn report(
    args: &Arc<RunArgs>,
    name: &Name,
    terminal: &Arc<Terminal>,
    secrets: &Secrets,
    leave: &CancellationToken,
) -> Result<Option<unattended::Report>, Unopened> {
    let (asked, told) = (args.clone(), terminal.clone());
    let page = secrets.clean(&under_way(&name.object(), std::process::id())).into_owned();
    let open = off_the_way(move || {
        let mut report = asked.unattended.report(&asked.script, told.log())?;
        report.as_mut().map_or(Ok(()), |report| report.begin(&page))?;
        Ok(report)
    });
    at_once(open, "--report", leave).await?.map_err(Unopened::Fault)
}

/// Sees to it that nobody does the same at once, and that the report is this run's.
///
/// # Errors
/// How to exit where the run doesn't begin.
async fn ready(
    args: &Arc<RunArgs>,
    name: &mut Name,
    terminal: &Arc<Terminal>,
    secrets: &Secrets,
    stop: &CancellationToken,
) -> Result<Ready, Unready> {
    let whose = settings::whose(&args.world).await;
    let whose = whose.map_err(|invalid| refused(terminal, &Said::Settings(&invalid)))?;
    name.profile.clone_from(&whose.profile);
    let lock = guard(args, &whose, name, terminal, stop).await?;
    let report = report(args, name, terminal, secrets, stop).await;
    let file = report.map_err(|why| Unready { reports: false, ..why.told(terminal) })?;
    Ok(Ready { lock, file, whose })
}

/// Tells why the run doesn't begin, and how to exit.
fn refused(terminal: &Terminal, said: &Said<'_>) -> Exit {
    terminal.say(said);
    match said {
        Said::Settings(invalid) => Exit::of(invalid.code().ending()),
        Said::Fault(fault) => Exit::of(fault.code.ending()),
        Said::Wrong(..) | Said::Rejected(..) => Exit::Usage,
    }
}

/// Keeps others from doing the same at once, where that isn't allowed.
///
/// # Errors
/// How to exit where the run doesn't begin.
async fn guard(
    args: &RunArgs,
    whose: &Whose,
    name: &mut Name,
    terminal: &Terminal,
    stop: &CancellationToken,
) -> Result<Option<Guard>, Unready> {
    let asked = &args.unattended;
    let overlap = asked.overlap.unwrap_or(overlap::usual(name.sandbox, args.dry_run));
    // What is in no file, such as a script out of a pipe, is there once.
    if overlap == Overlap::Allow || args.script.canonicalize().is_err() {
        return Ok(None);
    }
    let otherwise = "; or say --overlap allow, and nothing keeps two of them apart";
    // A broadcast that goes out twice is worse than one that doesn't go out.
    let unguarded = |why| refused(terminal, &Said::Fault(&overlap::no_state(&why, otherwise)));
    let attempt = overlap::guard(asked.kept.state.as_deref(), &args.script, &args.arguments, whose).await;
    let owner = match attempt.map_err(unguarded)? {
        Ok(lock) => return Ok(Some(lock)),
        Err(owner) => owner,
    };
    let elsewhere = |exit| Unready { exit, reports: false };
    let command = command(&name.object());
    if overlap == Overlap::Skip {
        terminal.say_aloud(&format!("{command}: skipped, since the same run is under way{owner}"));
        return Err(elsewhere(Exit::Done));
    }
    terminal.note(&format!("{command}: waiting for the same run, which is under way{owner}"));
    tokio::select! {
        lock = owner.gone() => {
            let lock = lock.map_err(unguarded)?;
            name.began = Timestamp::now();
            Ok(Some(lock))
        }
        () = stop.cancelled() => Err(elsewhere(Exit::Interrupted)),
    }
}

/// What the command line binds the run to.
///
/// # Errors
/// As of [`terms`].
fn bound(args: &RunArgs) -> Result<Terms, Fault> {
    let max_rejected = Asked { command_line: args.max_rejected, ..Asked::default() };
    Ok(Terms { max_rejected, ..terms(&args.bounds, args.world.sandbox.is_some(), args.dry_run)? })
}

/// Runs the script to its end: what became of it, and how to exit.
///
/// # Errors
/// How to exit where the run never began; why not has been told.
async fn begin(
    args: &RunArgs,
    whose: &Whose,
    terminal: &Arc<Terminal>,
    secrets: &Secrets,
    Stops { stop, hurry }: &Stops,
) -> Result<(Report, Exit), Exit> {
    let format = args.format;
    let path = args.script.clone();
    let text = tokio::select! {
        text = off_the_way(move || load(&path)) => text,
        // It may be a pipe that nobody writes to.
        () = stop.cancelled() => return Err(Exit::Interrupted),
    };
    let loaded = || Ok((text??, Given::parse(&args.arguments)?, bound(args)?, rates(&args.bounds)?));
    let (text, arguments, mut terms, rates) = match loaded() {
        Ok(loaded) => loaded,
        Err(fault) => {
            refused(terminal, &Said::Fault(&fault));
            return Err(Exit::Usage);
        }
    };
    let settings = tokio::select! {
        settings = args.world.settings_beside(rates, secrets.clone()) => settings,
        // A large sandbox takes a while to be made.
        () = stop.cancelled() => return Err(Exit::Interrupted),
    };
    let settings = settings.map_err(|invalid| refused(terminal, &Said::Settings(&invalid)))?;
    if !terms.sandbox() && settings.whose != *whose {
        // What is guarded, and told of in the report, is another's.
        return Err(refused(terminal, &Said::Fault(&settings.whose.elsewhere(whose, "this run"))));
    }
    said_by(&mut terms, &settings);
    let rejected = tokio::select! {
        rejected = rejected(args, settings.secrets.clone()) => rejected,
        // It may be a pipe that nobody reads.
        () = stop.cancelled() => return Err(Exit::Interrupted),
    };
    let rejected = rejected.map_err(|fault| refused(terminal, &Said::Fault(&fault)))?;
    let mut client = settings.client;
    client.limits = args.bounds.retry.over(client.limits);
    let hosts = client.hosts.clone();
    let job = Job {
        text,
        source: args.script.display().to_string(),
        arguments,
        client,
        terms,
        rejected,
        console: terminal.clone(),
    };
    let run = match Run::start(job, stop.clone()) {
        Ok(run) => run,
        Err(why) => {
            terminal.note_wrong(&unstarted(&why));
            return Err(Exit::Failed);
        }
    };
    // A machine has no use for it.
    let shown = format == Format::Text && !args.unattended.quiet;
    let progress = shown.then(|| tokio::spawn(terminal.clone().progress(run.session.clone())));
    let over = over(run, terminal, progress, hurry).await;
    let exit = match (over.report.exit(), &over.written) {
        (Exit::Done, Err(_)) => Exit::Failed,
        (exit, _) => exit,
    };
    over.tell(|said| terminal.say(said));
    let Over { report, written, .. } = over;
    if shown {
        tell(terminal, &report, &hosts);
    }
    if let (Err(why), false) = (&written, matches!(report.ended, Ended::OutputClosed(_))) {
        terminal.note_wrong(&format!("the script's output can't be written: {why}"));
    }
    drop(settings.sandbox);
    Ok((report, exit))
}

/// Opens the file for rejected writes; a dry run has none.
///
/// # Errors
/// A fault when nothing can be written there.
async fn rejected(args: &RunArgs, secrets: Secrets) -> Result<Option<RejectedFile>, Fault> {
    let Some(path) = args.rejected.clone().filter(|_| !args.dry_run) else { return Ok(None) };
    off_the_way(move || RejectedFile::open(&path, secrets)).await?.map(Some)
}

/// Tells what became of the run: its last lines, and what a dry run kept back.
fn tell(terminal: &Terminal, report: &Report, hosts: &Hosts) {
    terminal.tell_plainly(&look().words(&summary(report)));
    if let Some(dry) = &report.dry_run {
        terminal.tell_plainly(&dry_run(dry, hosts));
    }
}
