//! `segue tools`.

use std::io::IsTerminal;

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};

use super::{print, refuse};
use crate::docs;
use crate::engine::library;
use crate::fault::{At, Code, Fault, closest};
use crate::run::Exit;
use crate::spec::Tool;
use crate::tools::{ALL, by_name, by_sequence, by_slug};

pub fn tools(name: Option<&str>) -> Exit {
    let Some(name) = name else {
        let more = "segue tools NAME shows one: parameters, effect, retry, an example";
        let (tools, library) = (docs::tools_list(""), docs::library_list(width()));
        return print(&format!("{tools}\nThe library of scripts:\n\n{library}\n{more}\n"));
    };
    if name.trim_end_matches('/') == "std" {
        return print(&docs::library_list(width()));
    }
    match find(name) {
        Ok(tool) => print(&docs::help(tool, width())),
        Err(fault) => match docs::library_help(name, width()) {
            Some(page) => print(&page),
            // Of a run it is the script's failure; here it is the command that is wrong.
            None => {
                refuse(&fault);
                Exit::Usage
            }
        },
    }
}

/// The tool somebody named on the command line: by its function, its sequence or its slug.
///
/// # Errors
/// A fault with a near name.
pub fn find(name: &str) -> Result<&'static Tool, Fault> {
    by_name(name).or_else(|| by_slug(name)).or_else(|| by_sequence(name)).ok_or_else(|| unknown(name))
}

/// Takes any text, a slug as well, and offers the names in scripts to a shell that completes.
#[derive(Clone)]
pub struct ToolName;

impl TypedValueParser for ToolName {
    type Value = String;

    fn parse_ref(
        &self,
        command: &clap::Command,
        arg: Option<&clap::Arg>,
        value: &std::ffi::OsStr,
    ) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(names().map(PossibleValue::new)))
    }
}

/// All tools and sequences by their names in scripts.
fn names() -> impl Iterator<Item = &'static str> {
    let sequences = ALL.iter().filter_map(|tool| tool.pages).map(|pages| pages.sequence);
    ALL.iter().map(|tool| tool.name()).chain(sequences)
}

/// The columns of a page: those of the terminal, and no more than are easily read.
pub fn width() -> usize {
    let terminal = std::io::stdout().is_terminal();
    let size = terminal_size::terminal_size_of(std::io::stdout()).filter(|_| terminal);
    size.map_or(100, |(columns, _)| usize::from(columns.0)).clamp(40, 100)
}

fn unknown(name: &str) -> Fault {
    let fault = Fault::new(Code::ToolUnknown, At::Call, format!("there is no tool `{name}`"));
    match closest(name, names().chain(library::names())) {
        Some(near) => fault.help(format!("did you mean `{near}`?")),
        None => fault.help("`segue tools` lists them all"),
    }
}
