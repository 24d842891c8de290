//! The credentials of a workspace: what is held of each, and how it is renewed.

use std::borrow::Cow;
use std::fmt;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::key::KeyName;
use super::source::Source;
use crate::fault::Fault;
use crate::policy::{Carried, Readings, Renew, Renewal};
use crate::request::Secrets;
use crate::spec::Api;

/// How long a source gets to give its key.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where the keys of one workspace come from.
#[derive(Clone, Debug, Default)]
pub struct KeySources {
    /// The profile they are of; `None` where they are the environment's own.
    pub profile: Option<String>,
    /// In the order of [`KeyName::ALL`].
    pub keys: [Option<Source>; KeyName::ALL.len()],
    /// The profiles there are to choose from.
    pub profiles: Vec<String>,
    /// Environment variables that hold a key, of whatever profile: no script sees them.
    pub variables: Vec<String>,
}

impl KeySources {
    /// The keys that are set in the environment itself.
    pub fn environment() -> KeySources {
        let set = |name: &KeyName| std::env::var_os(name.variable()).is_some_and(|value| !blank(&value));
        let source = |name: KeyName| set(&name).then(|| Source::Environment(name.variable().into()));
        KeySources { keys: KeyName::ALL.map(source), ..KeySources::default() }
    }
}

fn blank(value: &std::ffi::OsStr) -> bool {
    value.to_str().is_some_and(|value| value.trim().is_empty())
}

/// The credentials of one workspace; any may be missing.
#[derive(Debug)]
pub struct Credentials {
    sources: KeySources,
    state: RwLock<State>,
    /// Whoever reads an API's keys holds its turn; the others wait for what comes of it.
    turns: [Mutex<()>; Api::ALL.len()],
    secrets: Secrets,
    start: Instant,
}

#[derive(Debug, Default)]
struct State {
    keys: [Held; KeyName::ALL.len()],
    readings: [Readings; Api::ALL.len()],
    /// What came of the last reading again.
    renewed: [Option<Renewed>; Api::ALL.len()],
}

/// What is held of a key.
#[derive(Clone, Debug, Default)]
enum Held {
    /// Nobody has needed it yet.
    #[default]
    Unread,
    Key(SecretString),
    Nothing(Lack),
}

/// Why there is no key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lack {
    /// Nothing says where it is.
    NotSet,
    /// Its source gives none, for this reason.
    Unreadable(String),
    /// What its source gives can't be a key.
    Malformed,
}

impl fmt::Display for Lack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Lack::NotSet => "not set",
            Lack::Unreadable(why) => why,
            Lack::Malformed => "it holds a blank, a line break or a character that no key has",
        })
    }
}

/// What came of reading a refused credential again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Renewed {
    /// There is another value.
    Changed,
    Same,
    /// There was another value, and it was refused too.
    RefusedToo,
    /// It couldn't be read, for this reason.
    Unreadable(String),
    /// There is another value, and it isn't known to be of the workspace that the run is pinned to.
    Elsewhere(Box<Fault>),
}

/// How a request shows who it comes from.
pub enum Shown {
    Bearer(SecretString),
    Basic { user: SecretString, password: SecretString },
}

/// The same, told by the names of the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    Bearer(KeyName),
    Basic { user: KeyName, password: Option<KeyName> },
}

impl Credentials {
    /// Credentials that are read when they are needed. `secrets` learns of each.
    pub fn new(sources: KeySources, secrets: Secrets) -> Credentials {
        let keys = sources.keys.each_ref().map(|source| match source {
            Some(_) => Held::Unread,
            None => Held::Nothing(Lack::NotSet),
        });
        let state = RwLock::new(State { keys, ..State::default() });
        Credentials { sources, state, turns: Default::default(), secrets, start: Instant::now() }
    }

    /// Credentials that open nothing but a sandbox.
    pub fn for_sandbox() -> Credentials {
        let sources =
            KeySources { keys: KeyName::ALL.map(|_| Some(Source::Sandbox)), ..KeySources::default() };
        let credentials = Credentials::new(sources, Secrets::default());
        credentials.write().keys = KeyName::ALL.map(|_| Held::Key(Source::sandbox_key()));
        credentials
    }

    /// The same, with more environment variables that no script sees.
    pub fn hiding(mut self, variables: Vec<String>) -> Credentials {
        self.sources.variables = variables;
        self
    }

