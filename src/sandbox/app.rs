//! What the App API answers to reads.

use super::answer::Answer;
use super::people::Identifiers;
use super::route::Call;
use super::world::{Members, Message, Segment, World};
use serde::Serialize;
use serde_json::{Value, json};

/// How far back a read of messages reaches: "six months", taken as the longest six there are.
const SIX_MONTHS: i64 = 184 * 86_400;

/// Newsletters in a page when no limit is given. The default is undocumented; the limit is taken.
const NEWSLETTERS: usize = 100;

/// The place in a list a `next` stands for. It holds a plus and equals signs, as cursors in base 64 may, so
/// that a client which doesn't encode its query is found out, and the list it belongs to, because a cursor
/// of one list means nothing in another.
pub fn cursor(list: &str, place: usize) -> String {
    format!("{list}+{place:x}==")
}

pub fn place_of(list: &str, cursor: Option<&str>) -> Result<usize, Answer> {
    // An empty `start` is what the last page's `next` looks like; it begins at the beginning.
    let Some(cursor) = cursor.filter(|cursor| !cursor.is_empty()) else { return Ok(0) };
    let place = cursor.strip_prefix(list).and_then(|rest| rest.strip_prefix('+')?.strip_suffix("=="));
    place
        .and_then(|place| usize::from_str_radix(place, 16).ok())
        .ok_or_else(|| Answer::app(400, "start is not a cursor of this list"))
}

pub fn limit(call: &Call, default: usize) -> usize {
    call.int("limit").and_then(|limit| usize::try_from(limit).ok()).unwrap_or(default)
}

pub fn segments(world: &mut World, _: &Call) -> Answer {
    let segments: Vec<Value> = world.segments.iter().map(|segment| described(world, segment)).collect();
    Answer::json(&json!({"segments": segments}))
}

pub fn segment_details(world: &mut World, call: &Call) -> Answer {
    match call.int("segment_id").and_then(|id| world.segment(id)) {
        Some(segment) => Answer::json(&json!({"segment": described(world, segment)})),
        None => Answer::app(404, "segment not found"),
    }
}

fn described(world: &World, segment: &Segment) -> Value {
    json!({
        "id": segment.id,
        "deduplicate_id": format!("{}:{}", segment.id, segment.created_at),
        "name": segment.name,
        "description": segment.description,
        "state": segment.state,
        "progress": (segment.state != "finished").then_some(40),
        "type": segment.kind,
        "tags": match segment.members { Members::Everyone => Value::Null, Members::Listed(_) => json!([]) },
        "created_at": segment.created_at,
        "updated_at": world.now,
    })
}

#[derive(Serialize)]
struct Membership<'a> {
    segment_id: i64,
    identifiers: Vec<Identifiers<'a>>,
    /// `""` stands for somebody without an id, so that the two lists match.
    ids: Vec<&'a str>,
    next: String,
}

pub fn segment_membership(world: &mut World, call: &Call) -> Answer {
    let Some(segment) = call.int("segment_id").and_then(|id| world.segment(id)) else {
        return Answer::app(404, "segment not found");
    };
    let list = format!("segment{}", segment.id);
    let start = match place_of(&list, call.text("start")) {
        Ok(start) => start,
        Err(refusal) => return refusal,
    };
    let (page, next) = world.page_of(segment, start, limit(call, 1_000));
    let identifiers: Vec<Identifiers> =
        page.iter().filter_map(|key| world.people.identifiers(*key)).collect();
    Answer::json(&Membership {
        segment_id: segment.id,
        ids: identifiers.iter().map(|person| person.id.unwrap_or("")).collect(),
        identifiers,
        next: next.map_or_else(String::new, |place| cursor(&list, place)),
    })
}

