//! `segue.toml`: which profile is meant, where its keys come from, and what is said of a file that is wrong.

mod support;

use support::{Ended, KEYS, Place, Reply, Server};

const READ: &str = "print(get_segments().segments.len());";

fn server() -> Server {
    Server::start().on("*", [Reply::ok(r#"{"segments":[]}"#)])
}

/// All three APIs at `server`.
fn urls(server: &Server) -> String {
    let field = |api| format!("{api}_url = \"{}\"\n", server.url());
    ["app", "track", "pipelines"].map(field).concat()
}

/// A profile whose App API is at `server` and whose key is in a variable.
fn profile(name: &str, server: &Server, variable: &str) -> String {
    format!("[profiles.{name}]\n{}app_key = {{ env = \"{variable}\" }}\n", urls(server))
}

fn toml(place: &Place, text: &str) {
    place.file("segue.toml", text.as_bytes());
}

/// The keys that arrived.
fn shown(server: &Server) -> Vec<String> {
    server.seen().into_iter().filter_map(|seen| seen.authorization).collect()
}

#[test]
fn a_profile_s_keys_are_used_and_no_others() {
    let server = server();
    let place = Place::with(READ)
        .live(&server.url())
        .set("STAGING", "staging-key")
        .set("PRODUCTION", "production-key");
    toml(
        &place,
        &format!(
            "default = \"staging\"\n{}{}",
            profile("staging", &server, "STAGING"),
            profile("production", &server, "PRODUCTION")
        ),
    );
    place.segue(&["run", "script.rhai"]).says(0, &[]);
    place.segue(&["run", "script.rhai", "--profile", "production"]).says(0, &[]);
    let place = place.set("SEGUE_PROFILE", "production");
    place.segue(&["run", "script.rhai"]).says(0, &[]);
    place.segue(&["run", "script.rhai", "--profile", "staging"]).says(0, &[]);
    let keys = ["staging-key", "production-key", "production-key", "staging-key"];
    assert_eq!(shown(&server), keys.map(|key| format!("Bearer {key}")));
}

#[test]
fn a_key_that_the_profile_lacks_is_not_taken_from_the_environment() {
    let server = server();
    let place = Place::with("track_event(\"u\", \"x\"); suppress_person(\"u\");")
        .live(&server.url())
        .set("STAGING", "staging-key");
    toml(&place, &profile("staging", &server, "STAGING"));
    place.segue(&["run", "script.rhai", "--profile", "staging", "--allow", "destroy"]).says(
        3,
        &[
            "`suppress_person` needs the Track API, and the profile \"staging\" has no site_id and no track_key",
            "`track_event` needs the Pipelines API, and the profile \"staging\" has no pipelines_key",
            "pipelines_key = { env = \"NAME\" }",
            "nothing was sent",
        ],
    );
    assert_eq!(server.targets(), [""; 0]);
}

#[test]
fn where_no_key_is_set_the_profiles_are_offered() {
    let server = server();
    let place = Place::with(READ);
    toml(&place, &format!("{}{}", profile("staging", &server, "A"), profile("production", &server, "B")));
    place.segue(&["run", "script.rhai"]).says(
        3,
        &["CUSTOMERIO_APP_API_KEY is not set", "choose a profile with --profile: staging, production"],
    );
}

#[test]
fn the_file_is_found_upward_and_its_paths_count_from_it() {
    let server = server();
    let place = Place::with(READ);
    place.file("key", b"key-in-a-file\n");
    toml(&place, &format!("default = \"x\"\n[profiles.x]\n{}app_key = {{ file = \"key\" }}", urls(&server)));
    let inner = place.path().join("a/b");
    std::fs::create_dir_all(&inner).expect("folders can be made");
    let mut command = place.command(&["run", "../../script.rhai"]);
    Ended::of(command.current_dir(inner).output().expect("the command runs")).says(0, &[]);
    assert_eq!(shown(&server), ["Bearer key-in-a-file"]);
}

#[cfg(unix)]
#[test]
fn a_file_that_anybody_can_write_sends_no_key_anywhere() {
    use std::os::unix::fs::PermissionsExt;
    let server = server();
    let place = Place::with(READ).with_keys();
    toml(&place, &format!("default = \"x\"\n{}", profile("x", &server, "CUSTOMERIO_APP_API_KEY")));
    let allow = |mode| {
        let mode = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(place.path().join("segue.toml"), mode).expect("it is ours");
    };
    for arguments in [&["run", "script.rhai"][..], &["doctor"]] {
        allow(0o666);
        place
            .segue(arguments)
            .says(2, &["segue.toml can be written by everybody, and isn't followed", "chmod o-w /"]);
        assert_eq!(shown(&server), [] as [&str; 0]);
    }
    allow(0o664);
    place.segue(&["run", "script.rhai"]).says(0, &[]);
}

#[cfg(unix)]
#[test]
fn a_file_above_the_repository_isn_t_the_project_s() {
    let server = server();
    let place = Place::with("");
    toml(&place, &format!("default = \"x\"\n{}", profile("x", &server, "CUSTOMERIO_APP_API_KEY")));
    let inner = place.path().join("repository");
    std::fs::create_dir_all(inner.join(".git")).expect("a folder");
    std::fs::write(inner.join("script.rhai"), READ).expect("a file");
    let output = place.command(&["run", "script.rhai"]).current_dir(&inner).output().expect("it runs");
    Ended::of(output).says(3, &["CUSTOMERIO_APP_API_KEY is not set"]);
    assert_eq!(shown(&server), [] as [&str; 0]);
}

#[test]
fn the_user_s_own_file_is_used_too_and_the_project_s_goes_before_it() {
    let server = server();
    let place = Place::with(READ).set("MINE", "my-own-key").set("THEIRS", "project-key");
    let folder = place.path().join("config");
    let place = place.set("XDG_CONFIG_HOME", folder.as_os_str());
    std::fs::create_dir_all(folder.join("segue")).expect("folders can be made");
    place.file("config/segue/segue.toml", profile("mine", &server, "MINE").as_bytes());
    place.segue(&["run", "script.rhai", "--profile", "mine"]).says(0, &[]);
    toml(&place, &profile("mine", &server, "THEIRS"));
    place.segue(&["run", "script.rhai", "--profile", "mine"]).says(0, &[]);
    assert_eq!(shown(&server), ["Bearer my-own-key", "Bearer project-key"]);
}

#[test]
fn a_profile_that_is_not_there_is_wrong_usage_also_in_the_sandbox() {
    let server = server();
    let place = Place::with(READ).live(&server.url());
    place
        .segue(&["run", "script.rhai", "--profile", "x"])
        .says(2, &["there is no segue.toml in this folder"]);
    toml(&place, &profile("staging", &server, "A"));
    for arguments in [
        &["run", "script.rhai", "--profile", "stagin"][..],
        &["run", "script.rhai", "--profile", "stagin", "--sandbox"],
        &["doctor", "--profile", "stagin"],
    ] {
        place.segue(arguments).says(
            2,
            &["segue::settings::profile_unknown", "did you mean \"staging\"?", "the only one is staging"],
        );
    }
    place
        .set("SEGUE_PROFILE", "qa")
        .segue(&["run", "script.rhai"])
        .says(2, &["\"qa\", which SEGUE_PROFILE names"]);
    assert_eq!(server.targets(), [""; 0]);
}

#[test]
fn nonsense_in_the_file_is_told_with_its_line_and_nothing_is_sent() {
    let server = server();
    for (text, words) in [
        ("[profiles.x]\nregion = \"asia\"\n", &["segue.toml:2:10", "it is us or eu"][..]),
        ("[limits]\nshare = 2\n", &["segue.toml:2:9", "`share` can't be 2"]),
        ("[profiles.x]\napp_key = \n", &["segue.toml:2:", "this isn't TOML"]),
        ("default = \"x\"\n", &["segue.toml:1:11", "there is no profile \"x\"", "segue.toml has none"]),
    ] {
        let place = Place::with(READ).live(&server.url());
        toml(&place, text);
        place.segue(&["run", "script.rhai"]).says(2, words);
        place.segue(&["run", "script.rhai", "--sandbox"]).says(2, words);
        place.segue(&["doctor"]).says(2, words);
    }
    let place = Place::with(READ).live(&server.url());
    place.file("segue.toml", b"a = \"\n\xff\"");
    place.segue(&["run", "script.rhai"]).says(2, &["segue.toml isn't UTF-8: line 2"]);
    std::fs::remove_file(place.path().join("segue.toml")).expect("it was there");
    std::fs::create_dir(place.path().join("segue.toml")).expect("a folder can be made");
    place.segue(&["run", "script.rhai"]).says(2, &["segue.toml is a folder"]);
    assert_eq!(server.targets(), [""; 0]);
}

#[test]
fn a_key_written_into_the_file_is_refused_without_showing_it() {
    let place = Place::with(READ);
    for text in [
        format!("[profiles.x]\napp_key = \"{}\"\n", KEYS[0].1),
        format!("[profiles.x]\napp_key = {}\n", KEYS[0].1),
        format!("[profiles.x]\nappkey = \"{}\"\n", KEYS[0].1),
    ] {
        toml(&place, &text);
        let ended = place.segue(&["run", "script.rhai"]);
        ended.says(2, &["segue.toml:2:"]).never_says(KEYS[0].1);
    }
}

#[cfg(unix)]
#[test]
fn a_command_that_fails_matters_only_to_those_who_need_its_key() {
    let server = server();
    let place = Place::with(READ).set("STAGING", "staging-key");
    let failing =
        r#"{ command = ["sh", "-c", "echo half-a-key; echo no half-a-key in the vault >&2; exit 7"] }"#;
    let text = format!("{}pipelines_key = {failing}\n", profile("staging", &server, "STAGING"));
    toml(&place, &text);
    let run = ["run", "script.rhai", "--profile", "staging"];
    place.segue(&run).says(0, &["1 get_segments"]);
    let said = "the command `sh` ended with status 7, saying: no [secret] in the vault";
    let ended = place.segue(&["doctor", "--profile", "staging"]);
    assert!(ended.out.contains(&format!("pipelines_key  can't be had: {said}")), "{ended}");
    for script in [
        "track_event(\"u\", \"x\");",
        "try { tool(\"CUSTOMERIO_TRACK_EVENT\", #{ user_id: \"u\", event: \"x\" }); } catch (e) { throw e; }",
    ] {
        place.file("script.rhai", script.as_bytes());
        let ended = place.segue(&run);
        ended.says(3, &["segue::credentials::unreadable", said, "`segue doctor --profile staging`"]);
        ended.never_says("half-a-key");
    }
    toml(&place, &text.replace("\"sh\", ", "\"segue-no-such-program\", "));
    place.segue(&run).says(3, &["the command `segue-no-such-program` wasn't found"]);
    assert_eq!(server.seen().len(), 2, "the read, and the doctor's");
}

#[cfg(unix)]
#[test]
fn a_pinned_run_is_not_begun_while_a_key_that_could_tell_its_workspace_cant_be_had() {
    let server = server()
        .on("GET /v1/workspaces", [Reply::status(404, "{}")])
        .on("GET /api/v1/accounts/region", [Reply::ok(r#"{"url":"x","region":"us","environment_id":7}"#)]);
    let failing = r#"{ command = ["sh", "-c", "echo the vault is locked >&2; exit 7"] }"#;
    let place = Place::with("track_event(\"u\", \"x\");").set("STAGING", "staging-key");
    let with = |app: &str, cdp: &str| {
        format!("[profiles.staging]\n{}app_key = {app}\npipelines_key = {cdp}\n", urls(&server))
    };
    let key = "{ env = \"STAGING\" }";
    toml(&place, &with(failing, key));
    let run = ["run", "script.rhai", "--profile", "staging", "--workspace", "7"];
    for run in [&run[..], &[&run[..], &["--dry-run"]].concat()] {
        place.segue(run).says(
            3,
            &[
                "segue::credentials::unreadable",
                "the workspace of the App key can't be checked: app_key of the profile \"staging\" can't be had",
                "ended with status 7, saying: the vault is locked",
            ],
        );
    }
    assert_eq!(server.seen().len(), 0);
    // One that couldn't tell isn't asked for.
    place.file("script.rhai", b"suppress_person(\"u\");");
    toml(&place, &format!("{}site_id = {key}\ntrack_key = {key}\n", with(key, failing)));
    place.segue(&[&run[..], &["--allow", "destroy"]].concat()).says(0, &["1 suppress_person"]);
}

#[cfg(unix)]
#[test]
fn in_the_sandbox_no_key_is_read() {
    let place = Place::with(READ);
    toml(&place, "default = \"x\"\n[profiles.x]\napp_key = { command = [\"touch\", \"was-run\"] }\n");
    place.in_sandbox().says(0, &["1 get_segments"]);
    place.segue(&["run", "script.rhai", "--sandbox", "--profile", "x"]).says(0, &[]);
    assert!(!place.path().join("was-run").exists());
    // And it would have been: nothing came out, so there is no key.
    place.segue(&["run", "script.rhai"]).says(3, &["the command `touch` gives nothing"]);
    assert!(place.path().join("was-run").exists());
}

#[test]
fn a_script_finds_no_profile_s_key() {
    let server = server();
    let script = "for name in [\"STAGING\", \"PRODUCTION\"] { print(env(name, \"none\")); } print(env(\"COPY\")); print(read_lines(\"key\"));";
    let place = Place::with(script)
        .set("STAGING", "staging-key")
        .set("PRODUCTION", "production-key")
        .set("COPY", "production-key");
    place.file("key", b"key-in-a-file\n");
    let text = format!(
        "{}{}track_key = {{ file = \"key\" }}\n",
        profile("production", &server, "PRODUCTION"),
        profile("staging", &server, "STAGING")
    );
    toml(&place, &text);
    let hidden = "none\nnone\n[secret]\n";
    place
        .segue(&["run", "script.rhai", "--profile", "staging"])
        .says(0, &[])
        .prints(&format!("{hidden}[\"[secret]\"]\n"));
    place
        .segue(&["run", "script.rhai", "--sandbox"])
        .says(0, &[])
        .prints(&format!("{hidden}[\"key-in-a-file\"]\n"));
}

#[test]
fn what_a_run_may_do_is_granted_by_the_file_and_the_profile_and_the_command_line() {
    let server = Server::start().on("*", [Reply::ok("{}")]);
    let script = "create_alias(\"a\", \"b\"); identify_person(\"u\", #{ unsubscribed: true });";
    let place = Place::with(script).live(&server.url()).set("KEY", "a-key-of-a-test");
    let run = |place: &Place, more: &[&str]| {
        let words = [&["run", "script.rhai"], more].concat();
        place.segue(&words)
    };
    run(&place, &[]).says(4, &["--allow destroy"]);
    let key = "pipelines_key = { env = \"KEY\" }\n";
    toml(
        &place,
        &format!(
            "allow = [\"destroy\"]\n[profiles.x]\nallow = {{ consent = true }}\n{key}[profiles.y]\nallow = {{ destroy = false }}\n{key}"
        ),
    );
    run(&place, &[]).says(4, &["--allow consent"]);
    run(&place, &["--allow", "consent"]).says(0, &[]);
    run(&place, &["--profile", "x"]).says(0, &[]);
    run(&place, &["--profile", "y"]).says(4, &["--allow destroy"]);
    run(&place, &["--profile", "y", "--allow", "destroy,consent"]).says(0, &[]);
    run(&place, &["--profile", "x", "--read-only"]).says(4, &["segue::grant::read_only"]);
}

#[test]
fn how_far_retrying_goes_is_the_file_s_to_say() {
    let server = Server::start().on("*", [Reply::status(503, "")]);
    let place = Place::with(READ).live(&server.url());
    toml(&place, "[retry]\nattempts = 1\n");
    place.segue(&["run", "script.rhai"]).says(7, &["the server failed (503)"]);
    assert_eq!(server.seen().len(), 1);
    toml(&place, "[retry]\nattempts = 6\nhorizon = 0\n");
    place.segue(&["run", "script.rhai"]).says(7, &[]);
    assert_eq!(server.seen().len(), 2);
}

#[test]
fn an_address_of_the_environment_goes_before_the_profile_s() {
    let (theirs, ours) = (server(), server());
    let place = Place::with(READ).set("KEY", "a-key-of-a-test");
    toml(&place, &profile("x", &theirs, "KEY"));
    let place = place.set("SEGUE_APP_URL", ours.url());
    place.segue(&["run", "script.rhai", "--profile", "x"]).says(0, &[]);
    assert_eq!((theirs.seen().len(), ours.seen().len()), (0, 1));
}

#[test]
fn a_wrong_region_is_put_right_in_the_profile() {
    let server = Server::start().on("*", [Reply::status(307, "").header("location", "http://127.0.0.1:1/x")]);
    let place = Place::with(READ).set("KEY", "a-key-of-a-test").set("CUSTOMERIO_REGION", "eu");
    toml(&place, &profile("x", &server, "KEY"));
    place.segue(&["run", "script.rhai", "--profile", "x"]).says(
        3,
        &[
            "set region = \"eu\" in the profile \"x\" (it is us now)",
            "set by app_url of the profile \"x\", isn't the API at all",
        ],
    );
}

#[test]
fn the_doctor_tells_what_holds_for_a_profile_and_which_there_are() {
    let server = Server::start()
        .on("GET /api/v1/accounts/region", [Reply::ok(r#"{"region":"eu"}"#)])
        .on("*", [Reply::ok("{}")]);
    let url = server.url();
    let place = Place::with("").set("SITE", "the-site-id").set("TRACK", "the-track-key");
    place.file("cdp", b"two words");
    toml(
        &place,
        &format!(
            "default = \"staging\"\n[profiles.production]\n[profiles.staging]\nregion = \"eu\"\nworkspace = 7\n\
             max_people = 50\nmax_rejected = 5\nstrict_answers = true\nallow = [\"send\"]\nlimits = {{ share = 1, app = 5 }}\n\
             site_id = {{ env = \"SITE\" }}\ntrack_key = {{ env = \"TRACK\" }}\npipelines_key = {{ file = \"cdp\" }}\n\
             app_key = {{ env = \"NOT_SET\" }}\ntrack_url = \"{url}\"\n"
        ),
    );
    let ended = place.segue(&["doctor"]);
    assert_eq!(ended.code, Some(3), "{ended}");
    for words in [
        "profile  staging (chosen by the default of segue.toml)",
        "region  eu (from the profile \"staging\")",
        "workspace  7, and no other",
        "people  50 at most in a live run",
        "rejected  5 before a run makes no further call",
        "allowed  send",
        "answers  have to be of the declared shape",
        "limits  share 1, app 5/s",
        "app_key  can't be had: the environment variable NOT_SET isn't set",
        "not asked: app_key must be set first",
        &format!("Track  {url} (set by track_url of the profile \"staging\")"),
        "site_id  set, from the environment variable SITE",
        "answers, and takes the key",
        "pipelines_key  from the file ",
        "can't be used: it holds a blank",
        "profiles: production (segue.toml), staging (segue.toml)",
    ] {
        assert!(ended.out.contains(words), "it doesn't tell {words:?}\n{ended}");
    }
    assert!(!ended.out.contains("the-site-id") && !ended.out.contains("two words"), "{ended}");
    let ended = place.segue(&["doctor", "--profile", "production"]);
    assert!(ended.out.contains("region  us (the default; the profile \"production\" names none)"), "{ended}");
    assert_eq!(ended.out.matches("not asked").count(), 3, "{ended}");
    let ended = place.segue(&["doctor", "--sandbox"]);
    assert!(ended.code == Some(0) && !ended.out.contains("workspace"), "{ended}");
}
