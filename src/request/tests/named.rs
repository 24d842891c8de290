//! Whom a call names.

use super::*;
use crate::request::people;
use crate::spec::{Effect, Kind};

fn named(name: &str, named: Value) -> Vec<String> {
    check_named(name, named.clone(), &[]);
    let mut found = vec![];
    people(tool(name), &bind(tool(name), &named, &[]).args(), &mut |person| found.push(person.to_string()));
    found
}

fn ada() -> Value {
    person(json!({ "id": "u-1", "email": "ada@x.io", "cio_id": "03" }))
}

#[test]
fn a_call_names_its_people_and_nobody_else() {
    for (name, arguments, expected) in [
        ("identify_person", json!({ "user_id": "u-1", "traits": { "email": "x@x.io" } }), vec!["u-1"]),
        ("track_event", json!({ "anonymous_id": "a-1", "event": "e", "message_id": "m" }), vec!["a-1"]),
        ("add_person_to_group", json!({ "user_id": ada(), "group_id": "acme" }), vec!["u-1"]),
        ("create_alias", json!({ "previous_id": "a-1", "user_id": "u-1" }), vec!["a-1", "u-1"]),
        ("suppress_person", json!({ "identifier": "u-1" }), vec!["u-1"]),
        ("unsubscribe_delivery", json!({ "delivery_id": "dlv-1" }), vec!["dlv-1"]),
        ("trigger_broadcast", json!({ "broadcast_id": 1, "ids": ["u-1", "u-2"] }), vec!["u-1", "u-2"]),
        ("trigger_broadcast", json!({ "broadcast_id": 1, "audience": "default" }), vec![]),
        ("trigger_broadcast", json!({ "broadcast_id": 1, "recipients": { "segment": { "id": 3 } } }), vec![]),
        (
            "trigger_broadcast",
            json!({ "broadcast_id": 1, "per_user_data": [{ "id": "u-1" }, { "email": "b@x.io" }] }),
            vec!["u-1", "b@x.io"],
        ),
    ] {
        assert_eq!(self::named(name, arguments.clone()), expected, "{name} {arguments}");
    }
}

#[test]
fn two_names_for_one_person_are_one() {
    let both = json!({ "user_id": "u-1", "anonymous_id": "a-1", "event": "e" });
    assert_eq!(named("track_event", both), ["u-1"]);
    let both = json!({ "broadcast_id": 1, "per_user_data": [{ "id": "u-1", "email": "ada@x.io" }] });
    assert_eq!(named("trigger_broadcast", both), ["u-1"]);
    // By whichever identifier a tool takes her, she is the same.
    assert_eq!(named("trigger_broadcast", json!({ "broadcast_id": 1, "emails": [ada()] })), ["u-1"]);
    let without_id = json!({ "identifier": person(json!({ "cio_id": "03" })) });
    assert_eq!(named("suppress_person", without_id), ["cio_03"]);
}

#[test]
fn a_batch_names_those_of_all_its_calls() {
    let batch = json!({ "batch": [
        { "type": "identify", "user_id": "u-1" },
        { "type": "page", "anonymous_id": "a-1" },
        { "type": "alias", "previous_id": "u-2", "user_id": "u-1" },
    ] });
    assert_eq!(named("send_batch", batch), ["u-1", "a-1", "u-2", "u-1"]);
}

#[test]
fn every_write_that_takes_a_person_says_so() {
    fn takes(kind: &Kind) -> bool {
        match *kind {
            Kind::Person(_) => true,
            Kind::List { of, .. } => takes(of),
            Kind::Record { fields, .. } => fields.iter().any(|field| takes(&field.kind)),
            Kind::Call(items) => {
                items.iter().any(|item| item.tool.params.iter().any(|param| param.names_person()))
            }
            _ => false,
        }
    }
    let silent: Vec<&str> = tools::ALL
        .iter()
        .filter(|tool| tool.effect != Effect::Read)
        .filter(|tool| !tool.params.iter().any(|param| param.names_person() || takes(&param.kind)))
        .map(|tool| tool.name())
        .collect();
    assert_eq!(silent, [""; 0]);
}
