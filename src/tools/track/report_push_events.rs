//! Reports what a device did with a push notification; deprecated.

use super::DELIVERY_ID;
use crate::spec::{Api, Delivery, Effect, Example, Kind, Param, Retry, Standing, Tool};

pub static TOOL: Tool = Tool::post("CUSTOMERIO_REPORT_PUSH_EVENTS", Api::Track, "/api/v1/push/events")
    .about("Reports that a push notification was delivered, opened or led to a conversion; deprecated.")
    .standing(Standing::Deprecated)
    .params(&[
        DELIVERY_ID,
        Param::required("event", Kind::Choice(&["opened", "converted", "delivered"]), "What happened."),
        // Device tokens are longer than ids, and no limit is documented.
        Param::required("device_id", Kind::Text { max: 4_096 }, "The device's token, `CIO-Delivery-Token`."),
        Param::required("timestamp", Kind::UnixSeconds, "When it happened."),
    ])
    .effect(Effect::Event)
    .delivery(Delivery::Streamed)
    .retry(Retry::Cautious { because: "whether a repeated report counts twice is undocumented" })
    .notes(&[
        "Deprecated: Customer.io replaced it with `POST /api/v1/metrics`, which is no tool yet.",
        "The documents mark nothing as required. Segue asks for all four, because it takes all of them to \
         say what happened.",
        "The parameters' names in scripts are an inference from the fields of the request.",
    ])
    .examples(&[Example {
        title: "Report that a push was opened",
        call: r#"report_push_events("dlv-1", "opened", "token-1", 1767225600)"#,
        sends: r#"POST /api/v1/push/events {"delivery_id":"dlv-1","event":"opened","device_id":"token-1","timestamp":1767225600}"#,
    }]);
