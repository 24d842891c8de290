//! `segue watch`.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio_util::sync::CancellationToken;

use super::aftermath::flushed;
use super::config;
use super::dry::dry_run;
use super::format::Format;
use super::look::{columns, look, redraws};
use super::progress::{Watch, line};
use super::restored::Restored;
use super::signal::each;
use super::summary::{rejections, summary};
use super::terminal::Terminal;
use super::terms::{grants, said_by};
use super::{WatchArgs, World, off_the_way, refuse, refuse_settings, settings};
use crate::engine::{Failure, Sources};
use crate::fault::{At, Code, Fault, io_in_words, visible};
use crate::policy::{Asked, Grants, Rates};
use crate::request::Secrets;
use crate::run::{Console, Ended, Examined, Exit, Given, Job, Report, Session, Terms, examine, load};
use crate::watch::{Ask, Plain, Run, Runs, Screen, Stage, Tail, Target, Told, Where, keys};

pub async fn watch(args: WatchArgs) -> Exit {
    // In the background there is nothing to put back, and no leave to.
    let restored = keys::are_ours().then(Restored::new);
    let exit = begin(args).await.unwrap_or_else(|exit| exit);
    drop(restored);
    exit
}

/// Watches until somebody ends it.
///
/// # Errors
/// How to exit where it never began; why not has been told.
async fn begin(args: WatchArgs) -> Result<Exit, Exit> {
    let (tell, asks) = unbounded_channel();
    signals(tell.clone());
    let target = target(&args).map_err(|fault| refuse(&fault))?;
    let world = World {
        sandbox: match (&args.sandbox, args.live || args.dry_run) {
            (Some(url), _) => Some(url.clone()),
            (None, real) => (!real).then(String::new),
        },
        people: args.people,
        profile: args.profile.clone(),
    };
    let terms = terms(&args, world.sandbox.is_some()).map_err(|fault| refuse(&fault))?;
    if !target.folder {
        // As a run would, before anything is watched.
        Given::parse(&args.arguments).map_err(|fault| refuse(&fault))?;
    }
    // What is wrong with the settings is better said at once.
    let profile = match world.settings(Rates::default()).await {
        Ok(settings) => settings.profile.map(|profile| profile.name),
        Err(invalid) => return Err(refuse_settings(&invalid)),
    };
    let keys = keys_of(profile);
    let place = match (args.live, args.dry_run, world.sandbox.is_some()) {
        (true, ..) => Where::Live(keys.clone()),
        (false, true, false) => Where::DryRun(keys.clone()),
        _ => Where::Sandbox,
    };
    let tail = Arc::new(Tail::default());
    let screen = redraws();
    let stage: Box<dyn Stage> = match screen {
        true => {
            let pressed = keys::listen();
            if pressed {
                keys::read(tell);
            }
            Box::new(Screen::new(place, pressed, tail.clone(), look, size))
        }
        false => Box::new(Plain::new(place, look)),
    };
    let runs = Scripts {
        world,
        keys,
        terms,
        given: args.arguments,
        here: target.here.clone(),
        folder: target.folder,
        tail: screen.then_some(tail),
    };
    Ok(crate::watch::watch(target, Arc::new(Starter(Arc::new(runs))), stage, asks).await)
}

/// What is watched.
///
/// # Errors
/// A fault when there is no such script or folder.
fn target(args: &WatchArgs) -> Result<Target, Fault> {
    let fault = |message: String| Fault::new(Code::ScriptUnreadable, At::Call, message);
    let here = std::env::current_dir()
        .map_err(|why| fault(format!("the current folder can't be found: {}", io_in_words(&why))))?;
    let folder = args.path.is_dir();
    if !folder {
        // A mistyped name would be waited for forever.
        load(&args.path)?;
    }
    let path = here.join(&args.path).components().collect();
    Ok(Target { path, folder, settings: config::places(&here), here, poll: args.poll })
}

/// What a run is bound to. What a profile allows is meant for runs that somebody starts: here each save does.
fn terms(args: &WatchArgs, sandbox: bool) -> Result<Terms, Fault> {
    Ok(Terms {
        grants: grants(&args.may, sandbox)?,
        dry_run: args.dry_run,
        time_limit: args.time_limit.map(Duration::from_secs),
        max_people: Asked { command_line: args.max_people, ..Asked::default() },
        ..Terms::default()
    })
}

