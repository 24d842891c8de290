//! An input in colour, with the bracket that matches the one at the cursor.

use std::borrow::Cow;
use std::ops::Range;

use super::complete::{command, of_catalogue};
use crate::engine::scan::{Kind, Token, holes, is_keyword, scan, space};

/// A longer input stays as it is: it is painted again at each key.
const LONGEST: usize = 64 << 10;
/// So deep in texts within texts there is colour.
const DEEPEST: usize = 8;

/// What a part of an input is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Command,
    Keyword,
    Number,
    Text,
    Tool,
    Comment,
    /// A bracket, with its mate at the cursor.
    Matched,
}

impl Part {
    /// How a terminal is told.
    const fn style(self) -> &'static str {
        match self {
            Part::Command => "\x1b[1m",
            Part::Keyword => "\x1b[35m",
            Part::Number => "\x1b[36m",
            Part::Text => "\x1b[32m",
            Part::Tool => "\x1b[34m",
            Part::Comment => "\x1b[2m",
            Part::Matched => "\x1b[1;4m",
        }
    }
}

const PLAIN: &str = "\x1b[0m";

/// The words of a prompt that say what an input can do, each with how it looks.
const PLACES: [(&str, &str); 3] =
    [("sandbox", "\x1b[32m"), ("read-only", "\x1b[33m"), ("live", "\x1b[1;31m")];

/// A prompt in the colour of what an input can do. The last such word counts: a profile may be called like one.
pub fn prompt(text: &str) -> String {
    let place = |word| PLACES.iter().find(|(place, _)| *place == word);
    let shown = text.trim_end();
    match text.split_whitespace().rev().find_map(place) {
        Some((_, style)) => format!("{style}{shown}{PLAIN}{}", &text[shown.len()..]),
        None => text.to_string(),
    }
}

/// What is told beside a text. It is no colour, so that it is there without any.
pub fn dimmed(text: &str) -> String {
    format!("\x1b[2m{text}{PLAIN}")
}

/// `text` with the marks that colour it, for a terminal that shows them; without them it is the same text.
pub fn paint(text: &str, cursor: usize) -> Cow<'_, str> {
    if text.len() > LONGEST {
        return Cow::Borrowed(text);
    }
    let Read { mut parts, pairs } = read(text);
    if let Some((one, other)) = at(&pairs, cursor) {
        parts.extend([(one, Part::Matched), (other, Part::Matched)]);
        parts.sort_by_key(|(span, _)| span.start);
    }
    if parts.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() * 2);
    let mut done = 0;
    for (span, part) in parts {
        out.push_str(&text[done..span.start]);
        out.push_str(part.style());
        out.push_str(&text[span.clone()]);
        out.push_str(PLAIN);
        done = span.end;
    }
    out.push_str(&text[done..]);
    Cow::Owned(out)
}

/// The bytes of the bracket at the cursor, or right before it, and of its mate; the one at the cursor first.
pub fn matching(text: &str, cursor: usize) -> Option<(Range<usize>, Range<usize>)> {
    if text.len() > LONGEST { None } else { at(&read(text).pairs, cursor) }
}

type Pair = (Range<usize>, Range<usize>);

fn at(pairs: &[Pair], cursor: usize) -> Option<Pair> {
    let touched = |touches: &dyn Fn(&Range<usize>) -> bool| {
        pairs.iter().find_map(|(open, close)| match (touches(open), touches(close)) {
            (true, _) => Some((open.clone(), close.clone())),
            (_, true) => Some((close.clone(), open.clone())),
            _ => None,
        })
    };
    touched(&|span| span.contains(&cursor)).or_else(|| touched(&|span| span.end == cursor))
}

/// The parts of an input in their order, and its brackets in pairs.
#[derive(Default)]
struct Read {
    parts: Vec<(Range<usize>, Part)>,
    pairs: Vec<Pair>,
}

fn read(text: &str) -> Read {
    let mut read = Read::default();
    let mut from = 0;
    if let Some((name, _)) = command(text) {
        from = name.end;
        read.parts.push((name, Part::Command));
    }
    read.code(text, from, DEEPEST);
    read
}

impl Read {
    /// Reads code from a byte on to the end of `text`.
    fn code(&mut self, text: &str, from: usize, deep: usize) {
        let tokens = scan(text, from, |_| false).tokens;
        let mut open: Vec<&Token> = vec![];
        let mut at = from;
        for (i, token) in tokens.iter().enumerate() {
            self.comments(text, at..token.span.start);
            at = token.span.end;
            let word = &text[token.span.clone()];
            match token.kind {
                Kind::Open => open.push(token),
                Kind::Close => {
                    let fits = |open: &&Token| text[open.span.clone()].ends_with(opener(word));
                    if let Some(mate) = open.pop().filter(fits) {
                        self.pairs.push((mate.span.clone(), token.span.clone()));
                    }
                }
                Kind::Number => self.part(token, Part::Number),
                Kind::Text if word.starts_with('`') => self.template(text, token, deep),
                Kind::Text => self.part(token, Part::Text),
                Kind::Word if is_keyword(word) => self.part(token, Part::Keyword),
                Kind::Word => {
                    let called = tokens.get(i + 1).is_some_and(|next| &text[next.span.clone()] == "(");
                    if called && of_catalogue(word).is_some() {
                        self.part(token, Part::Tool);
                    }
                }
                Kind::Symbol => {}
            }
        }
        self.comments(text, at..text.len());
    }

