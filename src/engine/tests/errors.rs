//! What a script sees of an error, and what becomes of one that it throws again.

use super::*;

#[test]
fn a_caught_error_is_a_value_with_fields() {
    let script = r#"
        try { get_trigger(1, 2) } catch (e) {
            print(`${e.kind} ${e.status} ${e.tool} ${e.attempts} ${e.retry_after} ${e.message}`);
            print(e);
        }"#;
    let ran = run(script, vec![Err(refused())]);
    assert_eq!(ran.printed, ["segue::api::refused 422 get_trigger 3 7 no such thing", "no such thing"]);
    let ran =
        run("try { get_segments(1) } catch (e) { print([e.status, e.attempts, e.retry_after]) }", vec![]);
    assert_eq!(ran.printed, ["[(), 0, ()]"]);
}

#[test]
fn an_error_lists_its_faults_with_the_parameter_each_is_about() {
    let script = r#"try { segment_members(#{ segment_id: 3, limit: 7, nonsense: 1 }) } catch (e) {
        for fault in e.faults { print([fault.code, fault.param, fault.message != (), fault.help != ()]) }
    }"#;
    let printed = prints(script);
    assert_eq!(printed, [r#"["segue::argument::unknown", "nonsense", true, true]"#]);
    let ran = run("try { get_trigger(1, 2) } catch (e) { print(e.faults) }", vec![Err(refused())]);
    let only = r#"[#{"code": "segue::api::refused", "help": (), "label": (), "message": "no such thing", "param": ()}]"#;
    assert_eq!(ran.printed, [only]);
}

#[test]
fn a_field_no_error_has_is_a_fault_with_the_near_one() {
    for (field, help) in [
        ("code", "an error has .kind, .message, .tool, .status, .attempts, .retry_after, .faults and .line"),
        ("atempts", "did you mean `.attempts`?"),
        ("retry_afer", "did you mean `.retry_after`?"),
        ("fault", "did you mean `.faults`?"),
    ] {
        let ran = run(&format!("try {{ get_segments(1) }} catch (e) {{ e.{field} }}"), vec![]);
        let fault = &ran.wrong().faults[0];
        assert_eq!(fault.message, format!("an error has no `{field}`"));
        assert_eq!(fault.help.as_deref(), Some(help));
    }
}

/// Rhai has a `take` for any value, and a sequence a `skip`: neither is what is looked for.
#[test]
fn the_first_items_of_an_array_are_told_by_what_an_array_has() {
    for (call, help) in [
        ("take(2)", "list.extract(0, n) gives the first n"),
        ("skip(1)", "list.extract(n) gives what comes after the first n"),
        ("first(2)", "list[0] is the first item, list.extract(0, n) gives the first n"),
    ] {
        let ran = run(&format!("[1, 2, 3].{call}"), vec![]);
        let fault = &ran.wrong().faults[0];
        let name = call.split('(').next().unwrap();
        assert_eq!(fault.message, format!("an array has no method `{name}`"));
        assert_eq!(fault.help.as_deref(), Some(help));
    }
    assert_eq!(
        prints("let list = [1, 2, 3]; print(list.extract(0, 2)); print(list.extract(1))"),
        ["[1, 2]", "[2, 3]"]
    );
}

/// The line of the call that failed, and of the place where its error came up again.
fn lines(script: &str) -> (usize, Option<usize>) {
    let ran = run(script, vec![Err(refused()), Err(refused()), Err(refused())]);
    let wrong = ran.wrong();
    (wrong.place.as_ref().unwrap().line, wrong.again.as_ref().map(|again| again.line))
}

#[test]
fn an_error_that_is_thrown_again_keeps_the_place_of_its_call() {
    assert_eq!(lines("\nget_trigger(1, 2);"), (2, None));
    assert_eq!(lines("try {\n get_trigger(1, 2)\n} catch (e) {\n throw e;\n}"), (2, Some(4)));
    assert_eq!(lines("try {\n get_trigger(1, 2)\n} catch (e) {\n throw;\n}"), (2, Some(4)));
    assert_eq!(lines("fn g(e) {\n throw e\n}\ntry { get_trigger(1, 2) } catch (e) { g(e) }"), (4, Some(2)));
    let twice = "let kept;\ntry { get_trigger(1, 2) } catch (e) { kept = e }\ntry { throw kept } catch (e) {\n throw e }";
    assert_eq!(lines(twice), (2, Some(4)));
    let retried = "try { retry(2, || {\n get_trigger(1, 2)\n}) } catch (e) {\n throw e }";
    assert_eq!(lines(retried), (2, Some(4)));
    let inside = "retry(2, || {\n try {\n get_trigger(1, 2) } catch (e) {\n throw e }\n})";
    assert_eq!(lines(inside), (3, Some(4)));
    for script in [
        "with_retry(#{}, ||\n get_trigger(1, 2)\n)",
        "1\n .get_trigger(2)",
        "let f = Fn(\"get_trigger\");\nf.call(\n1, 2)",
        "let f = Fn(\"get_trigger\").curry(1);\nf\n.call(2)",
        "let x = 1 +\n get_trigger(\n1,\n2).id;",
        "let m = #{ a: 1 };\nm.a.get_trigger(2)",
    ] {
        assert_eq!(lines(script).1, None, "{script}");
    }
}

#[test]
fn every_function_of_ours_keeps_its_place() {
    for call in [
        "arg(\"no\")",
        "arg_int(\"no\")",
        "env(\"NO\")",
        "sleep(-1)",
        "sleep(-1.0)",
        "read_lines(\"no\")",
        "read_csv(\"no\")",
        "read_ndjson(\"no\")",
        "read_ndjson(\"broken.ndjson\").to_array()",
        "exit(1)",
        "person(#{})",
        "iso(9223372036854775807)",
        "date(9223372036854775807)",
        "table([1])",
        "table([1], [])",
        "segment_members()",
        "newsletters().take(-1)",
        "newsletters().skip(-1)",
        "newsletters().chunks(0)",
        "[1].chunks(0)",
        "get_segments(1)",
        "tool(\"NO\")",
        "tool(\"NO\", #{})",
        "with_retry(1)",
        "retry(0, || 1)",
        "retry(1, |x| x)",
        "newsletters().filter(|x| 1).to_array()",
    ] {
        let script = format!("try {{\n {call}\n}} catch (e) {{\n throw e }}");
        let ran = run(&script, vec![Ok(r#"{"newsletters":[{"id":1}]}"#)]);
        let wrong = ran.wrong();
        let line = wrong.place.as_ref().unwrap().line;
        assert_eq!((line, wrong.again.as_ref().map(|again| again.line)), (2, Some(4)), "{call}");
    }
}

#[test]
fn an_error_of_a_page_stands_where_its_sequence_was_made() {
    let made = "let s = newsletters();\nfor x in s {\n print(x)\n}";
    assert_eq!(lines(made), (1, Some(2)));
    assert_eq!(lines("for x in newsletters() { print(x) }"), (1, None));
    assert_eq!(lines("let s = newsletters();\ntry { s.count() } catch (e) {\nthrow e }"), (1, Some(3)));
}

#[test]
fn an_error_of_a_module_keeps_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("m.rhai");
    std::fs::write(&file, "fn read() {\n get_trigger(1, 2)\n}\nfn again(e) {\n throw e\n}\n").unwrap();
    let import = format!("import {:?} as m;\n", file.to_str().unwrap());
    let of = |script: &str| {
        let ran = run(&format!("{import}{script}"), vec![Err(refused())]);
        let wrong = ran.wrong();
        let place = |place: &crate::fault::Place| (place.source.ends_with("m.rhai"), place.line);
        (place(wrong.place.as_ref().unwrap()), wrong.again.as_ref().map(place))
    };
    assert_eq!(of("m::read()"), ((true, 2), None));
    assert_eq!(of("try { m::read() } catch (e) {\n throw e }"), ((true, 2), Some((false, 3))));
    assert_eq!(of("try { get_trigger(1, 2) } catch (e) { m::again(e) }"), ((false, 2), Some((true, 5))));
    assert_eq!(
        of("try { retry(1, || m::read()) } catch (e) {\n m::again(e) }"),
        ((true, 2), Some((true, 5)))
    );
}

#[test]
fn errors_that_are_not_ours_are_caught_and_thrown_as_ever() {
    let printed = prints(
        "try { throw \"mine\" } catch (e) { print(e) }
         try { throw #{ n: 1 } } catch (e) { print(e.n) }
         try { [1][5] } catch (e) { print(e.message.len() > 0); print(e.line) }
         try { no_such_function() } catch { print(\"caught\") }
         try { try { [1][5] } catch { throw } } catch (e) { print(e.line) }",
    );
    assert_eq!(printed, ["mine", "1", "true", "3", "caught", "5"]);
    let wrong = run("try { [1][5] } catch (e) {\n throw e }", vec![]);
    assert_eq!(wrong.wrong().faults[0].message, "the array has 1 item, and none at 5");
}

#[test]
fn an_error_of_the_engine_is_caught_in_our_words_with_its_place_and_its_kind() {
    for (failing, words) in [
        ("person(#{ id: \"u\" }).nam", "segue::script::failed 2 a person has no `nam`"),
        ("#{}.plan", "segue::script::failed 2 the map has no `plan`"),
        ("[1][5]", "segue::script::failed 2 the array has 1 item, and none at 5"),
        ("\"a\"[3]", "segue::script::failed 2 the string has 1 character, and none at 3"),
        ("no_such()", "segue::script::unknown_function 2 there is no function `no_such`"),
        ("[1].push()", "segue::script::unknown_function 2 `push` takes 1 argument, and none is given here"),
        ("1 + ()", "segue::script::unknown_function 2 `+` doesn't go with an integer and ()"),
        ("coutn", "segue::script::failed 2 there is no variable `coutn` here"),
        ("if 1 + 0 { }", "segue::script::failed 2 true or false is needed here, and this is an integer"),
        ("for x in 1 + 0 { }", "segue::script::failed 2 `for` needs something to go through"),
        ("m::f()", "segue::script::module 2 there is no module `m`"),
        ("1 / 0", "segue::script::failed 2 division by zero: 1 / 0"),
        ("inner(#{})", "segue::script::failed 1 the map has no `plan`"),
        ("[#{}].map(|row| row.plan)", "segue::script::failed 2 the map has no `plan`"),
    ] {
        let of = |rest: &str| {
            format!("fn inner(row) {{ row.plan }} try {{\n {failing}\n}} catch (e) {{\n {rest} }}")
        };
        let printed = prints(&of("print(`${e.kind} ${e.line} ${e.message}`); print(e.tool == () || true)"));
        assert_eq!(printed[0], words, "{failing}");
        let ran = run(&of("throw e;"), vec![]);
        let wrong = ran.wrong();
        let fault = &wrong.faults[0];
        let line = wrong.place.as_ref().unwrap().line;
        assert_eq!(format!("{} {line} {}", fault.code.name(), fault.message), words, "{failing}");
        assert_eq!(wrong.again.as_ref().map(|again| again.line), Some(4), "{failing}");
    }
}

#[test]
fn an_error_in_a_variable_of_a_closure_or_a_function_is_the_same() {
    let printed = prints(
        "fn tell(e) { e.message }
         try { [][1] } catch (e) { let f = || e.message; print(f.call()); print(tell(e)); print(e) }
         try { throw #{ error: \"mine\", message: \"own\" } } catch (e) { print(e.error) }",
    );
    assert_eq!(printed, ["the array is empty", "the array is empty", "the array is empty", "mine"]);
}
