//! No key is ever shown: not by the command, not by a script, not in what Customer.io sends back.

mod support;

use std::process::{Command, Stdio};

use base64::Engine;
use support::{Ended, KEYS, Place, Reply, Server, nobody};

/// The keys, and what a Basic header makes of them.
fn sentinels() -> Vec<String> {
    let basic = |pair: String| base64::engine::general_purpose::STANDARD.encode(pair);
    let value = |name: &str| KEYS.iter().find(|(known, _)| *known == name).expect("it is one of them").1;
    let track = format!("{}:{}", value("CUSTOMERIO_SITE_ID"), value("CUSTOMERIO_TRACK_API_KEY"));
    let pipelines = format!("{}:", value("CUSTOMERIO_CDP_API_KEY"));
    let keys = KEYS.iter().map(|(_, value)| (*value).to_string());
    keys.chain([basic(track), basic(pipelines)]).collect()
}

/// The first secret that a text gives away.
fn given_away(text: &str) -> Option<String> {
    // Wrapped lines would hide one from a plain search.
    let joined: String = text.split_whitespace().filter(|word| *word != "│").collect();
    sentinels().into_iter().find(|secret| text.contains(secret.as_str()) || joined.contains(secret.as_str()))
}

#[track_caller]
fn clean(what: &str, ended: &Ended) {
    for text in [&ended.out, &ended.err] {
        assert_eq!(given_away(text), None, "{what}\n{ended}");
    }
    assert!(!ended.err.contains("panicked"), "{what}\n{ended}");
}

/// Scripts that reach each API in each way.
const SCRIPTS: [&str; 7] = [
    "print(get_segments());",
    "suppress_person(\"u-1\");",
    "add_person_to_group(\"u-1\", \"acme\");",
    "trigger_broadcast(1, (), (), [\"u-1\"]);",
    "for p in segment_members(1) { print(p); }",
    "try { get_segments(); } catch (e) { print(e); print(e.message); debug(e); throw e; }",
    "for i in 0..3 { identify_person(`u-${i}`, #{ plan: \"pro\" }); track_event(`u-${i}`, \"x\"); } print(flush());",
];

#[test]
fn what_the_server_echoes_is_not_shown() {
    for status in [200, 400, 401, 403, 404, 307] {
        for script in SCRIPTS {
            let server = Server::start().on("*", [Reply::Echo(status)]);
            let ended = Place::with(script).live(&server.url()).run();
            clean(&format!("{status}: {script}"), &ended);
            let shown = server.seen()[0].authorization.clone().unwrap_or_default();
            assert!(given_away(&shown).is_some(), "the key was sent to where it belongs: {shown}");
        }
    }
    let server = Server::start().on("*", [Reply::Echo(401)]);
    let ended = Place::with("get_segments();").live(&server.url()).run();
    ended.says(3, &["you sent Bearer [secret], and the keys are [secret] [secret] [secret] [secret]"]);
}

#[test]
fn what_a_failing_server_echoes_is_not_shown() {
    // A broadcast isn't repeated, so that this doesn't take its time.
    let server = Server::start().on("*", [Reply::Echo(500)]);
    let ended = Place::with("trigger_broadcast(1, (), (), [\"u-1\"]);").live(&server.url()).run();
    ended.says(6, &["the server failed (500): you sent Bearer [secret]"]);
    clean("a broadcast", &ended);
    let replies = [Reply::Echo(500), Reply::Echo(503), Reply::Echo(404)];
    let server = Server::start().on("*", replies);
    let ended = Place::with("get_segments();").live(&server.url()).run();
    ended.says(1, &["3 attempts"]);
    clean("a read", &ended);
}

#[test]
fn a_key_that_begins_where_long_words_are_cut_leaves_no_head() {
    let (key, long) = (KEYS[0].1, "x".repeat(189));
    let error = serde_json::json!({ "error": format!("{long}-{key}") }).to_string();
    for body in [error, format!("{long}-{key}"), format!("{}{long}-{key}", " ".repeat(600))] {
        for (status, script) in [(400, SCRIPTS[0]), (401, SCRIPTS[0]), (500, SCRIPTS[3])] {
            let server = Server::start()
                .on("*", [Reply::status(404, "")])
                .on("GET /v1/segments", [Reply::status(status, &body)])
                .on("POST /v1/campaigns/1/triggers", [Reply::status(status, &body)]);
            let ended = Place::with(script).live(&server.url()).run();
            let said: String = ended.err.split_whitespace().filter(|word| *word != "│").collect();
            assert!(said.contains(&long) && !said.contains(&key[..6]), "{status}, {body}\n{ended}");
        }
    }
    let server = Server::start().on("*", [Reply::status(400, &"x".repeat(2_000))]);
    let ended = Place::with(SCRIPTS[0]).live(&server.url()).run();
    assert!((200..230).contains(&ended.err.matches('x').count()), "what is told stays short\n{ended}");
}

