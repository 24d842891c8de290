//! Customer.io's filter language, as far as a broadcast's `recipients` speak it:
//!
//! ```text
//! F := {and:[F,…]} | {or:[F,…]} | {not:F} | {segment:{id}} | {attribute:{field, operator: eq|exists, value}}
//! ```

use std::ops::ControlFlow;

use super::scalars::{Name, wrong_type};
use super::trees::{datum, each, enough};
use crate::fault::{At, Code, Fault, closest, listed};
use crate::spec::{Arg, Step, Tree};

const SEGMENT: &str = "for example #{ segment: #{ id: 3 } }";
const ATTRIBUTE: &str = "for example #{ attribute: #{ field: \"plan\", operator: \"eq\", value: \"pro\" } }";

/// The one key that a filter has.
pub const OPERATORS: [&str; 5] = ["and", "or", "not", "segment", "attribute"];
const SEGMENT_KEYS: [&str; 1] = ["id"];
const ATTRIBUTE_KEYS: [&str; 3] = ["field", "operator", "value"];
/// How an attribute is compared.
const COMPARISONS: [&str; 2] = ["eq", "exists"];

/// The keys of the maps under a key of the language.
pub fn keys_below(key: &str) -> &'static [&'static str] {
    match key {
        "and" | "or" | "not" => &OPERATORS,
        "segment" => &SEGMENT_KEYS,
        "attribute" => &ATTRIBUTE_KEYS,
        _ => &[],
    }
}

/// The words that a key of the language takes.
pub fn words_below(key: &str) -> &'static [&'static str] {
    if key == "operator" { &COMPARISONS } else { &[] }
}

/// What is wrong with a filter; places are relative to it.
pub fn check(filter: &dyn Tree) -> Vec<Fault> {
    if filter.is_empty() {
        return vec![
            Fault::new(
                Code::ArgumentEmpty,
                At::Call,
                "an empty filter chooses nobody, and Customer.io refuses it",
            )
            .label("empty")
            .help(SEGMENT),
        ];
    }
    if filter.len() > 1 {
        let help = match filter.get("field") {
            Some(_) => ATTRIBUTE,
            None => "join several with #{ and: [ … ] } or #{ or: [ … ] }",
        };
        return vec![invalid(format!("a filter has one key, and this one has {}", filter.len())).help(help)];
    }
    let mut faults = vec![];
    filter.entries(&mut |step, arg| {
        faults = match step {
            Step::Key(key) => operator(key, &arg),
            Step::Index(_) => vec![invalid("a filter is a map, and this is an array")],
        };
        ControlFlow::Break(())
    });
    faults
}

/// Visits the segments that a checked filter tests, each with the steps to it; `way` leads to the filter.
pub fn segments(filter: &dyn Tree, way: &mut Vec<String>, visit: &mut dyn FnMut(&[String], i64)) {
    filter.entries(&mut |step, arg| {
        way.push(match step {
            Step::Key(key) => key.to_string(),
            Step::Index(index) => index.to_string(),
        });
        match (step, arg) {
            (Step::Key("segment"), Arg::Object(segment)) => {
                if let Some(Arg::Int(id)) = segment.get("id").as_deref().map(|held| held.arg()) {
                    visit(way, id);
                }
            }
            // What an attribute is compared with is no filter.
            (Step::Key("attribute"), _) => {}
            (_, Arg::List(inner) | Arg::Object(inner)) => segments(inner, way, visit),
            _ => {}
        }
        way.pop();
        ControlFlow::Continue(())
    });
}

fn operator(key: &str, arg: &Arg<'_>) -> Vec<Fault> {
    let wrong = |takes: &str, help: &str| vec![wrong_type(Name::Own(key), takes, arg).help(help)];
    let inner = match (key, arg) {
        _ if matches!(arg, Arg::Unknown) && OPERATORS.contains(&key) => return vec![],
        ("and" | "or", Arg::List(parts)) if parts.is_empty() => vec![
            Fault::new(Code::ArgumentEmpty, At::Call, format!("`{key}` joins nothing"))
                .label("empty")
                .help("put filters into it, or leave it out"),
        ],
        ("and" | "or", Arg::List(parts)) => each(*parts, |_, arg| match arg {
            Arg::Object(part) => check(part),
            Arg::Unknown => vec![],
            other => vec![wrong_type(Name::EntryOf(key), "a filter (a map)", &other).help(SEGMENT)],
        }),
        ("and" | "or", _) => wrong("an array of filters", "for example #{ or: [ … ] }"),
        ("not", Arg::List(_)) => vec![
            invalid("`not` takes one filter, not an array")
                .help("write #{ not: #{ or: [ … ] } } for several"),
        ],
        ("not", Arg::Object(part)) => check(*part),
        ("not", _) => wrong("a filter (a map)", SEGMENT),
        ("segment", Arg::Object(segment)) => segment_test(*segment),
        ("segment", _) => wrong("a map with an `id`", SEGMENT),
        ("attribute", Arg::Object(attribute)) => attribute_test(*attribute),
        ("attribute", _) => wrong("a map of field, operator and value", ATTRIBUTE),
        _ => {
            let help = match closest(key, OPERATORS) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "it is one of and, or, not, segment, attribute".to_string(),
            };
            let fault = Fault::new(
                Code::FilterInvalid,
                At::Key(vec![key.to_string()]),
                format!("a filter has no `{key}`"),
            );
            return vec![fault.label("not part of the filter language").help(help)];
        }
    };
    inner.into_iter().map(|fault| fault.below(key)).collect()
}

