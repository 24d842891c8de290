//! What is derived from the catalogue, and what isn't.

use super::super::route::{self, Head};
use super::*;
use crate::api::{self, Raw};
use crate::policy::{self, Outcome};
use crate::spec::{Api, Shape};
use jiff::Timestamp;
use serde_json::json;
use std::sync::Mutex;

#[test]
fn every_tool_has_a_behaviour() {
    let without: Vec<&str> =
        tools::ALL.iter().filter(|tool| endpoint(tool).is_none()).map(|tool| tool.slug).collect();
    assert!(without.is_empty(), "no behaviour for {without:?}: add them to the table in route.rs");
    assert_eq!(route::endpoints().count(), tools::ALL.len());
}

#[test]
fn every_example_is_answered_in_the_declared_shape() {
    for tool in tools::ALL {
        assert!(!tool.examples.is_empty(), "{} has no example", tool.slug);
        for example in tool.examples {
            let (method, target, body) = super::example(example.sends);
            assert_eq!(method, super::method(tool), "{}", tool.slug);
            let slug = tool.slug.strip_prefix("CUSTOMERIO_").unwrap_or(tool.slug);
            let (status, answer) = request(&mut world(), slug, target, body.as_bytes(), true);
            assert_eq!(status, 200, "{}: {answer}", example.sends);
            conforms(&answer, tool);
        }
    }
}

/// A full list conforms as well: examples may ask for pages with nothing in them.
#[test]
fn every_read_answers_in_the_declared_shape() {
    let mut world = world();
    for (slug, target) in [
        ("GET_MESSAGES", "/v1/messages?limit=1000"),
        ("GET_MESSAGES", "/v1/messages?drafts=true"),
        ("GET_SEGMENTS", "/v1/segments"),
        ("GET_SEGMENT_DETAILS", "/v1/segments/8"),
        ("GET_SEGMENT_MEMBERSHIP", "/v1/segments/1/membership"),
        ("GET_TRIGGERS", "/v1/broadcasts/2/triggers"),
        ("GET_TRIGGER", "/v1/campaigns/2/triggers/2"),
        ("LIST_NEWSLETTERS", "/v1/newsletters"),
    ] {
        let answer = get(&mut world, slug, target);
        conforms(&answer, tool(slug));
    }
}

/// Holds an answer against the shape as a run does, which has to find nothing.
#[track_caller]
fn conforms(answer: &Value, tool: &'static Tool) {
    if let Shape::Nothing = tool.answer {
        assert_eq!(*answer, json!({}), "{}", tool.slug);
    }
    let body = answer.to_string().into_bytes();
    let raw = Raw { status: 200, body: body.clone(), ..Raw::default() };
    let as_declared = (Outcome::Done(policy::Answer { status: 200, body }), vec![]);
    let decoded = api::decode(tool, Ok(raw), Timestamp::UNIX_EPOCH, &mut api::Unwatched);
    assert_eq!(decoded, as_declared, "{}", tool.slug);
}

#[test]
fn each_api_wants_its_own_form_of_authorization() {
    const BASIC: Option<&str> = Some("Basic a2V5Og==");
    const BEARER: Option<&str> = Some("bearer key");
    for (api, basic, bearer) in
        [(Api::App, false, true), (Api::Track, true, false), (Api::Pipelines, true, true)]
    {
        let tool = tools::ALL
            .into_iter()
            .find(|tool| tool.api == api && tool.slug != "CUSTOMERIO_UNSUBSCRIBE_DELIVERY")
            .expect("each API has a tool");
        for (header, accepted) in [
            (BASIC, basic),
            (BEARER, bearer),
            (None, false),
            (Some("Bearer"), false),
            (Some("Basic "), false),
        ] {
            assert_eq!(authorized(tool, header, true), accepted, "{} with {header:?}", tool.slug);
        }
    }
    let free = super::tool("UNSUBSCRIBE_DELIVERY");
    assert!(authorized(free, None, true));
}

#[test]
fn without_strict_mode_even_a_missing_key_is_answered_200_and_dropped() {
    let world = Mutex::new(nobody());
    let group = endpoint(tool("ADD_PERSON_TO_GROUP")).expect("a behaviour");
    let body = br#"{"userId":"u-1","groupId":"acme"}"#;
    let answer = route::answer(&world, group, "/v1/group", Head::default(), body, 0);
    assert_eq!(read(&answer), (200, json!({})));
    assert_eq!(part(&world.lock().expect("no panic"), "groups"), json!([]));
}

fn authorized(tool: &'static Tool, authorization: Option<&str>, strict: bool) -> bool {
    let head = Head { authorization, content_type: None, strict };
    let answer =
        route::answer(&Mutex::new(nobody()), endpoint(tool).expect("a behaviour"), tool.path, head, b"", 0);
    assert!(answer.status != 401 || answer.body.is_empty());
    answer.status != 401
}

#[test]
fn what_is_malformed_in_path_or_query_is_refused_in_the_apis_own_shape() {
    let mut world = world();
    for (slug, target) in [
        ("GET_SEGMENT_DETAILS", "/v1/segments/vip"),
        ("GET_SEGMENT_MEMBERSHIP", "/v1/segments/3/membership?limit=30001"),
        ("GET_SEGMENT_MEMBERSHIP", "/v1/segments/3/membership?limit=0"),
        ("GET_SEGMENT_MEMBERSHIP", "/v1/segments/3/membership?start=page-2"),
        // A cursor of another segment, and one whose plus sign wasn't encoded.
        ("GET_SEGMENT_MEMBERSHIP", "/v1/segments/3/membership?start=segment2%2B1=="),
        ("GET_SEGMENT_MEMBERSHIP", "/v1/segments/3/membership?start=segment3+1=="),
        ("GET_MESSAGES", "/v1/messages?limit=1001"),
        ("GET_MESSAGES", "/v1/messages?type=carrier_pigeon"),
        ("GET_MESSAGES", "/v1/messages?drafts=maybe"),
        ("GET_MESSAGES", "/v1/messages?start=%FF"),
        ("LIST_NEWSLETTERS", "/v1/newsletters?limit=101"),
        ("LIST_NEWSLETTERS", "/v1/newsletters?sort=random"),
        ("GET_TRIGGER", "/v1/campaigns/1/triggers/last"),
    ] {
        let (status, answer) = call(&mut world, slug, target, &Value::Null);
        assert_eq!(status, 400, "{target}: {answer}");
        assert_eq!(answer["errors"][0]["status"], "400", "{target}");
        assert!(answer["errors"][0]["detail"].is_string(), "{target}");
    }
    let (status, answer) =
        call(&mut world, "CUSTOMER_IO_SUPPRESS_PERSON", "/api/v1/customers/%FF/suppress", &Value::Null);
    assert_eq!(status, 400);
    assert!(answer["meta"]["errors"][0].is_string());
}
