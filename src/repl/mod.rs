//! The prompt: a conversation with a workspace, input by input.

mod command;
pub mod complete;
pub mod curl;
mod editor;
pub mod hint;
pub mod paint;
pub mod help;
mod line;
mod pieces;
pub mod save;
pub mod show;
mod spot;
pub mod whole;

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::engine::{Failure, Sources, Wrong};
use crate::fault::counted;
use crate::outbox::Total;
use crate::run::{Conversation, Ended, Exit, Known, Report, Session, Terms, Turn};
use command::{Command, Then};
pub use editor::Editor;
pub use pieces::Pieces;

/// Where inputs come from.
pub trait Input: Send {
    /// Waits for the next input. `known` helps whoever types it.
    fn next(&mut self, prompt: &str, known: &Known) -> Typed;

    /// Whether somebody types them, who goes on after what failed.
    fn typed(&self) -> bool;

    /// Whether the value of each is shown.
    fn shows(&self) -> bool;
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
pub trait Screen: Send + Sync {
    /// An input begins to run.
    fn begins(&self, session: &Arc<Session>);

    /// It has ended; all that it printed is there before anything else is told.
    fn ended(&self) -> impl Future<Output = ()> + Send;

    /// Our words, in characters that the screen has.
    fn words(&self, text: &str) -> String;

    /// Something that was asked for, with a line break at its end.
    fn print(&self, text: &str);

    /// Words for the person who watches, likewise.
    fn tell(&self, text: &str);

    fn wrong(&self, wrong: &Wrong, sources: &Sources);

    /// What became of writes that weren't accepted.
    fn unaccepted(&self, report: &Report, sources: &Sources);
}

/// Gives each input that runs what stops it: the first token at the first Ctrl-C, the second at the next.
pub trait Interrupts: Send + Sync {
    fn begins(&self) -> (CancellationToken, CancellationToken);

    fn ended(&self);
}

/// Goes on until the input ends, or `:quit`; what isn't typed ends at its first failure. Says how to exit.
pub async fn talk<S: Screen>(
    mut conversation: Conversation,
    mut input: Box<dyn Input>,
    screen: Arc<S>,
    interrupts: &dyn Interrupts,
) -> Exit {
    loop {
        let prompt = screen.words(&prompt(conversation.terms()));
        let known = conversation.known().clone();
        let asked = tokio::task::spawn_blocking(move || {
            let typed = input.next(&prompt, &known);
            (input, typed)
        });
        // A reader that failed can't be asked again.
        let Ok((back, typed)) = asked.await else { return Exit::Failed };
        input = back;
        let text = match typed {
            Typed::Text(text) if text.trim().is_empty() => continue,
            Typed::Text(text) => text,
            Typed::Nothing => continue,
            Typed::End => {
                if input.typed() {
                    screen.tell("\n");
                }
                return Exit::Done;
            }
        };
        let exit = match Command::read(&text) {
            None => say(&mut conversation, text, input.shows(), &*screen, interrupts).await,
            Some(Err(wrong)) => {
                screen.tell(&wrong);
                Exit::Usage
            }
            Some(Ok((command, rest))) => match command.then(rest) {
                Then::Leave => return Exit::Done,
                Then::Print(text) => {
                    screen.print(&text);
                    Exit::Done
                }
                Then::Say(text) => say(&mut conversation, text, true, &*screen, interrupts).await,
                Then::Refuse(why) => {
                    screen.tell(&why);
                    Exit::Usage
                }
            },
        };
        if exit != Exit::Done && !input.typed() {
            return exit;
        }
    }
}

/// Runs one input to its end, with its writes delivered, and shows what it came to.
async fn say<S: Screen>(
    conversation: &mut Conversation,
    text: String,
    shown: bool,
    screen: &S,
    interrupts: &dyn Interrupts,
) -> Exit {
    let (stop, hurry) = interrupts.begins();
    let Turn { run, mut value } = conversation.say(text, stop);
    screen.begins(&run.session);
    let (report, sources) = run.finish(hurry).await;
    screen.ended().await;
    interrupts.ended();
    if let Ok(value) = value.try_recv()
        && shown
        && !value.is_unit()
    {
        screen.print(&format!("{value}\n"));
    }
    match &report.ended {
        Ended::Failed(Failure::Script(wrong)) => screen.wrong(wrong, &sources),
        Ended::Failed(Failure::Stopped) | Ended::Interrupted => screen.tell("interrupted\n"),
        Ended::OutputClosed(why) => screen.tell(&format!("the output can't be written: {why}\n")),
        Ended::Depends { tool, place } => screen.tell(&format!(
            "stopped{}: what follows there depends on the answer of `{tool}`, which is held back\n",
            place.behind()
        )),
        Ended::Done => {}
    }
    screen.unaccepted(&report, &sources);
    if let Some(counts) = counts(&report.ledger.total) {
        screen.tell(&format!("{counts}\n"));
    }
    report.exit()
}

/// What became of an input's writes; `None` where it had none.
fn counts(total: &Total) -> Option<String> {
    let Total { accepted, rejected, in_doubt, open, undelivered, .. } = *total;
    let all = accepted + rejected + in_doubt + open + undelivered;
    let counts = [
        (accepted, "accepted"),
        (rejected, "rejected"),
        (undelivered, "not delivered"),
        (open, "may have arrived"),
        (in_doubt, "in doubt"),
    ];
    let counts: Vec<String> =
        counts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
    (all > 0).then(|| format!("{}: {}", counted(all, "write"), counts.join(", ")))
}

/// Where one is: `sandbox › `, `acme-prod live › `, `acme-prod read-only › `.
fn prompt(terms: &Terms) -> String {
    if terms.sandbox() {
        return "sandbox › ".to_string();
    }
    let how = if terms.grants.read_only { "read-only" } else { "live" };
    match &terms.profile {
        Some(profile) => format!("{profile} {how} › "),
        None => format!("{how} › "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Grants;

    #[test]
    fn the_prompt_says_where_one_is() {
        let terms = |all, read_only, profile: Option<&str>| Terms {
            grants: Grants { all, read_only, ..Grants::default() },
            profile: profile.map(str::to_string),
            ..Terms::default()
        };
        for (terms, words) in [
            (terms(true, false, None), "sandbox › "),
            (terms(true, false, Some("acme")), "sandbox › "),
            (terms(false, false, None), "live › "),
            (terms(false, false, Some("acme-prod")), "acme-prod live › "),
            (terms(false, true, None), "read-only › "),
            (terms(false, true, Some("acme-prod")), "acme-prod read-only › "),
        ] {
            assert_eq!(prompt(&terms), words);
        }
    }

    #[test]
    fn an_input_says_what_became_of_its_writes() {
        assert_eq!(counts(&Total::default()), None);
        let one = Total { accepted: 1, ..Total::default() };
        assert_eq!(counts(&one).as_deref(), Some("1 write: 1 accepted"));
        let several = Total { accepted: 5, rejected: 2, open: 1, undelivered: 3, ..Total::default() };
        assert_eq!(
            counts(&several).as_deref(),
            Some("11 writes: 5 accepted, 2 rejected, 3 not delivered, 1 may have arrived")
        );
    }
}
