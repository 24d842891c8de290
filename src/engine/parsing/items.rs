//! What people write between the items of a list by the habit of another language.

use super::super::scan::Kind;
use super::Found;
use super::habits::{COUNTS, LOOP, at_here, closure, operator, unit};
use super::tokens::Around;
use crate::tools;

/// Between the items of a list, or behind the variable of a `for`.
pub fn list(around: &Around<'_>, of: &str) -> Option<Found> {
    let (here, back) = (around.here(), around.back(1));
    if of.contains("iteration variable") {
        return Some(match (here, back, around.back(2)) {
            (_, "each" | "every" | "all", _) => {
                Found::new(around.start(1), format!("Rhai has no `for {back}`"), "take this away")
                    .help("for person in people { … }")
            }
            ("in", _, "(") => Found::new(around.start(2), "a `for` has no parentheses", "take them away")
                .help(format!(
                    "for {back} in … {{ … }}; two names stand in them: for (item, index) in items {{ … }}"
                )),
            ("of", _, _) => {
                at_here(around, "`of` is `in` in Rhai", "`in` here").help(format!("for {back} in … {{ … }}"))
            }
            ("=", _, _) => at_here(around, COUNTS, "`in` here").help(LOOP),
            (",", _, _) => {
                at_here(around, "two variables of a `for` stand in parentheses", "not without parentheses")
                    .help(format!(
                        "for ({back}, {}) in … {{ … }}; the second is the index, from 0",
                        around.next(1)
                    ))
            }
            _ => return None,
        });
    }
    if let Some(found) = operator(around, around.index).or_else(|| unit(around)) {
        return Some(found);
    }
    let parameters = of.contains("parameters");
    if let Some(n) = (1..=2).find(|n| around.back(*n) == "lambda") {
        return Some(closure(around, around.start(n), "lambda"));
    }
    if here == "for" && of.contains("array") {
        return comprehension(around);
    }
    if here == "{"
        && let Some(open) = (0..around.index).rev().find(|index| around.says(*index) == "(")
        && let Some(word) = open.checked_sub(1).filter(|at| matches!(around.says(*at), "function" | "func"))
    {
        return Some(closure(around, around.begins(word), around.says(word)));
    }
    match here {
        ":" if parameters => {
            Some(at_here(around, "a parameter declares no type", "no type here").help("fn f(x, y) { … }"))
        }
        "=" if parameters => Some(
            at_here(around, "a parameter has no default", "no default here")
                .help("write a second function with fewer parameters: fn f(x) { f(x, 1) }"),
        ),
        ":" | "=" if of.contains("function call") => {
            let found = Found::new(around.start(1), "an argument of a call has no name in Rhai", "a name");
            Some(found.help(named(around)))
        }
        // Behind a literal it belongs to a `switch`.
        "=>" if !matches!(around.back_kind(1), Some(Kind::Text | Kind::Number)) => {
            Some(closure(around, around.byte, "=>"))
        }
        "," if of.contains("this expression") || of.contains("parenthes") => Some(
            at_here(around, "parentheses hold one value", "a second one begins here")
                .help("a list stands in square brackets: [1, 2]; a call has its name before the parentheses"),
        ),
        _ if around.kind(around.index) == Some(Kind::Text) && around.joined() && back == "f" => Some(
            Found::new(around.start(1), "a string has no `f` before it", "not in Rhai")
                .help("a text in backticks takes values: `hello ${name}`"),
        ),
        _ => None,
    }
}

/// How a call with named arguments is written.
fn named(around: &Around<'_>) -> String {
    let other =
        "arguments stand in the order of the parameters; a tool takes them by name in one map: f(#{ … })";
    let (Some(open), Some(close)) = (around.open(), around.close()) else { return other.into() };
    let name = open.checked_sub(1).map_or("", |index| around.says(index));
    let mut depth = 0;
    let mut commas = vec![open];
    for index in open + 1..close {
        match (around.kind(index), around.says(index)) {
            (Some(Kind::Open), _) => depth += 1,
            (Some(Kind::Close), _) => depth -= 1,
            (_, ",") if depth == 0 => commas.push(index),
            _ => {}
        }
    }
    commas.push(close);
    let pairs: Option<Vec<(&str, &str)>> = commas
        .windows(2)
        .map(|ends| {
            let sign = matches!(around.says(ends[0] + 2), "=" | ":");
            let pair = (around.says(ends[0] + 1), around.between(ends[0] + 2, ends[1]));
            (sign && !pair.1.is_empty()).then_some(pair)
        })
        .collect();
    let Some(pairs) = pairs else { return other.into() };
    let tool = tools::by_name(name).or_else(|| tools::by_sequence(name));
    if tool.is_some() {
        let pairs: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        return format!("a tool takes named arguments as one map: {name}(#{{ {} }})", pairs.join(", "));
    }
    let values: Vec<&str> = pairs.iter().map(|(_, value)| *value).collect();
    format!("arguments stand in the order of the parameters: {name}({})", values.join(", "))
}

/// A part of a list, as Python has it.
pub fn slice(around: &Around<'_>) -> Option<Found> {
    let (":", Some(open), Some(close)) = (around.here(), around.open(), around.close()) else { return None };
    let list =
        open.checked_sub(1).map(|index| around.says(index)).filter(|name| rhai::is_valid_identifier(name));
    let list = list.unwrap_or("list");
    let from = Some(around.between(open, around.index)).filter(|from| !from.is_empty()).unwrap_or("0");
    let to = around.between(around.index, close);
    let to = if to.is_empty() { format!("{list}.len()") } else { to.to_string() };
    Some(
        at_here(around, "a part of a list is taken by a range", "`..` here")
            .help(format!("{list}.extract({from}..{to}) gives the items from {from} to before {to}")),
    )
}

/// An array filled by a loop inside it, as Python has it.
fn comprehension(around: &Around<'_>) -> Option<Found> {
    let open = around.open().filter(|open| around.says(*open) == "[")?;
    let close = around.close().filter(|_| around.next(2) == "in")?;
    let (item, name) = (around.between(open, around.index), around.next(1));
    let end = (around.index..close).find(|index| around.says(*index) == "if").unwrap_or(close);
    let list = around.between(around.index + 2, end);
    let only = match end < close {
        true => format!(".filter(|{name}| {})", around.between(end, close)),
        false => String::new(),
    };
    let map = if item == name { String::new() } else { format!(".map(|{name}| {item})") };
    Some(
        at_here(around, "an array isn't filled by a loop inside it", "not in Rhai")
            .help(format!("`map` makes one array of another: {list}{only}{map}")),
    )
}
