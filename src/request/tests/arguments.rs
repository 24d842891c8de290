//! Single values: type, range, choice, form, and which are there at all.

use super::*;
use crate::request::too_many;

#[test]
fn a_value_of_the_wrong_type_is_told_at_its_place() {
    for (name, named, expected) in [
        // Person, Id, Text, Digits, Choice
        ("track_event", json!({ "user_id": 7, "event": "e" }), "argument::type user_id"),
        ("track_event", json!({ "user_id": { "id": "u" }, "event": "e" }), "argument::type user_id"),
        ("create_alias", json!({ "previous_id": 7, "user_id": "u" }), "argument::type previous_id"),
        (
            "create_alias",
            json!({ "previous_id": person(json!({ "id": "u" })), "user_id": "u" }),
            "argument::type previous_id",
        ),
        ("track_event", json!({ "user_id": "u", "event": true }), "argument::type event"),
        ("list_newsletters", json!({ "sort": 1 }), "argument::type sort"),
        // Bool, Int, UnixSeconds, DateTime, Segment
        ("get_messages", json!({ "drafts": "true" }), "argument::type drafts"),
        ("get_messages", json!({ "limit": 1.5 }), "argument::type limit"),
        ("get_messages", json!({ "limit": "50" }), "argument::type limit"),
        ("get_messages", json!({ "start_ts": "2026-01-01" }), "argument::type start_ts"),
        ("track_page", json!({ "user_id": "u", "timestamp": 1767225600 }), "argument::type timestamp"),
        ("get_segment_details", json!({ "segment_id": true }), "argument::type segment_id"),
        ("get_segment_details", json!({ "segment_id": { "name": "VIP" } }), "argument::type segment_id"),
        ("get_segment_details", json!({ "segment_id": { "id": "3" } }), "argument::type segment_id"),
        // Object, Attributes, Filter, Url, List, Record, Call
        ("track_page", json!({ "user_id": "u", "properties": [] }), "argument::type properties"),
        ("identify_person", json!({ "user_id": "u", "traits": "pro" }), "argument::type traits"),
        ("trigger_broadcast", json!({ "broadcast_id": 1, "recipients": [] }), "argument::type recipients"),
        (
            "trigger_broadcast",
            json!({ "broadcast_id": 1, "data_file_url": 1 }),
            "argument::type data_file_url",
        ),
        ("trigger_broadcast", json!({ "broadcast_id": 1, "ids": "u-1" }), "argument::type ids"),
        ("trigger_broadcast", json!({ "broadcast_id": 1, "ids": ["u", 2] }), "argument::type ids/1"),
        ("trigger_broadcast", json!({ "broadcast_id": 1, "ids": ["u", null] }), "argument::type ids/1"),
        (
            "trigger_broadcast",
            json!({ "broadcast_id": 1, "per_user_data": ["u"] }),
            "argument::type per_user_data/0",
        ),
        ("send_batch", json!({ "batch": [7] }), "argument::type batch/0"),
        ("send_batch", json!({ "batch": [{ "type": 7 }] }), "argument::type batch/0/type"),
        // What is no data at all.
        ("track_event", json!({ "user_id": "u", "event": closure() }), "argument::type event"),
    ] {
        check_named(name, named, &[expected]);
    }
}

#[test]
fn a_wrong_type_says_what_would_be_right() {
    let event = |key: &str, value: Value| {
        let mut named = json!({ "user_id": "u", "event": "e" });
        named[key] = value;
        named
    };
    assert_eq!(help("track_event", event("user_id", json!(7))), "write it as a string: \"7\"");
    assert_eq!(help("track_event", event("user_id", json!({}))), "make a person of it: person(#{ … })");
    // A number as text would be no date.
    assert_eq!(help("track_event", event("timestamp", json!(5))), "iso(5) makes one of Unix seconds");
    assert_eq!(help("get_messages", json!({ "limit": "50" })), "write it as a number: 50");
    assert_eq!(help("list_newsletters", json!({ "sort": 1 })), "it takes asc or desc");
    assert_eq!(
        message("track_event", event("user_id", json!(7))),
        "`user_id` takes an id (a string) or a person, and got an integer"
    );
    assert_eq!(
        message("trigger_broadcast", json!({ "broadcast_id": 1, "ids": [2] })),
        "an entry of `ids` has to be an id (a string) or a person, and this one is an integer"
    );
}

