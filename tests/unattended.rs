//! A run that nobody watches: what it says and where, what it leaves behind, and what it does while the same is under
//! way.

#![cfg(unix)]

mod support;

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use support::{Ended, Gate, KEYS, Place, Reply, Running, Server, nobody, unlike, until};

/// Long enough for a run that isn't held up.
const SOON: Duration = Duration::from_secs(20);
/// A write, so that a run has something to count.
const WRITES: &str = "identify_person(arg(\"id\", \"u-1\"));";

/// What is JSON of the shape that is told to machines.
#[track_caller]
fn object(text: &str) -> Value {
    let object: Value = serde_json::from_str(text).expect(text);
    assert_eq!(unlike(&object), "", "{object}");
    object
}

/// Objects, one a line.
#[track_caller]
fn objects(text: &str) -> Vec<Value> {
    text.lines().map(object).collect()
}

fn text(place: &Place, name: &str) -> String {
    std::fs::read_to_string(place.path().join(name)).expect("the file is there")
}

fn text_if_there(place: &Place, name: &str) -> String {
    std::fs::read_to_string(place.path().join(name)).unwrap_or_default()
}

fn mode(path: &Path) -> u32 {
    path.metadata().expect("it is there").permissions().mode() & 0o777
}

/// A server that takes everything.
fn taking() -> Server {
    Server::start().on("*", [Reply::ok("{}")])
}

/// One that refuses the writes about a person.
fn refusing(id: &'static str) -> Server {
    Server::start().refusing(move |item| item["userId"] == id)
}

fn run(place: &Place, more: &[&str]) -> Ended {
    place.segue(&[&["run", "script.rhai"], more].concat())
}

/// Whether nothing was said by anything but the script.
#[track_caller]
fn silent(ended: &Ended) {
    assert_eq!((ended.code, &*ended.err), (Some(0), ""), "{ended}");
}

/// The one line that was said.
#[track_caller]
fn one_line(ended: &Ended) -> &str {
    let lines: Vec<&str> = ended.err.lines().collect();
    let [line] = lines[..] else { panic!("it isn't one line\n{ended}") };
    line
}

mod quiet {
    use super::*;

    #[test]
    fn nothing_is_said_of_a_run_that_went_well() {
        let server = taking();
        let script = "debug(\"aside\"); print(\"out\"); for n in 0..3 { identify_person(`u-${n}`); }";
        let place = Place::with(script).live(&server.url());
        let ended = run(&place, &["--quiet"]);
        silent(&ended);
        ended.prints("out\n");
        silent(&run(&place, &["--quiet", "--format", "json"]));
        silent(&run(&place, &["--quiet", "--dry-run"]));
        assert_eq!(server.taken().len(), 6);
    }

    #[test]
    fn one_line_names_a_run_that_did_not() {
        let server = refusing("u-2");
        let place = Place::with("for n in 0..3 {\n  identify_person(`u-${n}`);\n}\nprint(arg(\"a\"));")
            .live(&server.url());
        let ended = run(&place, &["a=1", "--quiet", "--log", "segue.log", "--report", "run.md"]);
        let line = one_line(&ended);
        assert_eq!(ended.code, Some(5), "{ended}");
        for part in [
            "segue run script.rhai a=1: exit code 5, done after ",
            "rejected: 1 identify_person",
            "at script.rhai:2",
            "; of the writes: 2 accepted, 1 rejected; see run.md and segue.log",
        ] {
            assert!(line.contains(part), "{part}: {line}");
        }
    }

