//! `segue watch`, with real files and, where they are installed, real editors.
#![cfg(unix)]

mod support;
#[path = "support/terminal.rs"]
mod terminal;
#[path = "support/watching.rs"]
mod watching;

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use support::{Gate, Place, Reply, Server, until};
use terminal::Terminal;
use watching::{PATIENCE, Watching};

/// Writes `text` as editors do that write in place.
fn in_place(path: &Path, text: &str) {
    fs::write(path, text).expect("it can be written");
}

fn rename_over(path: &Path, text: &str) {
    let beside = path.with_file_name("new.tmp");
    fs::write(&beside, text).expect("it can be written");
    fs::rename(&beside, path).expect("it can be renamed");
}

fn delete_and_create(path: &Path, text: &str) {
    fs::remove_file(path).expect("it can be deleted");
    fs::write(path, text).expect("it can be written");
}

fn backup_and_create(path: &Path, text: &str) {
    fs::rename(path, path.with_extension("rhai~")).expect("it can be renamed");
    fs::write(path, text).expect("it can be written");
}

/// As few editors do, and every slow disk.
fn in_pieces(path: &Path, text: &str) {
    let mut file = File::create(path).expect("it can be written");
    for piece in text.as_bytes().chunks(3) {
        file.write_all(piece).expect("it can be written");
    }
}

fn twice(path: &Path, text: &str) {
    fs::write(path, "print(\"the first of two saves\");").expect("it can be written");
    fs::write(path, text).expect("it can be written");
}

#[test]
fn every_way_of_saving_is_exactly_one_run() {
    let place = Place::with("print(\"run 0\");");
    let watch = Watching::of(&place, &["script.rhai"]);
    watch.prints("run 0");
    let path = place.path().join("script.rhai");
    let ways: [fn(&Path, &str); 6] =
        [in_place, rename_over, delete_and_create, backup_and_create, in_pieces, twice];
    // A save that the machine itself drew out may be taken for two.
    let mut drawn_out = 0;
    for (n, way) in (1..).zip(ways.iter().cycle().take(18)) {
        let begun = Instant::now();
        way(&path, &format!("print(\"run {n}\");"));
        drawn_out += usize::from(begun.elapsed() > Duration::from_millis(10));
        watch.prints(&format!("run {n}"));
    }
    let (runs, err) = (watch.runs(), watch.err());
    assert!((19..=19 + drawn_out).contains(&runs), "{runs} runs of 19, {drawn_out} drawn out\n{err}");
    assert!(!watch.out().contains("first of two") || drawn_out > 0, "{}", watch.out());
    assert!(!err.contains("is gone") || drawn_out > 0, "{err}");
}

#[test]
fn whatever_a_script_is_made_from_is_followed() {
    let place = Place::with("import \"m\" as m; print(m::f());");
    place.file("m.rhai", b"fn f() { \"one\" }");
    let watch = Watching::of(&place, &["script.rhai"]);
    watch.prints("one");
    place.file("m.rhai", b"fn f() { \"two\" }");
    watch.prints("two");
    // A module of a module, new and not there yet.
    place.file("m.rhai", b"fn f() { import \"deep/n\" as n; n::g() }");
    watch.says("\"deep/n\" can't be read");
    fs::create_dir(place.path().join("deep")).unwrap();
    place.file("deep/n.rhai", b"fn g() { \"three\" }");
    watch.prints("three");
    place.file("deep/n.rhai", b"fn g() { \"four\" }");
    watch.prints("four");
    place.file("script.rhai", b"print(read_lines(\"rows.txt\").len());");
    watch.says("\"rows.txt\" can't be read");
    place.file("rows.txt", b"a\nb\nc\nd\ne\n");
    watch.prints("5");
    place.file("rows.txt", b"a\n");
    watch.prints("1");
    let runs = watch.runs();
    place.file("segue.toml", b"[retry]\nattempts = \"many\"\n");
    watch.until("it runs", |watch| watch.runs() > runs);
    watch.says("segue.toml:2");
    place.file("segue.toml", b"[retry]\nattempts = 2\n");
    watch.until("it runs again", |watch| watch.out().lines().filter(|line| *line == "1").count() == 2);
    // What it no longer uses.
    place.file("m.rhai", b"fn f() { \"five\" }");
    place.file("script.rhai", b"print(\"the end\");");
    watch.prints("the end");
    assert!(!watch.out().contains("five"));
}

