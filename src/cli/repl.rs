//! `segue repl`.

use std::fs::DirBuilder;
use std::io::{IsTerminal, Read};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use directories::ProjectDirs;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::format::Format;
use super::look::look;
use super::signal::{Signal, each};
use super::summary::{rejections, unaccepted};
use super::terminal::Terminal;
use super::terms::{grants, said_by};
use super::{ReplArgs, off_the_way, refuse_in, refuse_settings_in};
use crate::engine::{Sources, Wrong};
use crate::fault::{Code, text_of};
use crate::policy::{Asked, Rates};
use crate::repl::{Editor, Input, Interrupts, Pieces, Screen, talk};
use crate::request::Secrets;
use crate::run::{Console, Conversation, Exit, Report, Session, Terms};

pub async fn repl(args: ReplArgs) -> Exit {
    let signals = Arc::new(Signals::default());
    let told = signals.clone();
    each(move |signal| told.tell(signal));
    let restored = Restored::new();
    let exit = tokio::select! {
        exit = begin(args, signals.clone()) => exit.unwrap_or_else(|exit| exit),
        () = signals.over.cancelled() => Exit::Interrupted,
    };
    drop(restored);
    // A terminal that is closed ends the line, too, maybe before the signal is seen here.
    if signals.over.is_cancelled() { Exit::Interrupted } else { exit }
}

/// Talks until the input ends.
///
/// # Errors
/// How to exit where it never began; why not has been told.
async fn begin(args: ReplArgs, signals: Arc<Signals>) -> Result<Exit, Exit> {
    let format = args.format;
    let refuse = |fault| refuse_in(format, &fault);
    let mut terms = Terms {
        grants: grants(&args.may, args.world.sandbox.is_some()).map_err(refuse)?,
        max_people: Asked { command_line: args.max_people, ..Asked::default() },
        ..Terms::default()
    };
    let settings = args.world.settings(Rates::default()).await;
    let settings = settings.map_err(|invalid| refuse_settings_in(format, &invalid))?;
    said_by(&mut terms, &settings);
    let terminal = Arc::new(Terminal::new(settings.secrets.clone(), format));
    let conversation = Conversation::begin(settings.client, terms, terminal.clone()).map_err(refuse)?;
    let conversation = conversation.map_err(|why| unstarted(&terminal, &why))?;
    let input: Box<dyn Input> = match args.eval {
        Some(text) => Box::new(Pieces::of(text, true)),
        None if std::io::stdin().is_terminal() => {
            // No key is kept.
            let secrets = settings.secrets.clone();
            let keeps = Box::new(move |text: &str| secrets.clean(text) == text);
            let profiles = settings.names.clone();
            let editor =
                Editor::new(history(), keeps, look(), profiles).map_err(|why| unstarted(&terminal, &why))?;
            terminal.note("`:help` lists the commands, Ctrl-D leaves");
            Box::new(editor)
        }
        None => {
            let read = off_the_way(piped).await.map_err(refuse)?;
            let bytes = read.map_err(|why| unstarted(&terminal, &why))?;
            let text =
                text_of("what came through the pipe", bytes, Code::ScriptUnreadable).map_err(refuse)?;
            Box::new(Pieces::of(text, false))
        }
    };
    let stage = Arc::new(Stage { terminal, format, secrets: settings.secrets, shows: Mutex::default() });
    let exit = talk(conversation, input, stage, &*signals).await;
    drop(settings.sandbox);
    Ok(exit)
}