    #[test]
    fn one_line_names_a_run_that_fails_or_never_begins() {
        let place = Place::with("let x = [];\nthrow \"no luck\\ntoday\";");
        place.file("unsound.rhai", b"segment_member(1);\nget_segment(2);");
        place.file("segue.toml", b"[profiles.acme]\n");
        let line = |arguments: &[&str], code: i32, part: &str| {
            let ended = place.segue(&[&["run", "--quiet"], arguments].concat());
            assert_eq!(ended.code, Some(code), "{ended}");
            let line = one_line(&ended);
            assert!(line.starts_with("segue run ") && line.contains(part), "{part}: {line}");
            assert!(line.contains(&format!(": exit code {code}, ")), "{line}");
        };
        line(&["script.rhai", "--sandbox"], 1, "no luck today at script.rhai:2");
        line(&["script.rhai", "--sandbox", "a=1"], 2, "it never began: the script has no argument `a`");
        line(&["unsound.rhai", "--sandbox"], 2, "segment_member");
        line(&["nothing.rhai"], 2, "segue run nothing.rhai: exit code 2, it never began: ");
        line(&["script.rhai", "--profile", "acme"], 1, "segue run script.rhai --profile acme: ");
        line(&["script.rhai", "--profile", "acne"], 2, "there is no profile \"acne\"");
        line(&["script.rhai", "--log", "no/such.log"], 2, "--log no/such.log can't be written");
        let ended = place.segue(&["run", "--quiet", "script.rhai", "--sandbox", "--report", "no/run.md"]);
        assert!(!one_line(&ended).contains("see no/run.md"), "there is nothing to see: {ended}");
    }

    #[test]
    fn a_machine_is_told_of_a_failure_in_one_object() {
        let ended = run(&Place::with("throw 1;"), &["--sandbox", "--quiet", "--format", "json"]);
        let summary = object(one_line(&ended));
        assert_eq!((&summary["kind"], &summary["exit"]), (&"summary".into(), &1.into()));
    }

    #[test]
    fn no_secret_is_on_the_line_nor_in_what_is_left_behind() {
        let server = Server::start().on("*", [Reply::ok("{}")]);
        let [(_, key), ..] = KEYS;
        let url = format!("{}/services/T0000/hush-hush", server.url());
        let script = format!(
            "print(arg(\"a\")); print(arg(\"api_token\")); debug(`{key} ${{arg(\"u\")}}`); debug(\"/services/T0000/hush-hush\"); throw \"{key} {url}\";"
        );
        let place = Place::with(&script).live(&server.url()).set("SEGUE_NOTIFY_URL", &*url);
        let key_given = format!("a={key}");
        let url_given = format!("u={url}");
        let arguments = [
            &key_given,
            "api_token=hidden-by-its-name",
            &url_given,
            "--quiet",
            "--log",
            "segue.log",
            "--report",
            "run.md",
        ];
        let ended = run(&place, &arguments);
        let line = one_line(&ended);
        assert!(line.contains("a=[secret] api_token=[secret] u=[secret]"), "{line}");
        let sent = server.seen().last().expect("word is sent").body.clone();
        for told in [line, &text(&place, "segue.log"), &text(&place, "run.md"), &sent] {
            assert!(told.contains("[secret]"), "{told}");
            for secret in [key, "hush-hush", "hidden-by-its-name"] {
                assert!(!told.contains(secret), "{secret}: {told}");
            }
        }
    }
}

mod log {
    use super::*;

    #[test]
    fn it_has_what_a_machine_is_told_with_the_time_and_the_process() {
        let script = "debug(\"aside\");\nidentify_person(\"u-2\");";
        let told = |more: &[&str]| {
            let server = refusing("u-2");
            let place = Place::with(script).live(&server.url());
            let ended = run(&place, more);
            (place, ended)
        };
        let (place, ended) = told(&["--log", "segue.log"]);
        ended.says(
            5,
            &["live: keys from the environment", "\"aside\"", "rejected: 1 identify_person", "done after"],
        );
        let mut logged = objects(&text(&place, "segue.log"));
        for object in &mut logged {
            let object = object.as_object_mut().expect("an object");
            let [time, pid] = ["time", "pid"].map(|name| object.shift_remove(name));
            assert!(time.is_some_and(|time| time.as_str().is_some_and(|time| time.ends_with('Z'))));
            assert!(pid.is_some_and(|pid| pid.as_u64() > Some(1)));
        }
        let (_, ended) = told(&["--format", "json"]);
        // The servers, the times and what takes how long differ.
        let alike = |objects: Vec<Value>| -> Vec<Vec<Value>> {
            let told = |it: &Value| {
                vec![it["kind"].clone(), it["code"].clone(), it["writes"].clone(), it["spans"].clone()]
            };
            objects.iter().map(told).collect()
        };
        assert_eq!(alike(logged), alike(objects(&ended.err)));
        assert_eq!(mode(&place.path().join("segue.log")), 0o600);
    }

