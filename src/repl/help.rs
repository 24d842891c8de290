//! `:help` and `:tools`.

use crate::engine::manual::{self, Described, FUNCTIONS};
use crate::engine::{Imported, library};
use crate::fault::{At, Code, Fault, closest};
use crate::spec::Tool;
use crate::tools::{ALL, by_name, by_sequence, by_slug};

/// The pages of the face that knows the catalogue in words; whoever starts a conversation hands them in. Each
/// takes the columns of the screen.
#[derive(Clone, Copy)]
pub struct Pages {
    pub tool: fn(&Tool, usize) -> String,
    pub function: fn(&Described, usize) -> String,
    /// A module of the library by its name, or a function of one; `None` where there is none.
    pub library: fn(&str, usize) -> Option<String>,
    /// The tools that speak of a word; all of them of none.
    pub tools: fn(&str) -> String,
    /// What a code means, by its name, or the fault of one that there isn't.
    pub code: fn(&str, usize) -> Result<String, Fault>,
}

/// The page of a tool, by its function, its sequence or its slug, or of a function; what stands in a call behind
/// its name doesn't matter. A module of the library is known by the name that it was `imported` by, too.
///
/// # Errors
/// A fault with a near name.
pub fn help(name: &str, width: usize, imported: &[Imported], pages: Pages) -> Result<String, Fault> {
    let name = name.split('(').next().unwrap_or_default().trim();
    let alias = name.split("::").next().unwrap_or_default();
    let of_library = |module: &&Imported| module.name == alias && library::find(&module.path).is_some();
    let meant = imported.iter().find(of_library).map(|module| name.replacen(alias, &module.path, 1));
    let name = meant.as_deref().unwrap_or(name);
    if let Some(tool) = by_name(name).or_else(|| by_slug(name)).or_else(|| by_sequence(name)) {
        return Ok((pages.tool)(tool, width));
    }
    match manual::find(name) {
        Some(function) => Ok((pages.function)(function, width)),
        None => (pages.library)(name, width).ok_or_else(|| unknown(name)),
    }
}

/// The tools that speak of `word`; all of them where it is empty.
///
/// # Errors
/// A fault when none does.
pub fn tools(word: &str, pages: Pages) -> Result<String, Fault> {
    let list = (pages.tools)(word.trim());
    if list.is_empty() {
        let message = format!("no tool speaks of `{}`", word.trim());
        return Err(Fault::new(Code::ToolUnknown, At::Call, message).help("`:tools` lists them all"));
    }
    Ok(list)
}

fn unknown(name: &str) -> Fault {
    let sequences = ALL.iter().filter_map(|tool| tool.pages).map(|pages| pages.sequence);
    let names = ALL.iter().map(|tool| tool.name()).chain(sequences);
    let names = names.chain(FUNCTIONS.iter().map(|function| function.name));
    let names = names.chain(library::names());
    let fault = Fault::new(Code::ToolUnknown, At::Call, format!("there is no tool or function `{name}`"));
    match closest(name, names) {
        Some(near) => fault.help(format!("did you mean `{near}`?")),
        None => fault.help("`:tools` lists the tools; what comes with Rhai is told at https://rhai.rs/book"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGES: Pages = Pages {
        tool: |tool, width| format!("{} in {width}", tool.name()),
        function: |function, width| format!("{} in {width}", function.name),
        library: |name, width| library::find(name).map(|(module, _)| format!("{} in {width}", module.path)),
        tools: |word| if word == "nothing" { String::new() } else { format!("tools of {word}") },
        code: |code, _| Ok(code.to_string()),
    };

    #[test]
    fn a_page_is_found_by_every_name_there_is() {
        let import =
            |name: &str, path: &str| Imported { name: name.into(), path: path.into(), ..Imported::default() };
        let imported = [import("seg", "std/segments"), import("wait", "lib/wait.rhai")];
        for (name, page) in [
            ("get_segments", "get_segments in 80"),
            (" segment_members(\"VIP\")", "get_segment_membership in 80"),
            ("CUSTOMERIO_GET_SEGMENTS", "get_segments in 80"),
            ("flush()", "flush in 80"),
            ("people::unique(x)", "std/people in 80"),
            ("std/people", "std/people in 80"),
            ("seg", "std/segments in 80"),
            ("seg::difference(a, b)", "std/segments in 80"),
            ("wait::wait_until", "std/wait in 80"),
        ] {
            assert_eq!(help(name, 80, &imported, PAGES).as_deref(), Ok(page), "{name}");
        }
    }

    #[test]
    fn a_wrong_name_is_answered_with_a_near_one() {
        let helps = |name: &str| help(name, 80, &[], PAGES).unwrap_err().help.unwrap_or_default();
        assert_eq!(helps("segment_member"), "did you mean `segment_members`?");
        assert_eq!(helps("flsh"), "did you mean `flush`?");
        assert_eq!(helps("people::uniq"), "did you mean `people::unique`?");
        assert!(helps("zebra crossing").starts_with("`:tools` lists the tools"));
    }

    #[test]
    fn a_word_that_no_tool_has_is_told() {
        assert_eq!(tools(" segment ", PAGES).as_deref(), Ok("tools of segment"));
        assert_eq!(tools("nothing", PAGES).unwrap_err().message, "no tool speaks of `nothing`");
    }
}
