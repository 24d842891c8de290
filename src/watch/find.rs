//! The scripts of a folder.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::hint::{is_entered, is_script};

/// At most so many scripts are followed: all of them are looked at again and again.
pub const MOST_SCRIPTS: usize = 2_000;
/// At most so many folders are entered: a system watches so many of them for one user.
pub const MOST_FOLDERS: usize = 2_000;

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Found {
    pub scripts: BTreeSet<PathBuf>,
    /// The folders that were looked through, the first among them.
    pub folders: BTreeSet<PathBuf>,
    /// Whether there are more of one or the other.
    pub more: bool,
    /// How long it took to look.
    pub took: Duration,
}

/// Looks through `folder` and those in it, the nearer ones first. Links to folders aren't followed: they lead
/// elsewhere, or in a circle.
pub fn find(folder: &Path) -> Found {
    let begun = Instant::now();
    let mut found = Found::default();
    let mut level = vec![folder.to_path_buf()];
    while !level.is_empty() {
        let mut below = vec![];
        for folder in level {
            if found.folders.len() == MOST_FOLDERS {
                found.more = true;
                break;
            }
            // One that can't be read, or isn't there any more, has nothing in it for us.
            let Ok(entries) = std::fs::read_dir(&folder) else { continue };
            found.folders.insert(folder);
            for entry in entries.flatten() {
                let (path, kind) = (entry.path(), entry.file_type());
                if kind.is_ok_and(|kind| kind.is_dir()) {
                    below.extend(is_entered(&path).then_some(path));
                } else if is_script(&path) {
                    if found.scripts.len() == MOST_SCRIPTS {
                        found.more = true;
                        break;
                    }
                    found.scripts.insert(path);
                }
            }
        }
        below.sort();
        level = below;
    }
    found.took = begun.elapsed();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_found_in_folders_but_not_in_what_is_generated() {
        let folder = tempfile::TempDir::new().unwrap();
        for path in ["a.rhai", "lib/b.rhai", "lib/deep/c.rhai", "lib/d.txt", "target/e.rhai", ".git/f.rhai"] {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        let found = find(folder.path());
        let name = |path: &PathBuf| path.strip_prefix(folder.path()).unwrap().display().to_string();
        let names = |paths: &BTreeSet<PathBuf>| paths.iter().map(name).collect::<Vec<_>>();
        assert_eq!(names(&found.scripts), ["a.rhai", "lib/b.rhai", "lib/deep/c.rhai"]);
        assert_eq!(
            (names(&found.folders), found.more),
            (vec!["".into(), "lib".into(), "lib/deep".into()], false)
        );
        let none = find(&folder.path().join("nowhere"));
        assert!(none.scripts.is_empty() && none.folders.is_empty());
    }

    #[test]
    fn there_is_an_end_to_what_is_followed() {
        let folder = tempfile::TempDir::new().unwrap();
        for n in 0..=MOST_SCRIPTS {
            std::fs::write(folder.path().join(format!("{n}.rhai")), "").unwrap();
        }
        let found = find(folder.path());
        assert_eq!((found.scripts.len(), found.more), (MOST_SCRIPTS, true));
    }
}
