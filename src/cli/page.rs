//! The account of a run for whoever wasn't there: a page in Markdown, and one line. Both are made of the run's
//! summary, in which no secret is.

use std::fmt::Write;
use std::time::Duration;

use serde_json::Value;

use super::name::{DRY_RUN, PROFILE, SANDBOX};
use crate::fault::{shell_word, time_in_words, visible};

/// More of a cause is on the page, not on the line.
const LONG: usize = 300;

/// What became of writes: the field of the summary, and its words.
const WRITES: [(&str, &str); 5] = [
    ("accepted", "accepted"),
    ("rejected", "rejected"),
    ("not_delivered", "not delivered"),
    ("may_have_arrived", "may have arrived"),
    ("in_doubt", "in doubt"),
];

/// The run as it would be begun again, for a shell: on the same, and dry where it was. What it was allowed beyond that
/// isn't there, nor what kept or told of it.
pub fn command(run: &Value) -> String {
    let mut words = vec!["segue run".to_string(), shell_word(&text(&run["script"])).into_owned()];
    let given = items(&run["arguments"]).iter().chain(items(&run["options"]));
    words.extend(given.map(|word| shell_word(&text(word)).into_owned()));
    words.join(" ")
}

/// The run, how it ended, why, and where to look, on one line.
pub fn headline(summary: &Value, why: Option<&str>, look: &[String]) -> String {
    let mut line = format!("{}: exit code {}, {}", command(&summary["run"]), summary["exit"], ended(summary));
    if summary["ended"] != "refused" && summary["ended"] != "skipped" {
        let _ = write!(line, " after {}", took(summary));
        let run = &summary["run"];
        if run["sandbox"] != true && run["profile"].is_string() && option(run, PROFILE).is_none() {
            let _ = write!(line, " on {}", workspace(run));
        }
    }
    if let Some(why) = why.or(because(summary)) {
        let _ = write!(line, ": {}", shortened(why));
    }
    let counts = counts(summary);
    if !counts.is_empty() {
        let counts: Vec<String> = counts.iter().map(|(what, n)| format!("{n} {what}")).collect();
        let _ = write!(line, "; of the writes: {}", counts.join(", "));
    }
    if summary["writes"]["in_doubt"].as_u64() > Some(0) {
        line.push_str("; look in Customer.io before you run it again");
    }
    if let Some(unsent) = summary["unsent"].as_str() {
        let _ = write!(line, "; {unsent}");
    }
    if !look.is_empty() {
        let _ = write!(line, "; see {}", look.join(" and "));
    }
    one_line(&line)
}

/// The page of a run that is under way in the process `pid`; a run that is killed leaves it.
pub fn under_way(run: &Value, pid: u32) -> String {
    let mut page = head(run);
    let ended = format!(
        "not yet: it is under way (pid {pid}). Where there is no such process any more it was killed: look in \
         Customer.io for what it did"
    );
    row(&mut page, &["ended", &ended]);
    page
}

/// What ran, on what and since when: the rows that a page begins with.
fn head(run: &Value) -> String {
    let arguments: Vec<String> = items(&run["arguments"]).iter().map(text).collect();
    let arguments = if arguments.is_empty() { "none".to_string() } else { arguments.join(" ") };
    let mut page = format!("# {}\n\n", cell(&command(run)));
    table(&mut page, &["", ""]);
    row(&mut page, &["script", &text(&run["script"])]);
    row(&mut page, &["arguments", &arguments]);
    row(&mut page, &["works on", &place(run)]);
    row(&mut page, &["began", &text(&run["began"])]);
    page
}

/// The page: what ran and where, what became of it, and what it said.
pub fn page(summary: &Value, said: &str) -> String {
    let mut page = head(&summary["run"]);
    row(&mut page, &["took", &took(summary)]);
    let because = because(summary).map(|why| format!(": {why}")).unwrap_or_default();
    row(&mut page, &["ended", &format!("{}{because}", ended(summary))]);
    row(&mut page, &["exit code", &text(&summary["exit"])]);
    let counts = counts(summary);
    if !counts.is_empty() {
        page.push_str("\n## Writes\n\n");
        table(&mut page, &["", "count"]);
        counts.iter().for_each(|(what, n)| row(&mut page, &[what, &n.to_string()]));
    }
    groups(&mut page, items(&summary["groups"]));
    withheld(&mut page, &summary["dry_run"]);
    let calls = items(&summary["calls"]);
    if !calls.is_empty() {
        page.push_str("\n## Calls\n\n");
        table(&mut page, &["tool", "count"]);
        calls.iter().for_each(|call| row(&mut page, &[&text(&call["tool"]), &text(&call["count"])]));
    }
    let said = said.trim_matches('\n');
    if !said.is_empty() {
        let fence = fence(said);
        let _ = write!(page, "\n## What it said\n\n{fence}text\n{}\n{fence}\n", visible(said));
    }
    page
}

