//! Why a script ended before its time, without Rhai's words: faults, a place, and the way there.

use std::collections::HashSet;

use rhai::{Dynamic, EvalAltResult, Map, Position};

use super::functions::Function;
use super::host::CallError;
use super::modules::{LIBRARY, Sources, is_closure};
use super::parsing::{self, Unread};
use super::reasons::raced;
use super::retrying;
use super::scan::{Token, offset, position, whole};
use super::spot::Spot;
use crate::fault::{At, Code, Fault, Place};

/// Why a script ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    Script(Box<Wrong>),
    /// The run was told to stop.
    Stopped,
}

/// What went wrong in a script, and where.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wrong {
    /// At least one; several are all about the same call.
    pub faults: Vec<Fault>,
    /// The function whose call it was, if it was one of ours.
    pub call: Option<String>,
    pub place: Option<Place>,
    /// Where it came up again, if elsewhere: thrown once more, or in a loop over what was made at the place.
    pub again: Option<Place>,
    /// The calls that led there, innermost first.
    pub frames: Vec<Frame>,
    /// Other places it has to do with, each with what to say there.
    pub also: Vec<(Place, String)>,
    /// What else is wrong, each at a place of its own.
    pub others: Vec<Wrong>,
    /// Found in the script's text, which therefore isn't run.
    pub unsound: bool,
    /// How much else was found that isn't among `others`, to keep them readable.
    pub left: usize,
}

/// A call on the way to a failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// In words: a name in backticks, `a closure`, or an `import` with its path.
    pub function: String,
    pub place: Place,
    /// How often it was called there, because `retry` tried it again.
    pub times: u32,
}

/// The place of a position of Rhai's.
pub fn place(source: Option<&str>, position: Position) -> Place {
    Place {
        source: source.unwrap_or_default().to_string(),
        line: position.line().unwrap_or_default(),
        column: position.position().unwrap_or_default(),
    }
}

/// The place of a byte of `text`, which came from the file `source`.
pub fn at_byte(source: &str, text: &str, byte: usize) -> Place {
    let (line, column) = position(text, byte);
    Place { source: source.to_string(), line, column }
}

impl Failure {
    /// A failure before or outside of the script's way.
    pub fn plain(fault: Fault) -> Failure {
        Failure::several(vec![fault])
    }

    /// Several such failures at once; there is at least one.
    pub fn several(faults: Vec<Fault>) -> Failure {
        Failure::Script(Box::new(Wrong { faults, ..Wrong::default() }))
    }

    /// A failure at a place that no call led to.
    pub fn at(fault: Fault, place: Place) -> Failure {
        Failure::Script(Box::new(Wrong { faults: vec![fault], place: Some(place), ..Wrong::default() }))
    }

    /// A text that can't be read, though Rhai would take it.
    pub fn unread(unread: Unread) -> Failure {
        Failure::Script(Box::new(unread.into()))
    }

    /// A failed call that the script itself didn't see.
    pub fn of_call(error: CallError, place: Place) -> Failure {
        Failure::Script(Box::new(Wrong::of_call(error, place)))
    }

    /// What was found in a script's text, and how much isn't told; `None` if there is nothing.
    pub fn of(wrongs: impl IntoIterator<Item = Wrong>, left: usize) -> Option<Failure> {
        let mut all = wrongs.into_iter();
        let mut first = Wrong { left, ..all.next()? };
        first.others.extend(all);
        Some(Failure::Script(Box::new(first)))
    }

    /// Reads Rhai's error; `source` is the file its outermost position is in, `known` the names a wrong
    /// one may have meant.
    pub fn read(error: EvalAltResult, source: &str, known: &Known<'_>) -> Failure {
        let mut source = source.to_string();
        let mut frames = vec![];
        let mut error = error;
        loop {
            error = match error {
                EvalAltResult::ErrorInFunctionCall(name, callee, inner, at) => {
                    let (name, times) = retrying::times(&name);
                    let function =
                        if is_closure(name) { "a closure".to_string() } else { format!("`{name}`") };
                    let callee = known.sources.of_closure(name).unwrap_or(callee);
                    frames.push(Frame { function, place: place(Some(&source), at), times });
                    if !callee.is_empty() {
                        source = callee;
                    }
                    *inner
                }
                EvalAltResult::ErrorInModule(path, inner, at) => {
                    frames.push(Frame {
                        function: format!("import \"{path}\""),
                        place: place(Some(&source), at),
                        times: 1,
                    });
                    if !path.is_empty() {
                        source = path;
                    }
                    *inner
                }
                innermost => {
                    error = innermost;
                    break;
                }
            };
        }
        frames.reverse();
        // A closure and the native that called it stand at one place; the closure says more.
        frames.dedup_by(|outer, inner| outer.place == inner.place);
        let position = error.position();
        let text = known.sources.get(&source).unwrap_or_default();
        let mut place = Some(place(Some(&source), position)).filter(|place| place.line > 0);
        if let EvalAltResult::ErrorDataRace(what, _) = &error {
            // Rhai says of whose call, and not where.
            let call = || Some(at_byte(&source, &text, only_call(&text, raced(what)?)?));
            place = place.or_else(call);
        }
        // The call took the file that called its closure for its own.
        let at = |place: &Place| (place.line, place.column);
        let mut again = None;
        let mut also = vec![];
        let (faults, call) = match error {
            EvalAltResult::ErrorTerminated(..) => return Failure::Stopped,
            EvalAltResult::ErrorRuntime(value, _) => match value.clone().try_cast::<CallError>() {
                Some(error) => {
                    let seen = |own: &Place| place.as_ref().is_some_and(|place| at(place) == at(own));
                    if let Some(own) = error.place.filter(|own| own.line > 0 && !seen(own)) {
                        let line = |place: &Place| (place.source.clone(), place.line);
                        again = place.replace(own.clone()).filter(|raised| line(raised) != line(&own));
                    }
                    (error.faults, Some(error.tool).filter(|tool| !tool.is_empty()))
                }
                None => (vec![thrown(&value)], None),
            },
            EvalAltResult::ErrorParsing(kind, at) => {
                let unread = parsing::fault(&kind, &source, &text, at);
                (place, also) = (Some(unread.place).filter(|place| place.line > 0), unread.also);
                (vec![unread.fault], None)
            }
            other => {
                let byte = place.as_ref().and_then(|place| offset(&text, place));
                let said = known.explain(other, &Spot::new(&text, byte));
                also = said
                    .also
                    .into_iter()
                    .map(|(byte, words)| (at_byte(&source, &text, byte), words))
                    .collect();
                (vec![said.fault], said.call)
            }
        };
        let mut wrong = Wrong { faults, call, place, again, frames, also, ..Wrong::default() };
        wrong.leave_library();
        Failure::Script(Box::new(wrong))
    }
}

