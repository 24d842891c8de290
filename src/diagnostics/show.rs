//! A failure on a screen.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, Severity, SourceSpan,
};

use super::fit::Fitted;
use super::legible::labelled;
use super::locate;
use crate::engine::{Frame, Sources, Wrong};
use crate::fault::{At, Code, Ending, Fault, Place, counted, visible};
use crate::request::{MAX_TOLD, Secrets};

/// How a screen can be written on.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    pub colour: bool,
    pub unicode: bool,
    pub width: usize,
}

impl Look {
    /// Our words, in characters that the screen has. What a script or Customer.io says stays as it is.
    pub fn words<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.unicode || text.is_ascii() {
            return Cow::Borrowed(text);
        }
        let plain = |text: String, (from, to): (char, &str)| text.replace(from, to);
        [('…', "..."), ('×', "x"), ('›', ">")].into_iter().fold(text.to_string(), plain).into()
    }
}

/// What went wrong, with the lines of source it is about.
pub fn show(wrong: &Wrong, sources: &Sources, look: Look, secrets: &Secrets) -> String {
    let mut wrong = wrong.clone();
    let others = wrong.others.iter_mut().flat_map(|other| &mut other.faults);
    for fault in wrong.faults.iter_mut().chain(others) {
        *fault = cleaned(fault, look, secrets);
    }
    let mut text = draw(&Shown::of(&wrong, sources), look, secrets);
    for other in &wrong.others {
        text.push('\n');
        text.push_str(&draw(&Shown::of(other, sources), look, secrets));
    }
    if let Some(beyond) = beyond(wrong.left) {
        text.push_str(&format!("\n{beyond}\n"));
    }
    // Once more when it is drawn, for the lines of source.
    secrets.clean(&text).into_owned()
}

/// What is said of faults that aren't shown.
pub fn beyond(left: usize) -> Option<String> {
    (left > 0).then(|| format!("{} more found; put right those above first", counted(left as u64, "fault")))
}

/// A fault that has no place in a source.
pub fn note(fault: &Fault, look: Look, secrets: &Secrets) -> String {
    let wrong = Wrong { faults: vec![fault.clone()], ..Wrong::default() };
    show(&wrong, &Sources::default(), look, secrets)
}

/// A fault and the bytes of a text it is about, where that text isn't a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    pub fault: Fault,
    pub span: Range<usize>,
}

/// A fault in `text`, which came from the file `source`.
pub fn marked(mark: &Mark, source: &str, text: &str, look: Look, secrets: &Secrets) -> String {
    let mark = Mark { fault: cleaned(&mark.fault, look, secrets), span: mark.span.clone() };
    secrets.clean(&draw(&Shown::marked(&mark, source, text), look, secrets)).into_owned()
}

/// Before the drawing, which breaks long lines: half a secret on each is found by nobody but a reader.
fn cleaned(fault: &Fault, look: Look, secrets: &Secrets) -> Fault {
    let clean = |text: &str| visible(&look.words(&secrets.clean(text))).into_owned();
    Fault {
        message: clean(&fault.message),
        label: clean(&fault.label),
        help: fault.help.as_deref().map(clean),
        ..fault.clone()
    }
}

fn draw(shown: &Shown, look: Look, secrets: &Secrets) -> String {
    let theme = match (look.unicode, look.colour) {
        (true, true) => GraphicalTheme::unicode(),
        (true, false) => GraphicalTheme::unicode_nocolor(),
        (false, true) => {
            GraphicalTheme { characters: miette::ThemeCharacters::ascii(), ..GraphicalTheme::unicode() }
        }
        (false, false) => GraphicalTheme::none(),
    };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(look.width)
        .with_links(false)
        .with_context_lines(1);
    let mut text = String::new();
    if handler.render_report(&mut text, &Fitted::of(shown, look, secrets)).is_err() {
        // The drawing failed; the words remain.
        text = format!("{shown}\n{}", shown.help.as_deref().unwrap_or_default());
    }
    // Drawn with it they would each be announced as an error or an advice, and are none.
    for related in &shown.related {
        text.push('\n');
        text.push_str(&draw(related, look, secrets));
    }
    text
}

/// A diagnostic in miette's terms.
#[derive(Debug)]
pub(super) struct Shown {
    pub severity: Option<Severity>,
    pub message: String,
    pub code: Option<&'static str>,
    pub help: Option<String>,
    pub labels: Vec<LabeledSpan>,
    pub source: Option<NamedSource<String>>,
    pub related: Vec<Shown>,
}

impl Shown {
    /// A fault in a text that isn't a script.
    pub fn marked(mark: &Mark, source: &str, text: &str) -> Shown {
        let Mark { fault, span } = mark;
        let span = SourceSpan::new(span.start.into(), span.len());
        Shown {
            severity: None,
            message: fault.message.clone(),
            code: Some(fault.code.name()),
            help: fault.help.clone(),
            labels: vec![LabeledSpan::new_primary_with_span(Some(fault.label.clone()), span)],
            source: Some(NamedSource::new(source, text.to_string())),
            related: vec![],
        }
    }