    #[test]
    fn it_grows_by_each_run() {
        let place = Place::with("print(arg(\"n\", 1));");
        for n in ["n=1", "n=2", "n=x"] {
            run(&place, &[n, "--sandbox", "--quiet", "--log", "segue.log"]);
        }
        let logged = objects(&text(&place, "segue.log"));
        let summaries: Vec<&Value> = logged.iter().filter(|it| it["kind"] == "summary").collect();
        let runs: Vec<_> = summaries.iter().map(|it| (&it["run"]["arguments"][0], &it["exit"])).collect();
        assert_eq!(
            runs,
            [(&"n=1".into(), &0.into()), (&"n=2".into(), &0.into()), (&"n=x".into(), &2.into())]
        );
        assert!(logged.iter().any(|it| it["code"] == "segue::script::argument_type"));
    }

    #[test]
    fn one_that_takes_no_more_is_told_of() {
        let ended = run(&Place::with("debug(1);"), &["--sandbox", "--log", "/dev/full"]);
        ended.says(1, &["--log /dev/full isn't whole: no space left on device"]);
        let ended = run(&Place::with("debug(1);"), &["--sandbox", "--quiet", "--log", "/dev/full"]);
        assert!(one_line(&ended).contains("exit code 1, done after"), "{ended}");
    }
}

mod pipes {
    use super::*;
    use rustix::fs::OFlags;
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;

    /// A pipe in the place, whose reader reads nothing.
    fn pipe(place: &Place) -> std::fs::File {
        let path = place.path().join("pipe");
        assert!(Command::new("mkfifo").arg(&path).status().expect("there is a command").success());
        let mut both = std::fs::File::options();
        both.read(true).write(true).open(&path).expect("it can be opened from both ends at once")
    }

    #[test]
    fn a_log_that_nobody_reads_keeps_no_run_from_its_end() {
        let server = taking();
        let script = "let text = \"x\"; text.pad(1000, 'x');\n\
                      for n in 0..200 { debug(text); }\n\
                      identify_person(\"u-1\"); flush();\n\
                      if arg(\"wait\", false) { sleep(60); }";
        let place = Place::with(script).live(&server.url());
        let _held = pipe(&place);
        let lost = "--log pipe isn't whole: ";
        let ended = run(&place, &["--quiet", "--log", "pipe"]);
        let line = one_line(&ended);
        assert!(line.contains("exit code 1, done after") && line.contains(lost), "{line}");

        let arguments = ["run", "script.rhai", "wait=true", "--quiet", "--log", "pipe", "--report", "run.md"];
        let mut running = place.spawn(&arguments);
        until("it is under way", || server.posts().len() == 2);
        running.press();
        until("it is interrupted", || text(&place, "run.md").contains("| exit code | 130 |"));
        running.press();
        running.ends_within(SOON).says(130, &["exit code 130, interrupted after", lost]);
    }

    #[test]
    fn a_stderr_that_nobody_reads_keeps_no_run_from_being_ended() {
        let place = Place::with("debug(1); sleep(60);");
        let _held = pipe(&place);
        let open = |flags: OFlags| {
            let mut write = std::fs::File::options();
            write.write(true).custom_flags(flags.bits().cast_signed());
            write.open(place.path().join("pipe")).expect("it has a reader")
        };
        let mut full = open(OFlags::NONBLOCK);
        while full.write(b"x").is_ok() {}
        let mut command = place.command(&["run", "script.rhai", "--sandbox", "--report", "run.md"]);
        let mut running = Running::of(command.stderr(open(OFlags::empty())).spawn().expect("it begins"));
        until("it is under way", || text_if_there(&place, "run.md").contains("under way"));
        until("it ends", || {
            running.press();
            running.child().try_wait().expect("a child can be waited for").is_some()
        });
        assert_eq!(running.child().wait().expect("it ended").code(), Some(130));
    }
}

