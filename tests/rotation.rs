//! A key that Customer.io begins to refuse: read again from its source, and gone on with if it changed.

#![cfg(unix)]

mod support;

use std::collections::HashSet;
use std::path::Path;

use support::{Ended, Place, Reply, Server};

const ALLOW: &[&str] = &["run", "script.rhai", "--allow", "destroy"];

/// A folder with a script, and keys in files that a profile names. The App key's is printed by a command
/// that leaves a line behind each time.
fn place(script: &str, server: &Server) -> Place {
    let place = Place::with(script);
    let command = r#"{ command = ["sh", "-c", "echo run >> runs; cat app"] }"#;
    let url = server.url();
    place.file(
        "segue.toml",
        format!(
            "default = \"staging\"\n[profiles.staging]\napp_key = {command}\n\
             pipelines_key = {{ file = \"cdp\" }}\nsite_id = {{ file = \"site\" }}\ntrack_key = {{ file = \"track\" }}\n\
             app_url = \"{url}\"\ntrack_url = \"{url}\"\npipelines_url = \"{url}\"\n"
        )
        .as_bytes(),
    );
    for name in ["app", "cdp", "site", "track"] {
        place.file(name, old(name).as_bytes());
    }
    place
}

fn old(name: &str) -> String {
    format!("sentinel-{name}-0a1b2c3d")
}

fn new(name: &str, n: usize) -> String {
    format!("rotated-{name}-{n}-4e5f6a7b")
}

fn basic(user: &str, password: &str) -> String {
    use base64::Engine;
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}")))
}

/// Puts a key into its file, as a rotation does: whole, or not at all.
fn put(folder: &Path, name: &str, key: &str) {
    let fresh = folder.join("fresh");
    std::fs::write(&fresh, key).expect("a file can be written");
    std::fs::rename(fresh, folder.join(name)).expect("a file can be put in another's place");
}

fn runs(folder: &Path) -> usize {
    std::fs::read_to_string(folder.join("runs")).map_or(0, |log| log.lines().count())
}

/// No key and no header of one is in what a command said.
#[track_caller]
fn clean(ended: &Ended) {
    let keys = ["app", "cdp", "site", "track"].map(|name| [old(name), new(name, 1), new(name, 2)]).concat();
    let pairs = [
        basic(&new("cdp", 1), ""),
        basic(&new("cdp", 2), ""),
        basic(&new("site", 1), &new("track", 1)),
        basic(&old("site"), &new("track", 1)),
    ];
    for secret in
        keys.iter().map(String::as_str).chain(pairs.iter().filter_map(|pair| pair.split(' ').nth(1)))
    {
        assert!(!ended.out.contains(secret) && !ended.err.contains(secret), "{secret}\n{ended}");
    }
}

/// The message ids that arrived and were taken, in order.
fn taken(server: &Server) -> Vec<String> {
    let id = |item: &serde_json::Value| item["messageId"].as_str().expect("an event has one").to_string();
    server.taken().iter().map(id).collect()
}

#[test]
fn a_run_goes_on_through_two_rotations_and_loses_nothing() {
    const CALLS: usize = 300;
    let script = format!("for i in 0..{CALLS} {{ track_event(`u-${{i}}`, \"x\"); flush(); }}");
    let server = Server::start().on("*", [Reply::ok("{}")]);
    let place = place(&script, &server);
    let folder = place.path().to_path_buf();
    let (first, second) = (folder.clone(), folder);
    let server = server
        .takes(0, &basic(&old("cdp"), ""), || {})
        .takes(100, &basic(&new("cdp", 1), ""), move || put(&first, "cdp", &new("cdp", 1)))
        .takes(200, &basic(&new("cdp", 2), ""), move || put(&second, "cdp", &new("cdp", 2)));
    let ended = place.segue(ALLOW);
    ended.says(0, &["300 track_event"]);
    clean(&ended);
    let ids = taken(&server);
    assert_eq!(ids.len(), CALLS);
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), CALLS, "each once");
    assert_eq!(server.seen().len(), CALLS + 2, "one was refused at each rotation, and went out again");
}

#[test]
fn what_must_be_done_once_goes_out_again_because_it_was_refused_unprocessed() {
    let server = Server::start().on("*", [Reply::ok("{}")]);
    let place = place("create_alias(\"old\", \"new\");", &server);
    let folder = place.path().to_path_buf();
    let server = server.takes(0, &basic(&new("cdp", 1), ""), move || put(&folder, "cdp", &new("cdp", 1)));
    let ended = place.segue(ALLOW);
    ended.says(0, &["1 create_alias"]);
    clean(&ended);
    let seen = server.seen();
    assert_eq!(seen.iter().map(|seen| seen.refused).collect::<Vec<_>>(), [true, false]);
    assert_eq!(seen[0].body, seen[1].body, "the same bytes");
}

