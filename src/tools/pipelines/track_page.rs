//! Records that a person saw a page.

use super::{
    ANONYMOUS_ID, BY_MESSAGE_ID, CONTEXT, CONTEXT_TRAITS, INFERRED_NAMES, INTEGRATIONS, MAX_CALL, MESSAGE_ID,
    NAME, REPEATS, SOMEBODY, STALE, TIMESTAMP, USER_ID,
};
use crate::spec::{Api, Delivery, Effect, Example, Kind, Param, Tool};

pub static TOOL: Tool = Tool::post("CUSTOMERIO_TRACK_PAGE", Api::Pipelines, "/v1/page")
    .about("Records that a person saw a page of a website.")
    .params(&[
        USER_ID,
        Param::optional("name", NAME, "The page's name."),
        Param::optional(
            "properties",
            Kind::Object,
            "What is known about the page: `url`, `title`, `path`, `referrer`, `search`, `category`.",
        ),
        ANONYMOUS_ID,
        TIMESTAMP,
        MESSAGE_ID,
        CONTEXT,
        INTEGRATIONS,
    ])
    .rules(&[CONTEXT_TRAITS, SOMEBODY])
    .max_body(MAX_CALL)
    .effect(Effect::Event)
    .delivery(Delivery::Batched)
    .retry(BY_MESSAGE_ID)
    .notes(&[REPEATS, STALE, INFERRED_NAMES])
    .examples(&[Example {
        title: "Record a look at the prices",
        call: r#"track_page("u-1", "Pricing", #{ path: "/pricing" })"#,
        sends: r#"POST /v1/page {"userId":"u-1","name":"Pricing","properties":{"path":"/pricing"}}"#,
    }]);
