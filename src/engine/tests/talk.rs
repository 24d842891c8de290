//! Inputs that come one after the other.

use super::super::{STACK, Talk};
use super::*;
use rhai::Dynamic;

/// What each input came to: its value as a script would print it, or what is wrong, and where.
fn talk(inputs: &[&str]) -> Vec<Result<String, String>> {
    let inputs: Vec<String> = inputs.iter().map(ToString::to_string).collect();
    let said = move || {
        let mut talk = Talk::new(Arc::new(Fake::default()), &Sources::default());
        inputs.iter().map(|text| say(&mut talk, text)).collect()
    };
    std::thread::Builder::new().stack_size(STACK).spawn(said).unwrap().join().unwrap()
}

fn say(talk: &mut Talk, text: &str) -> Result<String, String> {
    let words = |failure: Failure| match failure {
        Failure::Script(wrong) => {
            let place = |place: &crate::fault::Place| format!("{}:{}", place.source, place.line);
            let frames = wrong.frames.iter().map(|frame| place(&frame.place));
            let places: Vec<String> = wrong.place.iter().map(place).chain(frames).collect();
            let near = |help: &&String| help.contains("did you mean") || help.contains("is a function");
            let help = wrong.faults[0].help.as_ref().filter(near);
            let help = help.map(|help| format!(" ({help})")).unwrap_or_default();
            format!("{}{help} at {}", wrong.faults[0].message, places.join(" from "))
        }
        Failure::Stopped => "stopped".to_string(),
    };
    let input = talk.read(text, None).map_err(words)?;
    let checked = talk.check(&input);
    if let Some(failure) = Failure::of(checked.wrongs, 0) {
        return Err(words(failure));
    }
    talk.say(&input).map(|value: Dynamic| value.to_string()).map_err(words)
}

/// The value of the last input; all must succeed.
fn last(inputs: &[&str]) -> String {
    let said: Result<Vec<String>, String> = talk(inputs).into_iter().collect();
    said.unwrap_or_else(|wrong| panic!("{inputs:?}: {wrong}")).pop().unwrap()
}

#[test]
fn what_an_input_leaves_is_there_for_the_next() {
    for (inputs, value) in [
        (&["let x = 1;", "let y = x + 1;", "x + y"][..], "3"),
        (&["let x = 1;", "let x = \"two\";", "x"], "two"),
        (&["const X = 5;", "X + 1"], "6"),
        (&["fn twice(n) { 2 * n }", "twice(4)"], "8"),
        (&["fn f() { 1 }", "fn f() { 2 }", "f()"], "2"),
        (&["fn g() { 3 }", "fn f() { g() }", "fn g() { 4 }", "f()"], "4"),
        (&["fn f() { 1 }", "fn f(x) { x }", "f() + f(4)"], "5"),
        (&["let x = 2; let f = |n| n * x;", "x = 10;", "f.call(3)"], "30"),
        (&["let f = |n| n + 1; f.call(1)", "f.call(3)"], "4"),
        (&["import \"std/dates\" as dates;", "dates::days_ago(1) < now()"], "true"),
        (&["fn f() { global::X } const X = 7;", "f()"], "7"),
        (&["let m = #{ a: [1] };", "m.a.push(2);", "m.a.len()"], "2"),
        (&["let s = segment_members(7).map(|p| p.id);", "type_of(s)"], "Sequence"),
    ] {
        assert_eq!(last(inputs), value, "{inputs:?}");
    }
}

#[test]
fn it_is_the_last_value() {
    assert_eq!(last(&["40 + 2", "it"]), "42");
    assert_eq!(last(&["40", "let x = 1;", "it"]), "40", "nothing is no value");
    assert_eq!(last(&["40", "it + 1", "it + 1"]), "42");
    let none = talk(&["it"]);
    assert!(none[0].as_ref().unwrap_err().contains("`it`"), "{none:?}");
}

#[test]
fn an_input_that_fails_leaves_everything_as_it_was() {
    for (before, failing, after, value) in [
        ("let x = 1;", "x = 2; throw \"no\";", "x", "1"),
        (
            "let m = #{ a: #{ b: [1] } };",
            "m.a.b.push(2); m.c = 3; throw \"no\";",
            "m",
            "#{\"a\": #{\"b\": [1]}}",
        ),
        ("let x = 1; let f = || x;", "x = 2; throw 1;", "f.call()", "1"),
        ("let x = 1; let f = || { x += 1; x };", "f.call(); f.call(); throw 1;", "f.call() + x", "4"),
        ("fn f() { 1 }", "fn f() { 2 } throw f();", "f()", "1"),
        ("const X = 1; fn f() { global::X }", "const X = 2; throw 1;", "X", "1"),
        ("let x = 1;", "let x = 2; let y = 3; throw 1;", "is_def_var(\"y\") || x == 2", "false"),
        ("5", "6; throw 1;", "it", "5"),
    ] {
        let mut said = talk(&[before, failing, after]);
        assert_eq!(said.pop().unwrap().as_deref(), Ok(value), "{failing}");
        assert!(said.pop().unwrap().is_err(), "{failing}");
    }
}

