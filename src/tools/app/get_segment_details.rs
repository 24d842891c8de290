//! One segment.

use super::{SEGMENT, SEGMENT_ID};
use crate::spec::{Api, Example, Field, Shape, Tool};

pub static TOOL: Tool = Tool::get("CUSTOMERIO_GET_SEGMENT_DETAILS", Api::App, "/v1/segments/{segment_id}")
    .about("Reads one segment: its name, its kind and whether it has been worked out.")
    .params(&[SEGMENT_ID])
    .answer(Shape::Object(&[Field::always("segment", SEGMENT)]))
    .notes(&["Its members are complete only when `state` is `finished`; `progress` tells how far it is."])
    .examples(&[Example {
        title: "See whether a segment is ready",
        call: "get_segment_details(3)",
        sends: "GET /v1/segments/3",
    }]);
