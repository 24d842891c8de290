//! What is said of each code is so: its example fails with it, and its repair passes.

mod support;

use segue::docs::explain::{Block, FAILS, REPAIR, WHAT_TO_DO, WHEN, blocks, exit, in_text, page, short};
use segue::fault::Code;
use support::{Ended, Place, Reply, Server};

/// What a page shows below a head, ready to be run.
#[derive(Default)]
struct Case {
    script: Option<String>,
    command: Option<String>,
    /// What comes through a pipe.
    typed: Option<String>,
    answers: Vec<String>,
    files: Vec<(String, String)>,
}

impl Case {
    fn below(head: &str, page: &str) -> Option<Case> {
        let mut case = Case::default();
        let blocks = blocks(page);
        let at = blocks.iter().position(|block| *block == Block::Head(head))?;
        for block in blocks[at + 1..].iter().take_while(|block| !matches!(block, Block::Head(_))) {
            let Block::Code { kind, lines } = block else { continue };
            let text = format!("{}\n", lines.join("\n"));
            match kind.split_once(' ').unwrap_or((kind, "")) {
                ("rhai", "") => case.script = Some(text),
                ("console", "") => case.command = lines[0].strip_prefix("$ ").map(str::to_string),
                ("typed", "") => case.typed = Some(text),
                ("answers", "") => case.answers = lines.iter().map(ToString::to_string).collect(),
                ("file", name) => case.files.push((name.to_string(), text)),
                _ => panic!("no test knows what ```{kind} is"),
            }
        }
        Some(case)
    }

    /// Runs it as the page says: in the sandbox if it says nothing, or live against a server with these answers; one
    /// that takes everything where there are none.
    fn run(&self) -> Ended {
        let mut place = Place::with(self.script.as_deref().unwrap_or_default());
        for (name, text) in &self.files {
            place.file(name, text.as_bytes());
        }
        let default = if self.answers.is_empty() { "--sandbox" } else { "" };
        let default = format!("segue run script.rhai {default}");
        let words = self.command.as_deref().unwrap_or(&default).split_whitespace();
        let (set, words): (Vec<&str>, Vec<&str>) =
            words.partition(|word| word.split_once('=').is_some_and(|(name, _)| name == name.to_uppercase()));
        let [program, arguments @ ..] = &words[..] else { panic!("no command") };
        assert_eq!(*program, "segue");
        let server = self.answers.iter().fold(Server::start(), |server, line| {
            let (request, reply) = reply(line);
            server.on(&request, [reply])
        });
        let server = if self.answers.is_empty() { server.on("*", [Reply::ok("{}")]) } else { server };
        if !arguments.contains(&"--sandbox") {
            place = match self.answers.iter().any(|line| line == "* refuses") {
                true => place.live(&support::nobody()),
                false => place.live(&server.url()),
            };
        }
        for (name, value) in set.iter().filter_map(|set| set.split_once('=')) {
            place = place.set(name, value);
        }
        let mut command = place.command(arguments);
        if let Some(typed) = &self.typed {
            let (name, input) = ("typed", typed.as_bytes());
            place.file(name, input);
            command.stdin(std::fs::File::open(place.path().join(name)).expect("it was written"));
        }
        Ended::of(command.output().expect("the command runs"))
    }
}

/// A line of answers: `METHOD /path STATUS BODY`, `METHOD /path closes`, or `* refuses` where nobody listens.
fn reply(line: &str) -> (String, Reply) {
    let words: Vec<&str> = line.splitn(4, ' ').collect();
    match words[..] {
        ["*", "refuses"] => ("*".into(), Reply::Close),
        [method, path, "closes"] => (format!("{method} {path}"), Reply::Close),
        [method, path, status, body] => {
            (format!("{method} {path}"), Reply::status(status.parse().expect("a status"), body))
        }
        _ => panic!("no answer: {line}"),
    }
}

/// Whether a diagnostic has that code: it stands on a line of its own.
fn diagnosed(ended: &Ended, code: Code) -> bool {
    ended.err.lines().any(|line| line == code.name())
}

