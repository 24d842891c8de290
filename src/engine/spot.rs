//! Where in a script's text an error came up, and what stands around it.

use super::scan::{Kind, Token, behind_a_dot, scan, whole};

/// Where in a text an error came up.
pub struct Spot<'t> {
    text: &'t str,
    byte: Option<usize>,
}

impl<'t> Spot<'t> {
    pub fn new(text: &'t str, byte: Option<usize>) -> Spot<'t> {
        Spot { text, byte }
    }

    /// The token there.
    pub fn says(&self) -> &'t str {
        let Some(byte) = self.byte else { return "" };
        let first = scan(self.text, byte, |tokens| !tokens.is_empty()).tokens.into_iter().next();
        first.map_or("", |token| &self.text[token.span])
    }

    /// Whether `name` stands there, behind a dot.
    pub fn is_method(&self, name: &str) -> bool {
        self.says() == name && self.byte.is_some_and(|byte| behind_a_dot(self.text, byte))
    }

    /// What the text declares before that place: each name, its byte, and whether it is a constant.
    pub fn declared(&self) -> Vec<(&'t str, usize, bool)> {
        let end = self.byte.unwrap_or(self.text.len());
        let tokens = whole(self.text).tokens;
        let says = |index: usize| &self.text[tokens[index].span.clone()];
        (1..tokens.len())
            .filter(|index| tokens[*index].kind == Kind::Word && tokens[*index].span.start < end)
            .filter(|index| matches!(says(index - 1), "let" | "const" | "for"))
            .map(|index| (says(index), tokens[index].span.start, says(index - 1) == "const"))
            .collect()
    }

    /// Whether a module is imported under `name` anywhere in the text.
    pub fn imports(&self, name: &str) -> bool {
        let tokens = whole(self.text).tokens;
        let says = |index: usize| &self.text[tokens[index].span.clone()];
        (3..tokens.len()).any(|at| says(at) == name && says(at - 1) == "as" && says(at - 3) == "import")
    }

    /// The name behind the dot behind the token there.
    pub fn property(&self) -> Option<&'t str> {
        let tokens = scan(self.text, self.byte?, |tokens| tokens.len() > 2).tokens;
        let says = |index: usize| tokens.get(index).map(|token: &Token| &self.text[token.span.clone()]);
        says(2).filter(|name| says(1) == Some(".") && rhai::is_valid_identifier(name))
    }

    /// The tokens before the dot there, or before the name behind it; none in a text in backticks.
    fn before_the_dot(&self) -> Vec<Token> {
        let Some(byte) = self.byte else { return vec![] };
        let ends = |tokens: &[Token]| tokens.last().is_some_and(|last| last.span.end >= byte);
        let mut tokens = scan(self.text, 0, ends).tokens;
        tokens.retain(|token| token.span.start < byte);
        if tokens.last().is_some_and(|last| last.span.end > byte) {
            return vec![];
        }
        let dot = |token: &Token| matches!(&self.text[token.span.clone()], "." | "?.");
        let at_dot = matches!(self.says(), "." | "?.");
        match tokens.last() {
            Some(last) if dot(last) && !at_dot => drop(tokens.pop()),
            _ if at_dot => {}
            _ => return vec![],
        }
        tokens
    }

    /// The function whose result stands before the dot there: `sort` in `list.sort().reverse()`.
    pub fn made_by(&self) -> Option<&'t str> {
        let tokens = self.before_the_dot();
        let mut depth = 0;
        let open = tokens.iter().rposition(|token| {
            depth += match token.kind {
                Kind::Close => 1,
                Kind::Open => -1,
                _ => 0,
            };
            depth == 0
        })?;
        let name = tokens.get(open.checked_sub(1)?).filter(|token| token.kind == Kind::Word)?;
        (&self.text[tokens[open].span.clone()] == "(").then(|| &self.text[name.span.clone()])
    }

    /// The method call there as one of a function: `join(p, "acme")` for `p.join("acme")`. What is too long to
    /// be repeated is left out.
    pub fn as_function(&self, name: &str) -> String {
        const SHORT: usize = 40;
        let tokens = self.before_the_dot();
        let says = |token: &Token| &self.text[token.span.clone()];
        let chain = tokens.iter().rev().take_while(|token| token.kind == Kind::Word || says(token) == ".");
        let receiver = match (chain.last(), tokens.last()) {
            (Some(first), Some(last)) => &self.text[first.span.start..last.span.end],
            _ => "…",
        };
        let mut depth = 0;
        let call = scan(self.text, self.byte.unwrap_or_default(), |tokens| {
            depth += match tokens.last().map(|last| last.kind) {
                Some(Kind::Open) => 1,
                Some(Kind::Close) => -1,
                _ => 0,
            };
            tokens.len() > 1 && depth <= 0
        });
        let given = match &call.tokens[..] {
            [_, open, .., close] if close.kind == Kind::Close => {
                self.text[open.span.end..close.span.start].trim()
            }
            _ => "",
        };
        let given = if given.contains('\n') || given.chars().count() > SHORT { "…" } else { given };
        let comma = if given.is_empty() { "" } else { ", " };
        format!("{name}({receiver}{comma}{given})")
    }
}
