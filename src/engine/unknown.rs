//! "Function not found", said so that it can be mended: wrong name, wrong number or wrong types.

use super::errors::FIELDS;
use super::foreign;
use super::functions::Function;
use super::modules::is_closure;
use super::reasons::Said;
use super::spot::Spot;
use crate::fault::{At, Code, Fault, closest, counted, listed};
use crate::spec::Delivery;
use crate::tools;

/// What Rhai's `signature`, such as `add (i64, &str | ImmutableString | String)`, means where it was called;
/// `known` are the functions there are.
pub fn call(signature: &str, known: &[Function], spot: &Spot<'_>) -> Said {
    let (name, given) = read(signature);
    if let Some(property) = name.strip_prefix("get$").or_else(|| name.strip_prefix("set$")) {
        let of = given.first().copied().unwrap_or("this value");
        return missing(property, of, name.starts_with("set$"), known, spot).into();
    }
    if is_closure(name) {
        return closure(known, name, given.len()).into();
    }
    if name == "contains" && spot.says() == "in" {
        let of = given.first().copied().unwrap_or("this value");
        return fault(format!("`in` can't look into {of}"))
            .label("nothing to look into")
            .help("it looks into an array, a range, a string, and the keys of a map")
            .into();
    }
    if !name.starts_with(|c: char| c.is_alphabetic() || c == '_') {
        // What sets a variable is told by the operator behind it.
        let operator = if spot.says().starts_with(name) { spot.says() } else { name };
        return operands(operator, &given).into();
    }
    if let Some((module, bare)) = name.rsplit_once("::") {
        let arguments = counted(given.len() as u64, "argument");
        return fault(format!("the module `{module}` has no function `{bare}` that takes {arguments}"))
            .label("no such function")
            .help("one that is declared `private fn` can't be called from outside")
            .into();
    }
    let mut same: Vec<&Function> = known.iter().filter(|function| function.name == name).collect();
    let method = spot.is_method(name) && !given.is_empty();
    if same.is_empty() {
        return match method {
            true => no_method(name, given[0], known, spot).into(),
            false => variable(name, spot).unwrap_or_else(|| function(signature, &names(known)).into()),
        };
    }
    if method && !same.iter().any(|function| function.fits(0, given[0])) {
        let mut for_what =
            words(same.iter().filter_map(|function| function.takes.first().copied().flatten()));
        for_what.retain(|what| *what != "a blob");
        let found = no_method(name, given[0], known, spot);
        let listed = listed(&for_what, "or");
        if given[0] == "a lazy sequence" {
            return found.help("sequence.count() counts it; sequence.to_array() fetches all of it").into();
        }
        let meant = foreign::method(name, given[0]).is_some();
        return if for_what.is_empty() || given[0] == "()" || meant {
            found.into()
        } else {
            found.help(format!("`{name}` is for {listed}")).into()
        };
    }
    // Called as a method, a function has what stands before the dot as `this`, beside all its parameters.
    let meant = |function: &&Function| function.own && function.takes.len() == given.len();
    if method && same.iter().any(meant) {
        return fault(format!("`{name}` is a function of this script, and isn't called with a dot"))
            .label("not a method")
            .help(format!("write {}", spot.as_function(name)))
            .into();
    }
    if method {
        same.retain(|function| function.fits(0, given[0]));
    }
    let fitting: Vec<&Function> =
        same.iter().copied().filter(|function| function.takes.len() == given.len()).collect();
    let of = |fault| Said { call: Some(name.to_string()), ..Said::from(fault) };
    let ours = || same.iter().any(|function| function.own);
    if fitting.is_empty() && method && !ours() && foreign::method(name, given[0]).is_some() {
        // Rhai has one of the name for any value, and it isn't meant.
        return no_method(name, given[0], known, spot).into();
    }
    if fitting.is_empty() {
        let receiver = usize::from(method);
        let takes = same
            .iter()
            .filter_map(|function| function.takes.len().checked_sub(if function.own { 0 } else { receiver }));
        return of(wrong_count(name, takes, given.len() - receiver));
    }
    of(wrong_type(name, &given, &fitting, method))
}