    /// Reads what is there without running or waiting for anything: known secrets are hidden.
    pub async fn prepare(&self) {
        for name in KeyName::ALL {
            if self.source(name).is_some_and(Source::at_hand) {
                self.hold(name, self.read(name).await);
            }
        }
    }

    /// Reads the keys of `apis` that nobody has needed yet. What can't be had is missing from then on.
    pub async fn need(&self, apis: &[Api]) {
        let fetch = async |api: Api| {
            if !apis.contains(&api) || !self.unread(&[api]) {
                return;
            }
            let _turn = self.turns[api as usize].lock().await;
            for (name, held) in self.read_all(api, |name| self.is_unread(name)).await {
                self.hold(name, held);
            }
        };
        tokio::join!(fetch(Api::App), fetch(Api::Track), fetch(Api::Pipelines));
    }

    /// Whether a key of `apis` is still to be read.
    pub fn unread(&self, apis: &[Api]) -> bool {
        apis.iter().any(|api| KeyName::of(*api).any(|name| self.is_unread(name)))
    }

    fn is_unread(&self, name: KeyName) -> bool {
        matches!(self.state().keys[name as usize], Held::Unread)
    }

    /// Looks for another credential in the place of the one that a request `carried` and was refused with.
    /// All who were refused together share one reading of the source.
    pub async fn renew(&self, api: Api, carried: Carried, renewal: &mut Renewal) -> Renewed {
        let index = api as usize;
        let _turn = self.turns[index].lock().await;
        let step = renewal.refused(carried, &self.state().readings[index], self.start.elapsed());
        match step {
            Renew::GoOn => return Renewed::Changed,
            Renew::Stand => {
                return match &self.state().renewed[index] {
                    Some(Renewed::Changed) => Renewed::RefusedToo,
                    Some(renewed) => renewed.clone(),
                    None => Renewed::Same,
                };
            }
            Renew::Read => {}
        }
        let number = self.write().readings[index].begin();
        let mut renewed = Renewed::Same;
        for (name, held) in self.read_all(api, |_| true).await {
            match &held {
                // What was good once is better than nothing.
                Held::Nothing(lack) if renewed == Renewed::Same => {
                    renewed = Renewed::Unreadable(lack.to_string());
                }
                Held::Key(key) if !self.holds(name, key) => {
                    self.hold(name, held);
                    renewed = Renewed::Changed;
                }
                _ => {}
            }
        }
        let mut state = self.write();
        state.readings[index].end(number, renewed == Renewed::Changed, self.start.elapsed());
        state.renewed[index] = Some(renewed.clone());
        renewed
    }

    /// Takes note that a request which `carried` a credential of `api` came to anything but a 401.
    pub fn taken(&self, api: Api, carried: Carried) {
        // Nearly always it is nothing new, and nobody has to wait for it.
        if self.state().readings[api as usize].is_news(carried) {
            self.write().readings[api as usize].taken(carried);
        }
    }

    /// The source of a key, where one is named.
    pub fn source(&self, name: KeyName) -> Option<&Source> {
        self.sources.keys[name as usize].as_ref()
    }

    /// The profile they are of.
    pub fn profile(&self) -> Option<&str> {
        self.sources.profile.as_deref()
    }

    /// The profiles there are to choose from.
    pub fn profiles(&self) -> &[String] {
        &self.sources.profiles
    }

