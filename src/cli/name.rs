//! What a run is called, by whoever wasn't there.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::RunArgs;

/// The script, what it was given, and whose keys it has.
#[derive(Clone, Debug)]
pub struct Name {
    /// The script, as it was named.
    pub script: String,
    /// `name=value` pairs, as they can be shown.
    pub arguments: Vec<String>,
    pub profile: Option<String>,
    pub sandbox: bool,
    pub began: Timestamp,
}

/// The words of an argument's name that say that its value is nobody's business.
const PRIVATE: [&str; 6] = ["apikey", "passwd", "password", "passphrase", "secret", "token"];

impl Name {
    /// The name of what begins now.
    pub fn of(args: &RunArgs) -> Name {
        Name {
            script: args.script.display().to_string(),
            arguments: args.arguments.iter().map(|argument| shown(argument)).collect(),
            profile: args.world.profile.clone(),
            sandbox: args.world.sandbox.is_some(),
            began: Timestamp::now(),
        }
    }

    /// When it began, to the second.
    pub fn since(&self) -> String {
        to_the_second(self.began)
    }

    /// As a machine reads it.
    pub fn object(&self) -> Value {
        let Name { script, arguments, profile, sandbox, .. } = self;
        json!({
            "script": script,
            "arguments": arguments,
            "profile": profile,
            "sandbox": sandbox,
            "began": self.since(),
        })
    }
}

/// A time as it is told, in UTC.
pub fn to_the_second(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// An argument as it can be shown: a value is hidden whose name says that it is a secret.
fn shown(argument: &str) -> String {
    let Some((name, _)) = argument.split_once('=') else { return argument.to_string() };
    let lower = name.to_lowercase();
    let words: Vec<&str> = lower.split(['_', '-', '.']).collect();
    let private = words.iter().any(|word| PRIVATE.contains(word)) || words.ends_with(&["api", "key"]);
    if private { format!("{name}=[secret]") } else { argument.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_argument_whose_name_says_so_is_hidden() {
        for (argument, expected) in [
            ("segment=VIP", "segment=VIP"),
            ("key=plan", "key=plan"),
            ("tokens=3", "tokens=3"),
            ("stray", "stray"),
            ("slack_token=xoxb-1", "slack_token=[secret]"),
            ("API-KEY=a=b", "API-KEY=[secret]"),
            ("password=", "password=[secret]"),
        ] {
            assert_eq!(shown(argument), expected);
        }
    }
}