#[test]
fn what_is_required_has_to_be_given() {
    check_named("get_segment_details", json!({}), &["argument::missing"]);
    check_named("get_segment_details", json!({ "segment_id": null }), &["argument::missing"]);
    check_named("get_trigger", json!({}), &["argument::missing", "argument::missing"]);
    check_named("track_event", json!({}), &["argument::missing", "argument::none_of"]);
    check_named("track_event", json!({ "user_id": null, "event": "e" }), &["argument::none_of"]);
    check_named("send_batch", json!({}), &["argument::missing"]);
    assert_eq!(message("get_trigger", json!({ "broadcast_id": 1 })), "`get_trigger` needs `trigger_id`");
    assert_eq!(message("track_page", json!({})), "`track_page` needs `user_id` or `anonymous_id`");
}

#[test]
fn trailing_arguments_may_be_left_off() {
    use crate::spec::Arg;
    assert_eq!(check(tool("track_event"), &[Arg::Text("u"), Arg::Text("e")]), []);
    assert_eq!(check(tool("track_event"), &[Arg::Text("u")]).len(), 1);
}

#[test]
fn unit_counts_as_not_given() {
    let nothing = json!({ "user_id": "u", "traits": null, "timestamp": null, "message_id": null });
    check_named("identify_person", nothing, &[]);
    check_named("identify_person", json!({ "user_id": null, "anonymous_id": "a" }), &[]);
}

#[test]
fn an_unknown_parameter_is_told_at_its_key() {
    for (key, expected) in [
        ("userId", "did you mean `user_id`?"),
        ("anonymousId", "did you mean `anonymous_id`?"),
        ("messageId", "did you mean `message_id`?"),
        ("usr_id", "did you mean `user_id`?"),
        ("propertys", "did you mean `properties`?"),
        ("Event", "did you mean `event`?"),
        (
            "colour",
            "it takes track_event([user_id], event, [properties], [anonymous_id], [timestamp], \
             [message_id], [context], [integrations])",
        ),
    ] {
        let named = json!({ "anonymous_id": "a", "event": "e", key: "x" });
        check_named("track_event", named.clone(), &[&format!("argument::unknown key {key}")]);
        assert_eq!(help("track_event", named), expected);
    }
    assert_eq!(help("get_segments", json!({ "limit": 1 })), "`get_segments` takes no parameters");
}

#[test]
fn a_wire_name_suggests_its_parameter_however_different() {
    use crate::spec::{Api, Kind, Param, Tool};
    static TOOL: Tool = Tool::post("BLANK", Api::App, "/").params(&[
        Param::optional("name", Kind::Id, "").wire("userId"),
        Param::optional("user_ids", Kind::Id, ""),
    ]);
    let named = json!({ "userId": "u" });
    assert_eq!(bind(&TOOL, &named, &[]).faults[0].help.as_deref(), Some("did you mean `name`?"));
}

#[test]
fn a_map_of_something_else_is_not_told_key_by_key() {
    check_named(
        "get_segments",
        many(40),
        &[
            "argument::unknown key a0",
            "argument::unknown key a1",
            "argument::unknown key a2",
            "argument::unknown key a3",
            "argument::unknown key a4",
        ],
    );
}

#[test]
fn a_key_that_is_somebody_elses_is_not_unknown() {
    let named = json!({ "type": "track", "event": "e" });
    assert_eq!(bind(tool("track_event"), &named, &["type"]).faults, []);
    assert_eq!(bind(tool("track_event"), &named, &[]).faults.len(), 1);
}

#[test]
fn more_values_than_parameters_are_told() {
    let said = |name: &str| too_many(tool(name), 9);
    assert_eq!(line(&said("get_segments")), "argument::too_many");
    assert_eq!(said("get_segments").message, "`get_segments` takes no arguments, and 9 were given");
    assert_eq!(said("get_triggers").message, "`get_triggers` takes one argument, and 9 were given");
    assert_eq!(said("get_trigger").message, "`get_trigger` takes at most 2 arguments, and 9 were given");
    assert_eq!(said("get_trigger").help.as_deref(), Some("it takes get_trigger(broadcast_id, trigger_id)"));
}

