use super::*;

const FIRST: &str = r#"{"identifiers":[{"id":"u-1","email":"a@x.io","cio_id":"c1"},{"id":null,"email":"b@x.io"}],"ids":["u-1",""],"next":"p2"}"#;
const LAST: &str = r#"{"identifiers":[{"id":"u-3"}],"next":""}"#;

fn pages() -> Vec<Result<&'static str, CallError>> {
    vec![Ok(FIRST), Ok(LAST)]
}

#[test]
fn all_pages_are_read_one_after_the_other() {
    let ran = run("for p in segment_members(7) { print(p) }", pages());
    assert_eq!(ran.result, Ok(()));
    assert_eq!(ran.printed, ["u-1", "b@x.io", "u-3"]);
    assert_eq!(
        ran.calls,
        [
            "get_segment_membership(#{ segment_id: 7, limit: 30000 })",
            r#"get_segment_membership(#{ segment_id: 7, limit: 30000, start: "p2" })"#
        ]
    );
}

#[test]
fn nothing_is_read_before_it_is_needed() {
    let ran = run("let s = segment_members(7).map(|p| p.id); print(s)", pages());
    assert_eq!((ran.calls.len(), ran.printed[0].as_str()), (0, "a lazy sequence of segment_members"));
    let ran = run("for p in segment_members(7).take(2) { print(p) }", pages());
    assert_eq!((ran.calls.len(), ran.printed.len()), (1, 2));
    let ran = run("for p in segment_members(7) { break }", pages());
    assert_eq!(ran.calls.len(), 1);
}

