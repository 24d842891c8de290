//! One tool's page for a terminal: the same facts as in the reference, without Markdown.

use super::page::Page;
use super::reference::{parameter_rows, policy};
use crate::spec::Tool;

/// All there is to say about a tool, in lines of at most `width` columns. Only an example's call keeps the
/// lines it has, so that it can be copied.
pub fn help(tool: &Tool, width: usize) -> String {
    let mut page = Page { text: String::new(), width };
    page.prose("", "    ", &tool.signature());
    page.line("");
    page.prose("", "", tool.about);
    page.prose(
        "",
        "",
        &format!(
            "It is {} {} of the {} API; agents know it as {}.",
            tool.method.as_str(),
            tool.path,
            tool.api.name(),
            tool.slug
        ),
    );
    let rows = parameter_rows(tool);
    page.head("Parameters", !rows.is_empty());
    for row in rows {
        let [name, presence, takes, about] = row.as_slice() else { continue };
        page.prose("  ", "    ", &format!("{name} ({presence})"));
        page.prose("      ", "      ", &format!("{about} Takes {takes}."));
    }
    page.head("What it does", true);
    for line in policy(tool) {
        page.prose("  ", "    ", &line);
    }
    page.head("To know", !tool.notes.is_empty());
    for note in tool.notes {
        page.prose("  - ", "    ", note);
    }
    for example in tool.examples {
        page.head(example.title, true);
        for line in example.call.lines() {
            page.line(&format!("    {line}"));
        }
        page.wrap("  ", "    ", &format!("sends {}", example.sends), &[' ', ',']);
    }
    page.text
}
