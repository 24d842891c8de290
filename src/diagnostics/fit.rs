//! Lines of source on a screen that they are too long for: they are cut, and what is marked stays in sight.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use miette::{
    Diagnostic, LabeledSpan, MietteError, MietteSpanContents, Severity, SourceCode, SourceSpan, SpanContents,
};

use super::legible::{apart, labelled, legible};
use super::show::{Look, Shown};
use crate::request::Secrets;

/// What stands beside a line of source, apart from its number: ` 12 │ `.
const GUTTER: usize = 4;
/// What a mark over several lines takes at the left of them.
const BRACKET: usize = 4;
/// Less than this of a line says nothing.
const LEAST: usize = 20;
/// What stands between the middle of a mark and its words: `╰── `, or `╰─┤ ` where they have several lines.
const HOOK: usize = 4;
/// Words aren't broken to lines that are narrower.
const NARROWEST: usize = 10;
/// As the tabs are that miette draws.
const TAB: usize = 4;

/// A diagnostic as it is drawn on a screen, without those that belong to it.
#[derive(Debug)]
pub(super) struct Fitted<'s> {
    shown: &'s Shown,
    labels: Vec<LabeledSpan>,
    source: Option<Cut>,
}

/// A source whose long lines are cut.
#[derive(Debug)]
struct Cut {
    name: String,
    text: String,
    lines: Vec<Line>,
}

/// A line of a source, and what is left of it.
#[derive(Debug)]
struct Line {
    /// Its bytes in the whole text, without its end.
    whole: Range<usize>,
    /// Those that are left, if it is cut.
    kept: Range<usize>,
    /// Where it begins in the text that is drawn.
    at: usize,
    /// How many bytes stand in for its beginning and for its end.
    marks: (usize, usize),
    /// How many characters of its beginning are cut.
    skipped: usize,
}

impl Line {
    /// Where it ends in the text that is drawn.
    fn end(&self) -> usize {
        self.at + self.marks.0 + self.kept.len() + self.marks.1
    }
}

impl<'s> Fitted<'s> {
    pub fn of(shown: &'s Shown, look: Look, secrets: &Secrets) -> Fitted<'s> {
        let Some(source) = &shown.source else {
            return Fitted { shown, labels: shown.labels.clone(), source: None };
        };
        let (whole, labels) = legible(source.inner(), &shown.labels, look.unicode);
        let labels = apart(&whole, &labels);
        let room = room(&whole, &labels, look);
        let source = Cut::of(source.name(), &whole, &labels, room, look, secrets);
        let labels = labels.iter().map(|label| source.fitted(&source.moved(label, &whole), room));
        Fitted { shown, labels: labels.collect(), source: Some(source) }
    }
}

/// The columns that are there for a line of source.
fn room(text: &str, labels: &[LabeledSpan], look: Look) -> usize {
    let last = labels.iter().map(|label| label.offset() + label.len()).max().unwrap_or_default();
    // One line more is drawn.
    let line = text.bytes().take(last).filter(|byte| *byte == b'\n').count() + 2;
    let over_lines = |label: &&LabeledSpan| {
        text.get(label.offset()..label.offset() + label.len()).is_some_and(|text| text.contains('\n'))
    };
    let brackets = BRACKET * labels.iter().filter(over_lines).count();
    look.width.saturating_sub(line.to_string().len() + GUTTER + brackets).max(LEAST)
}

impl Cut {
    fn of(name: &str, text: &str, labels: &[LabeledSpan], room: usize, look: Look, secrets: &Secrets) -> Cut {
        let mark = if look.unicode { "…" } else { "..." };
        let mut cut = Cut { name: name.to_string(), text: String::with_capacity(text.len()), lines: vec![] };
        let mut at = 0;
        for piece in text.split_inclusive('\n') {
            let line = piece.trim_end_matches(['\r', '\n']);
            let whole = at..at + line.len();
            // Half a secret would be found by nobody but a reader: such a line stays whole, to be masked.
            let may = |line: &str| matches!(secrets.clean(line), Cow::Borrowed(_));
            let focus = focus(labels, &whole);
            let words = words(labels, &whole, line, &focus, room);
            let fits = columns(line) <= room && middle(line, &focus) + words <= room;
            let kept = match !fits && may(line) {
                true => window(line, focus, words, room, mark.chars().count()),
                false => 0..line.len(),
            };
            let before = if kept.start > 0 { mark } else { "" };
            let behind = if kept.end < line.len() { mark } else { "" };
            let begins = cut.text.len();
            cut.text.extend([before, &line[kept.clone()], behind, &piece[line.len()..]]);
            let skipped = line[..kept.start].chars().count();
            let kept = whole.start + kept.start..whole.start + kept.end;
            let marks = (before.len(), behind.len());
            cut.lines.push(Line { whole, kept, at: begins, marks, skipped });
            at += piece.len();
        }
        cut
    }

