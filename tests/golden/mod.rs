//! Cases and their golden output: a script that is wrong, and beside it what the command says of it.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::io::{Read, Seek};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::support::{Place, Reply, Server, in_project};

/// Writes the goldens in place of holding them.
const WRITE: &str = "SEGUE_WRITE_GOLDEN";
/// So many cases run side by side.
const SIDE_BY_SIDE: usize = 4;
/// So long a case may run.
const MOST: Duration = Duration::from_secs(30);

/// A script that is wrong. `// segue: ARGS`, `// env: NAME=VALUE` and `// answer: METHOD /path STATUS BODY`
/// among the comments at its head say how it is run.
struct Case {
    /// Without an ending.
    path: PathBuf,
    /// The folder of a case of several files, or the script.
    script: PathBuf,
}

impl Case {
    fn name(&self) -> String {
        let folder = self.path.parent().and_then(Path::file_name).unwrap_or_default();
        Path::new(folder).join(self.path.file_name().unwrap_or_default()).display().to_string()
    }

    fn golden(&self) -> PathBuf {
        self.path.with_extension("txt")
    }

    /// What the command prints and how it exits, run in a folder of its own that holds the case's files.
    fn run(&self, command: &[&str]) -> String {
        let (text, file) = if self.script.is_dir() {
            (read(&self.script.join("main.rhai")), "main.rhai".to_string())
        } else {
            (read(&self.script), format!("{}.rhai", self.path.file_name().unwrap().display()))
        };
        let said = |what: &str| -> Vec<String> {
            let head = text.lines().take_while(|line| line.starts_with("//"));
            let prefix = format!("// {what}: ");
            head.filter_map(|line| line.strip_prefix(&prefix).map(str::to_string)).collect()
        };
        let mut place = Place::empty().set("COLUMNS", "80");
        place.takes(&self.script);
        let server = server(&said("answer"));
        place = match &server {
            Some(server) => place.live(&server.url()),
            None => place,
        };
        for line in said("env") {
            let (name, value) = line.split_once('=').expect("it is written NAME=VALUE");
            place = match value {
                "" => place.unset(name),
                value => place.set(name, value),
            };
        }
        let arguments = said("segue");
        let mut words: Vec<&str> = match (&arguments[..], &server) {
            ([line, ..], _) => line.split_whitespace().collect(),
            ([], None) => command.to_vec(),
            ([], Some(_)) => vec!["run", "{file}", "--allow", "send,destroy,consent"],
        };
        for word in words.iter_mut().filter(|word| **word == "{file}") {
            *word = &file;
        }
        let printed = printed(&place, &words);
        let printed = match &server {
            // As long as a port is, so that lines break alike.
            Some(server) => printed.replace(&server.url(), "http://127.0.0.1:00000"),
            None => printed,
        };
        timeless(&unwrapped(&printed)).replace('\u{1b}', "␛")
    }
}

