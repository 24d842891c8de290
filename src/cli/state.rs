//! The folder for what Segue keeps from one run to the next.

use std::fs::DirBuilder;
use std::io::{Error, ErrorKind, Result};
use std::path::{Path, PathBuf, absolute};

use directories::ProjectDirs;

/// The environment variable that names the folder.
pub const VARIABLE: &str = "SEGUE_STATE";

/// The folder that was `asked` for, that [`VARIABLE`] names, or the user's own; it is made where it isn't there,
/// for its owner alone.
///
/// # Errors
/// Where there is none and none can be made.
pub fn folder(asked: Option<&Path>) -> Result<PathBuf> {
    let named = std::env::var_os(VARIABLE).filter(|value| !value.is_empty()).map(PathBuf::from);
    let folder = chosen(asked, named, users())?;
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(&folder)?;
    Ok(folder)
}

/// The absolute path of the first of these that there is.
fn chosen(asked: Option<&Path>, named: Option<PathBuf>, users: Option<PathBuf>) -> Result<PathBuf> {
    match (asked, named, users) {
        (Some(asked), ..) => absolute(asked),
        // Two runs begun in two folders wouldn't see each other.
        (None, Some(named), _) if named.is_relative() => {
            let whole = absolute(&named).unwrap_or_default();
            let message = format!(
                "the folder in {VARIABLE}, \"{}\", is another one in each folder; set it to a path from the root, such \
                 as {}",
                named.display(),
                whole.display()
            );
            Err(Error::new(ErrorKind::InvalidInput, message))
        }
        (None, Some(named), _) => Ok(named),
        (None, None, Some(users)) if users.is_absolute() => Ok(users),
        (None, None, _) => Err(Error::new(ErrorKind::NotFound, "there is no home folder")),
    }
}

/// `$XDG_STATE_HOME/segue`, unless that is relative and so to be passed over, or what stands in its place on other
/// systems.
fn users() -> Option<PathBuf> {
    let project = ProjectDirs::from("", "", "segue")?;
    Some(project.state_dir().unwrap_or_else(|| project.data_local_dir()).to_path_buf())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_is_one_and_the_same_wherever_a_run_begins() {
        let chosen = |asked: Option<&str>, named: Option<&str>, users: Option<&str>| {
            chosen(asked.map(Path::new), named.map(PathBuf::from), users.map(PathBuf::from))
        };
        let here = std::env::current_dir().unwrap();
        assert_eq!(chosen(Some("a"), Some("b"), Some("/c")).unwrap(), here.join("a"));
        assert_eq!(chosen(Some("/a"), None, None).unwrap(), Path::new("/a"));
        assert_eq!(chosen(None, Some("/b"), Some("/c")).unwrap(), Path::new("/b"));
        assert_eq!(chosen(None, None, Some("/c")).unwrap(), Path::new("/c"));
        let why = chosen(None, Some("b"), Some("/c")).unwrap_err().to_string();
        assert!(why.contains("\"b\"") && why.ends_with(&here.join("b").display().to_string()), "{why}");
        assert!(chosen(None, None, None).is_err() && chosen(None, None, Some("c")).is_err());
    }
}