#[test]
fn a_circle_that_appears_is_told_and_the_watch_goes_on() {
    let place = Place::with("import \"m\" as m; print(m::f());");
    place.file("m.rhai", b"fn f() { \"one\" }");
    let watch = Watching::of(&place, &["script.rhai"]);
    watch.prints("one");
    place.file("m.rhai", b"import \"m\" as m; fn f() { \"two\" }");
    watch.says("imports itself");
    place.file("m.rhai", b"fn f() { \"three\" }");
    watch.prints("three");
}

#[test]
fn folders_may_get_other_names_and_go() {
    let place = Place::empty();
    let at = |name: &str| place.path().join(name);
    fs::create_dir_all(at("jobs/lib")).unwrap();
    place.file("jobs/a.rhai", b"import \"lib/m\" as m; print(m::f());");
    place.file("jobs/lib/m.rhai", b"fn f() { \"one\" }");
    let watch = Watching::of(&place, &["jobs/a.rhai"]);
    watch.prints("one");
    // Another folder in its place.
    fs::create_dir_all(at("new/lib")).unwrap();
    place.file("new/a.rhai", b"import \"lib/m\" as m; print(m::f());");
    place.file("new/lib/m.rhai", b"fn f() { \"two\" }");
    fs::rename(at("jobs"), at("old")).unwrap();
    fs::rename(at("new"), at("jobs")).unwrap();
    watch.prints("two");
    place.file("jobs/lib/m.rhai", b"fn f() { \"three\" }");
    watch.prints("three");
    fs::rename(at("jobs"), at("away")).unwrap();
    watch.says("jobs/a.rhai is gone");
    fs::rename(at("away"), at("jobs")).unwrap();
    watch.says("jobs/a.rhai is back");
    fs::remove_dir_all(at("jobs")).unwrap();
    watch.until("it is gone again", |watch| watch.err().matches("is gone").count() == 2);
    fs::create_dir(at("jobs")).unwrap();
    place.file("jobs/a.rhai", b"print(\"four\");");
    watch.prints("four");
    place.file("jobs/a.rhai", b"print(\"five\");");
    watch.prints("five");
}

#[test]
fn of_a_folder_only_what_changes_runs() {
    let place = Place::empty();
    fs::create_dir_all(place.path().join("jobs/lib")).unwrap();
    for n in 0..500 {
        place.file(&format!("jobs/{n}.rhai"), format!("print(\"job {n}\");").as_bytes());
    }
    for name in ["x", "y"] {
        let text = format!("import \"lib/m\" as m; print(\"{name} \" + m::f() + arg(\"more\", \"\"));");
        place.file(&format!("jobs/{name}.rhai"), text.as_bytes());
    }
    // The last that is saved, but nothing that runs.
    place.file("jobs/lib/m.rhai", b"fn f() { \"one\" }");
    let watch = Watching::of(&place, &["jobs", "more=!"]);
    watch.prints("y one!");
    watch.says("watching 503 scripts");
    place.file("jobs/x.rhai", b"import \"lib/m\" as m; print(\"x anew \" + m::f());");
    watch.prints("x anew one");
    place.file("jobs/lib/m.rhai", b"fn f() { \"two\" }");
    watch.prints("y two!");
    watch.prints("x anew two");
    watch.says("jobs/lib/m.rhai is a module");
    place.file("jobs/lib/new.rhai", b"print(\"new\");");
    watch.prints("new");
    fs::create_dir(place.path().join("jobs/deep")).unwrap();
    place.file("jobs/deep/new.rhai", b"print(\"deep\");");
    watch.prints("deep");
    place.file("jobs/deep/new.rhai", b"print(\"deeper\");");
    watch.prints("deeper");
    // As one.
    fs::rename(place.path().join("jobs"), place.path().join("away")).unwrap();
    watch.says("others are gone");
    fs::rename(place.path().join("away"), place.path().join("jobs")).unwrap();
    watch.says("others are back");
    place.file("jobs/7.rhai", b"print(\"the end\");");
    watch.prints("the end");
    let printed = watch.out();
    assert!(!printed.lines().any(|line| line.starts_with("job ")), "{printed}");
}

