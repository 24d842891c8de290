//! Writes that are held at the prompt until somebody sends them.

mod support;

use std::io::Write;
use std::process::Stdio;

use support::{Ended, Place, Reply, Server};

/// Says `text` at a prompt that is live at `server`, through a pipe.
fn said(server: &Server, arguments: &[&str], text: &str) -> Ended {
    let place = Place::empty().live(&server.url());
    let mut child = place
        .command(&[&["repl"], arguments].concat())
        .stdin(Stdio::piped())
        .spawn()
        .expect("the command runs");
    let mut stdin = child.stdin.take().expect("it has an input");
    stdin.write_all(text.as_bytes()).expect("it reads");
    drop(stdin);
    Ended::of(child.wait_with_output().expect("it ends"))
}

fn taking() -> Server {
    Server::start().judging(|_| Some(Reply::ok("{}")))
}

#[test]
fn nothing_is_sent_before_it_is_asked_for() {
    let server = taking();
    let text = ":hold\nfor n in 0..5 { identify_person(`u-${n}`) }\ntrack_event(\"u-1\", \"x\");\n:pending\n:discard\n:send\n:hold off\n";
    let ended = said(&server, &[], text);
    ended.says(
        0,
        &["writes are held from now on", "6 writes are held", "dropped: 6 writes", "nothing is held yet"],
    );
    for words in ["would call identify_person 5 times for 5 people", "{\"userId\":\"u-2\"}", "and 2 more"] {
        assert!(ended.out.contains(words), "{}", ended.out);
    }
    assert!(server.seen().is_empty(), "{:?}", server.targets());
}

#[test]
fn what_is_held_is_sent_in_its_order_and_once() {
    let server = taking();
    let text = ":hold\nfor n in 0..3 { identify_person(`u-${n}`) }\n:pending\ntrack_event(\"u-1\", \"x\");\n:send\n:send\n:hold off\ntrack_event(\"u-2\", \"y\");";
    let ended = said(&server, &[], text);
    ended.says(0, &["4 writes: 4 accepted", "nothing is held yet", "1 write: 1 accepted"]);
    let of = |person: &str| -> Vec<String> {
        let taken = server.taken();
        let of_person = taken.iter().filter(|item| item["userId"] == person);
        of_person.map(|item| item["type"].as_str().unwrap_or_default().to_string()).collect()
    };
    assert_eq!(of("u-1"), ["identify", "track"]);
    assert_eq!(of("u-2"), ["identify", "track"]);
    assert_eq!(server.taken().len(), 5);
}

#[test]
fn reads_are_made_and_a_held_write_has_no_answer_yet() {
    let server =
        Server::start().on("GET /v1/segments", [Reply::ok(r#"{"segments":[{"id":3,"name":"VIP"}]}"#)]);
    let text = ":hold\nprint(get_segments().segments.len());\n:type trigger_broadcast(#{ broadcast_id: 3, audience: \"default\" })\nprint(trigger_broadcast(#{ broadcast_id: 3, audience: \"default\" }).id);";
    let ended = said(&server, &["--allow", "send"], text);
    ended.says(7, &["stopped at <repl:3>:1", "depends on the answer of `trigger_broadcast`", "not sent"]);
    assert_eq!(ended.out, "1\nmap\n");
    assert_eq!(server.targets(), ["GET /v1/segments"]);
}

#[test]
fn an_input_that_fails_holds_nothing() {
    let server = taking();
    let text = ":hold\nidentify_person(\"u-1\");\n:type 1\nidentify_person(\"u-2\"); throw \"no\"";
    let ended = said(&server, &[], text);
    ended.says(1, &["of this input nothing is held: 1 write dropped"]);
    assert!(server.seen().is_empty());
}

#[test]
fn what_is_held_at_the_end_is_told_and_never_sent() {
    let server = taking();
    for end in ["", ":quit\n"] {
        let ended = said(&server, &[], &format!(":hold\nidentify_person(\"u-1\");\n{end}"));
        ended.says(7, &["1 write is held, and not sent"]);
    }
    said(&server, &[], ":hold\nidentify_person(\"u-1\");\n:hold off\n")
        .says(2, &["1 write is still held here"]);
    assert!(server.seen().is_empty());
}

#[test]
fn a_write_that_is_sent_later_passes_what_every_write_passes() {
    let server = taking();
    let text = ":hold\nsuppress_person(\"u-1\");\n:send\n";
    said(&server, &[], text).says(4, &["this run isn't allowed to", "<repl:1>:1"]);
    let text = ":hold\nfor n in 0..3 { identify_person(`u-${n}`) }\n:send\n";
    said(&server, &["--max-people", "2"], text).says(4, &["guard::people"]);
    assert!(server.taken().len() <= 2, "{:?}", server.taken());
    let text = ":hold\nidentify_person(\"u-1\")\n";
    said(&server, &["--read-only"], text).says(4, &["read_only"]);
}

#[test]
fn a_write_that_is_refused_keeps_what_follows_held() {
    let ok = || Reply::ok("");
    let server = Server::start()
        .on("POST /v1/campaigns/3/triggers", [Reply::status(422, r#"{"errors":[{"detail":"no"}]}"#)]);
    let server = server.judging(move |seen| seen.target.contains("/batch").then(ok));
    let text = ":hold\nidentify_person(\"u-1\");\ntrigger_broadcast(#{ broadcast_id: 3, audience: \"default\" });\nidentify_person(\"u-2\");\n:send\n";
    let ended = said(&server, &["--allow", "send"], text);
    assert_eq!(ended.code, Some(1), "{}", ended.err);
    ended.says(1, &["1 accepted, 1 rejected", "1 write is held, and not sent"]);
    let names: Vec<_> = server.taken().iter().map(|item| item["userId"].clone()).collect();
    assert_eq!(names, ["u-1"], "what comes behind it isn't sent");
}
