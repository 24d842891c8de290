//! What is told of a run once it is over: to a file, to an address, to the log, and in its last line.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::format::{Format, line};
use super::log::{Log, PATIENCE};
use super::page::{headline, page};
use super::run::Stops;
use super::said::Said;
use super::terminal::Terminal;
use super::unattended::{self, Notify, lost};
use super::{RunArgs, off_the_way};
use crate::api::Untaken;
use crate::fault::{Fault, time_in_words};
use crate::request::Secrets;
use crate::run::{Console, Exit};

/// Why something of it isn't done.
const STOPPED: &str = "the run was told to stop";

/// Tells it.
pub struct Aftermath<'r> {
    pub terminal: &'r Arc<Terminal>,
    pub args: &'r RunArgs,
    pub secrets: &'r Secrets,
    pub stops: &'r Stops,
}

impl Aftermath<'_> {
    /// Tells of a run that ended with `exit` in all the ways that were asked for, and says how to exit: a run that
    /// went well but for the telling has failed. `summary` gives what it came to, without secrets, and `words` are
    /// its last lines.
    pub async fn settle(
        &self,
        mut exit: Exit,
        summary: impl Fn(Exit) -> Value,
        words: &str,
        file: Option<unattended::Report>,
        notify: Option<Notify>,
    ) -> Exit {
        let Aftermath { terminal, args, secrets, stops } = self;
        let leave = stops.leave();
        // Where more is told, and what isn't whole of it.
        let (mut look, mut lost_too) = (vec![], vec![]);
        if let Some(file) = file {
            look.push(file.path.clone());
            let page = page(&summary(exit), &format!("{}\n{words}", terminal.told().drawn));
            if let Err(fault) = write(file, secrets.clean(&page).into_owned(), leave).await {
                terminal.say(&Said::Fault(&fault));
                look.clear();
                lost_too.push(fault.message);
                exit = failed(exit);
            }
        }
        look.extend(terminal.log().map(|log| log.path.clone()));
        let mut unsent = None;
        if let Some(notify) = notify {
            let summary = summary(exit);
            let line = self.headline(&summary, &look, &lost_too);
            let sent = patiently(leave, notify.send(&summary, &line)).await;
            // It may have been on its way.
            let stopped = Untaken { why: STOPPED.into(), maybe: true };
            unsent = sent.unwrap_or_else(|| Err(notify.unsent(&stopped))).err();
        }
        if let Some(why) = &unsent {
            terminal.note(why);
        }
        let summary = |exit| {
            let mut summary = summary(exit);
            if let Some(why) = &unsent {
                summary["unsent"] = json!(why);
            }
            summary
        };
        if let Some(log) = terminal.log() {
            log.take(&line(summary(exit), secrets));
            let told = Arc::clone(terminal);
            let finished = patiently(leave, off_the_way(move || told.log().and_then(Log::finish)));
            let why = match finished.await {
                Some(finished) => finished.unwrap_or_else(|fault| Some(fault.message)),
                None => Some(STOPPED.into()),
            };
            if let Some(why) = why {
                let fault = lost("--log", &log.path, &why);
                terminal.say(&Said::Fault(&fault));
                look.retain(|path| *path != log.path);
                lost_too.push(fault.message);
                exit = failed(exit);
            }
        }
        let quiet = args.unattended.quiet;
        let well = exit == Exit::Done && unsent.is_none();
        match args.format {
            // The last of all objects.
            Format::Json if !quiet || !well => terminal.tell(&line(summary(exit), secrets)),
            Format::Text if quiet && !well => {
                terminal.tell_plainly(&format!("{}\n", self.headline(&summary(exit), &look, &lost_too)));
            }
            _ => {}
        }
        exit
    }

    /// The run in one line, with `look` for where more is told, and `lost` for what isn't whole.
    fn headline(&self, summary: &Value, look: &[String], lost: &[String]) -> String {
        let told = self.terminal.told();
        let mut line = headline(summary, told.first.as_deref(), look);
        // Of a run that went well, it is why the line is told at all.
        for lost in lost.iter().filter(|lost| told.first.as_ref() != Some(*lost)) {
            line.push_str("; ");
            line.push_str(lost);
        }
        line
    }
}

/// A run of which not everything could be told as it was asked for.
fn failed(exit: Exit) -> Exit {
    if exit == Exit::Done { Exit::Failed } else { exit }
}

async fn write(mut file: unattended::Report, page: String, leave: &CancellationToken) -> Result<(), Fault> {
    let unfinished = |why: &str| lost("--report", &file.path, why);
    let (stopped, late) =
        (unfinished(STOPPED), unfinished(&format!("it wasn't written in {}", time_in_words(PATIENCE))));
    // It may be a pipe, too.
    let write = timeout(PATIENCE, off_the_way(move || file.write(&page)));
    match patiently(leave, write).await {
        Some(Ok(written)) => written?,
        Some(Err(_)) => Err(late),
        None => Err(stopped),
    }
}

/// How long goes on what one is told to leave: what takes no longer is better done.
const MOMENT: Duration = Duration::from_millis(300);

/// What comes of `work`; nothing where one is told to leave it and it isn't done at once.
pub async fn patiently<T>(leave: &CancellationToken, work: impl Future<Output = T>) -> Option<T> {
    let left = async {
        leave.cancelled().await;
        sleep(MOMENT).await;
    };
    tokio::select! {
        biased;
        done = work => Some(done),
        () = left => None,
    }
}
