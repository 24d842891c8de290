//! What a Customer.io tool is, as data.
//!
//! Everything here is plain values over `std`: the catalogue in [`crate::tools`] is written in this
//! vocabulary, and every other room reads it.

mod api;
mod arg;
mod body;
mod kind;
mod owned;
mod policy;
mod shape;
mod tool;

pub use api::{Api, Authorization, Bucket, Limit, Method};
pub use arg::{Arg, Held, Identifier, Identifiers, Step, Tree};
pub use body::{BodyField, Stamped};
pub use kind::{Item, Kind, MAX_ATTRIBUTE, MAX_ATTRIBUTES, MAX_NAME, Param, Presence, Rule};
pub use owned::Owned;
pub use policy::{Delivery, Effect, Retry};
pub use shape::{Field, MAX_FIELDS, Shape};
pub use tool::{Example, Lookup, MAX_PARAMS, Pages, Place, Standing, Tool};
