//! Segue, a scripting runtime for Customer.io.
//!
//! The rooms, lowest first; a room uses only rooms above it in this list.

pub mod docs;
pub mod fault;
pub mod sandbox;
pub mod spec;
pub mod tools;
