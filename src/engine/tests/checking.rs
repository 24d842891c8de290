//! What is known of a script before it runs, and what isn't: a script that may be right is never accused.

use super::*;
use crate::engine::Checked;

fn checked_at(script: &str, source: &str) -> Checked {
    compiled(script, source, Script::check)
}

fn compiled<T: Send + 'static>(script: &str, source: &str, then: fn(&Script) -> T) -> T {
    let (script, source) = (script.to_string(), source.to_string());
    let thread = std::thread::Builder::new().stack_size(super::super::STACK);
    let compile = move || {
        let host = Arc::new(Fake::default());
        then(&Script::compile(&script, &source, host, &Sources::default()).expect("it parses"))
    };
    thread.spawn(compile).unwrap().join().unwrap()
}

/// The message of each fault that a script's text shows.
fn found(script: &str) -> Vec<String> {
    messages(&checked_at(script, "test.rhai").wrongs)
}

fn doubtful(script: &str) -> Vec<String> {
    messages(&checked_at(script, "test.rhai").doubtful)
}

fn messages(wrongs: &[Wrong]) -> Vec<String> {
    let faults = || wrongs.iter().flat_map(|wrong| &wrong.faults);
    assert!(faults().all(|fault| !fault.help.as_ref().is_some_and(|help| help.contains("anon$"))));
    faults().map(|fault| fault.message.clone()).collect()
}

