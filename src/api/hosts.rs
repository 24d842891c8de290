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

    /// Reads a region; `setting` is where it is written.
    ///
    /// # Errors
    /// A fault for any other text.
    pub fn parse(setting: &str, text: &str) -> Result<Region, Fault> {
        match text.trim().to_lowercase().as_str() {
            "us" => Ok(Region::Us),
            "eu" => Ok(Region::Eu),
            _ => Err(Fault::new(
                Code::SettingInvalid,
                At::Call,
                format!("{setting} is \"{text}\", and there is no such region"),
            )
            .label("no such region")
            .help("it is us or eu; Customer.io shows it under Account Settings › Data Center")),
        }
    }
}

/// The base URL of each API, without a slash at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hosts {
    pub region: Region,
    /// The profile that says so; `None` for the environment.
    profile: Option<String>,
    /// Whether something says it, and it isn't just the default.
    set: bool,
    places: [Place; Api::ALL.len()],
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    url: String,
    /// What put it in the place of Customer.io's own.
    set_by: Option<String>,
}

impl Hosts {
    pub fn new(region: Region) -> Hosts {
        let dash = match region {
            Region::Us => "",
            Region::Eu => "-eu",
        };
        let place = |name| Place { url: format!("https://{name}{dash}.customer.io"), set_by: None };
        Hosts { region, profile: None, set: false, places: ["api", "track", "cdp"].map(place) }
    }

    /// All three APIs at one place: a sandbox.
    pub fn at(url: &str) -> Hosts {
        let place =
            |_| Place { url: url.trim_end_matches('/').to_string(), set_by: Some("--sandbox".into()) };
        Hosts { places: Api::ALL.map(place), ..Hosts::new(Region::Us) }
    }

    /// Region and overrides as set in the environment.
    ///
    /// # Errors
    /// A fault that names the variable.
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Result<Hosts, Fault> {
        let set = lookup(Region::VARIABLE).filter(|text| !text.trim().is_empty());
        let region = set.map(|text| Region::parse(Region::VARIABLE, &text)).transpose()?;
        let hosts = Hosts { set: region.is_some(), ..Hosts::new(region.unwrap_or_default()) };
        hosts.overridden_by(lookup)
    }

    /// Those of a profile: its region and the addresses it puts in the place of Customer.io's own. The
    /// environment's go before them.
    ///
    /// # Errors
    /// A fault that names the variable.
    pub fn of_profile(
        profile: &str,
        region: Option<Region>,
        urls: &[Option<String>; Api::ALL.len()],
        lookup: impl Fn(&str) -> Option<String>,
    ) -> Result<Hosts, Fault> {
        let mut hosts = Hosts {
            profile: Some(profile.to_string()),
            set: region.is_some(),
            ..Hosts::new(region.unwrap_or_default())
        };
        for api in Api::ALL {
            if let Some(url) = &urls[api as usize] {
                let set_by = format!("{} of the profile \"{profile}\"", Hosts::field(api));
                hosts.places[api as usize] = Place { url: url.clone(), set_by: Some(set_by) };
            }
        }
        hosts.overridden_by(lookup)
    }

    fn overridden_by(mut self, lookup: impl Fn(&str) -> Option<String>) -> Result<Hosts, Fault> {
        for api in Api::ALL {
            let variable = Hosts::variable(api);
            if let Some(url) = lookup(variable).filter(|url| !url.trim().is_empty()) {
                let url = Hosts::check(variable, url.trim())?;
                self.places[api as usize] = Place { url, set_by: Some(variable.into()) };
            }
        }
        Ok(self)
    }

    /// The environment variable that overrides an API's base URL.
    pub const fn variable(api: Api) -> &'static str {
        match api {
            Api::App => "SEGUE_APP_URL",
            Api::Track => "SEGUE_TRACK_URL",
            Api::Pipelines => "SEGUE_PIPELINES_URL",
        }
    }

    /// What overrides it in a profile.
    pub const fn field(api: Api) -> &'static str {
        match api {
            Api::App => "app_url",
            Api::Track => "track_url",
            Api::Pipelines => "pipelines_url",
        }
    }

    pub fn url(&self, api: Api) -> &str {
        &self.places[api as usize].url
    }

    /// What put an API at another place than Customer.io's own.
    pub fn overridden(&self, api: Api) -> Option<&str> {
        self.places[api as usize].set_by.as_deref()
    }

    /// The region and what says so, for people.
    pub fn origin(&self) -> String {
        let from = match &self.profile {
            Some(profile) if self.set => format!("from the profile \"{profile}\""),
            Some(profile) => format!("the default; the profile \"{profile}\" names none"),
            None if self.set => format!("from {}", Region::VARIABLE),
            None => format!("the default; set it with {}", Region::VARIABLE),
        };
        format!("{} ({from})", self.region.name())
    }

    /// How to say that the region is `region`.
    pub fn setting(&self, region: Region) -> String {
        match &self.profile {
            Some(profile) => format!("region = \"{}\" in the profile \"{profile}\"", region.name()),
            None => format!("{}={}", Region::VARIABLE, region.name()),
        }
    }

    /// A base URL without the slash at its end; `setting` is where it is written.
    ///
    /// # Errors
    /// A fault when it isn't one, or keys would go over it unencrypted.
    pub fn check(setting: &str, text: &str) -> Result<String, Fault> {
        let wrong = |what: &str| {
            Fault::new(Code::SettingInvalid, At::Call, format!("{setting} is \"{text}\", and {what}"))
                .label("no base URL of an API")
                .help("it is a base URL without a path, for example http://127.0.0.1:8787")
        };
        let url = Url::parse(text).map_err(|why| wrong(&format!("that is no URL ({why})")))?;
        if !url.username().is_empty() || url.password().is_some() || url.query().is_some() {
            // What is too much may be a secret, so the text isn't shown.
            let message = format!("{setting} holds a user, a password or a query beside the base URL");
            return Err(Fault { message, ..wrong("") });
        }
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err(wrong("it has more than a scheme, a host and a port"));
        }
        match url.scheme() {
            "https" => {}
            "http" if is_loopback(text) => {}
            "http" => {
                return Err(wrong(
                    "keys and people's data don't go unencrypted to another machine: use https",
                ));
            }
            _ => return Err(wrong("only http and https are spoken")),
        }
        Ok(text.trim_end_matches('/').to_string())
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

/// Whether a URL is of this machine.
pub(super) fn is_loopback(url: &str) -> bool {
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
    fn a_profile_s_hosts_give_way_to_the_environment_s_addresses_alone() {
        let urls =
            [Some("https://proxy.example.com".to_string()), Some("https://track.example.com".into()), None];
        let lookup = |name: &str| match name {
            "CUSTOMERIO_REGION" => Some("us".to_string()),
            "SEGUE_TRACK_URL" => Some("http://127.0.0.1:1/".into()),
            _ => None,
        };
        let hosts = Hosts::of_profile("x", Some(Region::Eu), &urls, lookup).unwrap();
        assert_eq!(
            Api::ALL.map(|api| hosts.url(api).to_string()),
            ["https://proxy.example.com", "http://127.0.0.1:1", "https://cdp-eu.customer.io"]
        );
        let setters = Api::ALL.map(|api| hosts.overridden(api).map(str::to_string));
        assert_eq!(
            setters,
            [Some("app_url of the profile \"x\"".into()), Some("SEGUE_TRACK_URL".into()), None]
        );
        assert_eq!(hosts.origin(), "eu (from the profile \"x\")");
        assert_eq!(hosts.setting(Region::Us), "region = \"us\" in the profile \"x\"");
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
