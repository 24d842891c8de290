//! `parallel` in a whole run: what leaves, under which names, and how it ends.

mod support;

use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

use support::{Place, Reply, Server, against, until};

const SEGMENTS: &str = r#"{"segments":[{"id":7,"name":"VIP","state":"finished"}]}"#;
const PEOPLE: &str = r#"{"identifiers":[{"id":"u-1"},{"id":"u-2"}],"next":""}"#;
const TRIGGER: &str = "POST /v1/campaigns/7/triggers";

/// Whom each item that arrived is about, and what its message id says after the run.
fn named(script: &str) -> BTreeSet<(String, String)> {
    let server = Server::start()
        .on("GET /v1/segments", [Reply::ok(SEGMENTS)])
        .on("GET /v1/segments/7/membership", [Reply::ok(PEOPLE)])
        .on("*", [Reply::ok("{}")]);
    let place = Place::with(script).live(&server.url());
    place.segue(&["run", "script.rhai", "--limit", "app=1000"]).says(0, &[]);
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_string();
    let taken = server.taken();
    let items = taken.iter().map(|item| {
        let id = text(&item["messageId"]);
        (text(&item["userId"]), id.split_once('-').expect("the run's name ends there").1.to_string())
    });
    items.collect()
}

#[test]
fn a_message_is_named_alike_in_every_run() {
    let script = r#"
        track_event("before", "e");
        parallel(16, 1..=40, |n| {
            // Whichever comes first asks for the segments.
            let members = segment_members("VIP").count();
            for m in 0..members { track_event(`u-${n}-${m}`, "e"); }
            if n == 3 { parallel(2, ["a", "b"], |x| track_event(x, "e")); }
        });
        try { parallel(8, segment_members("VIP").map(|p| { track_event("source", "e"); p }), |p| throw p.id) } catch { }
        track_event("after", "e");
    "#;
    let first = named(script);
    let name = |whom: &str| {
        let found = first.iter().find(|(id, _)| id == whom);
        found.unwrap_or_else(|| panic!("{whom} in {first:?}")).1.clone()
    };
    // In the branch of an item the page of members is the first call.
    assert_eq!([name("before"), name("u-1-0"), name("u-9-1")], ["1", "2/1/2", "2/9/3"]);
    assert_eq!([name("a"), name("b")], ["2/3/4/1/1", "2/3/4/2/1"]);
    // What reading the items calls doesn't move what comes after, however far it came before the fault.
    assert_eq!([name("source"), name("after")], ["3/0/2", "4"]);
    let source = |names: BTreeSet<(String, String)>| -> BTreeSet<_> {
        names.into_iter().filter(|(whom, _)| whom != "source").collect()
    };
    assert_eq!(source(first), source(named(script)));
}

#[test]
fn the_segments_are_read_once_for_all_branches() {
    let server = Server::start()
        .on("GET /v1/segments", [Reply::ok(SEGMENTS)])
        .on("GET /v1/segments/7/membership", [Reply::ok(PEOPLE)]);
    let script = "print(parallel(8, 0..8, |x| segment_members(\"VIP\").count()));";
    against(&server, script).says(0, &[]).prints("[2, 2, 2, 2, 2, 2, 2, 2]\n");
    assert_eq!(server.targets().iter().filter(|target| target.ends_with("/v1/segments")).count(), 1);
}

#[test]
fn a_closure_that_writes_what_it_captures_is_refused_before_the_first_request() {
    let server = Server::start().on("*", [Reply::ok(SEGMENTS)]);
    let script = "let total = 0;\nget_segments();\nparallel(4, [1, 2], |x| {\n    total += x;\n});\n";
    against(&server, script).says(
        2,
        &[
            "segue::parallel::writes",
            "`total` is a variable from outside",
            "script.rhai:4:5",
            "total += x",
            "give back what the closure finds",
        ],
    );
    assert_eq!(server.seen().len(), 0);
}

#[test]
fn a_fault_in_a_branch_is_shown_at_its_line_with_the_call_of_parallel() {
    let server = Server::start().on("*", [Reply::status(404, "{}")]);
    let script = "let ids = [8, 9];\nlet found = parallel(2, ids, |id| {\n    get_segment_details(id)\n});\n";
    against(&server, script).says(1, &["script.rhai:3:25", "get_segment_details(id)", "parallel(2, ids"]);
    against(&server, "parallel(2, ids(), 3);\nfn ids() { [1] }")
        .says(1, &["script.rhai:1:20", "not a closure"]);
}

