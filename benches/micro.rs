//! What a member costs on the script's thread, step by step from an empty loop to the outbox; and what it costs to
//! check a long script, to tell what is wrong with it, and to complete an input.
//!
//! A timer of its own: what is timed is a whole script over 300,000 members, which takes a tenth of a second. Of a
//! benchmark crate nothing would be used but the median.

use axum::body::Bytes;
use segue::api::{Client, Credentials, Hosts, Raw, SendError, Transport, Wire};
use segue::diagnostics::{Look, show};
use segue::engine::{Call, Flushed, Halt, Host, Reply, STACK, Script, Site, Sources, Wrong};
use segue::policy::{Grants, Limits, Rates};
use segue::repl::complete::{Known, complete};
use segue::request::Secrets;
use segue::run::{Console, Conversation, Exit, Given, Job, Reads, Run, Said, Terms, examine};
use segue::spec::{Effect, Tool};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

const PAGE: u64 = 30_000;
const PAGES: u64 = 10;
const MEMBERS: u64 = PAGE * PAGES;
/// Each script is run so often. The median counts.
const TURNS: usize = 7;

/// What is read before a segment's members are.
const DETAILS: &[u8] = br#"{"segment":{"id":1,"name":"VIP","state":"finished","type":"dynamic"}}"#;

const LINES: usize = 2_000;
const INPUTS: usize = 500;

const EMPTY: &str = "for n in 0..300_000 {}";
const FIRST: &str = "for person in segment_members(1).take(1) {}";
const LOOP: &str = "for person in segment_members(1) {}";
const CALL: &str = "for person in segment_members(1) { add_person_to_group(person, \"acme\"); }";

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.expect("a runtime");
    let pages = Pages::new();
    println!("| | ns a member |\n|--|--:|");
    let say = |what: &str, members: u64, run: &dyn Fn()| {
        println!("| {what} | {:.0} |", median(run).as_secs_f64() * 1e9 / members as f64);
    };
    say("an empty loop", MEMBERS, &|| on_a_host(&pages, EMPTY));
    say("a page's answer to people, before the first is taken", PAGE, &|| on_a_host(&pages, FIRST));
    say("a loop over people, with their pages", MEMBERS, &|| on_a_host(&pages, LOOP));
    say("… and a call that is answered at once", MEMBERS, &|| on_a_host(&pages, CALL));
    say("… and a call into the outbox, all sent and accepted", MEMBERS, &|| {
        in_a_run(&runtime, &pages, CALL)
    });
    println!("\n| a script of {LINES} lines | ms |\n|--|--:|");
    let say = |what: &str, run: &dyn Fn()| println!("| {what} | {:.2} |", median(run).as_secs_f64() * 1e3);
    let (sound, wrong) = (long(""), long("add_person_to_gruop(person);"));
    say("a check that finds nothing", &|| assert_eq!(told(&sound), 0));
    say("a check that finds a wrong call in each function, and tells 20 of them", &|| {
        assert_eq!(told(&wrong), 20);
    });
    println!("\n| after {INPUTS} inputs | ms |\n|--|--:|");
    let conversation = runtime.block_on(talked());
    let known = conversation.known();
    let long = format!("{}\nadd_person_to_group(#{{ user_id: v1, gr", "let x = f1(1, 2);\n".repeat(100));
    for (what, text) in [("a name", "v"), ("a key, behind 100 lines", &*long), ("anything", "")] {
        say(&format!("completing {what}"), &|| {
            let names = known.names();
            let known = Known {
                functions: &names.functions,
                variables: &names.variables,
                modules: &names.modules,
                ..Known::default()
            };
            assert!(!complete(text, text.len(), &known).candidates.is_empty());
        });
    }
}

/// A conversation of [`INPUTS`] inputs, half of them functions and half variables.
async fn talked() -> Conversation {
    let (hosts, keys) = (Hosts::at("http://127.0.0.1:1"), Credentials::for_sandbox());
    let client =
        Client::new(Box::new(Pages::new().begin()), hosts, keys, Limits::default(), Rates::unlimited());
    let terms = Terms { grants: Grants::everything(), ..Terms::default() };
    let begun = Conversation::begin(client, terms, Arc::new(Nobody), None);
    let Ok(Ok(mut conversation)) = begun else { panic!("nothing is in its way") };
    for n in 0..INPUTS / 2 {
        for text in [format!("fn f{n}(a, b) {{ a }}"), format!("let v{n} = #{{ id: {n}, plan: \"pro\" }};")] {
            let turn =
                conversation.say(Said::Input { text, reads: Reads::Nothing }, CancellationToken::new());
            let (report, _) = turn.run.finish(CancellationToken::new()).await;
            assert_eq!(report.exit(), Exit::Done);
        }
    }
    conversation
}

