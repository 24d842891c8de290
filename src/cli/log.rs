//! The log of a run: a file that grows by what each run tells, an object of JSON on each line.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

use crate::fault::io_in_words;

/// A file that runs append to, several at once where it has to be.
pub struct Log {
    /// As it is named to people.
    pub path: String,
    state: Mutex<State>,
}

struct State {
    file: File,
    /// Why not all of it is there, at the first time.
    why: Option<String>,
}

impl Log {
    /// Opens the file at `path`; a new one is its owner's alone.
    ///
    /// Waits for the reader of a pipe.
    ///
    /// # Errors
    /// Where nothing can be written there.
    pub fn open(path: &Path) -> io::Result<Log> {
        let file = for_its_owner(OpenOptions::new().append(true).create(true)).open(path)?;
        let state = Mutex::new(State { file, why: None });
        Ok(Log { path: path.display().to_string(), state })
    }

    /// Whether it is kept in this very file.
    pub fn is_in(&self, file: &File) -> bool {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let both = (state.file.metadata(), file.metadata());
        matches!(both, (Ok(ours), Ok(other)) if ours.is_file() && same(&ours, &other))
    }

    /// Adds `lines`, each an object, with the time and the process: the lines of runs may mix.
    pub fn take(&self, lines: &str) {
        let text = stamped(lines, Timestamp::now(), std::process::id());
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        // In one piece, so that no other run's line gets in between.
        if let Err(why) = state.file.write_all(text.as_bytes()) {
            state.why.get_or_insert_with(|| io_in_words(&why));
        }
    }

    /// Why not all of it is there, if it isn't.
    pub fn lost(&self) -> Option<String> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).why.clone()
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
        assert_eq!(log.lost(), None);
        log.take("{\"kind\":\"note\"}\n");
        assert!(log.lost().unwrap().contains("no space left"));
    }
}