#[test]
fn a_block_that_did_what_must_not_be_done_twice_is_not_tried_again() {
    let server = Server::start().on(TRIGGER, [Reply::ok("{\"id\":1}")]);
    let script = "retry(3, || parallel(2, [1, 2], |x| { if x == 1 { trigger_broadcast(7, (), (), [\"u\"]) } throw \"no\" }));";
    against(&server, script).says(1, &["no"]);
    assert_eq!(server.posts().len(), 1);
    // What another branch did isn't this block's.
    let script = "
        print(parallel(1, [1, 2], |x| {
            let n = 0;
            if x == 1 { trigger_broadcast(7, (), (), [\"u\"]); }
            retry(3, || { n += 1; if x == 2 && n < 3 { throw \"no\" } n })
        }));";
    against(&server, script).says(0, &[]).prints("[1, 3]\n");
}

#[test]
fn a_dry_run_goes_through_branches_too() {
    let server = Server::start().on("GET /v1/segments/7/membership", [Reply::ok(PEOPLE)]);
    let server = server.on("GET /v1/segments", [Reply::ok(SEGMENTS)]);
    let dry =
        |script: &str| Place::with(script).live(&server.url()).segue(&["run", "script.rhai", "--dry-run"]);
    dry("parallel(4, segment_members(7), |p| { identify_person(p, #{ plan: \"pro\" }); });")
        .says(0, &["would call identify_person 2 times for 2 people"]);
    // An answer that nobody knows yet can be an item, and ends the run where it is looked into.
    dry("let all = parallel(2, [1], |x| trigger_broadcast(7, (), (), [\"u\"]));\nprint(\"made\");\nparallel(2, all, |t| {\n  print(\"seen\");\n  t.id });\nprint(\"after\");")
        .says(0, &["ends at script.rhai:5:", "would call trigger_broadcast 1 time"])
        .prints("made\nseen\n");
    dry("let one = trigger_broadcast(7, (), (), [\"u\"]);\nparallel(2, one, |t| 1);")
        .says(0, &["ends at script.rhai:2:"]);
    assert!(server.posts().is_empty());
}

#[test]
fn lines_stay_whole() {
    let line = "x".repeat(500);
    let script = format!("parallel(16, 0..400, |n| print(\"{line}\"));");
    let ended = support::sandboxed(&script);
    ended.says(0, &[]);
    assert_eq!(ended.lines(), vec![line.as_str(); 400]);
}

#[test]
fn a_time_limit_ends_every_branch() {
    for branch in ["get_segments()", "sleep(1000)", "while true { }"] {
        let server = Server::start().on("*", [Reply::Hang]);
        let script = format!("parallel(8, 0..100, |x| {{ {branch} }});");
        let place = Place::with(&script).live(&server.url());
        let running = place.spawn(&["run", "script.rhai", "--time-limit", "1"]);
        running.ends_within(Duration::from_secs(20)).says(1, &["took longer than the 1 s"]);
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_every_branch() {
    let server = Server::start().on("*", [Reply::Hang]);
    let place =
        Place::with("try { parallel(4, 1..100, |x| get_segment_details(x)) } catch { print(1) } print(2)")
            .live(&server.url());
    let mut running = place.spawn(&["run", "script.rhai"]);
    until("four branches ask", || server.seen().len() == 4);
    running.press();
    running
        .ends_within(Duration::from_secs(2))
        .says(130, &["interrupted after", "4 get_segment_details"])
        .prints("");
    assert_eq!(server.seen().len(), 4);
}

#[test]
fn a_branch_keeps_its_own_order_around_what_deletes() {
    let server = Server::start().on("*", [Reply::ok("{}")]);
    let script = "parallel(16, 0..100, |n| {
        identify_person(`u-${n}`, #{ last: true });
        suppress_person(`u-${n}`);
    });";
    let place = Place::with(script).live(&server.url());
    place.segue(&["run", "script.rhai", "--allow", "destroy", "--max-people", "any"]).says(0, &[]);
    let mut known = HashSet::new();
    for seen in server.seen() {
        if seen.target == "/v1/batch" {
            known.extend(seen.items().iter().map(|item| item["userId"].as_str().expect("an id").to_string()));
        } else if let Some(id) = seen.target.split('/').nth(4) {
            assert!(known.contains(id), "{id} was suppressed before it was identified");
        }
    }
    assert_eq!(known.len(), 100);
}

#[test]
fn a_broadcast_of_another_branch_is_not_taken_for_a_lost_one() {
    let mut made = false;
    let server = Server::start().judging(move |seen| {
        Some(match (&*seen.method, &*seen.target) {
            ("POST", _) if seen.body.contains("lost") => Reply::Hang,
            ("POST", _) => {
                // Long enough for the other branch to have read the list before it.
                std::thread::sleep(Duration::from_millis(400));
                made = true;
                Reply::ok(r#"{"id":22}"#)
            }
            (_, target) if target.contains("errors") => Reply::ok(r#"{"errors":[]}"#),
            _ if made => Reply::ok(r#"{"triggers":[{"id":22,"campaign_id":7,"created_at":1}]}"#),
            _ => Reply::ok(r#"{"triggers":[]}"#),
        })
    });
    let script = "print(parallel(2, [\"good\", \"lost\"], |x| {
        try { with_retry(#{ timeout: 1 }, || trigger_broadcast(7, (), (), [x]).id) } catch { }
    }));";
    let place = Place::with(script).live(&server.url());
    let fast = "broadcast_trigger=100";
    let ended = place.segue(&["run", "script.rhai", "--allow", "send", "--limit", fast]);
    ended.says(6, &["in doubt"]).prints("[22, ()]\n");
}