fn segment_test(segment: &dyn Tree) -> Vec<Fault> {
    let mut faults = strangers("segment", segment, &SEGMENT_KEYS);
    // What is missing was most likely meant by one of them.
    let meant = !faults.is_empty();
    match segment.get("id").as_deref().map(|held| held.arg()) {
        Some(Arg::Int(1..) | Arg::Unknown) => {}
        None | Some(Arg::Unit) if meant => {}
        None | Some(Arg::Unit) => faults.push(invalid("`segment` needs an `id`").help(SEGMENT)),
        Some(Arg::Int(n)) => faults.push(
            Fault::new(Code::ArgumentRange, At::Call, format!("a segment's `id` is 1 or more, and not {n}"))
                .label("out of range")
                .below("id"),
        ),
        Some(other) => {
            faults.push(wrong_type(Name::Own("id"), "a segment's id (an integer)", &other).below("id"))
        }
    }
    faults
}

fn attribute_test(attribute: &dyn Tree) -> Vec<Fault> {
    let read = |key: &str| attribute.get(key);
    let mut faults = strangers("attribute", attribute, &ATTRIBUTE_KEYS);
    let meant = !faults.is_empty();
    match read("field").as_deref().map(|held| held.arg()) {
        Some(Arg::Text("")) => faults.push(
            Fault::new(Code::ArgumentEmpty, At::Call, "`field` is an empty string")
                .label("empty")
                .help("name the attribute to look at")
                .below("field"),
        ),
        Some(Arg::Text(_) | Arg::Unknown) => {}
        None | Some(Arg::Unit) if meant => {}
        None | Some(Arg::Unit) => faults.push(invalid("`attribute` needs a `field`").help(ATTRIBUTE)),
        Some(other) => faults
            .push(wrong_type(Name::Own("field"), "an attribute's name (a string)", &other).below("field")),
    }
    let held = read("value");
    let value = held.as_deref().map_or(Arg::Unit, |held| held.arg());
    match read("operator").as_deref().map(|held| held.arg()) {
        Some(Arg::Text("eq")) if matches!(value, Arg::Unit) && !meant => faults.push(
            invalid("`eq` needs a `value` to compare with")
                .help("to ask whether there is any value, use the operator \"exists\""),
        ),
        Some(Arg::Text(known)) if COMPARISONS.contains(&known) => {}
        Some(Arg::Unknown) => {}
        Some(Arg::Text(_)) => faults.push(
            invalid("the operator of an attribute is \"eq\" or \"exists\"")
                .help(
                    "for ranges and other tests, make a segment in Customer.io and use #{ segment: #{ id } }",
                )
                .below("operator"),
        ),
        None | Some(Arg::Unit) if meant => {}
        None | Some(Arg::Unit) => {
            faults.push(invalid("`attribute` needs an `operator`: \"eq\" or \"exists\"").help(ATTRIBUTE))
        }
        Some(other) => faults.push(
            wrong_type(Name::Own("operator"), "\"eq\" or \"exists\" (a string)", &other).below("operator"),
        ),
    }
    faults.extend(datum(&value).into_iter().map(|fault| fault.below("value")));
    faults
}

/// The keys that one part of the language doesn't have; they would be sent and refused.
fn strangers(part: &str, tree: &dyn Tree, known: &[&str]) -> Vec<Fault> {
    let mut faults = vec![];
    tree.entries(&mut |step, _| {
        if let Step::Key(key) = step
            && !known.contains(&key)
        {
            let names: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
            let help = match closest(key, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("it takes {}", listed(&names, "and")),
            };
            faults.push(
                Fault::new(
                    Code::FilterInvalid,
                    At::Key(vec![key.to_string()]),
                    format!("`{part}` has no `{key}`"),
                )
                .label("not part of the filter language")
                .help(help),
            );
        }
        enough(&faults)
    });
    faults
}

fn invalid(message: impl Into<String>) -> Fault {
    Fault::new(Code::FilterInvalid, At::Call, message).label("not a filter Customer.io takes")
}
