//! The script's output, and the line that shows how far it is.

use std::io::{BufWriter, IsTerminal, Stdout, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::look::look;
use crate::request::Secrets;
use crate::run::{Console, Session};

/// Runs shorter than this show no progress.
const PATIENCE: Duration = Duration::from_secs(1);

/// stdout for the script, stderr for the rest.
pub struct Terminal {
    out: Mutex<BufWriter<Stdout>>,
    /// Whether a person reads stdout, who wants each line at once.
    interactive: bool,
    secrets: Secrets,
    line: Mutex<Line>,
}

/// The progress line at the bottom of the screen. It isn't padded to the screen's width: the `^C` that a
/// terminal writes behind it has to stay on the same line, or the line can't be taken away.
#[derive(Default)]
struct Line {
    shown: Option<String>,
}

impl Line {
    fn draw(&self) {
        if let Some(text) = &self.shown {
            // A screen that went away shows no progress, and that is all.
            let _ = write!(std::io::stderr(), "\r\x1b[2K{text}");
        }
    }

    fn clear(&self) {
        if self.shown.is_some() {
            let _ = write!(std::io::stderr(), "\r\x1b[2K");
        }
    }
}

impl Terminal {
    pub fn new(secrets: Secrets) -> Terminal {
        Terminal {
            out: Mutex::new(BufWriter::new(std::io::stdout())),
            interactive: std::io::stdout().is_terminal(),
            secrets,
            line: Mutex::default(),
        }
    }

    /// Shows how far `session` is, ten times a second, until the task is dropped.
    pub async fn progress(self: Arc<Terminal>, session: Arc<Session>) {
        if !std::io::stderr().is_terminal() {
            return;
        }
        tokio::time::sleep(PATIENCE).await;
        let width = look().width - 1;
        loop {
            let (calls, time) = session.progress();
            let time = time.as_secs_f64();
            let text = format!("{calls} calls, {:.0}/s, {time:.0} s", calls as f64 / time.max(0.001));
            self.show(text.chars().take(width).collect());
            tokio::time::sleep(Duration::from_millis(100)).await;
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

    fn show(&self, text: String) {
        let mut line = self.line();
        line.shown = Some(text);
        line.draw();
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

    /// Takes the progress line away.
    pub fn clear(&self) {
        let mut line = self.line();
        line.clear();
        line.shown = None;
    }

    /// Writes out what is left of the script's output.
    ///
    /// # Errors
    /// When nobody reads stdout any more.
    pub fn flush(&self) -> std::io::Result<()> {
        self.out.lock().unwrap_or_else(PoisonError::into_inner).flush()
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
        self.tell(&format!("{line}\n"));
    }
}
