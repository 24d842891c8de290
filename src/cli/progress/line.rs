//! What is known of a run as one line, purely.

use std::time::Duration;

use jiff::Timestamp;

/// What a line tells.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    pub elapsed: Duration,
    pub done: Option<Done>,
    /// Writes that Customer.io refused, or that didn't arrive.
    pub failed: u64,
    /// What is read, beside the writes.
    pub read: Option<Done>,
    /// Of what comes first, a second.
    pub rate: Option<f64>,
    /// The limits that hold the run back.
    pub limits: Vec<Limit>,
    /// The time until it is done.
    pub left: Option<Duration>,
    pub waiting: Option<Waiting>,
}

/// How many are done, and of how many if that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Done {
    pub n: u64,
    pub of: Option<u64>,
    /// What is counted: `writes`.
    pub what: &'static str,
    /// What was done with them: `accepted`; nothing where they are just made.
    pub how: &'static str,
}

/// A limit, in requests or items a second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limit {
    pub name: &'static str,
    /// What is limited: `request`.
    pub what: &'static str,
    pub rate: f64,
    /// The same when nothing has lowered it.
    pub full: f64,
}

/// What a run that doesn't get on waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// For the next attempt at a request that was refused or failed.
    Attempt {
        api: &'static str,
        left: Duration,
        status: Option<u16>,
        attempt: usize,
    },
    /// The same of an API that answers nobody.
    Silent {
        api: &'static str,
        left: Duration,
        since: Timestamp,
        attempt: usize,
    },
    Turn {
        limit: &'static str,
        left: Duration,
    },
    Answer {
        api: &'static str,
        since: Duration,
    },
    Sleep {
        left: Duration,
    },
}

/// A part of the line: in full, then shorter, and at last, where it can be left out, nothing.
struct Part {
    /// Those with the highest number give way to the next first.
    forms: Vec<(u8, String)>,
}

impl Part {
    /// How soon it gives way; `None` when it can't any more.
    fn yields(&self) -> Option<u8> {
        self.forms.get(1).and(self.forms.first()).map(|(rank, _)| *rank)
    }
}

/// The line in at most `width` columns. What matters least gives way first.
pub fn line(facts: &Facts, width: usize, unicode: bool) -> String {
    let mut parts = parts(facts);
    loop {
        let text = joined(&parts);
        if text.chars().count() <= width {
            return text;
        }
        match parts.iter_mut().filter(|part| part.yields().is_some()).max_by_key(|part| part.yields()) {
            Some(part) => drop(part.forms.remove(0)),
            None => return cut(&text, width, unicode),
        }
    }
}

fn joined(parts: &[Part]) -> String {
    let shown = parts.iter().filter_map(|part| part.forms.first().map(|(_, form)| form.as_str()));
    shown.filter(|form| !form.is_empty()).collect::<Vec<_>>().join(", ")
}

fn cut(text: &str, width: usize, unicode: bool) -> String {
    let end = if unicode { "…" } else { "..." };
    let kept = text.chars().take(width.saturating_sub(end.chars().count()));
    kept.chain(end.chars()).take(width).collect()
}

fn parts(facts: &Facts) -> Vec<Part> {
    let mut parts = vec![];
    let mut part = |forms: &[(u8, String)]| parts.push(Part { forms: forms.to_vec() });
    let nothing = (0, String::new());
    let elapsed = Duration::from_secs(facts.elapsed.as_secs());
    part(&[(9, format!("after {}", coarse(elapsed))), nothing.clone()]);
    if let Some(done) = &facts.done {
        part(&[(4, counted(done)), (0, numbers(done))]);
    }
    if facts.failed > 0 {
        part(&[(3, format!("{} failed", facts.failed)), nothing.clone()]);
    }
    if let Some(read) = &facts.read {
        part(&[(8, counted(read)), nothing.clone()]);
    }
    if let (Some(rate), Some(done)) = (facts.rate.map(number), facts.done) {
        part(&[(6, format!("{rate} {}/s", done.what)), (3, format!("{rate}/s")), nothing.clone()]);
    }
    for limit in &facts.limits {
        part(&[(7, full(limit)), (5, short(limit)), nothing.clone()]);
    }
    if let Some(left) = facts.left {
        part(&[(2, format!("{} left", coarse(left))), nothing]);
    }
    if let Some(waiting) = facts.waiting {
        part(&waiting_for(waiting).into_iter().map(|form| (1, form)).collect::<Vec<_>>());
    }
    parts
}