/// What is found in `main`, with modules beside it; nothing, if it runs to its end.
fn with_modules(main: &str, modules: &[(&str, &str)]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in modules {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let source = folder.path().join("main.rhai").display().to_string();
    let wrongs = checked_at(main, &source).wrongs;
    assert!(wrongs.is_empty() || compiled(main, &source, Script::run).is_err(), "{wrongs:#?}");
    messages(&wrongs)
}

#[test]
fn what_cannot_be_right_is_found() {
    for (script, message) in [
        ("get_segmnts()", "there is no function `get_segmnts`"),
        ("fn f() { get_segmnts() }", "there is no function `get_segmnts`"),
        ("[1].map(|x| get_segmnts())", "there is no function `get_segmnts`"),
        ("`${get_segmnts()}`", "there is no function `get_segmnts`"),
        ("switch 1 { 2 | 3 | 4 => get_segmnts(), _ => 3 }", "there is no function `get_segmnts`"),
        ("loop { break get_segmnts() }", "there is no function `get_segmnts`"),
        ("fn f(a) { a } f(1, 2)", "`f` takes 1 argument, and 2 are given here"),
        ("fn f() { 1 } fn f(a, b) { a } f(1)", "`f` takes 0 or 2 arguments, and 1 is given here"),
        ("fn f(a) { a } f()", "`f` takes 1 argument, and none is given here"),
        ("flush(1)", "`flush` takes no arguments, and 1 is given here"),
        ("import \"std/dates\" as d; d::day(1)", "the module `d` has no function `day`"),
        (
            "import \"std/dates\" as d; d::days_ago()",
            "`d::days_ago` takes 1 argument, and none is given here",
        ),
        ("import \"std/dates\" as d; e::days_ago(1)", "no module is imported as `e`"),
        ("import \"std/no\" as d;", "the library has no module \"std/no\""),
        ("track_event(\"u\")", "`track_event` needs `event`"),
        ("\"u\".track_event(7)", "`event` takes a string, and got an integer"),
        ("let p = 1; track_event(p, 7)", "`event` takes a string, and got an integer"),
        ("let p = 1; track_event(#{ user_id: p, event: 7 })", "`event` takes a string, and got an integer"),
        ("let p = 1; track_event(#{ user_id: p })", "`track_event` needs `event`"),
        ("tool(\"CUSTOMERIO_TRACK_EVENT\", #{ user_id: \"u\" })", "`track_event` needs `event`"),
        ("tool(\"CUSTOMERIO_NO\")", "there is no tool `CUSTOMERIO_NO`"),
        (
            "segment_members(#{ segment_id: 1, limit: 5 })",
            "`segment_members` goes through all pages and sets `limit` itself",
        ),
        (
            "let x = 1; trigger_broadcast(1, x, (), [x, 7])",
            "an entry of `ids` has to be an id (a string) or a person, and this one is an integer",
        ),
        ("let x = 1; trigger_broadcast(1, x)", "`trigger_broadcast` needs to be told who receives it"),
        (
            "let x = 1; trigger_broadcast(1, x, #{ and: [#{ segment: #{ id: x } }, #{ nor: x }] })",
            "a filter has no `nor`",
        ),
        ("let x = 1; send_batch([#{ type: \"track\", user_id: x }])", "`track_event` needs `event`"),
        ("try { get_segments() } catch { get_segmnts() }", "there is no function `get_segmnts`"),
        ("try { get_segments() } catch { } get_segmnts()", "there is no function `get_segmnts`"),
        ("print(nam)", "there is no variable `nam` here"),
        ("let a = 1; print(`${a} ${b}`)", "there is no variable `b` here"),
        ("let a = a;", "there is no variable `a` here"),
        ("a = 1;", "there is no variable `a` here"),
        ("a.b = 1;", "there is no variable `a` here"),
        ("let a = [1]; a[i]", "there is no variable `i` here"),
        ("let a = #{}; a.b[i].c", "there is no variable `i` here"),
        ("print(a); let a = 1;", "there is no variable `a` here"),
        ("print(a); print(a); print(a)", "there is no variable `a` here"),
        ("{ let a = 1; } print(a)", "there is no variable `a` here"),
        ("if true { let a = 1; } print(a)", "there is no variable `a` here"),
        ("for a in 0..2 { } print(a)", "there is no variable `a` here"),
        ("do { let a = 1; } while a > 1", "there is no variable `a` here"),
        ("let x = if true { let a = 1; a } else { a };", "there is no variable `a` here"),
        ("switch 1 { 1 => a, _ => 2 }", "there is no variable `a` here"),
        ("switch 1 { 1 if a => 1, _ => 2 }", "there is no variable `a` here"),
        ("try { 1 } catch (e) { print(e); print(f) }", "there is no variable `f` here"),
        ("try { 1 } catch (e) { } throw e", "there is no variable `e` here"),
        ("let a = 1; fn f() { a } f()", "there is no variable `a` here"),
        ("const A = 1; fn f() { A } f()", "there is no variable `A` here"),
        ("fn f(a) { b } f(1)", "there is no variable `b` here"),
        ("let f = |a| a + b;", "there is no variable `b` here"),
        ("let a = 1; let f = |x| |y| a + x + y + z;", "there is no variable `z` here"),
        ("loop { break a }", "there is no variable `a` here"),
        ("return a", "there is no variable `a` here"),
        ("let b = a ?? 1;", "there is no variable `a` here"),
        ("console.log(\"x\")", "there is no variable `console` here"),
        ("import \"std/dates\" as dates; dates.days_ago(1)", "`dates` is a module, and no value"),
        ("import std/dates;", "there is no variable `std` here"),
        (
            "fn f() { get_segmnts() } try { get_segments() } catch { } f()",
            "there is no function `get_segmnts`",
        ),
        (
            "fn f() { get_segmnts() } let x = 1; try { track_event(x, \"e\") } catch { } f()",
            "there is no function `get_segmnts`",
        ),
    ] {
        assert_eq!(found(script), [message], "{script}");
    }
}

#[test]
fn what_may_be_right_is_not_accused() {
    for script in [
        // A variable, a pointer, a function that is looked for.
        "let f = |a| a; f.call(1);",
        "let f = Fn(\"get_segmnts\"); f.call();",
        "let f = |a| a; f(1);",
        "fn f(g) { g.call(1) } f(|a| a);",
        "if is_def_fn(\"later\", 1) { later(1) }",
        "#{ act: |a| a }.act(1);",
        "let m = #{ act: |a| a }; m.act(1);",
        "let m = #{ track_event: |a| a }; m.track_event(7);",
        // A name that is the script's own.
        "let track_event = |a| a; track_event(7);",
        "fn f(track_event) { track_event(7) } f(|a| a);",
        "fn track_event(a) { a } track_event(7);",
        "fn get_segmnts() { 1 } get_segmnts();",
        "fn this_one() { this } \"a\".this_one();",
        // What a run tells.
        "let x = 1; track_event(x);",
        "let x = #{}; track_event(x, x, x);",
        "let x = (); trigger_broadcast(1, x, x, x);",
        "let x = (); trigger_broadcast(1, (), x);",
        "let x = (); trigger_broadcast(#{ broadcast_id: x, ids: x });",
        "let x = (); trigger_broadcast(1, (), #{ and: x });",
        "let x = (); trigger_broadcast(1, (), #{ attribute: x });",
        "let x = \"email\"; trigger_broadcast(1, (), (), [x, `${x}`, x.id]);",
        "let x = 7; send_batch([x, #{ type: x, user_id: 7 }]);",
        "let x = 7; send_batch(x);",
        "let x = 7; segment_members(#{ segment_id: x, limit: x });",
        "let x = 7; track_event(\"u\" + x, \"e\" + x, #{ a: x, b: [x] }, (), x);",
        "let x = \"CUSTOMERIO_NO\"; tool(x);",
        "tool(\"CUSTOMERIO_TRACK_EVENT\", arg(\"x\", 1));",
        "get_segments(#{});",
        // Imports that only a run tells.
        "import \"std/\" + \"dates\" as d; d::what(1, 2, 3);",
        "let p = \"a\"; if false { import p as d; } d::what(1);",
        "import \"std/dates\" as d; if true { import \"x\" + \"y\" as d; d::what(1) }",
        "const A = 1; print(global::A);",
        // Variables as far as they reach.
        "let a = 1; { a } if true { a } else { a } while a > 1 { a } loop { a; break } do { a } until a > 1;",
        "for (a, i) in [1] { print(a + i) }",
        "let a = 1; let f = || { let b = a; || a + b }; f.call()",
        "let a = 1; a = 2; a += 1; let b = #{ a: a }; b.a = a; b[\"a\"] = a; b.c()",
        "fn f(a, b) { let c = a; for d in b { c += d } c } f(1, [])",
        "fn f() { this.a + this } #{ a: 1 }.f()",
        "fn f() { let n = 3; || n } f().call()",
        "const A = 1; fn f() { global::A } f()",
        "fn f() { 1 } let g = f; g.call(); with_retry(#{}, f)",
        "fn f() { g.call() } fn g() { 1 } f()",
        "let a = 1; fn f() { a } f!()",
        "fn f() { if is_def_var(\"a\") { a } }",
        "let a = 1; switch a { 1 => { let b = 2; b }, 2..4 if a > 2 => a, _ => a }",
        "let a = \"std/\"; import a + \"dates\" as d;",
        "let a = 1; export a as b;",
        "try { 1 } catch (e) { print(e) }",
        "let a = 1; let a = a + 1; let s = `${a}${{ let b = a; b }}`;",
        "let x; x = 1; let y = { let z = x; z };",
        "fn string.shout() { this + \"!\" } fn int.shout() { this + 1 } \"a\".shout()",
        "let a = 1; try { throw a } catch { a }",
        "try { print(nobody) } catch { }",
        "fn f() { nobody } try { f() } catch { }",
        "try { let f = |x| x + nobody; } catch { }",
        // What the script itself catches.
        "try { get_segmnts() } catch { }",
        "try { track_event(\"u\", 7) } catch { }",
        "try { if true { for i in 0..3 { track_event(\"u\", 7) } } } catch (e) { print(e) }",
        "try { try { 1 } catch { get_segmnts() } } catch { }",
        "try { import \"std/no\" as d; } catch { }",
        "fn f() { get_segmnts() } try { f() } catch { }",
        "fn f() { g() } fn g() { get_segmnts() } try { f() } catch { }",
        "fn f() { get_segmnts() } try { let g = Fn(\"f\"); g.call() } catch { }",
        "fn f() { get_segmnts() } try { f.call() } catch { }",
        "let f = || get_segmnts(); try { f.call() } catch { }",
        "let f = || get_segmnts(); try { parallel(2, [1], |x| 1) } catch { } try { retry(2, f) } catch { }",
        "let x = 1; try { [1].map(|y| track_event(x, 7)) } catch { }",
        "let s = [1].map(|y| 1); let t = || track_event(s, 7); try { for p in s { t.call() } } catch { }",
        "let s = segment_members(1).map(|y| get_segmnts()); try { for p in s { 1 } } catch { }",
        "fn f(g) { g.call() } try { f(|| get_segmnts()) } catch { }",
        "fn f() { this.track_event(7) } try { \"u\".f() } catch { }",
        "fn f() { import \"std/no\" as d; } try { f() } catch { }",
        "import \"std/dates\" as d; try { d::days_ago() } catch { }",
    ] {
        assert_eq!(found(script), [""; 0], "{script}");
    }
}

#[test]
fn modules_are_read_as_the_script_is() {
    let lost = ("m.rhai", "fn f() { get_segmnts() }\nprivate fn g() { 1 }");
    let unknown = "there is no function `get_segmnts`";
    assert_eq!(with_modules("import \"m\" as m; m::f()", &[lost]), [unknown]);
    let private = with_modules("import \"m\" as m; m::g()", &[lost]);
    assert_eq!(private, ["the module `m` has no function `g`", unknown]);
    // Once, however many import it.
    let also = ("n.rhai", "import \"m\" as m; fn f() { m::f() }");
    assert_eq!(with_modules("import \"m\" as m; import \"n\" as n; n::f()", &[lost, also]), [unknown]);
    let broken = ("m.rhai", "fn f( {");
    assert_eq!(with_modules("import \"m\" as m; m::f(1); m::g()", &[broken]).len(), 1);
    // A value isn't called by its module's name.
    let value = ("m.rhai", "export let f = |x| x;");
    assert_eq!(with_modules("import \"m\" as m; m::f(1)", &[value]), ["the module `m` has no function `f`"]);
    let outer = ("m.rhai", "let a = 1; const B = 2; fn f() { a + global::B }");
    assert_eq!(with_modules("import \"m\" as m; m::f()", &[outer]), ["there is no variable `a` here"]);
    // Not yet while it is read: what a function imports, it does when it is called.
    let later = [
        ("m.rhai", "fn f() { import \"n\" as n; n::g() } fn k() { 1 }"),
        ("n.rhai", "import \"m\" as m; fn g() { m::k() }"),
    ];
    assert_eq!(with_modules("import \"m\" as m; m::f()", &later), [""; 0]);
    let both = [
        ("m.rhai", "fn f() { import \"n\" as n; n::g() } fn k() { 1 }"),
        ("n.rhai", "fn g() { import \"m\" as m; m::k() }"),
    ];
    assert_eq!(with_modules("import \"m\" as m; m::f()", &both), [""; 0]);
    // It may be caught by whoever calls.
    for script in [
        "import \"m\" as m; try { m::f() } catch { }",
        "try { import \"m\" as m; } catch { }",
        "import \"m\" as m; fn h() { m::f() } try { h() } catch { }",
        "import \"n\" as n; try { n::f() } catch { }",
        "import \"m\" as m; import \"n\" as n; try { n::f() } catch { }",
    ] {
        assert_eq!(with_modules(script, &[lost, also]), [""; 0], "{script}");
    }
    assert_eq!(with_modules("try { import \"m\" as m; } catch { }", &[broken]), [""; 0]);
}

#[test]
fn what_runs_but_not_as_it_is_meant_is_doubtful() {
    let unused = |name: &str| format!("the argument `{name}` is asked for and never used");
    assert_eq!(doubtful("let a = arg(\"one\"); let b = arg_int(\"two\"); print(b)"), [unused("one")]);
    for script in [
        "let a = arg(\"one\"); print(`${a}`)",
        "let a = arg(\"one\"); let f = || a;",
        "let a = arg(\"one\"); fn f() { is_def_var(\"a\") }",
        "let _a = arg(\"one\");",
        "let a = arg(\"one\"); switch a { 1 => 2, _ => 3 }",
        "let a = arg(\"one\"); switch 1 { 1 if a => 2, _ => 3 }",
        "let a = arg(\"one\"); switch 1 { 1 => 2, _ => a }",
        "let a = arg(\"one\"); switch 1 { 1 => 2, 2..3 => a, _ => 3 }",
        "let a = arg(\"one\"); let m = #{ x: 1 }; m[a] = 2;",
        "let a = arg(\"one\"); a.len();",
        "let a = arg(\"one\"); a[1];",
        "let a = arg(\"one\"); a?.len;",
        "let a = arg_int(\"one\"); for i in 0..a { }",
        "let a = arg_int(\"one\"); while a > 1 { break }",
        "let a = arg_int(\"one\"); do { break } until a > 1;",
        "let a = arg_int(\"one\"); loop { break a }",
        "let a = arg(\"one\"); throw a",
        "let a = arg(\"one\"); return a",
        "let a = arg(\"one\"); import a as m;",
        "let a = arg(\"one\"); let b = () ?? a;",
        "let a = arg(\"one\"); let b = 1; b += a;",
        "let a = arg(\"one\"); if true { [#{ b: [a] }] }",
        "let a = arg(\"one\"); let f = |x| |y| a;",
        "let a = arg(\"one\"); \"x\".pad(3, a)",
        "let a = arg(\"one\"); if 1 in a { }",
        "let a = arg(\"one\"); 1 == 1 && a",
        "const A = arg(\"one\"); fn f() { global::A } f()",
        "export let a = arg(\"one\");",
        "let a = arg(\"one\"); export a;",
        "print(arg(\"one\"));",
        "fn arg(x) { x } let a = arg(\"one\");",
    ] {
        assert_eq!(doubtful(script), [""; 0], "{script}");
    }
    let later = "`track_event` is delivered later, and this `catch` doesn't see how it was answered";
    assert_eq!(doubtful("try { track_event(\"u\", \"e\") } catch (e) { print(e.status) }"), [later]);
    for script in [
        "try { track_event(\"u\", \"e\") } catch (e) { print(e.message) }",
        "try { track_event(\"u\", \"e\"); flush() } catch (e) { print(e.status) }",
        "try { track_event(\"u\", \"e\"); get_segments() } catch (e) { print(e.status) }",
        "try { throw #{ status: 1 } } catch (e) { print(e.status) }",
        "try { track_event(\"u\", \"e\"); throw #{ status: 1 } } catch (e) { print(e.status) }",
        "try { for p in segment_members(1) { track_event(p, \"e\") } } catch (e) { print(e.status) }",
    ] {
        assert_eq!(doubtful(script), [""; 0], "{script}");
    }
}

#[test]
fn the_examples_of_every_tool_are_sound() {
    for tool in crate::tools::ALL {
        for example in tool.examples {
            assert_eq!(found(example.call), [""; 0], "{}", example.call);
        }
    }
}

#[test]
fn a_module_has_what_its_caller_has_and_may_catch_what_it_is_given() {
    let each = ("l.rhai", "fn each(list) { for x in list { on_item(x) } }");
    let calls = "import \"l\" as l; fn on_item(x) { x } l::each([1, 2])";
    assert_eq!(with_modules(calls, &[each]), [""; 0]);
    assert_eq!(with_modules("import \"l\" as l; l::each([1])", &[each]), ["there is no function `on_item`"]);
    let (said, greets) = (("h.rhai", "fn hi() { 1 }"), ("l.rhai", "fn f() { h::hi() }"));
    assert_eq!(with_modules("import \"h\" as h; import \"l\" as l; l::f()", &[said, greets]), [""; 0]);
    assert_eq!(with_modules("import \"l\" as l; l::f()", &[greets]), ["no module is imported as `h`"]);
    let safely = (
        "l.rhai",
        "fn safely(block) { try { block.call(); true } catch { false } } fn now(block) { block.call() }",
    );
    for script in [
        "import \"l\" as l; l::safely(|| get_segmnts())",
        "import \"l\" as l; l::safely(|| identify_person(\"\", #{}))",
        "import \"l\" as l; fn f() { get_segmnts() } l::safely(|| f())",
        "import \"l\" as l; fn f() { get_segmnts() } l::safely(f)",
    ] {
        assert_eq!(with_modules(script, &[safely]), [""; 0], "{script}");
    }
    let unknown = ["there is no function `get_segmnts`"];
    assert_eq!(with_modules("import \"l\" as l; get_segmnts(); l::safely(|| 1)", &[safely]), unknown);
    let plain = ("l.rhai", "fn now(block) { block.call() }");
    assert_eq!(with_modules("import \"l\" as l; l::now(|| get_segmnts())", &[plain]), unknown);
}

#[test]
fn a_try_around_a_call_says_nothing_of_the_import() {
    let broken = [("l.rhai", "fn f( {")];
    assert_eq!(with_modules("import \"l\" as l; try { l::f() } catch { }", &broken).len(), 1);
    let below = [("l.rhai", "import \"m\" as m; fn f() { m::g() }"), ("m.rhai", "fn g( {")];
    assert_eq!(with_modules("import \"l\" as l; try { l::f() } catch { }", &below).len(), 1);
    assert_eq!(with_modules("try { import \"l\" as l; l::f() } catch { }", &below), [""; 0]);
}

#[test]
fn only_what_a_script_looks_for_is_left_to_the_run() {
    assert_eq!(
        found("if is_def_fn(\"maybe\", 1) { maybe(1) } get_segmnts()"),
        ["there is no function `get_segmnts`"]
    );
    assert_eq!(found("let n = \"maybe\"; if is_def_fn(n, 1) { maybe(1) }"), [""; 0]);
}

#[test]
fn a_call_with_too_many_arguments_is_told_once() {
    assert_eq!(found("suppress_person(1, 2, 3, 4, 5, 6)").len(), 1);
    assert_eq!(found("get_segments(1)").len(), 1);
}

#[test]
fn closures_of_a_module_are_offered_to_nobody() {
    let value = ("m.rhai", "export const F = |x| x;");
    let checked = with_modules("import \"m\" as m; m::F(1)", &[value]);
    assert_eq!(checked, ["the module `m` has no function `F`"]);
}

#[test]
fn a_module_is_read_as_a_script_is() {
    let marked = ("m.rhai", "\u{feff}fn f() { 1 }");
    assert_eq!(with_modules("import \"m\" as m; m::f()", &[marked]), [""; 0]);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("m.rhai"), b"// a\n// \xff\n").unwrap();
    let source = folder.path().join("main.rhai").display().to_string();
    let wrong = messages(&checked_at("import \"m\" as m;", &source).wrongs);
    assert!(wrong[0].contains("m.rhai isn't UTF-8: line 2"), "{wrong:?}");
}
