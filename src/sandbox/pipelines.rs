//! What the Pipelines calls do. Without `X-Strict-Mode: 1` this API answers 200 to anything and drops
//! what is invalid; with it, the answer is a 400 that says why.

use super::answer::Answer;
use super::attributes::Micros;
use super::people::{Key, Name};
use super::route::{Body, Call};
use super::world::{Event, World};
use crate::tools;
use serde_json::{Map, Value};
use std::io;

/// The longest id, in bytes.
const LONGEST_ID: usize = 150;

pub fn identify(world: &mut World, call: &Call) -> Answer {
    single(world, call, Act::Identify)
}

pub fn group(world: &mut World, call: &Call) -> Answer {
    single(world, call, Act::Group)
}

pub fn alias(world: &mut World, call: &Call) -> Answer {
    single(world, call, Act::Alias)
}

pub fn track(world: &mut World, call: &Call) -> Answer {
    single(world, call, Act::Track)
}

pub fn page(world: &mut World, call: &Call) -> Answer {
    single(world, call, Act::Page)
}

pub fn screen(world: &mut World, call: &Call) -> Answer {
    single(world, call, Act::Screen)
}

fn single(world: &mut World, call: &Call, act: Act) -> Answer {
    match body_of(call).and_then(|body| Item::read(act, body)) {
        Ok(item) => {
            item.apply(world, call.at);
            Answer::accepted()
        }
        Err(why) => refuse(call, &[why]),
    }
}

/// Applies each item as its own call would be. In strict mode a bad item refuses the batch and nothing of
/// it is applied: what Customer.io does with the sound ones beside it is undocumented, and this is the
/// reading under which a client that splits a refused batch sends nothing twice. Otherwise the bad ones
/// are dropped.
pub fn batch(world: &mut World, call: &Call) -> Answer {
    let list = match body_of(call) {
        Ok(body) => match body.get("batch").and_then(Value::as_array) {
            Some(list) => list,
            None => return refuse(call, &["batch must be a list".into()]),
        },
        Err(why) => return refuse(call, &[why]),
    };
    let (mut items, mut errors) = (Vec::with_capacity(list.len()), vec![]);
    for (index, item) in list.iter().enumerate() {
        match batched(item) {
            Ok(item) => items.push(item),
            Err(why) => errors.push(format!("batch[{index}]: {why}")),
        }
    }
    if call.strict && !errors.is_empty() {
        return refuse(call, &errors);
    }
    for item in items {
        item.apply(world, call.at);
    }
    Answer::accepted()
}

fn batched(item: &Value) -> Result<Item<'_>, String> {
    let body = item.as_object().ok_or("an item is an object")?;
    let act = match body.get("type").and_then(Value::as_str) {
        Some("identify") => Act::Identify,
        Some("track") => Act::Track,
        Some("page") => Act::Page,
        Some("screen") => Act::Screen,
        Some("group") => Act::Group,
        // Not in the documents' list; the official Node library sends it.
        Some("alias") => Act::Alias,
        _ => return Err("the item has no type that is known".into()),
    };
    if length(item) > tools::pipelines::identify_person::TOOL.max_body {
        return Err("the item is too large".into());
    }
    Item::read(act, body)
}

fn body_of(call: &Call) -> Result<&Map<String, Value>, String> {
    match &call.body {
        _ if call.size > call.tool.max_body => Err("the request is too large".into()),
        Body::Json(Value::Object(body)) => Ok(body),
        _ => Err("the body must be a JSON object".into()),
    }
}

fn refuse(call: &Call, errors: &[String]) -> Answer {
    if call.strict { Answer::meta(400, errors) } else { Answer::accepted() }
}

/// The length of a value's JSON without spaces, which may be a little less than what was sent.
fn length(value: &Value) -> usize {
    struct Count(usize);
    impl io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count(0);
    // Counting can't fail.
    let _ = serde_json::to_writer(&mut count, value);
    count.0
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Identify,
    Track,
    Page,
    Screen,
    Group,
    Alias,
}

