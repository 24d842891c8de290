use super::*;

/// What is said of a script that isn't Rhai: the marked token, the message and the help.
fn said(script: &str) -> (String, String, String) {
    let mut engine = rhai::Engine::new();
    engine.set_optimization_level(rhai::OptimizationLevel::None).disable_symbol("eval");
    let unread = match engine.compile(script) {
        Err(error) => fault(error.err_type(), "x", script, error.position()),
        Ok(_) => silent("x", script).unwrap_or_else(|| panic!("it is fine: {script}")),
    };
    let byte = offset(script, &unread.place).unwrap();
    let scanned = whole(script);
    let token = scanned.tokens.iter().find(|token| token.span.start == byte);
    let marked = token
        .map_or_else(|| script[byte..].chars().take(1).collect(), |t| script[t.span.clone()].to_string());
    (marked, unread.fault.message, unread.fault.help.unwrap_or_default())
}

#[test]
fn each_mistake_is_marked_where_one_looks_and_says_what_was_meant() {
    let wrong: Vec<String> = CASES
        .iter()
        .filter_map(|(script, marked, message, help)| {
            let (at, said, helps) = said(script);
            let right = at == *marked && said.contains(message) && helps.contains(help);
            (!right).then(|| format!("{script}\n  marked {at:?}: {said}\n  help: {helps}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_word_of_rhais_own_is_left_where_it_misleads() {
    for (script, ..) in CASES {
        let (_, message, help) = said(script);
        for word in ["terminate", "typo", "JavaScript", "disabled", "Pascal", "xpecting", "reserved", "LHS"] {
            assert!(!message.contains(word) && !help.contains(word), "{script}: {message}: {help}");
        }
    }
}

#[test]
fn what_is_fine_is_left_alone() {
    for script in [
        "for x in 1..=3 { }",
        "switch 1 { _ => 2 }",
        "let x = 9223372036854775807;",
        "let a = [1, 2,];",
        "f(1, 2,);",
        "/* /* */ */",
    ] {
        assert_eq!(silent("x", script), None, "{script}");
    }
    assert!(silent("x", "let id = 9223372036854775808;").is_some());
}

#[test]
fn both_ends_are_shown() {
    let also = |script: &str| {
        let error = rhai::Engine::new().compile(script).unwrap_err();
        let unread = fault(error.err_type(), "x", script, error.position());
        unread.also.iter().map(|(place, label)| (place.line, place.column, label.clone())).collect::<Vec<_>>()
    };
    assert_eq!(also("if true {\n  print(1);\n"), [(2, 12, "the file ends here".to_string())]);
    assert_eq!(also("let a = [1, 2};"), [(1, 9, "opened here".to_string())]);
    assert_eq!(also("let m = #{ a: 1, b: 2, \"a\": 3 };"), [(1, 12, "first here".to_string())]);
    assert_eq!(also("fn f(a) { }\nfn f(b) { }"), [(1, 4, "the first".to_string())]);
}

/// A script, what is marked in it, and parts of the message and of the help.
const CASES: &[(&str, &str, &str, &str)] = &[
    ("let x = 1\nlet y = 2;", "\n", "no `;` at its end", ""),
    ("let x = 1 // one\n\nlet y = 2;", " ", "no `;` at its end", ""),
    ("foo(1)\nbar(2);", "\n", "no `;` at its end", ""),
    ("let f = |x| { x }\nlet y = 1;", "\n", "no `;` at its end", ""),
    ("let x = 1 let y = 2;", "let", "side by side", "ends with `;`"),
    ("let x = \"abc;\nprint(x);", "\"abc;", "never closed", "close it with `\"`"),
    ("let x = `abc;\nprint(x);", "`abc;\nprint(x);", "backticks is never closed", "another backtick"),
    ("print(`hello ${name`);", "$", "`${` in this text", ""),
    ("let x = 'a;\nprint(x);", "'a;", "never closed", "one character"),
    ("let x = 'abc';", "'abc'", "one character", "\"abc\""),
    ("get_segments('VIP');", "'VIP'", "one character", "\"VIP\""),
    ("let x = '';", "''", "empty", "\"\""),
    ("if true { print(1)", "{", "`{` is never closed", "`}`"),
    ("fn f() {\n  if true {\n    print(1);\n}\n", "{", "`{` is never closed", ""),
    ("print((1 + 2);", "(", "`(` is never closed", "`)`"),
    ("print(1 + 2", "(", "`(` is never closed", ""),
    ("let a = [1, 2;", "[", "`[` is never closed", ""),
    ("let m = #{ a: 1;", "#{", "`#{` is never closed", ""),
    ("/* unclosed\nprint(1);", "/", "comment is never closed", "*/"),
    ("let x = #{a: [1, 2}, b: 3};", "}", "`[` is closed by `}`", ""),
    ("print(1);}", "}", "closes nothing", ""),
    ("print(1));", ")", "closes nothing", ""),
    ("for each x in [1] { }", "each", "no `for each`", "for person in"),
    ("for (x in [1]) { }", "(", "no parentheses", "for x in"),
    ("for (let i = 0; i < 3; i++) { }", "let", "doesn't count", "0..10"),
    ("for i = 0; i < 3; i += 1 { }", "=", "doesn't count", "0..10"),
    ("for let x in [1] { }", "let", "without `let`", "for person in"),
    ("for (const x of [1]) { }", "const", "without `const`", ""),
    ("for x of [1] { }", "of", "`of` is `in`", ""),
    ("for x, i in [1] { }", ",", "in parentheses", "for (x, i) in"),
    ("foreach x in [1] { }", "foreach", "`foreach` is `for`", ""),
    ("let x = 1; x++;", "++", "no `++`", "x += 1"),
    ("let x = 1; ++x;", "++", "no `++`", "x += 1"),
    ("let x = 1; x--;", "--", "no `--`", "x -= 1"),
    ("let x = 1; if x = 2 { }", "=", "`=` sets", "`==` compares"),
    ("if true { } elif false { }", "elif", "`elif` is `else if`", ""),
    ("if true { } elsif false { }", "elsif", "`elsif` is `else if`", ""),
    ("if true { } elseif (false) { }", "elseif", "`elseif` is `else if`", ""),
    ("if (true) print(1);", "print", "needs braces", "if x > 1 {"),
    ("if true { } else print(1);", "print", "needs braces", ""),
    ("if true: print(1)", ":", "block stands in braces", "indents"),
    ("if true then print(1) end", "then", "not with `then`", ""),
    ("def f(x) { }", "def", "`def` is `fn`", ""),
    ("function f(x) { return x; }", "function", "`function` is `fn`", ""),
    ("func f(x) { }", "func", "`func` is `fn`", ""),
    ("let f = lambda x: x;", "lambda", "closure", "|x|"),
    ("let f = x => x + 1;", "=>", "closure", "|x|"),
    ("let f = (x) => x + 1;", "=>", "closure", "|x|"),
    ("[1].map(x => x + 1);", "=>", "closure", "|x|"),
    ("let f = fn(x) { x };", "fn", "closure", "|x|"),
    ("let f = function(x) { x };", "function", "closure", "|x|"),
    ("let x: int = 1;", ":", "declares no type", ""),
    ("fn f(x: int) { }", ":", "declares no type", ""),
    ("fn f(x) -> int { x }", "->", "doesn't declare what it gives back", ""),
    ("fn f(x = 1) { }", "=", "no default", ""),
    ("f(x: 1);", "x", "has no name in Rhai", "order of the parameters: f(1)"),
    ("f(x = 1, 2);", "x", "has no name in Rhai", "one map"),
    ("if true and false { }", "and", "`and` is `&&`", ""),
    ("if true or false { }", "or", "`or` is `||`", ""),
    ("if not true { }", "not", "`not` is `!`", ""),
    ("let x = not true;", "not", "`not` is `!`", ""),
    ("let x = 1; if x not in [1] { }", "not", "`not` is `!`", "!(x in list)"),
    ("let x = null;", "null", "no `null`", "`()` stands for nothing"),
    ("let x = nil;", "nil", "no `nil`", "`()` stands for nothing"),
    ("# a comment\nprint(1);", "#", "no `#`", "`//`"),
    ("-- a comment", "--", "no `--`", "`//`"),
    ("let x = f\"a {1}\";", "f", "no `f` before it", "backticks"),
    ("let x = \"a\" + f'b';", "f", "no `f` before it", "backticks"),
    ("let m = { a: 1 };", "{", "begins with `#{`", ""),
    ("let m = { \"a\": 1 };", "{", "begins with `#{`", ""),
    ("foo(1, { a: 1 });", "{", "begins with `#{`", ""),
    ("print x;", "print", "without its parentheses", "print(…)"),
    ("echo \"x\";", "\"x\"", "nothing joins `echo`", "print(\"x\")"),
    ("foo x;", "x", "nothing joins `foo`", "foo(x)"),
    ("import x from \"y\";", "import", "imported as a whole", "import \"people\" as people"),
    ("import { x } from \"y\";", "import", "imported as a whole", ""),
    ("from y import x", "from", "imported as a whole", ""),
    ("use x;", "use", "no `use`", "import"),
    ("try { } except (e) { }", "except", "`except` is `catch`", ""),
    ("try { } catch e { }", "e", "in parentheses", "catch (e)"),
    ("try { }", "", "no `catch`", ""),
    ("try { } catch (e) { } finally { }", "finally", "no `finally`", ""),
    ("switch 1 { case 1: print(1); }", "case", "no `case`", "switch x {"),
    ("switch 1 { default => 2 }", "default", "no `default`", "_ =>"),
    ("switch 1 { 1: 2 }", ":", "has `=>`", ""),
    ("match 1 { 1 => 2 }", "match", "no `match`", "switch"),
    ("fn f(a, a) { }", "a", "two parameters `a`", ""),
    ("let m = #{ a: 1, a: 2 };", "a", "`a` twice", ""),
    ("fn f(a) { } fn f(b) { }", "f", "two functions `f` with 1 parameter", ""),
    ("let x = await f();", "await", "no `await`", "parallel"),
    ("async fn f() { }", "async", "no `async`", "parallel"),
    ("let x = 1 !== 2;", "!==", "no `!==`", "`!=`"),
    ("let x = 1 === 2;", "===", "no `===`", "`==`"),
    ("let x = 1 <> 2;", "<>", "no `<>`", "`!=`"),
    ("let x = true ? 1 : 2;", "?", "no `?`", "if a { b } else { c }"),
    ("let x = 99999999999999999999;", "99999999999999999999", "too large", "9223372036854775807"),
    ("let x = 0xZZ;", "0xZZ", "no number", ""),
    ("let x = 1.2.3;", "3", "one point", "string"),
    ("let x = 5m;", "m", "no unit", "seconds"),
    ("sleep(5m);", "m", "no unit", "seconds"),
    ("let x = \"a\\qb\";", "\\", "`\\q` means nothing", "\\\\"),
    ("let x = \"C:\\Users\\me\";", "\\", "`\\U` means nothing", "\\\\"),
    ("let x = “hello”;", "“", "quote of printed text", "straight"),
    ("let x = ‘hello’;", "‘", "quote of printed text", "double"),
    ("let\u{a0}x = 1;", "\u{a0}", "U+00A0", "plain space"),
    ("let x = 1;\u{feff}\nlet y = 2;", "\u{feff}", "U+FEFF", "delete"),
    ("let x := 1;", ":=", "no `:=`", "let x = 1;"),
    ("var x = 1;", "var", "no `var`", "`let`"),
    ("let match = 1;", "match", "keeps for itself", "`match_`"),
    ("let if = 1;", "if", "keeps for itself", "`if_`"),
    ("fn go() { }", "go", "keeps for itself", "`go_`"),
    ("let ü = 1;", "ü", "can't have `ü`", ""),
    ("let x = new Foo();", "new", "no `new`", "#{"),
    ("class A { }", "class", "no `class`", "#{"),
    ("let 1x = 2;", "1", "begin with a digit", ""),
    ("let my-name = 2;", "-", "can't have a `-`", "`_`"),
    ("let (a, b) = [1, 2];", "(", "taken apart", "pair[0]"),
    ("let a = 1, b = 2;", ",", "one variable at a time", ""),
    ("let x = ;", "=", "nothing stands behind `=`", ""),
    ("let x = 1 +;", "+", "nothing stands behind `+`", ""),
    ("foo(1 2);", " ", "arguments have a `,`", ""),
    ("[1 2];", " ", "items have a `,`", ""),
    ("#{ a: 1 b: 2 };", " ", "pairs of a map have a `,`", ""),
    ("#{ a = 1 };", " ", "has no value", "key: value"),
    ("#{ my-key: 2 };", "-", "has no value", "in quotes"),
    ("else { }", "else", "belongs to no `if`", ""),
    ("fn f { }", "{", "no parentheses", "fn f()"),
    ("if true { fn f() { } }", "fn", "inside a block", "closure"),
    ("break;", "break", "outside of a loop", "exit()"),
    ("[1].for_each(|x| { break; });", "break", "outside of a loop", "closure"),
    ("[1].for_each(|| { if true { break; } });", "break", "outside of a loop", "closure"),
    ("1 = 2;", "1", "can be set", "`==`"),
    ("const X = 1; X = 2;", "X", "is a constant", "`let`"),
    ("let x = y as int;", "as", "no `as`", "to_int"),
    ("let x = eval(\"1\");", "eval", "turned off", "closure"),
    ("let x = \"a\" + @b;", "@", "no `@`", ""),
    ("/// doc\nlet x = 1;", "/", "describes a function", "`//`"),
    ("let x = [...a];", "...", "no `...`", "a + b"),
    ("let p = 1; p->q;", "->", "no `->`", "dot"),
    ("if true { print(1)); }", ")", "closes nothing", ""),
    ("if f(1)) { }", ")", "closes nothing", ""),
    ("fn f(x)) { }", ")", "closes nothing", ""),
    ("[1].map(|x| { x );", ")", "`{` is closed by `)`", ""),
    ("let pair = (1, 2);", ",", "parentheses hold one value", "[1, 2]"),
    ("switch 1 { 1 => f((1), 2 => 3 }", "(", "never closed", ""),
    ("let let x = 1;", "let", "twice", ""),
    ("for in [1] { }", "in", "no variable", "for person in"),
    ("{ } catch { }", "catch", "belongs to no `try`", ""),
    ("switch 1 { { 1 => 2 } }", "=>", "written out", "switch x {"),
    ("export fn f() { }", "export", "for variables", ""),
    ("xs.map(lambda x: x);", "lambda", "closure", "|x|"),
    ("let m = #{ f: lambda x: x };", "lambda", "closure", "|x|"),
    ("[1].map(function(x){ return x; });", "function", "closure", "|x|"),
    ("#{a: 1; b: 2}", ";", "pairs of a map have a `,`", ""),
    ("[1; 2]", ";", "items have a `,`", ""),
    ("f(1; 2);", ";", "arguments have a `,`", ""),
    ("print(a[0:2]);", ":", "range", "a.extract(0..2)"),
    ("print(a[1:]);", ":", "range", "a.extract(1..a.len())"),
    ("let y = [x*2 for x in xs];", "for", "filled by a loop", "xs.map(|x| x*2)"),
    ("if \"a\" not in [1] { }", "not", "`not` is `!`", "!(\"a\" in"),
    ("let c = a is not b;", "is", "`is not` is `!=`", ""),
    ("if a is not b { }", "is", "`is not` is `!=`", ""),
    ("print(m.ü);", "ü", "can't have `ü`", "m[\"ü\"]"),
    ("let m = #{ new: 1 };", "new", "keeps for itself", "\"new\": 1"),
    ("let m = #{ a: 1, default: 1 };", "default", "keeps for itself", "\"default\": 1"),
    ("let m = #{ public: true };", "public", "keeps for itself", "\"public\": true"),
    ("print(row.default);", "default", "keeps for itself", "row[\"default\"]"),
    ("row.default = 1;", "default", "keeps for itself", "row[\"default\"]"),
    ("f(1).package;", "package", "keeps for itself", "[\"package\"]"),
    ("h::go();", "go", "keeps for itself", "`go_`"),
    ("fn save(package) { }", "package", "keeps for itself", "`package_`"),
    ("let f = |match| match;", "match", "keeps for itself", "`match_`"),
    ("[1, 2].map(print);", "print", "function", "|x| print(x)"),
    ("let f = print;", "print", "function", "|x| print(x)"),
    (
        "track_event(user_id=\"u1\", event=\"x\");",
        "user_id",
        "has no name",
        "track_event(#{ user_id: \"u1\", event: \"x\" })",
    ),
    ("track_event(user_id: \"u1\");", "user_id", "has no name", "track_event(#{ user_id: \"u1\" })"),
    ("switch 1 { x => 2 }", "x", "written out", "switch x {"),
    ("switch 1 { f(1) => 2 }", "f", "written out", "switch x {"),
    ("let d = new Date();", "new", "no `new`", "now()"),
];
