//! Tools of the Track host: what the newer APIs don't offer, or replaced.

pub mod report_push_events;
pub mod suppress_person;
pub mod unsubscribe_delivery;

use crate::spec::{Kind, Param};

/// Delivery ids are longer than people's, and no limit is documented.
/// It stands for the person who got it.
const DELIVERY_ID: Param =
    Param::required("delivery_id", Kind::Text { max: 1_000 }, "The delivery: one message to one person.")
        .of_person();
