use super::*;

#[test]
fn a_tool_takes_values_in_order_or_a_map_or_a_slug() {
    let expected = r#"add_person_to_group(#{ user_id: "u-1", group_id: "acme", traits: #{ plan: "pro" } })"#;
    for script in [
        r#"add_person_to_group("u-1", "acme", #{ plan: "pro" })"#,
        r#"add_person_to_group(#{ group_id: "acme", user_id: "u-1", traits: #{ plan: "pro" } })"#,
        r#"tool("CUSTOMERIO_ADD_PERSON_TO_GROUP", #{ group_id: "acme", user_id: "u-1", traits: #{ plan: "pro" } })"#,
        r#"let p = "u-1"; p.add_person_to_group("acme", #{ plan: "pro" })"#,
        r#"let f = |p| add_person_to_group(p, "acme", #{ plan: "pro" }); f.call("u-1")"#,
        r#"let plan = "pro"; let f = || add_person_to_group("u-1", "acme", #{ plan: plan }); f.call()"#,
    ] {
        let ran = run(script, vec![]);
        assert_eq!(ran.result, Ok(()), "{script}");
        assert_eq!(ran.calls, [expected], "{script}");
    }
}

#[test]
fn a_segment_is_taken_by_value() {
    let segment = r#"#{ id: 3, name: "VIP", tags: () }"#;
    for (call, expected) in [
        ("get_segment_details", "get_segment_details(#{ segment_id: #{"),
        ("segment_members", "get_segment_membership(#{ segment_id: #{"),
    ] {
        let page = r#"{"identifiers":[]}"#;
        let ran = run(
            &format!("let s = {segment}; let x = {call}(s); try {{ x.count() }} catch {{}}"),
            vec![Ok(page)],
        );
        assert_eq!(ran.result, Ok(()), "{call}");
        assert!(ran.calls[0].starts_with(expected), "{:?}", ran.calls);
    }
    assert_eq!(run("get_segment_details(#{ name: 3 })", vec![]).code(), Code::ArgumentUnknown);
}

