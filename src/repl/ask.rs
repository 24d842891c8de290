//! What is asked before a live call that sends or deletes is made.

use std::fmt::Write;

use bytes::Bytes;
use serde_json::{Map, Value};

use super::curl::http;
use crate::api::{Credentials, Hosts};
use crate::fault::visible;
use crate::policy::does;
use crate::request::Request;
use crate::run::Question;

/// As many characters of a text, and as many entries of an array or a map are shown. All keys of the call itself
/// are, so that nothing hides who it is for.
const TEXT: usize = 200;
const ENTRIES: usize = 8;

/// What it is that would be done, and what to type.
pub fn question(question: &Question, hosts: &Hosts, credentials: &Credentials) -> String {
    let (name, word) = (question.request.tool.name(), question.effect.name());
    let body = question.request.body.as_ref();
    let read = body.and_then(|body| serde_json::from_slice::<Value>(body).ok());
    let short = match read {
        Some(Value::Object(call)) => {
            Some(call.into_iter().map(|(key, value)| (key, shortened(value))).collect())
        }
        _ => None,
    };
    let short = short.and_then(|call: Map<String, Value>| serde_json::to_vec_pretty(&call).ok());
    let body = short.map(Bytes::from).or_else(|| body.cloned());
    let shown = http(&Request { body, ..question.request.clone() }, hosts, credentials);
    let mut text = format!("`{name}`{} {}:\n\n", question.place.behind(), does(question.effect));
    for line in visible(&shown).trim_end().lines() {
        // Text takes whatever it is given.
        let _ = writeln!(text, "  {line}");
    }
    let _ = write!(
        text,
        "\ntype `{word}` to make it, or `{word} all` for every `{name}` of this input; anything else ends the input\n"
    );
    text
}

/// A value with its first entries, and how many there are.
fn shortened(value: Value) -> Value {
    match value {
        Value::String(text) => match text.char_indices().nth(TEXT) {
            Some((end, _)) => format!("{}… ({} bytes in all)", &text[..end], text.len()).into(),
            None => text.into(),
        },
        Value::Array(items) => {
            let all = items.len();
            let mut first: Vec<Value> = items.into_iter().take(ENTRIES).map(shortened).collect();
            if all > ENTRIES {
                first.push(format!("… {all} in all").into());
            }
            first.into()
        }
        Value::Object(entries) => {
            let all = entries.len();
            let mut first: Map<String, Value> =
                entries.into_iter().take(ENTRIES).map(|(key, value)| (key, shortened(value))).collect();
            if all > ENTRIES {
                first.insert("…".into(), format!("{all} in all").into());
            }
            first.into()
        }
        value => value,
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;
    use crate::request::build;
    use crate::spec::{Arg, Held, Owned};
    use crate::tools;

    #[test]
    fn a_question_hides_no_one_and_commands_no_terminal() {
        let data = Owned::of(&Arg::Text(&"long ".repeat(1_000)));
        let ids: Vec<Owned> = (0..900).map(|n| Owned::Text(format!("u-{n}"))).collect();
        let data = Owned::object([("a\u{9b}31m".to_string(), data)]);
        let ids = Owned::list(ids);
        let args = [Arg::Int(3), data.arg(), Arg::Unit, ids.arg()];
        let tool = tools::by_name("trigger_broadcast").expect("it is there");
        let request = build(tool, &args, None).expect("it fits");
        let (answer, _said) = oneshot::channel();
        let asked = Question { request, effect: tool.effect, place: crate::fault::Place::default(), answer };
        let text = question(&asked, &Hosts::at("http://127.0.0.1:1"), &Credentials::for_sandbox());
        for words in [
            "sends messages to people",
            "\"ids\"",
            "u-7",
            "… 900 in all",
            "(5000 bytes in all)",
            "type `send`",
        ] {
            assert!(text.contains(words), "{words}: {text}");
        }
        assert!(!text.contains('\u{9b}') && text.len() < 2_000, "{text}");
    }
}
