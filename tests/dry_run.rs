//! A dry run reads for real and writes nothing.

mod support;

use support::{KEYS, Place, Reply, Server};

const PEOPLE: &str = r#"{"identifiers":[{"id":"u-1"},{"id":"u-2"},{"id":"u-3"},{"id":"u-4"}],"next":""}"#;

/// A server that would take any write.
fn server() -> Server {
    Server::start()
        .on("GET /v1/segments", [Reply::ok(r#"{"segments":[{"id":7,"name":"VIP","state":"finished"}]}"#)])
        .on("GET /v1/segments/7/membership", [Reply::ok(PEOPLE)])
        .on("*", [Reply::ok(r#"{"id":7,"created_at":1,"processed_at":2}"#)])
}

fn dry(server: &Server, script: &str) -> support::Ended {
    Place::with(script).live(&server.url()).segue(&["run", "script.rhai", "--dry-run"])
}

fn only_reads(server: &Server) {
    let targets = server.targets();
    assert!(targets.iter().all(|target| target.starts_with("GET ")), "{targets:?}");
}

/// A call of each tool that writes.
const WRITES: &str = r#"
    for person in segment_members(7) { add_person_to_group(person, "acme"); }
    identify_person("u-1", #{ unsubscribed: true });
    track_event("u-1", "signed_up");
    track_page("u-1", "home");
    track_screen("u-1", "home");
    send_batch([#{ type: "track", user_id: "u-1", event: "x" }]);
    report_push_events("dlv-1", "opened", "dev-1", 1700000000);
    unsubscribe_delivery("dlv-1");
    suppress_person("u-1");
    create_alias("u-0", "u-1");
    trigger_broadcast(1, (), (), ["u-1"]);
"#;

#[test]
fn no_write_of_any_kind_leaves_the_machine() {
    let server = server();
    let ended = dry(&server, WRITES);
    ended.says(0, &["nothing was written", "would call add_person_to_group 4 times for 4 people"]);
    only_reads(&server);
    let writes = segue::tools::ALL.iter().filter(|tool| tool.effect != segue::spec::Effect::Read);
    for tool in writes {
        assert!(ended.err.contains(&format!("would call {} ", tool.name())), "{}\n{ended}", tool.name());
    }
    // The same script, let loose, would have been noticed.
    let loose = Place::with(WRITES).live(&server.url()).run();
    assert!(!server.posts().is_empty(), "{loose}");
}

#[test]
fn the_first_requests_are_shown_as_they_would_go_out() {
    let server = server();
    let ended = dry(&server, WRITES);
    ended.says(
        0,
        &[
            &format!("POST {}/v1/group at script.rhai:2", server.url()),
            r#"{"userId":"u-1","groupId":"acme","#,
            r#""userId":"u-3""#,
            "and 1 more",
            "POST",
            "/v1/campaigns/1/triggers",
            r#"{"ids":["u-1"]}"#,
        ],
    );
    assert!(!ended.err.contains(r#""userId":"u-4""#), "{ended}");
    for (_, key) in KEYS {
        assert!(!ended.err.contains(key), "{ended}");
    }
}

#[test]
fn grants_and_keys_that_a_real_run_lacks_are_told() {
    let server = server();
    let ended = dry(&server, WRITES);
    for word in ["send", "destroy", "consent"] {
        ended.says(0, &[&format!("--allow {word}")]);
    }
    ended.says(0, &["would be stopped at script.rhai:12: `trigger_broadcast` sends messages to people"]);
    let place = Place::with("track_event(\"u-1\", \"x\");");
    place.segue(&["run", "script.rhai", "--dry-run"]).says(0, &["CUSTOMERIO_CDP_API_KEY is not set"]);
    // What it reads, it needs.
    let place = Place::with("get_segments(); track_event(\"u-1\", \"x\");");
    place.segue(&["run", "script.rhai", "--dry-run"]).says(3, &["CUSTOMERIO_APP_API_KEY is not set"]);
}

#[test]
fn what_is_wrong_with_a_call_is_a_fault_as_ever() {
    let server = server();
    dry(&server, "track_event(\"u-1\");").says(2, &["segue::argument::missing", "script.rhai:1:"]);
    let caught = "try { track_event(\"u-1\"); } catch (e) { print(e.kind); }";
    dry(&server, caught).prints("segue::argument::missing\n");
}

#[test]
fn a_script_that_needs_an_answer_nobody_knows_yet_ends_there() {
    for (then, line) in [
        ("print(`trigger ${trigger}`);\nprint(trigger.id);", 3),
        ("if trigger.id > 3 { print(\"late\"); }", 2),
        ("get_trigger(1, trigger);", 2),
        ("get_trigger(#{ broadcast_id: 1, trigger_id: trigger });", 2),
        ("try { print(trigger.id); } catch { }\nprint(\"late\");", 2),
        ("track_event(\"u-1\", \"x\", #{ a: #{ b: [trigger] } });\nprint(\"late\");", 2),
        (
            "send_batch([#{ type: \"track\", user_id: \"u-1\", event: \"x\", properties: #{ a: trigger } }]);",
            2,
        ),
        ("segment_members(#{ segment_id: trigger }).count();", 2),
        ("if trigger == #{ id: 7 } { print(\"late\"); }", 2),
        ("if #{ id: 7 } != trigger { print(\"late\"); }", 2),
        ("if [7].contains(trigger) || true { print(\"late\"); }", 2),
        ("if 7 in [trigger] { print(\"late\"); }", 2),
        ("if #{ a: trigger } == #{ a: 7 } { print(\"late\"); }", 2),
        ("if \"id\" in trigger { print(\"late\"); }", 2),
        ("print(\"late\" + trigger.keys());", 2),
        ("print(\"late\" + trigger.values());", 2),
        ("print(\"late\" + trigger.len());", 2),
        ("print(\"late\" + trigger.get(\"id\"));", 2),
        ("print(\"late\" + trigger.map(|value| value));", 2),
        ("trigger.name = \"x\"; print(\"late\");", 2),
        ("trigger += #{ a: 1 }; print(\"late\");", 2),
        ("let both = #{ a: 1 } + trigger; print(\"late\");", 2),
    ] {
        let server = server();
        let ended = dry(&server, &format!("let trigger = trigger_broadcast(1, (), (), [\"u-1\"]);\n{then}"));
        let place = format!("the dry run ends at script.rhai:{line}");
        ended.says(
            0,
            &[&place, "depends on the answer of `trigger_broadcast`", "would call trigger_broadcast"],
        );
        assert!(!ended.out.contains("late"), "{ended}");
        only_reads(&server);
    }
}

#[test]
fn an_answer_that_nobody_knows_yet_is_shown_as_such_and_is_a_map_as_it_will_be() {
    let script = "let trigger = trigger_broadcast(1, (), (), [\"u-1\"]);\n\
                  print(trigger);\nprint(`${trigger}`);\nprint(type_of(trigger));";
    let unknown = "(known once it is done)";
    let server = server();
    dry(&server, script).says(0, &["done"]).prints(&format!("{unknown}\n{unknown}\nmap\n"));
    Place::with("print(type_of(trigger_broadcast(1, (), (), [\"u-1\"])));")
        .live(&server.url())
        .run()
        .prints("map\n");
}

#[test]
fn a_flush_says_what_was_kept_back() {
    let script = "track_event(\"u-1\", \"a\");\ntrack_event(\"u-1\", \"b\");\nprint(flush().withheld);\n\
                  print(flush().withheld);\nsuppress_person(\"u-1\");";
    let server = server();
    dry(&server, script).says(0, &["would call suppress_person 1 time"]).prints("2\n0\n");
    let live = Place::with("print(flush().withheld);").live(&server.url()).run();
    live.says(0, &[]).prints("0\n");
}

#[test]
fn it_tells_how_long_the_limits_make_it_take() {
    let server = server();
    let script = "for n in 0..1601 { suppress_person(`u-${n}`); track_event(`u-${n}`, \"x\"); }
        segment_members(7).count()";
    dry(&server, script).says(
        0,
        &[
            "track: 1601 requests; at 800 a second that takes 2.0 s",
            "app: 2 requests; at 8 a second",
            // Its writes travel together.
            "pipelines: 1 request; at 800 a second that takes 0 ms",
        ],
    );
    let place = Place::with(script).live(&server.url());
    place
        .segue(&["run", "script.rhai", "--dry-run", "--limit", "track=16"])
        .says(0, &["at 16 a second that takes 100 s"]);
    let sandboxed = Place::with("track_event(\"u-1\", \"x\");");
    sandboxed.segue(&["run", "script.rhai", "--dry-run", "--sandbox"]).says(0, &["at 800 a second"]);
}

#[test]
fn people_are_counted_and_held_against_their_limit() {
    let server = server();
    let script = "for n in 0..1200 { track_event(`u-${n}`, \"x\"); identify_person(`u-${n}`, #{ a: 1 }); }";
    dry(&server, script).says(
        0,
        &[
            "would call track_event 1200 times for 1200 people",
            "the run would touch 1200 people, and it may touch 1000",
            "--max-people 1200",
        ],
    );
    let headed = dry(&server, &format!("//! max-people: 1200\n{script}"));
    assert!(!headed.err.contains("would be stopped"), "{headed}");
}

#[test]
fn guards_that_only_read_are_asked() {
    let server = Server::start()
        .on("GET /v1/segments", [Reply::ok(r#"{"segments":[{"id":7,"name":"VIP","state":"build"}]}"#)])
        .on("GET /v1/segments/7", [Reply::ok(r#"{"segment":{"id":7,"name":"VIP","state":"build"}}"#)])
        .on("GET /api/v1/accounts/region", [Reply::ok(r#"{"region":"us","environment_id":9}"#)])
        .on("*", [Reply::status(404, "{}")]);
    let script = "trigger_broadcast(1, (), #{ segment: #{ id: 7 } });";
    dry(&server, script)
        .says(0, &["would be stopped at script.rhai:1: ", "\"VIP\"", "would call trigger_broadcast"]);
    let place = Place::with(script).live(&server.url());
    place
        .segue(&["run", "script.rhai", "--dry-run", "--workspace", "12"])
        .says(4, &["workspace 9", "workspace 12"]);
    only_reads(&server);
}
