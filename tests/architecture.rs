//! The house: which room may know which, and how large a file may grow.

use std::path::{Path, PathBuf};

/// The rooms, lowest first. A room imports only rooms before it.
const ROOMS: [&str; 17] = [
    "spec",
    "fault",
    "tools",
    "request",
    "policy",
    "api",
    "sandbox",
    "journal",
    "outbox",
    "engine",
    "diagnostics",
    "run",
    "repl",
    "watch",
    "testing",
    "docs",
    "cli",
];

/// Faces of the rooms below them, which don't know each other.
const FACES: [&str; 4] = ["repl", "watch", "testing", "docs"];

/// The most lines a file may have. It holds one thing; beyond this it holds two.
const MOST_LINES: usize = 600;

/// The one folder whose files name Rhai's tree.
const TREE_FOLDER: &str = "engine/survey/";
const TREE_WORDS: [&str; 3] = ["Expr::", "Stmt::", "ASTNode"];

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every source below `src`: its path from there, with `/`, and its text.
fn sources() -> Vec<(String, String)> {
    let src = src();
    let read = |path: PathBuf| {
        let name = path.strip_prefix(&src).expect("it is below src");
        let name = name.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>();
        (name.join("/"), std::fs::read_to_string(&path).expect("a source can be read"))
    };
    rust_files(&src).into_iter().map(read).collect()
}

/// The files below `folder` whose name ends in `.rs`.
fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = vec![];
    let mut open = vec![folder.to_path_buf()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder can be read") {
            let path = entry.expect("a folder can be read").path();
            match path.is_dir() {
                true => open.push(path),
                false if path.extension().is_some_and(|extension| extension == "rs") => found.push(path),
                false => {}
            }
        }
    }
    found.sort();
    found
}

fn rank(room: &str) -> Option<usize> {
    ROOMS.iter().position(|known| *known == room)
}

/// The room of a file below `src`, if it is in one.
fn room(file: &str) -> Option<&str> {
    let first = file.split('/').next()?;
    let name = first.strip_suffix(".rs").unwrap_or(first);
    rank(name).map(|_| name)
}

/// Whether `from` may know `to`.
fn may(from: &str, to: &str) -> bool {
    let both_faces = FACES.contains(&from) && FACES.contains(&to);
    from == to || (!both_faces && rank(to) < rank(from))
}

/// The imports of `file` that go up or sideways, as `line: room`. Tests are under the same rule.
fn upward(file: &str, text: &str) -> Vec<String> {
    let Some(from) = room(file) else { return vec![] };
    let found = mentions(file, &code(text));
    found
        .into_iter()
        .filter(|(_, to)| !may(from, to))
        .map(|(line, to)| format!("{file}:{line} uses {to}"))
        .collect()
}

/// The rooms that code names, from `crate` or by going up to it, each with its line.
fn mentions(file: &str, code: &str) -> Vec<(usize, String)> {
    let words: Vec<(usize, String)> = words(code);
    let mut found = vec![];
    let mut i = 0;
    while i < words.len() {
        let begins = i;
        let root = match words[i].1.as_str() {
            "crate" => words.get(i + 1).is_some_and(|(_, word)| word == "::"),
            "super" => {
                let mut ups = 1;
                while words.get(i + 1).is_some_and(|(_, word)| word == "::")
                    && words.get(i + 2).is_some_and(|(_, word)| word == "super")
                {
                    (ups, i) = (ups + 1, i + 2);
                }
                ups >= depth(file) && words.get(i + 1).is_some_and(|(_, word)| word == "::")
            }
            _ => false,
        };
        if root {
            heads(&words[i + 2..], &mut |line, word| found.push((line, word.to_string())));
        }
        i = begins.max(i) + 1;
    }
    found.retain(|(_, word)| rank(word).is_some());
    found
}

/// How many modules lie between a file and the crate: `api/client.rs` has two, `api/mod.rs` one.
fn depth(file: &str) -> usize {
    file.split('/').filter(|part| *part != "mod.rs").count()
}

/// The first names of a path or of a `{…}` of paths.
fn heads(words: &[(usize, String)], name: &mut dyn FnMut(usize, &str)) {
    match words.first() {
        Some((_, open)) if open == "{" => {
            let (mut level, mut first) = (0, true);
            for (line, word) in words {
                match word.as_str() {
                    "{" => level += 1,
                    "}" => level -= 1,
                    "," => first = level == 1,
                    word if first && level == 1 => {
                        name(*line, word);
                        first = false;
                    }
                    _ => {}
                }
                if level == 0 {
                    return;
                }
            }
        }
        Some((line, word)) => name(*line, word),
        None => {}
    }
}

