//! What is tried again and how often, as the command tells it and as the server sees it.

mod support;

use serde_json::Value;
use support::{Ended, Place, Reply, Seen, Server, against, nobody};

const SEGMENTS: &str = "GET /v1/segments";
const BATCH: &str = "POST /v1/batch";
const TRIGGER: &str = "POST /v1/campaigns/7/triggers";

/// A read whose pauses a test can wait for.
const READ: &str = "with_retry(#{ first_pause: 0.01 }, || get_segments());";

/// Runs `script` against `server`, with `options`.
fn run(server: &Server, script: &str, options: &[&str]) -> Ended {
    let arguments = [&["run", "script.rhai", "--allow", "send,destroy,consent"], options].concat();
    Place::with(script).live(&server.url()).segue(&arguments)
}

/// The numbers of attempts that stderr tells, in order.
fn told(ended: &Ended) -> Vec<usize> {
    let words: Vec<&str> = ended.err.split_whitespace().collect();
    let pairs = words.windows(2).filter(|pair| pair[1].starts_with("attempt"));
    pairs.filter_map(|pair| pair[0].parse().ok()).collect()
}

#[test]
fn the_attempts_told_are_the_requests_the_server_saw() {
    let limited = || Reply::status(429, "").header("retry-after", "0");
    let cut = || Reply::Cut(200, "{".into());
    for (replies, options, code, requests, words) in [
        (
            vec![limited(), limited(), limited(), Reply::status(404, "")],
            vec![],
            1,
            4,
            vec!["3 × 429 (waited", "then 404; answered, so not asked again"],
        ),
        (vec![Reply::status(503, "")], vec![], 7, 6, vec!["6 × 503 (waited", "; no attempts left"]),
        (vec![Reply::status(500, "")], vec!["--attempts", "2"], 7, 2, vec!["2 × 500 (waited"]),
        (vec![Reply::Close], vec!["--attempts", "3"], 7, 3, vec!["3 × connection broke ("]),
        (vec![cut()], vec!["--attempts", "3"], 7, 3, vec!["3 × 200, but the answer broke off ("]),
        (
            vec![Reply::Hang],
            vec!["--attempts", "3", "--timeout", "0.2"],
            7,
            3,
            vec!["3 × no answer in time (waited", "no answer came in time"],
        ),
        (
            vec![
                Reply::Close,
                limited(),
                Reply::status(502, ""),
                Reply::ok("<html>"),
                Reply::status(400, ""),
            ],
            vec![],
            1,
            5,
            vec![
                "connection broke (",
                "then 429 (waited",
                "then 502",
                "then 200, but an HTML page",
                "then 400;",
            ],
        ),
        (vec![Reply::status(503, "")], vec!["--attempts", "1"], 7, 1, vec!["503; no attempts left"]),
        (vec![Reply::status(503, "")], vec!["--horizon", "0"], 7, 1, vec!["503; no time left"]),
        (vec![Reply::status(404, "")], vec![], 1, 1, vec!["404\n"]),
    ] {
        let server = Server::start().on(SEGMENTS, replies);
        let ended = run(&server, READ, &options);
        ended.says(code, &words);
        assert_eq!((told(&ended), server.targets().len()), (vec![requests], requests), "{ended}");
    }
}

#[test]
fn attempts_that_never_left_are_told_as_such() {
    let place = Place::with(READ).live(&nobody());
    let ended = place.segue(&["run", "script.rhai", "--attempts", "3"]);
    ended.says(7, &["3 attempts, none of them sent, in", "3 × not sent (", "nothing was sent"]);
}

#[test]
fn a_script_reads_the_same_numbers() {
    let server = Server::start().on(SEGMENTS, [Reply::status(503, "").header("retry-after", "1")]);
    let script = "try { get_segments() } catch (e) {\n print([e.attempts, e.status, e.retry_after]);\n \
        print(e.faults[0].help.contains(\"2 attempts\"))\n}";
    run(&server, script, &["--attempts", "2"]).says(0, &[]).prints("[2, 503, 1]\ntrue\n");
    assert_eq!(server.targets().len(), 2);
}

