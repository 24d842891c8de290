use super::*;
use serde_json::json;

fn batch(world: &mut World, items: Value) -> (u16, Value) {
    call(world, "SEND_BATCH", "/v1/batch", &json!({"batch": items}))
}

/// Applies items, all of which have to be sound.
fn apply(world: &mut World, items: Value) {
    assert_eq!(batch(world, items), (200, json!({})));
}

#[test]
fn identify_finds_or_creates_by_each_identifier() {
    let mut world = nobody();
    for (body, found_by, id, email) in [
        (json!({"userId": "u-1"}), "u-1", json!("u-1"), json!(null)),
        (json!({"userId": "a@b.c"}), "a@b.c", json!(null), json!("a@b.c")),
        (json!({"userId": "", "traits": {"email": "d@e.f"}}), "d@e.f", json!(null), json!("d@e.f")),
        (json!({"anonymousId": "anon-1", "traits": {"seen": 1}}), "anon-1", json!(null), json!(null)),
        (json!({"userId": "u-2", "traits": {"email": "g@h.i"}}), "g@h.i", json!("u-2"), json!("g@h.i")),
        // The trap: a new id with somebody's address is that somebody.
        (json!({"userId": "u-3", "traits": {"email": "A@B.C"}}), "u-3", json!("u-3"), json!("a@b.c")),
    ] {
        assert_eq!(call(&mut world, "IDENTIFY_PERSON", "/v1/identify", &body), (200, json!({})), "{body}");
        let person = person(&world, found_by);
        let address = person["email"].as_str().map(str::to_lowercase);
        assert_eq!((&person["id"], json!(address)), (&id, email), "{body}");
    }
    assert_eq!(world.people.iter().count(), 5);
}

#[test]
fn an_older_timestamp_overwrites_nothing_newer() {
    let plan = |plan: &str, timestamp: &str| {
        let traits = json!({"plan": plan});
        json!({"type": "identify", "userId": "u-1", "timestamp": timestamp, "traits": traits})
    };
    let (early, late) = ("2026-01-01T00:00:00.000001Z", "2026-01-01T00:00:00.000002Z");
    for items in [[plan("old", early), plan("new", late)], [plan("new", late), plan("old", early)]] {
        let mut world = nobody();
        apply(&mut world, json!(items));
        assert_eq!(person(&world, "u-1")["attributes"], json!({"plan": "new"}));
    }
}

#[test]
fn an_address_somebody_has_is_not_taken_over() {
    let mut world = nobody();
    apply(
        &mut world,
        json!([
            {"type": "identify", "userId": "u-1", "traits": {"email": "a@b.c"}},
            {"type": "identify", "userId": "u-2"},
            {"type": "identify", "userId": "u-2", "traits": {"email": "a@b.c", "plan": "pro"}},
        ]),
    );
    let second = person(&world, "u-2");
    assert_eq!((&second["email"], &second["attributes"]["plan"]), (&json!(null), &json!("pro")));
}

#[test]
fn a_group_is_a_set_that_counts_its_writes() {
    let mut world = world();
    let join =
        |user: &str| json!({"type": "group", "userId": user, "groupId": "acme", "traits": {"plan": "pro"}});
    apply(&mut world, json!([join("u-1"), join("u-new"), join("u-1")]));
    let with_role = json!({
        "userId": "u-1", "groupId": "acme",
        "traits": {"object_type_id": "2", "relationshipAttributes": {"role": "admin"}, "size": 3},
    });
    assert_eq!(call(&mut world, "ADD_PERSON_TO_GROUP", "/v1/group", &with_role), (200, json!({})));
    let groups = part(&world, "groups");
    let acme = &groups[0];
    assert_eq!(
        (&acme["object_type_id"], &acme["id"], &acme["writes"]),
        (&json!("1"), &json!("acme"), &json!(3))
    );
    assert_eq!(acme["attributes"], json!({"plan": "pro"}));
    let members = acme["members"].as_array().expect("a list");
    let members: Vec<_> = members.iter().map(|it| (it["id"].as_str(), it["writes"].as_i64())).collect();
    assert_eq!(members, [(Some("u-1"), Some(2)), (Some("u-new"), Some(1))]);
    let other = &groups[1];
    assert_eq!((&other["object_type_id"], &other["attributes"]), (&json!("2"), &json!({"size": 3})));
    assert_eq!(other["members"][0]["attributes"], json!({"role": "admin"}));
}

