//! What a person is told when something is wrong: where, what, and how to put it right; and with which
//! code the command ends.

mod support;

use std::io::Read;
use std::time::Duration;

use support::{Place, Reply, Server, against, sandboxed};

// The file.

#[test]
fn a_script_that_is_not_there_is_named_with_one_that_is() {
    let place = Place::with("print(1)");
    place.segue(&["run", "scirpt.rhai"]).says(
        2,
        &["segue::script::unreadable", "there is no script scirpt.rhai", "did you mean script.rhai?"],
    );
    place
        .segue(&["run", "elsewhere/x.rhai"])
        .says(2, &["there is no script elsewhere/x.rhai", "help: give the path of a .rhai file"]);
}

#[test]
fn a_folder_is_no_script() {
    Place::with("").segue(&["run", "."]).says(2, &[". is a folder", "give the path of a .rhai file"]);
}

#[test]
fn a_script_that_is_not_utf8_is_refused_at_its_line() {
    let place = Place::with("");
    place.file("latin.rhai", b"let a = 1;\nlet b = \"caf\xe9\";\n");
    place
        .segue(&["run", "latin.rhai", "--sandbox"])
        .says(2, &["latin.rhai isn't UTF-8: line 2 holds a byte that no UTF-8 text has", "save it as UTF-8"]);
}

#[test]
fn a_script_with_nothing_in_it_is_refused() {
    for nothing in ["", "\n\n", "// only a comment\n/* and another */\n", "\u{feff}"] {
        sandboxed(nothing).says(
            2,
            &[
                "segue::script::empty",
                "script.rhai has nothing in it to run",
                "help: for example: for person",
            ],
        );
    }
}

#[test]
fn a_script_that_is_not_rhai_ends_before_anything_is_sent() {
    let server = Server::start().on("*", [Reply::ok("{}")]);
    against(&server, "add_person_to_group(\"u-1\", \"acme\");\nlet x = ;\n").says(
        2,
        &["segue::script::parse", "script.rhai:2:7", "nothing stands behind `=`", "nothing was sent"],
    );
    against(&server, "if true { print(1)").says(2, &["segue::script::parse", "script.rhai:1:"]);
    assert_eq!(server.targets(), [""; 0]);
}

// Its arguments.

const TAKES: &str =
    "let segment = arg(\"segment\", \"VIP\");\nlet group = arg(\"group\");\nlet days = arg(\"days\", 7);";

#[test]
fn an_argument_the_script_does_not_take_is_told_with_those_it_takes() {
    let place = Place::with(TAKES);
    let run = |arguments: &[&str]| place.segue(&[&["run", "script.rhai", "--sandbox"], arguments].concat());
    let takes = "script.rhai takes [segment=VIP] group=… [days=7]";
    run(&["group=a", "segmnet=b"]).says(
        2,
        &[
            "script::argument_unknown",
            "the script has no argument `segmnet`",
            "did you mean segment=…?",
            takes,
        ],
    );
    run(&["group=a", "colour=b"])
        .says(2, &["the script has no argument `colour`", takes])
        .never_says("did you mean");
    Place::with("print(1)")
        .segue(&["run", "script.rhai", "a=1", "--sandbox"])
        .says(2, &["the script has no argument `a`", "script.rhai takes no arguments"]);
}

