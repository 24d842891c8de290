//! `segue explain`.

use super::tools::width;
use super::{print, refuse};
use crate::docs::explain::{explanation, find, list, short};
use crate::fault::Code;
use crate::run::Exit;

pub fn explain(name: Option<&str>) -> Exit {
    let Some(name) = name else { return print(&list()) };
    match find(name) {
        Ok(code) => print(&explanation(code, width())),
        Err(fault) => refuse(&fault),
    }
}

/// The line below a diagnostic that says where to read on.
pub fn hint(code: Code) -> String {
    format!("`segue explain {}` says more\n", short(code))
}
