use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use super::*;
use crate::api::{Raw, SendError};
use crate::policy::Unanswered;
use crate::request::build;
use crate::spec::Arg;
use crate::tools;

type Answers = Vec<Result<Raw, SendError>>;

/// A transport that gives out prepared answers, then 200.
struct Prepared {
    answers: Mutex<Answers>,
    sent: Arc<AtomicUsize>,
}

impl Transport for Prepared {
    fn send<'a>(&'a self, _: Wire<'a>) -> crate::api::transport::Sending<'a> {
        self.sent.fetch_add(1, Ordering::SeqCst);
        let mut answers = self.answers.lock().unwrap();
        let answer = if answers.is_empty() { status(200) } else { answers.remove(0) };
        Box::pin(async move { answer })
    }
}

fn status(status: u16) -> Result<Raw, SendError> {
    Ok(Raw { status, body: br#"{"id":1,"segments":[]}"#.to_vec(), ..Raw::default() })
}

fn broken() -> Result<Raw, SendError> {
    Err(SendError::Broken("reset".into()))
}

fn not_sent() -> Result<Raw, SendError> {
    Err(SendError::NotSent("refused".into()))
}

fn request(name: &str) -> Request {
    let tool = tools::by_name(name).unwrap();
    let args: &[Arg<'_>] = match name {
        "get_segments" => &[],
        "trigger_broadcast" => &[Arg::Int(1)],
        _ => &[Arg::Text("u-1"), Arg::Text("signed_up")],
    };
    build(tool, args, None).unwrap()
}

/// Calls the tool against prepared answers, with time running as fast as it is waited for.
async fn call(name: &str, answers: Answers) -> (Called, usize, Duration) {
    let sent = Arc::new(AtomicUsize::new(0));
    let transport = Prepared { answers: Mutex::new(answers), sent: sent.clone() };
    let hosts = Hosts::at("http://127.0.0.1:1");
    let client = Client::new(
        Box::new(transport),
        hosts,
        Credentials::for_sandbox(),
        Limits::default(),
        Rates::default(),
    );
    let begun = Instant::now();
    let called = client.call(&request(name), &client.limits, &CancellationToken::new()).await.unwrap();
    (called, sent.load(Ordering::SeqCst), begun.elapsed())
}

#[tokio::test(start_paused = true)]
async fn a_read_heals() {
    let (called, sent, _) = call("get_segments", vec![broken(), status(503), not_sent()]).await;
    assert!(matches!(called.outcome, Outcome::Done(_)), "{:?}", called.outcome);
    assert_eq!((sent, called.attempts.len()), (4, 4));
}

#[tokio::test(start_paused = true)]
async fn a_broadcast_that_may_have_gone_out_is_not_sent_again() {
    for answer in [broken(), status(502), Err(SendError::TimedOut)] {
        let (called, sent, _) = call("trigger_broadcast", vec![answer]).await;
        assert!(matches!(called.outcome, Outcome::Unknown(_)), "{:?}", called.outcome);
        assert_eq!(sent, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_broadcast_that_never_left_or_was_limited_is_sent_again() {
    let (called, sent, waited) = call("trigger_broadcast", vec![not_sent(), status(429)]).await;
    assert!(matches!(called.outcome, Outcome::Done(_)));
    assert_eq!(sent, 3);
    assert!(waited >= Duration::from_secs(20), "one trigger in ten seconds, and {waited:?} were waited");
}

#[tokio::test(start_paused = true)]
async fn what_may_have_been_done_stays_in_doubt_though_later_attempts_never_left() {
    let answers = std::iter::once(broken()).chain((0..9).map(|_| not_sent())).collect();
    let (called, sent, _) = call("track_event", answers).await;
    assert_eq!(called.outcome, Outcome::Unknown(Unanswered::Broken("reset".into())));
    assert_eq!(sent, Limits::default().attempts as usize);
}

#[tokio::test(start_paused = true)]
async fn many_429s_cost_no_attempt() {
    let answers = (0..30).map(|_| status(429)).collect();
    let (called, sent, waited) = call("get_segments", answers).await;
    assert!(matches!(called.outcome, Outcome::Done(_)));
    assert_eq!(sent, 31);
    assert!(waited >= Duration::from_secs(30), "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn a_stop_ends_a_wait_and_says_whether_anything_left() {
    for (answer, sent) in [(not_sent(), false), (broken(), true)] {
        let transport = Prepared { answers: Mutex::new(vec![answer]), sent: Default::default() };
        let hosts = Hosts::at("http://127.0.0.1:1");
        let limits = Limits {
            first_pause: Duration::from_secs(3_600),
            longest_pause: Duration::from_secs(3_600),
            horizon: Duration::from_secs(99_999),
            ..Limits::default()
        };
        let client =
            Client::new(Box::new(transport), hosts, Credentials::for_sandbox(), limits, Rates::unlimited());
        let stop = CancellationToken::new();
        let (request, token) = (request("track_event"), stop.clone());
        let calling = client.call(&request, &client.limits, &token);
        tokio::pin!(calling);
        tokio::select! {
            biased;
            _ = &mut calling => panic!("an hour's pause is over at once"),
            () = sleep(Duration::from_millis(1)) => stop.cancel(),
        }
        assert_eq!(calling.await.unwrap_err(), Interrupted { sent });
    }
}

#[tokio::test(start_paused = true)]
async fn an_attempt_whose_turn_comes_after_the_horizon_is_not_begun() {
    for (answer, seconds, sent) in [(not_sent(), 9, 1), (status(429), 9, 1), (not_sent(), 11, 2)] {
        let counted = Arc::new(AtomicUsize::new(0));
        let transport = Prepared { answers: Mutex::new(vec![answer]), sent: counted.clone() };
        let mut rates = Rates::unlimited();
        rates.limit("app", 0.1).unwrap();
        let limits = Limits { horizon: Duration::from_secs(seconds), ..Limits::default() };
        let client = Client::new(
            Box::new(transport),
            Hosts::at("http://127.0.0.1:1"),
            Credentials::for_sandbox(),
            limits,
            rates,
        );
        let called = client.call(&request("get_segments"), &limits, &CancellationToken::new()).await.unwrap();
        assert_eq!((called.attempts.len(), counted.load(Ordering::SeqCst)), (sent, sent), "{seconds} s");
        assert_eq!(called.why, if sent == 1 { Why::Horizon } else { Why::Answered }, "{seconds} s");
        // The first waits as long as it has to.
        let next = client.call(&request("get_segments"), &limits, &CancellationToken::new()).await.unwrap();
        assert!(matches!(next.outcome, Outcome::Done(_)), "{:?}", next.outcome);
    }
}

#[tokio::test(start_paused = true)]
async fn the_items_of_batches_have_a_pace_of_their_own() {
    let transport = Prepared { answers: Mutex::default(), sent: Default::default() };
    let hosts = Hosts::at("http://127.0.0.1:1");
    let mut rates = Rates::unlimited();
    rates.limit("items", 1.0).unwrap();
    let client =
        Client::new(Box::new(transport), hosts, Credentials::for_sandbox(), Limits::default(), rates);
    let begun = Instant::now();
    for (request, waited) in [
        (Request { items: 3, ..request("track_event") }, 0),
        (request("get_segments"), 0),
        (request("track_event"), 3),
        (request("track_event"), 4),
    ] {
        client.call(&request, &client.limits, &CancellationToken::new()).await.unwrap();
        assert_eq!(begun.elapsed().as_secs(), waited, "{}", request.tool.name());
    }
}
/// A client whose App key is in a file of `folder`, against prepared answers.
async fn with_file(folder: &tempfile::TempDir, answers: Answers) -> (Client, std::sync::Arc<AtomicUsize>) {
    let path = folder.path().join("key");
    std::fs::write(&path, "first-key").unwrap();
    let mut sources = crate::api::KeySources::default();
    sources.keys[crate::api::KeyName::App as usize] = Some(crate::api::Source::File(path));
    let sent = std::sync::Arc::new(AtomicUsize::new(0));
    let transport = Prepared { answers: Mutex::new(answers), sent: sent.clone() };
    let credentials = Credentials::new(sources, Default::default());
    let hosts = Hosts::at("http://127.0.0.1:1");
    credentials.prepare().await;
    (Client::new(Box::new(transport), hosts, credentials, Limits::default(), Rates::unlimited()), sent)
}

#[tokio::test(start_paused = true)]
async fn a_refused_key_that_changed_costs_no_attempt_whatever_the_call_is() {
    for name in ["get_segments", "trigger_broadcast"] {
        let folder = tempfile::TempDir::new().unwrap();
        let (client, sent) = with_file(&folder, vec![status(401)]).await;
        std::fs::write(folder.path().join("key"), "second-key").unwrap();
        let limits = Limits { attempts: 1, ..Limits::default() };
        let called = client.call(&request(name), &limits, &CancellationToken::new()).await.unwrap();
        assert!(matches!(called.outcome, Outcome::Done(_)), "{name}: {:?}", called.outcome);
        let attempts: Vec<&str> = called.attempts.iter().map(|attempt| attempt.outcome.as_str()).collect();
        assert_eq!((attempts, sent.load(Ordering::SeqCst)), (vec!["401", "200"], 2));
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_key_that_did_not_change_stands_at_once() {
    let folder = tempfile::TempDir::new().unwrap();
    let (client, sent) = with_file(&folder, vec![status(401), status(401)]).await;
    let called = client.call(&request("get_segments"), &client.limits, &CancellationToken::new()).await;
    let called = called.unwrap();
    assert_eq!((called.outcome.status(), called.renewed), (Some(401), Some(Renewed::Same)));
    assert_eq!((called.attempts.len(), sent.load(Ordering::SeqCst)), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_key_is_read_again_after_each_answer_that_took_it() {
    let folder = tempfile::TempDir::new().unwrap();
    let (client, sent) = with_file(&folder, vec![status(401), status(503), status(401), status(401)]).await;
    std::fs::write(folder.path().join("key"), "second-key").unwrap();
    let called = client.call(&request("get_segments"), &client.limits, &CancellationToken::new()).await;
    // The second 401 is news: the source is read again, and has nothing newer.
    assert_eq!(called.unwrap().renewed, Some(Renewed::Same));
    assert_eq!(sent.load(Ordering::SeqCst), 3);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_shows_no_key_is_not_healed() {
    let folder = tempfile::TempDir::new().unwrap();
    let (client, sent) = with_file(&folder, vec![status(401)]).await;
    std::fs::write(folder.path().join("key"), "second-key").unwrap();
    let tool = tools::by_name("unsubscribe_delivery").unwrap();
    let request = build(tool, &[Arg::Text("dlv-1")], None).unwrap();
    let called = client.call(&request, &client.limits, &CancellationToken::new()).await.unwrap();
    assert_eq!((called.outcome.status(), called.renewed), (Some(401), None));
    assert_eq!(sent.load(Ordering::SeqCst), 1);
}

/// A server that is away until it is told to come back, and counts what it is sent.
#[derive(Clone, Default)]
struct Away {
    sent: Arc<AtomicUsize>,
    back: Arc<AtomicBool>,
    /// Whether it keeps whoever asks waiting.
    hangs: bool,
}

impl Transport for Away {
    fn send<'a>(&'a self, wire: Wire<'a>) -> crate::api::transport::Sending<'a> {
        self.sent.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move {
            match (self.back.load(Ordering::SeqCst), self.hangs) {
                (true, _) => status(200),
                (false, true) => {
                    sleep(wire.timeout).await;
                    Err(SendError::TimedOut)
                }
                (false, false) => status(503),
            }
        })
    }
}

impl Away {
    fn client(&self) -> Client {
        let hosts = Hosts::at("http://127.0.0.1:1");
        Client::new(
            Box::new(self.clone()),
            hosts,
            Credentials::for_sandbox(),
            Limits::default(),
            Rates::unlimited(),
        )
    }

    fn sent(&self) -> usize {
        self.sent.load(Ordering::SeqCst)
    }
}

async fn get(client: &Client, name: &str) -> Called {
    client.call(&request(name), &client.limits, &CancellationToken::new()).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_dead_server_is_not_hammered_and_its_return_is_seen_at_once() {
    let away = Away::default();
    let client = away.client();
    const CALLS: usize = 1_000;
    for _ in 0..CALLS {
        get(&client, "get_segments").await;
    }
    // Each is tried once, and all together are repeated as often as the budget bears.
    let retries = Budget::FULL / Budget::cost(&Outcome::NotSent(String::new()));
    assert_eq!(away.sent(), CALLS + retries as usize);

    let begun = Instant::now();
    let called = get(&client, "get_segments").await;
    assert_eq!((called.attempts.len(), called.why), (1, Why::Budget));
    assert_eq!(begun.elapsed(), Duration::ZERO, "no pause where nothing is repeated");
    // Another API is none of its business.
    assert!(get(&client, "track_event").await.attempts.len() > 1);

    away.back.store(true, Ordering::SeqCst);
    let called = get(&client, "get_segments").await;
    assert!(matches!(called.outcome, Outcome::Done(_)) && called.silent.is_none(), "{called:?}");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_hangs_costs_twice_as_much() {
    let away = Away { hangs: true, ..Away::default() };
    let client = away.client();
    for _ in 0..100 {
        get(&client, "get_segments").await;
    }
    assert_eq!(away.sent(), 100 + 50);
}

#[tokio::test(start_paused = true)]
async fn successes_let_it_repeat_again() {
    let away = Away::default();
    let client = away.client();
    for _ in 0..100 {
        get(&client, "get_segments").await;
    }
    away.back.store(true, Ordering::SeqCst);
    for _ in 0..10 {
        get(&client, "get_segments").await;
    }
    away.back.store(false, Ordering::SeqCst);
    assert_eq!(get(&client, "get_segments").await.attempts.len(), 3, "ten successes pay two repeats");
}

#[tokio::test(start_paused = true)]
async fn since_when_there_is_no_answer_counts_over_calls() {
    let away = Away { hangs: true, ..Away::default() };
    let client = away.client();
    let limits = Limits { attempts: 1, timeout: Duration::from_secs(10), ..Limits::default() };
    let call = || async {
        client.call(&request("get_segments"), &limits, &CancellationToken::new()).await.unwrap().silent
    };
    assert_eq!(call().await, Some(Duration::from_secs(10)));
    sleep(Duration::from_secs(30)).await;
    assert_eq!(call().await, Some(Duration::from_secs(50)));
    away.back.store(true, Ordering::SeqCst);
    assert_eq!(call().await, None);
    away.back.store(false, Ordering::SeqCst);
    assert_eq!(call().await, Some(Duration::from_secs(10)));
}

#[tokio::test(start_paused = true)]
async fn what_was_sent_again_though_it_may_be_done_is_told() {
    for (answers, again) in [
        (vec![], false),
        (vec![status(429), not_sent()], false),
        (vec![broken()], true),
        (vec![status(503), not_sent()], true),
    ] {
        assert_eq!(call("track_event", answers).await.0.again, again);
    }
    // Nothing left this machine any more.
    let answers = std::iter::once(broken()).chain((0..9).map(|_| not_sent())).collect();
    assert!(!call("track_event", answers).await.0.again);
}

#[tokio::test(start_paused = true)]
async fn the_last_word_of_the_server_on_waiting_is_kept() {
    let asks = |seconds: &str| Ok(Raw { status: 503, retry_after: Some(seconds.into()), ..Raw::default() });
    let (called, ..) = call("trigger_broadcast", vec![asks("7")]).await;
    assert_eq!(called.retry_after, Some(Duration::from_secs(7)));
    let answers = (0..6).map(|n| if n == 5 { asks("3") } else { asks("1") }).collect();
    assert_eq!(call("get_segments", answers).await.0.retry_after, Some(Duration::from_secs(3)));
}