#[test]
fn what_a_module_asks_for_is_taken_and_nothing_else() {
    let run = |import: &str, arguments: &[&str]| {
        let place = Place::with(&format!("{import}\nprint(arg(\"offer\", \"spring\"));"));
        place.file("plain.rhai", b"fn hi() { \"hi\" }");
        place.file("asks.rhai", b"import \"deeper\" as d; fn tone() { arg(\"tone\") }");
        place.file("deeper.rhai", b"fn size() { arg_int(\"size\", 3) } fn f(arg) { arg }");
        place.file("computes.rhai", b"fn of(name) { arg(name, 1) }");
        place.segue(&[&["run", "script.rhai", "--sandbox"], arguments].concat())
    };
    let plain = "import \"plain\" as p;";
    run(plain, &["ofer=1"]).says(2, &["did you mean offer=…? script.rhai takes [offer=spring]"]);
    run("fn f() { import \"plain\" as p; }", &["ofer=1"]).says(2, &["did you mean offer=…?"]);
    run(plain, &["offer=a"]).says(0, &[]).prints("a\n");
    // Its functions may never be called: nothing that they ask for has to be given.
    let asks = "import \"asks\" as a;";
    run(asks, &[]).says(0, &[]).prints("spring\n");
    run(asks, &["tone=a", "size=1"]).says(0, &[]).prints("spring\n");
    run(asks, &["tne=a"])
        .says(2, &["did you mean tone=…? script.rhai takes [offer=spring] [tone=…] [size=3]"]);
    run(asks, &["size=a"]).says(2, &["`size` takes an integer, and got \"a\""]);
    for unknowable in [
        "import \"computes\" as c;",
        "let path = \"pla\" + \"in\"; import path as p;",
        "try { import \"nowhere\" as n; } catch {}",
    ] {
        run(unknowable, &["ofer=1"]).says(0, &[]).prints("spring\n");
    }
}

#[test]
fn a_missing_argument_and_one_of_another_type_are_told_before_the_run() {
    let place = Place::with(TAKES);
    let run = |arguments: &[&str]| place.segue(&[&["run", "script.rhai", "--sandbox"], arguments].concat());
    let takes = "script.rhai takes [segment=VIP] group=… [days=7]";
    run(&[]).says(2, &["script::argument_missing", "the script needs `group`", takes]);
    run(&["group=a", "days=soon"])
        .says(2, &["script::argument_type", "`days` takes an integer, and got \"soon\"", takes]);
    run(&["group=a", "days=9"]).says(0, &[]);
}

#[test]
fn words_that_are_no_pairs_and_pairs_given_twice_are_refused() {
    let place = Place::with(TAKES);
    let run = |arguments: &[&str]| place.segue(&[&["run", "script.rhai", "--sandbox"], arguments].concat());
    let takes = "script.rhai takes [segment=VIP] group=… [days=7]";
    run(&["VIP"]).says(2, &["script::argument_unknown", "\"VIP\" isn't written name=value", takes]);
    run(&["group=a", "VIP"]).says(2, &["\"VIP\" isn't written name=value", takes]);
    run(&["http://127.0.0.1:8787"]).says(2, &["help:", "--sandbox=http://127.0.0.1:8787"]);
    run(&["group=a", "group=b"]).says(2, &["`group` is given twice", "help: give it once"]);
}

#[test]
fn an_argument_that_only_the_run_shows_to_be_missing_counts_as_the_scripts_failure() {
    // The name is computed, so that nothing can be said before; by then something was sent.
    let script = "add_person_to_group(\"u-1\", \"acme\");\nlet name = \"gro\" + \"up\";\nprint(arg(name));";
    sandboxed(script)
        .says(1, &["script.rhai:3:7", "the script needs `group`", "group=…", "of the writes: 1 accepted"]);
}

// Settings and credentials.

#[test]
fn without_credentials_nothing_is_sent_and_the_sandbox_is_offered() {
    let server = Server::start().on("*", [Reply::ok("{}")]);
    let script = "for p in segment_members(1) { suppress_person(p); add_person_to_group(p, \"acme\"); }";
    let place = ["SEGUE_APP_URL", "SEGUE_TRACK_URL", "SEGUE_PIPELINES_URL"]
        .iter()
        .fold(Place::with(script), |place, name| place.set(name, server.url()));
    place.run().says(
        3,
        &[
            "segue::credentials::missing",
            "CUSTOMERIO_APP_API_KEY",
            "not set",
            "Account Settings › API Credentials › App API Keys",
            "--sandbox",
            "nothing was sent",
        ],
    );
    assert_eq!(server.targets(), [""; 0]);
    // With that one, the next is asked for, before anything is sent too.
    let place = place.set("CUSTOMERIO_APP_API_KEY", "app-key-of-a-test");
    place.run().says(3, &["the Track API", "CUSTOMERIO_SITE_ID and CUSTOMERIO_TRACK_API_KEY are not set"]);
    assert_eq!(server.targets(), [""; 0]);
}

