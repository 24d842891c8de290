use super::super::people::Name;
use super::*;
use serde_json::json;
use std::collections::HashSet;

#[test]
fn a_workspace_follows_from_its_seed() {
    let everything = |people, seed| state(&workspace(people, seed, NOW), None).expect("all of it");
    assert_eq!(everything(200, 1), everything(200, 1));
    assert_ne!(everything(200, 1), everything(200, 2));
    everything(0, 1);
}

#[test]
fn people_lack_what_people_lack() {
    for (identifier, id, email) in [("u-1", true, true), ("u-33", true, false), ("u-660", false, true)] {
        let all = part(&world(), "people");
        let number: usize = identifier[2..].parse().expect("a number");
        let person = &all[number - 1];
        assert_eq!((person["id"].is_string(), person["email"].is_string()), (id, email), "{identifier}");
    }
}

#[test]
fn segments_are_the_seeded_ones() {
    let mut world = world();
    let answer = get(&mut world, "GET_SEGMENTS", "/v1/segments");
    let segments = answer["segments"].as_array().expect("a list");
    let names: Vec<&str> = segments.iter().filter_map(|segment| segment["name"].as_str()).collect();
    assert_eq!(
        names,
        [
            "Everyone",
            "Newsletter readers",
            "VIP",
            "Trial ending",
            "Churn risk",
            "Beta testers",
            "No purchases yet",
            "Being built"
        ]
    );
    let unfinished = segments.iter().filter(|segment| segment["state"] != "finished").count();
    assert_eq!((unfinished, segments[7]["state"].as_str()), (1, Some("build")));
    assert_eq!(segments[5]["type"], "manual");
    let vip = &part(&world, "segments")[2];
    assert!((200..320).contains(&vip["size"].as_i64().expect("a size")), "{vip}");
    let (status, _) = call(&mut world, "GET_SEGMENT_DETAILS", "/v1/segments/99", &Value::Null);
    assert_eq!(status, 404);
}

#[test]
fn pages_of_any_size_hold_every_member_once() {
    let mut world = world();
    let whole = get(&mut world, "GET_SEGMENT_MEMBERSHIP", "/v1/segments/3/membership?limit=30000");
    assert_eq!(whole["next"], "");
    let whole = whole["identifiers"].as_array().expect("a list").clone();
    for limit in [1, 7, whole.len() - 1, whole.len(), whole.len() + 1] {
        let (mut seen, mut next, mut pages) = (vec![], String::new(), 0);
        loop {
            let start = next.replace('+', "%2B").replace('=', "%3D");
            let target = format!("/v1/segments/3/membership?limit={limit}&start={start}");
            let page = get(&mut world, "GET_SEGMENT_MEMBERSHIP", &target);
            seen.extend(page["identifiers"].as_array().expect("a list").iter().cloned());
            next = page["next"].as_str().expect("always there").to_string();
            pages += 1;
            if next.is_empty() {
                break;
            }
        }
        assert_eq!(seen, whole, "with {limit} a page");
        assert_eq!(pages, whole.len().div_ceil(limit), "no empty last page with {limit}");
    }
}

#[test]
fn a_page_has_a_thousand_people_unless_asked_otherwise() {
    let mut world = workspace(1_001, 24, NOW);
    let page = get(&mut world, "GET_SEGMENT_MEMBERSHIP", "/v1/segments/1/membership");
    assert_eq!(page["identifiers"].as_array().map(Vec::len), Some(1_000));
    assert_ne!(page["next"], "");
}

#[test]
fn ids_match_identifiers_and_are_empty_for_whoever_has_none() {
    let page = get(&mut world(), "GET_SEGMENT_MEMBERSHIP", "/v1/segments/3/membership?limit=30000");
    let (ids, people) = (page["ids"].as_array(), page["identifiers"].as_array());
    let (ids, people) = (ids.expect("a list"), people.expect("a list"));
    assert_eq!(ids.len(), people.len());
    for (id, person) in ids.iter().zip(people) {
        assert_eq!(id, person["id"].as_str().unwrap_or(""));
        assert!(person["cio_id"].is_string());
    }
    assert!(ids.iter().any(|id| id == ""), "VIPs without an id are what scripts have to cope with");
    assert!(people.iter().any(|person| person["email"].is_null()));
}

#[test]
fn who_is_deleted_leaves_their_segments_and_newcomers_are_part_of_everyone() {
    let mut world = world();
    let page = get(&mut world, "GET_SEGMENT_MEMBERSHIP", "/v1/segments/3/membership?limit=1");
    let first = page["ids"][0].as_str().expect("an id").to_string();
    let sizes = |world: &World| {
        let segments = part(world, "segments");
        (segments[0]["size"].as_i64(), segments[2]["size"].as_i64())
    };
    let (everyone, vip) = sizes(&world);
    world.people.suppress(Name::of_path(&first));
    assert_eq!(sizes(&world), (everyone.map(|size| size - 1), vip.map(|size| size - 1)));
    world.people.upsert(Name::Id("new"), NOW);
    assert_eq!(sizes(&world), (everyone, vip.map(|size| size - 1)));
}

