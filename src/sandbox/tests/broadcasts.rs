use super::*;
use serde_json::json;

const TRIGGERS: &str = "/v1/campaigns/1/triggers";

fn trigger(world: &mut World, body: &Value) -> (u16, Value) {
    call(world, "TRIGGER_BROADCAST", TRIGGERS, body)
}

/// How many people a body reaches.
fn reached(world: &mut World, body: &Value) -> usize {
    let (status, answer) = trigger(world, body);
    assert_eq!(status, 200, "{body}: {answer}");
    let triggers = part(world, "triggers");
    let last = triggers.as_array().and_then(|triggers| triggers.last()).expect("it was recorded");
    assert_eq!(last["id"], answer["id"]);
    last["audience"].as_array().expect("it was resolved").len()
}

#[test]
fn an_audience_is_resolved() {
    let mut world = world();
    let total = world.people.iter().count();
    let size = |segment: usize| {
        part(&super::world(), "segments")[segment - 1]["size"].as_u64().expect("a size") as usize
    };
    let count = |wanted: fn(&Value) -> bool| {
        part(&super::world(), "people").as_array().expect("a list").iter().filter(|it| wanted(it)).count()
    };
    let pro = count(|it| it["attributes"]["plan"] == "pro");
    let company = count(|it| it["attributes"]["company"].is_string());
    let unsubscribed = count(|it| it["attributes"]["unsubscribed"] == true);
    assert!(pro > 0 && company > 0 && unsubscribed > 0);
    let vip = json!({"segment": {"id": 3}});
    let is_pro = json!({"attribute": {"field": "plan", "operator": "eq", "value": "pro"}});
    for (body, expected) in [
        (Value::Null, size(2)),
        (json!({"data": {"headline": "Hello"}}), size(2)),
        (json!({"recipients": vip}), size(3)),
        (json!({"recipients": {"not": vip}}), total - size(3)),
        (json!({"recipients": {"or": [vip, {"not": vip}]}}), total),
        (json!({"recipients": {"and": [vip, {"not": vip}]}}), 0),
        (json!({"recipients": is_pro}), pro),
        (json!({"recipients": {"attribute": {"field": "company", "operator": "exists"}}}), company),
        // Compared as text, as attributes are read back.
        (
            json!({"recipients": {"attribute": {"field": "unsubscribed", "operator": "eq", "value": "true"}}}),
            unsubscribed,
        ),
        (json!({"ids": ["u-1", "u-2", "u-1"]}), 2),
        (json!({"ids": ["u-1", "u-none"], "id_ignore_missing": true}), 1),
        (
            json!({"emails": ["none@example.com"], "email_ignore_missing": true, "email_add_duplicates": true}),
            0,
        ),
        (json!({"per_user_data": [{"id": "u-1", "data": {"a": 1}}, {"id": "u-2"}]}), 2),
    ] {
        assert_eq!(reached(&mut world, &body), expected, "{body}");
    }
    let (status, _) = trigger(&mut world, &json!({"data_file_url": "https://example.com/people.jsonl"}));
    assert_eq!(status, 200);
    let triggers = part(&world, "triggers");
    assert_eq!(triggers[15]["audience"], Value::Null, "a file isn't fetched");
}