/// Where `text` calls a function of that name, if it does so once.
fn only_call(text: &str, name: &str) -> Option<usize> {
    let tokens = whole(text).tokens;
    let said = |token: &Token| &text[token.span.clone()];
    let mut calls = tokens.windows(2).filter(|pair| said(&pair[0]) == name && said(&pair[1]) == "(");
    let call = calls.next()?;
    calls.next().is_none().then_some(call[0].span.start)
}

impl From<Unread> for Wrong {
    fn from(unread: Unread) -> Wrong {
        let Unread { fault, place, also } = unread;
        Wrong { faults: vec![fault], place: Some(place), also, ..Wrong::default() }
    }
}

impl Wrong {
    /// Puts a failure in the library where the script called that: its author can change nothing further in.
    fn leave_library(&mut self) {
        let Some(within) = self.place.clone().filter(|place| in_library(&place.source)) else { return };
        let caller = self.frames.iter().position(|frame| !in_library(&frame.place.source));
        let (place, function) = match (caller, &self.again) {
            // Of a sequence that the library made, the loop over it is all that the script has: what called the
            // function around the loop didn't call the library.
            (_, Some(again)) if !in_library(&again.source) => (again.clone(), "the sequence".to_string()),
            // An import that fails is no call.
            (Some(i), _) if self.frames[i].function.starts_with('`') => {
                let called = self.frames.drain(..=i).next_back();
                let Some(Frame { place, function, .. }) = called else { return };
                (place, function)
            }
            _ => return,
        };
        let thrown = |fault: &Fault| fault.code == Code::ScriptThrew;
        for fault in self.faults.iter_mut().filter(|fault| !thrown(fault)) {
            let told = format!("in {function}, at line {} of {}", within.line, within.source);
            let help = fault.help.take().map(|help| format!("{help}\n{told}"));
            fault.help = Some(help.unwrap_or(told));
        }
        for fault in &mut self.faults {
            if self.call.is_none() {
                fault.label = "called here".to_string();
            }
            fault.at = At::Call;
        }
        self.also.clear();
        self.again = None;
        self.place = Some(place);
    }

    pub fn of_call(error: CallError, place: Place) -> Wrong {
        let place = Some(place).filter(|place| place.line > 0);
        Wrong { faults: error.faults, call: Some(error.tool), place, ..Wrong::default() }
    }
}

/// Whether a source is a module that comes with Segue.
fn in_library(source: &str) -> bool {
    LIBRARY.iter().any(|(path, _)| *path == source)
}

/// A value that a script threw.
pub fn thrown(value: &Dynamic) -> Fault {
    let text = match value.as_map_ref() {
        Ok(map) => map.get("message").map_or_else(|| in_words(&map), ToString::to_string),
        Err(_) => value.to_string(),
    };
    let text = if text.is_empty() { "the script threw an error without a word".to_string() } else { text };
    Fault::new(Code::ScriptThrew, At::Call, text).label("thrown here")
}

/// A map as a script would print it, with an error among its values as its message.
fn in_words(map: &Map) -> String {
    let words = |value: &Dynamic| match value.read_lock::<CallError>() {
        Some(error) => format!("{:?}", error.message()),
        None => value.to_string(),
    };
    let pairs: Vec<String> = map.iter().map(|(key, value)| format!("\"{key}\": {}", words(value))).collect();
    format!("#{{{}}}", pairs.join(", "))
}

/// What is known of a script, for what Rhai says of a name it doesn't know or a text it can't read.
pub struct Known<'a> {
    pub sources: &'a Sources,
    /// The functions it can call.
    pub functions: &'a dyn Fn() -> Vec<Function>,
    /// The variables that inputs before it left.
    pub variables: &'a HashSet<String>,
}

/// A message of Rhai's in the midst of a line.
pub fn lower(message: &str) -> String {
    let mut chars = message.chars();
    match (chars.next(), chars.clone().next()) {
        (Some(first), Some(second)) if second.is_lowercase() => first.to_lowercase().chain(chars).collect(),
        _ => message.to_string(),
    }
}