/// The fault of a name that no function has: one is suggested out of `known`.
pub fn function(signature: &str, known: &[String]) -> Fault {
    let (name, _) = read(signature);
    let fault = fault(format!("there is no function `{name}`")).label("unknown function");
    if let Some(help) = foreign::function(name) {
        return fault.help(help);
    }
    let names = || known.iter().map(String::as_str);
    match closest(name, names()).or_else(|| of_words(name, names())) {
        Some(near) => fault.help(format!("did you mean `{near}`?")),
        None => fault.help("`segue tools` lists the tools"),
    }
}

/// The function of the script that is called on no value, but is one of its variables.
fn variable(name: &str, spot: &Spot<'_>) -> Option<Said> {
    let declared = spot.declared();
    let (_, byte, _) = declared.iter().rev().find(|(other, ..)| *other == name)?;
    let fault = fault(format!("`{name}` is a variable, and no function"))
        .label("not a function")
        .help(format!("a closure in a variable is called with a dot: {name}.call(…)"));
    Some(Said { also: vec![(*byte, "declared here".to_string())], ..Said::from(fault) })
}

/// The one name that has all words of `name`, as `add_person_to_group` has those of `add_to_group`.
fn of_words<'k>(name: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let words: Vec<&str> = name.split('_').filter(|word| !word.is_empty()).collect();
    let all = |other: &&str| words.iter().all(|word| other.split('_').any(|part| part == *word));
    let mut found = known.filter(all);
    let first = found.next().filter(|_| words.len() > 1)?;
    found.all(|other| other == first).then_some(first)
}

/// The fault of a property nobody registered. Rhai says `Unknown property 'mail' - a getter is not
/// registered for type 'Person'`.
pub fn property(message: &str, known: &[Function], spot: &Spot<'_>) -> Fault {
    let quoted: Vec<&str> = message.split('\'').skip(1).step_by(2).collect();
    match quoted[..] {
        [property, of, ..] => missing(property, in_words(of), message.contains("writable"), known, spot),
        _ => Fault::new(Code::ScriptFailed, At::Call, super::failure::lower(message)).label("here"),
    }
}

fn fault(message: String) -> Fault {
    Fault::new(Code::UnknownFunction, At::Call, message)
}

fn missing(property: &str, of: &str, set: bool, known: &[Function], spot: &Spot<'_>) -> Fault {
    let new = |message: String| Fault::new(Code::ScriptFailed, At::Call, message);
    if set {
        return new(format!("`{property}` of {of} can't be set")).label("can't be set");
    }
    let fault = new(format!("{of} has no `{property}`")).label("no such property");
    let fields: &[&str] = match of {
        "a person" => &["id", "email", "cio_id"],
        "an error" => &FIELDS,
        "()" => return fault.help(nothing(spot)),
        _ => &[],
    };
    if let Some(near) = closest(property, fields.iter().copied()) {
        return fault.help(format!("did you mean `.{near}`?"));
    }
    match of {
        "a person" => fault.help("a person has .id, .email and .cio_id, each `()` where it isn't known"),
        "an error" => {
            fault.help(format!("an error has {}", listed(&FIELDS.map(|name| format!(".{name}")), "and")))
        }
        _ => match near_method(property, of, known) {
            Some(near) => fault.help(format!("did you mean the method `.{near}()`?")),
            None => fault,
        },
    }
}

/// Why there is nothing before the dot there.
fn nothing(spot: &Spot<'_>) -> String {
    match spot.made_by() {
        Some(name) if foreign::IN_PLACE.contains(&name) => {
            format!(
                "`{name}` changes the value itself, and gives nothing back: call it alone, and go on with the variable"
            )
        }
        Some(name) if tools::by_name(name).is_some_and(|tool| tool.delivery != Delivery::Now) => {
            format!(
                "`{name}` is delivered later, so it gives nothing back; flush() waits, and counts what was accepted and rejected"
            )
        }
        _ => "() stands for nothing: nothing was found before the dot; `?.` gives () then, too".to_string(),
    }
}

