//! A terminal with the prompt on it.

use std::num::NonZeroU16;
use std::process::Command;
use std::time::{Duration, Instant};

use rexpect::session::{PtySession, spawn_command};
use vt100::Parser;

use crate::support::Place;

pub const PROMPT: &str = "sandbox ›";
const PATIENCE: Duration = Duration::from_secs(20);

/// A terminal with a prompt on it.
pub struct Terminal {
    pub session: PtySession,
    pub screen: Parser,
}

impl Terminal {
    /// Opens one of that many columns and no colour, and waits for the prompt.
    pub fn open(place: &Place, columns: u16, arguments: &str) -> Terminal {
        let place = place.command(&[]);
        Terminal::running(&place, columns, &format!("NO_COLOR=1 exec \"$0\" repl {arguments}"))
    }

    /// Opens one where the shell runs `script`, whose `$0` is the program.
    pub fn running(segue: &Command, columns: u16, script: &str) -> Terminal {
        let mut command = Command::new("/bin/sh");
        let script = format!("stty cols {columns} rows 200; {script}");
        command.args(["-c", &script]).arg(segue.get_program()).env_clear();
        command.current_dir(segue.get_current_dir().expect("a place is a folder"));
        command.env("PATH", std::env::var_os("PATH").expect("it is set"));
        command.envs(segue.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.env("TERM", "xterm").env("LANG", "C.UTF-8");
        let session = spawn_command(command, None).expect("the command runs");
        let size = |n| NonZeroU16::new(n).expect("it isn't 0");
        let mut terminal = Terminal { session, screen: Parser::new(size(200), size(columns), 0) };
        terminal.until("the prompt", |terminal| terminal.row().ends_with('›'));
        terminal
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
        self.session.send(text).expect("the terminal takes it");
        self.session.flush().expect("the terminal takes it");
    }

    pub fn until(&mut self, what: &str, holds: impl Fn(&Terminal) -> bool) {
        let begun = Instant::now();
        loop {
            // It gives each byte as a character.
            let read = std::iter::from_fn(|| self.session.try_read());
            let read: Vec<u8> = read.map(|c| u8::try_from(c).expect("it is a byte")).collect();
            self.screen.process(&read);
            if holds(self) {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "waited for {what}:\n{}", self.rows());
            std::thread::sleep(Duration::from_millis(5));
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
