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
    /// The files that links among the followed lead to: what is saved there is told there.
    pub links: BTreeSet<PathBuf>,
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
    let links: BTreeSet<PathBuf> = followed.files.iter().filter_map(|file| led_to(file)).collect();
    links.iter().for_each(|file| followed.add(file.clone()));
    let blind = folders.watch(&followed.folders).err();
    let new = found.iter().flat_map(|found| &found.scripts);
    let looked = stamps(followed.files.iter().chain(&fresh).chain(new).map(PathBuf::as_path));
    Sight { looked, found, links, blind }
}

/// The file that a link leads to.
fn led_to(file: &Path) -> Option<PathBuf> {
    let link = file.symlink_metadata().ok()?.is_symlink();
    file.canonicalize().ok().filter(|_| link)
}

/// What files are now.
pub fn stamps<'p>(paths: impl Iterator<Item = &'p Path>) -> Looked {
    paths.map(|path| (path.to_path_buf(), Stamp::of(path))).collect()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn what_a_link_leads_to_is_known() {
        let folder = tempfile::TempDir::new().unwrap();
        let place = folder.path().canonicalize().unwrap();
        let [file, link, plain] = ["deep/a.rhai", "link.rhai", "plain.rhai"].map(|name| place.join(name));
        std::fs::create_dir(place.join("deep")).unwrap();
        [&file, &plain].iter().for_each(|path| std::fs::write(path, "1").unwrap());
        std::os::unix::fs::symlink(&file, &link).unwrap();
        let followed = Followed::new([link, plain, place.join("gone.rhai")].into(), &BTreeSet::new());
        let wanted = Wanted { followed, fresh: BTreeSet::new(), scan: None, moved: vec![] };
        assert_eq!(look(&mut Folders::none(), wanted).links, [file].into());
    }
}
