//! Which tool a request is, and what it says: derived from the catalogue. Only the behaviour behind a
//! tool is written by hand, and the table below holds it.

use super::answer::Answer;
use super::attributes::Micros;
use super::world::World;
use super::{app, broadcasts, pipelines, track};
use crate::spec::{Api, Authorization, Kind, Method, Place, Tool};
use crate::tools;
use percent_encoding::percent_decode_str;
use serde_json::Value;
use std::borrow::Cow;
use std::sync::{Mutex, PoisonError};

/// What a tool does to the workspace.
pub type Behaviour = fn(&mut World, &Call) -> Answer;

/// A tool and what it does.
#[derive(Clone, Copy)]
pub struct Endpoint {
    pub tool: &'static Tool,
    pub behaviour: Behaviour,
}

const BEHAVIOURS: [(&str, Behaviour); 24] = [
    ("CUSTOMERIO_ADD_PERSON_TO_GROUP", pipelines::group),
    ("CUSTOMERIO_CREATE_ALIAS", pipelines::alias),
    ("CUSTOMERIO_CUSTOMER_IO_SUPPRESS_PERSON", track::suppress),
    ("CUSTOMERIO_GET_INTEGRATIONS", app::integrations),
    ("CUSTOMERIO_GET_MESSAGES", app::messages),
    ("CUSTOMERIO_GET_SEGMENT_DETAILS", app::segment_details),
    ("CUSTOMERIO_GET_SEGMENT_MEMBERSHIP", app::segment_membership),
    ("CUSTOMERIO_GET_SEGMENTS", app::segments),
    ("CUSTOMERIO_GET_TRIGGER", broadcasts::read_one),
    ("CUSTOMERIO_GET_TRIGGERS", broadcasts::read_all),
    ("CUSTOMERIO_GET_WEBHOOKS", app::webhooks),
    ("CUSTOMERIO_IDENTIFY_PERSON", pipelines::identify),
    ("CUSTOMERIO_LIST_COLLECTIONS", app::collections),
    ("CUSTOMERIO_LIST_IP_ADDRESSES", app::ip_addresses),
    ("CUSTOMERIO_LIST_NEWSLETTERS", app::newsletters),
    ("CUSTOMERIO_LIST_SNIPPETS", app::snippets),
    ("CUSTOMERIO_LIST_TRANSACTIONAL_MESSAGES", app::transactional),
    ("CUSTOMERIO_REPORT_PUSH_EVENTS", track::push_event),
    ("CUSTOMERIO_SEND_BATCH", pipelines::batch),
    ("CUSTOMERIO_TRACK_EVENT", pipelines::track),
    ("CUSTOMERIO_TRACK_PAGE", pipelines::page),
    ("CUSTOMERIO_TRACK_SCREEN", pipelines::screen),
    ("CUSTOMERIO_TRIGGER_BROADCAST", broadcasts::trigger),
    ("CUSTOMERIO_UNSUBSCRIBE_DELIVERY", track::unsubscribe),
];

/// Every tool of the catalogue that has a behaviour; a test fails if one has none.
pub fn endpoints() -> impl Iterator<Item = Endpoint> {
    tools::ALL.into_iter().filter_map(endpoint)
}

/// A tool with its behaviour.
pub fn endpoint(tool: &'static Tool) -> Option<Endpoint> {
    let (_, behaviour) = BEHAVIOURS.iter().find(|(slug, _)| *slug == tool.slug)?;
    Some(Endpoint { tool, behaviour: *behaviour })
}

/// What of a request's headers matters.
#[derive(Clone, Copy, Debug, Default)]
pub struct Head<'a> {
    pub authorization: Option<&'a str>,
    pub content_type: Option<&'a str>,
    /// Whether `X-Strict-Mode: 1` was sent, without which Pipelines answers 200 to anything.
    pub strict: bool,
}

/// A request, decoded.
#[derive(Debug)]
pub struct Call {
    pub tool: &'static Tool,
    /// The parameters of path and query, by name.
    given: Vec<(&'static str, String)>,
    pub body: Body,
    /// The body's length in bytes.
    pub size: usize,
    pub strict: bool,
    pub json: bool,
    /// When it arrived.
    pub at: Micros,
}

#[derive(Debug)]
pub enum Body {
    Absent,
    Json(Value),
    /// Not JSON.
    Malformed,
}

impl Call {
    pub fn text(&self, name: &str) -> Option<&str> {
        self.given.iter().find(|(given, _)| *given == name).map(|(_, value)| value.as_str())
    }

    pub fn int(&self, name: &str) -> Option<i64> {
        self.text(name)?.parse().ok()
    }

    pub fn flag(&self, name: &str) -> bool {
        self.text(name) == Some("true")
    }

