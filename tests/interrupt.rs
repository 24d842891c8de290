//! Ctrl-C: the run stops at once, waits a moment for the answers that writes on the wire will get, and says
//! what may have arrived.

#![cfg(unix)]

mod support;

use std::io::Read;
use std::process::Command;
use std::time::Duration;

use support::{Ended, Gate, Place, Reply, Running, Server, until};

/// What a person waits before they press it again.
const AT_ONCE: Duration = Duration::from_secs(2);

/// Runs a script against a server, and presses Ctrl-C once `requests` have arrived.
fn pressed(server: &Server, script: &str, requests: usize) -> Running {
    let place = Place::with(script).live(&server.url());
    let mut running =
        place.spawn(&["run", "script.rhai", "--allow", "send,destroy,consent", "--max-people", "any"]);
    until("the requests arrive", || server.seen().len() >= requests);
    running.press();
    running
}

/// The same for a script that then ends at once.
fn interrupted(server: &Server, script: &str, requests: usize) -> Ended {
    pressed(server, script, requests).ends_within(AT_ONCE)
}

/// The same for one with a write on the wire, for whose answer it waits until it is pressed again.
fn interrupted_twice(server: &Server, script: &str, requests: usize) -> Ended {
    let mut running = pressed(server, script, requests);
    running.hears("stopping: waiting for 1 answer, Ctrl-C again to stop now");
    running.press();
    running.ends_within(AT_ONCE)
}

/// Writes in far more bodies than are under way or wait at once.
const MANY: &str = "let text = \"\"; text.pad(1000, 'x'); let traits = #{};
for i in 0..25 { traits[`x${i}`] = text; }
for i in 0..600 { identify_person(`u-${i}`, traits); }";

/// What was handed over, by the last lines, and what became of it.
fn account(ended: &Ended) -> [u64; 4] {
    let called = ended.err.lines().find_map(|line| line.strip_prefix("interrupted after"));
    let called = called.and_then(|line| line.rsplit(": ").next()?.split(' ').next()?.parse().ok());
    let [accepted, open, undelivered] =
        ["accepted", "may have arrived", "not delivered"].map(|what| ended.count(what));
    [called.expect("the calls are counted"), accepted, open, undelivered]
}

/// Begins a script, and waits until it says that it is ready.
fn ready(place: &Place) -> Running {
    let mut running = place.spawn(&["run", "script.rhai", "--sandbox"]);
    let mut word = [0; 8];
    running.child().stderr.as_mut().expect("it is piped").read_exact(&mut word).expect("a first line");
    assert_eq!(&word, b"\"ready\"\n");
    running
}

