//! What keeps a live run from a costly mistake: nothing is sent that it would stop.

mod support;

use support::{Ended, Place, Reply, Server};

const TRACK: &str = "GET /api/v1/accounts/region";
const APP: &str = "GET /v1/workspaces";
const LOOP: &str = "for n in 0..1005 { track_event(`u-${n}`, \"x\"); }";
/// As many people, in one request.
const BATCH: &str = "let calls = [];
for n in 0..1005 { calls.push(#{ type: \"page\", user_id: `u-${n}` }); }
send_batch(calls);";

/// A server that takes everything.
fn server() -> Server {
    Server::start().on("*", [Reply::ok(r#"{"id":7}"#)])
}

fn writes(server: &Server) -> Vec<String> {
    server.targets().into_iter().filter(|target| target.starts_with("POST")).collect()
}

fn run(place: &Place, more: &[&str]) -> Ended {
    place.segue(&[&["run", "script.rhai", "--allow", "send,destroy"], more].concat())
}

#[test]
fn a_live_run_says_first_whose_keys_it_has_and_where_it_goes() {
    let server = server();
    let place = Place::with("track_event(\"u-1\", \"x\"); debug(1);").live(&server.url());
    let first = |ended: &Ended| ended.err.lines().next().unwrap_or_default().to_string();
    let line = format!("live: keys from the environment (us), App, Track and Pipelines at {}", server.url());
    assert_eq!(first(&run(&place, &[])), line);
    let eu = Place::with("let x = 1;").with_keys().set("CUSTOMERIO_REGION", "eu");
    assert_eq!(first(&run(&eu, &[])), "live: keys from the environment (eu)");
    // Also where it is stopped for want of something.
    let refused = Place::with("suppress_person(\"u-1\");").with_keys().segue(&["run", "script.rhai"]);
    assert_eq!(first(refused.says(4, &["--allow destroy"])), "live: keys from the environment (us)");
    Place::with("print(1);").in_sandbox().says(0, &["done"]).never_says("live");
}

#[test]
fn a_run_on_this_machine_and_on_customer_io_at_once_is_not_begun() {
    let server = server();
    for (script, set) in [
        ("get_segments();", "SEGUE_TRACK_URL"),
        ("get_segments();", "SEGUE_APP_URL"),
        ("track_event(\"u-1\", \"x\");", "SEGUE_PIPELINES_URL"),
    ] {
        let place = Place::with(script).with_keys().set(set, server.url());
        run(&place, &[]).says(4, &["segue::guard::hosts", &server.url(), "https://", "nothing was sent"]);
    }
    assert_eq!(server.targets(), [""; 0]);
}

#[test]
fn the_thousand_and_first_person_is_not_touched() {
    let server = server();
    let place = Place::with(LOOP).live(&server.url());
    run(&place, &[]).says(
        4,
        &[
            "segue::guard::people",
            "script.rhai:1:20",
            "from 1000 to 1001, and it may touch 1000: nobody said how many",
            "--max-people 1001, or the line `//! max-people: 1001` at the head of the script",
            "1000 track_event",
            "of the writes: 1000 accepted",
            "would do 1000 of the accepted a second time",
        ],
    );
    assert_eq!(writes(&server).len(), 1_000);
}

#[test]
fn the_nearest_to_the_run_says_how_many_people_it_is_for() {
    let headed = |header: &str| format!("//! Greets them.\n//! max-people: {header}\n{BATCH}");
    for (script, more, code) in [
        (BATCH.to_string(), vec![], 4),
        (BATCH.to_string(), vec!["--max-people", "1005"], 0),
        (BATCH.to_string(), vec!["--max-people", "any"], 0),
        (BATCH.to_string(), vec!["--max-people", "1004"], 4),
        (BATCH.to_string(), vec!["--max-people", "0"], 4),
        (headed("1005"), vec![], 0),
        (headed("any"), vec![], 0),
        (headed("2"), vec![], 4),
        (headed("1005"), vec!["--max-people", "5"], 4),
        (headed("5"), vec!["--max-people", "1005"], 0),
    ] {
        let server = server();
        let ended = run(&Place::with(&script).live(&server.url()), &more);
        assert_eq!(ended.code, Some(code), "{script} {more:?}\n{ended}");
        assert_eq!(writes(&server).len(), usize::from(code == 0), "{script} {more:?}");
    }
}

#[test]
fn reads_and_those_who_were_there_dont_count() {
    let server = Server::start().on("*", [Reply::ok(r#"{"id":7,"messages":[],"next":""}"#)]);
    let script = "for round in 0..3 { for n in 0..2 { track_event(`u-${n}`, \"x\"); get_messages(); } }";
    run(&Place::with(script).live(&server.url()), &["--max-people", "2"]).says(0, &["done"]);
    assert_eq!(writes(&server).len(), 6);
}

#[test]
fn a_call_about_many_is_made_whole_or_not_at_all() {
    for (script, made) in [
        ("trigger_broadcast(1, (), (), [\"u-1\", \"u-2\", \"u-3\"]);", 0),
        ("trigger_broadcast(1, (), (), (), [\"a@x.io\", \"b@x.io\", \"c@x.io\"]);", 0),
        ("send_batch([\"u-1\", \"u-2\", \"u-3\"].map(|id| #{ type: \"page\", user_id: id }));", 0),
        ("suppress_person(\"u-1\"); suppress_person(\"u-2\"); suppress_person(\"u-3\");", 2),
        ("identify_person(\"u-1\", #{}); create_alias(\"u-2\", \"u-3\");", 1),
    ] {
        let server = server();
        let place = Place::with(script).live(&server.url());
        let words = format!("from {made} to 3, and it may touch 2");
        run(&place, &["--max-people", "2"]).says(4, &["segue::guard::people", &words]);
        assert_eq!(writes(&server).len(), made, "{script}");
        run(&place, &["--max-people", "3"]).says(0, &["done"]);
    }
}

#[test]
fn a_guard_is_not_caught() {
    let server = server();
    let script = "for n in 0..9 { try { track_event(`u-${n}`, \"x\"); } catch { print(\"caught\"); } }\nprint(\"went on\");";
    run(&Place::with(script).live(&server.url()), &["--max-people", "4"])
        .says(4, &["segue::guard::people", "of the writes: 4 accepted"])
        .prints("");
    assert_eq!(writes(&server).len(), 4);
}

#[test]
fn a_head_that_cant_be_read_is_told_at_its_line_and_nothing_is_sent() {
    let server = server();
    let script = format!("//! Greets them.\n//! max-people: many\n{LOOP}");
    run(&Place::with(&script).live(&server.url()), &[]).says(
        2,
        &[
            "segue::script::header",
            "script.rhai:2:17",
            "a number or `any`, and got \"many\"",
            "nothing was sent",
        ],
    );
    assert_eq!(server.targets(), [""; 0]);
    Place::with("let x = 1;").segue(&["run", "script.rhai", "--max-people", "many"]).says(2, &["or `any`"]);
}

#[test]
fn in_the_sandbox_everybody_may_be_touched() {
    Place::with(LOOP).segue(&["run", "script.rhai", "--sandbox"]).says(0, &["1005 track_event"]);
}

/// A server whose Track key is of workspace 7.
fn of_seven() -> Server {
    server().on(TRACK, [Reply::ok(r#"{"url":"x","region":"us","environment_id":7}"#)])
}

const WRITE: &str = "get_messages();\ntrack_event(\"u-1\", \"x\");\ntrack_event(\"u-2\", \"x\");";

/// A server that reads as well.
fn reading(server: Server) -> Server {
    server.on("GET /v1/messages", [Reply::ok(r#"{"messages":[]}"#)])
}

#[test]
fn a_pinned_workspace_is_checked_once_and_not_before_the_first_write() {
    let server = reading(of_seven()).on(APP, [Reply::ok(r#"{"workspaces":[{"id":7},{"id":8}]}"#)]);
    run(&Place::with(WRITE).live(&server.url()), &["--workspace", "7"]).says(
        0,
        &[
            "workspace 7: the App key is of one of its account's 2 workspaces",
            "the Track key is of it",
            "the Pipelines key can't tell its workspace and wasn't checked",
        ],
    );
    assert_eq!(server.targets(), ["GET /v1/messages", APP, TRACK, "POST /v1/track", "POST /v1/track"]);
    let server = reading(of_seven());
    let place = Place::with("get_messages();").live(&server.url());
    run(&place, &["--workspace", "8"]).says(0, &["done"]).never_says("workspace");
    assert_eq!(server.targets(), ["GET /v1/messages"]);
}

#[test]
fn nothing_is_written_to_another_workspace() {
    let server = reading(of_seven()).on(APP, [Reply::status(404, "{}")]);
    let caught = "try { track_event(\"u-1\", \"x\"); } catch {}\ntrack_event(\"u-2\", \"x\");";
    for script in [WRITE, caught, "suppress_person(\"u-1\");", "trigger_broadcast(1, (), (), [\"u-1\"]);"] {
        run(&Place::with(script).live(&server.url()), &["--workspace", "12"]).says(
            4,
            &[
                "segue::guard::workspace",
                "the Track key is of workspace 7, and this run (keys from the environment) may only write to workspace 12",
            ],
        );
    }
    assert_eq!(writes(&server), [""; 0]);
    let server = of_seven().on(APP, [Reply::ok(r#"{"workspaces":[{"id":8},{"id":9}]}"#)]);
    run(&Place::with(caught).live(&server.url()), &["--workspace", "7"])
        .says(4, &["the App key is of one of the workspaces 8, 9"]);
    assert_eq!(writes(&server), [""; 0]);
}

#[test]
fn a_workspace_that_cant_be_asked_for_is_not_written_to() {
    for (reply, code, words) in [
        (Reply::status(401, "{}"), 3, "the workspace of the Track key can't be checked: Customer.io refused"),
        (Reply::status(404, "{}"), 1, "the workspace of the Track key can't be checked"),
    ] {
        let server = of_seven().on(APP, [Reply::status(403, "{}")]).on(TRACK, [reply]);
        let place = Place::with("track_event(\"u-1\", \"x\");").live(&server.url());
        run(&place, &["--workspace", "7"]).says(code, &[words, "script.rhai:1:1"]);
        assert_eq!(writes(&server), [""; 0], "{words}");
    }
}

#[test]
fn keys_that_are_not_set_or_cant_tell_are_named() {
    let server = server();
    let place = Place::with("track_event(\"u-1\", \"x\");")
        .set("SEGUE_APP_URL", server.url())
        .set("SEGUE_TRACK_URL", server.url())
        .set("SEGUE_PIPELINES_URL", server.url())
        .set("CUSTOMERIO_CDP_API_KEY", "sentinel-cdp-2a3b4c5d");
    run(&place, &["--workspace", "7"]).says(
        0,
        &[
            "workspace 7 is confirmed by no key:",
            "the App key, which could tell, isn't set",
            "the Track key, which could tell, isn't set",
            "the Pipelines key can't tell its workspace and wasn't checked",
        ],
    );
    assert_eq!(server.targets(), ["POST /v1/track"]);
}

#[test]
fn a_sandbox_has_no_workspace_to_be_pinned_to() {
    Place::with("track_event(\"u-1\", \"x\");")
        .segue(&["run", "script.rhai", "--sandbox", "--people", "5", "--workspace", "7"])
        .says(0, &["done"])
        .never_says("workspace");
    Place::with("").segue(&["run", "script.rhai", "--workspace", "mine"]).says(2, &["--workspace"]);
}
