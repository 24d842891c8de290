//! Where a key comes from, and how it is read from there.

use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::SecretString;
use tokio::time::timeout;

use super::command;
use crate::request::Secrets;

/// No key is longer, so nothing more is read.
pub(super) const LONGEST: usize = 64 << 10;

/// Where a key comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A variable of the environment, by its name.
    Environment(String),
    File(PathBuf),
    /// A program and its arguments, run in `folder` without a shell; what it prints is the key.
    Command {
        argv: Vec<String>,
        folder: PathBuf,
    },
    /// The sandbox, which takes any.
    Sandbox,
}

impl Source {
    /// Reads the key, within `patience`. What a command says of its failure is freed of `secrets`.
    ///
    /// # Errors
    /// Why there is no key to be had, for people.
    pub async fn read(&self, patience: Duration, secrets: &Secrets) -> Result<SecretString, String> {
        let text = match self {
            Source::Sandbox => return Ok(Source::sandbox_key()),
            Source::Environment(name) => variable(name)?,
            Source::File(path) => {
                let wanted = path.clone();
                // A pipe that nobody writes to would hold up whoever opens it.
                let reading = tokio::task::spawn_blocking(move || file(&wanted));
                match timeout(patience, reading).await {
                    Ok(Ok(read)) => read.map_err(|why| format!("{self} can't be read: {why}"))?,
                    Ok(Err(_)) => return Err(format!("{self} can't be read")),
                    Err(_) => return Err(format!("{self} gave nothing within {} s", patience.as_secs())),
                }
            }
            Source::Command { argv, folder } => command::output(argv, folder, patience, secrets).await?,
        };
        if text.len() > LONGEST {
            return Err(format!("{self} gives more than any key has"));
        }
        let text = String::from_utf8(text).map_err(|_| format!("{self} gives something that isn't text"))?;
        match text.trim() {
            "" => Err(format!("{self} gives nothing")),
            key => Ok(SecretString::from(key)),
        }
    }

    /// What is shown to a sandbox.
    pub fn sandbox_key() -> SecretString {
        SecretString::from("sandbox")
    }

    /// Whether it can be read without keeping anybody waiting, and without running anything.
    pub fn at_hand(&self) -> bool {
        match self {
            Source::Environment(_) | Source::Sandbox => true,
            Source::File(path) => !path.exists() || path.is_file(),
            Source::Command { .. } => false,
        }
    }
}

impl fmt::Display for Source {
    /// The source in a sentence. Of a command only the program: its arguments may hold a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Environment(name) => write!(f, "the environment variable {name}"),
            Source::File(path) => write!(f, "the file {}", path.display()),
            Source::Command { argv, .. } => {
                write!(f, "the command `{}`", argv.first().map_or("", String::as_str))
            }
            Source::Sandbox => f.write_str("the sandbox"),
        }
    }
}

fn variable(name: &str) -> Result<Vec<u8>, String> {
    let value = std::env::var_os(name).ok_or_else(|| format!("the environment variable {name} isn't set"))?;
    Ok(value.into_encoded_bytes())
}

fn file(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = vec![];
    std::fs::File::open(path)?.take(LONGEST as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;
    use tempfile::TempDir;

    async fn read(source: &Source) -> Result<String, String> {
        let read = source.read(Duration::from_secs(10), &Secrets::default()).await;
        read.map(|key| key.expose_secret().to_string())
    }

    async fn read_file(bytes: &[u8]) -> Result<String, String> {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("key");
        std::fs::write(&path, bytes).unwrap();
        read(&Source::File(path)).await
    }

    #[tokio::test]
    async fn a_file_gives_its_text_without_what_is_blank_around_it() {
        for text in ["a-key", "a-key\n", "a-key\r\n", "  a-key \n\n"] {
            assert_eq!(read_file(text.as_bytes()).await.unwrap(), "a-key", "{text:?}");
        }
    }

    #[tokio::test]
    async fn a_file_without_a_key_says_why() {
        for (bytes, why) in [
            (&b""[..], "gives nothing"),
            (b" \n", "gives nothing"),
            (b"\xff\xfe", "isn't text"),
            (&[b'x'; LONGEST + 1], "more than any key has"),
        ] {
            let said = read_file(bytes).await.unwrap_err();
            assert!(said.contains(why) && !said.contains(&"x".repeat(20)), "{said}");
        }
        let nowhere = Source::File("/nowhere/at/all".into());
        let said = read(&nowhere).await.unwrap_err();
        assert!(said.starts_with("the file /nowhere/at/all can't be read: "), "{said}");
        assert!(nowhere.at_hand(), "there is nothing to wait for");
        let folder = TempDir::new().unwrap();
        assert!(read(&Source::File(folder.path().into())).await.is_err());
    }

    #[tokio::test]
    async fn a_variable_that_is_not_set_is_named() {
        let said = read(&Source::Environment("SEGUE_TEST_NOT_SET".into())).await.unwrap_err();
        assert_eq!(said, "the environment variable SEGUE_TEST_NOT_SET isn't set");
    }

    #[test]
    fn a_command_is_told_by_its_program_alone() {
        let argv = ["vault", "-token=s.123456"].map(String::from).to_vec();
        let source = Source::Command { argv, folder: "/".into() };
        assert_eq!(source.to_string(), "the command `vault`");
        assert!(!source.at_hand());
    }
}
