//! What the library's modules say of themselves, for whoever helps to use them: read once, from the text that is
//! also what runs.

use std::sync::LazyLock;

use super::modules::LIBRARY;
use crate::spec::{Effect, Tool};
use crate::tools::ALL;

/// A module of the library.
#[derive(Clone, Debug)]
pub struct Module {
    /// As it is imported: `std/people`.
    pub path: &'static str,
    /// What it is for, a paragraph each.
    pub about: Vec<String>,
    pub functions: Vec<Shared>,
}

/// A function that a module has for others.
#[derive(Clone, Debug, Default)]
pub struct Shared {
    pub name: String,
    /// Its parameters in order, with what is said of each; those that can be left out stand in brackets.
    pub params: Vec<(String, String)>,
    /// What it gives or does, a paragraph each; the first sentence says it in short.
    pub about: Vec<String>,
    /// Calls that work as they stand. Each is run as a test.
    pub example: String,
    /// The tools that it writes with, which a script that calls it has to be allowed.
    pub writes: Vec<&'static Tool>,
}

impl Module {
    /// The name by which the documents import it: `people`.
    pub fn name(&self) -> &'static str {
        self.path.rsplit('/').next().unwrap_or(self.path)
    }

    /// The line that imports it.
    pub fn import(&self) -> String {
        format!("import \"{}\" as {};", self.path, self.name())
    }

    /// Its path, and its functions as they are called.
    fn names(&self) -> impl Iterator<Item = String> {
        let functions = self.functions.iter().map(|function| format!("{}::{}", self.name(), function.name));
        std::iter::once(self.path.to_string()).chain(functions)
    }

    /// How a function of it is called: `people::by_domain(people, domain)`.
    pub fn signature(&self, function: &Shared) -> String {
        let params: Vec<&str> = function.params.iter().map(|(name, _)| name.as_str()).collect();
        format!("{}::{}({})", self.name(), function.name, params.join(", "))
    }
}

impl Shared {
    /// Its first sentence.
    pub fn in_short(&self) -> &str {
        let about = self.about.first().map_or("", String::as_str);
        // A colon or a dot within code ends no sentence: what follows an end is a blank.
        about.find(". ").map_or(about, |end| &about[..=end])
    }
}

/// All modules, by their paths.
pub fn modules() -> &'static [Module] {
    static MODULES: LazyLock<Vec<Module>> =
        LazyLock::new(|| LIBRARY.iter().map(|(path, text)| read(path, text)).collect());
    &MODULES
}

/// What a name means: a module by its path or its name, or a function in one, as in `people::unique`.
pub fn find(name: &str) -> Option<(&'static Module, Option<&'static Shared>)> {
    let (of, function) = name.split_once("::").map_or((name, None), |(of, function)| (of, Some(function)));
    let module = modules().iter().find(|module| module.path == of || module.name() == of)?;
    match function {
        None => Some((module, None)),
        Some(function) => {
            let function = module.functions.iter().find(|known| known.name == function)?;
            Some((module, Some(function)))
        }
    }
}

/// The tools that a function of the module at `path` writes with.
pub fn writes(path: &str, function: &str) -> &'static [&'static Tool] {
    let module = modules().iter().find(|module| module.path == path);
    let function = module.and_then(|module| module.functions.iter().find(|known| known.name == function));
    function.map_or(&[], |function| &function.writes)
}

/// Every name that [`find`] knows, modules by their paths.
pub fn names<'n>() -> impl Iterator<Item = &'n str> {
    static NAMES: LazyLock<Vec<String>> =
        LazyLock::new(|| modules().iter().flat_map(Module::names).collect());
    NAMES.iter().map(String::as_str)
}