/// Identifiers, `::`, and single other characters, each with its line.
fn words(code: &str) -> Vec<(usize, String)> {
    let mut found = vec![];
    for (line, text) in code.lines().enumerate() {
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let letters = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            let len = match letters {
                0 if rest.starts_with("::") => 2,
                0 => c.len_utf8(),
                letters => letters,
            };
            if !c.is_whitespace() {
                found.push((line + 1, rest[..len].to_string()));
            }
            rest = &rest[len..];
        }
    }
    found
}

/// A source without comments and the insides of strings; its lines stay.
fn code(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '/' if chars.peek() == Some(&'/') => while chars.next_if(|c| *c != '\n').is_some() {},
            '\'' => {
                // A character, or a lifetime.
                out.push(c);
                let mut ahead = chars.clone();
                match (ahead.next(), ahead.next()) {
                    (Some('\\'), Some(_)) => {
                        chars = ahead;
                        chars.by_ref().find(|c| *c == '\'');
                    }
                    (Some(_), Some('\'')) => chars = ahead,
                    _ => {}
                }
            }
            'r' if !out.ends_with(|c: char| c.is_alphanumeric() || c == '_') && raw(&chars).is_some() => {
                let hashes = raw(&chars).unwrap_or_default();
                let end = format!("\"{}", "#".repeat(hashes));
                let rest: String = chars.clone().skip(hashes + 1).collect();
                let inside = rest.find(&end).unwrap_or(rest.len());
                out.extend(rest[..inside].chars().filter(|c| *c == '\n'));
                let passed = rest[..inside].chars().count() + hashes + 1 + end.len();
                chars.nth(passed - 1);
            }
            '"' => {
                while let Some(c) = chars.next() {
                    match c {
                        '"' => break,
                        '\\' => out.extend(chars.next().filter(|c| *c == '\n')),
                        '\n' => out.push('\n'),
                        _ => {}
                    }
                }
            }
            c => out.push(c),
        }
    }
    out
}

/// The number of `#` of a raw string that begins behind an `r`.
fn raw(chars: &std::iter::Peekable<std::str::Chars<'_>>) -> Option<usize> {
    let mut ahead = chars.clone();
    let mut hashes = 0;
    while ahead.next_if_eq(&'#').is_some() {
        hashes += 1;
    }
    (ahead.next() == Some('"')).then_some(hashes)
}

/// The modules a `lib.rs` declares, in order.
fn declared(text: &str) -> Vec<String> {
    let code = code(text);
    let names = code.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    names.map(str::to_string).collect()
}

/// Whether `names` stand in the order of the rooms, and each is one.
fn in_order(names: &[String]) -> bool {
    names.iter().all(|name| rank(name).is_some()) && names.is_sorted_by(|a, b| rank(a) < rank(b))
}

