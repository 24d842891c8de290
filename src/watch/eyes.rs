//! Looks at all that is followed, away from whoever waits for keys: a file system may take its time.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::find::{Found, find};
use super::folders::Folders;
use super::hint::Followed;
use super::stamp::{Looked, Stamp};

/// What is to be looked at.
pub struct Wanted {
    pub followed: Followed,
    /// Files that may be new scripts.
    pub fresh: BTreeSet<PathBuf>,
    /// The folder to look through for scripts, if it is to be.
    pub scan: Option<PathBuf>,
    /// Paths of folders that may be others now.
    pub moved: Vec<PathBuf>,
}

/// What was seen.
pub struct Sight {
    pub looked: Looked,
    pub found: Option<Found>,
    /// Why the system can't tell of changes, if it could so far.
    pub blind: Option<String>,
}

/// Looks at all that is `wanted`. Folders are watched first: what changes behind the look is told.
pub fn look(folders: &mut Folders, wanted: Wanted) -> Sight {
    let Wanted { mut followed, fresh, scan, moved } = wanted;
    moved.iter().for_each(|path| folders.moved(path));
    let found = scan.map(|folder| find(&folder));
    if let Some(found) = &found {
        followed = Followed::new(followed.files.clone(), &found.folders);
    }
    let blind = folders.watch(&followed.folders).err();
    let new = found.iter().flat_map(|found| &found.scripts);
    let looked = stamps(followed.files.iter().chain(&fresh).chain(new).map(PathBuf::as_path));
    Sight { looked, found, blind }
}

/// What files are now.
pub fn stamps<'p>(paths: impl Iterator<Item = &'p Path>) -> Looked {
    paths.map(|path| (path.to_path_buf(), Stamp::of(path))).collect()
}