#[test]
fn a_run_that_goes_well_shows_none() {
    let server = Server::start()
        .on("*", [Reply::ok("{\"segments\":[],\"identifiers\":[],\"ids\":[],\"next\":\"\",\"id\":1}")]);
    for script in SCRIPTS {
        let ended = Place::with(script).live(&server.url()).run();
        ended.says(0, &[]);
        clean(script, &ended);
    }
}

#[test]
fn a_script_that_looks_for_them_finds_none() {
    let names: Vec<String> = KEYS.iter().map(|(name, _)| format!("\"{name}\"")).collect();
    let names = names.join(", ");
    let scripts = [
        format!("for name in [{names}] {{ print(env(name, \"\")); debug(env(name, \"\")); }}"),
        format!("for name in [{names}] {{ try {{ print(env(name)); }} catch (e) {{ print(e); }} }} env(\"CUSTOMERIO_SITE_ID\")"),
        // One that came in by another way isn't shown either.
        "print(env(\"COPY\")); debug(env(\"COPY\")); let m = #{ key: env(\"COPY\") }; print(m); throw env(\"COPY\");".to_string(),
        "print(read_lines(\"copy.txt\")); read_csv(env(\"COPY\"));".to_string(),
        "let copy = arg(\"copy\"); print(copy); get_segments(copy);".to_string(),
    ];
    for script in scripts {
        for sandbox in [&["--sandbox"][..], &[]] {
            let place = Place::with(&script).with_keys().set("COPY", KEYS[0].1);
            place.file("copy.txt", KEYS[3].1.as_bytes());
            let copy = format!("copy={}", KEYS[2].1);
            let mut arguments = vec!["run", "script.rhai", "--allow", "send,destroy,consent"];
            arguments.extend(script.contains("arg(").then_some(&*copy));
            arguments.extend(sandbox);
            let ended = place.segue(&arguments);
            assert_ne!(ended.out, "", "it printed something\n{ended}");
            clean(&script, &ended);
        }
    }
}

#[test]
fn what_is_wrong_before_a_run_shows_none() {
    let place = Place::with("let x = ;").with_keys();
    clean("a parse error", &place.run());
    let line = format!("let key = \"{}\"; let x = ;", KEYS[1].1);
    let place = Place::with(&line).with_keys();
    let ended = place.run();
    ended.says(2, &["let key = \"[secret]\""]);
    clean("a parse error beside a key", &ended);
    for name in ["CUSTOMERIO_REGION", "SEGUE_APP_URL", "SEGUE_TRACK_URL"] {
        let place = Place::with("get_segments();").with_keys().set(name, KEYS[0].1);
        let ended = place.run();
        ended.says(2, &[name]);
        clean(name, &ended);
        clean(name, &place.segue(&["doctor"]));
    }
    let place = Place::with("print(arg(\"x\", 1));").with_keys();
    for words in
        [vec![KEYS[0].1.to_string()], vec![format!("x={}", KEYS[1].1)], vec![format!("{}=1", KEYS[2].1)]]
    {
        let mut arguments = vec!["run", "script.rhai", "--allow", "send,destroy,consent"];
        arguments.extend(words.iter().map(String::as_str));
        let ended = place.segue(&arguments);
        ended.says(2, &[]);
        clean("an argument", &ended);
    }
    clean("a path", &place.segue(&["run", KEYS[0].1]));
    clean("a tool", &place.segue(&["tools", KEYS[0].1]));
}

