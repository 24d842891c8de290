//! A conversation: each input is a run of its own, with its own stop and its own account, on what the inputs
//! before it left.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::arguments::Given;
use super::confirm::{Questions, askable};
use super::known::{Known, Learned};
use super::listener::Listener;
use super::live::{banner, mixed};
use super::preview::Preview;
use super::report::Report;
use super::session::{Console, Session};
use super::terms::Terms;
use super::withheld::DryRun;
use super::{Run, bounds, check, crashed, credentials};
use crate::api::Client;
use crate::engine::scan::whole;
use crate::engine::{Failure, Input, LAST, STACK, Shown, Sources, Talk};
use crate::fault::Fault;

/// A conversation that has begun.
pub struct Conversation {
    sources: Sources,
    terms: Terms,
    /// That of the last input, which the next goes on from.
    last: Arc<Session>,
    thread: Sender<Asked>,
    known: Known,
}

/// What is said in a conversation.
#[derive(Clone, Debug)]
pub enum Said {
    /// An input. What it leaves is there for the next.
    Input { text: String, reads: Reads },
    /// A script from a file, likewise, with the arguments that it and those after it are given.
    Script { text: String, file: String, arguments: Given, reads: Reads },
    /// Of what type the value of a text is. It is run, and leaves everything as it was.
    Type(String),
    /// Which requests a text makes. It is run, but none is sent, and it leaves everything as it was.
    Requests(String),
    /// All of the last value.
    Last,
    /// To send what is held.
    Held,
}

/// How much of a value somebody wants to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reads {
    /// Nobody sees it.
    Nothing,
    /// So many items of each array and sequence, unless a semicolon ends the input.
    First(usize),
    /// Likewise, and all of them.
    All,
}

/// An input on its way.
pub struct Turn {
    pub run: Run,
    /// Gets what it gave, if the input itself came to its end.
    pub gave: oneshot::Receiver<Gave>,
    /// The requests that were kept back; of an input that only asks for them.
    pub requests: Option<Arc<Preview>>,
}

/// What an input gave.
#[derive(Clone, Debug, Default)]
pub struct Gave {
    /// Whether its value is the last one now.
    pub value: bool,
    /// The value as far as it was asked for; none where nobody sees it.
    pub shown: Option<Shown>,
}

/// What is asked of the script's thread.
enum Asked {
    Turn(Box<Heard>),
    /// To forget all that inputs left.
    Forget,
    /// To read modules again.
    ForgetModules,
}

/// Something that was said, as the script's thread gets it.
struct Heard {
    said: Said,
    session: Arc<Session>,
    /// What was said before it.
    before: Arc<Session>,
    requests: Option<Arc<Preview>>,
    gave: oneshot::Sender<Gave>,
    done: oneshot::Sender<Result<(), Failure>>,
}

impl Conversation {
    /// Starts the thread that inputs run on; call it within a runtime.
    ///
    /// # Errors
    /// A fault where nothing may be sent to the client's hosts.
    pub fn begin(
        client: Client,
        terms: Terms,
        console: Arc<dyn Console>,
        questions: Option<Questions>,
    ) -> Result<std::io::Result<Conversation>, Fault> {
        let terms = asking(terms, questions.as_ref());
        welcome(&client, &terms, &*console)?;
        let last = idle(client, &terms, console, questions, 0);
        let listener = Arc::new(Listener::new(last.clone()));
        let sources = Sources::default();
        let (thread, inputs) = channel();
        let kept = sources.clone();
        let learned = Learned::default();
        let known = Known::new(last.client.clone(), &terms.grants, learned.clone());
        let started = std::thread::Builder::new()
            .name("script".into())
            .stack_size(STACK)
            .spawn(move || listen(Talk::new(listener.clone(), &kept), &listener, &inputs, &learned));
        Ok(started.map(|_| Conversation { sources, terms, last, thread, known }))
    }

    /// The texts of the inputs, for diagnostics.
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    pub fn terms(&self) -> &Terms {
        &self.terms
    }

    /// What is known to whoever types the next input.
    pub fn known(&self) -> &Known {
        &self.known
    }

    /// The session of the last input.
    pub fn last(&self) -> &Session {
        &self.last
    }

