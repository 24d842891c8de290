//! Whose file is believed: it says where keys are sent, which programs run and what a run may do.

use std::fs::Metadata;
use std::path::Path;

use crate::fault::{At, Code, Fault};

/// Whether the file at `path`, which is `name` to people, says what its user wants; `about` is of the file
/// itself, also where `path` is a link.
///
/// # Errors
/// A fault when somebody else can have written it.
#[cfg(unix)]
pub fn trusted(path: &Path, name: &str, about: &Metadata) -> Result<(), Fault> {
    use std::os::unix::fs::MetadataExt;
    let user = rustix::process::geteuid().as_raw();
    let link = path.symlink_metadata().map_or(about.uid(), |link| link.uid());
    let whole = path.display();
    let distrust = doubt(link, 0, user).or_else(|| doubt(about.uid(), about.mode(), user));
    let (why, mend) = match distrust {
        None => return Ok(()),
        Some(Doubt::Owner(owner)) => {
            (format!("belongs to somebody else (user {owner})"), format!("chown {user} {whole}"))
        }
        Some(Doubt::Writable) => ("can be written by everybody".to_string(), format!("chmod o-w {whole}")),
    };
    let message = format!("{name} {why}, and isn't followed");
    Err(Fault::new(Code::SettingInvalid, At::Call, message).help(format!(
        "it says where keys are sent and what is run; look what {whole} says, and if it is yours: {mend}"
    )))
}

/// Who owns a file isn't told in the same way everywhere.
#[cfg(not(unix))]
pub fn trusted(_: &Path, _: &str, _: &Metadata) -> Result<(), Fault> {
    Ok(())
}

/// Why a file may say what somebody else wants.
#[cfg(unix)]
#[derive(Debug, PartialEq, Eq)]
enum Doubt {
    Owner(u32),
    Writable,
}

/// A file of `owner` with `mode`, as `user` sees it. Whoever is root can write any file anyhow,
/// and works in a container on files that belong to somebody outside of it. The group
/// isn't looked at: many a system gives each user one, whose files it may write.
#[cfg(unix)]
fn doubt(owner: u32, mode: u32, user: u32) -> Option<Doubt> {
    match owner == user || owner == 0 || user == 0 {
        false => Some(Doubt::Owner(owner)),
        true => (mode & 0o002 != 0).then_some(Doubt::Writable),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_the_user_or_of_root_that_nobody_else_writes_is_believed() {
        for owner in [1_000, 0] {
            for mode in [0o100_600, 0o100_644, 0o100_664] {
                assert_eq!(doubt(owner, mode, 1_000), None, "{owner} {mode:o}");
            }
            assert_eq!(doubt(owner, 0o100_666, 1_000), Some(Doubt::Writable));
        }
        assert_eq!(doubt(1_000, 0o100_600, 0), None);
        assert_eq!(doubt(1_000, 0o100_602, 0), Some(Doubt::Writable));
        for (owner, user) in [(1_001, 1_000), (65_534, 1_000)] {
            assert_eq!(doubt(owner, 0o100_600, user), Some(Doubt::Owner(owner)));
        }
    }
}
