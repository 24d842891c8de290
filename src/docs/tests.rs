//! Generated pages have to say what the catalogue says.

use super::reference::COMMAND;
use super::safety::safety;
use super::words::figure;
use super::*;
use crate::api::{Hosts, KeyName};
use crate::policy::{Grants, Limits, People, Rates, Rejections, SETTINGS};
use crate::spec::{Api, Bucket, Field, Kind, Retry, Rule, Shape};
use crate::tools;
use std::path::{Path, PathBuf};

pub fn in_project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Fails when the file isn't `fresh`, or writes it when asked to.
pub fn check(path: &str, fresh: &str) {
    let file = in_project(path);
    if std::env::var_os("SEGUE_WRITE_REFERENCE").is_some() {
        std::fs::write(&file, fresh).unwrap_or_else(|error| panic!("{path} can't be written: {error}"));
    }
    let stored = std::fs::read_to_string(&file).unwrap_or_default();
    // A checkout may have changed the line ends.
    assert!(stored.replace("\r\n", "\n") == fresh, "{path} is stale; `{COMMAND}` writes it anew");
}

#[test]
fn the_reference_is_fresh() {
    check("src/tools/REFERENCE.md", &reference());
}

#[test]
fn the_reference_of_the_library_is_fresh() {
    check("stdlib/REFERENCE.md", &library_reference());
}

#[test]
fn the_reference_of_codes_is_fresh() {
    check("src/fault/REFERENCE.md", &explain::reference());
}

/// What the readme says by hand of what can be set: a new one is missing there.
#[test]
fn the_readme_tells_of_everything_that_can_be_set() {
    let Ok(readme) = std::fs::read_to_string(in_project("README.md")) else { return };
    let keys = KeyName::ALL.into_iter().flat_map(|key| [key.variable(), key.field()]);
    let hosts = Api::ALL.into_iter().flat_map(|api| [Hosts::variable(api), Hosts::field(api)]);
    let limits = SETTINGS.iter().map(|setting| setting.name).chain(Rates::words()).chain(Grants::WORDS);
    for name in keys.chain(hosts).chain(limits) {
        assert!(readme.contains(&format!("`{name}`")), "README.md says nothing of `{name}`");
    }
    for figure in [
        format!("uses {} of each", Rates::SHARE),
        format!("{} people", figure(People::DEFAULT)),
        format!("{} rejected writes", figure(Rejections::DEFAULT)),
    ] {
        assert!(readme.contains(&figure), "README.md doesn't say \"{figure}\"");
    }
}

#[test]
fn the_tables_go_between_the_marks_and_nothing_else_changes() {
    let others = "<!-- functions -->\n<!-- /functions -->\n\n<!-- library -->\n<!-- /library -->\n\n\
        <!-- scripts -->\n<!-- /scripts -->\n\n<!-- commands -->\n<!-- /commands -->";
    let readme = format!("# Segue\n\n<!-- tools -->\nold\n<!-- /tools -->\n\n{others}\n\nMore.\n");
    let commands = commands_table([(":quit".to_string(), "Leave".to_string())].into_iter());
    let script = "//! Does\n//! this. Or that.\n//!\n//! More.\n".to_string();
    let scripts = scripts_table(&[("it.rhai".to_string(), script)]);
    assert!(scripts.ends_with("| `it.rhai` | Does this. |\n"), "{scripts}");
    let fresh = readme_with_tables(&readme, &commands, &scripts).expect("the marks are there");
    assert!(fresh.starts_with("# Segue\n\n<!-- tools -->\n\n| function |"));
    assert!(fresh.contains("|\n\n<!-- /tools -->\n\n<!-- functions -->\n\n| function | gives |"));
    assert!(fresh.ends_with("| `:quit` | Leave |\n\n<!-- /commands -->\n\nMore.\n"));
    assert_eq!(readme_with_tables(&fresh, &commands, &scripts).as_ref(), Some(&fresh));
    assert_eq!(readme_with_tables("# Segue\n<!-- tools -->\n<!-- /tools -->\n", "", ""), None);
    assert_eq!(readme_with_tables(&format!("# Segue\n{others}\n"), "", ""), None);
}

#[test]
fn a_function_has_a_page_with_a_call_to_copy() {
    let page = function_help(crate::engine::manual::find("parallel").expect("a function"), 40);
    assert!(page.starts_with("parallel(n, items, |item| …)\n\nGives an array of what the closure gives\n"));
    assert!(page.ends_with("\nFor example:\n    parallel(4, [1, 2, 3], |id| get_segment_details(id))\n"));
}

#[test]
fn the_library_tells_of_itself_in_lines_that_fit() {
    for name in crate::engine::library::names() {
        let page = library_help(name, 60).expect("a name it has");
        let (module, function) = crate::engine::library::find(name).expect("a name it has");
        let example = function.map_or("", |function| &function.example);
        for line in page.lines().filter(|line| !example.contains(line.trim())) {
            assert!(line.chars().count() <= 60 && !line.contains('`'), "{name}: {line}");
        }
        let words = page.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains(&module.import()), "{page}");
        for function in function.map_or(&module.functions[..], std::slice::from_ref) {
            assert!(words.contains(&module.signature(function)), "{page}");
            assert!(library_reference().contains(&module.signature(function)));
        }
        assert!(library_list(60).contains(&format!("{}\n    ", module.path)));
    }
    assert_eq!(library_help("people::nothing", 60), None);
}

