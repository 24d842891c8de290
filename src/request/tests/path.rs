//! Paths and queries.

use super::*;

#[test]
fn an_identifier_is_encoded_in_a_path() {
    for (given, encoded) in [
        ("u-1", "u-1"),
        ("A.b_c~9", "A.b_c~9"),
        ("a+b@x.io", "a%2Bb%40x.io"),
        ("a/b", "a%2Fb"),
        ("a b", "a%20b"),
        ("ü", "%C3%BC"),
        ("🦀", "%F0%9F%A6%80"),
        ("100%", "100%25"),
        ("%2e%2e", "%252e%252e"),
        ("a?b#c&d", "a%3Fb%23c%26d"),
        ("{identifier}", "%7Bidentifier%7D"),
        ("a\nb", "a%0Ab"),
    ] {
        let expected = format!("/api/v1/customers/{encoded}/suppress");
        assert_eq!(path("suppress_person", json!({ "identifier": given })), expected);
        let expected = format!("/unsubscribe/{encoded}");
        assert_eq!(path("unsubscribe_delivery", json!({ "delivery_id": given })), expected);
    }
}

#[test]
fn numbers_and_segments_stand_in_a_path_by_their_id() {
    assert_eq!(
        path("get_trigger", json!({ "broadcast_id": 1, "trigger_id": 22 })),
        "/v1/campaigns/1/triggers/22"
    );
    assert_eq!(path("get_triggers", json!({ "broadcast_id": 5 })), "/v1/broadcasts/5/triggers");
    assert_eq!(path("get_segment_details", json!({ "segment_id": 3 })), "/v1/segments/3");
    let segment = json!({ "segment_id": { "id": 3, "name": "VIP" } });
    assert_eq!(path("get_segment_membership", segment), "/v1/segments/3/membership");
}

#[test]
fn a_query_has_what_is_given_in_declared_order() {
    let messages = |named: Value| path("get_messages", named);
    assert_eq!(messages(json!({})), "/v1/messages");
    assert_eq!(messages(json!({ "drafts": null })), "/v1/messages");
    assert_eq!(
        messages(json!({ "limit": 5, "drafts": false, "type": "in_app", "start_ts": 0 })),
        "/v1/messages?type=in_app&drafts=false&start_ts=0&limit=5"
    );
    assert_eq!(messages(json!({ "start": "a+b/c=&d ü" })), "/v1/messages?start=a%2Bb%2Fc%3D%26d%20%C3%BC");
}

#[test]
fn a_read_has_no_body() {
    assert_eq!(body("get_messages", json!({ "limit": 5 })), None);
    assert_eq!(body("get_segments", json!({})), None);
}
