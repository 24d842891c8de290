//! Behaviour is tested without a network: a world, a call, an answer. Only `http` opens a port.

mod app;
mod broadcasts;
mod http;
mod lean;
mod pipelines;
mod routes;
mod track;

use super::answer::Answer;
use super::route::{Head, decode, endpoint};
use super::seed::workspace;
use super::state::state;
use super::world::World;
use crate::spec::{Method, Tool};
use crate::tools;
use serde_json::Value;

/// The time of every call in these tests and the end of the seeded history, in Unix seconds.
const NOW: i64 = 1_767_225_600;

fn world() -> World {
    workspace(1_000, 24, NOW)
}

/// An empty workspace.
fn nobody() -> World {
    workspace(0, 24, NOW)
}

fn tool(slug: &str) -> &'static Tool {
    tools::by_slug(&format!("CUSTOMERIO_{slug}")).expect("the catalogue has the tool")
}

/// Sends a request to a tool, in strict mode, and reads its answer.
fn call(world: &mut World, slug: &str, target: &str, body: &Value) -> (u16, Value) {
    request(world, slug, target, &bytes(body), true)
}

fn request(world: &mut World, slug: &str, target: &str, body: &[u8], strict: bool) -> (u16, Value) {
    let head = Head { authorization: None, content_type: Some("application/json"), strict };
    let endpoint = endpoint(tool(slug)).expect("the tool has a behaviour");
    let answer = match decode(endpoint.tool, target, head, body, NOW * 1_000_000) {
        Ok(call) => (endpoint.behaviour)(world, &call),
        Err(refusal) => refusal,
    };
    read(&answer)
}

fn read(answer: &Answer) -> (u16, Value) {
    (answer.status, serde_json::from_slice(&answer.body).unwrap_or(Value::Null))
}

fn bytes(body: &Value) -> Vec<u8> {
    if body.is_null() { vec![] } else { body.to_string().into_bytes() }
}

/// A read that has to succeed.
fn get(world: &mut World, slug: &str, target: &str) -> Value {
    let (status, answer) = call(world, slug, target, &Value::Null);
    assert_eq!(status, 200, "{target}: {answer}");
    answer
}

/// A part of the state.
fn part(world: &World, name: &str) -> Value {
    state(world, Some(name)).expect("the state has it")[name].take()
}

/// The person with that identifier, as the state shows them.
fn person(world: &World, identifier: &str) -> Value {
    let people = part(world, "people");
    let has = |person: &&Value| {
        ["id", "email", "cio_id", "anonymous_id"].iter().any(|field| person[field] == identifier)
    };
    people.as_array().and_then(|people| people.iter().find(has)).cloned().unwrap_or_default()
}

/// A tool's example as method, target and body.
fn example(sends: &str) -> (&str, &str, &str) {
    let (method, rest) = sends.split_once(' ').unwrap_or((sends, ""));
    let (target, body) = rest.split_once(' ').unwrap_or((rest, ""));
    (method, target, body)
}

fn method(tool: &Tool) -> &'static str {
    match tool.method {
        Method::Get => "GET",
        Method::Post => "POST",
    }
}