    /// The line that the byte `offset` of the whole text is in.
    fn line(&self, offset: usize) -> Option<&Line> {
        self.lines[..self.lines.partition_point(|line| line.whole.start <= offset)].last()
    }

    /// The label where it is in the text that is drawn; one that is cut away, where that is said, tells what it
    /// is about.
    fn moved(&self, label: &LabeledSpan, text: &str) -> LabeledSpan {
        let (from, to) = (label.offset(), label.offset() + label.len());
        let (Some(first), Some(last)) = (self.line(from), self.line(to)) else { return label.clone() };
        let start = match from {
            from if from < first.kept.start => first.at,
            from if first.marks.1 > 0 && from >= first.kept.end => first.end() - first.marks.1,
            from => first.at + first.marks.0 + (from - first.kept.start),
        };
        let end = match to {
            to if to <= last.kept.start && last.marks.0 > 0 => last.at + last.marks.0,
            to if last.marks.1 > 0 && to > last.kept.end => last.end(),
            to => last.at + last.marks.0 + (to - last.kept.start),
        };
        let away = to <= first.kept.start && first.marks.0 > 0 || from >= first.kept.end && first.marks.1 > 0;
        let words = label.label().map(|words| match text.get(from..to).filter(|_| away && from < to) {
            Some(about) => format!("{about}: {words}"),
            None => words.to_string(),
        });
        labelled(words, &(start..end.max(start)), label.primary())
    }

    /// The label with its words on as many lines as the room beside its hook asks for.
    fn fitted(&self, label: &LabeledSpan, room: usize) -> LabeledSpan {
        let (from, to) = (label.offset(), label.offset() + label.len());
        let begins = self.text[..from].rfind('\n').map_or(0, |end| end + 1);
        let middle = match self.text[from..to].contains('\n') {
            true => 0,
            false => (columns(&self.text[begins..from]) + columns(&self.text[begins..to])) / 2,
        };
        let room = room.saturating_sub(middle + HOOK).max(NARROWEST);
        let words = label.label().map(|words| wrapped(words, room));
        labelled(words, &(from..to), label.primary())
    }

