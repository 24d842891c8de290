//! What people write by the habit of another language, told from the words they wrote.

use rhai::{LexError, ParseErrorType};

use super::super::scan::Kind;
use super::Found;
use super::items::{list, slice};
use super::tokens::Around;

pub fn found(kind: &ParseErrorType, around: &Around<'_>) -> Option<Found> {
    match kind {
        ParseErrorType::MissingToken(token, _) if token == ";" => statement(around),
        ParseErrorType::MissingToken(token, of) if token == "{" && of.contains("block") => block(around),
        ParseErrorType::MissingToken(token, of) if token == "," || token == "in" || token == ")" => {
            list(around, of)
        }
        ParseErrorType::MissingToken(token, _)
            if token == "catch" && ["except", "rescue"].contains(&around.here()) =>
        {
            Some(
                at_here(around, &format!("`{}` is `catch` in Rhai", around.here()), "`catch` here")
                    .help("try { … } catch (error) { … }"),
            )
        }
        ParseErrorType::MissingToken(token, _) if token == "=>" && around.here() == ":" => {
            Some(at_here(around, "a case of a `switch` has `=>`", "`=>` here").help(SWITCH))
        }
        ParseErrorType::MissingToken(token, _) if token == "while" => Some(
            at_here(around, "a `do` block has no `while` or `until`", "missing before this")
                .help("do { … } while x < 3; an `if` or a closure gives a value without it"),
        ),
        ParseErrorType::VariableExpected => variable(around),
        ParseErrorType::MissingToken(token, of) if token == "]" && of.contains("index") => slice(around),
        ParseErrorType::MismatchedType(..) if around.next(1) == "not" && around.next(2) == "in" => {
            operator(around, around.index + 1)
        }
        ParseErrorType::ExprExpected(what) if what.ends_with("literal") => {
            let here = around.here();
            let no_such = |other| at_here(around, &format!("a `switch` has no `{here}`"), other);
            let found = match here {
                "default" => no_such("`_ =>` stands for all other values"),
                "case" => no_such("a case is `value => what`, without a word"),
                _ => {
                    at_here(around, "a case of a `switch` is a value that is written out", "not such a value")
                }
            };
            Some(found.help(SWITCH))
        }
        ParseErrorType::FnMissingBody(_) if around.here() == "->" => Some(
            at_here(around, "a function doesn't declare what it gives back", "not in Rhai")
                .help("fn f(x) { … }"),
        ),
        ParseErrorType::BadInput(LexError::UnexpectedInput(input)) => {
            match (input.as_str(), around.back(1)) {
                ("fn", _) => Some(closure(around, around.byte, "fn")),
                (_, "<>") => Some(
                    Found::new(around.start(1), "Rhai has no `<>`", "not in Rhai")
                        .help("`!=` asks whether two differ"),
                ),
                _ => None,
            }
        }
        ParseErrorType::PropertyExpected if around.here().starts_with(|c: char| c.is_alphabetic()) => {
            let name = around.here();
            let other = name.chars().find(|c| !c.is_ascii_alphanumeric() && *c != '_')?;
            let help = format!("as a key it stands in brackets: {}[\"{name}\"]", around.owner(2));
            Some(at_here(around, &format!("a name can't have `{other}`"), "not a name").help(help))
        }
        ParseErrorType::PropertyExpected
            if around.kind(around.index) == Some(Kind::Number)
                || around.back_kind(1) == Some(Kind::Number) =>
        {
            Some(
                Found::new(around.byte, "a number has one point", "the second point")
                    .help("a version or an address is a string: \"1.2.3\""),
            )
        }
        _ => None,
    }
}

const SWITCH: &str = "switch x { 1 => a(), 2 | 3 => b(), _ => c() }";
pub const COUNTS: &str = "a `for` goes through values, and doesn't count by itself";
pub const LOOP: &str = "for i in 0..10 { … } counts from 0 to 9, 0..=10 to 10";

pub fn at_here(around: &Around<'_>, message: &str, label: &str) -> Found {
    Found::new(around.byte, message, label)
}

