//! The last lines of a run.

use std::fmt::Write;
use std::time::Duration;

use crate::outbox::Group;
use crate::run::{Ended, Report};

/// What was done, and what wasn't, on a few lines.
pub fn summary(report: &Report) -> String {
    let mut text = String::new();
    let ledger = &report.ledger;
    groups(&mut text, "rejected by Customer.io", &ledger.rejected);
    groups(&mut text, "not delivered", &ledger.undelivered);
    groups(&mut text, "in doubt: look in Customer.io whether it was done", &ledger.in_doubt);
    groups(&mut text, "under way when the run was stopped: it may have arrived", &ledger.cut);
    let how = match report.ended {
        Ended::Done => "done",
        Ended::Failed(_) => "failed",
        Ended::Interrupted => "interrupted",
        Ended::OutputClosed => "stopped, because nobody reads the output any more",
    };
    let calls: Vec<String> =
        report.calls.iter().map(|count| format!("{} {}", count.calls, count.tool)).collect();
    let calls = if calls.is_empty() { "nothing was sent".to_string() } else { calls.join(", ") };
    let _ = write!(text, "{how} after {}: {calls}", time(report.elapsed));
    for (count, what) in [(ledger.total.rejected, "rejected"), (ledger.total.in_doubt, "in doubt")] {
        if count > 0 {
            let _ = write!(text, ", {count} {what}");
        }
    }
    if !matches!(report.ended, Ended::Done) && ledger.total.accepted > 0 {
        let writes = if ledger.total.accepted == 1 { "write was" } else { "writes were" };
        let _ = write!(text, "; {} {writes} accepted before", ledger.total.accepted);
    }
    if let Ended::Interrupted = report.ended {
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
        let _ = writeln!(
            text,
            "{} {}{place} {what}: {} ({}{more})",
            group.count,
            group.tool,
            group.cause,
            group.first.join(", ")
        );
    }
}

fn time(time: Duration) -> String {
    match time.as_secs_f64() {
        s if s < 0.1 => format!("{:.0} ms", s * 1_000.0),
        s if s < 120.0 => format!("{s:.1} s"),
        s => format!("{:.1} min", s / 60.0),
    }
}