    /// `text` without any key there was.
    pub fn clean<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.secrets.clean(text)
    }

    /// Whether an environment variable may hold a key.
    pub fn hides(&self, variable: &str) -> bool {
        KeyName::ALL.iter().any(|name| name.variable() == variable)
            || variable == super::webhook::VARIABLE
            || self.sources.variables.iter().any(|hidden| hidden == variable)
    }

    /// Why there is no such key. A source that wasn't read yet may have one.
    pub fn lack(&self, name: KeyName) -> Option<Lack> {
        match &self.state().keys[name as usize] {
            Held::Nothing(lack) => Some(lack.clone()),
            Held::Key(_) | Held::Unread => None,
        }
    }

    /// The keys `api` needs and doesn't have.
    pub fn missing(&self, api: Api) -> Vec<(KeyName, Lack)> {
        KeyName::of(api).filter_map(|name| Some((name, self.lack(name)?))).collect()
    }

    /// What a request to `api` shows now, and which value that is; `None` when a key is missing.
    pub fn shown(&self, api: Api) -> Option<(Shown, Carried)> {
        let state = self.state();
        let shown = shown(api, |name| match &state.keys[name as usize] {
            Held::Key(key) => Some(key.clone()),
            Held::Unread | Held::Nothing(_) => None,
        })?;
        Some((shown, state.readings[api as usize].carried()))
    }

    /// How a request to `api` shows it. A key that isn't read yet is taken for one of the older form.
    pub fn scheme(&self, api: Api) -> Scheme {
        let bearer = || matches!(self.shown(api), Some((Shown::Bearer(_), _)));
        match api {
            Api::App => Scheme::Bearer(KeyName::App),
            Api::Track => Scheme::Basic { user: KeyName::TrackSite, password: Some(KeyName::TrackKey) },
            Api::Pipelines if bearer() => Scheme::Bearer(KeyName::Pipelines),
            Api::Pipelines => Scheme::Basic { user: KeyName::Pipelines, password: None },
        }
    }

    /// Reads the keys of `api` that are `wanted`, side by side.
    async fn read_all(&self, api: Api, wanted: impl Fn(KeyName) -> bool) -> Vec<(KeyName, Held)> {
        let mut names = KeyName::of(api).filter(|name| wanted(*name));
        // No API has more than two.
        match (names.next(), names.next()) {
            (Some(one), Some(other)) => {
                let (first, second) = tokio::join!(self.read(one), self.read(other));
                vec![(one, first), (other, second)]
            }
            (Some(one), None) => vec![(one, self.read(one).await)],
            (None, _) => vec![],
        }
    }

    async fn read(&self, name: KeyName) -> Held {
        let Some(source) = self.source(name) else { return Held::Nothing(Lack::NotSet) };
        // Boxed: running a command takes much room, which every request would have to keep for it.
        let key = match Box::pin(source.read(PATIENCE, &self.secrets)).await {
            Ok(key) => key,
            Err(why) => return Held::Nothing(Lack::Unreadable(why)),
        };
        let value = key.expose_secret();
        // The parts too: a key with a line too much is no key, and a secret all the same.
        self.secrets.add(std::iter::once(value).chain(value.split_whitespace()).map(String::from));
        // A header couldn't carry it, so it was cut or pasted wrong.
        match value.chars().all(|c| c.is_ascii_graphic()) {
            true => Held::Key(key),
            false => Held::Nothing(Lack::Malformed),
        }
    }

    fn hold(&self, name: KeyName, held: Held) {
        self.write().keys[name as usize] = held;
        // An echo of a Basic header would give the key away as surely as the key itself.
        if let Some((Shown::Basic { user, password }, _)) = self.shown(name.api()) {
            self.secrets.add([pair(&user, &password)]);
        }
    }

    fn holds(&self, name: KeyName, key: &SecretString) -> bool {
        matches!(&self.state().keys[name as usize], Held::Key(held) if held.expose_secret() == key.expose_secret())
    }

    fn state(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a request to `api` shows, made of `keys`.
fn shown(api: Api, key: impl Fn(KeyName) -> Option<SecretString>) -> Option<Shown> {
    match api {
        Api::App => key(KeyName::App).map(Shown::Bearer),
        Api::Track => {
            Some(Shown::Basic { user: key(KeyName::TrackSite)?, password: key(KeyName::TrackKey)? })
        }
        Api::Pipelines => {
            let key = key(KeyName::Pipelines)?;
            // Newer keys carry their region in their name and go as Bearer, as the official client does.
            let newer = ["pk_", "sk_"].iter().any(|prefix| key.expose_secret().starts_with(prefix));
            Some(match newer {
                true => Shown::Bearer(key),
                false => Shown::Basic { user: key, password: SecretString::from("") },
            })
        }
    }
}

impl Shown {
    /// The value of the `Authorization` header.
    pub fn header(&self) -> SecretString {
        SecretString::from(match self {
            Shown::Bearer(key) => format!("Bearer {}", key.expose_secret()),
            Shown::Basic { user, password } => format!("Basic {}", pair(user, password)),
        })
    }
}

/// What a Basic header holds.
fn pair(user: &SecretString, password: &SecretString) -> String {
    use base64::Engine;
    let pair = format!("{}:{}", user.expose_secret(), password.expose_secret());
    base64::engine::general_purpose::STANDARD.encode(pair)
}

#[cfg(test)]
mod tests;
