//! The prompt, as a process: what comes through a pipe, and `--eval`.

mod support;

use std::io::Write;
use std::process::Stdio;

use support::{Ended, Place, Reply, Server};

/// Gives `text` to `segue repl` through a pipe.
fn piped(place: &Place, arguments: &[&str], text: &str) -> Ended {
    let mut command = place.command(&[&["repl"], arguments].concat());
    let mut child = command.stdin(Stdio::piped()).spawn().expect("the command runs");
    let mut stdin = child.stdin.take().expect("it has an input");
    stdin.write_all(text.as_bytes()).expect("it reads");
    drop(stdin);
    Ended::of(child.wait_with_output().expect("it ends"))
}

fn in_sandbox(text: &str) -> Ended {
    piped(&Place::empty(), &["--sandbox", "--people", "50"], text)
}

#[test]
fn a_pipe_runs_as_a_script_with_commands_between() {
    let ended = in_sandbox("fn twice(n) {\n  2 * n\n}\nlet x = twice(4);\n:type x\nprint(x);\nx\n");
    assert_eq!((ended.code, ended.out.as_str()), (Some(0), "i64\n8\n"), "{}", ended.err);
    assert_eq!(ended.err, "", "no prompt, and no word where nothing was written");
}

#[test]
fn a_pipe_ends_at_its_first_failure() {
    for (text, code) in [
        ("print(1);\n:type nothing(\nprint(2);", 2),
        ("print(1);\n:nothing\nprint(2);", 2),
        ("print(1);\n:type 1\nthrow \"no\";\n:type 2", 1),
        ("print(1);\n:type 1\nsuppress_person(\"\");\n:type 2", 2),
    ] {
        let ended = in_sandbox(text);
        assert_eq!(ended.code, Some(code), "{text}: {}", ended.err);
        assert!(ended.out.starts_with("1\n") && !ended.out.contains('2'), "{text}: {}", ended.out);
    }
}

#[test]
fn an_expression_gives_its_value() {
    let place = Place::empty();
    let ended = place.segue(&["repl", "--sandbox", "--eval", "40 + 2"]);
    assert_eq!((ended.code, ended.out.as_str(), ended.err.as_str()), (Some(0), "42\n", ""));
    let ended = place.segue(&["repl", "--sandbox", "--eval", "40 +"]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.err.contains("<repl:1>"), "{}", ended.err);
}

#[test]
fn writes_are_delivered_behind_each_input_and_counted() {
    let server = Server::start().on("POST /v1/batch", [Reply::ok("{}"), Reply::ok("{}")]);
    let place = Place::empty().live(&server.url());
    let text = "for n in 0..3 { identify_person(`u-${n}`) }\n:type 1\nidentify_person(\"u-4\");";
    let ended = piped(&place, &[], text);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    let told: Vec<&str> = ended.err.lines().filter(|line| line.contains("accepted")).collect();
    assert_eq!(told, ["3 writes: 3 accepted", "1 write: 1 accepted"]);
    assert!(ended.err.starts_with("live: keys from the environment"), "{}", ended.err);
}

#[test]
fn a_prompt_that_only_reads_refuses_a_write_before_it_is_made() {
    let server = Server::start();
    let place = Place::empty().live(&server.url());
    let ended = piped(&place, &["--read-only"], "let x = 1;\n:type x\nidentify_person(\"u-1\");");
    assert_eq!(ended.code, Some(4), "{}", ended.err);
    assert!(server.seen().is_empty());
}

/// What the prompt answers to `text`, in a place with these files.
fn with_files(files: &[(&str, &str)], arguments: &[&str], text: &str) -> (Place, Ended) {
    let place = Place::empty();
    for (name, content) in files {
        place.file(name, content.as_bytes());
    }
    let ended = piped(&place, &[&["--sandbox", "--people", "50"], arguments].concat(), text);
    (place, ended)
}

