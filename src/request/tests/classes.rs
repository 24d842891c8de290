//! How careful to be with a call.

use super::*;
use crate::spec::{Effect, Retry};

fn effect(name: &str, named: Value) -> Effect {
    class_of(name, named).effect
}

fn in_batch(items: Value) -> Class {
    class_of("send_batch", json!({ "batch": items }))
}

#[test]
fn a_call_has_its_tools_class() {
    for tool in tools::ALL {
        let class = class_of(tool.name(), json!({}));
        assert_eq!(class, Class { effect: tool.effect, retry: tool.retry }, "{}", tool.name());
        assert_eq!(class.is_read(), tool.effect == Effect::Read);
        assert_eq!(class.is_safe(), matches!(tool.retry, Retry::Safe { .. }));
    }
}

#[test]
fn traits_that_change_subscriptions_change_consent() {
    let with = |key: &str, value: Value| json!({ "user_id": "u", "traits": { "a": 1, key: value } });
    for (key, value) in [
        ("unsubscribed", json!(true)),
        ("unsubscribed", json!(false)),
        ("unsubscribed", json!(null)),
        ("cio_subscription_preferences", json!({})),
        ("cio_subscription_preferences.topics.topic_1", json!(true)),
    ] {
        assert_eq!(effect("identify_person", with(key, value)), Effect::Consent, "{key}");
    }
    for key in ["plan", "unsubscribed_at", "Unsubscribed", "was.unsubscribed"] {
        assert_eq!(effect("identify_person", with(key, json!(true))), Effect::Upsert, "{key}");
    }
    // A group's attributes are nobody's consent.
    let group = json!({ "user_id": "u", "group_id": "g", "traits": { "unsubscribed": true } });
    assert_eq!(effect("add_person_to_group", group), Effect::Upsert);
}

#[test]
fn a_name_that_deletes_destroys() {
    let event = |event: &str| json!({ "user_id": "u", "event": event });
    for name in
        ["User Deleted", "User Suppressed", "Device Deleted", "Relationship Deleted", "Object Deleted"]
    {
        check_named("track_event", event(name), &[]);
        assert_eq!(effect("track_event", event(name)), Effect::Destroy, "{name}");
    }
    // Customer.io compares letter by letter.
    for name in ["signed_up", "user deleted", "User Deleted ", "User Unsuppressed"] {
        assert_eq!(effect("track_event", event(name)), Effect::Event, "{name}");
    }
}

#[test]
fn a_batch_is_as_careful_as_its_most_delicate_item() {
    let identify = json!({ "type": "identify", "user_id": "u" });
    let leave = json!({ "type": "identify", "user_id": "u", "traits": { "unsubscribed": true } });
    let track = json!({ "type": "track", "user_id": "u", "event": "e" });
    let delete = json!({ "type": "track", "user_id": "u", "event": "User Deleted" });
    let alias = json!({ "type": "alias", "user_id": "u", "previous_id": "v" });
    for (items, effect, retry) in [
        (json!([identify]), Effect::Upsert, "safe"),
        (json!([identify, leave]), Effect::Consent, "safe"),
        (json!([track]), Effect::Event, "keyed"),
        (json!([identify, track, identify]), Effect::Event, "keyed"),
        (json!([track, leave]), Effect::Consent, "keyed"),
        (json!([identify, delete]), Effect::Destroy, "keyed"),
        (json!([alias, track, identify]), Effect::Destroy, "cautious"),
        (json!([identify, alias]), Effect::Destroy, "cautious"),
    ] {
        let class = in_batch(items.clone());
        assert_eq!((class.effect, class.retry.name()), (effect, retry), "{items}");
    }
}

#[test]
fn a_request_carries_its_calls_class() {
    let named = json!({ "user_id": "u", "traits": { "unsubscribed": true } });
    assert_eq!(built("identify_person", named).class.effect, Effect::Consent);
}

#[test]
fn a_request_says_how_many_events_it_records() {
    let event = |id: &str| json!({ "type": "track", "user_id": id, "event": "e" });
    let person = json!({ "type": "identify", "user_id": "u", "traits": {} });
    for (name, named, events) in [
        ("track_event", json!({ "user_id": "u", "event": "e" }), 1),
        ("identify_person", json!({ "user_id": "u", "traits": {} }), 0),
        ("send_batch", json!({ "batch": [event("a"), person.clone(), event("b")] }), 2),
        ("send_batch", json!({ "batch": [person] }), 0),
    ] {
        assert_eq!(built(name, named.clone()).events, events, "{name} {named}");
    }
}
