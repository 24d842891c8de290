//! Records that a person saw a screen.

use super::{
    ANONYMOUS_ID, BY_MESSAGE_ID, CONTEXT, CONTEXT_TRAITS, INFERRED_NAMES, INTEGRATIONS, MAX_CALL, MESSAGE_ID,
    NAME, REPEATS, SOMEBODY, STALE, TIMESTAMP, USER_ID,
};
use crate::spec::{Api, Delivery, Effect, Example, Kind, Param, Tool};

pub static TOOL: Tool = Tool::post("CUSTOMERIO_TRACK_SCREEN", Api::Pipelines, "/v1/screen")
    .about("Records that a person saw a screen of an app.")
    .params(&[
        USER_ID,
        Param::optional("name", NAME, "The screen's name."),
        Param::optional("properties", Kind::Object, "What is known about the screen."),
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
    .notes(&[
        REPEATS,
        STALE,
        "`name` may be left out, as the API allows; the toolkit that names the tool asks for it.",
        INFERRED_NAMES,
    ])
    .examples(&[Example {
        title: "Record a look at the settings",
        call: r#"track_screen("u-1", "Settings", #{ tab: "billing" })"#,
        sends: r#"POST /v1/screen {"userId":"u-1","name":"Settings","properties":{"tab":"billing"}}"#,
    }]);