#[test]
fn one_value_is_whole_and_can_be_had_as_json() {
    let eval = |expression: &str, more: &[&str]| {
        let arguments = ["repl", "--sandbox", "--people", "50", "--eval", expression];
        Place::empty().segue(&[&arguments[..], more].concat())
    };
    let json = ["--format", "json"];
    for (expression, more, out) in [
        ("[1, #{ a: \"x\" }]", &json[..], "[1,{\"a\":\"x\"}]\n"),
        ("segment_members(\"VIP\").take(1).map(|p| p.id)", &json, "[\"u-7\"]\n"),
        ("\"a\"", &json, "\"a\"\n"),
        ("\"a\"", &[], "\"a\"\n"),
        ("40 + 2;", &[], ""),
        ("()", &[], ""),
        ("let x = 1; x", &[], "1\n"),
    ] {
        let ended = eval(expression, more);
        assert_eq!((ended.code, ended.out.as_str()), (Some(0), out), "{expression}: {}", ended.err);
    }
    let many = eval("let a = []; for n in 0..100 { a.push(n) } a", &json);
    assert!(many.out.ends_with(",98,99]\n"), "{} {}", many.out, many.err);
    let failed = eval("throw \"no\"", &json);
    assert_eq!(failed.code, Some(1));
    assert!(failed.err.starts_with('{') && failed.err.contains("segue::script::threw"), "{}", failed.err);
}

#[test]
fn a_value_that_cant_be_read_is_an_error_behind_an_input_that_was_done() {
    let deep = "let m = 1; for i in 0..200 { m = #{ a: m }; }\n";
    let (_, ended) = with_files(&[], &[], &format!("{deep}:time m\nprint(1);"));
    ended.says(1, &["segue::script::limit", "values lie more than 128 deep in one another"]);
    let (_, ended) = with_files(&[], &[], &format!("{deep}:type m\n:save s.rhai\n"));
    assert_eq!((ended.code, ended.out.as_str()), (Some(0), "map\n"), "{}", ended.err);
}

#[test]
fn a_command_that_is_wrong_is_told_as_every_fault_is() {
    for (text, words) in [
        (":hlep", &["segue::command::invalid", "did you mean `:help`?"][..]),
        (":reload", &["segue::command::invalid", "no script was loaded yet"]),
        (":save x.rhai", &["segue::command::invalid", "no input was done yet"]),
        (":explain zebra", &["segue::code::unknown"]),
    ] {
        in_sandbox(text).says(2, words);
    }
    in_sandbox(":help zebra").says(1, &["segue::tool::unknown"]);
    in_sandbox(":tools zebra").says(1, &["segue::tool::unknown"]);
}

#[test]
fn help_is_had_of_commands_tools_and_functions() {
    for (text, words) in [
        (":help", ":load FILE [NAME=VALUE]..."),
        (":help :flush", "Count the writes of the session."),
        (":help load", "Run a script as if it were typed here."),
        (":help flush", "flush()"),
        (":help segment_members", "get_segment_membership("),
        (":tools group", "add_person_to_group("),
        (":explain argument::missing", "segue::argument::missing"),
    ] {
        let ended = in_sandbox(text);
        assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""), "{text}");
        assert!(ended.out.contains(words), "{text}: {}", ended.out);
    }
}

#[test]
fn more_shows_all_of_the_last_value() {
    let ended = in_sandbox("let a = []; for n in 0..100 { a.push(n) } a\n:more");
    assert!(ended.out.contains("99") && !ended.out.contains('…'), "{}", ended.out);
    assert_eq!(in_sandbox(":more").err, "there is no value yet\n");
}

#[test]
fn what_is_asked_of_an_expression_leaves_everything_as_it_was() {
    let ended = in_sandbox("let x = 1; 5\n:type x += 1\n:request x = 7\nprint(`${x} ${it}`);");
    assert_eq!((ended.code, ended.out.as_str()), (Some(0), "()\nit sends nothing\n1 5\n"), "{}", ended.err);
    let ended = in_sandbox(":time let x = 2; x * 2\nprint(x);");
    assert_eq!(ended.out, "4\n2\n");
    assert!(ended.err.ends_with(", 0 requests\n"), "{}", ended.err);
    let ended = in_sandbox(":request 1 + 1\n:request suppress_person(\"\")");
    assert_eq!((ended.code, ended.out.as_str()), (Some(2), "it sends nothing\n"), "{}", ended.err);
    let ended = in_sandbox(":time get_segments().segments.len()");
    assert!(ended.out == "8\n" && ended.err.ends_with(", 1 request\n"), "{ended}");
}

