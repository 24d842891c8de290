//! Answers that aren't as declared: what a script gets of them, and what a person is told.

mod support;

use serde_json::{Value, json};
use support::{Ended, Place, Reply, Server, against};

const SEGMENTS: &str = "GET /v1/segments";
const MEMBERS: &str = "GET /v1/segments/7/membership";
const BATCH: &str = "POST /v1/batch";
const TRIGGER: &str = "POST /v1/campaigns/7/triggers";
const TRIGGERS: &str = "GET /v1/broadcasts/7/triggers";
const SEND: &str = "print(trigger_broadcast(7, (), (), [\"u-1\"]).id);";

fn answer(value: &Value) -> Reply {
    Reply::ok(&value.to_string())
}

/// Runs `script` against `server` where no drift is taken.
fn strictly(server: &Server, script: &str) -> Ended {
    let place = Place::with(script).live(&server.url());
    place.segue(&["run", "script.rhai", "--allow", "send", "--strict-answers"])
}

/// The lines of stderr that tell of drift.
fn told(ended: &Ended) -> Vec<&str> {
    ended.err.lines().filter(|line| line.contains("segue::drift::")).collect()
}

/// A page of people whose ids have become numbers.
fn numbered(ids: std::ops::Range<u64>, next: Value) -> Reply {
    let person = |id: u64| json!({ "id": id, "email": format!("p{id}@example.com"), "cio_id": id * 10 });
    answer(&json!({
        "identifiers": ids.clone().map(person).collect::<Vec<_>>(),
        "ids": ids.collect::<Vec<_>>(),
        "next": next,
    }))
}

#[test]
fn thousands_of_numbers_for_ids_become_the_ids_they_were_and_are_told_once() {
    let from = 9_007_199_254_740_993; // Beyond what a float holds.
    let server = Server::start().on(
        MEMBERS,
        [
            numbered(from..from + 2_000, json!(2)),
            numbered(from + 2_000..from + 4_000, json!("3")),
            numbered(from + 4_000..from + 4_001, json!("")),
        ],
    );
    let script = "let n = 0; let last = ();\n\
        for p in segment_members(7) { n += 1; if type_of(p.id) != \"string\" { throw n } last = p }\n\
        print(`${n} ${last.id} ${last.cio_id}`);";
    let ended = against(&server, script);
    ended.says(
        0,
        &["the answers of 3 calls drifted from what their tools declare, and were repaired", "done"],
    );
    ended.prints("4001 9007199254744993 90071992547449930\n");
    let expected: Vec<String> = ["identifiers[].id", "identifiers[].cio_id", "ids[]", "next"]
        .iter()
        .map(|field| {
            format!(
                "segue::drift::type: the answer of `get_segment_membership` has a number for `{field}`; \
                 taken as text"
            )
        })
        .collect();
    assert_eq!(told(&ended), expected, "{ended}");
    ended.never_says("90071992547").never_says("@example.com");
    let starts: Vec<String> =
        server.targets().iter().filter_map(|t| Some(t.split_once("start=")?.1.to_string())).collect();
    assert_eq!(starts, ["2", "3"]);
}

/// How often the members were asked for.
fn pages(server: &Server) -> usize {
    server.targets().iter().filter(|target| target.contains("/membership")).count()
}

#[test]
fn a_repaired_person_goes_out_as_text() {
    let server = Server::start().on(MEMBERS, [numbered(41..43, Value::Null)]).on(BATCH, [Reply::ok("{}")]);
    against(&server, "for p in segment_members(7) { add_person_to_group(p, \"acme\"); }").says(0, &["done"]);
    let mut ids: Vec<Value> = server.taken().iter().map(|item| item["userId"].clone()).collect();
    ids.sort_by_key(Value::to_string);
    assert_eq!(ids, ["41", "42"]);
}

#[test]
fn the_last_page_is_told_in_many_ways_and_only_a_number_is_drift() {
    let person = json!([{ "id": "u-1", "email": null, "cio_id": "c1" }]);
    for body in [
        json!({ "identifiers": person }),
        json!({ "identifiers": person, "next": null }),
        json!({ "identifiers": person, "next": "" }),
    ] {
        let server = Server::start().on(MEMBERS, [answer(&body)]);
        let ended = against(&server, "print(segment_members(7).count());");
        assert_eq!((ended.lines(), told(&ended)), (vec!["1"], vec![]), "{ended}");
        assert_eq!(pages(&server), 1, "{body}");
    }
}

