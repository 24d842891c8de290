//! An outcome that isn't "done", as a fault for people.

use std::time::Duration;

use super::client::{Called, Client};
use super::credentials::KeyName;
use crate::fault::{At, Code, Fault, listed};
use crate::policy::{Complaint, Outcome, Refusal, Unanswered};
use crate::request::Request;
use crate::spec::{Api, Standing, Tool};

/// Says what is wrong and what to do about it. `None` when the request was done.
pub fn explain(client: &Client, request: &Request, called: &Called) -> Option<Fault> {
    let tool = request.tool;
    let name = tool.name();
    let api = tool.api.name();
    let fault = match &called.outcome {
        Outcome::Done(_) => return None,
        Outcome::Refused(refusal) => refused(client, tool, refusal),
        Outcome::NotSent(why) => Fault::new(
            Code::Unreachable,
            At::Call,
            format!("`{name}` couldn't be sent to {}: {why}", client.hosts.url(tool.api)),
        )
        .label("nothing was sent")
        .help(format!(
            "the {api} API couldn't be reached; nothing of this call was done, so it can be run again"
        )),
        Outcome::Unknown(Unanswered::Unreadable { why, status }) if request.class.is_read() => Fault::new(
            Code::NoAnswer,
            At::Call,
            format!("the answer to `{name}` can't be read: {status}, but {why}"),
        )
        .label("no usable answer")
        .help(
            "it was only a read: run it again; if it stays so, check what stands between you and Customer.io",
        ),
        Outcome::Unknown(why) if request.class.is_safe() => {
            Fault::new(Code::NoAnswer, At::Call, format!("`{name}` got no answer: {}", unanswered(why)))
                .label("no answer")
                .help("repeating it does no harm: run it again when Customer.io is back")
        }
        Outcome::Unknown(why) => Fault::new(
            Code::InDoubt,
            At::Call,
            format!("`{name}` was sent and may or may not have been done: {}", unanswered(why)),
        )
        .label("in doubt")
        .help(format!(
            "it isn't sent again by itself, because {}; look in Customer.io whether it was done",
            tool.retry.because()
        )),
    };
    Some(with_attempts(fault, called))
}

fn unanswered(why: &Unanswered) -> String {
    match why {
        Unanswered::ServerError { status, complaints } if complaints.is_empty() => {
            format!("the server failed ({status})")
        }
        Unanswered::ServerError { status, complaints } => {
            format!("the server failed ({status}): {}", complaints[0].detail)
        }
        Unanswered::TimedOut => "no answer came in time".to_string(),
        Unanswered::Broken(why) => format!("the connection broke ({why})"),
        Unanswered::Unreadable { status, why } => format!("it answered {status}, but {why}"),
    }
}

fn refused(client: &Client, tool: &Tool, refusal: &Refusal) -> Fault {
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
        .help(which_key(client, tool.api)),
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
    Fault::new(Code::WrongRegion, At::Call, message).label("redirected").help(format!(
        "the account is in the other region: set CUSTOMERIO_REGION={} (it is {} now)",
        region.other().name(),
        region.name()
    ))
}

/// A URL without its path: that may name a person.
fn host(url: &str) -> String {
    reqwest::Url::parse(url)
        .ok()
        .map_or_else(|| "another place".into(), |url| url.origin().ascii_serialization())
}

fn which_key(client: &Client, api: Api) -> String {
    let keys: Vec<String> = KeyName::of(api)
        .map(|name| {
            let source = client.credentials.get(name).map_or("not set", |key| key.source.as_str());
            format!("{} (from {source})", name.variable())
        })
        .collect();
    let found = KeyName::of(api).next().map_or("", KeyName::found);
    format!(
        "check {}: it must be the {} key of this workspace, for no key works on another API, and the region must be right ({} now). You find it under {found}",
        listed(&keys, "and"),
        api.name(),
        client.hosts.region.name(),
    )
}

/// The fault of a call whose API has no credential.
pub fn missing_key(api: Api, missing: &[KeyName], tools: &[&str]) -> Fault {
    let variables: Vec<&str> = missing.iter().map(|name| name.variable()).collect();
    let tools: Vec<String> = tools.iter().map(|tool| format!("`{tool}`")).collect();
    let found = missing.first().map_or("", |name| name.found());
    Fault::new(
        Code::CredentialsMissing,
        At::Call,
        format!(
            "{} {} the {} API, and {} {} not set",
            listed(&tools, "and"),
            if tools.len() == 1 { "needs" } else { "need" },
            api.name(),
            listed(&variables, "and"),
            if variables.len() == 1 { "is" } else { "are" },
        ),
    )
    .label("needs a credential")
    .help(format!(
        "you find it in Customer.io under {found}; or try the script first with --sandbox, which needs none"
    ))
}

/// Tells the attempts, where there was more than one.
fn with_attempts(fault: Fault, called: &Called) -> Fault {
    if called.attempts.len() < 2 {
        return fault;
    }
    let tried: Vec<String> = called
        .attempts
        .iter()
        .map(|attempt| match attempt.waited {
            Duration::ZERO => attempt.outcome.clone(),
            waited => format!("{}, waited {:.1} s", attempt.outcome, waited.as_secs_f64()),
        })
        .collect();
    let log = format!("{} attempts: {}", tried.len(), tried.join("; "));
    let help = match &fault.help {
        Some(help) => format!("{help}\n{log}"),
        None => log,
    };
    fault.help(help)
}