    /// Goes on in another workspace, with all that the inputs so far left. What a sequence has yet to read is read
    /// there.
    ///
    /// # Errors
    /// A fault where nothing may be sent to the client's hosts; then one is where one was.
    pub fn enter(&mut self, client: Client, terms: Terms) -> Result<(), Fault> {
        let (console, questions) = (self.last.console.clone(), self.last.questions.clone());
        let terms = Terms { holds: self.terms.holds, ..asking(terms, questions.as_ref()) };
        welcome(&client, &terms, &*console)?;
        self.last = idle(client, &terms, console, questions, self.last.workspace + 1);
        self.terms = terms;
        self.known = self.known.of(self.last.client.clone(), &self.terms.grants);
        Ok(())
    }

    /// Whether writes are held from now on.
    pub fn hold(&mut self, holds: bool) {
        self.terms.holds = holds;
    }

    /// How many writes are held.
    pub fn held(&self) -> usize {
        self.last.pending().len()
    }

    /// What is held, as it would go out.
    pub fn pending(&self) -> DryRun {
        self.last.pending().account(&self.last)
    }

    /// Drops what is held.
    pub fn discard(&mut self) {
        drop(std::mem::take(&mut *self.last.pending()));
    }

    /// Holds those writes of the last turn again that were to be sent and never were, as its account says.
    pub fn put_back(&self, report: &Report) -> usize {
        self.last.put_back(&report.ledger.left)
    }

    /// Forgets the variables, functions and imports of all inputs.
    pub fn forget(&self) {
        // A thread that is gone says so at the next input.
        let _ = self.thread.send(Asked::Forget);
    }

    /// Has modules read again where they are imported next.
    pub fn forget_modules(&self) {
        let _ = self.thread.send(Asked::ForgetModules);
    }

    /// Begins with what is said. Cancelling `stop` ends it, as it ends a run; the next is heard once this has come
    /// to its end.
    pub fn say(&mut self, said: Said, stop: CancellationToken) -> Turn {
        let requests = matches!(said, Said::Requests(_)).then(Arc::<Preview>::default);
        // Nothing is written where nothing is sent.
        let dry_run = self.terms.dry_run || requests.is_some();
        let holds = self.terms.holds && !matches!(said, Said::Held);
        let mut session = Session::after(&self.last, Terms { dry_run, holds, ..self.terms.clone() }, stop);
        if let Said::Script { arguments, .. } = &said {
            session.arguments = arguments.clone();
        }
        let session = Arc::new(session);
        let before = std::mem::replace(&mut self.last, session.clone());
        let (tell, gave) = oneshot::channel();
        let (end, done) = oneshot::channel();
        let heard = Heard {
            said,
            session: session.clone(),
            before,
            requests: requests.clone(),
            gave: tell,
            done: end,
        };
        // A thread that is gone drops it, which says that it crashed.
        let _ = self.thread.send(Asked::Turn(Box::new(heard)));
        let bounds = tokio::spawn(bounds::watch(session.clone(), self.terms.time_limit));
        Turn {
            run: Run { session, sources: self.sources.clone(), done, bounds, prompt: true },
            gave,
            requests,
        }
    }
}

/// Says where a conversation goes on.
///
/// # Errors
/// A fault where nothing may be sent there.
fn welcome(client: &Client, terms: &Terms, console: &dyn Console) -> Result<(), Fault> {
    if terms.sandbox() {
        return Ok(());
    }
    console.note(&banner(terms, &client.hosts));
    mixed(&client.hosts).map_or(Ok(()), Err)
}

/// The terms where somebody is asked for each call that needs a grant.
fn asking(terms: Terms, questions: Option<&Questions>) -> Terms {
    match questions {
        Some(_) => Terms { grants: askable(&terms.grants), ..terms },
        None => terms,
    }
}

/// What the first input goes on from: nothing runs in it.
fn idle(
    client: Client,
    terms: &Terms,
    console: Arc<dyn Console>,
    questions: Option<Questions>,
    workspace: u64,
) -> Arc<Session> {
    let stop = CancellationToken::new();
    let runtime = Handle::current();
    let mut first =
        Session::new(client, Given::default(), terms.clone(), console, runtime, stop.clone(), None);
    first.questions = questions;
    first.workspace = workspace;
    stop.cancel();
    Arc::new(first)
}

