//! The catalogue and the codes in words: help for one tool, the reference of all, the tables of the readme,
//! and what each code means.

pub mod explain;
mod functions;
mod help;
mod library;
mod list;
mod page;
mod reference;
mod safety;
mod words;

pub use functions::{function_help, functions_table};
pub use help::help;
pub use library::{library_help, library_list, library_reference};
pub use list::tools_list;
pub use reference::{commands_table, readme_table, readme_with_tables, reference, scripts_table, tool_page};
pub use words::{kind_in_words, limit_in_words, rule_in_words, shape_in_words};

#[cfg(test)]
pub mod tests;
