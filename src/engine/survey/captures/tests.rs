//! Which closures given to `parallel` write what they capture.

/// The name and the line of the first captured variable that a closure given to `parallel` writes.
fn written(script: &str) -> Option<(String, usize)> {
    let mut engine = rhai::Engine::new();
    // As a run compiles it.
    engine.set_optimization_level(rhai::OptimizationLevel::None).set_max_expr_depths(64, 64);
    let wrong = super::super::survey(&engine.compile(script).unwrap(), &super::super::Before::default())
        .written
        .into_iter()
        .next()?;
    let name = wrong.faults[0].message.split('`').nth(1)?.to_string();
    Some((name, wrong.place?.line))
}

#[test]
fn a_closure_that_writes_what_it_captures_is_found() {
    for body in [
        "{ t = x }",
        "t += x",
        "{ t.a = x; }",
        "{ t.a.b += x }",
        "{ t[x] = 1 }",
        "{ t[x].a[0] = 1 }",
        "t.push(x)",
        "push(t, x)",
        "t.list.push(x)",
        "t[0].push(x)",
        "t[t.len() - 1].list.push(x)",
        "print(t.pop())",
        "{ let y = t.remove(0); y }",
        "{ if x > 1 { t = x } }",
        "{ if t.pop() == () { 1 } }",
        "{ while true { t = x } }",
        "{ do { t = x } until true }",
        "{ for y in t { t = y } }",
        "{ for y in t.drain(|z| z) { } }",
        "{ try { t = x } catch { } }",
        "{ try { } catch { t = x } }",
        "{ switch x { 1 => { t = x } } }",
        "{ switch x { 1 => t.pop() } }",
        "{ let f = || t = x; f.call() }",
        "[1].map(|y| { t += y })",
        "[1].map(|y| [2].map(|z| { t += z }))",
        "{ { let t = 1; } t = x }",
        "{ for t in [1] { } t = x }",
        "{ return t.pop() }",
        "[1, t.pop()]",
        "#{ a: t.pop() }",
        "`${t.pop()}`",
        "true && t.pop()",
        "f(t.pop(), x)",
        "x.map(t.pop())",
        "x[t.pop()]",
    ] {
        for script in [
            format!("let t = [];\nparallel(2, [1], |x| {body})"),
            format!("let t = [];\nlet r = 2.parallel([1], |x| {body});"),
            format!("fn f() {{ let t = []; while true {{\nprint(parallel(2, [1], |x| {body})) }} }}"),
            format!("let t = [];\nlet work = |x| {body}; parallel(2, [1], work)"),
        ] {
            assert_eq!(written(&script), Some(("t".to_string(), 2)), "{script}");
        }
    }
    let script = "let a = 1; let b = 1;\nparallel(2, [1], |x| {\n  print(a);\n  b += 1;\n  a += 1; })";
    assert_eq!(written(script), Some(("b".to_string(), 4)));
}

#[test]
fn a_closure_that_only_reads_what_it_captures_is_fine() {
    for body in [
        "t",
        "t.len()",
        "t[x].a",
        "t.map(|y| y + x)",
        "{ let u = t; u.push(x); u }",
        "{ let t = [x]; t.push(1); t = 2; t }",
        "{ for t in [1] { t += 1 } print(t) }",
        "{ for (y, t) in [1] { t += 1 } print(t) }",
        "{ try { print(t) } catch (t) { t = 1 } }",
        "{ x.push(t); x = 1 }",
        "{ x[t] = t; x[t.a] = 1; x.push(t[0]) }",
        "t.map(|y| y).push(x)",
        "t.keys().sort()",
        "t[x.pop()]",
        "{ let u = [t]; let f = || u.push(1); f.call() }",
        "{ let f = |t| { t += 1 }; f.call(t) }",
        "m::push(t, x)",
    ] {
        let script = format!("import \"m\" as m; let t = [];\nparallel(2, [1], |x| {body})");
        assert_eq!(written(&script), None, "{script}");
    }
    for script in [
        "let t = 1; [1].map(|x| t += x)",
        "let t = 1; retry(2, || t += 1)",
        "fn parallel(n, i, f) { } let t = 1; parallel(2, [1], |x| t += x)",
        "fn push(a, b) { } let t = 1; parallel(2, [1], |x| push(t, x))",
        "import \"m\" as m; let t = 1; m::parallel(2, [1], |x| t += x)",
        "let t = 1; let f = |x| t += x; { let f = |x| x; parallel(2, [1], f) }",
        "let t = 1; let f = |x| t += x; f = |x| x; parallel(2, [1], f)",
        "fn each(f) { parallel(2, [1], f) } let t = 1; let f = |x| t += x;",
        "let t = 1; let all = [1].map(|x| { t += x; x }); parallel(2, all, |x| x)",
        "parallel(2, [1], f)",
        "parallel()",
    ] {
        assert_eq!(written(script), None, "{script}");
    }
}
