//! The seam where bodies and what became of them are recorded: sealed, then recorded, then sent.
//!
//! A record need not hold a body's bytes. Its lane, the calls it was made by and the times it gave them are
//! enough to make it again from the same script: who is in which lane never changes, and the other calls
//! between its first and its last went into other lanes or kinds of body.

use std::future::Future;
use std::ops::Range;
use std::pin::Pin;

use super::body::Sealed;
use super::settle::Settlement;
use crate::fault::Fault;
use crate::journal::CallPath;

/// Which body of a run it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slot {
    pub lane: usize,
    /// Its number in its lane, from 1.
    pub number: u64,
}

/// The calls of one branch that wrote into a body, from the first to the last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calls {
    pub first: CallPath,
    /// The number of the last.
    pub last: u64,
}

/// Times given to neighbouring items of a body: each a microsecond later than the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// The index of the first item.
    pub from: usize,
    /// Its time, in microseconds since 1970.
    pub micros: i64,
}

impl Times {
    /// The time of the item at `index`, if it is one of these.
    pub fn of(&self, index: usize) -> i64 {
        self.micros + (index - self.from) as i64
    }
}

/// A body being recorded.
///
/// # Errors
/// A fault keeps it from being sent, and ends the run.
pub type Recording<'r> = Pin<Box<dyn Future<Output = Result<(), Fault>> + Send + 'r>>;

/// Where a run's bodies and their outcomes are kept.
pub trait Record: Send + Sync {
    /// Keeps a body, before any of it is sent.
    fn sealed<'r>(&'r self, slot: Slot, body: &'r Sealed) -> Recording<'r>;

    /// Keeps what became of some of its items; each item is settled once. One that was never recorded was
    /// never sent.
    fn settled(&self, slot: Slot, items: Range<usize>, settlement: Settlement);
}

/// Keeps nothing.
pub struct Unrecorded;

impl Record for Unrecorded {
    fn sealed<'r>(&'r self, _: Slot, _: &'r Sealed) -> Recording<'r> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn settled(&self, _: Slot, _: Range<usize>, _: Settlement) {}
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use tokio::runtime::Handle;
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::api::{Client, Credentials, Hosts, Raw, Transport, Wire};
    use crate::fault::{At, Code};
    use crate::outbox::body::tests::{class, origin};
    use crate::outbox::{Fatal, Key, Kind, Outbox, Rejected, Write};
    use crate::policy::{Limits, Rates};
    use crate::request::Class;

    /// What happened, in its order.
    #[derive(Clone, Debug, PartialEq)]
    enum Event {
        Sealed(Slot, Vec<Calls>, Vec<i64>),
        Sent(Vec<i64>),
        Settled(Slot, Range<usize>, Settlement),
    }

    #[derive(Clone, Default)]
    struct Log {
        events: Arc<Mutex<Vec<Event>>>,
        /// Whether nothing can be kept.
        full: bool,
    }

    impl Log {
        fn add(&self, event: Event) {
            self.events.lock().unwrap().push(event);
        }

        fn taken(&self) -> Vec<Event> {
            self.events.lock().unwrap().clone()
        }
    }

    impl Record for Log {
        fn sealed<'r>(&'r self, slot: Slot, body: &'r Sealed) -> Recording<'r> {
            Box::pin(async move {
                // Whoever sends without waiting is ahead now.
                tokio::task::yield_now().await;
                let times = body.times();
                let of = |index| times.iter().rfind(|times| times.from <= index).map(|times| times.of(index));
                let times = (0..body.count()).filter_map(of).collect();
                self.add(Event::Sealed(slot, body.calls().to_vec(), times));
                match self.full {
                    false => Ok(()),
                    true => Err(Fault::new(Code::Unreachable, At::Call, "the disk is full")),
                }
            })
        }

        fn settled(&self, slot: Slot, items: Range<usize>, settlement: Settlement) {
            self.add(Event::Settled(slot, items, settlement));
        }
    }

