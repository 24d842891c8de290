//! `segue run`.

use std::io::Write;
use std::sync::Arc;
use std::time::Instant;

use tokio_util::sync::CancellationToken;

use super::account::{account, not_begun};
use super::dry::dry_run;
use super::format::{Format, line};
use super::look::look;
use super::signal::listen;
use super::summary::{rejections, summary};
use super::terminal::Terminal;
use super::terms::{rates, said_by, terms};
use super::{RunArgs, off_the_way, refuse_in, refuse_settings_in, settings};
use crate::api::Hosts;
use crate::engine::Failure;
use crate::fault::Fault;
use crate::outbox::RejectedFile;
use crate::request::Secrets;
use crate::run::{Console, Ended, Exit, Given, Job, Report, Run, load};

pub async fn run(args: RunArgs) -> Exit {
    let (format, begun) = (args.format, Instant::now());
    match begin(args).await {
        Ok(exit) => exit,
        Err(exit) => {
            if format == Format::Json {
                let account = line(not_begun(exit, begun.elapsed()), &settings::secrets());
                // Nobody to tell when stderr itself is gone.
                let _ = std::io::stderr().write_all(account.as_bytes());
            }
            exit
        }
    }
}

/// Runs the script to its end.
///
/// # Errors
/// How to exit where the run never began; why not has been told.
async fn begin(args: RunArgs) -> Result<Exit, Exit> {
    let format = args.format;
    let (stop, hurry) = (CancellationToken::new(), CancellationToken::new());
    listen(stop.clone(), hurry.clone());
    let path = args.script.clone();
    let text = tokio::select! {
        text = off_the_way(move || load(&path)) => text,
        // It may be a pipe that nobody writes to.
        () = stop.cancelled() => return Err(Exit::Interrupted),
    };
    let loaded = || Ok((text??, Given::parse(&args.arguments)?, terms(&args)?, rates(&args)?));
    let (text, arguments, mut terms, rates) = match loaded() {
        Ok(loaded) => loaded,
        Err(fault) => {
            refuse_in(format, &fault);
            return Err(Exit::Usage);
        }
    };
    let settings = tokio::select! {
        settings = args.world.settings(rates) => settings,
        // A large sandbox takes a while to be made.
        () = stop.cancelled() => return Err(Exit::Interrupted),
    };
    let settings = match settings {
        Ok(settings) => settings,
        Err(invalid) => return Err(refuse_settings_in(format, &invalid)),
    };
    said_by(&mut terms, &settings);
    let rejected = tokio::select! {
        rejected = rejected(&args, settings.secrets.clone()) => rejected,
        // It may be a pipe that nobody reads.
        () = stop.cancelled() => return Err(Exit::Interrupted),
    };
    let rejected = match rejected {
        Ok(rejected) => rejected,
        Err(fault) => return Err(refuse_in(format, &fault)),
    };
    let mut client = settings.client;
    client.limits = args.retry.over(client.limits);
    let terminal = Arc::new(Terminal::new(settings.secrets.clone(), format));
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
            terminal.note(&format!("the script can't start: {why}"));
            return Err(Exit::Failed);
        }
    };
    let progress = match format {
        Format::Text => tokio::spawn(terminal.clone().progress(run.session.clone())),
        // A machine has no use for it.
        Format::Json => tokio::spawn(async {}),
    };
    let drain = tokio::spawn(terminal.clone().drain());
    let (report, sources) = run.finish(hurry.clone()).await;
    drain.abort();
    progress.abort();
    terminal.clear();
    let written = written(&terminal, &hurry).await;
    let exit = match (report.exit(), &written) {
        (Exit::Done, Err(_)) => Exit::Failed,
        (exit, _) => exit,
    };
    if let Ended::Failed(Failure::Script(wrong)) = &report.ended {
        terminal.tell(&format.wrong(wrong, &sources, &settings.secrets));
    }
    for wrong in rejections(&report) {
        terminal.tell(&format.rejected(&wrong, &sources, &settings.secrets));
    }
    if format == Format::Text {
        tell(&terminal, &report, &hosts);
    }
    if let (Err(why), false) = (&written, matches!(report.ended, Ended::OutputClosed(_))) {
        terminal.note(&format!("the script's output can't be written: {why}"));
    }
    if format == Format::Json {
        // The last of all objects.
        terminal.tell(&line(account(&report, exit), &settings.secrets));
    }
    drop(settings.sandbox);
    Ok(exit)
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
