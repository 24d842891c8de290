//! Customer.io's filter language, as far as a broadcast's `recipients` speak it:
//!
//! ```text
//! F := {and:[F,…]} | {or:[F,…]} | {not:F} | {segment:{id}} | {attribute:{field, operator: eq|exists, value}}
//! ```

use std::ops::ControlFlow;

use super::check::{below, enough, wrong_type};
use crate::fault::{At, Code, Fault, closest};
use crate::spec::{Arg, Step, Tree};

const OPERATORS: [&str; 5] = ["and", "or", "not", "segment", "attribute"];

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
            .help("for example #{ segment: #{ id: 3 } }"),
        ];
    }
    if filter.len() > 1 {
        return vec![
            invalid(format!("a filter has one key, and this one has {}", filter.len()))
                .help("join several with #{ and: [ … ] } or #{ or: [ … ] }"),
        ];
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

fn operator(key: &str, arg: &Arg<'_>) -> Vec<Fault> {
    let inner = match (key, arg) {
        ("and" | "or", Arg::List(parts)) if parts.is_empty() => {
            vec![Fault::new(Code::ArgumentEmpty, At::Call, format!("`{key}` joins nothing")).label("empty")]
        }
        ("and" | "or", Arg::List(parts)) => all(*parts),
        ("and" | "or", _) => vec![wrong_type(key, "an array of filters", arg)],
        ("not", Arg::List(_)) => vec![
            invalid("`not` takes one filter, not an array")
                .help("write #{ not: #{ or: [ … ] } } for several"),
        ],
        ("not", Arg::Object(part)) => check(*part),
        ("not", _) => vec![wrong_type(key, "a filter (a map)", arg)],
        ("segment", Arg::Object(segment)) => match segment.get("id").as_deref().map(|held| held.arg()) {
            Some(Arg::Int(1..)) => vec![],
            Some(other) => vec![wrong_type("id", "a segment's id (an integer)", &other).below("id")],
            None => vec![invalid("`segment` needs an `id`").help("for example #{ segment: #{ id: 3 } }")],
        },
        ("segment", _) => {
            vec![wrong_type(key, "a map", arg).help("for example #{ segment: #{ id: 3 } }")]
        }
        ("attribute", Arg::Object(attribute)) => attribute_test(*attribute),
        ("attribute", _) => vec![wrong_type(key, "a map of field, operator and value", arg)],
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

fn all(parts: &dyn Tree) -> Vec<Fault> {
    let mut faults = vec![];
    parts.entries(&mut |step, arg| {
        let inner = match arg {
            Arg::Object(part) => check(part),
            other => vec![wrong_type("a part of the filter", "a filter (a map)", &other)],
        };
        faults.extend(inner.into_iter().map(|fault| below(step, fault)));
        enough(&faults)
    });
    faults
}

fn attribute_test(attribute: &dyn Tree) -> Vec<Fault> {
    let read = |key: &str| attribute.get(key);
    let mut faults = vec![];
    match read("field").as_deref().map(|held| held.arg()) {
        Some(Arg::Text(field)) if !field.is_empty() => {}
        Some(other) => {
            faults.push(wrong_type("field", "an attribute's name (a string)", &other).below("field"))
        }
        None => faults.push(invalid("`attribute` needs a `field`")),
    }
    let has_value = read("value").is_some();
    match read("operator").as_deref().map(|held| held.arg()) {
        Some(Arg::Text("eq")) if !has_value => faults.push(invalid("`eq` needs a `value` to compare with")),
        Some(Arg::Text("eq" | "exists")) => {}
        Some(Arg::Text(_)) => faults.push(
            invalid("the operator of an attribute is \"eq\" or \"exists\"")
                .help(
                    "for ranges and other tests, make a segment in Customer.io and use #{ segment: #{ id } }",
                )
                .below("operator"),
        ),
        Some(other) => {
            faults.push(wrong_type("operator", "\"eq\" or \"exists\" (a string)", &other).below("operator"))
        }
        None => faults.push(invalid("`attribute` needs an `operator`: \"eq\" or \"exists\"")),
    }
    faults
}

fn invalid(message: impl Into<String>) -> Fault {
    Fault::new(Code::FilterInvalid, At::Call, message).label("not a filter Customer.io takes")
}
