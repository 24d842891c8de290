//! Who receives a broadcast: one audience, and only the flags that go with it.

use super::*;

fn with(audience: Value) -> Value {
    let mut named = json!({ "broadcast_id": 1 });
    let named_map = named.as_object_mut().expect("it is a map");
    named_map.extend(audience.as_object().expect("an audience is a map").clone());
    named
}

#[track_caller]
fn told(audience: Value, expected: &[&str]) {
    check_named("trigger_broadcast", with(audience), expected);
}

#[test]
fn a_broadcast_is_told_who_receives_it() {
    told(json!({}), &["audience::missing"]);
    told(json!({ "data": { "a": 1 } }), &["audience::missing"]);
    told(json!({ "ids": null, "emails": null }), &["audience::missing"]);
    let help = help("trigger_broadcast", with(json!({})));
    assert!(help.contains("audience: \"default\""), "{help}");
    for audience in [
        json!({ "recipients": { "segment": { "id": 3 } } }),
        json!({ "ids": ["u"] }),
        json!({ "emails": ["a@x.io"] }),
        json!({ "per_user_data": [{ "id": "u" }, { "email": "a@x.io", "data": { "a": 1 } }] }),
        json!({ "data_file_url": "https://x.io/f" }),
        json!({ "audience": "default" }),
    ] {
        told(audience, &[]);
    }
    told(json!({ "audience": "everyone" }), &["argument::choice audience"]);
}

#[test]
fn a_broadcast_has_one_audience() {
    told(json!({ "ids": ["u"], "emails": ["a@x.io"] }), &["audience::several emails"]);
    told(json!({ "emails": ["a@x.io"], "audience": "default" }), &["audience::several audience"]);
    told(
        json!({ "recipients": { "segment": { "id": 3 } }, "ids": ["u"], "data_file_url": "https://x.io" }),
        &["audience::several ids"],
    );
    assert_eq!(
        message("trigger_broadcast", with(json!({ "ids": ["u"], "emails": ["a@x.io"] }))),
        "`trigger_broadcast` takes one audience, and `ids` and `emails` were given"
    );
}

#[test]
fn an_empty_audience_is_no_audience() {
    told(json!({ "ids": [] }), &["argument::empty ids"]);
    told(json!({ "emails": [] }), &["argument::empty emails"]);
    told(json!({ "per_user_data": [] }), &["argument::empty per_user_data"]);
    told(json!({ "recipients": {} }), &["argument::empty recipients"]);
    told(json!({ "ids": [""] }), &["argument::empty ids/0"]);
    assert_eq!(
        message("trigger_broadcast", with(json!({ "ids": [""] }))),
        "an entry of `ids` is an empty string"
    );
}

#[test]
fn an_audience_has_at_most_ten_thousand() {
    let ids = |n: usize| json!({ "ids": vec!["u"; n] });
    told(ids(10_000), &[]);
    told(ids(10_001), &["argument::too_long ids"]);
}

#[test]
fn a_flag_goes_with_its_audience() {
    let flags = ["id_ignore_missing", "email_ignore_missing", "email_add_duplicates"];
    for (audience, allowed) in [
        (json!({ "ids": ["u"] }), &flags[..1]),
        (json!({ "emails": ["a@x.io"] }), &flags[1..]),
        (json!({ "per_user_data": [{ "id": "u" }] }), &flags[..]),
        (json!({ "data_file_url": "https://x.io" }), &flags[..]),
        (json!({ "recipients": { "segment": { "id": 3 } } }), &[][..]),
        (json!({ "audience": "default" }), &[][..]),
    ] {
        for flag in flags {
            let mut call = audience.clone();
            call[flag] = json!(true);
            match allowed.contains(&flag) {
                true => told(call, &[]),
                false => told(call, &[&format!("argument::not_alone {flag}")]),
            }
        }
    }
    told(
        json!({ "id_ignore_missing": true }),
        &["audience::missing", "argument::not_alone id_ignore_missing"],
    );
}

#[test]
fn each_persons_data_says_whose_it_is() {
    let one = |entry: Value| json!({ "per_user_data": [{ "id": "u" }, entry] });
    told(one(json!({ "data": {} })), &["argument::none_of per_user_data/1"]);
    told(one(json!({ "id": "u", "data": 1 })), &["argument::type per_user_data/1/data"]);
    told(one(json!({ "id": "u", "dta": {} })), &["argument::unknown key per_user_data/1/dta"]);
    told(
        one(json!({ "id": "u", "data": { "f": closure() } })),
        &["argument::not_data per_user_data/1/data/f"],
    );
    assert_eq!(help("trigger_broadcast", with(one(json!({ "id": "u", "dta": {} })))), "did you mean `data`?");
    assert_eq!(
        message("trigger_broadcast", with(one(json!({})))),
        "an entry of `per_user_data` needs `id` or `email`"
    );
}
