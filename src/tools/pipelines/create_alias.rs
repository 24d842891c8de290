//! Says that two ids are one person.

use super::{CONTEXT, CONTEXT_TRAITS, INTEGRATIONS, MAX_CALL, MESSAGE_ID, PERSON, TIMESTAMP};
use crate::spec::{Api, Delivery, Effect, Example, Kind, Param, Retry, Tool};

pub static TOOL: Tool = Tool::post("CUSTOMERIO_CREATE_ALIAS", Api::Pipelines, "/v1/alias")
    .about("Says that two ids are one person, and keeps the second.")
    .params(&[
        Param::required("previous_id", Kind::Id, "The id to give up, known or anonymous.")
            .wire("previousId")
            .of_person(),
        Param::required("user_id", PERSON, "The person to keep.").wire("userId"),
        TIMESTAMP,
        MESSAGE_ID,
        CONTEXT,
        INTEGRATIONS,
    ])
    .rules(&[CONTEXT_TRAITS])
    .max_body(MAX_CALL)
    .effect(Effect::Destroy)
    .delivery(Delivery::Now)
    .retry(Retry::Cautious {
        because: "it may merge two people and delete one for good, so a repeat in the wrong order can't \
            be undone (inference)",
    })
    .notes(&[
        "That it merges and deletes is an inference: the documents call it a merge, but say only a few \
         destinations need it.",
        "Never swap the two ids, and don't identify either of them at the same time.",
        "`timestamp`, `message_id`, `context` and `integrations` aren't in this call's schema; that it \
         takes them like its siblings is an inference.",
    ])
    .examples(&[Example {
        title: "Fold an old account into a new one",
        call: r#"create_alias("u-old", "u-1")"#,
        sends: r#"POST /v1/alias {"previousId":"u-old","userId":"u-1"}"#,
    }]);
