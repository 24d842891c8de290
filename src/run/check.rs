//! What a script's text shows before anything of it runs, and before anything is sent.

use std::sync::Arc;
use std::time::Duration;

use super::header::{Header, header};
use super::load::nothing_to_run;
use super::terms::Terms;
use crate::engine::{
    Argument, Call, CallError, Checked, Failure, Flushed, Halt, Host, Raised, Reply, STACK, Script, Site,
    Sources, Survey, Takes, Used, Wrong,
};
use crate::fault::{At, Code, Fault};
use crate::policy::Limits;
use crate::request::Class;
use crate::spec::Tool;

/// So many places with faults are told at once of a script.
const MOST: usize = 20;

/// What was found.
#[derive(Default)]
pub struct Findings {
    /// What can't be right, and what the run may not do, in the order of the text; a module's faults come
    /// behind the script's.
    pub faults: Vec<Wrong>,
    /// Whether one of them is more than a missing grant.
    pub unsound: bool,
    /// What runs, and most likely not as it is meant: the first twenty.
    pub doubtful: Vec<Wrong>,
    /// How many of those there are.
    pub doubts: usize,
    /// How many faults were found elsewhere than at the twenty places that are told.
    pub left: usize,
    pub takes: Takes,
    pub header: Header,
}

/// A script that was checked without being run.
#[derive(Default)]
pub struct Examined {
    pub findings: Findings,
    /// What it takes.
    pub arguments: Vec<Argument>,
    /// Whether it may take others, too.
    pub open: bool,
    /// Whether it does something by itself; a file of functions alone is a module.
    pub runs: bool,
    pub sources: Sources,
}

/// Holds what was found in a script's text, `checked` and `survey`, against a run that is bound to `terms`.
pub fn check(checked: Checked, survey: &Survey, text: &str, source: &str, terms: &Terms) -> Findings {
    let Checked { mut wrongs, mut doubtful, takes } = checked;
    let doubts = doubtful.len();
    doubtful.truncate(MOST);
    let header = header(text, source).unwrap_or_else(|failure| {
        if let Failure::Script(wrong) = failure {
            wrongs.push(*wrong);
        }
        Header::default()
    });
    let unsound = !wrongs.is_empty();
    let mut faults = wrongs;
    faults.extend(refused(survey, terms));
    faults.sort_by_key(|wrong| match &wrong.place {
        Some(place) if place.source != source => (true, 0, 0),
        Some(place) => (false, place.line, place.column),
        None => (false, 0, 0),
    });
    let left = faults.iter().skip(MOST).map(|wrong| wrong.faults.len()).sum();
    faults.truncate(MOST);
    if let Some(first) = faults.first_mut() {
        first.unsound = unsound;
    }
    Findings { faults, unsound, doubtful, doubts, left, takes, header }
}

/// Checks the text of a script, which came from the file `source`.
///
/// # Errors
/// When the machine gives no thread.
pub fn examine(text: String, source: String, terms: Terms) -> std::io::Result<Examined> {
    let checking = move || {
        let sources = Sources::default();
        let script = match Script::compile(&text, &source, Arc::new(Nobody), &sources) {
            Ok(script) => script,
            Err(failure) => return Examined::wrong(failure, sources),
        };
        if script.survey.empty && !script.survey.functions {
            return Examined::wrong(Failure::plain(nothing_to_run(&source)), sources);
        }
        let findings = check(script.check(), &script.survey, &text, &source, &terms);
        let Takes { arguments, open } = findings.takes.clone();
        Examined { findings, arguments, open, runs: !script.survey.empty, sources }
    };
    let thread = std::thread::Builder::new().name("check".into()).stack_size(STACK).spawn(checking)?;
    Ok(thread.join().unwrap_or_else(|_| {
        let fault = Fault::new(Code::Crashed, At::Call, "Segue itself failed while it read the script");
        Examined::wrong(Failure::plain(fault), Sources::default())
    }))
}

impl Examined {
    fn wrong(failure: Failure, sources: Sources) -> Examined {
        let wrongs = match failure {
            Failure::Script(wrong) => vec![*wrong],
            Failure::Stopped => vec![],
        };
        let findings = Findings { unsound: true, faults: wrongs, ..Findings::default() };
        Examined { findings, arguments: vec![], open: true, runs: true, sources }
    }
}

/// What the script's text shows it does and may not. A call that does more than its text shows is found when
/// it is made.
fn refused(survey: &Survey, terms: &Terms) -> Vec<Wrong> {
    let own = |tool: &'static Tool| Class { effect: tool.effect, retry: tool.retry };
    let of_tool = |used: &Used| {
        let fault = terms.grants.refuse(used.tool, &own(used.tool))?;
        Some(Wrong::of_call(CallError::one(used.name.as_str(), fault), used.place.clone()))
    };
    let of_part = |raised: &Raised| {
        // Then the call as a whole is refused.
        if terms.grants.refuse(raised.tool, &own(raised.tool)).is_some() {
            return None;
        }
        let fault = terms.grants.refuse_for(raised.part, &raised.class, raised.cause.as_ref())?;
        Some(Wrong::of_call(CallError::one(raised.name.as_str(), fault), raised.place.clone()))
    };
    let tools = survey.tools.iter().filter(|used| !terms.keeps_back(used.tool)).filter_map(of_tool);
    let parts = survey.raised.iter().filter(|raised| !terms.keeps_back(raised.tool)).filter_map(of_part);
    tools.chain(parts).collect()
}

/// The host of a script that is only read: it is asked for nothing.
struct Nobody;

impl Host for Nobody {
    fn call(&self, _: Call<'_>) -> Result<Reply, Halt> {
        Err(Halt::Stopped)
    }

    fn depends(&self, _: &'static Tool, _: Site<'_>) -> Halt {
        Halt::Stopped
    }

    fn limits(&self) -> Limits {
        Limits::default()
    }

    fn unrepeatable(&self) -> u64 {
        0
    }

    fn flush(&self) -> Result<Flushed, Halt> {
        Err(Halt::Stopped)
    }

    fn print(&self, _: &str) {}

    fn debug(&self, _: &str) {}

    fn argument(&self, _: &str) -> Option<String> {
        None
    }

    fn now(&self) -> i64 {
        0
    }

    fn random(&self) -> f64 {
        0.0
    }

    fn env(&self, _: &str) -> Option<String> {
        None
    }

    fn read(&self, _: &str, _: &str) -> Result<String, Halt> {
        Err(Halt::Stopped)
    }

    fn sleep(&self, _: Duration) -> Result<(), Halt> {
        Err(Halt::Stopped)
    }

    fn stopped(&self) -> bool {
        true
    }
}
