//! Sends several calls in one request.

use super::{
    BY_MESSAGE_ID, CONTEXT_TRAITS, MAX_BATCH, add_person_to_group, create_alias, identify_person,
    track_event, track_page, track_screen,
};
use crate::spec::{Api, Delivery, Effect, Example, Item, Kind, Param, Tool};

/// What can travel in a batch.
pub const ITEMS: &[Item] = &[
    Item { name: "identify", tool: &identify_person::TOOL },
    Item { name: "track", tool: &track_event::TOOL },
    Item { name: "page", tool: &track_page::TOOL },
    Item { name: "screen", tool: &track_screen::TOOL },
    Item { name: "group", tool: &add_person_to_group::TOOL },
    Item { name: "alias", tool: &create_alias::TOOL },
];

pub static TOOL: Tool = Tool::post("CUSTOMERIO_SEND_BATCH", Api::Pipelines, "/v1/batch")
    .about("Sends several calls in one request; each is checked, granted and classed as its own tool.")
    .params(&[
        Param::required(
            "batch",
            Kind::List {
                of: &Kind::Call(ITEMS),
                // The size of the body ends it long before this.
                max: 100_000,
            },
            "The calls, each a map with its `type` and that tool's parameters.",
        ),
        Param::optional("context", Kind::Object, "Where the calls come from; holds for all of them."),
        Param::optional("integrations", Kind::Object, "Which destinations get the calls; holds for all."),
    ])
    .rules(&[CONTEXT_TRAITS])
    .max_body(MAX_BATCH)
    .effect(Effect::Event)
    .delivery(Delivery::Now)
    .retry(BY_MESSAGE_ID)
    .notes(&[
        "Seldom needed: calls in a loop travel together too, and are checked, counted and reported one by one.",
        "At most 500 KB together and 32 KB a call.",
        "That `alias` may be part of a batch is an inference: the libraries send it, the documents don't \
         list it.",
        "Customer.io answers for the batch as a whole. What becomes of the sound calls beside a refused \
         one is undocumented.",
    ])
    .examples(&[Example {
        title: "Update a person and record what they did",
        call: r#"send_batch([#{ type: "identify", user_id: "u-1", traits: #{ plan: "pro" } }, #{ type: "track", user_id: "u-1", event: "upgraded" }])"#,
        sends: r#"POST /v1/batch {"batch":[{"type":"identify","userId":"u-1","traits":{"plan":"pro"}},{"type":"track","userId":"u-1","event":"upgraded"}]}"#,
    }]);
