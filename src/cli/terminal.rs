//! The script's output, and the line that shows how far it is.

use std::io::{BufWriter, ErrorKind, IsTerminal, Stdout, Write};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use super::closed;
use super::format::Format;
use super::log::Log;
use super::look::{columns, look, redraws};
use super::progress::{Beat, Watch, line};
use super::said::Said;
use crate::fault::visible;
use crate::request::Secrets;
use crate::run::{Console, Session};

/// How often is looked how far the run is, and the line drawn anew where it can be.
const LOOK: Duration = Duration::from_millis(250);
/// On a terminal, runs shorter than this show no progress.
const PATIENCE: Duration = Duration::from_secs(1);
/// Elsewhere it is a line of its own so often.
const PERIOD: Duration = Duration::from_secs(10);
/// The columns that are left to the `^C` that a terminal writes behind the line: were it to begin a new one, the
/// line couldn't be taken away.
const ECHO: usize = 3;

/// stdout for the script, stderr for the rest.
pub struct Terminal {
    out: Mutex<BufWriter<Stdout>>,
    /// Whether a person reads stdout, who wants each line at once.
    interactive: bool,
    secrets: Secrets,
    format: Format,
    /// Whether stderr is left to what must be said.
    quiet: bool,
    log: Option<Log>,
    told: Mutex<Told>,
    line: Mutex<Line>,
    /// Why stdout took no more: what is written behind that would only wait in its buffer.
    broken: OnceLock<ErrorKind>,
}

/// What was told of what is wrong.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// The first of it, in the midst of a line.
    pub first: Option<String>,
    /// All of it, as a page shows it.
    pub drawn: String,
}

/// The progress line at the bottom of the screen.
#[derive(Default)]
struct Line {
    shown: Option<String>,
    /// Whether the run has ended: nothing is drawn any more.
    over: bool,
}

impl Line {
    fn draw(&self) {
        if let Some(text) = &self.shown {
            // A screen that went away shows no progress, and that is all.
            let _ = std::io::stderr().write_all(format!("\r\x1b[2K{text}").as_bytes());
        }
    }

    fn clear(&self) {
        if self.shown.is_some() {
            let _ = std::io::stderr().write_all(b"\r\x1b[2K");
        }
    }
}

impl Terminal {
    pub fn new(secrets: Secrets, format: Format) -> Terminal {
        Terminal {
            out: Mutex::new(BufWriter::new(std::io::stdout())),
            interactive: std::io::stdout().is_terminal(),
            secrets,
            format,
            quiet: false,
            log: None,
            told: Mutex::default(),
            line: Mutex::default(),
            broken: OnceLock::new(),
        }
    }

    /// The same, where stderr is left to what must be said.
    pub fn quiet(self, quiet: bool) -> Terminal {
        Terminal { quiet, ..self }
    }

    /// The same, with a log that is told all of it.
    pub fn logging(self, log: Option<Log>) -> Terminal {
        Terminal { log, ..self }
    }

    pub fn log(&self) -> Option<&Log> {
        self.log.as_ref()
    }

