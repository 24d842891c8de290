//! The same run, under way twice.

use super::*;

#[test]
fn whoever_waited_works_on_no_other_workspace_than_they_waited_for() {
    let gate = Gate::default();
    let server = Server::start().on("*", [gate.before(Reply::ok("{}"))]);
    let other = taking();
    let place = Place::with(WRITES).live(&server.url());
    let settings = |default: &str| {
        let keys = "app_key = { env = \"CUSTOMERIO_APP_API_KEY\" }\nsite_id = { env = \"CUSTOMERIO_SITE_ID\" }\n\
            track_key = { env = \"CUSTOMERIO_TRACK_API_KEY\" }\npipelines_key = { env = \"CUSTOMERIO_CDP_API_KEY\" }\n";
        let url = other.url();
        let text = format!(
            "default = \"{default}\"\n[profiles.one]\n{keys}[profiles.two]\n{keys}pipelines_url = \"{url}\"\n"
        );
        place.file("segue.toml", text.as_bytes());
    };
    settings("one");
    let first = place.spawn(&["run", "script.rhai"]);
    until("it is under way", || !server.seen().is_empty());
    let mut second = place.spawn(&["run", "script.rhai", "--overlap", "wait"]);
    second.hears("waiting for the same run");
    settings("two");
    gate.open();
    first.ends_within(SOON).says(0, &[]);
    let words = "segue.toml now chooses profile \"two\", and this run began with profile \"one\"";
    second.ends_within(SOON).says(2, &[words]);
    assert_eq!((server.posts().len(), other.posts().len()), (1, 0));
}

/// A run that is held up in its first request, and what lets it go on.
fn held() -> (Place, Server, Gate, Running) {
    let gate = Gate::default();
    let server = Server::start().on("*", [gate.before(Reply::ok("{}")), Reply::ok("{}")]);
    let place = Place::with(WRITES).live(&server.url());
    let running = place.spawn(&["run", "script.rhai"]);
    until("the first is under way", || !server.seen().is_empty());
    (place, server, gate, running)
}

#[test]
fn the_second_is_skipped_and_says_so() {
    let (place, server, gate, mut first) = held();
    let skipped = format!(
        "segue run script.rhai: skipped, since the same run is under way (pid {}, since 2",
        first.child().id()
    );
    for more in [&[][..], &["--quiet"], &["--overlap", "skip"]] {
        let ended = run(&place, more);
        assert_eq!(ended.code, Some(0), "{ended}");
        assert!(one_line(&ended).starts_with(&skipped), "{ended}");
    }
    place.file("run.md", b"of the last run");
    let hook = taking();
    let more = ["--format", "json", "--report", "run.md", "--notify", "always", "--notify-url", &hook.url()];
    let told = objects(&run(&place, &more).err);
    let kinds: Vec<&Value> = told.iter().map(|it| &it["kind"]).collect();
    assert_eq!((kinds, &told[1]["ended"]), (vec![&json!("note"), &json!("summary")], &json!("skipped")));
    assert_eq!(object(&hook.seen()[0].body)["ended"], "skipped");
    assert_eq!(text(&place, "run.md"), "of the last run");
    assert_eq!(server.seen().len(), 1);
    gate.open();
    first.ends_within(SOON).says(0, &["done after"]);
    run(&place, &[]).says(0, &["done after"]);
}

#[test]
fn another_script_or_argument_or_what_harms_nobody_is_not_held_up() {
    let (place, _, gate, first) = held();
    place.file("other.rhai", WRITES.as_bytes());
    place.segue(&["run", "other.rhai"]).says(0, &["done after"]);
    for more in
        [&["id=u-2"][..], &["--overlap", "allow"], &["--sandbox"], &["--dry-run"], &["--state", "elsewhere"]]
    {
        run(&place, more).says(0, &["done after"]);
    }
    assert_eq!(mode(&place.path().join("elsewhere")), 0o700);
    // Asked for, a sandbox is guarded, too.
    place.file("slow.rhai", b"debug(\"ready\"); sleep(60);");
    let mut slow = place.spawn(&["run", "slow.rhai", "--sandbox", "--overlap", "skip"]);
    slow.hears("ready");
    place.segue(&["run", "slow.rhai", "--sandbox", "--overlap", "skip"]).says(0, &["skipped"]);
    gate.open();
    first.ends_within(SOON).says(0, &[]);
}

