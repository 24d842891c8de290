//! The script's output, and the line that shows how far it is.

use std::io::{BufWriter, IsTerminal, Stdout, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

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
    bar: ProgressBar,
}

impl Terminal {
    pub fn new(secrets: Secrets) -> Terminal {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
            bar.set_style(style);
        }
        Terminal {
            out: Mutex::new(BufWriter::new(std::io::stdout())),
            interactive: std::io::stdout().is_terminal(),
            secrets,
            bar,
        }
    }

    /// Shows how far `session` is, ten times a second, until the task is dropped.
    pub async fn progress(self: Arc<Terminal>, session: Arc<Session>) {
        if !std::io::stderr().is_terminal() {
            return;
        }
        tokio::time::sleep(PATIENCE).await;
        self.bar.set_draw_target(ProgressDrawTarget::stderr());
        loop {
            let (calls, time) = session.progress();
            let rate = calls as f64 / time.as_secs_f64().max(0.001);
            self.bar.set_message(format!("{calls} calls, {rate:.0}/s, {:.0} s", time.as_secs_f64()));
            self.bar.tick();
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Takes the progress line away and writes out what is left.
    ///
    /// # Errors
    /// When nobody reads stdout any more.
    pub fn finish(&self) -> std::io::Result<()> {
        self.bar.finish_and_clear();
        self.out.lock().unwrap_or_else(PoisonError::into_inner).flush()
    }

    /// Writes to stderr, secrets taken out.
    pub fn tell(&self, text: &str) {
        let text = self.secrets.clean(text);
        // Nobody to tell when stderr itself is gone.
        self.bar.suspend(|| {
            let _ = std::io::stderr().write_all(text.as_bytes());
        });
    }
}

impl Console for Terminal {
    fn out(&self, line: &str) -> std::io::Result<()> {
        let line = self.secrets.clean(line);
        self.bar.suspend(|| {
            let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
            writeln!(out, "{line}")?;
            if self.interactive { out.flush() } else { Ok(()) }
        })
    }

    fn note(&self, line: &str) {
        self.tell(&format!("{line}\n"));
    }
}