#[test]
fn a_request_is_shown_and_not_sent() {
    let segments = r#"{"segments":[{"id":3,"name":"VIP","type":"dynamic","state":"finished"}]}"#;
    let server = Server::start().on("GET /v1/segments", [Reply::ok(segments)]);
    let place = Place::empty().live(&server.url());
    let text = ":request suppress_person(\"u-1\"); for n in 0..5 { identify_person(`u-${n}`) } \
                trigger_broadcast(#{ broadcast_id: 7, emails: [\"a@b.c\"] });\n\
                :request get_segment_details(\"VIP\").segment.name\n\
                :request segment_members(\"VIP\")\n\
                :request for m in messages() { throw m }\n";
    let ended = piped(&place, &[], text);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    for words in [
        "/suppress HTTP/1.1\nHost: 127.0.0.1",
        "Authorization: Basic <CUSTOMERIO_SITE_ID:CUSTOMERIO_TRACK_API_KEY>",
        "\"userId\":\"u-2\"",
        "and 2 more calls of `identify_person`\n",
        "POST /v1/campaigns/7/triggers HTTP/1.1",
        "GET /v1/segments/3 HTTP/1.1",
        "GET /v1/segments/3/membership?limit=30000 HTTP/1.1",
        "GET /v1/messages?limit=",
        "-u \"${CUSTOMERIO_SITE_ID}:${CUSTOMERIO_TRACK_API_KEY}\"",
    ] {
        assert!(ended.out.contains(words), "{words}: {}", ended.out);
    }
    assert!(!ended.out.contains("sentinel") && !ended.out.contains("\"userId\":\"u-3\""), "{}", ended.out);
    let stopped = "what follows there depends on the answer of";
    assert_eq!(ended.err.matches(stopped).count(), 3, "{}", ended.err);
    let seen = server.seen();
    assert!(!seen.is_empty() && seen.iter().all(|seen| seen.target == "/v1/segments"), "{seen:?}");
}

#[test]
fn a_prompt_that_only_reads_shows_the_request_of_a_write() {
    let place = Place::empty().live(&Server::start().url());
    let ended = piped(&place, &["--read-only"], ":request identify_person(\"u-1\")");
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    assert!(ended.out.starts_with("POST /v1/identify HTTP/1.1\n"), "{}", ended.out);
}

#[test]
fn a_script_is_loaded_as_if_it_were_typed() {
    let script = "import \"lib\" as lib;\nlet size = arg(\"size\", 1);\nfn f(n) {\n  throw `no ${n}`\n}\n";
    let files = [("my script.rhai", script), ("lib.rhai", "fn one() { 1 }")];
    let (_, ended) =
        with_files(&files, &[], ":load my script.rhai size=3\nprint(size + lib::one());\nf(size)");
    assert_eq!((ended.code, ended.out.as_str()), (Some(1), "4\n"), "{}", ended.err);
    assert!(ended.err.contains("[my script.rhai:4:") && ended.err.contains("[<repl:"), "{}", ended.err);
    let (_, ended) =
        with_files(&[("x.rhai", "let size = arg(\"size\", 1); size")], &[], ":load x.rhai sise=3");
    ended.says(2, &["segue::script::argument_unknown", "did you mean size=…?"]);
    let (_, ended) = with_files(&[("x.rhai", "let x = ;")], &[], ":load x.rhai");
    ended.says(2, &["segue::script::parse", "[x.rhai:1:"]);
    for (file, words) in [(".", "is a folder"), ("nowhere.rhai", "there is no script nowhere.rhai")] {
        in_sandbox(&format!(":load {file}")).says(2, &["segue::script::unreadable", words]);
    }
}

#[test]
fn what_was_done_is_saved_as_a_script_that_checks() {
    let text = "fn half(n) { n / 2 }\nlet x = half(8)\n:type nothing\n";
    let (place, ended) = with_files(&[], &[], text);
    assert_eq!(ended.code, Some(2), "a name that there isn't: {}", ended.err);
    assert!(!place.path().join("s.rhai").exists());
    let text = ":time 40 + 2\nlet x = it;\n:time print(x);\n:save s.rhai\n:save s.rhai";
    let (place, ended) = with_files(&[], &[], text);
    ended.says(1, &["segue::file::unwritable", "s.rhai is there already", "`:save! s.rhai` writes over it"]);
    let script = std::fs::read_to_string(place.path().join("s.rhai")).expect("it is there");
    assert_eq!(script, "let it = 40 + 2;\nlet x = it;\nprint(x);\n");
    assert_eq!(place.segue(&["check", "s.rhai"]).code, Some(0));
    let (place, ended) = with_files(&[("s.rhai", "old")], &[], "let x = 1;\n:save! s.rhai");
    assert_eq!((ended.code, ended.err.as_str()), (Some(0), "saved 1 input as s.rhai\n"));
    assert_eq!(std::fs::read_to_string(place.path().join("s.rhai")).expect("it is there"), "let x = 1;\n");
    in_sandbox("let x = 1;\n:save nowhere/s.rhai").says(1, &["nowhere/s.rhai can't be written"]);
}

