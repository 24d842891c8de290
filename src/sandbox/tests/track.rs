use super::*;
use serde_json::json;

const SUPPRESS: &str = "CUSTOMER_IO_SUPPRESS_PERSON";

fn suppress(world: &mut World, identifier: &str) {
    let target = format!("/api/v1/customers/{identifier}/suppress");
    assert_eq!(call(world, SUPPRESS, &target, &Value::Null), (200, json!({})), "{identifier}");
}

#[test]
fn suppressing_deletes_and_blocks_by_any_identifier() {
    let email = person(&world(), "u-2")["email"].as_str().expect("an address").to_string();
    for identifier in ["u-2", &email, &email.replace('@', "%40"), &email.to_uppercase(), "cio_a3000002"] {
        let mut world = world();
        suppress(&mut world, identifier);
        assert_eq!(person(&world, "u-2"), Value::Null, "{identifier}");
        assert_eq!(part(&world, "suppressed"), json!([email, "u-2"]), "{identifier}");
        // Twice is as good as once.
        suppress(&mut world, identifier);
        assert_eq!(part(&world, "suppressed"), json!([email, "u-2"]), "{identifier} twice");
    }
}

#[test]
fn an_identifier_is_decoded_before_it_is_looked_up() {
    let mut world = nobody();
    suppress(&mut world, "a%2Fb%20c%2B1%40d.e");
    suppress(&mut world, "weird%2Fid%3F");
    assert_eq!(part(&world, "suppressed"), json!(["a/b c+1@d.e", "weird/id?"]));
}

#[test]
fn whoever_is_suppressed_stays_away_without_an_error() {
    let mut world = world();
    suppress(&mut world, "u-1");
    let people = part(&world, "people");
    for (slug, path, body) in [
        ("IDENTIFY_PERSON", "/v1/identify", json!({"userId": "u-1", "traits": {"plan": "pro"}})),
        ("ADD_PERSON_TO_GROUP", "/v1/group", json!({"userId": "u-1", "groupId": "acme"})),
        ("TRACK_EVENT", "/v1/track", json!({"userId": "u-1", "event": "bought"})),
        ("TRACK_PAGE", "/v1/page", json!({"userId": "u-1"})),
        ("TRACK_SCREEN", "/v1/screen", json!({"userId": "u-1"})),
        ("SEND_BATCH", "/v1/batch", json!({"batch": [{"type": "page", "userId": "u-1"}]})),
    ] {
        assert_eq!(call(&mut world, slug, path, &body), (200, json!({})), "{slug}");
    }
    assert_eq!(part(&world, "people"), people);
    assert_eq!(part(&world, "groups"), json!([]));
    assert_eq!(part(&world, "events"), json!([]));
}

#[test]
fn a_push_event_sets_the_messages_metric_once() {
    let mut world = world();
    let path = "/api/v1/push/events";
    let place = world.messages.iter().position(|it| it.metrics.is_empty()).expect("one nothing happened to");
    let delivery = world.messages[place].id.clone();
    for timestamp in [NOW - 10, NOW] {
        let body =
            json!({"delivery_id": delivery, "event": "opened", "device_id": "d", "timestamp": timestamp});
        assert_eq!(call(&mut world, "REPORT_PUSH_EVENTS", path, &body), (200, json!({})));
    }
    assert_eq!(world.messages[place].metrics["opened"], NOW - 10);
    assert_eq!(part(&world, "push_events").as_array().map(Vec::len), Some(2));
    for body in [json!({"delivery_id": delivery, "event": "seen"}), json!([]), Value::Null] {
        let (status, answer) = call(&mut world, "REPORT_PUSH_EVENTS", path, &body);
        assert_eq!(status, 400, "{body}");
        assert!(answer["meta"]["errors"][0].is_string(), "{answer}");
    }
}

#[test]
fn unsubscribing_a_delivery_unsubscribes_who_got_it() {
    let mut world = world();
    let body = json!({"unsubscribe": true});
    let key = world.messages[world.deliveries["dlv-3"]].person;
    let who = super::super::people::cio_id(key);
    assert_eq!(call(&mut world, "UNSUBSCRIBE_DELIVERY", "/unsubscribe/dlv-3", &body), (200, json!({})));
    assert_eq!(person(&world, &who)["attributes"]["unsubscribed"], true);
    assert_eq!(part(&world, "unsubscribed_deliveries"), json!(["dlv-3"]));
    for (target, body) in [
        ("/unsubscribe/nothing", json!({"unsubscribe": true})),
        ("/unsubscribe/dlv-3", json!({"unsubscribe": false})),
        ("/unsubscribe/dlv-3", Value::Null),
    ] {
        assert_eq!(call(&mut world, "UNSUBSCRIBE_DELIVERY", target, &body).0, 400, "{target} {body}");
    }
    assert_eq!(part(&world, "unsubscribed_deliveries"), json!(["dlv-3"]));
}
