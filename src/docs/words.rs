//! Kinds, rules, shapes and limits in plain words.

use crate::fault::listed;
use crate::spec::{Kind, Limit, MAX_NAME, Param, Rule, Shape};

/// What a parameter takes, as the end of a sentence that begins with "takes".
pub fn kind_in_words(kind: &Kind) -> String {
    match *kind {
        Kind::Person(identifiers) => {
            let names: Vec<String> = identifiers.iter().map(|which| quoted(which.name())).collect();
            format!("an identifier as text, or a person (by {})", names.join(", else "))
        }
        Kind::Id => format!("text of 1 to {} bytes", figure(MAX_NAME as u64)),
        Kind::Text { max } => format!("text of 1 to {} bytes", figure(max as u64)),
        Kind::Digits => "text of digits".into(),
        Kind::Choice(words) => any_of(words),
        Kind::Bool => "true or false".into(),
        Kind::Int { min, max: i64::MAX } => format!("an integer from {min}"),
        Kind::Int { min, max } => format!("an integer from {min} to {}", figure(max.unsigned_abs())),
        Kind::UnixSeconds => "a time in seconds since 1970".into(),
        Kind::DateTime => "a date and time such as `2026-01-31T09:30:00Z`".into(),
        Kind::Segment => "a segment, or its id or name".into(),
        Kind::Object => "a map".into(),
        Kind::Attributes([]) => "a map of attributes".into(),
        Kind::Attributes(known) => format!("a map of attributes; {} mean something of their own", all(known)),
        Kind::Filter => "a filter such as `#{ segment: #{ id: 3 } }`".into(),
        Kind::Url => "a web address".into(),
        Kind::List { of, max } => {
            format!("an array of 1 to {}, each {}", figure(max as u64), kind_in_words(of))
        }
        Kind::Record { fields, rules } => {
            let rules: String =
                rules.iter().map(|rule| format!("; {}", lower(&rule_in_words(rule)))).collect();
            format!("a map of {}{}", all(fields), rules.replace('.', ""))
        }
        Kind::Call(items) => {
            let names: Vec<&str> = items.iter().map(|item| item.name).collect();
            format!("a map whose `type` is {}", any_of(&names))
        }
    }
}

/// What holds between parameters, as a sentence.
pub fn rule_in_words(rule: &Rule) -> String {
    match *rule {
        Rule::AnyOf(names) => format!("At least one of {} is needed.", all_of(names)),
        Rule::OneAudience(names) => format!("Exactly one of {} says who receives it.", all_of(names)),
        Rule::OnlyWith { flag, with } => format!("{} goes only with {}.", quoted(flag), any_of(with)),
        Rule::Destroys { param, values } => {
            format!("With {} in {} it deletes, and its effect is `destroy`.", any_of(values), quoted(param))
        }
        Rule::Finished { param, unless } => format!(
            "A segment in {} has to be finished, unless {} is true: before that its members aren't complete.",
            quoted(param),
            quoted(unless)
        ),
        Rule::SetsObject { object, with } => format!(
            "With {}, calls keep their order by {}; without, by the person.",
            quoted(with),
            quoted(object)
        ),
        Rule::ChangesConsent { param, keys } => format!(
            "With {} in {}, or a key that goes on from there with a dot, it changes what a person agreed to \
             receive, and its effect is `consent`.",
            any_of(keys),
            quoted(param)
        ),
    }
}

/// An answer's shape: `{ segments: [{ id: integer, description?: text }] }`.
pub fn shape_in_words(shape: &Shape) -> String {
    match *shape {
        Shape::Any => "any".into(),
        Shape::Text => "text".into(),
        Shape::Int | Shape::Time => "integer".into(),
        Shape::Bool => "boolean".into(),
        Shape::List(of) => format!("[{}]", shape_in_words(of)),
        Shape::Object(fields) | Shape::Open(fields) => {
            let mut fields: Vec<String> = fields
                .iter()
                .map(|field| {
                    let mark = if field.optional { "?" } else { "" };
                    format!("{}{mark}: {}", field.name, shape_in_words(&field.shape))
                })
                .collect();
            if let Shape::Open(_) = shape {
                fields.push("…".into());
            }
            format!("{{ {} }}", fields.join(", "))
        }
        Shape::Nothing => "nothing".into(),
    }
}

/// A rate: `10 requests a second`.
pub fn limit_in_words(limit: &Limit) -> String {
    let requests = figure(limit.requests.into());
    let plural = if limit.requests == 1 { "" } else { "s" };
    match limit.per.as_secs() {
        1 => format!("{requests} request{plural} a second"),
        seconds => format!("{requests} request{plural} in {seconds} seconds"),
    }
}

/// A number with its thousands apart.
pub(super) fn figure(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(|group| std::str::from_utf8(group).expect("digits are ASCII"))
        .collect();
    groups.join(",")
}

/// A name or a value as code.
pub(super) fn quoted(name: &str) -> String {
    format!("`{name}`")
}

fn all(params: &[Param]) -> String {
    all_of(&params.iter().map(|param| param.name).collect::<Vec<_>>())
}

fn all_of(names: &[&str]) -> String {
    joined(names, "and")
}

fn any_of(names: &[&str]) -> String {
    joined(names, "or")
}

fn joined(names: &[&str], last: &str) -> String {
    listed(&names.iter().map(|name| quoted(name)).collect::<Vec<_>>(), last)
}

fn lower(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}