#[test]
fn half_a_track_credential_names_the_other_half() {
    let place = Place::with("suppress_person(\"u-1\");").set("CUSTOMERIO_SITE_ID", "site-id-of-a-test");
    place
        .run()
        .says(3, &["`suppress_person` needs the Track API, and CUSTOMERIO_TRACK_API_KEY is not set"])
        .never_says("CUSTOMERIO_SITE_ID");
}

#[test]
fn a_tool_that_asks_for_no_credential_needs_none() {
    let server = Server::start().on("POST /unsubscribe/dlv-1", [Reply::ok("")]);
    let place = Place::with("unsubscribe_delivery(\"dlv-1\");").at(&server.url());
    place.run().says(0, &["1 unsubscribe_delivery"]);
    assert_eq!(server.seen()[0].authorization, None);
}

#[test]
fn a_region_that_is_none_and_a_base_url_that_is_none_are_refused() {
    Place::with("get_segments();")
        .with_keys()
        .set("CUSTOMERIO_REGION", "asia")
        .run()
        .says(2, &["segue::settings::invalid", "CUSTOMERIO_REGION is \"asia\"", "it is us or eu"]);
    for (url, why) in [
        ("8787", "that is no URL"),
        ("http://example.com", "use https"),
        ("ftp://127.0.0.1", "only http and https are spoken"),
        ("https://key:secret@example.com", "SEGUE_APP_URL holds a user, a password or a query"),
        ("http://key:secret@example.com", "SEGUE_APP_URL holds a user, a password or a query"),
    ] {
        Place::with("get_segments();")
            .with_keys()
            .set("SEGUE_APP_URL", url)
            .run()
            .says(2, &["SEGUE_APP_URL", why, "for example http://127.0.0.1:8787"])
            .never_says("key:secret");
    }
    Place::with("print(1)")
        .segue(&["run", "script.rhai", "--sandbox=https://api.customer.io"])
        .says(2, &["isn't on this machine", "`segue sandbox` starts one"]);
}

#[test]
fn env_never_gives_a_credential() {
    let script = "for name in [\"CUSTOMERIO_APP_API_KEY\", \"CUSTOMERIO_SITE_ID\", \"CUSTOMERIO_TRACK_API_KEY\", \
        \"CUSTOMERIO_CDP_API_KEY\"] { print(env(name, \"nothing\")); } print(env(\"PLAIN\"));";
    let place = Place::with(script).with_keys().set("PLAIN", "words");
    place.run().says(0, &[]).prints("nothing\nnothing\nnothing\nnothing\nwords\n");
    let place = Place::with("print(env(\"CUSTOMERIO_APP_API_KEY\"));").with_keys();
    place.run().says(
        2,
        &[
            "script.rhai:1:7",
            "the environment has no CUSTOMERIO_APP_API_KEY that a script may read",
            "scripts never see them",
        ],
    );
    Place::with("env(\"NOT_THERE\")")
        .run()
        .says(2, &["the environment has no NOT_THERE", "give a default: env(name, default)"]);
}

// The script itself.

#[test]
fn an_error_in_the_middle_says_what_was_sent_before() {
    sandboxed("for i in 0..3 { add_person_to_group(\"u-1\", \"acme\"); }\nget_segments();\nlet x = 1 / 0;")
        .says(
            1,
            &[
                "segue::script::failed",
                "script.rhai:3:11",
                "division by zero",
                "3 add_person_to_group, 1 get_segments of the writes: 3 accepted",
            ],
        );
}

