//! The collections of a workspace.

use crate::spec::{Api, Example, Field, Shape, Tool};

pub static TOOL: Tool = Tool::get("CUSTOMERIO_LIST_COLLECTIONS", Api::App, "/v1/collections")
    .about("Lists the collections that messages can draw on.")
    .answer(Shape::Object(&[Field::always(
        "collections",
        Shape::List(&Shape::Object(&[
            Field::always("id", Shape::Int),
            Field::maybe("name", Shape::Text),
            Field::maybe("bytes", Shape::Int),
            Field::maybe("rows", Shape::Int),
            Field::maybe("schema", Shape::List(&Shape::Text)),
            Field::maybe("created_at", Shape::Time),
            Field::maybe("updated_at", Shape::Time),
        ])),
    )]))
    .notes(&["A collection holds at most 10 MB, a row of it 10 KB."])
    .examples(&[Example {
        title: "List the collections",
        call: "list_collections()",
        sends: "GET /v1/collections",
    }]);
