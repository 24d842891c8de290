//! People: which identifier a tool takes, and who has none.

use super::*;

#[test]
fn the_best_identifier_a_tool_can_use_is_sent() {
    let all = json!({ "id": "u-1", "email": "a@x.io", "cio_id": "03" });
    let email = json!({ "email": "a@x.io", "cio_id": "03" });
    let sent = |parts: &Value| body("track_page", json!({ "user_id": person(parts.clone()) }));
    assert_eq!(sent(&all).as_deref(), Some(r#"{"userId":"u-1"}"#));
    assert_eq!(sent(&email).as_deref(), Some(r#"{"userId":"a@x.io"}"#));
    // An empty identifier is none.
    assert_eq!(sent(&json!({ "id": "", "email": "a@x.io" })).as_deref(), Some(r#"{"userId":"a@x.io"}"#));

    let suppressed = |parts: Value| path("suppress_person", json!({ "identifier": person(parts) }));
    assert_eq!(suppressed(all.clone()), "/api/v1/customers/u-1/suppress");
    assert_eq!(suppressed(email), "/api/v1/customers/a%40x.io/suppress");
    assert_eq!(suppressed(json!({ "cio_id": "03" })), "/api/v1/customers/cio_03/suppress");

    let audience =
        |key: &str| body("trigger_broadcast", json!({ "broadcast_id": 1, key: [person(all.clone()), "x"] }));
    assert_eq!(audience("ids").as_deref(), Some(r#"{"ids":["u-1","x"]}"#));
    assert_eq!(audience("emails").as_deref(), Some(r#"{"emails":["a@x.io","x"]}"#));
}

#[test]
fn a_person_without_a_usable_identifier_is_told() {
    let only = |key: &str| person(json!({ key: "x" }));
    check_named("track_page", json!({ "user_id": only("cio_id") }), &["person::no_identifier user_id"]);
    check_named("track_page", json!({ "user_id": person(json!({})) }), &["person::no_identifier user_id"]);
    check_named(
        "suppress_person",
        json!({ "identifier": person(json!({ "id": "" })) }),
        &["person::no_identifier identifier"],
    );
    check_named(
        "trigger_broadcast",
        json!({ "broadcast_id": 1, "ids": ["u", only("email")] }),
        &["person::no_identifier ids/1"],
    );
    check_named(
        "trigger_broadcast",
        json!({ "broadcast_id": 1, "per_user_data": [{ "email": only("id") }] }),
        &["person::no_identifier per_user_data/0/email"],
    );
    let nobody = json!({ "identifier": person(json!({})) });
    assert_eq!(message("suppress_person", nobody.clone()), "this person has no id, email or cio_id");
    assert_eq!(
        help("suppress_person", nobody),
        "`suppress_person` needs a person's id, email or cio_id; skip those who have none"
    );
}

#[test]
fn the_identifier_that_is_sent_is_the_one_that_is_measured() {
    let long = "x".repeat(151);
    check_named(
        "track_page",
        json!({ "user_id": person(json!({ "id": long, "email": "a@x.io" })) }),
        &["argument::too_long user_id"],
    );
    check_named("track_page", json!({ "user_id": person(json!({ "id": "u", "email": long })) }), &[]);
}

#[test]
fn dots_alone_are_no_identifier_in_a_path() {
    for dots in [".", ".."] {
        let at = "argument::format identifier";
        check_named("suppress_person", json!({ "identifier": dots }), &[at]);
        check_named("suppress_person", json!({ "identifier": person(json!({ "id": dots })) }), &[at]);
        check_named("suppress_person", json!({ "identifier": person(json!({ "email": dots })) }), &[at]);
        check_named("suppress_person", json!({ "identifier": person(json!({ "cio_id": dots })) }), &[]);
        check_named(
            "unsubscribe_delivery",
            json!({ "delivery_id": dots }),
            &["argument::format delivery_id"],
        );
        // A body has no steps.
        check_named("track_page", json!({ "user_id": dots }), &[]);
    }
    check_named("suppress_person", json!({ "identifier": "..." }), &[]);
}

#[test]
fn an_id_that_could_be_somebody_else_is_not_put_into_a_path() {
    let named = |parts: Value| json!({ "identifier": person(parts) });
    let ambiguous = ["person::ambiguous_identifier identifier"];
    for parts in [
        json!({ "id": "a@x.io" }),
        json!({ "id": "a@x.io", "email": "b@x.io" }),
        json!({ "id": "cio_03", "cio_id": "04" }),
        json!({ "id": "cio_03", "email": "a@x.io" }),
    ] {
        check_named("suppress_person", named(parts), &ambiguous);
    }
    for parts in [
        json!({ "id": "a@x.io", "email": "a@x.io" }),
        json!({ "id": "cio_03", "cio_id": "03" }),
        json!({ "id": "cio-03", "email": "a@x.io" }),
        json!({ "email": "a@x.io" }),
    ] {
        check_named("suppress_person", named(parts), &[]);
    }
    // The script says what it means; and a body has a field for each kind.
    check_named("suppress_person", json!({ "identifier": "cio_03" }), &[]);
    check_named("track_page", json!({ "user_id": person(json!({ "id": "a@x.io" })) }), &[]);
}
