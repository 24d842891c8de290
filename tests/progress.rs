//! How far a run is: read off it while it runs, without a request for it.

mod support;

use std::sync::Arc;
use std::time::Duration;

use segue::api::Cause;
use segue::policy::Limits;
use segue::run::{Progress, Read};
use support::{Gate, Heard, Reply, Server, begin};
use tokio_util::sync::CancellationToken;

const PEOPLE: &str = r#"{"identifiers":[{"id":"u-1"},{"id":"u-2"}],"ids":["u-1","u-2"],"next":""}"#;
const SCRIPT: &str = "for p in segment_members(7) { identify_person(p); flush(); }";

#[tokio::test(flavor = "multi_thread")]
async fn it_is_read_off_a_run_and_nobody_is_asked() {
    let gate = Gate::default();
    let server = Server::start()
        .on("GET /v1/segments", [Reply::ok(r#"{"segments":[]}"#)])
        .on("GET /v1/segments/7/membership", [Reply::ok(PEOPLE)])
        .on("*", [gate.before(Reply::ok("{}"))]);
    let run = begin(&server.url(), SCRIPT, Limits::default(), Arc::new(Heard::default()));
    let session = run.session.clone();
    let finish = tokio::spawn(run.finish(CancellationToken::new()));
    let waits = |progress: &Progress| {
        progress.flow.waits.iter().any(|wait| matches!(wait.cause, Cause::Answer { .. }))
            && progress.writes > 0
    };
    let mut progress = session.progress();
    for _ in 0..1_000 {
        if waits(&progress) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
        progress = session.progress();
    }
    let Progress { calls, writes, total, read, settling, .. } = progress;
    assert_eq!((calls, writes, total.accepted, settling), (3, 1, 0, false));
    assert_eq!(read, Some(Read { what: "people", taken: 1, total: Some(2) }));
    gate.open();
    finish.await.expect("it ends");
    let Progress { calls, writes, total, read, settling, flow, .. } = session.progress();
    assert_eq!((calls, writes, total.accepted, settling), (4, 2, 2, true));
    assert_eq!((read, flow.waits), (None, vec![]));
    assert_eq!(server.seen().len(), 4, "{:?}", server.targets());
}
