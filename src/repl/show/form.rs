//! Values in Rhai's own form, on as many lines as they need.

use std::borrow::Cow;

use jiff::Timestamp;

use super::cut::{Paint, columns, cut, visible};
use super::times::moment;
use super::{FIRST, View, all_or};
use crate::diagnostics::Look;
use crate::engine::Shown;
use crate::request::{key_literal, quoted};

/// The lines of a screen that a text takes at most, unless it has lines of its own.
const TEXT_LINES: usize = 10;

/// What was drawn of a value.
#[derive(Debug)]
pub struct Drawn {
    pub text: String,
    /// Whether something doesn't fit and is cut.
    pub cut: bool,
}

/// A value on the lines that it needs.
pub fn pretty(value: &Shown, view: View) -> Drawn {
    match value {
        Shown::Text(text) => self::text(text, view),
        value => lines(view, |lines| lines.put("", "", value, "", None)),
    }
}

/// A field of a map that isn't drawn as one: `name: value`.
pub fn field(name: &str, value: &Shown, view: View) -> Drawn {
    lines(view, |lines| lines.put("", &format!("{}: ", key(name)), value, "", moment(name, value)))
}

/// A map's key as Rhai writes it.
pub fn key(name: &str) -> String {
    visible(&key_literal(name))
}

/// A value on one line.
pub fn literal(value: &Shown, look: Look) -> String {
    match value {
        Shown::Unit => "()".to_string(),
        Shown::Bool(b) => b.to_string(),
        Shown::Int(n) => n.to_string(),
        Shown::Float(f) => format!("{f:?}"),
        Shown::Text(text) => visible(&quoted(text)),
        Shown::Person { .. } => {
            let known: Vec<String> = fields(value)
                .iter()
                .filter(|(_, value)| *value != Shown::Unit)
                .map(|(name, value)| format!("{name}: {}", literal(value, look)))
                .collect();
            format!("person(#{{ {} }})", known.join(", "))
        }
        Shown::List { first, .. } | Shown::Sequence { first, .. } => {
            let more = beyond(value).map(|more| Cow::Owned(look.words(&more).into_owned()));
            let items: Vec<Cow<'_, str>> =
                first.iter().map(|item| Cow::Owned(literal(item, look))).chain(more).collect();
            format!("[{}]", items.join(", "))
        }
        Shown::Map(fields) if fields.is_empty() => "#{}".to_string(),
        Shown::Map(fields) => {
            let fields: Vec<String> = fields
                .iter()
                .map(|(name, value)| format!("{}: {}", key(name), literal(value, look)))
                .collect();
            format!("#{{ {} }}", fields.join(", "))
        }
        Shown::Steps { of } => format!("a lazy sequence of {of}"),
        Shown::Other(words) => visible(words),
    }
}

/// What a map or a person has, by name.
pub fn fields(value: &Shown) -> Cow<'_, [(String, Shown)]> {
    match value {
        Shown::Map(fields) => Cow::Borrowed(fields),
        Shown::Person { id, email, cio_id } => [("id", id), ("email", email), ("cio_id", cio_id)]
            .map(|(name, value)| (name.to_string(), value.clone().map_or(Shown::Unit, Shown::Text)))
            .to_vec()
            .into(),
        _ => Cow::Borrowed(&[]),
    }
}

/// What stands for the items that aren't there.
fn beyond(value: &Shown) -> Option<String> {
    match value {
        Shown::List { first, len } if *len > first.len() => Some(format!("… {} more", len - first.len())),
        Shown::Sequence { more: true, .. } => Some("… more".to_string()),
        _ => None,
    }
}

/// Whether there is a date to tell somewhere in a value.
fn has_moment(value: &Shown) -> bool {
    match value {
        Shown::Map(fields) => {
            fields.iter().any(|(name, value)| moment(name, value).is_some() || has_moment(value))
        }
        Shown::List { first, .. } | Shown::Sequence { first, .. } => first.iter().any(has_moment),
        _ => false,
    }
}

