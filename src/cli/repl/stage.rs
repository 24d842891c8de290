//! Where the prompt shows what inputs came to.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::task::JoinHandle;

use super::super::dry::account;
use super::super::format::Format;
use super::super::look::{look, look_of_values};
use super::super::summary::{rejections, unaccepted};
use super::super::terminal::Terminal;
use super::super::tools::width;
use crate::api::Hosts;
use crate::engine::{Shown, Sources, Wrong};
use crate::fault::{Fault, visible};
use crate::repl::show::{View, clean, json, show};
use crate::repl::{Screen, Shows};
use crate::request::Secrets;
use crate::run::{Console, DryRun, Report, Session};

/// stdout for what is asked for, stderr for the rest.
pub struct Stage {
    terminal: Arc<Terminal>,
    format: Format,
    /// Whether values are shown as JSON.
    json: bool,
    secrets: Secrets,
    /// What shows the input that runs.
    shows: Mutex<Vec<JoinHandle<()>>>,
}

impl Stage {
    pub fn new(terminal: Arc<Terminal>, format: Format, json: bool, secrets: Secrets) -> Stage {
        Stage { terminal, format, json, secrets, shows: Mutex::default() }
    }

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

    fn value(&self, mut value: Shown, shows: Shows) -> String {
        clean(&mut value, &self.secrets);
        match self.json {
            true => json(&value),
            false => show(&value, View { look: look_of_values(), whole: shows == Shows::All }),
        }
    }

    fn columns(&self) -> usize {
        width()
    }

    fn print(&self, text: &str) {
        // Nobody to show it to when the screen itself is gone.
        let _ = self.terminal.out(text.trim_end_matches('\n')).and_then(|()| self.terminal.flush());
    }

    fn tell(&self, text: &str) {
        match self.format {
            Format::Text => self.terminal.tell(&self.words(text)),
            Format::Json => text.lines().for_each(|line| self.terminal.note(line)),
        }
    }

    fn fault(&self, fault: &Fault) {
        self.terminal.tell(&self.format.fault(fault, &self.secrets));
    }

    fn pending(&self, held: &DryRun, hosts: &Hosts) -> String {
        visible(&account(held, hosts)).into_owned()
    }

    fn wrong(&self, wrong: &Wrong, sources: &Sources) {
        self.terminal.tell(&self.format.wrong(wrong, sources, &self.secrets));
    }

    fn unaccepted(&self, report: &Report, sources: &Sources) {
        for wrong in rejections(report) {
            self.terminal.tell(&self.format.rejected(&wrong, sources, &self.secrets));
        }
        self.tell(&visible(&unaccepted(report)));
    }

    fn secrets(&self) -> &Secrets {
        &self.secrets
    }
}
