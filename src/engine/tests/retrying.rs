//! Blocks with limits of their own, and blocks that are tried again.

use super::*;

fn failed(code: Code) -> CallError {
    CallError::one("get_trigger", Fault::new(code, At::Call, "failed"))
}

fn away() -> CallError {
    failed(Code::NoAnswer)
}

/// The attempts and the timeout in seconds that each call was given; `None` for the run's own.
fn given(script: &str, answers: Vec<Result<&str, CallError>>) -> Vec<Option<(u32, f64)>> {
    let ran = run(script, answers);
    assert_eq!(ran.result, Ok(()), "{script}");
    ran.limits
        .iter()
        .map(|limits| limits.map(|limits| (limits.attempts, limits.timeout.as_secs_f64())))
        .collect()
}

#[test]
fn the_limits_hold_for_every_call_inside_the_block_and_for_none_outside() {
    let own = Some((8, 30.0));
    let page = r#"{"newsletters":[{"id":1}]}"#;
    for (script, expected) in [
        ("with_retry(#{ attempts: 8 }, || get_segments()); get_segments()", vec![own, None]),
        ("fn f() { get_segments() } with_retry(#{ attempts: 8 }, || f())", vec![own]),
        ("fn f() { get_segments() } with_retry(#{ attempts: 8 }, f)", vec![own]),
        ("let f = || get_segments(); with_retry(#{ attempts: 8 }, f)", vec![own]),
        ("with_retry(#{ attempts: 8 }, Fn(\"get_segments\"))", vec![own]),
        ("#{ attempts: 8 }.with_retry(|| tool(\"CUSTOMERIO_GET_SEGMENTS\"))", vec![own]),
        ("with_retry(#{ attempts: 8 }, || newsletters().count())", vec![own]),
        ("let s = newsletters(); with_retry(#{ attempts: 8 }, || s.count()); s.count()", vec![own, None]),
        ("for x in with_retry(#{ attempts: 8 }, || newsletters()) { print(x) }", vec![None]),
        ("[1].map(|x| with_retry(#{ attempts: 8 }, || [x].map(|y| get_segments())))", vec![own]),
        ("with_retry(#{ attempts: 8 }, || retry(2, || get_segments()))", vec![own]),
        ("with_retry(#{}, || get_segments())", vec![Some((6, 30.0))]),
    ] {
        assert_eq!(given(script, vec![Ok(page), Ok(page)]), expected, "{script}");
    }
}

#[test]
fn a_block_in_a_block_changes_what_it_names() {
    let script = "with_retry(#{ attempts: 8, timeout: 2.5 }, || {
        get_segments();
        with_retry(#{ attempts: 3 }, || get_segments());
        get_segments();
    })";
    assert_eq!(given(script, vec![]), [Some((8, 2.5)), Some((3, 2.5)), Some((8, 2.5))]);
    let all = "with_retry(#{ attempts: 1, timeout: 2, horizon: 3, first_pause: 0.5, longest_pause: 5, \
        longest_retry_after: 6 }, || get_segments())";
    let limits = run(all, vec![]).limits[0].unwrap();
    let Limits { attempts, timeout, horizon, first_pause, longest_pause, longest_retry_after, .. } = limits;
    let times = [timeout, horizon, first_pause, longest_pause, longest_retry_after];
    assert_eq!((attempts, times.map(|time| time.as_secs_f64())), (1, [2.0, 3.0, 0.5, 5.0, 6.0]));
}

