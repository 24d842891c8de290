//! The pages: one tool, all of them, and the readme's table.

use super::functions::functions_table;
use super::library::library_table;
use super::safety::{self, limits_in_words, looked_up, safety};
use super::words::{figure, kind_in_words, limit_in_words, quoted, rule_in_words, shape_in_words};
use crate::policy::Limits;
use crate::spec::{Delivery, Effect, Kind, Method, Param, Place, Presence, Shape, Tool};
use crate::tools;

/// How a generated page is written anew.
pub(super) const COMMAND: &str = "SEGUE_WRITE_REFERENCE=1 cargo test docs::";

/// All there is to say about a tool.
pub fn tool_page(tool: &Tool) -> String {
    let mut page = format!("### {}\n\n{}\n\n", tool.name(), tool.about);
    page += &format!("    {}\n\n", tool.signature());
    page += &format!(
        "`{} {}` of the {} API; agents know it as `{}`.\n\n",
        tool.method.as_str(),
        tool.path,
        tool.api.name(),
        tool.slug
    );
    if !tool.params.is_empty() {
        page += &table(&["parameter", "", "takes", "is"], parameter_rows(tool));
        page += "\n";
    }
    for line in policy(tool) {
        page += &format!("- {line}\n");
    }
    if !tool.notes.is_empty() {
        page += "\nTo know:\n\n";
    }
    for note in tool.notes {
        page += &format!("- {note}\n");
    }
    for example in tool.examples {
        page += &format!("\n{}:\n\n```rhai\n{}\n```\n\n", example.title, example.call);
        page += &format!("sends `{}`\n", example.sends);
    }
    page
}

/// The reference of all tools.
pub fn reference() -> String {
    let rows = in_order().into_iter().map(|tool| {
        vec![
            format!("[`{0}`](#{0})", tool.name()),
            tool.effect.name().into(),
            delivery(tool.delivery).into(),
            tool.retry.name().into(),
            safety(tool, &Limits::default()).again.join(", "),
            looked_up(tool).unwrap_or_default(),
            tool.retry.because().into(),
        ]
    });
    let head = ["tool", "effect", "delivery", "class", "sent again after", "looked up through", "because"];
    let overview = table(&head, rows);
    let pages: Vec<String> = in_order().into_iter().map(tool_page).collect();
    format!(
        "# The tools\n\n\
         Generated from the catalogue in `src/tools`, and checked by a test. Don't edit it: `{COMMAND}` \
         writes it anew.\n\n\
         *Class* says whether a call is sent again when its outcome isn't known: *safe*, after any passing \
         fault; *keyed*, with the same message id, though Customer.io doesn't promise to drop the repeat, and \
         not at all with `--events-at-most-once`; *cautious*, only if nothing left the machine or the server \
         refused it unprocessed. A keyed or cautious write whose outcome stays unknown is *in doubt*, and \
         exit code 6 says so.\n\n\
         A call gets {}. A 429 holds up everybody who calls that API and costs no attempt. A 401 is a \
         refusal, but asked once more if the credential, read anew, has changed. When an API has failed too \
         often of late, its calls are tried once each.\n\n\
         {overview}\n{}",
        limits_in_words(),
        pages.join("\n")
    )
}

/// The readme's table of tools.
pub fn readme_table() -> String {
    let rows = in_order().into_iter().map(|tool| {
        vec![quoted(&tool.signature()), tool.about.into(), tool.effect.name().into(), tool.api.name().into()]
    });
    table(&["function", "what it does", "effect", "API"], rows)
}

/// The readme with its tables between their marks written anew, those of the prompt's `commands` and of the `scripts`
/// among them; `None` when it has no such marks.
pub fn readme_with_tables(readme: &str, commands: &str, scripts: &str) -> Option<String> {
    let readme = between(readme, "tools", &readme_table())?;
    let readme = between(&readme, "functions", &functions_table())?;
    let readme = between(&readme, "library", &library_table())?;
    let readme = between(&readme, "scripts", scripts)?;
    between(&readme, "commands", commands)
}

/// A table of the prompt's commands: how each is written, and what it does.
pub fn commands_table(rows: impl Iterator<Item = (String, String)>) -> String {
    table(&["command", "does"], rows.map(|(usage, about)| vec![quoted(&usage), about]))
}

/// A table of scripts, each by its file and the text of it: what the first sentence of its head says.
pub fn scripts_table(scripts: &[(String, String)]) -> String {
    let row = |(file, text): &(String, String)| {
        let head = text.lines().map_while(|line| line.strip_prefix("//!")).map(str::trim);
        let head = head.take_while(|line| !line.is_empty()).collect::<Vec<_>>().join(" ");
        let first = head.find(". ").map_or(head.as_str(), |end| &head[..=end]);
        vec![quoted(file), first.to_string()]
    };
    table(&["script", "does"], scripts.iter().map(row))
}

