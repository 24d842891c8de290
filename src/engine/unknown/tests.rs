use super::*;
use crate::engine::functions::functions;

/// What is said of a signature where `text` is called at its `~`.
fn said(signature: &str, text: &str) -> (Fault, Option<String>) {
    let byte = text.find('~').unwrap();
    let text = text.replace('~', "");
    let mut engine = rhai::Engine::new();
    engine.register_fn("sleep", |_: rhai::INT| {}).register_fn("sleep", |_: rhai::FLOAT| {});
    let ast = engine.compile("fn join(a, b) { } fn f() { |x, y| x }").unwrap();
    let mut known = functions(&engine, [&**ast.shared_lib()]);
    let tool =
        |name: &str| Function { name: name.to_string(), takes: vec![None; 2], own: false, params: vec![] };
    known.extend(["add_person_to_group", "track_event"].map(tool));
    let Said { fault, call, .. } = call(signature, &known, &Spot::new(&text, Some(byte)));
    (fault, call)
}

#[test]
fn each_way_to_miss_a_function_has_its_message() {
    for (signature, text, message, help) in [
        (
            "add_person_to_gruop (Person, i64)",
            "~add_person_to_gruop(p, 1)",
            "there is no function `add_person_to_gruop`",
            "did you mean `add_person_to_group`?",
        ),
        ("jion (i64, i64)", "~jion(1, 2)", "there is no function `jion`", "did you mean `join`?"),
        (
            "nothing_like_it ()",
            "~nothing_like_it()",
            "there is no function `nothing_like_it`",
            "`segue tools` lists the tools",
        ),
        (
            "join (Person, i64)",
            "p.~join(\"acme\")",
            "`join` is a function of this script, and isn't called with a dot",
            "write join(p, \"acme\")",
        ),
        (
            "join (array, i64)",
            "f(1).~join(\"acme\")",
            "`join` is a function of this script",
            "join(…, \"acme\")",
        ),
        ("join (array)", "p.~join()", "`join` takes 2 arguments, and none is given here", ""),
        ("save (i64)", "let save = |x| x; ~save(1)", "`save` is a variable", "save.call("),
        (
            "add_to_group (Person, i64)",
            "~add_to_group(p, 1)",
            "there is no function `add_to_group`",
            "did you mean `add_person_to_group`?",
        ),
        ("upper (&str | ImmutableString | String)", "s.~upper()", "a string has no method", "to_upper()"),
        ("reverse (())", "[3].sort().~reverse()", "() has no method", "`sort` changes the value itself"),
        ("get$id (())", "track_event(1).~id", "() has no `id`", "delivered later"),
        ("println (i64)", "~println(1)", "there is no function `println`", "print(value)"),
        ("size (array)", "a.~size()", "an array has no method `size`", "value.len()"),
        ("join (i64)", "~join(1)", "`join` takes 2 arguments, and 1 is given here", ""),
        ("push (array)", "a.~push()", "`push` takes 1 argument, and none is given here", ""),
        (
            "sleep (&str | ImmutableString | String)",
            "~sleep(\"5\")",
            "`sleep` takes a float or an integer, and got a string",
            "parse_int",
        ),
        (
            "pad (&str | ImmutableString | String, i64, i64)",
            "s.~pad(3, 4)",
            "`pad` takes a character or a string as its second argument, and got an integer",
            "",
        ),
        (
            "parse_int (i64)",
            "~parse_int(42)",
            "`parse_int` takes a string, and got an integer",
            "to_string()",
        ),
        ("push (i64, i64)", "x.~push(1)", "an integer has no method `push`", "`push` is for an array"),
        (
            "fliter (array, Fn)",
            "x.~fliter(|y| y)",
            "an array has no method `fliter`",
            "did you mean `filter`?",
        ),
        ("len (())", "x.~len()", "() has no method `len`", "`?.`"),
        (
            "* (&str | ImmutableString | String, i64)",
            "\"5\" ~* 2",
            "`*` doesn't go with a string and an integer",
            "parse_int",
        ),
        ("- (i64, array)", "x ~-= [1]", "`-=` doesn't go with an integer and an array", ""),
        ("+ ((), i64)", "x ~+ 2", "`+` doesn't go with () and an integer", "value ?? 0"),
        ("contains (i64, i64)", "1 ~in 5", "`in` can't look into an integer", "keys of a map"),
        (
            "lib::join (map)",
            "lib::~join(1)",
            "the module `lib` has no function `join` that takes 1 argument",
            "private fn",
        ),
        ("get$mail (Person)", "p.~mail", "a person has no `mail`", "did you mean `.email`?"),
        ("anon$12 (i64)", "f.~call(1)", "a closure is given another number of values", "|x, y| two"),
    ] {
        let (fault, _) = said(signature, text);
        let helps = fault.help.unwrap_or_default();
        assert!(fault.message.starts_with(message), "{signature}: {}", fault.message);
        assert!(helps.contains(help) && (!help.is_empty() || helps.is_empty()), "{signature}: {helps}");
    }
}

#[test]
fn the_argument_of_the_wrong_type_is_marked() {
    let at = |signature, text| {
        let (fault, call) = said(signature, text);
        (fault.at, fault.label, call)
    };
    let second = At::Value(vec!["2".to_string()]);
    assert_eq!(
        at("pad (&str | ImmutableString | String, i64, i64)", "s.~pad(3, 4)"),
        (second, "this is an integer".to_string(), Some("pad".to_string()))
    );
    assert_eq!(at("jion (i64, i64)", "~jion(1, 2)").2, None, "a name that is wrong is marked alone");
}

#[test]
fn no_word_of_rhais_types_is_left() {
    for (name, words) in [
        ("i64", "an integer"),
        ("&str | ImmutableString | String", "a string"),
        ("core::ops::range::Range<i64>", "a range"),
    ] {
        assert_eq!(in_words(name), words);
    }
    let rhai = "Unknown property 'mail' - a getter is not registered for type 'Person'";
    assert_eq!(property(rhai, &[], &Spot::new("", None)).message, "a person has no `mail`");
    let rhai = "No writable property 'foo' - a setter is not registered for type 'i64' to handle 'i64'";
    assert_eq!(property(rhai, &[], &Spot::new("", None)).message, "`foo` of an integer can't be set");
}
