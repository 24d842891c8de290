//! What the tests that drive the command share: scripts in a folder of their own, a server that does what
//! it is told, and a sandbox for the project's scripts.

// Each test file is a crate of its own and uses its part of this.
#![allow(dead_code, unused_imports)]

mod library;
mod schema;
mod server;
mod world;

use std::ffi::OsString;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

pub use library::{Heard, begin, run_here};
pub use schema::unlike;
pub use server::{Gate, Reply, Seen, Server, nobody};
pub use world::{World, in_project, segue};

/// How a server refuses an item.
pub const REFUSED: &str = r#"{"errors":[{"message":"too odd"}]}"#;

/// As many people who share a lane, so that what is written about them shares bodies.
pub fn mates(n: usize) -> Vec<String> {
    (0..).map(|n| format!("u-{n}")).filter(|id| segue::outbox::Key::new(id).lane() == 0).take(n).collect()
}

/// The four settings that hold a credential, with values that open nothing.
pub const KEYS: [(&str, &str); 4] = [
    ("CUSTOMERIO_APP_API_KEY", "sentinel-app-0a1b2c3d"),
    ("CUSTOMERIO_SITE_ID", "sentinel-site-4e5f6a7b"),
    ("CUSTOMERIO_TRACK_API_KEY", "sentinel-track-8c9d0e1f"),
    ("CUSTOMERIO_CDP_API_KEY", "sentinel-cdp-2a3b4c5d"),
];

const URLS: [&str; 3] = ["SEGUE_APP_URL", "SEGUE_TRACK_URL", "SEGUE_PIPELINES_URL"];

/// A folder with scripts, and how the command is run in it.
pub struct Place {
    folder: TempDir,
    environment: Vec<(String, OsString)>,
}

impl Place {
    /// A folder with one script, `script.rhai`. Nothing is set in the environment.
    pub fn with(script: &str) -> Place {
        let place = Place::empty();
        place.file("script.rhai", script.as_bytes());
        place
    }

    pub fn empty() -> Place {
        Place { folder: TempDir::new().expect("a temporary folder"), environment: vec![] }
    }

    pub fn file(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.folder.path().join(name), bytes).expect("a file can be written");
    }

    /// Takes a copy of the file at `path`, or of what is in the folder there.
    pub fn takes(&self, path: &Path) {
        match path.is_dir() {
            true => copy(path, self.folder.path()),
            false => copy(path, &self.folder.path().join(path.file_name().expect("it has a name"))),
        }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn set(mut self, name: &str, value: impl Into<OsString>) -> Place {
        self.environment.push((name.to_string(), value.into()));
        self
    }

    pub fn unset(mut self, name: &str) -> Place {
        self.environment.retain(|(set, _)| set != name);
        self
    }

    /// With every key, so that a live run can begin.
    pub fn with_keys(self) -> Place {
        KEYS.iter().fold(self, |place, (name, value)| place.set(name, *value))
    }

    /// Live, against `url` in place of all three APIs, with every key.
    pub fn live(self, url: &str) -> Place {
        self.with_keys().at(url)
    }

    /// With `url` in place of all three APIs.
    pub fn at(self, url: &str) -> Place {
        URLS.iter().fold(self, |place, name| place.set(name, url))
    }

    /// The command, with nothing of the tester's own environment.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_segue"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            // Whoever runs the tests may have settings of their own.
            .env("HOME", self.folder.path().join("home"))
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs `segue` with `arguments`.
    pub fn segue(&self, arguments: &[&str]) -> Ended {
        Ended::of(self.command(arguments).output().expect("the command runs"))
    }

    /// Runs the script, with every grant.
    pub fn run(&self) -> Ended {
        self.segue(&["run", "script.rhai", "--allow", "send,destroy,consent"])
    }

    /// Runs the script in a sandbox of its own.
    pub fn in_sandbox(&self) -> Ended {
        self.segue(&["run", "script.rhai", "--sandbox", "--people", "50"])
    }

    /// Begins to run the script.
    pub fn spawn(&self, arguments: &[&str]) -> Running {
        Running::of(self.command(arguments).spawn().expect("the command runs"))
    }
}

/// Runs `script` in a sandbox.
pub fn sandboxed(script: &str) -> Ended {
    Place::with(script).in_sandbox()
}

/// Runs `script` against `server`, with every key.
pub fn against(server: &Server, script: &str) -> Ended {
    Place::with(script).live(&server.url()).run()
}

