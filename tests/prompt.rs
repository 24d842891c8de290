//! The prompt at a terminal: what is typed, in `tests/repl/NAME.typed`, and the screen behind it, in
//! `NAME.screen`. `SEGUE_WRITE_SCREENS=1` writes the screens anew.
#![cfg(unix)]

mod support;
#[path = "support/terminal.rs"]
mod terminal;

use std::path::{Path, PathBuf};

use support::{Place, Reply, Server, until};
use terminal::{PROMPT, Terminal};

/// The inputs of a text: a line that is indented, or closes a block, goes on with the one before.
fn inputs(text: &str) -> Vec<String> {
    let mut inputs: Vec<String> = vec![];
    for line in text.lines() {
        match inputs.last_mut().filter(|_| line.starts_with([' ', '}'])) {
            Some(last) => last.extend(["\n", line]),
            None => inputs.push(line.to_string()),
        }
    }
    inputs
}

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/repl");
    let files =
        std::fs::read_dir(folder).expect("there are cases").map(|entry| entry.expect("it is read").path());
    let mut cases: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|end| end == "typed")).collect();
    cases.sort();
    cases
}

#[test]
fn each_session_ends_with_its_screen() {
    let cases = cases();
    assert!(!cases.is_empty());
    for case in cases {
        let typed = std::fs::read_to_string(&case).expect("it can be read");
        let place = Place::empty();
        let mut terminal = Terminal::open(&place, 80, "--sandbox --people 1000");
        for input in inputs(&typed) {
            terminal.say(&input);
        }
        let (screen, path) = (terminal.rows(), case.with_extension("screen"));
        if std::env::var_os("SEGUE_WRITE_SCREENS").is_some() {
            std::fs::write(&path, &screen).expect("it can be written");
        }
        let expected = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(screen, expected, "{}", case.display());
    }
}

#[test]
fn the_readme_shows_the_first_session() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).expect("it can be read");
    let screen = read("tests/repl/first_session.screen");
    let screen = screen.trim_end().strip_suffix(PROMPT).expect("it ends with the prompt").trim_end();
    let shown: Vec<String> = screen.lines().map(|line| format!("    {line}")).collect();
    assert!(read("README.md").contains(&shown.join("\n")), "{}", shown.join("\n"));
}

#[test]
fn ctrl_c_stops_what_runs_and_says_what_was_delivered() {
    let mut terminal = Terminal::open(&Place::empty(), 80, "--sandbox --people 1000");
    terminal.say("let n = 0;");
    terminal.type_in("loop { n += 1; identify_person(\"u-1\", #{ n: n }); }\r");
    // Its progress is told once it takes a while.
    terminal.until("progress", |terminal| terminal.rows().contains("writes accepted"));
    terminal.type_in("\x03");
    terminal.until("the prompt", |terminal| terminal.row() == PROMPT);
    let rows = terminal.rows();
    assert!(rows.contains("interrupted") && rows.contains(" accepted"), "{rows}");
    terminal.say("n");
    assert!(terminal.rows().contains("\n0\n"), "{}", terminal.rows());
}