#[test]
fn what_is_wrong_is_told_at_its_input() {
    for (inputs, wrong) in [
        (
            &["fn f(n) {\n  throw `no ${n}`\n}", "let x = 1;", "x;\nf(x)"][..],
            "no 1 at <repl:1>:2 from <repl:3>:2",
        ),
        (&["let f = || throw \"no\";", "f.call()"], "no at <repl:1>:1 from <repl:2>:1"),
        (&["1", "twcie(4)"], "there is no function `twcie` at <repl:2>:1"),
        (
            &["fn twice(n) { 2 * n }", "twice()"],
            "`twice` takes 1 argument, and none is given here at <repl:2>:1",
        ),
        (
            &["let people = 1;", "peolpe"],
            "there is no variable `peolpe` here (did you mean `people`?) at <repl:2>:1",
        ),
        (
            &["get_segments"],
            "there is no variable `get_segments` here (`get_segments` is a function: get_segments() calls it) at <repl:1>:1",
        ),
        (
            &["import \"std/people\" as p;", "p::uniq([])"],
            "the module `p` has no function `uniq` (did you mean `p::unique`?) at <repl:2>:1",
        ),
        (
            &["import \"std/people\" as p;", "p::unique()"],
            "`p::unique` takes 1 argument, and none is given here at <repl:2>:1",
        ),
        (&["1 +"], "script is incomplete at <repl:1>:1"),
        (&["suppress_person(\"\")"], "`identifier` is an empty string at <repl:1>:1"),
    ] {
        assert_eq!(talk(inputs).pop().unwrap().unwrap_err(), wrong, "{inputs:?}");
    }
}

#[test]
fn a_function_of_an_earlier_input_hides_a_tool_of_its_name() {
    let inputs = ["fn suppress_person(x) { x }", "suppress_person(\"\")"];
    assert_eq!(last(&inputs), "");
}

/// What `say` does with a conversation, on a thread that a script may run on.
fn within<T: Send + 'static>(say: impl FnOnce(&mut Talk) -> T + Send + 'static) -> T {
    let said = move || say(&mut Talk::new(Arc::new(Fake::default()), &Sources::default()));
    std::thread::Builder::new().stack_size(STACK).spawn(said).unwrap().join().unwrap()
}

#[test]
fn what_is_only_asked_leaves_everything_as_it_was() {
    let values = within(|talk| {
        say(talk, "let m = #{ a: [1] }; 5").unwrap();
        let input = talk.read("m.a.push(2); let n = 3; fn f() { 4 } m.a.len()", None).unwrap();
        let asked = talk.ask(&input).unwrap();
        let kind = talk.type_of(&asked);
        let left = say(talk, "`${m} ${it} ${is_def_var(\"n\")}`").unwrap();
        (asked.to_string(), kind, left, say(talk, "f()").is_err())
    });
    assert_eq!(values, ("2".into(), "i64".into(), "#{\"a\": [1]} 5 false".into(), true));
}

#[test]
fn a_script_is_told_of_by_the_name_of_its_file() {
    let wrong = within(|talk| {
        let input = talk.read("fn f() {\n  throw 1\n}", Some("x.rhai")).unwrap();
        let _ = talk.say(&input).unwrap();
        say(talk, "f()").unwrap_err()
    });
    assert_eq!(wrong, "1 at x.rhai:2 from <repl:2>:1");
}

#[test]
fn what_was_forgotten_is_not_there() {
    within(|talk| {
        say(talk, "import \"std/dates\" as dates; fn f() { 1 } let x = 1; x").unwrap();
        assert!(talk.last().is_some());
        talk.forget();
        assert!(talk.last().is_none());
        for gone in ["x", "f()", "dates::days_ago(1)", "it"] {
            assert!(say(talk, gone).is_err(), "{gone}");
        }
        assert_eq!(say(talk, "let x = 2; x").as_deref(), Ok("2"));
    });
}

#[test]
fn what_the_next_input_can_name_is_known() {
    let inputs = [
        "fn greet(someone, words) { words }",
        "let plan = #{ name: \"pro\", seats: 3 };",
        "const people = [1, 2];",
        "let whose = person(#{ id: \"u-1\" });",
        "import \"std/dates\" as dates;",
        "let broken = 1; throw \"no\"",
        "40 + 2",
    ];
    let names = move || {
        let mut talk = Talk::new(Arc::new(Fake::default()), &Sources::default());
        inputs.iter().for_each(|text| drop(say(&mut talk, text)));
        talk.names()
    };
    let names = std::thread::Builder::new().stack_size(STACK).spawn(names).unwrap().join().unwrap();
    let mut variables: Vec<(&str, &str, String)> = names
        .variables
        .iter()
        .map(|variable| (variable.name.as_str(), variable.of, variable.fields.join(" ")))
        .collect();
    variables.sort();
    let with = |name, of, fields: &str| (name, of, fields.to_string());
    assert_eq!(
        variables,
        [
            with("it", "an integer", ""),
            with("people", "an array", ""),
            with("plan", "a map", "name seats"),
            with("whose", "a person", "id email cio_id"),
        ]
    );
    let greet = names.functions.iter().find(|function| function.name == "greet").expect("it is declared");
    assert_eq!(greet.params, ["someone", "words"]);
    assert!(names.functions.iter().any(|function| function.name == "push"));
    let modules: Vec<&str> = names.modules.iter().map(|module| module.name.as_str()).collect();
    assert_eq!(modules, ["dates"]);
    assert!(names.modules[0].functions.iter().any(|function| function.name == "days_ago"));
}

#[test]
fn of_an_imported_module_the_functions_for_others_are_known_with_their_parameters() {
    within(|talk| {
        assert!(say(talk, "import \"std/people\" as people;").is_ok());
        let names = talk.names();
        let functions = names.modules.iter().flat_map(|module| &module.functions);
        let found = |name: &str| functions.clone().find(|function| function.name == name);
        assert_eq!(
            found("by_domain").map(|function| function.params.join(", ")).as_deref(),
            Some("people, domain")
        );
        assert_eq!(found("domain"), None, "it is private");
    });
}