    pub fn of(wrong: &Wrong, sources: &Sources) -> Shown {
        let [first, others @ ..] = &wrong.faults[..] else {
            return Shown::plain("something went wrong, and nothing says what".into());
        };
        let text = wrong.place.as_ref().and_then(|place| sources.get(&place.source));
        let mut labels = vec![];
        if let (Some(place), Some(text)) = (&wrong.place, &text) {
            labels.extend(wrong.faults.iter().enumerate().filter_map(|(i, fault)| {
                label(text, place, wrong, &spoken(fault, &wrong.faults[..i]), i == 0)
            }));
            labels.extend(wrong.also.iter().filter_map(|(place, words)| beside(text, place, words)));
            labels.extend(ways(text, &place.source, &wrong.frames, &labels));
            let again = wrong.again.as_ref().filter(|again| again.source == place.source);
            labels.extend(again.and_then(|again| raised(text, again)));
        }
        let mut help = helps(&wrong.faults);
        help.extend(wrong.place.as_ref().filter(|_| text.is_some() && labels.is_empty()).map(far));
        let message = match others.len() {
            0 => first.message.clone(),
            // Without a place there are no marks to tell the others.
            _ if labels.is_empty() => {
                wrong.faults.iter().map(|fault| fault.message.as_str()).collect::<Vec<_>>().join("\n")
            }
            // Of a list no more are looked for.
            n if n + 1 >= MAX_TOLD => format!("{}, and at least {n} more", first.message),
            n => format!("{}, and {n} more", first.message),
        };
        let again_elsewhere = wrong
            .again
            .as_ref()
            .filter(|again| wrong.place.as_ref().is_some_and(|place| again.source != place.source));
        Shown {
            severity: (first.code.ending() == Ending::Nothing).then_some(Severity::Warning),
            message,
            code: Some(first.code.name()),
            help: (!help.is_empty()).then(|| help.join("\n")),
            labels,
            source: wrong
                .place
                .as_ref()
                .zip(text)
                .map(|(place, text)| NamedSource::new(&place.source, text.to_string())),
            related: Shown::elsewhere(wrong, sources)
                .into_iter()
                .chain(again_elsewhere.and_then(|again| Shown::again(again, sources)))
                .collect(),
        }
    }

    /// The calls in other files that led to the failure, a snippet a file, innermost first.
    fn elsewhere(wrong: &Wrong, sources: &Sources) -> Vec<Shown> {
        let mut files: Vec<&str> = vec![];
        for frame in &wrong.frames {
            let file = frame.place.source.as_str();
            let here = wrong.place.as_ref().is_some_and(|place| place.source == file);
            if !here && !files.contains(&file) {
                files.push(file);
            }
        }
        let snippet = |file: &str| {
            let text = sources.get(file)?;
            let labels = ways(&text, file, &wrong.frames, &[]);
            let source = Some(NamedSource::new(file, text.to_string()));
            (!labels.is_empty()).then(|| Shown { labels, source, ..Shown::plain("on the way there".into()) })
        };
        files.into_iter().filter_map(snippet).collect()
    }

    /// Where a failure came up again, in another file.
    fn again(again: &Place, sources: &Sources) -> Option<Shown> {
        let text = sources.get(&again.source)?;
        let mut shown = Shown::plain("it came up again".into());
        shown.labels = vec![raised(&text, again)?];
        shown.source = Some(NamedSource::new(&again.source, text.to_string()));
        Some(shown)
    }

    pub fn plain(message: String) -> Shown {
        Shown {
            severity: None,
            message,
            code: None,
            help: None,
            labels: vec![],
            source: None,
            related: vec![],
        }
    }
}

pub(super) fn label(
    text: &str,
    place: &Place,
    wrong: &Wrong,
    fault: &Fault,
    primary: bool,
) -> Option<LabeledSpan> {
    let span = locate::span(text, place, wrong.call.as_deref(), &fault.at, wrong.faults.len() > 1)?;
    let words = if fault.label.is_empty() { "here" } else { &fault.label };
    Some(labelled(Some(words.to_string()), &(span.start..span.end), primary))
}

/// A fault that shares its message with those `before` it: what is wrong stands at its mark, unless one of them
/// says it, or the mark does.
fn spoken<'f>(fault: &'f Fault, before: &[Fault]) -> Cow<'f, Fault> {
    let told = before.iter().any(|other| other.message == fault.message);
    let entry = list(fault).is_some();
    if before.is_empty() || told || entry || fault.label.contains('`') || matches!(fault.at, At::Key(_)) {
        return Cow::Borrowed(fault);
    }
    Cow::Owned(Fault { label: fault.message.clone(), ..fault.clone() })
}

fn steps(fault: &Fault) -> &[String] {
    match &fault.at {
        At::Call => &[],
        At::Value(steps) | At::Key(steps) => steps,
    }
}

fn digits(step: &str) -> bool {
    step.bytes().all(|byte| byte.is_ascii_digit())
}

/// The way to the list that a fault is about an entry of.
fn list(fault: &Fault) -> Option<&[String]> {
    let (last, way) = steps(fault).split_last()?;
    digits(last).then_some(way)
}

