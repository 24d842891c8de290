//! What isn't Rhai, said so that it can be mended.
//!
//! Rhai says which token it didn't expect. Where a person has to look, and what was meant, is read from
//! the tokens around it.

mod brackets;
mod habits;
mod items;
mod reserved;
#[cfg(test)]
mod tests;
mod tokens;

use rhai::{LexError, ParseErrorType, Position};

use super::failure::at_byte;
use super::scan::{Kind, Token, Unclosed, offset, whole};
use crate::fault::{At, Code, Fault, Place};
use tokens::Around;

/// What is wrong, the byte to look at, and other bytes that it has to do with.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Found {
    message: String,
    label: String,
    help: Option<String>,
    at: usize,
    also: Vec<(usize, String)>,
}

impl Found {
    fn new(at: usize, message: impl Into<String>, label: impl Into<String>) -> Found {
        Found { message: message.into(), label: label.into(), help: None, at, also: vec![] }
    }

    fn help(self, help: impl Into<String>) -> Found {
        Found { help: Some(help.into()), ..self }
    }

    fn also(mut self, at: usize, label: impl Into<String>) -> Found {
        self.also.push((at, label.into()));
        self
    }
}

/// A text that can't be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    pub fault: Fault,
    pub place: Place,
    /// Other places it has to do with, each with what to say there.
    pub also: Vec<(Place, String)>,
}

/// The fault of a parse error at `at` in `text`, which came from the file `source`.
pub fn fault(kind: &ParseErrorType, source: &str, text: &str, at: Position) -> Unread {
    let mut place = super::failure::place(Some(source), at);
    let found = offset(text, &place).map(|byte| read(kind, text, byte));
    let (fault, also) = match found {
        Some(found) => {
            let at = |byte| at_byte(source, text, byte);
            place = at(found.at);
            let also = found.also.iter().map(|(byte, label)| (at(*byte), label.clone())).collect();
            (faulty(found), also)
        }
        None => {
            let message = super::failure::lower(&kind.to_string());
            (Fault::new(Code::ScriptParse, At::Call, message).label("here"), vec![])
        }
    };
    Unread { fault, place, also }
}

/// What Rhai takes and nobody means: a comment without an end, which swallows the rest, and a whole
/// number that would lose its last digits.
pub fn silent(source: &str, text: &str) -> Option<Unread> {
    let scanned = whole(text);
    let found = if let Some(Unclosed::Comment(at)) = scanned.unclosed {
        Found::new(at, "a comment is never closed, and the rest of the file is in it", "begins here")
            .help("`*/` ends it; each `/*` inside needs its own")
    } else {
        let too_large = |digits: &str| {
            let digits = digits.replace('_', "");
            digits.bytes().all(|byte| byte.is_ascii_digit()) && digits.parse::<rhai::INT>().is_err()
        };
        let number = |token: &&Token| token.kind == Kind::Number && too_large(&text[token.span.clone()]);
        let number = scanned.tokens.iter().find(number)?;
        Found::new(number.span.start, "the number is too large: its last digits would be lost", "too large")
            .help(format!("whole numbers go to {}; write an id as a string, in quotes", rhai::INT::MAX))
    };
    let place = at_byte(source, text, found.at);
    Some(Unread { fault: faulty(found), place, also: vec![] })
}

fn faulty(found: Found) -> Fault {
    let fault = Fault::new(Code::ScriptParse, At::Call, found.message).label(found.label);
    match found.help {
        Some(help) => fault.help(help),
        None => fault,
    }
}

fn read(kind: &ParseErrorType, text: &str, byte: usize) -> Found {
    let scanned = whole(text);
    let around = Around::new(text, &scanned.tokens, byte);
    if let ParseErrorType::BadInput(LexError::UnterminatedString) = kind {
        return unclosed_text(text, byte, scanned.unclosed);
    }
    // What was meant comes before what is missing: a bracket can look open because of a slip inside.
    habits::found(kind, &around)
        .or_else(|| reserved::found(kind, &around))
        .or_else(|| brackets::found(kind, &around))
        .or_else(|| literals(kind, &around))
        .unwrap_or_else(|| rest(kind, &around))
}

