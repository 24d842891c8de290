//! `segue run`.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::look::look;
use super::summary::summary;
use super::terminal::Terminal;
use super::{RunArgs, refuse};
use crate::diagnostics::show;
use crate::engine::Failure;
use crate::run::{Ended, Exit, Given, Job, Run, load};

pub async fn run(args: RunArgs) -> Exit {
    let loaded = load(&args.script).and_then(|text| Ok((text, Given::parse(&args.arguments)?)));
    let (text, arguments) = match loaded {
        Ok(loaded) => loaded,
        Err(fault) => return refuse(&fault),
    };
    let settings = match args.world.settings().await {
        Ok(settings) => settings,
        Err(fault) => return refuse(&fault),
    };
    let terminal = Arc::new(Terminal::new(settings.secrets.clone()));
    let stop = CancellationToken::new();
    tokio::spawn(interrupt(stop.clone()));
    let job = Job {
        text,
        source: args.script.display().to_string(),
        arguments,
        client: settings.client,
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
    let (report, sources) = run.finish().await;
    progress.abort();
    // It may be drawing just now.
    let _ = progress.await;
    let written = terminal.finish();
    if let Ended::Failed(Failure::Script(wrong)) = &report.ended {
        terminal.tell(&show(wrong, &sources, look(), &settings.secrets));
    }
    terminal.tell(&summary(&report));
    drop(settings.sandbox);
    match (report.exit(), written) {
        (Exit::Done, Err(_)) => Exit::Failed,
        (exit, _) => exit,
    }
}

/// Ctrl-C stops the run; a second one ends the process at once.
async fn interrupt(stop: CancellationToken) {
    if tokio::signal::ctrl_c().await.is_ok() {
        stop.cancel();
    }
    if tokio::signal::ctrl_c().await.is_ok() {
        std::process::exit(i32::from(Exit::Interrupted.code()));
    }
}