mod report {
    use super::*;

    #[test]
    fn it_tells_all_of_the_run() {
        let server = refusing("u-2");
        let place = Place::with("for n in 0..3 {\n  identify_person(`u-${n}`);\n}\nthrow `|${arg(\"a\")}|`;")
            .live(&server.url());
        run(&place, &["a=1", "--report", "run.md"]).says(1, &["rejected: 1 identify_person"]);
        let page = text(&place, "run.md");
        for part in [
            "# segue run script.rhai a=1\n",
            "| script | script.rhai |\n| arguments | a=1 |\n| works on | the workspace of the environment's keys |\n",
            "| ended | failed |\n| exit code | 1 |\n",
            "| accepted | 2 |\n| rejected | 1 |\n",
            "| rejected | 1 | identify_person | script.rhai:2 | 400 | Customer.io refused",
            "| identify_person | 3 |\n",
            "segue::script::threw\n\n  × |1|\n",
            "  identify_person(`u-${n}`);\n",
            "of the writes: 2 accepted, 1 rejected",
        ] {
            assert!(page.contains(part), "{part}\n---\n{page}");
        }
        assert_eq!(mode(&place.path().join("run.md")), 0o600);
    }

    #[test]
    fn it_takes_the_place_of_an_earlier_one() {
        let place = Place::with("print(1);");
        place.file("run.md", "of an earlier run\n".repeat(200).as_bytes());
        silent(&run(&place, &["--sandbox", "--quiet", "--report", "run.md"]));
        let page = text(&place, "run.md");
        assert!(
            page.starts_with("# segue run script.rhai --sandbox\n") && !page.contains("earlier"),
            "{page}"
        );
        run(&place, &["--nothing", "--report", "run.md"]);
        run(&place, &["--sandbox", "a=1", "--report", "run.md"]);
        let page = text(&place, "run.md");
        assert!(page.contains("| ended | it never began |\n| exit code | 2 |"), "{page}");
        assert!(page.contains("the script has no argument `a`"), "{page}");
    }

    #[test]
    fn it_is_never_taken_for_that_of_another_run() {
        let gate = Gate::default();
        let server = Server::start().on("*", [gate.before(Reply::ok("{}"))]);
        let place = Place::with(WRITES).live(&server.url());
        let more = ["--quiet", "--report", "run.md"];
        let mut killed = place.spawn(&[&["run", "script.rhai"], &more[..]].concat());
        until("it is under way", || !server.seen().is_empty());
        let pid = killed.child().id();
        let under_way = text(&place, "run.md");
        for part in ["# segue run script.rhai\n", "| began | 2", &format!("under way (pid {pid})")] {
            assert!(under_way.contains(part), "{part}\n---\n{under_way}");
        }
        run(&place, &more).says(0, &["skipped"]);
        run(&place, &["--report", "new.md"]).says(0, &["skipped"]);
        assert!(!place.path().join("new.md").exists(), "who does nothing tells of nothing");
        let mut waiting = place.spawn(&["run", "script.rhai", "--overlap", "wait", "--report", "run.md"]);
        waiting.hears("waiting");
        waiting.press();
        waiting.ends_within(SOON).says(130, &[]);
        killed.child().kill().expect("it can be killed");
        killed.child().wait().expect("it ends");
        assert_eq!(text(&place, "run.md"), under_way);

        // Whatever a run is refused for, its report says so, and word is sent of it.
        let hook = taking();
        for wrong in [&["--log", "no/such.log"][..], &["--notify-url", "x"], &["--profile", "acme"], &["a=1"]]
        {
            place.file("run.md", b"of an earlier run");
            let told = ["--notify-url", &hook.url()];
            let told = if wrong[0] == "--notify-url" { &[][..] } else { &told };
            let ended = run(&place, &[wrong, told, &more].concat());
            assert_eq!(ended.code, Some(2), "{ended}");
            assert!(one_line(&ended).ends_with("; see run.md"), "{ended}");
            let page = text(&place, "run.md");
            assert!(page.contains("| ended | it never began |\n| exit code | 2 |"), "{page}");
        }
        assert_eq!(hook.seen().len(), 3);
    }