#[test]
fn a_page_without_people_is_empty_and_one_without_a_list_is_no_page() {
    let server = Server::start().on(MEMBERS, [answer(&json!({ "identifiers": null, "next": "" }))]);
    let ended = against(&server, "print(segment_members(7).count());");
    ended.says(
        0,
        &[
            "segue::drift::missing: the answer of `get_segment_membership` has null for `identifiers`; taken \
             as an empty list",
            "the answer of 1 call drifted from what its tool declares, and was repaired",
        ],
    );
    assert_eq!(ended.lines(), ["0"]);
    for (body, why) in [
        (json!({ "ids": ["ada@example.com"] }), "has no `identifiers`, where a list is declared"),
        (json!({ "identifiers": { "id": "ada@example.com", "cio_id": "c" } }), "has an object for"),
        (json!({ "identifiers": [], "next": true }), "has a boolean for `next`, where text is declared"),
        (json!(["ada@example.com"]), "is a list, where an object is declared"),
    ] {
        let server = Server::start().on(MEMBERS, [answer(&body)]);
        against(&server, "\nfor p in segment_members(7) { }")
            .says(
                1,
                &["segue::api::answer", "script.rhai:2:10", "the answer of `get_segment_membership`", why],
            )
            .says(1, &["an answer of another shape", "please report it"])
            .never_says("ada@example.com");
        assert_eq!(pages(&server), 1, "asked again, it would be the same: {body}");
    }
}

#[test]
fn a_field_is_told_once_for_each_tool_however_often_it_is_read() {
    let segment = json!({ "id": "3", "name": 2024, "progress": "40" });
    let server = Server::start()
        .on(SEGMENTS, [answer(&json!({ "segments": [segment, segment] }))])
        .on("GET /v1/segments/3", [answer(&json!({ "segment": segment }))])
        .on("GET /v1/segments/2024", [Reply::status(404, "{}")]);
    let script = "for n in 0..3 {\n\
        let all = get_segments().segments; print(all[0]);\n\
        print(get_segment_details(3).segment.id + 1);\n}";
    let ended = against(&server, script);
    let one = "#{\"id\": 3, \"name\": \"2024\", \"progress\": 40}";
    assert_eq!(ended.lines(), [one, "4"].repeat(3));
    let lines = told(&ended);
    assert_eq!(lines.len(), 6, "{ended}");
    assert!(lines.iter().filter(|line| line.contains("`get_segment_details`")).count() == 3, "{ended}");
    ended.says(0, &["has text for `segments[].id`; taken as an integer", "the answers of 6 calls drifted"]);
}

#[test]
fn a_new_field_is_kept_and_told_in_a_line_at_the_end() {
    let page = json!({
        "segments": [{ "id": 3, "name": "VIP", "owner": "ada", "ada@example.com": 1 }, { "id": 4, "name": "x", "owner": "bob" }],
        "total": 2,
        "quota": 1,
    });
    let server = Server::start().on(SEGMENTS, [answer(&page)]);
    let script = "for n in 0..2 { print(get_segments().segments[0].owner); }";
    let ended = against(&server, script);
    assert_eq!(ended.lines(), ["ada", "ada"]);
    assert_eq!(
        told(&ended),
        ["segue::drift::extra_field: fields that no tool declares: `segments[].owner` of `get_segments`, \
          `segments[].*` of `get_segments`, `total` of `get_segments`, …"]
    );
    ended.never_says("ada").never_says("drifted from");
    strictly(&server, script).says(
        1,
        &[
            "segue::drift::extra_field",
            "script.rhai:1:23",
            "has a field `segments[].owner`, where none is declared",
            "without --strict-answers it is kept",
        ],
    );
}

