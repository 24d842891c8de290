//! The main job end to end, beside a client that does the same and nothing else: `benches/README.md`.
//!
//! This program conducts. It serves the lean sandbox itself, on one thread, and starts everything that is
//! measured as a process of its own, under a meter: this same program in another role.

mod cases;
mod client;
mod meter;
mod table;

use cases::{CASES, Case, Work};
use clap::Parser;
use meter::Usage;
use segue::api::Hosts;
use segue::api::KeyName;
use segue::sandbox::lean::{Counts, Lean, Options};
use segue::spec::Api;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};
use std::time::{Duration, UNIX_EPOCH};
use table::Turn;
use tokio::process::Command;

/// The longest that one process may take.
const LONGEST: Duration = Duration::from_secs(900);

/// Measures `segue run` beside a client at the practical limit.
#[derive(Parser)]
#[command(name = "main_job")]
struct Arguments {
    /// Members of the segment; calls that can't travel together are made for a fiftieth of them
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(50..=10_000_000))]
    members: u32,
    /// How often each job is done by both, in turns
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    turns: u32,
    /// What each answer takes longer, in place of what the job says
    #[arg(long)]
    latency_ms: Option<u64>,
    /// Only these jobs
    #[arg(long, value_delimiter = ',', value_parser = CASES.map(|case| case.name))]
    only: Vec<String>,
    /// Measure this binary and not the one that was built with the benchmark
    #[arg(long, default_value = env!("CARGO_BIN_EXE_segue"))]
    segue: PathBuf,
    /// Put the table into benches/README.md, too
    #[arg(long)]
    write: bool,
    /// What cargo says to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let result = match arguments.split_first() {
        Some((role, command)) if role == meter::ROLE => meter::measure(command),
        Some((role, job)) if role == client::ROLE => client::work(job),
        _ => conduct(&Arguments::parse()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn conduct(arguments: &Arguments) -> Result<(), String> {
    // The one worker serves, so that the server takes one core at most.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.map_err(|why| format!("no runtime: {why}"))?;
    let segue = arguments.segue.canonicalize();
    let segue = segue.map_err(|why| format!("{}: {why}", arguments.segue.display()))?;
    let mut rows = vec![];
    for case in &CASES {
        if !arguments.only.is_empty() && !arguments.only.iter().any(|name| name == case.name) {
            continue;
        }
        let latency = arguments.latency_ms.map_or(case.latency, Duration::from_millis);
        let case = Case { latency, ..*case };
        let mut turns = vec![];
        for n in 1..=arguments.turns {
            let turn = runtime.block_on(turn(&case, arguments.members as usize, &segue))?;
            eprintln!("{} {n}/{}: {turn}", case.name, arguments.turns);
            turns.push(turn);
        }
        rows.push((case, turns));
    }
    let table = table::table(&rows, arguments.members, arguments.turns);
    print!("{table}");
    if arguments.write { table::write(&table) } else { Ok(()) }
}

/// Both do the job, one after the other, each with a server that has seen nothing yet.
async fn turn(case: &Case, members: usize, segue: &Path) -> Result<Turn, String> {
    let members = case.work.members(members);
    let client = match case.work.client() {
        Some(job) => {
            // What the limits allow is reckoned: the client knows nothing of pace.
            let options = Options { limited: false, ..case.options(members) };
            Some(done("the client", case, options, |url| {
                let own = std::env::current_exe().map_err(|why| why.to_string())?;
                let mut command = vec![own.display().to_string(), client::ROLE.to_string()];
                command.extend([job.to_string(), url.to_string()]);
                Ok((command, vec![]))
            }))
        }
        None => None,
    };
    let client = match client {
        Some(client) => Some(client.await?),
        None => None,
    };
    let segue = done("segue", case, case.options(members), |url| {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join(case.script);
        let mut command = vec![segue.display().to_string(), "run".into(), script.display().to_string()];
        command.extend(case.arguments().into_iter().map(String::from));
        let keys = KeyName::ALL.map(|key| (key.variable(), "made-up".to_string()));
        let urls = Api::ALL.map(|api| (Hosts::variable(api), url.to_string()));
        Ok((command, keys.into_iter().chain(urls).collect()))
    });
    Ok(Turn { members, client, segue: segue.await? })
}

/// A process's use of the machine, and what the server saw of it.
pub struct Done {
    pub usage: Usage,
    pub counts: Counts,
    /// From the start of the process to its first request, in seconds.
    pub first: f64,
}

type Started = (Vec<String>, Vec<(&'static str, String)>);

/// Runs what `command` says for the server's address, and holds that everything arrived.
async fn done(
    who: &str,
    case: &Case,
    options: Options,
    command: impl Fn(&str) -> Result<Started, String>,
) -> Result<Done, String> {
    let failed = |why: String| format!("{}: {who}: {why}", case.name);
    let members = options.members as u64;
    let lean = Lean::start(options).await.map_err(|why| failed(why.to_string()))?;
    let (command, environment) = command(&lean.url()).map_err(failed)?;
    let usage = metered(&command, environment).await.map_err(failed)?;
    let counts = lean.counts();
    let arrived = match case.work {
        Work::Groups => counts.pairs == members && counts.message_ids == members,
        Work::Suppressions => counts.suppressed == members,
        Work::Read => true,
    };
    if !arrived || counts.invalid > 0 {
        return Err(failed(format!("of {members} not all arrived, or not in order: {counts:?}")));
    }
    let first = counts.first.and_then(|first| first.duration_since(UNIX_EPOCH).ok());
    let first = first.ok_or_else(|| failed("it sent no request".into()))?.as_secs_f64() - usage.started;
    Ok(Done { usage, counts, first })
}

/// Runs a command under the meter, in a folder and an environment of its own.
async fn metered(command: &[String], environment: Vec<(&str, String)>) -> Result<Usage, String> {
    let text = |why: std::io::Error| why.to_string();
    let home = tempfile::tempdir().map_err(text)?;
    let mut meter = Command::new(std::env::current_exe().map_err(text)?)
        .arg(meter::ROLE)
        .args(command)
        .current_dir(&home)
        .env_clear()
        .env("HOME", home.path())
        .envs(environment)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(text)?;
    // When this is closed, also because this process is gone, the meter ends what it measures.
    let held = meter.stdin.take();
    let output = tokio::time::timeout(LONGEST, meter.wait_with_output()).await;
    drop(held);
    let output = output.map_err(|_| format!("it took longer than {} s", LONGEST.as_secs()))?.map_err(text)?;
    let said = String::from_utf8_lossy(&output.stderr);
    match serde_json::from_slice::<Usage>(&output.stdout) {
        Ok(usage) if usage.code == Some(0) => Ok(usage),
        Ok(usage) => Err(format!("it ended with {:?}\n{said}", usage.code)),
        Err(_) => Err(said.into_owned()),
    }
}
