//! "Function not found", said so that it can be mended: wrong name, wrong number or wrong types.

use super::errors::FIELDS;
use crate::fault::{At, Code, Fault, closest, listed};

/// The fault of Rhai's `signature`, such as `add (i64, &str | ImmutableString | String)`; `known` are
/// the names that could have been meant.
pub fn function(signature: &str, known: &[String]) -> Fault {
    let (name, types) = match signature.split_once(" (") {
        Some((name, types)) => (name, types.trim_end_matches(')')),
        None => (signature, ""),
    };
    let types: Vec<&str> = split(types).into_iter().map(in_words).collect();
    let fault = |message: String| Fault::new(Code::UnknownFunction, At::Call, message);
    if let Some(property) = name.strip_prefix("get$") {
        let of = types.first().copied().unwrap_or("this value");
        return fault(format!("{of} has no property `{property}`")).label("no such property");
    }
    if let Some(property) = name.strip_prefix("set$") {
        let of = types.first().copied().unwrap_or("this value");
        return fault(format!("`{property}` of {of} can't be set")).label("can't be set");
    }
    if !name.starts_with(|c: char| c.is_alphabetic() || c == '_') {
        let message = match &types[..] {
            [left, right] => format!("`{name}` doesn't go with {left} and {right}"),
            [one] => format!("`{name}` doesn't go with {one}"),
            _ => format!("`{name}` doesn't go with these values"),
        };
        let texts = types.contains(&"a string");
        let fault = fault(message).label("these types don't go together");
        return if texts {
            fault.help("`parse_int(text)` makes a number, `value.to_string()` a string")
        } else {
            fault
        };
    }
    let bare = name.rsplit("::").next().unwrap_or(name);
    if known.iter().any(|other| other == bare) {
        let given = if types.is_empty() { "no arguments".to_string() } else { types.join(", ") };
        let fault =
            fault(format!("`{bare}` doesn't take {given}")).label("wrong number or types of arguments");
        return match crate::tools::by_name(bare) {
            Some(tool) => fault.help(format!("it takes {}", tool.signature())),
            None => fault,
        };
    }
    let fault = fault(format!("there is no function `{name}`")).label("unknown function");
    if bare == "timestamp" {
        // Rhai has one elsewhere; here the time is a call that a run can answer again.
        return fault.help("`now()` is the time, in seconds since 1970");
    }
    match closest(bare, known.iter().map(String::as_str)) {
        Some(near) => fault.help(format!("did you mean `{near}`?")),
        None => fault.help("`segue tools` lists the tools"),
    }
}

/// The fault of a property nobody registered. Rhai says `Unknown property 'mail' - a getter is not
/// registered for type 'Person'`.
pub fn property(message: &str) -> Fault {
    let quoted: Vec<&str> = message.split('\'').skip(1).step_by(2).collect();
    let [property, of] = quoted[..] else {
        return Fault::new(Code::ScriptFailed, At::Call, message.to_string()).label("here");
    };
    let fault = Fault::new(Code::ScriptFailed, At::Call, format!("{} has no `{property}`", in_words(of)))
        .label("no such property");
    match of {
        "Person" => match closest(property, ["id", "email", "cio_id"]) {
            Some(near) => fault.help(format!("did you mean `.{near}`?")),
            None => fault.help("a person has .id, .email and .cio_id, each `()` where it isn't known"),
        },
        "Error" => match closest(property, FIELDS) {
            Some(near) => fault.help(format!("did you mean `.{near}`?")),
            None => {
                fault.help(format!("an error has {}", listed(&FIELDS.map(|name| format!(".{name}")), "and")))
            }
        },
        _ => fault,
    }
}

/// Splits a list of types at commas that aren't inside brackets.
fn split(types: &str) -> Vec<&str> {
    let mut depth = 0;
    let parts = types.split(|c: char| {
        match c {
            '<' | '(' => depth += 1,
            '>' | ')' => depth -= 1,
            _ => {}
        }
        c == ',' && depth == 0
    });
    parts.map(str::trim).filter(|part| !part.is_empty()).collect()
}

/// A type of Rhai's in the words of a script's author.
fn in_words(name: &str) -> &str {
    match name {
        "i64" => "an integer",
        "f64" => "a float",
        "bool" => "a boolean",
        "char" => "a character",
        "()" => "()",
        "array" | "Array" => "an array",
        "map" | "Map" => "a map",
        "Fn" => "a function",
        "Person" => "a person",
        "Sequence" => "a lazy sequence",
        "Error" => "an error",
        _ if name.contains("str") || name.contains("String") => "a string",
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(signature: &str) -> (String, Option<String>) {
        let known: Vec<String> = ["add_person_to_group", "track_event", "join"].map(String::from).to_vec();
        let fault = function(signature, &known);
        (fault.message, fault.help)
    }

    #[test]
    fn each_way_to_miss_a_function_has_its_message() {
        assert_eq!(of("add_person_to_gruop (Person, i64)").1.unwrap(), "did you mean `add_person_to_group`?");
        assert_eq!(of("nothing_like_it ()").0, "there is no function `nothing_like_it`");
        assert_eq!(of("join (i64)").0, "`join` doesn't take an integer");
        let (message, help) = of("* (&str | ImmutableString | String, i64)");
        assert_eq!(message, "`*` doesn't go with a string and an integer");
        assert!(help.unwrap().contains("parse_int"));
        assert_eq!(of("get$mail (Person)").0, "a person has no property `mail`");
        let property = |message: &str| super::property(message).message;
        let rhai = "Unknown property 'mail' - a getter is not registered for type 'Person'";
        assert_eq!(property(rhai), "a person has no `mail`");
        assert_eq!(of("lib::join (map)").0, "`join` doesn't take a map");
    }
}