fn no_method(name: &str, of: &str, known: &[Function], spot: &Spot<'_>) -> Fault {
    let fault = fault(format!("{of} has no method `{name}`")).label("no such method");
    if of == "()" {
        return fault.help(nothing(spot));
    }
    let near = near_method(name, of, known).map(|near| format!("did you mean `{near}`?"));
    match foreign::method(name, of).or_else(|| foreign::function(name)).map(String::from).or(near) {
        Some(help) => fault.help(help),
        None => fault,
    }
}

/// The method of such a value whose name is near.
fn near_method<'k>(name: &str, of: &str, known: &'k [Function]) -> Option<&'k str> {
    let methods = known.iter().filter(|function| {
        // Anything can stand before a tool; only what is somebody is meant.
        function.fits(0, of) && (function.takes[0].is_some() || tools::by_name(&function.name).is_none())
    });
    closest(name, methods.map(|function| function.name.as_str())).filter(|near| *near != name)
}

fn closure(known: &[Function], name: &str, given: usize) -> Fault {
    let takes = known.iter().find(|function| function.name == name).map(|function| function.takes.len());
    // What it captured is given to it as well, so that only the difference can be told.
    let message = match takes {
        Some(takes) if takes > given => {
            let more = counted((takes - given) as u64, "parameter");
            format!("a closure has {more} more than it is given values")
        }
        Some(takes) => {
            let fewer = counted((given - takes) as u64, "value");
            format!("a closure is given {fewer} more than it has parameters")
        }
        None => "a closure is given another number of values than it has parameters".to_string(),
    };
    fault(message).label("called here").help("|x| takes one value, |x, y| two, || none")
}

fn operands(operator: &str, given: &[&str]) -> Fault {
    let message = match given {
        [left, right] => format!("`{operator}` doesn't go with {left} and {right}"),
        [one] => format!("`{operator}` doesn't go with {one}"),
        _ => format!("`{operator}` doesn't go with these values"),
    };
    let label = if given.len() == 1 { "not of this type" } else { "these types don't go together" };
    let fault = fault(message).label(label);
    let has = |of: &str| given.contains(&of);
    if has("()") {
        return fault.help("() stands for nothing: `value ?? 0` takes 0 in its place");
    }
    let number = |of: &&str| matches!(*of, "a string" | "an integer" | "a float");
    if has("a string") && given.iter().all(number) {
        return fault
            .help("parse_int(text) makes a number of a string, value.to_string() a string of a value");
    }
    match (operator.trim_end_matches('='), given) {
        ("+", ["an array", _]) => fault.help("list.push(item) adds an item; `+` joins two arrays"),
        ("!", _) => fault.help("`!` turns true into false: compare first, as in !(x > 1)"),
        _ if has("a person") => fault.help("a person has .id, .email and .cio_id"),
        _ => fault,
    }
}

/// The fault of a call with as many arguments as no function of that name takes.
pub fn wrong_count(name: &str, takes: impl IntoIterator<Item = usize>, given: usize) -> Fault {
    let mut takes: Vec<usize> = takes.into_iter().collect();
    takes.sort_unstable();
    takes.dedup();
    let numbers: Vec<String> = takes.iter().map(ToString::to_string).collect();
    let arguments = match takes[..] {
        [0] => "no arguments".to_string(),
        [1] => "1 argument".to_string(),
        _ => format!("{} arguments", listed(&numbers, "or")),
    };
    let given = match given {
        0 => "none is given here".to_string(),
        1 => "1 is given here".to_string(),
        n => format!("{n} are given here"),
    };
    let fault = fault(format!("`{name}` takes {arguments}, and {given}"));
    let fault = fault.label("wrong number of arguments");
    match name {
        "print" => fault.help("a text in backticks takes several values: print(`${a} and ${b}`)"),
        _ => fault,
    }
}

