//! `parallel`: many items side by side, told as if they had come one after the other.

use std::collections::HashSet;
use std::sync::Condvar;

use super::*;

/// Lets calls pass when as many as are waited for are under way, and counts them.
#[derive(Default)]
struct Gate {
    seen: Mutex<(Vec<String>, usize, usize)>,
    moved: Condvar,
}

impl Gate {
    /// Enters a call, and waits until `n` were entered in all.
    fn pass(&self, call: &str, n: usize) {
        let mut seen = self.seen.lock().unwrap();
        seen.0.push(call.to_string());
        seen.1 += 1;
        seen.2 = seen.2.max(seen.1);
        self.moved.notify_all();
        let mut seen = self.moved.wait_while(seen, |seen| seen.0.len() < n).unwrap();
        seen.1 -= 1;
    }

    /// The most calls that were under way at once.
    fn most(&self) -> usize {
        self.seen.lock().unwrap().2
    }
}

/// The number that a call of `get_segment_details` asks for.
fn id(call: &str) -> usize {
    call.split(|c: char| !c.is_ascii_digit()).find_map(|digits| digits.parse().ok()).unwrap()
}

#[test]
fn results_come_in_the_order_of_the_items() {
    for (script, printed) in [
        ("print(parallel(4, [3, 1, 2], |x| x * 2))", "[6, 2, 4]"),
        ("print(parallel(1, [3, 1, 2], |x| x * 2))", "[6, 2, 4]"),
        ("print(parallel(64, 0..4, |x| x))", "[0, 1, 2, 3]"),
        ("print(parallel(2, 0..=4, |x| x))", "[0, 1, 2, 3, 4]"),
        ("print(parallel(2, [], |x| x))", "[]"),
        ("print(parallel(2, [1, 2], |x| { }))", "[(), ()]"),
        ("fn twice(x) { x * 2 } print(parallel(2, [1, 2], twice))", "[2, 4]"),
        ("print(parallel(2, [1, 2], Fn(\"to_float\")))", "[1.0, 2.0]"),
        ("print(4.parallel([1, 2], |x| x))", "[1, 2]"),
        ("print(parallel(5, 0..300, |x| x) == (0..300).map(|x| x))", "true"),
    ] {
        // Ranges have no `map` of Rhai's own.
        let script =
            script.replace("(0..300).map(|x| x)", "{ let all = []; for x in 0..300 { all.push(x) } all }");
        assert_eq!(prints(&script), [printed], "{script}");
    }
}

#[test]
fn so_many_are_under_way_at_once_and_no_more() {
    for (n, items, most) in [(1, 3, 1), (4, 12, 4), (64, 64, 64), (16, 3, 3)] {
        let gate = Arc::new(Gate::default());
        let watch = gate.clone();
        let watch: Watch = Arc::new(move |call| watch.pass(call, most));
        let script = format!("parallel({n}, 1..={items}, |x| get_segment_details(x))");
        let ran = watched(&script, vec![], Some(watch));
        assert_eq!((ran.result, ran.calls.len(), gate.most()), (Ok(()), items, most), "{script}");
    }
}

#[test]
fn branches_within_branches_have_no_more_threads_in_all() {
    let gate = Arc::new(Gate::default());
    let watch = gate.clone();
    let watch: Watch = Arc::new(move |call| watch.pass(call, 1));
    let script = "parallel(64, 0..80, |x| parallel(64, 1..4, |y| get_segment_details(y)).len())";
    let ran = watched(script, vec![], Some(watch));
    assert_eq!((ran.result, ran.calls.len()), (Ok(()), 240));
    assert!(gate.most() <= 64, "{}", gate.most());
    // What the outer one leaves the inner ones have.
    let gate = Arc::new(Gate::default());
    let watch = gate.clone();
    let watch: Watch = Arc::new(move |call| watch.pass(call, 6));
    let script = "print(parallel(2, [1, 2], |x| parallel(3, 1..=3, |y| { get_segment_details(y); x * y })))";
    let ran = watched(script, vec![], Some(watch));
    assert_eq!((ran.printed, gate.most()), (vec!["[[1, 2, 3], [2, 4, 6]]".to_string()], 6));
}

