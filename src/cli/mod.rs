//! The command line: arguments in, exit code out.

mod account;
mod aftermath;
mod check;
mod closed;
mod completions;
mod config;
#[cfg(test)]
mod docs;
mod doctor;
mod dry;
mod explain;
mod format;
mod job;
mod log;
mod look;
mod name;
mod overlap;
mod page;
mod progress;
mod repl;
mod restored;
mod retry;
mod run;
mod said;
mod sandbox;
mod settings;
mod signal;
mod state;
mod summary;
mod terminal;
mod terms;
mod tools;
mod unattended;
mod watch;
mod whose;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue};
use clap::{Args, CommandFactory, Parser, Subcommand, ValueHint};

use crate::fault::{At, Code, Fault, closest};
use crate::policy::{Grants, Most, People, Rates, Rejections};
use crate::run::Exit;
use format::Format;

/// Runs scripts for Customer.io.
#[derive(Parser)]
#[command(name = "segue", version, about = "Runs scripts for Customer.io", arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run a script
    Run(Box<RunArgs>),
    /// Say what is wrong with scripts, without running them
    Check(CheckArgs),
    /// Explore a workspace at a prompt
    Repl(Box<ReplArgs>),
    /// Run a script whenever it is saved, or those of a folder
    Watch(Box<WatchArgs>),
    /// List the tools and the library's modules, or show one
    Tools {
        /// The tool's name in scripts, or its slug; or a module, as std/people, or a function of one
        #[arg(value_parser = tools::ToolName, hide_possible_values = true)]
        name: Option<String>,
    },
    /// Say what a code means, with an example and its repair, or list the codes
    Explain {
        /// The code, as a diagnostic shows it; `segue::` can be left out
        code: Option<String>,
    },
    /// Say which credentials are set and which API answers
    Doctor(DoctorArgs),
    /// Serve the sandbox alone
    Sandbox(SandboxArgs),
    /// Print the completions of a shell
    Completions { shell: clap_complete::Shell },
}

#[derive(Args)]
struct RunArgs {
    /// The script
    #[arg(value_hint = ValueHint::FilePath)]
    script: PathBuf,
    /// The script's arguments
    #[arg(value_name = "NAME=VALUE")]
    arguments: Vec<String>,
    #[command(flatten)]
    bounds: Bounds,
    /// Read for real, and show what would be written in place of writing it
    #[arg(long)]
    dry_run: bool,
    #[arg(long, value_name = "N", value_parser = most, help = max_rejected())]
    max_rejected: Option<Most>,
    /// Write each rejected write to a new file, a line of JSON each, for a script to try again
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    rejected: Option<PathBuf>,
    /// What goes to stderr: words, or an object of JSON on each line
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    unattended: unattended::Unattended,
    #[command(flatten)]
    world: World,
}

#[derive(Args)]
struct ReplArgs {
    /// Evaluate this, print all of its value and end; with `--format json` the value is JSON
    #[arg(long, value_name = "EXPR")]
    eval: Option<String>,
    #[command(flatten)]
    may: May,
    #[arg(long, value_name = "N", value_parser = most, help = max_people())]
    max_people: Option<Most>,
    /// What goes to stderr: words, or an object of JSON on each line
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    world: World,
}

#[derive(Args)]
struct WatchArgs {
    /// The script, or a folder of scripts
    #[arg(value_name = "SCRIPT|DIR", value_hint = ValueHint::AnyPath)]
    path: PathBuf,
    /// The script's arguments; in a folder, each script gets those that it takes
    #[arg(value_name = "NAME=VALUE")]
    arguments: Vec<String>,
    /// Look at the files every half a second: for network file systems, where no change is told
    #[arg(long)]
    poll: bool,
    /// Work on the workspace whose keys there are, at every save; without it runs are in a sandbox of their own
    #[arg(long, conflicts_with_all = ["dry_run", "sandbox", "people"])]
    live: bool,
    /// Read the workspace for real, and show what would be written in place of writing it
    #[arg(long)]
    dry_run: bool,
    /// Use the sandbox that is running at URL, in place of a fresh one for each run
    #[arg(long, value_name = "URL", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    sandbox: Option<String>,
    /// People in the sandbox
    #[arg(long, value_name = "N", conflicts_with = "dry_run")]
    people: Option<usize>,
    /// Use the keys and settings of this profile of segue.toml; what it allows isn't allowed here
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    #[command(flatten)]
    bounds: Bounds,
    #[command(flatten)]
    kept: Kept,
}

/// What a run is bound to.
#[derive(Args)]
struct Bounds {
    #[command(flatten)]
    may: May,
    #[arg(long, value_name = "SHARE", help = share())]
    share: Option<f64>,
    /// A limit of your own in requests a second: app=5, pipelines=200, items=10000 for those in batches
    #[arg(long, value_name = "NAME=RATE", value_delimiter = ',')]
    limit: Vec<String>,
    #[arg(long, value_name = "N", value_parser = most, help = max_people())]
    max_people: Option<Most>,
    /// Write to no other workspace than this one, by its id
    #[arg(long, value_name = "ID", value_parser = clap::value_parser!(u64).range(1..))]
    workspace: Option<u64>,
    /// End the run after so many seconds; what is on its way then gets a few more for its answer
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    time_limit: Option<u64>,
    /// Stop at an answer that isn't just as its tool declares, in place of repairing it
    #[arg(long)]
    strict_answers: bool,
    #[command(flatten)]
    retry: retry::RetryArgs,
}

/// Where Segue keeps what it knows from run to run.
#[derive(Args)]
struct Kept {
    /// The folder for what is kept from run to run, such as which are under way; SEGUE_STATE says the same
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    state: Option<PathBuf>,
}