#[test]
fn the_limits_around_hold_again_however_the_block_ends() {
    for script in [
        "try { with_retry(#{ attempts: 8 }, || throw \"no\") } catch {} get_segments()",
        "try { with_retry(#{ attempts: 8 }, || get_segments(1)) } catch {} get_segments()",
        "with_retry(#{ attempts: 8 }, || { if true { return 1 } get_segments() }); get_segments()",
        "try { with_retry(#{ attempts: 8 }, || no_such_function()) } catch {} get_segments()",
        "try { with_retry(#{ attempts: 0 }, || 1) } catch {} get_segments()",
        "for i in 0..3 { try { with_retry(#{ attempts: 8 }, || with_retry(#{ attempts: 2 }, || throw i)) } catch {} } get_segments()",
    ] {
        assert_eq!(given(script, vec![]), [None], "{script}");
    }
    // Nor does a script that was ended within a block leave its limits to the next on its thread.
    for end in ["exit()", "sleep(5000)", "f()"] {
        let host = Arc::new(Fake::default());
        let of = |text: &str| Script::compile(text, "t.rhai", host.clone(), &Sources::default()).unwrap();
        let ended = of(&format!("fn f() {{ f() }} with_retry(#{{ attempts: 8 }}, || {end})"));
        let next = of("get_segments()");
        let thread = std::thread::Builder::new().stack_size(crate::engine::STACK);
        let both = thread.spawn(move || (ended.run(), next.run())).unwrap().join().unwrap();
        assert!(both.0.is_ok() == (end == "exit()") && both.1.is_ok(), "{end}: {both:?}");
        assert_eq!(*host.limits.lock().unwrap(), [None], "{end}");
    }
}

#[test]
fn both_give_back_what_the_block_does() {
    assert_eq!(
        prints("print(with_retry(#{}, || 7)); print(retry(3, || #{ a: 1 })); print(retry(1, || ()) == ())"),
        ["7", "#{\"a\": 1}", "true"]
    );
}

