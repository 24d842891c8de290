//! A run's report.

use super::*;

#[test]
fn that_of_a_run_under_way_is_left_alone() {
    let gate = Gate::default();
    let server = Server::start().on("*", [gate.before(Reply::ok("{}"))]);
    let place = Place::with(WRITES).live(&server.url());
    let mut first = place.spawn(&["run", "script.rhai", "--report", "r.md"]);
    until("it is under way", || !server.seen().is_empty());
    let pid = format!("pid {}", first.child().id());
    // It never comes to the lock.
    run(&place, &["--report", "r.md", "--log", "no/such/folder"]).says(2, &["--log", "r.md"]);
    assert!(text(&place, "r.md").contains(&pid), "{}", text(&place, "r.md"));
    let beside = run(&place, &["--report", "r.md", "--overlap", "allow"]);
    beside.says(2, &["it is that of a run that is under way", "name another file"]);
    gate.open();
    first.ends_within(SOON).says(0, &[]);
    assert!(text(&place, "r.md").contains("| exit code | 0 |"), "{}", text(&place, "r.md"));
}

#[test]
fn it_is_written_too_where_a_run_is_told_twice_to_stop() {
    let server = Server::start().on("*", [Reply::Hang]);
    let place = Place::with(WRITES).live(&server.url());
    let mut running = place.spawn(&["run", "script.rhai", "--report", "r.md", "--log", "r.log"]);
    until("it is on the wire", || !server.seen().is_empty());
    running.press();
    running.hears("stopping: waiting for 1 answer");
    running.press();
    running.ends_within(SOON).says(130, &["may have arrived"]).never_says("isn't whole");
    assert!(text(&place, "r.md").contains("| exit code | 130 |"), "{}", text(&place, "r.md"));
    assert!(text(&place, "r.log").contains("\"kind\":\"summary\""), "{}", text(&place, "r.log"));
}

#[test]
fn it_tells_all_of_the_run() {
    let server = refusing("u-2");
    let place = Place::with("for n in 0..3 {\n  identify_person(`u-${n}`);\n}\nthrow `|${arg(\"a\")}|`;")
        .live(&server.url());
    run(&place, &["a=1", "--report", "run.md"]).says(1, &["rejected: 1 identify_person"]);
    let page = text(&place, "run.md");
    for part in [
        "# segue run script.rhai a=1\n",
        "| script | script.rhai |\n| arguments | a=1 |\n| works on | the workspace of the environment's keys |\n",
        "| ended | failed |\n| exit code | 1 |\n",
        "| accepted | 2 |\n| rejected | 1 |\n",
        "| rejected | 1 | identify_person | script.rhai:2 | 400 | Customer.io refused",
        "| identify_person | 3 |\n",
        "segue::script::threw\n\n  × |1|\n",
        "  identify_person(`u-${n}`);\n",
        "of the writes: 2 accepted, 1 rejected",
    ] {
        assert!(page.contains(part), "{part}\n---\n{page}");
    }
    assert_eq!(mode(&place.path().join("run.md")), 0o600);
}

#[test]
fn it_names_the_command_that_does_the_same_again() {
    let server = taking();
    let place = Place::with("suppress_person(arg(\"who\"));").live(&server.url());
    let at = |options: &[&str], again: &str, works_on: &str| {
        run(&place, &[&["who=it's u-1", "--allow", "destroy", "--report", "run.md"], options].concat());
        let page = text(&place, "run.md");
        // A backslash of the page's own stands in front of one of the shell's.
        let again = format!("# segue run script.rhai 'who=it'\\\\''s u-1'{again}\n");
        assert!(page.starts_with(&again), "{again}\n---\n{page}");
        assert!(page.contains(&format!("| works on | {works_on} |\n")), "{works_on}\n---\n{page}");
    };
    at(
        &["--dry-run"],
        " --dry-run",
        "nothing: a dry run, which only reads the workspace of the environment's keys",
    );
    assert_eq!(server.seen().len(), 0);
    let sandbox = format!("--sandbox={}", server.url());
    at(&[&sandbox], &format!(" {sandbox}"), &format!("the sandbox at {}", server.url()));
    place.file("segue.toml", b"default = \"acme\"\n[profiles.acme]\n");
    at(&[], "", "the workspace of the profile acme");
    at(&["--profile", "acme"], " --profile=acme", "the workspace of the profile acme");
}