#[test]
fn ctrl_c_clears_the_line_and_ctrl_d_leaves() {
    let place = Place::empty();
    let mut terminal = Terminal::open(&place, 80, "--sandbox");
    terminal.type_in("let x = (1 + ");
    terminal.until("the line", |terminal| terminal.row().ends_with("(1 +"));
    terminal.type_in("\x03");
    terminal.until("the prompt", |terminal| terminal.row() == PROMPT);
    terminal.say("40 + 2");
    terminal.type_in("\x04");
    terminal.ends();
    let history = place.path().join("home/.local/state/segue/history");
    let kept = std::fs::read_to_string(&history).expect("the history is there");
    assert!(kept.contains("40 + 2") && !kept.contains("(1 +"), "{kept}");
    let mode =
        std::os::unix::fs::PermissionsExt::mode(&history.metadata().expect("it is there").permissions());
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_key_stays_out_of_the_history() {
    let place = Place::empty().with_keys();
    let mut terminal = Terminal::open(&place, 80, "--sandbox");
    terminal.say(&format!("let key = \"{}\";", support::KEYS[0].1));
    terminal.say("40 + 2");
    let history = std::fs::read_to_string(place.path().join("home/.local/state/segue/history"));
    let kept = history.expect("the history is there");
    assert!(kept.contains("40 + 2") && !kept.contains("sentinel"), "{kept}");
}

#[test]
fn a_narrow_terminal_and_one_without_a_home_have_a_prompt() {
    for (place, columns) in [(Place::empty(), 20), (Place::empty().set("HOME", "/dev/null"), 80)] {
        let mut terminal = Terminal::open(&place, columns, "--sandbox");
        terminal.say("40 + 2");
        assert!(terminal.rows().contains("\n42\n"), "{}", terminal.rows());
    }
}

#[test]
fn reload_reads_a_script_and_its_modules_anew() {
    let place = Place::empty();
    place.file("main.rhai", b"import \"lib\" as lib;\nprint(lib::word());");
    place.file("lib.rhai", b"fn word() { \"before\" }");
    let mut terminal = Terminal::open(&place, 80, "--sandbox");
    terminal.say(":load main.rhai");
    place.file("lib.rhai", b"fn word() { \"behind\" }");
    terminal.say(":load main.rhai");
    assert!(!terminal.rows().contains("behind"), "{}", terminal.rows());
    terminal.say(":reload");
    assert!(terminal.rows().contains("\nbehind\n"), "{}", terminal.rows());
}

#[test]
fn values_fit_the_terminal_and_command_it_nothing() {
    let mut terminal = Terminal::open(&Place::empty(), 40, "--sandbox --people 50");
    terminal.say("\"a\\u001b[2Jb\"");
    terminal.say("segment_members(\"VIP\")");
    let rows = terminal.rows();
    assert!(rows.contains("sandbox › \"a") && rows.contains(" id ") && rows.contains("liam.lopez"), "{rows}");
    assert!(rows.lines().all(|row| row.chars().count() <= 40), "{rows}");
}

#[test]
fn ctrl_c_waits_for_what_would_be_in_doubt_and_for_nothing_else() {
    let server = Server::start().on("*", [Reply::Hang, Reply::Hang]);
    let mut terminal = Terminal::open(&Place::empty(), 100, &format!("--sandbox={}", server.url()));
    terminal.type_in("identify_person(\"u-1\"); flush();\r");
    until("the request arrives", || server.seen().len() == 1);
    terminal.type_in("\x03");
    terminal.until("the prompt", |terminal| terminal.row() == PROMPT);
    let rows = terminal.rows();
    assert!(rows.contains("1 write: 1 may have arrived") && !rows.contains("stopping"), "{rows}");
    terminal.type_in("track_event(\"u-1\", \"x\"); flush();\r");
    until("the request arrives", || server.seen().len() == 2);
    terminal.type_in("\x03");
    let again = "stopping: waiting for 1 answer, Ctrl-C again to stop now";
    terminal.until("the wait", |terminal| terminal.rows().contains(again));
    terminal.type_in("\x03");
    terminal.until("the prompt", |terminal| terminal.row() == PROMPT);
    assert!(terminal.rows().contains("1 write: 1 in doubt"), "{}", terminal.rows());
}

#[test]
fn ctrl_c_stops_the_reading_of_a_value_and_leaves_what_its_input_did() {
    let server = Server::start().on("*", [Reply::Hang]);
    let mut terminal = Terminal::open(&Place::empty(), 80, &format!("--sandbox={}", server.url()));
    for (input, requests) in [("let n = 7; messages()", 1), (":more", 2)] {
        terminal.type_in(&format!("{input}\r"));
        until("the request arrives", || server.seen().len() == requests);
        terminal.type_in("\x03");
        terminal.until("the prompt", |terminal| terminal.row() == PROMPT);
    }
    terminal.say("n");
    let rows = terminal.rows();
    assert!(rows.contains("\n7\n") && rows.matches("\ninterrupted\n").count() == 2, "{rows}");
}
