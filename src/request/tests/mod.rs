//! What a call's arguments get told, and the bytes they become.

mod any;
mod arguments;
mod attributes;
mod audience;
mod batch;
mod body;
mod classes;
mod data;
mod filter;
mod json;
mod named;
mod path;
mod people;
mod redact;
mod relied;
mod render;

use serde_json::{Value, json};

use super::{Class, Request, Stamp, bind, build, check, class};
use crate::fault::{At, Fault};
use crate::spec::Tool;
use crate::tools;

fn tool(name: &str) -> &'static Tool {
    tools::by_name(name).unwrap_or_else(|| panic!("no tool `{name}`"))
}

/// The faults of a call with these named arguments.
fn faults(name: &str, named: &Value) -> Vec<Fault> {
    let bound = bind(tool(name), named, &[]);
    [bound.faults.clone(), check(tool(name), &bound.args())].concat()
}

/// A fault in a line: its code without `segue::`, and its place. A value's place is its steps, a key's
/// begins with `key`, and the call as a whole has none.
fn line(fault: &Fault) -> String {
    let code = fault.code.name().trim_start_matches("segue::");
    match &fault.at {
        At::Call => code.to_string(),
        At::Value(steps) => format!("{code} {}", steps.join("/")),
        At::Key(steps) => format!("{code} key {}", steps.join("/")),
    }
}

/// Asserts that `named` gets exactly these faults, and that each is fit for a stranger to read.
#[track_caller]
fn check_named(name: &str, named: Value, expected: &[&str]) {
    let faults = faults(name, &named);
    let lines: Vec<String> = faults.iter().map(line).collect();
    assert_eq!(lines, expected, "{name} {named}: {faults:#?}");
    faults.iter().for_each(readable);
}

/// Asserts that a message says what is wrong and how to put it right, in whole words.
#[track_caller]
fn readable(fault: &Fault) {
    let said = format!("{} {} {}", fault.message, fault.label, fault.help.as_deref().unwrap_or_default());
    assert!(!fault.label.is_empty(), "nothing stands under the place: {fault:?}");
    assert!(!fault.message.ends_with('.') && !said.contains("  "), "{fault:?}");
    for noise in ["Some(", "None", "Arg::", "Kind::", "``", "{}"] {
        assert!(!said.replace("#{}", "").contains(noise), "{noise} in {fault:?}");
    }
    let remedy = fault.help.is_some()
        || [" takes ", " has to be ", " is 1 or more", " only goes with "]
            .iter()
            .any(|word| fault.message.contains(word));
    assert!(remedy, "nothing says what to do: {fault:?}");
    // "takes a string, and got a string" leaves a reader without a clue.
    if let Some((takes, got)) = fault.message.split_once(", and got ") {
        let takes = takes.split_once(" takes ").map_or("", |(_, takes)| takes);
        assert_ne!(takes.replace(['(', ')'], "").rsplit(' ').next(), got.rsplit(' ').next(), "{fault:?}");
    }
}

/// The first fault's help.
#[track_caller]
fn help(name: &str, named: Value) -> String {
    let faults = faults(name, &named);
    let first = faults.first().unwrap_or_else(|| panic!("{name} {named} has no fault"));
    first.help.clone().unwrap_or_default()
}

/// The first fault's message.
#[track_caller]
fn message(name: &str, named: Value) -> String {
    let faults = faults(name, &named);
    let first = faults.first().unwrap_or_else(|| panic!("{name} {named} has no fault"));
    first.message.clone()
}

fn try_build(name: &str, named: &Value, stamp: Option<&Stamp>) -> Result<Request, Fault> {
    build(tool(name), &bind(tool(name), named, &[]).args(), stamp)
}

/// The request of a call that is right.
#[track_caller]
fn built(name: &str, named: Value) -> Request {
    check_named(name, named.clone(), &[]);
    try_build(name, &named, None).unwrap_or_else(|fault| panic!("{name} {named}: {fault:?}"))
}

/// Path and query of a call that is right.
#[track_caller]
fn path(name: &str, named: Value) -> String {
    built(name, named).path
}

/// The body of a call that is right, as text.
#[track_caller]
fn body(name: &str, named: Value) -> Option<String> {
    built(name, named).body.map(|bytes| String::from_utf8(bytes.into()).expect("JSON is UTF-8"))
}

fn class_of(name: &str, named: Value) -> Class {
    class(tool(name), &bind(tool(name), &named, &[]).args())
}

fn stamp() -> Stamp {
    Stamp { message_id: "run.7".to_string(), timestamp: "2026-11-22T21:30:00Z".to_string() }
}

/// A map of `n` attributes.
fn many(n: usize) -> Value {
    (0..n).map(|i| (format!("a{i}"), json!(1))).collect::<serde_json::Map<_, _>>().into()
}

fn person(parts: Value) -> Value {
    json!({ "$person": parts })
}

fn closure() -> Value {
    json!({ "$foreign": "Fn" })
}

fn float(text: &str) -> Value {
    json!({ "$float": text })
}
