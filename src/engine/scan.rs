//! A script's text cut into tokens with their exact bytes. It reads any text, also one that isn't Rhai.
//!
//! Rhai's own lexer keeps no ends, stops at `${` and counts columns to 65,535 only.

use std::ops::Range;

use crate::fault::Place;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Word,
    Number,
    /// A string, a character or a text in backticks, with its quotes and all that is interpolated.
    Text,
    Open,
    Close,
    Symbol,
}

/// A token and its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    pub kind: Kind,
    pub span: Range<usize>,
}

/// Where something begins that never ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unclosed {
    Text(usize),
    /// A `${` in a text in backticks.
    Hole(usize),
    Comment(usize),
}

/// What a text is made of; spaces and comments left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scanned {
    pub tokens: Vec<Token>,
    /// The first thing that never ends.
    pub unclosed: Option<Unclosed>,
}

/// Rhai's lines and columns stop here; a place so far on isn't known.
const LAST: usize = 65_535;

/// The byte a place is at; `None` beyond the text or where Rhai's count can't be trusted.
pub fn offset(text: &str, place: &Place) -> Option<usize> {
    let line = place.line.checked_sub(1)?;
    if place.line >= LAST || place.column >= LAST {
        return None;
    }
    let start = match line {
        0 => 0,
        n => text.match_indices('\n').nth(n - 1)?.0 + 1,
    };
    let row = text[start..].split('\n').next()?;
    let column = place.column.saturating_sub(1);
    Some(start + row.char_indices().nth(column).map_or(row.len(), |(at, _)| at))
}

/// The line and column of a byte, as [`offset`] takes them.
pub fn position(text: &str, byte: usize) -> (usize, usize) {
    let before = &text[..byte];
    let row = before.rsplit('\n').next().unwrap_or_default();
    (before.matches('\n').count() + 1, row.chars().count() + 1)
}

/// Reads `text` from the byte `start` on, which is where a token begins, until `enough` of them are there.
pub fn scan(text: &str, start: usize, mut enough: impl FnMut(&[Token]) -> bool) -> Scanned {
    let mut found = Scanned::default();
    let mut at = start;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        if c.is_ascii_whitespace() || rest.starts_with("//") || rest.starts_with("/*") {
            let (end, closed) = space(text, at);
            if !closed {
                found.unclosed.get_or_insert(Unclosed::Comment(at));
            }
            at = end;
            continue;
        }
        let (kind, end) = if c == '`' {
            let (end, unclosed) = template(text, at, |_| {});
            found.unclosed = found.unclosed.or(unclosed);
            (Kind::Text, end)
        } else if let Some((end, closed)) = quoted(text, at) {
            if !closed {
                found.unclosed.get_or_insert(Unclosed::Text(at));
            }
            (Kind::Text, end)
        } else {
            plain(text, at)
        };
        found.tokens.push(Token { kind, span: at..end });
        at = end;
        if enough(&found.tokens) {
            break;
        }
    }
    found
}

/// Whether a word is one of the language's own.
pub fn is_keyword(word: &str) -> bool {
    // Rhai forgets `switch` among them.
    let own = |token: rhai::Token| token.is_standard_keyword() || token == rhai::Token::Switch;
    rhai::Token::lookup_symbol_from_syntax(word).is_some_and(own)
}

/// The tokens of a whole text.
pub fn whole(text: &str) -> Scanned {
    scan(text, 0, |_| false)
}

/// Whether the token before a byte is a dot. Rhai's place of a method is that of its name.
pub fn behind_a_dot(text: &str, byte: usize) -> bool {
    let before = scan(text, 0, |tokens| tokens.last().is_some_and(|last| last.span.end >= byte)).tokens;
    match before.iter().rev().find(|token| token.span.start < byte) {
        // In a text in backticks.
        Some(last) if last.span.end > byte => text[..byte].trim_end().ends_with('.'),
        Some(last) => matches!(&text[last.span.clone()], "." | "?."),
        None => false,
    }
}

/// The end of the space or comment at a byte, and whether it ends at all.
pub fn space(text: &str, at: usize) -> (usize, bool) {
    let rest = &text[at..];
    if rest.starts_with("//") {
        return (rest.find('\n').map_or(text.len(), |end| at + end), true);
    }
    if !rest.starts_with("/*") {
        let end = rest.find(|c: char| !c.is_ascii_whitespace());
        return (end.map_or(text.len(), |end| at + end), true);
    }
    let (mut depth, mut end) = (0, at);
    while let Some(pair) = text.as_bytes().get(end..end + 2) {
        depth += match pair {
            b"/*" => 1,
            b"*/" => -1,
            _ => {
                end += 1;
                continue;
            }
        };
        end += 2;
        if depth == 0 {
            return (end, true);
        }
    }
    (text.len(), false)
}

