//! Maps of any data: what JSON can't say, and how much is told of it.

use super::*;

fn event(properties: Value) -> Value {
    json!({ "user_id": "u", "event": "e", "properties": properties })
}

#[test]
fn what_is_no_data_is_told_where_it_stands() {
    for (value, expected) in [
        (closure(), "argument::not_data properties/x"),
        (float("NaN"), "argument::not_data properties/x"),
        (float("inf"), "argument::not_data properties/x"),
        (person(json!({ "id": "u" })), "argument::not_data properties/x"),
        (json!([1, { "deep": [closure()] }]), "argument::not_data properties/x/1/deep/0"),
    ] {
        check_named("track_event", event(json!({ "good": 1, "x": value })), &[expected]);
    }
    assert_eq!(message("track_event", event(json!({ "x": closure() }))), "Fn can't be sent");
    check_named("track_event", event(json!({ "a": null, "b": [1, 2.5, "c", true, { "d": [] }] })), &[]);
}

#[test]
fn five_faults_of_one_map_or_array_are_told() {
    let told = |properties: Value| faults("track_event", &event(properties)).len();
    let bad = || float("NaN");
    assert_eq!(told(json!({ "x": vec![bad(); 4] })), 4);
    assert_eq!(told(json!({ "x": vec![bad(); 20] })), 5);
    // Neither do the parts of parts add up to more.
    assert_eq!(told(json!({ "x": vec![json!([bad(), bad(), bad()]); 20] })), 5);
    let ids = json!({ "broadcast_id": 1, "ids": vec![7; 20] });
    check_named(
        "trigger_broadcast",
        ids,
        &[
            "argument::type ids/0",
            "argument::type ids/1",
            "argument::type ids/2",
            "argument::type ids/3",
            "argument::type ids/4",
        ],
    );
    let calls = vec![json!({ "type": "track", "usr": 1 }); 20];
    assert_eq!(faults("send_batch", &json!({ "batch": calls })).len(), 5);
}