#[test]
fn a_script_is_the_same_by_whatever_way() {
    let (place, _, gate, first) = held();
    std::fs::create_dir(place.path().join("sub")).expect("a folder can be made");
    place.segue(&["run", "sub/../script.rhai"]).says(0, &["skipped"]);
    gate.open();
    first.ends_within(SOON).says(0, &[]);
}

#[test]
fn profiles_are_told_apart() {
    let (place, _, gate, first) = held();
    let text = "[profiles.acme]\napp_key = { env = \"A\" }\npipelines_key = { env = \"B\" }\n";
    place.file("segue.toml", text.as_bytes());
    let place = place.set("A", "sentinel-app-a").set("B", "sentinel-cdp-b");
    run(&place, &["--profile", "acme"]).never_says("skipped");
    run(&place, &[]).says(0, &["skipped"]);
    gate.open();
    first.ends_within(SOON).says(0, &[]);
}

#[test]
fn workspaces_are_told_apart_by_keys_and_address_and_settings_file() {
    let (place, server, gate, first) = held();
    let place = place.set("CUSTOMERIO_SITE_ID", "of-another-site");
    run(&place, &[]).says(0, &["done after"]);
    let place = place.set("CUSTOMERIO_SITE_ID", KEYS[1].1);
    run(&place, &[]).says(0, &["skipped"]);
    let elsewhere = taking();
    let place = place.set("SEGUE_PIPELINES_URL", elsewhere.url());
    run(&place, &[]).says(0, &["done after"]);
    gate.open();
    first.ends_within(SOON).says(0, &[]);
    assert_eq!([&server, &elsewhere].map(|server| server.posts().len()), [2, 1]);

    // Two files may have a profile of one name.
    let text = "[profiles.acme]\napp_key = { env = \"A\" }\npipelines_key = { command = [\"sh\", \"-c\", \"echo k; echo k >>asked\"] }\n";
    let gate = Gate::default();
    let server = Server::start().on("*", [gate.before(Reply::ok("{}")), Reply::ok("{}")]);
    let place = Place::with(WRITES).at(&server.url()).set("A", "sentinel-app-a");
    for folder in ["one", "two"] {
        std::fs::create_dir(place.path().join(folder)).expect("a folder can be made");
        place.file(&format!("{folder}/segue.toml"), text.as_bytes());
    }
    let in_folder = |folder: &str| {
        let mut command = place.command(&["run", "../script.rhai", "--profile", "acme"]);
        command.current_dir(place.path().join(folder));
        command
    };
    let first = Running::of(in_folder("one").spawn().expect("it begins"));
    until("the first is under way", || !server.seen().is_empty());
    let second = |folder: &str| Ended::of(in_folder(folder).output().expect("the command runs"));
    second("one").says(0, &["skipped"]);
    assert_eq!(super::text(&place, "one/asked"), "k\n", "nobody's keys are asked for to find that out");
    second("two").says(0, &["done after"]);
    gate.open();
    first.ends_within(SOON).says(0, &[]);
}

