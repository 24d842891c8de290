//! Typed reading of a parsed file, with a mark for each thing that is wrong.

use std::ops::{Range, RangeInclusive};

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::mask::hidden;
use crate::diagnostics::Mark;
use crate::fault::{At, Code, Fault, closest};

/// A value and where it stands.
pub type Value<'t> = Spanned<DeValue<'t>>;
/// A key and where it stands.
pub type Key<'t> = Spanned<DeString<'t>>;

/// What was found wrong so far.
#[derive(Debug, Default)]
pub struct Marks(pub Vec<Mark>);

impl Marks {
    /// Marks `span`.
    pub fn add(&mut self, span: Range<usize>, message: String, label: &str, help: &str) {
        let fault = Fault::new(Code::SettingInvalid, At::Call, message).label(label).help(help);
        self.0.push(Mark { fault, span });
    }

    /// Marks a key that `table` doesn't have; `known` are those it has.
    pub fn unknown(&mut self, key: &Key<'_>, table: &str, known: &[&str]) {
        let given = key.get_ref();
        let takes = format!("{table} takes {}", known.join(", "));
        let help = match closest(given, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`? {takes}"),
            None => takes,
        };
        self.add(key.span(), format!("{table} has no `{}`", hidden(given)), "unknown", &help);
    }

    fn wrong_type(&mut self, name: &str, value: &Value<'_>, wanted: &str, example: &str) {
        let is = kind(value.get_ref());
        self.add(
            value.span(),
            format!("`{name}` is {is}, and has to be {wanted}"),
            is,
            &format!("for example {example}"),
        );
    }

    pub fn table<'v, 't>(
        &mut self,
        name: &str,
        value: &'v Value<'t>,
        example: &str,
    ) -> Option<&'v DeTable<'t>> {
        match value.get_ref() {
            DeValue::Table(table) => Some(table),
            _ => {
                self.wrong_type(name, value, "a table", example);
                None
            }
        }
    }

    /// A text that holds something.
    pub fn text(&mut self, name: &str, value: &Value<'_>, example: &str) -> Option<String> {
        match value.get_ref() {
            DeValue::String(text) if text.trim().is_empty() => {
                self.add(
                    value.span(),
                    format!("`{name}` is empty"),
                    "empty",
                    &format!("for example {example}"),
                );
                None
            }
            DeValue::String(text) => Some(text.to_string()),
            _ => {
                self.wrong_type(name, value, "a text", example);
                None
            }
        }
    }

    pub fn truth(&mut self, name: &str, value: &Value<'_>) -> Option<bool> {
        match value.get_ref() {
            DeValue::Boolean(truth) => Some(*truth),
            _ => {
                self.wrong_type(name, value, "true or false", &format!("{name} = true"));
                None
            }
        }
    }

    /// A whole number of `range`.
    pub fn whole(&mut self, name: &str, value: &Value<'_>, range: RangeInclusive<u64>) -> Option<u64> {
        let example = format!("{name} = {}", range.end().min(&5_000));
        let DeValue::Integer(number) = value.get_ref() else {
            self.wrong_type(name, value, "a whole number", &example);
            return None;
        };
        let read = u64::from_str_radix(number.as_str(), number.radix()).ok();
        let read = read.filter(|number| range.contains(number));
        if read.is_none() {
            let (least, most) = (range.start(), range.end());
            let takes = match *most {
                u64::MAX => format!("it is a whole number from {least} on"),
                most => format!("it is a whole number from {least} to {most}"),
            };
            self.add(value.span(), format!("`{name}` can't be {number}"), "out of range", &takes);
        }
        read
    }

    /// A number for which `fits`; `takes` says what those are.
    pub fn number(
        &mut self,
        name: &str,
        value: &Value<'_>,
        fits: impl Fn(f64) -> bool,
        takes: &str,
    ) -> Option<f64> {
        let (text, read) = match value.get_ref() {
            DeValue::Integer(number) => {
                let read = i64::from_str_radix(number.as_str(), number.radix()).ok();
                (number.to_string(), read.map(|number| number as f64))
            }
            DeValue::Float(number) => (number.as_str().to_string(), number.as_str().parse().ok()),
            _ => {
                self.wrong_type(name, value, "a number", &format!("{name} = 0.5"));
                return None;
            }
        };
        let read = read.filter(|number: &f64| number.is_finite() && fits(*number));
        if read.is_none() {
            let message = format!("`{name}` can't be {text}");
            self.add(value.span(), message, "out of range", &format!("it is {takes}"));
        }
        read
    }
}

/// What a value is, in words.
pub fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
