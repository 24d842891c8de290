//! Values as whoever shows them reads them: plain data, without the script language.

use std::ops::{Range, RangeInclusive};

use rhai::{Array, Blob, Dynamic, FnPtr, INT, ImmutableString, Map};

use super::host::CallError;
use super::modules::is_closure;
use super::person::Person;
use super::sequence::Sequence;
use super::tools::{Result, fail};
use super::withheld::Withheld;
use crate::fault::{At, Code, Fault};

/// A script's value, or the beginning of one that is long.
#[derive(Clone, Debug, PartialEq)]
pub enum Shown {
    Unit,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    Person {
        id: Option<String>,
        email: Option<String>,
        cio_id: Option<String>,
    },
    /// The first items of an array, and how many it has in all.
    List {
        first: Vec<Shown>,
        len: usize,
    },
    /// By key.
    Map(Vec<(String, Shown)>),
    /// The first items of a lazy sequence of the function `of`, and whether there are more.
    Sequence {
        of: &'static str,
        first: Vec<Shown>,
        more: bool,
    },
    /// A lazy sequence that calls closures of the script. They may write, so that looking at it doesn't read it.
    Steps {
        of: &'static str,
    },
    /// What isn't data, in words.
    Other(String),
}

/// The deepest that values lie in one another where they are shown: as deep as JSON is read.
const DEEPEST: usize = 128;

/// Reads at most `most` items of each array and sequence in `value`. `None` reads them to their end, and a
/// sequence that calls closures as well. A sequence asks its host: call it where a script may run.
///
/// # Errors
/// Why a sequence can't be read, and a value that lies too deep.
pub fn shown(value: &Dynamic, most: Option<usize>) -> Result<Shown> {
    at_depth(value, most, 0)
}

/// Whether to show the beginning of a value calls closures of the script.
pub fn calls_closures(value: &Dynamic) -> bool {
    value.read_lock::<Sequence>().is_some_and(|sequence| sequence.calls_closures())
}

/// The same of a value that may be a sequence that calls closures, which are called.
///
/// # Errors
/// As [`shown`], and what a closure threw.
pub fn begun(value: &Dynamic, most: usize) -> Result<Shown> {
    match value.read_lock::<Sequence>() {
        Some(sequence) => first(&sequence, most, 0),
        None => shown(value, Some(most)),
    }
}

/// The first items of a sequence. One more than is shown tells whether there is more.
fn first(sequence: &Sequence, most: usize, depth: usize) -> Result<Shown> {
    let items = sequence.begin(most + 1).map(|item| at_depth(&item?, Some(most), depth + 1));
    let mut first: Vec<Shown> = items.collect::<Result<_>>()?;
    let more = first.len() > most;
    first.truncate(most);
    Ok(Shown::Sequence { of: sequence.of(), first, more })
}

fn at_depth(value: &Dynamic, most: Option<usize>, depth: usize) -> Result<Shown> {
    if depth > DEEPEST {
        let message = format!("values lie more than {DEEPEST} deep in one another");
        let fault =
            Fault::new(Code::ScriptLimit, At::Call, message).help("look at a part of it: it[0], it.name");
        return Err(fail(CallError::one("it", fault)));
    }
    let below = |value: &Dynamic| at_depth(value, most, depth + 1);
    if let Some(map) = value.read_lock::<Map>() {
        let entries = map.iter().map(|(key, value)| Ok((key.to_string(), below(value)?)));
        return Ok(Shown::Map(entries.collect::<Result<_>>()?));
    }
    if let Some(array) = value.read_lock::<Array>() {
        let first = array.iter().take(most.unwrap_or(usize::MAX)).map(below).collect::<Result<_>>()?;
        return Ok(Shown::List { first, len: array.len() });
    }
    if let Some(sequence) = value.read_lock::<Sequence>() {
        let of = sequence.of();
        let Some(most) = most else {
            let first = sequence.clone().into_iter().map(|item| below(&item?)).collect::<Result<_>>()?;
            return Ok(Shown::Sequence { of, first, more: false });
        };
        if sequence.calls_closures() {
            return Ok(Shown::Steps { of });
        }
        return first(&sequence, most, depth);
    }
    Ok(plain(value))
}

/// What has no values inside.
fn plain(value: &Dynamic) -> Shown {
    if let Some(text) = value.read_lock::<ImmutableString>() {
        Shown::Text(text.to_string())
    } else if let Some(person) = value.read_lock::<Person>() {
        let identifiers = person.identifiers();
        let owned = |text: Option<&str>| text.map(str::to_string);
        Shown::Person {
            id: owned(identifiers.id),
            email: owned(identifiers.email),
            cio_id: owned(identifiers.cio_id),
        }
    } else if value.is_unit() {
        Shown::Unit
    } else if let Ok(b) = value.as_bool() {
        Shown::Bool(b)
    } else if let Ok(n) = value.as_int() {
        Shown::Int(n)
    } else if let Ok(f) = value.as_float() {
        Shown::Float(f)
    } else {
        Shown::Other(words(value))
    }
}

fn words(value: &Dynamic) -> String {
    if let Ok(c) = value.as_char() {
        format!("{c:?}")
    } else if let Some(f) = value.read_lock::<FnPtr>() {
        match is_closure(f.fn_name()) {
            true => "a closure".to_string(),
            false => format!("the function `{}`", f.fn_name()),
        }
    } else if let Some(error) = value.read_lock::<CallError>() {
        format!("an error: {}", error.message())
    } else if value.read_lock::<Withheld>().is_some() {
        "the answer of a write that is held, which isn't known".to_string()
    } else if let Some(blob) = value.read_lock::<Blob>() {
        format!("a blob of {} bytes", blob.len())
    } else if let Some(range) = value.read_lock::<Range<INT>>() {
        format!("{}..{}", range.start, range.end)
    } else if let Some(range) = value.read_lock::<RangeInclusive<INT>>() {
        format!("{}..={}", range.start(), range.end())
    } else {
        value.to_string()
    }
}