    /// What was told of what is wrong so far.
    pub fn told(&self) -> Told {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Tells what is wrong.
    pub fn say(&self, said: &Said<'_>) {
        self.tell_all(|format| said.told(format, &self.secrets), self.quiet);
        let drawn = said.drawn(&self.secrets);
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.drawn.push_str(&drawn);
        told.first.get_or_insert_with(|| self.secrets.clean(&said.short()).into_owned());
    }

    /// Tells what is wrong with what the run prints.
    pub fn note_wrong(&self, line: &str) {
        self.note(line);
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.first.get_or_insert_with(|| self.secrets.clean(line).into_owned());
    }

    /// Tells a line that must be said.
    pub fn say_aloud(&self, line: &str) {
        self.tell_all(|format| format.note(line, &self.secrets), false);
    }

    /// Tells something on stderr, unless `quiet`, and in the log.
    fn tell_all(&self, of: impl Fn(Format) -> String, quiet: bool) {
        if !quiet {
            self.tell(&of(self.format));
        }
        if let Some(log) = &self.log {
            log.take(&of(Format::Json));
        }
    }

    /// Shows how far `session` is until the task is dropped: on one line that is drawn anew a few times a
    /// second, or on a line every ten seconds where that can't be.
    pub async fn progress(self: Arc<Terminal>, session: Arc<Session>) {
        let (redraws, unicode) = (redraws(), look().unicode);
        let (mut watch, mut beat) = (Watch::default(), Beat::every(PERIOD));
        loop {
            tokio::time::sleep(LOOK).await;
            let facts = watch.see(&session.progress());
            let text = if redraws && facts.elapsed >= PATIENCE {
                line(&facts, columns().saturating_sub(ECHO), unicode)
            } else if !redraws && beat.is_due(facts.elapsed) {
                line(&facts, usize::MAX, unicode)
            } else {
                continue;
            };
            let terminal = self.clone();
            // A screen that was halted, or a pipe that nobody reads, holds up this alone. It doesn't panic.
            let _ = tokio::task::spawn_blocking(move || terminal.show(text, redraws)).await;
        }
    }

    /// Shows how far the run is, in the place of what was shown before or below it.
    fn show(&self, text: String, redraws: bool) {
        let mut line = self.line();
        if line.over {
            return;
        }
        if redraws {
            line.shown = Some(text);
            line.draw();
        } else {
            let _ = std::io::stderr().write_all(format!("{text}\n").as_bytes());
        }
    }

    /// Writes out the script's output a few times a second, so that whoever reads it through a pipe isn't
    /// kept waiting until the buffer is full.
    pub async fn drain(self: Arc<Terminal>) {
        loop {
            tokio::time::sleep(Duration::from_millis(200)).await;
            let terminal = self.clone();
            // A reader that went away is found at the next line.
            let _ = tokio::task::spawn_blocking(move || terminal.flush()).await;
        }
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does `write` with the progress line out of the way.
    fn beside<T>(&self, write: impl FnOnce() -> T) -> T {
        let line = self.line();
        line.clear();
        let written = write();
        line.draw();
        written
    }

    /// Takes the progress line away for good.
    pub fn clear(&self) {
        let mut line = self.line();
        line.clear();
        *line = Line { shown: None, over: true };
    }

    /// Lets the progress line be drawn again, of what runs next.
    pub fn reopen(&self) {
        *self.line() = Line::default();
    }

    /// Writes out what is left of the script's output.
    ///
    /// # Errors
    /// When nobody reads stdout any more.
    pub fn flush(&self) -> std::io::Result<()> {
        let flushed = self.out.lock().unwrap_or_else(PoisonError::into_inner).flush();
        flushed.inspect_err(|why| {
            let _ = self.broken.set(why.kind());
        })
    }

    /// Writes to stderr what names things of the data, such as ids: none of it commands the terminal.
    pub fn tell_plainly(&self, text: &str) {
        self.tell(&visible(&self.secrets.clean(text)));
    }

    /// Writes to stderr, secrets taken out.
    pub fn tell(&self, text: &str) {
        let text = self.secrets.clean(text);
        // Nobody to tell when stderr itself is gone.
        self.beside(|| {
            let _ = std::io::stderr().write_all(text.as_bytes());
        });
    }
}

impl Console for Terminal {
    fn out(&self, line: &str) -> std::io::Result<()> {
        if closed::stdout() {
            return Err(std::io::Error::other("stdout is closed"));
        }
        if let Some(why) = self.broken.get() {
            return Err((*why).into());
        }
        let line = self.secrets.clean(line);
        let write = || {
            let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
            writeln!(out, "{line}")?;
            if self.interactive { out.flush() } else { Ok(()) }
        };
        // Only what goes to the screen can get in the way of the line there.
        if self.interactive { self.beside(write) } else { write() }
    }

    fn note(&self, line: &str) {
        self.tell_all(|format| format.note(line, &self.secrets), self.quiet);
    }
}
