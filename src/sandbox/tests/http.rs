//! The wiring, over a real port.

use super::super::{Options, Sandbox};
use super::*;
use reqwest::{Client, Response};
use serde_json::json;

async fn start() -> Sandbox {
    let options = Options { people: 50, now: NOW, ..Options::default() };
    Sandbox::start(options).await.expect("a free port")
}

async fn post(sandbox: &Sandbox, target: &str, authorization: &str, body: &Value) -> Response {
    let request = Client::new()
        .post(format!("{}{target}", sandbox.url()))
        .header("authorization", authorization)
        .header("content-type", "application/json")
        .header("x-strict-mode", "1")
        .body(body.to_string());
    request.send().await.expect("an answer")
}

async fn get(sandbox: &Sandbox, target: &str) -> (u16, Value) {
    let request =
        Client::new().get(format!("{}{target}", sandbox.url())).header("authorization", "Bearer app-key");
    let response = request.send().await.expect("an answer");
    let status = response.status().as_u16();
    let body = response.bytes().await.expect("a body");
    (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
}

#[tokio::test]
async fn all_three_apis_answer_on_one_port() {
    let sandbox = start().await;
    assert!(sandbox.url().starts_with("http://127.0.0.1:"), "{}", sandbox.url());
    let (status, page) = get(&sandbox, "/v1/segments/1/membership?limit=2").await;
    assert_eq!((status, &page["ids"]), (200, &json!(["u-1", "u-2"])));
    let group = json!({"userId": "u-1", "groupId": "acme"});
    assert_eq!(post(&sandbox, "/v1/group", "Basic a2V5Og==", &group).await.status(), 200);
    let path = "/api/v1/customers/a%2Fb%20c/suppress";
    assert_eq!(post(&sandbox, path, "Basic c2l0ZTprZXk=", &Value::Null).await.status(), 200);
    let state = sandbox.state();
    assert_eq!(state["groups"][0]["members"][0]["id"], "u-1");
    assert_eq!(state["suppressed"], json!(["a/b c"]));
    assert_eq!(get(&sandbox, "/__state").await, (200, state));
    let some = json!({"suppressed": ["a/b c"], "events": []});
    assert_eq!(get(&sandbox, "/__state?only=suppressed,events").await, (200, some));
    assert_eq!(get(&sandbox, "/__state?only=suppresed").await.0, 400);
}

#[tokio::test]
async fn requests_are_noted_down_as_received_and_without_keys() {
    let sandbox = start().await;
    post(&sandbox, "/v1/group", "Basic sEcReT", &json!({"groupId": "acme"})).await;
    post(&sandbox, "/v1/group", "Digest sEcReT", &json!({"groupId": "acme"})).await;
    get(&sandbox, "/v1/messages?start=a%2Bb").await;
    let (_, requests) = get(&sandbox, "/__requests").await;
    assert_eq!(
        requests,
        json!([
            {"method": "POST", "path": "/v1/group", "body": {"groupId": "acme"}, "status": 400, "strict": true},
            {"method": "POST", "path": "/v1/group", "body": {"groupId": "acme"}, "status": 401, "strict": true},
            {"method": "GET", "path": "/v1/messages?start=a%2Bb", "body": null, "status": 400, "strict": false},
        ])
    );
    assert!(!requests.to_string().contains("sEcReT"));
}

#[tokio::test]
async fn what_is_nowhere_is_not_found_in_the_app_apis_shape() {
    let sandbox = start().await;
    let (status, answer) = get(&sandbox, "/v1/nothing").await;
    assert_eq!((status, answer["errors"][0]["status"].as_str()), (404, Some("404")));
    let (status, answer) = get(&sandbox, "/v1/group").await;
    assert_eq!((status, answer["errors"][0]["status"].as_str()), (405, Some("405")));
    let refused = post(&sandbox, "/v1/group", "", &json!({})).await;
    assert_eq!(refused.status(), 401);
    assert!(refused.bytes().await.expect("a body").is_empty());
}

#[tokio::test]
async fn a_sandbox_that_is_dropped_serves_no_more() {
    let sandbox = start().await;
    let url = format!("{}/__state?only=events", sandbox.url());
    let client = Client::new();
    assert_eq!(client.get(&url).send().await.expect("an answer").status(), 200);
    drop(sandbox);
    // Stopping takes a moment; the connection kept alive must not survive it either.
    for _ in 0..200 {
        if client.get(&url).send().await.is_err() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("it still answers");
}

#[tokio::test]
async fn each_run_keeps_a_world_of_its_own() {
    let (one, two) = (start().await, start().await);
    assert_ne!(one.url(), two.url());
    post(&one, "/v1/track", "Bearer key", &json!({"userId": "u-1", "event": "bought"})).await;
    assert_eq!(one.state()["events"][0]["name"], "bought");
    assert_eq!(two.state()["events"], json!([]));
}
