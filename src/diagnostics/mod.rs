//! A failure as a person reads it: where in the source, what, and how to put it right.

mod locate;
mod show;

pub use show::{Look, Mark, marked, note, show};