    #[test]
    fn a_dry_run_has_one_too() {
        let server = taking();
        let place = Place::with(WRITES).live(&server.url());
        silent(&run(&place, &["--dry-run", "--quiet", "--report", "run.md"]));
        let page = text(&place, "run.md");
        assert!(
            page.contains("nothing was written") && page.contains("| identify_person | 1 | 1 |"),
            "{page}"
        );
    }

    #[test]
    fn what_cannot_be_written_is_found_before_the_run() {
        let server = taking();
        let place = Place::with(WRITES).live(&server.url());
        for (option, path) in [("--report", "no/run.md"), ("--log", "no/segue.log"), ("--report", ".")] {
            let words = format!("{option} {path} can't be written");
            run(&place, &[option, path]).says(2, &[&words, "a folder that is there"]);
        }
        let one = ["--log", "both", "--report", "./both"];
        run(&place, &one).says(2, &["--log and --report are one file, ./both", "name another"]);
        let out = std::fs::File::create(place.path().join("out")).expect("a file can be made");
        let mut command = place.command(&["run", "script.rhai", "--report", "out"]);
        let ended = Ended::of(command.stdout(out).output().expect("the command runs"));
        ended.says(2, &["--report is the file that stdout goes to, out", "name another"]);
        assert!(server.seen().is_empty());
        run(&place, &["--report", "/dev/full"])
            .says(1, &["--report /dev/full isn't whole: no space left", "done after"]);
    }
}

mod notification {
    use super::*;

    /// What word is sent of a run of `script` with these options.
    fn sent(script: &str, more: &[&str]) -> (Ended, Vec<Value>) {
        let (server, hook) = (refusing("u-2"), taking());
        let place = Place::with(script).live(&server.url());
        let url = format!("{}/hook?key=s3cret-hook", hook.url());
        let ended = run(&place, &[&["--notify-url", &url], more].concat());
        assert!(!ended.err.contains("s3cret"), "{ended}");
        for seen in hook.seen() {
            assert_eq!((&*seen.method, &*seen.target), ("POST", "/hook?key=s3cret-hook"));
            assert_eq!(seen.authorization, None);
        }
        (ended, hook.seen().iter().map(|seen| object(&seen.body)).collect())
    }

    #[test]
    fn word_is_sent_of_a_failure_or_always() {
        let (well, wrong) = ("identify_person(\"u-1\");", "identify_person(\"u-2\");");
        let (ended, word) = sent(well, &[]);
        ended.says(0, &["done after"]);
        assert!(word.is_empty());
        let (ended, word) = sent(wrong, &["--quiet"]);
        assert_eq!((word.len(), &word[0]["exit"], &word[0]["writes"]["rejected"]), (1, &5.into(), &1.into()));
        assert_eq!(word[0]["text"], one_line(&ended));
        assert_eq!(word[0]["run"]["script"], "script.rhai");
        let (_, word) = sent(well, &["--notify", "always"]);
        assert_eq!((word.len(), &word[0]["exit"], &word[0]["ended"]), (1, &0.into(), &"done".into()));
        let (ended, word) = sent(well, &["a=1"]);
        assert_eq!((ended.code, &word[0]["ended"]), (Some(2), &"refused".into()));
    }

    #[test]
    fn word_is_sent_of_a_run_that_was_told_to_stop() {
        let gate = Gate::default();
        let (server, hook) = (Server::start().on("*", [gate.before(Reply::ok("{}"))]), taking());
        let place = Place::with("loop { identify_person(\"u-1\"); flush(); }").live(&server.url());
        let place = place.set("SEGUE_NOTIFY_URL", hook.url());
        let mut running = place.spawn(&["run", "script.rhai"]);
        until("it is under way", || !server.seen().is_empty());
        running.press();
        running.hears("stopping: waiting for 1 answer");
        gate.open();
        running.ends_within(SOON).says(130, &[]);
        let word = object(&hook.seen()[0].body);
        assert_eq!((&word["exit"], &word["writes"]["accepted"]), (&130.into(), &1.into()));
    }

