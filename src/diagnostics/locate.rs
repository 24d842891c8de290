//! From a place and a fault to the bytes of the source it is about.
//!
//! Rhai keeps where a call begins, and nothing of its arguments. They are found again by reading the
//! call's tokens.

use rhai::{Engine, Position, Token};

use crate::engine::parameters;
use crate::fault::{At, Place};
use crate::tools;

/// Bytes of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub start: usize,
    pub end: usize,
}

/// Rhai's columns stop here; a place at the end of such a line isn't known.
const LAST_COLUMN: usize = 65_535;

/// The byte a place is at; `None` beyond the text or where the column can't be trusted.
pub fn offset(text: &str, place: &Place) -> Option<usize> {
    let line = place.line.checked_sub(1)?;
    let start = match line {
        0 => 0,
        n => text.match_indices('\n').nth(n - 1)?.0 + 1,
    };
    let row = text[start..].split('\n').next()?;
    if place.column >= LAST_COLUMN {
        return None;
    }
    let column = place.column.saturating_sub(1);
    let inside = row.char_indices().nth(column).map_or(row.len(), |(at, _)| at);
    Some(start + inside)
}

/// The span of what is wrong: the name or token at `place`, or the part of the call there that `at`
/// means. `call` is the function whose call it is. `among` says that other places of the same call are
/// marked too: then the call as a whole is marked by its name, since marks can't lie inside each other.
pub fn span(text: &str, place: &Place, call: Option<&str>, at: &At, among: bool) -> Option<Span> {
    let start = offset(text, place)?;
    let tokens = tokens(text, start);
    let Some(call) = call else { return Some(word(text, start, &tokens)) };
    let Some(found) = Call::find(text, &tokens, call) else { return Some(word(text, start, &tokens)) };
    let within = match at {
        At::Call if among => Some(found.name),
        At::Call => None,
        At::Value(steps) => found.value(&tokens, call, steps, false),
        At::Key(steps) => found.value(&tokens, call, steps, true),
    };
    Some(within.unwrap_or(found.whole))
}

/// A token and the bytes it covers.
struct Lexed {
    token: Token,
    span: Span,
}

/// The tokens from `start` on, as far as one call can reach.
fn tokens(text: &str, start: usize) -> Vec<Lexed> {
    let engine = Engine::new_raw();
    let rest = &text[start..];
    let lines: Vec<usize> =
        std::iter::once(0).chain(rest.match_indices('\n').map(|(at, _)| at + 1)).collect();
    let mut cursor = Cursor { rest, lines: &lines, line: 0, column: 0, byte: 0 };
    let mut found: Vec<Lexed> = vec![];
    let mut depth = 0i32;
    for (token, position) in engine.lex(&[rest]).0 {
        let at = start + cursor.seek(position);
        if let Some(last) = found.last_mut() {
            last.span.end = start + text[start..at].trim_end().len();
        }
        if matches!(token, Token::EOF | Token::LexError(_)) {
            break;
        }
        depth += match &token {
            token if opens(token) => 1,
            token if closes(token) => -1,
            _ => 0,
        };
        let end_of_call = depth <= 0 && (closes(&token) || matches!(token, Token::SemiColon));
        // The next token says where this one ends; the last is a bracket or a semicolon.
        found.push(Lexed { token, span: Span { start: at, end: at + 1 } });
        if end_of_call {
            break;
        }
    }
    // A comment behind the last token isn't part of it.
    for lexed in &mut found {
        lexed.span.end = lexed.span.end.min(end_of(text, lexed));
    }
    found
}

/// Where a token ends, comments behind it left out.
fn end_of(text: &str, lexed: &Lexed) -> usize {
    let Span { start, end } = lexed.span;
    if matches!(lexed.token, Token::StringConstant(_) | Token::CharConstant(_) | Token::InterpolatedString(_))
    {
        return end;
    }
    let body = &text[start..end];
    let cut = [body.find("//"), body.find("/*")].into_iter().flatten().min();
    start + cut.map_or(body.len(), |at| body[..at].trim_end().len())
}

fn opens(token: &Token) -> bool {
    matches!(token, Token::LeftParen | Token::LeftBrace | Token::LeftBracket | Token::MapStart)
}

fn closes(token: &Token) -> bool {
    matches!(token, Token::RightParen | Token::RightBrace | Token::RightBracket)
}

/// Turns positions into bytes, going forward only.
struct Cursor<'t> {
    rest: &'t str,
    lines: &'t [usize],
    line: usize,
    column: usize,
    byte: usize,
}

