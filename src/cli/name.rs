//! What a run is called, by whoever wasn't there.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::RunArgs;

/// The script, what it was given, and whose keys it has.
#[derive(Clone, Debug)]
pub struct Name {
    /// No other run has it.
    pub id: String,
    /// The script, as it was named.
    pub script: String,
    /// `name=value` pairs, as they can be shown.
    pub arguments: Vec<String>,
    /// The profile that was chosen, wherever.
    pub profile: Option<String>,
    pub sandbox: bool,
    /// Those of its options that say what it works on, as they were given.
    pub options: Vec<String>,
    pub began: Timestamp,
}

/// As they stand in [`Name::options`]; the first two may have `=` and a value behind them.
pub const SANDBOX: &str = "--sandbox";
pub const PROFILE: &str = "--profile";
pub const DRY_RUN: &str = "--dry-run";

/// The words of an argument's name that say that its value is nobody's business.
const PRIVATE: [&str; 9] =
    ["apikey", "credential", "passwd", "password", "passphrase", "pwd", "secret", "token", "webhook"];

impl Name {
    /// The name of what begins now.
    pub fn of(args: &RunArgs) -> Name {
        Name {
            id: format!("{:016x}", fastrand::u64(..)),
            script: args.script.display().to_string(),
            arguments: args.arguments.iter().map(|argument| shown(argument)).collect(),
            profile: args.world.profile.clone(),
            sandbox: args.world.sandbox.is_some(),
            options: options(args),
            began: Timestamp::now(),
        }
    }

    /// When it began, to the second.
    pub fn since(&self) -> String {
        to_the_second(self.began)
    }

    /// As a machine reads it.
    pub fn object(&self) -> Value {
        let Name { id, script, arguments, profile, sandbox, options, .. } = self;
        json!({
            "id": id,
            "script": script,
            "arguments": arguments,
            "profile": profile,
            "sandbox": sandbox,
            "options": options,
            "began": self.since(),
        })
    }
}

/// The options without which the same command would work on something else, or write where this one doesn't.
fn options(args: &RunArgs) -> Vec<String> {
    let sandbox = args.world.sandbox.as_ref().map(|url| match url.as_str() {
        "" => SANDBOX.to_string(),
        url => format!("{SANDBOX}={url}"),
    });
    let profile = args.world.profile.as_ref().map(|name| format!("{PROFILE}={name}"));
    let dry_run = args.dry_run.then(|| DRY_RUN.to_string());
    [profile, sandbox, dry_run].into_iter().flatten().collect()
}

/// A time as it is told, in UTC.
pub fn to_the_second(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// An argument as it can be shown: a value is hidden whose name says that it is a secret.
fn shown(argument: &str) -> String {
    match private(argument) {
        Some((name, _)) => format!("{name}=[secret]"),
        None => argument.to_string(),
    }
}

/// The values of arguments whose names say that they are secrets. Short ones stand in too many other words to be hidden
/// wherever they are: [`crate::request::Secrets`] leaves those out.
pub fn secrets(arguments: &[String]) -> impl Iterator<Item = String> {
    let private = arguments.iter().filter_map(|argument| private(argument));
    private.map(|(_, value)| value.to_string())
}

/// The name and the value of an argument that is a secret by its name.
fn private(argument: &str) -> Option<(&str, &str)> {
    let (name, value) = argument.split_once('=')?;
    // `authToken` has the words of `auth_token`.
    let mut words = String::new();
    for c in name.chars() {
        if c.is_uppercase() && words.ends_with(char::is_lowercase) {
            words.push('_');
        }
        words.push(c);
    }
    let lower = words.to_lowercase();
    let words: Vec<&str> = lower.split(['_', '-', '.']).collect();
    let private = words.iter().any(|word| PRIVATE.contains(word)) || words.ends_with(&["api", "key"]);
    private.then_some((name, value))
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
            ("accessToken=x", "accessToken=[secret]"),
            ("SLACK_TOKEN=x", "SLACK_TOKEN=[secret]"),
        ] {
            assert_eq!(shown(argument), expected);
        }
        let arguments = ["slack_token=xoxb-1".to_string(), "segment=Everybody".into()];
        assert_eq!(secrets(&arguments).collect::<Vec<_>>(), ["xoxb-1"]);
    }
}
