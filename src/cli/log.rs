//! The log of a run: a file that grows by what each run tells, an object of JSON on each line.
//!
//! It has a thread of its own: it may be a pipe that nobody reads, and neither the run nor whoever ends it waits for
//! that for ever.

use std::collections::VecDeque;
use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use jiff::Timestamp;

use crate::fault::{io_in_words, time_in_words};

/// As many bytes wait for the file before whoever brings more has to.
const WAITING: usize = 1 << 20;
/// For so long a file or a reader may take nothing while somebody waits for it.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// A file that runs append to, several at once where it has to be.
pub struct Log {
    /// As it is named to people.
    pub path: String,
    about: Metadata,
    patience: Duration,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// Told whenever the state is another.
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// What the file is still to take.
    waiting: VecDeque<String>,
    bytes: usize,
    /// How often the file took something, or refused it.
    steps: u64,
    /// Why not all of it is there, at the first time.
    why: Option<String>,
    /// Whether the file gets nothing any more.
    over: bool,
}

impl Log {
    /// Opens the file at `path`; a new one is its owner's alone.
    ///
    /// Waits for the reader of a pipe.
    ///
    /// # Errors
    /// Where nothing can be written there.
    pub fn open(path: &Path) -> io::Result<Log> {
        Log::patient(path, PATIENCE)
    }

    fn patient(path: &Path, patience: Duration) -> io::Result<Log> {
        let file = for_its_owner(OpenOptions::new().append(true).create(true)).open(path)?;
        let (about, shared) = (file.metadata()?, Arc::<Shared>::default());
        let writer = shared.clone();
        thread::Builder::new().name("log".into()).spawn(move || writer.write_to(&file))?;
        Ok(Log { path: path.display().to_string(), about, patience, shared })
    }

    /// Whether it is kept in this very file.
    pub fn is_in(&self, file: &File) -> bool {
        file.metadata().is_ok_and(|other| self.about.is_file() && same(&self.about, &other))
    }

    /// Adds `lines`, each an object, with the time and the process: the lines of runs may mix. Waits while much waits
    /// for the file.
    pub fn take(&self, lines: &str) {
        let text = stamped(lines, Timestamp::now(), std::process::id());
        let room = |state: &State| state.bytes <= WAITING;
        let mut state = self.shared.when(room, self.patience);
        if !state.over {
            state.bytes += text.len();
            state.waiting.push_back(text);
            self.shared.changed.notify_all();
        }
    }

    /// Waits until all of it is there, and takes nothing any more: why not all of it is there, if it isn't.
    pub fn finish(&self) -> Option<String> {
        let mut state = self.shared.when(|state| state.bytes == 0, self.patience);
        state.over = true;
        self.shared.changed.notify_all();
        state.why.clone()
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.shared.state().over = true;
        self.shared.changed.notify_all();
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state in which `holds`, or the file is given up: since it took nothing for as long as `patience`.
    fn when(&self, holds: impl Fn(&State) -> bool, patience: Duration) -> MutexGuard<'_, State> {
        let mut state = self.state();
        while !state.over && !holds(&state) {
            let steps = state.steps;
            let waited =
                self.changed.wait_timeout_while(state, patience, |state| !state.over && state.steps == steps);
            let (now, late) = waited.unwrap_or_else(PoisonError::into_inner);
            state = now;
            if late.timed_out() && state.steps == steps {
                let why = format!("it took nothing for {}", time_in_words(patience));
                state.why.get_or_insert(why);
                state.over = true;
            }
        }
        state
    }

    /// Writes what comes, for as long as something may come.
    fn write_to(&self, mut file: &File) {
        let mut state = self.state();
        while !state.over {
            let Some(text) = state.waiting.pop_front() else {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            drop(state);
            // In one piece, so that no other run's line gets in between.
            let written = file.write_all(text.as_bytes());
            state = self.state();
            state.bytes -= text.len();
            state.steps += 1;
            if let Err(why) = written {
                state.why.get_or_insert_with(|| io_in_words(&why));
            }
            self.changed.notify_all();
        }
    }
}

/// Keeps others from reading a file that is made.
pub fn for_its_owner(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

/// Whether two files are one, where the system tells.
#[cfg(unix)]
pub fn same(one: &Metadata, other: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

/// Whether two files are one, where the system tells.
#[cfg(not(unix))]
pub fn same(_: &Metadata, _: &Metadata) -> bool {
    false
}

/// Lines of JSON, each with the time and the process in front of its own fields.
fn stamped(lines: &str, now: Timestamp, pid: u32) -> String {
    let head = format!("{{\"time\":\"{now:.3}\",\"pid\":{pid},");
    lines.lines().filter_map(|line| line.strip_prefix('{')).map(|rest| format!("{head}{rest}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_has_the_time_and_the_process_in_front() {
        let now = Timestamp::from_millisecond(1_500).unwrap();
        let head = "{\"time\":\"1970-01-01T00:00:01.500Z\",\"pid\":7,";
        assert_eq!(
            stamped("{\"kind\":\"note\"}\n{\"kind\":\"summary\"}\n", now, 7),
            format!("{head}\"kind\":\"note\"}}\n{head}\"kind\":\"summary\"}}\n")
        );
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn what_the_log_cannot_take_is_known() {
        let log = Log::open(Path::new("/dev/full")).unwrap();
        log.take("{\"kind\":\"note\"}\n");
        assert!(log.finish().unwrap().contains("no space left"));
    }

    #[test]
    fn all_of_it_is_there_at_the_end() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("x.log");
        let log = Log::open(&path).unwrap();
        let lines = 2 * WAITING / 50;
        (0..lines).for_each(|n| log.take(&format!("{{\"n\":{n}}}\n")));
        assert_eq!(log.finish(), None);
        log.take("{\"kind\":\"late\"}\n");
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text.lines().count(), lines);
        assert!(text.lines().enumerate().all(|(n, line)| line.ends_with(&format!("\"n\":{n}}}"))));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_pipe_that_nobody_reads_is_given_up() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
        assert!(made.success());
        // Held open from both ends, it blocks nobody who opens it.
        let _held = OpenOptions::new().read(true).write(true).open(&path).unwrap();
        let log = Log::patient(&path, Duration::from_millis(1)).unwrap();
        let line = format!("{{\"text\":\"{}\"}}\n", "x".repeat(WAITING / 4));
        (0..8).for_each(|_| log.take(&line));
        assert_eq!(log.finish().unwrap(), "it took nothing for 1 ms");
    }
}
