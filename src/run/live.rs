//! What a live run says before its first request, and which one isn't begun.

use super::terms::Terms;
use crate::api::Hosts;
use crate::fault::{At, Code, Fault, listed};
use crate::spec::Api;

/// The first line of a live run: whose keys it has, and where its requests go if not to Customer.io.
pub fn banner(terms: &Terms, hosts: &Hosts) -> String {
    let line = format!("live: {} ({})", terms.keys(), hosts.region.name());
    std::iter::once(line)
        .chain(places(hosts, |api| hosts.overridden(api).is_some()))
        .collect::<Vec<_>>()
        .join(", ")
}

/// The fault of a run whose hosts are partly on this machine: what it reads from a stand-in would be written
/// to people, or the other way round.
pub fn mixed(hosts: &Hosts) -> Option<Fault> {
    let (here, there): (Vec<Api>, Vec<Api>) = Api::ALL.into_iter().partition(|api| hosts.loopback(*api));
    if here.is_empty() || there.is_empty() {
        return None;
    }
    let places = |here: bool| listed(&places(hosts, |api| hosts.loopback(api) == here), "and");
    let message = format!(
        "a run can't use this machine and others at once: {} here, {} there",
        places(true),
        places(false)
    );
    let variables: Vec<&str> = there.into_iter().map(Hosts::variable).collect();
    Some(Fault::new(Code::HostsMixed, At::Call, message).help(format!(
        "set {} too, or no address on this machine; --sandbox=URL uses one for all three",
        listed(&variables, "and")
    )))
}

/// The base URLs of some APIs, each with those that are there: `App and Track at http://127.0.0.1:8787`.
fn places(hosts: &Hosts, of: impl Fn(Api) -> bool) -> Vec<String> {
    let mut places: Vec<(&str, Vec<&str>)> = vec![];
    for api in Api::ALL.into_iter().filter(|api| of(*api)) {
        let url = hosts.url(api);
        match places.iter_mut().find(|(known, _)| *known == url) {
            Some((_, apis)) => apis.push(api.name()),
            None => places.push((url, vec![api.name()])),
        }
    }
    places.into_iter().map(|(url, apis)| format!("{} at {url}", listed(&apis, "and"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(pairs: &[(&str, &str)]) -> Hosts {
        let value =
            |name: &str| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| value.to_string());
        Hosts::read(value).unwrap()
    }

    const HERE: &str = "http://127.0.0.1:8787";

    #[test]
    fn the_first_line_names_the_keys_and_what_is_not_customer_ios() {
        let staging = Terms { profile: Some("staging".into()), ..Terms::default() };
        assert_eq!(
            banner(&staging, &hosts(&[("CUSTOMERIO_REGION", "eu")])),
            "live: profile \"staging\" (eu)"
        );
        let line = |pairs: &[(&str, &str)]| banner(&Terms::default(), &hosts(pairs));
        assert_eq!(line(&[]), "live: keys from the environment (us)");
        assert_eq!(
            line(&[("SEGUE_TRACK_URL", "https://proxy.example.com")]),
            "live: keys from the environment (us), Track at https://proxy.example.com"
        );
        assert_eq!(
            banner(&Terms::default(), &Hosts::at(HERE)),
            "live: keys from the environment (us), App, Track and Pipelines at http://127.0.0.1:8787"
        );
    }

    #[test]
    fn this_machine_and_others_dont_mix() {
        assert_eq!(mixed(&hosts(&[])), None);
        assert_eq!(mixed(&Hosts::at(HERE)), None);
        assert_eq!(mixed(&hosts(&[("SEGUE_APP_URL", "https://proxy.example.com")])), None);
        let fault = mixed(&hosts(&[("SEGUE_APP_URL", HERE), ("SEGUE_TRACK_URL", HERE)])).unwrap();
        assert_eq!(
            fault.message,
            "a run can't use this machine and others at once: App and Track at http://127.0.0.1:8787 here, \
             Pipelines at https://cdp.customer.io there"
        );
        assert!(fault.help.unwrap().starts_with("set SEGUE_PIPELINES_URL too"));
    }
}
