//! The account of what became of writes, purely.

use super::settle::{self, Settlement};
use super::sift;
use crate::fault::{At, Code, Fault, Place};
use crate::spec::Effect;
use crate::tools;

/// As many names are kept of each group.
const FIRST: usize = 5;

/// As many causes are told apart of those that share the rest.
const CAUSES: usize = 5;

const CUT: &str = "it was under way when the run was stopped";

/// A write, as the account names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub tool: &'static str,
    /// Who or what it is about.
    pub subject: String,
    /// Where the script made the call.
    pub place: Place,
}

/// Writes that share a tool, a cause and a line of the script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    pub tool: &'static str,
    pub status: Option<u16>,
    pub place: Place,
    /// What is wrong with the first.
    pub fault: Fault,
    /// The same without what names whom it was said of.
    kind: String,
    /// Whether others were refused in other words.
    pub varied: bool,
    /// The attempts at the first, in words; empty when none was made.
    pub attempts: String,
    pub count: u64,
    /// Who or what the first of them were about.
    pub first: Vec<String>,
}

/// How many writes there were of each kind. Together: all that were called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Total {
    pub accepted: u64,
    pub rejected: u64,
    pub in_doubt: u64,
    /// They may have arrived, and sending them again does no harm.
    pub open: u64,
    pub undelivered: u64,
    /// Those that weren't accepted and were to delete.
    pub deletions: u64,
}

impl Total {
    /// How many writes there were.
    pub fn all(&self) -> u64 {
        self.accepted + self.rejected + self.in_doubt + self.open + self.undelivered
    }

    /// What became of them: `5 accepted, 2 rejected`.
    pub fn in_words(&self) -> String {
        let counts = [
            (self.accepted, "accepted"),
            (self.rejected, "rejected"),
            (self.undelivered, "not delivered"),
            (self.open, "may have arrived"),
            (self.in_doubt, "in doubt"),
        ];
        let counts = counts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}"));
        counts.collect::<Vec<_>>().join(", ")
    }

    /// Writes that weren't accepted, and that the script hadn't seen yet when it knew of `seen`.
    pub fn unseen(&self, seen: &Total) -> u64 {
        let bad = |total: &Total| total.rejected + total.in_doubt + total.open + total.undelivered;
        // Branches of one script look at different moments.
        bad(self).saturating_sub(bad(seen))
    }

    /// The same, without those that were to delete.
    pub fn unseen_beside_deletions(&self, seen: &Total) -> u64 {
        self.unseen(seen).saturating_sub(self.deletions.saturating_sub(seen.deletions))
    }
}

/// The account of a run.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    pub total: Total,
    flushed: Total,
    /// Accepted writes that mustn't be done again.
    pub once: u64,
    /// Events that were sent again after an attempt that may have been done.
    pub again: u64,
    /// Whether an API refused the run itself: its credential, or from the wrong region.
    pub refused: bool,
    /// Whether a stop of the run, or its end, cut off any.
    pub cut_off: bool,
    pub rejected: Vec<Group>,
    pub in_doubt: Vec<Group>,
    pub open: Vec<Group>,
    pub undelivered: Vec<Group>,
    /// Whether each of them is kept, for whoever does it later.
    pub keeps_left: bool,
    pub left: Vec<Entry>,
}

impl Ledger {
    /// Enters an accepted write; `safe` says that doing it again does no harm.
    pub fn accept(&mut self, safe: bool) {
        self.accept_all(1, safe);
    }

    /// Enters `n` of them.
    pub fn accept_all(&mut self, n: u64, safe: bool) {
        self.total.accepted += n;
        self.once += if safe { 0 } else { n };
    }

    /// Enters a write that wasn't accepted after `attempts`, which are told in words.
    pub fn enter(
        &mut self,
        settlement: Settlement,
        entry: &Entry,
        status: Option<u16>,
        fault: &Fault,
        attempts: &str,
    ) {
        let (count, groups) = match settlement {
            Settlement::Accepted => return self.accept(true),
            Settlement::Rejected => (&mut self.total.rejected, &mut self.rejected),
            Settlement::InDoubt => (&mut self.total.in_doubt, &mut self.in_doubt),
            Settlement::Open => (&mut self.total.open, &mut self.open),
            Settlement::Undelivered => (&mut self.total.undelivered, &mut self.undelivered),
        };
        *count += 1;
        add(groups, entry, status, fault, attempts);
        self.bad(settlement, entry);
    }

    /// Enters a write that a stop of the run cut off, `sent` or not; `safe` says that doing it again does
    /// no harm.
    pub fn cut(&mut self, entry: &Entry, sent: bool, safe: bool) {
        let settlement = settle::cut(sent, safe);
        let (count, groups, cause) = match settlement {
            Settlement::Open => (&mut self.total.open, &mut self.open, CUT),
            Settlement::InDoubt => (&mut self.total.in_doubt, &mut self.in_doubt, CUT),
            _ => (&mut self.total.undelivered, &mut self.undelivered, "the run was stopped before it left"),
        };
        *count += 1;
        add(groups, entry, None, &Fault::new(Code::Interrupted, At::Call, cause), "");
        self.cut_off = true;
        self.bad(settlement, entry);
    }

    fn bad(&mut self, settlement: Settlement, entry: &Entry) {
        self.total.deletions += u64::from(deletes(entry));
        if self.keeps_left && settlement == Settlement::Undelivered {
            self.left.push(entry.clone());
        }
    }

