//! All segments of a workspace.

use super::SEGMENT;
use crate::spec::{Api, Example, Field, Shape, Tool};

pub static TOOL: Tool = Tool::get("CUSTOMERIO_GET_SEGMENTS", Api::App, "/v1/segments")
    .about("Lists every segment of the workspace.")
    .answer(Shape::Object(&[Field::always("segments", Shape::List(&SEGMENT))]))
    .notes(&["No paging is documented: all segments come at once."])
    .examples(&[Example { title: "List the segments", call: "get_segments()", sends: "GET /v1/segments" }]);
