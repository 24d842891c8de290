//! How far a run is, on one line: what is told of it ([`Watch`]), in which words ([`line`]) and how often
//! ([`Beat`]). Where it is drawn is the terminal's.

mod beat;
mod line;
mod watch;

pub use beat::Beat;
pub use line::{line, number};
pub use watch::Watch;