    /// What was settled since the last time this was asked; [`Ledger::total`] is what is known with it.
    pub fn since_flush(&mut self) -> Total {
        let (now, then) = (self.total, std::mem::replace(&mut self.flushed, self.total));
        Total {
            accepted: now.accepted - then.accepted,
            rejected: now.rejected - then.rejected,
            in_doubt: now.in_doubt - then.in_doubt,
            open: now.open - then.open,
            undelivered: now.undelivered - then.undelivered,
            deletions: now.deletions - then.deletions,
        }
    }
}

fn deletes(entry: &Entry) -> bool {
    tools::by_name(entry.tool).is_some_and(|tool| tool.effect == Effect::Destroy)
}

/// Adds a write to its group.
pub(super) fn add(
    groups: &mut Vec<Group>,
    entry: &Entry,
    status: Option<u16>,
    fault: &Fault,
    attempts: &str,
) {
    let Entry { tool, subject, place } = entry;
    let kind = sift::cause(&fault.message, &[tool, subject]);
    let alike = |group: &Group| {
        group.tool == *tool
            && group.fault.code == fault.code
            && group.status == status
            && group.place == *place
    };
    let same = groups.iter().position(|group| group.kind == kind && alike(group));
    // A server that says it in other words each time is told of often enough.
    let last = || groups.iter().enumerate().filter(|(_, group)| alike(group)).map(|(n, _)| n).nth(CAUSES - 1);
    let index = same.or_else(last).unwrap_or_else(|| {
        let (place, fault, attempts) = (place.clone(), fault.clone(), attempts.to_string());
        let new =
            Group { tool, status, place, fault, kind, varied: false, attempts, count: 0, first: vec![] };
        groups.push(new);
        groups.len() - 1
    });
    let group = &mut groups[index];
    group.count += 1;
    group.varied |= group.fault.message != fault.message;
    if group.first.len() < FIRST {
        group.first.push(subject.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(subject: &str, line: usize) -> Entry {
        let place = Place { line, ..Place::default() };
        Entry { tool: "identify_person", subject: subject.into(), place }
    }

    fn fault(message: &str) -> Fault {
        Fault::new(Code::Refused, At::Call, message)
    }

    #[test]
    fn rejected_writes_are_grouped_by_line_and_cause_whoever_they_are_about() {
        let mut ledger = Ledger::default();
        for n in 0..7 {
            let fault = fault(&format!("no person u-{n}"));
            let attempts = format!("{n} attempts");
            ledger.enter(Settlement::Rejected, &entry(&format!("u-{n}"), 3), Some(400), &fault, &attempts);
        }
        ledger.enter(Settlement::Rejected, &entry("u-9", 4), Some(400), &fault("no"), "");
        assert_eq!(ledger.rejected.iter().map(|group| group.count).collect::<Vec<_>>(), [7, 1]);
        assert_eq!(ledger.rejected[0].first, ["u-0", "u-1", "u-2", "u-3", "u-4"]);
        assert_eq!(ledger.rejected[0].attempts, "0 attempts", "those at the first");
        assert_eq!((ledger.rejected[0].varied, ledger.rejected[1].varied), (true, false));
    }

    #[test]
    fn causes_are_told_apart_up_to_a_few() {
        let mut ledger = Ledger::default();
        for n in 0..70 {
            let words = ["one", "two", "three", "four", "five", "six", "seven"][n % 7];
            let fault = fault(&format!("{words} is wrong with u-{n}"));
            ledger.enter(Settlement::Rejected, &entry(&format!("u-{n}"), 3), Some(400), &fault, "");
        }
        let groups: Vec<_> =
            ledger.rejected.iter().map(|group| (&*group.fault.message, group.count)).collect();
        assert_eq!(
            groups,
            [
                ("one is wrong with u-0", 10),
                ("two is wrong with u-1", 10),
                ("three is wrong with u-2", 10),
                ("four is wrong with u-3", 10),
                ("five is wrong with u-4", 30),
            ]
        );
    }

    #[test]
    fn every_write_is_in_just_one_count() {
        let mut ledger = Ledger::default();
        let settlements = [
            Settlement::Accepted,
            Settlement::Rejected,
            Settlement::InDoubt,
            Settlement::Open,
            Settlement::Undelivered,
        ];
        for settlement in settlements {
            ledger.enter(settlement, &entry("u", 1), None, &fault("x"), "");
        }
        ledger.cut(&entry("u", 1), true, true);
        ledger.cut(&entry("u", 1), true, false);
        ledger.cut(&entry("u", 1), false, true);
        let Total { accepted, rejected, in_doubt, open, undelivered, .. } = ledger.total;
        assert_eq!([accepted, rejected, in_doubt, open, undelivered], [1, 1, 2, 2, 2]);
    }

    #[test]
    fn what_a_script_has_seen_is_not_held_against_it_again() {
        let seen = Total { accepted: 5, rejected: 2, ..Total::default() };
        assert_eq!(Total { accepted: 9, rejected: 2, ..seen }.unseen(&seen), 0);
        assert_eq!(Total { rejected: 3, open: 1, undelivered: 1, in_doubt: 1, ..seen }.unseen(&seen), 4);
    }

    #[test]
    fn a_flush_tells_what_is_new() {
        let mut ledger = Ledger::default();
        ledger.accept(true);
        ledger.enter(Settlement::Rejected, &entry("u", 1), None, &fault("x"), "");
        assert_eq!(ledger.since_flush(), Total { accepted: 1, rejected: 1, ..Total::default() });
        ledger.accept(true);
        assert_eq!(ledger.since_flush(), Total { accepted: 1, ..Total::default() });
        assert_eq!(ledger.since_flush(), Total::default());
    }
}
