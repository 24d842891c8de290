//! The line at a terminal, key by key: what completes it, what is shown behind it, what is kept of it, and what it
//! takes.
#![cfg(unix)]

mod support;
#[path = "support/terminal.rs"]
mod terminal;

use std::process::{Command, Stdio};

use support::{Place, Reply, Server, until};
use terminal::{PROMPT, Terminal};

const SANDBOX: &str = "--sandbox --people 50";
/// Clears the line, as Ctrl-C does.
const CLEAR: &str = "\x03";

fn sandbox(columns: u16) -> Terminal {
    Terminal::open(&Place::empty(), columns, SANDBOX)
}

impl Terminal {
    /// The line up to the cursor: without what is shown behind it.
    fn typed(&self) -> String {
        let screen = self.screen.screen();
        let (row, column) = screen.cursor_position();
        screen.contents_between(row, 0, row, column)
    }

    /// Types keys, waits until the line ends so at the cursor, and clears it.
    fn comes_to(&mut self, keys: &str, end: &str) {
        self.type_in(keys);
        self.until(end, |terminal| terminal.typed().trim_end().ends_with(end.trim_end()));
        self.clear();
    }

    fn clear(&mut self) {
        self.clear_to(PROMPT);
    }

    fn clear_to(&mut self, prompt: &str) {
        let row = |terminal: &Terminal| terminal.screen.screen().cursor_position().0;
        let before = row(self);
        self.type_in(CLEAR);
        // A line that is being drawn may look like an empty one.
        self.until("an empty line", |terminal| row(terminal) > before && terminal.row() == prompt);
    }

    /// Pastes a text, as terminals mark it.
    fn paste(&mut self, text: &str) {
        self.type_in(&format!("\x1b[200~{text}\x1b[201~"));
    }
}

#[test]
fn tab_completes_names_keys_values_and_segments() {
    let mut terminal = sandbox(100);
    terminal.say("fn greet_them(someone) { someone }");
    terminal.say("let people = [1, 2];");
    terminal.say("import \"std/dates\" as dates;");
    for (keys, end) in [
        ("add_per\t", "› add_person_to_group("),
        ("gree\t", "› greet_them("),
        ("peop\t", "› people"),
        ("people.pus\t", "› people.push("),
        ("dates::days_a\t", "› dates::days_ago("),
        (":ty\t", "› :type"),
        (":type add_per\t", "› :type add_person_to_group("),
        ("add_person_to_group(#{ user_id: \"u-1\", gr\t", "gr\u{8}"),
        ("segment_members(\"VI\t", "› segment_members(\"VIP\""),
        ("get_segment_details(\"vi\t)", "› get_segment_details(\"VIP\")"),
    ] {
        // The key is written whole, with what stands behind it.
        let end = if end.ends_with('\u{8}') { "user_id: \"u-1\", group_id:" } else { end };
        terminal.comes_to(keys, end);
    }
}

#[test]
fn tab_lists_what_there_is_to_choose_from() {
    let mut terminal = sandbox(100);
    terminal.type_in("add_person_to_group(#{ \t");
    terminal.until("the list", |terminal| terminal.rows().contains("message_id"));
    terminal.until("the line", |terminal| terminal.typed().trim_end().ends_with("add_person_to_group(#{"));
    let rows = terminal.rows();
    assert!(rows.contains("user_id (required)") && rows.contains("group_id (required)"), "{rows}");
    terminal.clear();
    terminal.comes_to("xyzzy\t1", "› xyzzy1");
}

#[test]
fn what_a_call_takes_is_shown_behind_it_and_is_no_part_of_it() {
    let mut terminal = sandbox(100);
    // By then it is known what there is.
    terminal.say("1");
    terminal.type_in("sleep(");
    terminal.until("the hint", |terminal| terminal.row().ends_with("› sleep(seconds)"));
    terminal.type_in("0); 40 + 2\r");
    terminal.until("its value", |terminal| terminal.rows().contains("\n42\n"));
    assert!(terminal.rows().contains("› sleep(0); 40 + 2\n"), "{}", terminal.rows());
}

