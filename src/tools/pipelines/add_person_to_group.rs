//! Adds a person to a group.

use super::{CONTEXT, CONTEXT_TRAITS, INTEGRATIONS, MAX_CALL, MESSAGE_ID, PERSON, TIMESTAMP};
use crate::spec::{Api, Delivery, Effect, Example, Kind, Param, Retry, Rule, Tool};

pub static TOOL: Tool = Tool::post("CUSTOMERIO_ADD_PERSON_TO_GROUP", Api::Pipelines, "/v1/group")
    .about("Adds a person to a group, creating whichever of the two is new.")
    .params(&[
        Param::required("user_id", PERSON, "Who joins the group.").wire("userId"),
        Param::required("group_id", Kind::Id, "The group they join.").wire("groupId"),
        Param::optional(
            "traits",
            Kind::Attributes(&[
                Param::optional("object_type_id", Kind::Digits, "The type of group; `\"1\"` when left out."),
                Param::optional(
                    "relationshipAttributes",
                    Kind::Object,
                    "Attributes of this person's place in the group.",
                ),
            ]),
            "Attributes to set on the group.",
        ),
        TIMESTAMP,
        MESSAGE_ID,
        CONTEXT,
        INTEGRATIONS,
    ])
    .rules(&[CONTEXT_TRAITS, Rule::SetsObject { object: "group_id", with: "traits" }])
    .max_body(MAX_CALL)
    .effect(Effect::Upsert)
    .delivery(Delivery::Batched)
    .retry(Retry::Safe { because: "an upsert keyed by person and group: twice gives the same state" })
    .notes(&[
        "Customer.io calls a group an object; `object_type_id` is text of digits.",
        "What becomes of an `object_type_id` the workspace doesn't have is undocumented.",
        "At most 300 attributes and 100 KB for a group or a relationship. That the limits of the Track \
         API hold here too is an inference.",
        "The API takes an anonymous id in place of a person; this tool doesn't.",
    ])
    .examples(&[
        Example {
            title: "Put a customer in their company",
            call: r#"add_person_to_group("u-1", "acme", #{ plan: "pro" })"#,
            sends: r#"POST /v1/group {"userId":"u-1","groupId":"acme","traits":{"plan":"pro"}}"#,
        },
        Example {
            title: "Say what the person is in the group",
            call: r#"add_person_to_group("u-1", "acme", #{ object_type_id: "1", relationshipAttributes: #{ role: "admin" } })"#,
            sends: r#"POST /v1/group {"userId":"u-1","groupId":"acme","traits":{"object_type_id":"1","relationshipAttributes":{"role":"admin"}}}"#,
        },
    ]);
