//! Scripts against a host that answers as a test needs.

mod calls;
mod changing;
mod checking;
mod errors;
mod parallel;
mod reading;
mod retrying;
mod sequences;
mod talk;
mod shown;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::world::World;
use super::{Call, CallError, Failure, Flushed, Halt, Host, Reading, Reply, Script, Sources, Wrong};
use crate::fault::{At, Code, Fault};
use crate::policy::Limits;
use crate::request::call_by_name;

/// A host that records calls and gives out prepared answers, then `{}`.
#[derive(Default)]
struct Fake {
    answers: Mutex<VecDeque<Result<String, CallError>>>,
    calls: Mutex<Vec<String>>,
    /// What each call was given of limits.
    limits: Mutex<Vec<Option<Limits>>>,
    printed: Mutex<Vec<String>>,
    slept: Mutex<Vec<Duration>>,
    doubts: AtomicU64,
    /// Sees each call before it is answered.
    watch: Mutex<Option<Watch>>,
    readings: Mutex<Vec<Arc<Reading>>>,
}

type Watch = Arc<dyn Fn(&str) + Send + Sync>;

impl Host for Fake {
    fn call(&self, call: Call<'_>) -> Result<Reply, Halt> {
        let text = call_by_name(call.tool, call.args);
        self.calls.lock().unwrap().push(text.clone());
        let watch = self.watch.lock().unwrap().clone();
        if let Some(watch) = watch {
            watch(&text);
        }
        self.limits.lock().unwrap().push(call.limits);
        match self.answers.lock().unwrap().pop_front() {
            Some(Ok(json)) => Ok(Reply::Answer(json.into_bytes())),
            Some(Err(error)) => {
                let doubt = error.faults.iter().any(|fault| fault.code == Code::InDoubt);
                self.doubts.fetch_add(doubt.into(), Ordering::Relaxed);
                Err(error.into())
            }
            None => Ok(Reply::Answer(b"{}".to_vec())),
        }
    }

    fn reads(&self, reading: &Arc<Reading>) {
        self.readings.lock().unwrap().push(reading.clone());
    }

    fn depends(&self, _: &'static crate::spec::Tool, _: super::Site<'_>) -> Halt {
        Halt::Stopped
    }

    fn limits(&self) -> Limits {
        Limits::default()
    }

    fn unrepeatable(&self) -> u64 {
        self.doubts.load(Ordering::Relaxed)
    }

    fn flush(&self) -> Result<Flushed, Halt> {
        Ok(Flushed { accepted: 2, rejected: 1, in_doubt: 0, undelivered: 0, withheld: 0 })
    }

    fn print(&self, text: &str) {
        self.printed.lock().unwrap().push(text.to_string());
    }

    fn debug(&self, text: &str) {
        self.print(text);
    }

    fn argument(&self, name: &str) -> Option<String> {
        (name == "given").then(|| "7".to_string())
    }

    fn now(&self) -> i64 {
        86_400 * 10
    }

    fn random(&self) -> f64 {
        0.5
    }

    fn env(&self, _: &str) -> Option<String> {
        None
    }

    fn read(&self, function: &str, path: &str) -> Result<String, Halt> {
        match path {
            "rows.ndjson" => Ok("{\"id\": 1}\n\n[2, null]\r\n\"three\"".to_string()),
            "broken.ndjson" => Ok("1\n\n{\"id\": }\n4\n".to_string()),
            "people.txt" => Ok("ada\n\n  grace \n".to_string()),
            _ => {
                let fault = Fault::new(Code::InputUnreadable, At::Call, "not there");
                Err(CallError::one(function, fault).into())
            }
        }
    }

    fn sleep(&self, time: Duration) -> Result<(), Halt> {
        self.slept.lock().unwrap().push(time);
        // Whoever sleeps so long is told to stop meanwhile.
        if time < Duration::from_secs(1_000) { Ok(()) } else { Err(Halt::Stopped) }
    }

    fn stopped(&self) -> bool {
        false
    }
}

/// What a script did.
struct Ran {
    result: Result<(), Failure>,
    calls: Vec<String>,
    limits: Vec<Option<Limits>>,
    printed: Vec<String>,
    slept: Vec<Duration>,
    readings: Vec<Arc<Reading>>,
}

impl Ran {
    fn wrong(&self) -> &Wrong {
        match &self.result {
            Err(Failure::Script(wrong)) => wrong,
            other => panic!("the script did not fail: {other:?}"),
        }
    }

    fn code(&self) -> Code {
        self.wrong().faults[0].code
    }
}

/// An engine on a host of its own.
pub fn engine() -> rhai::Engine {
    let world = World { host: Arc::new(Fake::default()), running: Arc::default(), dropped: Arc::default() };
    super::engine(&world, &Sources::default())
}

fn run(script: &str, answers: Vec<Result<&str, CallError>>) -> Ran {
    watched(script, answers, None)
}

fn watched(script: &str, answers: Vec<Result<&str, CallError>>, watch: Option<Watch>) -> Ran {
    let fake = Arc::new(Fake { watch: Mutex::new(watch), ..Fake::default() });
    *fake.answers.lock().unwrap() = answers.into_iter().map(|answer| answer.map(String::from)).collect();
    let (host, script) = (fake.clone(), script.to_string());
    // A thread with the stack that a run has: builds without optimisation need it.
    let thread = std::thread::Builder::new().stack_size(super::STACK);
    let run = move || {
        let script = Script::compile(&script, "test.rhai", host, &Sources::default())?;
        let checked = script.check();
        let result = script.run();
        // Whatever runs to its end was no fault before.
        assert!(result.is_err() || checked.wrongs.is_empty(), "{:#?}", checked.wrongs);
        result
    };
    let result = thread.spawn(run).unwrap().join().unwrap();
    let calls = fake.calls.lock().unwrap().clone();
    let limits = fake.limits.lock().unwrap().clone();
    let printed = fake.printed.lock().unwrap().clone();
    let slept = fake.slept.lock().unwrap().clone();
    let readings = fake.readings.lock().unwrap().clone();
    Ran { result, calls, limits, printed, slept, readings }
}

/// Runs a script that has to succeed, and gives back what it printed.
fn prints(script: &str) -> Vec<String> {
    let ran = run(script, vec![]);
    assert_eq!(ran.result, Ok(()), "{script}");
    ran.printed
}

fn refused() -> CallError {
    let fault = Fault::new(Code::Refused, At::Call, "no such thing");
    let (status, retry_after) = (Some(422), Some(Duration::from_millis(6_500)));
    CallError { status, retry_after, attempts: 3, ..CallError::one("get_trigger", fault) }
}
