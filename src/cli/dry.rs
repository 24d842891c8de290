//! What a dry run tells at its end.

use std::fmt::Write;

use crate::api::Hosts;
use crate::fault::{counted, time_in_words};
use crate::run::{DryRun, Met, Writes};

/// As much of a body is shown.
const SHOWN: usize = 600;

/// What would be written, what it would meet, and how long the limits make it take.
pub fn dry_run(dry: &DryRun, hosts: &Hosts) -> String {
    account(dry, hosts) + "nothing was written: this was a dry run\n"
}

/// The same without what it was.
pub fn account(dry: &DryRun, hosts: &Hosts) -> String {
    let mut text = String::new();
    let DryRun { withheld, demands } = dry;
    if withheld.writes.is_empty() {
        text.push_str("nothing would be written\n");
    }
    for writes in &withheld.writes {
        of_tool(&mut text, writes, hosts);
    }
    for met in &withheld.meets {
        let Met { fault, place, times } = met;
        let times = if *times > 1 { format!(" ({times} times)") } else { String::new() };
        let _ = writeln!(text, "would be stopped{}{times}: {}", place.behind(), fault.message);
        if let Some(help) = &fault.help {
            let _ = writeln!(text, "  {help}");
        }
    }
    for demand in demands {
        let (name, rate, time) = (demand.bucket.name(), demand.rate, time_in_words(demand.time));
        let requests = counted(demand.requests, "request");
        let _ = writeln!(text, "{name}: {requests}; at {rate} a second that takes {time}");
    }
    text
}

fn of_tool(text: &mut String, writes: &Writes, hosts: &Hosts) {
    let Writes { tool, calls, first, .. } = writes;
    let people = match writes.people() {
        0 => String::new(),
        1 => " for 1 person".to_string(),
        n => format!(" for {n} people"),
    };
    let _ = writeln!(text, "would call {} {}{people}", tool.name(), counted(*calls, "time"));
    for sample in first {
        let method = tool.method.as_str();
        let _ = writeln!(text, "  {method} {}{}{}", hosts.url(tool.api), sample.path, sample.place.behind());
        if let Some(body) = &sample.body {
            let _ = writeln!(text, "    {}", shown(&String::from_utf8_lossy(body)));
        }
    }
    let more = calls - first.len() as u64;
    if more > 0 {
        let _ = writeln!(text, "  and {more} more");
    }
}

fn shown(body: &str) -> String {
    match body.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}… ({} bytes in all)", &body[..end], body.len()),
        None => body.to_string(),
    }
}