/// On what it worked.
fn place(run: &Value) -> String {
    let place = match (run["sandbox"] == true, option(run, SANDBOX)) {
        (false, _) => workspace(run),
        (true, None | Some("")) => "a sandbox of its own".into(),
        (true, Some(url)) => format!("the sandbox at {url}"),
    };
    match option(run, DRY_RUN) {
        Some(_) => format!("nothing: a dry run, which only reads {place}"),
        None => place,
    }
}

/// Whose keys it had.
fn workspace(run: &Value) -> String {
    match run["profile"].as_str() {
        Some(profile) => format!("the workspace of the profile {profile}"),
        None => "the workspace of the environment's keys".into(),
    }
}

/// The value of an option that the run was given; empty for one without.
fn option<'r>(run: &'r Value, name: &str) -> Option<&'r str> {
    let given = items(&run["options"]).iter().filter_map(Value::as_str);
    let mut rest = given.filter_map(|option| option.strip_prefix(name));
    rest.next().map(|rest| rest.strip_prefix('=').unwrap_or(rest))
}

/// The writes that weren't accepted, by cause.
fn groups(page: &mut String, groups: &[Value]) {
    if groups.is_empty() {
        return;
    }
    page.push_str("\n## Not accepted\n\n");
    table(page, &["", "count", "tool", "at", "status", "cause", "first"]);
    for group in groups {
        let outcome =
            WRITES.iter().find(|(field, _)| group["outcome"] == *field).map_or("", |(_, what)| what);
        let place = &group["place"];
        let at = match place.is_null() {
            true => String::new(),
            false => format!("{}:{}", text(&place["file"]), place["line"]),
        };
        let first: Vec<String> = items(&group["subjects"]).iter().map(text).collect();
        let more = if group["count"].as_u64() > Some(first.len() as u64) { ", …" } else { "" };
        let first = first.join(", ") + more;
        let [count, tool, status, cause] = ["count", "tool", "status", "cause"].map(|it| text(&group[it]));
        row(page, &[outcome, &count, &tool, &at, &status, &cause, &first]);
    }
}

/// What a dry run kept back.
fn withheld(page: &mut String, dry: &Value) {
    if dry.is_null() {
        return;
    }
    page.push_str("\n## Kept back\n\nThis was a dry run: nothing was written.\n\n");
    table(page, &["tool", "count", "people"]);
    for writes in items(&dry["writes"]) {
        let [tool, count, people] = ["tool", "count", "people"].map(|it| text(&writes[it]));
        row(page, &[&tool, &count, &people]);
    }
}

/// The writes of each kind that there are.
fn counts(summary: &Value) -> Vec<(&'static str, u64)> {
    let counts = WRITES.map(|(field, what)| (what, summary["writes"][field].as_u64().unwrap_or_default()));
    counts.into_iter().filter(|(_, n)| *n > 0).collect()
}

/// How it ended, in words.
fn ended(summary: &Value) -> String {
    match summary["ended"].as_str() {
        Some("refused") => "it never began".into(),
        Some("output_closed") => "stopped".into(),
        Some("depends") => "done, as far as a dry run goes".into(),
        other => other.unwrap_or_default().into(),
    }
}

/// Why it ended so, where nothing more was said of it.
fn because(summary: &Value) -> Option<&'static str> {
    (summary["ended"] == "output_closed").then_some("its output can't be written")
}

fn took(summary: &Value) -> String {
    time_in_words(Duration::from_millis(summary["elapsed_ms"].as_u64().unwrap_or_default()))
}

fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// A text or a number as it is read; nothing for what isn't there.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn table(page: &mut String, heads: &[&str]) {
    row(page, heads);
    let _ = writeln!(page, "|{}", "--|".repeat(heads.len()));
}

fn row(page: &mut String, cells: &[&str]) {
    let cells: Vec<String> = cells.iter().map(|text| cell(text)).collect();
    let _ = writeln!(page, "| {} |", cells.join(" | "));
}

/// A text as Markdown that says just that: what comes from data makes no link and no table of its own.
fn cell(text: &str) -> String {
    let text: Vec<char> = one_line(text).chars().collect();
    let mut cell = String::with_capacity(text.len());
    for (i, c) in text.iter().enumerate() {
        let beside = |at: Option<usize>| at.and_then(|at| text.get(at)).is_some_and(|c| c.is_alphanumeric());
        let means = match c {
            '\\' | '|' | '<' | '>' | '`' | '*' | '&' => true,
            // In the midst of a word it is none.
            '_' => !(beside(i.checked_sub(1)) && beside(Some(i + 1))),
            ']' => text.get(i + 1) == Some(&'('),
            _ => false,
        };
        if means {
            cell.push('\\');
        }
        cell.push(*c);
    }
    cell
}

fn one_line(text: &str) -> String {
    visible(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONG) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_string(),
    }
}

