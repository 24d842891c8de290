//! The library of scripts: help for a module or a function, its reference, and the readme's table.

use super::page::Page;
use super::reference::{COMMAND, table};
use super::words::quoted;
use crate::engine::library::{Module, Shared, find, modules};

/// All there is to say about a module of the library, as `std/people` or `people`, or about a function of one, as
/// `people::unique`, in lines of at most `width` columns; `None` where there is none of that name.
pub fn library_help(name: &str, width: usize) -> Option<String> {
    let mut page = Page { text: String::new(), width };
    match find(name)? {
        (module, None) => module_help(&mut page, module),
        (module, Some(function)) => function_help(&mut page, module, function),
    }
    Some(page.text)
}

fn module_help(page: &mut Page, module: &Module) {
    page.line(&module.import());
    for words in &module.about {
        page.line("");
        page.prose("", "", words);
    }
    page.head("It has", true);
    for function in &module.functions {
        page.prose("    ", "        ", &module.signature(function));
        page.prose("        ", "        ", function.in_short());
    }
}

fn function_help(page: &mut Page, module: &Module, function: &Shared) {
    page.prose("", "    ", &module.signature(function));
    page.line(&format!("    {}", module.import()));
    for words in &function.about {
        page.line("");
        page.prose("", "", words);
    }
    if !function.params.is_empty() {
        page.head("It takes", true);
    }
    for (name, words) in &function.params {
        page.prose("    ", "        ", &format!("{name}: {words}"));
    }
    page.head("For example", true);
    for line in function.example.lines() {
        page.line(&format!("    {line}"));
    }
}

/// What `segue tools` lists of the library: each module with what it is for, in a line.
pub fn library_list(width: usize) -> String {
    let mut page = Page { text: String::new(), width };
    for module in modules() {
        page.line(module.path);
        let about = module.about.first().map_or("", String::as_str);
        page.prose("    ", "    ", about);
    }
    page.text
}

/// The reference of the library.
pub fn library_reference() -> String {
    let pages: Vec<String> = modules().iter().map(module_page).collect();
    format!(
        "# The library\n\n\
         Modules of functions that come with Segue, written in Rhai: their text stands beside this page. A script \
         imports one by its path.\n\n\
         Generated from what the modules say of themselves, and checked by a test. Don't edit it: `{COMMAND}` \
         writes it anew.\n\n{}\n{}",
        library_table(),
        pages.join("\n")
    )
}

fn module_page(module: &Module) -> String {
    let mut page =
        format!("## {}\n\n    {}\n\n{}\n", module.path, module.import(), module.about.join("\n\n"));
    for function in &module.functions {
        let (signature, about) = (quoted(&module.signature(function)), function.about.join("\n\n"));
        page += &format!("\n### {}::{}\n\n{signature}\n\n{about}\n\n", module.name(), function.name);
        for (name, words) in &function.params {
            page += &format!("- {}: {words}\n", quoted(name));
        }
        let gap = if function.params.is_empty() { "" } else { "\n" };
        page += &format!("{gap}```rhai\n{}\n```\n", function.example);
    }
    page
}

/// The readme's table of the library.
pub fn library_table() -> String {
    let rows = modules().iter().flat_map(|module| {
        let row =
            |function: &Shared| vec![quoted(&module.signature(function)), function.in_short().to_string()];
        module.functions.iter().map(row)
    });
    table(&["function", "what it gives or does"], rows)
}