#[test]
fn the_fault_of_the_lowest_item_is_thrown_and_nothing_begins_after_one() {
    // The third waits until all four are under way, and the second fails after it.
    let gate = Arc::new((Mutex::new(HashSet::new()), Condvar::new()));
    let watch = gate.clone();
    let watch: Watch = Arc::new(move |call| {
        let (seen, moved) = &*watch;
        let mut seen = seen.lock().unwrap();
        seen.insert(call.to_string());
        moved.notify_all();
        drop(moved.wait_while(seen, |seen| seen.len() < 4).unwrap());
    });
    let script = "parallel(4, 1..=100_000, |x| {
        get_segment_details(x);
        print(x);
        if x == 3 {
            throw \"third\" }
        if x == 2 {
            for i in 0..20000 { }
            throw \"second\" }
    })";
    let ran = watched(script, vec![], Some(watch));
    let wrong = ran.wrong();
    assert_eq!((wrong.faults[0].message.as_str(), wrong.place.as_ref().unwrap().line), ("second", 8));
    let way: Vec<_> = wrong.frames.iter().map(|frame| (frame.function.as_str(), frame.place.line)).collect();
    assert_eq!(way, [("a closure", 1)]);
    // The first and the fourth came to their ends; whatever was free before the fault could begin.
    let mut asked: Vec<usize> = ran.calls.iter().map(|call| id(call)).collect();
    asked.sort_unstable();
    assert_eq!(asked[..4], [1, 2, 3, 4]);
    assert!(asked.len() < 100_000, "nothing stopped them");
    assert_eq!(ran.printed.len(), asked.len(), "a branch that begins comes to its end");
}

#[test]
fn nothing_begins_after_a_fault() {
    let script = "try { parallel(1, 1..100, |x| { get_segment_details(x); if x == 2 { throw \"no\" } }) }
        catch (why) { print(why) }";
    let ran = run(script, vec![]);
    assert_eq!((ran.result, ran.calls.len(), ran.printed), (Ok(()), 2, vec!["no".to_string()]));
}

#[test]
fn faults_keep_their_places_and_the_way_there() {
    let script = "fn ask(x) {\n  get_trigger(x, 1)\n}\nlet found = parallel(2, [7, 8], |x|\n  ask(x));";
    let ran = run(script, vec![Err(refused()), Err(refused())]);
    let wrong = ran.wrong();
    assert_eq!((wrong.call.as_deref(), wrong.place.as_ref().unwrap().line), (Some("get_trigger"), 2));
    let way: Vec<_> = wrong.frames.iter().map(|frame| (frame.function.as_str(), frame.place.line)).collect();
    assert_eq!(way, [("`ask`", 5), ("a closure", 4)]);
    // What is wrong with the call itself stands at it, and can be caught as well.
    let script = "try { parallel(2, [1], 3) } catch (e) { print(e.tool) }";
    assert_eq!(prints(script), ["parallel"]);
}

#[test]
fn items_come_from_a_sequence_as_they_are_taken() {
    let page = r#"{"newsletters":[{"id":1},{"id":2},{"id":3}],"next":"n"}"#;
    let last = r#"{"newsletters":[{"id":4}]}"#;
    let script = "print(parallel(2, newsletters().map(|n| n.id), |id| id * 10))";
    let ran = run(script, vec![Ok(page), Ok(last)]);
    assert_eq!((ran.result, ran.printed), (Ok(()), vec!["[10, 20, 30, 40]".to_string()]));
    // One that nobody asks for any more isn't read to its end.
    let ran = run("parallel(1, newsletters(), |n| throw n.id)", vec![Ok(page), Ok(last)]);
    assert_eq!((ran.wrong().faults[0].message.as_str(), ran.calls.len()), ("1", 1));
}

#[test]
fn a_page_that_fails_is_told_where_the_sequence_was_made_once_the_items_before_it_are_done() {
    let page = r#"{"newsletters":[{"id":1},{"id":2},{"id":3}],"next":"n"}"#;
    let script = "let all =\n  newsletters();\nparallel(2, all,\n  |n| print(n.id))";
    let ran = run(script, vec![Ok(page), Err(refused())]);
    let (wrong, mut printed) = (ran.wrong(), ran.printed.clone());
    assert_eq!((wrong.faults[0].message.as_str(), wrong.place.as_ref().unwrap().line), ("no such thing", 2));
    printed.sort();
    assert_eq!(printed, ["1", "2", "3"]);
    // A branch before it that fails goes first.
    let script = "parallel(2, newsletters(), |n| if n.id == 3 { throw \"third\" })";
    let ran = run(script, vec![Ok(page), Err(refused())]);
    assert_eq!(ran.wrong().faults[0].message, "third");
}

