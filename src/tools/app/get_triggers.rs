//! All triggers of a broadcast.

use super::{BROADCAST_ID, TRIGGER, UNPROCESSED};
use crate::spec::{Api, Example, Field, Shape, Tool};

pub static TOOL: Tool =
    Tool::get("CUSTOMERIO_GET_TRIGGERS", Api::App, "/v1/broadcasts/{broadcast_id}/triggers")
        .about("Lists every time a broadcast was triggered.")
        .params(&[BROADCAST_ID])
        .answer(Shape::Object(&[Field::always("triggers", Shape::List(&TRIGGER))]))
        .notes(&[
            UNPROCESSED,
            "The way to learn whether a `trigger_broadcast` without an answer went through: look for a \
             trigger no older than the call.",
        ])
        .examples(&[Example {
            title: "List a broadcast's triggers",
            call: "get_triggers(1)",
            sends: "GET /v1/broadcasts/1/triggers",
        }]);
