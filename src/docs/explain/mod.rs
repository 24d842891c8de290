//! What each code means, why it happens, an example that fails and its repair. `pages/` has a file for each
//! code, by its name; `tests/explain.rs` runs what they show.

mod pages;
mod reference;

use super::page::Page;
use crate::fault::{At, Code, Ending, Fault, closest};
use crate::run::Exit;

pub use pages::page;
pub use reference::reference;

/// The heads of a page's sections that show a script: the tests run it.
pub const FAILS: &str = "Fails";
pub const REPAIR: &str = "Repair";
/// Their heads where no script shows it, such as a key that isn't set.
pub const WHEN: &str = "When";
pub const WHAT_TO_DO: &str = "What to do";

/// The first parts of codes whose faults a call or an `import` may have in itself.
const IN_TEXT: [&str; 4] = ["argument", "audience", "tool", "script"];

/// A part of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block<'p> {
    /// The head of a section.
    Head(&'p str),
    /// A paragraph, on one line.
    Prose(String),
    /// Lines between fences: `kind` is what the first fence says, such as `rhai` or `file people.csv`.
    Code { kind: &'p str, lines: Vec<&'p str> },
}

/// Takes a page apart.
pub fn blocks(page: &str) -> Vec<Block<'_>> {
    let mut found = vec![];
    let mut lines = page.lines();
    let mut prose = String::new();
    loop {
        let line = lines.next();
        let text = line.unwrap_or_default();
        let special = text.starts_with("## ") || text.starts_with("```");
        if (text.is_empty() || special) && !prose.is_empty() {
            found.push(Block::Prose(std::mem::take(&mut prose)));
        }
        if let Some(head) = text.strip_prefix("## ") {
            found.push(Block::Head(head));
        } else if let Some(kind) = text.strip_prefix("```") {
            let lines = lines.by_ref().take_while(|line| *line != "```").collect();
            found.push(Block::Code { kind, lines });
        } else if !text.is_empty() {
            prose.push_str(if prose.is_empty() { "" } else { " " });
            prose.push_str(text);
        }
        if line.is_none() {
            return found;
        }
    }
}

/// A code without what they all begin with: `argument::missing`.
pub fn short(code: Code) -> &'static str {
    let name = code.name();
    name.strip_prefix("segue::").unwrap_or(name)
}

/// The code of that name, with or without `segue::`.
///
/// # Errors
/// A fault with a near name.
pub fn find(name: &str) -> Result<Code, Fault> {
    let wanted = name.trim().trim_start_matches("segue::");
    let known = Code::ALL.iter().find(|code| short(**code) == wanted);
    known.copied().ok_or_else(|| unknown(wanted))
}

fn unknown(wanted: &str) -> Fault {
    let fault = Fault::new(Code::CodeUnknown, At::Call, format!("there is no code `{wanted}`"));
    let last = |code: &Code| short(*code).rsplit("::").next().unwrap_or_default();
    let near: Vec<&str> = match closest(wanted, Code::ALL.iter().map(|code| short(*code))) {
        Some(near) => vec![near],
        // Whoever leaves the first part out may mean any of them.
        None => Code::ALL.iter().filter(|code| last(code) == wanted).map(|code| short(*code)).collect(),
    };
    match near.is_empty() {
        true => fault.help("`segue explain` lists them all"),
        false => {
            let near: Vec<String> = near.iter().map(|near| format!("`{near}`")).collect();
            fault.help(format!("did you mean {}?", crate::fault::listed(&near, "or")))
        }
    }
}

/// All there is to say about a code, in lines of at most `width` columns; only what can be copied keeps its
/// lines.
pub fn explanation(code: Code, width: usize) -> String {
    let mut text = Page { text: String::new(), width };
    text.line(code.name());
    text.line("");
    text.prose("", "", code.means());
    for block in blocks(page(code).unwrap_or_default()) {
        text.line("");
        match block {
            Block::Head(head) => text.line(&format!("{head}:")),
            Block::Prose(prose) => text.prose("", "", &prose),
            Block::Code { lines, .. } => lines.iter().for_each(|line| text.line(&format!("    {line}"))),
        }
    }
    text.line("");
    text.prose("", "", &ends(code));
    text.text
}

/// What a fault of this code does to a run.
fn ends(code: Code) -> String {
    if code.ending() == Ending::Nothing {
        return "It is a warning and ends no run.".into();
    }
    let early = match in_text(code) {
        true => format!(", or {} where the script's text shows it: then nothing is run", Exit::Usage.code()),
        false => String::new(),
    };
    format!("A run that it ends has exit code {}{early}.", exit(code))
}

/// The exit code of a run that a fault of this code ends.
pub fn exit(code: Code) -> u8 {
    match code {
        // It is told of what the stop cut off; the run itself ends as one that was stopped.
        Code::Interrupted => Exit::Interrupted.code(),
        other => Exit::of(other.ending()).code(),
    }
}

/// Whether a script's text can show a fault of this code before it runs, and its ending alone doesn't say so.
pub fn in_text(code: Code) -> bool {
    let group = short(code).split("::").next().unwrap_or_default();
    code.ending() == Ending::Failed && IN_TEXT.contains(&group)
}

/// The codes by their first part, in the order in which the registry has them.
fn groups() -> Vec<(&'static str, Vec<Code>)> {
    let mut groups: Vec<(&str, Vec<Code>)> = vec![];
    for code in Code::ALL {
        let first = short(*code).split("::").next().unwrap_or_default();
        match groups.iter_mut().find(|(group, _)| *group == first) {
            Some((_, codes)) => codes.push(*code),
            None => groups.push((first, vec![*code])),
        }
    }
    groups
}

/// Every code on a line with what it means; those with one first part together.
pub fn list() -> String {
    let longest = Code::ALL.iter().map(|code| short(*code).len()).max().unwrap_or_default();
    let lines = |codes: Vec<Code>| -> String {
        codes.iter().map(|code| format!("{:longest$}  {}\n", short(*code), code.means())).collect()
    };
    let groups: Vec<String> = groups().into_iter().map(|(_, codes)| lines(codes)).collect();
    format!(
        "{}\nsegue explain CODE says more of one: why it happens, an example, and its repair\n",
        groups.join("\n")
    )
}

#[cfg(test)]
mod tests;
