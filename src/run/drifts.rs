//! The account of how answers differ from what their tools declare.

use crate::api::{Change, Drift};

/// As many fields are kept that no tool declares. Their names come from answers.
const MOST_EXTRAS: usize = 100;

/// How the answers of a run differ.
#[derive(Clone, Debug, Default)]
pub struct Drifts {
    /// Calls in whose answers something was repaired.
    pub repaired: u64,
    /// Each field of a tool once, as it was first found.
    fields: Vec<Drift>,
}

impl Drifts {
    /// Enters what was found in the answers of a call, and gives back what a person has to be told now: what was
    /// repaired for the first time.
    pub fn enter(&mut self, found: &[Drift]) -> Vec<Drift> {
        let repaired = |drift: &&Drift| drift.change != Change::Extra;
        self.repaired += u64::from(found.iter().any(|drift| repaired(&drift)));
        let before = self.fields.len();
        for drift in found {
            let known = |other: &Drift| other.tool == drift.tool && other.field == drift.field;
            let kept = repaired(&drift) || self.extras().count() < MOST_EXTRAS;
            if kept && !self.fields.iter().any(known) {
                self.fields.push(drift.clone());
            }
        }
        self.fields[before..].iter().filter(repaired).cloned().collect()
    }

    /// The fields that no tool declares. They do no harm, so they are told once, at the end.
    pub fn extras(&self) -> impl Iterator<Item = &Drift> {
        self.fields.iter().filter(|drift| drift.change == Change::Extra)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drift(tool: &'static str, field: &str, change: Change) -> Drift {
        Drift { tool, field: field.into(), change }
    }

    #[test]
    fn a_field_is_told_once_and_its_calls_are_counted() {
        let mut drifts = Drifts::default();
        let ids = || drift("get_segments", "segments[].id", Change::Emptied);
        let next = || drift("get_segments", "next", Change::Emptied);
        assert_eq!(drifts.enter(&[ids()]), [ids()]);
        assert_eq!(drifts.enter(&[ids(), next()]), [next()]);
        assert_eq!(drifts.enter(&[ids()]), []);
        let other = || Drift { tool: "get_trigger", ..ids() };
        assert_eq!(drifts.enter(&[other()]), [other()]);
        assert_eq!((drifts.repaired, drifts.extras().count()), (4, 0));
    }

    #[test]
    fn fields_beyond_the_declared_ones_are_kept_for_the_end_and_not_without_end() {
        let mut drifts = Drifts::default();
        for n in 0..3 * MOST_EXTRAS {
            let extra = drift("get_segments", &format!("f{n}"), Change::Extra);
            assert_eq!(drifts.enter(&[extra.clone(), extra]), []);
        }
        assert_eq!((drifts.repaired, drifts.extras().count()), (0, MOST_EXTRAS));
    }
}