    /// When it arrived, in Unix seconds.
    pub fn seconds(&self) -> i64 {
        self.at.div_euclid(1_000_000)
    }
}

/// Answers a request: authorization, then decoding, then the tool's behaviour.
pub fn answer(
    world: &Mutex<World>,
    endpoint: Endpoint,
    target: &str,
    head: Head,
    body: &[u8],
    at: Micros,
) -> Answer {
    let Endpoint { tool, behaviour } = endpoint;
    let lenient = tool.api == Api::Pipelines && !head.strict;
    if !is_authorized(tool, head.authorization) {
        // "With the header it returns 400/401": without it, even this is answered 200 and dropped.
        return if lenient { Answer::accepted() } else { Answer::bare(401) };
    }
    match decode(tool, target, head, body, at) {
        // Only the behaviour needs the world to itself. A panic in one leaves a world that is still whole.
        Ok(call) => behaviour(&mut world.lock().unwrap_or_else(PoisonError::into_inner), &call),
        Err(refusal) => refusal,
    }
}

/// Whether the header has the form the API asks for. Any key is as good as another.
pub fn is_authorized(tool: &Tool, header: Option<&str>) -> bool {
    let schemes: &[&str] = match (tool.authorization, tool.api) {
        (Authorization::Nothing, _) => return true,
        (_, Api::App) => &["Bearer"],
        (_, Api::Track) => &["Basic"],
        (_, Api::Pipelines) => &["Basic", "Bearer"],
    };
    let Some((scheme, key)) = header.and_then(|header| header.split_once(' ')) else { return false };
    !key.trim().is_empty() && schemes.iter().any(|known| known.eq_ignore_ascii_case(scheme))
}

/// Reads path, query and body as the tool declares them. Query parameters it doesn't declare are passed
/// over, as servers do.
pub fn decode(
    tool: &'static Tool,
    target: &str,
    head: Head,
    body: &[u8],
    at: Micros,
) -> Result<Call, Answer> {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut given = vec![];
    for (template, segment) in tool.path.split('/').zip(path.split('/')) {
        let Some(name) = template.strip_prefix('{').and_then(|name| name.strip_suffix('}')) else { continue };
        let Some((_, param)) = tool.param(name) else { continue };
        let value = unescape(segment).map_err(|()| refuse(tool, &format!("{name} is not UTF-8")))?;
        check(param.kind, &value).map_err(|wants| refuse(tool, &format!("{name} must be {wants}")))?;
        given.push((param.name, value.into_owned()));
    }
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let Some(param) =
            tool.params.iter().find(|param| tool.place(param) == Place::Query && param.wire == Some(name))
        else {
            continue;
        };
        // In a query a plus sign is a space: whoever doesn't encode it gets what they asked for.
        let value = value.replace('+', " ");
        let value = unescape(&value).map_err(|()| refuse(tool, &format!("{name} is not UTF-8")))?;
        check(param.kind, &value).map_err(|wants| refuse(tool, &format!("{name} must be {wants}")))?;
        given.push((param.name, value.into_owned()));
    }
    let size = body.len();
    let json = head.content_type.is_some_and(|content_type| {
        content_type
            .split(';')
            .next()
            .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
    });
    let body = match tool.method {
        _ if body.is_empty() => Body::Absent,
        Method::Get => Body::Absent,
        // Reading what is too large anyway would only cost time.
        Method::Post if size > tool.max_body => Body::Malformed,
        Method::Post => serde_json::from_slice(body).map_or(Body::Malformed, Body::Json),
    };
    Ok(Call { tool, given, body, size, strict: head.strict, json, at })
}

fn unescape(text: &str) -> Result<Cow<'_, str>, ()> {
    percent_decode_str(text).decode_utf8().map_err(|_| ())
}

fn refuse(tool: &Tool, detail: &str) -> Answer {
    match tool.api {
        Api::App => Answer::app(400, detail),
        Api::Track | Api::Pipelines => Answer::meta(400, &[detail.to_string()]),
    }
}

/// Whether a value of path or query is of its kind; what it has to be, otherwise.
fn check(kind: Kind, value: &str) -> Result<(), String> {
    let number = value.parse::<i64>().ok();
    let (fits, wants) = match kind {
        Kind::Int { min, max } => {
            (number.is_some_and(|n| (min..=max).contains(&n)), format!("a number from {min} to {max}"))
        }
        Kind::Segment | Kind::UnixSeconds => (number.is_some_and(|n| n >= 0), "a number".to_string()),
        Kind::Bool => (matches!(value, "true" | "false"), "true or false".to_string()),
        Kind::Choice(words) => (words.contains(&value), format!("one of {}", words.join(", "))),
        _ => (true, String::new()),
    };
    if fits { Ok(()) } else { Err(wants) }
}
