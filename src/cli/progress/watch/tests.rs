use super::*;
use crate::api::Flow;

const fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

/// A run after so many seconds, of which so many writes were handed over and accepted.
fn at(second: u64, writes: u64, accepted: u64) -> Progress {
    Progress {
        now: "2026-01-31T08:00:00Z".parse().unwrap(),
        elapsed: seconds(second),
        calls: writes,
        writes,
        total: Total { accepted, ..Total::default() },
        kept_back: 0,
        read: None,
        sleeps: None,
        settling: false,
        flow: Flow::default(),
    }
}

fn people(taken: u64, total: Option<u64>) -> Option<Read> {
    Some(Read { what: "people", taken, total })
}

/// What is told after the last of these.
fn told(all: impl IntoIterator<Item = Progress>) -> Facts {
    let mut watch = Watch::default();
    all.into_iter().map(|progress| watch.see(&progress)).last().expect("there is one")
}

#[test]
fn the_rate_is_that_of_the_last_seconds() {
    assert_eq!(told([at(0, 9, 0)]).rate, None);
    // A hundred a second for a minute, then ten.
    let early = (0..60).map(|n| at(n, 9_000, n * 100));
    let late = (60..80).map(|n| at(n, 9_000, 6_000 + (n - 60) * 10));
    assert_eq!(told(early.clone()).rate, Some(100.0));
    assert_eq!(told(early.chain(late)).rate, Some(10.0));
}

#[test]
fn a_run_is_told_by_what_it_does() {
    let told = |progress: Progress| told([Progress { elapsed: seconds(0), ..progress.clone() }, progress]);
    let line = |facts: &Facts| super::super::line(facts, 100, true);
    let nothing = at(4, 0, 0);
    assert_eq!(line(&told(nothing.clone())), "after 4 s");
    let calls = Progress { calls: 8, ..nothing };
    assert_eq!(line(&told(calls.clone())), "after 4 s, 8 calls, 0 calls/s");
    let reads = Progress { read: people(40, None), ..calls };
    assert_eq!(line(&told(reads.clone())), "after 4 s, 40 people read, 0 people/s");
    let dry = Progress { kept_back: 30, ..reads.clone() };
    assert_eq!(line(&told(dry)), "after 4 s, 30 writes kept back, 40 people read, 0 writes/s");
    let total = Total { accepted: 20, rejected: 2, ..Total::default() };
    let writes = Progress { writes: 30, total, ..reads };
    assert_eq!(
        line(&told(writes)),
        "after 4 s, 20 of 30 writes accepted, 2 failed, 40 people read, 0 writes/s"
    );
}

#[test]
fn the_time_left_is_told_where_the_end_is_known() {
    // Ten people and ten writes a second; a hundred writes are on their way.
    let run = |total, settling: bool| {
        (0..=10).map(move |n| Progress {
            read: people(n * 10, total).filter(|_| !settling),
            settling,
            ..at(n, 100 + n * 10, n * 10)
        })
    };
    assert_eq!(told(run(None, false)).left, None);
    assert_eq!(told(run(Some(300), false)).left, Some(seconds(20 + 10)));
    assert_eq!(told(run(None, true)).left, Some(seconds(10)));
    // One that stands has no end in sight.
    assert_eq!(told((0..=10).map(|n| Progress { settling: true, ..at(n, 100, 0) })).left, None);
}

fn wait(cause: Cause, silent: Option<u64>) -> Wait {
    Wait { bucket: Bucket::Pipelines, cause, silent: silent.map(seconds) }
}

fn again(left: u64, status: u16) -> Cause {
    Cause::Again { left: seconds(left), attempt: 3, status: Some(status) }
}

/// What is told of a run that stood since the fourth second and waits for these at the sixth.
fn stood(waits: Vec<Wait>, sleeps: Option<Duration>) -> Option<Waiting> {
    let before = [at(0, 9, 0), at(4, 9, 4), at(5, 90, 4)];
    let after = Progress { flow: Flow { waits, ..Flow::default() }, sleeps, ..at(6, 99, 4) };
    told(before.into_iter().chain([after])).waiting
}

#[test]
fn a_run_that_stands_tells_what_it_waits_for() {
    let (api, left) = ("Pipelines", seconds(24));
    assert_eq!(stood(vec![], None), None);
    let limited = wait(again(24, 429), None);
    let attempt = Waiting::Attempt { api, left, status: Some(429), attempt: 3 };
    assert_eq!(stood(vec![wait(again(30, 429), None), limited], None), Some(attempt));
    let silent = Waiting::Silent { api, left, since: "2026-01-31T07:59:20Z".parse().unwrap(), attempt: 3 };
    assert_eq!(stood(vec![wait(again(24, 503), Some(40))], None), Some(silent));
    let turn = wait(Cause::Turn { left }, None);
    assert_eq!(stood(vec![turn], Some(left)), Some(Waiting::Turn { limit: api, left }));
    let answer = |n| wait(Cause::Answer { since: seconds(n) }, None);
    let slow = [answer(1), answer(9), answer(4)].to_vec();
    assert_eq!(stood(slow.clone(), None), Some(Waiting::Answer { api, since: seconds(9) }));
    assert_eq!(stood(slow, Some(left)), Some(Waiting::Sleep { left }));
    assert_eq!(stood(vec![], Some(Duration::from_millis(20))), None);
    assert_eq!(stood(vec![answer(1)], None), None);
}

#[test]
fn a_run_that_gets_on_waits_for_nothing() {
    let waits = vec![wait(again(24, 429), None)];
    let run =
        (0..10).map(|n| Progress { flow: Flow { waits: waits.clone(), ..Flow::default() }, ..at(n, 99, n) });
    assert_eq!(told(run).waiting, None);
}

#[test]
fn a_limit_is_told_of_while_it_holds_something_back_and_a_moment_longer() {
    let allowed = |rate| Allowed { bucket: Some(Bucket::App), rate, full: 8.0 };
    let items = Allowed { bucket: None, rate: 5.0, full: 5.0 };
    let mut watch = Watch::default();
    let mut rates = |second, limits: &[Allowed]| {
        let flow = Flow { limits: limits.to_vec(), ..Flow::default() };
        let facts = watch.see(&Progress { flow, ..at(second, 9, second) });
        facts.limits.iter().map(|limit| (limit.name, limit.rate)).collect::<Vec<_>>()
    };
    assert_eq!(rates(1, &[allowed(8.0)]), [("App", 8.0)]);
    assert_eq!(rates(2, &[allowed(5.6), items]), [("Pipelines", 5.0), ("App", 5.6)]);
    assert_eq!(rates(3, &[]), [("Pipelines", 5.0), ("App", 5.6)]);
    assert_eq!(rates(4, &[]), []);
}
