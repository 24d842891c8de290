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

/// Codes that no case can show, and why.
const NO_CASE: &[(Code, &str)] = &[
    (Code::Interrupted, "somebody has to press Ctrl-C: tests/interrupt.rs does"),
    (Code::Crashed, "it says that Segue itself is wrong, and no way there is known"),
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