/// Backticks that no line of `text` ends.
fn fence(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    "`".repeat(longest.max(2) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn summary() -> Value {
        json!({
            "ended": "done", "exit": 5, "elapsed_ms": 12_300,
            "run": {
                "script": "sync.rhai", "arguments": ["segment=VIP"], "profile": "acme", "sandbox": false,
                "options": ["--profile=acme"], "began": "2026-01-31T09:30:00Z",
            },
            "calls": [{ "tool": "identify_person", "count": 4 }],
            "writes": { "accepted": 3, "rejected": 1, "not_delivered": 0, "in_doubt": 0, "may_have_arrived": 0 },
            "groups": [{
                "outcome": "rejected", "tool": "identify_person", "status": 400, "count": 1, "subjects": ["u|1"],
                "cause": "no <b>", "place": { "file": "sync.rhai", "line": 3, "column": 1 },
            }],
            "dry_run": null,
        })
    }

    #[test]
    fn a_line_names_the_run_and_says_where_to_look() {
        let look = ["run.md".to_string(), "segue.log".to_string()];
        assert_eq!(
            headline(&summary(), Some("bad\nvalue"), &look),
            "segue run sync.rhai segment=VIP --profile=acme: exit code 5, done after 12 s: bad value; of the writes: \
             3 accepted, 1 rejected; see run.md and segue.log"
        );
        let refused = json!({
            "ended": "refused", "exit": 2, "run": { "script": "x.rhai", "arguments": [], "sandbox": true, "options": ["--sandbox"] },
        });
        assert_eq!(headline(&refused, None, &[]), "segue run x.rhai --sandbox: exit code 2, it never began");
        let mut doubt = summary();
        doubt["writes"]["in_doubt"] = 1.into();
        assert!(headline(&doubt, None, &[]).ends_with("; look in Customer.io before you run it again"));
        let long = headline(&summary(), Some(&"é".repeat(400)), &[]);
        assert!(long.contains(&format!("{}…", "é".repeat(LONG))), "{long}");
    }

    #[test]
    fn a_command_that_is_pasted_works_on_the_same_and_is_dry_where_it_was() {
        let url = "--sandbox=http://127.0.0.1:8787";
        for (profile, options, again, works_on) in [
            (None, &[][..], "", "the workspace of the environment's keys"),
            (Some("acme"), &["--profile=acme"], " --profile=acme", "the workspace of the profile acme"),
            (Some("acme"), &[], "", "the workspace of the profile acme"),
            (
                Some("acme"),
                &["--dry-run"],
                " --dry-run",
                "nothing: a dry run, which only reads the workspace of the profile acme",
            ),
            (None, &["--sandbox"], " --sandbox", "a sandbox of its own"),
            (
                Some("acme"),
                &[url],
                " --sandbox=http://127.0.0.1:8787",
                "the sandbox at http://127.0.0.1:8787",
            ),
            (
                None,
                &["--sandbox", "--dry-run"],
                " --sandbox --dry-run",
                "nothing: a dry run, which only reads a sandbox of its own",
            ),
        ] {
            let run = json!({
                "script": "my list.rhai", "arguments": ["segment=Churn risk"], "profile": profile,
                "sandbox": options.iter().any(|option| option.starts_with("--sandbox")), "options": options,
            });
            assert_eq!(command(&run), format!("segue run 'my list.rhai' 'segment=Churn risk'{again}"));
            assert_eq!(place(&run), works_on);
        }
        // Who reads of it in a mail alone learns whose it was.
        let mut elsewhere = summary();
        elsewhere["run"]["options"] = json!([]);
        let line = headline(&elsewhere, None, &[]);
        let begins = "segue run sync.rhai segment=VIP: exit code 5, done after 12 s on the workspace of the profile \
                      acme; of the writes";
        assert!(line.starts_with(begins), "{line}");
    }

    #[test]
    fn what_comes_from_data_is_no_markdown() {
        assert_eq!(
            cell("a|b <i> `c` *d* _e_ f_g [h](i) &amp; \\\nj"),
            "a\\|b \\<i\\> \\`c\\` \\*d\\* \\_e\\_ f_g [h\\](i) \\&amp; \\\\ j"
        );
        assert_eq!(cell("[secret]\x1b[2J"), "[secret]\\\\u{1b}[2J");
    }

    #[test]
    fn a_page_tells_all_of_it() {
        let page = page(&summary(), "\n  × said ```\n");
        for part in [
            "# segue run sync.rhai segment=VIP --profile=acme\n",
            "| arguments | segment=VIP |\n",
            "| works on | the workspace of the profile acme |\n",
            "| began | 2026-01-31T09:30:00Z |\n| took | 12 s |\n| ended | done |\n| exit code | 5 |\n",
            "| accepted | 3 |\n| rejected | 1 |\n",
            "| rejected | 1 | identify_person | sync.rhai:3 | 400 | no \\<b\\> | u\\|1 |\n",
            "| identify_person | 4 |\n",
            "\n````text\n  × said ```\n````\n",
        ] {
            assert!(page.contains(part), "{part}\n---\n{page}");
        }
        assert!(!page.contains("Kept back"), "{page}");
    }
}
