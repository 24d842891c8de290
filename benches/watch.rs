//! How long a save takes to become a run, and what a watch holds of memory: `cargo bench --bench watch`.
//!
//! `SEGUE_SAVES` says how often to save, 1,000 times where it says nothing; `SEGUE_FILES` how many files lie in the
//! large folder, 100,000.
#![cfg(unix)]

#[path = "../tests/support/mod.rs"]
mod support;
#[path = "../tests/support/watching.rs"]
mod watching;

use std::time::{Duration, Instant};

use support::Place;
use watching::Watching;

/// What memory is compared with.
const FIRST: usize = 10;

fn main() {
    saves(said("SEGUE_SAVES", 1_000).max(FIRST));
    files(said("SEGUE_FILES", 100_000));
}

fn said(name: &str, otherwise: usize) -> usize {
    std::env::var(name).map_or(otherwise, |said| said.parse().expect("a number"))
}

/// Saves a script with a loop over a segment again and again.
fn saves(n: usize) {
    let text = |n: usize| {
        format!(
            "for person in segment_members(\"VIP\") {{ add_person_to_group(person, \"g\"); }} print(\"run {n}\");"
        )
    };
    let place = Place::with(&text(0));
    let watch = Watching::of(&place, &["script.rhai"]);
    watch.prints("run 0");
    let (mut times, mut first) = (vec![], None);
    for n in 1..=n {
        times.push(save(&watch, n, || place.file("script.rhai", text(n).as_bytes())));
        watch.prints(&format!("run {n}"));
        if n == FIRST {
            first = resident(&watch);
        }
    }
    times.sort();
    let (median, longest) = (times[times.len() / 2], times[times.len() - 1]);
    println!("{n} saves, from save to run: {median:?} (median), {longest:?} (longest)");
    if let (Some(first), Some(last)) = (first, resident(&watch)) {
        println!("memory: {first} KB after {FIRST} saves, {last} KB after {n}");
    }
}

/// Watches a folder of many files.
fn files(n: usize) {
    let place = Place::with("print(\"one\");");
    (0..n).for_each(|n| place.file(&format!("{n}.txt"), b""));
    let begun = Instant::now();
    let watch = Watching::of(&place, &["."]);
    watch.prints("one");
    let started = begun.elapsed();
    let saved = save(&watch, 1, || place.file("script.rhai", b"print(\"two\");"));
    watch.prints("two");
    println!("{n} files: begun after {started:?}, from save to run {saved:?}");
}

/// The time from a save until the run behind `runs` others begins.
fn save(watch: &Watching, runs: usize, save: impl FnOnce()) -> Duration {
    let saved = Instant::now();
    save();
    watch.until("a run begins", |watch| watch.runs() > runs);
    saved.elapsed()
}

/// What the process holds of memory, in KB, where the system tells.
fn resident(watch: &Watching) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", watch.child.id())).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}
