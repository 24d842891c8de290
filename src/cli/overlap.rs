//! Runs that would overlap: the same script with the same arguments on the same workspace, under way twice.
//!
//! A lock of the system's own on a file guards against it. However a process ends, the system takes its locks away.

use std::collections::BTreeSet;
use std::fmt;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Seek, Write};
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::config::here;
use super::log::{for_its_owner, same};
use super::name::to_the_second;
use super::whose::Whose;
use super::{off_the_way, state};
use crate::fault::{At, Code, Fault, io_in_words};
use crate::outbox::Key;

/// What a run does while the same is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Overlap {
    /// Say so, and end.
    Skip,
    /// Wait for its end.
    Wait,
    /// Run beside it.
    Allow,
}

/// While it lives, no other run of the same begins.
#[derive(Debug)]
pub struct Guard {
    /// Held, and never looked at.
    _locks: Vec<Lock>,
}

/// While it lives, no other run is guarded by its file.
#[derive(Debug)]
struct Lock {
    path: PathBuf,
    /// The lock is this file's, and goes with it.
    #[cfg_attr(not(unix), expect(dead_code, reason = "it is held for as long as it is open"))]
    file: File,
}

/// Who holds a lock.
#[derive(Debug)]
pub struct Owner {
    path: PathBuf,
    about: About,
    /// All locks that are needed.
    paths: BTreeSet<PathBuf>,
}

/// A process and since when it runs, in words; `None` in the moment in which it hasn't said it yet.
type About = Option<String>;

impl fmt::Display for Owner {
    /// What stands behind a sentence that says that there is one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.about.as_ref().map_or(Ok(()), |about| write!(f, " ({about})"))
    }
}

/// What a run does that wasn't told: what works on a sandbox, or writes nothing, is in nobody's way.
pub fn usual(sandbox: bool, dry_run: bool) -> Overlap {
    if sandbox || dry_run { Overlap::Allow } else { Overlap::Skip }
}

/// Keeps others from running `script` with these arguments on this workspace, by locks in the folder of
/// [`state::folder`]; or tells who keeps this run from it. A script has a lock for its name and one for the file that
/// this leads to: a link may be led elsewhere meanwhile, and another name may lead to the same.
///
/// # Errors
/// Where there is no such folder, its files can't be made, or the file system knows no locks.
pub async fn guard(
    state: Option<&Path>,
    script: &Path,
    arguments: &[String],
    whose: &Whose,
) -> io::Result<Result<Guard, Owner>> {
    let (state, script) = (state.map(Path::to_path_buf), script.to_path_buf());
    let (arguments, whose) = (arguments.to_vec(), whose.clone());
    blocking(move || {
        let folder = state::folder(state.as_deref())?;
        let names = [script.canonicalize()?, here()?.join(script)];
        attempt(names.iter().map(|script| folder.join(file(script, &arguments, &whose))).collect())
    })
    .await
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    off_the_way(work).await.map_err(|fault| io::Error::other(fault.message))?
}

/// Takes all of these locks, or none.
fn attempt(paths: BTreeSet<PathBuf>) -> io::Result<Result<Guard, Owner>> {
    let mut locks = vec![];
    for path in &paths {
        match Lock::attempt(path)? {
            Ok(lock) => locks.push(lock),
            Err(about) => return Ok(Err(Owner { path: path.clone(), about, paths })),
        }
    }
    Ok(Ok(Guard { _locks: locks }))
}

/// The fault of a machine that gives no place to keep locks in; what else can be done stands `otherwise`.
pub fn no_state(why: &io::Error, otherwise: &str) -> Fault {
    let message = format!("whether the same run is under way can't be known: {}", io_in_words(why));
    Fault::new(Code::SettingInvalid, At::Call, message).help(format!(
        "name a folder of your own that can be written to, with --state or {}{otherwise}",
        state::VARIABLE
    ))
}

