//! Where the cursor is in an input: in what kind of text, behind which tokens, and inside of which brackets.

use crate::engine::scan::{Kind, Token, Unclosed, holes, is_keyword, scan, space, whole};

/// So deep in texts within texts the cursor is followed.
const DEEPEST: usize = 32;

/// Where the cursor is.
pub struct Spot<'t> {
    pub text: &'t str,
    pub cursor: usize,
    pub within: Within,
    /// The tokens before the cursor, without the word or the string it is in. In a text in backticks only those
    /// of the `${` around the cursor.
    pub tokens: Vec<Token>,
    /// The brackets that are open there, innermost last.
    pub around: Vec<Around<'t>>,
}

/// What the cursor is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Within {
    /// In code; what is written of a word begins at this byte.
    Code(usize),
    /// In a string that begins, behind its quote, at this byte.
    Text(usize),
    /// In a comment, in a number, or in a text of another kind.
    Nothing,
}

/// An open bracket and what is before the cursor in it.
#[derive(Debug)]
pub struct Around<'t> {
    pub bracket: Bracket<'t>,
    /// The commas so far.
    pub commas: usize,
    /// Whether something is there since the last comma, colon or semicolon.
    pub begun: bool,
    /// The first argument of a call, if it is a string.
    pub first: Option<&'t str>,
    /// The keys of a map, each with its value if that is a string.
    pub keys: Vec<(&'t str, Option<&'t str>)>,
    /// The key whose value is being written.
    pub key: Option<&'t str>,
    /// Whether the cursor is in the parameters of a closure.
    pub parameters: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bracket<'t> {
    /// The arguments of a call, also one behind a dot, or of a function in a module.
    Call {
        name: &'t str,
        method: bool,
        module: Option<&'t str>,
    },
    Map,
    List,
    /// A block, an index, a group, a function's parameters.
    Other,
}

impl<'t> Spot<'t> {
    /// Reads `text` up to the byte `cursor`, in one go.
    pub fn of(text: &'t str, cursor: usize) -> Spot<'t> {
        let cursor = (0..=cursor.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        let before = &text[..cursor];
        let (mut from, mut within, mut tokens) = (0, Within::Nothing, vec![]);
        for _ in 0..DEEPEST {
            let found = scan(before, from, |_| false);
            tokens = found.tokens;
            let open = match found.unclosed {
                // One that a line break has ended is behind the cursor's line.
                Some(Unclosed::Text(at) | Unclosed::Hole(at)) => {
                    tokens.last().filter(|last| last.span.contains(&at) && last.span.end == cursor)
                }
                Some(Unclosed::Comment(_)) => {
                    tokens.clear();
                    break;
                }
                None => None,
            };
            let Some(open) = open.cloned() else {
                within = code(before, &mut tokens, from);
                break;
            };
            tokens.pop();
            match before.as_bytes()[open.span.start] {
                b'"' => within = Within::Text(open.span.start + 1),
                b'`' if matches!(found.unclosed, Some(Unclosed::Hole(_))) => {
                    if let Some(hole) = holes(before, open.span.start).pop() {
                        from = hole.start;
                        continue;
                    }
                }
                _ => {}
            }
            break;
        }
        let around = around(text, &tokens);
        Spot { text, cursor, within, tokens, around }
    }

    /// What is written of a word or a string.
    pub fn begun(&self) -> &'t str {
        match self.within {
            Within::Code(from) | Within::Text(from) => &self.text[from..self.cursor],
            Within::Nothing => "",
        }
    }

    /// The token that is so many before the cursor; the nearest is 0.
    pub fn back(&self, n: usize) -> &'t str {
        self.tokens.iter().rev().nth(n).map_or("", |token| &self.text[token.span.clone()])
    }

    /// The keys that a map has behind the cursor.
    pub fn keys_behind(&self) -> Vec<&'t str> {
        let mut depth = 0_usize;
        let mut keys = vec![];
        let rest = &self.text[self.cursor..];
        // What is left of the word or the string the cursor is in, is no part of what follows.
        let skipped = match self.within {
            Within::Text(_) => rest.find('"').map_or(rest.len(), |end| end + 1),
            _ => rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len()),
        };
        let rest = &rest[skipped..];
        let mut before: Option<&str> = None;
        scan(rest, 0, |tokens| {
            let Some(last) = tokens.last() else { return false };
            let word = &rest[last.span.clone()];
            match last.kind {
                Kind::Open => depth += 1,
                Kind::Close if depth == 0 => return true,
                Kind::Close => depth -= 1,
                _ if word == ":" && depth == 0 => keys.extend(before.map(unquoted)),
                _ => {}
            }
            before = Some(word);
            false
        });
        keys
    }
}

