//! Every example of every tool, called from a script in every form a script has, over real HTTP. What
//! arrives is what the example says it sends.

mod support;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use segue::engine::{Call, CallError, Flushed, Halt, Host, Reply, STACK, Script, Sources};
use segue::fault::{At, Code, Fault};
use segue::policy::Limits;
use segue::request::{call_by_name, call_in_order};
use segue::run::{Exit, Report};
use segue::sandbox::{Options, Sandbox};
use segue::spec::{Delivery, Example, Kind, Param, Rule, Tool};
use segue::tools::{ALL, by_slug};
use serde_json::Value;
use support::run_here;

/// Runs `script` against the server at `url`, and gives back its account and what it printed.
async fn run(url: &str, script: &str) -> (Report, Vec<String>) {
    run_here(url, script, Limits::default()).await
}

/// What arrived at a sandbox.
async fn requests(sandbox: &Sandbox) -> Vec<Value> {
    let url = format!("{}/__requests", sandbox.url());
    let answer = reqwest::get(url).await.expect("an answer").bytes().await.expect("a body");
    serde_json::from_slice(&answer).expect("a list of requests")
}

/// Takes out what a call that relies on a segment asks before it: the list of segments.
fn without_segments(mut arrived: Vec<Value>) -> Vec<Value> {
    arrived.retain(|request| request["path"] != "/v1/segments");
    arrived
}

async fn sandbox() -> Sandbox {
    Sandbox::start(Options { people: 50, ..Options::default() }).await.expect("a free port")
}