/// What a page shows isn't what it says, each as a line.
fn wrong_about(code: Code, page: &str) -> Vec<String> {
    let mut wrong = vec![];
    if let Some(case) = Case::below(FAILS, page) {
        let ended = case.run();
        let exits = [Some(exit(code).into()), in_text(code).then_some(2)];
        let exits: Vec<i32> = exits.into_iter().flatten().collect();
        if !ended.code.is_some_and(|code| exits.contains(&code))
            || !diagnosed(&ended, code)
            || ended.err.contains("panicked")
        {
            wrong.push(format!("{} doesn't fail so: {ended}", short(code)));
        }
    }
    if let Some(case) = Case::below(REPAIR, page) {
        let ended = case.run();
        if ended.code != Some(0) || diagnosed(&ended, code) {
            wrong.push(format!("{} isn't repaired: {ended}", short(code)));
        }
    }
    wrong
}

#[test]
fn every_example_fails_with_its_code_and_every_repair_passes() {
    let only = std::env::var("SEGUE_EXPLAIN").unwrap_or_default();
    let codes = Code::ALL.iter().filter(|code| code.name().contains(&only));
    let wrong: Vec<String> =
        codes.flat_map(|code| wrong_about(*code, page(*code).unwrap_or_default())).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn an_example_that_does_not_fail_and_a_repair_that_does_are_found() {
    let page = "Why.\n\n## Fails\n\n```rhai\nprint(1);\n```\n\n## Repair\n\n```rhai\nthrow 1;\n```\n";
    assert_eq!(wrong_about(Code::ScriptThrew, page).len(), 2);
    let other = "Why.\n\n## Fails\n\n```rhai\nthrow 1;\n```\n";
    assert_eq!(wrong_about(Code::ScriptFailed, other).len(), 1, "another code");
    assert!(wrong_about(Code::ScriptThrew, other).is_empty());
}

#[test]
fn few_codes_are_told_without_a_script() {
    let told: Vec<&str> = Code::ALL
        .iter()
        .filter(|code| page(**code).is_some_and(|page| page.contains(&format!("## {WHEN}\n"))))
        .map(|code| short(*code))
        .collect();
    assert_eq!(told, ["run::interrupted", "internal::crashed"], "every other one can be shown");
    let told = Code::ALL
        .iter()
        .filter(|code| page(**code).is_some_and(|page| page.contains(&format!("## {WHAT_TO_DO}\n"))));
    assert!(told.count() < 20, "most repairs are scripts");
}

fn explain(arguments: &[&str]) -> Ended {
    Place::with("").segue(&[&["explain"], arguments].concat())
}

#[test]
fn a_code_is_explained_with_its_example_and_its_repair() {
    let page = "segue::argument::missing

A parameter that is required was not given.

The tool can't build its request without this parameter, so nothing is sent. Arguments go in the
order in which the tool declares them, or by name in one map: segue tools NAME shows both. A value
of () counts as not given; this is what a lookup gives that found nothing.

Fails:

    track_event(\"u-1\");

Repair:

    track_event(\"u-1\", \"signed_up\");

A run that it ends has exit code 1, or 2 where the script's text shows it: then nothing is run.
";
    for name in ["argument::missing", "segue::argument::missing"] {
        let ended = explain(&[name]);
        assert_eq!((ended.code, &*ended.out, &*ended.err), (Some(0), page, ""));
    }
}

#[test]
fn a_wrong_code_is_told_with_a_near_one() {
    let ended = explain(&["argument::mising"]);
    assert_eq!(ended.out, "");
    ended.says(
        2,
        &["segue::code::unknown", "there is no code `argument::mising`", "did you mean `argument::missing`?"],
    );
    explain(&["zebra"]).says(2, &["there is no code `zebra`", "`segue explain` lists them all"]);
}

#[test]
fn without_a_code_all_are_listed_a_line_each() {
    let ended = explain(&[]);
    let lines: Vec<&str> = ended.lines();
    assert!(lines[0].starts_with("argument::missing ") && lines[0].ends_with(Code::ArgumentMissing.means()));
    let listed = lines.iter().filter(|line| line.contains("::")).count();
    assert_eq!(listed, Code::ALL.len());
    // A blank line stands between what begins otherwise.
    let first = |line: &str| line.split("::").next().unwrap_or_default().to_string();
    for pair in lines.windows(2).filter(|pair| pair.iter().all(|line| line.contains("::"))) {
        assert_eq!(first(pair[0]), first(pair[1]));
    }
}