/// A text with `table` between the marks `<!-- name -->` and `<!-- /name -->`.
fn between(text: &str, name: &str, table: &str) -> Option<String> {
    let (begins, ends) = (format!("<!-- {name} -->"), format!("<!-- /{name} -->"));
    let (before, rest) = text.split_once(&begins)?;
    let (_, after) = rest.split_once(&ends)?;
    Some(format!("{before}{begins}\n\n{table}\n{ends}{after}"))
}

/// All tools by name, as a reader looks for them; a slug's second prefix would put one elsewhere.
fn in_order() -> Vec<&'static Tool> {
    let mut tools = tools::ALL.to_vec();
    tools.sort_by_key(|tool| tool.name());
    tools
}

/// What a tool does beyond its parameters, a line each.
pub(super) fn policy(tool: &Tool) -> Vec<String> {
    let mut lines: Vec<String> = tool.rules.iter().map(rule_in_words).collect();
    lines.push(match tool.effect {
        Effect::Read | Effect::Upsert | Effect::Event => format!("Effect: {}.", tool.effect.name()),
        Effect::Consent | Effect::Send | Effect::Destroy => {
            format!("Effect: {0}; a live run needs the grant `{0}`.", tool.effect.name())
        }
    });
    lines.push(format!("Delivery: {}.", tool.delivery.name()));
    lines.push(format!("Repeated: {}, because {}.", tool.retry.name(), tool.retry.because()));
    lines.extend(safety::lines(tool));
    let limit = tool.bucket.limit();
    lines.push(format!(
        "Limit: {} ({}, {}).",
        limit_in_words(&limit),
        quoted(tool.bucket.name()),
        limit.as_of
    ));
    if tool.method == Method::Post && tool.params.iter().any(|param| tool.place(param) == Place::Body) {
        lines.push(format!("Largest request: {} bytes.", figure(tool.max_body as u64)));
    }
    lines.push(match tool.answer {
        Shape::Nothing => "Answer: nothing; Customer.io says no more than that it took it.".into(),
        shape => format!("Answer: `{}`.", shape_in_words(&shape)),
    });
    if let Some(pages) = tool.pages {
        lines.push(format!(
            "Sequence: `{}` yields all `{}` of all pages, {} in a page.",
            pages.sequence,
            pages.items,
            figure(pages.size.into())
        ));
    }
    lines
}

/// The first word of a delivery's description.
fn delivery(delivery: Delivery) -> &'static str {
    delivery.name().split(':').next().unwrap_or_default()
}

/// Of each parameter its name, whether it has to be given, what it takes and what it is.
pub(super) fn parameter_rows(tool: &Tool) -> Vec<Vec<String>> {
    let mut rows = vec![];
    for param in tool.params {
        let place = match tool.place(param) {
            Place::Nowhere => " Segue reads it and doesn't send it.".into(),
            _ => renamed(param),
        };
        rows.push(row(param.name, param, &place));
        inner_rows(param.name, &param.kind, &mut rows);
    }
    rows
}

/// Rows for the fields inside of a parameter, named by their way: `traits.email`, `per_user_data[].id`.
fn inner_rows(way: &str, kind: &Kind, rows: &mut Vec<Vec<String>>) {
    match *kind {
        Kind::Attributes(fields) | Kind::Record { fields, .. } => {
            for field in fields {
                let way = format!("{way}.{}", field.name);
                rows.push(row(&way, field, &renamed(field)));
                inner_rows(&way, &field.kind, rows);
            }
        }
        Kind::List { of, .. } => inner_rows(&format!("{way}[]"), of, rows),
        _ => {}
    }
}

fn row(name: &str, param: &Param, more: &str) -> Vec<String> {
    let presence = match param.presence {
        Presence::Required => "required",
        Presence::Grouped => "see below",
        Presence::Optional => "optional",
    };
    vec![quoted(name), presence.into(), kind_in_words(&param.kind), format!("{}{more}", param.about)]
}

fn renamed(param: &Param) -> String {
    match param.wire {
        Some(wire) if wire != param.name => format!(" Sent as `{wire}`."),
        _ => String::new(),
    }
}

pub(super) fn table(head: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let line = |cells: &[String]| {
        let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let mut table = format!("| {} |\n|{}\n", head.join(" | "), "--|".repeat(head.len()));
    for row in rows {
        table += &line(&row);
    }
    table
}