/// Hears what is said until nothing further can come.
fn listen(mut talk: Talk, listener: &Listener, asked: &Receiver<Asked>, learned: &Learned) {
    learned.learn(talk.names());
    for asked in asked {
        let heard = match asked {
            Asked::Turn(heard) => heard,
            Asked::Forget => {
                talk.forget();
                learned.learn(talk.names());
                continue;
            }
            Asked::ForgetModules => {
                talk.forget_modules();
                continue;
            }
        };
        let Heard { said, session, before, requests, gave, done } = *heard;
        // Not before: one that was left behind may still count.
        session.take_over(&before);
        drop(before);
        // Not before: one that was left behind goes on asking its own session, which tells it to stop.
        listener.turn(session.clone(), requests);
        // An input that fails in Segue itself leaves everything as it was, too.
        let hear = std::panic::AssertUnwindSafe(|| hear(&mut talk, &said, &session, gave));
        let result = std::panic::catch_unwind(hear);
        session.keep_held(matches!(result, Ok(Ok(()))));
        // Before its end is told: the next is typed with it.
        learned.learn(talk.names());
        // Nobody listens when the process is already on its way out.
        let _ = done.send(result.unwrap_or_else(|_| Err(Failure::plain(crashed()))));
    }
}

/// Does what was said, and tells what it gave. A value that can't be read is told as an error of its input, which
/// was done all the same.
fn hear(
    talk: &mut Talk,
    said: &Said,
    session: &Arc<Session>,
    gave: oneshot::Sender<Gave>,
) -> Result<(), Failure> {
    let (text, file, reads) = match said {
        Said::Input { text, reads } => (text, None, *reads),
        Said::Script { text, file, reads, .. } => (text, Some(file.as_str()), *reads),
        Said::Type(text) | Said::Requests(text) => (text, None, Reads::Nothing),
        Said::Last => {
            let last = talk.last();
            let shown = last.map(|last| talk.shown(&last, None, LAST)).transpose()?;
            // Whoever asked is gone where nobody receives it, here as below.
            let _ = gave.send(Gave { value: false, shown });
            return Ok(());
        }
        Said::Held => return session.send_held(),
    };
    let input = sound(talk, text, file, session, matches!(said, Said::Requests(_)))?;
    match said {
        Said::Requests(_) => {
            let value = talk.ask(&input)?;
            // A sequence asks for its first page once somebody looks at it.
            talk.shown(&value, Some(1), &input.source)?;
        }
        Said::Type(_) => {
            let value = talk.ask(&input)?;
            let shown = Some(Shown::Other(talk.type_of(&value)));
            let _ = gave.send(Gave { value: false, shown });
        }
        _ => {
            let value = talk.say(&input)?;
            let most = match reads {
                Reads::First(most) => Some(Some(most)),
                Reads::All => Some(None),
                Reads::Nothing => None,
            };
            let most = most.filter(|_| (!value.is_unit() || reads == Reads::All) && !silent(text));
            let shown = most.map(|most| talk.shown(&value, most, &input.source)).transpose();
            let of = |shown| Gave { value: !value.is_unit(), shown };
            let (told, result) = match shown {
                Ok(shown) => (of(shown), Ok(())),
                Err(failure) => (of(None), Err(failure)),
            };
            let _ = gave.send(told);
            result?;
        }
    }
    Ok(())
}

/// Whether a semicolon ends a text, so that nobody wants its value.
fn silent(text: &str) -> bool {
    whole(text).tokens.last().is_some_and(|token| &text[token.span.clone()] == ";")
}

/// Reads an input and checks it, as a script is: nothing of one that isn't sound is run. `keyless` says that it needs
/// no key.
///
/// # Errors
/// What is wrong with it.
fn sound(
    talk: &mut Talk,
    text: &str,
    file: Option<&str>,
    session: &Arc<Session>,
    keyless: bool,
) -> Result<Input, Failure> {
    let input = talk.read(text, file)?;
    let found = check::check(talk.check(&input), &input.survey, text, &input.source, session.terms());
    session.limit_input(&found.header);
    if let Some(failure) = Failure::of(found.faults, found.left) {
        return Err(failure);
    }
    if let Some(file) = file
        && let Some(fault) = session.arguments().check(file, &found.takes)
    {
        return Err(Failure::plain(fault));
    }
    let missing = if keyless { vec![] } else { credentials(session, &input.survey) };
    match missing.is_empty() {
        true => Ok(input),
        false => Err(Failure::several(missing)),
    }
}