#[test]
fn an_input_goes_on_until_it_is_whole_and_comes_back_so() {
    let place = Place::empty();
    let mut terminal = Terminal::open(&place, 80, SANDBOX);
    terminal.say("let f = |a| {\n  a + 1\n};");
    terminal.say("f.call(41)");
    assert!(terminal.rows().contains("\n42\n"), "{}", terminal.rows());
    terminal.type_in("\x04");
    terminal.ends();

    let mut terminal = Terminal::open(&place, 80, SANDBOX);
    terminal.comes_to("\x1b[A", "› f.call(41)");
    terminal.type_in("\x1b[A\x1b[A");
    terminal.until("the closure", |terminal| terminal.rows().ends_with("› let f = |a| {\n  a + 1\n};\n"));
    terminal.type_in("\r");
    terminal.until("the prompt", |terminal| terminal.row() == PROMPT);
    terminal.type_in("\x12call");
    terminal.until("what was searched for", |terminal| terminal.row().ends_with("f.call(41)"));
    terminal.type_in("\r");
    terminal.until("its value", |terminal| terminal.rows().contains("\n42\n"));
}

#[test]
fn two_prompts_keep_the_lines_of_both() {
    let place = Place::empty();
    let mut one = Terminal::open(&place, 80, SANDBOX);
    let mut other = Terminal::open(&place, 80, SANDBOX);
    for n in 0..3 {
        one.say(&format!("{n} + 100"));
        other.say(&format!("{n} + 200"));
    }
    let history = std::fs::read_to_string(place.path().join("home/.local/state/segue/history"));
    let history = history.expect("the history is there");
    for n in 0..3 {
        for sum in [format!("{n} + 100"), format!("{n} + 200")] {
            assert_eq!(history.lines().filter(|line| *line == sum).count(), 1, "{sum}: {history}");
        }
    }
}

#[test]
fn a_key_in_the_midst_of_a_pasted_text_stays_out_of_the_history() {
    let place = Place::empty().with_keys();
    let mut terminal = Terminal::open(&place, 80, SANDBOX);
    terminal.paste(&format!("let a = 1;\nlet note = `x{}y`;\nlet b = 2;", support::KEYS[0].1));
    terminal.type_in("\ra + b\r");
    terminal.until("the sum", |terminal| terminal.rows().ends_with("\n3\nsandbox ›\n"));
    let history = std::fs::read_to_string(place.path().join("home/.local/state/segue/history"));
    let history = history.expect("the history is there");
    assert!(history.contains("a + b") && !history.contains("note"), "{history}");
}

#[test]
fn the_prompt_says_in_colour_what_an_input_can_do() {
    let server = Server::start();
    let place = Place::empty().live(&server.url());
    let open = |arguments: &str| {
        Terminal::running(&place.command(&[]), 80, &format!("exec \"$0\" repl {arguments}"))
    };
    for (arguments, colour, bold) in [(SANDBOX, 2, false), ("", 1, true), ("--read-only", 3, false)] {
        let terminal = open(arguments);
        let screen = terminal.screen.screen();
        let (row, _) = screen.cursor_position();
        let cell = screen.cell(row, 0).expect("the prompt is there");
        assert_eq!((cell.fgcolor(), cell.bold()), (vt100::Color::Idx(colour), bold), "{arguments}");
    }
    let terminal = sandbox(80);
    let cell = terminal.screen.screen().cell(1, 0).expect("the prompt is there");
    assert_eq!(cell.fgcolor(), vt100::Color::Default, "none where it isn't wanted");
}

#[test]
fn a_line_is_edited_in_20_columns() {
    let mut terminal = sandbox(20);
    terminal.type_in("let total = 1 + 2 + 3 + 4 + 50");
    terminal.type_in("\x1b[D\x7f6\x1b[C; total\r");
    terminal.until("the sum", |terminal| terminal.rows().contains("\n70\n"));
    terminal.type_in("add_person_to_group(#{ \t");
    terminal.until("the list", |terminal| terminal.rows().contains("message_id"));
}

#[test]
fn what_is_pasted_is_one_input_however_long() {
    let mut terminal = sandbox(80);
    let lines: String = (0..5_000).map(|n| format!("let x = {n};\n")).collect();
    terminal.paste(&lines);
    // The screen is full of it.
    terminal.type_in("\rx * 2\r");
    terminal.until("twice the last", |terminal| terminal.rows().ends_with("\n9998\nsandbox ›\n"));
    terminal.paste(&format!("let text = \"{}\";", "a".repeat(1 << 20)));
    terminal.type_in("\rtext.len()\r");
    terminal.until("its length", |terminal| terminal.rows().ends_with("\n1048576\nsandbox ›\n"));
}

#[test]
fn lines_that_come_faster_than_they_run_are_all_heard() {
    let mut terminal = sandbox(80);
    let lines: String = (0..50).map(|n| format!("let x{n} = {n};\r")).collect();
    terminal.type_in(&format!("{lines}x0 + x49 + 1000\r"));
    terminal.until("the sum", |terminal| terminal.rows().contains("\n1049\n"));
}