fn counted(done: &Done) -> String {
    let how = if done.how.is_empty() { String::new() } else { format!(" {}", done.how) };
    format!("{} {}{how}", numbers(done), done.what)
}

fn numbers(done: &Done) -> String {
    match done.of {
        Some(of) => format!("{} of {of}", done.n),
        None => done.n.to_string(),
    }
}

fn full(limit: &Limit) -> String {
    let Limit { name, what, rate, full } = *limit;
    if rate < 1.0 {
        return format!("{name} 1 {what} in {} s", number(1.0 / rate));
    }
    let lowered = number(rate) != number(full);
    let of = if lowered { format!(" of {}", number(full)) } else { String::new() };
    let s = if number(full) == "1" { "" } else { "s" };
    format!("{name} {}{of} {what}{s}/s", number(rate))
}

fn short(limit: &Limit) -> String {
    let what = if limit.what == "request" { "req" } else { "items" };
    format!("{} {} {what}/s", limit.name, number(limit.rate))
}

/// What is waited for, at length and shorter.
fn waiting_for(waiting: Waiting) -> Vec<String> {
    match waiting {
        Waiting::Attempt { api, left, status, attempt } => {
            let (left, after) = (coarse(left), status.map_or("a failure".to_string(), |n| n.to_string()));
            vec![
                format!("waiting {left} for {api} after {after} (try {attempt})"),
                format!("waiting {left} after {after}"),
            ]
        }
        Waiting::Silent { api, left, since, attempt } => {
            let (left, since) = (coarse(left), since.strftime("%H:%M:%S"));
            vec![
                format!("waiting for {api}: no usable answer since {since} UTC, try {attempt} in {left}"),
                format!("{api}: no answer since {since} UTC, try {attempt} in {left}"),
                format!("no answer since {since}"),
            ]
        }
        Waiting::Turn { limit, left } => {
            let left = coarse(left);
            vec![format!("waiting {left} for a slot of {limit}"), format!("waiting {left}")]
        }
        Waiting::Answer { api, since } => {
            let since = coarse(since);
            vec![format!("waiting for an answer from {api} for {since}"), format!("no answer for {since}")]
        }
        Waiting::Sleep { left } => {
            let left = coarse(left);
            vec![format!("the script sleeps, {left} more"), format!("sleeps {left}")]
        }
    }
}

/// A number as finely as it matters: `0.08`, `5.6`, `800`.
pub fn number(n: f64) -> String {
    let digits = match n {
        n if n >= 100.0 => 0,
        n if n >= 1.0 => 1,
        _ => 2,
    };
    let text = format!("{n:.digits$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_string(),
        false => text,
    }
}

