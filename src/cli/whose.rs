//! Whose workspace a command works on.

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
    /// What no other workspace has. Whoever changes a key in the environment has another.
    pub is: Value,
}

impl Whose {
    /// The sandbox at `url`; a run's own without one.
    pub fn sandbox(url: &str, profile: Option<String>) -> Whose {
        Whose { is: json!({ "sandbox": url, "profile": profile }), profile }
    }

    /// The workspace that is opened by the keys from these sources, each where it has its place; `lookup` reads the
    /// environment.
    pub fn live(
        profile: Option<String>,
        keys: &[Option<Source>],
        hosts: &Hosts,
        lookup: impl Fn(&str) -> Option<String>,
    ) -> Whose {
        let keys = keys.iter().map(|key| key.as_ref().and_then(|key| mark(key, &lookup)));
        // Where the three APIs are, and with it the region.
        let urls = Api::ALL.map(|api| hosts.url(api));
        Whose { is: json!({ "keys": keys.collect::<Vec<_>>(), "urls": urls }), profile }
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

/// What tells a key from others; a profile's from a variable is the same as the environment's own.
fn mark(source: &Source, lookup: &impl Fn(&str) -> Option<String>) -> Option<Value> {
    Some(match source {
        // Half of a hash tells workspaces apart, and says too little to find a key by.
        Source::Environment(name) => json!(Key::new(lookup(name)?.trim()).number() >> 32),
        Source::File(path) => json!({ "file": path.to_string_lossy() }),
        Source::Command { argv, folder } => json!({ "command": argv, "folder": folder.to_string_lossy() }),
        Source::Sandbox => Value::Null,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Region;

    fn of(sources: &[Source]) -> Whose {
        let keys: Vec<_> = sources.iter().cloned().map(Some).collect();
        let lookup =
            |name: &str| (name != "NONE").then(|| format!(" sentinel-{name}\n").replace("ALIAS", "KEY"));
        Whose::live(None, &keys, &Hosts::new(Region::Us), lookup)
    }

    #[test]
    fn no_key_is_kept_nor_half_of_what_tells_it() {
        let whose = of(&[Source::Environment("KEY".into())]);
        assert!(!format!("{whose:?}").contains("sentinel"));
        assert!(whose.is["keys"][0].as_u64().is_some_and(|mark| mark < 1 << 32), "{whose:?}");
    }

    #[test]
    fn a_workspace_is_known_by_its_keys_whatever_they_are_called() {
        let variable = |name: &str| Source::Environment(name.into());
        let command = |word: &str, folder: &str| Source::Command {
            argv: vec!["pass".into(), word.into()],
            folder: folder.into(),
        };
        assert_eq!(of(&[variable("KEY")]), of(&[variable("ALIAS")]));
        let all = [
            vec![variable("KEY")],
            vec![variable("OTHER")],
            vec![variable("NONE")],
            vec![Source::File("/a".into())],
            vec![Source::File("/b".into())],
            vec![command("show", "/a")],
            vec![command("show", "/b")],
            vec![command("print", "/a")],
            vec![variable("KEY"), variable("OTHER")],
            vec![variable("OTHER"), variable("KEY")],
        ];
        let different: std::collections::HashSet<String> =
            all.iter().map(|keys| of(keys).is.to_string()).collect();
        assert_eq!(different.len(), all.len(), "{different:#?}");
    }
}
