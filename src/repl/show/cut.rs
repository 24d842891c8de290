//! Text on a screen: its columns, what is cut off, and what is painted.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::diagnostics::Look;
use crate::fault::is_obeyed;

/// The columns that text takes.
pub fn columns(text: &str) -> usize {
    text.width()
}

/// Text in at most `width` columns, with a mark where it is cut. Even the mark gives way to a narrower place.
pub fn cut(text: &str, width: usize, look: Look) -> String {
    if columns(text) <= width {
        return text.to_string();
    }
    let mark = look.words("…");
    let mark = if columns(&mark) < width { &*mark } else { "" };
    let room = width - columns(mark);
    let mut taken = 0;
    let kept = text.chars().take_while(|c| {
        taken += c.width().unwrap_or_default();
        taken <= room
    });
    kept.chain(mark.chars()).collect()
}

/// Text whose control characters can do nothing to a screen: they are written as Rhai escapes them.
pub fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if is_obeyed(c) => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out
}

/// Text in lines of at most `width` columns that end between words. A word that is longer has a line to itself.
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = vec![];
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if columns(line) + 1 + columns(word) <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_string()),
        }
    }
    lines
}

/// What is painted otherwise than a value itself.
#[derive(Clone, Copy, Debug)]
pub enum Paint {
    /// The names of columns.
    Head,
    /// What Segue adds to a value: a date, how much more there is.
    Aside,
}

impl Paint {
    pub fn on(self, text: &str, look: Look) -> String {
        let code = match self {
            Paint::Head => 1,
            Paint::Aside => 2,
        };
        if look.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_string() }
    }
}