#[test]
fn it_takes_the_place_of_an_earlier_one() {
    let place = Place::with("print(1);");
    place.file("run.md", "of an earlier run\n".repeat(200).as_bytes());
    silent(&run(&place, &["--sandbox", "--quiet", "--report", "run.md"]));
    let page = text(&place, "run.md");
    assert!(page.starts_with("# segue run script.rhai --sandbox\n") && !page.contains("earlier"), "{page}");
    run(&place, &["--nothing", "--report", "run.md"]);
    run(&place, &["--sandbox", "a=1", "--report", "run.md"]);
    let page = text(&place, "run.md");
    assert!(page.contains("| ended | it never began |\n| exit code | 2 |"), "{page}");
    assert!(page.contains("the script has no argument `a`"), "{page}");
}

#[test]
fn it_is_never_taken_for_that_of_another_run() {
    let gate = Gate::default();
    let server = Server::start().on("*", [gate.before(Reply::ok("{}"))]);
    let place = Place::with(WRITES).live(&server.url());
    let more = ["--quiet", "--report", "run.md"];
    let mut killed = place.spawn(&[&["run", "script.rhai"], &more[..]].concat());
    until("it is under way", || !server.seen().is_empty());
    let pid = killed.child().id();
    let under_way = text(&place, "run.md");
    for part in ["# segue run script.rhai\n", "| began | 2", &format!("under way (pid {pid})")] {
        assert!(under_way.contains(part), "{part}\n---\n{under_way}");
    }
    run(&place, &more).says(0, &["skipped"]);
    run(&place, &["--report", "new.md"]).says(0, &["skipped"]);
    assert!(!place.path().join("new.md").exists(), "who does nothing tells of nothing");
    let mut waiting = place.spawn(&["run", "script.rhai", "--overlap", "wait", "--report", "run.md"]);
    waiting.hears("waiting");
    waiting.press();
    waiting.ends_within(SOON).says(130, &[]);
    killed.child().kill().expect("it can be killed");
    killed.child().wait().expect("it ends");
    assert_eq!(text(&place, "run.md"), under_way);

    // Whatever a run is refused for, its report says so, and word is sent of it.
    let hook = taking();
    for wrong in [&["--log", "no/such.log"][..], &["--notify-url", "x"], &["--profile", "acme"], &["a=1"]] {
        place.file("run.md", b"of an earlier run");
        let told = ["--notify-url", &hook.url()];
        let told = if wrong[0] == "--notify-url" { &[][..] } else { &told };
        let ended = run(&place, &[wrong, told, &more].concat());
        assert_eq!(ended.code, Some(2), "{ended}");
        assert!(one_line(&ended).ends_with("; see run.md"), "{ended}");
        let page = text(&place, "run.md");
        assert!(page.contains("| ended | it never began |\n| exit code | 2 |"), "{page}");
    }
    assert_eq!(hook.seen().len(), 3);
}

#[test]
fn a_dry_run_has_one_too() {
    let server = taking();
    let place = Place::with(WRITES).live(&server.url());
    silent(&run(&place, &["--dry-run", "--quiet", "--report", "run.md"]));
    let page = text(&place, "run.md");
    assert!(page.contains("nothing was written") && page.contains("| identify_person | 1 | 1 |"), "{page}");
}

#[test]
fn what_cannot_be_written_is_found_before_the_run() {
    let server = taking();
    let place = Place::with(WRITES).live(&server.url());
    for (option, path) in [("--report", "no/run.md"), ("--log", "no/segue.log"), ("--report", ".")] {
        let words = format!("{option} {path} can't be written");
        run(&place, &[option, path]).says(2, &[&words, "a folder that is there"]);
    }
    let one = ["--log", "both", "--report", "./both"];
    run(&place, &one).says(2, &["--log and --report are one file, ./both", "name another"]);
    let out = std::fs::File::create(place.path().join("out")).expect("a file can be made");
    let mut command = place.command(&["run", "script.rhai", "--report", "out"]);
    let ended = Ended::of(command.stdout(out).output().expect("the command runs"));
    ended.says(2, &["--report is the file that stdout goes to, out", "name another"]);
    assert!(server.seen().is_empty());
    run(&place, &["--report", "/dev/full"])
        .says(1, &["--report /dev/full isn't whole: no space left", "done after"]);
}
