//! What is wrong with a credential, for people.

use super::client::Client;
use super::credentials::{Credentials, Lack, Renewed};
use super::key::KeyName;
use super::source::Source;
use crate::fault::{At, Code, Fault, listed};
use crate::spec::Api;

/// A line of its own: of several faults it is told once.
const TRIAL: &str = "or try the script first with --sandbox, which needs none";

impl Credentials {
    /// A key's name in a list of them: the variable, or the name in the profile.
    pub fn name(&self, key: KeyName) -> &'static str {
        if self.profile().is_some() { key.field() } else { key.variable() }
    }

    /// A key's name in a sentence.
    fn called(&self, key: KeyName) -> String {
        match self.profile() {
            Some(profile) => format!("{} of the profile \"{profile}\"", key.field()),
            None => key.variable().to_string(),
        }
    }

    /// Where a key comes from, beside its name.
    pub fn origin(&self, key: KeyName) -> String {
        match self.source(key) {
            None => "not set".into(),
            Some(Source::Environment(variable)) if variable == key.variable() => {
                "from the environment".into()
            }
            Some(source) => format!("from {source}"),
        }
    }
}

/// The fault of calls of `tools`, whose API lacks a key; `None` when it has all. Without a tool it is that of
/// the key alone.
pub fn missing_key(credentials: &Credentials, api: Api, tools: &[&str]) -> Option<Fault> {
    let missing = credentials.missing(api);
    if missing.is_empty() {
        return None;
    }
    let unset: Vec<KeyName> =
        missing.iter().filter(|(_, lack)| *lack == Lack::NotSet).map(|(name, _)| *name).collect();
    let broken = missing.iter().filter(|(_, lack)| *lack != Lack::NotSet);
    let (mut code, mut whys, mut helps) = (Code::CredentialsMissing, vec![], vec![]);
    if let Some(name) = unset.first() {
        let names: Vec<&str> = unset.iter().map(|name| credentials.name(*name)).collect();
        whys.push(match credentials.profile() {
            Some(profile) => format!("the profile \"{profile}\" has no {}", listed(&names, "and no")),
            None if unset.len() == 1 => format!("{} is not set", names[0]),
            None => format!("{} are not set", listed(&names, "and")),
        });
        helps.push(format!("you find it in Customer.io under {}", name.found()));
        if credentials.profile().is_some() {
            helps.push(format!(
                "say where it is with {} = {{ env = \"NAME\" }}, file or command",
                name.field()
            ));
        } else if !credentials.profiles().is_empty() {
            helps.push(format!("or choose a profile with --profile: {}", credentials.profiles().join(", ")));
        }
    }
    for (name, lack) in broken {
        let called = credentials.called(*name);
        match lack {
            Lack::Malformed => {
                code = Code::CredentialInvalid;
                whys.push(format!("{called} can't be used: {lack}"));
                helps.push(format!(
                    "it comes {}; copy it again from {}",
                    credentials.origin(*name),
                    name.found()
                ));
            }
            _ => {
                code = Code::CredentialUnreadable;
                whys.push(format!("{called} can't be had: {lack}"));
                let profile = credentials.profile().map(|profile| format!(" --profile {profile}"));
                let profile = profile.unwrap_or_default();
                helps.push(format!("`segue doctor{profile}` tells where each key comes from"));
            }
        }
    }
    let quoted: Vec<String> = tools.iter().map(|tool| format!("`{tool}`")).collect();
    let (quoted, whys) = (listed(&quoted, "and"), listed(&whys, "and"));
    let message = match tools {
        [] => whys,
        [_] => format!("{quoted} needs the {} API, and {whys}", api.name()),
        _ => format!("{quoted} need the {} API, and {whys}", api.name()),
    };
    Some(
        Fault::new(code, At::Call, message)
            .label("needs a credential")
            .help(helps.join("; "))
            .and_help(TRIAL),
    )
}

/// The keys of `api` by name, and where each comes from.
pub fn keys(client: &Client, api: Api) -> String {
    let credentials = &client.credentials;
    let keys: Vec<String> = KeyName::of(api)
        .map(|name| format!("{} ({})", credentials.called(name), credentials.origin(name)))
        .collect();
    listed(&keys, "and")
}

/// Which keys to check when `api` refuses the credential.
pub fn which_key(client: &Client, api: Api, renewed: Option<&Renewed>) -> String {
    let found = KeyName::of(api).next().map_or("", KeyName::found);
    let renewed = match renewed {
        None | Some(Renewed::Changed | Renewed::Elsewhere(_)) => String::new(),
        Some(Renewed::Same) => "\nthe source was read again and gave the same value".into(),
        Some(Renewed::RefusedToo) => {
            "\nthe source was read again and gave another value, which was refused too".into()
        }
        Some(Renewed::Unreadable(why)) => format!("\nthe source couldn't be read again: {why}"),
    };
    format!(
        "check {}: it must be the {} key of this workspace, for no key works on another API, and the region must be right ({} now). You find it under {found}{renewed}",
        keys(client, api),
        api.name(),
        client.hosts.region.name(),
    )
}
