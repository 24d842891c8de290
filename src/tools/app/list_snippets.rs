//! The snippets of a workspace.

use crate::spec::{Api, Example, Field, Shape, Tool};

pub static TOOL: Tool = Tool::get("CUSTOMERIO_LIST_SNIPPETS", Api::App, "/v1/snippets")
    .about("Lists the snippets: content that messages share.")
    .answer(Shape::Object(&[Field::always(
        "snippets",
        Shape::List(&Shape::Object(&[
            Field::always("name", Shape::Text),
            Field::always("value", Shape::Text),
            Field::maybe("updated_at", Shape::Time),
        ])),
    )]))
    .notes(&["A snippet's name is its only key."])
    .examples(&[Example { title: "List the snippets", call: "list_snippets()", sends: "GET /v1/snippets" }]);