/// Copies a file, or a folder with all that is in it.
fn copy(from: &Path, to: &Path) {
    if !from.is_dir() {
        std::fs::copy(from, to).expect("it can be copied");
        return;
    }
    std::fs::create_dir_all(to).expect("a folder can be made");
    for entry in std::fs::read_dir(from).expect("it can be listed") {
        let entry = entry.expect("it can be listed");
        copy(&entry.path(), &to.join(entry.file_name()));
    }
}

/// What a command left behind.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Ended {
    pub fn of(output: Output) -> Ended {
        Ended {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).expect("stdout is UTF-8"),
            err: String::from_utf8(output.stderr).expect("stderr is UTF-8"),
        }
    }

    /// The lines of stdout, of a run that has to have ended well.
    #[track_caller]
    pub fn lines(&self) -> Vec<&str> {
        assert_eq!(self.code, Some(0), "{self}");
        self.out.lines().collect()
    }

    /// Holds the exit code, and that stderr says each of `words`, however it is wrapped.
    #[track_caller]
    pub fn says(&self, code: i32, words: &[&str]) -> &Ended {
        assert_eq!(self.code, Some(code), "{self}");
        let err = flat(&self.err);
        for word in words {
            assert!(err.contains(&flat(word)), "it doesn't say {word:?}\n{self}");
        }
        assert!(!self.err.contains("panicked"), "{self}");
        self
    }

    /// How many writes the last line but one counts as `what`.
    pub fn count(&self, what: &str) -> u64 {
        let line = self.err.lines().find_map(|line| line.strip_prefix("of the writes: "));
        let counts = line.unwrap_or_default().split([',', ';']).filter_map(|n| n.trim().split_once(' '));
        counts.filter(|(_, of)| *of == what).filter_map(|(n, _)| n.parse::<u64>().ok()).sum()
    }

    #[track_caller]
    pub fn prints(&self, out: &str) -> &Ended {
        assert_eq!(self.out, out, "{self}");
        self
    }

    #[track_caller]
    pub fn never_says(&self, word: &str) -> &Ended {
        assert!(!flat(&self.err).contains(word), "it says {word:?}\n{self}");
        self
    }
}

impl std::fmt::Display for Ended {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "exit {:?}\n--- stdout\n{}\n--- stderr\n{}", self.code, self.out, self.err)
    }
}

/// Words with one blank between them, without the lines that are drawn around.
fn flat(text: &str) -> String {
    let drawn = |word: &&str| !word.chars().all(|c| "│·╰╭─┬╯├▶×".contains(c));
    text.split_whitespace().filter(drawn).collect::<Vec<_>>().join(" ")
}

/// A command that is running. It doesn't outlive the test.
pub struct Running {
    child: Option<Child>,
    /// What was read of stderr so far.
    heard: Vec<u8>,
}

impl Running {
    pub fn of(child: Child) -> Running {
        Running { child: Some(child), heard: vec![] }
    }

    pub fn child(&mut self) -> &mut Child {
        self.child.as_mut().expect("it is running")
    }

    /// Reads stderr until it says `word`.
    #[track_caller]
    pub fn hears(&mut self, word: &str) {
        while !String::from_utf8_lossy(&self.heard).contains(word) {
            let mut byte = [0; 1];
            let read = self.child().stderr.as_mut().expect("it is piped").read(&mut byte);
            assert_eq!(read.expect("stderr can be read"), 1, "it never says {word:?}");
            self.heard.extend(byte);
        }
    }

    /// Presses Ctrl-C.
    pub fn press(&mut self) {
        self.gets("-INT");
    }

    /// Sends it a signal, as `kill` writes it.
    pub fn gets(&mut self, signal: &str) {
        let pid = self.child().id().to_string();
        let killed = Command::new("kill").args([signal, &pid]).status().expect("there is a kill command");
        assert!(killed.success());
    }

    /// Waits for the end, at most `time`.
    #[track_caller]
    pub fn ends_within(mut self, time: Duration) -> Ended {
        let begun = Instant::now();
        while self.child().try_wait().expect("a child can be waited for").is_none() {
            assert!(begun.elapsed() < time, "it still runs after {time:?}");
            std::thread::sleep(Duration::from_millis(10));
        }
        let child = self.child.take().expect("it was running");
        let mut output = child.wait_with_output().expect("its output can be read");
        output.stderr.splice(..0, std::mem::take(&mut self.heard));
        Ended::of(output)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Waits until `holds`, at most ten seconds.
#[track_caller]
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(10), "never: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