#[test]
fn a_caught_error_can_be_read() {
    let script = "try { get_segment_details(999); } catch (e) {\n\
        print(e.kind); print(e.status); print(e.tool); print(e.attempts); print(e.message); }\n\
        try { add_person_to_group(\"u-1\", 7); } catch (e) {\n\
        print(e.kind); print(e.status); print(e.attempts); print(e.message); }";
    let ended = sandboxed(script);
    ended.says(0, &["1 get_segment_details"]);
    let lines: Vec<&str> = ended.out.lines().collect();
    assert_eq!(lines[..4], ["segue::api::not_found", "404", "get_segment_details", "1"], "{ended}");
    assert!(lines[4].contains("found nothing (404)"), "{ended}");
    assert_eq!(lines[5..8], ["segue::argument::type", "", "0"], "{ended}");
    assert!(lines[8].contains("group_id"), "{ended}");
}

#[test]
fn what_a_script_throws_is_shown_in_its_words() {
    sandboxed("let a = 1;\nthrow \"the list is empty\";")
        .says(1, &["segue::script::threw", "script.rhai:2:1", "the list is empty", "thrown here"]);
    sandboxed("throw #{ message: \"the list is empty\", code: 7 };").says(1, &["the list is empty"]);
    sandboxed("throw #{ code: 7 };").says(1, &["#{\"code\": 7}"]);
    sandboxed("throw;").says(1, &["the script threw an error without a word", "script.rhai:1:1"]);
}

#[test]
fn a_function_that_is_not_there_is_told_with_a_near_one() {
    sandboxed("let a = 1;\nadd_person_to_gruop(\"u-1\", \"acme\");").says(
        2,
        &[
            "script::unknown_function",
            "script.rhai:2:1",
            "there is no function `add_person_to_gruop`",
            "did you mean `add_person_to_group`?",
        ],
    );
    sandboxed("fn mine(a) { a }\nmien(1);").says(2, &["did you mean `mine`?"]);
    sandboxed("frobnicate();")
        .says(2, &["there is no function `frobnicate`", "`segue tools` lists the tools"]);
    sandboxed("tool(\"CUSTOMERIO_GET_SEGMENT\");").says(2, &["did you mean \"CUSTOMERIO_GET_SEGMENTS\"?"]);
}

#[test]
fn wrong_arguments_of_a_call_are_marked_and_nothing_is_sent() {
    sandboxed("add_person_to_group(#{ user: \"u-1\", group_id: 7 });").says(
        2,
        &[
            "`add_person_to_group` has no parameter `user`, and 1 more",
            "did you mean `user_id`?",
            "write it as a string: \"7\"",
            "nothing was sent",
        ],
    );
    sandboxed("add_person_to_group(\"u-1\");").says(2, &["script.rhai:1:1", "group_id", "nothing was sent"]);
    sandboxed("trigger_broadcast(1);")
        .says(2, &["segue::audience::missing", "audience: \"default\"", "nothing was sent"]);
    sandboxed("suppress_person(\"..\");").says(
        2,
        &["segue::argument::format", "script.rhai:1:17", "can't be a dot or two", "nothing was sent"],
    );
}

#[test]
fn limits_are_told_as_such() {
    sandboxed("fn down(n) { down(n + 1) }\ndown(0);")
        .says(1, &["segue::script::limit", "script.rhai:", "128 calls", "calls itself without an end"]);
    for call in [
        "\"x\".pad(LEN, 'x')",
        "\"x\".pad(LEN, \"xy\")",
        "[].pad(LEN, 0)",
        "blob(LEN)",
        "blob(1).pad(LEN, 0)",
    ] {
        let text = format!("print(1);\n{};", call.replace("LEN", "1_000_000_000_000"));
        let words = ["segue::script::limit", "script.rhai:2:", "1000000000000 long", "50000000 is the most"];
        sandboxed(&text).says(1, &words);
    }
    let huge = "let t = \"x\"; t.pad(200_000, 'x'); let s = t + \"y\";\nt.replace(\"x\", s);";
    sandboxed(huge).says(1, &["segue::script::limit", "script.rhai:2:", "40000200000 long"]);
    let deep = format!("let x = {}1{};", "(".repeat(300), ")".repeat(300));
    sandboxed(&deep).says(2, &["segue::script::parse", "script.rhai:1:", "nothing was sent"]);
}