/// The end of the string or character at a byte and whether it is closed; `None` where there is none.
fn quoted(text: &str, at: usize) -> Option<(usize, bool)> {
    let rest = &text[at..];
    // A row of hashes is looked through at its first: there may be a million.
    let inside = text[..at].ends_with('#');
    let hashes = if inside { 0 } else { rest.len() - rest.trim_start_matches('#').len() };
    if hashes > 0 && rest[hashes..].starts_with('"') {
        let end = format!("\"{}", "#".repeat(hashes));
        let inside = at + hashes + 1;
        let found = text[inside..].find(&end);
        return Some(found.map_or((text.len(), false), |found| (inside + found + end.len(), true)));
    }
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let mut chars = rest.char_indices().skip(1).peekable();
    while let Some((i, c)) = chars.next() {
        match c {
            // A line may go on behind a backslash.
            '\\' => {
                let next = chars.next().filter(|(_, c)| *c == '\r');
                next.and_then(|_| chars.next_if(|(_, c)| *c == '\n'));
            }
            '\n' => return Some((at + i, false)),
            // Twice it stands for itself.
            c if c == quote && quote == '"' && chars.peek().is_some_and(|(_, c)| *c == quote) => {
                chars.next();
            }
            c if c == quote => return Some((at + i + 1, true)),
            _ => {}
        }
    }
    Some((text.len(), false))
}

/// The bytes of what is interpolated in the text in backticks at a byte, without `${` and `}`; the last may have
/// no end, and reach to that of the text.
pub fn holes(text: &str, start: usize) -> Vec<Range<usize>> {
    let mut found = vec![];
    template(text, start, |hole| found.push(hole));
    found
}

/// The end of the text in backticks at a byte, through all that is interpolated, and what isn't closed. Each
/// outermost `${…}` goes to `hole`.
fn template(text: &str, start: usize, mut hole: impl FnMut(Range<usize>)) -> (usize, Option<Unclosed>) {
    /// What the reading is in: a text, or a `${` with so many braces open.
    enum In {
        Text,
        Hole(usize, usize),
    }
    let mut open = vec![In::Text];
    let mut at = start + 1;
    while let (Some(inside), Some(c)) = (open.last_mut(), text[at..].chars().next()) {
        let rest = &text[at..];
        let mut end = at + c.len_utf8();
        match inside {
            In::Text if rest.starts_with("``") => end += 1,
            In::Text if c == '`' => drop(open.pop()),
            In::Text if rest.starts_with("${") => {
                end += 1;
                open.push(In::Hole(at, 0));
            }
            In::Text => {}
            In::Hole(..) if c == '`' => open.push(In::Text),
            In::Hole(_, depth) if c == '{' => *depth += 1,
            In::Hole(begun, 0) if c == '}' => {
                let inside = *begun + 2..at;
                open.pop();
                if open.len() == 1 {
                    hole(inside);
                }
            }
            In::Hole(_, depth) if c == '}' => *depth -= 1,
            In::Hole(..) if rest.starts_with("//") || rest.starts_with("/*") => end = space(text, at).0,
            In::Hole(..) => end = quoted(text, at).map_or(end, |(end, _)| end),
        }
        at = end;
    }
    if let Some(In::Hole(begun, _)) = open.get(1) {
        hole(*begun + 2..text.len());
    }
    let unclosed = open.iter().find_map(|inside| match inside {
        In::Hole(at, _) => Some(Unclosed::Hole(*at)),
        In::Text => None,
    });
    let text = open.first().map(|_| Unclosed::Text(start));
    (at, unclosed.or(text))
}

/// Longest first.
const SYMBOLS: [&str; 38] = [
    "**=", "<<=", ">>=", "===", "!==", "..=", "...", "::", "?.", "??", "=>", "->", "==", "!=", "<=", ">=",
    "&&", "||", "++", "--", "+=", "-=", "*=", "/=", "%=", "|=", "&=", "^=", "**", "..", "<<", ">>", ":=",
    "|>", "<|", "!.", "?:", "<>",
];

/// A word, number, bracket or symbol, and its end.
fn plain(text: &str, at: usize) -> (Kind, usize) {
    let rest = &text[at..];
    let letter = |c: char| c.is_alphanumeric() || c == '_';
    let c = rest.chars().next().unwrap_or_default();
    if c.is_ascii_digit() {
        return (Kind::Number, at + number(rest));
    }
    if letter(c) {
        return (Kind::Word, at + rest.find(|c| !letter(c)).unwrap_or(rest.len()));
    }
    for open in ["#{", "?[", "(", "[", "{"] {
        if rest.starts_with(open) {
            return (Kind::Open, at + open.len());
        }
    }
    if matches!(c, ')' | ']' | '}') {
        return (Kind::Close, at + 1);
    }
    let symbol = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol));
    (Kind::Symbol, at + symbol.map_or(c.len_utf8(), |symbol| symbol.len()))
}

