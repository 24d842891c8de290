//! The account of a run.

use std::time::Duration;

use super::drifts::Drifts;
use super::withheld::DryRun;
use crate::engine::Failure;
use crate::fault::{Ending, Place};
use crate::outbox::{Kept, Ledger, Total};

/// What became of a run.
#[derive(Clone, Debug)]
pub struct Report {
    pub ended: Ended,
    /// Whether the script itself ran: what is found before it is refused.
    pub ran: bool,
    pub calls: Vec<Count>,
    pub ledger: Ledger,
    /// The file of rejected writes, if one was asked for.
    pub kept: Option<Kept>,
    pub drifts: Drifts,
    pub elapsed: Duration,
    /// What a dry run kept back.
    pub dry_run: Option<DryRun>,
}

/// How the script ended.
#[derive(Clone, Debug)]
pub enum Ended {
    Done,
    Failed(Failure),
    Interrupted,
    /// The output can't be written: nobody reads it any more, or the disk is full.
    OutputClosed(String),
    /// A dry run came to what only a write that was kept back would have told.
    Depends {
        tool: &'static str,
        place: Place,
    },
    /// Somebody who was asked for a call of this tool said no.
    Declined(&'static str),
}

/// How often a tool was called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    pub tool: &'static str,
    pub calls: u64,
}

/// What a run's exit says. The first that holds, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    Interrupted,
    InDoubt,
    Usage,
    Credentials,
    Guarded,
    Failed,
    Unfinished,
    Rejected,
    Done,
}

impl Exit {
    /// The process's exit code.
    pub const fn code(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::Credentials => 3,
            Exit::Guarded => 4,
            Exit::Rejected => 5,
            Exit::InDoubt => 6,
            Exit::Unfinished => 7,
            Exit::Interrupted => 130,
        }
    }

    /// What a fault that ended a run, or kept it from beginning, says.
    pub const fn of(ending: Ending) -> Exit {
        match ending {
            Ending::Failed => Exit::Failed,
            Ending::Usage => Exit::Usage,
            Ending::Credentials => Exit::Credentials,
            Ending::Guard => Exit::Guarded,
            Ending::InDoubt => Exit::InDoubt,
            Ending::Unfinished => Exit::Unfinished,
            Ending::Nothing => Exit::Done,
        }
    }
}

impl Report {
    /// The account of what called nothing and wrote nothing.
    pub fn empty(ended: Ended, elapsed: Duration) -> Report {
        let (ledger, drifts) = (Ledger::default(), Drifts::default());
        Report { ended, ran: false, calls: vec![], ledger, kept: None, drifts, elapsed, dry_run: None }
    }

    /// Whether all rejected writes are in the file they were to be in, if there is one.
    pub fn kept_whole(&self) -> bool {
        let whole = |kept: &Kept| kept.why.is_none() && kept.written == self.ledger.total.rejected;
        self.kept.as_ref().is_none_or(whole)
    }

    pub fn exit(&self) -> Exit {
        let failed = match &self.ended {
            Ended::Interrupted => return Exit::Interrupted,
            Ended::Failed(Failure::Stopped) => return Exit::Interrupted,
            Ended::Failed(Failure::Script(wrong)) if wrong.unsound => Some(Exit::Usage),
            Ended::Failed(Failure::Script(wrong)) => {
                let exit = wrong.faults.first().map(|fault| Exit::of(fault.code.ending()));
                // Wrong usage says that nothing was sent.
                exit.map(
                    |exit| if exit == Exit::Usage && !self.calls.is_empty() { Exit::Failed } else { exit },
                )
            }
            Ended::OutputClosed(_) => Some(Exit::Failed),
            Ended::Declined(_) => Some(Exit::Guarded),
            Ended::Done | Ended::Depends { .. } => None,
        };
        let Total { rejected, in_doubt, open, undelivered, .. } = self.ledger.total;
        match failed {
            _ if in_doubt > 0 => Exit::InDoubt,
            Some(exit) => exit,
            None if self.ledger.refused => Exit::Credentials,
            // Who goes on with the file after a 5 has to find all of them there.
            None if !self.kept_whole() => Exit::Failed,
            None if open + undelivered > 0 => Exit::Unfinished,
            None if rejected > 0 => Exit::Rejected,
            None => Exit::Done,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::{At, Code, Fault};

    fn report(ended: Ended, rejected: u64, in_doubt: u64, open: u64) -> Exit {
        let mut report = Report::empty(ended, Duration::ZERO);
        report.ledger.total = Total { accepted: 1, rejected, in_doubt, open, ..Total::default() };
        report.exit()
    }

    fn failed(code: Code) -> Ended {
        Ended::Failed(Failure::plain(Fault::new(code, At::Call, "x")))
    }

    #[test]
    fn the_first_that_holds_is_the_exit() {
        assert_eq!(report(Ended::Interrupted, 1, 1, 0), Exit::Interrupted);
        assert_eq!(report(failed(Code::ScriptThrew), 1, 1, 0), Exit::InDoubt);
        assert_eq!(report(failed(Code::ScriptThrew), 1, 0, 0), Exit::Failed);
        assert_eq!(report(failed(Code::Unreachable), 1, 0, 0), Exit::Unfinished);
        assert_eq!(report(failed(Code::Unauthorized), 0, 0, 0), Exit::Credentials);
        assert_eq!(report(failed(Code::ScriptParse), 0, 0, 0), Exit::Usage);
        assert_eq!(report(Ended::Done, 1, 0, 0), Exit::Rejected);
        assert_eq!(report(Ended::Done, 0, 0, 0), Exit::Done);
        assert_eq!(report(Ended::Done, 1, 0, 1), Exit::Unfinished);
        assert_eq!(report(failed(Code::ScriptThrew), 0, 0, 1), Exit::Failed);
        assert_eq!(report(Ended::OutputClosed(String::new()), 0, 0, 0), Exit::Failed);
    }
}