/// The fault of the first argument that doesn't fit, by the functions that take all others.
fn wrong_type(name: &str, given: &[&str], fitting: &[&Function], method: bool) -> Fault {
    let wrong = |function: &Function| -> Vec<usize> {
        (0..given.len()).filter(|index| !function.fits(*index, given[*index])).collect()
    };
    let all: Vec<(Vec<usize>, &Function)> =
        fitting.iter().map(|function| (wrong(function), *function)).collect();
    let least = all.iter().map(|(wrong, _)| wrong.len()).min().unwrap_or_default();
    let first = all.iter().filter(|(wrong, _)| wrong.len() == least).filter_map(|(wrong, _)| wrong.first());
    let Some(&index) = first.min() else {
        let given = listed(given, "and");
        return fault(format!("`{name}` doesn't take {given}")).label("wrong types of arguments");
    };
    let near = all.iter().filter(|(wrong, _)| wrong.len() == least && wrong.first() == Some(&index));
    let takes = words(near.filter_map(|(_, function)| function.takes[index]));
    let takes = listed(&takes, "or");
    let receiver = usize::from(method);
    let place = match (given.len() - receiver, index - receiver) {
        (1, _) => String::new(),
        (_, 0) => " as its first argument".to_string(),
        (_, 1) => " as its second argument".to_string(),
        (_, 2) => " as its third argument".to_string(),
        (_, n) => format!(" as argument {}", n + 1),
    };
    let got = given[index];
    let fault = Fault::new(
        Code::UnknownFunction,
        At::Value(vec![index.to_string()]),
        format!("`{name}` takes {takes}{place}, and got {got}"),
    )
    .label(format!("this is {got}"));
    let takes_number = takes.contains("an integer") || takes.contains("a float");
    match got {
        _ if name == "append" => fault.help("list.push(item) adds one item; append joins two arrays"),
        "()" => fault.help("() stands for nothing: `value ?? other` gives another in its place"),
        "a string" if name == "person" => {
            fault.help("name what it is: person(#{ id: \"u-1\" }), or with email or cio_id")
        }
        "a string" if takes_number => fault.help("parse_int(text) makes a number of a string"),
        "a float" if takes == "an integer" => fault.help("value.to_int() cuts what is behind the point"),
        _ if takes == "a string" => fault.help("value.to_string() makes a string of it"),
        _ => fault,
    }
}

/// Each once. Rhai keeps its functions in no order.
fn words<'w>(all: impl Iterator<Item = &'w str>) -> Vec<&'w str> {
    let mut each: Vec<&str> = all.collect();
    each.sort_unstable();
    each.dedup();
    each
}

/// The names by which functions can be called, each once.
pub fn names(known: &[Function]) -> Vec<String> {
    let named = known.iter().filter(|function| !is_closure(&function.name));
    let mut names: Vec<String> = named.map(|function| function.name.clone()).collect();
    names.dedup();
    names
}

/// The name of Rhai's signature, and its types in words.
fn read(signature: &str) -> (&str, Vec<&str>) {
    let Some((name, types)) = signature.split_once(" (") else { return (signature, vec![]) };
    let mut depth = 0;
    let parts = types.strip_suffix(')').unwrap_or(types).split(|c: char| {
        match c {
            '<' | '(' => depth += 1,
            '>' | ')' => depth -= 1,
            _ => {}
        }
        c == ',' && depth == 0
    });
    (name, parts.map(str::trim).filter(|part| !part.is_empty()).map(in_words).collect())
}

/// A type of Rhai's in the words of a script's author.
pub fn in_words(name: &str) -> &str {
    match name {
        "i64" => "an integer",
        "f64" => "a float",
        "bool" => "a boolean",
        "char" => "a character",
        "()" => "()",
        "array" | "Array" => "an array",
        "blob" => "a blob",
        "map" | "Map" => "a map",
        "Fn" => "a function",
        "range" | "range=" => "a range",
        "Person" => "a person",
        "Sequence" => "a lazy sequence",
        "Error" => "an error",
        "timestamp" => "a time",
        _ if name.contains("str") || name.contains("String") => "a string",
        _ if name.contains("Range<") || name.contains("RangeInclusive<") => "a range",
        _ => name,
    }
}

#[cfg(test)]
mod tests;