/// The lines of a file that name Rhai's tree and may not.
fn tree(file: &str, text: &str) -> Vec<String> {
    if file.starts_with(TREE_FOLDER) {
        return vec![];
    }
    let code = code(text);
    let named = |line: &str| {
        TREE_WORDS.iter().any(|word| {
            line.match_indices(word)
                .any(|(at, _)| !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_'))
        })
    };
    let lines = code.lines().enumerate().filter(|(_, line)| named(line));
    lines.map(|(i, line)| format!("{file}:{}: {}", i + 1, line.trim())).collect()
}

/// The part of a source that isn't tests.
fn without_tests(file: &str, text: &str) -> String {
    match file.contains("/tests/") || file.ends_with("/tests.rs") {
        true => String::new(),
        false => code(text).split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().to_string(),
    }
}

fn too_long(text: &str) -> bool {
    text.lines().count() > MOST_LINES
}

#[test]
fn no_room_imports_one_above_it() {
    let sources = sources();
    let found: Vec<String> = sources.iter().flat_map(|(file, text)| upward(file, text)).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
    // A reader that finds nothing anywhere would let everything pass.
    let all: usize = sources.iter().map(|(file, text)| mentions(file, &code(text)).len()).sum();
    assert!(all > 100, "only {all} imports were found");
}

#[test]
fn every_source_is_in_a_room() {
    for (file, _) in sources() {
        assert!(room(&file).is_some() || matches!(&*file, "lib.rs" | "main.rs"), "{file} is in no room");
    }
}

#[test]
fn the_library_declares_its_rooms_lowest_first() {
    let text = std::fs::read_to_string(src().join("lib.rs")).expect("it can be read");
    let names = declared(&text);
    assert!(names.len() > 10 && in_order(&names), "{names:?}");
}

#[test]
fn one_folder_names_the_tree_of_rhai() {
    let found: Vec<String> = sources().iter().flat_map(|(file, text)| tree(file, text)).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
    let exempt = |file: &str| file.starts_with(TREE_FOLDER) && !file.ends_with("tests.rs");
    for (file, text) in sources().iter().filter(|(file, _)| exempt(file)) {
        assert!(!tree("elsewhere.rs", text).is_empty(), "{file} doesn't need its exemption");
    }
}

#[test]
fn no_file_outgrows_its_ceiling() {
    for (file, text) in sources() {
        assert!(!too_long(&text), "{file} has {} lines, and at most {MOST_LINES} fit", text.lines().count());
    }
}

#[test]
fn every_code_is_one_that_somebody_gives() {
    let sources = sources();
    let given: Vec<String> = sources
        .iter()
        .filter(|(file, _)| file != "fault/code.rs")
        .flat_map(|(file, text)| words(&without_tests(file, text)))
        .map(|(_, word)| word)
        .collect();
    let unused: Vec<String> = segue::fault::Code::ALL
        .iter()
        .map(|code| format!("{code:?}"))
        .filter(|code| !given.windows(3).any(|words| words == ["Code", "::", code]))
        .collect();
    assert!(unused.is_empty(), "nobody gives {}", unused.join(", "));
    let text = "Code::A\n#[cfg(test)]\nmod tests {\n    Code::B\n}";
    assert_eq!(without_tests("api/x.rs", text).trim(), "Code::A");
    assert_eq!(without_tests("api/tests/x.rs", text), "");
}

#[test]
fn an_upward_import_is_found_in_all_its_spellings() {
    for wrong in [
        "use crate::run::Exit;",
        "    use crate::cli;",
        "use crate::{fault::Fault, run::Exit};",
        "use crate::{\n    fault::{Fault, At},\n    cli,\n};",
        "fn f() -> crate::engine::Failure { loop {} }",
        "/// [`x`]\nlet x = crate :: outbox :: Ledger::default();",
        "use super::super::run::Session;",
        "let quote = '\"'; use crate::run::Exit; let other = '\"';",
        "let text = r#\"a \" b\"#; use crate::run::Exit;",
        "#[cfg(test)]\nmod tests {\n    use crate::cli::main;\n}",
    ] {
        assert_eq!(upward("api/client.rs", wrong).len(), 1, "{wrong}");
    }
    assert_eq!(upward("api/mod.rs", "use super::run::Session;").len(), 1);
    assert_eq!(upward("docs/mod.rs", "use crate::repl::Prompt;").len(), 1, "faces don't know each other");
    assert_eq!(upward("watch/x.rs", "use crate::testing;").len(), 1);
    assert_eq!(upward("spec/tool.rs", "\n\nuse crate::fault::At;"), ["spec/tool.rs:3 uses fault"]);
}

#[test]
fn what_goes_down_or_only_speaks_of_a_room_is_fine() {
    for right in [
        "use crate::spec::Api;",
        "use crate::{fault, policy::Outcome};",
        "use crate::api::run::x;",
        "// use crate::run::Exit;",
        "/// See [`crate::run`].",
        "let text = \"use crate::run::Exit;\";",
        "let text = \"\\\"crate::run::\";",
        "let text = r#\"use crate::run::Exit;\"#;",
        "use super::run;",
        "use tokio::run::cli;",
    ] {
        assert_eq!(upward("api/client.rs", right), [""; 0], "{right}");
    }
    assert_eq!(upward("lib.rs", "use crate::cli;"), [""; 0]);
}

#[test]
fn the_other_rules_can_fail_too() {
    let names = |text: &str| declared(text);
    assert!(in_order(&names("pub mod spec;\npub mod api;\n// pub mod fault;\npub mod cli;")));
    assert!(!in_order(&names("pub mod api;\npub mod spec;")));
    assert!(!in_order(&names("pub mod spec;\npub mod attic;")));
    assert_eq!(tree("engine/mod.rs", "match x { Expr::Unit(_) => {} }").len(), 1);
    assert_eq!(tree("diagnostics/x.rs", "use rhai::{AST, ASTNode};").len(), 1);
    assert_eq!(tree("engine/mod.rs", "// Expr::Unit\nlet a = \"Stmt::\"; MyExpr::new()"), [""; 0]);
    assert_eq!(tree("engine/survey/blocks.rs", "Expr::Unit"), [""; 0]);
    assert_eq!(tree("engine/survey.rs", "Expr::Unit").len(), 1);
    assert!(too_long(&"x\n".repeat(MOST_LINES + 1)) && !too_long(&"x\n".repeat(MOST_LINES)));
}