#[test]
fn control_characters_in_a_paste_command_no_terminal() {
    let mut terminal = sandbox(80);
    terminal.say("let before = 1;");
    terminal.paste("let x = \"a\u{7}\u{8}\u{9b}2J\u{0}b\u{1b}[2J\u{1b}]0;title\u{7}\";");
    terminal.type_in("\rbefore + 41\r");
    terminal.until("the sum", |terminal| terminal.rows().ends_with("\n42\nsandbox ›\n"));
    assert!(terminal.rows().contains("let before = 1;"), "nothing is cleared: {}", terminal.rows());
}

#[test]
fn nobody_waits_for_segments_that_dont_come() {
    let gate = support::Gate::default();
    let listed = Reply::ok(r#"{"segments":[{"id":3,"name":"VIP"},{"id":4,"name":"Trial \u001b[2J"}]}"#);
    let server = Server::start().on("GET /v1/segments", [gate.before(listed)]);
    let mut terminal = Terminal::open(&Place::empty().live(&server.url()), 80, "--read-only");
    terminal.type_in("segment_members(\"V\t\t");
    until("they are asked for", || !server.seen().is_empty());
    terminal.clear_to("read-only ›");
    terminal.type_in("40 + 2\r");
    terminal.until("its value", |terminal| terminal.rows().contains("\n42\n"));
    gate.open();
    terminal.type_in("segment_members(\"V");
    terminal.until_completed("VIP\"");
    assert_eq!(server.targets(), ["GET /v1/segments"], "once");
}

#[test]
fn segments_that_cant_be_read_are_no_news_and_arent_asked_for_again_at_once() {
    let server = Server::start().on("GET /v1/segments", [Reply::status(500, "{}")]);
    let mut terminal = Terminal::open(&Place::empty().live(&server.url()), 80, "--read-only");
    for _ in 0..3 {
        terminal.type_in("segment_members(\"V\t");
        terminal.until("the line", |terminal| terminal.typed().ends_with("\"V"));
        until("they are asked for", || !server.seen().is_empty());
        terminal.clear_to("read-only ›");
    }
    terminal.type_in("40 + 2\r");
    terminal.until("its value", |terminal| terminal.rows().contains("\n42\n"));
    assert!(!terminal.rows().contains("500"), "{}", terminal.rows());
    assert_eq!(server.targets(), ["GET /v1/segments"]);
}

impl Terminal {
    /// Presses Tab until the line ends so.
    fn until_completed(&mut self, end: &str) {
        until(end, || {
            self.type_in("\t");
            // Long enough to be drawn: a further Tab would complete what follows.
            std::thread::sleep(std::time::Duration::from_millis(300));
            self.until("the line", |terminal| terminal.typed().contains("segment_members(\"V"));
            self.typed().ends_with(end)
        });
    }
}

/// What [`a_terminal_that_is_closed_ends_what_runs`] kills: whoever holds the terminal.
const HOLDS: &str = "HOLDS_A_TERMINAL";

#[test]
fn a_terminal_that_is_closed_ends_what_runs() {
    let place = Place::empty();
    let folder = place.path().to_path_buf();
    if std::env::var_os(HOLDS).is_some() {
        // A shell that passes the signal on, as one at a terminal does, and tells how it ended.
        let script = format!(
            "exec 3<&0; trap 'kill -HUP $!' HUP; \"$0\" repl {SANDBOX} <&3 & wait $!; wait $!; echo $? > code"
        );
        let folder = std::env::var_os(HOLDS).expect("it is set");
        let mut command = place.command(&[]);
        let mut terminal = Terminal::running(command.current_dir(&folder), 80, &script);
        terminal.type_in("print(\"begun\"); loop { identify_person(\"u-1\") }\r");
        terminal.until("its output", |terminal| terminal.rows().contains("\nbegun\n"));
        std::fs::write(std::path::Path::new(&folder).join("runs"), "").expect("it can be written");
        loop {
            std::thread::park();
        }
    }
    let mut holder = Command::new(std::env::current_exe().expect("there is a test"));
    holder.args(["--exact", "a_terminal_that_is_closed_ends_what_runs"]).env(HOLDS, &folder);
    let mut holder = holder.stdout(Stdio::null()).spawn().expect("it runs");
    until("the input runs", || folder.join("runs").exists());
    // Nothing of it is left to close the terminal in an orderly way.
    holder.kill().expect("it runs");
    holder.wait().expect("it ends");
    let code = folder.join("code");
    until("the prompt ends", || std::fs::read_to_string(&code).is_ok_and(|code| !code.is_empty()));
    assert_eq!(std::fs::read_to_string(code).expect("it is there"), "130\n");
}