#[test]
fn a_folder_without_scripts_waits_for_one() {
    let place = Place::empty();
    fs::create_dir(place.path().join("jobs")).unwrap();
    let watch = Watching::of(&place, &["jobs"]);
    watch.says("jobs has no .rhai file yet");
    place.file("jobs/a.rhai", b"print(\"one\");");
    watch.prints("one");
}

#[test]
fn what_is_not_there_to_begin_with_is_not_waited_for() {
    let place = Place::with("print(1);");
    place
        .segue(&["watch", "scrpt.rhai"])
        .says(2, &["there is no script scrpt.rhai", "did you mean script.rhai?"]);
    place.segue(&["watch", "script.rhai", "--profile", "x"]).says(2, &["there is no profile \"x\""]);
    place.segue(&["watch", "script.rhai", "--live", "--dry-run"]).says(2, &["cannot be used with"]);
}

#[test]
fn files_that_nobody_tells_of_are_looked_at() {
    let place = Place::with("print(\"one\");");
    let watch = Watching::of(&place, &["script.rhai", "--poll"]);
    watch.prints("one");
    rename_over(&place.path().join("script.rhai"), "print(\"two\");");
    watch.prints("two");
    place.file("script.rhai", b"print(\"three\");");
    watch.prints("three");
}

/// The command in a user namespace where the system has none of something of inotify's; `None` where that isn't let.
fn without(place: &Place, setting: &str) -> Option<Command> {
    let within = |script: &str| {
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "/bin/sh", "-c", script]);
        command
    };
    let limit = format!("echo 0 > /proc/sys/user/{setting}");
    let let_in = within(&limit).stderr(Stdio::null()).status().is_ok_and(|status| status.success());
    if !let_in {
        eprintln!("no namespace can be made here: not tested");
        return None;
    }
    let plain = place.command(&[]);
    let mut command = within(&format!("{limit}; exec \"$0\" watch script.rhai"));
    command.arg(plain.get_program()).current_dir(place.path()).env_clear();
    command.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    Some(command)
}

#[test]
fn a_limit_of_the_system_is_told_and_the_watch_goes_on() {
    for (setting, told) in [
        ("max_inotify_watches", "sysctl fs.inotify.max_user_watches="),
        ("max_inotify_instances", "sysctl fs.inotify.max_user_instances="),
    ] {
        let place = Place::with("print(\"one\");");
        let Some(command) = without(&place, setting) else { return };
        let watch = Watching::spawned(command);
        watch.says(told);
        watch.prints("one");
        place.file("script.rhai", b"print(\"two\");");
        watch.prints("two");
        assert!(watch.err().contains("as with --poll"), "{}", watch.err());
    }
}