/// A string without its quotes; any other text as it is.
pub fn unquoted(word: &str) -> &str {
    word.strip_prefix('"').map_or(word, |rest| rest.strip_suffix('"').unwrap_or(rest))
}

/// What the end of `before` is in, where no text is open. A word there is taken off the tokens.
fn code(before: &str, tokens: &mut Vec<Token>, from: usize) -> Within {
    let end = before.len();
    match tokens.last() {
        Some(last) if last.span.end == end => match last.kind {
            Kind::Word => {
                let start = last.span.start;
                tokens.pop();
                Within::Code(start)
            }
            Kind::Number => Within::Nothing,
            _ => Within::Code(end),
        },
        last => {
            let mut at = last.map_or(from, |last| last.span.end);
            while at < end {
                let line = before[at..].starts_with("//");
                at = space(before, at).0;
                if line && at == end {
                    return Within::Nothing;
                }
            }
            Within::Code(end)
        }
    }
}

/// The brackets that are open at the end of `tokens`.
fn around<'t>(text: &'t str, tokens: &[Token]) -> Vec<Around<'t>> {
    let word = |i: usize| tokens.get(i).map_or("", |token| &text[token.span.clone()]);
    let mut around: Vec<Around<'t>> = vec![];
    for (i, token) in tokens.iter().enumerate() {
        let this = word(i);
        if token.kind == Kind::Close {
            around.pop();
        }
        if let Some(top) = around.last_mut() {
            top.read(this, token.kind, i.checked_sub(1).map(|before| (word(before), tokens[before].kind)));
        }
        if token.kind == Kind::Open {
            let back = |n: usize| i.checked_sub(n).map_or("", word);
            let named = i.checked_sub(1).is_some_and(|before| tokens[before].kind == Kind::Word);
            around.push(Around::new(bracket(this, named, back)));
        }
    }
    around
}

/// The bracket `open`, behind what `back` gives; `named` says whether that is a word.
fn bracket<'t>(open: &str, named: bool, back: impl Fn(usize) -> &'t str) -> Bracket<'t> {
    match open {
        "#{" => Bracket::Map,
        "(" if named && !is_keyword(back(1)) && back(2) != "fn" => Bracket::Call {
            name: back(1),
            method: matches!(back(2), "." | "?."),
            module: (back(2) == "::").then(|| back(3)),
        },
        "[" if !named && !matches!(back(1), ")" | "]" | "}") => Bracket::List,
        "[" if is_keyword(back(1)) => Bracket::List,
        _ => Bracket::Other,
    }
}

impl<'t> Around<'t> {
    fn new(bracket: Bracket<'t>) -> Around<'t> {
        Around { bracket, commas: 0, begun: false, first: None, keys: vec![], key: None, parameters: false }
    }

    /// Takes in a token that stands right in the bracket, and the one before it.
    fn read(&mut self, word: &'t str, kind: Kind, before: Option<(&'t str, Kind)>) {
        match word {
            "|" => {
                let operand = before.is_some_and(|(word, kind)| match kind {
                    Kind::Word => !is_keyword(word),
                    Kind::Number | Kind::Text | Kind::Close => true,
                    Kind::Open | Kind::Symbol => false,
                });
                self.parameters = !self.parameters && !operand;
            }
            "," if self.parameters => {}
            "," => {
                self.commas += 1;
                (self.key, self.begun) = (None, false);
                return;
            }
            ";" => {
                self.begun = false;
                return;
            }
            ":" if self.bracket == Bracket::Map && self.key.is_none() => {
                let key = before.map_or("", |(word, _)| unquoted(word));
                self.keys.push((key, None));
                (self.key, self.begun) = (Some(key), false);
                return;
            }
            _ if kind == Kind::Text && !self.begun => {
                match self.keys.last_mut().filter(|_| self.key.is_some()) {
                    Some((_, value)) => *value = Some(unquoted(word)),
                    None if self.commas == 0 => self.first = Some(unquoted(word)),
                    None => {}
                }
            }
            _ => {}
        }
        self.begun = true;
    }
}

