//! The reporting webhooks of a workspace.

use crate::spec::{Api, Example, Field, Shape, Tool};

pub static TOOL: Tool = Tool::get("CUSTOMERIO_GET_WEBHOOKS", Api::App, "/v1/reporting_webhooks")
    .about("Lists the webhooks through which Customer.io reports what happens in the workspace.")
    .answer(Shape::Object(&[Field::always(
        "reporting_webhooks",
        Shape::List(&Shape::Object(&[
            Field::maybe("id", Shape::Int),
            Field::always("name", Shape::Text),
            Field::maybe("endpoint", Shape::Text),
            Field::maybe("disabled", Shape::Bool),
            Field::maybe("full_resolution", Shape::Bool),
            Field::maybe("with_content", Shape::Bool),
            Field::maybe("events", Shape::List(&Shape::Text)),
        ])),
    )]))
    .notes(&["Without `full_resolution`, only the first open and click of a message is reported."])
    .examples(&[Example {
        title: "List the webhooks",
        call: "get_webhooks()",
        sends: "GET /v1/reporting_webhooks",
    }]);
