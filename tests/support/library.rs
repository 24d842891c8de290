//! A run within the test's own process, for what the command line can't set or doesn't tell.

use std::sync::{Arc, Mutex};

use segue::api::{Client, Credentials, Hosts, Http};
use segue::policy::{Grants, Limits, Rates};
use segue::run::{Console, Given, Job, Report, Run, Terms};
use tokio_util::sync::CancellationToken;

/// Keeps what a script prints and is told.
#[derive(Default)]
pub struct Heard(Mutex<Vec<String>>);

impl Console for Heard {
    fn out(&self, line: &str) -> std::io::Result<()> {
        self.0.lock().unwrap().push(line.to_string());
        Ok(())
    }

    fn note(&self, line: &str) {
        self.0.lock().unwrap().push(line.to_string());
    }
}

/// A run of `script` against the server at `url`, which has begun.
pub fn begin(url: &str, script: &str, limits: Limits, console: Arc<dyn Console>) -> Run {
    let hosts = Hosts::at(url);
    let http = Box::new(Http::new(&hosts).expect("a client"));
    let job = Job {
        text: script.to_string(),
        source: "script.rhai".to_string(),
        arguments: Given::default(),
        client: Client::new(http, hosts, Credentials::for_sandbox(), limits, Rates::unlimited()),
        terms: Terms { grants: Grants::everything(), ..Terms::default() },
        rejected: None,
        console,
    };
    Run::start(job, CancellationToken::new()).expect("a thread")
}

/// Runs `script` against the server at `url`, and gives back its account and what it printed.
pub async fn run_here(url: &str, script: &str, limits: Limits) -> (Report, Vec<String>) {
    let heard = Arc::new(Heard::default());
    let run = begin(url, script, limits, heard.clone());
    let (report, _) = run.finish(CancellationToken::new()).await;
    let heard = std::mem::take(&mut *heard.0.lock().unwrap());
    (report, heard)
}
