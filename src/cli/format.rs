//! In which form a command tells what is wrong, and what became of it.

use clap::ValueEnum;
use serde_json::{Value, json};

use super::config::Invalid;
use super::explain::hint;
use super::look::{look, watched};
use crate::diagnostics::{beyond, cleaned, note, note_object, objects, show};
use crate::engine::{Sources, Wrong};
use crate::fault::{Code, Fault, visible};
use crate::request::Secrets;

/// What goes to stderr.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Words and drawings for people.
    #[default]
    Text,
    /// An object of JSON on each line.
    Json,
}

impl Format {
    /// What went wrong in a script.
    pub fn wrong(self, wrong: &Wrong, sources: &Sources, secrets: &Secrets) -> String {
        let code = wrong.faults.first().map(|fault| fault.code);
        match self {
            Format::Text => more(show(wrong, sources, look(), secrets), code, watched()),
            Format::Json => {
                let beyond = beyond(wrong.left).map(|beyond| self.note(&beyond, secrets));
                let lines = objects(wrong, sources).into_iter().map(|object| line(object, secrets));
                lines.chain(beyond).collect()
            }
        }
    }

    /// Writes that were rejected, and the call that made them. Where to read on would be said of each group.
    pub fn rejected(self, wrong: &Wrong, sources: &Sources, secrets: &Secrets) -> String {
        match self {
            Format::Text => format!("\n{}", show(wrong, sources, look(), secrets)),
            Format::Json => self.wrong(wrong, sources, secrets),
        }
    }

    /// A fault that has no place in a script.
    pub fn fault(self, fault: &Fault, secrets: &Secrets) -> String {
        match self {
            Format::Text => more(note(fault, look(), secrets), Some(fault.code), watched()),
            Format::Json => line(note_object(fault), secrets),
        }
    }

    /// What is wrong with the settings.
    pub fn settings(self, invalid: &Invalid, secrets: &Secrets) -> String {
        match self {
            Format::Text => more(invalid.show(look(), secrets), Some(invalid.code()), watched()),
            Format::Json => invalid.objects().into_iter().map(|object| line(object, secrets)).collect(),
        }
    }

    /// A line that is told on the way, which is no fault.
    pub fn note(self, text: &str, secrets: &Secrets) -> String {
        match self {
            Format::Text => format!("{}\n", visible(&secrets.clean(text))),
            Format::Json => line(json!({ "kind": "note", "message": text }), secrets),
        }
    }
}

/// An object on a line of its own, with every secret masked.
pub fn line(object: Value, secrets: &Secrets) -> String {
    format!("{}\n", cleaned(object, secrets))
}

/// The text, and where to read on, for a person at a terminal: in a log the code itself says it, and the line would
/// only be in the way.
fn more(text: String, code: Option<Code>, watched: bool) -> String {
    match code.filter(|_| watched) {
        Some(code) => text + hint(code).as_str(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_at_a_terminal_is_told_where_to_read_on() {
        let told = |code, watched| more("×\n".into(), code, watched);
        let hint = "×\n`segue explain argument::missing` says more\n";
        assert_eq!(told(Some(Code::ArgumentMissing), true), hint);
        assert_eq!([told(Some(Code::ArgumentMissing), false), told(None, true)], ["×\n", "×\n"]);
    }
}
