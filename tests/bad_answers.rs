//! What a person is told when Customer.io, or the way to it, is at fault; and what was sent by then.

mod support;

use std::time::Duration;

use support::{Gate, Place, Reply, Server, against, sandboxed};

const REFUSED: &str = r#"{"errors":[{"detail":"unauthorized","status":"401"}]}"#;
const BATCH: &str = "POST /v1/batch";
const SEGMENTS: &str = "GET /v1/segments";
const MEMBERS: &str = "GET /v1/segments/1/membership";
const TRIGGER: &str = "POST /v1/campaigns/7/triggers";
const TRIGGERS: &str = "GET /v1/broadcasts/7/triggers";
const NO_SEGMENTS: &str = r#"{"segments":[]}"#;

/// A page of members, as the API answers it.
fn members(ids: &[&str], next: &str) -> Reply {
    let rows: Vec<serde_json::Value> =
        ids.iter().map(|id| serde_json::json!({ "id": id, "email": null, "cio_id": id })).collect();
    Reply::ok(&serde_json::json!({ "ids": ids, "identifiers": rows, "next": next }).to_string())
}

#[test]
fn an_unknown_segment_is_told_with_a_near_one_or_with_all() {
    sandboxed("for p in segment_members(\"VPI\") { print(p); }").says(
        1,
        &[
            "segue::segment::unknown",
            "script.rhai:1:26",
            "there is no segment \"VPI\"",
            "did you mean \"VIP\" (3)?",
        ],
    );
    sandboxed("get_segment_details(\"Nothing like it\");")
        .says(1, &["there is no segment \"Nothing like it\"", "the workspace has", "\"VIP\""]);
}

#[test]
fn a_refused_key_is_named_with_where_to_find_it() {
    let cases = [
        ("get_segments();", "App", vec!["CUSTOMERIO_APP_API_KEY (from the environment)", "App API Keys"]),
        (
            "suppress_person(\"u-1\");",
            "Track",
            vec!["CUSTOMERIO_SITE_ID (from the environment) and CUSTOMERIO_TRACK_API_KEY", "Track API Keys"],
        ),
        (
            "add_person_to_group(\"u-1\", \"acme\");",
            "Pipelines",
            vec!["CUSTOMERIO_CDP_API_KEY (from the environment)", "Data & Integrations"],
        ),
    ];
    for (script, api, words) in cases {
        let server = Server::start().on("*", [Reply::status(401, REFUSED)]);
        let ended = against(&server, script);
        ended.says(
            3,
            &["segue::api::unauthorized", "script.rhai:1:1", &format!("refused the {api} credential")],
        );
        ended.says(3, &["no key works on another API", "the region must be right (us now)"]).says(3, &words);
        assert_eq!(server.targets().len(), 1, "a refusal is no reason to ask again");
    }
}

#[test]
fn a_refused_key_of_a_deferred_write_stops_the_run_whatever_the_script_catches() {
    let server = Server::start().on(BATCH, [Reply::ok("{}"), Reply::status(401, REFUSED)]);
    let script = "for i in 0..5 {\n  try { add_person_to_group(`u-${i}`, \"acme\"); flush(); } catch (e) { print(\"caught\"); }\n}\n\
        print(\"went on\");";
    against(&server, script)
        .says(
            3,
            &[
                "segue::api::unauthorized",
                "script.rhai:2:9",
                "not delivered: 1 add_person_to_group at script.rhai:2 (u-1)",
                "of the writes: 1 accepted, 1 not delivered",
            ],
        )
        .prints("");
    assert_eq!(server.targets().len(), 2);
}

#[test]
fn a_redirect_is_refused_with_the_region_to_set_and_nothing_goes_there() {
    for status in [301, 302, 307, 308] {
        let target = Server::start().on("*", [Reply::ok(NO_SEGMENTS)]);
        let there = format!("{}/v1/segments?of=u-1", target.url());
        let redirect = Reply::status(status, "").header("location", &there);
        let server = Server::start().on("*", [redirect]);
        for script in [
            "get_segments();",
            "add_person_to_group(\"u-1\", \"acme\");",
            "trigger_broadcast(1, (), (), [\"u-1\"]);",
        ] {
            against(&server, script).says(
                3,
                &[
                    "segue::api::wrong_region",
                    "script.rhai:1:1",
                    &format!("with a redirect ({status}) to {}, and nothing was sent there", target.url()),
                    "set CUSTOMERIO_REGION=eu (it is us now)",
                ],
            );
        }
        assert_eq!(server.targets().len(), 3, "{status}");
        assert_eq!(target.targets(), [""; 0], "{status}");
    }
    let server = Server::start().on("*", [Reply::status(307, "").header("location", "/elsewhere")]);
    let place = Place::with("get_segments();").live(&server.url()).set("CUSTOMERIO_REGION", "eu");
    place.run().says(3, &["set CUSTOMERIO_REGION=us (it is eu now)"]);
}

