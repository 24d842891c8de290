//! Adds or updates a person.

use super::{
    ANONYMOUS_ID, CONSENT, CONTEXT, CONTEXT_TRAITS, INFERRED_NAMES, INTEGRATIONS, MAX_CALL, MESSAGE_ID,
    SOMEBODY, SUBSCRIPTIONS, TIMESTAMP, UNSUBSCRIBED, USER_ID,
};
use crate::spec::{Api, Delivery, Effect, Example, Kind, Param, Retry, Rule, Tool};

pub static TOOL: Tool = Tool::post("CUSTOMERIO_IDENTIFY_PERSON", Api::Pipelines, "/v1/identify")
    .about("Adds a person or updates what is known about them.")
    .params(&[
        USER_ID,
        Param::optional(
            "traits",
            Kind::Attributes(&[
                // The longest address that mail servers take.
                Param::optional("email", Kind::Text { max: 254 }, "Their email address."),
                Param::optional(UNSUBSCRIBED, Kind::Bool, "Whether they want no messages at all."),
                Param::optional(SUBSCRIPTIONS, Kind::Object, "The topics and channels they chose."),
            ]),
            "Attributes to set on the person.",
        ),
        ANONYMOUS_ID,
        TIMESTAMP,
        MESSAGE_ID,
        CONTEXT,
        INTEGRATIONS,
    ])
    .rules(&[CONTEXT_TRAITS, SOMEBODY, Rule::ChangesConsent { param: "traits", keys: CONSENT }])
    .max_body(MAX_CALL)
    .effect(Effect::Upsert)
    .delivery(Delivery::Batched)
    .retry(Retry::Safe {
        because: "an upsert keyed by the person, and every attempt carries the call's own timestamp, by \
            which Customer.io orders updates",
    })
    .notes(&[
        "Updates are ordered by `timestamp`, not by arrival: give an older one the time it is from, or it \
         overwrites what is newer.",
        "Where a workspace identifies people by id and by email, a new `user_id` with an email somebody \
         has updates that somebody and creates nobody.",
        "An attribute that is null or empty is removed. For people that is an inference from how groups \
         behave.",
        "`cio_subscription_preferences` replaces all choices. A key that steps on with dots, such as \
         `cio_subscription_preferences.topics.topic_1`, sets one and keeps the others.",
        INFERRED_NAMES,
    ])
    .examples(&[
        Example {
            title: "Set a person's plan",
            call: r#"identify_person("u-1", #{ plan: "pro" })"#,
            sends: r#"POST /v1/identify {"userId":"u-1","traits":{"plan":"pro"}}"#,
        },
        Example {
            title: "Keep what a visitor told before signing up",
            call: r#"identify_person((), #{ language: "de" }, "visitor-7")"#,
            sends: r#"POST /v1/identify {"traits":{"language":"de"},"anonymousId":"visitor-7"}"#,
        },
    ]);