#[test]
fn a_number_stays_within_its_range() {
    let members = |limit: i64| json!({ "segment_id": 3, "limit": limit });
    for good in [1, 30_000] {
        check_named("get_segment_membership", members(good), &[]);
    }
    for bad in [i64::MIN, -1, 0, 30_001] {
        check_named("get_segment_membership", members(bad), &["argument::range limit"]);
    }
    check_named("get_messages", json!({ "limit": 1_001 }), &["argument::range limit"]);
    check_named("list_newsletters", json!({ "limit": 101 }), &["argument::range limit"]);
    check_named("get_messages", json!({ "campaign_id": 0 }), &["argument::range campaign_id"]);
    check_named("get_triggers", json!({ "broadcast_id": 0 }), &["argument::range broadcast_id"]);
    check_named("get_segment_details", json!({ "segment_id": 0 }), &["argument::range segment_id"]);
    check_named("get_triggers", json!({ "broadcast_id": i64::MAX }), &[]);
    assert_eq!(message("get_segment_membership", members(0)), "`limit` takes 1 to 30000, and got 0");
    assert_eq!(
        message("get_triggers", json!({ "broadcast_id": 0 })),
        "`broadcast_id` takes 1 or more, and got 0"
    );
}

#[test]
fn milliseconds_are_not_taken_for_seconds() {
    let at = |time: i64| json!({ "start_ts": time });
    for good in [0, 1_767_225_600, 99_999_999_999] {
        check_named("get_messages", at(good), &[]);
    }
    for bad in [-1, 100_000_000_000, 1_767_225_600_000, i64::MAX] {
        check_named("get_messages", at(bad), &["argument::range start_ts"]);
    }
    assert_eq!(help("get_messages", at(1_767_225_600_000)), "divide by 1000: 1767225600");
    let push = json!({ "delivery_id": "d", "event": "opened", "device_id": "t", "timestamp": 1_767_225_600_000_i64 });
    check_named("report_push_events", push, &["argument::range timestamp"]);
}

#[test]
fn a_choice_is_one_of_its_words() {
    for (key, given, expected) in [
        ("metric", "bounce", "did you mean \"bounced\"?"),
        ("type", "Email", "did you mean \"email\"?"),
        ("type", "sms", "it takes email, webhook, twilio, slack, push or in_app"),
        ("type", "", "it takes email, webhook, twilio, slack, push or in_app"),
    ] {
        check_named("get_messages", json!({ key: given }), &[&format!("argument::choice {key}")]);
        let help = help("get_messages", json!({ key: given }));
        assert!(help.starts_with(expected), "{help}");
    }
}

#[test]
fn a_date_is_an_instant_in_iso_8601() {
    let at = |time: &str| json!({ "user_id": "u", "timestamp": time });
    for good in ["2026-11-22T21:30:00Z", "2026-11-22T21:30:00.123+02:00"] {
        check_named("identify_person", at(good), &[]);
    }
    for bad in [
        "",
        "yesterday",
        "1767225600",
        "2026-11-22",
        "2026-11-22T21:30:00",
        "2026-13-22T21:30:00Z",
        // jiff reads these two; ISO 8601 doesn't have them.
        "2026-11-22 21:30:00Z",
        "2026-11-22T21:30:00+01:00[Europe/Berlin]",
    ] {
        check_named("identify_person", at(bad), &["argument::format timestamp"]);
    }
}

#[test]
fn an_url_is_one_of_the_web() {
    let file = |url: &str| json!({ "broadcast_id": 1, "data_file_url": url });
    check_named("trigger_broadcast", file("https://example.com/people.jsonl"), &[]);
    for bad in ["", "example.com/people", "ftp://example.com", "/people.jsonl"] {
        check_named("trigger_broadcast", file(bad), &["argument::format data_file_url"]);
    }
}

#[test]
fn a_text_is_neither_empty_nor_too_long() {
    let long = |n: usize| "x".repeat(n);
    for (name, key, max) in [
        ("track_event", "user_id", 150),
        ("track_event", "anonymous_id", 150),
        ("track_event", "message_id", 150),
        ("track_event", "event", 100),
    ] {
        let call = |value: String| {
            let mut named = json!({ "user_id": "u", "event": "e" });
            named[key] = value.into();
            named
        };
        check_named(name, call(long(max)), &[]);
        check_named(name, call(long(max + 1)), &[&format!("argument::too_long {key}")]);
        check_named(name, call(String::new()), &[&format!("argument::empty {key}")]);
        // Bytes count, not letters.
        check_named(name, call("ü".repeat(max / 2 + 1)), &[&format!("argument::too_long {key}")]);
    }
    check_named("get_messages", json!({ "start": "" }), &["argument::empty start"]);
    check_named("get_segment_details", json!({ "segment_id": "" }), &["argument::empty segment_id"]);
    check_named("unsubscribe_delivery", json!({ "delivery_id": "" }), &["argument::empty delivery_id"]);
}
