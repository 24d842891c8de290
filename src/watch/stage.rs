//! Where a watch is seen: a screen that is drawn anew, or plain lines.

use std::collections::VecDeque;
use std::io::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Zoned;

use super::Told;
use super::view::{Now, Output, Result, View, Where, lines};
use crate::diagnostics::Look;
use crate::fault::{counted, visible};

/// A run shorter than this doesn't show that it runs: the screen would only flicker.
const PATIENCE: Duration = Duration::from_millis(200);
/// As many of the last lines of a run are kept, each at most so many characters.
const KEPT: usize = 500;
const LONGEST: usize = 1_000;
/// As many of the things that happened are shown.
const NEWS: usize = 3;

/// Shows what a watch does.
pub trait Stage: Send {
    /// `script` runs.
    fn begins(&mut self, script: &str);

    /// It still does.
    fn runs(&mut self, progress: Option<String>);

    /// It has ended, or was stopped because it is to run anew or nobody waits for it.
    fn ended(&mut self, told: Told, stopped: bool);

    /// Something happened.
    fn say(&mut self, words: &str);

    /// So many scripts are watched.
    fn scripts(&mut self, n: usize);

    fn redraw(&mut self);

    /// The watch ends.
    fn leaves(&mut self);

    /// How wide it is.
    fn columns(&self) -> usize;
}

fn clock() -> String {
    Zoned::now().strftime("%H:%M:%S").to_string()
}

/// The last lines of a run.
#[derive(Debug, Default)]
pub struct Tail(Mutex<Lines>);

#[derive(Debug, Default)]
struct Lines {
    output: VecDeque<String>,
    /// How many lines came before these.
    before: usize,
    notes: VecDeque<String>,
}

impl Tail {
    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A line of output; it may be several to a terminal.
    pub fn out(&self, text: &str) {
        let mut lines = self.lines();
        for line in text.split('\n').map(visible) {
            if lines.output.len() == KEPT {
                lines.output.pop_front();
                lines.before += 1;
            }
            lines.output.push_back(line.chars().take(LONGEST).collect());
        }
    }

    /// A line of what is said on the way.
    pub fn note(&self, text: &str) {
        let mut lines = self.lines();
        if lines.notes.len() == KEPT {
            lines.notes.pop_front();
        }
        lines.notes.push_back(visible(text).chars().take(LONGEST).collect());
    }

    fn clear(&self) {
        *self.lines() = Lines::default();
    }

    fn output(&self) -> Output {
        let lines = self.lines();
        Output { before: lines.before, lines: lines.output.iter().cloned().collect() }
    }

    fn notes(&self) -> Vec<String> {
        self.lines().notes.iter().cloned().collect()
    }
}

/// A terminal.
pub struct Screen {
    view: View,
    tail: Arc<Tail>,
    begun: Option<(Instant, String, String)>,
    look: fn() -> Look,
    size: fn() -> (usize, usize),
    /// Whether it has been drawn.
    drawn: bool,
}

impl Screen {
    /// One that shows what `tail` gets, as it looks and of the rows and columns it has at the time.
    pub fn new(
        place: Where,
        keys: bool,
        tail: Arc<Tail>,
        look: fn() -> Look,
        size: fn() -> (usize, usize),
    ) -> Screen {
        let view = View { place, scripts: None, running: None, last: None, good: None, news: vec![], keys };
        Screen { view, tail, begun: None, look, size, drawn: false }
    }

    fn draw(&mut self) {
        let (rows, columns) = (self.size)();
        // In the last column a terminal waits for what comes next, and what is cleared there would be the line's end.
        let shown = lines(&self.view, rows, columns.saturating_sub(1), (self.look)());
        let clear = if self.drawn { "\x1b[H" } else { "\x1b[2J\x1b[H" };
        let shown = shown.join("\x1b[K\r\n");
        self.drawn = true;
        // A screen that went away shows nothing, and that is all.
        let _ = std::io::stderr().write_all(format!("{clear}{shown}\x1b[K\x1b[J").as_bytes());
    }
}

