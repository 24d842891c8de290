//! Customer.io's filter language.

use super::*;

fn to(filter: Value) -> Value {
    json!({ "broadcast_id": 1, "recipients": filter })
}

fn segment() -> Value {
    json!({ "segment": { "id": 3 } })
}

#[test]
fn a_filter_of_the_language_passes_and_is_sent_as_it_is() {
    for filter in [
        segment(),
        json!({ "and": [segment(), { "not": segment() }] }),
        json!({ "or": [{ "and": [segment()] }, segment()] }),
        json!({ "attribute": { "field": "plan", "operator": "exists" } }),
        json!({ "attribute": { "field": "plan", "operator": "eq", "value": "pro" } }),
        json!({ "attribute": { "field": "age", "operator": "eq", "value": 0 } }),
        json!({ "attribute": { "field": "vip", "operator": "eq", "value": false } }),
    ] {
        let sent = body("trigger_broadcast", to(filter.clone()));
        assert_eq!(sent, Some(format!(r#"{{"recipients":{filter}}}"#)));
    }
}

#[test]
fn what_is_not_of_the_language_is_told_where_it_stands() {
    let attribute = |test: Value| json!({ "attribute": test });
    for (filter, expected) in [
        (json!({}), "argument::empty "),
        (json!({ "segment": { "id": 3 }, "not": segment() }), "argument::filter "),
        (json!({ "gt": 3 }), "argument::filter key /gt"),
        (json!({ "and": [] }), "argument::empty /and"),
        (json!({ "and": segment() }), "argument::type /and"),
        (json!({ "or": 1 }), "argument::type /or"),
        (json!({ "or": [1] }), "argument::type /or/0"),
        (json!({ "not": [segment()] }), "argument::filter /not"),
        (json!({ "not": 3 }), "argument::type /not"),
        (json!({ "not": {} }), "argument::empty /not"),
        (json!({ "segment": 3 }), "argument::type /segment"),
        (json!({ "segment": {} }), "argument::filter /segment"),
        (json!({ "segment": { "id": null } }), "argument::filter /segment"),
        (json!({ "segment": { "id": "3" } }), "argument::type /segment/id"),
        (json!({ "segment": { "id": 0 } }), "argument::range /segment/id"),
        (json!({ "segment": { "id": 3, "name": "VIP" } }), "argument::filter key /segment/name"),
        (attribute(json!("plan")), "argument::type /attribute"),
        (attribute(json!({ "operator": "exists" })), "argument::filter /attribute"),
        (attribute(json!({ "field": "", "operator": "exists" })), "argument::empty /attribute/field"),
        (attribute(json!({ "field": 1, "operator": "exists" })), "argument::type /attribute/field"),
        (attribute(json!({ "field": "plan" })), "argument::filter /attribute"),
        (attribute(json!({ "field": "plan", "operator": 1 })), "argument::type /attribute/operator"),
        (attribute(json!({ "field": "plan", "operator": "eq" })), "argument::filter /attribute"),
        (
            attribute(json!({ "field": "plan", "operator": "eq", "value": null })),
            "argument::filter /attribute",
        ),
        (
            attribute(json!({ "field": "age", "operator": "gt", "value": 3 })),
            "argument::filter /attribute/operator",
        ),
        (
            attribute(json!({ "field": "age", "operator": "eq", "value": float("NaN") })),
            "argument::not_data /attribute/value",
        ),
        (
            attribute(json!({ "field": "age", "operator": "eq", "value": closure() })),
            "argument::not_data /attribute/value",
        ),
        (
            attribute(json!({ "field": "age", "operator": "exists", "valu": 3 })),
            "argument::filter key /attribute/valu",
        ),
        (
            json!({ "or": [segment(), { "and": [{ "not": { "segmnt": 3 } }] }] }),
            "argument::filter key /or/1/and/0/not/segmnt",
        ),
    ] {
        let (code, steps) = expected.rsplit_once(' ').expect("a place follows the code");
        check_named("trigger_broadcast", to(filter), &[&format!("{code} recipients{steps}")]);
    }
}

#[test]
fn a_filter_gone_wrong_is_put_right() {
    let help = |filter: Value| help("trigger_broadcast", to(filter));
    assert_eq!(help(json!({ "segmnt": { "id": 3 } })), "did you mean `segment`?");
    assert_eq!(help(json!({ "xyz": 1 })), "it is one of and, or, not, segment, attribute");
    // An attribute's test without the word around it isn't several filters.
    let bare = json!({ "field": "plan", "operator": "eq", "value": "pro" });
    assert!(help(bare).contains("#{ attribute: #{ field:"));
    assert!(help(json!({ "segment": { "id": 3 }, "not": segment() })).contains("and: [ … ]"));
    let valu = json!({ "attribute": { "field": "age", "operator": "exists", "valu": 3 } });
    assert_eq!(help(valu), "did you mean `value`?");
}

#[test]
fn five_faults_of_a_filter_are_told() {
    let filters: Vec<Value> = (0..20).map(|_| json!({ "attribute": {} })).collect();
    assert_eq!(faults("trigger_broadcast", &to(json!({ "or": filters }))).len(), 5);
}