#[test]
fn a_link_that_is_led_elsewhere_meanwhile_is_the_same_script() {
    let gate = Gate::default();
    let server = Server::start().on("*", [gate.before(Reply::ok("{}"))]);
    let place = Place::with(WRITES).live(&server.url());
    let link = place.path().join("current");
    for release in ["one", "two"] {
        std::fs::create_dir(place.path().join(release)).expect("a folder can be made");
        place.file(&format!("{release}/script.rhai"), WRITES.as_bytes());
    }
    std::os::unix::fs::symlink("one", &link).expect("a link can be made");
    let first = place.spawn(&["run", "current/script.rhai"]);
    until("it is under way", || !server.seen().is_empty());
    std::fs::remove_file(&link).expect("it is there");
    std::os::unix::fs::symlink("two", &link).expect("a link can be made");
    place.segue(&["run", "current/script.rhai"]).says(0, &["skipped"]);
    place.segue(&["run", "one/script.rhai"]).says(0, &["skipped"]);
    let mut inside = place.command(&["run", "script.rhai"]);
    let inside = inside.current_dir(&link).env("PWD", &link).output().expect("the command runs");
    Ended::of(inside).says(0, &["skipped"]);
    gate.open();
    first.ends_within(SOON).says(0, &[]);
    assert_eq!(server.posts().len(), 1);
}

#[test]
fn who_waits_goes_on_after_the_first() {
    let (place, server, gate, first) = held();
    let mut second = place.spawn(&["run", "script.rhai", "--overlap", "wait", "--report", "second.md"]);
    second.hears("waiting for the same run, which is under way (pid ");
    // The time that it waits isn't its own: it begins in a later second.
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).expect("a time after 1970").as_secs();
    let waiting = now();
    until("a second is over", || now() > waiting);
    assert_eq!(server.seen().len(), 1);
    gate.open();
    first.ends_within(SOON).says(0, &[]);
    second.ends_within(SOON).says(0, &["done after"]);
    assert_eq!(server.seen().len(), 2);
    let page = text(&place, "second.md");
    let began = page.lines().find_map(|line| line.strip_prefix("| began | ")).expect("it says when");
    let began: jiff::Timestamp = began.trim_end_matches(" |").parse().expect("a time");
    assert!(began.as_second() > waiting.cast_signed(), "{page}");
}

#[test]
fn who_waits_can_be_stopped() {
    let (place, server, _, _first) = held();
    let mut second = place.spawn(&["run", "script.rhai", "--overlap", "wait"]);
    second.hears("waiting");
    second.press();
    second.ends_within(SOON).says(130, &[]);
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn a_killed_run_holds_nobody_up() {
    let (place, server, _, mut first) = held();
    first.child().kill().expect("it can be killed");
    first.child().wait().expect("it ends");
    run(&place, &[]).says(0, &["done after"]);
    assert_eq!(server.seen().len(), 2);
}

#[test]
fn the_folder_of_locks_is_the_same_in_every_folder() {
    let (place, server, gate, first) = held();
    let place = place.set("SEGUE_STATE", "state");
    run(&place, &[]).says(2, &["the folder in SEGUE_STATE, \"state\"", "a path from the root, such as /"]);
    run(&place, &["--state", "state"]).says(0, &["done after"]);
    let place = place.set("SEGUE_STATE", "").set("XDG_STATE_HOME", "state");
    run(&place, &[]).says(0, &["skipped"]);
    gate.open();
    first.ends_within(SOON).says(0, &[]);
    assert_eq!(server.posts().len(), 2);
}

#[test]
fn without_a_place_for_locks_a_live_run_does_not_begin() {
    let server = taking();
    let place = Place::with(WRITES).live(&server.url());
    let no_folder = place.path().join("script.rhai/state");
    let place = place.set("SEGUE_STATE", no_folder);
    let words =
        ["whether the same run is under way can't be known", "--state or SEGUE_STATE", "--overlap allow"];
    run(&place, &[]).says(2, &words);
    assert!(server.seen().is_empty());
    run(&place, &["--overlap", "allow"]).says(0, &["done after"]);
    run(&place, &["--state", "state"]).says(0, &["done after"]);
    run(&place, &["--sandbox"]).says(0, &["done after"]);
    let left = std::fs::read_dir(place.path().join("state")).expect("it was made");
    assert_eq!(left.count(), 0, "a run leaves nothing there");
}
