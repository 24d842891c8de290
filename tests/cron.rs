//! What the readme shows for cron and systemd, run as these would run it.

#![cfg(unix)]

mod support;

use std::fs::Permissions;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use support::{Ended, Gate, KEYS, REFUSED, Reply, Running, Server, in_project, until};
use tempfile::TempDir;

/// Long enough for a run that isn't held up.
const SOON: Duration = Duration::from_secs(20);

/// The block of the readme between its fences that begins with `kind`, the first that holds `word`.
fn shown(kind: &str, word: &str) -> String {
    let readme = std::fs::read_to_string(in_project("README.md")).expect("there is a readme");
    let fence = format!("```{kind}\n");
    let blocks = readme.split(&fence).skip(1);
    let mut blocks = blocks.filter_map(|rest| rest.split("```").next());
    blocks.find(|block| block.contains(word)).expect("the readme shows it").to_string()
}

/// The home of somebody who did what the readme says, whose keys open `server`; and word goes to `hook`.
fn home(server: &Server, hook: &Server) -> TempDir {
    let home = TempDir::new().expect("a temporary folder");
    let at = |path: &str| home.path().join(path);
    for folder in [".cargo/bin", ".config/segue", "bin", "runtime"] {
        std::fs::create_dir_all(at(folder)).expect("a folder can be made");
    }
    symlink(env!("CARGO_BIN_EXE_segue"), at(".cargo/bin/segue")).expect("a link can be made");
    symlink(in_project("scripts"), at("scripts")).expect("a link can be made");
    let value = |name: &str| match name {
        "SEGUE_NOTIFY_URL" => format!("'{}/a?b=s3cret&c=1'", hook.url()),
        name => KEYS.iter().find(|(key, _)| *key == name).expect("a key").1.to_string(),
    };
    let lines = shown("sh", "SEGUE_NOTIFY_URL");
    let names = lines.lines().map(|line| line.split_once('=').expect("NAME=value").0);
    let set = names.map(|name| format!("{name}={}\n", value(name)));
    let urls = ["APP", "TRACK", "PIPELINES"].map(|api| format!("SEGUE_{api}_URL={}\n", server.url()));
    let text: String = set.chain(urls).collect();
    std::fs::write(at(".config/segue/env"), text).expect("a file can be written");
    home
}

/// A workspace with a segment of two people, in front of whose writes there is a gate.
fn workspace(writes: impl IntoIterator<Item = Reply>) -> Server {
    let segments = r#"{"segments":[{"id":3,"name":"VIP","state":"finished","type":"dynamic"}]}"#;
    let segment = r#"{"segment":{"id":3,"name":"VIP","state":"finished","type":"dynamic"}}"#;
    let people = r#"{"identifiers":[{"id":"u-1"},{"id":"u-2"}],"ids":["u-1","u-2"],"next":""}"#;
    Server::start()
        .on("GET /v1/segments", [Reply::ok(segments)])
        .on("GET /v1/segments/3", [Reply::ok(segment)])
        .on("GET /v1/segments/3/membership", [Reply::ok(people)])
        .on("*", writes)
}

/// The writes that arrived.
fn written(server: &Server) -> usize {
    server.bodies().iter().map(Vec::len).sum()
}

/// Begins `line` as cron does: a bare environment, no terminal, and here another folder than the home, too.
fn cron(home: &Path, line: &str) -> Running {
    // cron takes five fields off, ends a command at a `%`, and takes `\%` for one.
    let command = line.splitn(6, ' ').nth(5).expect("five fields and a command").replace("\\%", "\u{1}");
    let command = command.split('%').next().expect("there is a first").replace('\u{1}', "%");
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", &command]).current_dir("/").env_clear();
    shell.envs([("LOGNAME", "me"), ("SHELL", "/bin/sh"), ("PATH", "/usr/bin:/bin")]).env("HOME", home);
    spawn(shell)
}

fn spawn(mut command: Command) -> Running {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    Running::of(command.spawn().expect("it begins"))
}

#[track_caller]
fn silent(ended: &Ended) {
    assert_eq!((ended.code, &*ended.out, &*ended.err), (Some(0), "", ""), "{ended}");
}

fn text(home: &TempDir, name: &str) -> String {
    std::fs::read_to_string(home.path().join(name)).expect("the file is there")
}

