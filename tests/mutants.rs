//! Every script there is, with a character or a word too few, twice or in the wrong place: whatever it is
//! then, it ends soon, in the words of a script's author.

mod support;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use segue::api::{Client, Credentials, Hosts, Http};
use segue::diagnostics::{Look, objects, show};
use segue::engine::{Failure, Sources, Wrong};
use segue::fault::{Code, Ending};
use segue::policy::{Grants, Limits, Rates};
use segue::request::Secrets;
use segue::run::{Ended, Exit, Given, Job, Report, Run, Terms};
use segue::sandbox::{Options, Sandbox};
use serde_json::Value;
use support::{Heard, in_project};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// As many run side by side.
const SIDE_BY_SIDE: usize = 8;
/// As many mutants of each script.
const EACH: u64 = 4;
/// So long each may run; what runs on is told to stop, and has come to its end long before [`BOUND`].
const LIMIT: Duration = Duration::from_millis(300);
const BOUND: Duration = Duration::from_secs(20);
const LOOK: Look = Look { colour: false, unicode: true, width: 80 };

/// What only the engine's own words hold.
const INNER: [&str; 5] = ["anon$", "Dynamic", "FnPtr", "EvalAltResult", "panicked"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_script_with_a_slip_in_it_ends_soon_and_in_words() {
    let sandbox = Sandbox::start(Options { people: 20, ..Options::default() }).await.expect("a port is free");
    let sandbox = Arc::new(sandbox);
    let http = Http::new(&Hosts::at(&sandbox.url())).expect("a client");
    let mut waiting = mutants().into_iter();
    let mut running = JoinSet::new();
    let mut failed = 0;
    loop {
        while running.len() < SIDE_BY_SIDE
            && let Some((path, mutant)) = waiting.next()
        {
            running.spawn(held(sandbox.clone(), http.clone(), path, mutant));
        }
        let Some(ended) = running.join_next().await else { break };
        match ended {
            Ok(Ok(fails)) => failed += usize::from(fails),
            Ok(Err(why)) => panic!("{why}"),
            Err(why) => std::panic::resume_unwind(why.into_panic()),
        }
    }
    assert!(failed > 50, "only {failed} mutants fail: the slips are none");
}

/// The same mutants each time.
fn mutants() -> Vec<(PathBuf, String)> {
    let mut random = fastrand::Rng::with_seed(5);
    let mut mutants = vec![];
    for path in scripts() {
        let text = std::fs::read(&path).expect("it can be read");
        let text = String::from_utf8_lossy(&text).into_owned();
        mutants.extend((0..EACH).map(|_| (path.clone(), mutated(&text, &mut random))));
    }
    mutants
}

/// Whether a mutant failed; `Err` says what isn't as it has to be.
async fn held(sandbox: Arc<Sandbox>, http: Http, path: PathBuf, mutant: String) -> Result<bool, String> {
    let shown = || format!("{}:\n{mutant}", path.display());
    let ran = tokio::time::timeout(BOUND, run(&sandbox, http, &path, &mutant)).await;
    let (report, sources) = ran.map_err(|_| format!("it doesn't end: {}", shown()))?;
    let sound = match &report.ended {
        Ended::Failed(Failure::Script(wrong)) => sound(wrong, &sources),
        _ => Ok(()),
    };
    sound.and_then(|()| right(&report)).map_err(|why| format!("{why}\n{}", shown()))?;
    Ok(matches!(report.ended, Ended::Failed(_)))
}

/// Runs a mutant of the script at `path` in the sandbox.
async fn run(sandbox: &Sandbox, http: Http, path: &Path, mutant: &str) -> (Report, Sources) {
    let hosts = Hosts::at(&sandbox.url());
    let limits = Limits { attempts: 2, ..Limits::default() };
    let grants = Grants::everything();
    let job = Job {
        text: mutant.to_string(),
        source: path.display().to_string(),
        arguments: Given::default(),
        client: Client::new(Box::new(http), hosts, Credentials::for_sandbox(), limits, Rates::unlimited()),
        terms: Terms { grants, time_limit: Some(LIMIT), ..Terms::default() },
        rejected: None,
        console: Arc::new(Heard::default()),
    };
    let run = Run::start(job, CancellationToken::new()).expect("a thread");
    run.finish(CancellationToken::new()).await
}

/// Holds the exit code to what the run came to.
fn right(report: &Report) -> Result<(), String> {
    let exit = report.exit();
    let total = &report.ledger.total;
    let fits = match (exit, &report.ended) {
        (Exit::Done, Ended::Done) => total.rejected + total.in_doubt + total.open + total.undelivered == 0,
        (Exit::Rejected, Ended::Done) => total.rejected > 0,
        (Exit::InDoubt, _) if total.in_doubt > 0 => true,
        (Exit::Unfinished, Ended::Done) => total.open + total.undelivered > 0,
        (Exit::Usage, Ended::Failed(_)) => report.calls.is_empty(),
        (Exit::Done | Exit::Rejected | Exit::Interrupted, _) => false,
        (_, Ended::Failed(Failure::Script(wrong))) => {
            let ending = wrong.faults[0].code.ending();
            exit == Exit::of(ending) || ending == Ending::Usage && !report.calls.is_empty()
        }
        _ => false,
    };
    if fits { Ok(()) } else { Err(format!("exit {} after {:?}, {total:?}", exit.code(), report.ended)) }
}

/// Holds what is told of a failure: it is drawn, its places are in their files, and its words are ours.
fn sound(wrong: &Wrong, sources: &Sources) -> Result<(), String> {
    let told = show(wrong, sources, LOOK, &Secrets::default());
    let all = std::iter::once(wrong).chain(&wrong.others);
    if all.clone().flat_map(|wrong| &wrong.faults).any(|fault| fault.code == Code::Crashed) {
        return Err(format!("it crashed: {told}"));
    }
    // What is said in place of the source where a span isn't inside of it.
    if !told.contains("segue::") || told.contains("Failed to read contents") {
        return Err(format!("it isn't drawn: {told}"));
    }
    if let Some(inner) = INNER.iter().find(|inner| told.contains(*inner)) {
        return Err(format!("it says {inner}: {told}"));
    }
    if let Some(outside) = objects(wrong, sources).iter().find_map(|object| outside(object, sources)) {
        return Err(format!("{outside} is outside of its file: {told}"));
    }
    let places = |wrong: &'_ Wrong| {
        let frames = wrong.frames.iter().map(|frame| frame.place.clone());
        wrong.place.iter().chain(&wrong.again).cloned().chain(frames).collect::<Vec<_>>()
    };
    for place in all.flat_map(places) {
        let text = sources.get(&place.source).ok_or_else(|| format!("there is no {place:?}: {told}"))?;
        // An end that is missing is missed behind the last line.
        let line = text.split('\n').nth(place.line.saturating_sub(1));
        if line.is_none_or(|line| place.column > line.chars().count() + 1) {
            return Err(format!("{place:?} is outside of its file: {told}"));
        }
    }
    Ok(())
}