/// A call that has what it needs.
struct Item<'a> {
    act: Act,
    user_id: Option<&'a str>,
    anonymous_id: Option<&'a str>,
    /// The person to give up, the object or the event's name, as the call has it.
    other: Option<&'a str>,
    /// Traits or properties.
    traits: Option<&'a Map<String, Value>>,
    at: Option<Micros>,
    body: &'a Map<String, Value>,
}

impl<'a> Item<'a> {
    fn read(act: Act, body: &'a Map<String, Value>) -> Result<Item<'a>, String> {
        let text = |field: &str| match body.get(field) {
            None | Some(Value::Null) => Ok(None),
            // An empty one counts as none: an e-mail address may stand in for it.
            Some(Value::String(text)) => Ok(Some(text.as_str()).filter(|text| !text.is_empty())),
            Some(_) => Err(format!("{field} must be text")),
        };
        let id = |field: &str| match text(field)? {
            Some(id) if id.len() > LONGEST_ID => Err(format!("{field} is longer than {LONGEST_ID} bytes")),
            id => Ok(id),
        };
        let needed = |field: &str, given: Option<&'a str>| match given {
            Some(given) => Ok(Some(given)),
            None => Err(format!("{field} is required")),
        };
        let (user_id, anonymous_id) = (id("userId")?, id("anonymousId")?);
        let other = match act {
            Act::Identify => None,
            Act::Track => needed("event", text("event")?)?,
            Act::Page | Act::Screen => text("name")?,
            Act::Group => needed("groupId", id("groupId")?)?,
            Act::Alias => needed("previousId", id("previousId")?)?,
        };
        let field = if matches!(act, Act::Identify | Act::Group) { "traits" } else { "properties" };
        let traits = match body.get(field) {
            None | Some(Value::Null) => None,
            Some(Value::Object(traits)) => Some(traits),
            Some(_) => return Err(format!("{field} must be an object")),
        };
        id("messageId")?;
        let at = match text("timestamp")? {
            Some(text) => match text.parse::<jiff::Timestamp>() {
                Ok(time) => Some(time.as_microsecond()),
                Err(_) => return Err("timestamp must be a date and time in ISO 8601".into()),
            },
            None => None,
        };
        let item = Item { act, user_id, anonymous_id, other, traits, at, body };
        match act {
            Act::Alias => needed("userId", user_id).map(|_| ())?,
            Act::Identify if item.email().is_some() => {}
            _ if user_id.or(anonymous_id).is_none() => return Err("userId or anonymousId is required".into()),
            _ => {}
        }
        if act == Act::Group {
            item.object_type_id()?;
        }
        Ok(item)
    }

