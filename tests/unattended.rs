//! A run that nobody watches: what it says and where, what it leaves behind, and what it does while the same is under
//! way.

#![cfg(unix)]

#[path = "unattended/report.rs"]
mod report;
#[path = "unattended/notification.rs"]
mod notification;
#[path = "unattended/overlap.rs"]
mod overlap;
#[path = "unattended/signals.rs"]
mod signals;
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
        line(&["script.rhai", "--profile", "acme"], 1, "segue run script.rhai --profile=acme: ");
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
        assert!(line.contains("'a=[secret]' 'api_token=[secret]' 'u=[secret]'"), "{line}");
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
    #[cfg(target_os = "linux")]
    fn a_log_on_a_full_disk_is_told_of_also_where_the_run_failed() {
        let ended = run(&Place::with("throw \"no\";"), &["--quiet", "--sandbox", "--log", "/dev/full"]);
        let line = one_line(&ended);
        assert!(line.contains("no") && line.contains("--log /dev/full isn't whole: no space left"), "{line}");
        assert!(!line.contains("see /dev/full"), "{line}");
        let ended = run(&Place::with("1;"), &["--quiet", "--sandbox", "--log", "/dev/full"]);
        assert_eq!(one_line(&ended).matches("isn't whole").count(), 1);
    }

    #[test]
    fn a_pipe_whose_reader_never_comes_is_told_of_before_anything_runs() {
        let server = taking();
        let place = Place::with(WRITES).live(&server.url());
        drop(pipe(&place));
        let both = ["--log", "--report"]
            .map(|option| (option, place.spawn(&["run", "script.rhai", option, "pipe"])));
        for (option, running) in both {
            let words = format!("nobody read the pipe of {option} within 5.0 s");
            running.ends_within(SOON).says(2, &[&words]);
        }
        assert_eq!(server.posts().len(), 0);
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
fn a_secret_argument_is_hidden_in_quotes_too_and_from_six_characters_on() {
    let script = "let token = arg(\"api_token\"); debug([token]); debug(#{ token: token }.to_json());\n\
                  print(token.to_debug()); throw `no ${[token]} ${arg(\"password\")} ${arg(\"pwd\")}`;";
    let place = Place::with(script);
    let token = "api_token=abc\"def\\ghi\"x y";
    let kept = ["--sandbox", "--log", "log.jsonl", "--report", "run.md"];
    let ended = run(&place, &[&[token, "password=hunter", "pwd=plain"], &kept[..]].concat());
    ended.says(1, &["no [\"[secret]\"] [secret] plain"]);
    let told = |name: &str| std::fs::read_to_string(place.path().join(name)).expect("it is there");
    for told in [ended.err.clone(), told("log.jsonl"), told("run.md")] {
        for secret in ["ghi", "hunter"] {
            assert!(!told.contains(secret), "{secret}: {told}");
        }
    }
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
