//! Customer.io's filter language for audiences.

use super::people::{Key, Person};
use super::world::World;
use serde_json::Value;

/// Filters within filters. No limit is documented; this one keeps the stack.
const DEEPEST: usize = 32;

/// The people a filter selects, or what is wrong with it.
pub fn resolve(world: &World, filter: &Value) -> Result<Vec<Key>, String> {
    let chosen = select(world, filter, 0)?;
    Ok(world.people.iter().map(|(key, _)| key).filter(|key| chosen[*key as usize]).collect())
}

/// A mark for each place: sets are combined without looking anybody up.
fn select(world: &World, filter: &Value, depth: usize) -> Result<Vec<bool>, String> {
    let Some(filter) = filter.as_object() else { return Err("a filter is an object".into()) };
    if filter.is_empty() {
        return Err("empty recipients filter is not valid".into());
    }
    if depth == DEEPEST {
        return Err("the filter is too deep".into());
    }
    let mut entries = filter.iter();
    let (Some((operator, operand)), None) = (entries.next(), entries.next()) else {
        return Err("a filter has one operator".into());
    };
    let parts = || match operand.as_array() {
        Some(parts) if !parts.is_empty() => parts
            .iter()
            .map(|part| select(world, part, depth + 1))
            .collect::<Result<Vec<Vec<bool>>, String>>(),
        _ => Err(format!("`{operator}` takes a list of filters")),
    };
    let combine = |both: fn(bool, bool) -> bool, sets: Vec<Vec<bool>>| {
        sets.into_iter().reduce(|left, right| left.into_iter().zip(right).map(|(l, r)| both(l, r)).collect())
    };
    match operator.as_str() {
        "and" => Ok(combine(|left, right| left && right, parts()?).unwrap_or_default()),
        "or" => Ok(combine(|left, right| left || right, parts()?).unwrap_or_default()),
        // One filter, not a list.
        "not" => Ok(select(world, operand, depth + 1)?.into_iter().map(|chosen| !chosen).collect()),
        "segment" => in_segment(world, operand),
        "attribute" => with_attribute(world, operand),
        _ => Err(format!("`{operator}` is not an operator")),
    }
}

fn in_segment(world: &World, operand: &Value) -> Result<Vec<bool>, String> {
    let id = operand.get("id").and_then(Value::as_i64).ok_or("a segment is given by its id")?;
    let segment = world.segment(id).ok_or("the segment doesn't exist")?;
    let mut chosen = vec![false; world.people.places()];
    for key in world.members(segment) {
        chosen[key as usize] = true;
    }
    Ok(chosen)
}

fn with_attribute(world: &World, operand: &Value) -> Result<Vec<bool>, String> {
    let text = |field: &str| operand.get(field).and_then(Value::as_str);
    let field = text("field").ok_or("an attribute is given by its field")?;
    let value = match (text("operator"), operand.get("value")) {
        (Some("exists"), _) => None,
        (Some("eq"), Some(value)) if !value.is_null() => Some(plain(value)),
        (Some("eq"), _) => return Err("`eq` needs a value".into()),
        _ => return Err("an attribute's operator is `eq` or `exists`".into()),
    };
    let mut chosen = vec![false; world.people.places()];
    for (key, person) in world.people.iter() {
        let held = attribute(person, field);
        chosen[key as usize] = match (&held, &value) {
            (Some(held), Some(value)) => held == value,
            (held, None) => held.is_some(),
            (None, Some(_)) => false,
        };
    }
    Ok(chosen)
}

fn attribute(person: &Person, field: &str) -> Option<String> {
    match field {
        "id" => person.id.as_deref().map(str::to_string),
        "email" => person.email.as_deref().map(str::to_string),
        "created_at" => Some(person.created_at.to_string()),
        _ => person.attributes.get(field).map(plain),
    }
}

/// Values are compared as text, because that is how Customer.io reads attributes back.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
