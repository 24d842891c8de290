//! `segue.toml`: what it says, and which of its profiles is meant.

mod file;
mod find;
mod mask;
mod read;
mod shared;
mod source;
mod trust;

#[cfg(test)]
mod tests;

use std::fmt;
use std::path::Path;

use crate::diagnostics::{Look, Mark, marked, marked_object, note, note_object};
use crate::fault::{At, Code, Fault, closest, listed};
use crate::request::Secrets;

pub use file::Profile;
pub use find::{here, places};
pub use shared::{Allow, Retry, Shared};

use file::File;

/// The environment variable that chooses a profile.
pub const VARIABLE: &str = "SEGUE_PROFILE";

/// Why the settings can't be used.
#[derive(Debug)]
pub enum Invalid {
    /// It has no place in a file.
    Plain(Fault),
    /// What is wrong in a file.
    Marked {
        /// The file, as it is named to people.
        source: String,
        /// Its text, without what may be a key.
        text: String,
        marks: Vec<Mark>,
    },
}

impl From<Fault> for Invalid {
    fn from(fault: Fault) -> Invalid {
        Invalid::Plain(fault)
    }
}

impl Invalid {
    /// As a person reads it.
    pub fn show(&self, look: Look, secrets: &Secrets) -> String {
        match self {
            Invalid::Plain(fault) => note(fault, look, secrets),
            Invalid::Marked { source, text, marks } => {
                marks.iter().map(|mark| marked(mark, source, text, look, secrets)).collect()
            }
        }
    }

    /// What is wrong; of several, the first.
    pub fn message(&self) -> &str {
        match self {
            Invalid::Plain(fault) => &fault.message,
            Invalid::Marked { marks, .. } => marks.first().map_or("", |mark| &mark.fault.message),
        }
    }

    /// As a machine reads it.
    pub fn objects(&self) -> Vec<serde_json::Value> {
        match self {
            Invalid::Plain(fault) => vec![note_object(fault)],
            Invalid::Marked { source, text, marks } => {
                marks.iter().map(|mark| marked_object(mark, source, text)).collect()
            }
        }
    }

    /// What kind of fault it is; of several, of the first.
    pub fn code(&self) -> Code {
        match self {
            Invalid::Plain(fault) => fault.code,
            Invalid::Marked { marks, .. } => {
                marks.first().map_or(Code::SettingInvalid, |mark| mark.fault.code)
            }
        }
    }
}

/// The files there are: the project's, then the user's.
#[derive(Debug, Default)]
pub struct Config {
    files: Vec<File>,
}

/// A profile that was chosen, and by what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    pub name: String,
    pub by: By,
}

/// What chose a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum By {
    /// `--profile`.
    Flag,
    /// [`VARIABLE`].
    Variable,
    /// A file's `default`; the file, as it is named to people.
    Default(String),
}

impl fmt::Display for By {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            By::Flag => f.write_str("--profile"),
            By::Variable => f.write_str(VARIABLE),
            By::Default(file) => write!(f, "the default of {file}"),
        }
    }
}

impl Config {
    /// Reads the nearest file from the current folder upward, and the user's.
    ///
    /// # Errors
    /// What is wrong with one of them.
    pub fn load() -> Result<Config, Invalid> {
        let here = here().unwrap_or_default();
        Config::of(&find::files(&here), &here)
    }

    /// Reads `paths`, the first of which goes before the others; they are named as seen from `here`.
    fn of(paths: &[impl AsRef<Path>], here: &Path) -> Result<Config, Invalid> {
        let files = paths.iter().map(|path| File::load(path.as_ref(), here));
        Ok(Config { files: files.collect::<Result<_, _>>()? })
    }

    /// The profile that is meant, if any is: the one of the command line, of the environment, of a file.
    ///
    /// # Errors
    /// A fault when there is none of that name.
    pub fn choose(
        &self,
        flag: Option<&str>,
        variable: Option<&str>,
    ) -> Result<Option<(Chosen, &Profile)>, Invalid> {
        let variable = variable.filter(|name| !name.is_empty());
        let chosen = |name: &str, by| Chosen { name: name.to_string(), by };
        let chosen = match (flag, variable) {
            (Some(name), _) => chosen(name, By::Flag),
            (None, Some(name)) => chosen(name, By::Variable),
            (None, None) => {
                let default = self.files.iter().find_map(|file| Some((file, file.default.as_ref()?)));
                let Some((file, (name, span))) = default else { return Ok(None) };
                let by = By::Default(file.shown.clone());
                let Some(profile) = self.profile(name) else {
                    let fault = self.unknown(name, &mask::hidden(name)).label("no such profile");
                    return Err(file.invalid(vec![Mark { fault, span: span.clone() }]));
                };
                return Ok(Some((chosen(name, by), profile)));
            }
        };
        match self.profile(&chosen.name) {
            Some(profile) => Ok(Some((chosen, profile))),
            None => {
                let mut fault = self.unknown(&chosen.name, &chosen.name);
                if chosen.by == By::Variable {
                    fault.message = format!("{}, which {VARIABLE} names", fault.message);
                }
                Err(fault.into())
            }
        }
    }

    fn profile(&self, name: &str) -> Option<&Profile> {
        self.files.iter().flat_map(|file| &file.profiles).find(|profile| profile.name == name)
    }

    /// The fault of a profile that isn't there; `told` is its name as it is shown.
    fn unknown(&self, name: &str, told: &str) -> Fault {
        let fault = Fault::new(Code::ProfileUnknown, At::Call, format!("there is no profile \"{told}\""));
        let names = self.names();
        if names.is_empty() {
            let files: Vec<&str> = self.files.iter().map(|file| file.shown.as_str()).collect();
            return fault.help(match files.is_empty() {
                true => "there is no segue.toml in this folder or above it, and none of the user's".into(),
                false => format!("{} has none: write [profiles.{told}]", files.join(" and ")),
            });
        }
        let all = match names.as_slice() {
            [one] => format!("the only one is {one}"),
            all => format!("there are {}", listed(all, "and")),
        };
        match closest(name, names.iter().map(String::as_str)) {
            Some(near) => fault.help(format!("did you mean \"{near}\"? {all}")),
            None => fault.help(all),
        }
    }

    /// The profiles' names, the project's first.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = vec![];
        for profile in self.files.iter().flat_map(|file| &file.profiles) {
            if !names.contains(&profile.name) {
                names.push(profile.name.clone());
            }
        }
        names
    }

    /// Each profile's name with its file, as people are told of them.
    pub fn listed(&self) -> Vec<String> {
        let file = |name: &str| {
            let file = self.files.iter().find(|file| file.profiles.iter().any(|it| it.name == name))?;
            Some(format!("{name} ({})", file.shown))
        };
        self.names().iter().filter_map(|name| file(name)).collect()
    }

    /// The environment variables that hold a key of some profile.
    pub fn variables(&self) -> Vec<String> {
        let profiles = self.files.iter().flat_map(|file| &file.profiles);
        profiles.flat_map(Profile::variables).map(str::to_string).collect()
    }

    /// What holds for a run of `profile`: its own, then the project's, then the user's.
    pub fn shared(&self, profile: Option<&Profile>) -> Shared {
        let all = profile.map(|profile| &profile.shared).into_iter();
        let all = all.chain(self.files.iter().map(|file| &file.shared));
        all.fold(Shared::default(), |before, after| before.or(after))
    }
}
