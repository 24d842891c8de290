//! The last lines of a run.

use std::fmt::Write;
use std::time::Duration;

use super::progress::number;
use crate::engine::{Failure, Wrong};
use crate::fault::{Code, Fault, time_in_words};
use crate::outbox::{Group, Kept, Total};
use crate::run::{Drifts, Ended, Report};

/// As many fields that no tool declares are named.
const FIRST: usize = 3;
/// Fewer writes than this have no speed worth telling.
const MANY: u64 = 100;

/// As many groups of rejected writes are shown at their lines of the script; the others are told.
const SHOWN: usize = 8;

/// The rejected writes, each group as what is wrong with the call that made them.
pub fn rejections(report: &Report) -> Vec<Wrong> {
    let (shown, _) = report.ledger.rejected.iter().partition::<Vec<_>, _>(|group| is_shown(group, report));
    shown.into_iter().take(SHOWN).map(rejection).collect()
}

fn is_shown(group: &Group, report: &Report) -> bool {
    group.place.line > 0 && !told(group, report)
}

fn rejection(group: &Group) -> Wrong {
    let fault = Fault { message: headline("rejected", group, ""), ..group.fault.clone() };
    let fault = match group.count {
        1 => fault,
        _ => Fault { help: fault.help.map(|help| format!("of the first: {help}")), ..fault },
    };
    let (call, place) = (Some(group.tool.to_string()), Some(group.place.clone()));
    Wrong { faults: vec![fault], call, place, ..Wrong::default() }
}

/// What was done, and what wasn't, on a few lines.
pub fn summary(report: &Report) -> String {
    let mut text = unaccepted(report);
    drifts(&mut text, &report.drifts);
    repeats(&mut text, report.ledger.again);
    ending(&mut text, report);
    writes(&mut text, report);
    text
}

/// What wasn't accepted, beside the [`rejections`] that are shown at their lines.
pub fn unaccepted(report: &Report) -> String {
    let mut text = String::new();
    let ledger = &report.ledger;
    let (shown, told): (Vec<_>, Vec<_>) =
        ledger.rejected.iter().cloned().partition(|group| is_shown(group, report));
    groups(&mut text, "rejected", &told, report);
    groups(&mut text, "rejected", shown.get(SHOWN..).unwrap_or_default(), report);
    kept(&mut text, report);
    groups(&mut text, "not delivered", &ledger.undelivered, report);
    groups(&mut text, "in doubt, look in Customer.io whether it was done", &ledger.in_doubt, report);
    groups(&mut text, "may have arrived", &ledger.open, report);
    text
}

/// How the run ended, how long it took and what it called.
fn ending(text: &mut String, report: &Report) {
    let how = match &report.ended {
        Ended::Done => "done",
        Ended::Depends { tool, place } => {
            let _ = writeln!(
                text,
                "the dry run ends{}: what follows there depends on the answer of `{tool}`, which is known once it \
                 is done",
                place.behind()
            );
            "done"
        }
        Ended::Failed(_) => "failed",
        Ended::Interrupted => "interrupted",
        Ended::Declined(_) => "refused",
        Ended::OutputClosed(why) => {
            let _ = writeln!(text, "the script's output can't be written: {why}");
            "stopped"
        }
    };
    let calls: Vec<String> =
        report.calls.iter().map(|count| format!("{} {}", count.calls, count.tool)).collect();
    let calls = if calls.is_empty() { "nothing was sent".to_string() } else { calls.join(", ") };
    let speed = speed(report.ledger.total.accepted, report.elapsed);
    let _ = writeln!(text, "{how} after {}{speed}: {calls}", time_in_words(report.elapsed));
}

/// How fast writes went, where there were enough of them to tell.
fn speed(accepted: u64, elapsed: Duration) -> String {
    match accepted {
        0..MANY => String::new(),
        _ if elapsed < Duration::from_secs(1) => String::new(),
        n => format!(" at {} writes/s", number(n as f64 / elapsed.as_secs_f64())),
    }
}

