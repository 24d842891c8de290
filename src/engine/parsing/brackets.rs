//! Brackets that are never closed, or closed by another, or by one too many.

use rhai::{LexError, ParseErrorType};

use super::super::scan::Kind;
use super::Found;
use super::tokens::Around;

pub fn found(kind: &ParseErrorType, around: &Around<'_>) -> Option<Found> {
    let relevant = match kind {
        ParseErrorType::MissingToken(token, _) => matches!(token.as_str(), ";" | "," | ")" | "]" | "}" | "{"),
        ParseErrorType::BadInput(LexError::UnexpectedInput(input)) => {
            matches!(input.as_str(), ")" | "]" | "}" | "")
        }
        ParseErrorType::FnMissingBody(_) => true,
        _ => false,
    };
    if !relevant {
        return None;
    }
    let at_end = around.index >= around.all.len();
    let closing = around.kind(around.index) == Some(Kind::Close);
    let (open, _) = open_before(around, around.index);
    // In a block, what closes no bracket at all is one too many.
    let stray = open.last().is_none_or(|last| around.says(*last) == "{")
        && !open.iter().any(|index| closer(around.says(*index)) == around.here());
    match open.last() {
        _ if closing && stray => {
            let here = around.here();
            let found = Found::new(
                around.byte,
                format!("this `{here}` closes nothing"),
                format!("no `{}` before it is open", opener(here)),
            );
            Some(found.help("take it away, or look for a bracket that is closed too early above"))
        }
        Some(last) if closing && closer(around.says(*last)) != around.here() => {
            let (open, here) = (around.says(*last), around.here());
            let message = format!("`{open}` is closed by `{here}`");
            Some(
                Found::new(around.byte, message, format!("`{}` is missing before this", closer(open)))
                    .also(around.begins(*last), "opened here"),
            )
        }
        Some(last) if at_end => Some(unclosed(around, suspect(around).unwrap_or(*last))),
        Some(last) if around.here() == ";" && around.says(*last) != "{" && closed_later(around, *last) => {
            let what = match around.says(*last) {
                "(" => "arguments",
                "#{" => "the pairs of a map",
                _ => "items",
            };
            Some(Found::new(around.byte, format!("{what} have a `,` between them"), "`,` here"))
        }
        // A `;` or a `{` ends what is in parentheses and square brackets.
        Some(last)
            if matches!(around.here(), ";" | "{" | "=>")
                && around.says(*last) != "{"
                && !matches!(kind, ParseErrorType::MissingToken(token, _) if token == ";") =>
        {
            Some(unclosed(around, *last))
        }
        _ => None,
    }
}

/// Whether the bracket is closed further on in the line, so that what ends nothing was meant to part its items.
fn closed_later(around: &Around<'_>, open: usize) -> bool {
    let line = around.text[around.byte..].find('\n').map_or(around.text.len(), |end| around.byte + end);
    let mut depth = 0;
    let end = (around.index..around.all.len()).find(|index| {
        depth += match around.kind(*index) {
            Some(Kind::Open) => 1,
            Some(Kind::Close) => -1,
            _ => 0,
        };
        depth < 0
    });
    end.is_some_and(|end| around.begins(end) < line && around.says(end) == closer(around.says(open)))
}

fn unclosed(around: &Around<'_>, index: usize) -> Found {
    let open = around.says(index);
    let found = Found::new(around.begins(index), format!("`{open}` is never closed"), "opened here");
    let found = found.help(format!("its `{}` is missing", closer(open)));
    match around.index >= around.all.len() {
        true => found.also(around.text.trim_end().len(), "the file ends here"),
        false => found.also(around.byte, format!("`{}` is missing before this", closer(open))),
    }
}

/// The brackets that are open before a token, and the pairs that are closed there.
fn open_before(around: &Around<'_>, index: usize) -> (Vec<usize>, Vec<(usize, usize)>) {
    let (mut open, mut pairs) = (vec![], vec![]);
    for i in 0..index.min(around.all.len()) {
        match around.kind(i) {
            Some(Kind::Open) => open.push(i),
            Some(Kind::Close) => pairs.extend(open.pop().map(|open| (open, i))),
            _ => {}
        }
    }
    (open, pairs)
}

/// The brace whose end another took, as the indents of the lines show: it begins further in than the line
/// with its closing one.
fn suspect(around: &Around<'_>) -> Option<usize> {
    let line = |byte: usize| {
        let row = around.text[..byte].rfind('\n').map_or(0, |at| at + 1);
        let text = &around.text[row..];
        (row, text.len() - text.trim_start_matches([' ', '\t']).len())
    };
    let (_, pairs) = open_before(around, around.all.len());
    let wrong = |(open, close): &(usize, usize)| {
        let ((from, indent), (to, ends)) = (line(around.begins(*open)), line(around.begins(*close)));
        from != to && to + ends == around.begins(*close) && ends < indent
    };
    pairs.iter().filter(|pair| wrong(pair)).map(|(open, _)| *open).max()
}

fn closer(open: &str) -> &'static str {
    match open {
        "(" => ")",
        "[" | "?[" => "]",
        _ => "}",
    }
}

fn opener(close: &str) -> &'static str {
    match close {
        ")" => "(",
        "]" => "[",
        _ => "{",
    }
}
