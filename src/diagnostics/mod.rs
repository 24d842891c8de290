//! A failure as a person reads it: where in the source, what, and how to put it right.

mod fit;
mod json;
mod legible;
mod locate;
mod show;

pub use json::{cleaned, marked_object, note_object, objects};
pub use show::{Look, Mark, beyond, marked, note, show};
