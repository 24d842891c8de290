//! The three credentials, and where each comes from.

use secrecy::{ExposeSecret, SecretString};

use crate::fault::{At, Code, Fault};
use crate::spec::Api;

/// The settings that hold a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyName {
    App,
    TrackSite,
    TrackKey,
    Pipelines,
}

impl KeyName {
    pub const ALL: [KeyName; 4] = [KeyName::App, KeyName::TrackSite, KeyName::TrackKey, KeyName::Pipelines];

    /// The environment variable it is read from.
    pub const fn variable(self) -> &'static str {
        match self {
            KeyName::App => "CUSTOMERIO_APP_API_KEY",
            KeyName::TrackSite => "CUSTOMERIO_SITE_ID",
            KeyName::TrackKey => "CUSTOMERIO_TRACK_API_KEY",
            KeyName::Pipelines => "CUSTOMERIO_CDP_API_KEY",
        }
    }

    pub const fn api(self) -> Api {
        match self {
            KeyName::App => Api::App,
            KeyName::TrackSite | KeyName::TrackKey => Api::Track,
            KeyName::Pipelines => Api::Pipelines,
        }
    }

    /// The keys an API needs.
    pub fn of(api: Api) -> impl Iterator<Item = KeyName> {
        KeyName::ALL.into_iter().filter(move |key| key.api() == api)
    }

    /// Where a person finds it in Customer.io.
    pub const fn found(self) -> &'static str {
        match self {
            KeyName::App => "Account Settings › API Credentials › App API Keys",
            KeyName::TrackSite | KeyName::TrackKey => "Account Settings › API Credentials › Track API Keys",
            KeyName::Pipelines => "Data & Integrations › Integrations › your source › API key",
        }
    }
}

/// A secret and where it came from.
#[derive(Clone, Debug)]
pub struct Key {
    value: SecretString,
    /// For people: "the environment", "the sandbox".
    pub source: String,
}

impl Key {
    pub fn new(value: impl Into<String>, source: impl Into<String>) -> Key {
        Key { value: SecretString::from(value.into()), source: source.into() }
    }
}

/// The credentials of one workspace; any may be missing.
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    keys: [Option<Key>; 4],
}

/// How a request shows who it comes from.
pub enum Shown {
    Bearer(SecretString),
    Basic { user: SecretString, password: SecretString },
}

impl Credentials {
    /// Reads all keys through `lookup`; an empty value counts as not set.
    pub fn read(lookup: impl Fn(&str) -> Option<String>, source: &str) -> Credentials {
        let key = |name: KeyName| {
            let value = lookup(name.variable())?.trim().to_string();
            (!value.is_empty()).then(|| Key::new(value, source))
        };
        Credentials { keys: KeyName::ALL.map(key) }
    }

    /// What is wrong with a key that is set: a header can't carry it, so it was cut or pasted wrong.
    pub fn malformed(&self) -> Option<Fault> {
        let odd = |key: &&Key| key.value.expose_secret().chars().any(|c| !c.is_ascii_graphic());
        let (name, key) = KeyName::ALL.iter().find_map(|name| Some((name, self.get(*name).filter(odd)?)))?;
        let message =
            format!("{} holds a blank, a line break or a character that no key has", name.variable());
        Some(Fault::new(Code::CredentialInvalid, At::Call, message).help(format!(
            "it comes from {}; copy it again from {}",
            key.source,
            name.found()
        )))
    }

    /// Credentials that open nothing but a sandbox.
    pub fn for_sandbox() -> Credentials {
        Credentials { keys: KeyName::ALL.map(|_| Some(Key::new("sandbox", "the sandbox"))) }
    }

    pub fn get(&self, name: KeyName) -> Option<&Key> {
        self.keys[name as usize].as_ref()
    }

    /// The keys `api` needs and doesn't have.
    pub fn missing(&self, api: Api) -> Vec<KeyName> {
        KeyName::of(api).filter(|name| self.get(*name).is_none()).collect()
    }