/// Runs every case of `tests/FOLDER` by `command`, and holds each to its golden output.
pub fn hold(folder: &str, command: &[&str]) {
    let cases = cases(folder);
    let queue = Mutex::new(cases.iter());
    let wrong = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE {
            scope.spawn(|| {
                loop {
                    let Some(case) = queue.lock().unwrap().next() else { return };
                    if let Err(why) = held(case, &case.run(command)) {
                        wrong.lock().unwrap().insert(case.name(), why);
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    let told: Vec<String> = wrong.iter().map(|(name, why)| format!("==== {name}\n{why}")).collect();
    let hint = format!("{WRITE}=1 cargo test --test fails writes what is printed; then read it");
    assert!(told.is_empty(), "{} of {} cases:\n{}\n{hint}", told.len(), cases.len(), told.join("\n"));
}

/// The codes that the goldens of all folders show.
pub fn codes_shown() -> BTreeSet<String> {
    let folders = ["fails_parse", "fails_check", "fails_run"];
    let goldens = folders.iter().flat_map(|folder| cases(folder)).map(|case| read(&case.golden()));
    // The prompt's own are on its screens.
    let screens = listed(&in_project("tests/repl")).into_iter();
    let screens = screens.filter(|path| path.extension() == Some("screen".as_ref())).map(|path| read(&path));
    let goldens = goldens.chain(screens);
    let words = |text: String| text.split_whitespace().map(str::to_string).collect::<Vec<_>>();
    let codes = goldens.flat_map(words).filter(|word| word.starts_with("segue::"));
    codes.map(|code| code.trim_end_matches(':').to_string()).collect()
}

fn cases(folder: &str) -> Vec<Case> {
    let listed = listed(&in_project("tests").join(folder));
    let cases: Vec<Case> = listed
        .iter()
        .filter(|path| path.is_dir() || path.extension() == rhai())
        .map(|path| Case { path: path.with_extension(""), script: path.clone() })
        .collect();
    let goldens: BTreeSet<PathBuf> = cases.iter().map(Case::golden).collect();
    let stray =
        listed.iter().find(|path| path.extension() == Some("txt".as_ref()) && !goldens.contains(*path));
    assert!(stray.is_none(), "{stray:?} is of no case");
    cases
}

fn rhai() -> Option<&'static OsStr> {
    Some("rhai".as_ref())
}

/// What a folder holds, in the order of the names; a folder that isn't there holds nothing.
fn listed(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return vec![] };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("it can be listed").path()).collect();
    paths.sort();
    paths
}

fn read(path: &Path) -> String {
    let bytes = fs::read(path).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Compares with the golden output, or writes it.
fn held(case: &Case, printed: &str) -> Result<(), String> {
    if std::env::var_os(WRITE).is_some() {
        return fs::write(case.golden(), printed).map_err(|why| why.to_string());
    }
    let golden = read(&case.golden());
    if golden == printed { Ok(()) } else { Err(difference(&golden, printed)) }
}

/// The lines that differ, between those that don't.
fn difference(golden: &str, printed: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (golden.lines().collect(), printed.lines().collect());
    let before = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let most = old.len().min(new.len()) - before;
    let behind = old.iter().rev().zip(new.iter().rev()).take(most).take_while(|(a, b)| a == b).count();
    let marked = |mark: &str, lines: &[&str]| -> String {
        lines.iter().map(|line| format!("{mark} {line}\n")).collect()
    };
    [
        marked(" ", &old[..before]),
        marked("-", &old[before..old.len() - behind]),
        marked("+", &new[before..new.len() - behind]),
        marked(" ", &new[new.len() - behind..]),
    ]
    .concat()
}

/// The test server with the answers of a case, if it has some. In place of a status can stand `close`, and
/// behind it `retry-after=N`.
fn server(answers: &[String]) -> Option<Server> {
    let mut replies: BTreeMap<String, Vec<Reply>> = BTreeMap::new();
    for line in answers {
        let mut parts = line.splitn(4, ' ');
        let mut part = || parts.next().unwrap_or_default();
        let (method, path, status, body) = (part(), part(), part(), part());
        let reply = match (status, body.strip_prefix("location=")) {
            ("close", _) => Reply::Close,
            (status, Some(to)) => {
                Reply::status(status.parse().expect("it is a status"), "").header("location", to)
            }
            (status, None) => Reply::status(status.parse().expect("it is a status"), body),
        };
        replies.entry(format!("{method} {path}")).or_default().push(reply);
    }
    let server = (!replies.is_empty()).then(Server::start)?;
    Some(replies.into_iter().fold(server, |server, (request, replies)| server.on(&request, replies)))
}

/// What the command prints to stdout and stderr as it comes, and how it exits.
fn printed(place: &Place, arguments: &[&str]) -> String {
    let mut both = tempfile::tempfile().expect("a temporary file");
    let end = || Stdio::from(both.try_clone().expect("a file can be shared"));
    let mut command = place.command(arguments);
    let mut child = command.stdout(end()).stderr(end()).spawn().expect("the command runs");
    let begun = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("a child can be waited for") {
            break status;
        }
        if begun.elapsed() > MOST {
            let _ = child.kill();
            break child.wait().expect("a child can be waited for");
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let mut bytes = vec![];
    both.rewind().and_then(|()| both.read_to_end(&mut bytes)).expect("it can be read");
    let text = String::from_utf8(bytes).expect("what is printed is UTF-8");
    let code = status.code().map_or_else(|| format!("by {status}"), |code| code.to_string());
    let rest = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    format!("{text}{rest}exit {code}\n")
}

/// With the attempts at a request on one line, for where it breaks depends on how long they took.
fn unwrapped(text: &str) -> String {
    let mut out = String::new();
    let mut joins = false;
    for line in text.lines() {
        let more = line.strip_prefix("        ").filter(|more| joins && !more.starts_with(' '));
        match more {
            Some(more) => out.push_str(&format!(" {more}")),
            None => out.push_str(&format!("\n{line}")),
        }
        let behind =
            [" API: ", " API:"].iter().any(|mark| line.contains(mark) || line.ends_with(mark.trim_end()));
        joins = more.is_some() || behind && line.starts_with("  ");
    }
    out.push('\n');
    out.strip_prefix('\n').unwrap_or(&out).to_string()
}

/// With `{time}` for each time that was measured: behind "after", "in", "waited" and "for".
pub fn timeless(text: &str) -> String {
    let is_number = |word: &str| word.trim_end_matches(',').parse::<f64>().is_ok();
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) =
        ["after ", "in ", "waited ", "for "].iter().filter_map(|word| found(rest, word)).min()
    {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let words = rest.split(' ').take_while(|word| is_number(word) || *word == "and");
        let length: usize = words.map(|word| word.len() + 1).sum();
        let unit = ["ms", "min", "s", "h"].into_iter().find(|unit| {
            let behind = rest.get(length..).and_then(|rest| rest.strip_prefix(unit));
            length > 0 && behind.is_some_and(|behind| !behind.starts_with(char::is_alphanumeric))
        });
        if let Some(unit) = unit {
            out.push_str("{time}");
            rest = &rest[length + unit.len()..];
        }
    }
    out.push_str(rest);
    out
}

/// The byte behind the first `word` of `text`.
fn found(text: &str, word: &str) -> Option<usize> {
    text.find(word).map(|at| at + word.len())
}

#[test]
fn times_that_were_measured_are_cut_and_others_stay() {
    let text = "done after 12 ms: 1 x\n3 attempts in 1.2 s: 2 × 503 (waited 0.4, 0.9 and 2.0 s), for 93 s";
    let cut = "done after {time}: 1 x\n3 attempts in {time}: 2 × 503 (waited {time}), for {time}";
    assert_eq!(timeless(text), cut);
    let kept = "give 5 s; in 3 steps, after 4 seconds";
    assert_eq!(timeless(kept), kept);
}
