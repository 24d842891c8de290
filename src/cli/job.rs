//! A run whose output goes out as it comes, until all of it has.

use std::io;
use std::sync::Arc;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::aftermath::patiently;
use super::said::Said;
use super::summary::rejections;
use super::terminal::Terminal;
use crate::engine::{Failure, Sources};
use crate::run::{Ended, Report, Run};

/// What became of a run.
pub struct Over {
    pub report: Report,
    pub sources: Sources,
    /// Whether all of its output could be written.
    pub written: io::Result<()>,
}

/// Waits for the end of `run`, writes out what it says, and ends what showed its progress.
pub async fn over(
    run: Run,
    terminal: &Arc<Terminal>,
    progress: Option<JoinHandle<()>>,
    hurry: &CancellationToken,
) -> Over {
    let drain = tokio::spawn(terminal.clone().drain());
    let (report, sources) = run.finish(hurry.clone()).await;
    drain.abort();
    if let Some(progress) = progress {
        progress.abort();
        terminal.clear();
    }
    Over { report, sources, written: flushed(terminal, hurry).await }
}

impl Over {
    /// Says what went wrong: in the script, and with the writes that were rejected.
    pub fn tell(&self, mut say: impl FnMut(&Said<'_>)) {
        if let Ended::Failed(Failure::Script(wrong)) = &self.report.ended {
            say(&Said::Wrong(wrong, &self.sources));
        }
        for wrong in rejections(&self.report) {
            say(&Said::Rejected(&wrong, &self.sources));
        }
    }

    /// Whether there is nobody left who reads the output.
    pub fn closed(&self) -> bool {
        self.written.is_err() || matches!(self.report.ended, Ended::OutputClosed(_))
    }
}

/// Why a run couldn't begin at all.
pub fn unstarted(why: &io::Error) -> String {
    format!("the script can't start: {why}")
}

/// Writes out what is left of a run's output. A reader that takes nothing any more can hold this up, and a script that
/// hangs in its own writing can too, until the run is told a second time to stop.
///
/// # Errors
/// When nobody reads stdout any more.
async fn flushed(terminal: &Arc<Terminal>, hurry: &CancellationToken) -> io::Result<()> {
    let writer = terminal.clone();
    let written = patiently(hurry, tokio::task::spawn_blocking(move || writer.flush())).await;
    written.and_then(Result::ok).unwrap_or(Ok(()))
}
