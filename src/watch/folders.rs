//! Being told by the system of changes in folders. Folders are watched and not files, since a file that is saved by
//! a rename is another one afterwards.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use notify::{Config, ErrorKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc::UnboundedSender;

use super::hint::Hint;

/// The folders that are watched.
pub struct Folders {
    watcher: Option<RecommendedWatcher>,
    watched: HashMap<PathBuf, Identity>,
}

/// Which folder a path leads to.
type Identity = (u64, u64, Option<SystemTime>);

/// What a system has too few of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    Watches,
    Instances,
}

impl Limit {
    /// What an error of the system comes from, if it is a limit.
    fn of(error: &notify::Error) -> Option<Limit> {
        /// `EMFILE` of POSIX.
        const TOO_MANY_OPEN: i32 = 24;
        match &error.kind {
            ErrorKind::MaxFilesWatch => Some(Limit::Watches),
            ErrorKind::Io(why) if why.raw_os_error() == Some(TOO_MANY_OPEN) => Some(Limit::Instances),
            _ => None,
        }
    }

    /// What was reached, and how to have more.
    pub fn words(self) -> String {
        let (what, setting, most) = match self {
            Limit::Watches => ("folders as it may", "fs.inotify.max_user_watches", 524_288),
            Limit::Instances => ("programs that watch files as it may", "fs.inotify.max_user_instances", 512),
        };
        format!(
            "the system has as many {what}, so the files are looked at every half a second, as with --poll; \
             `sudo sysctl {setting}={most}` allows more"
        )
    }
}

impl Folders {
    /// Those that are watched by looking alone: none.
    pub fn none() -> Folders {
        Folders { watcher: None, watched: HashMap::new() }
    }

    /// Tells of what happens in folders that are watched from now on.
    ///
    /// # Errors
    /// Why nothing can be watched, for people.
    pub fn watching(tell: UnboundedSender<Hint>) -> Result<Folders, String> {
        let told = move |event: notify::Result<notify::Event>| {
            let hint = match event {
                Ok(event) => Hint::of(&event),
                // What was lost is to be looked for.
                Err(_) => Some(Hint { anywhere: true, ..Hint::default() }),
            };
            // Nobody listens any more when the watch ends.
            let _ = hint.map(|hint| tell.send(hint));
        };
        match RecommendedWatcher::new(told, Config::default()) {
            Ok(watcher) => Ok(Folders { watcher: Some(watcher), ..Folders::none() }),
            Err(why) => Err(words(&why)),
        }
    }

    /// Watches just these `folders`, as far as they are there. One that has become another is watched anew.
    ///
    /// # Errors
    /// Why they can't be, for people; then none is any more.
    pub fn watch(&mut self, folders: &BTreeSet<PathBuf>) -> Result<(), String> {
        let Some(watcher) = &mut self.watcher else { return Ok(()) };
        let there: HashMap<PathBuf, Identity> =
            folders.iter().filter_map(|folder| Some((folder.clone(), identity(folder)?))).collect();
        let left: Vec<PathBuf> = self
            .watched
            .iter()
            .filter(|(path, is)| there.get(*path) != Some(is))
            .map(|(path, _)| path.clone())
            .collect();
        for path in left {
            // The system has let go of one that was deleted.
            let _ = watcher.unwatch(&path);
            self.watched.remove(&path);
        }
        for (path, identity) in there {
            if self.watched.contains_key(&path) {
                continue;
            }
            match watcher.watch(&path, RecursiveMode::NonRecursive) {
                Ok(()) => {
                    self.watched.insert(path, identity);
                }
                Err(why) if Limit::of(&why).is_some() => {
                    *self = Folders::none();
                    return Err(words(&why));
                }
                // It went just now, or isn't ours to see: its files are looked at now and then.
                Err(_) => {}
            }
        }
        Ok(())
    }

    /// A folder at `path`, or above others there, may be another now, also where it looks the same.
    pub fn moved(&mut self, path: &Path) {
        if let Some(watcher) = &mut self.watcher {
            self.watched.retain(|folder, _| {
                let stays = !folder.starts_with(path);
                if !stays {
                    // The system may have let go of it already.
                    let _ = watcher.unwatch(folder);
                }
                stays
            });
        }
    }
}

fn words(why: &notify::Error) -> String {
    match Limit::of(why) {
        Some(limit) => limit.words(),
        None => format!("the files are looked at every half a second, as with --poll: {why}"),
    }
}

fn identity(folder: &Path) -> Option<Identity> {
    let about = std::fs::metadata(folder).ok().filter(std::fs::Metadata::is_dir)?;
    let born = about.created().ok();
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        Some((about.dev(), about.ino(), born))
    }
    #[cfg(not(unix))]
    Some((0, 0, born))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_told_with_what_raises_it() {
        let io = |code| notify::Error::io(std::io::Error::from_raw_os_error(code));
        for (error, limit) in [
            (notify::Error::new(ErrorKind::MaxFilesWatch), Some(Limit::Watches)),
            (io(24), Some(Limit::Instances)),
            (io(2), None),
            (notify::Error::path_not_found(), None),
        ] {
            assert_eq!(Limit::of(&error), limit, "{error}");
        }
        assert!(Limit::Watches.words().contains("sysctl fs.inotify.max_user_watches=524288"));
        assert!(Limit::Instances.words().contains("sysctl fs.inotify.max_user_instances=512"));
    }

    #[test]
    fn a_folder_that_is_another_is_watched_anew() {
        let root = tempfile::TempDir::new().unwrap();
        let (folder, other) = (root.path().join("a"), root.path().join("b"));
        std::fs::create_dir(&folder).unwrap();
        let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
        let mut folders = Folders::watching(tell).unwrap();
        let these = [folder.clone(), root.path().join("missing")].into();
        folders.watch(&these).unwrap();
        std::fs::rename(&folder, &other).unwrap();
        std::fs::create_dir(&folder).unwrap();
        folders.watch(&these).unwrap();
        while told.try_recv().is_ok() {}
        std::fs::write(folder.join("x"), "").unwrap();
        loop {
            let hint = told.blocking_recv().expect("it watches");
            if hint.paths == [folder.join("x")] {
                break;
            }
        }
    }
}
