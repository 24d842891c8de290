//! What keeps a live run from a costly mistake: nothing is sent that it would stop.

mod support;

use std::collections::HashSet;

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
    let people: HashSet<String> = server.taken().iter().map(|item| item["userId"].to_string()).collect();
    assert_eq!((server.taken().len(), people.len()), (1_000, 1_000), "what came before is delivered");
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
        assert_eq!(server.posts().len(), usize::from(code == 0), "{script} {more:?}");
    }
}

#[test]
fn reads_and_those_who_were_there_dont_count() {
    let server = Server::start().on("*", [Reply::ok(r#"{"id":7,"messages":[],"next":""}"#)]);
    let script = "for round in 0..3 { for n in 0..2 { track_event(`u-${n}`, \"x\"); get_messages(); } }";
    run(&Place::with(script).live(&server.url()), &["--max-people", "2"]).says(0, &["done"]);
    assert_eq!(server.taken().len(), 6);
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
        assert_eq!(server.posts().len(), made, "{script}");
        run(&place, &["--max-people", "3"]).says(0, &["done"]);
    }
}

#[test]
fn a_delivery_is_of_one_person() {
    for (script, allow) in [
        ("for n in 0..9 { unsubscribe_delivery(`dlv-${n}`); }", "consent"),
        ("for n in 0..9 { report_push_events(`dlv-${n}`, \"opened\", \"dev-1\", 1700000000); }", "send"),
    ] {
        for most in [0, 4] {
            let server = server();
            let place = Place::with(script).live(&server.url());
            place
                .segue(&["run", "script.rhai", "--allow", allow, "--max-people", &most.to_string()])
                .says(4, &["segue::guard::people", &format!("from {most} to {}", most + 1)]);
            assert_eq!(server.posts().len(), most, "{script}");
        }
    }
}

#[test]
fn a_guard_is_not_caught() {
    let server = server();
    let script = "for n in 0..9 { try { track_event(`u-${n}`, \"x\"); } catch { print(\"caught\"); } }\nprint(\"went on\");";
    run(&Place::with(script).live(&server.url()), &["--max-people", "4"])
        .says(4, &["segue::guard::people", "of the writes: 4 accepted"])
        .prints("");
    assert_eq!(server.taken().len(), 4);
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
            "workspace 7: the Track key is of it",
            "the App key is of one of its account's 2 workspaces, and it is among them",
            "the Pipelines key can't tell its workspace and wasn't checked",
        ],
    );
    let targets = server.targets();
    assert_eq!(targets[..3], ["GET /v1/messages", APP, TRACK]);
    assert!(targets[3..].iter().all(|target| target == "POST /v1/batch"), "{targets:?}");
    assert_eq!(server.taken().len(), 2);
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
    assert_eq!(server.posts(), [""; 0]);
    let server = of_seven().on(APP, [Reply::ok(r#"{"workspaces":[{"id":8},{"id":9}]}"#)]);
    run(&Place::with(caught).live(&server.url()), &["--workspace", "7"])
        .says(4, &["the App key is of one of the workspaces 8, 9"]);
    assert_eq!(server.posts(), [""; 0]);
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
        assert_eq!(server.posts(), [""; 0], "{words}");
    }
}

#[test]
fn keys_that_are_not_set_or_cant_tell_are_named() {
    let server = server();
    let place = Place::with("track_event(\"u-1\", \"x\");")
        .at(&server.url())
        .set("CUSTOMERIO_CDP_API_KEY", "sentinel-cdp-2a3b4c5d");
    run(&place, &["--workspace", "7"]).says(
        0,
        &[
            "workspace 7 is confirmed by no key:",
            "the App and Track keys could tell, and aren't set",
            "the Pipelines key can't tell its workspace and wasn't checked",
        ],
    );
    assert_eq!(server.targets(), ["POST /v1/batch"]);
}

#[test]
fn a_sandbox_has_no_workspace_to_be_pinned_to() {
    Place::with("track_event(\"u-1\", \"x\");")
        .segue(&["run", "script.rhai", "--sandbox", "--people", "5", "--workspace", "7"])
        .says(0, &["done"])
        .never_says("workspace");
    Place::with("").segue(&["run", "script.rhai", "--workspace", "mine"]).says(2, &["--workspace"]);
}

const SEGMENTS: &str = "GET /v1/segments";
const DETAILS: &str = "GET /v1/segments/8";
const MEMBERS: &str = "GET /v1/segments/8/membership";

/// A server on which segment 8 has `listed` for its state, and by now `state`.
fn with_segment(listed: &str, state: &str) -> Server {
    let segment = |state| format!("{{\"id\":8,\"name\":\"New\",\"state\":\"{state}\",\"progress\":40}}");
    server()
        .on(SEGMENTS, [Reply::ok(&format!("{{\"segments\":[{}]}}", segment(listed)))])
        .on(DETAILS, [Reply::ok(&format!("{{\"segment\":{}}}", segment(state)))])
        .on(MEMBERS, [Reply::ok(r#"{"identifiers":[],"ids":[],"next":""}"#)])
}

const BY_NAME: &str = "for p in segment_members(\"New\") {}";
const BY_ID: &str = "for p in segment_members(8) {}";
const AS_IT_IS: &str = "for p in segment_members(get_segments().segments[0]) {}";
const ONE_PAGE: &str = "get_segment_membership(8);";
const TO_ALL: &str = "trigger_broadcast(1, (), #{ segment: #{ id: 8 } });";
const TO_OTHERS: &str = "trigger_broadcast(#{ broadcast_id: 1,
    recipients: #{ and: [ #{ attribute: #{ field: \"a\", operator: \"exists\" } }, #{ not: #{ segment: #{ id: 8 } } } ] } });";

#[test]
fn a_segment_that_is_not_finished_is_not_relied_on() {
    for script in [BY_NAME, BY_ID, AS_IT_IS, ONE_PAGE, TO_ALL, TO_OTHERS] {
        let server = with_segment("build", "events");
        run(&Place::with(script).live(&server.url()), &[]).says(
            4,
            &[
                "segue::guard::segment",
                "segment \"New\" (8) isn't finished: its state is \"events\", 40 % done",
                ", unfinished: true }",
                "its members aren't complete",
            ],
        );
        let targets = server.targets();
        assert!(!targets.iter().any(|target| target.contains("membership")), "{script}: {targets:?}");
        assert_eq!(server.posts(), [""; 0], "{script}");
    }
}

#[test]
fn a_segment_is_looked_at_again_before_it_is_not_relied_on() {
    for script in [BY_NAME, BY_ID, ONE_PAGE] {
        let server = with_segment("build", "finished");
        run(&Place::with(script).live(&server.url()), &[]).says(0, &["done"]);
        let mut targets = server.targets();
        targets.iter_mut().for_each(|target| target.truncate(target.find('?').unwrap_or(target.len())));
        assert_eq!(targets, [SEGMENTS, DETAILS, MEMBERS], "{script}");
    }
}

#[test]
fn a_finished_segment_costs_one_read_in_a_run() {
    let server = with_segment("finished", "never asked");
    run(&Place::with(&ONE_PAGE.repeat(3)).live(&server.url()), &[]).says(0, &["1 get_segments"]);
    assert_eq!(server.targets(), [SEGMENTS, MEMBERS, MEMBERS, MEMBERS]);
}

#[test]
fn who_asks_for_a_segment_as_it_is_gets_it() {
    let sequence = "for p in segment_members(#{ segment_id: 8, unfinished: true }) {}";
    let page = "get_segment_membership(#{ segment_id: 8, unfinished: true });";
    let broadcast =
        "trigger_broadcast(#{ broadcast_id: 1, recipients: #{ segment: #{ id: 8 } }, unfinished: true });";
    for script in [sequence, page, broadcast] {
        let server = with_segment("build", "build");
        run(&Place::with(script).live(&server.url()), &[]).says(0, &["done"]);
        assert!(!server.targets().contains(&SEGMENTS.to_string()), "{script}");
        assert!(
            !server.seen().iter().any(|seen| format!("{seen:?}").contains("unfinished")),
            "it isn't sent"
        );
    }
    // Whoever looks at the segment itself sees its state.
    let server = with_segment("build", "build");
    run(&Place::with("print(get_segment_details(8).segment.state);").live(&server.url()), &[])
        .says(0, &["done"])
        .prints("build\n");
}

#[test]
fn where_no_state_is_told_none_is_asked_for() {
    let server =
        with_segment("build", "build").on(SEGMENTS, [Reply::ok(r#"{"segments":[{"id":8,"name":"New"}]}"#)]);
    run(&Place::with(BY_NAME).live(&server.url()), &[]).says(0, &["done"]).never_says("finished");
}

#[test]
fn segments_that_cant_be_listed_are_read_by_id_and_that_is_said() {
    for (reply, why) in [
        (Reply::status(404, "{}"), "`get_segments` found nothing (404)"),
        (Reply::status(403, "{}"), "the App credential may not do `get_segments` (403)"),
        (Reply::ok(r#"{"segments":[{"id":8}]}"#), "the answer of `get_segments` has no `segments[].name`"),
    ] {
        let server = with_segment("x", "y").on(SEGMENTS, [reply]);
        let place = Place::with(&ONE_PAGE.repeat(3)).live(&server.url());
        run(&place, &[]).says(0, &["whether segments are finished isn't checked:", why]);
        assert_eq!(server.targets(), [SEGMENTS, MEMBERS, MEMBERS, MEMBERS], "{why}");
        let named = run(&Place::with(BY_NAME).live(&server.url()), &[]);
        assert_ne!(named.code, Some(0), "a name needs the list: {named}");
    }
    let server = with_segment("x", "y");
    run(&Place::with(ONE_PAGE).live(&server.url()), &["--deny", "get_segments"])
        .says(0, &["isn't checked: `get_segments` is denied for this run"]);
    // A refused key is refused for all.
    let server = server.on(SEGMENTS, [Reply::status(401, "{}")]);
    run(&Place::with(ONE_PAGE).live(&server.url()), &[]).says(3, &["segue::api::unauthorized"]);
}

#[test]
fn a_segment_that_is_not_finished_can_be_caught_and_the_sandbox_has_one() {
    let script = "try { segment_members(\"Being built\").count(); } catch (e) { print(e.kind); }";
    Place::with(script).in_sandbox().says(0, &["done"]).prints("segue::guard::segment\n");
    let script = "print(segment_members(#{ segment_id: \"Being built\", unfinished: true }).count() > 0);";
    Place::with(script).in_sandbox().says(0, &["done"]).prints("true\n");
}
