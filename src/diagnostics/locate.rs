//! From a place and a fault to the bytes of the source it is about.
//!
//! Rhai keeps where a call begins, and nothing of its arguments. They are found again by reading the
//! call's tokens.

use std::ops::Range;

use crate::engine::parameters;
use crate::engine::scan::{Kind, Token, behind_a_dot, offset, scan};
use crate::fault::{At, Place};
use crate::tools;

/// Bytes of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub start: usize,
    pub end: usize,
}

/// The span of what is wrong: the name or token at `place`, or the part of the call there that `at`
/// means. `call` is the function whose call it is. `among` says that other places of the same call are
/// marked too: then the call as a whole is marked by its name, since marks can't lie inside each other.
/// `None` where the place can't be told.
pub fn span(text: &str, place: &Place, call: Option<&str>, at: &At, among: bool) -> Option<Span> {
    let start = offset(text, place)?;
    if let Some(span) = in_the_head(text, start) {
        return Some(span);
    }
    let tokens = Tokens::of_call(text, start);
    let Some(call) = call else { return Some(tokens.word(start)) };
    let Some(found) = Call::find(&tokens, call) else {
        // A function pointer was called: its call stands nowhere, that of what called it does.
        return Some(Call::any(&tokens).map_or_else(|| tokens.word(start), |found| found.whole));
    };
    let within = match at {
        At::Call if among => Some(found.name),
        At::Call => None,
        At::Value(steps) => found.value(&tokens, call, steps, false),
        At::Key(steps) => found.value(&tokens, call, steps, true),
    };
    Some(within.unwrap_or(found.whole))
}

/// The word of a doc comment that is at `start`: `max-people` is one there.
fn in_the_head(text: &str, start: usize) -> Option<Span> {
    let begins = text[..start].rfind('\n').map_or(0, |end| end + 1);
    let comment = text[begins..start].trim_start().starts_with("//!");
    let len = text[start..].find(|c: char| c.is_whitespace() || c == ':').unwrap_or(text.len() - start);
    (comment && len > 0).then_some(Span { start, end: start + len })
}

/// The span of a call whose place is known but not whose it is: the name with its arguments.
pub fn called(text: &str, place: &Place) -> Option<Span> {
    let start = offset(text, place)?;
    let tokens = Tokens::of_call(text, start);
    Some(Call::any(&tokens).map_or_else(|| tokens.word(start), |found| found.whole))
}

/// The tokens from a place on, as far as one call can reach.
struct Tokens<'t> {
    text: &'t str,
    list: Vec<Token>,
}