#[test]
fn a_block_is_tried_until_it_ends_well() {
    let ran =
        run("print(retry(5, || get_trigger(1, 2).id))", vec![Err(away()), Err(away()), Ok(r#"{"id":9}"#)]);
    assert_eq!((ran.result, ran.printed), (Ok(()), vec!["9".to_string()]));
    assert_eq!(ran.calls.len(), 3);
    // Half of a pause that doubles, by the draw of the host.
    assert_eq!(ran.slept, [Duration::from_millis(250), Duration::from_millis(500)]);

    let script = "let n = 0; retry(9, || { n += 1; if n < 4 { throw `no ${n}` } }); print(n)";
    let ran = run(script, vec![]);
    assert_eq!((ran.result, ran.printed, ran.slept.len()), (Ok(()), vec!["4".to_string()], 3));
    let script = "let n = -1; print(retry(3, || { n += 1; [7][1 - n] }))";
    assert_eq!(prints(script), ["7"]);
}

#[test]
fn the_pauses_between_are_those_of_the_block_around_and_as_long_as_the_server_asked() {
    let asked = CallError { retry_after: Some(Duration::from_secs(20)), ..away() };
    let answers = || vec![Err(asked.clone()), Err(away()), Ok("{}")];
    let ran = run("retry(5, || get_trigger(1, 2))", answers());
    assert_eq!(ran.slept, [Duration::from_secs(20), Duration::from_millis(500)]);
    let script = "with_retry(#{ first_pause: 0, longest_retry_after: 2 }, || retry(5, || get_trigger(1, 2)))";
    assert_eq!(run(script, answers()).slept, [Duration::from_secs(2), Duration::ZERO]);
}

#[test]
fn the_last_error_is_thrown_with_its_place_and_how_often_it_was_tried() {
    let ran = run("\nretry(3, || {\n  get_trigger(1, 2)\n})", vec![Err(away()), Err(away()), Err(refused())]);
    let wrong = ran.wrong();
    assert_eq!((wrong.faults[0].code, wrong.place.as_ref().unwrap().line), (Code::Refused, 3));
    let help = wrong.faults[0].help.as_deref().unwrap();
    assert_eq!(help, "`retry` tried the block 3 times; no more was asked for");
    let frames: Vec<_> =
        wrong.frames.iter().map(|frame| (frame.function.as_str(), frame.place.line, frame.times)).collect();
    assert_eq!(frames, [("a closure", 2, 3)]);

    // The script's own words stay as they are: what is told of the tries is the way there.
    let ran = run("fn f() { retry(2, || { throw \"no\" }) }\nf()", vec![]);
    let wrong = ran.wrong();
    assert_eq!(wrong.faults[0].message, "no");
    let times: Vec<_> = wrong.frames.iter().map(|frame| (frame.function.as_str(), frame.times)).collect();
    assert_eq!(times, [("a closure", 2), ("`f`", 1)]);
    assert_eq!(prints("try { retry(2, || { throw \"no\" }) } catch (e) { print(e == \"no\") }"), ["true"]);
}

#[test]
fn what_would_be_no_better_is_tried_once() {
    let once = |script: &str, answers| {
        let ran = run(script, answers);
        assert!(ran.result.is_err(), "{script}");
        assert!(ran.slept.is_empty(), "{script}");
        ran
    };
    let codes = [
        Code::InDoubt,
        Code::GrantMissing,
        Code::GrantReadOnly,
        Code::GrantDenied,
        Code::BarrierClosed,
        Code::Unauthorized,
        Code::Forbidden,
        Code::CredentialsMissing,
        Code::WrongRegion,
        Code::ArgumentRange,
        Code::SegmentUnknown,
    ];
    for code in codes {
        let ran = once("retry(5, || get_trigger(1, 2))", vec![Err(failed(code))]);
        let help = ran.wrong().faults[0].help.clone().unwrap();
        assert!(help.starts_with("`retry` tried the block once; "), "{help}");
    }
    for script in [
        "retry(5, || get_segments(1))",
        "retry(5, || no_such_function())",
        "retry(5, || no_such_variable)",
        "retry(5, || person(#{ id: \"a\" }).mail)",
        "retry(5, || exit(2))",
        "retry(5, || env(\"NOT_THERE\"))",
        "retry(5, || retry(0, || 1))",
        "retry(5, || { fn_that_is_missing() })",
    ] {
        once(script, vec![]);
    }
    let ran = run("retry(5, || exit()); print(1)", vec![]);
    assert_eq!((ran.result, ran.printed.len()), (Ok(()), 0));
}

#[test]
fn what_is_in_doubt_is_not_tried_again_also_where_the_block_hides_it() {
    let script = "retry(5, || { try { get_trigger(1, 2) } catch { throw \"no luck\" } })";
    let ran = run(script, vec![Err(failed(Code::InDoubt))]);
    assert_eq!((ran.calls.len(), ran.wrong().faults[0].message.as_str()), (1, "no luck"));
    // One from before the block is no reason.
    let before = format!("try {{ get_trigger(1, 2) }} catch {{}} {script}");
    let ran = run(&before, vec![Err(failed(Code::InDoubt)), Err(away()), Ok("{}")]);
    assert_eq!((ran.result, ran.calls.len()), (Ok(()), 3));
}

#[test]
fn a_stop_ends_the_pause_and_the_tries() {
    let script = "with_retry(#{ first_pause: 3600, longest_pause: 3600 }, || retry(5, || get_trigger(1, 2)))";
    let ran = run(script, vec![Err(away())]);
    assert_eq!((ran.result, ran.calls.len()), (Err(Failure::Stopped), 1));
}

#[test]
fn blocks_count_as_calls() {
    for script in ["fn f() { with_retry(#{}, || f()) } f()", "fn f() { retry(3, || f()) } f()"] {
        let ran = run(script, vec![]);
        assert_eq!((ran.code(), ran.slept.len()), (Code::ScriptLimit, 0), "{script}");
    }
}

#[test]
fn a_block_of_a_module_is_called_with_what_its_module_has() {
    let folder = tempfile::tempdir().unwrap();
    let module = "private fn own() { get_segments() }\n\
        fn patient() { with_retry(#{ attempts: 9 }, || own()) }\n\
        fn twice(f) { retry(2, f) }\n\
        fn bad() {\n  retry(2, || get_trigger(1, 2)) }\n";
    let file = folder.path().join("m.rhai");
    std::fs::write(&file, module).unwrap();
    let import = format!("import {:?} as m;\n", file.to_str().unwrap());
    assert_eq!(given(&format!("{import}m::patient(); get_segments()"), vec![]), [Some((9, 30.0)), None]);
    let script = format!("{import}fn mine() {{ get_trigger(1, 2) }} m::twice(|| mine())");
    assert_eq!(run(&script, vec![Err(away()), Ok("{}")]).result, Ok(()));
    let ran = run(&format!("{import}m::bad()"), vec![Err(away()), Err(away())]);
    let place = ran.wrong().place.as_ref().unwrap();
    assert!(place.source.ends_with("m.rhai") && place.line == 5, "{place:?}");
}

#[test]
fn nonsense_is_a_fault_at_its_place_and_calls_nothing() {
    let value = |steps: &[&str]| At::Value(steps.iter().map(ToString::to_string).collect());
    let key = |name: &str| At::Key(vec!["options".into(), name.into()]);
    let option = |name: &str| value(&["options", name]);
    for (script, code, at, words) in [
        ("with_retry(#{ retries: 3 }, B)", Code::ArgumentUnknown, key("retries"), "no limit `retries`"),
        (
            "with_retry(#{ attempts: 0 }, B)",
            Code::ArgumentRange,
            option("attempts"),
            "from 1 to 100, and got 0",
        ),
        ("with_retry(#{ attempts: -1 }, B)", Code::ArgumentRange, option("attempts"), "and got -1"),
        ("with_retry(#{ attempts: 1.5 }, B)", Code::ArgumentRange, option("attempts"), "a whole number"),
        ("with_retry(#{ timeout: 0 }, B)", Code::ArgumentRange, option("timeout"), "seconds from 0.01"),
        ("with_retry(#{ horizon: -1 }, B)", Code::ArgumentRange, option("horizon"), "seconds from 0"),
        ("with_retry(#{ timeout: \"5\" }, B)", Code::ArgumentType, option("timeout"), "and got a string"),
        ("with_retry(#{ timeout: () }, B)", Code::ArgumentType, option("timeout"), "and got ()"),
        ("with_retry(8, B)", Code::ArgumentType, value(&["options"]), "a map of limits, and got an integer"),
        ("with_retry(#{}, 7)", Code::ArgumentType, value(&["block"]), "a closure, and got an integer"),
        ("with_retry(#{}, get_segment)", Code::ScriptFailed, At::Call, "no variable"),
        ("with_retry(#{}, |x| x)", Code::ArgumentType, value(&["block"]), "takes parameters"),
        ("with_retry(#{}, Fn(\"nobody\"))", Code::ArgumentType, value(&["block"]), "no function `nobody`"),
        ("with_retry(B)", Code::ArgumentMissing, At::Call, "got one of them"),
        ("with_retry()", Code::ArgumentMissing, At::Call, "got nothing"),
        ("with_retry(#{}, B, 1)", Code::ArgumentTooMany, At::Call, "got 3 arguments"),
        ("retry(0, B)", Code::ArgumentRange, value(&["times"]), "from 1 to 100, and got 0"),
        ("retry(-3, B)", Code::ArgumentRange, value(&["times"]), "and got -3"),
        ("retry(1000, B)", Code::ArgumentRange, value(&["times"]), "and got 1000"),
        ("retry(2.0, B)", Code::ArgumentType, value(&["times"]), "and got a float"),
        ("retry(\"5\", B)", Code::ArgumentType, value(&["times"]), "and got a string"),
        ("retry(5, ())", Code::ArgumentType, value(&["block"]), "a closure, and got ()"),
        ("retry(B)", Code::ArgumentMissing, At::Call, "how often and a closure"),
        ("retry(B, 5)", Code::ArgumentType, value(&["times"]), "a function"),
    ] {
        let ran = run(&script.replace('B', "|| get_segments()"), vec![]);
        let fault = &ran.wrong().faults[0];
        assert_eq!((fault.code, &fault.at), (code, &at), "{script}: {fault:?}");
        assert!(fault.message.contains(words), "{script}: {fault:?}");
        assert!(ran.calls.is_empty(), "{script}");
    }
    let ran = run("with_retry(#{ attemps: 3, timeout: 0, horizon: \"x\" }, 5)", vec![]);
    assert_eq!(ran.wrong().faults.len(), 4, "all at once: {:?}", ran.wrong().faults);
    assert!(ran.wrong().faults.iter().any(|fault| fault.help.as_deref() == Some("did you mean `attempts`?")));
}
