//! Words and signs that Rhai keeps for itself, each with what to use.

use rhai::{LexError, ParseErrorType};

use super::Found;
use super::tokens::Around;

pub fn found(kind: &ParseErrorType, around: &Around<'_>) -> Option<Found> {
    let at = around.byte;
    let word = match kind {
        ParseErrorType::Reserved(word) | ParseErrorType::UnknownOperator(word) => word.as_str(),
        ParseErrorType::BadInput(LexError::ImproperSymbol(symbol, _)) => symbol.as_str(),
        ParseErrorType::BadInput(LexError::UnexpectedInput(input)) => return character(around, input),
        _ => return None,
    };
    let new = |message: String, label: &str, help: &str| Some(Found::new(at, message, label).help(help));
    let no_such = |help: &str| new(format!("Rhai has no `{word}`"), "not in Rhai", help);
    let name = || {
        let help = format!("take another name, such as `{word}_`");
        new(format!("`{word}` is a word Rhai keeps for itself"), "can't be a name", &help)
    };
    if let Some(help) = property(word, around) {
        return new(format!("`{word}` is a word Rhai keeps for itself"), "can't stand alone here", &help);
    }
    // Where a name is given, the word was meant as one.
    let parameter = around.back(1) == "(" && around.back(3) == "fn";
    if (parameter || matches!(around.back(1), "let" | "const" | "fn" | "for" | "as" | "|" | "," | "::"))
        && rhai::is_valid_identifier(word)
        && word != "null"
        && word != "nil"
        && word != "new"
        || word == "new" && around.back(1) == "let"
    {
        return name();
    }
    match word {
        "=" => new("`=` sets a variable, and can't stand here".into(), "sets", "`==` compares"),
        "eval" => new(
            "`eval` is turned off: a script is read as a whole before it runs".into(),
            "turned off",
            "put what varies into a function, or a closure: let f = |x| x + 1; f.call(1)",
        ),
        "this" => new(
            "`this` stands outside of a function".into(),
            "nothing to stand for",
            "only a function called as a method has a `this`",
        ),
        "++" | "--" => {
            let sign = &word[..1];
            let name = match around.back_kind(1) {
                Some(super::super::scan::Kind::Word) => around.back(1),
                _ => around.next(1),
            };
            if word == "--" && around.index == around.first() && around.text[at + 2..].starts_with(' ') {
                return no_such("a comment begins with `//`");
            }
            let name = if rhai::is_valid_identifier(name) { name } else { "x" };
            no_such(&format!("write {name} {sign}= 1"))
        }
        "#" => no_such("a comment begins with `//`; a map is written #{ key: value }"),
        "?" => no_such("choose with `if`: let x = if a { b } else { c }; `a ?? b` takes b where a is ()"),
        "===" => no_such("`==` compares, and 1 == \"1\" is false"),
        "!==" => no_such("`!=` compares"),
        ":=" => no_such("`let x = 1;` declares a variable, `x = 2;` sets it"),
        "->" if around.text[..at].trim_end().ends_with(')') => {
            no_such("a function doesn't declare what it gives back: fn f(x) { … }")
        }
        "->" => no_such("a property or a method stands behind a dot: person.email"),
        "..." => no_such("an array is joined with `+`: a + b; a function has as many parameters as it names"),
        "~" | "@" => no_such("`!` negates a boolean, `^` is for bits"),
        "$" => no_such("a text in backticks takes values: `hello ${name}`"),
        "null" | "nil" | "void" => no_such("`()` stands for nothing: x == () asks for it"),
        "var" => no_such("`let` declares a variable"),
        "match" | "case" | "default" => no_such("switch x { 1 => a(), 2 => b(), _ => c() }"),
        "async" | "await" => {
            no_such("calls wait by themselves; parallel(8, items, |x| …) makes several at once")
        }
        "spawn" | "thread" | "go" => {
            no_such("parallel(8, items, |x| …) makes calls of several items at once")
        }
        "new" if around.next(1) == "Date" => no_such("now() is the time, in seconds since 1970"),
        "new" => no_such("a map is made with #{ key: value }, and nothing else needs to be made"),
        "use" | "package" | "module" => {
            no_such("import \"people\" as people; loads people.rhai beside the script")
        }
        "public" | "protected" => {
            no_such("functions are public; `private fn` hides one from who imports the script")
        }
        "static" => no_such("`const` declares what doesn't change"),
        "super" => no_such("there are no classes; a map holds values and closures: #{ name: \"x\" }"),
        "yield" => no_such("collect into an array with `push`, and give that back"),
        "with" => no_such("files are read whole: read_lines(\"people.txt\")"),
        "goto" | "exit" => no_such("`break` leaves a loop, `return` a function"),
        "is" => no_such("`==` compares"),
        "print" | "debug" | "type_of"
            if matches!(around.back(1), "(" | "," | "=") && matches!(around.next(1), ")" | "," | ";") =>
        {
            new(
                format!("`{word}` is a function, and no value by itself"),
                "not a value",
                &format!("a closure that calls it is one: |x| {word}(x)"),
            )
        }
        "print" | "debug" | "type_of" | "call" | "curry" | "Fn" => new(
            format!("`{word}` is a function, and stands here without its parentheses"),
            "called without parentheses",
            &format!("write {word}(…)"),
        ),
        word if rhai::is_valid_identifier(word) => name(),
        _ => no_such("take it away"),
    }
}

/// How to write such a word where it is the key of a map: in a literal, or behind a dot.
fn property(word: &str, around: &Around<'_>) -> Option<String> {
    if !rhai::is_valid_identifier(word) {
        return None;
    }
    match around.back(1) {
        "#{" | "," if around.next(1) == ":" => {
            Some(format!("as a key it stands in quotes: \"{word}\": {}", around.value(2)))
        }
        "." | "?." if around.next(1) != "(" => {
            Some(format!("as a key it stands in brackets: {}[\"{word}\"]", around.owner(2)))
        }
        _ => None,
    }
}

/// Characters that look right in an editor and mean nothing to Rhai.
fn character(around: &Around<'_>, input: &str) -> Option<Found> {
    let c = input.chars().next()?;
    let new =
        |message: &str, label: &str, help: &str| Some(Found::new(around.byte, message, label).help(help));
    match c {
        '“' | '”' | '„' | '«' | '»' => new(
            &format!("`{c}` is a quote of printed text, not of a script"),
            "not a quote of Rhai's",
            "write \"…\" with the straight quotes of a keyboard; text copied from a document often has the others",
        ),
        '‘' | '’' | '‚' | '´' => new(
            &format!("`{c}` is a quote of printed text, not of a script"),
            "not a quote of Rhai's",
            "a string has straight double quotes: \"…\"",
        ),
        '–' | '—' | '−' => {
            new(&format!("`{c}` is a dash of printed text"), "not a minus", "a minus is `-`")
        }
        '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{3000}' => new(
            &format!("a space of another kind (U+{:04X}) stands here", u32::from(c)),
            "this space",
            "put a plain space in its place; text copied from a page often has the other",
        ),
        '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{2060}' => new(
            &format!("a sign that nobody sees (U+{:04X}) stands here", u32::from(c)),
            "here",
            "delete it, with what is beside it, and write that again",
        ),
        c if c.is_alphabetic() && !c.is_ascii() => new(
            &format!("a name can't have `{c}`"),
            "not in a name",
            "names have letters from a to z, digits and `_`; in strings everything goes",
        ),
        _ => None,
    }
}