    /// Takes the times that items were given, and refuses what holds a 13.
    impl Transport for Log {
        fn send<'a>(&'a self, wire: Wire<'a>) -> crate::api::Sending<'a> {
            let body: serde_json::Value = serde_json::from_slice(wire.body.unwrap()).unwrap();
            let times: Vec<i64> =
                body["batch"].as_array().unwrap().iter().map(|item| item[1].as_i64().unwrap()).collect();
            let bad = body["batch"].as_array().unwrap().iter().any(|item| item[0] == 13);
            self.add(Event::Sent(times));
            let status = if bad { 400 } else { 200 };
            Box::pin(async move { Ok(Raw { status, body: b"{}".to_vec(), ..Raw::default() }) })
        }
    }

    /// Hands over `n` upserts about one person, each so long after the one before, and tells how the run ended
    /// and what had happened when the last was handed over.
    async fn run(log: &Log, n: u64, pause: Duration) -> (Option<Fatal>, Vec<Event>) {
        let hosts = Hosts::at("http://127.0.0.1:1");
        let (keys, limits) = (Credentials::for_sandbox(), Limits::default());
        let client = Arc::new(Client::new(Box::new(log.clone()), hosts, keys, limits, Rates::unlimited()));
        let (stop, record) = (CancellationToken::new(), Arc::new(log.clone()));
        let outbox = Outbox::new(client, Handle::current(), stop, Rejected::new(None), record);
        let retry = crate::tools::by_name("identify_person").unwrap().retry;
        let (kind, class) = (Kind { retry, limits }, Class { retry, ..class() });
        for number in 1..=n {
            tokio::time::sleep(pause).await;
            let call = CallPath { branches: vec![], number };
            let write = Write { call: &call, key: Key::new("u-1"), kind, class, origin: &origin(1) };
            let put = outbox.put(&write, false, |out, time| {
                out.extend_from_slice(format!("[{number},{time}]").as_bytes());
                Ok::<(), Fault>(())
            });
            assert!(matches!(put, Ok(Ok(()))));
        }
        let before = log.taken();
        (outbox.finish().await, before)
    }

    #[tokio::test]
    async fn a_body_is_recorded_before_it_is_sent_and_each_item_is_settled_once() {
        let log = Log::default();
        assert!(run(&log, 40, Duration::ZERO).await.0.is_none());
        let events = log.taken();
        let slot = Slot { lane: Key::new("u-1").lane(), number: 1 };
        let Event::Sealed(first, calls, times) = &events[0] else { panic!("{events:?}") };
        assert_eq!(*first, slot);
        let all = Calls { first: CallPath { branches: vec![], number: 1 }, last: 40 };
        assert_eq!(*calls, [all]);
        // What is recorded tells the times that were sent.
        assert_eq!(events[1], Event::Sent(times.clone()));
        let mut settled = [None; 40];
        for event in &events[1..] {
            match event {
                Event::Settled(of, items, settlement) => {
                    assert_eq!(*of, slot);
                    for index in items.clone() {
                        assert_eq!(settled[index].replace(*settlement), None, "{index} is settled twice");
                    }
                }
                Event::Sent(_) => {}
                Event::Sealed(..) => panic!("a body is recorded once"),
            }
        }
        let expected = |index| if index == 12 { Settlement::Rejected } else { Settlement::Accepted };
        assert_eq!(settled, std::array::from_fn(|index| Some(expected(index))));
    }

    #[tokio::test]
    async fn what_cannot_be_recorded_is_not_sent() {
        let log = Log { full: true, ..Log::default() };
        assert!(matches!(run(&log, 3, Duration::ZERO).await.0, Some(Fatal::Fault { .. })));
        assert!(matches!(log.taken()[..], [Event::Sealed(..)]), "{:?}", log.taken());
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_written_now_and_then_is_not_kept_waiting() {
        let log = Log::default();
        let (ended, before) = run(&log, 150, Duration::from_millis(20)).await;
        assert!(ended.is_none());
        let sealed = before.iter().filter(|event| matches!(event, Event::Sealed(..))).count();
        assert!((2..=4).contains(&sealed), "{sealed} bodies in three seconds");
    }
}