#[test]
fn steps_on_a_sequence_work_as_on_an_array() {
    let cases = [
        ("print(segment_members(7).count())", "3"),
        ("print(segment_members(7).map(|p| p.id).to_array())", r#"["u-1", (), "u-3"]"#),
        ("print(segment_members(7).filter(|p| p.id != ()).count())", "2"),
        ("print(segment_members(7).skip(1).map(|p| `${p}`).to_array())", r#"["b@x.io", "u-3"]"#),
        ("print(segment_members(7).skip(9).count())", "0"),
        ("print(segment_members(7).chunks(2).map(|c| c.len()).to_array())", "[2, 1]"),
        ("print([1, 2, 3].chunks(2))", "[[1, 2], [3]]"),
        ("let n = 1; print(segment_members(7).map(|p| n + 1).to_array())", "[2, 2, 2]"),
        ("fn f(p) { p.id } print(segment_members(7).map(Fn(\"f\")).take(1).to_array())", r#"["u-1"]"#),
        ("for (p, i) in segment_members(7) { print(i); break }", "0"),
    ];
    for (script, expected) in cases {
        let ran = run(script, pages());
        assert_eq!(ran.result, Ok(()), "{script}");
        assert_eq!(ran.printed, [expected], "{script}");
    }
    for script in ["segment_members(7).take(-1)", "segment_members(7).chunks(0)", "[1].chunks(0)"] {
        assert_eq!(run(script, vec![]).code(), Code::ArgumentRange, "{script}");
    }
}

#[test]
fn messages_and_newsletters_are_maps_and_keep_their_filters() {
    let page = r#"{"messages":[{"id":"dlv-1"}],"next":""}"#;
    let ran = run(r#"for m in messages(#{ type: "email" }) { print(m.id) }"#, vec![Ok(page)]);
    assert_eq!(ran.printed, ["dlv-1"]);
    assert_eq!(ran.calls, [r#"get_messages(#{ type: "email", limit: 1000 })"#]);
    let ran = run("print(newsletters().count())", vec![Ok(r#"{"newsletters":[{"id":1}]}"#)]);
    assert_eq!((ran.printed[0].as_str(), ran.calls[0].as_str()), ("1", "list_newsletters(#{ limit: 100 })"));
}

#[test]
fn going_through_a_sequence_again_reads_again() {
    let ran = run("let s = segment_members(7); s.count(); s.count()", vec![Ok(LAST), Ok(LAST)]);
    assert_eq!((ran.result, ran.calls.len()), (Ok(()), 2));
}

#[test]
fn a_page_that_fails_stops_the_script_also_in_an_empty_loop() {
    for body in ["print(p)", "", "let q = 1;"] {
        let script = format!("\nfor p in segment_members(7) {{ {body} }}\nprint(\"after\");");
        let ran = run(&script, vec![Ok(FIRST), Err(refused())]);
        assert_eq!(ran.code(), Code::Refused, "{body}");
        assert_eq!(ran.wrong().place.as_ref().unwrap().line, 2, "{body}");
        assert!(!ran.printed.iter().any(|line| line == "after"), "{body}");
    }
}

#[test]
fn a_closure_that_fails_stops_the_script_also_in_an_empty_loop() {
    for script in [
        "for p in segment_members(7).map(|p| p.nothing) { }",
        "for p in segment_members(7).map(|p| p.nothing).filter(|p| true) { print(p) }",
        "for p in segment_members(7).filter(|p| throw \"no\") { }",
    ] {
        assert!(matches!(run(script, pages()).result, Err(Failure::Script(_))), "{script}");
    }
    assert_eq!(run("for p in segment_members(7).filter(|p| 1) { }", pages()).code(), Code::ArgumentType);
}

#[test]
fn an_error_that_is_caught_is_over() {
    let script =
        "try { for p in segment_members(7) { print(p) } } catch (e) { print(e.status) } print(\"after\")";
    let ran = run(script, vec![Ok(FIRST), Err(refused())]);
    assert_eq!(ran.result, Ok(()));
    assert_eq!(ran.printed, ["u-1", "b@x.io", "422", "after"]);
}

#[test]
fn pages_that_lead_in_a_circle_are_a_fault() {
    let ran = run("for p in segment_members(7) { print(p) }", vec![Ok(FIRST), Ok(FIRST), Ok(FIRST)]);
    assert_eq!(ran.code(), Code::CursorLoops);
    assert_eq!(ran.calls.len(), 2);
}

#[test]
fn an_answer_of_another_shape_is_a_fault() {
    for answer in [r#"{"identifiers":7}"#, "{}", r#"{"identifiers":[{"id":7}]}"#] {
        let ran = run("for p in segment_members(7) { print(p) }", vec![Ok(answer)]);
        assert_eq!(ran.code(), Code::AnswerUnreadable, "{answer}");
    }
    assert_eq!(run("newsletters().count()", vec![Ok("{}")]).code(), Code::AnswerUnreadable);
}

#[test]
fn a_closure_that_leads_back_to_itself_runs_into_the_limit() {
    const ONE: &str = r#"{"newsletters":[{"id":1}]}"#;
    for script in [
        "fn f(n) { newsletters().take(1).map(|x| f(n + 1)).count() } f(0)",
        "fn f(n) { for x in newsletters().filter(|x| f(n + 1)) { } } f(0)",
        "fn f(n) { for x in newsletters().map(|x| f(n + 1)) { print(x) } } f(0)",
        "fn f(n) { [1].map(|x| f(n + 1)) } f(0)",
        "let h = |h| newsletters().map(|x| h.call(h)).to_array(); h.call(h)",
        // Made at depth 0, and gone through ever deeper.
        "let m = #{}; m.s = newsletters().map(|x| { let s = m.s; s.count() }); let s = m.s; s.count()",
        "let m = #{}; m.s = newsletters().map(|x| { let s = m.s; for x in s { } }); let s = m.s; for x in s { }",
    ] {
        let ran = run(script, vec![Ok(ONE); 50_000]);
        assert_eq!(ran.code(), Code::ScriptLimit, "{script}");
    }
}

#[test]
fn a_sequence_takes_so_many_steps() {
    let script = "let s = segment_members(7); for n in 0..N { s = s.map(|p| p) } print(s.count())";
    let ran = run(&script.replace('N', "100"), pages());
    assert_eq!((ran.result, ran.printed[0].as_str()), (Ok(()), "3"));
    let ran = run(&script.replace('N', "100000"), pages());
    assert_eq!((ran.code(), ran.calls.len()), (Code::ScriptLimit, 0));
}

#[test]
fn a_closure_of_a_module_is_called_with_what_its_module_has() {
    let folder = tempfile::tempdir().unwrap();
    let module = "import \"std/dates\" as dates;\n\
        const MARK = \"!\";\n\
        private fn marked(p) { `${p}${global::MARK}${dates::days_ago(10)}` }\n\
        fn marks(s) { s.filter(|p| p.id != ()).map(|p| marked(p)) }\n\
        fn bad(s) { s.map(|p|\n  get_trigger(p)) }\n";
    let file = folder.path().join("marks.rhai");
    std::fs::write(&file, module).unwrap();
    let import = format!("import {:?} as m;\n", file.to_str().unwrap());
    let ran = run(&format!("{import}print(m::marks(segment_members(7)).to_array());"), pages());
    assert_eq!(ran.result, Ok(()));
    assert_eq!(ran.printed, [r#"["u-1!0", "u-3!0"]"#]);

    let ran = run(&format!("{import}m::bad(segment_members(7)).count();"), vec![Ok(FIRST), Err(refused())]);
    let wrong = ran.wrong();
    let place = wrong.place.as_ref().unwrap();
    assert!(place.source.ends_with("marks.rhai") && place.line == 6, "{wrong:?}");
}

#[test]
fn a_closure_sees_the_constants_and_modules_around_it() {
    let script = "import \"std/dates\" as dates; const N = 3;\n\
        fn f(p) { global::N + dates::days_ago(10) }\n\
        print(segment_members(7).map(|p| f(p)).to_array())";
    let ran = run(script, pages());
    assert_eq!((ran.result, ran.printed), (Ok(()), vec!["[3, 3, 3]".to_string()]));
}

#[test]
fn a_constant_sequence_with_a_closure_is_freed_with_its_script() {
    let fake = Arc::new(Fake::default());
    let script = "const N = 1; const S = segment_members(7).map(|p| global::N); fn f() { global::S } f();";
    let script = Script::compile(script, "test.rhai", fake.clone(), &Sources::default()).unwrap();
    std::thread::Builder::new()
        .stack_size(crate::engine::STACK)
        .spawn(move || assert_eq!(script.run(), Ok(())))
        .unwrap()
        .join()
        .unwrap();
    assert_eq!(Arc::strong_count(&fake), 1);
}

#[test]
fn half_a_stack_holds_the_deepest_calls() {
    // A closure is still called when half of the stack is used; Rhai's own count may begin anew there.
    let deep = |n: usize| {
        let script = format!("fn f(n) {{ {}f(n + 1){} }} f(0)", "[".repeat(n), "]".repeat(n));
        let host = Arc::new(Fake::default());
        let run = move || Script::compile(&script, "test.rhai", host, &Sources::default())?.run();
        let thread = std::thread::Builder::new().stack_size(crate::engine::STACK / 2);
        match thread.spawn(run).unwrap().join().unwrap() {
            Err(Failure::Script(wrong)) => wrong.faults[0].code,
            other => panic!("{other:?}"),
        }
    };
    let deepest = (1..64).rev().find(|n| deep(*n) != Code::ScriptParse).unwrap();
    assert!(deepest > 10, "{deepest}");
    assert_eq!(deep(deepest), Code::ScriptLimit);
}

#[test]
fn the_next_page_is_asked_for_while_this_one_is_used() {
    let row = |n: usize| format!(r#"{{"id":"u-{n}"}}"#);
    let rows = (0..1_500).map(row).collect::<Vec<_>>().join(",");
    let first = format!(r#"{{"identifiers":[{rows}],"next":"p2"}}"#);
    for (taken, asked) in [(999, 1), (1_000, 2), (1_500, 2)] {
        let script = format!("print(segment_members(7).take({taken}).count())");
        let ran = run(&script, vec![Ok(&first), Ok(LAST)]);
        assert_eq!((ran.calls.len(), ran.printed), (asked, vec![taken.to_string()]));
    }
    // Its fault waits until the script gets there.
    let ran =
        run("let n = 0;\nfor p in segment_members(7) { n += 1; print(n) }", vec![Ok(&first), Err(refused())]);
    assert_eq!(ran.printed.len(), 1_500);
    assert_eq!(ran.wrong().place.as_ref().map(|place| (place.line, place.column)), Some((2, 10)));
    let ran = run(
        "for p in segment_members(7) { print(p); if p.id == \"u-1200\" { break } }",
        vec![Ok(&first), Err(refused())],
    );
    assert_eq!((ran.result, ran.printed.len()), (Ok(()), 1_201));
}

#[test]
fn a_file_of_json_is_a_sequence_of_its_lines() {
    assert_eq!(
        prints("for row in read_ndjson(\"rows.ndjson\") { print(row) }"),
        ["#{\"id\": 1}", "[2, ()]", "three"]
    );
    let steps = "let rows = read_ndjson(\"rows.ndjson\"); print(rows);
        print(rows.map(|row| `${row}`).skip(2).to_array()); print(rows.count())";
    assert_eq!(prints(steps), ["a lazy sequence of read_ndjson", "[\"three\"]", "3"]);
}

#[test]
fn a_line_that_is_no_json_is_told_once_it_is_come_to() {
    let script = "let rows = read_ndjson(\"broken.ndjson\");\nfor row in rows { print(row) }";
    let ran = run(script, vec![]);
    let wrong = ran.wrong();
    assert_eq!(
        wrong.faults[0].message,
        "line 3 of \"broken.ndjson\" isn't JSON: expected value, at column 8"
    );
    assert_eq!((wrong.place.as_ref().unwrap().line, ran.printed), (1, vec!["1".to_string()]));
    assert_eq!(run("for row in read_ndjson(\"broken.ndjson\") { }", vec![]).code(), Code::InputUnreadable);
}

#[test]
fn of_items_with_one_key_the_first_is_kept_each_time_a_sequence_is_gone_through() {
    let script = r#"
        let s = segment_members(7).chain(segment_members(7)).unique(|p| p.id);
        print(s.map(|p| `${p}`).to_array() == s.map(|p| `${p}`).to_array());
        print(s.count() < segment_members(7).chain(segment_members(7)).count());
        print([3, 1, 3, (), "3", ()].unique(|n| n));
        print([3, 1, 3, "3", ()].repeated(|n| n));
        print(segment_members(7).repeated(|p| p.id).count());
    "#;
    let ran = run(script, (0..9).flat_map(|_| pages()).collect());
    assert_eq!(ran.result, Ok(()));
    assert_eq!(ran.printed, ["true", "true", r#"[3, 1, (), "3"]"#, "[3]", "0"]);
}

#[test]
fn items_are_kept_or_left_out_by_the_keys_of_others_each_time() {
    let script = r#"
        let among = segment_members(7).within(["u-3", "u-9"], |it| if type_of(it) == "string" { it } else { it.id });
        print(among.map(|p| p.id).to_array() == among.map(|p| p.id).to_array());
        print(among.count());
        print(["u-1", "u-2"].without(segment_members(7), |it| if type_of(it) == "string" { it } else { it.id }));
        print(segment_members(7).without(segment_members(7), |p| p.id).count());
    "#;
    let ran = run(script, (0..6).flat_map(|_| pages()).collect());
    assert_eq!(ran.result, Ok(()));
    assert_eq!(ran.printed, ["true", "1", r#"["u-2"]"#, "0"]);
    for script in ["\n[1].within(7, |n| n)", "\nsegment_members(7).without(7, |n| n)", "\nunique(7, |n| n)"] {
        let ran = run(script, vec![]);
        assert_eq!(
            (ran.code(), ran.wrong().place.as_ref().unwrap().line),
            (Code::ArgumentType, 2),
            "{script}"
        );
    }
    // What is compared with may fail, too.
    let ran =
        run("for p in segment_members(7).without(segment_members(8), |p| p.id) { }", vec![Err(refused())]);
    assert_eq!(ran.code(), Code::Refused);
}

#[test]
fn a_key_that_is_none_is_a_fault_at_its_line() {
    for script in ["\nsegment_members(7).unique(|p| [p]).count()", "\n[1].unique(|n| #{ n: n })"] {
        let ran = run(script, pages());
        assert_eq!(ran.code(), Code::ArgumentType, "{script}");
        assert_eq!(ran.wrong().place.as_ref().unwrap().line, 2, "{script}");
    }
}

#[test]
fn the_second_of_a_chain_is_read_when_the_first_is_through() {
    let ran = run("segment_members(7).chain(segment_members(8)).take(1).count()", pages());
    assert_eq!(ran.calls, ["get_segment_membership(#{ segment_id: 7, limit: 30000 })"]);
    let ran = run("for p in segment_members(7).chain(segment_members(8)) { }", vec![Err(refused())]);
    assert_eq!(ran.code(), Code::Refused);
}