pub fn closure(around: &Around<'_>, at: usize, word: &str) -> Found {
    let name = around.text[at..].starts_with(word);
    Found::new(
        at,
        "a function without a name is a closure in Rhai",
        if name { "not in Rhai" } else { "here" },
    )
    .help("parameters stand between bars: |x| x + 1, or |x, y| { … }")
}

fn python_block(around: &Around<'_>) -> Found {
    Found::new(around.byte, "a block stands in braces", "no `:` here")
        .help("if x > 1 { print(x); }; line ends and indents mean nothing")
}

pub fn operator(around: &Around<'_>, index: usize) -> Option<Found> {
    let (word, sign) = match around.says(index) {
        "and" => ("and", "&&"),
        "or" => ("or", "||"),
        "not" => ("not", "!"),
        "is" if around.says(index + 1) == "not" => ("is not", "!="),
        "is" => ("is", "=="),
        "xor" => ("xor", "^"),
        _ => return None,
    };
    let at = around.begins(index);
    let found = Found::new(at, format!("`{word}` is `{sign}` in Rhai"), format!("`{sign}` here"));
    Some(match word {
        "not" if around.says(index + 1) == "in" => {
            let simple = |index: usize, other| match around.kind(index) {
                Some(Kind::Word | Kind::Text | Kind::Number) => around.says(index),
                _ => other,
            };
            let (what, list) = (simple(index.wrapping_sub(1), "x"), simple(index + 2, "list"));
            found.help(format!("`!` stands before the whole: if !({what} in {list}) {{ … }}"))
        }
        "not" => found.help("without a space: !x"),
        _ => found,
    })
}

