//! Where the files are.

use std::path::{Path, PathBuf};

const NAME: &str = "segue.toml";

/// The folder that the command is given in, by the name that its shell has for it: a link on the way there may lead
/// elsewhere tomorrow.
///
/// # Errors
/// Where there is no such folder any more.
pub fn here() -> std::io::Result<PathBuf> {
    let here = std::env::current_dir()?;
    let named = std::env::var_os("PWD").map(PathBuf::from);
    Ok(named.filter(|named| named.is_absolute() && same(named, &here)).unwrap_or(here))
}

/// Where a file may be for a command that is given `here`, whether or not one is there.
pub fn places(here: &Path) -> Vec<PathBuf> {
    let dirs = directories::BaseDirs::new();
    let home = dirs.as_ref().map(directories::BaseDirs::home_dir);
    project(here, home).map(|folder| folder.join(NAME)).chain(dirs.as_ref().map(user)).collect()
}

/// Where the user's own is.
fn user(dirs: &directories::BaseDirs) -> PathBuf {
    dirs.config_dir().join("segue").join(NAME)
}

/// The nearest file from `here` upward, then the user's. A file is there also when it can't be read: that
/// is said, not passed over.
pub fn files(here: &Path) -> Vec<PathBuf> {
    let there = |path: &PathBuf| path.symlink_metadata().is_ok();
    let dirs = directories::BaseDirs::new();
    let home = dirs.as_ref().map(directories::BaseDirs::home_dir);
    let project = project(here, home).map(|folder| folder.join(NAME)).find(there);
    let user = dirs.as_ref().map(user);
    let mut files: Vec<PathBuf> = project.into_iter().collect();
    if let Some(user) = user.filter(there)
        && !files.iter().any(|project| same(project, &user))
    {
        files.push(user);
    }
    files
}

/// The folders from `here` upward that are of one project: as far as the root of a repository, or `home`. What
/// lies above may be anybody's.
fn project<'p>(here: &'p Path, home: Option<&'p Path>) -> impl Iterator<Item = &'p Path> {
    let mut last = false;
    here.ancestors().take_while(move |folder| {
        let goes_on = !last;
        last = folder.join(".git").exists() || home.is_some_and(|home| same(folder, home));
        goes_on
    })
}

/// Whether two paths lead to one file: whoever works in the folder of their own settings has them once.
fn same(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => one == other,
    }
}

/// A path as seen from `here`.
pub fn shown(path: &Path, here: &Path) -> String {
    path.strip_prefix(here).unwrap_or(path).display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_looked_for_above_a_repository_or_the_home_folder() {
        let folder = tempfile::TempDir::new().unwrap();
        let inner = folder.path().join("a/b/c");
        std::fs::create_dir_all(&inner).unwrap();
        std::fs::write(folder.path().join(NAME), "").unwrap();
        let found = |home: Option<&Path>| project(&inner, home).any(|here| here.join(NAME).exists());
        assert!(found(None) && found(Some(folder.path())));
        assert!(!found(Some(&folder.path().join("a/b"))));
        std::fs::create_dir(folder.path().join("a/.git")).unwrap();
        assert!(!found(None));
        assert!(
            project(&inner, None).any(|here| here == folder.path().join("a")),
            "the root itself is looked in"
        );
    }

    #[test]
    fn the_nearest_file_upward_is_the_project_s() {
        let folder = tempfile::TempDir::new().unwrap();
        let inner = folder.path().join("a/b");
        std::fs::create_dir_all(&inner).unwrap();
        let nearest = |here: &Path| files(here).into_iter().find(|path| path.starts_with(folder.path()));
        assert_eq!(nearest(&inner), None);
        std::fs::write(folder.path().join(NAME), "").unwrap();
        assert_eq!(nearest(&inner), Some(folder.path().join(NAME)));
        std::fs::write(folder.path().join("a").join(NAME), "").unwrap();
        assert_eq!(nearest(&inner), Some(folder.path().join("a").join(NAME)));
        assert_eq!(shown(&folder.path().join(NAME), folder.path()), NAME);
        assert_eq!(shown(Path::new("/x/segue.toml"), &inner), "/x/segue.toml");
    }
}
