//! `segue doctor`: which keys are set, which API answers, and what to do about the rest.

mod support;

use support::{Ended, KEYS, Place, Reply, Server, nobody};

const APP: &str = "GET /v1/info/ip_addresses";
const TRACK: &str = "GET /api/v1/accounts/region";
const PIPELINES: &str = "POST /v1/batch";

/// A server on which every API is well.
fn well() -> Server {
    Server::start()
        .on(APP, [Reply::ok(r#"{"ip_addresses":["192.0.2.1"]}"#)])
        .on(TRACK, [Reply::ok(r#"{"url":"x","data_center":"us","region":"us","environment_id":1}"#)])
        .on(PIPELINES, [Reply::ok("{}")])
}

fn doctor(server: &Server) -> Ended {
    Place::with("").live(&server.url()).segue(&["doctor"])
}

/// Holds the exit code, and what stdout says.
#[track_caller]
fn tells(ended: &Ended, code: i32, words: &[&str]) {
    assert_eq!(ended.code, Some(code), "{ended}");
    for word in words {
        assert!(ended.out.contains(word), "it doesn't tell {word:?}\n{ended}");
    }
    for (_, key) in KEYS {
        assert!(!ended.out.contains(key) && !ended.err.contains(key), "{ended}");
    }
}

#[test]
fn when_all_is_well_it_says_so_and_changes_nothing() {
    let server = well();
    let ended = doctor(&server);
    tells(&ended, 0, &["region  us (the default; set it with CUSTOMERIO_REGION)"]);
    assert_eq!(ended.out.matches("answers, and takes the key").count(), 3, "{ended}");
    for (name, _) in KEYS {
        assert!(ended.out.contains(&format!("{name}  set, from the environment")), "{ended}");
    }
    assert!(ended.out.contains(&format!("App  {} (set by SEGUE_APP_URL", server.url())));
    assert_eq!(server.targets(), [APP, TRACK, PIPELINES]);
    assert_eq!(server.seen()[2].body, r#"{"batch":[]}"#, "a batch without an item changes nothing");
}

#[test]
fn a_key_that_is_refused_is_told_with_its_api() {
    for (request, api) in [(APP, "App"), (TRACK, "Track"), (PIPELINES, "Pipelines")] {
        let ended = doctor(&well().on(request, [Reply::status(401, "{}")]));
        let refused =
            format!("refuses the key: is it the {api} key of this workspace? No key works on another API");
        tells(&ended, 3, &[&refused]);
        assert_eq!(ended.out.matches("takes the key").count(), 2, "the others are asked too\n{ended}");
        let ended = doctor(&well().on(request, [Reply::status(403, "{}")]));
        tells(&ended, 0, &["takes the key, which lacks the scope for this question"]);
    }
}

#[test]
fn the_wrong_region_is_told_with_the_one_to_set() {
    let target = well();
    for status in [301, 302, 307, 308] {
        let redirect = Reply::status(status, "").header("location", &format!("{}/x", target.url()));
        let ended = doctor(&well().on(APP, [redirect]));
        tells(&ended, 3, &["redirects: the account is in the other region; set CUSTOMERIO_REGION=eu"]);
    }
    assert_eq!(target.targets(), [""; 0], "nothing goes where it points");
    let ended = doctor(&well().on(TRACK, [Reply::ok(r#"{"region":"eu"}"#)]));
    tells(&ended, 3, &["answers, but the account is in eu: set CUSTOMERIO_REGION=eu"]);
}

#[test]
fn an_api_that_is_away_is_told_with_why() {
    let ended = Place::with("").live(&nobody()).segue(&["doctor"]);
    tells(&ended, 7, &["can't be reached: "]);
    assert_eq!(ended.out.matches("can't be reached").count(), 3, "{ended}");
    let cases = [
        (Reply::Close, "can't be reached: connection broke"),
        (Reply::status(503, ""), "can't be reached: the server fails (503)"),
        (Reply::status(429, "").header("retry-after", "60"), "rate limit"),
    ];
    for (reply, words) in cases {
        let begun = std::time::Instant::now();
        let ended = doctor(&well().on(APP, [reply]));
        tells(&ended, 7, &[words]);
        assert!(begun.elapsed().as_secs() < 5, "a doctor doesn't wait: {words}");
    }
}

#[test]
fn an_answer_of_somebody_else_is_told_as_such() {
    let ended = doctor(&well().on(APP, [Reply::status(404, "<html>")]));
    tells(&ended, 1, &["answers strangely: it answers 404 to a question it should know"]);
    for request in [APP, TRACK] {
        let ended = doctor(&well().on(request, [Reply::ok("<html>a login page</html>")]));
        tells(&ended, 1, &["answers strangely", "an HTML page came in place of an answer"]);
    }
}

#[test]
fn what_is_not_set_is_told_with_where_to_find_it_and_nothing_is_asked() {
    let server = well();
    let place = Place::with("").set("SEGUE_APP_URL", server.url()).set("SEGUE_TRACK_URL", server.url());
    let ended = place.segue(&["doctor"]);
    tells(
        &ended,
        3,
        &[
            "CUSTOMERIO_APP_API_KEY  not set; you find it under Account Settings › API Credentials › App API Keys",
            "not asked: CUSTOMERIO_SITE_ID and CUSTOMERIO_TRACK_API_KEY must be set first",
            "not asked: CUSTOMERIO_CDP_API_KEY must be set first",
            "with --sandbox it needs none",
        ],
    );
    assert_eq!(server.targets(), [""; 0]);
    let ended = place.set("CUSTOMERIO_SITE_ID", KEYS[1].1).segue(&["doctor"]);
    tells(&ended, 3, &["CUSTOMERIO_SITE_ID  set", "not asked: CUSTOMERIO_TRACK_API_KEY must be set first"]);
    assert_eq!(server.targets(), [""; 0]);
}

#[test]
fn one_set_of_keys_is_enough_to_ask_its_api() {
    let server = well();
    let place = Place::with("").set("SEGUE_APP_URL", server.url()).set(KEYS[0].0, KEYS[0].1);
    tells(&place.segue(&["doctor"]), 3, &["answers, and takes the key", "not asked"]);
    assert_eq!(server.targets(), [APP]);
}

#[test]
fn the_sandbox_is_always_well() {
    tells(
        &Place::with("").segue(&["doctor", "--sandbox"]),
        0,
        &["from the sandbox", "answers, and takes the key"],
    );
}

#[test]
fn a_wrong_region_is_no_place_to_ask() {
    Place::with("")
        .with_keys()
        .set("CUSTOMERIO_REGION", "asia")
        .segue(&["doctor"])
        .says(2, &["CUSTOMERIO_REGION is \"asia\"", "it is us or eu"]);
}