/// How to put faults right: of several each line says what it is about. Entries of a list share the first's.
fn helps(faults: &[Fault]) -> Vec<String> {
    let mut found: Vec<(&str, Vec<String>)> = vec![];
    for (i, fault) in faults.iter().enumerate() {
        let Some(help) = fault.help.as_deref() else { continue };
        let entry =
            |other: &Fault| other.help.is_some() && other.code == fault.code && list(other) == list(fault);
        if list(fault).is_some() && faults[..i].iter().any(entry) {
            continue;
        }
        // What is missing is named by its help.
        let named = fault.code == Code::ArgumentMissing;
        let name = steps(fault).iter().rev().find(|step| !digits(step)).filter(|_| !named).cloned();
        match found.iter_mut().find(|(other, _)| *other == help) {
            Some((_, names)) => names.extend(name.filter(|name| !names.contains(name))),
            None => found.push((help, name.into_iter().collect())),
        }
    }
    let several = found.len() > 1;
    let line = |(help, names): (&str, Vec<String>)| {
        let about = |name: &String| help.contains(&format!("`{name}`"));
        if !several || names.is_empty() || names.iter().any(about) {
            return help.to_string();
        }
        let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        format!("{}: {help}", names.join(", "))
    };
    let mut told: Vec<String> = found.into_iter().map(line).collect();
    // What several of them end in is told behind the last.
    for i in 0..told.len().saturating_sub(1) {
        if let Some((head, last)) = told[i].rsplit_once('\n')
            && told[i + 1..]
                .iter()
                .any(|later| later.lines().count() > 1 && later.lines().last() == Some(last))
        {
            told[i] = head.to_string();
        }
    }
    told
}

/// A place that can't be shown.
fn far(place: &Place) -> String {
    let Place { source, line, column } = place;
    format!("it is in {source}, line {line}, column {column} or behind: places are counted no further")
}

/// The mark of another place that a failure has to do with.
fn beside(text: &str, place: &Place, words: &str) -> Option<LabeledSpan> {
    let span = locate::span(text, place, None, &At::Call, false)?;
    let span = SourceSpan::new(span.start.into(), span.end - span.start);
    Some(LabeledSpan::new_with_span(Some(words.to_string()), span))
}

/// The marks of the calls in `file` among `frames`, which are innermost first. None lies over another, nor
/// over those that are there already.
fn ways(text: &str, file: &str, frames: &[Frame], marked: &[LabeledSpan]) -> Vec<LabeledSpan> {
    let mut found: Vec<(Range<usize>, String)> = vec![];
    for (i, frame) in frames.iter().enumerate().filter(|(_, frame)| frame.place.source == file) {
        let Some(name) = locate::span(text, &frame.place, None, &At::Call, false) else { continue };
        let whole = locate::called(text, &frame.place).unwrap_or(name);
        let marks = marked.iter().map(|mark| mark.offset()..mark.offset() + mark.len());
        let taken = |span: &Range<usize>| {
            let mut all = marks.clone().chain(found.iter().map(|(span, _)| span.clone()));
            all.any(|mark| mark.start < span.end && span.start < mark.end)
        };
        let (whole, name) = (whole.start..whole.end, name.start..name.end);
        let span = if taken(&whole) || text[whole.clone()].contains('\n') { name } else { whole };
        // A function that calls itself does so at one place.
        if !taken(&span) {
            found.push((span.clone(), way(frame, frames.get(i + 1), &text[span])));
        }
    }
    let mark = |(span, words): (Range<usize>, _)| {
        LabeledSpan::new_with_span(Some(words), SourceSpan::new(span.start.into(), span.len()))
    };
    found.into_iter().map(mark).collect()
}

/// What to say of a call that stands in the function of the frame `around`, and is marked by `text`.
fn way(frame: &Frame, around: Option<&Frame>, text: &str) -> String {
    let import = |function: &str| function.starts_with("import ");
    let mut words = match frame.function.trim_matches('`') {
        function if import(function) => "imported here".to_string(),
        name if text.contains(name) => "called here".to_string(),
        _ => format!("{} is called here", frame.function),
    };
    if frame.times > 1 {
        words += &format!(", {} times", frame.times);
    }
    match around.map(|around| &around.function).filter(|function| !import(function)) {
        Some(function) => format!("{words}, in {function}"),
        None => words,
    }
}

/// The mark of a place where a failure came up again.
fn raised(text: &str, again: &Place) -> Option<LabeledSpan> {
    let span = locate::span(text, again, None, &At::Call, false)?;
    let words = match &text[span.start..span.end] {
        "throw" => "thrown again here",
        _ => "came up here",
    };
    let span = SourceSpan::new(span.start.into(), span.end - span.start);
    Some(LabeledSpan::new_with_span(Some(words.to_string()), span))
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Shown {}

impl Diagnostic for Shown {
    fn severity(&self) -> Option<Severity> {
        // What only shows the way isn't an error of its own.
        self.severity.or(self.code.is_none().then_some(Severity::Advice))
    }

    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.code.map(|code| Box::new(code) as Box<dyn fmt::Display>)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }
}