#[test]
fn what_is_not_repeated_says_why() {
    let server = Server::start().on("*", [Reply::status(404, "")]).on(TRIGGER, [Reply::Close]);
    run(&server, "trigger_broadcast(7, (), (), [\"u\"]);", &[])
        .says(6, &["1 attempt in", "connection broke (", "not repeated, because twice may not be the same"]);
    assert_eq!(server.targets().iter().filter(|target| *target == TRIGGER).count(), 1);
}

#[test]
fn deferred_writes_tell_the_attempts_at_the_first_of_each_group() {
    let refused = || Reply::status(400, r#"{"errors":[{"message":"odd"}]}"#);
    let failed = || Reply::status(503, "");
    let server = Server::start().on(BATCH, [refused(), failed(), failed(), refused(), Reply::ok("{}")]);
    let script = "with_retry(#{ first_pause: 0.01, attempts: 2 }, || {\n for i in 0..4 { \
        add_person_to_group(`u-${i}`, \"acme\"); flush(); }\n});";
    let ended = run(&server, script, &[]);
    ended.says(
        7,
        &[
            "rejected: 2 add_person_to_group (u-0, u-2)",
            "of the first: POST /v1/batch of the Pipelines API: 1 attempt in",
            "may have arrived: 1 add_person_to_group at script.rhai:2 (u-1)",
            "2 attempts in",
            "2 × 503 (waited",
        ],
    );
    assert!(!ended.err.contains("no usable answer"), "a moment is no outage: {ended}");
    assert_eq!(told(&ended), [1, 2]);
    assert_eq!(server.targets().len(), 5, "one, two, one and one");
}

#[test]
fn events_that_were_sent_again_are_counted() {
    let script = "with_retry(#{ first_pause: 0.01 }, || {\n track_event(\"u\", \"a\");\n flush();\n \
        track_event(\"u\", \"b\"); flush();\n identify_person(\"u\", #{});\n flush()\n});";
    let replies =
        || [Reply::Close, Reply::status(503, ""), Reply::ok("{}"), Reply::status(502, ""), Reply::ok("{}")];
    let upserts = [Reply::Close, Reply::ok("{}")];
    let server = Server::start().on(BATCH, replies().into_iter().chain(upserts));
    run(&server, script, &[]).says(
        0,
        &["2 events were sent again under the same message id, which Customer.io takes for their identity"],
    );
    let sent: Vec<String> = server.seen().iter().map(|seen| seen.body.clone()).collect();
    assert!(sent.len() == 7 && sent[0] == sent[1] && sent[1] == sent[2] && sent[3] == sent[4], "{sent:?}");

    let server = Server::start().on(BATCH, [Reply::Close, Reply::ok("{}")]);
    let item = |kind: &str| format!("#{{ type: \"{kind}\", user_id: \"u\", event: \"e\" }}");
    let batch = format!("send_batch([{}]);", item("track"));
    run(&server, &batch, &[]).says(0, &["1 event was sent again", "for its identity"]);
    let server =
        Server::start().on(BATCH, [Reply::status(429, "").header("retry-after", "0"), Reply::ok("{}")]);
    run(&server, "track_event(\"u\", \"a\");", &[]).says(0, &[]).never_says("sent again");
}

#[test]
fn events_can_be_sent_at_most_once() {
    let script = "track_event(\"u\", \"a\"); flush(); identify_person(\"u\", #{});";
    for reply in [Reply::Close, Reply::status(503, "")] {
        let server = Server::start().on(BATCH, [reply.clone(), reply, Reply::ok("{}")]);
        run(&server, script, &["--events-at-most-once"])
            .says(
                6,
                &[
                    "in doubt, look in Customer.io whether it was done: 1 track_event",
                    "1 accepted",
                    "1 attempt in",
                ],
            )
            .never_says("sent again under");
        let sent: Vec<Value> = server.seen().iter().flat_map(Seen::items).collect();
        let kinds: Vec<&Value> = sent.iter().map(|item| &item["type"]).collect();
        assert_eq!(kinds, ["track", "identify", "identify"], "an upsert is still repeated");
    }
    // What was surely not taken is still sent again.
    let limited = Reply::status(429, "").header("retry-after", "0");
    let server = Server::start().on(BATCH, [limited, Reply::ok("{}")]);
    run(&server, "track_event(\"u\", \"a\");", &["--events-at-most-once"]).says(0, &["1 track_event"]);
    let server = Server::start().on(BATCH, [Reply::Close]);
    let batch = "send_batch([#{ type: \"track\", user_id: \"u\", event: \"e\" }]);";
    run(&server, batch, &["--events-at-most-once"])
        .says(6, &["it isn't sent again by itself: --events-at-most-once says so"]);
    assert_eq!(server.targets().len(), 1);
}

#[test]
fn a_block_is_retried_in_its_own_way_and_the_rest_in_the_runs() {
    let server = Server::start().on(SEGMENTS, [Reply::status(503, "")]);
    let script = "try { with_retry(#{ attempts: 3, first_pause: 0 }, || get_segments()) } catch (e) { print(e.attempts) }\n\
        try { get_segments() } catch (e) { print(e.attempts) }";
    run(&server, script, &["--attempts", "1"]).says(0, &[]).prints("3\n1\n");
    assert_eq!(server.targets().len(), 4);
}

#[test]
fn a_block_is_tried_again_until_it_ends_well_or_the_last_error_stands() {
    let busy = || Reply::status(404, "");
    let server = Server::start().on(SEGMENTS, [busy(), busy(), Reply::ok(r#"{"segments":[]}"#)]);
    let script = "with_retry(#{ first_pause: 0.01 }, || print(retry(5, || get_segments().segments.len())));";
    run(&server, script, &[]).says(0, &[]).prints("0\n");
    assert_eq!(server.targets().len(), 3);

    let server = Server::start().on(SEGMENTS, [busy()]);
    let script = "with_retry(#{ first_pause: 0.01 }, || {\n  retry(3, || {\n    get_segments()\n  })\n});";
    run(&server, script, &[]).says(
        1,
        &[
            "segue::api::not_found",
            "script.rhai:3:5",
            "`retry` tried the block 3 times; no more was asked for",
            "a closure is called here, 3 times",
            "1 attempt in",
        ],
    );
    assert_eq!(server.targets().len(), 3);
}

#[test]
fn a_broadcast_in_doubt_is_not_tried_again_whatever_the_block_makes_of_it() {
    for block in [
        "trigger_broadcast(7, (), (), [\"u\"])",
        "{ try { trigger_broadcast(7, (), (), [\"u\"]) } catch { throw \"bad luck\" } }",
    ] {
        let server = Server::start().on("*", [Reply::status(404, "")]).on(TRIGGER, [Reply::Close]);
        let ended = run(&server, &format!("retry(5, || {block});"), &[]);
        ended.says(6, &["in doubt"]);
        assert_eq!(server.targets().iter().filter(|target| *target == TRIGGER).count(), 1, "{ended}");
    }
}

#[test]
fn a_retried_block_that_does_not_wait_for_its_writes_is_refused_before_anything_is_sent() {
    let script = "get_segments();\nfn note(id) {\n  track_event(id, \"seen\");\n}\n\
        retry(3, || {\n  get_segments();\n  note(\"u\");\n});";
    let server = Server::start().on("*", [Reply::ok(r#"{"segments":[]}"#)]);
    run(&server, script, &[]).says(
        2,
        &[
            "segue::retry::unsettled",
            "script.rhai:3:3",
            "the block of `retry` ends before its `track_event` is settled",
            "isn't answered to the block",
            "note(\"u\");",
            "called here",
            "end the block with flush()",
            "nothing was sent",
        ],
    );
    assert_eq!(server.targets(), [""; 0]);
    let settled = script.replace("note(\"u\");\n", "note(\"u\");\n  flush()\n");
    run(&server, &settled, &[]).says(0, &["1 track_event"]);
}

#[test]
fn wrong_limits_are_shown_at_their_place() {
    let server = Server::start();
    let script = "with_retry(#{\n  attemps: 3,\n  timeout: 0,\n}, || get_segments());";
    against(&server, script).says(
        1,
        &[
            "script.rhai:2:3",
            "no limit `attemps`",
            "did you mean `attempts`?",
            "no such limit",
            "takes seconds from 0.01 to 3600",
        ],
    );
    against(&server, "retry(5, 7);").says(1, &["script.rhai:1:10", "not a closure", "put || in front"]);
    against(&server, "retry(5, |x| x);").says(1, &["takes parameters"]).never_says("tried the block");
    assert_eq!(server.targets(), [""; 0]);
    for (option, words) in [
        ("--attempts=0", "it takes a whole number from 1 to 100"),
        ("--timeout=-1", "it takes seconds from 0.01 to 3600"),
        ("--horizon=soon", "it takes seconds from 0 to 86400"),
    ] {
        run(&server, "print(1);", &[option]).says(2, &[words]).prints("");
    }
}

#[test]
fn an_error_that_is_thrown_again_is_shown_where_its_call_stands() {
    let server = Server::start().on("*", [Reply::status(404, "")]);
    let place = Place::with(
        "import \"reads\" as reads;\n\ntry {\n  retry(2, || reads::segments())\n} catch (e) {\n  print(e.kind);\n  throw e;\n}",
    )
    .live(&server.url());
    place
        .file("reads.rhai", b"fn segments() {\n  with_retry(#{ first_pause: 0.01 }, || get_segments())\n}\n");
    place
        .segue(&["run", "script.rhai"])
        .says(
            1,
            &[
                "reads.rhai:2:41",
                "it came up again",
                "script.rhai:7:3",
                "thrown again here",
                "tried the block 2 times",
            ],
        )
        .prints("segue::api::not_found\n");
    against(&server, "try {\n  get_segments()\n} catch (e) {\n  throw e\n}")
        .says(1, &["script.rhai:2:3", "not found", "thrown again here"]);
}

#[test]
fn a_dead_server_is_told_with_since_when_and_what_was_not_delivered() {
    let server = Server::start().on("*", [Reply::status(503, "").header("retry-after", "1")]);
    let script = "for i in 0..1000 { add_person_to_group(`u-${i}`, \"acme\"); flush(); }";
    let ended = run(&server, script, &["--attempts", "2", "--horizon", "5"]);
    ended.says(
        7,
        &[
            "segue::api::no_answer",
            "2 attempts in",
            "The Pipelines API has given no usable answer since",
            "UTC, for",
            "may have arrived: 3 add_person_to_group at script.rhai:1 (u-0, u-1, u-2)",
            "of the writes: 3 may have arrived",
        ],
    );
    assert_eq!(server.targets().len(), 6, "three writes, and none of the 997 others");
    // Of those that were handed over meanwhile none is lost sight of.
    let server = Server::start().on("*", [Reply::status(503, "")]);
    let ended = run(&server, &script.replace("flush();", ""), &["--attempts", "2", "--horizon", "5"]);
    ended.says(7, &["1000 add_person_to_group", "of the writes:", " not delivered, ", " may have arrived;"]);
    let (undelivered, open) = (ended.count("not delivered"), ended.count("may have arrived"));
    assert_eq!((undelivered + open, server.targets().len()), (1_000, 6), "{ended}");

    let place = Place::with(script).live(&nobody());
    place
        .segue(&["run", "script.rhai", "--attempts", "2", "--horizon", "5"])
        .says(7, &["segue::api::unreachable", "not delivered: 3 add_person_to_group"]);

    let server = Server::start().on(SEGMENTS, [Reply::Hang]);
    run(&server, "get_segments();", &["--attempts", "2", "--timeout", "0.6"])
        .says(7, &["2 × no answer in time", "The App API has given no usable answer since"]);
}

#[test]
fn a_script_that_goes_on_asking_a_dead_server_does_not_hammer_it() {
    const READS: usize = 60;
    // It comes back just before the last.
    let replies = (0..READS + 100).map(|_| Reply::status(503, "")).chain([Reply::ok(r#"{"segments":[]}"#)]);
    let server = Server::start().on(SEGMENTS, replies);
    let script = format!(
        "let n = 0;\nfor i in 0..={READS} {{\n  try {{\n    with_retry(#{{ first_pause: 0 }}, || get_segments())\n  \
         }} catch (e) {{ n += e.attempts; if i == {READS} - 1 {{ print(e.faults[0].help) }} }}\n}}\nprint(n);"
    );
    let place = Place::with(&script);
    let sandbox = format!("--sandbox={}", server.url());
    let ended = place.segue(&["run", "script.rhai", &sandbox]);
    ended.says(0, &[]);
    // Each read once, and a hundred repeats for all of them together; then it is asked again, and answers.
    assert_eq!(server.targets().len(), READS + 100 + 1);
    assert!(ended.out.ends_with("\n160\n"), "{ended}");
    assert!(ended.out.contains("the API failed too often of late to be asked again now"), "{ended}");
}
