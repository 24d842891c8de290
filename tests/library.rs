//! The library of scripts does what it says: its examples run as they stand, what fails in it is told at the script's
//! own line, and it is imported from everywhere.

mod support;

use segue::engine::library::modules;
use support::{Ended, Place, Reply, Server, sandboxed};

/// The lines that import every module under its own name.
fn imports() -> String {
    modules().iter().map(|module| format!("{}\n", module.import())).collect()
}

/// What a script of that text prints that has all modules.
fn printed(script: &str) -> Vec<String> {
    let ended = sandboxed(&(imports() + script));
    ended.says(0, &[]);
    ended.lines().into_iter().map(str::to_string).collect()
}

#[test]
fn the_example_of_every_function_runs() {
    std::thread::scope(|scope| {
        for module in modules() {
            scope.spawn(move || {
                let mut script = imports();
                let signatures = || module.functions.iter().map(|function| module.signature(function));
                for (function, signature) in module.functions.iter().zip(signatures()) {
                    script.push_str(&format!("{{\n{}\n}}\nprint(\"ran {signature}\");\n", function.example));
                }
                let place = Place::with(&script);
                place.file("ids.txt", b"u-1\n");
                let ended = place.in_sandbox();
                ended.says(0, &[]);
                let lines = ended.lines();
                let ran: Vec<String> =
                    lines.iter().filter_map(|line| line.strip_prefix("ran ")).map(str::to_string).collect();
                assert_eq!(ran, signatures().collect::<Vec<_>>(), "{}", ended.err);
            });
        }
    });
}

