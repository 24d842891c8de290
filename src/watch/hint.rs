//! What an event of the file system is taken for. It only says where to look: what changed is seen there.

use std::collections::{BTreeSet, HashSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use notify::event::{AccessKind, AccessMode, CreateKind, ModifyKind};
use notify::{Event, EventKind};

/// The ending of a script's name.
pub const SCRIPT: &str = "rhai";

/// Where something may have changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hint {
    pub paths: Vec<PathBuf>,
    /// Whether a folder may have come, gone or got another name.
    pub moved: bool,
    /// Whether events were lost, so that it may be anywhere.
    pub anywhere: bool,
}

impl Hint {
    /// What an event hints at; `None` where nothing was written. To read a file is an event too, also where it is
    /// Segue that does.
    pub fn of(event: &Event) -> Option<Hint> {
        let moved = match event.kind {
            EventKind::Create(CreateKind::File) => false,
            EventKind::Create(_) | EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(_)) => true,
            EventKind::Access(_) | EventKind::Modify(_) => false,
            EventKind::Any | EventKind::Other => true,
        };
        let wrote = matches!(event.kind, EventKind::Access(AccessKind::Close(AccessMode::Write)));
        let anywhere = event.need_rescan();
        let tells = anywhere || wrote || !matches!(event.kind, EventKind::Access(_));
        tells.then(|| Hint { paths: event.paths.clone(), moved, anywhere })
    }
}

/// The files that are followed, and the folders where they are.
#[derive(Clone, Debug, Default)]
pub struct Followed {
    pub files: BTreeSet<PathBuf>,
    /// The folders with these files, those with scripts, and those above either: a folder that gets another name is
    /// seen from above.
    pub folders: BTreeSet<PathBuf>,
    names: HashSet<OsString>,
}

impl Followed {
    /// `files`, and what is in the `folders` of scripts.
    pub fn new(files: BTreeSet<PathBuf>, folders: &BTreeSet<PathBuf>) -> Followed {
        let mut followed = Followed::default();
        folders.iter().for_each(|folder| followed.around(folder));
        files.into_iter().for_each(|file| followed.add(file));
        followed
    }

    /// Follows one more file.
    pub fn add(&mut self, file: PathBuf) {
        if let Some(folder) = file.parent() {
            self.around(folder);
        }
        self.names.extend(file.file_name().map(OsString::from));
        self.files.insert(file);
    }

    fn around(&mut self, folder: &Path) {
        self.names.extend(folder.file_name().map(OsString::from));
        self.folders.extend([Some(folder), folder.parent()].into_iter().flatten().map(Path::to_path_buf));
    }

    /// Whether a change at `path` may be one of what is followed. By its name alone: one folder has several paths.
    pub fn concerns(&self, path: &Path) -> bool {
        path.file_name().is_some_and(|name| self.names.contains(name))
    }
}

/// Whether `path` is named as a script is. Hidden files aren't: editors keep their own there.
pub fn is_script(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == SCRIPT) && !hidden(path)
}

/// Whether scripts are looked for in a folder of that name. What is generated or fetched isn't anybody's to save, and
/// there is a lot of it.
pub fn is_entered(folder: &Path) -> bool {
    const LEFT_OUT: [&str; 2] = ["target", "node_modules"];
    !hidden(folder) && !folder.file_name().is_some_and(|name| LEFT_OUT.iter().any(|left| name == *left))
}

fn hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use notify::event::{DataChange, Flag, MetadataKind, RemoveKind, RenameMode};

    #[test]
    fn an_event_says_where_to_look_unless_nothing_was_written() {
        let write = EventKind::Access(AccessKind::Close(AccessMode::Write));
        for (kind, moved) in [
            (write, Some(false)),
            (EventKind::Modify(ModifyKind::Data(DataChange::Any)), Some(false)),
            (EventKind::Modify(ModifyKind::Metadata(MetadataKind::Any)), Some(false)),
            (EventKind::Create(CreateKind::File), Some(false)),
            (EventKind::Create(CreateKind::Folder), Some(true)),
            (EventKind::Remove(RemoveKind::File), Some(true)),
            (EventKind::Modify(ModifyKind::Name(RenameMode::To)), Some(true)),
            (EventKind::Any, Some(true)),
            (EventKind::Access(AccessKind::Open(AccessMode::Any)), None),
            (EventKind::Access(AccessKind::Close(AccessMode::Read)), None),
            (EventKind::Access(AccessKind::Read), None),
        ] {
            let hint = Hint::of(&Event::new(kind).add_path("/x/a.rhai".into()));
            assert_eq!(hint.as_ref().map(|hint| hint.moved), moved, "{kind:?}");
            assert!(hint.is_none_or(|hint| hint.paths == [Path::new("/x/a.rhai")] && !hint.anywhere));
        }
        let lost = Hint::of(&Event::new(EventKind::Other).set_flag(Flag::Rescan));
        assert!(lost.is_some_and(|hint| hint.anywhere));
    }

    #[test]
    fn what_is_followed_is_known_by_name_and_seen_from_the_folders_above() {
        let files = ["/p/s/a.rhai", "/p/lib/m.rhai"].map(PathBuf::from).into();
        let followed = Followed::new(files, &[PathBuf::from("/p/s/deep")].into());
        let folders: Vec<&str> = followed.folders.iter().filter_map(|path| path.to_str()).collect();
        assert_eq!(folders, ["/p", "/p/lib", "/p/s", "/p/s/deep"]);
        for (path, concerns) in [
            ("/p/s/a.rhai", true),
            ("/elsewhere/a.rhai", true),
            ("/p/s", true),
            ("/p/lib", true),
            ("/p/s/deep", true),
            ("/p/s/.a.rhai.swp", false),
            ("/p/s/b.rhai", false),
            ("/p", false),
        ] {
            assert_eq!(followed.concerns(Path::new(path)), concerns, "{path}");
        }
    }

    #[test]
    fn scripts_and_their_folders_are_told_by_their_names() {
        for (path, script, entered) in [
            ("/p/a.rhai", true, true),
            ("/p/.#a.rhai", false, false),
            ("/p/a.rhai~", false, true),
            ("/p/.git", false, false),
            ("/p/target", false, false),
            ("/p/node_modules", false, false),
            ("/p/lib", false, true),
        ] {
            let path = Path::new(path);
            assert_eq!((is_script(path), is_entered(path)), (script, entered), "{path:?}");
        }
    }
}
