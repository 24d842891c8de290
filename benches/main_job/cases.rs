//! The jobs that are measured.

use segue::sandbox::lean::Options;
use std::time::Duration;

/// A job: a script, and the server it meets.
#[derive(Clone, Copy)]
pub struct Case {
    pub name: &'static str,
    /// Its name in the table.
    pub about: &'static str,
    /// From the project's root.
    pub script: &'static str,
    pub work: Work,
    /// Added to each answer.
    pub latency: Duration,
    /// Whether the documented limits hold.
    pub limited: bool,
    /// The share of writes that are applied and answered with a fault.
    pub faults: f64,
}

/// What there is to be done, for the client as for the script.
#[derive(Clone, Copy, PartialEq)]
pub enum Work {
    /// Every member into a group.
    Groups,
    /// Every member suppressed.
    Suppressions,
    /// One read, which only shows how long a start takes.
    Read,
}

const PLAIN: Case = Case {
    name: "plain",
    about: "plain loop",
    script: "scripts/segment_to_group.rhai",
    work: Work::Groups,
    latency: Duration::ZERO,
    limited: false,
    faults: 0.0,
};

const SLOW: Duration = Duration::from_millis(20);

const SUPPRESS: Case = Case {
    name: "suppress",
    about: "`suppress_person`, 20 ms a request",
    script: "benches/scripts/suppress.rhai",
    work: Work::Suppressions,
    latency: SLOW,
    ..PLAIN
};

pub const CASES: [Case; 8] = [
    PLAIN,
    Case { name: "plain-20ms", about: "plain loop, 20 ms a request", latency: SLOW, ..PLAIN },
    Case {
        name: "branching",
        about: "a function, `if`, `try` and traits",
        script: "benches/scripts/branching.rhai",
        ..PLAIN
    },
    SUPPRESS,
    Case { name: "limits", about: "plain loop under the documented limits", limited: true, ..PLAIN },
    Case {
        name: "suppress-limits",
        about: "`suppress_person` under the documented limits",
        latency: Duration::ZERO,
        limited: true,
        ..SUPPRESS
    },
    Case { name: "faults", about: "plain loop, 5 % of writes answered with a fault", faults: 0.05, ..PLAIN },
    Case {
        name: "one-read",
        about: "a script with one read",
        script: "benches/scripts/one_read.rhai",
        work: Work::Read,
        ..PLAIN
    },
];

impl Case {
    /// The server of this job.
    pub fn options(&self, members: usize) -> Options {
        let Case { latency, limited, faults, .. } = *self;
        Options { members, latency, limited, faults }
    }

    /// What `segue run` is told beside the script: a live run's way, with nothing in it but what the job needs.
    pub fn arguments(&self) -> Vec<&'static str> {
        let pace = match self.limited {
            true => ["--share", "1"],
            false => ["--limit", "app=1000000,track=1000000,pipelines=1000000"],
        };
        ["--max-people", "any", "--allow", "destroy"].into_iter().chain(pace).collect()
    }
}

impl Work {
    /// The members of the segment, of those that were asked for.
    pub fn members(self, asked: usize) -> usize {
        match self {
            Work::Groups => asked,
            Work::Suppressions => asked / 50,
            Work::Read => 1,
        }
    }

    /// The client's word for it.
    pub fn client(self) -> Option<&'static str> {
        match self {
            Work::Groups => Some("groups"),
            Work::Suppressions => Some("suppressions"),
            Work::Read => None,
        }
    }
}