/// Where a statement should have ended.
fn statement(around: &Around<'_>) -> Option<Found> {
    let first = around.first();
    let (here, back) = (around.here(), around.back(1));
    let opening = around.says(first);
    let at_first = around.begins(first);
    if matches!(opening, "elif" | "elsif" | "elseif") {
        return Some(Found::new(at_first, format!("`{opening}` is `else if` in Rhai"), "`else if` here"));
    }
    if back == "finally" {
        return Some(
            Found::new(around.start(1), "a `try` has no `finally`", "not in Rhai")
                .help("what comes behind the `catch` block is done either way, unless that throws"),
        );
    }
    if let Some(found) =
        operator(around, around.index).or_else(|| operator(around, around.index.checked_sub(1)?))
    {
        return Some(found);
    }
    if back == "lambda" || around.back(2) == "lambda" {
        let n = if back == "lambda" { 1 } else { 2 };
        return Some(closure(around, around.start(n), "lambda"));
    }
    let words = first..around.index;
    if let Some(word) =
        words.clone().find(|index| matches!(around.says(*index), "function" | "func") && *index > first)
    {
        return Some(closure(around, around.begins(word), around.says(word)));
    }
    match opening {
        "def" | "function" | "func" | "fun" | "sub" | "proc" | "defn" if around.index > first => {
            return Some(
                Found::new(at_first, format!("`{opening}` is `fn` in Rhai"), "`fn` here")
                    .help("fn name(x) { … }"),
            );
        }
        "class" | "struct" | "enum" | "interface" | "trait" | "type" | "impl"
            if around.index == first + 1 =>
        {
            return Some(
                Found::new(at_first, format!("Rhai has no `{opening}`"), "not in Rhai")
                    .help("a map holds what belongs together: let person = #{ id: \"u-1\", plan: \"pro\" };"),
            );
        }
        "foreach" if around.index > first => {
            return Some(
                Found::new(at_first, "`foreach` is `for` in Rhai", "`for` here")
                    .help("for person in people { … }"),
            );
        }
        "unless" if around.index > first => {
            return Some(
                Found::new(at_first, "Rhai has no `unless`", "not in Rhai").help("if !(x > 1) { … }"),
            );
        }
        "from" if around.index == first + 1 => return Some(imported(around, at_first)),
        "import" if matches!(here, "from" | ",") || around.says(first + 1) == "{" => {
            return Some(imported(around, at_first));
        }
        "include" | "require" | "using" if around.index == first + 1 => {
            return Some(imported(around, at_first));
        }
        "del" | "delete" if around.index == first + 1 => {
            return Some(
                Found::new(at_first, format!("Rhai has no `{opening}`"), "not in Rhai")
                    .help("map.remove(\"key\") takes a key away, array.remove(0) an item"),
            );
        }
        _ => {}
    }
    // Its own braces came to be the statement's opening.
    if first > 0 && around.says(first - 1) == "{" {
        let brace = first - 1;
        let before = brace.checked_sub(1).map_or("", |index| around.says(index));
        let key = matches!(around.kind(first), Some(Kind::Word | Kind::Text)) && around.index == first + 1;
        if here == ":" && key && matches!(before, "=" | "(" | "," | "[" | "return" | ":" | "??" | "=>") {
            return Some(
                Found::new(around.begins(brace), "a map begins with `#{`", "a block begins here")
                    .help("put a `#` before the brace: #{ key: value }"),
            );
        }
        if brace >= 1 && before == "import" {
            return Some(imported(around, around.begins(brace - 1)));
        }
    }
    if around.says(first.wrapping_sub(2)) == "import" || (opening == "from" && first >= 1) {
        return Some(imported(around, at_first));
    }
    match here {
        "=>" => return Some(closure(around, around.byte, "=>")),
        ":" if matches!(opening, "let" | "const") => {
            return Some(
                at_here(around, "a variable declares no type", "no type here")
                    .help("let x = 1; its type is that of its value"),
            );
        }
        ":" if matches!(opening, "if" | "while" | "for" | "else" | "try" | "def" | "class" | "elif") => {
            return Some(python_block(around));
        }
        "," if matches!(opening, "let" | "const") || back == opening => {
            return Some(
                at_here(around, "one variable at a time", "no second one here")
                    .help("let a = 1; let b = 2; `let t = a; a = b; b = t;` swaps two"),
            );
        }
        "as" => {
            return Some(at_here(around, "Rhai has no `as` to change a type", "not in Rhai").help(
                "x.to_int(), x.to_float(), x.to_string(); parse_int(\"42\") reads a number from a text",
            ));
        }
        "-" if opening == "let" && around.index == first + 2 => {
            return Some(
                Found::new(around.byte, "a name can't have a `-`", "not in a name")
                    .help("write `_` in its place"),
            );
        }
        _ => {}
    }
    let text_here = around.kind(around.index) == Some(Kind::Text);
    if text_here && around.joined() && matches!(back, "f" | "F" | "r" | "b" | "u" | "rf" | "fr") {
        let found = Found::new(around.start(1), format!("a string has no `{back}` before it"), "not in Rhai");
        return Some(match back {
            "f" | "F" => found.help("a text in backticks takes values: `hello ${name}`"),
            "r" => found.help("a string without escapes: #\"C:\\folder\"#"),
            _ => found.help("take the letter away"),
        });
    }
    if let Some(found) = unit(around) {
        return Some(found);
    }
    let value = matches!(around.kind(around.index), Some(Kind::Word | Kind::Text | Kind::Number));
    if value
        && around.same_line()
        && around.index == first + 1
        && around.kind(first) == Some(Kind::Word)
        && !KEYWORDS.contains(&opening)
    {
        let help = match opening {
            "echo" | "puts" | "printf" | "println" | "say" => format!("print({here})"),
            "raise" => format!("throw {here}"),
            "assert" => format!("if !({here}) {{ throw \"…\" }}"),
            "int" | "string" | "str" | "float" | "bool" | "auto" | "val" | "var" | "mut" | "my" | "set" => {
                format!("let {here} = …; declares a variable")
            }
            _ => format!("a call has parentheses: {opening}({here})"),
        };
        return Some(
            Found::new(
                around.byte,
                format!("nothing joins `{opening}` and what follows"),
                "not expected here",
            )
            .help(help),
        );
    }
    None
}

