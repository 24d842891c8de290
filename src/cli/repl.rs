//! `segue repl`.

mod places;
mod stage;

use std::io::{IsTerminal, Read};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::mpsc::unbounded_channel;
use tokio_util::sync::CancellationToken;

use super::format::Format;
use super::look::look;
use super::restored::Restored;
use super::signal::each;
use super::terminal::Terminal;
use super::{ReplArgs, off_the_way, refuse_in, state};
use crate::docs;
use crate::fault::{Code, text_of};
use crate::policy::{Signal, Stopping};
use crate::repl::help::Pages;
use crate::repl::{Around, Editor, Input, Interrupts, Pieces, Profiles, Reader, Shows, talk};
use crate::run::{Console, Conversation, Exit};
use places::Places;
use stage::Stage;

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
    let eval = args.eval.clone();
    let places = Places::new(args);
    let (settings, terms) = places.begin().await?;
    let terminal = Arc::new(Terminal::new(settings.secrets.clone(), format));
    // Whoever types is asked for each call that sends or deletes; what comes through a pipe has to be granted it.
    let asks = eval.is_none() && std::io::stdin().is_terminal();
    signals.typed.store(asks, Ordering::Relaxed);
    let (ask, questions) = unbounded_channel();
    let conversation = Conversation::begin(settings.client, terms, terminal.clone(), asks.then_some(ask));
    let conversation = conversation.map_err(refuse)?;
    let conversation = conversation.map_err(|why| unstarted(&terminal, &why))?;
    let json = eval.is_some() && format == Format::Json;
    let input: Box<dyn Input> = match eval {
        Some(text) => Box::new(Pieces::of(text, Shows::All)),
        None if asks => {
            // No key is kept.
            let secrets = settings.secrets.clone();
            let keeps = Box::new(move |text: &str| secrets.clean(text) == text);
            let profiles = places.names();
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
            Box::new(Pieces::of(text, Shows::Nothing))
        }
    };
    let screen = Arc::new(Stage::new(terminal, format, json, settings.secrets));
    let around = Around { screen, interrupts: &*signals, profiles: &places, pages: PAGES };
    Ok(talk(conversation, Reader::new(input, asks.then_some(questions)), around).await)
}

/// What `:help` and its like show.
const PAGES: Pages = Pages {
    tool: docs::help,
    function: docs::function_help,
    library: docs::library_help,
    tools: docs::tools_list,
    code: |name, width| Ok(docs::explain::explanation(docs::explain::find(name)?, width)),
};

fn piped() -> std::io::Result<Vec<u8>> {
    let mut bytes = vec![];
    std::io::stdin().lock().read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn unstarted(terminal: &Terminal, why: &std::io::Error) -> Exit {
    terminal.note(&format!("the prompt can't start: {why}"));
    Exit::Failed
}

/// The file that inputs are kept in; `None` where there can be none.
fn history() -> Option<PathBuf> {
    Some(state::folder(None).ok()?.join("history"))
}

/// What a signal stops: the input that runs, or else the whole.
#[derive(Default)]
struct Signals {
    /// Whether somebody types, who leaves otherwise than by Ctrl-C.
    typed: AtomicBool,
    state: Mutex<Running>,
    over: CancellationToken,
}

#[derive(Default)]
struct Running {
    stops: Option<(CancellationToken, CancellationToken, Stopping)>,
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
        match &mut state.stops {
            None if signal == Signal::Interrupt && self.typed.load(Ordering::Relaxed) => {}
            None => self.over.cancel(),
            Some((stop, hurry, stopping)) => {
                if stopping.hurries(signal, stop.is_cancelled(), Instant::now()) {
                    hurry.cancel();
                }
                stop.cancel();
            }
        }
    }
}

impl Interrupts for Signals {
    fn begins(&self) -> (CancellationToken, CancellationToken) {
        let (stop, hurry) = (CancellationToken::new(), CancellationToken::new());
        self.state().stops = Some((stop.clone(), hurry.clone(), Stopping::default()));
        (stop, hurry)
    }

    fn ended(&self) {
        let mut state = self.state();
        state.stops = None;
        if state.leaves {
            self.over.cancel();
        }
    }
}