/// A script of [`LINES`] lines, in functions of ten; `also` is a line of each.
fn long(also: &str) -> String {
    let function = |n: usize| {
        format!(
            "/// Greets a person, and enters them into a group.\nfn greet_{n}(person, group) {{\n    let traits = #{{ \
             plan: \"pro\", seats: {n}, tags: [\"a\", \"b\"] }};\n    identify_person(person, traits);\n    {also}\n    if \
             person.email != () {{ track_event(person, \"greeted\", #{{ group: group }}); }}\n    \
             add_person_to_group(person, group);\n    [person, group].map(|each| `${{each}} of {n}`)\n}}\n\n"
        )
    };
    let mut script: String = (0..LINES / 10).map(function).collect();
    script.push_str("for person in segment_members(1) { greet_0(person, \"acme\"); }\n");
    script
}

/// Checks a script as `segue check` does, and counts the diagnostics that were drawn.
fn told(script: &str) -> usize {
    let terms = Terms { grants: Grants::everything(), ..Terms::default() };
    let examined = examine(script.to_string(), "bench".to_string(), terms).expect("a thread");
    let look = Look { colour: true, unicode: true, width: 100 };
    let show = |wrong: &Wrong| show(wrong, &examined.sources, look, &Secrets::default());
    examined.findings.faults.iter().map(show).filter(|text| !text.is_empty()).count()
}

fn median(run: &dyn Fn()) -> Duration {
    let mut times: Vec<Duration> = (0..TURNS)
        .map(|_| {
            let begun = Instant::now();
            run();
            begun.elapsed()
        })
        .collect();
    times.sort();
    times[TURNS / 2]
}

/// Answers with pages, one after the other, and accepts everything else.
#[derive(Clone)]
struct Pages(Arc<Served>);

struct Served {
    pages: Vec<Bytes>,
    asked: AtomicU64,
}

impl Pages {
    fn new() -> Pages {
        let person =
            |n: u64| format!(r#"{{"cio_id":"a3{n:07}","id":"u-{n:07}","email":"u-{n:07}@example.com"}}"#);
        let page = |page: u64| {
            let people: Vec<String> = (page * PAGE..(page + 1) * PAGE).map(person).collect();
            let next = if page + 1 < PAGES { (page + 1).to_string() } else { String::new() };
            Bytes::from(format!(r#"{{"identifiers":[{}],"next":"{next}"}}"#, people.join(",")))
        };
        Pages(Arc::new(Served { pages: (0..PAGES).map(page).collect(), asked: AtomicU64::new(0) }))
    }

    /// From the first page again.
    fn begin(&self) -> Pages {
        self.0.asked.store(0, Ordering::Relaxed);
        self.clone()
    }

    fn next(&self) -> Vec<u8> {
        let asked = self.0.asked.fetch_add(1, Ordering::Relaxed);
        self.0.pages[(asked % PAGES) as usize].to_vec()
    }
}

/// Runs a script on an engine whose host does nothing.
fn on_a_host(pages: &Pages, script: &str) {
    let host = Arc::new(pages.begin());
    let script = Script::compile(script, "bench", host, &Sources::default());
    let Ok(script) = script else { panic!("the script compiles") };
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(move || script.run().is_ok());
    assert!(thread.expect("a thread").join().expect("it runs"), "the script ends well");
}

/// Runs a script as `segue run` does, with no network below.
fn in_a_run(runtime: &Runtime, pages: &Pages, script: &str) {
    let (hosts, keys) = (Hosts::at("http://127.0.0.1:1"), Credentials::for_sandbox());
    let transport = Box::new(pages.begin());
    let job = Job {
        text: script.to_string(),
        source: "bench".to_string(),
        arguments: Given::default(),
        client: Client::new(transport, hosts, keys, Limits::default(), Rates::unlimited()),
        terms: Terms { grants: Grants::everything(), ..Terms::default() },
        rejected: None,
        console: Arc::new(Nobody),
    };
    let report = runtime.block_on(async {
        let run = Run::start(job, CancellationToken::new()).expect("a thread");
        run.finish(CancellationToken::new()).await.0
    });
    assert_eq!((report.exit(), report.ledger.total.accepted), (Exit::Done, MEMBERS));
}

struct Nobody;

impl Console for Nobody {
    fn out(&self, _: &str) -> std::io::Result<()> {
        Ok(())
    }

    fn note(&self, _: &str) {}
}

impl Transport for Pages {
    fn send<'a>(
        &'a self,
        wire: Wire<'a>,
    ) -> Pin<Box<dyn Future<Output = Result<Raw, SendError>> + Send + 'a>> {
        let body = match wire.body {
            Some(_) => b"{}".to_vec(),
            None if wire.url.contains("/membership") => self.next(),
            None => DETAILS.to_vec(),
        };
        Box::pin(async move { Ok(Raw { status: 200, body, ..Raw::default() }) })
    }
}

impl Host for Pages {
    fn call(&self, call: Call<'_>) -> Result<Reply, Halt> {
        Ok(match call.tool.effect {
            Effect::Read => Reply::Answer(self.next()),
            _ => Reply::Deferred,
        })
    }

    fn depends(&self, _: &'static Tool, _: Site<'_>) -> Halt {
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

    fn read(&self, _: &str, _: &str) -> Result<String, Halt> {
        Err(Halt::Stopped)
    }

    fn sleep(&self, _: Duration) -> Result<(), Halt> {
        Ok(())
    }

    fn stopped(&self) -> bool {
        false
    }
}