/// A host that performs nothing and writes down each call in both forms.
#[derive(Default)]
struct Recorder(Mutex<Vec<Written>>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Written {
    by_name: String,
    in_order: String,
}

impl Host for Recorder {
    fn call(&self, call: Call<'_>) -> Result<Reply, Halt> {
        let Call { tool, args, .. } = call;
        let written = Written { by_name: call_by_name(tool, args), in_order: call_in_order(tool, args) };
        self.0.lock().unwrap().push(written);
        Ok(Reply::Answer(b"{}".to_vec()))
    }

    fn depends(&self, _: &'static segue::spec::Tool, _: segue::engine::Site<'_>) -> Halt {
        Halt::Stopped
    }

    fn limits(&self) -> Limits {
        Limits::default()
    }

    fn unrepeatable(&self) -> u64 {
        0
    }

    fn flush(&self) -> Result<Flushed, Halt> {
        Ok(Flushed::default())
    }

    fn print(&self, _: &str) {}

    fn debug(&self, _: &str) {}

    fn argument(&self, _: &str) -> Option<String> {
        None
    }

    fn now(&self) -> i64 {
        0
    }

    fn random(&self) -> f64 {
        0.0
    }

    fn env(&self, _: &str) -> Option<String> {
        None
    }

    fn read(&self, function: &str, path: &str) -> Result<String, Halt> {
        Err(CallError::one(function, Fault::new(Code::InputUnreadable, At::Call, path)).into())
    }

    fn sleep(&self, _: Duration) -> Result<(), Halt> {
        Ok(())
    }

    fn stopped(&self) -> bool {
        false
    }
}

/// The one call that `script` makes, written down.
fn written(script: &str) -> Written {
    let recorder = Arc::new(Recorder::default());
    let (host, text) = (recorder.clone(), script.to_string());
    let ended = std::thread::Builder::new().stack_size(STACK).spawn(move || {
        let script = Script::compile(&text, "script.rhai", host, &Sources::default())?;
        script.run()
    });
    ended.expect("a thread").join().expect("no panic").unwrap_or_else(|why| panic!("{script}\n{why:?}"));
    let calls = recorder.0.lock().unwrap().clone();
    let [call] = &calls[..] else { panic!("{script} makes {} calls", calls.len()) };
    call.clone()
}

/// `name(#{ … })` as a call by slug.
fn by_the_slug(tool: &Tool, by_name: &str) -> String {
    let arguments =
        by_name.strip_prefix(tool.name()).and_then(|rest| rest.strip_prefix('(')).expect("a call");
    match arguments {
        ")" => format!("tool(\"{}\")", tool.slug),
        arguments => format!("tool(\"{}\", {arguments}", tool.slug),
    }
}

fn has(tool: &Tool, name: &str, fits: impl Fn(&Param) -> bool) -> bool {
    tool.param(name).is_some_and(|(_, param)| fits(param))
}

/// Takes from a call's body what Segue adds to it: `messageId` and `timestamp`, exactly where the tool
/// has these parameters and the example doesn't give them.
fn without_stamp(tool: &Tool, body: &mut Value, expected: &Value) {
    let Some(fields) = body.as_object_mut() else { return };
    let stamps = [
        ("messageId", has(tool, "message_id", |_| true)),
        ("timestamp", has(tool, "timestamp", |param| matches!(param.kind, Kind::DateTime))),
    ];
    for (field, stamped) in stamps {
        let given = expected.get(field).is_some();
        let present = fields.get(field).and_then(Value::as_str).is_some_and(|text| !text.is_empty());
        if stamped {
            assert!(present, "{} was sent without {field}", tool.name());
        }
        if stamped && !given {
            fields.remove(field);
        }
    }
    let batch = tool.params.iter().find_map(|param| match param.kind {
        Kind::List { of: Kind::Call(items), .. } => Some((param.wire?, *items)),
        _ => None,
    });
    let Some((wire, items)) = batch else { return };
    let calls = fields.get_mut(wire).and_then(Value::as_array_mut).expect("a batch has calls");
    for (n, call) in calls.iter_mut().enumerate() {
        let item = items.iter().find(|item| call["type"] == item.name).expect("a call has its type");
        without_stamp(item.tool, call, &expected[wire][n]);
    }
}

/// Calls the example as `script` writes it, and holds what arrives against what it says it sends.
async fn sends(sandbox: &Sandbox, tool: &Tool, example: &Example, script: &str) {
    let before = requests(sandbox).await.len();
    let (report, heard) = run(&sandbox.url(), script).await;
    let mut arrived = requests(sandbox).await.split_off(before);
    let mut calls = report.calls.clone();
    if tool.rules.iter().any(|rule| matches!(rule, Rule::Finished { .. })) {
        arrived = without_segments(arrived);
        calls.retain(|count| count.tool != "get_segments");
    }
    // What can be looked up is read first; the call itself comes last.
    let requests = 1 + usize::from(tool.lookup.is_some());
    assert_eq!(arrived.len(), requests, "{script}\n{heard:?}\n{:?}", report.ended);
    let request = arrived.remove(requests - 1);
    assert_eq!(report.exit(), Exit::Done, "{script}\n{request}\n{:?}\n{:?}", report.ended, report.ledger);
    assert_eq!(calls.len(), 1, "{script}");
    assert_eq!((calls[0].tool, calls[0].calls), (tool.name(), 1), "{script}");

    let mut expected = example.sends.splitn(3, ' ');
    assert_eq!(request["method"].as_str(), expected.next(), "{script}");
    let path = expected.next();
    let expected: Value =
        expected.next().map_or(Value::Null, |body| serde_json::from_str(body).expect("it is JSON"));
    let mut body = request["body"].clone();
    if tool.delivery == Delivery::Batched {
        // An example tells the write by itself, and it travels with others as an item of its type.
        assert_eq!(request["path"], "/v1/batch", "{script}");
        let items = body["batch"].as_array_mut().expect("it lists items");
        assert_eq!(items.len(), 1, "{script}");
        body = items.remove(0);
        let kind = body.as_object_mut().and_then(|item| item.remove("type")).expect("an item has a type");
        assert_eq!(kind.as_str().map(|kind| format!("/v1/{kind}")).as_deref(), path, "{script}");
    } else {
        assert_eq!(request["path"].as_str(), path, "{script}");
    }
    without_stamp(tool, &mut body, &expected);
    assert_eq!(body, expected, "{script}");
}

/// Calls every example in the form that `form` gives it.
async fn every_example_in(form: impl Fn(&Tool, &Example) -> String) {
    for tool in ALL {
        // A sandbox for each tool: what one does is no concern of the next.
        let sandbox = sandbox().await;
        for example in tool.examples {
            sends(&sandbox, tool, example, &format!("{};", form(tool, example))).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_example_sends_its_request_in_declared_order() {
    every_example_in(|_, example| example.call.to_string()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_example_sends_its_request_by_names() {
    every_example_in(|_, example| written(example.call).by_name).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_example_sends_its_request_by_slug() {
    every_example_in(|tool, example| by_the_slug(tool, &written(example.call).by_name)).await;
}

#[test]
fn a_call_written_down_is_the_same_call() {
    for tool in ALL {
        assert_eq!(by_slug(tool.slug).map(Tool::name), Some(tool.name()));
        for example in tool.examples {
            let call = written(example.call);
            assert_eq!(written(&call.by_name), call, "{}", example.call);
            assert_eq!(written(&call.in_order), call, "{}", example.call);
            assert_eq!(written(&by_the_slug(tool, &call.by_name)), call, "{}", example.call);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_sequences_ask_for_whole_pages() {
    let cases = [
        ("segment_members(1)", "/v1/segments/1/membership?limit=30000"),
        ("segment_members(#{ segment_id: 1 })", "/v1/segments/1/membership?limit=30000"),
        ("messages(\"email\")", "/v1/messages?type=email&limit=1000"),
        ("messages(#{ type: \"email\" })", "/v1/messages?type=email&limit=1000"),
        ("newsletters()", "/v1/newsletters?limit=100"),
        ("newsletters(#{ sort: \"desc\" })", "/v1/newsletters?limit=100&sort=desc"),
    ];
    let named: Vec<&str> = ALL.iter().filter_map(|tool| Some(tool.pages?.sequence)).collect();
    for sequence in &named {
        assert!(cases.iter().any(|(call, _)| call.starts_with(sequence)), "{sequence} has no case here");
    }
    for (call, target) in cases {
        let sandbox = sandbox().await;
        let script = format!("let n = 0; for item in {call} {{ n += 1; }} print(n); print({call}.count());");
        let (report, heard) = run(&sandbox.url(), &script).await;
        assert_eq!(report.exit(), Exit::Done, "{call}: {:?}", report.ended);
        assert_eq!(heard.len(), 2);
        assert!(heard[0] == heard[1] && heard[0] != "0", "{call}: {heard:?}");
        let arrived = without_segments(requests(&sandbox).await);
        assert_eq!(arrived.len(), 2, "{call}: one page, read twice");
        for request in arrived {
            assert_eq!(request["path"].as_str(), Some(target), "{call}");
            assert_eq!(request["method"], "GET");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sequence_goes_on_where_the_page_says() {
    use support::{Reply as Told, Server};
    let cases = [
        (
            "segment_members(1)",
            "/v1/segments/1/membership",
            r#"{"ids":["a"],"identifiers":[{"id":"a","email":null,"cio_id":"c1"}]"#,
        ),
        ("messages()", "/v1/messages", r#"{"messages":[{"id":"m1"}]"#),
        ("newsletters()", "/v1/newsletters", r#"{"newsletters":[{"id":1}]"#),
    ];
    for (call, path, page) in cases {
        let pages = [format!("{page},\"next\":\"a+b/=&c\"}}"), format!("{page},\"next\":\"\"}}")];
        let server = Server::start()
            .on(&format!("GET {path}"), pages.iter().map(|page| Told::ok(page)))
            .on("GET /v1/segments", [Told::ok(r#"{"segments":[]}"#)]);
        let (report, heard) = run(&server.url(), &format!("print({call}.count())")).await;
        assert_eq!(report.exit(), Exit::Done, "{call}: {:?}", report.ended);
        assert_eq!(heard, ["2"], "{call}");
        let mut targets = server.targets();
        targets.retain(|target| target != "GET /v1/segments");
        assert_eq!(targets.len(), 2, "{targets:?}");
        assert!(!targets[0].contains("start="), "{targets:?}");
        assert!(targets[1].contains("start=a%2Bb%2F%3D%26c"), "{targets:?}");
    }
}
