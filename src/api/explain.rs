//! An outcome that isn't "done", as a fault for people.

use std::time::Duration;

use jiff::Timestamp;

use super::client::{Attempt, Called, Client};
use super::credentials::Renewed;
use super::key_faults::{keys, which_key};
use super::pointed::pointed;
use crate::fault::{At, Code, Fault, counted, listed, time_in_words};
use crate::policy::{Answer, Complaint, Outcome, Refusal, Unanswered, Why};
use crate::request::Request;
use crate::spec::{Api, Place, Retry, Rule, Standing, Tool};

/// As many characters are told of each thing Customer.io complains of.
const EXCERPT: usize = 200;
/// As many waits after attempts are told one by one.
const MOST_WAITS: usize = 8;

/// The answer, or what is wrong and what to do about it.
///
/// # Errors
/// A fault for every outcome but "done".
pub fn explain<'c>(client: &Client, request: &Request, called: &'c Called) -> Result<&'c Answer, Fault> {
    let tool = request.tool;
    let name = tool.name();
    let api = tool.api.name();
    let fault = match &called.outcome {
        Outcome::Done(answer) => return Ok(answer),
        Outcome::Refused(refusal) => refused(client, request, refusal, called.renewed.as_ref()),
        Outcome::NotSent(why) => Fault::new(
            Code::Unreachable,
            At::Call,
            format!("`{name}` couldn't be sent to {}: {why}", client.hosts.url(tool.api)),
        )
        .label("nothing was sent")
        .help(format!(
            "the {api} API couldn't be reached; nothing of this call was done, so it can be run again"
        )),
        Outcome::Unknown(Unanswered::Misshapen { why, .. }) if request.class.is_read() => Fault::new(
            Code::AnswerUnreadable,
            At::Call,
            format!("the answer of `{name}` {why}"),
        )
        .label("an answer of another shape")
        .help(
            "what it means isn't certain, so nothing was guessed; if it is Customer.io that answers so, the \
             catalogue of tools needs a look: please report it",
        ),
        Outcome::Unknown(why) if request.class.is_read() => Fault::new(
            Code::NoAnswer,
            At::Call,
            format!("`{name}` got no usable answer: {}", unanswered(client, why)),
        )
        .label("no usable answer")
        .help(
            "it was only a read: run it again; if it stays so, check what stands between you and Customer.io",
        ),
        Outcome::Unknown(why) if request.class.is_safe() => Fault::new(
            Code::NoAnswer,
            At::Call,
            format!("`{name}` got no answer: {}", unanswered(client, why)),
        )
        .label("no answer")
        .help("it may have been done, and repeating it does no harm: run it again when Customer.io is back"),
        Outcome::Unknown(why) => Fault::new(
            Code::InDoubt,
            At::Call,
            format!("`{name}` was sent and may or may not have been done: {}", unanswered(client, why)),
        )
        .label("in doubt")
        .help(doubt(client, request)),
    };
    let attempts = attempts(tool.api, called, Timestamp::now());
    Err(fault.and_help(&format!("{} of the {api} API: {attempts}", endpoint(request))))
}

/// What to do about a request in doubt, and why it was repeated or wasn't.
fn doubt(client: &Client, request: &Request) -> String {
    match request.class.retry {
        Retry::Keyed { .. } if client.limits.events_at_most_once => {
            "it isn't sent again by itself: --events-at-most-once says so. Look in Customer.io whether it was done".into()
        }
        Retry::Keyed { .. } => "every attempt carried the same message id, which Customer.io takes for the event's \
            identity without promising to drop repeats; look in Customer.io whether it is there before you send it again"
            .to_string(),
        retry => format!("it isn't sent again by itself: {}. Look in Customer.io whether it was done", retry.because()),
    }
}

fn unanswered(client: &Client, why: &Unanswered) -> String {
    match why {
        Unanswered::ServerError { status, complaints, .. } if complaints.is_empty() => {
            format!("the server failed ({status})")
        }
        Unanswered::ServerError { status, complaints, .. } => {
            format!("the server failed ({status}): {}", excerpt(client, &complaints[0]))
        }
        Unanswered::TimedOut => "no answer came in time".to_string(),
        Unanswered::Broken(why) => format!("the connection broke ({why})"),
        Unanswered::Unreadable { status, why } => format!("it answered {status}, but {why}"),
        Unanswered::Misshapen { status, why } => format!("it answered {status}, but the answer {why}"),
    }
}

