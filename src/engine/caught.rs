//! What a script's `catch` sees of an error of Rhai's: the same fields as of a failed call, in our words.
//!
//! Rhai makes a map of its error, with its own text, before a script can look at it. The map becomes a
//! [`CallError`] as its variable is read for the first time.

use std::collections::HashSet;

use rhai::{Dynamic, Engine, EvalAltResult, INT, Map, Position};

use super::failure::Known;
use super::functions::functions;
use super::host::CallError;
use super::modules::Sources;
use super::scan::offset;
use super::spot::Spot;
use crate::fault::Place;

pub fn register(engine: &mut Engine, sources: &Sources) {
    let sources = sources.clone();
    #[expect(deprecated, reason = "Rhai marks by this what it may still change")]
    engine.on_var(move |name, _, mut context| {
        if !sources.catches(name) {
            return Ok(None);
        }
        let Some(value) = context.scope_mut().get_mut(name) else { return Ok(None) };
        let read = value.as_map_ref().ok().and_then(|map| Caught::read(&map));
        if let Some(caught) = read {
            let callable = || functions(context.engine(), context.iter_namespaces());
            let error =
                caught.error(&Known { sources: &sources, functions: &callable, variables: &HashSet::new() });
            if let Some(value) = context.scope_mut().get_mut(name) {
                *value = Dynamic::from(error);
            }
        }
        Ok(None)
    });
}

/// An error of Rhai's, read from the map that it made of it.
struct Caught {
    error: EvalAltResult,
    place: Place,
}

impl Caught {
    /// `None` for a map that is the script's own.
    fn read(map: &Map) -> Option<Caught> {
        let text = |key: &str| map.get(key).and_then(|value| value.clone().into_string().ok());
        let number = |key: &str| map.get(key).and_then(|value| value.as_int().ok());
        let message = text("message")?;
        text("error").filter(|kind| kind.starts_with("Error"))?;
        // What a function was called by stands below, what failed in it first, with its place behind.
        let first = message.split('\n').next().unwrap_or_default();
        let line = |key| number(key).and_then(|line| usize::try_from(line).ok()).unwrap_or_default();
        let mut place = Place {
            source: text("source").unwrap_or_default(),
            line: line("line"),
            column: line("position"),
        };
        let mut words = first;
        if let Some((before, at)) = placed(words) {
            words = before;
            (place.line, place.column) = at;
        }
        if let Some((before, source)) = words.strip_suffix('\'').and_then(|words| words.rsplit_once(" @ '")) {
            words = before;
            place.source = source.to_string();
        }
        Some(Caught { error: reread(words), place })
    }

    fn error(self, known: &Known<'_>) -> CallError {
        let text = known.sources.get(&self.place.source).unwrap_or_default();
        let said = known.explain(self.error, &Spot::new(&text, offset(&text, &self.place)));
        let place = Some(self.place).filter(|place| place.line > 0);
        CallError { place, ..CallError::one(said.call.unwrap_or_default(), said.fault) }
    }
}

/// The text before a place as Rhai writes it behind one, and its line and column.
fn placed(text: &str) -> Option<(&str, (usize, usize))> {
    let (before, at) = text.strip_suffix(')')?.rsplit_once(" (line ")?;
    let (line, column) = at.split_once(", position ")?;
    Some((before, (line.parse().ok()?, column.parse().ok()?)))
}

/// The error that Rhai tells by these words.
fn reread(words: &str) -> EvalAltResult {
    use EvalAltResult as Rhai;
    let at = Position::NONE;
    let behind = |begins: &str| words.strip_prefix(begins).map(str::to_string);
    let types = |begins: &str| {
        let (is, needed) = words.strip_prefix(begins)?.strip_suffix(')')?.split_once(" (expecting ")?;
        Some((needed.to_string(), is.to_string()))
    };
    let bounds = |begins: &str| {
        let (index, all) = words.strip_prefix(begins)?.split_once(" out of bounds: ")?;
        let length = all.split(' ').find_map(|word| word.parse::<usize>().ok()).unwrap_or_default();
        Some((length, index.parse::<INT>().ok()?))
    };
    if let Some(signature) = behind("Function not found: ") {
        Rhai::ErrorFunctionNotFound(signature, at)
    } else if let Some(name) = behind("Variable not found: ") {
        Rhai::ErrorVariableNotFound(name, at)
    } else if let Some(name) = behind("Property not found: ") {
        Rhai::ErrorPropertyNotFound(name, at)
    } else if let Some(name) = behind("Module not found: ") {
        Rhai::ErrorModuleNotFound(name, at)
    } else if let Some(of) = behind("Indexer unavailable: ") {
        Rhai::ErrorIndexingType(of, at)
    } else if let Some(name) = behind("Cannot modify constant ") {
        Rhai::ErrorAssignmentToConstant(name, at)
    } else if let Some((needed, is)) = types("Data type incorrect: ") {
        Rhai::ErrorMismatchDataType(needed, is, at)
    } else if let Some((needed, is)) = types("Output type incorrect: ") {
        Rhai::ErrorMismatchOutputType(needed, is, at)
    } else if let Some((length, index)) = bounds("Array index ") {
        Rhai::ErrorArrayBounds(length, index, at)
    } else if let Some((length, index)) = bounds("String index ") {
        Rhai::ErrorStringBounds(length, index, at)
    } else if words.starts_with("Unknown property '") || words.starts_with("No writable property '") {
        Rhai::ErrorDotExpr(words.to_string(), at)
    } else if words == "For loop expects iterable type" {
        Rhai::ErrorFor(at)
    } else if words == "'this' not bound" {
        Rhai::ErrorUnboundThis(at)
    } else {
        Rhai::ErrorArithmetic(words.to_string(), at)
    }
}
