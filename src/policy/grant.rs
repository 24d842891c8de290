//! What a run may do, purely: reading and updating always, the rest only where somebody said so.

use crate::fault::{At, Code, Fault};
use crate::request::{Cause, Class};
use crate::spec::{Effect, Tool};

/// What was granted to a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grants {
    /// Everything: a sandbox.
    pub all: bool,
    pub send: bool,
    pub destroy: bool,
    pub consent: bool,
    /// No write at all, whatever else is granted.
    pub read_only: bool,
    /// Slugs of tools that are never called.
    pub denied: Vec<&'static str>,
}

impl Grants {
    /// The words `--allow` takes.
    pub const WORDS: [&str; 3] = ["send", "destroy", "consent"];

    /// A sandbox's: nothing there is anybody's.
    pub fn everything() -> Grants {
        Grants { all: true, ..Grants::default() }
    }

    /// Grants one of [`Grants::WORDS`]; `false` for any other word.
    pub fn allow(&mut self, word: &str) -> bool {
        match word {
            "send" => self.send = true,
            "destroy" => self.destroy = true,
            "consent" => self.consent = true,
            _ => return false,
        }
        true
    }

    /// What keeps `tool` from being called at all.
    fn deny(&self, tool: &Tool) -> Option<Fault> {
        self.denied.contains(&tool.slug).then(|| {
            let name = tool.name();
            let message = format!("`{name}` is denied for this run");
            Fault::new(Code::GrantDenied, At::Call, message)
                .label("denied")
                .help(format!("--deny {name} says so"))
        })
    }

    /// What keeps a call of `tool` from being made, by itself or inside another; `class` is that of the call,
    /// which may be more than the tool's own.
    pub fn refuse(&self, tool: &Tool, class: &Class) -> Option<Fault> {
        self.refuse_for(tool, class, None)
    }

    /// The same of a call whose argument `cause` makes it do more than its tool does.
    pub fn refuse_for(&self, tool: &Tool, class: &Class, cause: Option<&Cause>) -> Option<Fault> {
        if let Some(fault) = self.deny(tool) {
            return Some(fault);
        }
        if self.read_only && class.effect != Effect::Read {
            let message = format!("`{}` writes, and this run may only read", tool.name());
            return Some(
                Fault::new(Code::GrantReadOnly, At::Call, message)
                    .label("a write")
                    .help("--read-only says so"),
            );
        }
        let granted = match class.effect {
            Effect::Read | Effect::Upsert | Effect::Event => return None,
            Effect::Consent => self.consent,
            Effect::Send => self.send,
            Effect::Destroy => self.destroy,
        };
        if granted || self.all {
            return None;
        }
        let what = cause.map_or_else(|| format!("`{}`", tool.name()), |cause| cause.what.clone());
        let word = class.effect.name();
        let does = match class.effect {
            // By its name it may delete something else, such as a device.
            Effect::Destroy if cause.is_some() => "deletes data for good",
            effect => does(effect),
        };
        Some(
            Fault::new(
                Code::GrantMissing,
                cause.map_or(At::Call, |cause| cause.at.clone()),
                format!("{what} {does}, and this run isn't allowed to"),
            )
            .label(format!("needs the grant `{word}`"))
            .help(format!("if it is meant, say so with --allow {word}; --sandbox tries it without harm")),
        )
    }
}

/// What a call of that effect does, as the end of a sentence that it begins.
pub fn does(effect: Effect) -> &'static str {
    match effect {
        Effect::Read => "reads",
        Effect::Upsert => "creates or updates",
        Effect::Event => "adds an event",
        Effect::Consent => "changes what people agreed to receive",
        Effect::Send => "sends messages to people",
        Effect::Destroy => "deletes people's data for good, or may",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools;

    fn refused(grants: &Grants, name: &str) -> Option<Code> {
        let tool = tools::by_name(name).unwrap();
        let class = Class { effect: tool.effect, retry: tool.retry };
        grants.refuse(tool, &class).map(|fault| fault.code)
    }

    #[test]
    fn sending_destroying_and_consent_need_to_be_granted_one_by_one() {
        let none = Grants::default();
        for (name, word) in [
            ("trigger_broadcast", "send"),
            ("suppress_person", "destroy"),
            ("unsubscribe_delivery", "consent"),
        ] {
            assert_eq!(refused(&none, name), Some(Code::GrantMissing), "{name}");
            for other in Grants::WORDS {
                let mut grants = Grants::default();
                assert!(grants.allow(other));
                assert_eq!(refused(&grants, name).is_none(), other == word, "{name} with {other}");
            }
            assert_eq!(refused(&Grants::everything(), name), None);
        }
        for name in ["get_segments", "identify_person", "track_event", "add_person_to_group"] {
            assert_eq!(refused(&none, name), None, "{name}");
        }
        assert!(!Grants::default().allow("everything"));
    }

    #[test]
    fn a_call_that_does_more_than_its_tool_is_judged_by_what_it_does() {
        let tool = tools::by_name("identify_person").unwrap();
        let class = Class { effect: Effect::Consent, retry: tool.retry };
        assert_eq!(Grants::default().refuse(tool, &class).unwrap().code, Code::GrantMissing);
    }

    #[test]
    fn read_only_and_denied_hold_whatever_is_granted() {
        let read_only = Grants { read_only: true, ..Grants::everything() };
        assert_eq!(refused(&read_only, "get_segments"), None);
        for tool in tools::ALL.iter().filter(|tool| tool.effect != Effect::Read) {
            assert_eq!(refused(&read_only, tool.name()), Some(Code::GrantReadOnly), "{}", tool.name());
        }
        let slug = tools::by_name("get_segments").unwrap().slug;
        let denied = Grants { denied: vec![slug], ..Grants::everything() };
        assert_eq!(refused(&denied, "get_segments"), Some(Code::GrantDenied));
    }
}
