use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::spec::{Api, Field, Shape, Tool};
use crate::tools;

static TOOL: Tool = Tool::get("CUSTOMERIO_GET_THINGS", Api::App, "/things").answer(Shape::Object(&[
    Field::always(
        "things",
        Shape::List(&Shape::Object(&[
            Field::always("id", Shape::Text),
            Field::maybe("size", Shape::Int),
            Field::maybe("on", Shape::Bool),
            Field::maybe("tags", Shape::List(&Shape::Text)),
            Field::maybe("of", Shape::Open(&[Field::maybe("id", Shape::Text)])),
            Field::maybe("any", Shape::Any),
        ])),
    ),
    Field::maybe("next", Shape::Text),
]));

fn nothing_apart(_: &str) -> bool {
    false
}

/// The body of one thing with `fields`.
fn thing(fields: &str) -> String {
    format!(r#"{{"things":[{{{fields}}}],"next":""}}"#)
}

/// The drifts and the repaired body.
fn mended(body: &str) -> (Vec<String>, String) {
    let mended = mend(&TOOL, body, nothing_apart).unwrap_or_else(|wrong| panic!("{wrong:?} of {body}"));
    let said = mended.drifts.iter().map(|drift| format!("{} {}", drift.field, drift.done())).collect();
    (said, mended.body.unwrap_or_else(|| body.to_string()))
}

fn wrong(body: &str) -> String {
    assert_eq!(check(&TOOL, body, nothing_apart, &mut Unwatched), None, "{body}");
    match mend(&TOOL, body, nothing_apart) {
        Err(Wrong::Shape(why)) => why,
        other => panic!("{other:?} of {body}"),
    }
}

#[test]
fn what_is_certain_is_repaired() {
    for (drifted, said, repaired) in [
        (r#""id":7"#, "things[].id taken as text", r#""id":"7""#),
        // Beyond what a float holds, and what 64 bits hold.
        (r#""id":9007199254740993"#, "things[].id taken as text", r#""id":"9007199254740993""#),
        (r#""id":123456789012345678901"#, "things[].id taken as text", r#""id":"123456789012345678901""#),
        (r#""id":"a","size":"42""#, "things[].size taken as an integer", r#""id":"a","size":42"#),
        (r#""id":"a","size":"-42""#, "things[].size taken as an integer", r#""id":"a","size":-42"#),
        (r#""id":"a","size":42.0"#, "things[].size taken as an integer", r#""id":"a","size":42"#),
        (r#""id":"a","size":-0"#, "things[].size taken as an integer", r#""id":"a","size":0"#),
        (
            r#""id":"a","size":"9223372036854775807""#,
            "things[].size taken as an integer",
            r#""id":"a","size":9223372036854775807"#,
        ),
        (r#""id":"a","on":"true""#, "things[].on taken as a boolean", r#""id":"a","on":true"#),
        (r#""id":"a","on":0"#, "things[].on taken as a boolean", r#""id":"a","on":false"#),
        (r#""id":"a","tags":[1]"#, "things[].tags[] taken as text", r#""id":"a","tags":["1"]"#),
        (r#""id":"a","of":{"id":1}"#, "things[].of.id taken as text", r#""id":"a","of":{"id":"1"}"#),
    ] {
        let body = thing(drifted);
        assert_eq!(check(&TOOL, &body, nothing_apart, &mut Unwatched), None, "{body}");
        assert_eq!(mended(&body), (vec![said.to_string()], thing(repaired)));
    }
    assert_eq!(
        mended(r#"{"things":null}"#),
        (vec!["things taken as an empty list".into()], r#"{"things":[]}"#.into())
    );
}

#[test]
fn what_could_mean_several_things_is_not() {
    let one = |fields: &str| wrong(&thing(fields));
    for (fields, why) in [
        ("", "has no `things[].id`, where text is declared"),
        (r#""id":null"#, "has null for `things[].id`, where text is declared"),
        (r#""id":true"#, "has a boolean for `things[].id`, where text is declared"),
        (r#""id":1.0"#, "has a number that isn't digits alone for `things[].id`, where text is declared"),
        (r#""id":1e3"#, "has a number that isn't digits alone for `things[].id`, where text is declared"),
        (r#""id":["a"]"#, "has a list for `things[].id`, where text is declared"),
        (r#""id":"\ud800""#, "has text that can't be read for `things[].id`, where text is declared"),
        (r#""id":"a","id":"b""#, "has `things[].id` twice"),
        (r#""id":"a","tags":[null]"#, "has null for `things[].tags[]`, where text is declared"),
        (r#""id":"a","of":[]"#, "has a list for `things[].of`, where an object is declared"),
    ] {
        assert_eq!(one(fields), why);
    }
    for size in [
        "1.5",
        "1e3",
        "true",
        "[]",
        "\"\"",
        "\" 7\"",
        "\"+7\"",
        "\"007\"",
        "\"7.0\"",
        "\"soon\"",
        "\"\\udfff\"",
        "9223372036854775808",
        "-9223372036854775809",
        "\"9223372036854775808\"",
    ] {
        let why = one(&format!(r#""id":"a","size":{size}"#));
        assert!(why.ends_with("for `things[].size`, where an integer is declared"), "{size}: {why}");
    }
    for on in ["\"yes\"", "\"TRUE\"", "2", "1.0", "[]"] {
        let why = one(&format!(r#""id":"a","on":{on}"#));
        assert!(why.ends_with("for `things[].on`, where a boolean is declared"), "{on}: {why}");
    }
    assert_eq!(wrong("{}"), "has no `things`, where a list is declared");
    assert_eq!(wrong(r#"{"things":{"id":"a"}}"#), "has an object for `things`, where a list is declared");
    assert_eq!(wrong("null"), "is null, where an object is declared");
    assert_eq!(mend(&TOOL, r#"{"things":["#, nothing_apart).unwrap_err(), Wrong::NotJson);
}

#[test]
fn what_may_be_left_out_is_no_drift() {
    for body in [
        r#"{"things":[]}"#,
        r#"{"things":[{"id":"","size":null,"on":null,"tags":null,"of":null,"any":null}],"next":null}"#,
        r#"{"things":[{"id":"a","of":{"id":"b","more":1},"any":[{"x":1e999}]}],"next":"2"}"#,
    ] {
        assert_eq!(check(&TOOL, body, nothing_apart, &mut Unwatched), Some(vec![]), "{body}");
        assert_eq!(mended(body), (vec![], body.to_string()));
    }
}

#[test]
fn fields_beyond_the_declared_ones_are_named_once_and_kept() {
    let body = r#"{"things":[{"id":"a","new_one":1},{"id":"b","new_one":2,"of":{"x":1}}],"total":2}"#;
    let extras = check(&TOOL, body, nothing_apart, &mut Unwatched).unwrap();
    let fields: Vec<&str> = extras.iter().map(|drift| drift.field.as_str()).collect();
    assert_eq!(fields, ["things[].new_one", "total"]);
    assert!(extras.iter().all(|drift| drift.change == Change::Extra && drift.tool == "get_things"));
    assert_eq!(mended(body).1, body);
}

#[test]
fn a_key_that_may_be_somebody_is_not_named() {
    let body =
        r#"{"things":[],"ada@example.com":1,"a3000001":2,"u-1":3,"Zo\u00eb":4,"\u001b[2J":5,"fine":6}"#;
    let extras = check(&TOOL, body, nothing_apart, &mut Unwatched).unwrap();
    let fields: Vec<&str> = extras.iter().map(|drift| drift.field.as_str()).collect();
    assert_eq!(fields, ["*", "fine"]);
    let letter = |n: usize| char::from(b'a' + (n % 26) as u8);
    let many: Vec<String> = (0..500).map(|n| format!("\"{}{}\":1", letter(n), letter(n / 26))).collect();
    let body = format!(r#"{{"things":[],{}}}"#, many.join(","));
    assert_eq!(check(&TOOL, &body, nothing_apart, &mut Unwatched).unwrap().len(), MOST_EXTRAS);
}

#[test]
fn a_key_apart_is_for_others_to_read_and_only_at_the_root() {
    let apart = |key: &str| key == "errors";
    let body = r#"{"things":[],"errors":[]}"#;
    assert_eq!(check(&TOOL, body, apart, &mut Unwatched), None);
    assert_eq!(mend(&TOOL, body, apart).unwrap().drifts, []);
    let inside = thing(r#""id":"a","errors":1"#);
    assert_eq!(check(&TOOL, &inside, apart, &mut Unwatched).unwrap()[0].field, "things[].errors");
}

#[test]
fn a_drift_is_told_without_its_value() {
    let body = thing(r#""id":4711"#);
    let drift = &mend(&TOOL, &body, nothing_apart).unwrap().drifts[0];
    let note = "segue::drift::type: the answer of `get_things` has a number for `things[].id`; taken as text";
    assert_eq!(drift.note(), note);
    let fault = drift.fault(false);
    assert_eq!(
        (fault.code, fault.message.as_str()),
        (
            Code::DriftType,
            "the answer of `get_things` has a number for `things[].id`, where text is declared"
        )
    );
    assert!(drift.fault(true).help.unwrap().starts_with("Customer.io has done it, so don't send it again"));
    let drift = |change| Drift { tool: "get_things", field: "things".into(), change };
    assert_eq!(
        drift(Change::Emptied).note(),
        "segue::drift::missing: the answer of `get_things` has null for `things`; taken as an empty list"
    );
    assert_eq!(
        drift(Change::Extra).fault(false).message,
        "the answer of `get_things` has a field `things`, where none is declared"
    );
}

/// JSON of any kind, with the numbers and texts that are hard to tell apart.
fn any_json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        prop::sample::select(
            &[
                "null",
                "true",
                "false",
                "0",
                "1",
                "-0",
                "7.0",
                "1e3",
                "-1.5",
                "9223372036854775807",
                "9223372036854775808",
                "123456789012345678901234567890",
                "\"\"",
                "\"7\"",
                "\"true\"",
                "\"\\ud83d\\ude00\"",
                "\"\\ud800\"",
                "[]",
                "{}",
            ][..]
        )
        .prop_map(str::to_string),
        any::<String>().prop_map(|text| Value::from(text).to_string()),
        any::<i64>().prop_map(|n| n.to_string()),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        let pairs = prop::collection::vec(("[a-z_@]{0,4}", inner.clone()), 0..4);
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(|items| format!("[{}]", items.join(","))),
            pairs.prop_map(|pairs| {
                let pairs: Vec<String> = pairs.iter().map(|(k, v)| format!("\"{k}\":{v}")).collect();
                format!("{{{}}}", pairs.join(","))
            }),
        ]
    })
}

/// JSON that is mostly of that shape.
fn like(shape: Shape) -> BoxedStrategy<String> {
    let conforms = match shape {
        Shape::Any | Shape::Nothing => any_json().boxed(),
        Shape::Text => any::<String>().prop_map(|text| Value::from(text).to_string()).boxed(),
        Shape::Int | Shape::Time => any::<i64>().prop_map(|n| n.to_string()).boxed(),
        Shape::Bool => any::<bool>().prop_map(|b| b.to_string()).boxed(),
        Shape::List(of) => {
            prop::collection::vec(like(*of), 0..3).prop_map(|items| format!("[{}]", items.join(","))).boxed()
        }
        Shape::Object(fields) | Shape::Open(fields) => fields
            .iter()
            .map(|field| {
                let (name, left_out) = (field.name, if field.optional { 2 } else { 0 });
                let pair = move |json: String| Some(format!("\"{name}\":{json}"));
                prop_oneof![
                    100 => like(field.shape).prop_map(pair),
                    left_out * 20 + 1 => Just(None),
                    left_out * 20 + 1 => Just(pair("null".into())),
                    1 => any_json().prop_map(|json| Some(format!("\"extra\": {json}"))),
                ]
            })
            .collect::<Vec<_>>()
            .prop_map(|pairs| format!("{{{}}}", pairs.into_iter().flatten().collect::<Vec<_>>().join(",")))
            .boxed(),
    };
    prop_oneof![15 => conforms, 1 => any_json()].boxed()
}

fn shaped() -> impl Strategy<Value = (&'static Tool, String)> {
    let all: Vec<&'static Tool> = tools::ALL.iter().copied().chain([&TOOL]).collect();
    prop::sample::select(all)
        .prop_flat_map(|tool| (Just(tool), prop_oneof![4 => like(tool.answer), 1 => any_json()]))
}

proptest! {
    #[test]
    fn what_conforms_needs_no_repair_and_what_is_repaired_conforms((tool, body) in shaped()) {
        let conforms = check(tool, &body, nothing_apart, &mut Unwatched);
        match mend(tool, &body, nothing_apart) {
            Ok(Mended { drifts, body: None }) => prop_assert_eq!(conforms, Some(drifts)),
            Ok(Mended { drifts, body: Some(mended) }) => {
                prop_assert_eq!(conforms, None);
                let extras: Vec<Drift> =
                    drifts.into_iter().filter(|drift| drift.change == Change::Extra).collect();
                prop_assert_eq!(check(tool, &mended, nothing_apart, &mut Unwatched), Some(extras));
            }
            Err(Wrong::Shape(_)) => prop_assert_eq!(conforms, None),
            Err(Wrong::NotJson) => prop_assert!(false, "the test makes JSON: {}", body),
        }
    }

    #[test]
    fn no_bytes_are_too_odd(body in any::<String>(), cut in any::<prop::sample::Index>(), (tool, json) in shaped()) {
        let (mut part, at) = (json.clone(), cut.index(json.len()));
        part.truncate((0..=at).rev().find(|at| json.is_char_boundary(*at)).unwrap_or(0));
        for body in [body, part] {
            if check(tool, &body, nothing_apart, &mut Unwatched).is_some() {
                prop_assert!(mend(tool, &body, nothing_apart).is_ok());
            }
        }
    }
}
