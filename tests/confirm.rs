//! What a live prompt asks at a terminal before it sends or deletes.
#![cfg(unix)]

mod support;
#[path = "support/terminal.rs"]
mod terminal;

use support::{Place, Reply, Server};
use terminal::Terminal;

const SUPPRESS: &str = "POST /api/v1/customers/u-1/suppress";

fn taking() -> Server {
    Server::start().judging(|_| Some(Reply::ok("{}")))
}

fn at(server: &Server, arguments: &str) -> Terminal {
    Terminal::open(&Place::empty().live(&server.url()), 100, arguments)
}

impl Terminal {
    /// Types a line, and waits for what stands in the last row then.
    fn answers(&mut self, line: &str, row: &str) {
        let before = self.screen.screen().cursor_position().0;
        self.type_in(line);
        self.until(row, |terminal| {
            terminal.screen.screen().cursor_position().0 > before && terminal.row() == row
        });
    }

    fn says(&self, words: &str) {
        let rows = self.rows();
        assert!(rows.contains(words), "{words}:\n{rows}");
    }
}

#[test]
fn only_the_word_makes_the_call() {
    let server = taking();
    let mut terminal = at(&server, "");
    terminal.answers("suppress_person(\"u-1\")\r", "confirm ›");
    terminal.says("`suppress_person` at <repl:1>:1 deletes people's data for good, or may:");
    terminal.says("  POST /api/v1/customers/u-1/suppress HTTP/1.1");
    terminal.says("type `destroy` to make it");
    terminal.answers("y\r", "live ›");
    terminal.says("`suppress_person` wasn't confirmed, and isn't made");
    assert!(server.seen().is_empty());
    terminal.answers("suppress_person(\"u-1\")\r", "confirm ›");
    terminal.answers("destroy\r", "live ›");
    terminal.says("1 write: 1 accepted");
    assert_eq!(server.posts(), [SUPPRESS]);
    for key in support::KEYS {
        assert!(!terminal.rows().contains(key.1), "a key is shown");
    }
}

#[test]
fn one_answer_may_be_for_all_of_an_input_and_no_further_one() {
    let server = taking();
    let mut terminal = at(&server, "--allow destroy");
    terminal.answers("for n in 0..3 { suppress_person(`u-${n}`) }\r", "confirm ›");
    terminal.answers("destroy all\r", "live ›");
    terminal.says("3 writes: 3 accepted");
    terminal.answers("suppress_person(\"u-9\")\r", "confirm ›");
    terminal.answers("send all\r", "live ›");
    assert_eq!(server.posts().len(), 3);
}

#[test]
fn ctrl_c_at_the_question_stops_the_input() {
    let server = taking();
    let mut terminal = at(&server, "");
    terminal.answers("let x = 1;\r", "live ›");
    terminal.answers("suppress_person(\"u-1\"); x = 2;\r", "confirm ›");
    terminal.answers("\u{3}", "live ›");
    terminal.says("interrupted");
    terminal.answers("print(`x is ${x}`)\r", "live ›");
    terminal.says("x is 1");
    assert!(server.seen().is_empty());
}

#[test]
fn nothing_is_asked_for_that_may_never_be_made() {
    let server = taking();
    let mut terminal = at(&server, "--read-only");
    terminal.answers("suppress_person(\"u-1\")\r", "read-only ›");
    terminal.says("this run may only read");
    assert!(server.seen().is_empty());
}

#[test]
fn what_is_held_is_asked_for_when_it_is_sent() {
    let server = taking();
    let mut terminal = at(&server, "");
    terminal.answers(":hold\r", "live, 0 held ›");
    terminal.answers("identify_person(\"u-1\"); suppress_person(\"u-1\")\r", "live, 2 held ›");
    terminal.answers(":send\r", "confirm ›");
    terminal.answers("no\r", "live, 1 held ›");
    terminal.says("1 write: 1 accepted");
    terminal.answers("\u{4}", "live, 1 held ›");
    terminal.says("1 write is held, and not sent");
    terminal.answers(":send\r", "confirm ›");
    terminal.answers("destroy\r", "live, 0 held ›");
    let suppressed = server.posts().iter().filter(|path| path.ends_with("/suppress")).count();
    assert_eq!(suppressed, 1);
    assert_eq!(server.taken().len(), 1);
}

#[test]
fn what_was_typed_before_the_question_answers_nothing() {
    let server = taking();
    let mut terminal = at(&server, "");
    // Some of it is read with the line, and some comes while the input runs.
    terminal.type_in("sleep(0.5); suppress_person(\"u-1\")\rdestroy\r");
    std::thread::sleep(std::time::Duration::from_millis(200));
    terminal.type_in("destroy\r");
    terminal.until("the question", |terminal| terminal.row() == "confirm ›");
    std::thread::sleep(std::time::Duration::from_millis(300));
    terminal.until("nothing was answered", |terminal| terminal.row() == "confirm ›");
    assert!(server.seen().is_empty());
    terminal.answers("no\r", "live ›");
}

#[test]
fn ctrl_c_leaves_where_it_is_only_what_runs() {
    let server = taking();
    let mut terminal = at(&server, "");
    terminal.answers("let x = 7;\r", "live ›");
    terminal.answers("loop { }\u{3}\r", "live ›");
    terminal.answers("print(`x is ${x}`)\r", "live ›");
    terminal.says("x is 7");
    terminal.answers("quit\r", "");
}

#[test]
fn what_waits_beside_a_no_is_never_sent_behind_it() {
    let server = Server::start().judging(|seen| {
        let later = Reply::status(429, "{}").header("Retry-After", "2");
        Some(if seen.target.contains("/alias") { later } else { Reply::ok("{}") })
    });
    let mut terminal = at(&server, "");
    let input = "parallel(2, [1, 2], |n| if n == 1 { sleep(0.5); suppress_person(\"u-1\"); } \
                 else { create_alias(\"u-2\", \"anon-2\"); })\r";
    terminal.answers(input, "confirm ›");
    terminal.answers("destroy\r", "confirm ›");
    terminal.answers("no\r", "live ›");
    assert_eq!(server.posts(), ["POST /v1/alias"], "it was asked once");
    std::thread::sleep(std::time::Duration::from_secs(3));
    assert_eq!(server.posts().len(), 1, "nothing follows");
}
