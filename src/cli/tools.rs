//! `segue tools`.

use super::{print, refuse};
use crate::docs;
use crate::fault::{At, Code, Fault, closest};
use crate::run::Exit;
use crate::spec::Tool;
use crate::tools::{ALL, by_name, by_sequence, by_slug};

pub fn tools(name: Option<&str>) -> Exit {
    let Some(name) = name else { return print(&list()) };
    match find(name) {
        Ok(tool) => print(&docs::tool_page(tool)),
        Err(fault) => refuse(&fault),
    }
}

/// The tool somebody named on the command line: by its function, its sequence or its slug.
///
/// # Errors
/// A fault with a near name.
pub fn find(name: &str) -> Result<&'static Tool, Fault> {
    by_name(name).or_else(|| by_slug(name)).or_else(|| by_sequence(name)).ok_or_else(|| unknown(name))
}

fn list() -> String {
    let mut rows: Vec<(String, String)> =
        ALL.iter().map(|tool| (tool.signature(), tool.about.to_string())).collect();
    rows.extend(ALL.iter().filter_map(|tool| {
        let pages = tool.pages?;
        Some((format!("{}(…)", pages.sequence), format!("All pages of `{}`, lazily.", tool.name())))
    }));
    rows.sort();
    let mut text = String::new();
    for (signature, about) in rows {
        text.push_str(&format!("{signature}\n    {about}\n"));
    }
    text.push_str("\nsegue tools NAME shows one: parameters, effect, retry, an example\n");
    text
}

fn unknown(name: &str) -> Fault {
    let names = ALL.iter().map(|tool| tool.name());
    let sequences = ALL.iter().filter_map(|tool| tool.pages).map(|pages| pages.sequence);
    let fault = Fault::new(Code::ToolUnknown, At::Call, format!("there is no tool `{name}`"));
    match closest(name, names.chain(sequences)) {
        Some(near) => fault.help(format!("did you mean `{near}`?")),
        None => fault.help("`segue tools` lists them all"),
    }
}