fn refused(client: &Client, request: &Request, refusal: &Refusal, renewed: Option<&Renewed>) -> Fault {
    let tool = request.tool;
    let (name, api, status) = (tool.name(), tool.api.name(), refusal.status);
    let said = said(client, &refusal.complaints);
    let fault = |code, message: String| Fault::new(code, At::Call, message);
    match status {
        300..=399 => wrong_region(client, tool, refusal),
        401 if let Some(Renewed::Elsewhere(fault)) = renewed => *fault.clone(),
        401 => fault(
            Code::Unauthorized,
            format!("Customer.io refused the {api} credential of `{name}` (401){said}"),
        )
        .label("not authorized")
        .help(which_key(client, tool.api, renewed)),
        403 => fault(Code::Forbidden, format!("the {api} credential may not do `{name}` (403){said}"))
            .label("not allowed")
            .help(format!(
                "give {} this scope in Customer.io, or use a key that has it",
                keys(client, tool.api)
            )),
        404 if tool.standing == Standing::Undocumented => {
            fault(Code::NotFound, format!("Customer.io has no endpoint for `{name}` (404){said}"))
                .label("not found")
                .help("this tool's endpoint is in no document of Customer.io, and its path is a guess")
        }
        404 => {
            let fault = fault(Code::NotFound, format!("`{name}` found nothing (404){said}"))
                .label("not found")
                .help("check the id; ids are per workspace, and a key opens only its own");
            // Of several ids it isn't said which.
            let mut ids = tool.params.iter().filter(|param| tool.place(param) == Place::Path);
            match (ids.next(), ids.next()) {
                (Some(id), None) => fault.below(id.name),
                _ => fault,
            }
        }
        429 => fault(
            Code::Unreachable,
            format!("`{name}` stayed over the rate limit of the {api} API (429){said}"),
        )
        .label("not taken")
        .help("nothing of this call was done; something else uses up the limit, so run it again later"),
        _ => {
            let fault = fault(Code::Refused, format!("Customer.io refused `{name}` ({status}){said}"));
            let fault = Fault { help: remedy(request, status), ..fault.label("refused") };
            let way = pointed(tool, &refusal.complaints).unwrap_or_default();
            way.into_iter().rev().fold(fault, Fault::below)
        }
    }
}

/// What to do about a refusal that its status and the tool's rules explain.
fn remedy(request: &Request, status: u16) -> Option<String> {
    let tool = request.tool;
    let audience = tool.rules.iter().find_map(|rule| match rule {
        Rule::OneAudience(params) => Some(params),
        _ => None,
    });
    match (status, audience) {
        (413, _) => {
            let size = request.body.as_ref().map_or(0, |body| body.len());
            Some(format!(
                "the request holds {size} bytes, more than Customer.io takes: put less into each call"
            ))
        }
        (422, Some(params)) => {
            let mut rule = format!(
                "a broadcast goes to one audience, and only one: {}; everyone it names must exist already",
                listed(params, "or")
            );
            for flag in tool.rules {
                if let Rule::OnlyWith { flag, with } = flag {
                    let about = tool.param(flag).map_or("", |(_, param)| param.about);
                    rule.push_str(&format!("\n{flag} (with {}): {about}", listed(with, "or")));
                }
            }
            Some(rule)
        }
        _ => None,
    }
}

/// Method and path of a request; of a path with ids, the tool's own, for an id may be a person.
fn endpoint(request: &Request) -> String {
    let tool = request.tool;
    let path = match tool.in_path {
        true => tool.path,
        false => request.path.split('?').next().unwrap_or_default(),
    };
    format!("{} {path}", tool.method.as_str())
}

/// What Customer.io said, to put behind a message.
fn said(client: &Client, complaints: &[Complaint]) -> String {
    let details: Vec<String> = complaints.iter().map(|complaint| excerpt(client, complaint)).collect();
    if details.is_empty() { String::new() } else { format!(": {}", details.join("; ")) }
}

/// What is complained of, not too many words of it. It is cleaned before it is cut: nobody would know the
/// head of a key for one.
fn excerpt(client: &Client, complaint: &Complaint) -> String {
    client.credentials.clean(&complaint.detail).chars().take(EXCERPT).collect()
}

fn wrong_region(client: &Client, tool: &Tool, refusal: &Refusal) -> Fault {
    let to = refusal.location.as_deref().map(|to| format!(" to {}", host(to))).unwrap_or_default();
    let message = format!(
        "the {} API answered `{}` with a redirect ({}){to}, and nothing was sent there",
        tool.api.name(),
        tool.name(),
        refusal.status
    );
    let region = client.hosts.region;
    let mut help = format!(
        "the account is in the other region: set {} (it is {} now)",
        client.hosts.setting(region.other()),
        region.name()
    );
    if let Some(setter) = client.hosts.overridden(tool.api) {
        let url = client.hosts.url(tool.api);
        help.push_str(&format!("; or {url}, set by {setter}, isn't the API at all"));
    }
    Fault::new(Code::WrongRegion, At::Call, message).label("redirected").help(help)
}