/// What a run may do.
#[derive(Args)]
struct May {
    /// What a live run may do beyond reading and updating: send, destroy, consent
    #[arg(long, value_name = "EFFECTS", value_delimiter = ',', value_parser = Grants::WORDS)]
    allow: Vec<String>,
    /// Refuse every write, whatever else is allowed
    #[arg(long)]
    read_only: bool,
    /// Never call this tool for the script; it doesn't bind what the run itself asks, such as whether a
    /// broadcast without an answer went out
    #[arg(long, value_name = "TOOL", value_delimiter = ',')]
    deny: Vec<String>,
}

#[derive(Args)]
struct CheckArgs {
    /// The scripts
    #[arg(value_hint = ValueHint::FilePath, required = true)]
    scripts: Vec<PathBuf>,
    #[command(flatten)]
    may: May,
    /// Check them for the sandbox, where everything is allowed
    #[arg(long)]
    sandbox: bool,
    /// Allow what this profile of segue.toml allows
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// What goes to stderr: words, or an object of JSON on each line
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    format: Format,
}

/// What a command runs against.
#[derive(Args)]
struct World {
    /// Use the sandbox: one of its own, or the one that is running at URL
    #[arg(long, value_name = "URL", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    sandbox: Option<String>,
    /// People in the sandbox
    #[arg(long, value_name = "N", requires = "sandbox")]
    people: Option<usize>,
    /// Use the keys and settings of this profile of segue.toml
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
}

#[derive(Args)]
struct DoctorArgs {
    #[command(flatten)]
    world: World,
}

#[derive(Args)]
struct SandboxArgs {
    /// The port on 127.0.0.1; 0 takes any that is free
    #[arg(long, default_value_t = 8787)]
    port: u16,
    /// People in it
    #[arg(long, value_name = "N")]
    people: Option<usize>,
    /// What it is made from: the same number, the same workspace
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
}

/// Runs the command line.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(mut error) => {
            suggest(&mut error);
            let code = if error.use_stderr() { Exit::Usage } else { Exit::Done };
            // Nobody to tell when the screen itself is gone.
            let _ = error.print();
            return exit(code);
        }
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(why) => {
            let _ = writeln!(std::io::stderr(), "segue can't start: {why}");
            return exit(Exit::Failed);
        }
    };
    let code = runtime.block_on(async {
        match cli.command {
            Command::Run(args) => run::run(*args).await,
            Command::Check(args) => check::check(args).await,
            Command::Repl(args) => repl::repl(*args).await,
            Command::Watch(args) => watch::watch(*args).await,
            Command::Tools { name } => tools::tools(name.as_deref()),
            Command::Explain { code } => explain::explain(code.as_deref()),
            Command::Doctor(args) => doctor::doctor(args).await,
            Command::Sandbox(args) => sandbox::sandbox(args).await,
            Command::Completions { shell } => completions::completions(shell),
        }
    });
    // A script that hangs in its own code must not keep the process.
    runtime.shutdown_background();
    exit(code)
}

/// Adds the command that was meant where clap finds none: to it, `rnu` is too far from `run`.
fn suggest(error: &mut clap::Error) {
    let Some(ContextValue::String(given)) = error.get(ContextKind::InvalidSubcommand) else { return };
    let command = Cli::command();
    let names = command.get_subcommands().map(clap::Command::get_name);
    if error.get(ContextKind::SuggestedSubcommand).is_none()
        && let Some(near) = closest(given, names)
    {
        let near = ContextValue::Strings(vec![near.to_string()]);
        error.insert(ContextKind::SuggestedSubcommand, near);
    }
}

fn share() -> String {
    let share = Rates::SHARE;
    format!("The share of Customer.io's limits to use: production lives on the same [default: {share}]")
}

fn max_people() -> String {
    format!(
        "The most people a live run may touch: a number, or `any`; {} where neither the script nor a profile says",
        People::DEFAULT
    )
}

fn max_rejected() -> String {
    format!(
        "Make no further call once more than so many writes were rejected: a number, or `any`; {} where neither the \
         script nor a profile says",
        Rejections::DEFAULT
    )
}

fn most(text: &str) -> Result<Most, &'static str> {
    Most::parse(text).ok_or("it takes a number, or `any`")
}

fn exit(code: Exit) -> ExitCode {
    ExitCode::from(code.code())
}

/// Does `work` that may wait for a disk or a pipe, where it keeps nobody from being told to stop.
///
/// # Errors
/// A fault when it panics.
async fn off_the_way<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Fault> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| Fault::new(Code::Crashed, At::Call, "Segue itself failed while it read a file"))
}

/// Shows a fault that has no place in a script, and says how to exit.
///
/// A key in a place where none belongs, such as a region, isn't shown.
fn refuse(fault: &Fault) -> Exit {
    refuse_in(Format::Text, fault)
}

/// The same in a form that was asked for.
fn refuse_in(format: Format, fault: &Fault) -> Exit {
    let text = format.fault(fault, &settings::secrets());
    let _ = write!(std::io::stderr(), "{text}");
    Exit::of(fault.code.ending())
}

/// Shows what is wrong with the settings, and says how to exit.
fn refuse_settings(invalid: &config::Invalid) -> Exit {
    refuse_settings_in(Format::Text, invalid)
}

/// The same in a form that was asked for.
fn refuse_settings_in(format: Format, invalid: &config::Invalid) -> Exit {
    let text = format.settings(invalid, &settings::secrets());
    let _ = write!(std::io::stderr(), "{text}");
    Exit::of(invalid.code().ending())
}

/// Prints what a command was asked for; a reader that went away is no failure.
fn print(text: &str) -> Exit {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Exit::Done,
        Err(why) if why.kind() == std::io::ErrorKind::BrokenPipe => Exit::Done,
        Err(_) => Exit::Failed,
    }
}
