//! Triggering a broadcast and reading what became of it.

use super::answer::Answer;
use super::audience;
use super::people::{Key, Name};
use super::route::{Body, Call};
use super::world::{Trigger, World};
use serde_json::{Map, Value, json};
use std::collections::HashSet;

/// People a call may name by id, or with data each; the same is taken for addresses (inference).
const MOST: usize = 10_000;

/// Each audience with the flags that may go with it: what Customer.io's Go library sends. None of them is
/// the audience set in Customer.io, and takes no flag.
const AUDIENCES: [(&str, &[&str]); 5] = [
    ("recipients", &[]),
    ("ids", &["id_ignore_missing"]),
    ("emails", &["email_ignore_missing", "email_add_duplicates"]),
    ("per_user_data", FLAGS),
    ("data_file_url", FLAGS),
];

const FLAGS: &[&str] = &["id_ignore_missing", "email_ignore_missing", "email_add_duplicates"];

pub fn trigger(world: &mut World, call: &Call) -> Answer {
    let broadcast = call.int("broadcast_id").and_then(|id| world.broadcasts.iter().find(|it| it.id == id));
    let Some(broadcast) = broadcast else { return Answer::app(404, "broadcast not found") };
    let (id, segment) = (broadcast.id, broadcast.segment);
    let body = match &call.body {
        Body::Absent => Map::new(),
        Body::Json(Value::Object(body)) => body.clone(),
        Body::Json(_) | Body::Malformed => return Answer::app(400, "the body must be a JSON object"),
    };
    let (by, audience) = match audience_of(world, segment, &body) {
        Ok(found) => found,
        Err(refusal) => return refusal,
    };
    let trigger = Trigger {
        id: world.triggers.len() as i64 + 1,
        broadcast_id: id,
        created_at: call.seconds(),
        processed_at: None,
        reads: 0,
        by,
        audience,
        body: Value::Object(body),
    };
    let answer = Answer::json(&json!({"id": trigger.id}));
    world.triggers.push(trigger);
    answer
}

/// Checks a body as the server does and resolves whom it is for. The refusals are documented for an empty
/// filter and for missing people, the others are inference from "at most one audience" and "extra
/// fields make the server reject".
fn audience_of(
    world: &World,
    segment: i64,
    body: &Map<String, Value>,
) -> Result<(&'static str, Option<Vec<Key>>), Answer> {
    let mut named = AUDIENCES.iter().filter(|(field, _)| body.contains_key(*field));
    let (by, flags) = named.next().copied().unwrap_or(("default", &[]));
    if let Some((second, _)) = named.next() {
        return Err(Answer::pointed(second, "a broadcast has one audience"));
    }
    for (field, value) in body {
        let name = field.as_str();
        match name {
            "data" if value.is_object() => {}
            "data" => return Err(Answer::pointed("data", "data must be an object")),
            _ if name == by => {}
            _ if !flags.contains(&name) => {
                return Err(Answer::pointed(name, "the field doesn't belong here"));
            }
            _ if !value.is_boolean() => return Err(Answer::pointed(name, "a flag is true or false")),
            _ => {}
        }
    }
    let set = |flag: &str| body.get(flag).and_then(Value::as_bool).unwrap_or(false);
    let refuse = |detail: &str| Answer::pointed(by, detail);
    let list = || match body.get(by).and_then(Value::as_array) {
        Some(list) if list.is_empty() => Err(refuse("the list is empty")),
        Some(list) if list.len() > MOST => Err(refuse("more than 10000 people")),
        Some(list) => Ok(list),
        None => Err(refuse("must be a list")),
    };
    let mut audience = Audience { world, by, seen: HashSet::new(), keys: vec![] };
    match by {
        "ids" => {
            for id in list()? {
                let id = id.as_str().ok_or_else(|| refuse("an id is text"))?;
                audience.add(Name::Id(id), set("id_ignore_missing"))?;
            }
        }
        "emails" => {
            for email in list()? {
                let email = email.as_str().ok_or_else(|| refuse("an address is text"))?;
                audience.add(Name::Email(email), set("email_ignore_missing"))?;
            }
        }
        "per_user_data" => {
            for one in list()? {
                if one.get("data").is_some_and(|data| !data.is_object()) {
                    return Err(refuse("data must be an object"));
                }
                let text = |field: &str| one.get(field).and_then(Value::as_str);
                match (text("id"), text("email")) {
                    (Some(id), None) => audience.add(Name::Id(id), set("id_ignore_missing"))?,
                    (None, Some(email)) => audience.add(Name::Email(email), set("email_ignore_missing"))?,
                    _ => return Err(refuse("each needs an id or an email")),
                }
            }
        }
        "data_file_url" => {
            return match body.get(by).and_then(Value::as_str) {
                Some(url) if url.starts_with("https://") || url.starts_with("http://") => Ok((by, None)),
                _ => Err(refuse("must be a URL")),
            };
        }
        "recipients" => {
            let filter = body.get(by).unwrap_or(&Value::Null);
            audience.keys = audience::resolve(world, filter).map_err(|why| refuse(&why))?;
        }
        _ => audience.keys = world.segment(segment).map(|it| world.members(it)).unwrap_or_default(),
    }
    Ok((by, Some(audience.keys)))
}

/// People named one by one; whoever is named twice is in it once.
struct Audience<'a> {
    world: &'a World,
    by: &'static str,
    seen: HashSet<Key>,
    keys: Vec<Key>,
}

impl Audience<'_> {
    fn add(&mut self, name: Name, ignore_missing: bool) -> Result<(), Answer> {
        match self.world.people.find(name) {
            Some(key) if self.seen.insert(key) => self.keys.push(key),
            Some(_) => {}
            None if ignore_missing => {}
            None => return Err(Answer::pointed(self.by, "a person in the list doesn't exist")),
        }
        Ok(())
    }
}

pub fn read_one(world: &mut World, call: &Call) -> Answer {
    let (Some(broadcast), Some(id)) = (call.int("broadcast_id"), call.int("trigger_id")) else {
        return Answer::app(400, "ids are numbers");
    };
    let trigger = world.triggers.iter_mut().find(|it| it.id == id && it.broadcast_id == broadcast);
    match trigger {
        Some(trigger) => Answer::json(&status(trigger, call.seconds())),
        None => Answer::app(404, "trigger not found"),
    }
}

pub fn read_all(world: &mut World, call: &Call) -> Answer {
    let Some(id) = call.int("broadcast_id").filter(|id| world.broadcasts.iter().any(|it| it.id == *id))
    else {
        return Answer::app(404, "broadcast not found");
    };
    let theirs = world.triggers.iter_mut().filter(|trigger| trigger.broadcast_id == id);
    let triggers: Vec<Value> = theirs.map(|trigger| status(trigger, call.seconds())).collect();
    Answer::json(&json!({"triggers": triggers}))
}

/// A trigger's status. It is processed from the second look on, so that a script which waits for it does
/// wait, and not for long. Until then `processed_at` is absent.
fn status(trigger: &mut Trigger, now: i64) -> Value {
    trigger.reads += 1;
    if trigger.reads >= 2 {
        trigger.processed_at.get_or_insert(now);
    }
    let mut status = json!({
        "id": trigger.id,
        "broadcast_id": trigger.broadcast_id,
        "created_at": trigger.created_at,
    });
    if let Some(processed_at) = trigger.processed_at {
        status["processed_at"] = processed_at.into();
    }
    status
}