#[test]
fn what_would_escape_the_runtime_is_not_there() {
    sandboxed("eval(\"1\");").says(2, &["script.rhai:1:1", "eval", "nothing was sent"]);
    sandboxed("let t = timestamp();")
        .says(2, &["script.rhai:1:9", "there is no function `timestamp`", "`now()`"]);
    sandboxed("import \"nowhere\" as n;").says(
        2,
        &["script::module", "script.rhai:1:8", "\"nowhere\" can't be read", "looked for at nowhere.rhai"],
    );
}

#[test]
fn an_output_that_nobody_reads_any_more_is_no_panic() {
    let place = Place::with("let n = 0; loop { n += 1; print(`line ${n}`); }");
    let mut running = place.spawn(&["run", "script.rhai", "--sandbox"]);
    let mut out = running.child().stdout.take().expect("it is piped");
    let mut first = [0; 6];
    out.read_exact(&mut first).expect("a first line");
    assert_eq!(&first, b"line 1");
    drop(out);
    running.ends_within(Duration::from_secs(5)).says(1, &["nobody reads it any more"]);
    for arguments in [&["tools"][..], &["tools", "get_segments"], &["completions", "bash"]] {
        let mut running = place.spawn(arguments);
        drop(running.child().stdout.take());
        running.ends_within(Duration::from_secs(5)).says(0, &[]);
    }
}

#[test]
fn a_command_line_that_is_wrong_is_usage() {
    let place = Place::with("print(1)");
    place.segue(&["rnu", "script.rhai"]).says(2, &["a similar subcommand exists: 'run'"]);
    place.segue(&["sandox"]).says(2, &["a similar subcommand exists: 'sandbox'"]);
    place.segue(&["frobnicate"]).says(2, &["unrecognized subcommand"]).never_says("similar");
    assert_eq!(place.segue(&["run"]).code, Some(2));
    assert_eq!(place.segue(&["run", "script.rhai", "--people", "5"]).code, Some(2));
    place
        .segue(&["tools", "get_segmnets"])
        .says(2, &["there is no tool `get_segmnets`", "did you mean `get_segments`?"]);
    place.segue(&["tools", "nope"]).says(2, &["there is no tool `nope`", "`segue tools` lists them all"]);
}

#[test]
fn a_tool_is_shown_by_any_of_its_names_and_completed_by_those_in_scripts() {
    let place = Place::with("");
    let shown = place.segue(&["tools", "get_segment_membership"]);
    assert!(shown.says(0, &[]).out.starts_with("get_segment_membership("), "{shown}");
    assert!(!shown.out.contains(['`', '|']), "{shown}");
    for name in ["CUSTOMERIO_GET_SEGMENT_MEMBERSHIP", "segment_members"] {
        assert_eq!(place.segue(&["tools", name]).out, shown.out);
    }
    for shell in ["bash", "zsh"] {
        let completions = place.segue(&["completions", shell]);
        for name in ["suppress_person", "segment_members"] {
            assert!(completions.out.contains(name), "{shell} knows no {name}");
        }
    }
}

#[test]
fn a_sandbox_too_large_to_be_made_is_usage() {
    let place = Place::with("print(1)");
    for arguments in [
        &["sandbox", "--port", "0", "--people", "99999999999"][..],
        &["run", "script.rhai", "--sandbox", "--people", "10000001"],
    ] {
        let running = place.spawn(arguments);
        running
            .ends_within(Duration::from_secs(5))
            .says(2, &["a sandbox has 10000000 people at most"])
            .prints("");
    }
}

#[test]
fn what_the_sandbox_shows_to_copy_is_quoted_for_a_shell() {
    let place = Place::with("");
    let mut running = place.spawn(&["sandbox", "--port", "0", "--people", "5"]);
    let mut shown = String::new();
    let mut out = running.child().stdout.take().expect("it is piped");
    while !shown.ends_with("/__requests\n") {
        let mut byte = [0];
        out.read_exact(&mut byte).expect("there is more");
        shown.push(char::from(byte[0]));
    }
    let line = shown.lines().find(|line| line.contains('?')).expect("it shows a query");
    assert_eq!(line.matches('\'').count(), 2, "{line}");
}