fn piped() -> std::io::Result<Vec<u8>> {
    let mut bytes = vec![];
    std::io::stdin().lock().read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn unstarted(terminal: &Terminal, why: &std::io::Error) -> Exit {
    terminal.note(&format!("the prompt can't start: {why}"));
    Exit::Failed
}

/// The file that inputs are kept in, in a folder that is there and nobody else's; `None` where there can be none.
fn history() -> Option<PathBuf> {
    let project = ProjectDirs::from("", "", "segue")?;
    let folder = project.state_dir().unwrap_or_else(|| project.data_local_dir()).to_path_buf();
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(&folder).ok()?;
    Some(folder.join("history"))
}

/// The terminal as it was before anything read from it, put back when this is dropped: whoever ends the prompt from
/// outside leaves it in the midst of a line.
struct Restored(#[cfg(unix)] Option<rustix::termios::Termios>);

impl Restored {
    fn new() -> Restored {
        Restored(
            #[cfg(unix)]
            rustix::termios::tcgetattr(std::io::stdin()).ok(),
        )
    }
}

impl Drop for Restored {
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Some(before) = &self.0 {
            // A terminal that went away needs nothing put back.
            let _ =
                rustix::termios::tcsetattr(std::io::stdin(), rustix::termios::OptionalActions::Now, before);
        }
    }
}

/// What a signal stops: the input that runs, or else the whole.
#[derive(Default)]
struct Signals {
    state: Mutex<Running>,
    over: CancellationToken,
}

#[derive(Default)]
struct Running {
    stops: Option<(CancellationToken, CancellationToken)>,
    /// Whether the whole ends behind the input that runs.
    leaves: bool,
}

impl Signals {
    fn state(&self) -> MutexGuard<'_, Running> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, signal: Signal) {
        let mut state = self.state();
        state.leaves |= signal == Signal::End;
        match &state.stops {
            None => self.over.cancel(),
            Some((stop, hurry)) => {
                if stop.is_cancelled() {
                    hurry.cancel();
                }
                stop.cancel();
            }
        }
    }
}

impl Interrupts for Signals {
    fn begins(&self) -> (CancellationToken, CancellationToken) {
        let stops = (CancellationToken::new(), CancellationToken::new());
        self.state().stops = Some(stops.clone());
        stops
    }

    fn ended(&self) {
        let mut state = self.state();
        state.stops = None;
        if state.leaves {
            self.over.cancel();
        }
    }
}

/// stdout for what is asked for, stderr for the rest.
struct Stage {
    terminal: Arc<Terminal>,
    format: Format,
    secrets: Secrets,
    /// What shows the input that runs.
    shows: Mutex<Vec<JoinHandle<()>>>,
}

impl Stage {
    fn shows(&self) -> MutexGuard<'_, Vec<JoinHandle<()>>> {
        self.shows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Screen for Stage {
    fn begins(&self, session: &Arc<Session>) {
        self.terminal.reopen();
        let mut shows = self.shows();
        shows.push(tokio::spawn(self.terminal.clone().drain()));
        if self.format == Format::Text {
            shows.push(tokio::spawn(self.terminal.clone().progress(session.clone())));
        }
    }

    async fn ended(&self) {
        for shows in self.shows().drain(..) {
            shows.abort();
        }
        self.terminal.clear();
        let terminal = self.terminal.clone();
        // A reader that went away is found at the next line.
        let _ = tokio::task::spawn_blocking(move || terminal.flush()).await;
    }

    fn words(&self, text: &str) -> String {
        look().words(text).into_owned()
    }

    fn print(&self, text: &str) {
        // Nobody to show it to when the screen itself is gone.
        let _ = self.terminal.out(text.trim_end_matches('\n')).and_then(|()| self.terminal.flush());
    }

    fn tell(&self, text: &str) {
        self.terminal.tell(&self.words(text));
    }

    fn wrong(&self, wrong: &Wrong, sources: &Sources) {
        self.terminal.tell(&self.format.wrong(wrong, sources, &self.secrets));
    }

    fn unaccepted(&self, report: &Report, sources: &Sources) {
        for wrong in rejections(report) {
            self.terminal.tell(&self.format.rejected(&wrong, sources, &self.secrets));
        }
        self.tell(&unaccepted(report));
    }
}
