//! The newsletters of a workspace.

use super::{NEXT, SORT, START};
use crate::spec::{Api, Example, Field, Kind, Param, Shape, Tool};

pub static TOOL: Tool = Tool::get("CUSTOMERIO_LIST_NEWSLETTERS", Api::App, "/v1/newsletters")
    .about("Lists one page of the workspace's newsletters.")
    .params(&[
        Param::optional("limit", Kind::Int { min: 1, max: 100 }, "Newsletters in a page."),
        START,
        Param::optional("sort", SORT, "The order, oldest or newest first."),
    ])
    .pages("newsletters", "newsletters", 100)
    .answer(Shape::Object(&[
        Field::always(
            "newsletters",
            Shape::List(&Shape::Object(&[
                Field::always("id", Shape::Int),
                Field::maybe("name", Shape::Text),
                Field::maybe("deduplicate_id", Shape::Text),
                Field::maybe("content_ids", Shape::List(&Shape::Int)),
                Field::maybe("type", Shape::Text),
                Field::maybe("tags", Shape::List(&Shape::Text)),
                Field::maybe("recipient_segment_ids", Shape::List(&Shape::Int)),
                Field::maybe("subscription_topic_id", Shape::Int),
                Field::maybe("sent_at", Shape::Time),
                Field::maybe("created", Shape::Time),
                Field::maybe("updated", Shape::Time),
            ])),
        ),
        NEXT,
    ]))
    .notes(&["`sent_at` is the last time it was sent, and null before that."])
    .examples(&[Example {
        title: "Read ten newsletters",
        call: "list_newsletters(10)",
        sends: "GET /v1/newsletters?limit=10",
    }]);
