//! What isn't Rhai, said so that it can be mended.

use rhai::{LexError, ParseErrorType, Position};

use crate::fault::{At, Code, Fault};

/// The fault of a parse error at `at`; `text` is the source it is in, where that is known.
pub fn fault(kind: &ParseErrorType, text: &str, at: Position) -> Fault {
    let seen = Seen::new(text, at);
    let (message, help) = match kind {
        ParseErrorType::BadInput(LexError::ImproperSymbol(symbol, _)) if symbol == "=" => {
            ("`=` sets a variable, and can't stand here".to_string(), Some("`==` compares".to_string()))
        }
        ParseErrorType::BadInput(LexError::ImproperSymbol(symbol, _)) if symbol == "eval" => (
            "`eval` is turned off: a script is read as a whole before it runs".to_string(),
            Some("put what varies into a function, or a closure: let f = |x| x + 1; f.call(1)".to_string()),
        ),
        kind => (super::failure::lower(&kind.to_string()), help(kind, &seen)),
    };
    let fault = Fault::new(Code::ScriptParse, At::Call, message).label("here");
    match help {
        Some(help) => fault.help(help),
        None => fault,
    }
}

/// What stands around an error.
struct Seen {
    /// The line up to the place.
    before: String,
    /// All from the place on.
    after: String,
}

impl Seen {
    fn new(text: &str, at: Position) -> Seen {
        let (line, column) = (at.line().unwrap_or(1), at.position().unwrap_or(1));
        let mut lines = text.lines().skip(line - 1);
        let here = lines.next().unwrap_or_default();
        let rest: Vec<&str> = lines.collect();
        let after: String = here.chars().skip(column - 1).collect();
        Seen {
            before: here.chars().take(column - 1).collect(),
            after: format!("{after}\n{}", rest.join("\n")),
        }
    }

    fn ends(&self) -> bool {
        self.after.trim().is_empty()
    }

    fn has_before(&self, word: &str) -> bool {
        self.before.split(|c: char| !c.is_alphanumeric() && c != '_').any(|other| other == word)
    }
}

fn help(kind: &ParseErrorType, seen: &Seen) -> Option<String> {
    let close = |bracket: &str| format!("a bracket before this is never closed: `{bracket}` is missing");
    Some(match kind {
        ParseErrorType::MissingToken(token, _) if token == ";" => {
            if let Some(word) = ["elif", "elseif", "elsif"].iter().find(|word| seen.has_before(word)) {
                format!("`{word}` is `else if` here")
            } else if seen.ends() {
                // The last statement of a script needs none: what goes on is a block.
                close("}")
            } else if seen.before.trim().is_empty() {
                "the statement before this line needs a `;` at its end".to_string()
            } else {
                "a statement ends with `;`".to_string()
            }
        }
        ParseErrorType::MissingToken(token, of) if token == "," && of.contains("array") => {
            "items have a `,` between them, and `]` after the last".to_string()
        }
        ParseErrorType::MissingToken(token, _) if token == "," => {
            "arguments have a `,` between them, and `)` after the last".to_string()
        }
        ParseErrorType::MissingToken(token, _) if ["}", ")", "]"].contains(&token.as_str()) => close(token),
        ParseErrorType::BadInput(LexError::UnterminatedString) => match seen.after.starts_with('`') {
            true => "close it with another backtick".to_string(),
            false => {
                "close it with `\"` on the same line; text in backticks may go on over several".to_string()
            }
        },
        ParseErrorType::Reserved(word) if ["null", "nil", "void"].contains(&word.as_str()) => {
            "`()` stands for nothing".to_string()
        }
        ParseErrorType::Reserved(word) if word == "var" => "`let` declares a variable".to_string(),
        ParseErrorType::Reserved(word) if rhai::is_valid_identifier(word) => {
            format!("Rhai keeps this word for itself; take another name, such as `{word}_`")
        }
        ParseErrorType::VariableExpected => {
            "a name has letters, digits and `_`, begins with a letter, and is no word of Rhai's".to_string()
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(script: &str) -> (String, String) {
        let mut engine = rhai::Engine::new();
        engine.disable_symbol("eval");
        let error = engine.compile(script).unwrap_err();
        let fault = fault(error.err_type(), script, error.position());
        (fault.message, fault.help.unwrap_or_default())
    }

    #[test]
    fn the_commonest_mistakes_have_their_help() {
        for (script, help) in [
            ("let x = 1\nlet y = 2;", "the statement before this line needs a `;`"),
            ("let x = 1 let y = 2;", "a statement ends with `;`"),
            ("if true { print(1)\n", "never closed: `}`"),
            ("let m = #{ a: 1;", "never closed: `}`"),
            ("print((1 + 2);", "`)` after the last"),
            ("let a = [1, 2;", "`]` after the last"),
            ("let x = \"abc;\nprint(x);", "close it with `\"`"),
            ("let x = `abc;\nprint(x);", "another backtick"),
            ("let match = 1;", "such as `match_`"),
            ("let x = null;", "`()` stands for nothing"),
            ("let if = 1;", "no word of Rhai's"),
            ("if x = 1 { }", "`==` compares"),
            ("if true { } elif false { }", "`elif` is `else if`"),
            ("if true { } elseif (false) { }", "`elseif` is `else if`"),
            ("let x = eval(\"1\");", "put what varies into a function"),
        ] {
            let (message, said) = said(script);
            assert!(said.contains(help), "{script}: {message}: {said}");
            assert!(!message.contains("typo") && !message.contains("disabled"), "{script}: {message}");
        }
    }
}
