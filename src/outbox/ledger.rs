//! The account of what became of writes, purely.

use crate::fault::{Ending, Fault, Place};

use super::Item;

/// As many names are kept of each group.
const FIRST: usize = 5;

/// How a write that wasn't accepted is settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// Refused for what it holds; its neighbours may fare better.
    Rejected,
    /// Perhaps done, perhaps not.
    InDoubt,
    /// Not delivered, for a reason that holds for all.
    Fatal,
}

impl Settlement {
    pub fn of(fault: &Fault) -> Settlement {
        match fault.code.ending() {
            Ending::Failed | Ending::Usage => Settlement::Rejected,
            Ending::InDoubt => Settlement::InDoubt,
            Ending::Credentials | Ending::Unfinished => Settlement::Fatal,
        }
    }
}

/// Writes that share a tool, a cause and a line of the script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    pub tool: &'static str,
    pub cause: String,
    pub place: Place,
    pub count: u64,
    /// Who or what the first of them were about.
    pub first: Vec<String>,
}

/// What became of writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settled {
    pub accepted: u64,
    pub rejected: u64,
    pub in_doubt: u64,
}

/// The account of a run.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    pub total: Settled,
    flushed: Settled,
    pub rejected: Vec<Group>,
    pub in_doubt: Vec<Group>,
    /// Under way when the run was stopped: sent, and not answered.
    pub cut: Vec<Group>,
    /// Neither sent nor answered when the run ended on a fault that holds for all.
    pub undelivered: Vec<Group>,
}

impl Ledger {
    pub fn accept(&mut self) {
        self.total.accepted += 1;
    }

    pub fn reject(&mut self, item: &Item, fault: &Fault) {
        self.total.rejected += 1;
        add(&mut self.rejected, item, &fault.message);
    }

    pub fn doubt(&mut self, item: &Item, fault: &Fault) {
        self.total.in_doubt += 1;
        add(&mut self.in_doubt, item, &fault.message);
    }

    pub fn cut(&mut self, item: &Item) {
        add(&mut self.cut, item, "it was under way when the run was stopped");
    }

    pub fn undelivered(&mut self, item: &Item, fault: &Fault) {
        add(&mut self.undelivered, item, &fault.message);
    }

    /// What was settled since the last time this was asked.
    pub fn since_flush(&mut self) -> Settled {
        let (now, then) = (self.total, std::mem::replace(&mut self.flushed, self.total));
        Settled {
            accepted: now.accepted - then.accepted,
            rejected: now.rejected - then.rejected,
            in_doubt: now.in_doubt - then.in_doubt,
        }
    }
}

fn add(groups: &mut Vec<Group>, item: &Item, cause: &str) {
    let (tool, place) = (item.request.tool.name(), &item.place);
    let found =
        groups.iter_mut().find(|group| group.tool == tool && group.place == *place && group.cause == cause);
    let group = match found {
        Some(group) => group,
        None => {
            groups.push(Group {
                tool,
                cause: cause.to_string(),
                place: place.clone(),
                count: 0,
                first: vec![],
            });
            groups.last_mut().expect("one was just pushed")
        }
    };
    group.count += 1;
    if group.first.len() < FIRST {
        group.first.push(item.subject.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::{At, Code};
    use crate::request::build;
    use crate::spec::Arg;
    use crate::tools;

    fn item(subject: &str, line: usize) -> Item {
        let tool = tools::by_name("identify_person").unwrap();
        let request = build(tool, &[Arg::Text(subject)], None).unwrap();
        Item { request, subject: subject.into(), place: Place { line, ..Place::default() } }
    }

    fn fault(code: Code) -> Fault {
        Fault::new(code, At::Call, "refused")
    }

    #[test]
    fn rejected_writes_are_grouped_by_cause_and_line() {
        let mut ledger = Ledger::default();
        for n in 0..7 {
            ledger.reject(&item(&format!("u-{n}"), 3), &fault(Code::Refused));
        }
        ledger.reject(&item("u-9", 4), &fault(Code::Refused));
        assert_eq!(ledger.rejected.iter().map(|group| group.count).collect::<Vec<_>>(), [7, 1]);
        assert_eq!(ledger.rejected[0].first, ["u-0", "u-1", "u-2", "u-3", "u-4"]);
    }

    #[test]
    fn a_flush_tells_what_is_new() {
        let mut ledger = Ledger::default();
        ledger.accept();
        ledger.reject(&item("u-1", 1), &fault(Code::Refused));
        assert_eq!(ledger.since_flush(), Settled { accepted: 1, rejected: 1, in_doubt: 0 });
        ledger.accept();
        assert_eq!(ledger.since_flush(), Settled { accepted: 1, rejected: 0, in_doubt: 0 });
        assert_eq!(ledger.since_flush(), Settled::default());
    }

    #[test]
    fn what_holds_for_all_is_fatal_and_what_is_open_is_in_doubt() {
        let of = |code| Settlement::of(&fault(code));
        assert_eq!(of(Code::Refused), Settlement::Rejected);
        assert_eq!(of(Code::NotFound), Settlement::Rejected);
        assert_eq!(of(Code::InDoubt), Settlement::InDoubt);
        for code in [Code::Unauthorized, Code::WrongRegion, Code::Unreachable, Code::NoAnswer] {
            assert_eq!(of(code), Settlement::Fatal, "{code:?}");
        }
    }
}
