//! Where a profile says that its keys are.

use std::path::Path;

use toml::de::DeValue;

use super::read::{Marks, Value, kind};
use crate::api::Source;

/// What a key's table takes; just one of them.
pub const WAYS: [&str; 3] = ["env", "file", "command"];

const EXAMPLE: &str =
    r#"{ env = "STAGING_KEY" }, { file = "/run/secrets/key" } or { command = ["pass", "show", "cio"] }"#;

/// Reads where the key `name` comes from; paths count from `folder`. No value of it is shown: it may be
/// the key itself.
pub fn source(marks: &mut Marks, name: &str, value: &Value<'_>, folder: &Path) -> Option<Source> {
    let help = format!("say where it is: {name} = {EXAMPLE}");
    let DeValue::Table(table) = value.get_ref() else {
        let (message, label) = match value.get_ref() {
            DeValue::String(_) => (
                format!("`{name}` is a text, and this file is no place for a key"),
                "a key doesn't belong here",
            ),
            other => (format!("`{name}` is {}, and has to say where the key is", kind(other)), kind(other)),
        };
        marks.add(value.span(), message, label, &help);
        return None;
    };
    let (known, unknown): (Vec<_>, Vec<_>) =
        table.iter().partition(|(key, _)| WAYS.contains(&key.get_ref().as_ref()));
    for (key, _) in unknown {
        marks.unknown(key, &format!("`{name}`"), &WAYS);
    }
    let mut ways = known.into_iter();
    match (ways.next(), ways.next()) {
        (Some((key, value)), None) => match &**key.get_ref() {
            "env" => variable(marks, name, value),
            "file" => file(marks, name, value, folder),
            _ => command(marks, name, value, folder),
        },
        (Some(_), Some((key, _))) => {
            marks.add(key.span(), format!("`{name}` comes from two places"), "one too many", &help);
            None
        }
        (None, _) => {
            // An unknown way says it all.
            if table.is_empty() {
                marks.add(value.span(), format!("`{name}` doesn't say where the key is"), "empty", &help);
            }
            None
        }
    }
}

fn variable(marks: &mut Marks, name: &str, value: &Value<'_>) -> Option<Source> {
    let example = format!("{name} = {{ env = \"STAGING_KEY\" }}");
    let variable = marks.text("env", value, &example)?;
    let mut chars = variable.chars();
    let begins = chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    if !begins || !chars.all(|c| c.is_ascii_alphanumeric() || c == '_') {
        marks.add(
            value.span(),
            format!("`env` of `{name}` isn't the name of a variable"),
            "not a name",
            &format!("it is the name of the variable, and not the key: {example}"),
        );
        return None;
    }
    Some(Source::Environment(variable))
}

fn file(marks: &mut Marks, name: &str, value: &Value<'_>, folder: &Path) -> Option<Source> {
    let path = marks.text("file", value, &format!("{name} = {{ file = \"/run/secrets/key\" }}"))?;
    let home = directories::BaseDirs::new().map(|dirs| dirs.home_dir().to_path_buf());
    Some(Source::File(match (path.strip_prefix("~/"), home) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => folder.join(path),
    }))
}

fn command(marks: &mut Marks, name: &str, value: &Value<'_>, folder: &Path) -> Option<Source> {
    let help = format!(
        "it is a program and its arguments, and no shell reads it: {name} = {{ command = [\"pass\", \"show\", \"cio\"] }}"
    );
    let DeValue::Array(words) = value.get_ref() else {
        let message = format!("`command` is {}, and has to be a list of texts", kind(value.get_ref()));
        marks.add(value.span(), message, kind(value.get_ref()), &help);
        return None;
    };
    let mut argv = vec![];
    for word in words.iter() {
        match word.get_ref() {
            DeValue::String(text) if !text.contains('\0') => argv.push(text.to_string()),
            other => {
                let message = format!("`command` of `{name}` holds {}, and takes texts alone", kind(other));
                marks.add(word.span(), message, kind(other), &help);
                return None;
            }
        }
    }
    if argv.first().is_none_or(|program| program.trim().is_empty()) {
        marks.add(value.span(), format!("`command` of `{name}` names no program"), "no program", &help);
        return None;
    }
    Some(Source::Command { argv, folder: folder.to_path_buf() })
}
