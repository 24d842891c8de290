//! The last lines of a run.

use std::fmt::Write;
use std::time::Duration;

use crate::outbox::Group;
use crate::run::{Ended, Report};

/// What was done, and what wasn't, on a few lines.
pub fn summary(report: &Report) -> String {
    let mut text = String::new();
    let ledger = &report.ledger;
    groups(&mut text, "rejected", &ledger.rejected);
    groups(&mut text, "not delivered", &ledger.undelivered);
    groups(&mut text, "in doubt, look in Customer.io whether it was done", &ledger.in_doubt);
    groups(&mut text, "may have arrived", &ledger.cut);
    let how = match report.ended {
        Ended::Done => "done",
        Ended::Failed(_) => "failed",
        Ended::Interrupted => "interrupted",
        Ended::OutputClosed => "stopped, because nobody reads the output any more,",
    };
    let calls: Vec<String> =
        report.calls.iter().map(|count| format!("{} {}", count.calls, count.tool)).collect();
    let calls = if calls.is_empty() { "nothing was sent".to_string() } else { calls.join(", ") };
    let _ = writeln!(text, "{how} after {}: {calls}", time(report.elapsed));
    let total = &ledger.total;
    let whole = matches!(report.ended, Ended::Done) && total.rejected + total.in_doubt == 0;
    if whole || report.calls.is_empty() {
        return text;
    }
    let were = if total.accepted == 1 { "was" } else { "were" };
    let _ = write!(text, "of the writes, {} {were} accepted", total.accepted);
    for (count, what) in [(total.rejected, "rejected"), (total.in_doubt, "in doubt")] {
        if count > 0 {
            let _ = write!(text, ", {count} {what}");
        }
    }
    if !matches!(report.ended, Ended::Done) {
        text.push_str("; running it again starts from the beginning");
    }
    text.push('\n');
    text
}

fn groups(text: &mut String, what: &str, groups: &[Group]) {
    for group in groups {
        let place = match group.place.line {
            0 => String::new(),
            line => format!(" at {}:{line}", group.place.source),
        };
        let more = if group.count > group.first.len() as u64 { ", …" } else { "" };
        let first = group.first.join(", ");
        let _ =
            writeln!(text, "{what}: {} {}{place} ({first}{more}): {}", group.count, group.tool, group.cause);
    }
}

fn time(time: Duration) -> String {
    match time.as_secs_f64() {
        s if s < 0.1 => format!("{:.0} ms", s * 1_000.0),
        s if s < 120.0 => format!("{s:.1} s"),
        s => format!("{:.1} min", s / 60.0),
    }
}
