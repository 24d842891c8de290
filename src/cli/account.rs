//! The last object of a run: what became of it, with nothing left to be read out of words.

use std::time::Duration;

use serde_json::{Value, json};

use super::name::Name;
use crate::fault::Place;
use crate::outbox::{Group, Kept};
use crate::run::{DryRun, Ended, Exit, Report};

/// The account of a run that ended with `exit`.
pub fn account(report: &Report, exit: Exit, name: &Name) -> Value {
    let Report { ended, calls, ledger, kept, drifts, elapsed, dry_run, .. } = report;
    let (how, depends_on) = match ended {
        Ended::Done => ("done", Value::Null),
        // Wrong usage is found before anything is sent.
        Ended::Failed(_) if exit == Exit::Usage || !report.ran => ("refused", Value::Null),
        Ended::Failed(_) => ("failed", Value::Null),
        Ended::Interrupted => ("interrupted", Value::Null),
        // Nobody is asked where nobody types.
        Ended::Declined(_) => ("refused", Value::Null),
        Ended::OutputClosed(_) => ("output_closed", Value::Null),
        Ended::Depends { tool, place } => ("depends", json!({ "tool": tool, "place": at(place) })),
    };
    let total = &ledger.total;
    let calls: Vec<Value> =
        calls.iter().map(|count| json!({ "tool": count.tool, "count": count.calls })).collect();
    let groups = [
        ("rejected", &ledger.rejected),
        ("not_delivered", &ledger.undelivered),
        ("in_doubt", &ledger.in_doubt),
        ("may_have_arrived", &ledger.open),
    ];
    let groups = groups.iter().flat_map(|(outcome, groups)| groups.iter().map(|it| group(outcome, it)));
    let extras = drifts.extras().map(|drift| json!({ "tool": drift.tool, "field": drift.field }));
    json!({
        "kind": "summary",
        "run": name.object(),
        "ended": how,
        "exit": exit.code(),
        "elapsed_ms": milliseconds(*elapsed),
        "calls": calls,
        "writes": {
            "accepted": total.accepted,
            "rejected": total.rejected,
            "not_delivered": total.undelivered,
            "in_doubt": total.in_doubt,
            "may_have_arrived": total.open,
        },
        "groups": groups.collect::<Vec<_>>(),
        "not_repeatable": ledger.once,
        "events_sent_again": ledger.again,
        "drift": { "repaired": drifts.repaired, "extra_fields": extras.collect::<Vec<_>>() },
        "rejected_file": kept.as_ref().map(|kept| file(kept, report.kept_whole())),
        "dry_run": dry_run.as_ref().map(dry),
        "depends_on": depends_on,
    })
}

/// The account of a run that never began: it was interrupted before, skipped or refused.
pub fn not_begun(exit: Exit, elapsed: Duration, name: &Name) -> Value {
    let ended = if exit == Exit::Interrupted { Ended::Interrupted } else { Ended::Done };
    let mut account = account(&Report::empty(ended, elapsed), exit, name);
    match exit {
        Exit::Interrupted => {}
        // Only of a run that left the work to another nothing is wrong.
        Exit::Done => account["ended"] = json!("skipped"),
        _ => account["ended"] = json!("refused"),
    }
    account
}

/// Writes that share a cause and a line of the script.
fn group(outcome: &str, group: &Group) -> Value {
    json!({
        "outcome": outcome,
        "tool": group.tool,
        "code": group.fault.code.name(),
        "status": group.status,
        "count": group.count,
        "subjects": group.first,
        "cause": group.fault.message,
        "help": group.fault.help,
        "varied": group.varied,
        "attempts": group.attempts,
        "place": at(&group.place),
    })
}

/// The place of a call; `null` where it isn't known.
fn at(place: &Place) -> Value {
    let Place { source, line, column } = place;
    match line {
        0 => Value::Null,
        _ => json!({ "file": source, "line": line, "column": Some(column).filter(|column| **column > 0) }),
    }
}

fn file(kept: &Kept, whole: bool) -> Value {
    let Kept { path, written, lost, why } = kept;
    let lost: Vec<Value> = lost.iter().map(|it| group("rejected", it)).collect();
    json!({ "path": path, "written": written, "whole": whole, "lost": lost, "why": why })
}

/// What a dry run kept back.
fn dry(dry: &DryRun) -> Value {
    let DryRun { withheld, demands } = dry;
    let writes = withheld.writes.iter().map(|writes| {
        let first = writes.first.iter().map(|sample| {
            let body = sample.body.as_ref().map(|body| String::from_utf8_lossy(body));
            let tool = writes.tool;
            let (method, place) = (tool.method.as_str(), at(&sample.place));
            json!({ "method": method, "path": sample.path, "body": body, "place": place })
        });
        json!({
            "tool": writes.tool.name(),
            "count": writes.calls,
            "people": writes.people(),
            "first": first.collect::<Vec<_>>(),
        })
    });
    let meets = withheld.meets.iter().map(|met| {
        let fault = &met.fault;
        json!({
            "code": fault.code.name(),
            "message": fault.message,
            "help": fault.help,
            "count": met.times,
            "place": at(&met.place),
        })
    });
    let demands = demands.iter().map(|demand| {
        json!({
            "limit": demand.bucket.name(),
            "requests": demand.requests,
            "per_second": demand.rate,
            "takes_ms": milliseconds(demand.time),
        })
    });
    json!({
        "writes": writes.collect::<Vec<_>>(),
        "would_stop": meets.collect::<Vec<_>>(),
        "limits": demands.collect::<Vec<_>>(),
    })
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
