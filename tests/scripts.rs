//! Every script in `scripts/`, run by the built program against a sandbox.

#[path = "scripts/newer.rs"]
mod newer;
mod support;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::time::{SystemTime, UNIX_EPOCH};

use segue::sandbox::{Options, Sandbox};
use segue::spec::Delivery;
use segue::tools::ALL;
use serde_json::{Value, json};
use support::{World, in_project, segue};

// The segments of the sandbox.
const EVERYONE: i64 = 1;
const READERS: i64 = 2;
const VIP: i64 = 3;
const CHURN_RISK: i64 = 5;

fn text<'v>(value: &'v Value, field: &str) -> &'v str {
    value[field].as_str().unwrap_or_default()
}

fn cio_ids(people: &[Value]) -> Vec<&str> {
    people.iter().map(|person| text(person, "cio_id")).collect()
}

fn sorted<T: Ord>(mut items: Vec<T>) -> Vec<T> {
    items.sort();
    items
}

/// A CSV file of a test's own, gone when the test is.
fn file(content: &str) -> (tempfile::TempDir, String) {
    named("list.csv", content)
}

fn named(name: &str, content: &str) -> (tempfile::TempDir, String) {
    let dir = tempfile::tempdir().expect("there is room for a file");
    let path = dir.path().join(name);
    std::fs::write(&path, content).expect("it can be written");
    (dir, format!("file={}", path.display()))
}

fn scripts() -> Vec<(String, String)> {
    let entries = std::fs::read_dir(in_project("scripts")).expect("there are scripts");
    let paths = entries.map(|entry| entry.expect("it can be listed").path());
    paths
        .map(|path| {
            let stem = path.file_stem().expect("it has a name").to_string_lossy().into_owned();
            (stem, std::fs::read_to_string(&path).expect("it can be read"))
        })
        .collect()
}

#[test]
fn every_script_is_run_by_a_test() {
    let tests = [include_str!("scripts.rs"), include_str!("scripts/newer.rs")].concat();
    let untested: Vec<String> = scripts()
        .into_iter()
        .map(|(name, _)| name)
        .filter(|name| {
            // In a sandbox, or against a server of the test's own.
            [format!("run(\"{name}\", "), format!("\"{name}.rhai\"")].iter().all(|call| !tests.contains(call))
        })
        .collect();
    assert!(untested.is_empty(), "no test runs {untested:?}");
}

#[test]
fn every_script_says_what_it_does_takes_and_is_called() {
    for (name, script) in scripts() {
        let head: String = script.lines().take_while(|line| line.starts_with("//!")).collect();
        assert!(head.contains(&format!("segue run scripts/{name}.rhai")), "{name} shows no command line");
        for asked in script.split("arg(\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(head.contains(&format!("//!   {asked} ")), "{name} doesn't say what `{asked}` is");
        }
        assert!(script.lines().count() < 60, "{name} is long");
    }
}

/// What was handed over isn't accepted yet, and in a dry run never is.
#[test]
fn every_script_that_hands_writes_over_ends_with_what_was_accepted() {
    let deferred = ALL.iter().filter(|tool| tool.delivery != Delivery::Now);
    let calls: Vec<String> = deferred.map(|tool| format!("{}(", tool.name())).collect();
    let mut told = 0;
    for (name, script) in scripts() {
        let code: Vec<&str> = script.lines().filter(|line| !line.starts_with("//")).collect();
        // It is a line of a crontab's, and the run says it.
        if name == "segment_to_group" || !calls.iter().any(|call| code.concat().contains(call)) {
            continue;
        }
        assert!(code.last().is_some_and(|line| line.contains("${report::written(")), "{name}");
        told += 1;
    }
    assert!(told > 0, "none hands writes over");
}

#[tokio::test(flavor = "multi_thread")]
async fn segment_to_group_adds_every_member_once() {
    let world = World::new().await;
    let members = world.members(VIP).await;
    assert!(members.iter().any(|person| person["id"].is_null()), "the segment has people by e-mail alone");
    let ran = world.run("segment_to_group", &["segment=VIP", "group=acme"]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(0), ""), "{}", ran.err);

    let groups = world.state("groups");
    assert_eq!(groups.len(), 1);
    assert_eq!((text(&groups[0], "id"), text(&groups[0], "object_type_id")), ("acme", "1"));
    let grouped = groups[0]["members"].as_array().unwrap();
    assert_eq!(sorted(cio_ids(grouped)), sorted(cio_ids(&members)));
    assert!(grouped.iter().all(|member| member["writes"] == 1), "somebody was written twice");
    assert_eq!(world.state("people").len(), world.members(EVERYONE).await.len(), "nobody was made up");
}