#[test]
fn a_command_is_run_once_more_for_a_rotation() {
    let server = Server::start().on("*", [Reply::ok(r#"{"segments":[]}"#)]);
    let place = place("for i in 0..5 { get_segments(); }", &server);
    let folder = place.path().to_path_buf();
    let server = server.takes(0, &format!("Bearer {}", old("app")), || {}).takes(
        2,
        &format!("Bearer {}", new("app", 1)),
        move || put(&folder, "app", &new("app", 1)),
    );
    let ended = place.segue(ALLOW);
    ended.says(0, &["5 get_segments"]);
    clean(&ended);
    assert_eq!((server.seen().len(), runs(place.path())), (6, 2));
}

#[test]
fn half_of_a_credential_may_change_alone() {
    let server = Server::start().on("*", [Reply::ok("{}")]);
    let place = place("report_push_events(\"dlv\", \"opened\", \"dev\", 1700000000);", &server);
    let folder = place.path().to_path_buf();
    let server = server
        .takes(0, &basic(&old("site"), &new("track", 1)), move || put(&folder, "track", &new("track", 1)));
    let ended = place.segue(ALLOW);
    ended.says(0, &["1 report_push_events"]);
    clean(&ended);
    assert_eq!(server.seen().len(), 2);
}

#[test]
fn a_key_that_is_refused_and_did_not_change_ends_it_after_one_look() {
    let server = Server::start().on("*", [Reply::Echo(401)]);
    let place = place("get_segments();", &server);
    let ended = place.segue(ALLOW);
    ended.says(
        3,
        &[
            "segue::api::unauthorized",
            "refused the App credential of `get_segments` (401)",
            "check app_key of the profile \"staging\" (from the command `sh`)",
            "the source was read again and gave the same value",
        ],
    );
    clean(&ended);
    assert_eq!((server.seen().len(), runs(place.path())), (1, 2));
}

#[test]
fn a_script_that_goes_on_after_each_refusal_runs_the_command_no_more_for_it() {
    const CALLS: usize = 20;
    let server = Server::start().on("*", [Reply::status(401, "{}")]);
    let place = place(&format!("for i in 0..{CALLS} {{ try {{ get_segments(); }} catch {{}} }}"), &server);
    place.segue(ALLOW).says(0, &[]);
    assert_eq!(server.seen().len(), CALLS);
    // Once for the key, and once for the first refusal; a machine that stands still may fit in one more.
    assert!(runs(place.path()) <= 4, "{} runs", runs(place.path()));
}

#[test]
fn a_new_key_that_is_refused_too_ends_it_and_is_not_shown() {
    let server = Server::start().on("*", [Reply::Echo(401)]);
    let place = place("get_segments();", &server);
    // Another key each time, from a program that never runs out of them.
    place.file(
        "segue.toml",
        format!(
            "[profiles.minting]\napp_url = \"{0}\"\ntrack_url = \"{0}\"\npipelines_url = \"{0}\"\napp_key = {{ command = [\"sh\", \"-c\", \
             \"echo run >> runs; echo minted-key-number-$(grep -c run runs)\"] }}",
            server.url()
        )
        .as_bytes(),
    );
    let ended = place.segue(&["run", "script.rhai", "--profile", "minting"]);
    ended.says(
        3,
        &["gave another value, which was refused too", "you sent Bearer [secret]", "2 attempts", "2 × 401"],
    );
    assert!(!ended.err.contains("minted-key-number"), "{ended}");
    assert_eq!((server.seen().len(), runs(place.path())), (2, 2));
    assert_ne!(server.seen()[0].authorization, server.seen()[1].authorization);
}

#[test]
fn a_source_that_is_gone_is_told() {
    let server = Server::start().on("*", [Reply::ok("{}")]);
    let place = place("track_event(\"u\", \"x\");", &server);
    let folder = place.path().to_path_buf();
    let server =
        server.takes(0, "none", move || std::fs::remove_file(folder.join("cdp")).expect("it was there"));
    let ended = place.segue(ALLOW);
    ended.says(3, &["the source couldn't be read again: the file", "cdp can't be read", "pipelines_key"]);
    clean(&ended);
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn the_environment_is_read_again_too_and_says_the_same() {
    let server = Server::start().on("*", [Reply::status(401, "{}")]);
    let ended = support::against(&server, "get_segments();");
    ended.says(
        3,
        &[
            "CUSTOMERIO_APP_API_KEY (from the environment)",
            "the source was read again and gave the same value",
        ],
    );
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn a_new_key_of_another_workspace_than_the_pinned_one_writes_nothing() {
    let region = |id: u64| Reply::ok(&format!("{{\"region\":\"us\",\"environment_id\":{id}}}"));
    let suppress = "POST /api/v1/customers/u-1/suppress";
    for (second, code) in [(9, 4), (7, 0)] {
        let server = Server::start()
            .on("GET /api/v1/accounts/region", [region(7), region(second)])
            .on(suppress, [Reply::ok("{}"), Reply::status(401, ""), Reply::ok("{}")]);
        let place = place("for n in 0..3 { suppress_person(\"u-1\"); }", &server);
        let url = server.url();
        place.file(
            "segue.toml",
            format!(
                "[profiles.x]\nworkspace = 7\nallow = [\"destroy\"]\n\
                 app_url = \"{url}\"\ntrack_url = \"{url}\"\npipelines_url = \"{url}\"\nsite_id = {{ env = \"SITE\" }}\n\
                 track_key = {{ command = [\"sh\", \"-c\", \"echo run >> runs; echo key-$(grep -c run runs)\"] }}"
            )
            .as_bytes(),
        );
        let ended = place.set("SITE", "a-site-id").segue(&["run", "script.rhai", "--profile", "x"]);
        match code {
            4 => ended.says(4, &["the Track key is of workspace 9", "may only write to workspace 7"]),
            code => ended.says(code, &["3 suppress_person"]),
        };
        assert_eq!(server.posts().len(), if code == 4 { 2 } else { 4 }, "{ended}");
    }
}