    #[test]
    fn the_environment_may_say_where_to_and_no_script_sees_it() {
        let hook = taking();
        let place =
            Place::with("print(env(\"SEGUE_NOTIFY_URL\", \"nothing\"));").set("SEGUE_NOTIFY_URL", hook.url());
        let ended = run(&place, &["--sandbox", "--quiet", "--notify", "always"]);
        silent(&ended);
        ended.prints("nothing\n");
        assert_eq!(object(&hook.seen()[0].body)["run"]["sandbox"], true);
    }

    #[test]
    fn an_address_that_refuses_or_fails_is_told_of_and_changes_nothing() {
        let failing = Server::start().on("*", [Reply::status(500, "")]);
        let denying = Server::start().on("*", [Reply::status(403, "")]);
        let place = Place::with("print(1);");
        let notify = |url: &str, more: &[&str]| {
            let url = format!("{url}/s3cret-hook");
            let arguments =
                [&["--sandbox", "--quiet", "--notify", "always", "--notify-url", &url], more].concat();
            let ended = run(&place, &arguments);
            let line = one_line(&ended).to_string();
            assert_eq!(
                (ended.code, &*ended.out, line.contains("s3cret")),
                (Some(0), "1\n", false),
                "{ended}"
            );
            assert!(line.starts_with("segue run script.rhai --sandbox: exit code 0, done after "), "{line}");
            line.split_once("; ").expect("two parts").1.to_string()
        };
        let refused = "the notification to 127.0.0.1 wasn't taken: ";
        assert!(notify(&nobody(), &[]).starts_with(refused));
        assert_eq!(notify(&failing.url(), &[]), format!("{refused}it answers 500"));
        let logged = ["--log", "segue.log"];
        assert_eq!(notify(&denying.url(), &logged), format!("{refused}it answers 403; see segue.log"));
        assert_eq!((failing.seen().len(), denying.seen().len()), (2, 1));
        let logged = objects(&text(&place, "segue.log"));
        assert!(logged.iter().any(|it| it["message"] == format!("{refused}it answers 403")), "{logged:?}");
        let last = logged.last().expect("there is one");
        assert_eq!(
            (&last["kind"], &last["unsent"]),
            (&"summary".into(), &format!("{refused}it answers 403").into())
        );
        // What is sent again is known by its run.
        let ids: Vec<Value> = failing.seen().iter().map(|it| object(&it.body)["run"]["id"].clone()).collect();
        assert!(ids[0] == ids[1] && ids[0].is_string() && ids[0] != last["run"]["id"], "{ids:?}");
    }

    #[test]
    fn a_failure_and_its_notifications_are_one_line() {
        let closing = Server::start().on("*", [Reply::Close]);
        let place = Place::with("throw \"no luck\";").set("SEGUE_NOTIFY_URL", closing.url());
        let ended = run(&place, &["--sandbox", "--quiet"]);
        let line = one_line(&ended);
        assert_eq!(ended.code, Some(1), "{ended}");
        let unknown = "; whether the notification to 127.0.0.1 was taken isn't known: ";
        assert!(line.starts_with("segue run script.rhai --sandbox: exit code 1, failed after "), "{line}");
        assert!(line.contains(": no luck") && line.contains(unknown), "{line}");
        let ended = run(&place, &["--sandbox", "--quiet", "--format", "json"]);
        assert!(object(one_line(&ended))["unsent"].is_string(), "{ended}");
    }

    #[test]
    fn an_address_that_hangs_can_be_left() {
        let hook = Server::start().on("*", [Reply::Hang]);
        let place = Place::with("print(1);");
        let mut running = place.spawn(&[
            "run",
            "script.rhai",
            "--sandbox",
            "--notify",
            "always",
            "--notify-url",
            &hook.url(),
        ]);
        until("word is on its way", || !hook.seen().is_empty());
        running.press();
        let words = "whether the notification to 127.0.0.1 was taken isn't known: the run was told to stop";
        running.ends_within(SOON).says(0, &[words]).prints("1\n");
    }

