//! Calls in the words of a script.

use proptest::prelude::*;

use super::*;
use crate::request::{brief, call_by_name, call_in_order};

fn literal(value: &Value) -> String {
    brief(&json::arg(value))
}

/// A script reads the literal as the value it stands for.
#[track_caller]
fn reads_back(value: &Value) {
    let named = json!({ "user_id": "u", "properties": { "x": value } });
    let call = call_by_name(tool("track_page"), &bind(tool("track_page"), &named, &[]).args());
    let map = call.strip_prefix("track_page(").and_then(|rest| rest.strip_suffix(')')).expect("it is a call");
    let read = rhai::Engine::new_raw().eval::<rhai::Dynamic>(map).unwrap_or_else(|e| panic!("{call}: {e}"));
    let read: Value = rhai::serde::from_dynamic(&read).expect("a map of data becomes JSON");
    assert_eq!(&read["properties"]["x"], value, "{call}");
}

proptest! {
    #[test]
    fn any_text_and_any_key_are_valid_rhai(text in any::<String>(), key in ".*|_*[a-z0-9]{0,3}") {
        reads_back(&json!({ key: text }));
    }
}

#[test]
fn a_literal_is_valid_rhai() {
    for value in [
        json!(null),
        json!(true),
        json!(0),
        json!(-7),
        json!(i64::MAX),
        json!(1.0),
        json!(-0.25),
        json!(1e-9),
        json!(1e300),
        json!(""),
        json!("say \"hi\" \\ `x` ${y} 'z'"),
        json!("line\nfeed\r\ttab"),
        json!("\u{0}\u{1b}\u{7f}\u{85}"),
        json!("ü🦀\u{2028}"),
        json!([]),
        json!([1, "two", [3.5, null]]),
        json!({}),
        json!({ "a": 1, "_b": 2, "c3": 3 }),
        json!({ "two words": 1, "3c": 2, "ü": 3, "": 4, "a.b": 5, "q\"q": 6, "n\nn": 7, "a-b": 8, "_": 9, "__": 9 }),
    ] {
        reads_back(&value);
    }
}

#[test]
fn a_key_that_is_a_word_of_the_language_is_quoted() {
    for word in "true false let const if else switch do while until loop for in continue break return \
        throw try catch import export as fn private this var static is goto exit match case public \
        protected new use with module package super thread spawn go sync async await yield default void \
        null nil shared global type_of print debug eval Fn call curry is_def_fn is_def_var is_shared \
        type id not and or"
        .split_whitespace()
    {
        reads_back(&json!({ word: 1 }));
    }
}

#[test]
fn only_a_key_that_needs_quotes_has_them() {
    assert_eq!(literal(&json!({ "plan": "pro", "type": 1 })), r#"#{ plan: "pro", type: 1 }"#);
    assert_eq!(literal(&json!({ "a b": 1, "new": 2 })), r#"#{ "a b": 1, "new": 2 }"#);
}

#[test]
fn a_call_reads_as_a_script_writes_it() {
    let event = |named: Value, by_name: &str, in_order: &str| {
        let tool = tool("track_event");
        let args = bind(tool, &named, &[]);
        assert_eq!(call_by_name(tool, &args.args()), by_name);
        assert_eq!(call_in_order(tool, &args.args()), in_order);
    };
    event(json!({}), "track_event()", "track_event()");
    event(
        json!({ "user_id": "u", "event": "e", "anonymous_id": "a" }),
        r#"track_event(#{ user_id: "u", event: "e", anonymous_id: "a" })"#,
        r#"track_event("u", "e", (), "a")"#,
    );
    event(
        json!({ "user_id": person(json!({ "id": "u", "cio_id": "03" })), "event": "say \"hi\"" }),
        r#"track_event(#{ user_id: person(#{ id: "u", cio_id: "03" }), event: "say \"hi\"" })"#,
        r#"track_event(person(#{ id: "u", cio_id: "03" }), "say \"hi\"")"#,
    );
}

#[test]
fn a_brief_value_is_cut_between_letters() {
    assert_eq!(literal(&json!("x".repeat(38))), format!("\"{}\"", "x".repeat(38)));
    let cut = literal(&json!("ü".repeat(39)));
    assert_eq!(cut.chars().count(), 39);
    assert!(cut.ends_with('…'), "{cut}");
    assert_eq!(literal(&closure()), "<Fn>");
}
