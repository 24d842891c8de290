//! A failure as a machine reads it: the same marks as on a screen, as bytes, lines and columns.

use miette::{Diagnostic, LabeledSpan, Severity, SourceSpan};
use serde_json::{Value, json};

use super::show::{Mark, Shown, label};
use crate::engine::{Sources, Wrong};
use crate::fault::{Fault, Place};
use crate::request::Secrets;

/// What went wrong, as objects of `kind` "diagnostic": one, and one for each of `others`.
/// `src/cli/format.schema.json` tells their fields. Nothing is masked yet: `cleaned` does it to all that is
/// written.
pub fn objects(wrong: &Wrong, sources: &Sources) -> Vec<Value> {
    std::iter::once(wrong).chain(&wrong.others).map(|wrong| plain(&each(wrong, sources))).collect()
}

/// The object of a fault that has no place in a source.
pub fn note_object(fault: &Fault) -> Value {
    let wrong = Wrong { faults: vec![fault.clone()], ..Wrong::default() };
    plain(&each(&wrong, &Sources::default()))
}

/// The object of a fault in `text`, which came from the file `source`.
pub fn marked_object(mark: &Mark, source: &str, text: &str) -> Value {
    plain(&Shown::marked(mark, source, text))
}

/// What a screen shows, but with each further fault apart: there they share a message and their helps.
fn each(wrong: &Wrong, sources: &Sources) -> Shown {
    let mut shown = Shown::of(wrong, sources);
    if let (true, Some(place), Some(source)) = (shown.labels.is_empty(), &wrong.place, &shown.source) {
        shown.labels.extend(rest_of_line(source.inner(), place));
    }
    let [first, others @ ..] = &wrong.faults[..] else { return shown };
    if others.is_empty() {
        return shown;
    }
    shown.message = first.message.clone();
    shown.help = first.help.clone();
    let apart = |fault: &Fault| {
        let mut apart = Shown::plain(fault.message.clone());
        apart.code = Some(fault.code.name());
        apart.help = fault.help.clone();
        let (Some(place), Some(source)) = (&wrong.place, &shown.source) else { return apart };
        apart.labels.extend(label(source.inner(), place, wrong, fault, true));
        apart.source = Some(source.clone());
        apart
    };
    let others: Vec<Shown> = others.iter().map(apart).collect();
    let told = |mark: &LabeledSpan| {
        others.iter().flat_map(|other| &other.labels).any(|other| other.inner() == mark.inner())
    };
    shown.labels.retain(|mark| mark.primary() || !told(mark));
    shown.related.splice(..0, others);
    shown
}

/// The mark of a place that is counted no further: the line from there on.
fn rest_of_line(text: &str, place: &Place) -> Option<LabeledSpan> {
    let line = text.split_inclusive('\n').nth(place.line.checked_sub(1)?)?;
    let begins = line.as_ptr().addr() - text.as_ptr().addr();
    let line = line.trim_end_matches(['\r', '\n']);
    let before = line.char_indices().nth(place.column.saturating_sub(1)).map_or(line.len(), |(at, _)| at);
    let span = SourceSpan::new((begins + before).into(), line.len() - before);
    Some(LabeledSpan::new_primary_with_span(Some("in here".to_string()), span))
}

fn plain(shown: &Shown) -> Value {
    let spans = shown
        .source
        .iter()
        .flat_map(|source| shown.labels.iter().map(move |label| span(label, source.name(), source.inner())));
    json!({
        "kind": "diagnostic",
        "code": shown.code,
        "severity": match shown.severity() {
            None | Some(Severity::Error) => "error",
            Some(Severity::Warning) => "warning",
            Some(Severity::Advice) => "advice",
        },
        "message": shown.message,
        "spans": spans.collect::<Vec<_>>(),
        "help": shown.help,
        "related": shown.related.iter().map(plain).collect::<Vec<_>>(),
    })
}

fn span(label: &LabeledSpan, file: &str, text: &str) -> Value {
    let start = label.offset();
    let before = &text[..start];
    let line = before.rfind('\n').map_or(0, |end| end + 1);
    json!({
        "file": file,
        "line": before.matches('\n').count() + 1,
        "column": before[line..].chars().count() + 1,
        "offset": start,
        "length": label.len(),
        "label": label.label(),
        "primary": label.primary(),
    })
}

/// The value with every secret in its texts replaced: before it is written, since JSON may write one otherwise.
pub fn cleaned(value: Value, secrets: &Secrets) -> Value {
    match value {
        Value::String(text) => Value::String(secrets.clean(&text).into_owned()),
        Value::Array(items) => items.into_iter().map(|item| cleaned(item, secrets)).collect(),
        Value::Object(fields) => {
            Value::Object(fields.into_iter().map(|(name, value)| (name, cleaned(value, secrets))).collect())
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_that_is_counted_no_further_is_the_rest_of_its_line() {
        let place = Place { source: "x".into(), line: 2, column: 3 };
        let label = rest_of_line("é\néüabc\r\nd", &place).unwrap();
        assert_eq!(&"é\néüabc\r\nd"[label.offset()..label.offset() + label.len()], "abc");
        assert_eq!(rest_of_line("a", &place), None);
    }

    #[test]
    fn a_secret_is_found_before_json_writes_it_otherwise() {
        let secrets = Secrets::new(["pass\"word\\1".to_string()]);
        let object =
            json!({ "message": "it is pass\"word\\1", "related": [{ "help": "pass\"word\\1" }], "n": 1 });
        let cleaned = cleaned(object, &secrets);
        assert_eq!(
            cleaned,
            json!({ "message": "it is [secret]", "related": [{ "help": "[secret]" }], "n": 1 })
        );
    }
}
