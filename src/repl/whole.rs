//! Whether an input is whole, or goes on in the next line.

use super::complete::command;
use crate::engine::scan::{Kind, Scanned, Token, Unclosed, scan};

/// Behind one of these an expression isn't over.
const GOES_ON: [&str; 36] = [
    ".", "?.", "::", ",", "=", "+", "-", "*", "/", "%", "**", "<<", ">>", "&", "|", "^", "&&", "||", "??",
    "==", "!=", "<", "<=", ">", ">=", "!", "=>", "+=", "-=", "*=", "/=", "%=", "**=", "|=", "&=", "^=",
];

/// Behind one of these words something has to follow.
const WANTS: [&str; 18] = [
    "let", "const", "fn", "private", "if", "else", "switch", "for", "in", "while", "until", "loop", "do",
    "try", "catch", "import", "as", "export",
];

/// A statement that begins with one of these has a block.
pub const HAS_A_BLOCK: [&str; 9] = ["if", "switch", "for", "while", "loop", "do", "try", "fn", "private"];

/// Whether `text` can be taken as it is. A command is one line. What no further line would mend counts as whole, so that its
/// fault is told at once: a string with a line break in it, a bracket that closes nothing. So does an input
/// that ends with an empty line, unless a bracket, a comment or a text of several lines is still open.
pub fn whole(text: &str) -> bool {
    if command(text).is_some() {
        return true;
    }
    let mut open: Vec<&str> = vec![];
    let mut wrong = false;
    let found = scan(text, 0, |tokens| {
        if let Some(token) = tokens.last() {
            let word = &text[token.span.clone()];
            match token.kind {
                Kind::Open => open.push(word),
                Kind::Close => wrong |= open.pop().is_none_or(|open| !closes(open, word)),
                _ => {}
            }
        }
        wrong
    });
    if wrong {
        return true;
    }
    match found.unclosed {
        Some(Unclosed::Text(at)) => return !many_lines(text, at),
        Some(Unclosed::Hole(_) | Unclosed::Comment(_)) => return false,
        None => {}
    }
    open.is_empty() && (left_by(text) || !wants_more(text, &found))
}

fn closes(open: &str, close: &str) -> bool {
    matches!((open, close), ("(", ")") | ("[" | "?[", "]") | ("{" | "#{", "}"))
}

/// Whether a text that begins at a byte, and isn't closed, may be closed in another line.
fn many_lines(text: &str, at: usize) -> bool {
    match text.as_bytes()[at] {
        b'`' | b'#' => true,
        // A backslash takes the line break with it, unless another takes the backslash.
        _ => text[at..].trim_end_matches(['\r', '\n']).split('\n').all(|line| {
            let line = line.trim_end_matches('\r');
            (line.len() - line.trim_end_matches('\\').len()) % 2 == 1
        }),
    }
}

/// Whether its author has left it with an empty line.
fn left_by(text: &str) -> bool {
    text.rsplit_once('\n').is_some_and(|(_, last)| last.trim().is_empty())
}

/// Whether the last statement lacks its end.
fn wants_more(text: &str, found: &Scanned) -> bool {
    let word = |token: &Token| &text[token.span.clone()];
    let Some(last) = found.tokens.last() else { return false };
    match last.kind {
        Kind::Symbol if GOES_ON.contains(&word(last)) => return true,
        Kind::Word if WANTS.contains(&word(last)) => return !behind_a_dot(text, found),
        _ => {}
    }
    lacks_its_block(text, &found.tokens)
}

/// A word that stands behind a dot is a name.
fn behind_a_dot(text: &str, found: &Scanned) -> bool {
    let before = found.tokens.iter().rev().nth(1).map(|token| &text[token.span.clone()]);
    matches!(before, Some("." | "?."))
}

/// Whether the last statement begins as one with a block, and has none.
fn lacks_its_block(text: &str, tokens: &[Token]) -> bool {
    let (mut depth, mut lacks, mut begins) = (0_usize, false, true);
    for token in tokens {
        let word = &text[token.span.clone()];
        match token.kind {
            Kind::Open => {
                lacks &= !(depth == 0 && word == "{");
                depth += 1;
            }
            Kind::Close => depth = depth.saturating_sub(1),
            _ if depth == 0 && begins => lacks = HAS_A_BLOCK.contains(&word),
            _ => {}
        }
        begins = depth == 0 && matches!(word, ";" | "}");
    }
    lacks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_input_is_whole_when_everything_in_it_is_closed() {
        for text in [
            "",
            "  // a note {",
            "let x = 1",
            "let x = 1; // and (",
            "x",
            "it.len()",
            "segment_members(\"VIP\")",
            "for p in segment_members(\"VIP\") { suppress_person(p); }",
            "for p in segment_members(\"VIP\")\n{\n    suppress_person(p);\n}",
            "let f = |a, b| a + b",
            "let f = |a| {\n  a\n}",
            "let f = || 1;",
            "`a ${b} c`",
            "`a\n${ #{ b: `}` } }`",
            "#\"a \" b\"#",
            "\"{\"",
            "'{'",
            "/* { /* ( */ */",
            "#{ a: 1, b: [2, 3] }",
            "if x { 1 } else { 2 }",
            "if x { 1 }",
            "switch x { 1 => 2, _ => 3 }",
            "fn f(a) { a }",
            "x.loop",
            "return",
            "xs[1..]",
            "throw \"no\"",
            ":load {",
            " :type it's",
        ] {
            assert!(whole(text), "{text}");
        }
    }

    #[test]
    fn what_is_open_goes_on() {
        for text in [
            "for p in segment_members(\"VIP\") {",
            "for p in xs",
            "for p in xs {\n}\nwhile x",
            "add_person_to_group(",
            "add_person_to_group(\"u-1\",\n\n",
            "#{ a: 1,\n\n",
            "[1, 2",
            "xs?[1",
            "xs.map(|x| {",
            "let f = |x|",
            "let f = ||",
            "let x =",
            "x = 1 +",
            "a &&",
            "xs\n  .",
            "`a",
            "`a\n\n",
            "`a ${",
            "`a ${b",
            "`a ${ #{ b: 1 }",
            "#\"a \"",
            "/* a",
            "/* a /* b */\n\n",
            "\"a \\",
            "\"a \\\n",
            "\"a \\\nb \\\r\n",
            "let",
            "if x { 1 } else",
            "fn f(a, b)",
            "x in",
            "import \"a\" as",
            "switch x",
        ] {
            assert!(!whole(text), "{text}");
        }
    }

    #[test]
    fn what_no_line_mends_is_whole() {
        for text in [
            "x)",
            "(]",
            "{ ( }",
            "let x = \"a",
            "let x = \"a\nf(",
            "\"a \\\nb\nc",
            "\"a \\\\",
            "'a",
            "f(1))",
            "x = 1 +\n",
            "for p in xs\n\n",
            "\u{7}\u{1b}",
            "@",
            "💥",
        ] {
            assert!(whole(text), "{text}");
        }
    }

    #[test]
    fn what_is_pasted_line_by_line_is_read_on() {
        let text = include_str!("../../scripts/weekly_digest.rhai");
        assert!(whole(text));
        let open = text.find('{').expect("it has a block");
        assert!(!whole(&text[..=open]));
        assert!(whole(&"x = x + 1;\n".repeat(5_000)));
        assert!(!whole(&"(".repeat(1 << 20)));
    }
}
