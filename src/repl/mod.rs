//! The prompt: a conversation with the engine, line by line.

pub mod complete;
pub mod curl;
pub mod hint;
pub mod paint;
pub mod save;
mod spot;
pub mod whole;
