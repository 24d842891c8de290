//! `segue run`.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::dry::dry_run;
use super::look::look;
use super::signal::listen;
use super::summary::{rejections, summary};
use super::terminal::Terminal;
use super::terms::{rates, said_by, terms};
use super::{RunArgs, off_the_way, refuse, refuse_settings};
use crate::api::Hosts;
use crate::diagnostics::show;
use crate::engine::{Failure, Sources};
use crate::fault::Fault;
use crate::outbox::RejectedFile;
use crate::request::Secrets;
use crate::run::{Ended, Exit, Given, Job, Report, Run, load};

pub async fn run(args: RunArgs) -> Exit {
    let (stop, hurry) = (CancellationToken::new(), CancellationToken::new());
    listen(stop.clone(), hurry.clone());
    let path = args.script.clone();
    let text = tokio::select! {
        text = off_the_way(move || load(&path)) => text,
        // It may be a pipe that nobody writes to.
        () = stop.cancelled() => return Exit::Interrupted,
    };
    let loaded = || Ok((text??, Given::parse(&args.arguments)?, terms(&args)?, rates(&args)?));
    let (text, arguments, mut terms, rates) = match loaded() {
        Ok(loaded) => loaded,
        Err(fault) => {
            refuse(&fault);
            return Exit::Usage;
        }
    };
    let settings = tokio::select! {
        settings = args.world.settings(rates) => settings,
        // A large sandbox takes a while to be made.
        () = stop.cancelled() => return Exit::Interrupted,
    };
    let settings = match settings {
        Ok(settings) => settings,
        Err(invalid) => return refuse_settings(&invalid),
    };
    said_by(&mut terms, &settings);
    let rejected = tokio::select! {
        rejected = rejected(&args, settings.secrets.clone()) => rejected,
        // It may be a pipe that nobody reads.
        () = stop.cancelled() => return Exit::Interrupted,
    };
    let rejected = match rejected {
        Ok(rejected) => rejected,
        Err(fault) => return refuse(&fault),
    };
    let mut client = settings.client;
    client.limits = args.retry.over(client.limits);
    let terminal = Arc::new(Terminal::new(settings.secrets.clone()));
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
    let run = match Run::start(job, stop) {
        Ok(run) => run,
        Err(why) => {
            terminal.tell(&format!("the script can't start: {why}\n"));
            return Exit::Failed;
        }
    };
    let progress = tokio::spawn(terminal.clone().progress(run.session.clone()));
    let drain = tokio::spawn(terminal.clone().drain());
    let (report, sources) = run.finish(hurry.clone()).await;
    drain.abort();
    progress.abort();
    terminal.clear();
    let written = written(&terminal, &hurry).await;
    tell(&terminal, &report, &sources, &hosts, &settings.secrets);
    if let (Err(why), false) = (&written, matches!(report.ended, Ended::OutputClosed(_))) {
        terminal.tell(&format!("the script's output can't be written: {why}\n"));
    }
    drop(settings.sandbox);
    match (report.exit(), written) {
        (Exit::Done, Err(_)) => Exit::Failed,
        (exit, _) => exit,
    }
}

/// Opens the file for rejected writes; a dry run has none.
///
/// # Errors
/// A fault when nothing can be written there.
async fn rejected(args: &RunArgs, secrets: Secrets) -> Result<Option<RejectedFile>, Fault> {
    let Some(path) = args.rejected.clone().filter(|_| !args.dry_run) else { return Ok(None) };
    off_the_way(move || RejectedFile::open(&path, secrets)).await?.map(Some)
}

/// Tells what became of the run: what ended it, its last lines, and what a dry run kept back.
fn tell(terminal: &Terminal, report: &Report, sources: &Sources, hosts: &Hosts, secrets: &Secrets) {
    if let Ended::Failed(Failure::Script(wrong)) = &report.ended {
        terminal.tell(&show(wrong, sources, look(), secrets));
    }
    for wrong in rejections(report) {
        terminal.tell(&format!("\n{}", show(&wrong, sources, look(), secrets)));
    }
    terminal.tell(&look().words(&summary(report)));
    if let Some(dry) = &report.dry_run {
        terminal.tell(&dry_run(dry, hosts));
    }
}

/// Writes out what is left of the output. A reader that takes nothing any more can hold this up, and a
/// script that hangs in its own writing can too, until the run is told a second time to stop.
async fn written(terminal: &Arc<Terminal>, hurry: &CancellationToken) -> std::io::Result<()> {
    let writer = terminal.clone();
    tokio::select! {
        biased;
        () = hurry.cancelled() => Ok(()),
        written = tokio::task::spawn_blocking(move || writer.flush()) => written.unwrap_or(Ok(())),
    }
}