/// The length of the number that `rest` begins with. A unit behind it is no part of it.
fn number(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let based = matches!(bytes.get(1), Some(b'x' | b'X' | b'o' | b'O' | b'b' | b'B')) && bytes[0] == b'0';
    if based {
        return rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
    }
    let digits = |from: usize| {
        let more = rest[from..].find(|c: char| !c.is_ascii_digit() && c != '_');
        more.map_or(rest.len(), |more| from + more)
    };
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let mut end = digits(0);
    if bytes.get(end) == Some(&b'.') && digit(end + 1) {
        end = digits(end + 1);
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        if digit(end + 1 + sign) {
            end = digits(end + 1 + sign);
        }
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<&str> {
        whole(text).tokens.into_iter().map(|token| &text[token.span]).collect()
    }

    #[test]
    fn each_token_has_its_bytes() {
        let text = "let s = `a ${f(\"}\", `${1}`) /* } */ } b`; // x\ns?.len(1..=2) /* /* */ */ -1.5e-3;";
        let last = ["s", "?.", "len", "(", "1", "..=", "2", ")", "-", "1.5e-3", ";"];
        let first = ["let", "s", "=", "`a ${f(\"}\", `${1}`) /* } */ } b`", ";"];
        assert_eq!(words(text), [&first[..], &last[..]].concat());
        assert_eq!(words("#{a:#\"x\"y\"#, 'ü':\"\\\"\"\"\"}")[..4], ["#{", "a", ":", "#\"x\"y\"#"]);
        assert_eq!(words("5m 1_000 0xFF_u 2..3"), ["5", "m", "1_000", "0xFF_u", "2", "..", "3"]);
    }

    #[test]
    fn what_is_never_closed_is_found_where_it_begins() {
        assert_eq!(whole("a \"b\nc").unclosed, Some(Unclosed::Text(2)));
        assert_eq!(whole("a `b\nc").unclosed, Some(Unclosed::Text(2)));
        assert_eq!(whole("f(`b ${c`); `x`").unclosed, Some(Unclosed::Hole(5)));
        assert_eq!(whole("a /* /* */").unclosed, Some(Unclosed::Comment(2)));
        assert_eq!(whole("a /* /* */ */ \"b\" `${{}}` '\"'").unclosed, None);
    }

    #[test]
    fn what_is_interpolated_has_its_bytes() {
        let holes = |text| holes(text, 0).into_iter().map(|hole| &text[hole]).collect::<Vec<_>>();
        assert_eq!(holes("`a ${f(`${1}`, #{ b: \"}\" })} ${} c` ${d}"), ["f(`${1}`, #{ b: \"}\" })", ""]);
        assert_eq!(holes("`${a} ${b(`${c"), ["a", "b(`${c"]);
        assert_eq!(holes("`a"), [""; 0]);
    }

    #[test]
    fn a_million_of_anything_is_read_in_one_go() {
        for text in ["#", "/* ", "/*", "`${", "'\"", "{ ", "\u{7}", "\\", "0x", "#\"", "``"] {
            let text = text.repeat(1 << 20);
            let end = whole(&text).tokens.last().map_or(0, |token| token.span.end);
            assert!(end <= text.len());
        }
    }

    #[test]
    fn a_place_and_its_byte_are_one() {
        let at = |line, column| Place { source: "x".into(), line, column };
        assert_eq!(offset("one\ntwo", &at(2, 2)), Some(5));
        assert_eq!(position("one\nßwo", 6), (2, 2));
        assert_eq!(offset("one\ntwo", &at(3, 1)), None);
        assert_eq!(offset("one\ntwo", &at(0, 0)), None);
        assert_eq!(offset("one\ntwo", &at(1, 99)), Some(3));
        assert_eq!(offset(&"x".repeat(70_000), &at(1, 65_535)), None);
    }

    #[test]
    fn it_reads_scripts_as_rhai_does() {
        let mut engine = rhai::Engine::new_raw();
        engine.disable_symbol("eval");
        for text in [
            include_str!("../../scripts/weekly_digest.rhai"),
            include_str!("../../scripts/backfill_attributes.rhai"),
            include_str!("../../scripts/export_segment.rhai"),
            include_str!("../../stdlib/dates.rhai"),
        ] {
            let ours: Vec<_> = whole(text).tokens.iter().map(|t| position(text, t.span.start)).collect();
            for (token, at) in engine.lex(&[text]).0 {
                if token == rhai::Token::EOF {
                    break;
                }
                let at = (at.line().unwrap_or_default(), at.position().unwrap_or_default());
                let inside = matches!(token, rhai::Token::Comment(_)) || text.contains("${");
                assert!(inside || ours.contains(&at), "{token:?} at {at:?}");
            }
        }
    }
}
