//! Scripts over lists and reports, and what holds for all scripts.

use serde_json::json;

use super::support::{Place, Reply, Server, World, in_project};
use super::{VIP, cio_ids, named, scripts, text};

/// The files that the command lines of the scripts' heads name, with something in each.
const FILES: [(&str, &str); 7] = [
    ("requests.txt", "u-1\n"),
    ("requests.csv", "email\nada@example.org\n"),
    ("opt_outs.txt", "ada@example.org\n"),
    ("opt_outs.csv", "email\nada@example.org\n"),
    ("plans.csv", "id,plan,seats\nu-1,pro,7\n"),
    ("orders.csv", "user_id,timestamp,total\nu-1,2026-01-31,7\n"),
    (
        "rejected.ndjson",
        "{\"tool\":\"identify_person\",\"subject\":\"u-1\",\"cause\":\"odd\",\"item\":{\"userId\":\"u-1\",\"traits\":{\"a\":1}}}\n",
    ),
];

/// The words of a command line, with quotes around what has a blank.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut quoted) = (vec![String::new()], false);
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            c => words.last_mut().expect("there is one").push(c),
        }
    }
    words
}

#[test]
fn every_script_runs_by_the_command_lines_of_its_head_and_passes_a_check() {
    std::thread::scope(|scope| {
        for (name, script) in scripts() {
            scope.spawn(move || {
                let place = Place::empty();
                let folder = place.path().join("scripts");
                std::fs::create_dir(&folder).expect("a folder can be made");
                std::fs::write(folder.join(format!("{name}.rhai")), &script).expect("it can be written");
                for (file, content) in FILES {
                    place.file(file, content.as_bytes());
                }
                let path = format!("scripts/{name}.rhai");
                let checked = place.segue(&["check", &path, "--allow", "send,destroy,consent"]);
                checked.says(0, &[]).never_says("warning");
                assert!(checked.out.contains("the script is sound"), "{}", checked.err);
                let lines = script.lines().filter_map(|line| line.strip_prefix("//!     segue "));
                let mut ran = 0;
                for line in lines {
                    let line = line.split(" > ").next().unwrap_or(line);
                    let words = words(line);
                    let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
                    words.extend(["--sandbox", "--people", "200"]);
                    place.segue(&words).says(0, &[]);
                    ran += 1;
                }
                assert!(ran > 0, "{name} shows no command line");
            });
        }
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn unsubscribe_list_unsubscribes_each_and_adds_who_is_unknown() {
    let world = World::new().await;
    let before = world.state("people");
    let address = text(&before[20], "email").to_string();
    let (_dir, file) =
        named("list.csv", &format!("who\nu-1\n{address}\n{}\n\nnew@example.org\n", address.to_uppercase()));
    let ran = world.run("unsubscribe_list", &[&file, "column=who"]);
    assert_eq!(ran.lines(), ["3 to unsubscribe: 3 accepted; left out: 1 repeated"], "{}", ran.err);
    let people = world.state("people");
    assert_eq!(people.len(), before.len() + 1);
    for person in [&people[0], &people[20], people.last().unwrap()] {
        assert_eq!(person["attributes"]["unsubscribed"], json!(true), "{person}");
    }
    assert_eq!(people[1], before[1]);

    // An id of Customer.io's own would be taken for one of yours, and somebody made of it.
    let (_dir, file) = named("list.txt", "new2@example.org\ncio_c1\n");
    world.run("unsubscribe_list", &[&file]).says(1, &["\"cio_c1\" is no id of yours", "nothing was sent"]);
    let (_dir, file) = named("list.txt", "u-1\n");
    let kept = "1 to unsubscribe: 1 kept back; left out: none\n";
    world.run("unsubscribe_list", &[&file, "--dry-run"]).says(0, &[]).prints(kept);
}

#[tokio::test(flavor = "multi_thread")]
async fn deletion_requests_records_what_became_of_each() {
    let world = World::new().await;
    let (_dir, file) =
        named("list.csv", "n,email\n1,ada@example.org\n2,\n3,ADA@example.org\n4,b@example.org\n");
    let of = |status: &str, who: &str, line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        assert!(cells[1].parse::<jiff::Timestamp>().is_ok(), "{line}");
        assert_eq!((cells[0], cells[2]), (who, status));
    };
    for (dry, status, left) in [(true, "withheld", 0), (false, "accepted", 2)] {
        let args: Vec<&str> = [file.as_str()].into_iter().chain(dry.then_some("--dry-run")).collect();
        let ran = world.run("deletion_requests", &args);
        let lines = ran.lines();
        assert_eq!((lines.len(), lines[0]), (3, "identifier,at,status"), "{}", ran.err);
        of(status, "ada@example.org", lines[1]);
        of(status, "b@example.org", lines[2]);
        assert_eq!(world.state("suppressed").len(), left);
    }
}

/// Customer.io accepts it of a name that nobody has, and the record would say that the person is gone.
#[tokio::test(flavor = "multi_thread")]
async fn deletion_requests_begins_with_no_list_that_names_nobody() {
    let world = World::new().await;
    for (list, says) in [
        ("n,email\n1,ada@example.org\n2,b@example.org\u{200b}\n", "holds U+200B"),
        ("n,email\n1,ada@example.org\n2,N/A\n", "\"N/A\" in row 3 of"),
        ("n,email\n1,null\n", "is no e-mail address"),
    ] {
        let (_dir, file) = named("list.csv", list);
        world.run("deletion_requests", &[&file]).says(1, &[says, "nothing was sent"]).prints("");
    }
    assert!(world.state("suppressed").is_empty());
}

#[test]
fn deletion_requests_says_who_was_not_deleted_and_goes_on() {
    let server = Server::start()
        .on("POST /api/v1/customers/u-1/suppress", [Reply::status(400, r#"{"meta":{"error":"too odd"}}"#)])
        .on("POST /api/v1/customers/u-2/suppress", [Reply::ok("{}")]);
    let place = Place::empty().live(&server.url());
    place.takes(&in_project("scripts/deletion_requests.rhai"));
    place.file("list.txt", b"u-1\nu-2\n");
    let ran = place.segue(&["run", "deletion_requests.rhai", "file=list.txt", "--allow", "destroy"]);
    ran.says(5, &["too odd", "\n2 to delete: 1 accepted, 1 rejected; left out: none\n"]);
    let status: Vec<&str> = ran.out.lines().filter_map(|line| line.rsplit(',').next()).collect();
    assert_eq!(status, ["status", "rejected", "accepted"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn backfill_events_records_each_row_at_its_own_time() {
    let world = World::new().await;
    let (_dir, csv) = named("orders.csv", "who,at,total\nu-1,2026-01-31 09:30+02:00,7\nu-2,1700000000,8\n");
    let args = [csv.as_str(), "event=ordered", "key=who", "time=at"];
    let ran = world.run("backfill_events", &args);
    assert_eq!(ran.lines(), ["2 to record: 2 accepted"], "{}", ran.err);
    let (_dir, lines) = named(
        "events.ndjson",
        "{\"user_id\":\"u-3\",\"event\":\"seen\",\"timestamp\":1700000060,\"page\":{\"n\":1}}\n\
         {\"user_id\":7,\"event\":\"seen\",\"timestamp\":1700000061999}\n\
         {\"user_id\":\"u-3\",\"event\":\"seen\",\"timestamp\":1700000062.5}\n\
         {\"user_id\":\"u-3\",\"event\":\"seen\",\"timestamp\":20231115}\n",
    );
    assert_eq!(world.run("backfill_events", &[&lines]).lines(), ["4 to record: 4 accepted"]);
    let events = world.state("events");
    let mut seen: Vec<String> = events
        .iter()
        .map(|event| format!("{} {} {}", event["name"], event["timestamp"], event["properties"]))
        .collect();
    seen.sort();
    assert_eq!(
        seen,
        [
            r#""ordered" "2023-11-14T22:13:20Z" {"total":"8"}"#,
            r#""ordered" "2026-01-31T07:30:00Z" {"total":"7"}"#,
            r#""seen" "2023-11-14T22:14:20Z" {"page":{"n":1}}"#,
            r#""seen" "2023-11-14T22:14:21Z" {}"#,
            r#""seen" "2023-11-14T22:14:22Z" {}"#,
            r#""seen" "2023-11-15T00:00:00Z" {}"#,
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn backfill_events_records_nothing_of_a_file_with_something_wrong() {
    let world = World::new().await;
    for (rows, says) in [
        ("user_id,timestamp\nu-1,2026-01-31\nu-2,soon\n", "row 3: \"soon\" is no time"),
        ("user_id,timestamp\nu-1,2026-01-31\n,2026-01-31\n", "row 3: \"user_id\" is empty"),
        // As seconds it would lie in 1970.
        ("user_id,timestamp\nu-1,20260131\nu-2,20261331\n", "row 3: \"20261331\" is no time"),
        (
            "user_id,timestamp\nu-1,20260131\nu-2,20991231\n",
            "row 3: \"20991231\" is 2099-12-31T00:00:00Z, when",
        ),
        ("user_id,timestamp\nu-1,0001-01-01\n", "row 2: \"0001-01-01\" is 0001-01-01T00:00:00Z, when"),
        ("user_id,when\nu-1,2026-01-31\n", "row 2 has no \"timestamp\""),
    ] {
        let (_dir, file) = named("list.csv", rows);
        world.run("backfill_events", &[&file, "event=x"]).says(1, &[says, "nothing was sent"]);
    }
    // Otherwise somebody of that name would be added.
    let sound = r#"{"user_id":7,"timestamp":1700000000,"event":"seen"}"#;
    for (row, says) in [
        (r#"{"user_id":{"id":7},"timestamp":1700000000,"event":"x"}"#, "row 2: \"user_id\" is no text"),
        (r#"{"user_id":null,"timestamp":1700000000,"event":"x"}"#, "row 2: \"user_id\" is empty"),
        (r#"{"user_id":7.0,"timestamp":1700000000,"event":"x"}"#, "row 2: \"user_id\" is no text"),
        (r#"{"user_id":"u-1","timestamp":[1],"event":"x"}"#, "row 2: \"timestamp\" is no text"),
        (r#"{"user_id":"u-1","timestamp":1700000000,"event":""}"#, "row 2: \"event\" is empty"),
        ("[7]", "row 2 has no \"user_id\": [7]"),
    ] {
        let (_dir, file) = named("events.ndjson", &format!("{sound}\n{row}\n"));
        world.run("backfill_events", &[&file]).says(1, &[says, "nothing was sent"]);
    }
    assert!(world.state("events").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn audit_segment_counts_what_makes_trouble() {
    let world = World::new().await;
    let members = world.members(VIP).await;
    let lacking = |field: &str| members.iter().filter(|person| person[field].is_null()).count();
    let ran = world.run("audit_segment", &["segment=VIP"]);
    let cells: Vec<Vec<&str>> = ran.lines().iter().map(|line| line.split_whitespace().collect()).collect();
    for (who, people) in [
        ("in all", members.len()),
        ("without an id", lacking("id")),
        ("without an address", lacking("email")),
    ] {
        let people = people.to_string();
        assert!(
            cells.iter().any(|row| row.join(" ").starts_with(&format!("{who} {people} "))),
            "{who}: {people}\n{}",
            ran.out
        );
    }
    assert!(ran.out.contains("Its domains, 1 of 1") && ran.out.contains("example.com"), "{}", ran.out);
}

/// The sandbox lets no two share an address, as a workspace of ids alone does.
#[test]
fn duplicate_profiles_are_listed_beside_the_one_to_keep() {
    let people = r#"{"identifiers":[
        {"cio_id":"c1","id":null,"email":"Ada@example.org"},{"cio_id":"c2","id":"u-2","email":"ada@example.org"},
        {"cio_id":"c3","id":"u-3","email":"b@example.org"},{"cio_id":"c4","id":null,"email":null},
        {"cio_id":"c5","id":"u-5","email":"ada@example.org"},{"cio_id":"c1","id":null,"email":"Ada@example.org"}
        ],"ids":[],"next":""}"#;
    let segments = r#"{"segments":[{"id":1,"name":"Everyone","state":"finished","type":"dynamic"}]}"#;
    let server = Server::start()
        .on("GET /v1/segments", [Reply::ok(segments)])
        .on("GET /v1/segments/1/membership", [Reply::ok(people), Reply::ok(people)]);
    let place = Place::empty().live(&server.url());
    place.takes(&in_project("scripts/duplicate_profiles.rhai"));
    let ran = place.segue(&["run", "duplicate_profiles.rhai"]);
    ran.says(0, &[]).prints(
        "email,keep_id,keep_cio_id,other_id,other_cio_id\n\
         ada@example.org,u-2,c2,,c1\nada@example.org,u-2,c2,u-5,c5\n",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn failed_deliveries_are_counted_listed_and_written_for_slack() {
    let world = World::new().await;
    let messages = world.get("/v1/messages?limit=1000").await;
    let failed = ["bounced", "dropped", "failed"];
    let month = jiff::Timestamp::now().as_second() - 29 * 86_400;
    let ids: Vec<&str> = messages["messages"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|message| message["created"].as_i64() > Some(month))
        .filter(|message| failed.iter().any(|metric| message["metrics"].get(metric).is_some()))
        .map(|message| text(message, "id"))
        .collect();
    assert!(ids.len() > 3, "some failed");
    let ran = world.run("failed_deliveries", &["days=29", "as=csv"]);
    let listed: Vec<&str> = ran.lines()[1..].iter().filter_map(|line| line.split(',').nth(1)).collect();
    assert_eq!(listed, ids);
    let ran = world.run("failed_deliveries", &["days=29"]);
    let counted: usize = ran.lines()[4..]
        .iter()
        .filter_map(|line| line.split_whitespace().last()?.parse::<usize>().ok())
        .sum();
    assert_eq!(counted, ids.len(), "{}", ran.out);
    let ran = world.run("failed_deliveries", &["days=29", "as=slack"]);
    assert!(ran.out.starts_with("*Not delivered in the last 29 days*\n```\n from "), "{}", ran.out);
    world.run("failed_deliveries", &["as=pdf"]).says(1, &["it is table, slack or csv", "nothing was sent"]);
}

/// Whoever forgot `--allow send` is told before a large segment is read.
#[test]
fn a_broadcast_that_is_not_allowed_is_refused_before_the_first_request() {
    for (name, args) in
        [("trigger_and_wait", &["segment=VIP"][..]), ("broadcast_to_segment", &["segment=VIP", "most=7"])]
    {
        let server = Server::start();
        let place = Place::empty().live(&server.url());
        let script = format!("{name}.rhai");
        place.takes(&in_project("scripts").join(&script));
        let ran = place.segue(&[&["run", &script, "broadcast=1"], args].concat());
        ran.says(4, &["trigger_and_wait", "--allow send", &script]);
        assert_eq!(server.seen().len(), 0, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_argument_that_is_no_such_is_told_before_anything_is_read() {
    let world = World::new().await;
    for (name, argument) in [
        ("audit_segment", "most=-1"),
        ("export_segment", "limit=-1"),
        ("failed_deliveries", "days=0"),
        ("weekly_digest", "days=0"),
        ("weekly_digest", "type=mail"),
    ] {
        world.run(name, &[argument]).says(1, &["nothing was sent"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn broadcast_to_segment_sends_once_when_nothing_speaks_against_it() {
    let world = World::new().await;
    let before = world.state("triggers").len();
    let people = world.members(VIP).await.len();
    let (most, less) = (format!("most={people}"), format!("most={}", people - 1));
    let to = |more: &[&'static str], most: &str| {
        let args: Vec<&str> =
            ["broadcast=1", "segment=VIP", most].into_iter().chain(more.iter().copied()).collect();
        world.run("broadcast_to_segment", &args)
    };
    to(&[], &less).says(1, &["\"VIP\" has more people than"]);
    to(&["least=5000"], &most).says(1, &["and at least 5000 are expected"]);
    to(&["wait=-1"], &most).says(1, &["takes a time of 0 or more, and got -1"]);
    to(&["hours=200"], &most).says(1, &["broadcast 1 was sent at", "within the last 200 h"]);
    assert_eq!(world.state("triggers").len(), before, "nothing was sent");

    let ran = to(&[], &most);
    ran.says(0, &[]);
    let sent = format!("broadcast 1 sent to \"VIP\": people {people}, trigger {}, processed at ", before + 1);
    assert!(ran.out.starts_with(&sent), "{}", ran.out);
    let triggers = world.state("triggers");
    assert_eq!(triggers.len(), before + 1);
    assert_eq!(cio_ids(triggers[before]["audience"].as_array().unwrap()).len(), people);
    to(&[], &most).says(1, &["within the last 24 h; hours=0 sends it all the same"]);
    assert_eq!(world.state("triggers").len(), before + 1);
}
