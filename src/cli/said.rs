//! What a run says of what is wrong, in each of the forms it is wanted in.

use super::config::Invalid;
use super::format::Format;
use crate::diagnostics::{Look, note, show};
use crate::engine::{Sources, Wrong};
use crate::fault::Fault;
use crate::request::Secrets;

/// Something that is wrong.
pub enum Said<'s> {
    /// With the command or its surroundings.
    Fault(&'s Fault),
    Settings(&'s Invalid),
    /// In a script.
    Wrong(&'s Wrong, &'s Sources),
    /// With writes that were rejected.
    Rejected(&'s Wrong, &'s Sources),
}

/// A page is as wide, and knows no colours.
const PAGE: Look = Look { colour: false, unicode: true, width: 100 };

impl Said<'_> {
    /// As stderr and the log tell it.
    pub fn told(&self, format: Format, secrets: &Secrets) -> String {
        match self {
            Said::Fault(fault) => format.fault(fault, secrets),
            Said::Settings(invalid) => format.settings(invalid, secrets),
            Said::Wrong(wrong, sources) => format.wrong(wrong, sources, secrets),
            Said::Rejected(wrong, sources) => format.rejected(wrong, sources, secrets),
        }
    }

    /// As a page shows it.
    pub fn drawn(&self, secrets: &Secrets) -> String {
        match self {
            Said::Fault(fault) => note(fault, PAGE, secrets),
            Said::Settings(invalid) => invalid.show(PAGE, secrets),
            Said::Wrong(wrong, sources) | Said::Rejected(wrong, sources) => {
                show(wrong, sources, PAGE, secrets)
            }
        }
    }

    /// What it is, and where, in the midst of a line.
    pub fn short(&self) -> String {
        match self {
            Said::Fault(fault) => fault.message.clone(),
            Said::Settings(invalid) => invalid.message().to_string(),
            Said::Wrong(wrong, _) | Said::Rejected(wrong, _) => {
                let message = wrong.faults.first().map_or("", |fault| fault.message.as_str());
                let place = wrong.place.as_ref().map(|place| place.behind()).unwrap_or_default();
                format!("{message}{place}")
            }
        }
    }
}
