//! One trigger of a broadcast.

use super::{BROADCAST_ID, NUMBER, TRIGGER, UNPROCESSED};
use crate::spec::{Api, Example, Param, Tool};

pub static TOOL: Tool = Tool::get(
    "CUSTOMERIO_GET_TRIGGER",
    Api::App,
    "/v1/campaigns/{broadcast_id}/triggers/{trigger_id}",
)
.about("Reads when a broadcast was triggered and whether that has been processed.")
.params(&[BROADCAST_ID, Param::required("trigger_id", NUMBER, "The trigger, by its id.")])
.answer(TRIGGER)
.notes(&[
    UNPROCESSED,
    "The live answer is said to hold the campaign, the recipients and the data as well; the documents \
     don't list them.",
])
.examples(&[Example {
    title: "See whether a broadcast went out",
    call: "get_trigger(1, 1)",
    sends: "GET /v1/campaigns/1/triggers/1",
}]);
