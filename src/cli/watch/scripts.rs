//! The runs of a watch.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use tokio_util::sync::CancellationToken;

use super::super::config::Invalid;
use super::super::dry::dry_run;
use super::super::format::Format;
use super::super::job::{over, unstarted};
use super::super::look::look;
use super::super::overlap::{self, Guard, Overlap};
use super::super::progress::{Watch, line};
use super::super::summary::summary;
use super::super::terminal::Terminal;
use super::super::terms::said_by;
use super::super::whose::Whose;
use super::super::{WatchArgs, World, off_the_way, settings};
use crate::engine::Sources;
use crate::fault::{Fault, visible};
use crate::policy::{Grants, Rates};
use crate::request::Secrets;
use crate::run::{Console, Ended, Examined, Exit, Given, Job, Session, Terms, examine, load};
use crate::watch::{Run, Runs, Tail, Told};

/// How the scripts are run.
pub struct Scripts {
    pub args: WatchArgs,
    pub world: World,
    /// Whose workspace it was when the watch began.
    pub whose: Whose,
    pub terms: Terms,
    pub rates: Rates,
    pub here: PathBuf,
    pub folder: bool,
    /// Where a screen shows what a run says; without one it goes out as it comes.
    pub tail: Option<Arc<Tail>>,
}

/// Starts them.
pub struct Starter(pub Arc<Scripts>);

/// A run under way, once it is.
type Begun = Arc<OnceLock<(Arc<Session>, Sources)>>;

impl Runs for Starter {
    fn start(&self, script: PathBuf) -> Run {
        let (stop, hurry) = (CancellationToken::new(), CancellationToken::new());
        let begun: Begun = Arc::default();
        let (of_files, of_progress) = (begun.clone(), begun.clone());
        let files = move || {
            let Some((session, sources)) = of_files.get() else { return vec![] };
            session.files().into_iter().chain(sources.files()).map(PathBuf::from).collect()
        };
        let mut watch = Watch::default();
        let progress = move |columns| {
            let (session, _) = of_progress.get()?;
            Some(line(&watch.see(&session.progress()), columns, look().unicode))
        };
        let run = self.0.clone().run(script, begun, stop.clone(), hurry.clone());
        Run { stop, hurry, files: Arc::new(files), progress: Box::new(progress), done: tokio::spawn(run) }
    }

    fn reads(&self, script: PathBuf) -> Vec<PathBuf> {
        let examined = self.0.examined(&script);
        examined.map_or(vec![], |examined| examined.sources.files().into_iter().map(PathBuf::from).collect())
    }
}

impl Scripts {
    fn name(&self, script: &Path) -> String {
        script.strip_prefix(&self.here).unwrap_or(script).display().to_string()
    }

    /// Reads a script and checks it; `None` where it can't be read, which running it tells better.
    fn examined(&self, script: &Path) -> Option<Examined> {
        examine(
            load(script).ok()?,
            self.name(script),
            Terms { grants: Grants { all: true, ..Grants::default() }, ..Terms::default() },
        )
        .ok()
    }

    async fn run(
        self: Arc<Self>,
        script: PathBuf,
        begun: Begun,
        stop: CancellationToken,
        hurry: CancellationToken,
    ) -> Told {
        self.begin(script, begun, stop, hurry).await.unwrap_or_else(|told| told)
    }

