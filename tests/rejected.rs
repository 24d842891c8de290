//! Writes that Customer.io refuses: what of them is kept, how they are told, and when there are too many.

mod support;

use std::collections::HashSet;
use std::time::Duration;

use serde_json::{Value, json};
use support::{Ended, KEYS, Place, REFUSED, Reply, Seen, Server, in_project, mates, until};

const KEPT: [&str; 4] = ["run", "script.rhai", "--rejected", "kept.ndjson"];
/// A script whose every third write is bad.
const THIRDS: &str = "for n in 0..300 { identify_person(`u-${n}`, #{ bad: n % 3 == 0 }); }";

/// A server that refuses what says that it is bad.
fn server() -> Server {
    Server::start().refusing(|item| item["traits"]["bad"] == true)
}

fn run(place: &Place, more: &[&str]) -> Ended {
    place.segue(&[&["run", "script.rhai", "--allow", "send,destroy"], more].concat())
}

fn text(place: &Place, name: &str) -> String {
    std::fs::read_to_string(place.path().join(name)).expect("the file is there")
}

/// The lines of a file, each of which has to be JSON.
fn rows(place: &Place, name: &str) -> Vec<Value> {
    let text = text(place, name);
    assert!(text.is_empty() || text.ends_with('\n'), "{text}");
    text.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
}

#[test]
fn each_rejected_write_is_kept_whole() {
    let server = server();
    let place = Place::with(THIRDS).live(&server.url());
    let ended = place.segue(&KEPT);
    ended.says(
        5,
        &[
            "rejected: 100 identify_person (",
            "the 100 rejected writes are in kept.ndjson",
            "200 accepted, 100 rejected",
        ],
    );
    let rows = rows(&place, "kept.ndjson");
    let arrived: Vec<Value> = server.seen().iter().flat_map(Seen::items).collect();
    let who: HashSet<&str> = rows.iter().filter_map(|row| row["subject"].as_str()).collect();
    assert_eq!((rows.len(), who.len(), server.taken().len()), (100, 100, 200));
    for row in &rows {
        assert_eq!(row["item"]["traits"]["bad"], true);
        assert!(arrived.contains(&row["item"]), "it is as it was sent: {row}");
        let expected = json!({
            "tool": "identify_person", "subject": row["item"]["userId"], "cause": row["cause"], "status": 400,
            "file": "script.rhai", "line": 1, "item": row["item"],
        });
        assert_eq!(row, &expected);
        let cause = row["cause"].as_str().unwrap();
        assert!(
            cause.starts_with("Customer.io refused `identify_person` (400): ") && cause.contains("too odd")
        );
    }
}