impl Cursor<'_> {
    fn seek(&mut self, position: Position) -> usize {
        let (Some(line), column) = (position.line(), position.position().unwrap_or(1)) else {
            return self.rest.len();
        };
        let (line, column) = (line - 1, column.saturating_sub(1));
        if line != self.line || column < self.column {
            let Some(start) = self.lines.get(line) else { return self.rest.len() };
            (self.line, self.column, self.byte) = (line, 0, *start);
        }
        let ahead = self.rest[self.byte..].char_indices().nth(column - self.column);
        self.byte = ahead.map_or(self.rest.len(), |(at, _)| self.byte + at);
        self.column = column;
        self.byte
    }
}

/// The token at a place, or one character of it.
fn word(text: &str, start: usize, tokens: &[Lexed]) -> Span {
    match tokens.first() {
        Some(first) if first.span.start == start && first.span.end > start => first.span,
        _ => {
            let len = text[start..].chars().next().filter(|c| *c != '\n').map_or(0, char::len_utf8);
            Span { start, end: start + len }
        }
    }
}

/// A call in the source.
struct Call {
    name: Span,
    whole: Span,
    /// Each argument as its tokens.
    args: Vec<std::ops::Range<usize>>,
    /// Whether the first argument stands before the name: `person.suppress_person()`.
    method: bool,
}

impl Call {
    /// The call of `name` that begins with the first token, or right behind the dot there.
    fn find(text: &str, tokens: &[Lexed], name: &str) -> Option<Call> {
        let at = tokens
            .iter()
            .take(3)
            .position(|lexed| matches!(&lexed.token, Token::Identifier(word) if **word == name))?;
        let open = at + 1;
        if !matches!(tokens.get(open)?.token, Token::LeftParen) {
            return None;
        }
        let close = matching(tokens, open)?;
        let before = text[..tokens[at].span.start].trim_end();
        let method = at > 0 || before.ends_with('.');
        let name = tokens[at].span;
        let whole = Span { start: name.start, end: tokens[close].span.end };
        Some(Call { name, whole, args: parts(tokens, open, close), method })
    }

    /// The value that `steps` lead to, or its key; as far in as the source shows it.
    fn value(&self, tokens: &[Lexed], call: &str, steps: &[String], key: bool) -> Option<Span> {
        let (first, rest) = steps.split_first()?;
        if let [only] = &self.args[..]
            && matches!(tokens[only.start].token, Token::MapStart)
            && !self.method
        {
            return Some(inside(tokens, only.clone(), steps, key));
        }
        let index = match parameters(call) {
            Some(names) => names.iter().position(|name| name == first)?,
            None => tools::by_name(call).or_else(|| tools::by_sequence(call))?.param(first)?.0,
        };
        let index = if self.method { index.checked_sub(1)? } else { index };
        let arg = self.args.get(index)?;
        Some(inside(tokens, arg.clone(), rest, key))
    }
}

/// Follows `steps` into literals from the tokens of a value.
fn inside(tokens: &[Lexed], value: std::ops::Range<usize>, steps: &[String], key: bool) -> Span {
    let whole = Span { start: tokens[value.start].span.start, end: tokens[value.end - 1].span.end };
    let Some((step, rest)) = steps.split_first() else { return whole };
    let open = value.start;
    if !opens(&tokens[open].token) || matching(tokens, open) != Some(value.end - 1) {
        return whole;
    }
    let entries = parts(tokens, open, value.end - 1);
    if matches!(tokens[open].token, Token::LeftBracket) {
        return match step.parse::<usize>().ok().and_then(|index| entries.get(index)) {
            Some(entry) => inside(tokens, entry.clone(), rest, key),
            None => whole,
        };
    }
    let named = entries.into_iter().find(|entry| match &tokens[entry.start].token {
        Token::Identifier(name) => **name == *step,
        Token::StringConstant(name) => **name == *step,
        _ => false,
    });
    match named {
        Some(entry) if key && rest.is_empty() => tokens[entry.start].span,
        Some(entry) if entry.len() > 2 => inside(tokens, entry.start + 2..entry.end, rest, key),
        _ => whole,
    }
}

/// The closing token that belongs to the opening one.
fn matching(tokens: &[Lexed], open: usize) -> Option<usize> {
    let mut depth = 0;
    for (i, lexed) in tokens.iter().enumerate().skip(open) {
        if opens(&lexed.token) {
            depth += 1;
        } else if closes(&lexed.token) {
            depth -= 1;
            if depth == 0 {
                return Some(i);
            }
        }
    }
    None
}

