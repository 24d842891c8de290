//! Records what a person did.

use super::{
    ANONYMOUS_ID, BY_MESSAGE_ID, CONTEXT, CONTEXT_TRAITS, DELETING_EVENTS, EVENT, INFERRED_NAMES,
    INTEGRATIONS, MAX_CALL, MESSAGE_ID, REPEATS, SOMEBODY, STALE, TIMESTAMP, USER_ID,
};
use crate::spec::{Api, Delivery, Effect, Example, Kind, Param, Rule, Tool};

pub static TOOL: Tool = Tool::post("CUSTOMERIO_TRACK_EVENT", Api::Pipelines, "/v1/track")
    .about("Records something a person did.")
    .params(&[
        USER_ID,
        Param::required("event", EVENT, "The event's name."),
        Param::optional("properties", Kind::Object, "What is known about the event."),
        ANONYMOUS_ID,
        TIMESTAMP,
        MESSAGE_ID,
        CONTEXT,
        INTEGRATIONS,
    ])
    .rules(&[CONTEXT_TRAITS, SOMEBODY, Rule::Destroys { param: "event", values: DELETING_EVENTS }])
    .max_body(MAX_CALL)
    .effect(Effect::Event)
    .delivery(Delivery::Batched)
    .retry(BY_MESSAGE_ID)
    .notes(&[
        REPEATS,
        STALE,
        "Some names are orders to Customer.io. Five of them delete, and wait like a broadcast until every \
         write before them is accepted; `User Unsuppressed`, `Device Created or Updated` and `Report \
         Delivery Event` don't delete.",
        "The properties `recipient`, `from_address` and `reply_to` override what a campaign is set to. \
         The Track API documents that; that it holds here is an inference.",
        "That the tool uses this API is an inference; the Track API has an event call too.",
        INFERRED_NAMES,
    ])
    .examples(&[Example {
        title: "Record a sign-up",
        call: r#"track_event("u-1", "signed_up", #{ via: "ad" })"#,
        sends: r#"POST /v1/track {"userId":"u-1","event":"signed_up","properties":{"via":"ad"}}"#,
    }]);
