//! Attributes: how many, how long, and those with a meaning of their own.

use super::*;

#[track_caller]
fn traits(traits: Value, expected: &[&str]) {
    check_named("identify_person", json!({ "user_id": "u", "traits": traits }), expected);
}

#[track_caller]
fn group(traits: Value, expected: &[&str]) {
    check_named(
        "add_person_to_group",
        json!({ "user_id": "u", "group_id": "g", "traits": traits }),
        expected,
    );
}

#[test]
fn there_are_at_most_three_hundred() {
    traits(json!({}), &[]);
    traits(many(300), &[]);
    traits(many(301), &["argument::too_long traits"]);
    group(many(301), &["argument::too_long traits"]);
}

#[test]
fn a_name_is_neither_empty_nor_long() {
    let long = "n".repeat(151);
    traits(json!({ &long[..150]: 1 }), &[]);
    traits(json!({ &*long: 1 }), &[&format!("argument::too_long key traits/{long}")]);
    traits(json!({ "": 1 }), &["argument::empty key traits/"]);
}

#[test]
fn a_value_of_text_is_not_long() {
    traits(json!({ "bio": "x".repeat(1_000), "none": "" }), &[]);
    traits(json!({ "bio": "x".repeat(1_001) }), &["argument::too_long traits/bio"]);
    traits(json!({ "bio": "ü".repeat(501) }), &["argument::too_long traits/bio"]);
}

#[test]
fn an_attribute_with_a_meaning_is_checked_as_a_parameter() {
    traits(json!({ "unsubscribed": true, "email": "a@x.io", "cio_subscription_preferences": {} }), &[]);
    traits(json!({ "unsubscribed": null, "email": null }), &[]);
    traits(json!({ "unsubscribed": "true" }), &["argument::type traits/unsubscribed"]);
    traits(json!({ "email": "" }), &["argument::empty traits/email"]);
    traits(json!({ "email": "x".repeat(255) }), &["argument::too_long traits/email"]);
    group(json!({ "object_type_id": "1", "relationshipAttributes": { "role": "admin" } }), &[]);
    group(json!({ "object_type_id": 1 }), &["argument::type traits/object_type_id"]);
    group(json!({ "object_type_id": "one" }), &["argument::format traits/object_type_id"]);
    group(json!({ "object_type_id": "" }), &["argument::format traits/object_type_id"]);
    group(json!({ "relationshipAttributes": "admin" }), &["argument::type traits/relationshipAttributes"]);
    // Each belongs to its own tool.
    traits(json!({ "object_type_id": 1 }), &[]);
    group(json!({ "unsubscribed": "true" }), &[]);
}

#[test]
fn what_is_wrong_with_an_attribute_is_told_once() {
    traits(json!({ "email": closure() }), &["argument::type traits/email"]);
    let preferences = json!({ "cio_subscription_preferences": { "topics": float("NaN") } });
    traits(preferences, &["argument::not_data traits/cio_subscription_preferences/topics"]);
    traits(json!({ "score": float("NaN") }), &["argument::not_data traits/score"]);
}