#[test]
fn the_other_commands_show_none() {
    let place = Place::with("").with_keys();
    for arguments in [
        &["tools"][..],
        &["tools", "get_segments"],
        &["completions", "bash"],
        &["--help"],
        &["run", "--help"],
    ] {
        clean(&format!("{arguments:?}"), &place.segue(arguments));
    }
    for status in [200, 401, 404, 307, 500] {
        let server = Server::start().on("*", [Reply::Echo(status)]);
        let ended = Place::with("").live(&server.url()).segue(&["doctor"]);
        clean(&format!("doctor, {status}"), &ended);
        assert_eq!(server.targets().len(), 3, "it asks each API: {ended}");
    }
    clean("doctor, nobody there", &Place::with("").live(&nobody()).segue(&["doctor"]));
    clean("doctor, sandbox", &place.segue(&["doctor", "--sandbox"]));
}

#[test]
fn a_key_that_no_header_can_hold_is_not_shown() {
    let key = "sentinel-\u{7f}broken-key";
    let place = Place::with("get_segments();").live(&nobody()).set("CUSTOMERIO_APP_API_KEY", key);
    let ended = place.segue(&["doctor"]);
    assert!(ended.out.contains("a character that no key has"), "{ended}");
    assert!(!ended.out.contains("broken-key") && !ended.err.contains("broken-key"), "{ended}");
    for script in ["get_segments();", "trigger_broadcast(1, (), (), [\"u-1\"]);"] {
        place.file("script.rhai", script.as_bytes());
        place
            .run()
            .says(
                3,
                &["segue::credentials::invalid", "CUSTOMERIO_APP_API_KEY can't be used", "nothing was sent"],
            )
            .never_says("broken-key");
    }
    // Who doesn't need it isn't kept from anything.
    place.file("script.rhai", b"print(1);");
    place.run().says(0, &[]);
}

#[test]
fn a_backtrace_and_a_log_setting_bring_none_to_light() {
    let server = Server::start().on("*", [Reply::Echo(401)]);
    let place =
        Place::with(SCRIPTS[0]).live(&server.url()).set("RUST_LOG", "trace").set("RUST_BACKTRACE", "full");
    clean("verbose", &place.run());
}

#[test]
fn the_search_finds_what_is_there() {
    // The same search finds a key in the output of a command that does print it.
    let printed = Command::new(env!("CARGO_BIN_EXE_segue"))
        .args(["tools", KEYS[0].1])
        .env_clear()
        .stdin(Stdio::null())
        .output()
        .expect("the command runs");
    let ended = Ended::of(printed);
    assert_eq!(given_away(&ended.err).as_deref(), Some(KEYS[0].1), "nobody knows it for a key here\n{ended}");
    for secret in sentinels() {
        assert!(given_away(&format!("a {secret} b")).is_some());
        let (left, right) = secret.split_at(7);
        assert!(given_away(&format!("a {left}\n  │ {right} b")).is_some(), "wrapped");
    }
    assert_eq!(given_away("nothing"), None);
}

#[cfg(target_os = "linux")]
#[test]
fn no_script_reads_the_environment_past_env() {
    let place = Place::with("").with_keys();
    std::os::unix::fs::symlink("/proc/self/environ", place.path().join("list.txt")).expect("a link");
    for path in ["/proc/self/environ", "/proc/thread-self/environ", "/dev/fd/../environ", "list.txt"] {
        for function in ["read_lines", "read_csv", "read_ndjson"] {
            place.file("script.rhai", format!("print({function}(\"{path}\"));").as_bytes());
            let ended = place.in_sandbox();
            ended.says(1, &["segue::input::unreadable", "credentials among it", "script.rhai:1"]).prints("");
            for (_, key) in KEYS {
                ended.never_says(key);
            }
        }
    }
    place.file("script.rhai", b"print(read_lines(\"/sys/kernel/mm/transparent_hugepage/enabled\"));");
    place.in_sandbox().says(1, &["segue::input::unreadable"]);
}

#[cfg(unix)]
#[test]
fn a_script_reads_what_is_piped_to_it() {
    use std::io::Write;
    let place = Place::with("print(read_lines(\"/dev/stdin\"));");
    let mut command = place.command(&["run", "script.rhai", "--sandbox"]);
    let mut child = command.stdin(Stdio::piped()).spawn().expect("the command runs");
    child.stdin.take().expect("it is piped").write_all(b"ada\ngrace\n").expect("somebody reads");
    Ended::of(child.wait_with_output().expect("it ends")).says(0, &[]).prints("[\"ada\", \"grace\"]\n");
}
