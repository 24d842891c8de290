//! Why Rhai couldn't go on, in the words of a script's author.

use rhai::EvalAltResult;

use super::failure::{Known, lower};
use super::scan::{Kind, behind_a_dot, scan, whole};
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

/// Where in a text an error came up.
pub struct Spot<'t> {
    text: &'t str,
    byte: Option<usize>,
}

impl<'t> Spot<'t> {
    pub fn new(text: &'t str, byte: Option<usize>) -> Spot<'t> {
        Spot { text, byte }
    }

    /// The token there.
    pub fn says(&self) -> &'t str {
        let Some(byte) = self.byte else { return "" };
        let first = scan(self.text, byte, |tokens| !tokens.is_empty()).tokens.into_iter().next();
        first.map_or("", |token| &self.text[token.span])
    }

    /// Whether `name` stands there, behind a dot.
    pub fn is_method(&self, name: &str) -> bool {
        self.says() == name && self.byte.is_some_and(|byte| behind_a_dot(self.text, byte))
    }

    /// What the text declares before that place: each name, its byte, and whether it is a constant.
    fn declared(&self) -> Vec<(&'t str, usize, bool)> {
        let end = self.byte.unwrap_or(self.text.len());
        let tokens = whole(self.text).tokens;
        let says = |index: usize| &self.text[tokens[index].span.clone()];
        (1..tokens.len())
            .filter(|index| tokens[*index].kind == Kind::Word && tokens[*index].span.start < end)
            .filter(|index| matches!(says(index - 1), "let" | "const" | "for"))
            .map(|index| (says(index), tokens[index].span.start, says(index - 1) == "const"))
            .collect()
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
            EvalAltResult::ErrorVariableNotFound(name, _) => variable(name, spot),
            EvalAltResult::ErrorDotExpr(message, _) => unknown::property(message, &(self.functions)()).into(),
            error => value(error).unwrap_or_else(|| limit(error)).into(),
        }
    }
}

fn failed(message: impl Into<String>, label: impl Into<String>) -> Fault {
    Fault::new(Code::ScriptFailed, At::Call, message).label(label)
}

fn variable(name: &str, spot: &Spot<'_>) -> Said {
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
    match closest(name, declared.iter().map(|(name, ..)| *name)) {
        Some(near) => fault.help(format!("did you mean `{near}`?")).into(),
        None => fault
            .help("declare it with `let`; a function sees its own variables and its arguments only")
            .into(),
    }
}

/// What a value can't do.
fn value(error: &EvalAltResult) -> Option<Fault> {
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
            failed("`for` needs something to go through", "not an array, a range, a map's keys or a sequence")
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
        EvalAltResult::ErrorDataTooLarge(what, _) if what.contains("string") => {
            limit(format!("a string grew beyond {} MiB", super::MAX_STRING >> 20))
                .label("here")
                .help("keep the parts in an array, or print them one by one")
        }
        EvalAltResult::ErrorTooManyOperations(_)
        | EvalAltResult::ErrorDataTooLarge(..)
        | EvalAltResult::ErrorTooManyModules(_)
        | EvalAltResult::ErrorTooManyVariables(_) => limit(lower(&error.to_string())).label("here"),
        _ => failed(lower(&error.to_string()), "here"),
    }
}