/// One page of deliveries, newest first (inference). The window ends at the seeded `now` when no end is
/// given, because nothing is delivered after it.
pub fn messages(world: &mut World, call: &Call) -> Answer {
    let start = match place_of("messages", call.text("start")) {
        Ok(start) => start,
        Err(refusal) => return refusal,
    };
    let (from, until) = window(call.int("start_ts"), call.int("end_ts"), world.now);
    let wanted = |message: &Message| {
        let is = |name: &str, value: Option<i64>| call.int(name).is_none_or(|asked| value == Some(asked));
        (from..=until).contains(&message.created)
            && message.draft == call.flag("drafts")
            && call.text("type").is_none_or(|kind| kind == message.kind)
            && call.text("metric").is_none_or(|metric| message.metrics.contains_key(metric))
            && is("campaign_id", message.campaign_id)
            && is("newsletter_id", message.newsletter_id)
            && is("action_id", message.action_id)
    };
    let limit = limit(call, 50);
    let mut page = vec![];
    let mut next = String::new();
    for (place, message) in world.messages.iter().enumerate().skip(start) {
        if !wanted(message) {
            continue;
        }
        if page.len() == limit {
            next = cursor("messages", place);
            break;
        }
        page.push(delivery(world, message));
    }
    Answer::json(&json!({"messages": page, "next": next}))
}

/// The time a read of messages covers: a range wider than six months is cut without a word, and which end
/// of it stays is undocumented.
fn window(from: Option<i64>, until: Option<i64>, now: i64) -> (i64, i64) {
    let until = until.unwrap_or(now);
    let earliest = until.saturating_sub(SIX_MONTHS);
    (from.unwrap_or(earliest).max(earliest), until)
}

fn delivery(world: &World, message: &Message) -> Value {
    let person = world.people.identifiers(message.person);
    let forgotten = person.is_none();
    let last = message.metrics.values().max().copied().unwrap_or(message.created);
    json!({
        "id": message.id,
        "deduplicate_id": format!("{}:{last}", message.id),
        "type": message.kind,
        "customer_id": message.customer_id.as_ref().filter(|_| !forgotten),
        "customer_identifiers": person,
        "recipient": message.recipient.as_ref().filter(|_| !forgotten),
        "subject": message.subject,
        "created": message.created,
        "metrics": message.metrics,
        "failure_message": message.failure_message,
        "campaign_id": message.campaign_id,
        "action_id": message.action_id,
        "parent_action_id": null,
        "newsletter_id": message.newsletter_id,
        "content_id": message.content_id,
        "broadcast_id": message.broadcast_id,
        "trigger_event_id": null,
        "forgotten": forgotten,
    })
}

pub fn newsletters(world: &mut World, call: &Call) -> Answer {
    let start = match place_of("newsletters", call.text("start")) {
        Ok(start) => start,
        Err(refusal) => return refusal,
    };
    let limit = limit(call, NEWSLETTERS);
    let all = world.newsletters.len();
    let at = |place: usize| match call.text("sort") {
        Some("desc") => &world.newsletters[all - 1 - place],
        _ => &world.newsletters[place],
    };
    let end = start.saturating_add(limit).min(all);
    let page: Vec<&Value> = (start..end).map(at).collect();
    let next = if end < all { cursor("newsletters", end) } else { String::new() };
    Answer::json(&json!({"newsletters": page, "next": next}))
}

pub fn collections(world: &mut World, _: &Call) -> Answer {
    Answer::json(&json!({"collections": world.collections}))
}

pub fn snippets(world: &mut World, _: &Call) -> Answer {
    Answer::json(&json!({"snippets": world.snippets}))
}

pub fn webhooks(world: &mut World, _: &Call) -> Answer {
    Answer::json(&json!({"reporting_webhooks": world.webhooks}))
}

pub fn transactional(world: &mut World, _: &Call) -> Answer {
    Answer::json(&json!({"messages": world.transactional}))
}

pub fn ip_addresses(world: &mut World, _: &Call) -> Answer {
    Answer::json(&json!({"ip_addresses": world.ip_addresses}))
}

/// The endpoint is undocumented and may not exist at Customer.io; here it does.
pub fn integrations(world: &mut World, _: &Call) -> Answer {
    Answer::json(&json!({"integrations": world.integrations}))
}