impl Stage for Screen {
    fn begins(&mut self, script: &str) {
        self.tail.clear();
        self.begun = Some((Instant::now(), script.to_string(), clock()));
        if self.view.last.is_none() {
            self.runs(None);
            self.draw();
        }
    }

    fn runs(&mut self, progress: Option<String>) {
        let Some((begun, script, at)) = self.begun.clone() else { return };
        let (output, notes) = (self.tail.output(), self.tail.notes());
        self.view.running = Some(Now { script, at, progress, output, notes });
        if begun.elapsed() >= PATIENCE {
            self.draw();
        }
    }

    fn ended(&mut self, told: Told, stopped: bool) {
        let Some((_, script, at)) = self.begun.take() else { return };
        self.view.running = None;
        self.view.news.clear();
        if told.module {
            self.say(&format!("{script} is a module: it runs with the scripts that import it"));
            return;
        }
        if stopped {
            if told.called {
                let said = told.summary.lines().map(str::to_string);
                self.view.news.extend(std::iter::once(format!("stopped: {script}, {at}")).chain(said));
                self.draw();
            }
            return;
        }
        let Told { good, skipped, diagnostics, summary, .. } = told;
        let (output, notes) = (self.tail.output(), self.tail.notes());
        let result = Result { script, at, good, skipped, diagnostics, summary, output, notes };
        if good {
            self.view.good = Some(result.clone());
        }
        self.view.last = Some(result);
        self.draw();
    }

    fn say(&mut self, words: &str) {
        self.view.news.push(words.to_string());
        let old = self.view.news.len().saturating_sub(NEWS);
        self.view.news.drain(..old);
        self.draw();
    }

    fn scripts(&mut self, n: usize) {
        self.view.scripts = Some(n);
        self.draw();
    }

    fn redraw(&mut self) {
        self.drawn = false;
        self.draw();
    }

    fn leaves(&mut self) {
        self.view.keys = false;
        self.draw();
        let _ = std::io::stderr().write_all(b"\r\n");
    }

    fn columns(&self) -> usize {
        (self.size)().1
    }
}

/// Lines, one after the other.
pub struct Plain {
    place: Where,
    look: fn() -> Look,
    begun: Option<(String, String)>,
}

impl Plain {
    pub fn new(place: Where, look: fn() -> Look) -> Plain {
        Plain { place, look, begun: None }
    }
}

fn tell(text: &str) {
    // Nobody to tell when stderr itself is gone.
    let _ = std::io::stderr().write_all(text.as_bytes());
}

impl Stage for Plain {
    fn begins(&mut self, script: &str) {
        let at = clock();
        tell(&format!("{at} {script} runs, {}\n", self.place.words((self.look)())));
        self.begun = Some((script.to_string(), at));
    }

    fn runs(&mut self, _: Option<String>) {}

    fn ended(&mut self, told: Told, stopped: bool) {
        let Some((script, at)) = self.begun.take() else { return };
        let Told { module, diagnostics, summary, .. } = told;
        if module {
            tell(&format!("{script} is a module: it runs with the scripts that import it\n"));
        } else if stopped {
            tell(&format!("stopped: {script}, {at}\n{summary}"));
        } else {
            tell(&format!("{diagnostics}{summary}"));
        }
    }

    fn say(&mut self, words: &str) {
        tell(&format!("{} {words}\n", clock()));
    }

    fn scripts(&mut self, n: usize) {
        self.say(&format!("watching {}", counted(n as u64, "script")));
    }

    fn redraw(&mut self) {}

    fn leaves(&mut self) {}

    fn columns(&self) -> usize {
        usize::MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_long_output_the_end_is_kept() {
        let tail = Tail::default();
        (0..KEPT + 7).for_each(|n| tail.out(&n.to_string()));
        tail.out(&"x".repeat(LONGEST + 9));
        let Output { before, lines } = tail.output();
        assert_eq!((before, lines.len(), lines[0].as_str()), (8, KEPT, "8"));
        assert_eq!(lines.last().map(String::len), Some(LONGEST));
        tail.out("two\nlines");
        assert_eq!(tail.output().lines[KEPT - 2..], ["two", "lines"]);
        tail.clear();
        assert!(tail.output().lines.is_empty());
    }
}