impl Owner {
    /// Runs in their stead as soon as nobody is in the way, however long that takes.
    ///
    /// # Errors
    /// As of [`guard`].
    pub async fn gone(self) -> io::Result<Guard> {
        let mut owner = self;
        blocking(move || {
            loop {
                drop(Lock::wait(&owner.path)?);
                match attempt(owner.paths)? {
                    Ok(guard) => return Ok(guard),
                    Err(next) => owner = next,
                }
            }
        })
        .await
    }
}

/// The file of a run: a name for people, and a number that only the same run has. The order of its arguments doesn't
/// matter; of whose it is, the number is all that reaches the disk.
fn file(script: &Path, arguments: &[String], whose: &Whose) -> String {
    let mut arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    arguments.sort_unstable();
    let key = json!([script.to_string_lossy(), arguments, whose.is]);
    let stem = script.file_stem().unwrap_or_default().to_string_lossy();
    let readable = |c: char| if c.is_ascii_alphanumeric() || "-_".contains(c) { c } else { '_' };
    let stem: String = stem.chars().take(40).map(readable).collect();
    format!("{stem}-{:016x}.lock", Key::new(&key.to_string()).number())
}

impl Lock {
    /// Takes the lock, or tells who holds it.
    ///
    /// # Errors
    /// Where the file can't be made, or the file system knows no locks.
    fn attempt(path: &Path) -> io::Result<Result<Lock, About>> {
        loop {
            let mut file = open(path)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Ok(Err(about(&mut file))),
                Err(TryLockError::Error(why)) => return Err(why),
            }
            if let Some(lock) = Lock::held(file, path)? {
                return Ok(Ok(lock));
            }
        }
    }

    /// Takes the lock as soon as nobody holds it, however long that takes.
    ///
    /// # Errors
    /// The same.
    fn wait(path: &Path) -> io::Result<Lock> {
        loop {
            let file = open(path)?;
            match file.lock() {
                Ok(()) => {}
                Err(why) if why.kind() == ErrorKind::Interrupted => continue,
                Err(why) => return Err(why),
            }
            if let Some(lock) = Lock::held(file, path)? {
                return Ok(lock);
            }
        }
    }

    /// The lock on `file`, unless its last owner took it away from `path` as they ended: then it guards nothing.
    fn held(mut file: File, path: &Path) -> io::Result<Option<Lock>> {
        if !is_at(&file, path)? {
            return Ok(None);
        }
        let about = json!({ "pid": std::process::id(), "since": to_the_second(Timestamp::now()) });
        file.set_len(0)?;
        file.write_all(about.to_string().as_bytes())?;
        Ok(Some(Lock { path: path.to_path_buf(), file }))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // An empty file that stays behind guards nothing, and the next run takes it over.
        #[cfg(unix)]
        if is_at(&self.file, &self.path).unwrap_or_default() {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        // In a folder that others write to, too, a link may lead to any file.
        options.custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed());
    }
    for_its_owner(&mut options).open(path)
}

/// Whether `file` is what others find at `path`.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    match path.symlink_metadata() {
        Ok(there) => Ok(same(&there, &file.metadata()?)),
        Err(why) if why.kind() == ErrorKind::NotFound => Ok(false),
        Err(why) => Err(why),
    }
}

/// Whether `file` is what others find at `path`: here nobody takes it away.
#[cfg(not(unix))]
fn is_at(_: &File, _: &Path) -> io::Result<bool> {
    Ok(true)
}

