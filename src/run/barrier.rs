//! What stands between writes and whatever sends or deletes after them.

use crate::fault::{At, Code, Fault};

/// The fault of `tool`, held back because of `n` earlier writes.
pub fn closed(tool: &str, n: u64) -> Fault {
    let writes = if n == 1 { "a write before it wasn't" } else { "writes before it weren't" };
    let message = match n {
        1 => format!("`{tool}` is held back: {writes} accepted"),
        n => format!("`{tool}` is held back: {n} {writes} accepted"),
    };
    Fault::new(Code::BarrierClosed, At::Call, message).label("not sent").help(
        "what became of them is told below; a script that has looked at flush() and goes on is let through",
    )
}