#[test]
fn the_line_for_cron_works_as_it_stands() {
    let crontab = shown("crontab", "MAILTO");
    let line = crontab.lines().find(|line| line.contains("segue run")).expect("it runs something");
    let gate = Gate::default();
    let (server, hook) =
        (workspace([gate.before(Reply::ok("{}")), Reply::ok("{}")]), workspace([Reply::ok("{}")]));
    let home = home(&server, &hook);

    let first = cron(home.path(), line);
    until("it writes", || !server.posts().is_empty());
    // An hour later it still does.
    let second = cron(home.path(), line).ends_within(SOON);
    assert_eq!((second.code, &*second.out), (Some(0), ""), "{second}");
    let skipped = "group=acme: skipped, since the same run is under way (pid ";
    assert!(second.err.starts_with("segue run /") && second.err.contains(skipped), "{second}");
    assert_eq!(second.err.lines().count(), 1, "{second}");
    gate.open();
    silent(&first.ends_within(SOON));
    assert_eq!(written(&server), 2);
    // And an hour after that.
    silent(&cron(home.path(), line).ends_within(SOON));
    assert_eq!(written(&server), 4);

    let log = text(&home, "segue.log");
    let summaries: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    let ended = summaries.iter().filter(|it: &&Value| it["kind"] == "summary").map(|it| it["ended"].clone());
    assert_eq!(ended.collect::<Vec<_>>(), ["skipped", "done", "done"]);
    assert!(text(&home, "segue-vip.md").contains("| accepted | 2 |"));
    assert!(hook.seen().is_empty(), "nothing failed");
}

#[test]
fn cron_is_told_of_a_failure_in_one_line() {
    let crontab = shown("crontab", "MAILTO");
    let line = crontab.lines().find(|line| line.contains("segue run")).expect("it runs something");
    let (server, hook) = (workspace([Reply::status(400, REFUSED)]), workspace([Reply::ok("{}")]));
    let home = home(&server, &hook);
    let ended = cron(home.path(), line).ends_within(SOON);
    assert_eq!(ended.err.lines().count(), 1, "{ended}");
    ended.says(5, &["group=acme: exit code 5, done after", "2 rejected; see /"]).prints("");
    let word: Value = serde_json::from_str(&hook.seen()[0].body).expect("JSON");
    assert_eq!((&word["exit"], &word["text"]), (&5.into(), &ended.err.trim_end().into()));
    assert!(
        !format!("{}{}{}", ended.err, text(&home, "segue.log"), text(&home, "segue-vip.md"))
            .contains("s3cret")
    );
}

/// The values of a key in a unit, with its specifiers as systemd reads them.
fn values(unit: &str, key: &str, home: &Path) -> Vec<String> {
    let lines = unit.lines().filter_map(|line| line.strip_prefix(key)?.strip_prefix('='));
    let (runtime, home) = (home.join("runtime").display().to_string(), home.display().to_string());
    lines.map(|value| value.replace("%h", &home).replace("%t", &runtime).replace("%%", "%")).collect()
}

/// The words of a command line of systemd: apart at blanks outside of quotes, `$$` for a dollar.
fn words(line: &str) -> Vec<String> {
    assert!(!line.replace("$$", "").contains('$'), "systemd would put something in its place: {line}");
    let (mut words, mut quote) = (vec![String::new()], None);
    for c in line.chars() {
        match (quote, c) {
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            (None, ' ') => words.push(String::new()),
            (_, c) => words.last_mut().expect("there is one").push(c),
        }
    }
    words.iter().map(|word| word.replace("$$", "$")).collect()
}

/// Begins a command of the unit as systemd does for a user.
fn systemd(unit: &str, key: &str, home: &Path, more: &[(&str, &str)]) -> Running {
    let [line] = &values(unit, key, home)[..] else { panic!("{key} isn't there once") };
    let words = words(line);
    let mut command = Command::new(&words[0]);
    let path = format!("{}:/usr/bin:/bin", home.join("bin").display());
    command.args(&words[1..]).current_dir("/").env_clear().env("HOME", home).env("PATH", path);
    for set in values(unit, "Environment", home) {
        let (name, value) = set.split_once('=').expect("NAME=value");
        command.env(name, value);
    }
    for file in values(unit, "EnvironmentFile", home) {
        let file = file.strip_prefix('-').expect("without it nothing is run, nor mailed");
        let text = std::fs::read_to_string(file).unwrap_or_default();
        for (name, value) in text.lines().filter_map(|line| line.split_once('=')) {
            command.env(name, value.trim_matches('\''));
        }
    }
    spawn_with(command, more)
}