#[test]
fn a_strict_run_stops_at_the_first_drift_and_names_no_value() {
    let server = Server::start().on(MEMBERS, [numbered(4_711..4_713, json!(""))]);
    let script = "print(\"begun\");\nfor p in segment_members(7) {\n  print(p);\n}";
    let ended = strictly(&server, script);
    ended
        .says(
            1,
            &[
                "segue::drift::type",
                "script.rhai:2:10",
                "the answer of `get_segment_membership` has a number for `identifiers[].id`, where text is declared",
                "without --strict-answers it is taken as text",
            ],
        )
        .prints("begun\n")
        .never_says("4711")
        .never_says("drifted from");
    let caught =
        "try { segment_members(7).count() } catch (e) { print(`${e.kind} ${e.status} ${e.attempts}`); }";
    strictly(&server, caught).prints("segue::drift::type 200 1\n");
    let fine = Server::start().on(SEGMENTS, [answer(&json!({ "segments": [{ "id": 1, "name": "x" }] }))]);
    assert_eq!(strictly(&fine, "print(get_segments().segments.len());").lines(), ["1"]);
}

#[test]
fn a_broadcast_with_a_drifted_answer_was_sent_and_is_sent_once() {
    let triggers = answer(&json!({ "triggers": [] }));
    let server =
        || Server::start().on(TRIGGERS, [triggers.clone()]).on(TRIGGER, [answer(&json!({ "id": "8" }))]);
    let told = "the answer of `trigger_broadcast` has text for `id`";
    let lenient = server();
    let script =
        "let sent = trigger_broadcast(7, (), (), [\"u-1\"]); print(`${sent.id} ${type_of(sent.id)}`);";
    against(&lenient, script).says(0, &[told, "taken as an integer"]).prints("8 i64\n");
    let strict = server();
    strictly(&strict, SEND)
        .says(
            1,
            &[
                "segue::drift::type",
                "script.rhai:1:7",
                told,
                "accepted, with an answer of another shape",
                "Customer.io has done it, so don't send it again",
                "of the writes: 1 accepted",
                "would do 1 of the accepted a second time",
            ],
        )
        .prints("");
    assert_eq!((lenient.posts().len(), strict.posts().len()), (1, 1));
}

#[test]
fn a_broadcast_answered_without_its_id_is_looked_up_and_never_sent_again() {
    let triggers = |ids: &[i64]| {
        answer(&json!({ "triggers": ids.iter().map(|id| json!({ "id": id })).collect::<Vec<_>>() }))
    };
    for odd in [json!({}), json!({ "id": null }), json!({ "id": { "value": 8 } }), json!([8])] {
        let found = Server::start()
            .on(TRIGGERS, [triggers(&[3]), triggers(&[3, 8])])
            .on("GET /v1/campaigns/7/triggers/8/errors", [Reply::ok(r#"{"errors":[],"next":""}"#)])
            .on(TRIGGER, [answer(&odd)]);
        against(&found, SEND).says(0, &["was looked up: it was done, with id 8"]).prints("8\n");
        let lost = Server::start().on("*", [Reply::status(404, "")]).on(TRIGGER, [answer(&odd)]);
        against(&lost, SEND).says(6, &["segue::api::in_doubt", "it answered 200, but the answer"]);
        assert_eq!((found.posts().len(), lost.posts().len()), (1, 1), "{odd}");
    }
}

#[test]
fn a_look_up_reads_drifted_ids_and_a_strict_run_stops_before_it_sends() {
    let triggers = |ids: &[&str]| {
        answer(&json!({ "triggers": ids.iter().map(|id| json!({ "id": id })).collect::<Vec<_>>() }))
    };
    let server = || {
        Server::start()
            .on(TRIGGERS, [triggers(&["3"]), triggers(&["3", "8"])])
            .on("GET /v1/campaigns/7/triggers/8/errors", [Reply::ok(r#"{"errors":null}"#)])
            .on(TRIGGER, [Reply::Close])
    };
    let lenient = server();
    let ended = against(&lenient, SEND);
    ended
        .says(0, &["with id 8", "the answer of `get_triggers` has text for `triggers[].id`"])
        .says(0, &["the answer of `get_trigger_errors` has null for `errors`; taken as an empty list"])
        .prints("8\n");
    ended.says(0, &["the answer of 1 call drifted"]);
    assert_eq!(told(&ended).len(), 2, "{ended}");
    let strict = server();
    strictly(&strict, SEND).says(1, &["segue::drift::type", "`get_triggers`", "1 not delivered"]);
    assert_eq!((lenient.posts().len(), strict.posts().len()), (1, 0));
}