/// The names that an input itself gives: by `let`, `const`, `for`, `catch`, and as parameters.
pub fn given(text: &str) -> Vec<&str> {
    let tokens = whole(text).tokens;
    let mut names = vec![];
    let (mut parameters, mut before) = (None, ("", Kind::Symbol));
    let mut function = false;
    for token in &tokens {
        let word = &text[token.span.clone()];
        let operand = match before.1 {
            Kind::Word => !is_keyword(before.0),
            Kind::Number | Kind::Text | Kind::Close => true,
            Kind::Open | Kind::Symbol => false,
        };
        match (word, parameters) {
            (")", Some(")")) | ("|", Some("|")) => parameters = None,
            ("(", None) if function => parameters = Some(")"),
            ("|", None) if !operand => parameters = Some("|"),
            _ => {}
        }
        function = before.0 == "fn" && token.kind == Kind::Word;
        let named = parameters.is_some() || matches!(before.0, "let" | "const" | "for");
        if token.kind == Kind::Word && named && !is_keyword(word) && !names.contains(&word) {
            names.push(word);
        }
        before = (word, token.kind);
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The spot at the `~` of a text.
    fn spot<T>(marked: &str, then: impl FnOnce(Spot<'_>) -> T) -> T {
        let cursor = marked.find('~').expect("a case marks its cursor");
        then(Spot::of(&marked.replacen('~', "", 1), cursor))
    }

    #[test]
    fn what_the_cursor_is_in() {
        for (marked, within) in [
            ("~", Within::Code(0)),
            ("get_s~", Within::Code(0)),
            ("f(a, b~)", Within::Code(5)),
            ("f(\"VI~", Within::Text(3)),
            ("f(\"VI~P\")", Within::Text(3)),
            ("x = 12~", Within::Nothing),
            ("// f~", Within::Nothing),
            ("/* // */ f~", Within::Code(9)),
            ("/* f~", Within::Nothing),
            ("// a\nf~", Within::Code(5)),
            ("'a~", Within::Nothing),
            ("`a ~", Within::Nothing),
            ("`a ${f(b~", Within::Code(7)),
            ("`a ${f(\"b~", Within::Text(8)),
            ("`a ${`b ${c~", Within::Code(10)),
            ("`a ${b} ~`", Within::Nothing),
            ("#\"a~", Within::Nothing),
            ("\"a\nb~", Within::Code(3)),
            ("ü~ü", Within::Code(0)),
        ] {
            assert_eq!(spot(marked, |spot| spot.within), within, "{marked}");
        }
        assert_eq!(Spot::of("ü", 1).within, Within::Code(0), "no half of a character");
    }

    #[test]
    fn the_brackets_around_it_are_known() {
        let call = |name| Bracket::Call { name, method: false, module: None };
        spot("f(1, g(#{ a: [1, 2], \"b\": \"x\", c: ~", |spot| {
            let brackets: Vec<_> = spot.around.iter().map(|around| around.bracket).collect();
            assert_eq!(brackets, [call("f"), call("g"), Bracket::Map]);
            assert_eq!((spot.around[0].commas, spot.around[1].commas), (1, 0));
            assert_eq!(spot.around[2].keys, [("a", None), ("b", Some("x")), ("c", None)]);
            assert_eq!((spot.around[2].key, spot.around[2].begun), (Some("c"), false));
        });
        spot("parallel(8, xs, |a, b| a + b, ~", |spot| assert_eq!(spot.around[0].commas, 3));
        spot("tool(\"X\", #{~", |spot| assert_eq!(spot.around[0].first, Some("X")));
        spot("p?.f(~", |spot| {
            assert_eq!(spot.around[0].bracket, Bracket::Call { name: "f", method: true, module: None });
        });
        spot("dates::f(~", |spot| {
            let module = Some("dates");
            assert_eq!(spot.around[0].bracket, Bracket::Call { name: "f", method: false, module });
        });
        for (marked, bracket) in [
            ("fn f(~", Bracket::Other),
            ("if (~", Bracket::Other),
            ("{ ~", Bracket::Other),
            ("xs[~", Bracket::Other),
            ("x = [~", Bracket::List),
            ("for x in [~", Bracket::List),
            ("f()[~", Bracket::Other),
        ] {
            spot(marked, |spot| assert_eq!(spot.around[0].bracket, bracket, "{marked}"));
        }
        spot("f(a) } ] ~", |spot| assert!(spot.around.is_empty()));
    }

    #[test]
    fn what_is_behind_the_cursor_counts_too() {
        let keys = |marked| spot(marked, |spot| spot.keys_behind().join(" "));
        assert_eq!(keys("f(#{ ~, a: 1, \"b\": #{ c: 2 } }, #{ d: 1 })"), "a b");
        assert_eq!(keys("f(#{ us~er_id: 1, b: 1"), "b");
        assert_eq!(keys("f(#{ x: \"V~IP\", b: 1"), "b");
        assert_eq!(keys("f(~"), "");
    }

    #[test]
    fn names_that_an_input_gives_are_found() {
        let text =
            "let a = 1 | x; for (b) in y {} for c in z { f(|d, e| d | g) } fn h(i, j) { k(l) } const m";
        assert_eq!(given(text), ["a", "c", "d", "e", "i", "j", "m"]);
    }
}