fn spawn_with(mut command: Command, more: &[(&str, &str)]) -> Running {
    command.envs(more.iter().copied());
    spawn(command)
}

#[test]
fn the_service_works_as_it_stands_and_mails_by_the_exit_code() {
    let unit = shown("ini", "ExecStart");
    let (server, hook) =
        (workspace([Reply::ok("{}"), Reply::ok("{}"), Reply::status(400, REFUSED)]), workspace([]));
    let home = home(&server, &hook);
    let mail = home.path().join("bin/mail");
    std::fs::write(&mail, "#!/bin/sh\n{ echo \"$@\"; cat; } >\"$HOME/mailed\"\n")
        .expect("a file can be written");
    std::fs::set_permissions(&mail, Permissions::from_mode(0o755)).expect("it can be made a program");
    let before = || systemd(&unit, "ExecStartPre", home.path(), &[]).ends_within(SOON).says(0, &[]).code;
    let stopped = |status: &str| -> Option<String> {
        let after = systemd(&unit, "ExecStopPost", home.path(), &[("EXIT_STATUS", status)]);
        after.ends_within(SOON).says(0, &[]);
        let mailed = home.path().join("mailed");
        let text = std::fs::read_to_string(&mailed).ok();
        text.inspect(|_| std::fs::remove_file(&mailed).expect("it can be taken away"))
    };
    let to = |code: &str| format!("-s segue-vip: exit code {code} you@example.com\n");
    // systemd may not come as far as the run itself.
    before();
    let none = stopped("203").expect("a mail");
    assert!(none.starts_with(&to("203")) && none.contains("segue-vip.md: No such file"), "{none}");

    before();
    silent(&systemd(&unit, "ExecStart", home.path(), &[]).ends_within(SOON));
    assert_eq!(written(&server), 2);
    assert!(home.path().join(".local/state/segue").is_dir());
    assert_eq!(stopped("0"), None);
    let mailed = stopped("5").expect("a mail");
    assert!(mailed.starts_with(&format!("{}# segue run /", to("5"))), "{mailed}");

    // Whatever is mailed for a run that wrote nothing is told to be of another.
    before();
    let earlier = stopped("203").expect("a mail");
    assert!(earlier.starts_with(&format!("{}This run wrote no report", to("203"))), "{earlier}");
    assert!(earlier.contains("\n# segue run /"), "{earlier}");
    std::fs::remove_file(home.path().join(".config/segue/env")).expect("it can be taken away");
    let refused = systemd(&unit, "ExecStart", home.path(), &[]).ends_within(SOON);
    assert_eq!(refused.code, Some(3), "{refused}");
    let mailed = stopped("3").expect("a mail");
    assert!(mailed.starts_with(&format!("{}# segue run /", to("3"))), "{mailed}");
    assert!(mailed.contains("| exit code | 3 |"), "{mailed}");
}

#[test]
fn systemd_finds_nothing_wrong_with_the_units() {
    let home = TempDir::new().expect("a temporary folder");
    let bin = home.path().join(".cargo/bin");
    std::fs::create_dir_all(&bin).expect("a folder can be made");
    symlink(env!("CARGO_BIN_EXE_segue"), bin.join("segue")).expect("a link can be made");
    let (service, timer) = (home.path().join("segue-vip.service"), home.path().join("segue-vip.timer"));
    std::fs::write(&service, shown("ini", "ExecStart")).expect("a file can be written");
    std::fs::write(&timer, shown("ini", "OnCalendar")).expect("a file can be written");
    let mut command = Command::new("systemd-analyze");
    command.args(["verify", "--user", "--man=no"]).args([&service, &timer]);
    command.env("HOME", home.path()).env("XDG_RUNTIME_DIR", home.path()).stdin(Stdio::null());
    // Where there is no systemd, nobody has a unit.
    let Ok(verified) = command.output() else { return };
    let said = String::from_utf8_lossy(&verified.stderr).into_owned();
    let ours: Vec<&str> = said.lines().filter(|line| line.contains("segue-vip")).collect();
    assert!(ours.is_empty(), "{said}");
}
