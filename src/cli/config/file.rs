//! One `segue.toml`: its text read, and all that is wrong with it.

use std::io::Read;
use std::ops::Range;
use std::path::Path;

use toml::de::{DeTable, DeValue};

use super::Invalid;
use super::find::shown;
use super::mask::{hidden, mask};
use super::read::{Key, Marks, Value, kind};
use super::shared::{Allow, Retry, Shared};
use super::source::source;
use super::trust::trusted;
use crate::api::{Hosts, KeyName, Region, Source};
use crate::diagnostics::Mark;
use crate::fault::{At, Code, Fault, text_of};
use crate::policy::{Grants, Limits, Most, Rates, SETTINGS, Setting};
use crate::spec::Api;

/// A file as it was read.
#[derive(Debug)]
pub struct File {
    /// Its name for people.
    pub shown: String,
    /// Its text without what may be a key.
    text: String,
    /// The profile it chooses, and where it says so.
    pub default: Option<(String, Range<usize>)>,
    pub shared: Shared,
    /// In the order of the file.
    pub profiles: Vec<Profile>,
}

/// One workspace, and how a run of it goes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Profile {
    pub name: String,
    /// The US without one.
    pub region: Option<Region>,
    /// The environment id that its keys have to be of.
    pub workspace: Option<u64>,
    /// The most people a live run may touch.
    pub max_people: Option<Most>,
    /// After how many rejected writes a run makes no further call.
    pub max_rejected: Option<Most>,
    /// Whether an answer that isn't of the declared shape is an error.
    pub strict_answers: bool,
    /// In the order of [`KeyName::ALL`].
    pub keys: [Option<Source>; KeyName::ALL.len()],
    /// Base URLs in the place of Customer.io's own, by [`Api`].
    pub urls: [Option<String>; Api::ALL.len()],
    pub shared: Shared,
}

const SHARED: [&str; 3] = ["limits", "retry", "allow"];
const TOP: [&str; 5] = ["default", "limits", "retry", "allow", "profiles"];
const OWN: [&str; 5] = ["region", "workspace", "max_people", "max_rejected", "strict_answers"];
const SHARE: &str = "share";

/// A setting that holds no key, nor anything a key may be in, by what its value is.
pub enum Open {
    Words,
    /// A number, or true or false.
    Figure,
    Table,
}

/// What kind of open setting has this name, if one has.
pub fn open(name: &str) -> Option<Open> {
    let is_url = Api::ALL.into_iter().any(|api| Hosts::field(api) == name);
    match name {
        "default" | "region" | "allow" => Some(Open::Words),
        "limits" | "retry" => Some(Open::Table),
        _ if is_url => Some(Open::Words),
        _ => {
            let mut figures = OWN.into_iter().chain(Rates::words()).chain([SHARE]).chain(Grants::WORDS);
            let figure = figures.any(|figure| figure == name) || Setting::of(name).is_some();
            figure.then_some(Open::Figure)
        }
    }
}

/// Whether a table has this name.
pub fn is_table(name: &str) -> bool {
    name == "profiles" || SHARED.contains(&name)
}

impl Profile {
    /// The environment variables its keys are in.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().flatten().filter_map(|source| match source {
            Source::Environment(name) => Some(name.as_str()),
            _ => None,
        })
    }

    fn names() -> Vec<&'static str> {
        let keys = KeyName::ALL.into_iter().map(KeyName::field);
        OWN.into_iter().chain(keys).chain(Api::ALL.into_iter().map(Hosts::field)).chain(SHARED).collect()
    }
}

