//! What a file is at the moment, so that it can be told later whether it has changed.

use std::collections::HashMap;
use std::fs::{File, Metadata};
use std::hash::{DefaultHasher, Hasher};
use std::io::{Read, Take};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// What a file was when it was looked at; `None` where it isn't there.
pub type Seen = Option<Stamp>;

/// What files were when they were looked at together.
pub type Looked = HashMap<PathBuf, Seen>;

/// A file as far as it has to be known. A name that leads to another file of the same time, length and text leads to
/// the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    pub written: SystemTime,
    pub bytes: u64,
    sum: u64,
}

/// Up to this length the text counts too: some file systems tell times in whole seconds.
const READ: u64 = 1 << 20;

impl Stamp {
    /// Looks at `path`. What is no file, such as a terminal, isn't there: it is never saved.
    pub fn of(path: &Path) -> Seen {
        let about = std::fs::metadata(path).ok().filter(Metadata::is_file)?;
        let written = about.modified().unwrap_or(SystemTime::UNIX_EPOCH);
        let sum = if about.len() <= READ { sum(path).unwrap_or_default() } else { 0 };
        Some(Stamp { written, bytes: about.len(), sum })
    }

    #[cfg(test)]
    pub fn at(written: SystemTime, bytes: u64) -> Stamp {
        Stamp { written, bytes, sum: 0 }
    }
}

fn sum(path: &Path) -> std::io::Result<u64> {
    let mut hasher = DefaultHasher::new();
    let mut bytes = vec![];
    let mut file: Take<File> = File::open(path)?.take(READ);
    file.read_to_end(&mut bytes)?;
    hasher.write(&bytes);
    Ok(hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_another_once_its_text_or_its_time_is() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("a");
        assert_eq!((Stamp::of(&path), Stamp::of(folder.path())), (None, None));
        std::fs::write(&path, "one").unwrap();
        let first = Stamp::of(&path).unwrap();
        assert_eq!(Stamp::of(&path), Some(first));
        let file = File::options().write(true).open(&path).unwrap();
        std::fs::write(&path, "two").unwrap();
        // As a file system that counts in seconds has it.
        file.set_modified(first.written).unwrap();
        let second = Stamp::of(&path).unwrap();
        assert!(second != first && (second.written, second.bytes) == (first.written, first.bytes));
        file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
        assert_ne!(Stamp::of(&path), Some(second));
    }
}