    /// Reads a text in backticks: what is interpolated is code.
    fn template(&mut self, text: &str, token: &Token, deep: usize) {
        if deep == 0 {
            return self.part(token, Part::Text);
        }
        let mut at = token.span.start;
        for hole in holes(&text[..token.span.end], token.span.start) {
            self.parts.push((at..hole.start, Part::Text));
            self.code(&text[..hole.end], hole.start, deep - 1);
            at = hole.end;
        }
        if at < token.span.end {
            self.parts.push((at..token.span.end, Part::Text));
        }
    }

    /// Reads what is between two tokens.
    fn comments(&mut self, text: &str, gap: Range<usize>) {
        let mut at = gap.start;
        while at < gap.end {
            let end = space(text, at).0;
            if text[at..].starts_with('/') {
                self.parts.push((at..end, Part::Comment));
            }
            at = end;
        }
    }

    fn part(&mut self, token: &Token, part: Part) {
        self.parts.push((token.span.clone(), part));
    }
}

/// What the bracket that is closed so ends with.
fn opener(close: &str) -> &'static str {
    match close {
        ")" => "(",
        "]" => "[",
        _ => "{",
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The parts of a text, in words.
    fn parts(text: &str) -> Vec<(&str, Part)> {
        read(text).parts.into_iter().map(|(span, part)| (&text[span], part)).collect()
    }

    /// A text without what colours it.
    fn bare(painted: &str) -> String {
        let all = [
            Part::Command,
            Part::Keyword,
            Part::Number,
            Part::Text,
            Part::Tool,
            Part::Comment,
            Part::Matched,
        ];
        all.iter()
            .map(|part| part.style())
            .chain([PLAIN])
            .fold(painted.to_string(), |text, mark| text.replace(mark, ""))
    }

    #[test]
    fn each_part_has_its_colour() {
        let text = "for p in segment_members(\"VIP\") { f(p, 1.5); } // all";
        assert_eq!(
            parts(text),
            [
                ("for", Part::Keyword),
                ("in", Part::Keyword),
                ("segment_members", Part::Tool),
                ("\"VIP\"", Part::Text),
                ("1.5", Part::Number),
                ("// all", Part::Comment),
            ]
        );
        assert_eq!(
            parts("`a ${if x { `b ${1}` } /* c */} d`"),
            [
                ("`a ${", Part::Text),
                ("if", Part::Keyword),
                ("`b ${", Part::Text),
                ("1", Part::Number),
                ("}`", Part::Text),
                ("/* c */", Part::Comment),
                ("} d`", Part::Text),
            ]
        );
        assert_eq!(parts(":type 1"), [(":type", Part::Command), ("1", Part::Number)]);
        assert_eq!(parts("track_event"), [], "a name that isn't called");
        assert_eq!(parts("/* a"), [("/* a", Part::Comment)]);
        assert_eq!(paint("let", 0), "\x1b[35mlet\x1b[0m");
        assert_eq!(paint("x", 0), "x");
    }

    #[test]
    fn a_prompt_looks_like_what_can_be_done_there() {
        for (text, style) in [
            ("sandbox › ", "\x1b[32m"),
            ("read-only › ", "\x1b[33m"),
            ("live › ", "\x1b[1;31m"),
            ("sandbox live › ", "\x1b[1;31m"),
            ("live read-only › ", "\x1b[33m"),
        ] {
            assert_eq!(prompt(text), format!("{style}{}\x1b[0m ", text.trim_end()));
        }
        assert_eq!(prompt("› "), "› ");
    }

    #[test]
    fn a_bracket_finds_its_mate() {
        for (marked, pair) in [
            ("~(a)", Some((0, 2))),
            ("(a~)", Some((2, 0))),
            ("(a)~", Some((2, 0))),
            ("f~(#{ a: [1] })", Some((1, 13))),
            ("f(#~{ a: [1] })", Some((2, 12))),
            ("f(\")~\")", None),
            ("f(~\")\")", Some((1, 5))),
            ("`${f~(1)}`", Some((4, 6))),
            ("~(]", None),
            ("~(", None),
            ("a~", None),
        ] {
            let cursor = marked.find('~').expect("a case marks its cursor");
            let text = marked.replacen('~', "", 1);
            let found = matching(&text, cursor).map(|(one, other)| (one.start, other.start));
            assert_eq!(found, pair, "{marked}");
        }
        assert_eq!(paint("(x)", 0), "\x1b[1;4m(\x1b[0mx\x1b[1;4m)\x1b[0m");
    }

    #[test]
    fn what_is_long_stays_as_it_is() {
        let text = "let ".repeat(LONGEST);
        assert!(matches!(paint(&text, 0), Cow::Borrowed(_)) && matching(&text, 0).is_none());
        let deep = "`${".repeat(10_000);
        assert_eq!(bare(&paint(&deep, 0)), deep);
    }

    proptest! {
        #[test]
        fn no_letter_is_lost(
            text in "([a-z]{1,3}|[`\"'{}()\\[\\]#$/*\\\\|:,;. \n]|`\\$\\{|ü|1|/\\*|//|let|for){0,24}",
            cursor in 0_usize..24,
        ) {
            prop_assert_eq!(bare(&paint(&text, cursor)), text);
        }
    }
}
