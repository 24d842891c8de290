//! Scripts that run when they are saved.
//!
//! What is decided is decided in `plan`, from files and the clock; `hint` and `quiet` say what an event means and when
//! a change is whole, and `view` what is drawn. The rest acts.

mod eyes;
mod find;
mod folders;
mod hint;
pub mod keys;
mod plan;
mod quiet;
mod stage;
mod stamp;
mod turn;
mod view;

use std::path::PathBuf;
use std::sync::Arc;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::policy::Signal;

pub use stage::{Plain, Screen, Stage, Tail};
pub use turn::watch;
pub use view::Where;

/// What is watched.
#[derive(Clone, Debug)]
pub struct Target {
    /// The folder that the command was given in: paths count from there.
    pub here: PathBuf,
    /// A script, or a folder of scripts.
    pub path: PathBuf,
    pub folder: bool,
    /// The places of `segue.toml`, whether or not one is there.
    pub settings: Vec<PathBuf>,
    /// Whether files are only looked at, and the system isn't asked to tell.
    pub poll: bool,
}

/// What somebody asks of the watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// To run the last script again.
    Again,
    /// To end it, as it was meant to end.
    Leave,
    /// To end it from outside.
    Stop(Signal),
    /// To draw the screen anew.
    Redraw,
}

/// Who runs scripts.
pub trait Runs: Send + Sync + 'static {
    /// Begins to run `script`, in a world of its own.
    fn start(&self, script: PathBuf) -> Run;

    /// The files that `script` is made from; nothing of it runs. It may take a while.
    fn reads(&self, script: PathBuf) -> Vec<PathBuf>;
}

/// A run that was begun.
pub struct Run {
    /// Ends it between two calls; what is on the wire is still waited for.
    pub stop: CancellationToken,
    /// Ends that wait too.
    pub hurry: CancellationToken,
    /// The files it has used so far.
    pub files: Arc<dyn Fn() -> Vec<PathBuf> + Send + Sync>,
    /// How far it is, in at most so many columns.
    pub progress: Box<dyn FnMut(usize) -> Option<String> + Send>,
    pub done: JoinHandle<Told>,
}

/// What became of a run.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// Whether it did all that it was to do.
    pub good: bool,
    /// Whether it gave way to the same run elsewhere.
    pub skipped: bool,
    /// Whether the script can't run by itself, and was left alone.
    pub module: bool,
    /// Whether there is nobody left who reads its output.
    pub closed: bool,
    /// Whether it has called a tool.
    pub called: bool,
    /// Whether something may have been sent that nobody knows of: to run again might send it twice.
    pub doubt: bool,
    /// Whether it was stopped before its end.
    pub interrupted: bool,
    /// What is wrong, drawn at its lines.
    pub diagnostics: String,
    /// The last lines of the run.
    pub summary: String,
}
