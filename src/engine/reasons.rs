//! Why Rhai couldn't go on, in the words of a script's author.

use rhai::EvalAltResult;

use super::failure::{Known, lower};
use super::foreign;
use super::spot::Spot;
use super::survey::race;
use super::unknown::{self, in_words};
use crate::fault::{At, Code, Fault, closest, counted};

/// What is said of an error of Rhai's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    pub fault: Fault,
    /// The function whose call it is, where the call or a part of it is to be marked.
    pub call: Option<String>,
    /// Other bytes that it has to do with, each with what to say there.
    pub also: Vec<(usize, String)>,
}

impl From<Fault> for Said {
    fn from(fault: Fault) -> Said {
        Said { fault, call: None, also: vec![] }
    }
}

/// Why a value can't be changed.
const FIXED: &str = "it is a constant, or a variable that a closure given to `parallel` only has a copy of: give \
                     back what the closure finds, and go through the results of `parallel`";

impl Known<'_> {
    /// What to say of an error at `spot`.
    pub fn explain(&self, mut error: EvalAltResult, spot: &Spot<'_>) -> Said {
        error.clear_position();
        match &error {
            EvalAltResult::ErrorFunctionNotFound(signature, _) => {
                unknown::call(signature, &(self.functions)(), spot)
            }
            EvalAltResult::ErrorVariableNotFound(name, _) => self.variable(name, spot),
            EvalAltResult::ErrorDotExpr(message, _) => {
                unknown::property(message, &(self.functions)(), spot).into()
            }
            error => value(error, spot).unwrap_or_else(|| limit(error)).into(),
        }
    }

    /// What to say of a variable that there isn't.
    fn variable(&self, name: &str, spot: &Spot<'_>) -> Said {
        let fault = failed(format!("there is no variable `{name}` here"), "unknown name");
        let declared = spot.declared();
        if let Some((_, byte, constant)) = declared.iter().rev().find(|(other, ..)| *other == name) {
            let help = match constant {
            true => format!("a function reads a constant of the script as global::{name}"),
            false => {
                "a function sees its own variables and its arguments only, and what a block declares ends \
                      with it: hand the value over, or declare it further out"
                    .to_string()
            }
        };
            let also = vec![(*byte, "declared here, out of its reach".to_string())];
            return Said { also, ..Said::from(fault.help(help)) };
        }
        if spot.imports(name) {
            return failed(format!("`{name}` is a module, and no value"), "a module")
                .help(format!(
                    "its functions stand behind `::`: {name}::{}(…)",
                    spot.property().unwrap_or("function")
                ))
                .into();
        }
        if name.contains("::") {
            return fault
                .help(format!("a function of the module is called with parentheses: {name}(…)"))
                .into();
        }
        if let Some(habit) = foreign::variable(name) {
            return fault.help(habit).into();
        }
        let functions = (self.functions)();
        let mut called = functions.iter().filter(|function| function.name == name).peekable();
        if called.peek().is_some() {
            let arguments = if called.any(|function| function.takes.is_empty()) { "" } else { "…" };
            return fault.help(format!("`{name}` is a function: {name}({arguments}) calls it")).into();
        }
        let before = self.variables.iter().map(String::as_str);
        match closest(name, declared.iter().map(|(name, ..)| *name).chain(before)) {
            Some(near) => fault.help(format!("did you mean `{near}`?")).into(),
            None => fault
                .help("declare it with `let`; a function sees its own variables and its arguments only")
                .into(),
        }
    }
}

fn failed(message: impl Into<String>, label: impl Into<String>) -> Fault {
    Fault::new(Code::ScriptFailed, At::Call, message).label(label)
}

/// The function in Rhai's words for a value that is in use already.
pub fn raced(what: &str) -> Option<&str> {
    what.split_once(" of function '")?.1.strip_suffix('\'')
}

