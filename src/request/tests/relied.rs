//! The segments a call relies on.

use super::*;
use crate::request::segments;

/// Each segment's id and the way to it.
fn relied(name: &str, named: Value) -> Vec<(i64, String)> {
    check_named(name, named.clone(), &[]);
    let found = segments(tool(name), &bind(tool(name), &named, &[]).args());
    found.into_iter().map(|relied| (relied.id, relied.way.join("/"))).collect()
}

#[test]
fn a_membership_relies_on_its_segment_and_details_on_none() {
    let by_id = [(3, "segment_id".to_string())];
    assert_eq!(relied("get_segment_membership", json!({ "segment_id": 3 })), by_id);
    let whole = json!({ "id": 3, "name": "VIP" });
    assert_eq!(relied("get_segment_membership", json!({ "segment_id": whole })), by_id);
    for unfinished in [json!(false), json!(null)] {
        let named = json!({ "segment_id": 3, "unfinished": unfinished });
        assert_eq!(relied("get_segment_membership", named), by_id);
    }
    assert_eq!(relied("get_segment_membership", json!({ "segment_id": 3, "unfinished": true })), []);
    assert_eq!(relied("get_segment_details", json!({ "segment_id": 3 })), []);
}

#[test]
fn a_broadcast_relies_on_every_segment_of_its_filter() {
    let broadcast = |recipients: Value| {
        relied("trigger_broadcast", json!({ "broadcast_id": 1, "recipients": recipients }))
    };
    let segment = |id: i64| json!({ "segment": { "id": id } });
    assert_eq!(broadcast(segment(3)), [(3, "recipients/segment".to_string())]);
    let test =
        json!({ "attribute": { "field": "segment", "operator": "eq", "value": { "segment": { "id": 9 } } } });
    assert_eq!(
        broadcast(json!({ "or": [test, { "and": [segment(4)] }, { "not": segment(5) }] })),
        [(4, "recipients/or/1/and/0/segment".to_string()), (5, "recipients/or/2/not/segment".to_string())]
    );
    assert_eq!(relied("trigger_broadcast", json!({ "broadcast_id": 1, "ids": ["u-1"] })), []);
}
