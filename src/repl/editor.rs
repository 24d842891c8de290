//! The line at a terminal, with a history that outlives the session.

use std::path::PathBuf;

use rustyline::config::BellStyle;
use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{ColorMode, CompletionType, Config};

use super::line::Line;
use super::paint::prompt as painted;
use super::{Input, Shows, Typed};
use crate::diagnostics::Look;
use crate::run::Known;

/// As many inputs are kept.
const MOST: usize = 10_000;
/// Longer inputs aren't kept: nobody looks for them line by line.
const LONGEST: usize = 10_000;

/// Lines that are typed.
pub struct Editor {
    line: rustyline::Editor<Line, FileHistory>,
    /// Where they are kept, as long as that can be done.
    history: Option<PathBuf>,
    /// Whether a line may be kept.
    keeps: Keeps,
    look: Look,
}

type Keeps = Box<dyn Fn(&str) -> bool + Send>;

impl Editor {
    /// `history` is the file they are kept in, and `keeps` says of an input whether it may be there. `profiles` are
    /// the names that one may be called by.
    ///
    /// # Errors
    /// When the terminal can't be written on.
    pub fn new(
        history: Option<PathBuf>,
        keeps: Keeps,
        look: Look,
        profiles: Vec<String>,
    ) -> std::io::Result<Editor> {
        let config = Config::builder()
            .history_ignore_space(true)
            .completion_type(CompletionType::List)
            .completion_show_all_if_ambiguous(true)
            .bell_style(BellStyle::None)
            // Also without colour: what is written on the terminal goes through the helper, which knows.
            .color_mode(ColorMode::Forced);
        let config = config.max_history_size(MOST).map_err(std::io::Error::other)?.build();
        let mut line = rustyline::Editor::with_config(config).map_err(std::io::Error::other)?;
        line.set_helper(Some(Line::new(look, profiles)));
        if let Some(history) = &history {
            // There is none at first, and the prompt is of use without.
            let _ = line.load_history(history);
        }
        Ok(Editor { line, history, keeps, look })
    }

    fn keep(&mut self, text: &str) {
        if text.len() > LONGEST || !(self.keeps)(text) {
            return;
        }
        // A history that can't be written is one of this session alone.
        let added = self.line.add_history_entry(text).unwrap_or(false);
        if added
            && let Some(history) = &self.history
            && self.line.append_history(history).is_err()
        {
            self.history = None;
        }
    }
}

impl Input for Editor {
    fn next(&mut self, prompt: &str, known: &Known) -> Typed {
        let columns = self.line.dimensions().map(|(columns, _)| usize::from(columns));
        if let Some(line) = self.line.helper_mut() {
            line.known = Some(known.clone());
            line.columns = columns.unwrap_or(line.columns);
        }
        let painted = if self.look.colour { painted(prompt) } else { prompt.to_string() };
        match self.line.readline(&(prompt, painted)) {
            Ok(text) => {
                self.keep(&text);
                Typed::Text(text)
            }
            Err(ReadlineError::Interrupted | ReadlineError::Signal(_)) => Typed::Nothing,
            // Ctrl-D, or a terminal that went away.
            Err(_) => Typed::End,
        }
    }

    fn answer(&mut self, prompt: &str) -> Typed {
        // What was typed before the question was there answers nothing: the line's own buffer is left alone.
        let Ok(mut line) = rustyline::DefaultEditor::new() else { return Typed::End };
        #[cfg(unix)]
        let _ = rustix::termios::tcflush(std::io::stdin(), rustix::termios::QueueSelector::IFlush);
        match line.readline(prompt) {
            Ok(text) => Typed::Text(text),
            Err(ReadlineError::Interrupted | ReadlineError::Signal(_)) => Typed::Nothing,
            Err(_) => Typed::End,
        }
    }

    fn typed(&self) -> bool {
        true
    }

    fn shows(&self) -> Shows {
        Shows::First
    }
}