#[test]
fn a_key_is_in_no_saved_script_and_in_no_value() {
    let key = support::KEYS[0].1;
    // A column too narrow for the key would show its beginning.
    let place = Place::empty().with_keys().set("COLUMNS", "16");
    let text = format!("let key = \"{key}\";\n:time #{{ key: key }}\n:time [#{{ k: key }}]\n:save s.rhai");
    let ended = piped(&place, &["--sandbox", "--people", "5"], &text);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    let script = std::fs::read_to_string(place.path().join("s.rhai")).expect("it is there");
    assert!(!format!("{script}{}{}", ended.out, ended.err).contains("sentinel"), "{}", ended.out);
    assert!(ended.out.contains("[secret]"));
}

#[test]
fn clear_forgets_all_that_inputs_left() {
    for what in ["x", "f()", "dates::days_ago(1)", "it"] {
        let text =
            format!("import \"std/dates\" as dates; fn f() {{ 1 }} let x = 1; x\n:clear\n:type {what}");
        let ended = in_sandbox(&text);
        assert_eq!(ended.code, Some(2), "{what}: {}", ended.out);
    }
    in_sandbox("let x = 1;\n:clear\n:save s.rhai").says(2, &["no input was done yet"]);
}

#[test]
fn flush_counts_the_writes_of_the_session() {
    let text = ":flush\nidentify_person(\"u-1\");\n:clear\nidentify_person(\"u-2\");\n:flush";
    let told: Vec<String> = in_sandbox(text).err.lines().map(str::to_string).collect();
    assert_eq!(
        told,
        ["nothing was written yet", "1 write: 1 accepted", "1 write: 1 accepted", "2 writes: 2 accepted"]
    );
}

#[test]
fn a_profile_is_gone_to_with_the_same_variables() {
    let server = Server::start().on("GET /v1/segments", [Reply::ok(r#"{"segments":[]}"#)]);
    let place = Place::empty().at(&server.url()).set("ACME_APP", "acme-app-key-1");
    place.file("segue.toml", b"[profiles.acme]\napp_key = { env = \"ACME_APP\" }\n");
    let text = "let n = 7;\n:profile\n:profile acme\nprint(get_segments().segments.len() + n);\n\
                :profile sandbox\nprint(get_segments().segments.len() + n);\n:profile nope";
    let ended = piped(&place, &["--sandbox", "--people", "5"], text);
    ended.says(2, &["live: profile \"acme\"", "segue::settings::profile_unknown"]);
    assert_eq!(ended.out, "sandbox\nacme\n7\n15\n");
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn a_prompt_that_only_reads_does_so_in_every_profile() {
    let server = Server::start();
    let place = Place::empty().at(&server.url()).set("ACME", "acme-key-1");
    place.file("segue.toml", b"[profiles.acme]\npipelines_key = { env = \"ACME\" }\n");
    let text = ":profile acme\nidentify_person(\"u-1\");";
    let ended = piped(&place, &["--sandbox", "--read-only"], text);
    ended.says(4, &["segue::grant::read_only"]);
    assert!(server.seen().is_empty());
}

#[test]
fn nothing_to_read_and_nobody_who_reads_are_no_failure() {
    assert_eq!(Place::empty().segue(&["repl", "--sandbox"]).code, Some(0));
    let place = Place::empty();
    let mut command = place.command(&["repl", "--sandbox", "--eval", ":help"]);
    let mut child = command.spawn().expect("the command runs");
    drop(child.stdout.take());
    let ended = Ended::of(child.wait_with_output().expect("it ends"));
    assert!(!ended.err.contains("panicked") && ended.code == Some(0), "{}", ended.err);
}

#[test]
fn what_is_large_is_shown_in_part() {
    let ended = in_sandbox(
        "let s = \"x\"; for n in 0..20 { s += s; }\n:time s.len()\nlet a = []; for n in 0..30000 { a.push(n) }\n:time a",
    );
    assert!(ended.code == Some(0) && ended.out.contains("29970 more"), "{}", ended.out);
    let ended = in_sandbox("let s = \"x\"; for n in 0..20 { s += s; }\n:time s");
    assert!(ended.out.len() < 20_000, "{}", ended.out.len());
}
