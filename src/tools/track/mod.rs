//! Tools of the Track host: what the newer APIs don't offer, or replaced.

pub mod report_push_events;
pub mod suppress_person;
pub mod unsubscribe_delivery;

use crate::spec::{Kind, Param};

const DELIVERY_ID: Param =
    Param::required("delivery_id", Kind::Id, "The delivery: one message to one person.");
