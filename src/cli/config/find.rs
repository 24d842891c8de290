//! Where the files are.

use std::path::{Path, PathBuf};

const NAME: &str = "segue.toml";

/// The nearest file from `here` upward, then the user's. A file is there also when it can't be read: that
/// is said, not passed over.
pub fn files(here: &Path) -> Vec<PathBuf> {
    let there = |path: &PathBuf| path.symlink_metadata().is_ok();
    let project = here.ancestors().map(|folder| folder.join(NAME)).find(there);
    let user = directories::BaseDirs::new().map(|dirs| dirs.config_dir().join("segue").join(NAME));
    let mut files: Vec<PathBuf> = project.into_iter().collect();
    if let Some(user) = user.filter(there)
        && !files.iter().any(|project| same(project, &user))
    {
        files.push(user);
    }
    files
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