    #[test]
    fn what_is_no_address_is_found_before_the_run() {
        let server = taking();
        let place = Place::with(WRITES).live(&server.url());
        for url in ["s3cret", "ftp://127.0.0.1/s3cret", "https://"] {
            run(&place, &["--notify-url", url])
                .says(2, &["--notify-url can't be used: "])
                .never_says("s3cret");
        }
        run(&place, &["--notify", "always"]).says(2, &["nothing says where to", "SEGUE_NOTIFY_URL"]);
        assert!(server.seen().is_empty());
    }
}

mod overlap {
    use super::*;

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
        let more =
            ["--format", "json", "--report", "run.md", "--notify", "always", "--notify-url", &hook.url()];
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
        for more in [
            &["id=u-2"][..],
            &["--overlap", "allow"],
            &["--sandbox"],
            &["--dry-run"],
            &["--state", "elsewhere"],
        ] {
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
        run(&place, &[])
            .says(2, &["the folder in SEGUE_STATE, \"state\"", "a path from the root, such as /"]);
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
}

mod signals {
    use super::*;

    fn send(running: &mut Running, signal: &str) {
        let pid = running.child().id().to_string();
        assert!(
            Command::new("kill").args([signal, &pid]).status().expect("there is a kill command").success()
        );
    }

    /// A run with one write accepted and the next on its way, told to stop by a signal.
    fn told(signal: &str, more: &[&str]) -> Ended {
        let gate = Gate::default();
        let server = Server::start().on("*", [Reply::ok("{}"), gate.before(Reply::ok("{}"))]);
        let script = "for n in 0..9 { identify_person(`u-${n}`); flush(); }";
        let place = Place::with(script).live(&server.url());
        let mut running = place.spawn(&[&["run", "script.rhai", "--log", "segue.log"], more].concat());
        until("the second is on its way", || server.seen().len() == 2);
        send(&mut running, signal);
        until("it stops", || text(&place, "segue.log").contains("stopping: waiting for 1 answer"));
        gate.open();
        let ended = running.ends_within(SOON);
        assert_eq!(server.seen().len(), 2, "nothing is sent after it");
        ended
    }

    #[test]
    fn they_end_a_run_as_ctrl_c_does() {
        for signal in ["-TERM", "-HUP", "-INT"] {
            told(signal, &[]).says(130, &["interrupted after", "2 accepted; running it again"]);
        }
        let ended = told("-TERM", &["--quiet"]);
        let line = one_line(&ended);
        assert!(
            line.contains("exit code 130, interrupted after ")
                && line.contains("; of the writes: 2 accepted"),
            "{line}"
        );
    }

    #[test]
    fn whoever_says_nohup_is_not_hung_up() {
        let gate = Gate::default();
        let server = Server::start().on("*", [gate.before(Reply::ok("{}"))]);
        let script = "for n in 0..20 { identify_person(`u-${n}`); flush(); }";
        let place = Place::with(script).live(&server.url());
        let command = place.command(&[]);
        let segue = command.get_program().to_owned();
        let mut shell = Command::new("/bin/sh");
        shell
            .args(["-c", "trap '' HUP; exec \"$0\" run script.rhai"])
            .arg(segue)
            .current_dir(place.path())
            .env_clear();
        shell.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let child = shell.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn();
        let mut running = Running::of(child.expect("there is a shell"));
        until("it is under way", || !server.seen().is_empty());
        send(&mut running, "-HUP");
        gate.open();
        running.ends_within(SOON).says(0, &["done after"]);
        assert_eq!(server.seen().len(), 20);
    }

    /// The exit code of a run whose reader of stdout or stderr is gone before it writes.
    fn unread(of: impl Fn(&mut Running, &Place), more: &[&str]) -> Option<i32> {
        let gate = Gate::default();
        let server = Server::start().on("*", [gate.before(Reply::ok("{}"))]);
        let script = "identify_person(\"u-1\"); flush(); print(\"x\"); debug(\"y\");";
        let place = Place::with(script).live(&server.url());
        let mut running = place.spawn(&[&["run", "script.rhai", "--log", "segue.log"], more].concat());
        until("it is under way", || !server.seen().is_empty());
        of(&mut running, &place);
        gate.open();
        running.ends_within(SOON).code
    }