/// What a value can't do.
fn value(error: &EvalAltResult, spot: &Spot<'_>) -> Option<Fault> {
    Some(match error {
        EvalAltResult::ErrorPropertyNotFound(name, _) => {
            failed(format!("the map has no `{name}`"), "no such property")
                .help("`in` asks whether a map has a key: if \"name\" in map { … }")
        }
        EvalAltResult::ErrorAssignmentToConstant(name, _) => {
            failed(format!("`{name}` can't be changed here"), "would be changed").help(FIXED)
        }
        EvalAltResult::ErrorNonPureMethodCallOnConstant(function, _) => {
            let function = function.split_once('$').map_or(function.as_str(), |(_, name)| name);
            failed(format!("`{function}` can't change this value here"), "would be changed").help(FIXED)
        }
        EvalAltResult::ErrorFor(_) => {
            let name = Some(spot.says()).filter(|name| rhai::is_valid_identifier(name)).unwrap_or("map");
            failed("`for` needs something to go through", "not an array, a range, a map's keys or a sequence")
                .help(format!("a map is gone through by its keys: for key in {name}.keys() {{ … }}"))
        }
        EvalAltResult::ErrorMismatchDataType(needed, _, _) if needed == "Fn" => {
            failed("only a function or a closure can be called", "not called on a function")
        }
        EvalAltResult::ErrorMismatchDataType(needed, got, _)
        | EvalAltResult::ErrorMismatchOutputType(needed, got, _)
            if !needed.is_empty() && !got.is_empty() =>
        {
            let (needed, got) = (in_words(needed), in_words(got));
            let needed = if needed == "a boolean" { "true or false" } else { needed };
            let fault =
                failed(format!("{needed} is needed here, and this is {got}"), format!("this is {got}"));
            match needed {
                "true or false" => fault.help("compare it: x != 0, x != \"\", x != ()"),
                _ => fault,
            }
        }
        EvalAltResult::ErrorIndexingType(of, _) => {
            let of = in_words(of.split(" [").next().unwrap_or(of));
            let fault = failed(format!("{of} has no items by number or key"), "no such item");
            match of {
                "a lazy sequence" => {
                    fault.help("sequence.to_array() fetches all of it, sequence.take(10) the first ten")
                }
                "a person" => fault.help("a person has .id, .email and .cio_id, each behind a dot"),
                _ => fault,
            }
        }
        EvalAltResult::ErrorArrayBounds(0, ..) => failed("the array is empty", "it has no such item")
            .help("array.len() says how many it has; array.push(item) adds one"),
        EvalAltResult::ErrorArrayBounds(length, index, _) => {
            let items = counted(*length as u64, "item");
            failed(format!("the array has {items}, and none at {index}"), "no such item")
                .help(format!("they begin at 0; the last is at {}, or at -1", length - 1))
        }
        EvalAltResult::ErrorStringBounds(length, index, _) => {
            let characters = counted(*length as u64, "character");
            failed(format!("the string has {characters}, and none at {index}"), "no such character")
        }
        EvalAltResult::ErrorArithmetic(words, _) if words.starts_with("Error parsing ") => {
            // Rhai's: Error parsing integer number 'x': invalid digit found in string
            let (begin, end) = (words.find('\'')? + 1, words.rfind("': ")?);
            let number = if words.contains("integer") { "whole number" } else { "number" };
            failed(format!("\"{}\" is no {number}", words.get(begin..end)?), "no number")
        }
        EvalAltResult::ErrorDataRace(what, _) => race(raced(what)?, None),
        EvalAltResult::ErrorUnboundThis(_) => {
            failed("`this` stands for nothing here", "nothing to stand for")
                .help("a function has a `this` only where it is called on a value: value.function()")
        }
        EvalAltResult::ErrorModuleNotFound(path, _) => {
            Fault::new(Code::ModuleUnreadable, At::Call, format!("there is no module `{path}`"))
                .label("not found")
                .help(format!("import it first: import \"…\" as {path};"))
        }
        _ => return None,
    })
}

/// What is too much, and all else in Rhai's words.
fn limit(error: &EvalAltResult) -> Fault {
    let limit = |message: String| Fault::new(Code::ScriptLimit, At::Call, message);
    match error {
        EvalAltResult::ErrorStackOverflow(_) => {
            limit(format!("functions call each other more than {} calls deep", super::MAX_CALL_LEVELS))
                .label("it begins here")
                .help("if one calls itself without an end, give it one; a loop goes as far as it likes")
        }
        EvalAltResult::ErrorTooManyOperations(_)
        | EvalAltResult::ErrorDataTooLarge(..)
        | EvalAltResult::ErrorTooManyModules(_)
        | EvalAltResult::ErrorTooManyVariables(_) => limit(lower(&error.to_string())).label("here"),
        _ => failed(lower(&error.to_string()), "here"),
    }
}
