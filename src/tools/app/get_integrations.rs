//! The integrations of a workspace; an endpoint nobody documents.

use crate::spec::{Api, Example, Field, Shape, Standing, Tool};

pub static TOOL: Tool = Tool::get("CUSTOMERIO_GET_INTEGRATIONS", Api::App, "/v1/integrations")
    .about(
        "Lists the workspace's integrations through an undocumented endpoint, which may answer that it \
         doesn't exist.",
    )
    .standing(Standing::Undocumented)
    .answer(Shape::Object(&[Field::always(
        "integrations",
        Shape::List(&Shape::Open(&[
            Field::maybe("id", Shape::Text),
            Field::maybe("name", Shape::Text),
            Field::maybe("enabled", Shape::Bool),
            Field::maybe("settings", Shape::Any),
            Field::maybe("account_id", Shape::Text),
            Field::maybe("created_at", Shape::Time),
            Field::maybe("updated_at", Shape::Time),
        ])),
    )]))
    .notes(&[
        "Undocumented: none of Customer.io's API documents has it. The path is an inference from its \
         neighbours, the answer's fields from the toolkit that names the tool.",
        "Expect a 404, and let no script depend on it.",
    ])
    .examples(&[Example {
        title: "See which integrations are on",
        call: "get_integrations()",
        sends: "GET /v1/integrations",
    }]);
