//! The files that scripts read.

use std::fs::File;
use std::io::{self, Read};

use crate::fault::{At, Code, Fault, io_in_words, text_of};

/// Reads the text of a file, or of a pipe to its end.
///
/// # Errors
/// A fault that names the file and what is wrong.
pub fn read(path: &str) -> Result<String, Fault> {
    let mut bytes = vec![];
    let mut file = File::open(path).map_err(|why| unopened(path, &why))?;
    if tells_of_processes(&file).map_err(|why| unopened(path, &why))? {
        let fault = unreadable(path, "it tells of this machine and its processes, credentials among it");
        return Err(fault.help(
            "a script reads files, pipes and \"/dev/stdin\"; env(name) gives a variable that is no credential",
        ));
    }
    file.read_to_end(&mut bytes).map_err(|why| unopened(path, &why))?;
    text_of(&format!("\"{path}\""), bytes, Code::InputUnreadable).map_err(|fault| fault.label("read here"))
}

fn unopened(path: &str, why: &io::Error) -> Fault {
    unreadable(path, &io_in_words(why)).help("a relative path starts where the command was given")
}

/// The fault of a file that can't be read.
pub fn unreadable(path: &str, why: &str) -> Fault {
    Fault::new(Code::InputUnreadable, At::Call, format!("\"{path}\" can't be read: {why}")).label("read here")
}

/// Whether a file is of `/proc` or `/sys`, by whatever path it was opened: the environment of every process
/// is there, with the keys that `env` hides.
#[cfg(target_os = "linux")]
fn tells_of_processes(file: &File) -> io::Result<bool> {
    use rustix::fs::{FsWord, PROC_SUPER_MAGIC, fstatfs};
    /// `SYSFS_MAGIC` of linux/magic.h.
    const SYSFS: FsWord = 0x6265_6572;
    let kind = fstatfs(file)?.f_type;
    Ok([PROC_SUPER_MAGIC, SYSFS].contains(&kind))
}

#[cfg(not(target_os = "linux"))]
fn tells_of_processes(_: &File) -> io::Result<bool> {
    Ok(false)
}
