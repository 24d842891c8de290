//! What is wrong with one value that holds no others, and the words for it.

use super::render::brief;
use crate::fault::{At, Code, Fault, closest, listed};
use crate::spec::{Arg, Identifier, MAX_ATTRIBUTE, Tool};

/// A Unix time in seconds beyond this year 5138 was meant in milliseconds.
pub(super) const MAX_SECONDS: i64 = 100_000_000_000;
/// What parameters take in which a number may stand as text.
pub(super) const ID_OR_PERSON: &str = "an id (a string) or a person";
pub(super) const STRING: &str = "a string";
pub(super) const DIGITS: &str = "digits in a string";
pub(super) const ANY_TEXT: [&str; 3] = [ID_OR_PERSON, STRING, DIGITS];

/// What a message calls a value: by its own name, or as an entry of a list.
#[derive(Clone, Copy)]
pub(super) enum Name<'a> {
    Own(&'a str),
    EntryOf(&'a str),
}

impl std::fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Name::Own(name) => write!(f, "`{name}`"),
            Name::EntryOf(list) => write!(f, "an entry of `{list}`"),
        }
    }
}

/// Whose fields are checked, for messages.
#[derive(Clone, Copy)]
pub(super) enum Owner<'a> {
    Tool(&'static Tool),
    Value(Name<'a>),
}

impl std::fmt::Display for Owner<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Owner::Tool(tool) => Name::Own(tool.name()).fmt(f),
            Owner::Value(name) => name.fmt(f),
        }
    }
}

/// A fault whose place is still to be put around it.
pub(super) fn fault(code: Code, message: impl Into<String>) -> Fault {
    Fault::new(code, At::Call, message)
}

pub(super) fn wrong_type(name: Name<'_>, takes: &str, arg: &Arg<'_>) -> Fault {
    let message = match name {
        Name::Own(_) => format!("{name} takes {takes}, and got {}", arg.type_name()),
        Name::EntryOf(_) => format!("{name} has to be {takes}, and this one is {}", arg.type_name()),
    };
    let fault = fault(Code::ArgumentType, message).label(format!("this is {}", arg.type_name()));
    match arg {
        Arg::Int(n) if takes.contains("ISO 8601") => {
            fault.help(format!("iso({n}) makes one of Unix seconds"))
        }
        Arg::Int(n) if ANY_TEXT.contains(&takes) => fault.help(format!("write it as a string: \"{n}\"")),
        Arg::Object(_) if takes.contains("person") => fault.help("make a person of it: person(#{ … })"),
        Arg::Text(text) if takes.contains("integer") && text.parse::<i64>().is_ok() => {
            fault.help(format!("write it as a number: {text}"))
        }
        Arg::Unit => fault.help("`()` stands for a value that isn't there"),
        _ => fault,
    }
}

pub(super) fn no_identifier(owner: Owner<'_>, usable: &[Identifier]) -> Fault {
    let names: Vec<&str> = usable.iter().map(|which| which.name()).collect();
    fault(Code::PersonNoIdentifier, format!("this person has no {}", listed(&names, "or")))
        .label("no identifier the tool can use")
        .help(format!("{owner} needs a person's {}; skip those who have none", listed(&names, "or")))
}

pub(super) fn text(name: Name<'_>, given: &str, max: usize) -> Option<Fault> {
    if given.trim().is_empty() {
        Some(
            fault(Code::ArgumentEmpty, format!("{name} is an empty string"))
                .label("empty")
                .help("give it a value; what is optional can be left out"),
        )
    } else if given.len() > max {
        let message = format!("{name} is {} bytes long, and Customer.io takes at most {max}", given.len());
        Some(fault(Code::ArgumentTooLong, message).label("too long"))
    } else {
        None
    }
}

pub(super) fn choice(name: Name<'_>, choices: &[&'static str], given: &str) -> Fault {
    let help = match closest(given, choices.iter().copied()) {
        Some(near) => format!("did you mean \"{near}\"? It takes {}", listed(choices, "or")),
        None => format!("it takes {}", listed(choices, "or")),
    };
    fault(Code::ArgumentChoice, format!("{name} can't be {}", brief(&Arg::Text(given))))
        .label("not one of its values")
        .help(help)
}

pub(super) fn range(name: Name<'_>, min: i64, max: i64, given: i64) -> Fault {
    let takes = match (min, max) {
        (min, i64::MAX) => format!("{min} or more"),
        (min, max) => format!("{min} to {max}"),
    };
    fault(Code::ArgumentRange, format!("{name} takes {takes}, and got {given}")).label("out of range")
}

pub(super) fn seconds(name: Name<'_>, given: i64) -> Option<Fault> {
    if (0..MAX_SECONDS).contains(&given) {
        return None;
    }
    let fault = fault(Code::ArgumentRange, format!("{name} takes Unix seconds, and {given} is no such time"));
    Some(match given {
        ..0 => fault.label("before 1970"),
        _ => fault.label("milliseconds?").help(format!("divide by 1000: {}", given / 1000)),
    })
}

pub(super) fn date_time(name: Name<'_>, given: &str) -> Option<Fault> {
    // A time zone's name in brackets, or a blank for the `T`, is read here and not by Customer.io.
    let valid = given.parse::<jiff::Timestamp>().is_ok() && !given.contains(['[', ' ']);
    (!valid).then(|| {
        fault(
            Code::ArgumentFormat,
            format!("{name} takes a date and time in ISO 8601, and got {}", brief(&Arg::Text(given))),
        )
        .label("not a date and time")
        .help("for example \"2026-11-22T21:30:00Z\"; iso(seconds) makes one")
    })
}

pub(super) fn segment(name: Name<'_>, arg: &Arg<'_>) -> Vec<Fault> {
    let takes = "a segment: its id, its name, or a segment of get_segments()";
    match arg {
        Arg::Int(1..) => vec![],
        Arg::Int(n) => vec![range(name, 1, i64::MAX, *n)],
        Arg::Text(given) => text(name, given, MAX_ATTRIBUTE).into_iter().collect(),
        Arg::Object(tree) => match tree.get("id").as_deref().map(|held| held.arg()) {
            Some(Arg::Int(1..) | Arg::Unknown) => vec![],
            _ => vec![wrong_type(name, takes, arg).help("this map has no integer `id`")],
        },
        _ => vec![wrong_type(name, takes, arg)],
    }
}