    /// The column, from 0 and in characters, that the byte `offset` of the drawn text has in the whole one.
    fn column(&self, offset: usize) -> usize {
        let lines = self.lines.partition_point(|line| line.at <= offset);
        let Some(line) = self.lines[..lines].last() else { return 0 };
        let shown = self.text.get(line.at + line.marks.0..offset).unwrap_or_default();
        line.skipped + shown.chars().count()
    }
}

/// Words on lines of `room` columns; a longer word has a line of its own.
fn wrapped(words: &str, room: usize) -> String {
    let mut text = String::new();
    for line in words.split('\n') {
        let mut used = 0;
        for word in line.split(' ') {
            let wide = columns(word);
            match () {
                () if text.is_empty() => {}
                () if used == 0 || used + 1 + wide > room => {
                    text.push('\n');
                    used = 0;
                }
                () => {
                    text.push(' ');
                    used += 1;
                }
            }
            text.push_str(word);
            used += wide;
        }
    }
    text
}

/// The column of the middle of a mark, from which its words hang.
fn middle(line: &str, mark: &Range<usize>) -> usize {
    (columns(&line[..mark.start]) + columns(&line[..mark.end])) / 2
}

/// The columns of the line `whole` that are asked for from the middle of the focus on, so that there is room
/// for the words of all marks: half of it at most for those of the focus, less for others.
fn words(
    labels: &[LabeledSpan],
    whole: &Range<usize>,
    line: &str,
    focus: &Range<usize>,
    room: usize,
) -> usize {
    let from = middle(line, focus);
    let here = labels.iter().filter(|label| whole.contains(&label.offset()));
    let need = |label: &LabeledSpan| {
        let mark = mark(label, whole);
        let most = if mark == *focus { room / 2 } else { room / 3 };
        let words = HOOK + label.label().map_or(0, columns);
        (middle(line, &mark) + words.min(most)).saturating_sub(from)
    };
    here.map(need).max().unwrap_or_default()
}

/// The bytes of the line `whole`, from its beginning, that a label marks.
fn mark(label: &LabeledSpan, whole: &Range<usize>) -> Range<usize> {
    let end = (label.offset() + label.len()).min(whole.end);
    label.offset() - whole.start..end - whole.start
}

/// What of a line, in its own bytes, is to stay in sight: the primary mark, or else the first.
fn focus(labels: &[LabeledSpan], whole: &Range<usize>) -> Range<usize> {
    let here = || labels.iter().filter(|label| whole.contains(&label.offset()));
    let Some(label) = here().find(|label| label.primary()).or_else(|| here().next()) else { return 0..0 };
    mark(label, whole)
}

/// The bytes of a line that are left in `room` columns, with `mark` columns for what is cut at an end, and
/// `words` columns from the middle of the focus on.
fn window(line: &str, focus: Range<usize>, words: usize, room: usize, mark: usize) -> Range<usize> {
    let total = columns(line);
    let (from, to) = (columns(&line[..focus.start]), columns(&line[..focus.end]));
    let middle = middle(line, &focus);
    let beside = if middle + words > room { (middle + words + mark - room).min(from) } else { 0 };
    let around = if to + mark <= room {
        0
    } else {
        let inner = room - 2 * mark;
        let ahead = inner.saturating_sub(to - from) / 2;
        // At the end of a line no room is left unused.
        (from.saturating_sub(ahead)).min(total.saturating_sub(room - mark))
    };
    let from = around.max(beside);
    let room = if from > 0 { room - mark } else { room };
    let until = if total - from <= room { total } else { from + room - mark };
    let mut column = 0;
    let (mut start, mut end) = (None, line.len());
    for (at, c) in line.char_indices() {
        if column >= from {
            start.get_or_insert(at);
        }
        column += width(c, column);
        if column > until {
            end = at;
            break;
        }
    }
    let start = start.unwrap_or(end);
    start..end.max(start)
}

fn columns(line: &str) -> usize {
    line.chars().fold(0, |column, c| column + width(c, column))
}

/// The columns a character takes at `column`; rather too many than too few.
fn width(c: char, column: usize) -> usize {
    match c {
        '\t' => TAB - column % TAB,
        '\u{1100}'..='\u{115f}' | '\u{2600}'.. => 2,
        _ => 1,
    }
}

impl SourceCode for Cut {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        behind: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let read = self.text.read_span(span, before, behind)?;
        // It is asked for in the middle of a line to tell the place, which the whole source has.
        let column = if read.column() > 0 { self.column(read.span().offset()) } else { 0 };
        let (line, lines) = (read.line(), read.line_count());
        let name = self.name.clone();
        Ok(Box::new(MietteSpanContents::new_named(name, read.data(), *read.span(), line, column, lines)))
    }
}

impl fmt::Display for Fitted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.shown.fmt(f)
    }
}

impl std::error::Error for Fitted<'_> {}

impl Diagnostic for Fitted<'_> {
    fn severity(&self) -> Option<Severity> {
        self.shown.severity()
    }

    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.shown.code()
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.shown.help()
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        (!self.labels.is_empty())
            .then(|| Box::new(self.labels.iter().cloned()) as Box<dyn Iterator<Item = LabeledSpan>>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|source| source as &dyn SourceCode)
    }
}

