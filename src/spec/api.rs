//! Customer.io's three APIs and the limits each request counts against.

use std::time::Duration;

/// One of Customer.io's HTTP APIs. Each has its own host and its own credential; none of the keys
/// works on another API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Api {
    App,
    Track,
    Pipelines,
}

impl Api {
    pub const ALL: [Api; 3] = [Api::App, Api::Track, Api::Pipelines];

    /// The API's name as Customer.io writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Api::App => "App",
            Api::Track => "Track",
            Api::Pipelines => "Pipelines",
        }
    }

    /// Whether it has to be told to refuse what it would otherwise drop in silence.
    pub const fn strict(self) -> bool {
        matches!(self, Api::Pipelines)
    }
}

/// The request methods the catalogue uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    Get,
    Post,
}

impl Method {
    pub const fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
        }
    }
}

/// Whether a request carries its API's credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authorization {
    Credential,
    /// The endpoint asks for none, so none is sent.
    Nothing,
}

/// The rate limit a request counts against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Bucket {
    App,
    Transactional,
    BroadcastTrigger,
    Track,
    Pipelines,
}

/// A documented rate: so many requests in each period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    pub requests: u32,
    pub per: Duration,
    /// The date of the document that says so.
    pub as_of: &'static str,
}

impl Bucket {
    pub const ALL: [Bucket; 5] =
        [Bucket::App, Bucket::Transactional, Bucket::BroadcastTrigger, Bucket::Track, Bucket::Pipelines];

    /// The limit as Customer.io documents it; the one place in the project that states it.
    pub const fn limit(self) -> Limit {
        const SECOND: Duration = Duration::from_secs(1);
        match self {
            Bucket::App => Limit { requests: 10, per: SECOND, as_of: "2025-11" },
            Bucket::Transactional => Limit { requests: 100, per: SECOND, as_of: "2025-11" },
            Bucket::BroadcastTrigger => Limit { requests: 1, per: Duration::from_secs(10), as_of: "2025-11" },
            // "3000 requests per 3 seconds" in 2025-11; the newer text says it per second.
            Bucket::Track => Limit { requests: 1_000, per: SECOND, as_of: "2026-08" },
            // "3000 requests per 3 seconds", kept per second so that no second holds more than a third.
            Bucket::Pipelines => Limit { requests: 1_000, per: SECOND, as_of: "2026-08" },
        }
    }

    /// Its name in settings, and wherever people are told of it.
    pub const fn name(self) -> &'static str {
        match self {
            Bucket::App => "app",
            Bucket::Transactional => "transactional",
            Bucket::BroadcastTrigger => "broadcast_trigger",
            Bucket::Track => "track",
            Bucket::Pipelines => "pipelines",
        }
    }

    /// The bucket of an API's ordinary requests.
    pub const fn of(api: Api) -> Bucket {
        match api {
            Api::App => Bucket::App,
            Api::Track => Bucket::Track,
            Api::Pipelines => Bucket::Pipelines,
        }
    }
}
