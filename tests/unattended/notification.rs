//! The word that is sent of a run.

use super::*;

/// What word is sent of a run of `script` with these options.
fn sent(script: &str, more: &[&str]) -> (Ended, Vec<Value>) {
    let (server, hook) = (refusing("u-2"), taking());
    let place = Place::with(script).live(&server.url());
    let url = format!("{}/hook?key=s3cret-hook", hook.url());
    let ended = run(&place, &[&["--notify-url", &url], more].concat());
    assert!(!ended.err.contains("s3cret"), "{ended}");
    for seen in hook.seen() {
        assert_eq!((&*seen.method, &*seen.target), ("POST", "/hook?key=s3cret-hook"));
        assert_eq!(seen.authorization, None);
    }
    (ended, hook.seen().iter().map(|seen| object(&seen.body)).collect())
}

#[test]
fn word_is_sent_of_a_failure_or_always() {
    let (well, wrong) = ("identify_person(\"u-1\");", "identify_person(\"u-2\");");
    let (ended, word) = sent(well, &[]);
    ended.says(0, &["done after"]);
    assert!(word.is_empty());
    let (ended, word) = sent(wrong, &["--quiet"]);
    assert_eq!((word.len(), &word[0]["exit"], &word[0]["writes"]["rejected"]), (1, &5.into(), &1.into()));
    assert_eq!(word[0]["text"], one_line(&ended));
    assert_eq!(word[0]["run"]["script"], "script.rhai");
    let (_, word) = sent(well, &["--notify", "always"]);
    assert_eq!((word.len(), &word[0]["exit"], &word[0]["ended"]), (1, &0.into(), &"done".into()));
    let (ended, word) = sent(well, &["a=1"]);
    assert_eq!((ended.code, &word[0]["ended"]), (Some(2), &"refused".into()));
}

#[test]
fn word_is_sent_of_a_run_that_was_told_to_stop() {
    let gate = Gate::default();
    let (server, hook) = (Server::start().on("*", [gate.before(Reply::ok("{}"))]), taking());
    let place = Place::with("loop { identify_person(\"u-1\"); flush(); }").live(&server.url());
    let place = place.set("SEGUE_NOTIFY_URL", hook.url());
    let mut running = place.spawn(&["run", "script.rhai"]);
    until("it is under way", || !server.seen().is_empty());
    running.press();
    running.hears("stopping: waiting for 1 answer");
    gate.open();
    running.ends_within(SOON).says(130, &[]);
    let word = object(&hook.seen()[0].body);
    assert_eq!((&word["exit"], &word["writes"]["accepted"]), (&130.into(), &1.into()));
}

#[test]
fn the_environment_may_say_where_to_and_no_script_sees_it() {
    let hook = taking();
    let place =
        Place::with("print(env(\"SEGUE_NOTIFY_URL\", \"nothing\"));").set("SEGUE_NOTIFY_URL", hook.url());
    let ended = run(&place, &["--sandbox", "--quiet", "--notify", "always"]);
    silent(&ended);
    ended.prints("nothing\n");
    assert_eq!(object(&hook.seen()[0].body)["run"]["sandbox"], true);
}

#[test]
fn an_address_that_refuses_or_fails_is_told_of_and_changes_nothing() {
    let failing = Server::start().on("*", [Reply::status(500, "")]);
    let denying = Server::start().on("*", [Reply::status(403, "")]);
    let place = Place::with("print(1);");
    let notify = |url: &str, more: &[&str]| {
        let url = format!("{url}/s3cret-hook");
        let arguments =
            [&["--sandbox", "--quiet", "--notify", "always", "--notify-url", &url], more].concat();
        let ended = run(&place, &arguments);
        let line = one_line(&ended).to_string();
        assert_eq!((ended.code, &*ended.out, line.contains("s3cret")), (Some(0), "1\n", false), "{ended}");
        assert!(line.starts_with("segue run script.rhai --sandbox: exit code 0, done after "), "{line}");
        line.split_once("; ").expect("two parts").1.to_string()
    };
    let refused = "the notification to 127.0.0.1 wasn't taken: ";
    assert!(notify(&nobody(), &[]).starts_with(refused));
    assert_eq!(notify(&failing.url(), &[]), format!("{refused}it answers 500"));
    let logged = ["--log", "segue.log"];
    assert_eq!(notify(&denying.url(), &logged), format!("{refused}it answers 403; see segue.log"));
    assert_eq!((failing.seen().len(), denying.seen().len()), (2, 1));
    let logged = objects(&text(&place, "segue.log"));
    assert!(logged.iter().any(|it| it["message"] == format!("{refused}it answers 403")), "{logged:?}");
    let last = logged.last().expect("there is one");
    assert_eq!(
        (&last["kind"], &last["unsent"]),
        (&"summary".into(), &format!("{refused}it answers 403").into())
    );
    // What is sent again is known by its run.
    let ids: Vec<Value> = failing.seen().iter().map(|it| object(&it.body)["run"]["id"].clone()).collect();
    assert!(ids[0] == ids[1] && ids[0].is_string() && ids[0] != last["run"]["id"], "{ids:?}");
}

#[test]
fn a_failure_and_its_notifications_are_one_line() {
    let closing = Server::start().on("*", [Reply::Close]);
    let place = Place::with("throw \"no luck\";").set("SEGUE_NOTIFY_URL", closing.url());
    let ended = run(&place, &["--sandbox", "--quiet"]);
    let line = one_line(&ended);
    assert_eq!(ended.code, Some(1), "{ended}");
    let unknown = "; whether the notification to 127.0.0.1 was taken isn't known: ";
    assert!(line.starts_with("segue run script.rhai --sandbox: exit code 1, failed after "), "{line}");
    assert!(line.contains(": no luck") && line.contains(unknown), "{line}");
    let ended = run(&place, &["--sandbox", "--quiet", "--format", "json"]);
    assert!(object(one_line(&ended))["unsent"].is_string(), "{ended}");
}

#[test]
fn an_address_that_hangs_can_be_left() {
    let hook = Server::start().on("*", [Reply::Hang]);
    let place = Place::with("print(1);");
    let mut running =
        place.spawn(&["run", "script.rhai", "--sandbox", "--notify", "always", "--notify-url", &hook.url()]);
    until("word is on its way", || !hook.seen().is_empty());
    running.press();
    let words = "whether the notification to 127.0.0.1 was taken isn't known: the run was told to stop";
    running.ends_within(SOON).says(0, &[words]).prints("1\n");
}

#[test]
fn what_is_no_address_is_found_before_the_run() {
    let server = taking();
    let place = Place::with(WRITES).live(&server.url());
    for url in ["s3cret", "ftp://127.0.0.1/s3cret", "https://"] {
        run(&place, &["--notify-url", url]).says(2, &["--notify-url can't be used: "]).never_says("s3cret");
    }
    run(&place, &["--notify", "always"]).says(2, &["nothing says where to", "SEGUE_NOTIFY_URL"]);
    assert!(server.seen().is_empty());
}