/// Tells of signals: those that end the watch, and those after which the screen is another.
fn signals(tell: UnboundedSender<Ask>) {
    let told = tell.clone();
    each(move |signal| {
        // Nobody listens any more when the watch has ended.
        let _ = told.send(Ask::Stop(signal));
    });
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let continued = SignalKind::from_raw(rustix::process::Signal::CONT.as_raw());
        for (kind, back) in [(SignalKind::window_change(), false), (continued, true)] {
            // Without it the screen is drawn at the next run.
            let Ok(mut signals) = signal(kind) else { continue };
            let tell = tell.clone();
            tokio::spawn(async move {
                while signals.recv().await.is_some() {
                    if back && redraws() {
                        // Whoever had the terminal meanwhile has put its modes back.
                        keys::listen();
                    }
                    if tell.send(Ask::Redraw).is_err() {
                        return;
                    }
                }
            });
        }
    }
}

/// The rows and columns of the screen.
fn size() -> (usize, usize) {
    let size = terminal_size::terminal_size_of(std::io::stderr());
    (size.map_or(24, |(_, rows)| usize::from(rows.0)), columns())
}

/// How the scripts are run.
struct Scripts {
    world: World,
    /// Where the keys came from when the watch began.
    keys: String,
    terms: Terms,
    given: Vec<String>,
    here: PathBuf,
    folder: bool,
    /// Where a screen shows what a run says; without one it goes out as it comes.
    tail: Option<Arc<Tail>>,
}

struct Starter(Arc<Scripts>);

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
        let arguments = Given::parse(&self.taken(examined.as_ref())).map_err(refused)?;
        let settings = self.world.settings(Rates::default()).await;
        let settings =
            settings.map_err(|invalid| unbegun(Format::Text.settings(&invalid, &settings::secrets())))?;
        let keys = keys_of(settings.profile.as_ref().map(|profile| profile.name.clone()));
        if self.world.sandbox.is_none() && keys != self.keys {
            return Err(refused(elsewhere(&keys, &self.keys)));
        }
        let mut terms = self.terms.clone();
        let grants = terms.grants.clone();
        said_by(&mut terms, &settings);
        terms.grants = grants;
        let secrets = settings.secrets.clone();
        let terminal = Arc::new(Terminal::new(secrets.clone(), Format::Text));
        let hosts = settings.client.hosts.clone();
        let job = Job {
            text,
            source: self.name(&script),
            arguments,
            client: settings.client,
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
        let run = run.map_err(|why| unbegun(format!("the script can't start: {why}\n")))?;
        // Nobody has begun it before.
        let _ = begun.set((run.session.clone(), run.sources.clone()));
        let drain = tokio::spawn(terminal.clone().drain());
        let (report, sources) = run.finish(hurry.clone()).await;
        drain.abort();
        let closed = flushed(&terminal, &hurry).await.is_err();
        drop(settings.sandbox);
        let dry = report.dry_run.as_ref().map(|dry| dry_run(dry, &hosts)).unwrap_or_default();
        let summary = format!("{}{dry}", look().words(&summary(&report)));
        let diagnostics = diagnostics(&report, &sources, &secrets);
        Ok(Told {
            good: report.exit() == Exit::Done,
            module: false,
            closed: closed || matches!(report.ended, Ended::OutputClosed(_)),
            called: !report.calls.is_empty(),
            doubt: report.ledger.total.in_doubt > 0,
            diagnostics,
            summary: visible(&secrets.clean(&summary)).into_owned(),
        })
    }

    /// The arguments that are for a script: of those of a folder, what it takes.
    fn taken(&self, examined: Option<&Examined>) -> Vec<String> {
        let takes = |word: &&String| {
            let name = word.split('=').next().unwrap_or_default();
            examined.is_none_or(|examined| {
                examined.open || examined.arguments.iter().any(|argument| argument.name == name)
            })
        };
        self.given.iter().filter(takes).cloned().collect()
    }
}

/// Where the keys of a run come from.
fn keys_of(profile: Option<String>) -> String {
    Terms { profile, ..Terms::default() }.keys()
}

/// The fault of a run that `segue.toml`, which was saved meanwhile, would send to another workspace.
fn elsewhere(keys: &str, began: &str) -> Fault {
    let message = format!("segue.toml now chooses {keys}, and this watch began with {began}");
    Fault::new(Code::SettingInvalid, At::Call, message).help("start it anew, or name one with --profile")
}

/// What is told of a run that never began.
fn unbegun(diagnostics: String) -> Told {
    Told { diagnostics, summary: "failed: nothing was sent\n".into(), ..Told::default() }
}

/// What went wrong, at its lines.
fn diagnostics(report: &Report, sources: &Sources, secrets: &Secrets) -> String {
    let mut text = String::new();
    if let Ended::Failed(Failure::Script(wrong)) = &report.ended {
        text.push_str(&Format::Text.wrong(wrong, sources, secrets));
    }
    for wrong in rejections(report) {
        text.push_str(&Format::Text.rejected(&wrong, sources, secrets));
    }
    secrets.clean(&text).into()
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
