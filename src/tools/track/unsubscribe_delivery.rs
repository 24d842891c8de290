//! Unsubscribes a person by one of the messages they got.

use super::DELIVERY_ID;
use crate::spec::{Api, Delivery, Effect, Example, Retry, Tool};

pub static TOOL: Tool =
    Tool::post("CUSTOMERIO_UNSUBSCRIBE_DELIVERY", Api::Track, "/unsubscribe/{delivery_id}")
        .about("Unsubscribes the person who got a delivery, and counts it as that delivery's doing.")
        .without_credential()
        .params(&[DELIVERY_ID])
        .constants(&[("unsubscribe", "true")])
        .effect(Effect::Consent)
        .delivery(Delivery::Streamed)
        .retry(Retry::Safe { because: "it sets `unsubscribed` to true: twice gives the same state" })
        .notes(&[
            "Asks for no credential, so none is sent: the delivery's id is all it takes.",
            "Subscriptions to single topics stay as they are.",
        ])
        .examples(&[Example {
            title: "Unsubscribe by a delivery",
            call: r#"unsubscribe_delivery("dlv-1")"#,
            sends: r#"POST /unsubscribe/dlv-1 {"unsubscribe":true}"#,
        }]);
