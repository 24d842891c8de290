//! What a live run may do, and what keeps it from doing it.

mod support;

use support::{Place, Reply, Server};

const BROADCAST: &str = "trigger_broadcast(1, (), (), [\"u-1\"]);";
const SUPPRESS: &str = "suppress_person(\"u-1\");";
const ORDER: &str = "track_event(\"u-1\", \"User Deleted\");";
const BATCHED_ORDER: &str =
    "send_batch([#{ type: \"track\", user_id: \"u-1\", event: \"Object Deleted\" }]);";
const UNSUBSCRIBE: &str = "unsubscribe_delivery(\"dlv-1\");";
const CONSENT: &str = "identify_person(\"u-1\", #{ unsubscribed: true });";
const TOPIC: &str = "identify_person(\"u-1\", #{ \"cio_subscription_preferences.topics.topic_1\": false });";
const BATCHED: &str =
    "send_batch([#{ type: \"identify\", user_id: \"u-1\", traits: #{ unsubscribed: true } }]);";

fn server() -> Server {
    Server::start().on("*", [Reply::ok(r#"{"id":7}"#)])
}

#[test]
fn each_effect_needs_its_own_grant_and_nothing_is_sent_without_it() {
    for (script, word) in [
        (BROADCAST, "send"),
        (SUPPRESS, "destroy"),
        (ORDER, "destroy"),
        (BATCHED_ORDER, "destroy"),
        (UNSUBSCRIBE, "consent"),
        (CONSENT, "consent"),
        (TOPIC, "consent"),
        (BATCHED, "consent"),
    ] {
        let server = server();
        let place = Place::with(script).live(&server.url());
        let help = format!("--allow {word}");
        place.segue(&["run", "script.rhai"]).says(4, &["segue::grant::missing", &help]);
        let others: Vec<&str> =
            ["send", "destroy", "consent"].into_iter().filter(|other| *other != word).collect();
        place.segue(&["run", "script.rhai", "--allow", &others.join(",")]).says(4, &[&help]);
        assert_eq!(server.targets().len(), 0, "{script}");
        place.segue(&["run", "script.rhai", "--allow", word]).says(0, &["done"]);
        assert_eq!(server.posts().len(), 1, "{script}");
    }
}

#[test]
fn a_grant_the_script_shows_is_missed_before_the_first_request() {
    let server = server();
    let script = format!("track_event(\"u-1\", \"x\");\nif false {{ {SUPPRESS} }}");
    let place = Place::with(&script).live(&server.url());
    place
        .segue(&["run", "script.rhai"])
        .says(4, &["`suppress_person` deletes", "script.rhai:2:12", "nothing was sent"]);
    assert_eq!(server.targets().len(), 0);
}

#[test]
fn all_grants_the_script_shows_are_missed_at_once_each_at_its_first_call() {
    let script = format!("fn last() {{\n  {BROADCAST}\n}}\n{SUPPRESS}\n{SUPPRESS}\nlast();");
    let ended = Place::with(&script).with_keys().segue(&["run", "script.rhai"]);
    ended.says(4, &["script.rhai:2:3", "--allow send", "script.rhai:4:1", "--allow destroy"]);
    ended.never_says("script.rhai:5:1");
}

#[test]
fn a_grant_only_the_call_shows_is_missed_at_the_call_and_what_went_before_is_told() {
    let server = server();
    let script = "track_event(\"u-1\", \"x\");\nlet traits = #{ unsubscribed: true };\nidentify_person(\"u-1\", traits);";
    let place = Place::with(script).live(&server.url());
    place.segue(&["run", "script.rhai"]).says(4, &["script.rhai:3:24", "of the writes: 1 accepted"]);
    assert_eq!(server.targets().len(), 1);
}

#[test]
fn catching_it_gives_no_grant() {
    let server = server();
    let place =
        Place::with(&format!("try {{ {CONSENT} }} catch (e) {{ print(e.kind); }}")).live(&server.url());
    place.segue(&["run", "script.rhai"]).says(0, &["done"]).prints("segue::grant::missing\n");
    assert_eq!(server.targets().len(), 0);
}

#[test]
fn a_run_that_may_only_read_refuses_every_write() {
    let server = server();
    for script in [BROADCAST, "add_person_to_group(\"u-1\", \"acme\");", "track_event(\"u-1\", \"x\");"] {
        let place = Place::with(script).live(&server.url());
        place
            .segue(&["run", "script.rhai", "--read-only", "--allow", "send"])
            .says(4, &["segue::grant::read_only", "--read-only says so"]);
        Place::with(script)
            .segue(&["run", "script.rhai", "--read-only", "--sandbox"])
            .says(4, &["read_only"]);
    }
    assert_eq!(server.targets().len(), 0);
}

#[test]
fn a_denied_tool_is_not_called_by_any_of_its_names() {
    let server = server();
    for script in ["for p in segment_members(1) { }", "get_segment_membership(1);"] {
        for name in ["segment_members", "get_segment_membership", "CUSTOMERIO_GET_SEGMENT_MEMBERSHIP"] {
            let place = Place::with(script).live(&server.url());
            place.segue(&["run", "script.rhai", "--deny", name]).says(4, &["segue::grant::denied"]);
        }
    }
    assert_eq!(server.targets().len(), 0);
    let wrong =
        Place::with(BROADCAST).segue(&["run", "script.rhai", "--deny", "trigger_brodcast", "--sandbox"]);
    assert!(wrong.err.contains("did you mean `trigger_broadcast`?"), "{}", wrong.err);
    assert_ne!(wrong.code, Some(0));
}

#[test]
fn in_the_sandbox_everything_is_allowed() {
    for script in [BROADCAST, SUPPRESS, CONSENT, ORDER, BATCHED_ORDER] {
        Place::with(script).in_sandbox().says(0, &["done"]);
    }
}

/// A server that refuses the first person and takes everything else.
fn refusing() -> Server {
    server().judging(|seen| {
        let bad = seen.items().iter().any(|item| item["userId"] == "u-1");
        bad.then(|| Reply::status(400, r#"{"meta":{"errors":["no"]}}"#))
    })
}

/// Whom the writes that were taken are about.
fn taken(server: &Server) -> Vec<serde_json::Value> {
    server.taken().iter().map(|item| item["userId"].clone()).collect()
}

#[test]
fn nothing_is_sent_or_deleted_over_writes_that_were_not_accepted() {
    for (script, tool) in
        [(BROADCAST, "trigger_broadcast"), (ORDER, "track_event"), (BATCHED_ORDER, "send_batch")]
    {
        let server = refusing();
        let script = format!("identify_person(\"u-1\", #{{}});\nidentify_person(\"u-2\", #{{}});\n{script}");
        Place::with(&script).live(&server.url()).run().says(
            4,
            &[
                "segue::barrier::closed",
                "script.rhai:3:1",
                &format!("`{tool}` is held back: a write before it wasn't accepted"),
                "of the writes: 1 accepted, 1 rejected",
            ],
        );
        let targets = server.targets();
        assert!(targets.iter().all(|target| target == "POST /v1/batch"), "{targets:?}");
        assert_eq!(taken(&server), ["u-2"], "the writes alone");
    }
}

#[test]
fn an_event_that_deletes_does_so_in_the_sandbox() {
    let known = "print(get_segment_membership(1).ids.contains(\"u-1\"));";
    let script = format!("{known}\n{ORDER}\nflush();\n{known}");
    Place::with(&script).in_sandbox().says(0, &["done"]).prints("true\nfalse\n");
}

#[test]
fn a_script_that_has_looked_may_go_on_until_the_next_write_fails() {
    let server = refusing();
    let script = format!("identify_person(\"u-1\", #{{}});\nprint(flush().rejected);\n{BROADCAST}");
    Place::with(&script).live(&server.url()).run().says(5, &["1 accepted, 1 rejected"]).prints("1\n");
    assert_eq!(server.posts().len(), 2);
}

#[test]
fn reads_and_upserts_are_not_held_back() {
    let server = refusing();
    let script = "identify_person(\"u-1\", #{});\nget_trigger(1, 2);\nidentify_person(\"u-2\", #{});";
    Place::with(script).live(&server.url()).run().says(5, &["1 accepted, 1 rejected"]);
    assert!(
        server.targets().contains(&"GET /v1/campaigns/1/triggers/2".to_string()),
        "{:?}",
        server.targets()
    );
    assert_eq!(taken(&server), ["u-2"]);
}

#[test]
fn a_tool_that_is_denied_or_not_allowed_does_not_travel_in_a_batch() {
    let server = server();
    let alias = "send_batch([#{ type: \"al\" + \"ias\", user_id: \"a\", previous_id: \"b\" }]);";
    let place = Place::with(alias).live(&server.url());
    place.segue(&["run", "script.rhai"]).says(4, &["segue::grant::missing", "--allow destroy"]);
    place
        .segue(&["run", "script.rhai", "--allow", "destroy", "--deny", "create_alias"])
        .says(4, &["segue::grant::denied", "`create_alias` is denied"]);
    let both = "send_batch([#{ type: \"alias\", user_id: \"a\", previous_id: \"b\" },
        #{ type: \"identify\", user_id: \"a\", traits: #{ unsubscribed: true } }]);";
    Place::with(both)
        .live(&server.url())
        .segue(&["run", "script.rhai", "--allow", "destroy"])
        .says(4, &["`unsubscribed` changes what people agreed to receive", "--allow consent"]);
    assert_eq!(server.targets().len(), 0);
}

#[test]
fn consent_in_a_context_is_consent_too() {
    let server = server();
    let context = "#{ traits: #{ unsubscribed: true } }";
    for script in [
        format!("track_event(#{{ user_id: \"u\", event: \"e\", context: {context} }});"),
        format!("send_batch([#{{ type: \"page\", user_id: \"u\" }}], {context});"),
        format!("send_batch([#{{ type: \"page\", user_id: \"u\", context: {context} }}]);"),
    ] {
        Place::with(&script).live(&server.url()).segue(&["run", "script.rhai"]).says(4, &["--allow consent"]);
    }
    assert_eq!(server.targets().len(), 0);
}

#[test]
fn a_grant_to_delete_is_none_to_change_consent() {
    for script in [
        "create_alias(#{ previous_id: \"a\", user_id: \"b\", context: #{ traits: #{ unsubscribed: true } } });",
        "track_event(#{ user_id: \"a\", event: \"User Deleted\", context: #{ traits: #{ unsubscribed: true } } });",
    ] {
        let server = server();
        let place = Place::with(script).live(&server.url());
        place.segue(&["run", "script.rhai", "--allow", "destroy"]).says(4, &["--allow consent"]);
        assert_eq!(server.posts().len(), 0, "{script}");
        place.segue(&["run", "script.rhai", "--allow", "destroy,consent"]).says(0, &["done"]);
    }
}

#[test]
fn a_deletion_waits_for_writes_that_were_not_accepted_but_not_for_other_deletions() {
    let refused = || Reply::status(400, r#"{"meta":{"errors":["no"]}}"#);
    let server = Server::start().on("POST /v1/batch", [refused()]).on("*", [Reply::ok("{}")]);
    let place = Place::with("track_event(\"u-1\", \"x\");\nsuppress_person(\"u-1\");").live(&server.url());
    place.run().says(4, &["segue::barrier::closed", "script.rhai:2:1", "1 rejected"]);
    assert_eq!(server.posts(), ["POST /v1/batch"]);
    let server =
        Server::start().on("POST /api/v1/customers/u-0/suppress", [refused()]).on("*", [Reply::ok("{}")]);
    let place = Place::with("for n in 0..3 { suppress_person(`u-${n}`); }").live(&server.url());
    place.run().says(5, &["2 accepted, 1 rejected"]);
    assert_eq!(server.posts().len(), 3);
}
