//! The prompt, as a process: what comes through a pipe, and `--eval`.

mod support;

use std::io::Write;
use std::process::Stdio;

use support::{Ended, Place, Reply, Server};

/// Gives `text` to `segue repl` through a pipe.
fn piped(place: &Place, arguments: &[&str], text: &str) -> Ended {
    let mut command = place.command(&[&["repl"], arguments].concat());
    let mut child = command.stdin(Stdio::piped()).spawn().expect("the command runs");
    let mut stdin = child.stdin.take().expect("it has an input");
    stdin.write_all(text.as_bytes()).expect("it reads");
    drop(stdin);
    Ended::of(child.wait_with_output().expect("it ends"))
}

fn in_sandbox(text: &str) -> Ended {
    piped(&Place::empty(), &["--sandbox", "--people", "50"], text)
}

#[test]
fn a_pipe_runs_as_a_script_with_commands_between() {
    let ended = in_sandbox("fn twice(n) {\n  2 * n\n}\nlet x = twice(4);\n:type x\nprint(x);\nx\n");
    assert_eq!((ended.code, ended.out.as_str()), (Some(0), "i64\n8\n"), "{}", ended.err);
    assert_eq!(ended.err, "", "no prompt, and no word where nothing was written");
}

#[test]
fn a_pipe_ends_at_its_first_failure() {
    for (text, code) in [
        ("print(1);\n:type nothing(\nprint(2);", 2),
        ("print(1);\n:nothing\nprint(2);", 2),
        ("print(1);\n:type 1\nthrow \"no\";\n:type 2", 1),
        ("print(1);\n:type 1\nsuppress_person(\"\");\n:type 2", 2),
    ] {
        let ended = in_sandbox(text);
        assert_eq!(ended.code, Some(code), "{text}: {}", ended.err);
        assert!(ended.out.starts_with("1\n") && !ended.out.contains('2'), "{text}: {}", ended.out);
    }
}

#[test]
fn an_expression_gives_its_value() {
    let place = Place::empty();
    let ended = place.segue(&["repl", "--sandbox", "--eval", "40 + 2"]);
    assert_eq!((ended.code, ended.out.as_str(), ended.err.as_str()), (Some(0), "42\n", ""));
    let ended = place.segue(&["repl", "--sandbox", "--eval", "40 +"]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.err.contains("<repl:1>"), "{}", ended.err);
}

#[test]
fn writes_are_delivered_behind_each_input_and_counted() {
    let server = Server::start().on("POST /v1/batch", [Reply::ok("{}"), Reply::ok("{}")]);
    let place = Place::empty().live(&server.url());
    let text = "for n in 0..3 { identify_person(`u-${n}`) }\n:type 1\nidentify_person(\"u-4\");";
    let ended = piped(&place, &[], text);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    let told: Vec<&str> = ended.err.lines().filter(|line| line.contains("accepted")).collect();
    assert_eq!(told, ["3 writes: 3 accepted", "1 write: 1 accepted"]);
    assert!(ended.err.starts_with("live: keys from the environment"), "{}", ended.err);
}

#[test]
fn a_prompt_that_only_reads_refuses_a_write_before_it_is_made() {
    let server = Server::start();
    let place = Place::empty().live(&server.url());
    let ended = piped(&place, &["--read-only"], "let x = 1;\n:type x\nidentify_person(\"u-1\");");
    assert_eq!(ended.code, Some(4), "{}", ended.err);
    assert!(server.seen().is_empty());
}
