//! The lean mode: what it serves and what it counts.

use super::super::lean::{Counts, Lean, Options, SEGMENT};
use reqwest::{Client, Response};
use serde_json::{Value, json};
use std::time::Duration;

async fn start(options: Options) -> Lean {
    Lean::start(options).await.expect("a free port")
}

fn members(members: usize) -> Options {
    Options { members, ..Options::default() }
}

async fn page(lean: &Lean, query: &str) -> (u16, Value) {
    let url = format!("{}/v1/segments/{SEGMENT}/membership?{query}", lean.url());
    let answer = Client::new().get(url).header("authorization", "Bearer key").send().await;
    let answer = answer.expect("an answer");
    let status = answer.status().as_u16();
    (status, serde_json::from_slice(&answer.bytes().await.expect("a body")).unwrap_or_default())
}

async fn post(lean: &Lean, path: &str, body: &Value) -> reqwest::Result<Response> {
    let request = Client::new().post(format!("{}{path}", lean.url()));
    let request = request.header("authorization", "Basic a2V5Og==").header("x-strict-mode", "1");
    request.header("content-type", "application/json").body(body.to_string()).send().await
}

async fn status(lean: &Lean, path: &str, body: &Value) -> u16 {
    post(lean, path, body).await.expect("an answer").status().as_u16()
}

fn item(user: &str, message: &str) -> Value {
    json!({
        "type": "group", "userId": user, "groupId": "acme", "messageId": message,
        "timestamp": "2026-11-23T07:43:17.000Z",
    })
}

fn counted(lean: &Lean) -> Counts {
    // When the first request came and how many there were is told elsewhere.
    Counts { requests: Default::default(), first: None, ..lean.counts() }
}

#[tokio::test]
async fn pages_name_every_member_once_and_lead_to_the_end() {
    let lean = start(members(2_500)).await;
    let (mut start, mut ids) = (String::new(), vec![]);
    for size in [1_000, 1_000, 500] {
        let (status, page) = page(&lean, &format!("limit=1000&start={start}")).await;
        let rows = page["identifiers"].as_array().expect("a list");
        assert_eq!((status, rows.len(), page["segment_id"].as_i64()), (200, size, Some(SEGMENT)));
        assert_eq!(page["ids"], rows.iter().map(|row| row["id"].clone()).collect::<Value>());
        ids.extend(rows.iter().map(|row| row["id"].as_str().expect("text").to_string()));
        start = page["next"].as_str().expect("text").replace('+', "%2B").replace('=', "%3D");
    }
    assert_eq!(start, "");
    assert_eq!(ids, (0..2_500).map(|n| format!("u-{n:07}")).collect::<Vec<_>>());
    assert_eq!(page(&lean, "limit=30001").await.0, 400);
    assert_eq!(page(&lean, "start=elsewhere").await.0, 400);
}

#[tokio::test]
async fn its_people_are_those_the_sandbox_would_show() {
    let lean = start(members(3)).await;
    let (_, page) = page(&lean, "").await;
    assert_eq!(
        page["identifiers"][2],
        json!({"cio_id": "a30000002", "id": "u-0000002", "email": "u-0000002@example.com"})
    );
}

#[tokio::test]
async fn what_arrives_is_counted_once_and_what_comes_again_is_told_apart() {
    let lean = start(members(10)).await;
    let both = json!({"batch": [item("u-0000001", "m-1"), item("u-0000002", "m-2")]});
    assert_eq!(status(&lean, "/v1/batch", &both).await, 200);
    assert_eq!(status(&lean, "/v1/batch", &both).await, 200);
    assert_eq!(status(&lean, "/v1/group", &item("u-0000003", "m-3")).await, 200);
    let suppress = "/api/v1/customers/u-0000004/suppress";
    assert_eq!(status(&lean, suppress, &Value::Null).await, 200);
    assert_eq!(status(&lean, suppress, &Value::Null).await, 200);
    let counts = Counts { pairs: 3, suppressed: 1, repeated: 3, message_ids: 3, ..Counts::default() };
    assert_eq!(counted(&lean), counts);
    assert_eq!(lean.counts().requests.values().sum::<u64>(), 5);
    assert!(lean.counts().first.is_some());
}

#[tokio::test]
async fn what_isnt_in_order_is_refused_with_the_batch_it_is_in() {
    let lean = start(members(10)).await;
    let mut wrong = vec![item("u-0000010", "m"), item("u-1", "m"), item("x", "m"), item("u-0000001", "")];
    for (field, value) in [("type", json!("track")), ("groupId", Value::Null), ("timestamp", json!("soon"))] {
        let mut item = item("u-0000001", "m");
        item[field] = value;
        wrong.push(item);
    }
    let all = wrong.len() as u64;
    for item in wrong {
        let sound = self::item("u-0000002", "sound");
        assert_eq!(status(&lean, "/v1/batch", &json!({"batch": [sound, item]})).await, 400, "{item}");
    }
    assert_eq!(counted(&lean), Counts { invalid: all, ..Counts::default() });
}

#[tokio::test]
async fn a_write_that_could_be_dropped_in_silence_counts_as_invalid() {
    let lean = start(members(10)).await;
    let request = Client::new().post(format!("{}/v1/group", lean.url()));
    let request = request.header("authorization", "Basic a2V5Og==").body(item("u-0000001", "m").to_string());
    assert_eq!(request.send().await.expect("an answer").status(), 400);
    assert_eq!(counted(&lean), Counts { invalid: 1, ..Counts::default() });
}

#[tokio::test]
async fn faults_come_after_the_write_was_applied() {
    let lean = start(Options { faults: 1.0, ..members(40) }).await;
    let mut seen = std::collections::BTreeSet::new();
    for n in 0..40 {
        let answer = post(&lean, "/v1/group", &item(&format!("u-{n:07}"), &n.to_string())).await;
        seen.insert(answer.map_or(0, |answer| answer.status().as_u16()));
    }
    // 0 stands for a connection that broke.
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [0, 500, 502, 503]);
    let counts = Counts { pairs: 40, message_ids: 40, faulted: 40, ..Counts::default() };
    assert_eq!(counted(&lean), counts);
    assert_eq!(page(&lean, "").await.0, 200, "reads don't fail");
}

#[tokio::test]
async fn the_documented_limits_hold_where_they_are_asked_for() {
    let lean = start(Options { limited: true, ..members(1) }).await;
    let (client, url) = (Client::new(), format!("{}/v1/segments", lean.url()));
    let (mut answered, begun) = (vec![], std::time::Instant::now());
    for _ in 0..200 {
        let answer = client.get(&url).header("authorization", "Bearer key").send().await;
        answered.push(answer.expect("an answer").status().as_u16());
    }
    assert_eq!(answered[..10], [200; 10]);
    let allowed = 11.0 + 10.0 * begun.elapsed().as_secs_f64();
    let limited = answered.iter().filter(|status| **status == 429).count();
    assert!((answered.len() - limited) as f64 <= allowed, "{answered:?}");
    assert_eq!(lean.counts().limited, limited as u64);
}

#[tokio::test]
async fn every_answer_takes_its_time() {
    let latency = Duration::from_millis(40);
    let lean = start(Options { latency, ..members(1) }).await;
    let begun = std::time::Instant::now();
    page(&lean, "").await;
    assert!(begun.elapsed() >= latency);
}
