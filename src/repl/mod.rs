//! The prompt: a conversation with a workspace, input by input.

mod ask;
pub mod command;
pub mod complete;
pub mod curl;
mod editor;
mod files;
pub mod help;
pub mod hint;
mod hold;
mod line;
pub mod paint;
mod pieces;
mod prompt;
mod reader;
pub mod save;
pub mod show;
mod spot;
pub mod whole;

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::api::{Client, Hosts};
use crate::engine::{Shown, Sources, Wrong};
use crate::fault::Fault;
use crate::request::Secrets;
use crate::run::{Conversation, DryRun, Exit, Known, Report, Session, Terms};
use command::Command;
pub use editor::Editor;
use help::Pages;
pub use pieces::Pieces;
use prompt::{Next, Prompt};
pub use reader::Reader;

/// Where inputs come from.
pub trait Input: Send {
    /// Waits for the next input. `known` helps whoever types it.
    fn next(&mut self, prompt: &str, known: &Known) -> Typed;

    /// Waits for the answer to a question.
    fn answer(&mut self, prompt: &str) -> Typed;

    /// Whether somebody types them, who goes on after what failed.
    fn typed(&self) -> bool;

    /// How much of the value of each is shown.
    fn shows(&self) -> Shows;
}

/// How much of a value is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shows {
    Nothing,
    /// What fits a screen.
    First,
    All,
}

/// What an input source gave.
#[derive(Debug, PartialEq, Eq)]
pub enum Typed {
    /// A whole input, or several lines that were pasted at once.
    Text(String),
    /// A line that was given up.
    Nothing,
    End,
}

/// Where it is shown what inputs came to.
pub trait Screen: Send + Sync + 'static {
    /// An input begins to run.
    fn begins(&self, session: &Arc<Session>);

    /// It has ended; all that it printed is there before anything else is told.
    fn ended(&self) -> impl Future<Output = ()> + Send;

    /// Our words, in characters that the screen has.
    fn words(&self, text: &str) -> String;

    /// A value in the lines that stand for it, secrets taken out.
    fn value(&self, value: Shown, shows: Shows) -> String;

    /// The columns that a page has.
    fn columns(&self) -> usize;

    /// Something that was asked for, with a line break at its end.
    fn print(&self, text: &str);

    /// Words for the person who watches, likewise.
    fn tell(&self, text: &str);

    /// What is wrong with what was said, without a place in it.
    fn fault(&self, fault: &Fault);

    /// Writes that are held, as they would go out.
    fn pending(&self, held: &DryRun, hosts: &Hosts) -> String;

    fn wrong(&self, wrong: &Wrong, sources: &Sources);

    /// What became of writes that weren't accepted.
    fn unaccepted(&self, report: &Report, sources: &Sources);

    /// What is written nowhere.
    fn secrets(&self) -> &Secrets;
}

/// Gives each input that runs what stops it: the first token at the first Ctrl-C, the second at the next.
pub trait Interrupts: Send + Sync {
    fn begins(&self) -> (CancellationToken, CancellationToken);

    fn ended(&self);
}

/// The workspaces that one can go to.
pub trait Profiles: Send + Sync {
    /// Their names.
    fn names(&self) -> Vec<String>;

    /// What a conversation there goes on with; `None` where it can't be, which has been told.
    fn enter(&self, name: &str) -> impl Future<Output = Option<(Client, Terms)>> + Send;
}

/// What a conversation has around it.
pub struct Around<'a, S, P> {
    pub screen: Arc<S>,
    pub interrupts: &'a dyn Interrupts,
    pub profiles: &'a P,
    pub pages: Pages,
}

/// Goes on until the input ends, or `:quit`; what isn't typed ends at its first failure. Says how to exit.
pub async fn talk<S: Screen, P: Profiles>(
    conversation: Conversation,
    reader: Reader,
    around: Around<'_, S, P>,
) -> Exit {
    let mut prompt = Prompt::new(conversation, reader, around);
    loop {
        let text = match prompt.next().await {
            Typed::Text(text) if text.trim().is_empty() => continue,
            Typed::Text(text) => text,
            Typed::Nothing => continue,
            Typed::End => match prompt.leaves() {
                Some(exit) => return exit,
                None => continue,
            },
        };
        let exit = match Command::read(&text) {
            None => prompt.say(text).await,
            Some(Err(fault)) => prompt.refuse(&fault),
            Some(Ok(then)) => match prompt.follow(then).await {
                Next::Leave(exit) => return exit,
                Next::Go(exit) => exit,
            },
        };
        if exit != Exit::Done && !prompt.typed() {
            return prompt.unfinished(exit);
        }
    }
}