/// The first span that isn't a part of its file.
fn outside(diagnostic: &Value, sources: &Sources) -> Option<String> {
    let list = |name: &str| diagnostic[name].as_array().into_iter().flatten();
    let is_outside = |span: &&Value| {
        let number = |name: &str| span[name].as_u64().and_then(|n| usize::try_from(n).ok());
        let bytes = number("offset").zip(number("length")).map(|(at, length)| at..at + length);
        let text = span["file"].as_str().and_then(|file| sources.get(file));
        bytes.zip(text).is_none_or(|(bytes, text)| text.get(bytes).is_none())
    };
    let here = list("spans").find(is_outside).map(Value::to_string);
    here.or_else(|| list("related").find_map(|related| outside(related, sources)))
}

/// The text with one slip.
fn mutated(text: &str, random: &mut fastrand::Rng) -> String {
    let mut parts = if random.bool() { words(text) } else { text.split_inclusive(|_| true).collect() };
    if parts.len() < 2 {
        return text.to_string();
    }
    let at = random.usize(..parts.len() - 1);
    match random.u8(..3) {
        0 => drop(parts.remove(at)),
        1 => parts.insert(at, parts[at]),
        _ => {
            let other = random.usize(at + 1..parts.len());
            parts.swap(at, other);
        }
    }
    parts.concat()
}

/// The words of a text, what stands between them by the character.
fn words(text: &str) -> Vec<&str> {
    let in_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut rest = text;
    let mut words = vec![];
    while let Some(first) = rest.chars().next() {
        let end = match in_word(first) {
            true => rest.find(|c| !in_word(c)).unwrap_or(rest.len()),
            false => first.len_utf8(),
        };
        let (word, behind) = rest.split_at(end);
        words.push(word);
        rest = behind;
    }
    words
}

/// All scripts of the project, in the order of their names.
fn scripts() -> Vec<PathBuf> {
    let folders = ["scripts", "stdlib", "tests/fails_parse", "tests/fails_check", "tests/fails_run"];
    let mut found: Vec<PathBuf> = folders.map(in_project).into_iter().collect();
    let mut scripts = vec![];
    while let Some(path) = found.pop() {
        if path.extension().is_some_and(|ending| ending == "rhai") {
            scripts.push(path);
        } else if path.is_dir() {
            let listed = std::fs::read_dir(&path).expect("it can be listed");
            found.extend(listed.map(|entry| entry.expect("it can be listed").path()));
        }
    }
    scripts.sort();
    scripts
}
