//! The library of scripts does what it says: its examples run as they stand, and it can be imported from everywhere.

mod support;

use segue::engine::library::modules;
use support::Place;

/// The lines that import every module under its own name.
fn imports() -> String {
    modules().iter().map(|module| format!("{}\n", module.import())).collect()
}

#[test]
fn the_example_of_every_function_runs() {
    std::thread::scope(|scope| {
        for module in modules() {
            scope.spawn(move || {
                let mut script = imports();
                let signatures = || module.functions.iter().map(|function| module.signature(function));
                for (function, signature) in module.functions.iter().zip(signatures()) {
                    script.push_str(&format!("{{\n{}\n}}\nprint(\"ran {signature}\");\n", function.example));
                }
                let ended = Place::with(&script).in_sandbox();
                ended.says(0, &[]);
                let lines = ended.lines();
                let ran: Vec<String> =
                    lines.iter().filter_map(|line| line.strip_prefix("ran ")).map(str::to_string).collect();
                assert_eq!(ran, signatures().collect::<Vec<_>>(), "{}", ended.err);
            });
        }
    });
}
