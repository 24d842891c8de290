//! The workspace as JSON, for tests to look into. This is the sandbox's own: Customer.io has nothing like it.

use super::people::{Key, People, Person, cio_id};
use super::world::{Event, Group, Message, Segment, Trigger, Unsubscribe, World};
use serde_json::{Map, Value, json};

type View = fn(&World) -> Value;

/// What can be asked for, by name.
const VIEWS: [(&str, View); 18] = [
    ("people", people),
    ("groups", |world| world.groups.iter().map(|it| group(world, it)).collect()),
    ("events", |world| world.events.iter().map(|it| event(world, it)).collect()),
    ("segments", |world| world.segments.iter().map(|it| segment(world, it)).collect()),
    ("broadcasts", |world| {
        world
            .broadcasts
            .iter()
            .map(|it| json!({"id": it.id, "name": it.name, "segment_id": it.segment}))
            .collect()
    }),
    ("triggers", |world| world.triggers.iter().map(|it| trigger(world, it)).collect()),
    ("suppressed", |world| world.people.suppressed().into_iter().map(Value::from).collect()),
    ("unsubscribed_deliveries", |world| {
        world.unsubscribes.iter().map(|it| it.delivery_id.as_str()).collect()
    }),
    ("unsubscribes", |world| world.unsubscribes.iter().map(|it| unsubscribe(world, it)).collect()),
    ("push_events", |world| world.push_events.clone().into()),
    ("messages", |world| world.messages.iter().map(message).collect()),
    ("newsletters", |world| world.newsletters.clone().into()),
    ("collections", |world| world.collections.clone().into()),
    ("snippets", |world| world.snippets.clone().into()),
    ("reporting_webhooks", |world| world.webhooks.clone().into()),
    ("transactional", |world| world.transactional.clone().into()),
    ("integrations", |world| world.integrations.clone().into()),
    ("ip_addresses", |world| world.ip_addresses.clone().into()),
];

/// The whole state, or the named parts of it; a name there isn't is an error, or a test would pass for want
/// of what it looks at.
pub fn state(world: &World, only: Option<&str>) -> Result<Value, String> {
    let mut wanted = Map::new();
    match only {
        None => wanted.extend(VIEWS.iter().map(|(name, view)| (name.to_string(), view(world)))),
        Some(names) => {
            for name in names.split(',') {
                let Some((_, view)) = VIEWS.iter().find(|(known, _)| *known == name) else {
                    let known: Vec<&str> = VIEWS.iter().map(|(known, _)| *known).collect();
                    return Err(format!("the state has no `{name}`; it has {}", known.join(", ")));
                };
                // The whole state holds everybody once, and not again in every segment.
                let view = if name == "segments" { segments_with_members } else { *view };
                wanted.insert(name.to_string(), view(world));
            }
        }
    }
    Ok(Value::Object(wanted))
}

fn people(world: &World) -> Value {
    let one = |(key, person): (Key, &Person)| {
        json!({
            "cio_id": cio_id(key),
            "id": person.id,
            "email": person.email,
            "anonymous_id": person.anonymous_id,
            "created_at": person.created_at,
            "attributes": person.attributes,
        })
    };
    world.people.iter().map(one).collect()
}

fn identifiers(people: &People, key: Key) -> Value {
    json!(people.identifiers(key))
}

/// An object with those of its members who still exist.
fn group(world: &World, group: &Group) -> Value {
    let members = group.members.iter().filter_map(|member| {
        let person = world.people.identifiers(member.person)?;
        Some(json!({
            "cio_id": person.cio_id,
            "id": person.id,
            "email": person.email,
            "attributes": member.attributes,
            "writes": member.writes,
        }))
    });
    json!({
        "object_type_id": group.object_type_id,
        "id": group.id,
        "attributes": group.attributes,
        "members": members.collect::<Vec<Value>>(),
        "writes": group.writes,
    })
}

fn event(world: &World, event: &Event) -> Value {
    json!({
        "type": event.kind,
        "person": event.person.map(|key| identifiers(&world.people, key)),
        "userId": event.user_id,
        "anonymousId": event.anonymous_id,
        "name": event.name,
        "properties": event.properties,
        "timestamp": event.timestamp,
        "messageId": event.message_id,
    })
}

fn unsubscribe(world: &World, unsubscribe: &Unsubscribe) -> Value {
    json!({
        "delivery_id": unsubscribe.delivery_id,
        "person": identifiers(&world.people, unsubscribe.person),
    })
}

fn segment(world: &World, segment: &Segment) -> Value {
    json!({
        "id": segment.id,
        "name": segment.name,
        "type": segment.kind,
        "state": segment.state,
        "size": world.members(segment).len(),
    })
}

fn segments_with_members(world: &World) -> Value {
    let one = |it: &Segment| {
        let mut shown = segment(world, it);
        shown["members"] = world.members(it).into_iter().map(cio_id).collect();
        shown
    };
    world.segments.iter().map(one).collect()
}

fn message(message: &Message) -> Value {
    json!({
        "id": message.id,
        "type": message.kind,
        "created": message.created,
        "newsletter_id": message.newsletter_id,
        "campaign_id": message.campaign_id,
        "broadcast_id": message.broadcast_id,
        "metrics": message.metrics,
    })
}

fn trigger(world: &World, trigger: &Trigger) -> Value {
    let audience = trigger.audience.as_ref().map(|keys| {
        let people = keys.iter().map(|key| identifiers(&world.people, *key));
        people.filter(|person| !person.is_null()).collect::<Vec<Value>>()
    });
    json!({
        "id": trigger.id,
        "broadcast_id": trigger.broadcast_id,
        "created_at": trigger.created_at,
        "processed_at": trigger.processed_at,
        "by": trigger.by,
        "audience": audience,
        "body": trigger.body,
    })
}