/// A URL without its path: that may name a person.
fn host(url: &str) -> String {
    reqwest::Url::parse(url)
        .ok()
        .map_or_else(|| "another place".into(), |url| url.origin().ascii_serialization())
}

/// The attempts at a request: what came of each, how long was waited after it and why there was no
/// further one. `now` is when that is told.
pub fn attempts(api: Api, called: &Called, now: Timestamp) -> String {
    let n = called.attempts.len();
    let sent = called.attempts.iter().filter(|attempt| attempt.sent).count();
    let mut log = counted(n as u64, "attempt");
    match sent {
        0 => log.push_str(", none of them sent,"),
        sent if sent < n => log.push_str(&format!(", {sent} of them sent,")),
        _ => {}
    }
    let runs: Vec<String> =
        called.attempts.chunk_by(|a, b| a.outcome == b.outcome).map(run_of_attempts).collect();
    log.push_str(&format!(" in {}: {}", time_in_words(called.lasted), runs.join(", then ")));
    // An answer to the only one says why there was no other.
    if n > 1 || !matches!(called.why, Why::Answered) {
        log.push_str(&format!("; {}", called.why));
    }
    // A moment is no outage.
    if let Some(silent) = called.silent.filter(|silent| *silent >= Duration::from_secs(1)) {
        let since = now.checked_sub(silent).unwrap_or(now).strftime("%H:%M:%S");
        log.push_str(&format!(
            ". The {} API has given no usable answer since {since} UTC, for {}",
            api.name(),
            time_in_words(silent)
        ));
    }
    log
}

/// Attempts in a row that came to the same: `3 × 503 (waited 0.4, 0.9 and 2.0 s)`.
fn run_of_attempts(run: &[Attempt]) -> String {
    let mut words = match run {
        [one] => one.outcome.clone(),
        _ => format!("{} × {}", run.len(), run[0].outcome),
    };
    let waits: Vec<Duration> =
        run.iter().map(|attempt| attempt.waited).filter(|wait| !wait.is_zero()).collect();
    if waits.len() > MOST_WAITS {
        words.push_str(&format!(" (waited {} in all)", time_in_words(waits.iter().sum())));
    } else if !waits.is_empty() {
        let waits: Vec<String> = waits.iter().map(|wait| format!("{:.1}", wait.as_secs_f64())).collect();
        words.push_str(&format!(" (waited {} s)", listed(&waits, "and")));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(attempts: &[(&str, u64)], why: Why, silent: Option<u64>) -> String {
        let attempts = attempts.iter().map(|(outcome, waited)| Attempt {
            outcome: (*outcome).to_string(),
            sent: !outcome.starts_with("not sent"),
            waited: Duration::from_millis(*waited),
        });
        let called = Called {
            outcome: Outcome::NotSent(String::new()),
            attempts: attempts.collect(),
            open: false,
            again: false,
            retry_after: None,
            silent: silent.map(Duration::from_secs),
            why,
            lasted: Duration::from_millis(12_340),
            drifts: vec![],
            renewed: None,
        };
        // Noon.
        super::attempts(Api::App, &called, Timestamp::from_second(43_200).unwrap())
    }

    #[test]
    fn each_attempt_is_told_with_what_was_waited_after_it_and_long_runs_in_all() {
        assert_eq!(told(&[("404", 0)], Why::Answered, None), "1 attempt in 12 s: 404");
        assert_eq!(
            told(&[("503", 400), ("503", 900), ("429", 7_000), ("503", 0)], Why::Attempts, None),
            "4 attempts in 12 s: 2 × 503 (waited 0.4 and 0.9 s), then 429 (waited 7.0 s), then 503; no attempts left"
        );
        let many: Vec<(&str, u64)> = (0..30).map(|_| ("429", 1_500)).collect();
        assert_eq!(
            told(&many, Why::Horizon, None),
            "30 attempts in 12 s: 30 × 429 (waited 45 s in all); no time left"
        );
    }

    #[test]
    fn what_never_left_and_since_when_nobody_answers_is_told() {
        assert_eq!(
            told(&[("not sent (refused)", 500), ("not sent (refused)", 0)], Why::Attempts, Some(93)),
            "2 attempts, none of them sent, in 12 s: 2 × not sent (refused) (waited 0.5 s); no attempts left. \
             The App API has given no usable answer since 11:58:27 UTC, for 93 s"
        );
        let mixed = told(&[("503", 500), ("not sent (refused)", 0)], Why::Budget, None);
        assert!(
            mixed.starts_with("2 attempts, 1 of them sent, in 12 s: 503 (waited 0.5 s), then not sent"),
            "{mixed}"
        );
    }
}