#[test]
fn what_a_broadcast_cannot_do_is_refused_with_a_pointer() {
    let mut world = world();
    let vip = json!({"segment": {"id": 3}});
    let many: Vec<String> = (0..10_001).map(|number| format!("u-{number}")).collect();
    let before = part(&world, "triggers");
    for (body, field) in [
        (json!({"recipients": {}}), "recipients"),
        (json!({"recipients": {"and": []}}), "recipients"),
        (json!({"recipients": {"not": [vip]}}), "recipients"),
        (json!({"recipients": {"segment": {"id": 99}}}), "recipients"),
        (json!({"recipients": {"attribute": {"field": "plan", "operator": "gt", "value": 1}}}), "recipients"),
        (json!({"recipients": {"attribute": {"field": "plan", "operator": "eq"}}}), "recipients"),
        (json!({"recipients": {"segment": {"id": 1}, "not": vip}}), "recipients"),
        (json!({"ids": ["u-1"], "emails": ["a@b.c"]}), "emails"),
        (json!({"recipients": vip, "data_file_url": "https://example.com/x"}), "data_file_url"),
        (json!({"ids": ["u-none"]}), "ids"),
        (json!({"ids": ["u-none"], "id_ignore_missing": false}), "ids"),
        (json!({"ids": []}), "ids"),
        (json!({"ids": many, "id_ignore_missing": true}), "ids"),
        (json!({"emails": ["none@example.com"]}), "emails"),
        (json!({"per_user_data": [{"data": {}}]}), "per_user_data"),
        (json!({"per_user_data": [{"id": "u-1", "data": 1}]}), "per_user_data"),
        (json!({"data_file_url": "people.jsonl"}), "data_file_url"),
        (json!({"ids": ["u-1"], "email_ignore_missing": true}), "email_ignore_missing"),
        (json!({"recipients": vip, "id_ignore_missing": true}), "id_ignore_missing"),
        (json!({"id_ignore_missing": true}), "id_ignore_missing"),
        (json!({"ids": ["u-1"], "id_ignore_missing": "yes"}), "id_ignore_missing"),
        (json!({"data": "headline"}), "data"),
        (json!({"audience": "default"}), "audience"),
    ] {
        let (status, answer) = trigger(&mut world, &body);
        assert_eq!(status, 422, "{body}: {answer}");
        let error = &answer["errors"][0];
        assert_eq!(error["source"]["pointer"], format!("/data/attributes/{field}"), "{body}");
        assert_eq!((error["status"].as_str(), error["detail"].is_string()), (Some("422"), true), "{body}");
    }
    assert_eq!(part(&world, "triggers"), before, "nothing was sent");
}

#[test]
fn a_filter_too_deep_is_refused_and_not_followed() {
    let mut filter = json!({"segment": {"id": 3}});
    for _ in 0..60 {
        filter = json!({"not": filter});
    }
    assert_eq!(trigger(&mut world(), &json!({"recipients": filter})).0, 422);
}

#[test]
fn who_is_unknown_is_not_found() {
    let mut world = world();
    for (slug, target) in [
        ("TRIGGER_BROADCAST", "/v1/campaigns/99/triggers"),
        ("GET_TRIGGERS", "/v1/broadcasts/99/triggers"),
        ("GET_TRIGGER", "/v1/campaigns/1/triggers/99"),
        // Trigger 2 is another broadcast's.
        ("GET_TRIGGER", "/v1/campaigns/1/triggers/2"),
    ] {
        let (status, answer) = call(&mut world, slug, target, &Value::Null);
        assert_eq!((status, answer["errors"][0]["status"].as_str()), (404, Some("404")), "{target}");
    }
    for body in [&b"[1]"[..], b"{"] {
        assert_eq!(request(&mut world, "TRIGGER_BROADCAST", TRIGGERS, body, true).0, 400);
    }
}

#[test]
fn a_trigger_is_processed_from_the_second_look_on() {
    let mut world = world();
    let (_, answer) = trigger(&mut world, &json!({"ids": ["u-1"]}));
    assert_eq!(answer, json!({"id": 3}));
    let looks: Vec<Value> =
        (0..3).map(|_| get(&mut world, "GET_TRIGGER", "/v1/campaigns/1/triggers/3")).collect();
    assert_eq!(looks[0], json!({"id": 3, "broadcast_id": 1, "created_at": NOW}));
    assert_eq!(looks[1]["processed_at"], NOW);
    assert_eq!(looks[2], looks[1]);
    let all = get(&mut world, "GET_TRIGGERS", "/v1/broadcasts/1/triggers");
    let ids: Vec<i64> =
        all["triggers"].as_array().expect("a list").iter().filter_map(|it| it["id"].as_i64()).collect();
    assert_eq!(ids, [1, 3], "ids count over all broadcasts");
}