#[test]
fn every_arrival_of_an_event_is_kept() {
    let mut world = world();
    let event = json!({
        "type": "track", "userId": "u-1", "event": "bought", "properties": {"price": 3},
        "timestamp": "2026-01-01T00:00:00Z", "messageId": "m-1",
    });
    apply(&mut world, json!([event, event]));
    apply(
        &mut world,
        json!([
            {"type": "page", "userId": "u-1", "name": "Home"},
            {"type": "screen", "anonymousId": "anon-1"},
        ]),
    );
    let events = part(&world, "events");
    assert_eq!(events[0], events[1]);
    assert_eq!(events[0]["person"]["id"], "u-1");
    for (field, value) in [
        ("type", json!("track")),
        ("name", json!("bought")),
        ("properties", json!({"price": 3})),
        ("timestamp", json!("2026-01-01T00:00:00Z")),
        ("messageId", json!("m-1")),
    ] {
        assert_eq!(events[0][field], value, "{field}");
    }
    assert_eq!((&events[2]["type"], &events[2]["name"]), (&json!("page"), &json!("Home")));
    assert_eq!((&events[3]["type"], &events[3]["person"]), (&json!("screen"), &json!(null)));
    // The visitor turns out to be somebody: the event is theirs.
    apply(&mut world, json!([{"type": "identify", "userId": "u-2", "anonymousId": "anon-1"}]));
    assert_eq!(part(&world, "events")[3]["person"]["id"], "u-2");
}

#[test]
fn an_alias_merges_what_the_other_had() {
    let mut world = world();
    apply(
        &mut world,
        json!([
            {"type": "identify", "userId": "old", "traits": {"plan": "free", "city": "Graz", "email": "old@b.c"}},
            {"type": "identify", "userId": "kept", "traits": {"plan": "pro"}},
            {"type": "group", "userId": "old", "groupId": "acme"},
            {"type": "track", "userId": "old", "event": "bought"},
        ]),
    );
    let body = json!({"previousId": "old", "userId": "kept"});
    // Twice: the second finds nobody to merge.
    for _ in 0..2 {
        assert_eq!(call(&mut world, "CREATE_ALIAS", "/v1/alias", &body), (200, json!({})));
        assert_eq!(person(&world, "old"), Value::Null);
        let kept = person(&world, "kept");
        assert_eq!(kept["attributes"], json!({"city": "Graz", "plan": "pro"}));
        assert_eq!(kept["email"], "old@b.c");
        assert_eq!(part(&world, "groups")[0]["members"][0]["id"], "kept");
        assert_eq!(part(&world, "events")[0]["person"]["id"], "kept");
    }
    let unknown = json!({"previousId": "u-1", "userId": "nobody"});
    assert_eq!(call(&mut world, "CREATE_ALIAS", "/v1/alias", &unknown), (200, json!({})));
    assert_eq!(person(&world, "u-1")["id"], "u-1", "without the one to keep, nothing happens");
}

#[test]
fn some_names_are_orders() {
    let mut world = world();
    let track = |event: &str| json!([{"type": "track", "userId": "u-1", "event": event}]);
    apply(&mut world, track("User Deleted"));
    assert_eq!(person(&world, "u-1"), Value::Null);
    assert_eq!(part(&world, "suppressed"), json!([]));
    apply(&mut world, track("bought"));
    assert_eq!(person(&world, "u-1")["id"], "u-1", "who is deleted can come back");
    apply(&mut world, track("User Suppressed"));
    apply(&mut world, track("bought"));
    assert_eq!((person(&world, "u-1"), part(&world, "suppressed")), (Value::Null, json!(["u-1"])));
    apply(&mut world, track("User Unsuppressed"));
    assert_eq!(part(&world, "suppressed"), json!([]));
    // Another case, another name: an ordinary event. So are the orders that aren't played here.
    apply(&mut world, track("user deleted"));
    apply(&mut world, track("Object Deleted"));
    let events = part(&world, "events");
    let names: Vec<&str> =
        events.as_array().expect("a list").iter().filter_map(|event| event["name"].as_str()).collect();
    assert_eq!(names, ["bought", "user deleted", "Object Deleted"]);
    assert_eq!(person(&world, "u-1")["id"], "u-1");
}