impl File {
    /// Reads the file at `path`, which is named as seen from `here`.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn load(path: &Path, here: &Path) -> Result<File, Invalid> {
        let name = shown(path, here);
        let fault = |message: String| Fault::new(Code::SettingInvalid, At::Call, message);
        let unreadable = |why| fault(format!("{name} can't be read: {why}"));
        let about = path.metadata().map_err(unreadable)?;
        if about.is_dir() {
            return Err(fault(format!("{name} is a folder")).into());
        }
        // A pipe that nobody writes to would be waited for without an end.
        if !about.is_file() {
            let fault = fault(format!("{name} is a pipe, a socket or a device, and has to be a file"));
            return Err(fault.help("the keys it names may come from a pipe; it can't itself").into());
        }
        let mut bytes = vec![];
        let mut file = std::fs::File::open(path).map_err(unreadable)?;
        trusted(path, &name, &file.metadata().map_err(unreadable)?)?;
        file.read_to_end(&mut bytes).map_err(unreadable)?;
        let text = text_of(&name, bytes, Code::SettingInvalid)?;
        let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
        File::parse(name, &text, &folder)
    }

    /// Reads `text`; paths in it count from `folder`.
    pub fn parse(shown: String, text: &str, folder: &Path) -> Result<File, Invalid> {
        let mut file =
            File { shown, text: mask(text), default: None, shared: Shared::default(), profiles: vec![] };
        let tree = DeTable::parse(text).map_err(|why| file.invalid(vec![syntax(&why, text)]))?;
        let mut marks = Marks::default();
        for (key, value) in tree.get_ref() {
            match &**key.get_ref() {
                "default" => {
                    let name = marks.text("default", value, "default = \"staging\"");
                    file.default = name.map(|name| (name, value.span()));
                }
                "profiles" => file.profiles = profiles(&mut marks, value, folder),
                name if SHARED.contains(&name) => share(&mut marks, &mut file.shared, name, value),
                name if Profile::names().contains(&name) => marks.add(
                    key.span(),
                    format!("`{name}` belongs to a profile"),
                    "outside of one",
                    "write it below [profiles.NAME]",
                ),
                _ => marks.unknown(key, "the file", &TOP),
            }
        }
        match marks.0.is_empty() {
            true => Ok(file),
            false => Err(file.invalid(marks.0)),
        }
    }

    /// What is wrong with it.
    pub fn invalid(&self, marks: Vec<Mark>) -> Invalid {
        Invalid::Marked { source: self.shown.clone(), text: self.text.clone(), marks }
    }
}

/// What isn't TOML.
fn syntax(why: &toml::de::Error, text: &str) -> Mark {
    let span = why.span().unwrap_or_default();
    let span = span.start.min(text.len())..span.end.min(text.len());
    let fault = Fault::new(Code::SettingInvalid, At::Call, format!("this isn't TOML: {}", why.message()))
        .label("here")
        .help(
            "a setting is written name = value, a text in quotes, and a profile begins with [profiles.NAME]",
        );
    Mark { fault, span }
}

fn profiles(marks: &mut Marks, value: &Value<'_>, folder: &Path) -> Vec<Profile> {
    let example = "[profiles.staging]";
    let Some(table) = marks.table("profiles", value, example) else { return vec![] };
    let mut all = vec![];
    for (key, value) in table {
        let name = key.get_ref();
        if name.trim().is_empty() {
            marks.add(key.span(), "a profile has no name".into(), "empty", "for example [profiles.staging]");
            continue;
        }
        // A setting right below `profiles`, as if there were one profile alone.
        if !matches!(value.get_ref(), DeValue::Table(_)) && Profile::names().contains(&&**name) {
            let help = format!("write [profiles.NAME] above it, and `{name}` as it is");
            marks.add(key.span(), format!("`{name}` is in no profile"), "of which profile?", &help);
            continue;
        }
        let Some(table) = marks.table(&format!("profiles.{}", hidden(name)), value, example) else {
            continue;
        };
        all.push(profile(marks, name, table, folder));
    }
    all
}

fn profile(marks: &mut Marks, name: &str, table: &DeTable<'_>, folder: &Path) -> Profile {
    let mut profile = Profile { name: name.to_string(), ..Profile::default() };
    for (key, value) in table {
        let field = &**key.get_ref();
        if let Some(which) = KeyName::ALL.into_iter().find(|which| which.field() == field) {
            profile.keys[which as usize] = source(marks, field, value, folder);
            continue;
        }
        if let Some(api) = Api::ALL.into_iter().find(|api| Hosts::field(*api) == field) {
            let url = marks.text(field, value, &format!("{field} = \"https://proxy.example.com\""));
            profile.urls[api as usize] =
                url.and_then(|url| told(marks, value, Hosts::check(field, url.trim())));
            continue;
        }
        match field {
            "region" => {
                let region = marks.text(field, value, "region = \"eu\"");
                profile.region = region.and_then(|text| told(marks, value, Region::parse(field, &text)));
            }
            "workspace" => profile.workspace = marks.whole(field, value, 1..=u64::MAX),
            "max_people" => profile.max_people = most(marks, field, value),
            "max_rejected" => profile.max_rejected = most(marks, field, value),
            "strict_answers" => profile.strict_answers = marks.truth(field, value).unwrap_or_default(),
            _ if SHARED.contains(&field) => share(marks, &mut profile.shared, field, value),
            _ => marks.unknown(key, &format!("the profile \"{name}\""), &Profile::names()),
        }
    }
    profile
}

