//! Scripts that fail, and what the command says of them, word by word.
//!
//! A case is `tests/FOLDER/NAME.rhai`, or a folder with a `main.rhai`; beside it lies `NAME.txt` with what
//! is printed and how it ends. The folder says when it fails.

mod golden;
mod support;

use segue::fault::Code;

const CHECK: &[&str] = &["check", "{file}"];
const RUN: &[&str] = &["run", "{file}", "--sandbox"];

#[test]
fn what_does_not_parse_says_where_and_how_to_fix_it() {
    golden::hold("fails_parse", CHECK);
}

#[test]
fn what_does_not_check_says_so_before_anything_is_sent() {
    golden::hold("fails_check", CHECK);
}

#[test]
fn what_fails_as_it_runs_says_what_and_where() {
    golden::hold("fails_run", RUN);
}

/// Behind `<!-- tests/CASE -->` the readme shows what is printed of a case, from the first line to the last of
/// a diagnostic.
#[test]
fn the_readme_shows_what_is_printed() {
    let read = |path: &str| std::fs::read_to_string(support::in_project(path)).expect("it can be read");
    let readme = read("README.md");
    let shown: Vec<(&str, &str)> = readme
        .split("<!-- tests/")
        .skip(1)
        .map(|behind| {
            let (case, rest) = behind.split_once(" -->\n```text\n").expect("a case stands before its output");
            (case, rest.split_once("\n```\n").expect("the output ends").0)
        })
        .collect();
    assert_eq!(shown.len(), 3);
    for (case, output) in shown {
        let golden = read(&format!("tests/{case}.txt"));
        assert!(golden.contains(&format!("{}\n", golden::timeless(output))), "{case} prints\n{golden}");
    }
}

/// Codes that no case can show, and why.
const NO_CASE: &[(Code, &str)] = &[
    (Code::Interrupted, "somebody has to press Ctrl-C: tests/interrupt.rs does"),
    (Code::Crashed, "it says that Segue itself is wrong: tests/mutants.rs looks for a way there"),
];

#[test]
fn every_code_has_a_case() {
    let shown = golden::codes_shown();
    let without = |code: &Code| NO_CASE.iter().any(|(other, _)| other == code);
    let missing: Vec<&str> = Code::ALL
        .iter()
        .filter(|code| !without(code))
        .map(|code| code.name())
        .filter(|code| !shown.contains(*code))
        .collect();
    assert!(missing.is_empty(), "no case shows {missing:?}");
    let stale: Vec<&str> =
        NO_CASE.iter().map(|(code, _)| code.name()).filter(|code| shown.contains(*code)).collect();
    assert!(stale.is_empty(), "a case shows {stale:?} after all");
}