#[test]
fn rejected_writes_are_told_by_cause_and_line() {
    let script = "for n in 0..60 {
  identify_person(`u-${n}`, #{ odd: n % 6 == 0, late: n % 20 == 1 });
  add_person_to_group(#{ user_id: `u-${n}`, group_id: \"g\", traits: #{ odd: n == 30 } });
}";
    let server = Server::start().on("*", [Reply::ok("{}")]).judging(|seen| {
        let says = |field: &str| seen.items().iter().any(|item| item["traits"][field] == true);
        let refusal = |words: &str| Reply::status(400, &format!(r#"{{"errors":[{{"message":"{words}"}}]}}"#));
        if says("odd") {
            Some(refusal("too odd"))
        } else if says("late") {
            Some(refusal("too late"))
        } else {
            None
        }
    });
    let ended = run(&Place::with(script).live(&server.url()), &[]);
    ended.says(5, &["rejected: 1 add_person_to_group (u-30)", "106 accepted, 14 rejected"]);
    for (n, words) in [(10, "too odd"), (3, "too late")] {
        let says = format!("rejected: {n} identify_person (u-");
        let unbroken = ended.err.replace("\n  │ ", " ");
        let line = unbroken.lines().find(|line| line.contains(&says));
        let line = line.unwrap_or_else(|| panic!("{ended}"));
        assert!(line.ends_with(words), "{line}");
        assert_eq!((line.matches("u-").count(), line.contains('…')), (n.min(5), n > 5), "{line}");
    }
}

#[cfg(unix)]
#[test]
fn the_file_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let server = server();
    let place = Place::with("identify_person(\"u-1\", #{});").live(&server.url());
    place.segue(&KEPT).says(0, &["done"]).never_says("kept.ndjson");
    let about = place.path().join("kept.ndjson").metadata().unwrap();
    assert_eq!((about.permissions().mode() & 0o777, about.len()), (0o600, 0));
}

#[test]
fn a_file_that_cant_be_written_is_known_before_the_first_request() {
    let server = server();
    let place = Place::with(THIRDS).live(&server.url());
    place.file("earlier.ndjson", b"{\"subject\":\"u-1\"}\n");
    place.file("empty.ndjson", b"");
    std::fs::create_dir(place.path().join("folder")).unwrap();
    for (path, says) in [
        ("folder", "--rejected folder can't be written: "),
        ("missing/kept.ndjson", "--rejected missing/kept.ndjson can't be written: "),
        ("earlier.ndjson", "--rejected earlier.ndjson isn't empty"),
        ("script.rhai", "--rejected script.rhai isn't empty"),
    ] {
        run(&place, &["--rejected", path]).says(2, &["segue::settings::invalid", says]);
    }
    assert_eq!(server.targets(), [""; 0]);
    assert_eq!(text(&place, "earlier.ndjson"), "{\"subject\":\"u-1\"}\n");
    run(&place, &["--rejected", "empty.ndjson"]).says(5, &["100 rejected"]);
    assert_eq!(rows(&place, "empty.ndjson").len(), 100);
}

#[test]
fn a_dry_run_makes_no_file() {
    let place = Place::with(THIRDS).live(&server().url());
    place.segue(&[&KEPT[..], &["--dry-run"]].concat()).says(0, &["nothing was written"]);
    assert!(!place.path().join("kept.ndjson").exists());
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_loses_no_count_and_stops_no_delivery() {
    let server = server();
    let place = Place::with(THIRDS).live(&server.url());
    let ended = run(&place, &["--rejected", "/dev/full"]);
    ended.says(
        1,
        &[
            "/dev/full isn't whole: No space left on device (os error 28); it holds 0 of 100 rejected writes",
            "not in it: 100 identify_person at script.rhai:1 (",
            "200 accepted, 100 rejected",
        ],
    );
    assert_eq!(server.taken().len(), 200);
    // Where nothing is rejected, nothing is missing.
    let place = Place::with("identify_person(\"u-1\", #{});").live(&server.url());
    run(&place, &["--rejected", "/dev/full"]).says(0, &["done"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_fills_up_meanwhile_keeps_whole_lines() {
    let server = server();
    let place = Place::with(THIRDS).live(&server.url());
    // Files may grow to 4 blocks of 512 bytes.
    let limit = "trap '' XFSZ; ulimit -f 4; exec \"$0\" \"$@\"";
    let command = place.command(&KEPT);
    let segue = command.get_program().to_os_string();
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", limit]).arg(segue).args(KEPT).current_dir(place.path()).env_clear();
    shell.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let ended = Ended::of(shell.output().expect("there is a shell"));
    let kept = rows(&place, "kept.ndjson");
    assert!(!kept.is_empty() && kept.len() < 100, "{}", kept.len());
    let held = format!("it holds {} of 100 rejected writes", kept.len());
    let lost = format!("not in it: {} identify_person at script.rhai:1 (", 100 - kept.len());
    ended.says(1, &["kept.ndjson isn't whole: File too large", &held, &lost, "200 accepted, 100 rejected"]);
}

#[test]
fn what_was_rejected_is_in_the_file_while_the_run_goes_on_and_after_it_is_stopped() {
    let server = server();
    let place = Place::with("identify_person(\"u-1\", #{ bad: true }); sleep(60);").live(&server.url());
    let mut running = place.spawn(&KEPT);
    let kept = place.path().join("kept.ndjson");
    until("it is there", || std::fs::read_to_string(&kept).is_ok_and(|text| text.ends_with("}\n")));
    running.press();
    running.ends_within(Duration::from_secs(2)).says(130, &["the rejected write is in kept.ndjson"]);
    assert_eq!(rows(&place, "kept.ndjson").len(), 1);
}

#[cfg(unix)]
#[test]
fn a_pipe_that_nobody_reads_holds_up_no_stop() {
    let server = server();
    let place = Place::with(THIRDS).live(&server.url());
    let made = std::process::Command::new("mkfifo").arg(place.path().join("kept.ndjson")).status();
    assert!(made.expect("there is a mkfifo").success());
    let mut running = place.spawn(&KEPT);
    std::thread::sleep(Duration::from_millis(500));
    running.press();
    running.ends_within(Duration::from_secs(2)).says(130, &[]);
    assert_eq!(server.targets(), [""; 0]);

    // One whose reader takes nothing: it is full after 64 KiB.
    let script = "let filler = [\"x\"]; filler[0].pad(900, 'x'); filler.pad(3, filler[0]);
        for n in 0..300 { identify_person(`u-${n}`, #{ filler: filler, bad: n % 3 == 0 }); }";
    let place = Place::with(script).live(&server.url());
    let pipe = place.path().join("kept.ndjson");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let reader = std::fs::OpenOptions::new().read(true).write(true).open(&pipe).unwrap();
    let mut running = place.spawn(&KEPT);
    until("all of the others arrive", || server.taken().len() == 200);
    running.press();
    let ended = running.ends_within(Duration::from_secs(5));
    drop(reader);
    // All else came to its end.
    ended.says(1, &["kept.ndjson isn't whole: it took nothing any more; it holds", "200 accepted"]);
}

#[test]
fn only_what_was_rejected_is_in_the_file() {
    let script = "for n in 0..9 { track_event(\"u-1\", \"x\"); } flush();
        track_event(\"u-1\", \"alone\"); flush();
        for id in [\"s-1\", \"s-2\"] { suppress_person(id); } flush();
        try { trigger_broadcast(7, (), (), [\"u-1\"]); } catch {}
        identify_person(\"away\", #{});";
    let server = Server::start().on("*", [Reply::ok("{}")]).judging(|seen| match &*seen.target {
        "/v1/batch" if seen.body.contains("away") => Some(Reply::status(503, "")),
        "/v1/batch" => Some(Reply::status(400, REFUSED)),
        "/api/v1/customers/s-2/suppress" => Some(Reply::status(400, REFUSED)),
        "/v1/campaigns/7/triggers" => Some(Reply::status(422, REFUSED)),
        _ => None,
    });
    let place = Place::with(script).live(&server.url());
    run(&place, &["--rejected", "kept.ndjson", "--attempts", "1"]).says(6, &["9 in doubt", "3 rejected"]);
    let mut rows = rows(&place, "kept.ndjson");
    rows.sort_by_key(|row| row["line"].as_u64());
    let told: Vec<Value> = rows.iter().map(|row| json!([row["tool"], row["subject"], row["line"]])).collect();
    let expected =
        json!([["track_event", "u-1", 2], ["suppress_person", "s-2", 3], ["trigger_broadcast", "7", 4]]);
    assert_eq!(Value::from(told), expected);
    assert_eq!((&rows[0]["item"]["event"], &rows[1]["item"]), (&json!("alone"), &Value::Null));
    assert_eq!(rows[2]["item"], json!({ "ids": ["u-1"] }));
}

#[test]
fn no_key_is_in_the_file() {
    let server = Server::start().on("*", [Reply::Echo(400)]);
    let key = KEYS[3].1;
    let script = format!("identify_person(\"u-1\", #{{ note: \"{key}\" }});");
    let place = Place::with(&script).live(&server.url());
    place.segue(&KEPT).says(5, &["1 rejected"]);
    let text = text(&place, "kept.ndjson");
    assert!(text.contains("\"note\":\"[secret]\"") && text.contains("you sent"), "{text}");
    for (_, key) in KEYS {
        assert!(!text.contains(key), "{text}");
    }
}

#[test]
fn all_of_a_body_that_is_bad_through_and_through_are_kept() {
    let server = Server::start().refusing(|_| true);
    let script = format!("for id in {:?} {{ identify_person(id, #{{}}); }}", mates(500));
    let place = Place::with(&script).live(&server.url());
    place.segue(&KEPT).says(1, &["too odd", "500 rejected"]);
    assert_eq!(server.seen().len(), 9, "the body, and a few of its items");
    let rows = rows(&place, "kept.ndjson");
    let alone =
        rows.iter().filter(|row| row["cause"].as_str().unwrap().starts_with("Customer.io refused ")).count();
    assert_eq!((rows.len(), alone), (500, 8));
    let cause = "not tried alone; those of its request that were: Customer.io refused `identify_person` (400): too odd";
    assert!(rows[499]["cause"].as_str().unwrap().starts_with(cause), "{}", rows[499]);
}

#[test]
fn what_was_kept_can_be_written_again() {
    let refusing = server();
    let script = "for n in 0..30 {
        identify_person(`u-${n}`, #{ bad: n % 3 == 0, name: \"Ada \\\"L\\\" \\u2028\" });
        add_person_to_group(#{ user_id: `u-${n}`, group_id: \"g\", traits: #{ bad: n % 5 == 0 } }); }";
    let place = Place::with(script).live(&refusing.url());
    place.segue(&KEPT).says(5, &["16 rejected"]);
    let server = Server::start().on("*", [Reply::ok("{}")]);
    let place = place.at(&server.url());
    let again = in_project("scripts/retry_rejected.rhai").display().to_string();
    place
        .segue(&["run", &again, "file=kept.ndjson", "--rejected", "again.ndjson"])
        .says(0, &["10 identify_person"])
        .prints("16 to write again: 16 accepted; left out: 0 of another cause\n");
    let mut sent: Vec<String> = server.taken().iter().map(Value::to_string).collect();
    let mut kept: Vec<String> =
        rows(&place, "kept.ndjson").iter().map(|row| row["item"].to_string()).collect();
    sent.sort();
    kept.sort();
    let values = |texts: Vec<String>| -> Vec<Value> {
        texts.iter().map(|text| serde_json::from_str(text).unwrap()).collect()
    };
    assert_eq!(values(sent), values(kept), "with their times and message ids");
}

#[test]
fn too_many_rejected_writes_end_the_run_at_its_next_call() {
    let script = "for n in 0..20 { identify_person(`u-${n}`, #{ bad: n < 3 }); }
let told = flush();
print(told.rejected);
for n in 0..20 { identify_person(`v-${n}`, #{}); }
try {
  get_segments();
} catch {
  print(\"caught\");
}
print(\"went on\");";
    let cases: [(&str, &[&str], Option<usize>); 6] = [
        ("", &[], None),
        ("", &["--max-rejected", "any"], None),
        ("", &["--max-rejected", "3"], None),
        ("", &["--max-rejected", "2"], Some(4)),
        ("//! max-rejected: 0\n", &[], Some(5)),
        ("//! max-rejected: 0\n", &["--max-rejected", "3"], None),
    ];
    for (head, flags, stops) in cases {
        let server = server().on("GET /v1/segments", [Reply::ok("{\"segments\":[]}")]);
        let place = Place::with(&format!("{head}{script}")).live(&server.url());
        let ended = run(&place, flags);
        match stops {
            Some(line) => {
                let at = format!("script.rhai:{line}:18");
                ended.says(4, &["segue::guard::rejected", "3 writes were rejected", &at, "17 accepted"]);
                ended.prints("3\n");
            }
            None => drop(ended.says(5, &["37 accepted, 3 rejected"]).prints("3\nwent on\n")),
        }
    }
}

#[test]
fn a_read_is_a_next_call_too_and_nothing_catches_the_end() {
    for call in
        ["get_segments()", "for person in segment_members(3) {}", "track_event(\"u-2\", \"x\"); flush()"]
    {
        let server = server();
        let script = format!(
            "identify_person(\"u-1\", #{{ bad: true }}); flush();\nretry(3, || {{ try {{ {call} }} catch {{ print(1) }} }});\n\
             print(2);"
        );
        let place = Place::with(&script).live(&server.url());
        run(&place, &["--max-rejected", "0"])
            .says(4, &["segue::guard::rejected", "script.rhai:2:"])
            .prints("");
        assert_eq!(server.seen().len(), 1, "{call}: {:?}", server.targets());
    }
}

#[test]
fn what_was_queued_before_too_many_were_rejected_is_delivered() {
    // The first body is refused while others wait.
    let script = "let filler = [\"x\"]; filler[0].pad(900, 'x'); filler.pad(4, filler[0]);
        for n in 0..100_000 { identify_person(`u-${n}`, #{ filler: filler, bad: n == 0 }); }";
    let server = server();
    let place = Place::with(script).live(&server.url());
    let ended = run(&place, &["--max-rejected", "0", "--max-people", "any", "--rejected", "kept.ndjson"]);
    ended.says(4, &["segue::guard::rejected", "script.rhai:2", "1 rejected"]).never_says("not delivered");
    let taken = server.taken().len() as u64;
    assert_eq!(ended.count("accepted"), taken);
    assert!(taken > 0 && taken < 99_999, "{taken}");
    assert_eq!(rows(&place, "kept.ndjson").len(), 1);
}

#[test]
fn a_profile_says_how_many_may_be_rejected() {
    let server = server();
    let place =
        Place::with("identify_person(\"u-1\", #{ bad: true }); flush(); track_event(\"u-1\", \"x\");");
    place.file(
        "segue.toml",
        format!(
            "[profiles.p]\nmax_rejected = 0\npipelines_key = {{ env = \"KEY\" }}\npipelines_url = \"{0}\"\n\
         app_url = \"{0}\"\ntrack_url = \"{0}\"\n",
            server.url()
        )
        .as_bytes(),
    );
    let place = place.set("KEY", "a-key-of-pipelines");
    place
        .segue(&["run", "script.rhai", "--profile", "p"])
        .says(4, &["its profile says so", "--max-rejected 2"]);
}

#[test]
fn an_item_that_is_too_large_is_an_error_at_its_call_and_its_neighbours_arrive() {
    let server = Server::start().on("*", [Reply::ok("{}")]);
    let script = "let large = [\"x\"]; large[0].pad(900, 'x'); large.pad(45, large[0]);
for n in 0..3_000 {
  try {
    identify_person(`u-${n}`, #{ note: if n == 1_700 { large } else { \"x\" } });
  } catch (error) {
    print(`${n}: ${error.kind}`);
  }
}
identify_person(\"last\", #{ note: large });";
    let place = Place::with(script).live(&server.url());
    let ended = run(&place, &["--max-people", "any"]);
    ended
        .says(1, &["segue::argument::item_too_large", "script.rhai:9:1"])
        .prints("1700: segue::argument::item_too_large\n");
    let who: HashSet<String> = server.taken().iter().map(|item| item["userId"].to_string()).collect();
    assert_eq!((server.taken().len(), who.len(), who.contains("\"u-1700\"")), (2_999, 2_999, false));
}

#[test]
fn a_pipe_that_nobody_empties_loses_no_count() {
    let server = server();
    // As much as fills the pipe and the channel before it.
    let script = "let filler = [\"x\"]; filler[0].pad(900, 'x'); filler.pad(3, filler[0]);
        for n in 0..1500 { identify_person(`u-${n}`, #{ filler: filler, bad: n % 3 == 0 }); }";
    let place = Place::with(script).live(&server.url());
    let pipe = place.path().join("kept.ndjson");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("it makes pipes").success());
    let reader = std::fs::OpenOptions::new().read(true).write(true).open(&pipe).expect("a pipe");
    let mut running = place.spawn(&[&KEPT[..], &["--max-people", "any"]].concat());
    until("bodies have arrived", || server.taken().len() > 500);
    running.press();
    let ended = running.ends_within(Duration::from_secs(10));
    drop(reader);
    let kinds = ["accepted", "rejected", "not delivered", "may have arrived", "in doubt"];
    assert_eq!(kinds.map(|kind| ended.count(kind)).iter().sum::<u64>(), 1_500, "{ended}");
}

#[cfg(unix)]
#[test]
fn a_file_that_was_there_is_for_its_owner_alone_too() {
    use std::os::unix::fs::PermissionsExt;
    let server = server();
    let place = Place::with(THIRDS).live(&server.url());
    let file = place.path().join("kept.ndjson");
    std::fs::write(&file, "").expect("it can be written");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).expect("it is ours");
    place.segue(&KEPT).says(5, &["the 100 rejected writes are in kept.ndjson"]);
    let mode = std::fs::metadata(&file).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}
