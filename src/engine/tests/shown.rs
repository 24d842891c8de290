use rhai::{Dynamic, EvalAltResult};

use super::*;
use crate::engine::world::World;
use crate::engine::{Shown, shown};

const FIRST: &str = r#"{"identifiers":[{"id":"u-1","email":"a@x.io","cio_id":"c1"},{"id":null,"email":"b@x.io"},{"id":"u-3"}],"next":"p2"}"#;

/// What is read of a script's last value, and how many calls that makes.
fn read(script: &str, most: Option<usize>) -> (Result<Shown, String>, usize) {
    let fake = Arc::new(Fake::default());
    *fake.answers.lock().unwrap() = [Ok(FIRST.to_string()), Ok(r#"{"identifiers":[]}"#.to_string())].into();
    let engine = crate::engine::running(&World::new(fake.clone()), &Sources::default(), false);
    let value: Dynamic = engine.eval(script).unwrap();
    let seen = shown(&value, most).map_err(|error| match *error {
        EvalAltResult::ErrorRuntime(error, _) => error.cast::<CallError>().message(),
        other => panic!("{other}"),
    });
    let calls = fake.calls.lock().unwrap().len();
    (seen, calls)
}

fn value(script: &str) -> Shown {
    read(script, Some(2)).0.unwrap()
}

fn person(id: Option<&str>, email: Option<&str>, cio_id: Option<&str>) -> Shown {
    let [id, email, cio_id] = [id, email, cio_id].map(|text| text.map(str::to_string));
    Shown::Person { id, email, cio_id }
}

#[test]
fn values_are_plain_data() {
    let two = || vec![Shown::Int(1), Shown::Int(2)];
    assert_eq!(value("[1, 2, 3]"), Shown::List { first: two(), len: 3 });
    assert_eq!(read("[1, 2]", None).0, Ok(Shown::List { first: two(), len: 2 }));
    let map = Shown::Map(vec![("a".into(), Shown::Bool(true)), ("b".into(), Shown::Float(1.5))]);
    assert_eq!(value("#{ b: 1.5, a: true }"), map);
    assert_eq!(value("let x = 1; let f = || x; x"), Shown::Int(1), "also where a closure shares it");
    assert_eq!(value("()"), Shown::Unit);
    assert_eq!(value(r#"person(#{ email: "a@x.io" })"#), person(None, Some("a@x.io"), None));
}

#[test]
fn what_is_no_data_is_told_in_words() {
    for (script, words) in [
        ("'x'", "'x'"),
        ("|x| x", "a closure"),
        ("fn f() {} Fn(\"f\")", "the function `f`"),
        ("0..5", "0..5"),
        ("1..=2", "1..=2"),
        ("blob(3)", "a blob of 3 bytes"),
        (
            "let it = (); try { sleep(-1); } catch (error) { it = error; } it",
            "an error: `sleep` takes seconds",
        ),
    ] {
        match value(script) {
            Shown::Other(told) => assert!(told.starts_with(words), "{script}: {told}"),
            other => panic!("{script}: {other:?}"),
        }
    }
}

#[test]
fn of_a_sequence_only_what_is_shown_is_read() {
    let people = || vec![person(Some("u-1"), Some("a@x.io"), Some("c1")), person(None, Some("b@x.io"), None)];
    let (seen, calls) = read("segment_members(7)", Some(2));
    assert_eq!(
        (seen, calls),
        (Ok(Shown::Sequence { of: "segment_members", first: people(), more: true }), 1)
    );
    let (seen, _) = read("segment_members(7).take(2)", Some(2));
    assert_eq!(seen, Ok(Shown::Sequence { of: "segment_members", first: people(), more: false }));
    let (seen, calls) = read("segment_members(7)", None);
    let Ok(Shown::Sequence { first, more: false, .. }) = seen else { panic!("{seen:?}") };
    assert_eq!((first.len(), calls), (3, 2));
}

#[test]
fn closures_are_not_called_just_to_show_something() {
    for script in
        ["segment_members(7).map(|p| p.id)", "segment_members(7).filter(|p| true).take(1).chunks(2)"]
    {
        assert_eq!(read(script, Some(2)), (Ok(Shown::Steps { of: "segment_members" }), 0), "{script}");
    }
    let (seen, _) = read("segment_members(7).map(|p| 1)", None);
    let ones = vec![Shown::Int(1); 3];
    assert_eq!(seen, Ok(Shown::Sequence { of: "segment_members", first: ones, more: false }));
}

#[test]
fn an_error_on_the_way_is_told_and_depth_has_an_end() {
    assert!(read("read_ndjson(\"broken.ndjson\")", Some(2)).0.unwrap_err().contains("isn't JSON"));
    let deep = "let x = 1; for i in 0..1_000 { x = [x]; } x";
    assert!(read(deep, None).0.unwrap_err().contains("more than 128 deep"));
    assert!(read("let x = 1; for i in 0..128 { x = [x]; } x", None).0.is_ok());
}
