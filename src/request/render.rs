//! Calls and values in the words of a script.

use std::ops::ControlFlow;

use crate::spec::{Arg, Step, Tool};

/// A value in at most about forty characters, for a message.
pub fn brief(arg: &Arg<'_>) -> String {
    let text = literal(arg);
    if text.chars().count() <= 40 {
        return text;
    }
    text.chars().take(38).collect::<String>() + "…"
}

/// The call as a script writes it with named parameters.
pub fn call_by_name(tool: &Tool, args: &[Arg<'_>]) -> String {
    let given: Vec<String> = tool
        .params
        .iter()
        .zip(args)
        .filter(|(_, arg)| !matches!(arg, Arg::Unit))
        .map(|(param, arg)| format!("{}: {}", param.name, literal(arg)))
        .collect();
    match given.is_empty() {
        true => format!("{}()", tool.name()),
        false => format!("{}(#{{ {} }})", tool.name(), given.join(", ")),
    }
}

/// The call as a script writes it with values in declared order.
pub fn call_in_order(tool: &Tool, args: &[Arg<'_>]) -> String {
    let last = args.iter().rposition(|arg| !matches!(arg, Arg::Unit)).map_or(0, |last| last + 1);
    let given: Vec<String> = args[..last].iter().map(literal).collect();
    format!("{}({})", tool.name(), given.join(", "))
}

fn literal(arg: &Arg<'_>) -> String {
    match arg {
        Arg::Unit => "()".to_string(),
        Arg::Bool(b) => b.to_string(),
        Arg::Int(n) => n.to_string(),
        Arg::Float(f) => format!("{f:?}"),
        Arg::Text(text) => quoted(text),
        Arg::Person(person) => {
            let parts = [("id", person.id), ("email", person.email), ("cio_id", person.cio_id)];
            let parts: Vec<String> = parts
                .iter()
                .filter_map(|(name, value)| value.map(|value| format!("{name}: {}", quoted(value))))
                .collect();
            format!("person(#{{ {} }})", parts.join(", "))
        }
        Arg::List(tree) => {
            let mut parts = vec![];
            tree.entries(&mut |_, arg| {
                parts.push(literal(&arg));
                ControlFlow::Continue(())
            });
            format!("[{}]", parts.join(", "))
        }
        Arg::Object(tree) => {
            let mut parts = vec![];
            tree.entries(&mut |step, arg| {
                if let Step::Key(key) = step {
                    parts.push(format!("{}: {}", key_literal(key), literal(&arg)));
                }
                ControlFlow::Continue(())
            });
            match parts.is_empty() {
                true => "#{}".to_string(),
                false => format!("#{{ {} }}", parts.join(", ")),
            }
        }
        Arg::Foreign(name) => format!("<{name}>"),
        Arg::Unknown => "…".to_string(),
    }
}

/// Names that Rhai keeps for itself, and takes for no key.
const RESERVED: &str = " Fn as async await break call case catch const continue curry debug default do else \
    eval export false fn for go goto if import in is is_def_fn is_def_var is_shared let loop match \
    module new nil null package print private protected public return shared spawn static super switch \
    sync this thread throw true try type_of until use var void while with yield ";

/// A map's key: bare where Rhai takes it as a name.
pub fn key_literal(key: &str) -> String {
    let letters = key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    // A name is more than underscores, and no digit leads it.
    let name = letters && key.trim_start_matches('_').starts_with(|c: char| c.is_ascii_alphabetic());
    let reserved = name && RESERVED.contains(&format!(" {key} "));
    if name && !reserved { key.to_string() } else { quoted(key) }
}

/// A string literal of Rhai, whose escapes are JSON's but for control characters.
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