/// Reads a module's text.
fn read(path: &'static str, text: &str) -> Module {
    let mut module = Module { path, about: vec![], functions: vec![] };
    let (mut head, mut said): (Vec<&str>, Vec<&str>) = (vec![], vec![]);
    for line in text.lines() {
        if let Some(words) = line.strip_prefix("//!") {
            head.push(words.trim_start());
        } else if let Some(words) = line.strip_prefix("///") {
            said.push(words.strip_prefix(' ').unwrap_or(words));
        } else {
            if let Some((name, params)) = declared(line) {
                match module.functions.iter_mut().find(|known| known.name == name) {
                    // The same with fewer parameters: those behind them can be left out.
                    Some(known) => known.needs(params.len()),
                    None => module.functions.push(Shared::read(name, &params, &said)),
                }
            }
            said.clear();
        }
    }
    module.about = paragraphs(&head);
    let bodies = bodies(text);
    for function in &mut module.functions {
        function.writes = written(&bodies, &function.name);
    }
    module
}

/// The lines of code in each function of a module, also in those that others can't call.
fn bodies(text: &str) -> Vec<(&str, Vec<&str>)> {
    let mut bodies: Vec<(&str, Vec<&str>)> = vec![];
    for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
        let begun = line.strip_prefix("private ").unwrap_or(line).strip_prefix("fn ");
        match (begun.and_then(|rest| rest.split_once('(')), bodies.last_mut()) {
            (Some((name, rest)), _) => {
                bodies.push((name, vec![rest.split_once(')').map_or("", |(_, rest)| rest)]))
            }
            (None, Some((_, lines))) => lines.push(line),
            (None, None) => {}
        }
    }
    bodies
}

/// The tools that a function of a module writes with, in its own body or in one that is called from there.
fn written(bodies: &[(&str, Vec<&str>)], function: &str) -> Vec<&'static Tool> {
    let mut reached = vec![function];
    let mut at = 0;
    while let Some(name) = reached.get(at).copied() {
        let lines = || of(bodies, name);
        let more =
            bodies.iter().map(|(other, _)| *other).filter(|other| lines().any(|line| calls(line, other)));
        for other in more {
            if !reached.contains(&other) {
                reached.push(other);
            }
        }
        at += 1;
    }
    let lines = || reached.iter().flat_map(|name| of(bodies, name));
    let writes = ALL.iter().copied().filter(|tool| tool.effect != Effect::Read);
    writes.filter(|tool| lines().any(|line| calls(line, tool.name()))).collect()
}

/// The lines of all functions of that name: they differ in their parameters.
fn of<'t>(bodies: &'t [(&'t str, Vec<&'t str>)], name: &str) -> impl Iterator<Item = &'t str> {
    bodies.iter().filter(move |(other, _)| *other == name).flat_map(|(_, lines)| lines.iter().copied())
}

/// Whether a line calls the function of that name, and not one whose name only ends so, nor another module's.
fn calls(line: &str, name: &str) -> bool {
    line.match_indices(name).any(|(at, _)| {
        let in_front = line[..at].chars().next_back();
        let begins = in_front.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != ':');
        begins && line[at + name.len()..].starts_with('(')
    })
}

/// The name and the parameters of the function that a line begins, if others can call it.
fn declared(line: &str) -> Option<(&str, Vec<&str>)> {
    let (name, rest) = line.strip_prefix("fn ")?.split_once('(')?;
    let params = rest.split_once(')')?.0.split(',').map(str::trim);
    Some((name, params.filter(|param| !param.is_empty()).collect()))
}

impl Shared {
    fn read(name: &str, params: &[&str], said: &[&str]) -> Shared {
        let (mut about, mut example) = (vec![], String::new());
        let mut told: Vec<(String, String)> = vec![];
        let mut fenced = false;
        for line in said {
            if line.starts_with("```") {
                fenced = !fenced;
            } else if fenced {
                example += &format!("{line}\n");
            } else if let Some((param, words)) =
                line.strip_prefix("- `").and_then(|rest| rest.split_once("`: "))
            {
                told.push((param.to_string(), words.to_string()));
            } else if let Some((_, words)) = told.last_mut().filter(|_| !line.is_empty()) {
                *words += &format!(" {}", line.trim());
            } else {
                about.push(*line);
            }
        }
        let of = |param: &&str| {
            let words = told.iter().find(|(known, _)| known == param).map(|(_, words)| words.clone());
            ((*param).to_string(), words.unwrap_or_default())
        };
        let params = params.iter().map(of).collect();
        Shared {
            name: name.to_string(),
            params,
            about: paragraphs(&about),
            example: example.trim_end().to_string(),
            writes: vec![],
        }
    }

