//! Whose workspace a command works on.

use std::path::Path;

use serde_json::{Value, json};

use crate::api::{Hosts, Source};
use crate::fault::{At, Code, Fault};
use crate::outbox::Key;
use crate::run::Terms;
use crate::spec::Api;

/// Whose workspace a run works on, as far as that is known before any key is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whose {
    /// The profile that was chosen; a sandbox's run has it too.
    pub profile: Option<String>,
    /// What no other workspace has.
    pub is: Value,
    /// Where a profile's keys come from, in the order of their names.
    from: Vec<Option<Source>>,
}

impl Whose {
    /// The sandbox at `url`; a run's own without one.
    pub fn sandbox(url: &str, profile: Option<String>) -> Whose {
        Whose { is: json!({ "sandbox": url, "profile": profile }), profile, from: vec![] }
    }

    /// The workspace of a profile of one file: another file's may have its name.
    pub fn of_profile(name: &str, file: &Path, keys: &[Option<Source>], hosts: &Hosts) -> Whose {
        let is = json!({ "profile": name, "file": file.to_string_lossy(), "urls": urls(hosts) });
        Whose { profile: Some(name.to_string()), is, from: keys.to_vec() }
    }

    /// The workspace that the environment's own `keys` open.
    pub fn of_keys(keys: &[Option<String>], hosts: &Hosts) -> Whose {
        // Half of a hash tells workspaces apart, and says too little to find a key by.
        let marks = keys.iter().map(|key| key.as_ref().map(|key| Key::new(key.trim()).number() >> 32));
        let is = json!({ "keys": marks.collect::<Vec<_>>(), "urls": urls(hosts) });
        Whose { profile: None, is, from: vec![] }
    }

    /// The fault of `what` began for `before` and would go on here, since `segue.toml` was saved meanwhile.
    pub fn elsewhere(&self, before: &Whose, what: &str) -> Fault {
        let (now, then) = (self.keys(), before.keys());
        let message = match now == then {
            true => format!("segue.toml now has other keys or URLs for {now} than {what} began with"),
            false => format!("segue.toml now chooses {now}, and {what} began with {then}"),
        };
        Fault::new(Code::SettingInvalid, At::Call, message).help("start it anew, or name one with --profile")
    }

    /// Where the keys come from, in words.
    pub fn keys(&self) -> String {
        Terms { profile: self.profile.clone(), ..Terms::default() }.keys()
    }
}

/// Where the three APIs are, and with it the region.
fn urls(hosts: &Hosts) -> [&str; Api::ALL.len()] {
    Api::ALL.map(|api| hosts.url(api))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Region;

    #[test]
    fn no_key_is_kept_nor_half_of_what_tells_it() {
        let whose = Whose::of_keys(&[Some("sentinel-key".into())], &Hosts::new(Region::Us));
        assert!(!format!("{whose:?}").contains("sentinel"));
        assert!(whose.is["keys"][0].as_u64().is_some_and(|mark| mark < 1 << 32), "{whose:?}");
    }

    #[test]
    fn keys_from_elsewhere_are_another_s_and_under_way_is_still_the_same() {
        let hosts = Hosts::new(Region::Us);
        let of = |variable: &str| {
            let keys = [Some(Source::Environment(variable.into()))];
            Whose::of_profile("acme", Path::new("/p/segue.toml"), &keys, &hosts)
        };
        assert_ne!(of("ONE"), of("TWO"));
        assert_eq!(of("ONE").is, of("TWO").is, "a key that is renewed opens the same workspace");
    }
}