/// What its owner says of themselves in the file of a lock.
fn about(file: &mut File) -> About {
    let mut text = String::new();
    file.rewind().and_then(|()| file.read_to_string(&mut text)).ok()?;
    let about: Value = serde_json::from_str(&text).ok()?;
    Some(format!("pid {}, since {}", about["pid"].as_u64()?, about["since"].as_str()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;
    use tempfile::TempDir;

    use crate::api::{Hosts, Region, Source};

    #[test]
    fn a_run_is_known_by_script_arguments_and_workspace() {
        let file = |script: &str, arguments: &[&str], whose: &Whose| {
            let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
            super::file(Path::new(script), &arguments, whose)
        };
        let (us, eu) = (Hosts::new(Region::Us), Hosts::new(Region::Eu));
        let keys = |site: &str, app: &str, hosts: &Hosts| {
            let sources = ["SITE", "APP"].map(|name| Some(Source::Environment(name.into())));
            let lookup = |name: &str| Some(if name == "SITE" { site } else { app }.to_string());
            Whose::live(None, &sources, hosts, lookup)
        };
        let (script, whose) = ("/a/sync all.rhai", keys("site", "app", &us));
        let one = file(script, &["a=1", "b=2"], &whose);
        assert_eq!(one, file(script, &["b=2", "a=1"], &whose));
        assert_eq!(one, file(script, &["b=2", "a=1"], &keys("site\n", " app ", &us)));
        assert_eq!(one, "sync_all-3623c6d58cfb2a2b.lock", "every release makes the same of it");
        let mut all = vec![
            one,
            file("/b/sync all.rhai", &["a=1", "b=2"], &whose),
            file(script, &["a=1", "b=3"], &whose),
            file(script, &["a=1\",\"b=2"], &whose),
        ];
        for whose in [
            keys("site", "app", &eu),
            keys("site", "app", &Hosts::at("http://127.0.0.1:1")),
            keys("site", "ape", &us),
            keys("site", "", &us),
            keys("app", "site", &us),
            Whose::sandbox("", None),
            Whose::sandbox("", Some("acme".into())),
            Whose::sandbox("http://127.0.0.1:1", None),
        ] {
            all.push(file(script, &["a=1", "b=2"], &whose));
        }
        let different: std::collections::BTreeSet<&String> = all.iter().collect();
        assert_eq!(different.len(), all.len(), "{all:#?}");
    }

    #[test]
    fn one_at_a_time_and_who_comes_later_is_told_who_it_is() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("x.lock");
        let first = Lock::attempt(&path).unwrap().unwrap();
        let owner = Lock::attempt(&path).unwrap().unwrap_err().unwrap();
        assert!(owner.starts_with(&format!("pid {}, since 2", std::process::id())), "{owner}");
        drop(first);
        assert!(!path.exists(), "nothing stays behind");
        drop(Lock::attempt(&path).unwrap().unwrap());
    }

    #[test]
    fn who_waits_comes_next_and_keeps_others_out() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("x.lock");
        let first = Lock::attempt(&path).unwrap().unwrap();
        let (tell, told) = channel();
        let there = path.clone();
        std::thread::spawn(move || tell.send(Lock::wait(&there).unwrap()));
        drop(first);
        // It may have been handed the file that was taken away, and begun anew.
        let second = told.recv().unwrap();
        assert!(Lock::attempt(&path).unwrap().is_err());
        drop(second);
    }

    #[test]
    #[cfg(unix)]
    fn a_file_that_was_taken_away_guards_nothing() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("x.lock");
        let file = open(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert!(Lock::held(file.try_clone().unwrap(), &path).unwrap().is_none());
        std::fs::write(&path, "another's").unwrap();
        assert!(Lock::held(file, &path).unwrap().is_none());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "another's");
    }

    #[test]
    #[cfg(unix)]
    fn a_link_in_its_place_is_not_followed() {
        let folder = TempDir::new().unwrap();
        let [path, other] = ["x.lock", "other"].map(|name| folder.path().join(name));
        std::fs::write(&other, "precious").unwrap();
        std::os::unix::fs::symlink(&other, &path).unwrap();
        assert!(Lock::attempt(&path).is_err());
        assert_eq!(std::fs::read_to_string(&other).unwrap(), "precious");
    }

    #[test]
    fn what_a_killed_run_left_is_taken_over() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("x.lock");
        std::fs::write(&path, "{\"pid\": 99999999, \"since\": \"2026-01-01T00:00:00Z\", \"more\": 1}")
            .unwrap();
        let lock = Lock::attempt(&path).unwrap().unwrap();
        let owner = Lock::attempt(&path).unwrap().unwrap_err().unwrap();
        assert!(owner.starts_with(&format!("pid {}, ", std::process::id())), "{owner}");
        drop(lock);
    }
}
