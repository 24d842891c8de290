//! What help says of the functions beside the tools works as it stands.

mod support;

use segue::engine::manual::FUNCTIONS;
use support::Place;

#[test]
fn the_example_of_every_function_runs() {
    let mut script = String::from("//! max-people: any\n");
    for function in FUNCTIONS {
        let named = function.example.contains(&format!("{}(", function.name));
        assert!(named, "{} isn't in {}", function.name, function.example);
        script.push_str(&format!("{{\n    let it = {};\n}}\n", function.example));
        if function.name != "exit" {
            script.push_str(&format!("print(\"ran {}\");\n", function.name));
        }
    }
    let place = Place::with(&script);
    place.file("ids.txt", b"u-1\n");
    place.file("people.csv", b"id\nu-1\n");
    place.file("rejected.ndjson", b"{}\n");
    let ended = place.in_sandbox();
    ended.says(0, &[]);
    let ran = ended.lines().into_iter().filter(|line| line.starts_with("ran ")).count();
    assert_eq!(ran, FUNCTIONS.len() - 1, "all but the one that ends the script");
}
