//! Calls inside a call: each is checked as its own tool, at its index.

use super::*;

fn of(item: Value) -> Value {
    json!({ "batch": [{ "type": "page", "user_id": "u" }, item] })
}

#[test]
fn an_item_is_checked_as_its_own_tool() {
    for (item, expected) in [
        (json!({}), "argument::missing batch/1"),
        (json!({ "type": null }), "argument::missing batch/1"),
        (json!({ "type": 3 }), "argument::type batch/1/type"),
        (json!({ "type": "trak" }), "argument::choice batch/1/type"),
        (json!({ "type": "track", "user_id": "u" }), "argument::missing batch/1"),
        (json!({ "type": "identify" }), "argument::none_of batch/1"),
        (
            json!({ "type": "identify", "userId": "u", "anonymous_id": "a" }),
            "argument::unknown key batch/1/userId",
        ),
        (json!({ "type": "identify", "user_id": "" }), "argument::empty batch/1/user_id"),
        (
            json!({ "type": "identify", "user_id": "u", "traits": { "unsubscribed": "no" } }),
            "argument::type batch/1/traits/unsubscribed",
        ),
        (json!({ "type": "group", "user_id": "u" }), "argument::missing batch/1"),
        (
            json!({ "type": "screen", "user_id": "u", "properties": { "f": closure() } }),
            "argument::not_data batch/1/properties/f",
        ),
        (json!({ "type": "alias", "user_id": "u" }), "argument::missing batch/1"),
        (
            json!({ "type": "group", "user_id": person(json!({ "cio_id": "03" })), "group_id": "g" }),
            "person::no_identifier batch/1/user_id",
        ),
    ] {
        check_named("send_batch", of(item), &[expected]);
    }
    check_named("send_batch", json!({ "batch": [] }), &["argument::empty batch"]);
    assert_eq!(message("send_batch", of(json!({}))), "an entry of `batch` needs a `type`");
    assert!(help("send_batch", of(json!({ "type": "trak" }))).starts_with("did you mean \"track\"?"));
    assert_eq!(help("send_batch", of(json!({ "type": "page", "userId": "u" }))), "did you mean `user_id`?");
}

#[test]
fn a_call_over_its_limit_is_told() {
    let identify =
        |bytes: usize| json!({ "user_id": "u", "traits": { "text": vec!["x".repeat(bytes - 46)] } });
    let text = |bytes| body("identify_person", identify(bytes)).expect("it has a body").len();
    let offset = 32_000 - text(32_000);
    assert_eq!(text(32_000 + offset), 32_000, "the case is at the limit");
    let over = try_build("identify_person", &identify(32_001 + offset), None).expect_err("it is too large");
    assert_eq!(line(&over), "argument::item_too_large");
    assert!(over.message.contains("32001 bytes, and at most 32000"), "{}", over.message);
    readable(&over);
    // The stamp is sent too, so it counts.
    assert!(try_build("identify_person", &identify(32_000 + offset), Some(&stamp())).is_err());
}

#[test]
fn an_item_over_its_limit_is_told_at_its_index() {
    let item = |bytes: usize| json!({ "type": "track", "user_id": "u", "event": "e", "properties": { "x": "x".repeat(bytes) } });
    let batch = |items: Vec<Value>| try_build("send_batch", &json!({ "batch": items }), None);
    assert!(batch(vec![item(10), item(31_000)]).is_ok());
    let over = batch(vec![item(10), item(10), item(32_000)]).expect_err("an item is too large");
    assert_eq!(line(&over), "argument::item_too_large batch/2");
    assert!(over.message.contains("`track_event`"), "{}", over.message);
    let room = 32_000
        - body("track_event", json!({ "user_id": "u", "event": "e", "properties": { "x": "" } }))
            .expect("it has a body")
            .len()
        - r#""type":"track","#.len();
    assert!(batch(vec![item(room)]).is_ok() && batch(vec![item(room + 1)]).is_err());
    // The stamp of an item is sent too.
    let full = json!({ "batch": [item(room)] });
    assert!(try_build("send_batch", &full, Some(&stamp())).is_err());
    let whole = batch(vec![item(30_000); 17]).expect_err("the batch is too large");
    assert_eq!(line(&whole), "argument::item_too_large");
    assert!(whole.message.contains("`send_batch`"), "{}", whole.message);
}

#[test]
fn a_request_knows_how_many_items_it_carries() {
    let item = json!({ "type": "page", "user_id": "u" });
    assert_eq!(built("send_batch", of(item)).items, 2);
    assert_eq!(built("track_event", json!({ "user_id": "u", "event": "e" })).items, 1);
    assert_eq!(built("get_segments", json!({})).items, 0);
    assert_eq!(built("suppress_person", json!({ "identifier": "u" })).items, 0);
}