#[test]
fn people_are_chosen_and_counted_also_from_arrays() {
    let script = r#"
        let some = [
            person(#{ cio_id: "c1", id: "u-1", email: "Ada@Acme.com" }),
            person(#{ email: "b@mail.acme.com" }),
            person(#{ id: "u-3" }),
            person(#{ cio_id: "c4", email: "ADA@acme.com" }),
            person(#{ cio_id: "c1" }),
            person(#{ email: "B@mail.acme.com" }),
        ];
        print(people::without_id(some).len());
        print(people::without_email(some).len());
        print(people::by_domain(some, "ACME.com").map(|person| person.cio_id));
        print(people::domains(some));
        print(people::unique(some).map(|person| people::key(person)));
        print(people::sharing_address(some).map(|row| row.email + " " + row.people.len()));
    "#;
    assert_eq!(
        printed(script),
        [
            "4",
            "2",
            r#"["c1", "c4"]"#,
            r##"[#{"domain": (), "people": 2}, #{"domain": "acme.com", "people": 2}, #{"domain": "mail.acme.com", "people": 2}]"##,
            r#"["cio_c1", "email b@mail.acme.com", "id u-3", "cio_c4"]"#,
            r#"["ada@acme.com 2"]"#,
        ]
    );
}

#[test]
fn segments_are_set_against_each_other_lazily_and_as_often_as_one_likes() {
    let script = r#"
        let only = segments::difference("Everyone", "VIP");
        print(type_of(only));
        print(only.count() + segment_members("VIP").count() == segment_members("Everyone").count());
        print(only.count() == only.count());
        let either = segments::union("VIP", "Churn risk");
        print(either.count() == either.count());
        let both = segments::intersection("VIP", "Churn risk").count();
        print(either.count() == segment_members("VIP").count() + segment_members("Churn risk").count() - both);
        let lie = segments::compare("VIP", "Churn risk");
        print(lie.both == both && lie.only_first + both == lie.first && lie.only_second + both == lie.second);
        let one = segment_members("VIP").take(1).to_array();
        print(segments::difference(one, "VIP").len() + segments::union(one, "VIP").len() - segment_members("VIP").count());
        print(segments::sizes().map(|row| row.people).len() == get_segments().segments.len());
    "#;
    assert_eq!(printed(script), ["Sequence", "true", "true", "true", "true", "true", "0", "true"]);
}

#[test]
fn messages_are_counted_by_what_they_came_of_and_by_day() {
    let script = r##"
        let made = |id, created, from, metrics| #{ id: id, created: created, metrics: metrics } + from;
        let all = [
            made.call("a", 0, #{ newsletter_id: 7 }, #{ sent: 1, delivered: 2 }),
            made.call("b", 10, #{ newsletter_id: 7 }, #{ sent: 11, bounced: 12 }) + #{ recipient: "x@y.z" },
            made.call("c", 90_000, #{ campaign_id: 3 }, #{ attempted: 1, failed: 90_001 }) + #{ failure_message: "full" },
            #{ id: "d" },
        ];
        let brief = |row, names| names.map(|name| `${row[name]}`);
        print(messages::by_campaign(all).map(|row| brief.call(row, ["from", "sent", "delivered", "bounced", "failed"])));
        print(messages::by_day(all).map(|row| brief.call(row, ["day", "sent"])));
        print(messages::by_campaign_and_day(all).map(|row| brief.call(row, ["day", "from", "failed"])));
        print(messages::failures(all).map(|row| brief.call(row, ["id", "at", "from", "to", "what", "why"])));
    "##;
    assert_eq!(
        printed(script),
        [
            r#"[["newsletter 7", "2", "1", "1", "0"], ["campaign 3", "0", "0", "0", "1"], ["something else", "0", "0", "0", "0"]]"#,
            r#"[["", "0"], ["1970-01-01", "2"], ["1970-01-02", "0"]]"#,
            r#"[["", "something else", "0"], ["1970-01-01", "newsletter 7", "0"], ["1970-01-02", "campaign 3", "1"]]"#,
            r#"[["b", "12", "newsletter 7", "x@y.z", "bounced", ""], ["c", "90001", "campaign 3", "", "failed", "full"]]"#,
        ]
    );
}

/// What a list is refused for before anything is written, a tool would refuse in the middle of it.
#[test]
fn a_list_takes_the_identifiers_that_a_tool_takes() {
    for (who, taken) in [
        ("é".repeat(75), true),
        ("é".repeat(75) + "a", false),
        ("..".to_string(), false),
        ("u-1".to_string(), true),
    ] {
        let script = "import \"std/people\" as people;\n\
            try { people::listed_in(\"ids.txt\"); print(true) } catch { print(false) }\n\
            try { suppress_person(arg(\"who\")); print(true) } catch { print(false) }\n";
        let place = Place::with(script);
        place.file("ids.txt", who.as_bytes());
        let ran = place.segue(&["run", "script.rhai", &format!("who={who}"), "--sandbox", "--people", "20"]);
        ran.says(0, &[]).prints(&format!("{taken}\n{taken}\n"));
    }
}

#[test]
fn reports_are_text_that_their_readers_take_as_it_is_meant() {
    let script = r#"
        let rows = [#{ name: "a|b", n: 1 }, #{ name: "<!here> & co" }];
        print(report::csv(rows, ["name", "n"]));
        print(report::markdown(rows, ["name", "n"]));
        print(report::slack("A <b>", rows, ["name"]).contains("&lt;!here&gt; &amp; co"));
        print(report::titled("T", [], ["name"]));
        let many = [];
        for n in 0..400 { many.push(#{ name: `row ${n}` }); }
        let text = report::slack("Many", many, ["name"]);
        print(text.len() <= 3000 && text.contains("row 100") && !text.contains("row 399"));
        let shown = text.split("\n").filter(|line| line.contains("row ")).len();
        print(text.ends_with("and " + (400 - shown) + " more"));
        print(`${report::percent(1, 3)} ${report::percent(1, 0)}`);
        print(report::written(#{ accepted: 3, rejected: 0, in_doubt: 1, undelivered: 2, withheld: 4 }));
        print(report::written(flush()));
        try { report::written(3) } catch (why) { print(why) }
        report::print_csv([], ["id"]);
        report::print_csv(segment_members("VIP").take(1).map(|person| person), ["id", "nothing"]);
    "#;
    assert_eq!(
        printed(script),
        [
            "name,n",
            "a|b,1",
            "<!here> & co,",
            "| name | n |",
            "| -- | -- |",
            r"| a\|b | 1 |",
            "| <!here> & co |  |",
            "true",
            "T",
            "",
            "none",
            "",
            "true",
            "true",
            "33 ",
            "3 accepted, 2 not delivered, 1 in doubt, 4 kept back",
            "no writes",
            "`written` takes what flush() gives, and got 3",
            "id",
            "id,nothing",
            "u-7,",
        ]
    );
}

#[test]
fn what_the_library_throws_has_the_fields_of_a_failed_call() {
    let script = r#"
        fn fields(error) { print(`${error.message} · ${error.kind} · ${error.tool} · ${error.status} · ${error}`) }
        try { dates::days_ago("x") } catch (error) { fields(error) }
        try { throw as_error("mine") } catch (error) { fields(error) }
        let tried = 0;
        try { retry(2, || { tried += 1; wait::wait_until(|| false, 0) }) } catch (error) { print(tried) }
    "#;
    let fields = |message| format!("{message} · segue::script::threw ·  ·  · {message}");
    let days = "`days_ago` takes a number, and got \"x\"";
    assert_eq!(printed(script), [fields(days), fields("mine"), "2".to_string()]);
}

#[test]
fn all_that_the_library_throws_itself_has_fields() {
    for module in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/stdlib")).unwrap() {
        let path = module.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        if path.extension().is_none_or(|ending| ending != "rhai") {
            continue;
        }
        for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
            assert_eq!(
                line.contains("throw "),
                line.contains("throw as_error("),
                "{}: {line}",
                path.display()
            );
        }
    }
}

#[test]
fn times_are_counted_from_now_and_by_whole_days() {
    let script = r#"
        let before = now();
        print([dates::days_ago(2) + 172_800, dates::hours_ago(0.5) + 1_800].all(|time| before <= time && time <= now()));
        print(`${dates::start_of_day(86_399)} ${dates::start_of_day(86_400)} ${dates::start_of_day(-1)}`);
        print(`${dates::days(0, 86_400)} ${dates::days(86_400, 0)}`);
    "#;
    assert_eq!(printed(script), ["true", "0 86400 -86400", r#"["1970-01-01", "1970-01-02"] []"#]);
}

#[test]
fn waiting_ends_with_what_comes_with_an_error_or_with_the_time() {
    let script = r#"
        let asked = 0;
        print(wait::wait_until(|| { asked += 1; if asked > 1 { `after ${asked}` } }, 60));
        print(wait::wait_until(|| 0));
        try { wait::wait_until(|| throw "mine") } catch (why) { print(why) }
        try { wait::wait_until(|| false, 0) } catch (why) { print(why) }
        for wrong in [|| wait::wait_until(7), || wait::wait_until(|| 1, "x"), || wait::wait_until(|| 1, -1)] {
            try { wrong.call() } catch (why) { print(why) }
        }
    "#;
    assert_eq!(
        printed(script),
        [
            "after 2",
            "0",
            "mine",
            "it wasn't so within 0 s",
            "`wait_until` takes a closure, such as || get_segments(), and got 7",
            "`wait_until` takes how many seconds to wait at most, and got \"x\"",
            "`wait_until` takes how many seconds to wait at most, and got -1",
        ]
    );
}

const TRIGGERED: &str = r#"{"id":7}"#;
const WAITING: &str = r#"{"id":7,"broadcast_id":1,"created_at":1700000000}"#;
const PROCESSED: &str = r#"{"id":7,"broadcast_id":1,"created_at":1700000000,"processed_at":1700000040}"#;

/// Sends broadcast 1 and waits, against a server that answers the looks so; it has seen one trigger.
fn sent(body: &str, looks: impl IntoIterator<Item = Reply>) -> Ended {
    let server = Server::start()
        .on("POST /v1/campaigns/1/triggers", [Reply::ok(TRIGGERED)])
        .on("GET /v1/campaigns/1/triggers/7", looks);
    let script = format!("import \"std/broadcasts\" as broadcasts;\n{body}");
    let ended = Place::with(&script).live(&server.url()).run();
    assert_eq!(server.posts().len(), 1, "it is sent once: {}", ended.err);
    ended
}

const SEND: &str =
    "let sent = broadcasts::trigger_and_wait(#{ broadcast_id: 1, ids: [\"u-1\"] }, 60);\nprint(sent);";

#[test]
fn a_broadcast_is_sent_once_and_waited_for_whatever_the_looks_say() {
    let done = "#{\"processed_at\": 1700000040, \"trigger\": 7}\n";
    let not_found = || Reply::status(404, r#"{"errors":[{"detail":"trigger not found","status":"404"}]}"#);
    sent(SEND, [Reply::ok(WAITING), Reply::ok(PROCESSED)]).says(0, &[]).prints(done);
    // Just made, it may not be there yet.
    sent(SEND, [not_found(), Reply::ok(PROCESSED)]).says(0, &[]).prints(done);
    let out = "trigger 7 of broadcast 1 was sent; don't send it again";
    let refused = Reply::status(403, r#"{"errors":[{"detail":"no"}]}"#);
    sent(SEND, [refused]).says(1, &[out, "can't be seen", "script.rhai:2:"]);
    sent(&SEND.replace("60", "0"), [Reply::ok(WAITING)]).says(1, &[out, "wasn't processed within 0 s"]);
    // Who tries again all the same is kept from it.
    let retried = format!("retry(3, || {{ {} }});", SEND.replace("60", "0"));
    sent(&retried, [Reply::ok(WAITING)]).says(1, &[out]);
    let wrong = "let at = broadcasts::wait_until_processed(1, trigger_broadcast(#{ broadcast_id: 1, ids: [\"u-1\"] }).id, \"x\");";
    sent(wrong, [Reply::ok(PROCESSED)]).says(1, &[out, "takes a time of 0 or more"]);
}

#[test]
fn a_broadcast_that_is_refused_or_called_wrongly_is_not_sent_at_all() {
    for call in [
        "#{ broadcast_id: 1, ids: [\"u-1\"] }, \"x\"",
        "#{ broadcast_id: 1, ids: [] }",
        "7",
        "#{ broadcast_id: 1 }",
    ] {
        let server = Server::start();
        let script = format!("import \"std/broadcasts\" as b;\nb::trigger_and_wait({call});");
        Place::with(&script).live(&server.url()).run().says(1, &["script.rhai:2:"]);
        assert_eq!(server.seen().len(), 0, "{call}");
    }
    // Without the grant it is refused where it is called.
    let server = Server::start();
    let place = Place::with(&format!("import \"std/broadcasts\" as broadcasts;\n{SEND}")).live(&server.url());
    place.segue(&["run", "script.rhai"]).says(4, &["script.rhai:2:", "send"]);
    assert_eq!(server.posts().len(), 0);
}

#[test]
fn what_fails_in_the_library_is_told_at_the_line_of_the_script() {
    for (script, says) in [
        ("dates::days_ago(\"7\")", &["`days_ago` takes a number, and got \"7\"", "called here"][..]),
        (
            "segments::compare(\"Nobody\", \"VIP\")",
            &["there is no segment \"Nobody\"", "in `compare`, at line "],
        ),
        (
            "for p in segments::difference(\"Nobody\", \"VIP\") { print(p) }",
            &["there is no segment \"Nobody\""],
        ),
        ("people::unique(7)", &["takes a lazy sequence or an array, and got an integer"]),
        ("people::without_id([1])", &["an integer has no `id`", "called here"]),
    ] {
        let ended = sandboxed(&format!("{}\n{script};", imports().replace('\n', " ")));
        ended
            .says(1, says)
            .says(1, &["script.rhai:2:"])
            .never_says("std/people:")
            .never_says("std/segments:");
    }
    // What the script gave to the library is its own.
    let ended = sandboxed("import \"std/wait\" as wait;\nwait::wait_until(||\n  throw \"mine\");");
    ended.says(1, &["× mine", "script.rhai:3:"]);
}

/// A folder whose modules import each other and the library, from beside them and from below.
fn house() -> Place {
    let place = Place::empty();
    for folder in ["lib", "lib/deep", "other"] {
        std::fs::create_dir(place.path().join(folder)).expect("a folder can be made");
    }
    place.file("main.rhai", b"import \"lib/one\" as one;\nprint(one::name());\n");
    place.file("beside.rhai", b"fn name() { \"beside\" }\n");
    place.file("lib/one.rhai", b"import \"deep/two\" as two;\nfn name() { \"one \" + two::name() }\n");
    let two = b"import \"../three\" as three;\nimport \"std/dates\" as dates;\n\
        fn name() { \"two \" + three::name() + \" \" + dates::days(0, 0)[0] }\n";
    place.file("lib/deep/two.rhai", two);
    place.file(
        "lib/three.rhai",
        b"import \"../beside\" as beside;\nfn name() { \"three \" + beside::name() }\n",
    );
    place.file(
        "other/loaded.rhai",
        b"import \"../lib/three\" as three;\nprint(\"loaded \" + three::name());\n",
    );
    place
}

const NAMES: &str = "one two three beside 1970-01-01";

#[test]
fn imports_are_relative_to_the_file_that_has_them() {
    house().segue(&["run", "main.rhai", "--sandbox"]).says(0, &[]).prints(&format!("{NAMES}\n"));
    house().segue(&["run", "other/loaded.rhai", "--sandbox"]).says(0, &[]).prints("loaded three beside\n");
    house().segue(&["check", "main.rhai", "other/loaded.rhai"]).says(0, &[]);
    // From another folder it is the same.
    let place = house();
    let main = place.path().join("main.rhai");
    let away = Place::empty();
    let ran = away.segue(&["run", main.to_str().expect("a plain path"), "--sandbox"]);
    ran.says(0, &[]).prints(&format!("{NAMES}\n"));
}

#[test]
fn the_prompt_imports_from_the_current_folder_and_a_loaded_file_from_its_own() {
    let eval = |text: &str| house().segue(&["repl", "--sandbox", "--people", "20", "--eval", text]);
    eval("import \"lib/one\" as one; one::name()").says(0, &[]).prints(&format!("\"{NAMES}\"\n"));
    eval("import \"std/people\" as people; people::without_id(segment_members(1)).count()")
        .says(0, &[])
        .prints("1\n");
    let place = house();
    let mut child = place.command(&["repl", "--sandbox", "--people", "20"]);
    let input = place.path().join("input");
    let lines = ":load other/loaded.rhai\nimport \"lib/three\" as mine;\nprint(mine::name());\n\
        :help people::unique\n:help std/wait\nimport \"std/segments\" as seg;\n:help seg::difference\n";
    std::fs::write(&input, lines).expect("it can be written");
    let output = child.stdin(std::fs::File::open(&input).expect("it can be read")).output().expect("it runs");
    let ended = Ended::of(output);
    ended.says(0, &[]);
    let shown = format!("{}{}", ended.out, ended.err);
    for words in [
        "loaded three beside",
        "\nthree beside\n",
        "people::unique(people)",
        "import \"std/wait\" as wait;",
        "segments::difference(first, second)",
    ] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
}

#[test]
fn a_module_or_a_function_of_it_is_shown_on_the_command_line() {
    let place = Place::empty();
    let all = place.segue(&["tools", "std"]);
    all.says(0, &[]).never_says("unknown");
    assert!(["std/broadcasts\n", "std/wait\n"].iter().all(|path| all.out.contains(path)), "{}", all.out);
    let shown = place.segue(&["tools", "people::by_domain"]);
    shown.says(0, &[]);
    for words in [
        "people::by_domain(people, domain)",
        "import \"std/people\" as people;",
        "domain: what stands behind",
    ] {
        assert!(shown.out.contains(words), "{}", shown.out);
    }
    assert!(place.segue(&["tools", "std/wait"]).out.contains("wait::wait_until(holds, [seconds])"));
    assert!(place.segue(&["tools"]).out.contains("std/broadcasts\n"));
    // A tool goes before a module of its name, as at the prompt.
    assert!(place.segue(&["tools", "messages"]).out.contains("get_messages("));
    assert!(place.segue(&["tools", "std/messages"]).out.contains("messages::by_day(messages)"));
    place.segue(&["tools", "people::uniqe"]).says(2, &["did you mean `people::unique`?"]);
}

#[test]
fn a_circle_that_only_a_run_can_see_is_told_with_its_way() {
    let place = Place::with("let path = \"one\";\nimport path as one;\n");
    place.file("one.rhai", b"let path = \"two\";\nimport path as two;\n");
    place.file("two.rhai", b"let path = \"one\";\nimport path as one;\n");
    place.in_sandbox().says(1, &["\"one\" imports itself: one.rhai → two.rhai → one.rhai", "third module"]);
}
