//! Bodies: names, constants, stamps, and JSON to the letter.

use super::*;

#[test]
fn parameters_go_by_their_wire_names_in_declared_order() {
    let all = json!({
        "integrations": { "All": true }, "context": { "ip": "::1" }, "message_id": "m",
        "timestamp": "2026-01-01T00:00:00Z", "anonymous_id": "a", "properties": { "b": 1, "a": 2 },
        "event": "e", "user_id": "u"
    });
    assert_eq!(
        body("track_event", all).as_deref(),
        Some(
            r#"{"userId":"u","event":"e","properties":{"b":1,"a":2},"anonymousId":"a","timestamp":"2026-01-01T00:00:00Z","messageId":"m","context":{"ip":"::1"},"integrations":{"All":true}}"#
        )
    );
}

#[test]
fn a_body_has_constants_and_lacks_what_is_not_sent() {
    assert_eq!(
        body("unsubscribe_delivery", json!({ "delivery_id": "d" })).as_deref(),
        Some(r#"{"unsubscribe":true}"#)
    );
    // An empty body is an empty object where a tool sends one, and nothing where it doesn't.
    let default = json!({ "broadcast_id": 1, "audience": "default" });
    assert_eq!(body("trigger_broadcast", default).as_deref(), Some("{}"));
    assert_eq!(body("suppress_person", json!({ "identifier": "u" })), None);
}

#[test]
fn flags_and_records_are_sent_as_they_are() {
    let call = json!({
        "broadcast_id": 1, "id_ignore_missing": false,
        "per_user_data": [{ "data": { "n": 1 }, "id": "u" }, { "email": person(json!({ "email": "a@x.io" })) }]
    });
    assert_eq!(
        body("trigger_broadcast", call).as_deref(),
        Some(r#"{"per_user_data":[{"id":"u","data":{"n":1}},{"email":"a@x.io"}],"id_ignore_missing":false}"#)
    );
}

#[test]
fn json_is_written_to_the_letter() {
    for (value, written) in [
        (json!("\"\\/\n\r\t"), r#""\"\\/\n\r\t""#),
        (json!("\u{0}\u{1f}\u{7f}"), "\"\\u0000\\u001f\u{7f}\""),
        (json!("ü🦀\u{2028}"), "\"ü🦀\u{2028}\""),
        (json!(true), "true"),
        (json!(null), "null"),
        (json!(i64::MIN), "-9223372036854775808"),
        (json!(1.0), "1.0"),
        (json!(-0.5), "-0.5"),
        (json!(0.1), "0.1"),
        (json!([]), "[]"),
        (json!({}), "{}"),
        (json!([1, [2, {}], null]), "[1,[2,{}],null]"),
        (json!({ "\"k\n": { "": 1 } }), r#"{"\"k\n":{"":1}}"#),
    ] {
        let sent = body("track_page", json!({ "user_id": "u", "properties": { "x": value } }));
        assert_eq!(sent, Some(format!(r#"{{"userId":"u","properties":{{"x":{written}}}}}"#)));
    }
}

/// The body of a stamped call.
fn stamped(name: &str, named: Value) -> Value {
    let request = try_build(name, &named, Some(&stamp())).expect("the call is right");
    serde_json::from_slice(&request.body.expect("it has a body")).expect("a body is JSON")
}

#[test]
fn a_stamp_fills_what_was_not_given() {
    for name in ["identify_person", "track_page", "track_screen"] {
        assert_eq!(
            stamped(name, json!({ "user_id": "u" })),
            json!({ "userId": "u", "timestamp": "2026-11-22T21:30:00Z", "messageId": "run.7" })
        );
    }
    let given = json!({ "user_id": "u", "timestamp": "2020-01-01T00:00:00Z", "message_id": "mine" });
    assert_eq!(
        stamped("track_page", given),
        json!({ "userId": "u", "timestamp": "2020-01-01T00:00:00Z", "messageId": "mine" })
    );
    let id = stamped("track_page", json!({ "user_id": "u", "message_id": "mine" }));
    assert_eq!(id["timestamp"], "2026-11-22T21:30:00Z");
}

#[test]
fn a_stamp_leaves_alone_what_has_no_place_for_it() {
    let broadcast = json!({ "broadcast_id": 1, "ids": ["u"] });
    assert_eq!(stamped("trigger_broadcast", broadcast), json!({ "ids": ["u"] }));
    assert_eq!(
        stamped("unsubscribe_delivery", json!({ "delivery_id": "d" })),
        json!({ "unsubscribe": true })
    );
    let push = json!({ "delivery_id": "d", "event": "opened", "device_id": "t", "timestamp": 5 });
    assert_eq!(stamped("report_push_events", push.clone()), push);
    // Its timestamp is a number of seconds; the stamp's would be text.
    assert_eq!(stamped("report_push_events", json!({ "delivery_id": "d" })), json!({ "delivery_id": "d" }));
}

#[test]
fn each_item_of_a_batch_has_a_stamp_of_its_own() {
    let batch = json!({ "batch": [
        { "type": "track", "user_id": "u", "event": "e" },
        { "type": "track", "user_id": "u", "event": "e", "message_id": "mine" },
        { "type": "group", "user_id": "u", "group_id": "g" },
    ], "context": { "ip": "::1" } });
    let time = "2026-11-22T21:30:00Z";
    assert_eq!(
        stamped("send_batch", batch.clone()),
        json!({ "batch": [
            { "type": "track", "userId": "u", "event": "e", "timestamp": time, "messageId": "run.7.0" },
            { "type": "track", "userId": "u", "event": "e", "timestamp": time, "messageId": "mine" },
            { "type": "group", "userId": "u", "groupId": "g", "timestamp": time, "messageId": "run.7.2" },
        ], "context": { "ip": "::1" } })
    );
    assert_eq!(
        body("send_batch", json!({ "batch": [{ "type": "page", "user_id": "u" }] })).as_deref(),
        Some(r#"{"batch":[{"type":"page","userId":"u"}]}"#)
    );
}
