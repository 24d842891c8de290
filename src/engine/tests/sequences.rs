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
