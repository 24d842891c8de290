//! Where each API lives.

use reqwest::Url;

use crate::fault::{At, Code, Fault};
use crate::spec::Api;

/// Customer.io's data centres.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Region {
    #[default]
    Us,
    Eu,
}

impl Region {
    pub const VARIABLE: &str = "CUSTOMERIO_REGION";

    pub const fn name(self) -> &'static str {
        match self {
            Region::Us => "us",
            Region::Eu => "eu",
        }
    }

    pub const fn other(self) -> Region {
        match self {
            Region::Us => Region::Eu,
            Region::Eu => Region::Us,
        }
    }

    /// Reads a setting; empty means the US.
    pub fn parse(text: &str) -> Result<Region, Fault> {
        match text.trim().to_lowercase().as_str() {
            "" | "us" => Ok(Region::Us),
            "eu" => Ok(Region::Eu),
            _ => Err(Fault::new(
                Code::SettingInvalid,
                At::Call,
                format!("{} is \"{text}\", and there is no such region", Region::VARIABLE),
            )
            .help("it is us or eu; Customer.io shows it under Account Settings › Data Center")),
        }
    }
}

/// The base URL of each API, without a slash at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hosts {
    pub region: Region,
    urls: [String; 3],
}

impl Hosts {
    pub fn new(region: Region) -> Hosts {
        let dash = match region {
            Region::Us => "",
            Region::Eu => "-eu",
        };
        Hosts {
            region,
            urls: [("api"), ("track"), ("cdp")].map(|name| format!("https://{name}{dash}.customer.io")),
        }
    }

    /// All three APIs at one place: a sandbox.
    pub fn at(url: &str) -> Hosts {
        Hosts { region: Region::Us, urls: std::array::from_fn(|_| url.trim_end_matches('/').to_string()) }
    }

    /// Region and overrides as set in the environment.
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Result<Hosts, Fault> {
        let region = Region::parse(&lookup(Region::VARIABLE).unwrap_or_default())?;
        let mut hosts = Hosts::new(region);
        for api in Api::ALL {
            if let Some(url) = lookup(Hosts::variable(api)).filter(|url| !url.trim().is_empty()) {
                hosts.urls[api as usize] = base(Hosts::variable(api), url.trim())?;
            }
        }
        Ok(hosts)
    }

    /// The environment variable that overrides an API's base URL.
    pub const fn variable(api: Api) -> &'static str {
        match api {
            Api::App => "SEGUE_APP_URL",
            Api::Track => "SEGUE_TRACK_URL",
            Api::Pipelines => "SEGUE_PIPELINES_URL",
        }
    }

    pub fn url(&self, api: Api) -> &str {
        &self.urls[api as usize]
    }

    /// Whether an API is at another place than Customer.io's.
    pub fn overridden(&self, api: Api) -> bool {
        self.url(api) != Hosts::new(self.region).url(api)
    }

    /// Whether an API is on this machine.
    pub fn loopback(&self, api: Api) -> bool {
        is_loopback(self.url(api))
    }

    /// Whether every API is.
    pub fn all_loopback(&self) -> bool {
        Api::ALL.into_iter().all(|api| self.loopback(api))
    }
}

fn base(variable: &str, text: &str) -> Result<String, Fault> {
    let wrong = |what: &str| {
        Fault::new(Code::SettingInvalid, At::Call, format!("{variable} is \"{text}\", and {what}"))
            .help("it is a base URL without a path, for example http://127.0.0.1:8787")
    };
    let url = Url::parse(text).map_err(|why| wrong(&format!("that is no URL ({why})")))?;
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() {
        // What is too much may be a secret, so the text isn't shown.
        let message = format!("{variable} holds a user, a password or a query beside the base URL");
        return Err(Fault { message, ..wrong("") });
    }
    if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
        return Err(wrong("it has more than a scheme, a host and a port"));
    }
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(text) => {}
        "http" => {
            return Err(wrong("keys and people's data don't go unencrypted to another machine: use https"));
        }
        _ => return Err(wrong("only http and https are spoken")),
    }
    Ok(text.trim_end_matches('/').to_string())
}

fn is_loopback(url: &str) -> bool {
    let Ok(url) = Url::parse(url) else { return false };
    match url.host_str() {
        Some("localhost") => true,
        Some(host) => {
            let host = host.trim_start_matches('[').trim_end_matches(']');
            host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Hosts, Fault> {
        let pairs: Vec<(String, String)> =
            pairs.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
        Hosts::read(|name| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()))
    }

    #[test]
    fn each_region_has_its_hosts() {
        let us = read(&[]).unwrap();
        assert_eq!(us.url(Api::Pipelines), "https://cdp.customer.io");
        let eu = read(&[("CUSTOMERIO_REGION", "EU")]).unwrap();
        assert_eq!(
            Api::ALL.map(|api| eu.url(api).to_string()),
            ["https://api-eu.customer.io", "https://track-eu.customer.io", "https://cdp-eu.customer.io"]
        );
    }

    #[test]
    fn a_base_url_can_be_set_and_is_checked() {
        let hosts = read(&[("SEGUE_APP_URL", "http://127.0.0.1:8787/")]).unwrap();
        assert_eq!(hosts.url(Api::App), "http://127.0.0.1:8787");
        assert!(!hosts.all_loopback());
        for wrong in [
            "http://127.0.0.1/#x",
            "http://127.0.0.1/v1",
            "8787",
            "ftp://x",
            "http://example.com",
            "https://k:s@example.com",
        ] {
            let fault = read(&[("SEGUE_APP_URL", wrong)]).unwrap_err();
            assert_eq!(fault.code, Code::SettingInvalid, "{wrong}");
            assert!(fault.message.contains("SEGUE_APP_URL"));
        }
        assert!(read(&[("CUSTOMERIO_REGION", "asia")]).is_err());
    }

    #[test]
    fn loopback_is_known_in_all_its_spellings() {
        for url in ["http://127.0.0.1:1", "http://localhost:1", "http://[::1]:1", "http://127.9.9.9"] {
            assert!(is_loopback(url), "{url}");
        }
        for url in ["http://127.0.0.1.example.com", "https://api.customer.io", "nonsense"] {
            assert!(!is_loopback(url), "{url}");
        }
    }
}
