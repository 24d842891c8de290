//! What the tools on the Track host do. A 200 there means "accepted": who isn't known, or no longer, is
//! answered the same.

use super::answer::Answer;
use super::people::Name;
use super::route::{Body, Call};
use super::world::{Unsubscribe, World};
use serde_json::{Value, json};

/// Deletes a person and blocks their identifiers. No 404 is documented for somebody unknown, so their
/// identifier is blocked as well (inference).
pub fn suppress(world: &mut World, call: &Call) -> Answer {
    if let Some(identifier) = call.text("identifier") {
        world.people.suppress(Name::of_path(identifier));
    }
    Answer::accepted()
}

/// Records what a device did with a message. Nothing is marked as required in the documents, so only an
/// event that isn't one is refused.
pub fn push_event(world: &mut World, call: &Call) -> Answer {
    let Body::Json(Value::Object(body)) = &call.body else {
        return Answer::meta(400, &["the body must be a JSON object".into()]);
    };
    let Some(event @ ("opened" | "converted" | "delivered")) = body.get("event").and_then(Value::as_str)
    else {
        return Answer::meta(400, &["event must be opened, converted or delivered".into()]);
    };
    let at = body.get("timestamp").and_then(Value::as_i64).unwrap_or_else(|| call.seconds());
    let delivery = body.get("delivery_id").and_then(Value::as_str);
    let place = delivery.and_then(|id| world.deliveries.get(id)).copied();
    if let Some(message) = place.and_then(|place| world.messages.get_mut(place)) {
        // One time for each metric: the first stays (inference).
        message.metrics.entry(event.to_string()).or_insert(at);
    }
    world.push_events.push(Value::Object(body.clone()));
    Answer::accepted()
}

/// Unsubscribes whoever got the delivery. "400 for bad delivery id" is read as: for one nobody got.
pub fn unsubscribe(world: &mut World, call: &Call) -> Answer {
    let refuse = |detail: &str| Answer::meta(400, &[detail.to_string()]);
    if !call.json {
        return refuse("Content-Type must be application/json");
    }
    match &call.body {
        Body::Json(body) if body.get("unsubscribe") == Some(&Value::Bool(true)) => {}
        _ => return refuse("unsubscribe must be true"),
    }
    let delivery = call.text("delivery_id").and_then(|id| world.deliveries.get(id));
    let Some(message) = delivery.and_then(|place| world.messages.get(*place)) else {
        return refuse("the delivery doesn't exist");
    };
    let (delivery_id, key) = (message.id.clone(), message.person);
    if let Some(person) = world.people.get_mut(key) {
        person.attributes.set("unsubscribed", &json!(true), call.at);
    }
    world.unsubscribes.push(Unsubscribe { delivery_id, person: key });
    Answer::accepted()
}