#[test]
fn captured_variables_can_be_read() {
    for (script, printed) in [
        (
            "let t = #{ a: 1, l: [1] }; print(parallel(4, [1, 2], |x| x + t.a + t.l.len() + t.get(\"a\")))",
            "[4, 5]",
        ),
        ("let n = 5; print(parallel(2, [1, 2], |x| { let f = |y| n + y; f.call(x) }))", "[6, 7]"),
        ("let f = |y| y + 1; print(parallel(2, [1, 2], |x| f.call(x)))", "[2, 3]"),
        ("let fs = [1, 2].map(|i| || i); print(parallel(2, fs, |f| f.call()))", "[1, 2]"),
        ("const A = #{ x: 1 }; fn f(x) { global::A.x + x } print(parallel(2, [1, 2], f))", "[2, 3]"),
        ("let t = [1]; print(parallel(2, [1, 2], |x| { let u = t; u.push(x); u }))", "[[1, 1], [1, 2]]"),
        (
            "let n = 1; let s = newsletters().map(|x| n); print(parallel(2, [1, 2], |x| s.count() + n))",
            "[1, 1]",
        ),
        // What comes back can be changed again.
        (
            "let t = [1]; let r = parallel(2, [1], |x| [t, x]); r[0][0].push(3); r[0][0][0] = 7; print(r)",
            "[[[7, 3], 1]]",
        ),
        ("let n = 1; let r = parallel(2, [1], |x| n); r[0] += 3; n += 1; print(r[0] + n)", "6"),
        // A branch's own variables are its own.
        (
            "print(parallel(2, [1, 2], |x| { let m = 0; let f = |y| { m += y; }; f.call(x); f.call(x); m }))",
            "[2, 4]",
        ),
        ("print(parallel(2, [[1], [2]], |x| { x.push(0); x }))", "[[1, 0], [2, 0]]"),
    ] {
        assert_eq!(prints_with(script), [printed], "{script}");
    }
}

/// As [`prints`], where a list that is asked for is empty.
fn prints_with(script: &str) -> Vec<String> {
    let empty = || Ok(r#"{"newsletters":[]}"#);
    let ran = run(script, if script.contains("newsletters") { vec![empty(), empty()] } else { vec![] });
    assert_eq!(ran.result, Ok(()), "{script}");
    ran.printed
}

#[test]
fn threads_that_read_one_captured_table_do_not_meet() {
    // Rhai gives up on a lock that it doesn't get within 50 ms, and each of these takes it for itself.
    let script = "let table = #{ n: [1] }; let keys = [\"n\"];
        print(parallel(16, 0..200, |x| { for i in 0..100 { table.get(keys[0]).len(); table.n.len(); } 1 }).len())";
    assert_eq!(prints(script), ["200"]);
}

/// What the text doesn't show is found when it happens.
#[test]
fn a_captured_variable_that_is_written_all_the_same_is_a_fault() {
    for body in [
        "t += x",
        "t = x",
        "t.a = x",
        "t.a[0] = x",
        "t.a.push(x)",
        "t.bump(x)",
        "{ let f = || t.a = 1; f.call() }",
    ] {
        let script = format!(
            "fn each(f) {{ parallel(2, [1, 2], f) }} fn bump(x) {{ this.a = x }} let t = #{{ a: [1] }};\n\
             each(|x| {body})"
        );
        let ran = run(&script, vec![]);
        let wrong = ran.wrong();
        assert!(wrong.faults[0].message.contains("can't"), "{body}: {}", wrong.faults[0].message);
        assert!(wrong.faults[0].help.as_ref().unwrap().contains("`parallel`"), "{body}");
    }
}

#[test]
fn the_blocks_around_it_hold_in_every_branch_and_its_own_only_there() {
    let attempts = |script: &str| -> Vec<Option<u32>> {
        let ran = run(script, vec![]);
        assert_eq!(ran.result, Ok(()), "{script}");
        ran.limits.iter().map(|limits| limits.map(|limits| limits.attempts)).collect()
    };
    let script = "with_retry(#{ attempts: 8 }, || parallel(2, [1, 2], |x| get_segments())); get_segments()";
    assert_eq!(attempts(script), [Some(8), Some(8), None]);
    let script = "parallel(1, [1, 2], |x| if x == 1 { with_retry(#{ attempts: 3 }, || get_segments()) } else
        { get_segments() })";
    assert_eq!(attempts(script), [Some(3), None]);
    let script = "let n = 0; print(retry(3, || { n += 1; parallel(2, [1, 2], |x| if get_segments() == () { 1 } else \
        { n }) }))";
    assert_eq!(prints(&script.replace("get_segments() == ()", "false")), ["[1, 1]"]);
}

