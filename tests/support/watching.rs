//! A watch, and what it says.

// Each test file uses its part of this.
#![allow(dead_code)]

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::support::Place;

/// A machine with much to do may take long; nothing is waited for longer than it has to be.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A watch whose words go through pipes. It doesn't outlive the test.
pub struct Watching {
    pub child: Child,
    out: Arc<Mutex<String>>,
    err: Arc<Mutex<String>>,
}

/// Reads all that comes, as it comes.
fn heard(mut from: impl Read + Send + 'static) -> Arc<Mutex<String>> {
    let heard = Arc::new(Mutex::new(String::new()));
    let all = heard.clone();
    std::thread::spawn(move || {
        let mut bytes = [0; 4096];
        while let Ok(n @ 1..) = from.read(&mut bytes) {
            all.lock().expect("no test panics with it").push_str(&String::from_utf8_lossy(&bytes[..n]));
        }
    });
    heard
}

impl Watching {
    pub fn of(place: &Place, arguments: &[&str]) -> Watching {
        Watching::spawned(place.command(&[&["watch"], arguments].concat()))
    }

    pub fn spawned(mut command: Command) -> Watching {
        let mut child = command.stdin(Stdio::null()).spawn().expect("the command runs");
        let out = heard(child.stdout.take().expect("it is piped"));
        let err = heard(child.stderr.take().expect("it is piped"));
        Watching { child, out, err }
    }

    pub fn out(&self) -> String {
        self.out.lock().expect("no test panics with it").clone()
    }

    pub fn err(&self) -> String {
        self.err.lock().expect("no test panics with it").clone()
    }

    #[track_caller]
    pub fn until(&self, what: &str, holds: impl Fn(&Watching) -> bool) {
        let begun = Instant::now();
        while !holds(self) {
            assert!(
                begun.elapsed() < PATIENCE,
                "never: {what}\n--- out\n{}\n--- err\n{}",
                self.out(),
                self.err()
            );
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Waits until a run has printed this line, and has ended.
    #[track_caller]
    pub fn prints(&self, line: &str) {
        self.until(line, |watch| watch.out().lines().any(|printed| printed == line));
        self.until("the run ends", |watch| watch.ended() >= watch.runs());
    }

    #[track_caller]
    pub fn says(&self, words: &str) {
        self.until(words, |watch| watch.err().contains(words));
    }

    /// How many runs have begun.
    pub fn runs(&self) -> usize {
        self.err().lines().filter(|line| line.contains(" runs, ")).count()
    }

    /// How many came to an end of whatever kind.
    pub fn ended(&self) -> usize {
        let ends = ["done after ", "failed after ", "failed: ", "interrupted after ", "skipped, "];
        let ended =
            |line: &&str| ends.iter().any(|end| line.starts_with(end)) || line.contains("is a module");
        self.err().lines().filter(ended).count()
    }

    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([name, &pid]).status().expect("there is a kill command").success());
    }

    #[track_caller]
    pub fn ends(&mut self) -> Option<i32> {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("a child can be waited for") {
                return status.code();
            }
            assert!(begun.elapsed() < PATIENCE, "it goes on\n{}", self.err());
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
