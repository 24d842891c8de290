//! Segue, a scripting runtime for Customer.io.
//!
//! The rooms, lowest first; a room uses only rooms above it in this list.

pub mod spec;
pub mod fault;
pub mod tools;
pub mod request;
pub mod policy;
pub mod api;
pub mod sandbox;
pub mod journal;
pub mod outbox;
pub mod engine;
pub mod diagnostics;
pub mod run;
pub mod repl;
pub mod watch;
pub mod docs;
pub mod cli;