#[test]
fn exit_ends_the_script_from_within_a_branch() {
    let ran = run("parallel(2, 1..=9, |x| { get_segment_details(x); exit() }); print(\"after\")", vec![]);
    assert_eq!((ran.result, ran.printed), (Ok(()), vec![]));
    assert!(ran.calls.len() <= 3, "{:?}", ran.calls);
    // The lowest that ends goes before it.
    let ran = run("parallel(1, [1, 2], |x| if x == 1 { throw \"first\" } else { exit() })", vec![]);
    assert_eq!(ran.wrong().faults[0].message, "first");
}

#[test]
fn a_stop_in_a_branch_ends_the_script() {
    let ran = run("try { parallel(2, 1..=9, |x| sleep(5000)) } catch { print(\"caught\") }", vec![]);
    assert_eq!((ran.result, ran.printed), (Err(Failure::Stopped), vec![]));
}

#[test]
fn a_branch_has_the_stack_and_the_limits_of_the_script() {
    let script =
        "fn deep(n) { if n == 0 { 0 } else { 1 + deep(n - 1) } } print(parallel(2, [100], |x| deep(x)))";
    assert_eq!(prints(script), ["[100]"]);
    let ran = run("fn deep(n) { deep(n + 1) } parallel(2, [1, 2], |x| deep(x))", vec![]);
    assert_eq!(ran.code(), Code::ScriptLimit);
    let ran = run("fn again(x) { parallel(2, [x], |y| again(y)) } again(1)", vec![]);
    assert_eq!(ran.code(), Code::ScriptLimit);
}

#[test]
#[should_panic(expected = "Any")]
fn a_panic_in_a_branch_is_no_end_of_waiting() {
    let watch: Watch = Arc::new(|_| panic!("of the host"));
    // It ends the script's thread, whose end a run waits for.
    watched("parallel(2, 1..=100, |x| get_segment_details(x))", vec![], Some(watch));
}

#[test]
fn arguments_it_does_not_take_are_faults() {
    for (script, message) in [
        ("parallel()", "`parallel` takes how many at once, items and a closure, and got nothing"),
        ("parallel(4, [1])", "`parallel` takes how many at once, items and a closure, and got 2 of them"),
        (
            "parallel(4, [1], |x| x, 1)",
            "`parallel` takes how many at once, items and a closure, and got 4 arguments",
        ),
        ("parallel(0, [1], |x| x)", "`parallel` takes how many items at once, from 1 to 64, and got 0"),
        ("parallel(-1, [1], |x| x)", "`parallel` takes how many items at once, from 1 to 64, and got -1"),
        ("parallel(65, [1], |x| x)", "`parallel` takes how many items at once, from 1 to 64, and got 65"),
        (
            "parallel(2.5, [1], |x| x)",
            "`parallel` takes how many items at once, from 1 to 64, and got a float",
        ),
        (
            "parallel(4, \"abc\", |x| x)",
            "`parallel` takes an array, a lazy sequence or a range, and got a string",
        ),
        (
            "parallel(4, #{ a: 1 }, |x| x)",
            "`parallel` takes an array, a lazy sequence or a range, and got a map",
        ),
        ("parallel(4, [1], 7)", "`parallel` takes a closure, and got an integer"),
        (
            "parallel(4, [1], || 7)",
            "the closure given to `parallel` is called with one item at a time, and doesn't take that",
        ),
        ("fn f() { 7 } parallel(4, [1], f)", "there is no function `f` that takes one item"),
    ] {
        let ran = run(script, vec![]);
        assert_eq!(ran.wrong().faults[0].message, message, "{script}");
        assert_eq!(ran.wrong().call.as_deref(), Some("parallel"), "{script}");
    }
    assert_eq!(run("parallel(\"4\", 7, 8)", vec![]).wrong().faults.len(), 3);
}