fn unclosed_text(text: &str, byte: usize, unclosed: Option<Unclosed>) -> Found {
    match unclosed {
        Some(Unclosed::Hole(at)) => {
            Found::new(at, "a `${` in this text is never closed", "`}` is missing behind what it holds")
        }
        Some(Unclosed::Text(at)) if text[at..].starts_with('`') => {
            Found::new(at, "a text in backticks is never closed", "begins here")
                .help("close it with another backtick")
        }
        _ => {
            let at = match unclosed {
                Some(Unclosed::Text(at)) => at,
                _ => byte,
            };
            let quote = text[at..].chars().next().unwrap_or('"');
            let end = text[at..].find('\n').map_or(text.len(), |end| at + text[at..][..end].trim_end().len());
            let help = match quote {
                '\'' => "single quotes hold one character; a string has double quotes: \"…\"",
                _ => "close it with `\"`; a text over several lines stands in backticks",
            };
            let found = Found::new(at, "a string is never closed", "begins here").help(help);
            if end > at + 1 { found.also(end, "the line ends inside it") } else { found }
        }
    }
}

/// What is wrong inside one literal.
fn literals(kind: &ParseErrorType, around: &Around<'_>) -> Option<Found> {
    let ParseErrorType::BadInput(lexed) = kind else { return None };
    let at = around.byte;
    Some(match lexed {
        LexError::MalformedChar(inside) if inside.is_empty() => {
            Found::new(at, "a character is empty", "nothing between the quotes")
                .help("an empty string is \"\"")
        }
        LexError::MalformedChar(inside) => {
            Found::new(at, "single quotes hold one character", "more than one character")
                .help(format!("a string has double quotes: \"{inside}\""))
        }
        LexError::MalformedEscapeSequence(sequence) => {
            let slash = around.text[..at].rfind('\\').unwrap_or(at);
            let shown: String = sequence.chars().take(2).collect();
            Found::new(slash, format!("`{shown}` means nothing in a string"), "no such escape").help(
                "a backslash itself is written `\\\\`; there are \\n, \\r, \\t, \\\", \\xHH, \\uHHHH and \\UHHHHHHHH",
            )
        }
        LexError::MalformedNumber(_) => Found::new(at, "this is no number", "no number")
            .help("whole numbers: 42, 1_000, 0xFF, 0b101; with a point: 1.5, 2e3"),
        LexError::StringTooLong(max) => {
            Found::new(at, format!("a string is longer than {max} bytes"), "too long")
        }
        _ => return None,
    })
}

