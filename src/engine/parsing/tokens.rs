//! The tokens around the place of an error.

use super::super::scan::{Kind, Token};

pub struct Around<'t> {
    pub text: &'t str,
    pub all: &'t [Token],
    /// The first token that doesn't begin before the place.
    pub index: usize,
    /// The place itself.
    pub byte: usize,
}

impl<'t> Around<'t> {
    pub fn new(text: &'t str, all: &'t [Token], byte: usize) -> Around<'t> {
        let index = all.partition_point(|token| token.span.start < byte);
        Around { text, all, index, byte }
    }

    pub fn says(&self, index: usize) -> &'t str {
        self.all.get(index).map_or("", |token| &self.text[token.span.clone()])
    }

    pub fn kind(&self, index: usize) -> Option<Kind> {
        self.all.get(index).map(|token| token.kind)
    }

    pub fn begins(&self, index: usize) -> usize {
        self.all.get(index).map_or(self.text.len(), |token| token.span.start)
    }

    /// The token at the place; nothing at the end of the text.
    pub fn here(&self) -> &'t str {
        self.says(self.index)
    }

    /// The `n`th token behind it.
    pub fn next(&self, n: usize) -> &'t str {
        self.says(self.index + n)
    }

    /// The `n`th token before it.
    pub fn back(&self, n: usize) -> &'t str {
        self.index.checked_sub(n).map_or("", |index| self.says(index))
    }

    pub fn back_kind(&self, n: usize) -> Option<Kind> {
        self.index.checked_sub(n).and_then(|index| self.kind(index))
    }

    /// The `n`th token behind it where that is a value by itself, to be shown again.
    pub fn value(&self, n: usize) -> &'t str {
        match self.kind(self.index + n) {
            Some(Kind::Word | Kind::Text | Kind::Number) => self.next(n),
            _ => "…",
        }
    }

    /// The variable that the `n`th token before it is, or a name for any.
    pub fn owner(&self, n: usize) -> &'t str {
        let name = self.back(n);
        let alone = !matches!(self.back(n + 1), "." | "?.");
        if alone && rhai::is_valid_identifier(name) { name } else { "map" }
    }

    /// The bracket that is open before it.
    pub fn open(&self) -> Option<usize> {
        let mut depth = 0;
        (0..self.index).rev().find(|index| {
            depth += match self.kind(*index) {
                Some(Kind::Open) => 1,
                Some(Kind::Close) => -1,
                _ => 0,
            };
            depth > 0
        })
    }

    /// The bracket that closes what is open before it.
    pub fn close(&self) -> Option<usize> {
        let mut depth = 0;
        (self.index..self.all.len()).find(|index| {
            depth += match self.kind(*index) {
                Some(Kind::Open) => 1,
                Some(Kind::Close) => -1,
                _ => 0,
            };
            depth < 0
        })
    }

    /// The text between two tokens.
    pub fn between(&self, from: usize, to: usize) -> &'t str {
        let from = self.all.get(from).map_or(self.text.len(), |token| token.span.end);
        self.text.get(from..self.begins(to)).unwrap_or_default().trim()
    }

    /// Where the `n`th token before it begins.
    pub fn start(&self, n: usize) -> usize {
        self.index.checked_sub(n).map_or(0, |index| self.begins(index))
    }

    /// Where the token before it ends.
    pub fn end_before(&self) -> usize {
        self.index.checked_sub(1).map_or(0, |index| self.all[index].span.end)
    }

    /// Whether the token before it is on the same line.
    pub fn same_line(&self) -> bool {
        self.index < self.all.len() && !self.text[self.end_before()..self.begins(self.index)].contains('\n')
    }

    /// Whether no space is between it and the token before.
    pub fn joined(&self) -> bool {
        self.index < self.all.len() && self.end_before() == self.begins(self.index)
    }

    /// The first token of the statement it is in.
    pub fn first(&self) -> usize {
        let before = &self.all[..self.index.min(self.all.len())];
        let end = before.iter().rposition(|token| matches!(&self.text[token.span.clone()], ";" | "{" | "}"));
        end.map_or(0, |end| end + 1)
    }

    /// Where the token behind the last `word` before it begins.
    pub fn after(&self, word: &str) -> Option<usize> {
        let last = (0..=self.index).rev().find(|index| self.says(*index) == word)?;
        (last + 1 < self.all.len()).then(|| self.begins(last + 1))
    }

    /// Where the key `name` of the same map stands before it.
    pub fn key_before(&self, name: &str) -> Option<usize> {
        let mut depth = 0;
        for index in (0..self.index).rev() {
            match self.kind(index) {
                Some(Kind::Close) => depth += 1,
                Some(Kind::Open) if depth == 0 => return None,
                Some(Kind::Open) => depth -= 1,
                _ if depth == 0
                    && self.says(index).trim_matches('"') == name
                    && self.says(index + 1) == ":" =>
                {
                    return Some(self.begins(index));
                }
                _ => {}
            }
        }
        None
    }

    /// Where the name of a function with so many parameters stands before a byte.
    pub fn function_before(&self, name: &str, parameters: usize, byte: usize) -> Option<usize> {
        let is = |index: &usize| {
            self.says(*index) == name && self.says(index - 1) == "fn" && self.begins(*index) < byte
        };
        (1..self.all.len()).filter(is).find_map(|index| {
            let close = (index..self.all.len()).find(|index| self.says(*index) == ")")?;
            let words = (index + 2..close).filter(|index| self.kind(*index) == Some(Kind::Word)).count();
            (words == parameters).then(|| self.begins(index))
        })
    }

    /// Whether it is in the block of a closure.
    pub fn in_closure(&self) -> bool {
        let mut depth = 0;
        for index in (0..self.index).rev() {
            match self.says(index) {
                "}" => depth += 1,
                "{" if depth == 0 && index > 0 && matches!(self.says(index - 1), "|" | "||") => return true,
                "{" if depth == 0 => {}
                "{" => depth -= 1,
                _ => {}
            }
        }
        false
    }
}
