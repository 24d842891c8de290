//! What cron, systemd and a closed terminal send.

use super::*;

/// A run with one write accepted and the next on its way, told to stop by a signal.
fn told(signal: &str, more: &[&str]) -> Ended {
    let gate = Gate::default();
    let server = Server::start().on("*", [Reply::ok("{}"), gate.before(Reply::ok("{}"))]);
    let script = "for n in 0..9 { identify_person(`u-${n}`); flush(); }";
    let place = Place::with(script).live(&server.url());
    let mut running = place.spawn(&[&["run", "script.rhai", "--log", "segue.log"], more].concat());
    until("the second is on its way", || server.seen().len() == 2);
    running.gets(signal);
    until("it stops", || text(&place, "segue.log").contains("stopping: waiting for 1 answer"));
    gate.open();
    let ended = running.ends_within(SOON);
    assert_eq!(server.seen().len(), 2, "nothing is sent after it");
    ended
}

#[test]
fn they_end_a_run_as_ctrl_c_does() {
    for signal in ["-TERM", "-HUP", "-INT"] {
        told(signal, &[]).says(130, &["interrupted after", "2 accepted; running it again"]);
    }
    let ended = told("-TERM", &["--quiet"]);
    let line = one_line(&ended);
    assert!(
        line.contains("exit code 130, interrupted after ") && line.contains("; of the writes: 2 accepted"),
        "{line}"
    );
}

#[test]
fn whoever_says_nohup_is_not_hung_up() {
    let gate = Gate::default();
    let server = Server::start().on("*", [gate.before(Reply::ok("{}"))]);
    let script = "for n in 0..20 { identify_person(`u-${n}`); flush(); }";
    let place = Place::with(script).live(&server.url());
    let command = place.command(&[]);
    let segue = command.get_program().to_owned();
    let mut shell = Command::new("/bin/sh");
    shell
        .args(["-c", "trap '' HUP; exec \"$0\" run script.rhai"])
        .arg(segue)
        .current_dir(place.path())
        .env_clear();
    shell.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let child = shell.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn();
    let mut running = Running::of(child.expect("there is a shell"));
    until("it is under way", || !server.seen().is_empty());
    running.gets("-HUP");
    gate.open();
    running.ends_within(SOON).says(0, &["done after"]);
    assert_eq!(server.seen().len(), 20);
}

/// The exit code of a run whose reader of stdout or stderr is gone before it writes.
fn unread(of: impl Fn(&mut Running, &Place), more: &[&str]) -> Option<i32> {
    let gate = Gate::default();
    let server = Server::start().on("*", [gate.before(Reply::ok("{}"))]);
    let script = "identify_person(\"u-1\"); flush(); print(\"x\"); debug(\"y\");";
    let place = Place::with(script).live(&server.url());
    let mut running = place.spawn(&[&["run", "script.rhai", "--log", "segue.log"], more].concat());
    until("it is under way", || !server.seen().is_empty());
    of(&mut running, &place);
    gate.open();
    running.ends_within(SOON).code
}

#[test]
fn a_closed_pipe_is_no_panic() {
    let out = |running: &mut Running, _: &Place| drop(running.child().stdout.take());
    let err = |running: &mut Running, _: &Place| drop(running.child().stderr.take());
    let both = |running: &mut Running, place: &Place| {
        out(running, place);
        err(running, place);
    };
    for more in [&[][..], &["--quiet"], &["--format", "json"]] {
        assert_eq!([unread(err, more), unread(out, more), unread(both, more)], [Some(0), Some(1), Some(1)]);
    }
    // The terminal goes, and the run is told.
    let gone = |running: &mut Running, place: &Place| {
        both(running, place);
        running.gets("-HUP");
        until("it stops", || text(place, "segue.log").contains("stopping: waiting for 1 answer"));
    };
    assert_eq!(unread(gone, &[]), Some(130));
}
