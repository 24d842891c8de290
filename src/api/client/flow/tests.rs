use std::sync::Mutex;

use tokio_util::sync::CancellationToken;

use super::*;
use crate::api::client::{Called, Interrupted};
use crate::api::transport::Sending;
use crate::api::{Credentials, Hosts, Raw, Transport, Wire};
use crate::policy::{Limits, Outcome, Rates};
use crate::request::{Request, build};
use crate::spec::Arg;
use crate::tools;

const fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

/// Answers three seconds after it was asked: with these statuses, then with 200.
struct Slow(Mutex<Vec<u16>>);

impl Transport for Slow {
    fn send<'a>(&'a self, _: Wire<'a>) -> Sending<'a> {
        Box::pin(async {
            tokio::time::sleep(seconds(3)).await;
            let mut statuses = self.0.lock().unwrap();
            let status = if statuses.is_empty() { 200 } else { statuses.remove(0) };
            let (body, retry_after) = (br#"{"id":1,"segments":[]}"#.to_vec(), Some("24".to_string()));
            Ok(Raw { status, body, retry_after, ..Raw::default() })
        })
    }
}

fn client(statuses: &[u16], rates: Rates) -> Client {
    let transport = Box::new(Slow(Mutex::new(statuses.to_vec())));
    let hosts = Hosts::at("http://127.0.0.1:1");
    Client::new(transport, hosts, Credentials::for_sandbox(), Limits::default(), rates)
}

fn request(name: &str) -> Request {
    let args: &[Arg<'_>] = match name {
        "track_event" => &[Arg::Text("u-1"), Arg::Text("signed_up")],
        "trigger_broadcast" => &[Arg::Int(1)],
        _ => &[],
    };
    build(tools::by_name(name).unwrap(), args, None).unwrap()
}

/// Calls a tool, with what `meanwhile` does beside it.
async fn call(
    client: &Client,
    name: &str,
    meanwhile: impl AsyncFn(&CancellationToken),
) -> Result<Called, Interrupted> {
    let (stop, request) = (CancellationToken::new(), request(name));
    let (called, ()) = tokio::join!(client.call(&request, &client.limits, &stop), meanwhile(&stop));
    called
}

#[tokio::test(start_paused = true)]
async fn a_stop_waits_for_the_answer_to_a_write_and_not_to_a_read() {
    for (name, cut_after, took) in [("get_segments", 9, 1), ("track_event", 9, 3), ("track_event", 2, 2)] {
        let client = client(&[], Rates::unlimited());
        let cut = CancellationToken::new();
        client.cut_by(cut.clone());
        tokio::spawn(later(cut, seconds(cut_after)));
        let begun = Instant::now();
        let called = call(&client, name, async |stop| later(stop.clone(), seconds(1)).await).await;
        assert_eq!(begun.elapsed(), seconds(took), "{name}");
        match took {
            3 => assert!(matches!(called, Ok(Called { outcome: Outcome::Done(_), .. }))),
            _ => assert_eq!(called.unwrap_err(), Interrupted { sent: true }, "{name}"),
        }
        assert_eq!(client.flow().waits, []);
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_that_failed_after_the_stop_is_not_sent_again() {
    for (status, sent) in [(503, true), (429, false)] {
        let client = client(&[status], Rates::unlimited());
        client.cut_by(CancellationToken::new());
        let begun = Instant::now();
        let called = call(&client, "track_event", async |stop| later(stop.clone(), seconds(1)).await).await;
        assert_eq!((called.unwrap_err(), begun.elapsed()), (Interrupted { sent }, seconds(3)), "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_requests_wait_for_is_seen_and_gone_afterwards() {
    let client = client(&[429, 503], Rates::unlimited());
    let seen = Mutex::new(vec![]);
    let looks = async |_: &CancellationToken| {
        for _ in 0..3 {
            tokio::time::sleep(seconds(2)).await;
            seen.lock().unwrap().extend(client.flow().waits.into_iter().map(|wait| wait.cause));
        }
    };
    call(&client, "track_event", looks).await.unwrap();
    let again = |left| Cause::Again { left: seconds(left), attempt: 2, status: Some(429) };
    assert_eq!(*seen.lock().unwrap(), [Cause::Answer { since: seconds(2) }, again(23), again(21)]);
    assert_eq!(client.flow().waits, []);
}

#[tokio::test(start_paused = true)]
async fn how_long_an_api_is_silent_is_told_beside_its_waits_alone() {
    let client = client(&[503], Rates::unlimited());
    let looks = async |_: &CancellationToken| {
        tokio::time::sleep(seconds(4)).await;
        let silent: Vec<_> = client.flow().waits.iter().map(|wait| (wait.bucket, wait.silent)).collect();
        assert_eq!(silent, [(Bucket::Pipelines, Some(seconds(4)))]);
    };
    call(&client, "track_event", looks).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_limit_is_seen_while_it_would_hold_back_the_next() {
    let client = client(&[], Rates::default());
    let nothing = async |_: &CancellationToken| {};
    call(&client, "track_event", nothing).await.unwrap();
    assert_eq!(client.flow().limits, [], "a thousand more could go");
    call(&client, "trigger_broadcast", nothing).await.unwrap();
    let one = Allowed { bucket: Some(Bucket::BroadcastTrigger), rate: 0.08, full: 0.08 };
    assert_eq!(client.flow().limits, [one]);
    let looks = async |_: &CancellationToken| {
        tokio::time::sleep(seconds(4)).await;
        let causes: Vec<_> = client.flow().waits.iter().map(|wait| wait.cause).collect();
        assert_eq!(causes, [Cause::Turn { left: Duration::from_millis(5_500) }]);
    };
    call(&client, "trigger_broadcast", looks).await.unwrap();
    // Who waits without taking a place is told of too.
    let stop = CancellationToken::new();
    let (cleared, ()) = tokio::join!(client.clear(Bucket::BroadcastTrigger, &stop), looks(&stop));
    cleared.unwrap();
}

async fn later(token: CancellationToken, time: Duration) {
    tokio::time::sleep(time).await;
    token.cancel();
}
