//! From a call to a request, purely: what is wrong with the arguments, what class the call has, and
//! the bytes that would be sent. No I/O, no clock.

mod bind;
mod build;
mod check;
mod class;
mod encode;
pub mod filter;
mod people;
mod redact;
mod render;
mod scalars;
mod segments;
mod trees;

pub use bind::{Bound, beside, bind};
pub use build::{Request, Stamp, batched, build};
pub use check::{check, too_many};
pub use class::{Cause, Class, cause, class, effects, inside};
pub use people::{object, people};
pub use redact::Secrets;
pub use render::{brief, call_by_name, call_in_order, key_literal, quoted};
pub use segments::{Relied, segments};
pub use trees::MAX_TOLD;

#[cfg(test)]
mod tests;