    /// All values, for redaction.
    pub fn values(&self) -> impl Iterator<Item = String> + '_ {
        let values = self.keys.iter().flatten().map(|key| key.value.expose_secret().to_string());
        let basic = [KeyName::TrackSite, KeyName::Pipelines].into_iter().filter_map(|name| self.basic(name));
        values.chain(basic)
    }

    /// What a Basic header holds: an echo of it would give the secret away as surely.
    fn basic(&self, name: KeyName) -> Option<String> {
        let user = self.get(name)?.value.expose_secret();
        let password = match name {
            KeyName::TrackSite => self.get(KeyName::TrackKey)?.value.expose_secret(),
            _ => "",
        };
        Some(base64(format!("{user}:{password}").as_bytes()))
    }

    /// What a request to `api` shows; `None` when a key is missing.
    pub fn shown(&self, api: Api) -> Option<Shown> {
        let value = |name| self.get(name).map(|key| key.value.clone());
        match api {
            Api::App => value(KeyName::App).map(Shown::Bearer),
            Api::Track => {
                Some(Shown::Basic { user: value(KeyName::TrackSite)?, password: value(KeyName::TrackKey)? })
            }
            Api::Pipelines => {
                let key = value(KeyName::Pipelines)?;
                // Newer keys carry their region in their name and go as Bearer, as the official client does.
                let newer = ["pk_", "sk_"].iter().any(|prefix| key.expose_secret().starts_with(prefix));
                Some(match newer {
                    true => Shown::Bearer(key),
                    false => Shown::Basic { user: key, password: SecretString::from("") },
                })
            }
        }
    }
}

impl Shown {
    /// The value of the `Authorization` header.
    pub fn header(&self) -> SecretString {
        SecretString::from(match self {
            Shown::Bearer(key) => format!("Bearer {}", key.expose_secret()),
            Shown::Basic { user, password } => {
                let pair = format!("{}:{}", user.expose_secret(), password.expose_secret());
                format!("Basic {}", base64(pair.as_bytes()))
            }
        })
    }
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(pairs: &[(&str, &str)]) -> Credentials {
        let pairs: Vec<(String, String)> =
            pairs.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
        Credentials::read(
            |name| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()),
            "a test",
        )
    }

    fn header(credentials: &Credentials, api: Api) -> Option<String> {
        Some(credentials.shown(api)?.header().expose_secret().to_string())
    }

    #[test]
    fn each_api_shows_its_own_credential_in_its_own_way() {
        let all = with(&[
            ("CUSTOMERIO_APP_API_KEY", "app"),
            ("CUSTOMERIO_SITE_ID", "site"),
            ("CUSTOMERIO_TRACK_API_KEY", "track"),
            ("CUSTOMERIO_CDP_API_KEY", "cdp"),
        ]);
        assert_eq!(header(&all, Api::App).unwrap(), "Bearer app");
        assert_eq!(header(&all, Api::Track).unwrap(), "Basic c2l0ZTp0cmFjaw==");
        assert_eq!(header(&all, Api::Pipelines).unwrap(), "Basic Y2RwOg==");
        let newer = with(&[("CUSTOMERIO_CDP_API_KEY", "sk_eu_1")]);
        assert_eq!(header(&newer, Api::Pipelines).unwrap(), "Bearer sk_eu_1");
    }

    #[test]
    fn half_a_credential_is_missing() {
        let half = with(&[("CUSTOMERIO_SITE_ID", "site"), ("CUSTOMERIO_TRACK_API_KEY", "  ")]);
        assert!(half.shown(Api::Track).is_none());
        assert_eq!(half.missing(Api::Track), [KeyName::TrackKey]);
        assert_eq!(half.missing(Api::App), [KeyName::App]);
    }

    #[test]
    fn a_key_that_no_header_carries_is_refused_without_being_shown() {
        for odd in ["bad\nkey", "two words", "schlüssel"] {
            let fault = with(&[("CUSTOMERIO_CDP_API_KEY", odd)]).malformed().unwrap();
            assert!(fault.message.contains("CUSTOMERIO_CDP_API_KEY") && !fault.message.contains(odd));
        }
        assert_eq!(with(&[("CUSTOMERIO_CDP_API_KEY", "k-1_2")]).malformed(), None);
    }

    #[test]
    fn nothing_prints_a_key() {
        let key = with(&[("CUSTOMERIO_APP_API_KEY", "sentinel-app-key")]);
        assert!(!format!("{key:?}").contains("sentinel"));
        assert!(key.values().any(|value| value == "sentinel-app-key"));
    }
}
