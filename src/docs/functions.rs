//! The functions beside the tools: a page for a terminal, and the readme's table.

use super::page::Page;
use super::reference::table;
use super::words::quoted;
use crate::engine::manual::{Described, FUNCTIONS};

/// All there is to say about a function, in lines of at most `width` columns. Only the example keeps the line it
/// has, so that it can be copied.
pub fn function_help(function: &Described, width: usize) -> String {
    let mut page = Page { text: String::new(), width };
    page.prose("", "    ", &function.signature());
    page.line("");
    page.prose("", "", &format!("Gives {}.", function.gives));
    page.head("For example", true);
    page.line(&format!("    {}", function.example));
    page.text
}

/// The readme's table of functions.
pub fn functions_table() -> String {
    let row = |function: &Described| vec![quoted(&function.signature()), function.gives.to_string()];
    table(&["function", "gives"], FUNCTIONS.iter().map(row))
}