/// A word right behind a number, such as the `m` of `5m`.
pub fn unit(around: &Around<'_>) -> Option<Found> {
    let number = around.back_kind(1) == Some(Kind::Number) && around.joined();
    (number && around.kind(around.index) == Some(Kind::Word)).then(|| {
        at_here(around, "a number has no unit", "not part of a number")
            .help("times are in seconds: 5 * 60 for five minutes; a name doesn't begin with a digit")
    })
}

const KEYWORDS: [&str; 12] =
    ["let", "const", "if", "else", "while", "for", "return", "throw", "import", "export", "break", "loop"];

fn imported(around: &Around<'_>, at: usize) -> Found {
    // It may begin before the braces.
    let row = around.text[..at].rfind('\n').map_or(0, |end| end + 1);
    let at = around.text[row..at].find("import").map_or(at, |found| row + found);
    let word = around.text[at..].split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    let label = if word == "import" { "not this way" } else { "not in Rhai" };
    Found::new(at, "a module is imported as a whole, under a name", label)
        .help("import \"people\" as people; then people::join(…)")
}

/// Where a block should have begun.
fn block(around: &Around<'_>) -> Option<Found> {
    let first = around.first();
    let (here, back) = (around.here(), around.back(1));
    if let Some(found) =
        operator(around, around.index).or_else(|| operator(around, around.index.checked_sub(1)?))
    {
        return Some(found);
    }
    match here {
        ":" => return Some(python_block(around)),
        "then" | "do" => {
            return Some(
                at_here(around, &format!("a block begins with `{{`, not with `{here}`"), "`{` here")
                    .help("if x > 1 { print(x); }"),
            );
        }
        "=" => {
            return Some(
                at_here(around, "`=` sets a variable, and can't stand here", "sets").help("`==` compares"),
            );
        }
        _ => {}
    }
    if back == "catch" {
        return Some(
            at_here(around, "the name of the error stands in parentheses", "`(` is missing before this")
                .help(format!("try {{ … }} catch ({here}) {{ … }}")),
        );
    }
    if around.says(first) == "switch" {
        return None;
    }
    if matches!(back, "&&" | "||" | "==" | "!=" | "<" | ">" | "<=" | ">=" | "+" | "-" | "!") {
        return Some(Found::new(
            around.start(1),
            format!("nothing stands behind `{back}`"),
            "a value is missing behind this",
        ));
    }
    None
}

/// Where a name should stand.
fn variable(around: &Around<'_>) -> Option<Found> {
    let (here, back) = (around.here(), around.back(1));
    let declares = matches!(here, "let" | "const" | "var");
    if declares && (back == "for" || around.back(2) == "for") {
        let counts = (1..=4).any(|n| around.next(n) == "=");
        if counts {
            return Some(at_here(around, COUNTS, "not this way").help(LOOP));
        }
        let message = format!("a `for` declares its variable without `{here}`");
        return Some(at_here(around, &message, "take this away").help("for person in people { … }"));
    }
    match here {
        "(" | "[" | "{" if matches!(back, "let" | "const") => Some(
            at_here(around, "a value isn't taken apart where it is declared", "one name here")
                .help("let pair = [1, 2]; let a = pair[0]; let b = pair[1];"),
        ),
        "fn" if back == "export" => Some(
            Found::new(around.start(1), "`export` is for variables", "take this away")
                .help("functions are exported by themselves; `private fn` hides one"),
        ),
        _ if around.kind(around.index) == Some(Kind::Number) => Some(
            at_here(around, "a name can't begin with a digit", "begins with a digit")
                .help("names have letters from a to z, digits and `_`"),
        ),
        "in" if back == "for" => Some(
            at_here(around, "this `for` has no variable", "its name is missing before this")
                .help("for person in people { … }"),
        ),
        _ if here == back => Some(at_here(around, &format!("`{here}` stands here twice"), "take this away")),
        _ if rhai::is_valid_identifier(here) => Some(
            Found::new(around.byte, format!("`{here}` is a word Rhai keeps for itself"), "can't be a name")
                .help(format!("take another name, such as `{here}_`")),
        ),
        _ => None,
    }
}