#[test]
fn tools_are_listed_by_what_is_said_of_them() {
    let names = |word: &str| -> Vec<String> {
        let list = tools_list(word);
        list.lines()
            .filter(|line| !line.starts_with(' '))
            .map(|line| line[..line.find('(').unwrap()].into())
            .collect()
    };
    assert_eq!(names("Newsletters"), ["list_newsletters", "newsletters"]);
    assert_eq!(names("group_id"), ["add_person_to_group"]);
    assert_eq!(names("zebra"), [""; 0]);
    let sequences = tools::ALL.iter().filter(|tool| tool.pages.is_some()).count();
    assert_eq!(names("").len(), tools::ALL.len() + sequences);
}

#[test]
fn every_tool_has_a_page_that_names_its_parameters() {
    for tool in tools::ALL {
        let page = tool_page(tool);
        for param in tool.params {
            assert!(page.contains(&format!("| `{}` |", param.name)), "{}: `{}`", tool.name(), param.name);
        }
        assert!(reference().contains(&page) && readme_table().contains(&tool.signature()));
    }
}

#[test]
fn help_says_the_same_in_lines_that_fit() {
    for tool in tools::ALL {
        for width in [60, 80, 100] {
            let page = help(tool, width);
            let calls: Vec<&str> = tool.examples.iter().flat_map(|example| example.call.lines()).collect();
            for line in page.lines().filter(|line| !calls.contains(&line.trim())) {
                assert!(line.chars().count() <= width || !line.trim().contains(' '), "{width}: {line}");
                assert!(!line.contains(['`', '|']) && !line.starts_with('#'), "{line}");
            }
            let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
            let (page, plain) = (words(&page), |text: &str| words(&text.replace('`', "")));
            for param in tool.params {
                assert!(page.contains(&plain(param.about)), "{}: {}", tool.name(), param.name);
            }
            let said = tool.notes.iter().chain([&tool.about]);
            assert!(
                said.clone().count() > 0 && said.into_iter().all(|it| page.contains(&plain(it))),
                "{page}"
            );
            assert!(tool.examples.iter().all(|example| page.contains(&words(example.call))), "{page}");
        }
    }
}

#[test]
fn the_safety_table_says_what_the_policy_does() {
    let reference = reference();
    let unknown = ["5xx", "timeout", "broken connection", "unreadable answer"];
    for tool in tools::ALL {
        let row = reference.lines().find(|line| line.starts_with(&format!("| [`{}`]", tool.name())));
        let cells: Vec<&str> = row.expect("every tool has a row").split(" | ").collect();
        let safety = safety(tool, &Limits::default());
        assert_eq!(cells[4], safety.again.join(", "), "{}", tool.name());
        let cautious = matches!(tool.retry, Retry::Cautious { .. });
        assert!(unknown.iter().all(|words| safety.again.contains(words) != cautious), "{}", tool.name());
        assert!(safety.again.contains(&"nothing sent") && safety.again.contains(&"429"), "{}", tool.name());
        assert!(safety.not.contains(&"refusal"), "{}", tool.name());
        assert_eq!(cells[5].contains("get_triggers"), tool.name() == "trigger_broadcast");
        let page = help(tool, 100).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(page.contains(&format!("Sent again after: {}.", safety.again.join(", "))), "{page}");
        let keyed = matches!(tool.retry, Retry::Keyed { .. });
        assert_eq!(
            page.contains("With --events-at-most-once only after: nothing sent, 429."),
            keyed,
            "{page}"
        );
    }
    assert!(reference.contains("at most 6 attempts within 600 s, each of at most 30 s"));
}

#[test]
fn kinds_read_as_the_end_of_a_sentence() {
    let words = |kind| kind_in_words(&kind);
    assert_eq!(words(Kind::Int { min: 1, max: 30_000 }), "an integer from 1 to 30,000");
    assert_eq!(words(Kind::Int { min: 1, max: i64::MAX }), "an integer from 1");
    assert_eq!(words(Kind::Choice(&["asc", "desc"])), "`asc` or `desc`");
    assert_eq!(
        words(Kind::List { of: &Kind::Id, max: 10_000 }),
        "an array of 1 to 10,000, each text of 1 to 150 bytes"
    );
}

#[test]
fn rules_shapes_and_limits_read_as_words() {
    assert_eq!(rule_in_words(&Rule::AnyOf(&["a", "b"])), "At least one of `a` and `b` is needed.");
    const SHAPE: Shape =
        Shape::Object(&[Field::always("ids", Shape::List(&Shape::Text)), Field::maybe("next", Shape::Text)]);
    assert_eq!(shape_in_words(&SHAPE), "{ ids: [text], next?: text }");
    const OPEN: Shape = Shape::Open(&[Field::always("id", Shape::Int)]);
    assert_eq!(shape_in_words(&OPEN), "{ id: integer, … }");
    assert_eq!(limit_in_words(&Bucket::App.limit()), "10 requests a second");
    assert_eq!(limit_in_words(&Bucket::BroadcastTrigger.limit()), "1 request in 10 seconds");
}