    #[test]
    fn a_closed_pipe_is_no_panic() {
        let out = |running: &mut Running, _: &Place| drop(running.child().stdout.take());
        let err = |running: &mut Running, _: &Place| drop(running.child().stderr.take());
        let both = |running: &mut Running, place: &Place| {
            out(running, place);
            err(running, place);
        };
        for more in [&[][..], &["--quiet"], &["--format", "json"]] {
            assert_eq!(
                [unread(err, more), unread(out, more), unread(both, more)],
                [Some(0), Some(1), Some(1)]
            );
        }
        // The terminal goes, and the run is told.
        let gone = |running: &mut Running, place: &Place| {
            both(running, place);
            send(running, "-HUP");
            until("it stops", || text(place, "segue.log").contains("stopping: waiting for 1 answer"));
        };
        assert_eq!(unread(gone, &[]), Some(130));
    }
}

#[test]
#[cfg(any(target_os = "linux", target_os = "macos"))]
fn a_run_without_stdout_ends_at_its_first_line_and_one_that_prints_nothing_needs_none() {
    let run = |script: &str, end: &str| {
        let place = Place::with(script);
        let command = place.command(&[]);
        let mut shell = Command::new("/bin/sh");
        let line = format!("exec \"$0\" run script.rhai --sandbox --quiet {end}");
        shell.args(["-c", &line]).arg(command.get_program()).current_dir(place.path()).env_clear();
        Ended::of(shell.output().expect("there is a shell"))
    };
    let (prints, silent_one) = ("print(1); add_person_to_group(\"u-1\", \"acme\");", "1 + 1;");
    let ended = run(prints, ">&-");
    let line = one_line(&ended);
    assert_eq!(ended.code, Some(1), "{ended}");
    assert!(
        line.contains("exit code 1, stopped after ") && line.ends_with(": its output can't be written"),
        "{line}"
    );
    silent(&run(silent_one, ">&-"));
    // Who throws it away on purpose may have opened that for reading, too.
    silent(&run(prints, ">/dev/null"));
    silent(&run(prints, "1<>/dev/null"));
    silent(&run(silent_one, ">&- 2>&-"));
    assert_eq!(run(prints, ">&- 2>&- <&-").code, Some(1));
}

#[test]
fn neither_log_nor_report_takes_the_place_of_the_script() {
    for option in ["--log", "--report"] {
        let place = Place::with("print(1);");
        let ended = place.segue(&["run", "script.rhai", "--sandbox", option, "./script.rhai"]);
        ended.says(2, &[&format!("{option} is the script itself")]);
        assert_eq!(
            std::fs::read_to_string(place.path().join("script.rhai")).expect("it is there"),
            "print(1);"
        );
    }
}

#[test]
fn the_value_of_a_secret_argument_is_told_nowhere() {
    let place = Place::with("let token = arg(\"api_token\"); throw `it broke with ${token}`;");
    let ended =
        place.segue(&["run", "script.rhai", "api_token=xoxb-very-secret", "--sandbox", "--log", "log.jsonl"]);
    ended.says(1, &["it broke with"]);
    let log = std::fs::read_to_string(place.path().join("log.jsonl")).expect("it is there");
    assert!(!ended.err.contains("very-secret") && !log.contains("very-secret"), "{} {log}", ended.err);
}

#[test]
fn a_reader_that_goes_away_ends_the_run_at_the_next_line() {
    let place =
        Place::with("for n in 0..100 { print(n); add_person_to_group(`u-${n}`, \"acme\"); sleep(0.1); }");
    let mut child = place
        .command(&["run", "script.rhai", "--sandbox"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("the command runs");
    drop(child.stdout.take());
    let ended = support::Ended::of(child.wait_with_output().expect("it ends"));
    ended.says(1, &["the script's output can't be written"]);
    let done: u64 = ended
        .err
        .split(" add_person_to_group")
        .next()
        .and_then(|words| words.rsplit(' ').next()?.parse().ok())
        .unwrap_or_default();
    assert!(done < 50, "{}", ended.err);
}