#[test]
fn pages_that_lead_in_a_circle_end_the_run() {
    let server =
        Server::start().on(MEMBERS, [members(&["a"], "one"), members(&["b"], "two"), members(&["c"], "one")]);
    against(&server, "for p in segment_members(1) {\n  print(p.id);\n}")
        .says(1, &["segue::api::cursor_loops", "script.rhai:1:10", "`segment_members`", "circle"]);
    let pages = server.targets().iter().filter(|target| target.contains("/membership")).count();
    assert_eq!(pages, 3);
}

#[test]
fn a_page_that_fails_in_a_loop_without_a_body_fails_the_run() {
    for script in [
        "for p in segment_members(1) {}\nprint(\"went on\");",
        "for p in segment_members(1).map(|p| p.id) {}",
    ] {
        let server = Server::start().on(MEMBERS, [members(&["a"], "one"), Reply::status(404, "{}")]);
        against(&server, script)
            .says(1, &["segue::api::not_found", "script.rhai:1:26", "found nothing (404)"])
            .prints("");
    }
}

#[test]
fn a_read_whose_answer_breaks_off_is_tried_again() {
    let cut = Reply::Cut(200, r#"{"segments":["#.into());
    let server = Server::start().on(SEGMENTS, [cut, Reply::Close, Reply::ok(NO_SEGMENTS)]);
    against(&server, "print(get_segments().segments.len());").says(0, &["1 get_segments"]).prints("0\n");
    assert_eq!(server.targets().len(), 3);
}

#[test]
fn an_answer_that_is_not_json_is_tried_again_and_text_of_a_refusal_is_shown() {
    let server = Server::start().on(SEGMENTS, [Reply::ok("<html>welcome</html>"), Reply::ok(NO_SEGMENTS)]);
    against(&server, "get_segments();").says(0, &[]);
    assert_eq!(server.targets().len(), 2);
    let server = Server::start().on(SEGMENTS, [Reply::status(403, "<html>who are you</html>")]);
    against(&server, "get_segments();")
        .says(3, &["segue::api::forbidden", "(403): an HTML page instead of an answer of the API", "scope"]);
}

#[test]
fn a_broadcast_whose_answer_breaks_off_is_in_doubt_and_sent_once() {
    for reply in [Reply::Cut(200, "{".into()), Reply::Close, Reply::status(502, ""), Reply::ok("<html>")] {
        let server = Server::start().on("*", [Reply::status(404, "")]).on(TRIGGER, [reply]);
        let script = "trigger_broadcast(7, (), (), [\"u-1\"]);";
        against(&server, script).says(
            6,
            &[
                "segue::api::in_doubt",
                "script.rhai:1:1",
                "`trigger_broadcast` was sent and may or may not have been done",
                "it isn't sent again by itself",
                "in doubt, look in Customer.io whether it was done: 1 trigger_broadcast",
                "of the writes: 1 in doubt; don't run it again before you have looked",
            ],
        );
        assert_eq!(server.posts(), [TRIGGER]);
        // Catching it settles nothing.
        let server = Server::start().on("*", [Reply::status(404, "")]).on(TRIGGER, [Reply::Close]);
        against(&server, &format!("try {{ {script} }} catch (e) {{ print(e.kind); }}"))
            .says(
                6,
                &["in doubt, look in Customer.io whether it was done: 1 trigger_broadcast", "script.rhai:1"],
            )
            .prints("segue::api::in_doubt\n");
        assert_eq!(server.posts(), [TRIGGER]);
    }
}

fn triggers(ids: &[i64]) -> Reply {
    let triggers: Vec<serde_json::Value> = ids.iter().map(|id| serde_json::json!({ "id": id })).collect();
    Reply::ok(&serde_json::json!({ "triggers": triggers }).to_string())
}

#[test]
fn a_lost_broadcast_is_looked_up_whatever_the_script_is_denied_and_the_help_says_so() {
    let server = Server::start()
        .on(TRIGGERS, [triggers(&[3]), triggers(&[3, 8])])
        .on("GET /v1/campaigns/7/triggers/8/errors", [Reply::ok(r#"{"errors":[],"next":""}"#)])
        .on(TRIGGER, [Reply::Close]);
    let place = Place::with("trigger_broadcast(7, (), (), [\"u-1\"]);").live(&server.url());
    place
        .segue(&["run", "script.rhai", "--allow", "send", "--deny", "get_triggers"])
        .says(0, &["was looked up: it was done, with id 8"]);
    let help = place.segue(&["run", "--help"]).out;
    let words: Vec<&str> = help.split_whitespace().collect();
    assert!(words.join(" ").contains("it doesn't bind what the run itself asks"), "{help}");
}

#[test]
fn a_broadcast_whose_answer_is_lost_is_found_by_looking_it_up() {
    let server = Server::start()
        .on(TRIGGERS, [triggers(&[3]), triggers(&[3]), triggers(&[3, 8])])
        .on("GET /v1/campaigns/7/triggers/8/errors", [Reply::ok(r#"{"errors":[],"next":""}"#)])
        .on(TRIGGER, [Reply::Close]);
    against(&server, "print(trigger_broadcast(7, (), (), [\"u-1\"]).id);")
        .says(0, &["was looked up: it was done, with id 8", "done after"])
        .prints("8\n");
    assert_eq!(server.posts(), [TRIGGER]);
}

/// Triggers a broadcast twice, each of which goes on whatever comes of it.
fn twice(server: &Server) -> support::Ended {
    let one = "try { print(trigger_broadcast(7, (), (), [\"u-1\"]).id); } catch (e) { print(e.kind); }";
    let place = Place::with(&format!("{one}\nflush();\n{one}")).live(&server.url());
    place.segue(&["run", "script.rhai", "--allow", "send", "--limit", "broadcast_trigger=100"])
}

#[test]
fn an_earlier_trigger_that_shows_late_is_not_taken_for_a_lost_one() {
    let fine = "GET /v1/campaigns/7/triggers/21/errors";
    let server = Server::start()
        .on(TRIGGERS, [triggers(&[3]), triggers(&[3]), triggers(&[3, 21])])
        .on(fine, [Reply::ok(r#"{"errors":[],"next":""}"#)])
        .on(TRIGGER, [Reply::ok(r#"{"id":21}"#), Reply::status(503, "")]);
    twice(&server).says(6, &["1 accepted, 1 in doubt"]).prints("21\nsegue::api::in_doubt\n");
    // Nor is one of which nobody knows whether it was done.
    let server = Server::start()
        .on(TRIGGERS, [Reply::status(404, ""), triggers(&[3]), triggers(&[3, 21])])
        .on(fine, [Reply::ok(r#"{"errors":[],"next":""}"#)])
        .on(TRIGGER, [Reply::status(503, "")]);
    twice(&server).says(6, &["2 in doubt"]).prints("segue::api::in_doubt\nsegue::api::in_doubt\n");
}

#[test]
fn what_was_done_once_is_not_done_again_by_trying_its_block_again() {
    for (trigger, then) in [
        (Reply::ok(r#"{"id":21}"#), "get_segments();"),
        // Its answer can't be read as a value; it was done all the same.
        (Reply::ok(r#"{"id":21,"note":"\ud800"}"#), ""),
        (Reply::ok(r#"{"id":21,"n":1e999}"#), ""),
    ] {
        let server = Server::start().on("*", [Reply::status(404, "")]).on(TRIGGER, [trigger]);
        let script = format!("retry(3, || {{ trigger_broadcast(7, (), (), [\"u-1\"]); {then} }});");
        against(&server, &script).says(1, &["mustn't be done twice"]);
        assert_eq!(server.posts(), [TRIGGER], "{then}");
    }
    let server = Server::start().on("*", [Reply::status(404, "")]).on(BATCH, [Reply::ok("{}")]);
    let script = "retry(3, || { track_event(\"u-1\", \"x\"); flush(); get_segments(); });";
    against(&server, script).says(1, &["mustn't be done twice"]);
    assert_eq!(server.posts().len(), 1);
}

#[test]
fn a_look_up_that_is_not_certain_leaves_it_in_doubt() {
    let errors = "GET /v1/campaigns/7/triggers/8/errors";
    let failed = Reply::ok(r#"{"errors":["u-1 is nobody"]}"#);
    for (after, of_eight) in [
        (triggers(&[3, 8, 9]), Reply::ok(r#"{"errors":[]}"#)),
        (triggers(&[3, 8]), failed),
        (triggers(&[3, 8]), Reply::status(404, "")),
        (Reply::status(500, ""), Reply::ok("{}")),
    ] {
        let server = Server::start()
            .on(TRIGGERS, [triggers(&[3]), after])
            .on(errors, [of_eight])
            .on(TRIGGER, [Reply::status(502, "")]);
        against(&server, "trigger_broadcast(7, (), (), [\"u-1\"]);").says(6, &["segue::api::in_doubt"]);
        assert_eq!(server.posts(), [TRIGGER]);
    }
}

#[test]
fn a_list_that_cannot_be_read_keeps_no_broadcast_back() {
    let server =
        Server::start().on(TRIGGERS, [Reply::status(500, "")]).on(TRIGGER, [Reply::ok(r#"{"id":8}"#)]);
    against(&server, "trigger_broadcast(7, (), (), [\"u-1\"]);").says(0, &["done"]);
    assert_eq!(server.posts(), [TRIGGER]);
}

#[test]
fn one_refused_write_of_ten_is_reported_and_its_neighbours_arrive() {
    let server = Server::start().refusing(|item| item["userId"] == "u-3" || item["userId"] == "u-4");
    let script = "for i in 0..10 {\n  add_person_to_group(`u-${i}`, \"acme\");\n}\nprint(flush());";
    against(&server, script)
        .says(5, &["rejected: 2 add_person_to_group", "(400): too odd", "2 rejected"])
        .prints(
            "#{\"accepted\": 8, \"in_doubt\": 0, \"rejected\": 2, \"undelivered\": 0, \"withheld\": 0}\n",
        );
    let mut taken: Vec<String> =
        server.taken().iter().map(|item| item["userId"].as_str().unwrap_or_default().into()).collect();
    taken.sort();
    assert_eq!(taken, ["u-0", "u-1", "u-2", "u-5", "u-6", "u-7", "u-8", "u-9"], "each once");
}

#[test]
fn a_rate_limit_is_waited_for() {
    let limited = Reply::status(429, "{}").header("retry-after", "1");
    let server = Server::start().on(BATCH, [limited, Reply::ok("{}")]);
    let begun = std::time::Instant::now();
    against(&server, "add_person_to_group(\"u-1\", \"acme\");").says(0, &["1 add_person_to_group"]);
    assert!(begun.elapsed() >= Duration::from_secs(1));
    let seen = server.seen();
    assert!(seen.len() == 2 && seen[0].body == seen[1].body, "the same bytes, id and time: {seen:?}");
}

// Giving up, with limits that a test can wait for.

mod exhausted {
    use segue::engine::Failure;
    use segue::fault::{Code, Fault};
    use segue::policy::Limits;
    use segue::run::{Ended, Exit, Report};

    use super::support::{Reply, Server, nobody, run_here};
    use super::*;

    async fn run(url: &str, script: &str) -> Report {
        let limits = Limits {
            attempts: 3,
            first_pause: Duration::from_millis(20),
            timeout: Duration::from_millis(300),
            ..Limits::default()
        };
        run_here(url, script, limits).await.0
    }

    fn fault(report: &Report) -> Fault {
        match &report.ended {
            Ended::Failed(Failure::Script(wrong)) => wrong.faults[0].clone(),
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_read_that_never_comes_whole_ends_unfinished() {
        let cut = Reply::Cut(200, r#"{"segments":["#.into());
        for (reply, words) in [
            (cut, "the answer broke off"),
            (Reply::Close, "the connection broke"),
            (Reply::ok("<html>"), "an HTML page came in place of an answer"),
            (
                Reply::status(503, r#"{"errors":[{"detail":"back at noon"}]}"#),
                "the server failed (503): back at noon",
            ),
            (Reply::Hang, "no answer came in time"),
        ] {
            let server = Server::start().on(SEGMENTS, [reply]);
            let report = run(&server.url(), "get_segments();").await;
            let fault = fault(&report);
            assert_eq!((report.exit(), fault.code), (Exit::Unfinished, Code::NoAnswer), "{fault:?}");
            assert!(fault.message.contains(words), "{fault:?}");
            assert!(fault.help.as_deref().is_some_and(|help| help.contains("3 attempts")), "{fault:?}");
            assert_eq!(server.targets().len(), 3);
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn nobody_at_the_address_ends_unfinished_and_says_that_nothing_was_sent() {
        for script in [
            "get_segments();",
            "add_person_to_group(\"u-1\", \"acme\");",
            "trigger_broadcast(1, (), (), [\"u\"]);",
        ] {
            let url = nobody();
            let report = run(&url, script).await;
            if script.starts_with("add") {
                // One write that isn't delivered doesn't stop a run; it is told at the end.
                let told = &report.ledger.undelivered[0].fault.message;
                assert_eq!(report.exit(), Exit::Unfinished);
                assert!(told.contains(&format!("couldn't be sent to {url}")), "{told}");
                continue;
            }
            let fault = fault(&report);
            assert_eq!((report.exit(), fault.code), (Exit::Unfinished, Code::Unreachable), "{fault:?}");
            assert!(fault.message.contains(&format!("couldn't be sent to {url}")), "{fault:?}");
            let help = fault.help.expect("there is help");
            assert!(help.contains("nothing of this call was done") && help.contains("3 attempts"), "{help}");
            assert!(report.ledger.in_doubt.is_empty() && report.ledger.open.is_empty());
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn three_writes_in_a_row_that_nobody_takes_stop_the_run() {
        let server = Server::start().on(BATCH, [Reply::status(503, "")]);
        let script = "for i in 0..4 { try { add_person_to_group(\"u-1\", \"acme\"); flush(); } catch {} }";
        let report = run(&server.url(), script).await;
        assert_eq!(report.exit(), Exit::Unfinished);
        assert_eq!(
            server.targets().len(),
            9,
            "three attempts at each of the first three, and none at the fourth"
        );
        assert_eq!((report.ledger.open[0].count, report.ledger.total.undelivered), (3, 0));
    }
}

#[test]
fn a_suppression_that_may_have_been_done_is_not_told_as_undone() {
    for (status, code) in [(401, 3), (400, 7)] {
        let server = Server::start().on("*", [Reply::Close, Reply::status(status, "")]);
        against(&server, "suppress_person(\"u-1\");").says(
            code,
            &["may have arrived: 1 suppress_person at script.rhai:1 (u-1)", "1 may have arrived"],
        );
    }
}

#[test]
fn a_refused_key_is_told_by_the_exit_code_also_when_it_is_caught() {
    let refused = || Reply::status(401, "");
    for replies in [vec![Reply::status(404, ""), refused()], vec![refused()]] {
        let server = Server::start().on("*", replies);
        against(&server, "try { trigger_broadcast(7, (), (), [\"u-1\"]); } catch (e) { print(e.status); }")
            .says(3, &["1 not delivered"])
            .prints("401\n");
    }
}

#[test]
fn a_no_inside_a_yes_to_a_batch_of_events_leaves_it_in_doubt() {
    let no = Reply::status(207, r#"{"errors":[{"batch_index":0,"message":"no"}]}"#);
    let server = Server::start().on("*", [no]);
    let script = "try { send_batch([#{ type: \"track\", user_id: \"u\", event: \"e\" }]); } catch {}";
    against(&server, script).says(6, &["in doubt", "don't run it again before you have looked"]);
}

#[test]
fn a_run_that_would_do_something_twice_says_so() {
    let server = Server::start().on("*", [Reply::ok("{}")]);
    against(&server, "track_event(\"u\", \"e\"); identify_person(\"u\", #{}); throw \"stop\";").says(
        1,
        &["2 accepted; running it again begins from the top, and would do 1 of the accepted a second time"],
    );
}

#[test]
fn a_segment_that_changes_while_it_is_read_is_read_as_it_comes() {
    // Somebody comes twice, a page is left with nobody, and others join behind it.
    let pages =
        [members(&["a", "b"], "one"), members(&[], "two"), members(&["b", "c"], "three"), members(&[], "")];
    let server = Server::start().on(MEMBERS, pages);
    against(&server, "for p in segment_members(1) {\n  print(p.id);\n}").says(0, &[]).prints("a\nb\nb\nc\n");
}

#[test]
fn a_page_that_is_not_needed_any_more_holds_nobody_up() {
    let people: Vec<String> = (0..1_500).map(|n| format!("u-{n}")).collect();
    let people: Vec<&str> = people.iter().map(String::as_str).collect();
    let asked = Gate::default();
    let server = Server::start()
        .on(MEMBERS, [members(&people, "one"), Reply::Hang])
        .on(TRIGGERS, [asked.before(Reply::ok(r#"{"triggers":[]}"#))])
        .judging(move |seen| {
            if seen.target.contains("start=one") {
                asked.open();
            }
            None
        });
    let script = "let n = 0;\nfor p in segment_members(1) {\n  n += 1;\n  if n == 1_200 { get_triggers(7); break }\n}\n\
        print(n);";
    against(&server, script).says(0, &[]).prints("1200\n");
    let asked = server.targets().iter().filter(|target| target.contains("/membership")).count();
    assert_eq!(asked, 2, "the next page was asked for, and nobody waited for it");
}
