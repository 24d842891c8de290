//! The people in a segment.

use super::{NEXT, SEGMENT_ID, SORT, START, UNFINISHED};
use crate::spec::{Api, Example, Field, Kind, Param, Rule, Shape, Tool};

pub static TOOL: Tool =
    Tool::get("CUSTOMERIO_GET_SEGMENT_MEMBERSHIP", Api::App, "/v1/segments/{segment_id}/membership")
        .about("Lists one page of the people in a segment.")
        .params(&[
            SEGMENT_ID,
            Param::optional(
                "limit",
                Kind::Int { min: 1, max: 30_000 },
                "People in a page; 1,000 when left out.",
            ),
            START,
            Param::optional("sort", SORT, "The order; undocumented for this endpoint."),
            UNFINISHED,
        ])
        .rules(&[Rule::Finished { param: "segment_id", unless: "unfinished" }])
        .pages_of_people("segment_members", "identifiers", 30_000)
        .answer(Shape::Object(&[
            Field::maybe("segment_id", Shape::Int),
            Field::always(
                "identifiers",
                Shape::List(&Shape::Object(&[
                    Field::maybe("cio_id", Shape::Text),
                    Field::maybe("id", Shape::Text),
                    Field::maybe("email", Shape::Text),
                ])),
            ),
            Field::maybe("ids", Shape::List(&Shape::Text)),
            NEXT,
        ]))
        .notes(&[
            "`identifiers` names everyone; `ids` holds an empty text for people without an id. `email` is \
             absent where a workspace doesn't identify people by it.",
            "No snapshot is documented: while a segment changes, someone may be missed or come twice between \
             pages.",
            "`sort` is undocumented: only the toolkit that names the tool has it.",
        ])
        .examples(&[Example {
            title: "Read the first hundred people of a segment",
            call: "get_segment_membership(3, 100)",
            sends: "GET /v1/segments/3/membership?limit=100",
        }]);
