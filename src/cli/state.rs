//! The folder for what Segue keeps from one run to the next.

use std::fs::DirBuilder;
use std::io::{Error, ErrorKind, Result};
use std::path::{Path, PathBuf};

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
    let folder = asked.map(Path::to_path_buf).or(named).or_else(users);
    let folder = folder.ok_or_else(|| Error::new(ErrorKind::NotFound, "there is no home folder"))?;
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(&folder)?;
    Ok(folder)
}

/// `$XDG_STATE_HOME/segue`, or what stands in its place on other systems.
fn users() -> Option<PathBuf> {
    let project = ProjectDirs::from("", "", "segue")?;
    Some(project.state_dir().unwrap_or_else(|| project.data_local_dir()).to_path_buf())
}
