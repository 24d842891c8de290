//! What can be written at the cursor.

mod expected;

use crate::engine::scan::is_keyword;
use crate::engine::{Function, Imported, Variable, library, manual};
use crate::fault::Code;
use crate::repl::spot::{Bracket, Spot, Within, given};
use crate::request::quoted;
use crate::spec::Tool;
use crate::tools;

pub use expected::{Expected, Key, expected, ordered};

/// What the conversation knows by now.
#[derive(Clone, Copy, Debug, Default)]
pub struct Known<'a> {
    pub commands: &'a [Command<'a>],
    /// The functions of the engine and those of earlier inputs.
    pub functions: &'a [Function],
    pub variables: &'a [Variable],
    /// The modules that are imported.
    pub modules: &'a [Imported],
    /// The paths of the library's modules.
    pub library: &'a [&'a str],
    pub profiles: &'a [String],
    /// The names of the workspace's segments, as far as they were read.
    pub segments: &'a [String],
}

/// A command of the prompt.
#[derive(Clone, Copy, Debug)]
pub struct Command<'a> {
    /// Without its colon.
    pub name: &'a str,
    pub aliases: &'a [&'a str],
    pub takes: Takes,
}

/// What a command takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    Nothing,
    Expression,
    /// A tool, a function or a command.
    Topic,
    Code,
    Profile,
    /// A file or a word, which nothing here knows.
    Other,
}

/// What can stand at the cursor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Completion {
    /// The byte from which on to replace, up to the cursor.
    pub start: usize,
    pub candidates: Vec<Candidate>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// As it is listed.
    pub shown: String,
    /// As it is written.
    pub written: String,
}

/// So many names of parameters are shown at once, and all that have to be given.
const MOST_NAMES: usize = 3;

/// The words a statement or an expression can begin with.
const BEGINNINGS: [&str; 20] = [
    "break", "const", "continue", "false", "fn", "for", "if", "import", "let", "loop", "return", "switch",
    "throw", "true", "try", "while", "do", "else", "in", "catch",
];

