//! A terminal with a program on it, most often the prompt.

// Each test file is a crate of its own and uses its part of this.
#![allow(dead_code)]

use std::fs::File;
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::process::Command;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use rexpect::process::PtyProcess;
use vt100::Parser;

use crate::support::Place;

pub const PROMPT: &str = "sandbox ›";
const PATIENCE: Duration = Duration::from_secs(20);

/// A terminal with a prompt on it.
pub struct Terminal {
    pub screen: Parser,
    keys: File,
    /// What the process writes; at an end once it has closed the terminal.
    written: Receiver<Vec<u8>>,
    /// It doesn't outlive the test.
    _process: PtyProcess,
}

impl Terminal {
    /// Opens one of that many columns and no colour, and waits for the prompt.
    pub fn open(place: &Place, columns: u16, arguments: &str) -> Terminal {
        let place = place.command(&[]);
        Terminal::running(&place, columns, &format!("NO_COLOR=1 exec \"$0\" repl {arguments}"))
    }

    /// Opens one where the shell runs `script`, whose `$0` is the program.
    pub fn running(segue: &Command, columns: u16, script: &str) -> Terminal {
        let mut terminal = Terminal::beginning(segue, columns, script);
        terminal.until("the prompt", |terminal| terminal.row().ends_with('›'));
        terminal
    }

    /// The same without waiting for a prompt.
    pub fn beginning(segue: &Command, columns: u16, script: &str) -> Terminal {
        let mut command = Command::new("/bin/sh");
        let script = format!("stty cols {columns} rows 200; {script}");
        command.args(["-c", &script]).arg(segue.get_program()).env_clear();
        command.current_dir(segue.get_current_dir().expect("a place is a folder"));
        command.env("PATH", std::env::var_os("PATH").expect("it is set"));
        command.envs(segue.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.env("TERM", "xterm").env("LANG", "C.UTF-8");
        let process = PtyProcess::new(command).expect("the command runs");
        let handle = || process.get_file_handle().expect("it has a terminal");
        let (mut output, keys) = (handle(), handle());
        let (tell, written) = channel();
        std::thread::spawn(move || {
            let mut bytes = vec![0; 1 << 16];
            while let Ok(len @ 1..) = output.read(&mut bytes) {
                if tell.send(bytes[..len].to_vec()).is_err() {
                    break;
                }
            }
        });
        let size = |n| NonZeroU16::new(n).expect("it isn't 0");
        Terminal { keys, written, _process: process, screen: Parser::new(size(200), size(columns), 0) }
    }

    /// The row the cursor is in.
    pub fn row(&self) -> String {
        let screen = self.screen.screen();
        let (row, _) = screen.cursor_position();
        screen.rows(0, screen.size().1.get()).nth(usize::from(row)).unwrap_or_default().trim_end().to_string()
    }

    pub fn rows(&self) -> String {
        let screen = self.screen.screen();
        let rows: Vec<String> =
            screen.rows(0, screen.size().1.get()).map(|row| row.trim_end().to_string()).collect();
        rows.join("\n").trim_end().to_string() + "\n"
    }

    pub fn type_in(&mut self, text: &str) {
        self.keys.write_all(text.as_bytes()).expect("the terminal takes it");
    }

    #[track_caller]
    pub fn until(&mut self, what: &str, holds: impl Fn(&Terminal) -> bool) {
        let begun = Instant::now();
        loop {
            self.written.try_iter().for_each(|bytes| self.screen.process(&bytes));
            if holds(self) {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "waited for {what}:\n{}", self.rows());
            if let Ok(bytes) = self.written.recv_timeout(Duration::from_millis(100)) {
                self.screen.process(&bytes);
            }
        }
    }

    /// Waits until the process has ended.
    #[track_caller]
    pub fn ends(&mut self) {
        let begun = Instant::now();
        while !matches!(self.written.recv_timeout(PATIENCE), Err(RecvTimeoutError::Disconnected)) {
            assert!(begun.elapsed() < PATIENCE, "it goes on:\n{}", self.rows());
        }
    }

    /// Says an input of one or several lines, and waits until the prompt is there again.
    pub fn say(&mut self, input: &str) {
        let row = |terminal: &Terminal| terminal.screen.screen().cursor_position().0;
        for line in input.lines() {
            let before = row(self);
            self.type_in(&format!("{line}\r"));
            self.until(line, |terminal| row(terminal) > before);
        }
        self.until(input, |terminal| terminal.row() == PROMPT);
    }
}