/// What is left: Rhai's words where they are clear, ours where not.
fn rest(kind: &ParseErrorType, around: &Around<'_>) -> Found {
    let at = around.byte;
    let here = around.here();
    let new = |message: String, label: &str| Found::new(at, message, label);
    match kind {
        ParseErrorType::MissingToken(token, _) if token == ";" => {
            let end = around.end_before();
            if around.same_line() {
                let message = "two things stand side by side with nothing between them";
                return Found::new(at, message, "not expected here")
                    .help("a statement ends with `;`; a call has parentheses; text is put together with `+`");
            }
            Found::new(end, "a statement has no `;` at its end", "`;` is missing here")
        }
        ParseErrorType::MissingToken(token, of) if token == "," => {
            let what = if of.contains("array") {
                "items"
            } else if of.contains("map") {
                "the pairs of a map"
            } else if of.contains("parameters") {
                "parameters"
            } else if of.contains("switch") {
                "the cases of a `switch`"
            } else {
                "arguments"
            };
            Found::new(around.end_before(), format!("{what} have a `,` between them"), "`,` is missing here")
        }
        ParseErrorType::MissingToken(token, of) if token == ":" && of.contains("map") => {
            let found = Found::new(around.end_before(), "a key of a map has no value", "`:` and a value are missing here");
            match here {
                "=" => found.help("a pair is written `key: value`"),
                "-" => found.help("a key with other signs than letters, digits and `_` stands in quotes: \"my-key\": 1"),
                _ => found.help("a pair is written `key: value`"),
            }
        }
        ParseErrorType::MissingToken(token, of) if token == "{" && of.contains("block") => {
            let found = new("a block needs braces".into(), "`{` is missing before this");
            found.help("`if`, `while`, `for` and their like take a block, also of one statement: if x > 1 { print(x); }")
        }
        ParseErrorType::MissingToken(token, _) if token == "catch" => {
            new("a `try` has no `catch`".into(), "`catch` is missing before this").help("try { … } catch (error) { … }")
        }
        ParseErrorType::MissingToken(token, _) if token == "in" => {
            new("this `for` has no `in`".into(), "`in` is missing before this").help("for person in people { … }")
        }
        ParseErrorType::MissingToken(token, _) => {
            let found = new(format!("`{token}` is missing"), "before this");
            if here.is_empty() { Found { at: around.end_before(), label: "here".into(), ..found } } else { found }
        }
        ParseErrorType::BadInput(LexError::UnexpectedInput(_)) if matches!(around.back(1), "=" | "+" | "-" | "*" | "/" | "%" | "==" | "!=" | "<" | ">" | "<=" | ">=" | "&&" | "||" | "??" | "+=" | "-=") => {
            Found::new(around.start(1), format!("nothing stands behind `{}`", around.back(1)), "a value is missing behind this")
        }
        ParseErrorType::BadInput(LexError::UnexpectedInput(input)) if input == "else" => {
            let found = new("this `else` belongs to no `if`".into(), "no `if` before it");
            if around.back(1) == ";" { found.help("no `;` between the block of an `if` and its `else`") } else { found }
        }
        ParseErrorType::BadInput(LexError::UnexpectedInput(input)) if input == "catch" => {
            new("this `catch` belongs to no `try`".into(), "no `try` before it").help("try { … } catch (error) { … }")
        }
        ParseErrorType::BadInput(LexError::UnexpectedInput(input)) => {
            new(format!("`{input}` can't stand here"), "not expected here")
        }
        ParseErrorType::VariableExpected => new("a name is missing".into(), "no name").help(
            "a name has letters from a to z, digits and `_`, doesn't begin with a digit, and is no word of Rhai's",
        ),
        ParseErrorType::PropertyExpected => new("a name is missing behind the dot".into(), "no name"),
        ParseErrorType::ExprExpected(what) if what == "a boolean" => {
            new("something is missing before the block".into(), "a value is missing before this")
        }
        ParseErrorType::DuplicatedProperty(name) => {
            let found = new(format!("the map has `{name}` twice"), "again here");
            match around.key_before(name) {
                Some(first) => found.also(first, "first here"),
                None => found,
            }
        }
        ParseErrorType::FnDuplicatedParam(function, name) => {
            new(format!("`{function}` has two parameters `{name}`"), "the second")
        }
        ParseErrorType::FnDuplicatedDefinition(name, parameters) => {
            let with = crate::fault::counted(*parameters as u64, "parameter");
            let found = new(format!("there are two functions `{name}` with {with}"), "the second")
                .help("give one another name, or another number of parameters");
            let found = Found { at: around.after("fn").unwrap_or(at), ..found };
            match around.function_before(name, *parameters, found.at) {
                Some(first) => found.also(first, "the first"),
                None => found,
            }
        }
        ParseErrorType::FnMissingName => new("a function has no name".into(), "a name is missing before this")
            .help("fn name(x) { … }; one without a name is a closure: |x| x + 1"),
        ParseErrorType::FnMissingParams(name) => new(format!("`{name}` has no parentheses"), "missing before this")
            .help(format!("a function without parameters is fn {name}() {{ … }}")),
        ParseErrorType::FnMissingBody(name) => new(format!("`{name}` has no block"), "`{` is missing before this")
            .help(format!("fn {name}(…) {{ … }}")),
        ParseErrorType::WrongFnDefinition => new("a function stands inside a block".into(), "not here")
            .help("write it outside of all braces, or make it a closure: let f = |x| x + 1;"),
        ParseErrorType::WrongDocComment => new("`///` describes a function, and none follows".into(), "no function behind it")
            .help("`//` begins a comment anywhere, `//!` one about the whole script"),
        ParseErrorType::WrongExport => new("`export` stands inside a block".into(), "not here"),
        ParseErrorType::LoopBreak => {
            let word = here.to_string();
            let found = new(format!("`{word}` stands outside of a loop"), "no loop around it");
            if around.in_closure() {
                found.help("`return` ends a closure or a function")
            } else {
                found.help("`return` ends a function, `exit()` the script")
            }
        }
        ParseErrorType::AssignmentToConstant(name) if !name.is_empty() => {
            new(format!("`{name}` is a constant, and can't be set"), "set here")
                .help("declare it with `let` if it changes")
        }
        ParseErrorType::AssignmentToConstant(_) | ParseErrorType::AssignmentToInvalidLHS(_) => {
            new("only a variable, a property or an item can be set".into(), "this can't be set")
                .help("`==` compares")
        }
        ParseErrorType::ExprTooDeep => new("this is nested too deep".into(), "too deep").help("give parts of it names with `let`"),
        ParseErrorType::MismatchedType(needed, is) if needed.contains("boolean") => {
            new(format!("true or false is needed here, and this is {is}"), &format!("this is {is}"))
                .help("compare it: x != 0, x != \"\", x != ()")
        }
        ParseErrorType::MismatchedType(needed, is) if needed.contains("iterable") => {
            new(format!("`for` can't go through {is}"), &format!("this is {is}"))
                .help("it goes through an array, a range or a sequence: 0..5 counts from 0 to 4")
        }
        other => new(super::failure::lower(&other.to_string()), "here"),
    }
}