    /// The address an identify call sets, by which it may also name the person.
    fn email(&self) -> Option<&'a str> {
        self.traits?.get("email")?.as_str().filter(|email| !email.is_empty())
    }

    fn object_type_id(&self) -> Result<String, String> {
        match self.traits.and_then(|traits| traits.get("object_type_id")) {
            None | Some(Value::Null) => Ok("1".into()),
            Some(Value::String(text))
                if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) =>
            {
                Ok(text.clone())
            }
            Some(Value::Number(number)) if number.is_u64() => Ok(number.to_string()),
            Some(_) => Err("object_type_id must be text of digits".into()),
        }
    }

    /// Does what the call says, or nothing if it is about somebody suppressed. A call without a timestamp
    /// happened when it arrived.
    fn apply(&self, world: &mut World, arrived: Micros) {
        let at = self.at.unwrap_or(arrived);
        match self.act {
            Act::Identify => self.identify(world, at),
            Act::Group => self.group(world, at),
            Act::Alias => self.alias(world),
            Act::Track => match self.other {
                Some("User Deleted") => {
                    if let Some(key) = self.subject().and_then(|name| world.people.find(name)) {
                        world.people.delete(key);
                    }
                }
                Some("User Suppressed") => {
                    self.subject().into_iter().for_each(|it| world.people.suppress(it))
                }
                Some("User Unsuppressed") => {
                    self.subject().into_iter().for_each(|it| world.people.unsuppress(it));
                }
                // The other reserved names are kept as events: what they do isn't played here.
                _ => self.event(world, at),
            },
            Act::Page | Act::Screen => self.event(world, at),
        }
    }

    /// Whom the call names.
    fn subject(&self) -> Option<Name<'a>> {
        self.user_id
            .map(Name::of_user_id)
            .or_else(|| self.email().filter(|_| self.act == Act::Identify).map(Name::Email))
            .or_else(|| self.anonymous_id.map(Name::Anonymous))
    }

    /// The named person, created if new.
    fn person(&self, world: &mut World, at: Micros) -> Option<Key> {
        let name = self.subject()?;
        if world.people.is_suppressed(name) {
            return None;
        }
        let key = match (world.people.find(name), name, self.email()) {
            (Some(key), _, _) => key,
            // A new id with an address somebody has updates that somebody.
            (None, Name::Id(id), Some(email)) if self.act == Act::Identify => {
                match world.people.find(Name::Email(email)) {
                    Some(key) => {
                        world.people.adopt_id(key, id);
                        key
                    }
                    None => world.people.upsert(name, at.div_euclid(1_000_000))?,
                }
            }
            _ => world.people.upsert(name, at.div_euclid(1_000_000))?,
        };
        if let Some(anonymous_id) = self.anonymous_id {
            world.recognise(anonymous_id, key);
        }
        Some(key)
    }

    fn identify(&self, world: &mut World, at: Micros) {
        if let (Some(key), Some(traits)) = (self.person(world, at), self.traits) {
            world.people.set_attributes(key, traits, at);
        }
    }

    fn group(&self, world: &mut World, at: Micros) {
        let (Some(id), Ok(object_type_id)) = (self.other, self.object_type_id()) else { return };
        let Some(key) = self.person(world, at) else { return };
        let group = world.groups.upsert(&object_type_id, id);
        group.writes += 1;
        let relationship = self.traits.and_then(|traits| traits.get("relationshipAttributes"));
        group.relate(key, relationship.and_then(Value::as_object), at);
        for (name, value) in self.traits.into_iter().flatten() {
            if !matches!(name.as_str(), "object_type_id" | "relationshipAttributes") {
                group.attributes.set(name, value, at);
            }
        }
    }

    /// Merges `previousId` into `userId`. That an alias merges is inference, as is that nothing happens
    /// when the one to keep doesn't exist: Track's merge is documented so.
    fn alias(&self, world: &mut World) {
        let (Some(previous), Some(kept)) = (self.other, self.user_id) else { return };
        let Some(kept) = world.people.find(Name::of_user_id(kept)) else { return };
        let gone = world.people.find(Name::of_user_id(previous));
        // A repeat finds nobody to give up and does nothing.
        if let Some(gone) = gone.or_else(|| world.people.find(Name::Anonymous(previous))) {
            world.merge(gone, kept);
        }
    }

    /// Records an event. A `userId` nobody has becomes a person (inference); an anonymous visitor's event
    /// waits for somebody to turn out to be them.
    fn event(&self, world: &mut World, at: Micros) {
        let person = match self.user_id {
            Some(_) => match self.person(world, at) {
                Some(key) => Some(key),
                None => return,
            },
            None => self.anonymous_id.and_then(|id| world.people.find(Name::Anonymous(id))),
        };
        let text = |field: &str| self.body.get(field).and_then(Value::as_str).map(Box::from);
        world.record(Event {
            kind: match self.act {
                Act::Page => "page",
                Act::Screen => "screen",
                _ => "track",
            },
            person,
            user_id: self.user_id.map(Box::from),
            anonymous_id: self.anonymous_id.map(Box::from),
            name: self.other.map(Box::from),
            properties: self.traits.map_or(Value::Null, |properties| Value::Object(properties.clone())),
            timestamp: text("timestamp"),
            message_id: text("messageId"),
        });
    }
}
