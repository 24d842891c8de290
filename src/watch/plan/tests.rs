use std::time::Duration;

use super::super::quiet::{LONG, MOST, SHORT};
use super::*;

/// A plan with a clock and files of its own.
struct Story {
    plan: Plan,
    now: Instant,
    files: Looked,
    saves: u64,
    news: Vec<News>,
}

fn path(name: &str) -> PathBuf {
    PathBuf::from("/p").join(name)
}

fn time(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

impl Story {
    /// One with these scripts, none of which runs.
    fn of(scripts: &[&str]) -> Story {
        let (plan, files, news) = (Plan::default(), Looked::new(), vec![]);
        let mut story = Story { plan, now: Instant::now(), files, saves: 0, news };
        for name in scripts {
            story.save(name);
            story.plan.add(path(name), story.files[&path(name)]);
        }
        story.files.insert(path("segue.toml"), None);
        story.plan.settings([(path("segue.toml"), None)].into());
        story
    }

    fn save(&mut self, name: &str) {
        self.saves += 1;
        self.files.insert(path(name), Some(Stamp::at(time(self.saves), 10)));
    }

    fn empty(&mut self, name: &str) {
        self.saves += 1;
        self.files.insert(path(name), Some(Stamp::at(time(self.saves), 0)));
    }

    fn delete(&mut self, name: &str) {
        self.files.insert(path(name), None);
    }

    fn after(&mut self, time: Duration) -> &mut Story {
        self.now += time;
        self
    }

    fn event(&mut self) -> &mut Story {
        self.plan.touched(self.now);
        self
    }

    /// Looks at the files when that is due, until nothing is any more.
    fn rest(&mut self) -> Vec<Step> {
        while let Some(due) = self.plan.due() {
            self.now = self.now.max(due);
            let news = self.plan.look(self.now, &self.files);
            self.news.extend(news);
        }
        self.steps()
    }

    fn steps(&mut self) -> Vec<Step> {
        std::iter::from_fn(|| self.plan.next()).collect()
    }

    fn uses(&mut self, script: &str, files: &[&str]) {
        let seen = files.iter().map(|name| (path(name), self.files.get(&path(name)).copied().flatten()));
        let now = time(self.saves);
        self.plan.uses(&path(script), &seen.collect(), (now, now));
    }

    fn ended(&mut self, used: &[&str]) -> Vec<Step> {
        self.plan.ended(&used.iter().map(|name| path(name)).collect());
        self.steps()
    }

    fn ran(&mut self) {
        self.plan.ended(&self.plan.files());
    }
}

fn run(name: &str) -> Vec<Step> {
    vec![Step::Run(path(name))]
}

#[test]
fn every_way_of_saving_is_one_run() {
    type Way = fn(&mut Story);
    let ways: [(&str, Way); 6] = [
        ("in place", |story| {
            story.save("a.rhai");
            story.event();
        }),
        ("emptied, then written", |story| {
            story.empty("a.rhai");
            story.event().after(SHORT);
            assert_eq!(story.plan.look(story.now, &story.files), []);
            story.save("a.rhai");
            story.after(SHORT).event();
        }),
        ("deleted, then created", |story| {
            story.delete("a.rhai");
            story.event().after(SHORT * 3);
            assert_eq!(story.plan.look(story.now, &story.files), []);
            story.save("a.rhai");
            story.event();
        }),
        ("twice in 10 ms", |story| {
            story.save("a.rhai");
            story.event().after(Duration::from_millis(10));
            story.save("a.rhai");
            story.event();
        }),
        ("a burst", |story| {
            for _ in 0..50 {
                story.save("a.rhai");
                story.event().after(SHORT / 2);
            }
        }),
        ("without an event", |story| {
            story.save("a.rhai");
            story.plan.look(story.now, &story.files);
        }),
    ];
    for (name, way) in ways {
        let mut story = Story::of(&["a.rhai"]);
        way(&mut story);
        assert_eq!(story.rest(), run("a.rhai"), "{name}");
        story.ran();
        assert_eq!((story.event().rest(), &story.news[..]), (vec![], &[][..]), "{name}");
    }
}

#[test]
fn an_event_without_a_change_runs_nothing() {
    let mut story = Story::of(&["a.rhai"]);
    assert_eq!(story.event().rest(), []);
    assert_eq!(story.plan.due(), None);
}

#[test]
fn a_change_that_never_rests_is_taken_as_it_is() {
    let mut story = Story::of(&["a.rhai"]);
    let begun = story.now;
    let mut steps = vec![];
    while steps.is_empty() {
        story.save("a.rhai");
        story.event().after(SHORT / 2);
        story.plan.look(story.now, &story.files);
        steps = story.steps();
        assert!(story.now - begun <= MOST + SHORT, "it waits for good");
    }
    assert!(story.now - begun >= MOST);
}

#[test]
fn a_save_during_a_run_stops_it_once_and_begins_anew() {
    let mut story = Story::of(&["a.rhai", "b.rhai"]);
    story.plan.ask(Some(path("a.rhai")));
    assert_eq!(story.steps(), run("a.rhai"));
    story.save("a.rhai");
    assert_eq!(story.event().rest(), [Step::Stop]);
    story.save("a.rhai");
    story.save("b.rhai");
    assert_eq!(story.event().rest(), [], "it is being stopped");
    assert_eq!(story.ended(&[]), run("a.rhai"));
    assert_eq!(story.ended(&[]), run("b.rhai"));
    assert_eq!(story.ended(&[]), []);
}

#[test]
fn another_script_waits_for_its_turn() {
    let mut story = Story::of(&["a.rhai", "b.rhai", "c.rhai"]);
    story.plan.ask(Some(path("a.rhai")));
    story.steps();
    for name in ["c.rhai", "b.rhai", "c.rhai"] {
        story.save(name);
        assert_eq!(story.event().rest(), [], "{name}");
    }
    assert_eq!(story.ended(&[]), run("c.rhai"));
    assert_eq!(story.ended(&[]), run("b.rhai"));
    assert_eq!(story.ended(&[]), []);
}

#[test]
fn what_a_script_uses_runs_it_and_what_it_used_does_not() {
    let mut story = Story::of(&["a.rhai", "b.rhai"]);
    story.save("m.rhai");
    story.delete("missing.rhai");
    story.plan.ask(Some(path("a.rhai")));
    story.steps();
    story.uses("a.rhai", &["m.rhai", "missing.rhai"]);
    // Both of one module, before one of them ran.
    story.uses("b.rhai", &["m.rhai"]);
    assert_eq!(story.ended(&["m.rhai", "missing.rhai"]), []);
    for name in ["missing.rhai", "m.rhai"] {
        story.save(name);
        assert_eq!(story.event().rest(), run("a.rhai"), "{name}");
        // It uses the other no more.
        let next = story.ended(&["m.rhai"]);
        assert_eq!(next, if name == "m.rhai" { run("b.rhai") } else { vec![] });
    }
    story.ran();
    story.save("missing.rhai");
    assert_eq!(story.event().rest(), []);
}

#[test]
fn a_run_that_was_stopped_keeps_what_it_used_before() {
    let mut story = Story::of(&["a.rhai"]);
    story.save("m.rhai");
    story.plan.ask(Some(path("a.rhai")));
    story.steps();
    story.uses("a.rhai", &["m.rhai"]);
    story.ended(&["m.rhai"]);
    story.save("a.rhai");
    story.event().rest();
    story.save("a.rhai");
    assert_eq!(story.event().rest(), [Step::Stop]);
    story.ended(&[]);
    assert!(story.plan.follows(&path("a.rhai"), &path("m.rhai")));
}

#[test]
fn a_file_that_was_written_after_it_was_read_runs_the_script_once_more() {
    let mut story = Story::of(&["a.rhai"]);
    story.plan.ask(Some(path("a.rhai")));
    story.steps();
    let begun = time(story.saves);
    story.save("rows.csv");
    let reading = (begun, time(story.saves));
    let seen = [(path("rows.csv"), story.files[&path("rows.csv")])].into();
    story.plan.uses(&path("a.rhai"), &seen, reading);
    assert_eq!(story.steps(), [Step::Stop]);
    assert_eq!(story.ended(&["rows.csv"]), run("a.rhai"));
    story.plan.uses(&path("a.rhai"), &seen, reading);
    assert_eq!(
        (story.steps(), story.ended(&["rows.csv"])),
        (vec![], vec![]),
        "once, whatever the clocks say"
    );
}

#[test]
fn a_file_of_a_machine_whose_clock_is_ahead_runs_nothing() {
    let mut story = Story::of(&["a.rhai"]);
    story.plan.ask(Some(path("a.rhai")));
    story.steps();
    let now = time(story.saves);
    story.save("rows.csv");
    let seen = [(path("rows.csv"), story.files[&path("rows.csv")])].into();
    story.plan.uses(&path("a.rhai"), &seen, (now, now));
    assert_eq!((story.steps(), story.ended(&["rows.csv"])), (vec![], vec![]));
}

#[test]
fn scripts_that_went_are_let_go_once_there_are_too_many() {
    let names: Vec<String> = (0..=MOST_SCRIPTS).map(|n| format!("{n}.rhai")).collect();
    let mut story = Story::of(&names.iter().map(String::as_str).collect::<Vec<_>>());
    story.plan.ask(Some(path(&names[1])));
    story.steps();
    story.ran();
    names[1..].iter().for_each(|name| story.delete(name));
    story.event().rest();
    assert!(story.plan.knows(&path(&names[2])));
    story.delete(&names[0]);
    story.event().rest();
    let known = names.iter().filter(|name| story.plan.knows(&path(name)));
    assert_eq!(known.collect::<Vec<_>>(), [&names[1]], "the one that ran last");
}

#[test]
fn a_script_that_goes_is_waited_for() {
    let mut story = Story::of(&["a.rhai"]);
    story.plan.ask(None);
    assert_eq!(story.steps(), run("a.rhai"));
    story.ran();
    let (before, gone) = (story.files[&path("a.rhai")], story.now);
    story.delete("a.rhai");
    assert_eq!(story.event().rest(), []);
    assert_eq!((story.now - gone, &story.news[..]), (LONG, &[News::Gone(path("a.rhai"))][..]));
    assert_eq!((story.plan.look(story.now, &story.files), story.plan.due()), (vec![], None), "told once");
    story.files.insert(path("a.rhai"), before);
    assert_eq!(story.event().rest(), run("a.rhai"), "also as it was");
    assert_eq!(story.news[1..], [News::Back(path("a.rhai"))]);
}

#[test]
fn of_a_folder_that_comes_back_as_it_was_only_what_was_worked_on_runs() {
    let mut story = Story::of(&["a.rhai", "b.rhai", "c.rhai"]);
    story.save("m.rhai");
    for name in ["a.rhai", "b.rhai", "c.rhai"] {
        story.uses(name, &["m.rhai"]);
    }
    story.plan.ask(Some(path("b.rhai")));
    story.steps();
    story.ran();
    let before = story.files.clone();
    ["a.rhai", "b.rhai", "c.rhai", "m.rhai"].iter().for_each(|name| story.delete(name));
    assert_eq!(story.event().rest(), []);
    assert_eq!((story.news.len(), story.plan.scripts()), (3, 0));
    story.files = before;
    story.save("c.rhai");
    assert_eq!(story.event().rest(), run("b.rhai"));
    assert_eq!(story.ended(&["m.rhai"]), run("c.rhai"));
    assert_eq!((story.ended(&["m.rhai"]), story.plan.scripts()), (vec![], 3));
}

#[test]
fn the_settings_run_what_ran_last() {
    let mut story = Story::of(&["a.rhai", "b.rhai"]);
    story.save("segue.toml");
    assert_eq!(story.event().rest(), [], "nothing did");
    story.plan.ask(Some(path("b.rhai")));
    story.steps();
    story.save("segue.toml");
    assert_eq!(story.event().rest(), [Step::Stop]);
    assert_eq!(story.ended(&[]), run("b.rhai"));
    story.ran();
    story.delete("segue.toml");
    assert_eq!(story.event().rest(), run("b.rhai"));
}

#[test]
fn whoever_asks_is_served_at_once() {
    let mut story = Story::of(&["a.rhai", "b.rhai"]);
    story.plan.ask(None);
    assert_eq!(story.steps(), [], "which of the two?");
    story.plan.ask(Some(path("a.rhai")));
    story.steps();
    story.save("b.rhai");
    story.event().rest();
    story.plan.ask(None);
    assert_eq!(story.steps(), [Step::Stop]);
    assert_eq!(story.ended(&[]), run("a.rhai"));
    assert_eq!(story.ended(&[]), run("b.rhai"));
}

#[test]
fn what_is_held_runs_only_when_somebody_asks() {
    let mut story = Story::of(&["a.rhai", "b.rhai"]);
    story.plan.ask(Some(path("a.rhai")));
    story.steps();
    // One save is acted on already, the other isn't when the run ends.
    story.save("b.rhai");
    story.event().rest();
    story.save("a.rhai");
    story.event();
    story.plan.hold();
    assert_eq!((story.ended(&[]), story.rest()), (vec![], vec![]));
    story.save("b.rhai");
    assert_eq!(story.event().rest(), [], "nor by a later one");
    story.plan.ask(None);
    assert_eq!(story.steps(), run("a.rhai"), "r runs again");
}