#[test]
fn strict_mode_says_what_is_wrong_and_without_it_nothing_is_said_or_done() {
    let long = "x".repeat(151);
    let wide = "x".repeat(32_000);
    for (slug, path, body) in [
        ("IDENTIFY_PERSON", "/v1/identify", json!({"traits": {"plan": "pro"}})),
        ("IDENTIFY_PERSON", "/v1/identify", json!({"userId": 7})),
        ("IDENTIFY_PERSON", "/v1/identify", json!({"userId": long})),
        ("IDENTIFY_PERSON", "/v1/identify", json!({"userId": "n-1", "traits": "pro"})),
        ("IDENTIFY_PERSON", "/v1/identify", json!({"userId": "n-1", "timestamp": "yesterday"})),
        ("IDENTIFY_PERSON", "/v1/identify", json!({"userId": "n-1", "traits": {"bio": wide}})),
        ("IDENTIFY_PERSON", "/v1/identify", json!([])),
        ("IDENTIFY_PERSON", "/v1/identify", Value::Null),
        ("ADD_PERSON_TO_GROUP", "/v1/group", json!({"userId": "n-1"})),
        ("ADD_PERSON_TO_GROUP", "/v1/group", json!({"groupId": "acme"})),
        (
            "ADD_PERSON_TO_GROUP",
            "/v1/group",
            json!({"userId": "n-1", "groupId": "acme", "traits": {"object_type_id": "company"}}),
        ),
        ("TRACK_EVENT", "/v1/track", json!({"userId": "n-1"})),
        ("TRACK_EVENT", "/v1/track", json!({"event": "bought"})),
        ("TRACK_PAGE", "/v1/page", json!({"name": "Home"})),
        ("TRACK_SCREEN", "/v1/screen", json!({"name": "Home"})),
        ("CREATE_ALIAS", "/v1/alias", json!({"userId": "n-1"})),
        ("CREATE_ALIAS", "/v1/alias", json!({"previousId": "n-1"})),
        ("SEND_BATCH", "/v1/batch", json!({})),
        ("SEND_BATCH", "/v1/batch", json!({"batch": [{"userId": "n-1"}]})),
        ("SEND_BATCH", "/v1/batch", json!({"batch": [{"type": "delete", "userId": "n-1"}]})),
        ("SEND_BATCH", "/v1/batch", json!({"batch": ["u-1"]})),
        ("SEND_BATCH", "/v1/batch", json!({"batch": [], "context": {"filler": "x".repeat(500_000)}})),
        (
            "SEND_BATCH",
            "/v1/batch",
            json!({"batch": [{"type": "identify", "userId": "n-1", "traits": {"bio": wide}}]}),
        ),
    ] {
        let mut world = nobody();
        let short: String = body.to_string().chars().take(120).collect();
        let (status, answer) = request(&mut world, slug, path, &bytes(&body), true);
        assert_eq!(status, 400, "{slug} {short}");
        assert!(answer["meta"]["errors"][0].is_string(), "{slug} {short}");
        assert_eq!(request(&mut world, slug, path, &bytes(&body), false), (200, json!({})), "{slug} {short}");
        for name in ["people", "groups", "events"] {
            assert_eq!(part(&world, name), json!([]), "{slug} {short} left {name}");
        }
    }
}

#[test]
fn a_bad_item_refuses_a_strict_batch_and_is_dropped_from_another() {
    let items = json!({"batch": [
        {"type": "track", "userId": "u-1", "event": "one"},
        {"type": "track", "userId": "u-1"},
        {"type": "track", "userId": "u-1", "event": "three"},
    ]});
    let mut world = nobody();
    let (status, answer) = call(&mut world, "SEND_BATCH", "/v1/batch", &items);
    assert_eq!((status, answer), (400, json!({"meta": {"errors": ["batch[1]: event is required"]}})));
    assert_eq!(part(&world, "events"), json!([]));
    assert_eq!(request(&mut world, "SEND_BATCH", "/v1/batch", &bytes(&items), false).0, 200);
    assert_eq!(part(&world, "events").as_array().map(Vec::len), Some(2));
}