/// What became of the writes where not all is well, and what another run would do to them.
fn writes(text: &mut String, report: &Report) {
    let ledger = &report.ledger;
    let Total { accepted, in_doubt, .. } = ledger.total;
    let all = ledger.total.all();
    let whole = matches!(report.ended, Ended::Done) && all == accepted;
    if whole || all == 0 {
        if let Ended::Interrupted = report.ended {
            text.push_str("running it again begins from the top\n");
        }
        return;
    }
    let _ = write!(text, "of the writes: {}", ledger.total.in_words());
    let again = match (in_doubt, ledger.once) {
        (1.., _) => {
            "; don't run it again before you have looked: it would begin from the top, and do it twice".into()
        }
        (_, 1..) => format!(
            "; running it again begins from the top, and would do {} of the accepted a second time",
            ledger.once
        ),
        _ => "; running it again begins from the top".to_string(),
    };
    // A run that came to its end isn't run again for want of it.
    if in_doubt > 0 || !matches!(report.ended, Ended::Done) {
        text.push_str(&again);
    }
    text.push('\n');
}

/// How many calls' answers were repaired, and the first fields that no tool declares.
fn drifts(text: &mut String, drifts: &Drifts) {
    match drifts.repaired {
        0 => {}
        1 => text.push_str("the answer of 1 call drifted from what its tool declares, and was repaired\n"),
        n => {
            let what = "drifted from what their tools declare, and were repaired";
            let _ = writeln!(text, "the answers of {n} calls {what}");
        }
    }
    let extras: Vec<String> =
        drifts.extras().map(|drift| format!("`{}` of `{}`", drift.field, drift.tool)).collect();
    if !extras.is_empty() {
        let more = if extras.len() > FIRST { ", …" } else { "" };
        let first = extras[..extras.len().min(FIRST)].join(", ");
        let _ = writeln!(text, "{}: fields that no tool declares: {first}{more}", Code::DriftExtra.name());
    }
}

fn groups(text: &mut String, what: &str, groups: &[Group], report: &Report) {
    for group in groups {
        let place = group.place.behind();
        let line = match told(group, report) {
            true => count(what, group, &place),
            false => headline(what, group, &place),
        };
        let attempts = match group.attempts.is_empty() || told(group, report) {
            true => String::new(),
            false if group.count > 1 => format!("\n    the first: {}", group.attempts),
            false => format!("\n    {}", group.attempts),
        };
        let _ = writeln!(text, "{line}{attempts}");
    }
}

/// How many writes of a tool, the first of them and their cause.
fn headline(what: &str, group: &Group, place: &str) -> String {
    let others = if group.varied { " (and other words)" } else { "" };
    format!("{}: {}{others}", count(what, group, place), group.fault.message)
}

fn count(what: &str, group: &Group, place: &str) -> String {
    let more = if group.count > group.first.len() as u64 { ", …" } else { "" };
    format!("{what}: {} {}{place} ({}{more})", group.count, group.tool, group.first.join(", "))
}

/// Where the rejected writes are, and which of them aren't there.
fn kept(text: &mut String, report: &Report) {
    let Some(Kept { path, written, lost, why }) = &report.kept else { return };
    let rejected = report.ledger.total.rejected;
    if report.kept_whole() {
        let writes = match rejected {
            0 => return,
            1 => "rejected write is".to_string(),
            n => format!("{n} rejected writes are"),
        };
        let _ = writeln!(text, "the {writes} in {path}");
        return;
    }
    let why = why.as_deref().unwrap_or("it took nothing any more");
    let _ = writeln!(text, "{path} isn't whole: {why}; it holds {written} of {rejected} rejected writes");
    groups(text, "not in it", lost, report);
}

/// What may have been done twice: a run that ended well says so too.
fn repeats(text: &mut String, events: u64) {
    let (events, its) = match events {
        0 => return,
        1 => ("1 event was".to_string(), "its"),
        n => (format!("{n} events were"), "their"),
    };
    let _ = writeln!(
        text,
        "{events} sent again under the same message id, which Customer.io takes for {its} identity without \
         promising to drop repeats; --events-at-most-once turns that off"
    );
}

/// Whether the failure that is shown above says already why.
fn told(group: &Group, report: &Report) -> bool {
    let Ended::Failed(Failure::Script(wrong)) = &report.ended else { return false };
    wrong.faults.iter().any(|fault| fault.message == group.fault.message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_speed_is_told_of_many_writes_that_took_a_while() {
        let speed = |n, ms| speed(n, Duration::from_millis(ms));
        assert_eq!(speed(1_000_000, 12_500), " at 80000 writes/s");
        assert_eq!([speed(1_000_000, 900), speed(99, 9_000)], ["", ""]);
    }
}
