//! The transactional messages of a workspace.

use crate::spec::{Api, Example, Field, Shape, Tool};

pub static TOOL: Tool = Tool::get("CUSTOMERIO_LIST_TRANSACTIONAL_MESSAGES", Api::App, "/v1/transactional")
    .about("Lists the transactional messages and how each is set up.")
    .answer(Shape::Object(&[Field::always(
        "messages",
        Shape::List(&Shape::Object(&[
            Field::always("id", Shape::Int),
            Field::maybe("name", Shape::Text),
            Field::maybe("description", Shape::Text),
            Field::maybe("send_to_unsubscribed", Shape::Bool),
            Field::maybe("link_tracking", Shape::Bool),
            Field::maybe("open_tracking", Shape::Bool),
            Field::maybe("hide_message_body", Shape::Bool),
            Field::maybe("queue_drafts", Shape::Bool),
            Field::maybe("created_at", Shape::Time),
            Field::maybe("updated_at", Shape::Time),
        ])),
    )]))
    .notes(&["No paging is documented: all messages come at once."])
    .examples(&[Example {
        title: "List the transactional messages",
        call: "list_transactional_messages()",
        sends: "GET /v1/transactional",
    }]);