#[cfg(test)]
mod tests {
    use miette::NamedSource;

    use super::*;

    fn shown(text: &str, labels: &[Range<usize>]) -> Shown {
        let label = |(i, span): (usize, &Range<usize>)| {
            let (words, span) = (Some("odd".to_string()), SourceSpan::new(span.start.into(), span.len()));
            match i {
                0 => LabeledSpan::new_primary_with_span(words, span),
                _ => LabeledSpan::new_with_span(words, span),
            }
        };
        let source = Some(NamedSource::new("s.rhai", text.to_string()));
        Shown { labels: labels.iter().enumerate().map(label).collect(), source, ..Shown::plain("x".into()) }
    }

    /// What is drawn of each label, and the line of the first.
    fn fitted(text: &str, labels: &[Range<usize>], width: usize, secrets: &Secrets) -> (Vec<String>, String) {
        let shown = shown(text, labels);
        let fitted = Fitted::of(&shown, Look { colour: false, unicode: true, width }, secrets);
        let cut = fitted.source.as_ref().unwrap();
        let marked = |label: &LabeledSpan| cut.text[label.offset()..label.offset() + label.len()].to_string();
        let first = &cut.text[..fitted.labels[0].offset()];
        let line = cut.text.lines().nth(first.matches('\n').count()).unwrap_or_default();
        (fitted.labels.iter().map(marked).collect(), line.to_string())
    }

    const LINE: &str =
        "first();\nsecond(\"0123456789\", \"ünïcödé\", third, \"0123456789\", fourth);\nlast();\n";

    fn span(of: &str) -> Range<usize> {
        let at = LINE.find(of).unwrap();
        at..at + of.len()
    }

    #[test]
    fn the_line_is_cut_around_what_is_marked() {
        let none = Secrets::default();
        for (width, of, line) in [
            (80, "third", LINE.lines().nth(1).unwrap()),
            (45, "second", "second(\"0123456789\", \"ünïcödé\", third, …"),
            (45, "ünïcödé", "second(\"0123456789\", \"ünïcödé\", third, …"),
            (35, "third", "…\"ünïcödé\", third, \"012345678…"),
            (35, "fourth", "…ird, \"0123456789\", fourth);"),
        ] {
            let (marked, drawn) = fitted(LINE, &[span(of)], width, &none);
            assert_eq!((marked[0].as_str(), drawn.as_str()), (of, line), "{width}");
            assert!(columns(&drawn) + 1 + GUTTER <= width);
        }
    }

    #[test]
    fn a_mark_that_is_cut_away_is_where_that_is_said_and_tells_what_it_is_about() {
        let shown = shown(LINE, &[span("third"), span("second"), span("fourth")]);
        let fitted =
            Fitted::of(&shown, Look { colour: false, unicode: false, width: 30 }, &Secrets::default());
        let cut = fitted.source.as_ref().unwrap();
        let told = fitted.labels.iter().map(|label| {
            let text = &cut.text[label.offset()..label.offset() + label.len()];
            format!("{text} {}", label.label().unwrap().replace('\n', " "))
        });
        assert_eq!(told.collect::<Vec<_>>(), ["third odd", "... second: odd", "... fourth: odd"]);
    }

    #[test]
    fn a_line_with_a_secret_is_left_whole_to_be_masked() {
        let secrets = Secrets::new(["0123456789".to_string()]);
        let (_, line) = fitted(LINE, &[span("third")], 35, &secrets);
        assert_eq!(line, LINE.lines().nth(1).unwrap());
    }

    #[test]
    fn the_place_that_is_told_is_that_of_the_whole_source_in_characters() {
        let shown = shown(LINE, &[span("third")]);
        for width in [35, 80] {
            let fitted =
                Fitted::of(&shown, Look { colour: false, unicode: true, width }, &Secrets::default());
            let read = fitted.source.as_ref().unwrap().read_span(fitted.labels[0].inner(), 0, 0).unwrap();
            assert_eq!((read.line(), read.column()), (1, 32), "{width}");
        }
    }
}