#[test]
fn messages_are_filtered_as_asked() {
    let mut world = world();
    let all = get(&mut world, "GET_MESSAGES", "/v1/messages?limit=1000");
    let all = all["messages"].as_array().expect("a list").clone();
    let drafts = get(&mut world, "GET_MESSAGES", "/v1/messages?limit=1000&drafts=true");
    let drafts = drafts["messages"].as_array().expect("a list").len();
    assert_eq!(all.len() + drafts, 300);
    assert!(drafts > 0);
    let middle = NOW - 15 * 86_400;
    type Wanted = fn(&Value) -> bool;
    let filters: [(String, Wanted); 8] = [
        ("type=push".into(), |it| it["type"] == "push"),
        ("metric=clicked".into(), |it| it["metrics"]["clicked"].is_i64()),
        ("campaign_id=2".into(), |it| it["campaign_id"] == 2),
        ("newsletter_id=3".into(), |it| it["newsletter_id"] == 3),
        ("action_id=301".into(), |it| it["action_id"] == 301),
        (format!("start_ts={middle}"), |it| it["created"].as_i64() >= Some(NOW - 15 * 86_400)),
        (format!("end_ts={middle}"), |it| it["created"].as_i64() <= Some(NOW - 15 * 86_400)),
        ("type=email&metric=opened".into(), |it| it["type"] == "email" && it["metrics"]["opened"].is_i64()),
    ];
    for (query, wanted) in filters {
        let expected: Vec<&Value> = all.iter().filter(|it| wanted(it)).collect();
        assert!(!expected.is_empty() && expected.len() < all.len(), "{query} tells nothing");
        let found = get(&mut world, "GET_MESSAGES", &format!("/v1/messages?limit=1000&{query}"));
        assert_eq!(
            found["messages"].as_array().expect("a list").iter().collect::<Vec<_>>(),
            expected,
            "{query}"
        );
    }
    let old = get(&mut world, "GET_MESSAGES", &format!("/v1/messages?end_ts={}", NOW - 40 * 86_400));
    assert_eq!(old, json!({"messages": [], "next": ""}));
    assert!(all.iter().any(|it| it["customer_id"].is_null() && it["customer_identifiers"]["id"].is_string()));
}

#[test]
fn messages_and_newsletters_come_in_pages() {
    let mut world = world();
    for (slug, path, items, default) in [
        ("GET_MESSAGES", "/v1/messages", "messages", 50),
        ("LIST_NEWSLETTERS", "/v1/newsletters", "newsletters", 12),
    ] {
        let page = get(&mut world, slug, path);
        assert_eq!(page[items].as_array().map(Vec::len), Some(default), "{slug}");
        let (mut seen, mut next) = (HashSet::new(), String::new());
        let mut count = 0;
        loop {
            let start = next.replace('+', "%2B");
            let page = get(&mut world, slug, &format!("{path}?limit=5&start={start}"));
            for item in page[items].as_array().expect("a list") {
                seen.insert(item["id"].to_string());
                count += 1;
            }
            next = page["next"].as_str().expect("always there").to_string();
            if next.is_empty() {
                break;
            }
        }
        assert_eq!(seen.len(), count, "{slug} repeats");
        assert!(count >= default, "{slug} ends at {count}");
    }
    let last = get(&mut world, "LIST_NEWSLETTERS", "/v1/newsletters?sort=desc&limit=1");
    assert_eq!(last["newsletters"][0]["id"], 12);
}

#[test]
fn lists_have_what_was_seeded() {
    let mut world = world();
    for (slug, path, field, count) in [
        ("LIST_COLLECTIONS", "/v1/collections", "collections", 3),
        ("LIST_SNIPPETS", "/v1/snippets", "snippets", 4),
        ("GET_WEBHOOKS", "/v1/reporting_webhooks", "reporting_webhooks", 2),
        ("LIST_TRANSACTIONAL_MESSAGES", "/v1/transactional", "messages", 3),
        ("GET_INTEGRATIONS", "/v1/integrations", "integrations", 2),
        ("LIST_IP_ADDRESSES", "/v1/info/ip_addresses", "ip_addresses", 3),
    ] {
        assert_eq!(get(&mut world, slug, path)[field].as_array().map(Vec::len), Some(count), "{slug}");
    }
}

#[test]
fn the_state_can_be_asked_for_in_parts() {
    let world = world();
    let some = state(&world, Some("groups,events")).expect("both are there");
    assert_eq!(some, json!({"groups": [], "events": []}));
    let why = state(&world, Some("group")).expect_err("no such part");
    assert!(why.contains("`group`") && why.contains("groups"), "{why}");
}

#[test]
fn segments_asked_for_alone_tell_their_members() {
    let world = world();
    assert!(state(&world, None).expect("it is there")["segments"][2].get("members").is_none());
    let vip = &part(&world, "segments")[2];
    let members = vip["members"].as_array().expect("it has members");
    assert_eq!(vip["size"], members.len());
    let people = part(&world, "people");
    let people: HashSet<&str> =
        people.as_array().into_iter().flatten().filter_map(|it| it["cio_id"].as_str()).collect();
    assert!(members.iter().all(|it| it.as_str().is_some_and(|it| people.contains(it))), "{vip}");
}

#[test]
fn messages_in_the_state_tell_when_and_of_what_they_came() {
    let messages = part(&world(), "messages");
    for message in messages.as_array().expect("there are some") {
        let came_of = ["newsletter_id", "campaign_id", "broadcast_id"];
        assert_eq!(came_of.iter().filter(|of| message[**of].is_i64()).count(), 1, "{message}");
        assert!(message["created"].as_i64() < Some(NOW), "{message}");
    }
}

#[test]
fn what_became_of_a_message_adds_up() {
    let mut bounced = 0;
    for seed in 0..20 {
        for message in workspace(100, seed, NOW).messages {
            let has = |metric: &str| message.metrics.contains_key(metric);
            let needs = |metric: &str, first: &str| assert!(!has(metric) || has(first), "{message:?}");
            needs("sent", "attempted");
            needs("delivered", "sent");
            needs("bounced", "sent");
            needs("opened", "delivered");
            needs("clicked", "opened");
            needs("converted", "clicked");
            assert!(!(has("delivered") && has("bounced")), "{message:?}");
            bounced += usize::from(has("bounced"));
        }
    }
    assert!(bounced > 0);
}
