//! Tools of the App API: what a workspace holds, and broadcasts.

pub mod get_integrations;
pub mod get_messages;
pub mod get_segment_details;
pub mod get_segment_membership;
pub mod get_segments;
pub mod get_trigger;
pub mod get_triggers;
pub mod get_webhooks;
pub mod list_collections;
pub mod list_ip_addresses;
pub mod list_newsletters;
pub mod list_snippets;
pub mod list_transactional_messages;
pub mod trigger_broadcast;

use crate::spec::{Field, Kind, Param, Shape};

/// A number by which the App API knows something.
const NUMBER: Kind = Kind::Int { min: 1, max: i64::MAX };

const BROADCAST_ID: Param = Param::required("broadcast_id", NUMBER, "The broadcast, by its id.");
const SEGMENT_ID: Param = Param::required("segment_id", Kind::Segment, "The segment.");

/// Takes a segment whose members Customer.io is still working out.
const UNFINISHED: Param =
    Param::optional("unfinished", Kind::Bool, "Take a segment as it is, also before it is finished.")
        .unsent();

/// The place to go on from. Its form is Customer.io's affair, so any text passes.
const START: Param =
    Param::optional("start", Kind::Text { max: 10_000 }, "Where to go on: `next` of the page before.");

const SORT: Kind = Kind::Choice(&["asc", "desc"]);

const NEXT: Field = Field::maybe("next", Shape::Text);

/// Only what every segment has is certain; what a script can do without may be absent.
const SEGMENT: Shape = Shape::Object(&[
    Field::always("id", Shape::Int),
    Field::always("name", Shape::Text),
    Field::maybe("deduplicate_id", Shape::Text),
    Field::maybe("description", Shape::Text),
    Field::maybe("state", Shape::Text),
    Field::maybe("progress", Shape::Int),
    Field::maybe("type", Shape::Text),
    Field::maybe("tags", Shape::List(&Shape::Text)),
    Field::maybe("created_at", Shape::Time),
    Field::maybe("updated_at", Shape::Time),
]);

/// The live answer is said to hold more, which no document names.
const TRIGGER: Shape = Shape::Open(&[
    Field::always("id", Shape::Int),
    Field::maybe("broadcast_id", Shape::Int),
    Field::maybe("created_at", Shape::Time),
    Field::maybe("processed_at", Shape::Time),
]);

const UNPROCESSED: &str = "`processed_at` is absent or 0 until Customer.io has processed the trigger.";
