//! The conversation: what is shown of a value, and help.

pub mod help;
pub mod show;