    /// Runs `script` to its end.
    ///
    /// # Errors
    /// What is to be told where the run never began.
    async fn begin(
        self: Arc<Self>,
        script: PathBuf,
        begun: Begun,
        stop: CancellationToken,
        hurry: CancellationToken,
    ) -> Result<Told, Told> {
        let refused = |fault: Fault| unbegun(Format::Text.fault(&fault, &settings::secrets()));
        let (path, these) = (PathBuf::from(self.name(&script)), self.clone());
        let read = off_the_way(move || {
            let text = load(&path)?;
            Ok((text, these.folder.then(|| these.examined(&path)).flatten()))
        });
        let (text, examined) = read.await.and_then(|read| read).map_err(refused)?;
        if examined.as_ref().is_some_and(|examined| !examined.runs) {
            return Err(Told { module: true, ..unbegun(String::new()) });
        }
        let taken = self.taken(examined.as_ref());
        let arguments = Given::parse(&taken).map_err(refused)?;
        let invalid = |invalid: Invalid| unbegun(Format::Text.settings(&invalid, &settings::secrets()));
        // Until its last word is out.
        let _lock = self.guard(&script, &taken).await?;
        let settings = self.world.settings(self.rates.clone()).await.map_err(invalid)?;
        if self.world.sandbox.is_none() && settings.whose != self.whose {
            return Err(refused(settings.whose.elsewhere(&self.whose, "this watch")));
        }
        let mut terms = self.terms.clone();
        let grants = terms.grants.clone();
        said_by(&mut terms, &settings);
        terms.grants = grants;
        let secrets = settings.secrets.clone();
        let terminal = Arc::new(Terminal::new(secrets.clone(), Format::Text));
        let mut client = settings.client;
        client.limits = self.args.bounds.retry.over(client.limits);
        let hosts = client.hosts.clone();
        let job = Job {
            text,
            source: self.name(&script),
            arguments,
            client,
            terms,
            rejected: None,
            console: match &self.tail {
                Some(tail) => Arc::new(Shown {
                    tail: tail.clone(),
                    terminal: (!std::io::stdout().is_terminal()).then(|| terminal.clone()),
                    secrets: secrets.clone(),
                }),
                None => terminal.clone(),
            },
        };
        let run = crate::run::Run::start(job, stop);
        let run = run.map_err(|why| unbegun(format!("{}\n", unstarted(&why))))?;
        // Nobody has begun it before.
        let _ = begun.set((run.session.clone(), run.sources.clone()));
        let over = over(run, &terminal, None, &hurry).await;
        drop(settings.sandbox);
        let mut diagnostics = String::new();
        over.tell(|said| diagnostics.push_str(&said.told(Format::Text, &secrets)));
        let report = &over.report;
        let dry = report.dry_run.as_ref().map(|dry| dry_run(dry, &hosts)).unwrap_or_default();
        let summary = format!("{}{dry}", look().words(&summary(report)));
        Ok(Told {
            good: report.exit() == Exit::Done,
            skipped: false,
            module: false,
            closed: over.closed(),
            called: !report.calls.is_empty(),
            doubt: report.ledger.total.in_doubt > 0,
            interrupted: matches!(report.ended, Ended::Interrupted),
            diagnostics: secrets.clean(&diagnostics).into(),
            summary: visible(&secrets.clean(&summary)).into_owned(),
        })
    }

    /// Keeps a run under cron, and another watch, from doing the same on the workspace at once.
    ///
    /// # Errors
    /// What is told of a run that doesn't begin for it.
    async fn guard(&self, script: &Path, arguments: &[String]) -> Result<Option<Guard>, Told> {
        let usual = overlap::usual(self.world.sandbox.is_some(), self.args.dry_run);
        if usual == Overlap::Allow {
            return Ok(None);
        }
        let state = self.args.kept.state.as_deref();
        match overlap::guard(state, script, arguments, &self.whose).await {
            Ok(Ok(lock)) => Ok(Some(lock)),
            Ok(Err(owner)) => {
                let summary =
                    format!("skipped, since the same run is under way{owner}: press r when it has ended\n");
                Err(Told { skipped: true, summary, ..Told::default() })
            }
            Err(why) => {
                let fault = overlap::no_state(&why, "");
                Err(unbegun(Format::Text.fault(&fault, &settings::secrets())))
            }
        }
    }

    /// The arguments that are for a script: of those of a folder, what it takes.
    fn taken(&self, examined: Option<&Examined>) -> Vec<String> {
        let takes = |word: &&String| {
            let name = word.split('=').next().unwrap_or_default();
            examined.is_none_or(|examined| {
                examined.open || examined.arguments.iter().any(|argument| argument.name == name)
            })
        };
        self.args.arguments.iter().filter(takes).cloned().collect()
    }
}

/// What is told of a run that never began.
fn unbegun(diagnostics: String) -> Told {
    Told { diagnostics, summary: "failed: nothing was sent\n".into(), ..Told::default() }
}

/// What a run says, for a screen.
struct Shown {
    tail: Arc<Tail>,
    /// Where the output goes that isn't for the screen.
    terminal: Option<Arc<Terminal>>,
    secrets: Secrets,
}

impl Console for Shown {
    fn out(&self, line: &str) -> std::io::Result<()> {
        match &self.terminal {
            Some(terminal) => terminal.out(line),
            None => {
                self.tail.out(&self.secrets.clean(line));
                Ok(())
            }
        }
    }

    fn note(&self, line: &str) {
        self.tail.note(&self.secrets.clean(line));
    }
}