/// What stands between `open` and `close`, cut at the commas of that level.
fn parts(tokens: &[Lexed], open: usize, close: usize) -> Vec<std::ops::Range<usize>> {
    let mut found = vec![];
    let (mut depth, mut from) = (0, open + 1);
    for (i, lexed) in tokens.iter().enumerate().take(close).skip(open + 1) {
        match &lexed.token {
            token if opens(token) => depth += 1,
            token if closes(token) => depth -= 1,
            Token::Comma if depth == 0 => {
                found.push(from..i);
                from = i + 1;
            }
            _ => {}
        }
    }
    found.push(from..close);
    found.retain(|part| !part.is_empty());
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The marked text of a fault in the call at the first `name` of `text`.
    fn marked(text: &str, name: &str, at: At) -> String {
        let byte = text.find(name).unwrap();
        let before = &text[..byte];
        let place = Place {
            source: "x".into(),
            line: before.matches('\n').count() + 1,
            column: before.rsplit('\n').next().unwrap().chars().count() + 1,
        };
        let span = span(text, &place, Some(name), &at, false).unwrap();
        text[span.start..span.end].to_string()
    }

    fn value(steps: &[&str]) -> At {
        At::Value(steps.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn an_argument_is_found_by_its_place_in_the_order() {
        let text = "let x = 1;\nidentify_person(p.id, #{ plan: 7 /* seven */ }) ;";
        assert_eq!(marked(text, "identify_person", value(&["user_id"])), "p.id");
        assert_eq!(marked(text, "identify_person", value(&["traits", "plan"])), "7");
        assert_eq!(
            marked(text, "identify_person", value(&["anonymous_id"])),
            text[11..].trim_end_matches(" ;")
        );
        assert_eq!(marked(text, "identify_person", At::Call), text[11..].trim_end_matches(" ;"));
    }

    #[test]
    fn an_option_of_a_block_is_found_in_its_map() {
        let text = "with_retry(#{ attempts: 0, timeuot: 5 }, || {\n  get_segments();\n});";
        assert_eq!(marked(text, "with_retry", value(&["options", "attempts"])), "0");
        assert_eq!(marked(text, "with_retry", At::Key(vec!["options".into(), "timeuot".into()])), "timeuot");
        assert_eq!(marked(text, "with_retry", value(&["block"])), "|| {\n  get_segments();\n}");
        assert_eq!(marked("let n = retry(0, || 1);", "retry", value(&["times"])), "0");
    }

    #[test]
    fn a_named_argument_and_its_key_are_found_in_the_map() {
        let text = "trigger_broadcast(#{\n  broadcast_id: 1, // one\n  \"ids\": [\"a\", 2 ],\n  colour: f(1, 2),\n})";
        let of = |at| marked(text, "trigger_broadcast", at);
        assert_eq!(of(value(&["broadcast_id"])), "1");
        assert_eq!(of(value(&["ids", "1"])), "2");
        assert_eq!(of(At::Key(vec!["colour".into()])), "colour");
        assert_eq!(of(value(&["colour"])), "f(1, 2)");
    }

    #[test]
    fn tabs_emoji_and_line_ends_do_not_shift_it() {
        let text = "\tlet s = \"🎉é\";\r\n\tif true { track_event(\"ü\", \"\") }\r\n";
        assert_eq!(marked(text, "track_event", value(&["event"])), "\"\"");
        assert_eq!(marked(text, "track_event", value(&["user_id"])), "\"ü\"");
    }

    #[test]
    fn the_receiver_of_a_method_is_the_first_argument() {
        let text = "person.add_person_to_group(7)";
        assert_eq!(marked(text, "add_person_to_group", value(&["group_id"])), "7");
        assert_eq!(marked(text, "add_person_to_group", value(&["user_id"])), "add_person_to_group(7)");
    }

    #[test]
    fn a_place_that_cannot_be_is_no_span() {
        let at = |line, column| Place { source: "x".into(), line, column };
        assert_eq!(offset("one\ntwo", &at(2, 2)), Some(5));
        assert_eq!(offset("one\ntwo", &at(3, 1)), None);
        assert_eq!(offset("one\ntwo", &at(0, 0)), None);
        assert_eq!(offset("one\ntwo", &at(1, 99)), Some(3));
        assert_eq!(offset(&"x".repeat(70_000), &at(1, 65_535)), None);
    }
}
