//! What holds of any arguments at all.

use percent_encoding::percent_decode_str;
use proptest::prelude::*;

use super::*;
use crate::spec::{Kind, Param, Rule};

/// Any JSON, a few levels deep, with what JSON can't say thrown in.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-2i64..3).prop_map(Value::from),
        any::<f64>().prop_map(|f| if f.is_finite() { json!(f) } else { float("NaN") }),
        any::<String>().prop_map(Value::from),
        "[a-z]{0,4}".prop_map(Value::from),
        Just(closure()),
        any::<String>().prop_map(|id| person(json!({ "id": id }))),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(any_key(), inner, 0..4)
                .prop_map(|map| map.into_iter().collect::<serde_json::Map<_, _>>().into()),
        ]
    })
}

/// Words that mean something somewhere, and others.
fn any_key() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(
            ["and", "not", "segment", "attribute", "id", "field", "operator", "value", "type", "email"]
                .to_vec()
        )
        .prop_map(str::to_string),
        any::<String>(),
    ]
}

/// A value that a parameter may well take.
fn likely(param: &Param) -> BoxedStrategy<Value> {
    fn of(kind: Kind) -> BoxedStrategy<Value> {
        match kind {
            Kind::Person(_) | Kind::Id | Kind::Text { .. } => any::<String>().prop_map(Value::from).boxed(),
            Kind::Digits => "[0-9]{1,5}".prop_map(Value::from).boxed(),
            Kind::Choice(words) => prop::sample::select(words.to_vec()).prop_map(Value::from).boxed(),
            Kind::Bool => any::<bool>().prop_map(Value::from).boxed(),
            Kind::Int { .. } | Kind::UnixSeconds | Kind::Segment => (1i64..100).prop_map(Value::from).boxed(),
            Kind::DateTime => Just(json!("2026-11-22T21:30:00Z")).boxed(),
            Kind::Object | Kind::Attributes(_) => {
                prop::collection::hash_map(any::<String>(), any::<String>(), 0..4)
                    .prop_map(|map| json!(map))
                    .boxed()
            }
            Kind::Filter => Just(json!({ "segment": { "id": 3 } })).boxed(),
            Kind::Url => Just(json!("https://x.io")).boxed(),
            Kind::List { of: inner, .. } => {
                prop::collection::vec(of(*inner), 1..3).prop_map(Value::from).boxed()
            }
            Kind::Record { fields, .. } => named(fields).boxed(),
            Kind::Call(items) => prop::sample::select(items.to_vec())
                .prop_flat_map(|item| {
                    named(item.tool.params).prop_map(move |mut call| {
                        call["type"] = json!(item.name);
                        call
                    })
                })
                .boxed(),
        }
    }
    of(param.kind)
}

/// Named arguments, most of them sound.
fn named(params: &'static [Param]) -> BoxedStrategy<Value> {
    params.iter().fold(Just(json!({})).boxed(), |so_far, param| {
        let value = prop_oneof![
            6 => likely(param).prop_map(Some),
            1 => any_json().prop_map(Some),
            3 => Just(None),
        ];
        (so_far, value)
            .prop_map(|(mut named, value)| {
                if let Some(value) = value {
                    named[param.name] = value;
                }
                named
            })
            .boxed()
    })
}

/// A call of any tool; one that takes one audience has a fair chance to be given one.
fn any_call() -> impl Strategy<Value = (&'static str, Value)> {
    (prop::sample::select(tools::ALL.to_vec()), any::<prop::sample::Index>()).prop_flat_map(
        |(tool, chosen)| {
            let arguments = named(tool.params).prop_map(move |mut named| {
                let map = named.as_object_mut().expect("arguments are a map");
                for rule in tool.rules {
                    match rule {
                        Rule::OneAudience(group) => {
                            map.retain(|name, _| {
                                !group.contains(&name.as_str()) || name == chosen.get(group)
                            });
                        }
                        Rule::OnlyWith { flag, with } => {
                            let goes = with.iter().any(|name| map.contains_key(*name));
                            map.retain(|name, _| name != flag || goes);
                        }
                        _ => {}
                    }
                }
                named
            });
            (Just(tool.name()), prop_oneof![9 => arguments, 1 => any_json()])
        },
    )
}

proptest! {
    #[test]
    fn an_identifier_comes_back_out_of_its_path(id in "\\PC{1,40}|.{1,40}|[./%+@ {}]{1,6}") {
        let named = json!({ "identifier": id });
        prop_assume!(faults("suppress_person", &named).is_empty());
        let path = path("suppress_person", named);
        let encoded = path
            .strip_prefix("/api/v1/customers/")
            .and_then(|rest| rest.strip_suffix("/suppress"))
            .expect("the template stays as it is");
        prop_assert!(encoded.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~%".contains(&b)), "{}", path);
        prop_assert!(encoded != "." && encoded != "..");
        prop_assert_eq!(percent_decode_str(encoded).decode_utf8().expect("it was text"), id);
    }

    #[test]
    fn texts_and_keys_come_back_out_of_a_body(key in any::<String>(), text in any::<String>(), number in any::<i64>()) {
        let data = json!({ key.as_str(): text, "list": [text, number, { key.as_str(): [key] }] });
        let named = json!({ "broadcast_id": 1, "audience": "default", "data": data });
        let body = body("trigger_broadcast", named).expect("it has a body");
        prop_assert_eq!(serde_json::from_str::<Value>(&body).expect("a body is JSON"), json!({ "data": data }));
    }

    #[test]
    fn a_float_comes_back_out_of_a_body(f in any::<f64>().prop_filter("JSON has no other", |f| f.is_finite())) {
        let body = body("track_page", json!({ "user_id": "u", "properties": { "f": f } })).expect("it has a body");
        let read: Value = serde_json::from_str(&body).expect("a body is JSON");
        // The reader of the test may be off by the last bit; the text isn't.
        prop_assert!(body.contains(&format!("\"f\":{}}}", json!(f))), "{}", read);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn whatever_passes_the_check_becomes_json((name, named) in any_call(), stamped in any::<bool>()) {
        let faults = faults(name, &named);
        for fault in &faults {
            prop_assert!(!fault.message.is_empty() && !fault.label.is_empty(), "{:?}", fault);
        }
        if faults.is_empty() {
            let request = try_build(name, &named, stamped.then(stamp).as_ref()).expect("it is small");
            prop_assert!(!request.path.contains(['{', '}', ' ']), "{}", request.path);
            if let Some(body) = request.body {
                let body: Value = serde_json::from_slice(&body).expect("a body is JSON");
                prop_assert!(body.is_object());
            }
        }
    }
}