#[test]
fn while_a_read_is_under_way() {
    let server = Server::start().on("*", [Reply::Hang]);
    interrupted(&server, "try { get_segments(); } catch { print(\"caught\"); }\nprint(\"went on\");", 1)
        .says(130, &["interrupted after", "1 get_segments", "running it again begins from the top"])
        .never_says("may have arrived")
        .prints("");
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn while_a_command_is_asked_for_a_key_it_is_ended_too() {
    let place = Place::with("get_segments();");
    let command = "[\"sh\", \"-c\", \"sleep 1000 & echo $! > fresh; mv fresh pid; wait\"]";
    let text = format!("default = \"x\"\n[profiles.x]\napp_key = {{ command = {command} }}\n");
    place.file("segue.toml", text.as_bytes());
    let mut running = place.spawn(&["run", "script.rhai"]);
    let pid = place.path().join("pid");
    until("the command runs", || pid.exists());
    running.press();
    running.ends_within(AT_ONCE).says(130, &["interrupted after", "nothing was sent"]);
    let pid = std::fs::read_to_string(pid).expect("it was written");
    let alive =
        || Command::new("kill").args(["-0", pid.trim()]).output().expect("a kill command").status.success();
    until("what it started is gone", || !alive());
}

fn pipe(place: &Place, name: &str) -> std::path::PathBuf {
    let path = place.path().join(name);
    let made = Command::new("mkfifo").arg(&path).status().expect("there is a mkfifo command");
    assert!(made.success());
    path
}

#[test]
fn while_the_script_is_read_from_a_pipe_that_says_nothing() {
    let place = Place::with("");
    let path = pipe(&place, "pipe.rhai");
    let mut running = place.spawn(&["run", "pipe.rhai", "--sandbox"]);
    // It opens as soon as somebody reads it.
    let _writer = std::fs::OpenOptions::new().write(true).open(path).expect("it opens");
    running.press();
    running.ends_within(AT_ONCE).says(130, &[]);
}

#[test]
fn a_script_may_come_from_a_pipe_and_the_settings_may_not() {
    let place = Place::with("print(1);");
    let path = pipe(&place, "pipe.rhai");
    let running = place.spawn(&["run", "pipe.rhai", "--sandbox"]);
    std::fs::write(path, "print(2);").expect("somebody reads it");
    running.ends_within(Duration::from_secs(20)).says(0, &[]).prints("2\n");
    pipe(&place, "segue.toml");
    for arguments in [&["run", "script.rhai", "--sandbox"][..], &["doctor", "--sandbox"]] {
        let running = place.spawn(arguments);
        running.ends_within(AT_ONCE).says(2, &["segue.toml is a pipe, a socket or a device"]);
    }
}

#[test]
fn while_a_page_is_under_way() {
    let server = Server::start().on("*", [Reply::Hang]);
    interrupted(&server, "for p in segment_members(1) {}\nprint(\"went on\");", 1)
        .says(130, &["interrupted after"])
        .prints("");
}

#[test]
fn while_a_deferred_write_is_under_way_it_may_have_arrived() {
    let server = Server::start().on("*", [Reply::ok("{}"), Reply::Hang]);
    let script = "for i in 0..5 {\n  try { add_person_to_group(`u-${i}`, \"acme\"); flush(); } catch { print(\"caught\"); }\n}";
    interrupted_twice(&server, script, 2)
        .says(
            130,
            &[
                "may have arrived: 1 add_person_to_group at script.rhai:2",
                "(u-1)",
                "2 add_person_to_group of the writes: 1 accepted",
            ],
        )
        .prints("");
    assert_eq!(server.seen().len(), 2, "nothing is sent after it");
}

#[test]
fn while_a_broadcast_is_under_way_it_is_in_doubt() {
    let server = Server::start().on("*", [Reply::status(404, ""), Reply::Hang]);
    interrupted_twice(&server, "trigger_broadcast(7, (), (), [\"u-1\"]);", 2).says(
        130,
        &["in doubt, look in Customer.io whether it was done: 1 trigger_broadcast at script.rhai:1"],
    );
    assert_eq!(server.seen().len(), 2);
}

#[test]
fn while_a_lost_broadcast_is_looked_up_it_is_in_doubt() {
    let server = Server::start()
        .on("GET /v1/broadcasts/7/triggers", [Reply::ok(r#"{"triggers":[]}"#), Reply::status(429, "")])
        .on("POST /v1/campaigns/7/triggers", [Reply::status(502, "")]);
    interrupted(&server, "trigger_broadcast(7, (), (), [\"u-1\"]);", 3)
        .says(130, &["in doubt, look in Customer.io whether it was done: 1 trigger_broadcast"]);
}

#[test]
fn a_time_limit_that_cuts_a_broadcast_leaves_it_in_doubt() {
    let server = Server::start().on("*", [Reply::status(404, ""), Reply::Hang]);
    let place = Place::with("trigger_broadcast(7, (), (), [\"u-1\"]);").live(&server.url());
    let mut running = place.spawn(&["run", "script.rhai", "--allow", "send", "--time-limit", "1"]);
    running.hears("stopping: waiting for 1 answer, Ctrl-C to stop now");
    running.press();
    running
        .ends_within(AT_ONCE)
        .says(6, &["longer than the 1 s it was given", "1 in doubt; don't run it again"]);
}

#[test]
fn an_answer_that_comes_after_it_leaves_nothing_in_doubt() {
    let gate = Gate::default();
    let server = Server::start().on("*", [gate.before(Reply::ok("{}"))]);
    let mut running = pressed(&server, MANY, 1);
    running.hears("stopping: waiting for 1 answer");
    gate.open();
    let ended = running.ends_within(AT_ONCE);
    ended.says(130, &["the run was stopped before it left"]).never_says("may have arrived");
    let [called, accepted, _, undelivered] = account(&ended);
    let arrived = server.bodies();
    assert_eq!((arrived.len(), arrived[0].len() as u64), (1, accepted), "nothing is sent after it");
    assert_eq!((accepted + undelivered, accepted > 0), (called, true), "{ended}");
}

#[test]
fn a_terminal_that_is_closed_tells_of_it_twice_and_cuts_nothing() {
    let gate = Gate::default();
    let server = Server::start().on("*", [gate.before(Reply::ok("{}"))]);
    let place = Place::with("identify_person(\"u-1\");").live(&server.url());
    let mut running = place.spawn(&["run", "script.rhai"]);
    until("the request arrives", || !server.seen().is_empty());
    running.gets("-HUP");
    running.hears("stopping: waiting for 1 answer");
    running.gets("-HUP");
    gate.open();
    running.ends_within(AT_ONCE).says(0, &["done after"]).never_says("may have arrived");
}

#[test]
fn a_second_time_no_write_is_lost_count_of() {
    let server = Server::start().on("*", [Reply::ok("{}"), Reply::ok("{}"), Reply::ok("{}"), Reply::Hang]);
    let mut running = pressed(&server, MANY, 5);
    running.hears("stopping: waiting for ");
    running.press();
    let ended = running.ends_within(AT_ONCE);
    ended.says(130, &["may have arrived", "the run was stopped before it left"]);
    let [called, accepted, open, undelivered] = account(&ended);
    assert_eq!(accepted + open + undelivered, called, "{ended}");
    let arrived =
        |from: usize, to: usize| server.bodies()[from..to].iter().map(Vec::len).sum::<usize>() as u64;
    assert_eq!((accepted, open), (arrived(0, 3), arrived(3, server.bodies().len())), "{ended}");
}

#[test]
fn what_fails_after_it_is_not_tried_again() {
    for (status, code, what, cause) in [
        (503, 130, "may have arrived", "it was under way when the run was stopped"),
        (429, 130, "not delivered", "the run was stopped before it left"),
        // The script had come to its end: with this answer nothing is left that was interrupted.
        (400, 5, "rejected", "rejected: 1 identify_person"),
    ] {
        let gate = Gate::default();
        let server = Server::start().on("*", [gate.before(Reply::status(status, "{}")), Reply::ok("{}")]);
        let mut running = pressed(&server, "identify_person(\"u-1\");", 1);
        running.hears("stopping: waiting for 1 answer");
        gate.open();
        let ended = running.ends_within(AT_ONCE);
        assert_eq!(ended.count(what), 1, "{status}: {ended}");
        ended.says(code, &[cause]);
        assert_eq!(server.seen().len(), 1, "{status}");
    }
}

#[test]
fn a_broadcast_that_is_answered_after_it_was_sent() {
    let gate = Gate::default();
    let server = Server::start()
        .on("*", [Reply::status(404, "")])
        .on("POST /v1/campaigns/7/triggers", [gate.before(Reply::ok("{\"id\":3}"))]);
    let script = "trigger_broadcast(7, (), (), [\"u-1\"]);\nprint(\"went on\");";
    let mut running = pressed(&server, script, 2);
    running.hears("stopping: waiting for 1 answer");
    gate.open();
    let ended = running.ends_within(AT_ONCE);
    ended.says(130, &["of the writes: 1 accepted; running it again"]).never_says("in doubt").prints("");
}

#[test]
fn a_time_limit_waits_for_answers_too() {
    let gate = Gate::default();
    let server = Server::start().on("*", [gate.before(Reply::ok("{}"))]);
    let place = Place::with("identify_person(\"u-1\"); loop {}").live(&server.url());
    let mut running = place.spawn(&["run", "script.rhai", "--time-limit", "1"]);
    running.hears("stopping: waiting for 1 answer, Ctrl-C to stop now");
    gate.open();
    running.ends_within(AT_ONCE).says(1, &["longer than the 1 s it was given", "of the writes: 1 accepted"]);
}

#[test]
fn while_a_rate_limit_is_waited_for_nothing_is_under_way() {
    let limited = Reply::status(429, "{}").header("retry-after", "60");
    let server = Server::start().on("*", [limited]);
    interrupted(&server, "add_person_to_group(\"u-1\", \"acme\");", 1)
        .says(130, &["interrupted after"])
        .never_says("may have arrived");
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn while_the_script_sleeps() {
    let mut running = ready(&Place::with("debug(\"ready\"); sleep(60); print(\"went on\");"));
    running.press();
    running.ends_within(AT_ONCE).says(130, &["interrupted after"]).prints("");
}

#[test]
fn while_a_pipe_is_read_that_nobody_writes_to() {
    let script = "debug(\"ready\"); try { read_lines(\"pipe\"); } catch {} print(\"went on\");";
    let place = Place::with(script);
    let made = Command::new("mkfifo").arg(place.path().join("pipe")).status().expect("there is mkfifo");
    assert!(made.success());
    let mut running = ready(&place);
    running.press();
    // Sooner than a script that can't be stopped is left behind.
    running.ends_within(Duration::from_millis(1_500)).says(130, &["interrupted after"]).prints("");
}

#[test]
fn while_the_script_is_busy_with_itself() {
    for busy in [
        "loop {}",
        "loop { try { loop {} } catch {} }",
        "fn f() { loop {} } f();",
        "[1].map(|x| { loop {} });",
    ] {
        let mut running = ready(&Place::with(&format!("print(\"before\"); debug(\"ready\"); {busy}")));
        running.press();
        running.ends_within(AT_ONCE).says(130, &["interrupted after"]).prints("before\n");
    }
}

#[test]
fn a_second_time_it_ends_even_where_the_script_cannot_stop() {
    // Nobody reads the pipe, so that the script hangs in writing to it.
    let place = Place::with("debug(\"ready\"); let line = \"x\"; line.pad(9999, 'x'); loop { print(line); }");
    let mut running = ready(&place);
    std::thread::sleep(Duration::from_millis(300));
    running.press();
    std::thread::sleep(Duration::from_millis(300));
    assert!(running.child().try_wait().expect("it can be asked").is_none(), "it hangs in its writing");
    running.press();
    let ended = running.ends_within(AT_ONCE);
    assert_eq!(ended.code, Some(130), "{ended}");
}

#[test]
fn a_doctor_whose_patient_does_not_answer() {
    let server = Server::start().on("*", [Reply::Hang]);
    let place = Place::with("").live(&server.url());
    let mut running = place.spawn(&["doctor"]);
    until("the question arrives", || !server.seen().is_empty());
    running.press();
    assert_eq!(running.ends_within(AT_ONCE).code, Some(130));
}

#[test]
fn a_sandbox_that_serves_alone() {
    let place = Place::with("");
    let mut running = place.spawn(&["sandbox", "--port", "0", "--people", "5"]);
    let mut word = [0; 17];
    running.child().stdout.as_mut().expect("it is piped").read_exact(&mut word).expect("its address");
    assert_eq!(&word, b"http://127.0.0.1:");
    running.press();
    running.ends_within(AT_ONCE).says(0, &[]);
}

#[test]
fn while_a_large_sandbox_is_being_made() {
    let place = Place::with("");
    let mut running = place.spawn(&["sandbox", "--port", "0", "--people", "9000000"]);
    // Making it takes many times as long.
    std::thread::sleep(Duration::from_millis(500));
    running.press();
    running.ends_within(AT_ONCE).says(130, &["stopped"]).prints("");
}