/// A text as a literal; one of several lines in its lines, as between backticks.
fn text(text: &str, view: View) -> Drawn {
    let width = view.look.width;
    let literal = visible(&quoted(text));
    // Between backticks nothing is escaped.
    let plain = !text.contains(['`', '\r']) && !text.contains("${");
    let own: Vec<&str> = text.split('\n').collect();
    let as_it_is = own.len() > 1 && plain && own.iter().all(|line| visible(line) == **line);
    if !as_it_is {
        let room = if view.whole { usize::MAX } else { width.saturating_mul(TEXT_LINES) };
        return Drawn { text: cut(&literal, room, view.look), cut: columns(&literal) > room };
    }
    if view.whole {
        return Drawn { text: format!("`{text}`"), cut: false };
    }
    let first: Vec<String> = own.iter().take(FIRST).map(|line| cut(line, width, view.look)).collect();
    let cut = own.len() > FIRST || own.iter().any(|line| columns(line) > width);
    Drawn { text: format!("`{}`", first.join("\n")), cut }
}

fn lines(view: View, put: impl FnOnce(&mut Lines)) -> Drawn {
    let mut lines = Lines { view, lines: vec![], cut: false };
    put(&mut lines);
    Drawn { text: lines.lines.join("\n"), cut: lines.cut }
}

/// Lines of a value as they grow.
struct Lines {
    view: View,
    lines: Vec<String>,
    cut: bool,
}

impl Lines {
    /// Puts down a value with what stands before and behind it, on one line where it has room there.
    fn put(&mut self, indent: &str, lead: &str, value: &Shown, tail: &str, when: Option<Timestamp>) {
        let look = self.view.look;
        let width = look.width;
        let inner = format!("{indent}  ");
        // Farther to the right there is hardly room for anything but on one line.
        let room = self.view.whole || 2 * inner.len() <= width;
        let line = format!("{indent}{lead}{}{tail}", literal(value, look));
        let fits = columns(&line) <= width && !has_moment(value);
        match value {
            Shown::Map(fields) if !fits && room && !fields.is_empty() => {
                self.push(format!("{indent}{lead}#{{"));
                for (name, value) in fields {
                    self.put(&inner, &format!("{}: ", key(name)), value, ",", moment(name, value));
                }
                self.push(format!("{indent}}}{tail}"));
            }
            Shown::List { first, .. } | Shown::Sequence { first, .. }
                if !fits && room && !first.is_empty() =>
            {
                self.push(format!("{indent}{lead}["));
                self.items(&inner, first);
                if let Some(more) = beyond(value) {
                    self.push(format!("{inner}{}", look.words(&more)));
                    self.cut = true;
                }
                self.push(format!("{indent}]{tail}"));
            }
            _ => self.push_dated(line, indent, when),
        }
    }

    /// Items below each other; those without anything inside side by side.
    fn items(&mut self, indent: &str, items: &[Shown]) {
        let look = self.view.look;
        let mut row = String::new();
        for item in items {
            let within = !fields(item).is_empty()
                || matches!(item, Shown::Map(_) | Shown::List { .. } | Shown::Sequence { .. });
            let text = format!("{},", literal(item, look));
            let beside = columns(&row) + 1 + columns(&text) <= look.width;
            if !row.is_empty() && (within || !beside) {
                let row = std::mem::take(&mut row);
                self.push(row);
            }
            match row.is_empty() {
                _ if within => self.put(indent, "", item, ",", None),
                true => row = format!("{indent}{text}"),
                false => {
                    row.push(' ');
                    row.push_str(&text);
                }
            }
        }
        if !row.is_empty() {
            self.push(row);
        }
    }

    /// A line and the date that its value is, beside it or below it.
    fn push_dated(&mut self, line: String, indent: &str, when: Option<Timestamp>) {
        let Some(when) = when else { return self.push(line) };
        let look = self.view.look;
        let dates = [when.to_string(), when.strftime("%Y-%m-%d").to_string()];
        let beside = dates.iter().find(|date| columns(&line) + columns(date) + 4 <= look.width);
        match beside {
            Some(date) => self.lines.push(format!("{line} {}", Paint::Aside.on(&format!("// {date}"), look))),
            None => {
                self.push(line);
                self.lines.push(format!("{indent}{}", Paint::Aside.on(&format!("// {}", dates[1]), look)));
            }
        }
    }

    fn push(&mut self, line: String) {
        let width = all_or(self.view);
        self.cut |= columns(&line) > width;
        self.lines.push(cut(&line, width, self.view.look));
    }
}