/// A time that is looked at again and again: in whole units, so that it doesn't flicker.
fn coarse(time: Duration) -> String {
    match time.as_secs_f64().ceil() as u64 {
        s if s < 120 => format!("{s} s"),
        s if s < 7_200 => format!("{} min", s.div_ceil(60)),
        s => format!("{} h {} min", s / 3_600, s % 3_600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    fn writes() -> Facts {
        let accepted = Done { n: 8_120, of: Some(12_000), what: "writes", how: "accepted" };
        let pipelines = Limit { name: "Pipelines", what: "request", rate: 560.0, full: 800.0 };
        Facts {
            elapsed: seconds(20),
            done: Some(accepted),
            failed: 3,
            read: Some(Done { n: 12_000, of: Some(30_000), what: "people", how: "read" }),
            rate: Some(409.6),
            limits: vec![pipelines],
            left: Some(seconds(54)),
            waiting: None,
        }
    }

    /// What is shown at several widths, without and with what is waited for.
    fn shown(facts: &Facts) -> String {
        let widths = [200, 100, 80, 60, 37, 20, 8];
        let lines = widths.map(|width| {
            let line = line(facts, width, true);
            assert!(line.chars().count() <= width, "{line}");
            format!("{width:>3}: {line}")
        });
        lines.join("\n")
    }

    #[test]
    fn what_matters_least_gives_way_first() {
        insta::assert_snapshot!(shown(&writes()), @r"
        200: after 20 s, 8120 of 12000 writes accepted, 3 failed, 12000 of 30000 people read, 410 writes/s, Pipelines 560 of 800 requests/s, 54 s left
        100: 8120 of 12000 writes accepted, 3 failed, 410 writes/s, Pipelines 560 of 800 requests/s, 54 s left
         80: 8120 of 12000 writes accepted, 3 failed, 410/s, Pipelines 560 req/s, 54 s left
         60: 8120 of 12000 writes accepted, 3 failed, 410/s, 54 s left
         37: 8120 of 12000, 3 failed, 54 s left
         20: 8120 of 12000
          8: 8120 of…
        ");
    }

    #[test]
    fn what_is_waited_for_stays_as_long_as_it_can() {
        let waiting = Waiting::Attempt { api: "Pipelines", left: seconds(24), status: Some(429), attempt: 3 };
        let facts = Facts { waiting: Some(waiting), rate: Some(0.0), left: None, ..writes() };
        insta::assert_snapshot!(shown(&facts), @r"
        200: after 20 s, 8120 of 12000 writes accepted, 3 failed, 12000 of 30000 people read, 0 writes/s, Pipelines 560 of 800 requests/s, waiting 24 s for Pipelines after 429 (try 3)
        100: 8120 of 12000 writes accepted, 3 failed, 0/s, waiting 24 s for Pipelines after 429 (try 3)
         80: 8120 of 12000, 3 failed, 0/s, waiting 24 s for Pipelines after 429 (try 3)
         60: 8120 of 12000, waiting 24 s for Pipelines after 429 (try 3)
         37: 8120 of 12000, waiting 24 s after 429
         20: 8120 of 12000, wait…
          8: 8120 of…
        ");
    }

    #[test]
    fn each_wait_says_for_what() {
        let (left, api) = (seconds(12), "App");
        let since: Timestamp = "2026-01-31T08:23:20Z".parse().unwrap();
        let waits = [
            Waiting::Attempt { api, left, status: None, attempt: 2 },
            Waiting::Silent { api, left, since, attempt: 4 },
            Waiting::Turn { limit: "broadcast_trigger", left },
            Waiting::Answer { api, since: seconds(90) },
            Waiting::Sleep { left: seconds(7_260) },
        ];
        let lines = waits.map(|waiting| waiting_for(waiting).join("\n"));
        insta::assert_snapshot!(lines.join("\n"), @r"
        waiting 12 s for App after a failure (try 2)
        waiting 12 s after a failure
        waiting for App: no usable answer since 08:23:20 UTC, try 4 in 12 s
        App: no answer since 08:23:20 UTC, try 4 in 12 s
        no answer since 08:23:20
        waiting 12 s for a slot of broadcast_trigger
        waiting 12 s
        waiting for an answer from App for 90 s
        no answer for 90 s
        the script sleeps, 2 h 1 min more
        sleeps 2 h 1 min
        ");
    }

    #[test]
    fn a_limit_says_what_it_allows_now() {
        let limit = |name, what, rate, full| super::full(&Limit { name, what, rate, full });
        let limits = [
            limit("App", "request", 8.0, 8.0),
            limit("App", "request", 5.6, 8.0),
            limit("Pipelines", "item", 10_000.0, 10_000.0),
            limit("App", "request", 1.0, 1.0),
            limit("broadcast_trigger", "request", 0.08, 0.08),
        ];
        insta::assert_snapshot!(limits.join("\n"), @r"
        App 8 requests/s
        App 5.6 of 8 requests/s
        Pipelines 10000 items/s
        App 1 request/s
        broadcast_trigger 1 request in 12.5 s
        ");
    }

    #[test]
    fn a_screen_without_unicode_gets_none() {
        let line = line(&writes(), 10, false);
        assert_eq!(line, "8120 of...");
        assert!(line.is_ascii());
    }

    #[test]
    fn a_run_that_has_done_nothing_says_how_long() {
        assert_eq!(line(&Facts { elapsed: seconds(150), ..Facts::default() }, 80, true), "after 3 min");
    }
}