#[test]
fn a_wrong_name_or_number_is_a_fault_of_ours_and_calls_nothing() {
    for (script, code) in [
        (r#"add_person_to_group(#{ userId: "u-1" })"#, Code::ArgumentUnknown),
        (r#"get_segments(1)"#, Code::ArgumentTooMany),
        (r#"suppress_person("a", "b", "c")"#, Code::ArgumentTooMany),
        (r#"tool("CUSTOMERIO_NOTHING", #{})"#, Code::ToolUnknown),
        (r#"add_person_to_gruop("u-1", "acme")"#, Code::UnknownFunction),
        (r#"segment_members(#{ segment_id: 3, limit: 7 })"#, Code::ArgumentUnknown),
        (r#"segment_members()"#, Code::ArgumentMissing),
        (r#"messages(#{ type: "fax" })"#, Code::ArgumentChoice),
    ] {
        let ran = run(script, vec![]);
        assert_eq!(ran.code(), code, "{script}");
        assert!(ran.calls.is_empty(), "{script}");
    }
}

#[test]
fn a_person_goes_as_the_identifiers_it_has() {
    let ran = run(
        r#"suppress_person(person(#{ cio_id: "a3" })); track_event(person(#{ email: "a@x.io", id: () }), "x")"#,
        vec![],
    );
    assert_eq!(ran.result, Ok(()));
    assert_eq!(ran.calls[0], r#"suppress_person(#{ identifier: person(#{ cio_id: "a3" }) })"#);
    assert!(ran.calls[1].contains(r#"person(#{ email: "a@x.io" })"#), "{}", ran.calls[1]);
    for (script, code) in [
        ("person(#{})", Code::PersonNoIdentifier),
        (r#"person(#{ id: "" })"#, Code::PersonNoIdentifier),
        (r#"person(#{ mail: "a@x.io" })"#, Code::ArgumentUnknown),
        ("person(#{ id: 7 })", Code::ArgumentType),
    ] {
        assert_eq!(run(script, vec![]).code(), code, "{script}");
    }
}

#[test]
fn a_failure_has_the_place_of_its_call_and_the_way_there() {
    let script = "fn inner(x) {\n    get_trigger(x, 2);\n}\nfn outer() { inner(1); }\n\n  outer();\n";
    let ran = run(script, vec![Err(refused())]);
    let wrong = ran.wrong();
    let place = wrong.place.as_ref().unwrap();
    assert_eq!((place.source.as_str(), place.line, place.column), ("test.rhai", 2, 5));
    let frames: Vec<_> =
        wrong.frames.iter().map(|frame| (frame.function.as_str(), frame.place.line)).collect();
    assert_eq!(frames, [("`inner`", 4), ("`outer`", 6)]);
    assert_eq!(wrong.call.as_deref(), Some("get_trigger"));
}

#[test]
fn a_script_may_end_itself_and_fails_with_a_code_of_its_own() {
    assert_eq!(prints("print(1); if true { exit(0) } print(2)"), ["1"]);
    assert_eq!(prints("print(1); fn f() { exit() } f(); print(2)"), ["1"]);
    let ran = run("print(1); exit(3); print(2)", vec![]);
    assert_eq!((ran.code(), ran.printed.len()), (Code::ScriptThrew, 1));
}

#[test]
fn a_stop_is_not_caught() {
    let ran = run("try { sleep(1000) } catch { print(\"caught\") }", vec![]);
    assert_eq!(ran.result, Err(Failure::Stopped));
    assert!(ran.printed.is_empty());
}

#[test]
fn arguments_take_the_type_of_their_default() {
    assert_eq!(
        prints(r#"print(arg("given", 1) + 1); print(arg("given")); print(arg("other", "x"))"#),
        ["8", "7", "x"]
    );
    assert_eq!(prints(r#"print(arg_int("given") + 1); print(arg_int("other", 3) + 1)"#), ["8", "4"]);
    for function in ["arg", "arg_int"] {
        assert_eq!(run(&format!(r#"{function}("other")"#), vec![]).code(), Code::ScriptArgumentMissing);
    }
}

#[test]
fn what_could_differ_between_runs_is_asked_of_the_host() {
    assert_eq!(
        prints("print(now()); print(random()); print(iso(now())); print(flush().accepted)"),
        ["864000", "0.5", "1970-01-11T00:00:00Z", "2"]
    );
    assert_eq!(prints(r#"print(read_lines("people.txt"))"#), [r#"["ada", "grace"]"#]);
    assert_eq!(prints(r#"import "std/dates" as dates; print(dates::days_ago(10))"#), ["0"]);
}

#[test]
fn what_would_escape_the_host_is_not_there() {
    for script in ["timestamp()", "let f = eval; f", r#"eval("1")"#, r#"import "std/nothing" as n;"#] {
        assert!(run(script, vec![]).result.is_err(), "{script}");
    }
}

#[test]
fn limits_end_a_script_that_would_not_end_by_itself() {
    assert_eq!(run("fn f() { f() } f()", vec![]).code(), Code::ScriptLimit);
    let deep = format!("let x = {}1{};", "(".repeat(500), ")".repeat(500));
    assert_eq!(run(&deep, vec![]).code(), Code::ScriptParse);
    assert_eq!(run("let s = \"x\"; s.pad(1_000_000_000_000, 'x');", vec![]).code(), Code::ScriptLimit);
}

#[test]
fn a_missing_property_is_an_error_and_not_nothing() {
    assert_eq!(run("let m = #{ plan: 1 }; m.paln", vec![]).code(), Code::ScriptFailed);
}

#[test]
fn what_a_script_throws_is_told_in_its_own_words() {
    assert_eq!(run("throw \"stop here\"", vec![]).wrong().faults[0].message, "stop here");
    assert_eq!(run("throw #{ message: \"too few\", n: 3 }", vec![]).wrong().faults[0].message, "too few");
}

#[test]
fn a_misspelt_function_of_ours_is_known_by_its_name() {
    for (wrong, right) in [
        ("segment_membres(7)", "segment_members"),
        ("trak_event(7)", "track_event"),
        ("read_cvs(\"x\")", "read_csv"),
        ("tabel([])", "table"),
        ("csv_rwo([])", "csv_row"),
        ("prnt(1)", "print"),
        ("persn(#{})", "person"),
        ("retyr(3, || 1)", "retry"),
        ("with_rety(#{}, || 1)", "with_retry"),
        ("[1].chunsk(2)", "chunks"),
        ("fn own_one() { } own_oen()", "own_one"),
    ] {
        let help = run(wrong, vec![]).wrong().faults[0].help.clone();
        assert_eq!(help.unwrap(), format!("did you mean `{right}`?"), "{wrong}");
    }
}

#[test]
fn a_key_is_written_bare_just_where_rhai_takes_it_so() {
    // Rhai keeps words for later, many of them from other languages.
    let words = "Fn abstract alias and any array as assert async await begin bool break byte call case catch \
        char class const constexpr constructor continue crate curry debug declare def default defer del \
        delete do double dyn elif else elseif end ensure enum eval except exit explicit export extends \
        extern fallthrough false final finally float fn for foreach friend from func function get global go \
        goto if impl implements implicit import in include inline instanceof int interface internal is \
        is_def_fn is_def_var is_shared lambda let local long loop macro match mod module move mut mutable \
        namespace native new nil none nonlocal not null object of operator or override package partial pass \
        print priv private proc protected pub public raise range readonly ref register repeat require rescue \
        return self set shared short signed sizeof spawn static step string struct super switch sync \
        template then this thread throw throws trait true try type type_of typedef typeof union unless \
        unsafe unset unsigned until use using val var virtual void volatile when where while with yield";
    let letters: Vec<String> = (b'a'..=b'z').map(|c| char::from(c).to_string()).collect();
    let longer = |words: &[String]| -> Vec<String> {
        words.iter().flat_map(|word| letters.iter().map(move |c| format!("{word}{c}"))).collect()
    };
    let two = longer(&letters);
    let all = words.split(' ').map(String::from).chain(longer(&two)).chain(two).chain(letters.clone());
    let engine =
        super::super::engine(&super::super::World::new(Arc::new(Fake::default())), &Sources::default());
    for word in all {
        let map: rhai::Map = [(word.as_str().into(), 1.into())].into_iter().collect();
        let rendered = crate::request::brief(&crate::spec::Arg::Object(&map));
        let bare = engine
            .lex([&word])
            .0
            .next()
            .is_some_and(|(token, _)| matches!(token, rhai::Token::Identifier(_)));
        let expected = if bare { format!("#{{ {word}: 1 }}") } else { format!("#{{ {word:?}: 1 }}") };
        assert_eq!(rendered, expected);
        assert!(!words.contains(&word) || engine.compile(&rendered).is_ok(), "{rendered}");
    }
}

#[test]
fn a_closure_is_shown_without_the_name_rhai_makes_up_for_it() {
    let ran = run(
        "fn f() { } let c = |x| x; print(c); print([c]); print(`${c}`); print(c.to_string()); print(f)",
        vec![],
    );
    assert_eq!(ran.printed, ["a closure", "[a closure]", "a closure", "a closure", "Fn(f)"]);
}