    /// It can be called with its first `least` parameters alone.
    fn needs(&mut self, least: usize) {
        for (name, _) in self.params.iter_mut().skip(least).filter(|(name, _)| !name.starts_with('[')) {
            *name = format!("[{name}]");
        }
    }
}

/// Lines with blank ones between as paragraphs without line ends.
fn paragraphs(lines: &[&str]) -> Vec<String> {
    let parts = lines.split(|line| line.trim().is_empty());
    parts.map(|lines| lines.join(" ")).filter(|paragraph| !paragraph.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use rhai::FnAccess;

    use super::*;
    use crate::engine::modules::is_closure;

    #[test]
    fn a_module_is_read_as_it_is_written() {
        let text = "//! What\n//! for.\n//!\n//! More.\n\nimport \"std/x\" as x;\n\n/// Gives a. And b.\n///\n\
            /// - `n`: how\n///   many.\n///\n/// ```\n/// x::f(1);\n/// ```\nfn f(n, most) {\n    n\n}\n\n\
            fn f(n) {\n    f(n, 1)\n}\n\n/// Unseen.\nprivate fn g() {}\n";
        let module = read("std/x", text);
        assert_eq!(module.about, ["What for.", "More."]);
        let [f] = &module.functions[..] else { panic!("{:?}", module.functions) };
        assert_eq!((f.in_short(), f.example.as_str()), ("Gives a.", "x::f(1);"));
        assert_eq!(module.signature(f), "x::f(n, [most])");
        assert_eq!(f.params[0].1, "how many.");
    }

    #[test]
    fn what_a_function_writes_with_is_read_in_its_body_and_in_those_that_it_calls() {
        let text = "fn f(a) {\n    // suppress_person(a)\n    get_segments();\n    track_event(a, \"x\");\n}\n\
            fn g() {\n    my_h(1); x::h(2);\n}\nfn j(a) { h(a) }\nprivate fn h(a) {\n    suppress_person(a);\n    i(a);\n}\n\
            fn i(a) {\n    i(a, 1)\n}\nprivate fn i(a, n) {\n    a.map(|p| h(p));\n}\n\
            fn k(a) {\n    if f(a) { h(a) }\n}\n";
        let module = read("std/x", text);
        let writes = |function: &Shared| function.writes.iter().map(|tool| tool.name()).collect::<Vec<_>>();
        assert_eq!(
            module.functions.iter().map(writes).collect::<Vec<_>>(),
            [
                vec!["track_event"],
                vec![],
                vec!["suppress_person"],
                vec!["suppress_person"],
                vec!["suppress_person", "track_event"]
            ]
        );
    }

    /// The tools that a module's code names, and other modules' functions that write, where the module isn't known to
    /// write with them: a script that calls it wouldn't be asked for the grant.
    fn unknown_writes(module: &Module, text: &str) -> Vec<String> {
        let knows = |tool: &Tool| {
            module
                .functions
                .iter()
                .any(|function| function.writes.iter().any(|known| known.slug == tool.slug))
        };
        let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        let named = |name: &str| {
            let word = |c: char| c.is_alphanumeric() || c == '_';
            code.iter().any(|line| line.split(|c| !word(c)).any(|word| word == name))
        };
        let writes = ALL.iter().filter(|tool| tool.effect != Effect::Read && !knows(tool));
        let direct = writes.filter(|tool| named(tool.name()) || named(tool.slug));
        let elsewhere = modules().iter().flat_map(|module| {
            let writing = module.functions.iter().filter(|function| !function.writes.is_empty());
            writing.map(|function| format!("{}::{}", module.name(), function.name))
        });
        let elsewhere = elsewhere.filter(|name| code.iter().any(|line| line.contains(name.as_str())));
        direct.map(|tool| tool.name().to_string()).chain(elsewhere).collect()
    }

    #[test]
    fn every_write_in_the_library_is_known_of_a_function_for_others() {
        for (module, (path, text)) in modules().iter().zip(LIBRARY) {
            assert_eq!((module.path, unknown_writes(module, text)), (*path, vec![]));
        }
        for (text, unknown) in [
            (
                "fn f(a) {\n    a.map(g);\n}\nprivate fn g(p) {\n    suppress_person(p);\n}\n",
                "suppress_person",
            ),
            ("fn f(a) {\n    a.map(suppress_person);\n}\n", "suppress_person"),
            ("fn f(a) {\n    tool(\"CUSTOMERIO_CUSTOMER_IO_SUPPRESS_PERSON\", a);\n}\n", "suppress_person"),
            ("fn f() {\n    broadcasts::trigger_and_wait(#{});\n}\n", "broadcasts::trigger_and_wait"),
        ] {
            assert_eq!(unknown_writes(&read("std/x", text), text), [unknown], "{text}");
        }
    }

    /// A new function can't be without its documents.
    #[test]
    fn every_function_for_others_says_what_it_does_and_takes_with_an_example() {
        let engine = super::super::tests::engine();
        for module in modules() {
            assert!(!module.about.is_empty(), "{} begins with no `//!`", module.path);
            let text = LIBRARY.iter().find(|(path, _)| *path == module.path).expect("it has a text").1;
            let ast = engine.compile(text).unwrap_or_else(|why| panic!("{}: {why}", module.path));
            for function in ast
                .iter_functions()
                .filter(|function| function.access == FnAccess::Public && !is_closure(function.name))
            {
                let known = module.functions.iter().find(|known| known.name == function.name);
                let known = known.unwrap_or_else(|| panic!("{}: `{}` is unread", module.path, function.name));
                assert!(
                    function.params.len() <= known.params.len(),
                    "`{}`: the longest comes first",
                    known.name
                );
            }
            for function in &module.functions {
                let signature = module.signature(function);
                assert!(function.in_short().ends_with('.'), "{signature} has no first sentence");
                let silent = function.params.iter().find(|(_, words)| !words.ends_with('.'));
                assert_eq!(silent, None, "{signature}");
                let called = format!("{}::{}(", module.name(), function.name);
                assert!(function.example.contains(&called), "{signature}: {}", function.example);
            }
        }
    }

    /// A file that is forgotten isn't there for scripts.
    #[test]
    fn every_file_of_the_library_is_in_it() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/stdlib");
        let files = std::fs::read_dir(folder).expect("the library has a folder");
        let mut found: Vec<String> = files
            .filter_map(|file| file.expect("it can be listed").file_name().into_string().ok())
            .filter_map(|name| Some(format!("std/{}", name.strip_suffix(".rhai")?)))
            .collect();
        found.sort();
        assert_eq!(found, modules().iter().map(|module| module.path).collect::<Vec<_>>());
    }

    #[test]
    fn a_module_and_a_function_are_found_by_their_names() {
        let found =
            |name| find(name).map(|(module, function)| (module.path, function.map(|f| f.name.as_str())));
        assert_eq!(found("people"), Some(("std/people", None)));
        assert_eq!(found("std/people"), Some(("std/people", None)));
        assert_eq!(found("people::unique"), Some(("std/people", Some("unique"))));
        assert_eq!(found("people::nothing"), None);
        assert_eq!(found("domain"), None);
        assert!(names().any(|name| name == "wait::wait_until"));
    }
}
