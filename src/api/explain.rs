//! An outcome that isn't "done", as a fault for people.

use super::client::{Called, Client};
use super::credentials::Renewed;
use super::key_faults::which_key;
use crate::fault::{At, Code, Fault};
use crate::policy::{Answer, Complaint, Outcome, Refusal, Unanswered};
use crate::request::Request;
use crate::spec::{Retry, Standing, Tool};

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
        Outcome::Refused(refusal) => refused(client, tool, refusal, called.renewed.as_ref()),
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
            format!("`{name}` got no usable answer: {}", unanswered(why)),
        )
        .label("no usable answer")
        .help(
            "it was only a read: run it again; if it stays so, check what stands between you and Customer.io",
        ),
        Outcome::Unknown(why) if request.class.is_safe() => Fault::new(
            Code::NoAnswer,
            At::Call,
            format!("`{name}` got no answer: {}", unanswered(why)),
        )
        .label("no answer")
        .help("it may have been done, and repeating it does no harm: run it again when Customer.io is back"),
        Outcome::Unknown(why) => Fault::new(
            Code::InDoubt,
            At::Call,
            format!("`{name}` was sent and may or may not have been done: {}", unanswered(why)),
        )
        .label("in doubt")
        .help(doubt(request)),
    };
    Err(with_attempts(fault, called))
}

/// What to do about a request in doubt, and why it was repeated or wasn't.
fn doubt(request: &Request) -> String {
    match request.class.retry {
        Retry::Keyed { .. } => "every attempt carried the same message id, which Customer.io takes for the event's \
            identity without promising to drop repeats; look in Customer.io whether it is there before you send it again"
            .to_string(),
        retry => format!("it isn't sent again by itself: {}. Look in Customer.io whether it was done", retry.because()),
    }
}

fn unanswered(why: &Unanswered) -> String {
    match why {
        Unanswered::ServerError { status, complaints, .. } if complaints.is_empty() => {
            format!("the server failed ({status})")
        }
        Unanswered::ServerError { status, complaints, .. } => {
            format!("the server failed ({status}): {}", complaints[0].detail)
        }
        Unanswered::TimedOut => "no answer came in time".to_string(),
        Unanswered::Broken(why) => format!("the connection broke ({why})"),
        Unanswered::Unreadable { status, why } => format!("it answered {status}, but {why}"),
        Unanswered::Misshapen { status, why } => format!("it answered {status}, but the answer {why}"),
    }
}

fn refused(client: &Client, tool: &Tool, refusal: &Refusal, renewed: Option<&Renewed>) -> Fault {
    let (name, api, status) = (tool.name(), tool.api.name(), refusal.status);
    let said = said(&refusal.complaints);
    let fault = |code, message: String| Fault::new(code, At::Call, message);
    match status {
        300..=399 => wrong_region(client, tool, refusal),
        401 => fault(
            Code::Unauthorized,
            format!("Customer.io refused the {api} credential of `{name}` (401){said}"),
        )
        .label("not authorized")
        .help(which_key(client, tool.api, renewed)),
        403 => fault(Code::Forbidden, format!("the {api} credential may not do `{name}` (403){said}"))
            .label("not allowed")
            .help("give the key this scope in Customer.io, or use a key that has it"),
        404 if tool.standing == Standing::Undocumented => {
            fault(Code::NotFound, format!("Customer.io has no endpoint for `{name}` (404){said}"))
                .label("not found")
                .help("this tool's endpoint is in no document of Customer.io, and its path is a guess")
        }
        404 => fault(Code::NotFound, format!("`{name}` found nothing (404){said}"))
            .label("not found")
            .help("check the id; ids are per workspace, and a key opens only its own"),
        429 => fault(
            Code::Unreachable,
            format!("`{name}` stayed over the rate limit of the {api} API (429){said}"),
        )
        .label("not taken")
        .help("nothing of this call was done; something else uses up the limit, so run it again later"),
        _ => {
            let fault = fault(Code::Refused, format!("Customer.io refused `{name}` ({status}){said}"));
            match about(tool, &refusal.complaints) {
                Some(param) => fault.label("refused").below(param),
                None => fault.label("refused"),
            }
        }
    }
}

/// What Customer.io said, to put behind a message.
fn said(complaints: &[Complaint]) -> String {
    let details: Vec<&str> = complaints.iter().map(|complaint| complaint.detail.as_str()).collect();
    if details.is_empty() { String::new() } else { format!(": {}", details.join("; ")) }
}

/// The parameter a complaint points at, by its name here or on the wire.
fn about(tool: &Tool, complaints: &[Complaint]) -> Option<&'static str> {
    let fields = complaints.iter().filter_map(|complaint| complaint.field.as_deref());
    fields.filter_map(|field| field.rsplit(['/', '.']).next()).find_map(|last| {
        tool.params
            .iter()
            .find(|param| param.name == last || param.wire == Some(last))
            .map(|param| param.name)
    })
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

/// Tells the attempts, where there was more than one.
fn with_attempts(fault: Fault, called: &Called) -> Fault {
    if called.attempts.len() < 2 {
        return fault;
    }
    let mut runs: Vec<(&str, usize)> = vec![];
    for attempt in &called.attempts {
        match runs.last_mut() {
            Some((outcome, n)) if *outcome == attempt.outcome => *n += 1,
            _ => runs.push((&attempt.outcome, 1)),
        }
    }
    let told = runs
        .iter()
        .map(|(outcome, n)| if *n == 1 { (*outcome).to_string() } else { format!("{n} × {outcome}") });
    let told: Vec<String> = told.collect();
    let log = format!(
        "{} attempts in {:.1} s: {}; {}",
        called.attempts.len(),
        called.lasted.as_secs_f64(),
        told.join(", then "),
        called.why
    );
    let help = match &fault.help {
        Some(help) => format!("{help}\n{log}"),
        None => log,
    };
    fault.help(help)
}
