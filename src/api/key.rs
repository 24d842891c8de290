//! The settings that hold a credential.

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

    /// The environment variable it is read from where no profile is chosen.
    pub const fn variable(self) -> &'static str {
        match self {
            KeyName::App => "CUSTOMERIO_APP_API_KEY",
            KeyName::TrackSite => "CUSTOMERIO_SITE_ID",
            KeyName::TrackKey => "CUSTOMERIO_TRACK_API_KEY",
            KeyName::Pipelines => "CUSTOMERIO_CDP_API_KEY",
        }
    }

    /// Its name in a profile.
    pub const fn field(self) -> &'static str {
        match self {
            KeyName::App => "app_key",
            KeyName::TrackSite => "site_id",
            KeyName::TrackKey => "track_key",
            KeyName::Pipelines => "pipelines_key",
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
