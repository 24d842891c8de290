//! The account of a run.

use std::time::Duration;

use crate::engine::Failure;
use crate::fault::Ending;
use crate::outbox::Ledger;

/// What became of a run.
#[derive(Clone, Debug)]
pub struct Report {
    pub ended: Ended,
    pub calls: Vec<Count>,
    pub ledger: Ledger,
    pub elapsed: Duration,
}

/// How the script ended.
#[derive(Clone, Debug)]
pub enum Ended {
    Done,
    Failed(Failure),
    Interrupted,
    /// What read the output went away.
    OutputClosed,
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
            Ending::InDoubt => Exit::InDoubt,
            Ending::Unfinished => Exit::Unfinished,
        }
    }
}

impl Report {
    pub fn exit(&self) -> Exit {
        let failed = match &self.ended {
            Ended::Interrupted => return Exit::Interrupted,
            Ended::Failed(Failure::Stopped) => return Exit::Interrupted,
            Ended::Failed(Failure::Script(wrong)) => {
                let exit = wrong.faults.first().map(|fault| Exit::of(fault.code.ending()));
                // Wrong usage says that nothing was sent.
                exit.map(
                    |exit| if exit == Exit::Usage && !self.calls.is_empty() { Exit::Failed } else { exit },
                )
            }
            Ended::OutputClosed => Some(Exit::Failed),
            Ended::Done => None,
        };
        if !self.ledger.in_doubt.is_empty() {
            return Exit::InDoubt;
        }
        match failed {
            Some(exit) => exit,
            None if !self.ledger.rejected.is_empty() => Exit::Rejected,
            None => Exit::Done,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::{At, Code, Fault, Place};
    use crate::outbox::Group;

    fn report(ended: Ended, rejected: bool, in_doubt: bool) -> Exit {
        let group =
            || Group { tool: "x", cause: String::new(), place: Place::default(), count: 1, first: vec![] };
        let mut ledger = Ledger::default();
        if rejected {
            ledger.rejected.push(group());
        }
        if in_doubt {
            ledger.in_doubt.push(group());
        }
        Report { ended, calls: vec![], ledger, elapsed: Duration::ZERO }.exit()
    }

    fn failed(code: Code) -> Ended {
        Ended::Failed(Failure::plain(Fault::new(code, At::Call, "x")))
    }

    #[test]
    fn the_first_that_holds_is_the_exit() {
        assert_eq!(report(Ended::Interrupted, true, true), Exit::Interrupted);
        assert_eq!(report(failed(Code::ScriptThrew), true, true), Exit::InDoubt);
        assert_eq!(report(failed(Code::ScriptThrew), true, false), Exit::Failed);
        assert_eq!(report(failed(Code::Unreachable), true, false), Exit::Unfinished);
        assert_eq!(report(failed(Code::Unauthorized), false, false), Exit::Credentials);
        assert_eq!(report(failed(Code::ScriptParse), false, false), Exit::Usage);
        assert_eq!(report(Ended::Done, true, false), Exit::Rejected);
        assert_eq!(report(Ended::Done, false, false), Exit::Done);
        assert_eq!(report(Ended::OutputClosed, false, false), Exit::Failed);
    }
}
