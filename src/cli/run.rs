//! `segue run`.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::dry::dry_run;
use super::look::look;
use super::settings::Settings;
use super::signal::listen;
use super::summary::summary;
use super::terminal::Terminal;
use super::tools::find;
use super::{RunArgs, refuse, refuse_settings};
use crate::diagnostics::show;
use crate::engine::Failure;
use crate::fault::{At, Code, Fault};
use crate::policy::{Asked, Grants, Most, Rates};
use crate::run::{Ended, Exit, Given, Job, Run, Terms, load};

pub async fn run(args: RunArgs) -> Exit {
    let (stop, hurry) = (CancellationToken::new(), CancellationToken::new());
    listen(stop.clone(), hurry.clone());
    let loaded = || Ok((load(&args.script)?, Given::parse(&args.arguments)?, terms(&args)?, rates(&args)?));
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
    // It may be drawing just now.
    let _ = progress.await;
    terminal.clear();
    let written = written(&terminal, &hurry).await;
    if let Ended::Failed(Failure::Script(wrong)) = &report.ended {
        terminal.tell(&show(wrong, &sources, look(), &settings.secrets));
    }
    terminal.tell(&summary(&report));
    if let Some(dry) = &report.dry_run {
        terminal.tell(&dry_run(dry, &hosts));
    }
    if let (Err(why), false) = (&written, matches!(report.ended, Ended::OutputClosed(_))) {
        terminal.tell(&format!("the script's output can't be written: {why}\n"));
    }
    drop(settings.sandbox);
    match (report.exit(), written) {
        (Exit::Done, Err(_)) => Exit::Failed,
        (exit, _) => exit,
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

/// Adds what `segue.toml` says of the run.
fn said_by(terms: &mut Terms, settings: &Settings) {
    for word in settings.allow.words() {
        terms.grants.allow(word);
    }
    terms.profile = settings.profile.as_ref().map(|profile| profile.name.clone());
    terms.workspace = terms.workspace.or(settings.workspace);
    terms.max_people.profile = settings.max_people.map(Most::People);
    terms.strict_answers |= settings.strict_answers;
}

/// How fast the run may go, as far as the command line says.
fn rates(args: &RunArgs) -> Result<Rates, Fault> {
    let mut rates = Rates::default();
    if let Some(share) = args.share {
        rates.share(share)?;
    }
    for limit in &args.limit {
        let fault = || {
            Fault::new(Code::SettingInvalid, At::Call, format!("--limit {limit} isn't written name=rate"))
                .help("for example --limit app=5")
        };
        let (word, rate) = limit.split_once('=').ok_or_else(fault)?;
        rates.limit(word, rate.parse().map_err(|_| fault())?)?;
    }
    Ok(rates)
}

/// What the run may do. In a sandbox nothing needs to be granted; what is refused stays refused.
fn terms(args: &RunArgs) -> Result<Terms, Fault> {
    let mut grants =
        Grants { all: args.world.sandbox.is_some(), read_only: args.read_only, ..Grants::default() };
    for word in &args.allow {
        grants.allow(word);
    }
    for name in &args.deny {
        grants.denied.push(find(name)?.slug);
    }
    Ok(Terms {
        grants,
        dry_run: args.dry_run,
        time_limit: args.time_limit.map(Duration::from_secs),
        workspace: args.workspace,
        max_people: Asked { command_line: args.max_people, ..Asked::default() },
        strict_answers: args.strict_answers,
        ..Terms::default()
    })
}