#[tokio::test(flavor = "multi_thread")]
async fn segment_to_group_runs_in_a_large_sandbox_of_its_own() {
    // The same seed makes the same workspace, so this one tells how many there have to be.
    let twin = Sandbox::start(Options { people: 5_000, ..Options::default() }).await.unwrap();
    let state = twin.state();
    let vip = state["segments"].as_array().unwrap().iter().find(|segment| segment["id"] == VIP).unwrap();
    assert!(vip["size"].as_u64() > Some(1_000), "{vip}");

    let script = in_project("scripts/segment_to_group.rhai");
    let ran = segue(&script, &["--sandbox", "--people", "5000"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let calls = format!(": {} add_person_to_group, 1 get_segment_membership, 1 get_segments\n", vip["size"]);
    assert!(ran.err.ends_with(&calls), "{}", ran.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn suppress_list_suppresses_each_line_once() {
    let world = World::new().await;
    let people = world.state("people");
    let address = text(&people[20], "email");
    let cio_id = text(&people[30], "cio_id");
    // Marked as spreadsheets do it; with a blank line, a repeat, and a repeat in another case.
    let list =
        format!("\u{feff}u-1\r\n\n{address}\nu-1\n{}\n  cio_{cio_id}\nnobody\n", address.to_uppercase());
    let (_dir, file) = named("list.txt", &list);

    let looked = world.run("suppress_list", &[&file, "--dry-run"]);
    let cio = format!("cio_{cio_id}");
    let done = |became: &str| format!("4 to suppress: 4 {became}; left out: 2 repeated");
    assert_eq!(looked.lines(), ["u-1", address, &cio, "nobody", &done("kept back")]);
    assert!(world.state("suppressed").is_empty(), "a dry run suppresses nobody");

    let ran = world.run("suppress_list", &[&file]);
    assert_eq!(ran.lines(), ["u-1", address, &cio, "nobody", &done("accepted")]);
    assert!(ran.err.ends_with(": 4 suppress_person\n"), "{}", ran.err);
    // Of people there are, both identifiers are blocked.
    let both = |person: &Value| [text(person, "id").to_string(), text(person, "email").to_string()];
    let gone = [&people[0], &people[20], &people[30]];
    let blocked: BTreeSet<String> = gone.into_iter().flat_map(both).chain(["nobody".to_string()]).collect();
    let suppressed = world.state("suppressed");
    let suppressed: BTreeSet<String> = suppressed.iter().map(|it| it.as_str().unwrap().into()).collect();
    assert_eq!(suppressed, blocked);
    let left = world.state("people");
    assert_eq!(left.len(), people.len() - 3);
    let kept: HashSet<&str> = cio_ids(&left).into_iter().collect();
    assert!(gone.iter().all(|person| !kept.contains(text(person, "cio_id"))));
}

#[tokio::test(flavor = "multi_thread")]
async fn suppress_list_reads_a_column() {
    let world = World::new().await;
    let (_dir, file) = file("request,email\n1,ada@example.org\n2,\n3,ADA@example.org\n4,a+b@example.org\n");
    let ran = world.run("suppress_list", &[&file, "column=email"]);
    assert_eq!(
        ran.lines(),
        [
            "ada@example.org",
            "a+b@example.org",
            "2 to suppress: 2 accepted; left out: 1 repeated, 1 without an identifier",
        ]
    );
    assert_eq!(world.state("suppressed"), ["a+b@example.org", "ada@example.org"]);

    let wrong = world.run("suppress_list", &[&file, "column=mail"]);
    assert_eq!(wrong.code, Some(1));
    assert!(wrong.err.contains(r#"no column "mail"; it has ["email", "request"]"#), "{}", wrong.err);
    assert!(wrong.err.contains("nothing was sent"), "{}", wrong.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn suppress_list_takes_no_line_of_columns_for_an_identifier() {
    let world = World::new().await;
    let no_column = "column=…";
    let blank = "holds U+0020: a blank, or a character that nobody sees, is in no identifier";
    let long = format!("u-1\n{}\n", "é".repeat(76));
    for (name, list, column, says) in [
        ("list.csv", "u-1\n", None, no_column),
        ("LIST.CSV", "u-1\n", None, no_column),
        ("list.txt", "u-1\n\nu-2,ada@example.org\n", None, no_column),
        ("list.txt", "u-1\nu-2;ada@example.org\n", None, no_column),
        ("list.txt", "u-1\nu-2\tada@example.org\n", None, no_column),
        ("list.txt", "u-1\nAda Abel\n", None, blank),
        ("list.txt", "u-1\nada@example.org\u{200b}\n", None, "in row 2 of"),
        ("list.txt", "u-1\nada@example.org\u{200b}\n", None, "holds U+200B"),
        ("list.txt", "\u{feff}\u{feff}u-1\n", None, "holds U+FEFF"),
        ("list.txt", "\u{200f}u-4\n", None, "holds U+200F"),
        ("list.txt", "ada\u{1}@example.org\n", None, "holds U+0001"),
        ("list.csv", "id,n\nu-1,1\n,2\nu\u{a0}2\u{a0},3\n", Some("column=id"), "in row 4 of"),
        ("list.csv", "id,n\nu-1,1\n\u{200b},2\n", Some("column=id"), "holds U+200B"),
        ("list.csv", "E-Mail,n\na@x.org,1\nN/A,2\n", Some("column=E-Mail"), "\"N/A\" in row 3 of"),
        ("list.csv", "user_email,n\nnull,2\n", Some("column=user_email"), "is no e-mail address"),
        ("list.csv", "Email Address\n-\n", Some("column=Email Address"), "is no e-mail address"),
        ("list.txt", &long, None, "is longer than an identifier can be, 150 bytes"),
        ("list.txt", "u-1\n..\n", None, "\"..\" in "),
        ("list.txt", "Email\nada@example.org\n", None, "a column's name: say that it is one, column=Email"),
        ("list.csv", "e,n\nada@x.org; b@x.org,1\n", Some("column=e"), blank),
        ("list.csv", "e,n\nada@x.org;b@x.org,1\n", Some("column=e"), "is more than one address"),
        ("list.csv", "id,n\nu-1,1\nu 2,2\n", Some("column=id"), blank),
    ] {
        let (_dir, file) = named(name, list);
        let args: Vec<&str> = [file.as_str()].into_iter().chain(column).collect();
        let ran = world.run("suppress_list", &args);
        assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""), "{name} {list}");
        // A diagnostic may be broken anywhere.
        let err = ran.err.replace("\n  │ ", " ");
        assert!(err.contains(says) && err.contains("nothing was sent"), "{err}");
    }
    assert!(world.state("suppressed").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn trigger_and_wait_sends_once_and_waits() {
    let world = World::new().await;
    let before = world.state("triggers").len();
    let ran = world.run("trigger_and_wait", &["broadcast=1", "segment=vip"]);
    let lines = ran.lines();

    let triggers = world.state("triggers");
    assert_eq!(triggers.len(), before + 1, "it was triggered once");
    let trigger = &triggers[before];
    assert_eq!(trigger["broadcast_id"], 1);
    assert_eq!(trigger["body"], json!({"recipients": {"segment": {"id": VIP}}}));
    let audience = trigger["audience"].as_array().unwrap();
    assert_eq!(sorted(cio_ids(audience)), sorted(cio_ids(&world.members(VIP).await)));
    let processed = jiff::Timestamp::from_second(trigger["processed_at"].as_i64().unwrap()).unwrap();
    assert_eq!(
        lines,
        [format!("broadcast 1 sent to \"VIP\": trigger {}, processed at {processed}", trigger["id"]),]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn trigger_and_wait_gives_up_without_sending_again() {
    let world = World::new().await;
    let before = world.state("triggers").len();
    // The sandbox has processed a trigger at the second look, and this takes one.
    let ran = world.run("trigger_and_wait", &["broadcast=2", "segment=VIP", "wait=0"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains("was sent; don't send it again: it wasn't processed within 0 s"), "{}", ran.err);
    assert_eq!(world.state("triggers").len(), before + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn trigger_and_wait_sends_to_no_segment_that_is_not_ready() {
    let world = World::new().await;
    let before = world.state("triggers").len();
    let ran = world.run("trigger_and_wait", &["broadcast=1", "segment=Being built"]);
    ran.says(4, &["segue::guard::segment", "segment \"Being built\"", "isn't finished"]);
    assert_eq!(world.state("triggers").len(), before);
    assert_eq!(world.run("trigger_and_wait", &["broadcast=1"]).code, Some(2), "the audience has no default");
    assert_eq!(world.state("triggers").len(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn export_segment_writes_a_row_for_each_member() {
    let world = World::new().await;
    let members = world.members(READERS).await;
    let row = |person: &Value| [text(person, "id"), text(person, "email"), text(person, "cio_id")].join(",");
    let head = std::iter::once("id,email,cio_id".to_string());
    let all: Vec<String> = head.chain(members.iter().map(row)).collect();
    assert!(all.iter().any(|row| row.starts_with(',')), "some have no id, and keep their column");
    assert_eq!(world.run("export_segment", &["segment=Newsletter readers"]).lines(), all);
    assert_eq!(world.run("export_segment", &["segment=2", "limit=3"]).lines(), all[..4]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_is_nothing_of_a_segment_there_is_not_and_a_head_line_of_an_empty_one() {
    let world = World::new().await;
    let refused = world.run("export_segment", &["limit=-1"]);
    assert_eq!((refused.code, refused.out.as_str()), (Some(1), ""));
    assert!(refused.err.contains("limit is -1"), "{}", refused.err);
    for name in ["export_segment", "people_without_id"] {
        let ran = world.run(name, &["segment=Nobody has this"]);
        assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""), "{}", ran.err);
    }
    let nobody =
        World { sandbox: Sandbox::start(Options { people: 0, ..Options::default() }).await.unwrap() };
    assert_eq!(nobody.run("export_segment", &[]).lines(), ["id,email,cio_id"]);
    assert_eq!(nobody.run("people_without_id", &[]).lines(), ["email,cio_id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn people_without_id_are_found() {
    let world = World::new().await;
    let members = world.members(VIP).await;
    let without: Vec<&Value> = members.iter().filter(|person| person["id"].is_null()).collect();
    let row = |person: &&Value| [text(person, "email"), text(person, "cio_id")].join(",");
    let all: Vec<String> =
        std::iter::once("email,cio_id".to_string()).chain(without.iter().map(row)).collect();
    assert!(all.len() > 10 && without.len() < members.len());
    assert_eq!(world.run("people_without_id", &["segment=VIP"]).lines(), all);
    let counted = world.run("people_without_id", &["segment=VIP", "count=true"]);
    assert_eq!(counted.lines(), [without.len().to_string()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn weekly_digest_counts_what_became_of_messages() {
    const DAYS: u64 = 10;
    let world = World::new().await;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let from = now - DAYS * 86_400;
    let page = world.get(&format!("/v1/messages?type=email&limit=1000&start_ts={from}")).await;
    let messages = page["messages"].as_array().unwrap();
    assert!(
        messages.iter().all(|message| message["created"].as_u64() > Some(from + 300)),
        "a message lies so near the edge that a slow run would miss it: take other days"
    );

    let metrics = ["sent", "delivered", "opened", "clicked", "bounced"];
    let mut counts: BTreeMap<String, [u64; 5]> = BTreeMap::new();
    for message in messages {
        let number = |field: &str| message[field].as_u64();
        let from = match (number("newsletter_id"), number("broadcast_id"), number("campaign_id")) {
            (Some(id), ..) => format!("Letter no. {id}"),
            (_, Some(id), _) => format!("broadcast {id}"),
            (.., id) => format!("campaign {}", id.unwrap()),
        };
        let row = counts.entry(from).or_default();
        for (count, metric) in row.iter_mut().zip(metrics) {
            *count += u64::from(message["metrics"].get(metric).is_some());
        }
    }
    let mut expected: Vec<(String, [u64; 5])> = counts.into_iter().collect();
    expected.sort_by_key(|(_, counts)| std::cmp::Reverse(counts[0]));
    let rate = |part: u64, whole: u64| match whole {
        0 => String::new(),
        whole => (part as f64 * 100.0 / whole as f64).round().to_string(),
    };
    let expected: Vec<Vec<String>> = expected
        .into_iter()
        .map(|(from, counts)| {
            let [sent, delivered, opened, clicked, bounced] = counts;
            let rates = [(delivered, sent), (opened, delivered), (clicked, delivered), (bounced, sent)];
            let figures = counts.map(|n| n.to_string()).into_iter();
            let cells = figures.chain(rates.map(|(part, whole)| rate(part, whole)));
            // A cell with nothing in it can't be told from the space around it.
            std::iter::once(from).chain(cells).filter(|cell| !cell.is_empty()).collect()
        })
        .collect();
    assert!(expected.len() > 5 && expected[0][1] != "0", "there is something to count");

    let ran = world.run("weekly_digest", &[&format!("days={DAYS}")]);
    let lines = ran.lines();
    let cells = |line: &str| -> Vec<String> {
        line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).map(Into::into).collect()
    };
    let head: Vec<&str> = ["from"].into_iter().chain(metrics).collect();
    assert_eq!(cells(lines[0])[..6], head);
    assert_eq!(cells(lines[0])[6..], ["delivered %", "opened %", "clicked %", "bounced %"]);
    assert_eq!(lines[2..].iter().map(|line| cells(line)).collect::<Vec<_>>(), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn weekly_digest_looks_no_further_than_customer_io_does() {
    let world = World::new().await;
    for days in ["0", "-7", "181"] {
        let ran = world.run("weekly_digest", &[&format!("days={days}")]);
        assert_eq!(ran.code, Some(1));
        assert!(ran.err.contains(&format!("days is {days}: ")), "{}", ran.err);
        assert!(ran.err.contains("nothing was sent"), "{}", ran.err);
    }
    assert_eq!(world.run("weekly_digest", &["days=180"]).code, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn backfill_attributes_writes_nothing_of_a_file_with_something_wrong() {
    let world = World::new().await;
    let before = world.state("people");
    let (_dir, file) = file("id,seats,plan\nu-1, 7 ,3\nu-2,,many\nu-3,1,1\n");
    for (numbers, says) in [
        ("numbers=seats,plan", r#"row 3: plan is "many", no number"#),
        ("numbers=seats, plan", r#"row 3: plan is "many", no number"#),
        ("times=plan", r#"row 2: plan is "3", no time"#),
        ("key=cio_id", "a cio_id would be taken for an id of yours"),
        ("numbers=seats,amuont", r#"no column "amuont"; it has ["id", "plan", "seats"]"#),
    ] {
        let ran = world.run("backfill_attributes", &[&file, numbers]);
        assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""), "{numbers}");
        // A diagnostic may be broken anywhere.
        let err = ran.err.replace("\n  │ ", " ");
        assert!(err.contains(says) && err.contains("nothing was sent"), "{err}");
    }
    assert_eq!(world.state("people"), before);

    let ran = world.run("backfill_attributes", &[&file, "numbers= seats ,", "--dry-run"]);
    ran.says(0, &[r#""userId":"u-1","traits":{"plan":"3","seats":7}"#]);
}

#[tokio::test(flavor = "multi_thread")]
async fn backfill_attributes_sets_what_the_file_holds() {
    let world = World::new().await;
    let before = world.state("people");
    let (_dir, file) = file("id,plan,seats,score\nu-1,gold,7,\nu-2,,,\n,gold,1,1\nu-3,\"a, b\",,2.5\n");
    let args = [file.as_str(), "numbers=seats,score"];
    let looked = world.run("backfill_attributes", &[args[0], args[1], "--dry-run"]);
    let shown = [r#""traits":{"plan":"gold","seats":7}"#, r#""traits":{"plan":"a, b","score":2.5}"#];
    looked.says(0, &shown).prints("2 of 4 to set: 2 kept back\n");
    assert_eq!(world.state("people"), before, "a dry run changes nothing");

    let ran = world.run("backfill_attributes", &args);
    assert_eq!(ran.lines(), ["2 of 4 to set: 2 accepted"]);
    let mut expected = before;
    for (place, set) in [(0, json!({"plan": "gold", "seats": 7})), (2, json!({"plan": "a, b", "score": 2.5}))]
    {
        let attributes = expected[place]["attributes"].as_object_mut().unwrap();
        attributes.extend(set.as_object().unwrap().clone());
    }
    assert_eq!(world.state("people"), expected, "these changed and nobody else");
}

#[tokio::test(flavor = "multi_thread")]
async fn segment_overlap_counts_who_is_in_both() {
    let world = World::new().await;
    let (vip, churn) = (world.members(VIP).await, world.members(CHURN_RISK).await);
    let vip: HashSet<&str> = cio_ids(&vip).into_iter().collect();
    let churn: HashSet<&str> = cio_ids(&churn).into_iter().collect();
    let both = vip.intersection(&churn).count();
    assert!(both > 0 && both < churn.len());
    let ran = world.run("segment_overlap", &["first=VIP", "second=Churn risk"]);
    let rows: Vec<(&str, usize)> = ran.lines()[2..]
        .iter()
        .map(|line| line.trim().rsplit_once(' ').unwrap())
        .map(|(name, count)| (name.trim(), count.parse().unwrap()))
        .collect();
    assert_eq!(
        rows,
        [
            ("VIP", vip.len()),
            ("Churn risk", churn.len()),
            ("both", both),
            ("only VIP", vip.len() - both),
            ("only Churn risk", churn.len() - both),
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn segment_sizes_counts_who_is_in_each() {
    let world = World::new().await;
    let ran = world.run("segment_sizes", &["state=finished", "at_once=2"]);
    let rows: Vec<Vec<&str>> = ran.lines()[2..].iter().map(|line| line.split("  ").collect()).collect();
    let rows: Vec<Vec<&str>> = rows
        .iter()
        .map(|row| row.iter().map(|cell| cell.trim()).filter(|cell| !cell.is_empty()).collect())
        .collect();
    assert!(rows.iter().all(|row| row[3] == "finished"), "{rows:?}");
    let rows: Vec<(&str, usize)> = rows.iter().map(|row| (row[1], row[2].parse().unwrap())).collect();
    for (name, id) in [("Everyone", EVERYONE), ("VIP", VIP), ("Churn risk", CHURN_RISK)] {
        let people = world.members(id).await.len();
        assert!(rows.contains(&(name, people)), "{name} has {people}: {ran:?}");
    }
    assert!(rows.is_sorted_by_key(|(_, people)| std::cmp::Reverse(*people)), "{rows:?}");
    assert!(!rows.iter().any(|(name, _)| *name == "Being built"), "{rows:?}");
    // What is still being worked out is shown as that.
    let all = world.run("segment_sizes", &[]);
    let building: Vec<&str> = all.lines().into_iter().filter(|line| line.contains("Being built")).collect();
    assert!(building.len() == 1 && building[0].ends_with("build"), "{all:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn std_dates_counts_days_back_from_now() {
    let world = World::new().await;
    let dir = tempfile::tempdir().unwrap();
    let script = dir.path().join("dates.rhai");
    let body = r#"
        import "std/dates" as dates;
        let before = now();
        let ago = dates::days_ago(2);
        print(before - 172800 <= ago && ago <= now() - 172800);
    "#;
    std::fs::write(&script, body).unwrap();
    assert_eq!(world.run_file(&script, &[]).lines(), ["true"]);
}

/// What the engine's manual says of them, called so that what they give can be seen.
#[tokio::test(flavor = "multi_thread")]
async fn the_functions_beside_the_tools_give_what_they_say() {
    let world = World::new().await;
    let dir = tempfile::tempdir().unwrap();
    let list = dir.path().join("list.csv");
    std::fs::write(&list, "id,plan\nu-1,pro\n").unwrap();
    let body = r#"
        let file = arg("file");
        debug(arg("no", "default") + arg_int("days", 7));
        print(read_lines(file));
        print(read_ndjson(`${file}.ndjson`).to_array());
        let rows = read_csv(file);
        for row in rows { row.plan = "free" }
        print(csv_row(rows[0].values()));
        for (row, i) in rows { rows[i].plan = "free" }
        print(table(rows).contains("free") && table(rows, ["id"]) != table(rows));
        print(now() > 0 && random() < 1.0 && env("NOBODY_SETS_THIS", "unset") == "unset");
        print(iso(0) + " " + date(0));
        sleep(0);
        sleep(0.001);
        track_event(person(#{ email: "ada@example.com" }), "seen");
        print(flush());
        print(chunks([1, 2, 3], 2));
        print(chunks(segment_members("VIP").take(3), 2).count());
        print(tool("CUSTOMERIO_GET_SEGMENT_DETAILS", #{ segment_id: 3 }).segment.name);
        let segments = with_retry(#{ attempts: 12, timeout: 5 }, || get_segments());
        let tries = 0;
        print(retry(5, || { tries += 1; if tries < 2 { throw "not yet" } segments.segments.len() > 0 }));
        print(parallel(8, [3, 4], |id| get_segment_details(id).segment.id));
    "#;
    let script = dir.path().join("all.rhai");
    std::fs::write(&script, body).unwrap();
    std::fs::write(dir.path().join("list.csv.ndjson"), "1\n\n[2]\n").unwrap();
    let ran = world.run_file(&script, &[&format!("file={}", list.display())]);
    assert_eq!(
        ran.lines(),
        [
            r#"["id,plan", "u-1,pro"]"#,
            "[1, [2]]",
            "u-1,pro",
            "true",
            "true",
            "1970-01-01T00:00:00Z 1970-01-01",
            r##"#{"accepted": 1, "in_doubt": 0, "rejected": 0, "undelivered": 0, "withheld": 0}"##,
            "[[1, 2], [3]]",
            "2",
            "VIP",
            "true",
            "[3, 4]",
        ]
    );
}

/// The script of the readme's own does what the readme says.
#[tokio::test(flavor = "multi_thread")]
async fn the_script_in_the_readme_runs() {
    let world = World::new().await;
    let readme = std::fs::read_to_string(in_project("README.md")).unwrap();
    let script = readme.split("```rhai\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("win_back.rhai");
    std::fs::write(&path, script).unwrap();

    let members = world.members(CHURN_RISK).await;
    let (reached, silent): (Vec<Value>, Vec<Value>) =
        members.into_iter().partition(|person| !person["email"].is_null());
    assert!(!reached.is_empty() && !silent.is_empty());
    let ran = world.run_file(&path, &["offer=spring"]);
    let silent: Vec<String> =
        silent.iter().map(|person| format!("no address: {}", text(person, "id"))).collect();
    assert_eq!(ran.lines(), silent);
    let events = world.state("events");
    let mut told: Vec<&str> = events.iter().map(|event| text(&event["person"], "cio_id")).collect();
    // They travel together with others of their lane.
    told.sort_unstable();
    let mut reached = cio_ids(&reached);
    reached.sort_unstable();
    assert_eq!(told, reached);
    let as_told =
        |event: &Value| event["name"] == "win_back" && event["properties"] == json!({"offer": "spring"});
    assert!(events.iter().all(as_told), "{:?}", events.first());
}

#[tokio::test(flavor = "multi_thread")]
async fn retry_rejected_writes_again_what_a_file_holds() {
    let world = World::new().await;
    let row = |tool: &str, cause: &str, item: Value| json!({ "tool": tool, "subject": "u-1", "cause": cause, "item": item });
    let group = json!({ "type": "group", "userId": "u-1", "groupId": "again", "traits": { "size": 3 } });
    let rows = [
        row("add_person_to_group", "too odd", group),
        row(
            "identify_person",
            "too late",
            json!({ "type": "identify", "userId": "u-2", "traits": { "plan": "gold" } }),
        ),
    ];
    let (_dir, file) = named("rejected.ndjson", &rows.clone().map(|row| format!("{row}\n")).concat());
    let ran = world.run("retry_rejected", &[&file, "cause=odd"]);
    assert_eq!(ran.lines(), ["1 to write again: 1 accepted; left out: 1 of another cause"]);
    let groups = world.state("groups");
    assert_eq!((groups.len(), text(&groups[0], "id")), (1, "again"));
    let (_dir, file) = named("rejected.ndjson", &format!("{}\n", row("suppress_person", "x", Value::Null)));
    world
        .run("retry_rejected", &[&file])
        .says(1, &["suppress_person of u-1 isn't written again by this script"]);
    let (_dir, file) = named("orders.ndjson", "{\"order\":7}\n");
    let says = ["isn't what --rejected keeps: a row of it is #{\"order\": 7}"];
    world.run("retry_rejected", &[&file]).says(1, &says);
    let (_dir, file) = named(
        "rejected.ndjson",
        &[&rows[0], &row("suppress_person", "x", Value::Null)].map(|row| format!("{row}\n")).concat(),
    );
    world.run("retry_rejected", &[&file]).says(1, &["nothing was sent"]);
    world.run("retry_rejected", &[&file, "cause=odd"]).says(0, &[]);
}
