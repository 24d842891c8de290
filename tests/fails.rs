//! Scripts that fail, and what the command says of them, word by word.
//!
//! A case is `tests/FOLDER/NAME.rhai`, or a folder with a `main.rhai`; beside it lies `NAME.txt` with what
//! is printed and how it ends. The folder says when it fails.

mod golden;
mod support;

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
