//! Sources whose characters a terminal would obey, and marks that lie inside each other: as they can be drawn.

use std::borrow::Cow;
use std::ops::Range;

use miette::{LabeledSpan, SourceSpan};

use crate::fault::is_obeyed;

/// `text` with a sign in place of each character that a terminal would obey, one for one, so that columns
/// stay; and the labels where they are in it.
pub fn legible<'t>(text: &'t str, labels: &[LabeledSpan], unicode: bool) -> (Cow<'t, str>, Vec<LabeledSpan>) {
    let ends_line = |rest: &str| rest.starts_with('\n') || rest.starts_with("\r\n");
    let hidden = |(at, c): (usize, char)| c != '\t' && is_obeyed(c) && !ends_line(&text[at..]);
    if !text.char_indices().any(hidden) {
        return (Cow::Borrowed(text), labels.to_vec());
    }
    let mut shown = String::with_capacity(text.len());
    // Behind each that was replaced: where it ended, and where it ends now.
    let mut moves: Vec<(usize, usize)> = vec![];
    for (at, c) in text.char_indices() {
        if hidden((at, c)) {
            shown.push(if unicode { picture(c) } else { '?' });
            moves.push((at + c.len_utf8(), shown.len()));
        } else {
            shown.push(c);
        }
    }
    let moved = |offset: usize| match moves.partition_point(|(from, _)| *from <= offset) {
        0 => offset,
        n => moves[n - 1].1 + (offset - moves[n - 1].0),
    };
    let labels = labels.iter().map(|label| {
        let (from, to) = (moved(label.offset()), moved(label.offset() + label.len()));
        with_span(label, &(from..to))
    });
    (Cow::Owned(shown), labels.collect())
}

/// The sign that Unicode has for a control character.
fn picture(c: char) -> char {
    match c {
        '\0'..='\x1f' => char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}'),
        '\x7f' => '\u{2421}',
        _ => '\u{fffd}',
    }
}

/// The labels with none on one line inside another: of the outer one what it begins with is marked. Labels
/// of the same bytes become one.
pub fn apart(text: &str, labels: &[LabeledSpan]) -> Vec<LabeledSpan> {
    let span = |label: &LabeledSpan| label.offset()..label.offset() + label.len();
    let mut found: Vec<LabeledSpan> = vec![];
    for label in labels {
        match found.iter_mut().find(|other| span(other) == span(label)) {
            Some(same) => {
                let words: Vec<&str> = [same.label(), label.label()].into_iter().flatten().collect();
                let words =
                    if words.first() == words.last() { words[..1].join("") } else { words.join("; ") };
                *same = labelled(Some(words), &span(label), same.primary() || label.primary());
            }
            None => found.push(label.clone()),
        }
    }
    let spans: Vec<Range<usize>> = found.iter().map(span).collect();
    let narrowed = |(i, label): (usize, &LabeledSpan)| {
        let outer = &spans[i];
        let Some(drawn) = text.get(outer.clone()).filter(|drawn| !drawn.contains('\n')) else {
            return label.clone();
        };
        let within = |inner: &&Range<usize>| {
            **inner != *outer && inner.start >= outer.start && inner.end <= outer.end && !inner.is_empty()
        };
        match spans.iter().filter(within).map(|inner| inner.start).min() {
            None => label.clone(),
            Some(first) => with_span(label, &head(drawn, outer, first)),
        }
    };
    found.iter().enumerate().map(narrowed).collect()
}

/// What `outer` begins with, as far as the first mark in it; its last character, where that begins at once.
fn head(drawn: &str, outer: &Range<usize>, first: usize) -> Range<usize> {
    let word = drawn.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(drawn.len());
    let len = match word {
        0 if drawn.starts_with("#{") => 2,
        0 => drawn.chars().next().map_or(0, char::len_utf8),
        word => word,
    };
    let last = drawn.chars().next_back().map_or(0, char::len_utf8);
    if outer.start + len <= first { outer.start..outer.start + len } else { outer.end - last..outer.end }
}

fn with_span(label: &LabeledSpan, span: &Range<usize>) -> LabeledSpan {
    labelled(label.label().map(str::to_string), span, label.primary())
}

/// A label with these words at these bytes.
pub fn labelled(words: Option<String>, span: &Range<usize>, primary: bool) -> LabeledSpan {
    let at = SourceSpan::new(span.start.into(), span.len());
    match primary {
        true => LabeledSpan::new_primary_with_span(words, at),
        false => LabeledSpan::new_with_span(words, at),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(text: &str, of: &str, words: &str, primary: bool) -> LabeledSpan {
        let at = text.find(of).unwrap();
        labelled(Some(words.to_string()), &(at..at + of.len()), primary)
    }

    fn marked<'t>(text: &'t str, labels: &'t [LabeledSpan]) -> Vec<(&'t str, &'t str)> {
        let one = |label: &'t LabeledSpan| {
            (&text[label.offset()..label.offset() + label.len()], label.label().unwrap())
        };
        labels.iter().map(one).collect()
    }

    #[test]
    fn a_sign_stands_for_what_a_terminal_obeys_and_marks_stay_with_their_text() {
        let text = "a\x1bb\r\n\t\u{9b}word\r!\n";
        let (shown, labels) = legible(text, &[label(text, "word", "odd", true)], true);
        assert_eq!(shown, "a␛b\r\n\t\u{fffd}word␍!\n");
        assert_eq!(marked(&shown, &labels), [("word", "odd")]);
        assert_eq!(legible(text, &[], false).0, "a?b\r\n\t?word?!\n");
        assert!(matches!(legible("a\r\n\tb", &[], true).0, Cow::Borrowed(_)));
    }

    #[test]
    fn a_mark_around_another_is_where_it_begins() {
        let text = "f([#{ key: 1 }], g(2))";
        let labels = [
            label(text, "#{ key: 1 }", "neither", true),
            label(text, "key", "no such", false),
            label(text, "g(2)", "called", false),
            label(text, "g", "g", false),
        ];
        let apart = apart(text, &labels);
        assert_eq!(
            marked(text, &apart),
            [("#{", "neither"), ("key", "no such"), (")", "called"), ("g", "g")]
        );
    }

    #[test]
    fn marks_of_the_same_text_become_one() {
        let text = "f(1)";
        let twice = [label(text, "1", "odd", false), label(text, "1", "even", true)];
        let one = apart(text, &twice);
        assert_eq!(marked(text, &one), [("1", "odd; even")]);
        assert!(one[0].primary());
    }
}