impl<'t> Tokens<'t> {
    fn of_call(text: &'t str, start: usize) -> Tokens<'t> {
        let mut depth = 0_i32;
        let list = scan(text, start, |tokens| {
            let Some(last) = tokens.last() else { return false };
            depth += match last.kind {
                Kind::Open => 1,
                Kind::Close => -1,
                _ => 0,
            };
            depth <= 0 && (last.kind == Kind::Close || &text[last.span.clone()] == ";")
        });
        Tokens { text, list: list.tokens }
    }

    fn len(&self) -> usize {
        self.list.len()
    }

    fn kind(&self, i: usize) -> Option<Kind> {
        self.list.get(i).map(|token| token.kind)
    }

    fn says(&self, i: usize) -> &str {
        self.list.get(i).map_or("", |token| &self.text[token.span.clone()])
    }

    fn span(&self, i: usize) -> Span {
        let Range { start, end } = self.list[i].span.clone();
        Span { start, end }
    }

    /// The key that a token is in a map: a word, or a string without its quotes.
    fn key(&self, i: usize) -> &str {
        let says = self.says(i);
        match self.kind(i) {
            Some(Kind::Text) => says.trim_matches('"'),
            _ => says,
        }
    }

    /// The token at a place, or one character where none begins or it goes over several lines.
    fn word(&self, start: usize) -> Span {
        match self.list.first() {
            Some(first) if first.span.start == start && !self.says(0).contains('\n') => {
                // What follows a dot is what is wrong with it.
                let dot = matches!(self.says(0), "." | "?.") && self.kind(1) == Some(Kind::Word);
                self.span(usize::from(dot))
            }
            _ => {
                let text = self.text[start..].chars().next();
                Span { start, end: start + text.filter(|c| *c != '\n').map_or(0, char::len_utf8) }
            }
        }
    }

    /// The closing token that belongs to the opening one.
    fn matching(&self, open: usize) -> Option<usize> {
        let mut depth = 0;
        (open..self.len()).find(|i| {
            depth += match self.kind(*i) {
                Some(Kind::Open) => 1,
                Some(Kind::Close) => -1,
                _ => 0,
            };
            depth == 0
        })
    }

    /// What stands between `open` and `close`, cut at the commas of that level.
    fn parts(&self, open: usize, close: usize) -> Vec<Range<usize>> {
        let mut found = vec![];
        // The commas between the parameters of a closure are none of that level.
        let (mut depth, mut from, mut bars) = (0, open + 1, false);
        for i in open + 1..close {
            match (self.kind(i), self.says(i)) {
                (Some(Kind::Open), _) => depth += 1,
                (Some(Kind::Close), _) => depth -= 1,
                (_, "|") if depth == 0 => bars = !bars && (i == from || self.says(i - 1) == ":"),
                (_, ",") if depth == 0 && !bars => {
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

    /// Follows `steps` into literals from the tokens of a value.
    fn inside(&self, value: Range<usize>, steps: &[String], key: bool) -> Span {
        let whole = Span { start: self.span(value.start).start, end: self.span(value.end - 1).end };
        let Some((step, rest)) = steps.split_first() else { return whole };
        let open = value.start;
        if self.kind(open) != Some(Kind::Open) || self.matching(open) != Some(value.end - 1) {
            return whole;
        }
        let entries = self.parts(open, value.end - 1);
        if self.says(open) == "[" {
            return match step.parse::<usize>().ok().and_then(|index| entries.get(index)) {
                Some(entry) => self.inside(entry.clone(), rest, key),
                None => whole,
            };
        }
        match entries.into_iter().find(|entry| self.key(entry.start) == step) {
            Some(entry) if key && rest.is_empty() => self.span(entry.start),
            Some(entry) if entry.len() > 2 => self.inside(entry.start + 2..entry.end, rest, key),
            _ => whole,
        }
    }
}

/// The function that calls a tool by its slug, and takes the tool's parameters as a map.
const BY_SLUG: &str = "tool";

/// A call in the source.
struct Call {
    name: Span,
    whole: Span,
    /// Each argument as its tokens.
    args: Vec<Range<usize>>,
    /// Whether the first argument stands before the name: `person.suppress_person()`.
    method: bool,
}

impl Call {
    /// The call of `name`, by its slug too, or of the sequence over that tool's pages, that begins with the first
    /// token, or right behind the dot there.
    fn find(tokens: &Tokens<'_>, name: &str) -> Option<Call> {
        let tool = tools::by_name(name);
        let pages = tool.and_then(|tool| tool.pages);
        let is_it = |word: &str| {
            word == name
                || pages.is_some_and(|pages| word == pages.sequence)
                || tool.is_some() && word == BY_SLUG
        };
        let at = (0..tokens.len().min(3)).find(|i| is_it(tokens.says(*i)))?;
        Call::at(tokens, at)
    }

    /// The call of anything there, also of what a module has.
    fn any(tokens: &Tokens<'_>) -> Option<Call> {
        let mut at = usize::from(matches!(tokens.says(0), "." | "?."));
        while tokens.says(at + 1) == "::" {
            at += 2;
        }
        let mut call = Call::at(tokens, at)?;
        call.whole.start = call.whole.start.min(tokens.span(usize::from(call.method && at > 0)).start);
        Some(call)
    }

    fn at(tokens: &Tokens<'_>, at: usize) -> Option<Call> {
        let open = at + 1;
        if tokens.kind(at) != Some(Kind::Word) || tokens.says(open) != "(" {
            return None;
        }
        let close = tokens.matching(open)?;
        let name = tokens.span(at);
        let dot = at > 0 && matches!(tokens.says(at - 1), "." | "?.");
        let method = dot || behind_a_dot(tokens.text, name.start);
        let whole = Span { start: name.start, end: tokens.span(close).end };
        Some(Call { name, whole, args: tokens.parts(open, close), method })
    }

    /// The value that `steps` lead to, or its key; as far in as the source shows it.
    fn value(&self, tokens: &Tokens<'_>, call: &str, steps: &[String], key: bool) -> Option<Span> {
        let (first, rest) = steps.split_first()?;
        if tokens.text.get(self.name.start..self.name.end) == Some(BY_SLUG) {
            return self.args.get(1).map(|map| tokens.inside(map.clone(), steps, key));
        }
        if let [only] = &self.args[..]
            && tokens.says(only.start) == "#{"
            && !self.method
        {
            return Some(tokens.inside(only.clone(), steps, key));
        }
        let index = match parameters(call) {
            Some(names) => names.iter().position(|name| name == first)?,
            None => match tools::by_name(call).or_else(|| tools::by_sequence(call)) {
                Some(tool) => tool.param(first)?.0,
                // The parameters of other functions are told by their number.
                None => first.parse().ok()?,
            },
        };
        let index = if self.method { index.checked_sub(1)? } else { index };
        let arg = self.args.get(index)?;
        Some(tokens.inside(arg.clone(), rest, key))
    }
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
    fn an_argument_of_a_tool_that_is_called_by_its_slug_is_found() {
        let text = "print(1); tool(\"CUSTOMERIO_TRACK_EVENT\", #{ user_id: \"\", event: \"x\" });";
        let place = |at| {
            let place = Place { source: "x".into(), line: 1, column: 11 };
            let span = span(text, &place, Some("track_event"), &at, false).unwrap();
            text[span.start..span.end].to_string()
        };
        assert_eq!(place(value(&["user_id"])), "\"\"");
        assert_eq!(place(At::Call), &text[10..text.len() - 1]);
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
    fn the_argument_of_a_sequence_is_that_of_the_tool_it_reads() {
        let text = "segment_members(name).count();";
        let place = Place { source: "x".into(), line: 1, column: 1 };
        let span =
            span(text, &place, Some("get_segment_membership"), &value(&["segment_id"]), false).unwrap();
        assert_eq!(&text[span.start..span.end], "name");
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
    fn a_call_is_found_wherever_it_stands() {
        let of = |text: &str, at| marked(text, "track_event", at);
        let event = || value(&["event"]);
        for text in [
            "`a ${track_event(\"u\", 1)} b`",
            "let f = || track_event(\"u\", 1);",
            "parallel(2, [1], |x, y| { track_event(\"u\", 1) })",
            "if true { track_event(\"u\", /* the ) name */ 1 /* 2, */) }",
            "track_event(\n  \"u\", // who, and )\n  1,\n)",
            "track_event(f(1, |a, b| a, [2, 3]), 1)",
            "track_event(|a, b| a, 1)",
            "p?.track_event(1)",
            "p\n  .track_event( 1 )",
            "track_event(`${f(\",\")},`, 1)",
            "track_event(#\"a,\"b\"#, 1)",
            "let 家 = \"👩‍👩‍👧 e\u{301}\"; /* ﷽ */ track_event('\"', 1)",
            "track_event(#{ user_id: \"u\", event: 1 })",
            "track_event(a?[2], 1)",
            "// It signs up.\ntrack_event(\"u\", 1)",
            "p. /* a. */ track_event(1)",
        ] {
            assert_eq!(of(text, event()), "1", "{text}");
        }
        let twice = "track_event(track_event(1, 2), 3)";
        assert_eq!(of(twice, event()), "3");
        assert_eq!(of(&twice[12..], event()), "2");
        assert_eq!(of("`a ${track_event(1)} b`", At::Call), "track_event(1)");
    }

    #[test]
    fn a_call_without_a_name_in_the_text_marks_what_calls() {
        let of = |text: &str, from: &str| {
            let place = Place { source: "x".into(), line: 1, column: text.find(from).unwrap() + 1 };
            let span = span(text, &place, Some("suppress_person"), &At::Call, false).unwrap();
            text[span.start..span.end].to_string()
        };
        assert_eq!(of("f.call(\"\");", "call"), "call(\"\")");
        assert_eq!(of("ids.for_each(suppress_person);", ".for_each"), "for_each(suppress_person)");
        assert_eq!(of("let x = f;", "f;"), "f");
    }

    #[test]
    fn a_word_of_the_head_is_marked_as_a_whole() {
        for (text, word) in [("//! max-peple: 5\n", "max-peple"), (" //! max-people: 1,x\n", "1,x")] {
            let place = Place { source: "x".into(), line: 1, column: text.find(word).unwrap() + 1 };
            let span = span(text, &place, None, &At::Call, false).unwrap();
            assert_eq!(&text[span.start..span.end], word);
        }
    }

    #[test]
    fn a_place_rhai_could_not_count_to_is_no_span() {
        let long = format!("/*{}*/ track_event(1)", "x".repeat(70_000));
        let place = Place { source: "x".into(), line: 1, column: 65_535 };
        assert_eq!(span(&long, &place, Some("track_event"), &At::Call, false), None);
    }

    proptest::proptest! {
        #[test]
        fn in_any_script_the_marked_place_is_the_span(
            before in "(let a = \"[^\"\\\\\r\n]{0,8}\";|// [^\r\n]{0,8}\n|/\\* [^*/]{0,9} \\*/|\t|\r\n| ){0,6}",
            first in "(1|\"[^\"\\\\\r\n]{0,6}\"|`[^`$]{0,6}`|\\[1, 2\\]|f\\(1, 2\\)|#\\{ a: 1, b: \"\\)\" \\}|\\|a, b\\| a)",
            second in "(1|\"[^\"\\\\\r\n]{0,6}\"|`\\$\\{f\\(1, \"\\}\"\\)\\}`|\\[1, 2\\]|f\\(1, g\\(2\\)\\)|x \\+ 1)",
            gap in "( |\t|\r\n|/\\* , \\*/|// \\)\n){0,3}",
        ) {
            let text = format!("{before}track_event({gap}{first}{gap},{gap}{second}{gap}); g(3)");
            let byte = before.len();
            let (line, column) = crate::engine::scan::position(&text, byte);
            let place = Place { source: "x".into(), line, column };
            for (name, wanted) in [("user_id", &first), ("event", &second)] {
                // A lone map is one of names.
                let span = span(&text, &place, Some("track_event"), &value(&[name]), false).unwrap();
                proptest::prop_assert_eq!(&text[span.start..span.end], wanted);
            }
        }
    }
}