/// What can be written at the byte `cursor` of `text`. It is found in one reading of the text, and asks nobody.
pub fn complete(text: &str, cursor: usize, known: &Known<'_>) -> Completion {
    let cursor = (0..=cursor.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    match command(text) {
        Some((name, _)) if cursor <= name.end => {
            let begun = &text[name.start..cursor.max(name.start)];
            let names = known.commands.iter().map(|command| format!(":{}", command.name));
            let found = names.filter(|name| name.starts_with(begun)).map(|name| plain(&name));
            Completion { start: name.start, candidates: found.collect() }
        }
        Some((name, rest)) => {
            let command = known.commands.iter().find(|command| {
                let name = &text[name.start + 1..name.end];
                command.name == name || command.aliases.contains(&name)
            });
            of_command(text, rest, cursor, command.map_or(Takes::Other, |command| command.takes), known)
        }
        None => of_code(text, cursor, known),
    }
}

/// Whether the names of segments would complete what is at the cursor.
pub fn asks_for_segments(text: &str, cursor: usize) -> bool {
    let from = command(text).map_or(0, |(_, rest)| rest).min(cursor);
    let spot = Spot::of(&text[from..], cursor - from);
    matches!(expected(&spot), Some(Expected::Segment))
}

/// The bytes of a command's name with its colon, and where what it takes begins.
pub fn command(text: &str) -> Option<(std::ops::Range<usize>, usize)> {
    let start = text.len() - text.trim_start().len();
    let rest = text[start..].strip_prefix(':')?;
    let end = rest.find(char::is_whitespace).map_or(text.len(), |end| start + 1 + end);
    let argument = text[end..].len() - text[end..].trim_start().len();
    Some((start..end, end + argument))
}

fn of_command(text: &str, rest: usize, cursor: usize, takes: Takes, known: &Known<'_>) -> Completion {
    let start = rest.min(cursor);
    let begun = &text[start..cursor];
    let among = |names: Vec<&str>| {
        let mut names: Vec<&str> = names.into_iter().filter(|name| begins(name, begun)).collect();
        names.sort_unstable();
        names.dedup();
        let candidates: Vec<Candidate> = names.into_iter().map(plain).collect();
        Completion { start, candidates }
    };
    match takes {
        Takes::Nothing | Takes::Other => Completion { start, candidates: vec![] },
        Takes::Expression => {
            let found = of_code(&text[start..], cursor - start, known);
            Completion { start: found.start + start, ..found }
        }
        Takes::Topic => {
            let functions = named(known.functions).map(|function| function.name.as_str());
            let tools = catalogue().map(|(name, _)| name);
            let mut found = among(functions.chain(tools).chain(library::names()).collect());
            let commands = known.commands.iter().map(|command| format!(":{}", command.name));
            let commands = commands.filter(|name| name.starts_with(begun));
            found.candidates.extend(commands.map(|name| plain(&name)));
            found
        }
        Takes::Code => {
            let full = !begun.is_empty() && ("segue::".starts_with(begun) || begun.starts_with("segue::"));
            let name =
                |code: &Code| if full { code.name() } else { code.name().trim_start_matches("segue::") };
            among(Code::ALL.iter().map(name).collect())
        }
        Takes::Profile => among(known.profiles.iter().map(String::as_str).collect()),
    }
}

fn of_code(text: &str, cursor: usize, known: &Known<'_>) -> Completion {
    let spot = Spot::of(text, cursor);
    match spot.within {
        Within::Nothing => Completion { start: cursor, candidates: vec![] },
        Within::Text(start) => Completion { start, candidates: in_text(&spot, known) },
        Within::Code(start) => Completion { start, candidates: in_code(&spot, known) },
    }
}

/// What a string can hold.
fn in_text(spot: &Spot<'_>, known: &Known<'_>) -> Vec<Candidate> {
    let begun = spot.begun();
    let behind = &spot.text[spot.cursor..];
    let close = if behind.starts_with('"') { "" } else { "\"" };
    let texts: Vec<&str> = match spot.back(0) {
        "import" => known.library.to_vec(),
        _ => expected(spot).map(|expected| texts(&expected, known)).unwrap_or_default(),
    };
    let found = texts.into_iter().filter(|text| begins(&escaped(text), begun));
    found.map(|text| Candidate { shown: text.to_string(), written: escaped(text) + close }).collect()
}

/// The strings that are expected.
fn texts<'k>(expected: &Expected<'k>, known: &Known<'k>) -> Vec<&'k str> {
    match expected {
        Expected::Words(words) => words.clone(),
        Expected::Segment => known.segments.iter().map(String::as_str).collect(),
        Expected::Keys(keys) => keys.iter().map(|key| key.name).collect(),
        Expected::Bool => vec![],
    }
}

fn in_code(spot: &Spot<'_>, known: &Known<'_>) -> Vec<Candidate> {
    let begun = spot.begun();
    match spot.back(0) {
        "." | "?." => return members(spot, known),
        "::" => {
            let module = known.modules.iter().find(|module| module.name == spot.back(1));
            let functions = module.map(|module| named(&module.functions)).into_iter().flatten();
            let open = opens(spot);
            return functions
                .filter(|function| function.name.starts_with(begun))
                .map(|function| call(&function.name, &signature(function), open))
                .collect();
        }
        // A name is being given.
        "let" | "const" | "fn" | "for" | "as" => return vec![],
        _ => {}
    }
    let mut found = vec![];
    match expected(spot) {
        Some(Expected::Keys(keys)) => return keys_of(spot, keys),
        Some(Expected::Bool) => {
            found.extend(["true", "false"].into_iter().filter(|word| word.starts_with(begun)).map(plain));
        }
        Some(expected) => {
            let texts = texts(&expected, known).into_iter().filter(|text| begins(text, begun));
            found.extend(texts.map(|text| plain(&quoted(text))));
        }
        None => {}
    }
    if spot.around.last().is_some_and(|around| around.bracket == Bracket::Map && around.key.is_none()) {
        return found;
    }
    anything(spot, known, &mut found);
    found
}

/// Variables, functions, tools and words of the language that begin as the word at the cursor does.
fn anything(spot: &Spot<'_>, known: &Known<'_>, found: &mut Vec<Candidate>) {
    let begun = spot.begun();
    let variables = known.variables.iter().map(|variable| variable.name.as_str());
    let here = given(spot.text).into_iter().filter(|name| *name != begun);
    let modules = known.modules.iter().map(|module| module.name.as_str());
    let mut names: Vec<&str> = variables.chain(here).filter(|name| name.starts_with(begun)).collect();
    names.sort_unstable();
    names.dedup();
    found.extend(names.into_iter().map(plain));
    found.extend(modules.filter(|name| name.starts_with(begun)).map(|name| plain(&format!("{name}::"))));
    // All there is would bury what fits.
    let value = spot.around.last().is_some_and(|around| around.bracket != Bracket::Other);
    if begun.is_empty() && value {
        return;
    }
    let open = opens(spot);
    let mut calls: Vec<(&str, String)> = vec![];
    calls.extend(catalogue().map(|(name, tool)| {
        let names: Vec<String> = ordered(name, tool).collect();
        (name, format!("{name}({})", listed(&names)))
    }));
    let others = named(known.functions).filter(|function| of_catalogue(&function.name).is_none());
    calls.extend(others.map(|function| (function.name.as_str(), signature(function))));
    calls.retain(|(name, _)| name.starts_with(begun));
    calls.sort();
    calls.dedup_by_key(|(name, _)| *name);
    found.extend(calls.into_iter().map(|(name, signature)| call(name, &signature, open)));
    if !begun.is_empty() {
        found.extend(BEGINNINGS.into_iter().filter(|word| word.starts_with(begun)).map(plain));
    }
}

/// What stands behind a dot: fields of a variable, and methods.
fn members(spot: &Spot<'_>, known: &Known<'_>) -> Vec<Candidate> {
    let begun = spot.begun();
    let alone = !matches!(spot.back(2), "." | "?." | "::");
    let variable = known.variables.iter().find(|variable| alone && variable.name == spot.back(1));
    let of = variable.map(|variable| variable.of).or_else(|| of_value(spot)).filter(|of| !of.is_empty());
    let fields = variable.map(|variable| variable.fields.as_slice()).unwrap_or_default();
    let names = fields.iter().filter(|field| rhai_name(field) && field.starts_with(begun));
    let mut found: Vec<Candidate> = names.map(|name| plain(name)).collect();
    let open = opens(spot);
    let methods = named(known.functions).filter(|function| {
        let takes = function.takes.first();
        let first = match (takes, of) {
            (None, _) => false,
            (Some(None), _) => false,
            (Some(Some(takes)), Some(of)) => *takes == of,
            (Some(Some(_)), None) => true,
        };
        first && function.name.starts_with(begun)
    });
    let mut methods: Vec<(&str, String)> =
        methods.map(|function| (function.name.as_str(), method(function))).collect();
    methods.sort();
    methods.dedup_by_key(|(name, _)| *name);
    found.extend(methods.into_iter().map(|(name, signature)| call(name, &signature, open)));
    found
}

/// The type of what stands before the dot, as far as the text shows it.
fn of_value(spot: &Spot<'_>) -> Option<&'static str> {
    let last = spot.back(1);
    if last.starts_with(['"', '`']) {
        return Some("a string");
    }
    if last != ")" {
        return None;
    }
    let mut depth = 0_usize;
    for (n, token) in spot.tokens.iter().rev().enumerate().skip(1) {
        match &spot.text[token.span.clone()] {
            ")" => depth += 1,
            "(" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            let plain = !matches!(spot.back(n + 2), "." | "?." | "::");
            return tools::by_sequence(spot.back(n + 1)).filter(|_| plain).map(|_| "a lazy sequence");
        }
    }
    None
}

/// A map's keys that are still missing.
fn keys_of(spot: &Spot<'_>, keys: Vec<Key<'_>>) -> Vec<Candidate> {
    let begun = spot.begun();
    let rest = spot.text[spot.cursor..].trim_start();
    let colon = if rest.starts_with(':') && !rest.starts_with("::") { "" } else { ": " };
    let keys = keys.into_iter().filter(|key| begins(key.name, begun));
    keys.map(|key| Candidate {
        shown: if key.required { format!("{} (required)", key.name) } else { key.name.to_string() },
        written: format!("{}{colon}", key.name),
    })
    .collect()
}

/// Functions that are called by a name of their own.
fn named(functions: &[Function]) -> impl Iterator<Item = &Function> {
    functions.iter().filter(|function| rhai_name(&function.name))
}

fn rhai_name(name: &str) -> bool {
    !is_keyword(name)
        && name.chars().all(|c| c.is_alphanumeric() || c == '_')
        && name.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// The functions of the catalogue, each with the tool it calls: the tools and their sequences.
pub fn catalogue() -> impl Iterator<Item = (&'static str, &'static Tool)> {
    let sequence = |tool: &'static Tool| Some((tool.pages?.sequence, tool));
    tools::ALL.into_iter().map(|tool| (tool.name(), tool)).chain(tools::ALL.into_iter().filter_map(sequence))
}

/// The tool that a function of the catalogue calls, whether once or page by page.
pub fn of_catalogue(name: &str) -> Option<&'static Tool> {
    tools::by_name(name).or_else(|| tools::by_sequence(name))
}

/// The call's signature, with types in place of names where there are no names.
fn signature(function: &Function) -> String {
    format!("{}({})", function.name, listed(&parameters(function)))
}

fn method(function: &Function) -> String {
    let parameters = parameters(function);
    format!("{}({})", function.name, listed(parameters.get(1..).unwrap_or_default()))
}

/// What each parameter is called, or what it takes. Of one that is described, those of all under its name.
pub fn parameters(function: &Function) -> Vec<&str> {
    if let Some(described) = manual::find(&function.name).filter(|_| !function.own) {
        return described.takes.split(", ").filter(|name| !name.is_empty()).collect();
    }
    let of = |(i, takes): (usize, &Option<&'static str>)| {
        let name = function.params.get(i).map(String::as_str);
        name.or(*takes).unwrap_or("value")
    };
    function.takes.iter().enumerate().map(of).collect()
}

/// Names of parameters, of many the first.
pub fn listed<S: AsRef<str>>(names: &[S]) -> String {
    // Those that may be left out are the last, and stand in brackets.
    let needed = names.iter().filter(|name| !name.as_ref().starts_with('[')).count();
    let shown = names.len().min(MOST_NAMES.max(needed));
    let more = (shown < names.len()).then_some("…");
    names[..shown].iter().map(AsRef::as_ref).chain(more).collect::<Vec<_>>().join(", ")
}

/// Whether an open parenthesis follows the word at the cursor.
fn opens(spot: &Spot<'_>) -> bool {
    let rest = &spot.text[spot.cursor..];
    rest.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_').starts_with('(')
}

/// A call whose parenthesis is written with it, unless it is `open` already.
fn call(name: &str, signature: &str, open: bool) -> Candidate {
    let ends = signature.ends_with("()");
    let written = match (open, ends) {
        (true, _) => name.to_string(),
        (false, true) => format!("{name}()"),
        (false, false) => format!("{name}("),
    };
    Candidate { shown: signature.to_string(), written }
}

fn plain(text: &str) -> Candidate {
    Candidate { shown: text.to_string(), written: text.to_string() }
}

/// Whether a text begins so, in whichever case.
fn begins(text: &str, begun: &str) -> bool {
    let mut text = text.chars().flat_map(char::to_lowercase);
    begun.chars().flat_map(char::to_lowercase).all(|c| text.next() == Some(c))
}

/// A text as it stands between quotes.
fn escaped(text: &str) -> String {
    let quoted = quoted(text);
    quoted[1..quoted.len() - 1].to_string()
}

#[cfg(test)]
mod tests;