#[test]
fn a_save_stops_the_run_between_two_calls_and_begins_anew() {
    let gate = Gate::default();
    let server = Server::start()
        .on("POST /v1/batch", [gate.before(Reply::ok("{}")), Reply::ok("{}")])
        .on("GET /v1/segments", [Reply::ok(r#"{"segments":[]}"#)]);
    let place = Place::with("identify_person(\"u-1\"); flush(); get_segments(); print(\"one\");");
    let place = place.live(&server.url());
    let watch = Watching::of(&place, &["script.rhai", "--live"]);
    watch.until("a request is on the wire", |_| !server.seen().is_empty());
    place.file("script.rhai", b"print(\"two\");");
    watch.says("stopping: waiting for 1 answer");
    assert_eq!(watch.runs(), 1, "{}", watch.err());
    gate.open();
    watch.prints("two");
    let err = watch.err();
    // It was answered, counted and told; nothing was sent behind it.
    let stopped = err.split("stopped: script.rhai").nth(1).expect(&err);
    assert!(stopped.contains("1 accepted"), "{err}");
    assert_eq!((server.targets(), watch.out().as_str()), (vec!["POST /v1/batch".to_string()], "two\n"));
}

#[test]
fn every_run_has_a_world_of_its_own() {
    let place =
        Place::with("print(trigger_broadcast(#{ broadcast_id: 1, audience: \"default\" }).id); // one");
    let watch = Watching::of(&place, &["script.rhai"]);
    watch.until("it runs", |watch| watch.ended() == 1);
    place.file(
        "script.rhai",
        b"print(trigger_broadcast(#{ broadcast_id: 1, audience: \"default\" }).id); // two",
    );
    watch.until("it runs again", |watch| watch.ended() == 2 && watch.out().lines().count() == 2);
    let out = watch.out();
    let ids: Vec<&str> = out.lines().collect();
    assert!(ids.len() == 2 && ids[0] == ids[1], "{}\n{}", watch.out(), watch.err());
}

/// Somebody's own settings, which let runs do anything.
const GENEROUS: &[u8] = b"default = \"p\"\n[profiles.p]\nallow = [\"send\", \"destroy\", \"consent\"]\n\
    app_key = { env = \"CUSTOMERIO_APP_API_KEY\" }\nsite_id = { env = \"CUSTOMERIO_SITE_ID\" }\n\
    track_key = { env = \"CUSTOMERIO_TRACK_API_KEY\" }\npipelines_key = { env = \"CUSTOMERIO_CDP_API_KEY\" }\n";

#[test]
fn a_live_watch_says_so_in_red_and_grants_nothing_by_itself() {
    let server = Server::start().on("*", [Reply::ok("{}")]);
    let place = Place::with("suppress_person(\"u-1\");").live(&server.url()).set("CLICOLOR_FORCE", "1");
    place.file("segue.toml", GENEROUS);
    let watch = Watching::of(&place, &["script.rhai", "--live"]);
    watch.says("segue::grant::missing");
    assert!(watch.err().contains("\x1b[1;31mLIVE, profile \"p\"\x1b[0m"), "{}", watch.err());
    place.file("script.rhai", b"trigger_broadcast(#{ broadcast_id: 1, audience: \"default\" });");
    watch.until("it is refused too", |watch| watch.err().matches("segue::grant::missing").count() == 2);
    assert_eq!(server.targets(), [""; 0]);
    drop(watch);
    let watch = Watching::of(&place, &["script.rhai", "--live", "--allow", "destroy"]);
    watch.says("segue::grant::missing");
    place.file("script.rhai", b"suppress_person(\"u-1\"); flush(); print(\"done\");");
    watch.prints("done");
    assert_eq!(server.posts().len(), 1);
}

#[test]
fn a_save_never_leads_to_another_workspace() {
    let server = Server::start().on("*", [Reply::ok(r#"{"segments":[]}"#)]);
    let place = Place::with("get_segments(); print(\"one\");").live(&server.url());
    let watch = Watching::of(&place, &["script.rhai", "--live"]);
    watch.prints("one");
    place.file("segue.toml", GENEROUS);
    watch.says("segue.toml now chooses profile \"p\", and this watch began with keys from the environment");
    assert_eq!(server.targets(), ["GET /v1/segments"]);
    fs::remove_file(place.path().join("segue.toml")).unwrap();
    watch.until("it runs again", |watch| watch.out().matches("one").count() == 2);
}

#[test]
fn a_save_never_leads_to_other_keys_of_a_profile_either() {
    let server = Server::start().on("*", [Reply::ok(r#"{"segments":[]}"#)]);
    let place = Place::with("get_segments(); print(\"one\");").live(&server.url());
    place.file("segue.toml", GENEROUS);
    let watch = Watching::of(&place, &["script.rhai", "--live"]);
    watch.prints("one");
    let other = std::str::from_utf8(GENEROUS).unwrap().replace("CUSTOMERIO_APP_API_KEY", "ANOTHER_KEY");
    place.file("segue.toml", other.as_bytes());
    watch.says("segue.toml now has other keys or URLs for profile \"p\" than this watch began with");
    assert_eq!(server.targets(), ["GET /v1/segments"]);
}

#[test]
fn a_live_run_gives_way_to_the_same_run_elsewhere() {
    let gate = Gate::default();
    let server = Server::start()
        .on("*", [gate.before(Reply::ok(r#"{"segments":[]}"#)), Reply::ok(r#"{"segments":[]}"#)]);
    let place = Place::with("get_segments(); print(\"one\");").live(&server.url());
    let mut first = place.spawn(&["run", "script.rhai"]);
    until("it is under way", || !server.seen().is_empty());
    let watch = Watching::of(&place, &["script.rhai", "--live"]);
    watch.says(&format!("skipped, since the same run is under way (pid {}, since ", first.child().id()));
    gate.open();
    first.ends_within(PATIENCE).says(0, &["done after"]);
    assert_eq!(server.seen().len(), 1);
    place.file("script.rhai", b"get_segments(); print(\"two\");");
    watch.prints("two");
}

#[test]
fn what_is_in_doubt_is_not_sent_again_by_a_save() {
    let gate = Gate::default();
    let server = Server::start()
        .on("*", [Reply::status(404, "")])
        .on("POST /v1/campaigns/7/triggers", [gate.before(Reply::Close), Reply::ok("{\"id\":3}")]);
    let script = "trigger_broadcast(7, (), (), [\"u-1\"]);";
    let place = Place::with(script).live(&server.url());
    let watch = Watching::of(&place, &["script.rhai", "--live", "--allow", "send"]);
    until("it is on the wire", || !server.posts().is_empty());
    place.file("script.rhai", format!("{script} // one").as_bytes());
    gate.open();
    watch.says("what was sent is in doubt, so that nothing runs by itself any more");
    place.file("script.rhai", format!("{script} // two").as_bytes());
    // What is told of these was looked at behind the saves.
    fs::remove_file(place.path().join("script.rhai")).unwrap();
    watch.says("script.rhai is gone");
    place.file("script.rhai", format!("{script} // three").as_bytes());
    watch.says("script.rhai is back");
    assert_eq!((server.posts().len(), watch.runs()), (1, 1), "{}", watch.err());
}

#[test]
fn a_dry_run_reads_for_real_and_writes_nothing() {
    let server = Server::start().on("GET /v1/segments", [Reply::ok(r#"{"segments":[]}"#)]);
    let script = "print(get_segments().segments.len()); suppress_person(\"u-1\");";
    let place = Place::with(script).live(&server.url());
    let watch = Watching::of(&place, &["script.rhai", "--dry-run"]);
    watch.says("would call suppress_person 1 time for 1 person");
    watch.prints("0");
    assert_eq!(server.targets(), ["GET /v1/segments"]);
}

#[test]
fn signals_end_it_and_a_reader_that_goes_does_too() {
    for (signal, script) in
        [("-TERM", "print(1);"), ("-INT", "print(1); loop {}"), ("-HUP", "sleep(1000); print(1);")]
    {
        let place = Place::with(script);
        let mut watch = Watching::of(&place, &["script.rhai"]);
        watch.until("it runs", |watch| watch.runs() == 1);
        watch.signal(signal);
        assert_eq!(watch.ends(), Some(130), "{}", watch.err());
    }
    let place = Place::with("for i in 0..100_000 { print(\"a line that nobody reads\"); }");
    let mut command = place.command(&["watch", "script.rhai"]);
    let mut child = command.spawn().expect("the command runs");
    drop(child.stdout.take());
    assert_eq!(child.wait().expect("it ends").code(), Some(1));
}

#[test]
fn one_whose_stderr_nobody_reads_can_be_ended() {
    let place = Place::with("let words = \"\"; words.pad(200_000, 'x'); print(1); throw words;");
    let mut running = place.spawn(&["watch", "script.rhai"]);
    let mut out = [0; 2];
    running.child().stdout.as_mut().expect("it is piped").read_exact(&mut out).expect("it has run");
    // Of two that come at once the system may make one.
    for _ in 0..10 {
        running.gets("-INT");
        std::thread::sleep(Duration::from_millis(100));
    }
    let ended = running.ends_within(PATIENCE);
    assert_eq!(ended.code, Some(130), "{}", ended.err.len());
}

#[test]
fn a_first_ctrl_c_cuts_nothing_that_a_save_already_stops() {
    let gate = Gate::default();
    let server = Server::start().on("*", [gate.before(Reply::ok("{}")), Reply::ok("{}")]);
    let script = "identify_person(\"u-1\"); flush(); loop {}";
    let place = Place::with(script).live(&server.url());
    let mut watch = Watching::of(&place, &["script.rhai", "--live"]);
    until("it is on the wire", || !server.posts().is_empty());
    place.file("script.rhai", format!("{script} // saved").as_bytes());
    watch.says("stopping: waiting for 1 answer");
    watch.signal("-INT");
    // Time enough to cut it.
    std::thread::sleep(Duration::from_millis(500));
    gate.open();
    assert_eq!(watch.ends(), Some(130));
    assert!(
        watch.err().contains("1 accepted") && !watch.err().contains("may have arrived"),
        "{}",
        watch.err()
    );
}

fn shown(terminal: &Terminal, words: &[&str]) -> bool {
    let rows = terminal.rows();
    words.iter().all(|word| rows.contains(word))
}

#[test]
fn a_terminal_shows_what_is_wrong_above_the_last_good_result() {
    let place = Place::with("print(\"good \" + 1);");
    let script = "stty -g > before; \"$0\" watch script.rhai; echo left with $?; stty -g > after; sleep 60";
    let mut terminal = Terminal::beginning(&place.command(&[]), 60, script);
    terminal.until("a result", |terminal| shown(terminal, &["done", "good 1", "q leaves"]));
    place.file("script.rhai", b"print(1);\nprint(nothing);");
    terminal.until("what is wrong", |terminal| shown(terminal, &["failed", "last good result", "good 1"]));
    let rows = terminal.rows();
    let at = |word: &str| {
        rows.lines().position(|row| row.contains(word)).unwrap_or_else(|| panic!("{word}\n{rows}"))
    };
    assert!(rows.starts_with("script.rhai  "), "{rows}");
    assert!(
        at("script.rhai:2:7") < at("last good result") && at("last good result") < at("good 1"),
        "{rows}"
    );
    place.file("script.rhai", b"print(\"at \" + read_lines(\"x\")[0]); // good");
    terminal.until("x is missing", |terminal| shown(terminal, &["\"x\" can't be read"]));
    place.file("x", b"first");
    terminal.until("it is good again", |terminal| shown(terminal, &["done", "at first"]));
    assert!(!shown(&terminal, &["last good result"]));
    place.file("script.rhai", b"print(random());");
    terminal.until("a number", |terminal| shown(terminal, &["done", "0."]));
    let number = terminal.rows();
    terminal.type_in("r");
    terminal.until("another number", |terminal| {
        shown(terminal, &["done", "0."]) && terminal.rows().lines().nth(3) != number.lines().nth(3)
    });
    terminal.type_in("q");
    terminal.until("it has left", |terminal| shown(terminal, &["left with 0"]));
    terminal.until("the modes are told", |_| {
        fs::read(place.path().join("after")).is_ok_and(|after| !after.is_empty())
    });
    let modes = |name: &str| fs::read_to_string(place.path().join(name)).unwrap();
    assert_eq!(modes("before"), modes("after"));
}

#[test]
fn whoever_leaves_while_a_run_is_under_way_sees_what_it_did() {
    let gate = Gate::default();
    let server = Server::start().on("*", [Reply::ok("{}"), gate.before(Reply::ok("{}"))]);
    let script = "for n in 0..9 { identify_person(`u-${n}`); flush(); }";
    let place = Place::with(script).live(&server.url());
    let script = "\"$0\" watch script.rhai --live; echo left with $?; sleep 60";
    let mut terminal = Terminal::beginning(&place.command(&[]), 33, script);
    until("the second write is on the wire", || server.seen().len() == 2);
    // As a key that is held down repeats itself.
    terminal.type_in("qqqqqqqq");
    terminal.until("it says so", |terminal| shown(terminal, &["stopping: waiting for 1 answer"]));
    gate.open();
    terminal.until("it has left", |terminal| shown(terminal, &["left with 0"]));
    let rows = terminal.rows();
    assert!(rows.contains("stopped: script.rhai") && rows.contains("2 accepted"), "{rows}");
    assert!(!rows.contains("failed") && !rows.contains("may have arrived"), "{rows}");
}

#[test]
fn a_terminal_is_left_as_it_was_by_a_signal_too() {
    let place = Place::with("print(\"good \" + 1); sleep(1000);");
    let script = "trap : INT; stty -g > before; \"$0\" watch script.rhai; echo left with $?; stty -g > after; sleep 60";
    let mut terminal = Terminal::beginning(&place.command(&[]), 33, script);
    terminal.until("it runs", |terminal| shown(terminal, &["running", "good 1"]));
    terminal.type_in("\x03");
    terminal.until("it has left", |terminal| shown(terminal, &["left with 130"]));
    terminal.until("the modes are told", |_| {
        fs::read(place.path().join("after")).is_ok_and(|after| !after.is_empty())
    });
    let modes = |name: &str| fs::read_to_string(place.path().join(name)).unwrap();
    assert_eq!(modes("before"), modes("after"));
}

/// Whether a program is installed; a word where it isn't.
fn installed(program: &str) -> bool {
    let there = Command::new("/bin/sh").args(["-c", &format!("command -v {program}")]).output();
    let there = there.is_ok_and(|output| output.status.success());
    if !there {
        eprintln!("{program} isn't installed: not tested");
    }
    there
}

#[test]
fn a_save_in_a_real_editor_is_exactly_one_run() {
    // How each is started, and how it takes `one` out and saves.
    let editors = [
        ("vim", "vim -u NONE -N script.rhai", ":%s/one/two/\r:w\r", ":%s/two/three/\r:w\r"),
        (
            "vim",
            "vim -u NONE -N --cmd 'set backup writebackup backupcopy=no' script.rhai",
            ":%s/one/two/\r:w\r",
            ":%s/two/three/\r:w\r",
        ),
        (
            "vim",
            "vim -u NONE -N --cmd 'set backupcopy=yes' script.rhai",
            ":%s/one/two/\r:w\r",
            ":%s/two/three/\r:w\r",
        ),
        ("nano", "nano -I script.rhai", "\x0bprint(\"two\");\r\x0f\r", "\x1b\\\x0bprint(\"three\");\r\x0f\r"),
    ];
    for (editor, command, second, third) in editors {
        if !installed(editor) {
            continue;
        }
        let place = Place::with("print(\"one\");\n");
        let watch = Watching::of(&place, &["script.rhai"]);
        watch.prints("one");
        let mut terminal = Terminal::beginning(&place.command(&[]), 80, &format!("exec {command}"));
        terminal.until("the text", |terminal| shown(terminal, &["print(\"one\");"]));
        terminal.type_in(second);
        watch.prints("two");
        terminal.type_in(third);
        watch.prints("three");
        place.file("script.rhai", b"print(\"the end\");\n");
        watch.prints("the end");
        assert_eq!(watch.runs(), 4, "{command}\n{}", watch.err());
    }
}