/// `"any"` or a number.
fn most(marks: &mut Marks, field: &str, value: &Value<'_>) -> Option<Most> {
    match value.get_ref() {
        DeValue::String(any) if any == "any" => Some(Most::Any),
        _ => marks.whole(field, value, 0..=u64::MAX).map(Most::Number),
    }
}

/// What another room has to say of a value, at the value's place.
fn told<T>(marks: &mut Marks, value: &Value<'_>, read: Result<T, Fault>) -> Option<T> {
    let mark = |mut fault: Fault| {
        if let DeValue::String(text) = value.get_ref() {
            fault.message = fault.message.replace(text.trim(), &hidden(text.trim()));
        }
        marks.0.push(Mark { fault, span: value.span() });
    };
    read.map_err(mark).ok()
}

/// Reads one of the settings that can stand in a profile and beside the profiles.
fn share(marks: &mut Marks, shared: &mut Shared, name: &str, value: &Value<'_>) {
    match name {
        "limits" => {
            let table = marks.table(name, value, "limits = { share = 0.5 }");
            shared.rates = table.map(|table| rates(marks, table)).unwrap_or_default();
        }
        "retry" => {
            let table = marks.table(name, value, "retry = { attempts = 8 }");
            shared.retry = table.map(|table| retry(marks, table)).unwrap_or_default();
        }
        _ => shared.allow = allow(marks, value),
    }
}

fn rates(marks: &mut Marks, table: &DeTable<'_>) -> Rates {
    let mut rates = Rates::default();
    for (key, value) in table {
        let name = &**key.get_ref();
        if name == SHARE {
            let share = marks.number(name, value, Rates::is_share, "above 0, and 1 at most: the whole limit");
            // What fits can be set.
            let _ = share.map(|share| rates.share(share));
        } else if Rates::words().any(|word| word == name) {
            let takes = if name == "items" { "items" } else { "requests" };
            let takes = format!("a number of {takes} a second, above 0");
            let rate = marks.number(name, value, Rates::is_rate, &takes);
            let _ = rate.map(|rate| rates.limit(name, rate));
        } else {
            let known: Vec<&str> = Rates::words().chain([SHARE]).collect();
            marks.unknown(key, "`limits`", &known);
        }
    }
    rates
}

fn retry(marks: &mut Marks, table: &DeTable<'_>) -> Retry {
    let mut retry = Retry::default();
    for (key, value) in table {
        let name = &**key.get_ref();
        match Setting::of(name) {
            Some(setting) => {
                let fits = |value| setting.set(&mut Limits::default(), value);
                let value = marks.number(name, value, fits, &setting.takes());
                retry.0.extend(value.map(|value| (setting.name, value)));
            }
            None => marks.unknown(key, "`retry`", &SETTINGS.each_ref().map(|setting| setting.name)),
        }
    }
    retry
}

/// Either a list of words, or a table of them.
fn allow(marks: &mut Marks, value: &Value<'_>) -> Allow {
    let mut allow = Allow::default();
    let index = |word: &str| Grants::WORDS.iter().position(|known| *known == word);
    match value.get_ref() {
        DeValue::Array(words) => {
            // A list says all that is allowed.
            allow.0.fill(Some(false));
            for word in words.iter() {
                let Some(text) = marks.text("allow", word, "allow = [\"send\"]") else { continue };
                match index(&text) {
                    Some(index) => allow.0[index] = Some(true),
                    None => marks.unknown(&Key::new(word.span(), text.into()), "`allow`", &Grants::WORDS),
                }
            }
        }
        DeValue::Table(words) => {
            for (key, value) in words {
                match index(key.get_ref()) {
                    Some(index) => allow.0[index] = marks.truth(key.get_ref(), value),
                    None => marks.unknown(key, "`allow`", &Grants::WORDS),
                }
            }
        }
        other => marks.add(
            value.span(),
            format!("`allow` is {}, and has to be a list of words", kind(other)),
            kind(other),
            &format!("for example allow = [\"send\"]; the words are {}", Grants::WORDS.join(", ")),
        ),
    }
    allow
}
