//! One prompt: what is said at it, and what that comes to.

use tokio_util::sync::CancellationToken;

use super::command::{Command, Then, invalid, list};
use super::hold::{held_here, unsent};
use super::save::Accepted;
use super::show::FIRST;
use super::{Around, Profiles, Reader, SANDBOX, Screen, Shows, Typed, curl, help};
use crate::engine::{Failure, Shown};
use crate::fault::{Fault, counted, time_in_words};
use crate::outbox::Total;
use crate::run::{Conversation, Ended, Exit, Given, Reads, Report, Requests, Said, Terms, Turn};

/// As many lines are written before it is looked whether somebody has had enough.
const LINES: usize = 200;

/// A conversation, and what was said in it so far.
pub struct Prompt<'a, S, P> {
    pub(super) conversation: Conversation,
    pub(super) reader: Reader,
    pub(super) around: Around<'a, S, P>,
    /// Whether it was told, at the last input, that writes are held.
    warned: bool,
    /// The inputs that were done.
    pub(super) accepted: Vec<Accepted>,
    /// The script that was loaded last, and its arguments.
    pub(super) loaded: Option<(String, Given)>,
    /// What became of the writes of all inputs.
    total: Total,
}

/// What is done behind a command.
pub enum Next {
    Go(Exit),
    Leave(Exit),
}

/// What is shown of an input beside its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Besides {
    Nothing,
    Time,
}

impl<'a, S: Screen, P: Profiles> Prompt<'a, S, P> {
    pub fn new(conversation: Conversation, reader: Reader, around: Around<'a, S, P>) -> Prompt<'a, S, P> {
        let (accepted, loaded, total) = (vec![], None, Total::default());
        Prompt { conversation, reader, around, warned: false, accepted, loaded, total }
    }

    /// Waits for the next input.
    pub async fn next(&mut self) -> Typed {
        let words = words(self.conversation.terms(), self.conversation.held());
        let (words, known) = (self.screen().words(&words), self.conversation.known().clone());
        let typed = self.reader.next(words, known).await;
        let text = match &typed {
            Typed::Text(text) => text.trim(),
            Typed::Nothing | Typed::End => return typed,
        };
        // Whoever goes on has to be told again.
        self.warned &= matches!(Command::read(text), Some(Ok(Then::Leave)));
        typed
    }

    /// Whether somebody types inputs, who goes on after what failed.
    pub fn typed(&self) -> bool {
        self.reader.typed()
    }

    /// How to exit where nothing further is said; `None` once where writes are held that somebody may have
    /// forgotten.
    pub fn leaves(&mut self) -> Option<Exit> {
        if self.typed() {
            self.screen().tell("\n");
        }
        self.quits()
    }

    fn quits(&mut self) -> Option<Exit> {
        if self.conversation.held() == 0 || self.warned {
            return Some(Exit::Done);
        }
        let exit = self.unfinished(Exit::Unfinished);
        self.warned = true;
        (!self.typed()).then_some(exit)
    }

    /// How to exit after an input that ended so; tells what is held.
    pub fn unfinished(&self, exit: Exit) -> Exit {
        if self.conversation.held() > 0 {
            self.screen().tell(&unsent(self.conversation.held()));
        }
        exit
    }

    /// Runs an input to its end.
    pub async fn say(&mut self, text: String) -> Exit {
        let reads = reads(self.reader.shows());
        self.input(Said::Input { text: text.clone(), reads }, Some(text), Besides::Nothing).await
    }

    /// Whether a text begins with the name of a variable or a function that an input declared.
    pub fn has(&self, text: &str) -> bool {
        let names = self.conversation.known().names();
        let word: String = text.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        names.variables.iter().any(|variable| variable.name == word)
            || names.functions.iter().any(|function| function.own && function.name == word)
    }

    /// Tells what is wrong with a command.
    pub fn refuse(&self, fault: &Fault) -> Exit {
        self.screen().fault(fault);
        Exit::of(fault.code.ending())
    }

    /// Does what a command is for.
    pub async fn follow(&mut self, then: Then) -> Next {
        let columns = self.screen().columns();
        let pages = self.around.pages;
        Next::Go(match then {
            Then::Help(topic) => self.print_or_refuse(match Command::find(&topic) {
                _ if topic.is_empty() => Ok(list(columns)),
                Some(command) if topic.starts_with(':') => Ok(command.page()),
                // A function may have the name of a command.
                command => help::help(&topic, columns, &self.conversation.known().names().modules, pages)
                    .or_else(|fault| command.map(Command::page).ok_or(fault)),
            }),
            Then::Tools(word) => self.print_or_refuse(help::tools(&word, pages)),
            Then::Explain(code) => self.print_or_refuse((pages.code)(&code, columns)),
            Then::More => self.input(Said::Last, None, Besides::Nothing).await,
            Then::Type(text) => self.input(Said::Type(text), None, Besides::Nothing).await,
            Then::Time(text) => {
                let said = Said::Input { text: text.clone(), reads: reads(self.looked_at()) };
                self.input(said, Some(text), Besides::Time).await
            }
            Then::Request(text) => self.input(Said::Requests(text), None, Besides::Nothing).await,
            Then::Load { file, arguments } => match Given::parse(&arguments) {
                Ok(arguments) => self.load(file, arguments).await,
                Err(fault) => self.refuse(&fault),
            },
            Then::Reload => match self.loaded.clone() {
                Some((file, arguments)) => {
                    self.conversation.forget_modules();
                    self.load(file, arguments).await
                }
                None => self
                    .refuse(&invalid("no script was loaded yet".into()).help("`:load FILE` loads the first")),
            },
            Then::Save { file, over } => self.save(&file, over),
            Then::Profile(None) => {
                let names = self.around.profiles.names();
                self.print_or_refuse(Ok(names.iter().map(|name| format!("{name}\n")).collect()))
            }
            Then::Profile(Some(name)) => self.enter(&name).await,
            Then::Flush => {
                let counts = counts(&self.total).unwrap_or_else(|| "nothing was written yet".to_string());
                self.screen().tell(&format!("{counts}\n"));
                Exit::Done
            }
            Then::Clear => {
                self.conversation.forget();
                self.accepted.clear();
                Exit::Done
            }
            Then::Hold(rest) => self.hold(&rest),
            Then::Pending => self.pending(),
            Then::Discard => self.discard(),
            Then::Send if self.conversation.held() == 0 => self.holds_nothing(),
            Then::Send if !self.may_send() => Exit::Guarded,
            Then::Send => self.input(Said::Held, None, Besides::Nothing).await,
            Then::Leave => match self.quits() {
                Some(exit) => return Next::Leave(exit),
                None => Exit::Done,
            },
        })
    }

    /// The profile that one is in, by its name.
    fn place(&self) -> &str {
        let terms = self.conversation.terms();
        if terms.sandbox() { SANDBOX } else { terms.profile.as_deref().unwrap_or_default() }
    }

    pub(super) fn screen(&self) -> &S {
        &self.around.screen
    }

    /// How much is shown of a value that a command asks for: also a pipe that shows nothing shows that.
    fn looked_at(&self) -> Shows {
        match self.reader.shows() {
            Shows::Nothing => Shows::First,
            shows => shows,
        }
    }

    fn print_or_refuse(&self, text: Result<String, Fault>) -> Exit {
        match text {
            Ok(text) => {
                self.screen().print(&self.screen().words(&text));
                Exit::Done
            }
            Err(fault) => self.refuse(&fault),
        }
    }

    /// Says something and waits for its end, with its writes delivered; shows what it came to. A text that is
    /// `accepted` is one of the inputs that `:save` writes.
    pub(super) async fn input(&mut self, said: Said, accepted: Option<String>, besides: Besides) -> Exit {
        let last = matches!(said, Said::Last);
        let shows = if last { Shows::All } else { self.looked_at() };
        let sends = matches!(said, Said::Held);
        let before = self.conversation.last().client().requests();
        let held = self.conversation.held();
        let (stop, hurry) = self.around.interrupts.begins();
        let Turn { run, mut gave, requests } = self.conversation.say(said, stop.clone());
        self.screen().begins(&run.session);
        let screen = self.around.screen.clone();
        let (report, sources) = self.reader.see(run, &stop, hurry, &*screen).await;
        self.screen().ended().await;
        let gave = gave.try_recv().ok();
        if let (Some(text), Some(gave)) = (accepted, &gave) {
            self.accepted.push(Accepted { text, value: gave.value, held: self.conversation.held() > held });
        }
        if sends {
            match self.conversation.put_back(&report) {
                0 => {}
                1 => self.screen().tell("1 write is held on, as it never left\n"),
                n => self.screen().tell(&format!("{n} writes are held on, as they never left\n")),
            }
            // An input of which some is left is one that may still be dropped.
            let held = self.conversation.held() > 0;
            self.accepted.iter_mut().for_each(|accepted| accepted.held &= held);
        }
        let nothing = gave.as_ref().is_some_and(|gave| last && gave.shown.is_none());
        let seen = |value: &Shown| *value != Shown::Unit || self.screen().shows_nothing();
        if let Some(value) = gave.and_then(|gave| gave.shown).filter(seen) {
            self.show(value, shows, &stop).await;
        }
        if nothing {
            self.screen().tell("there is no value yet\n");
        }
        if let Some(requests) = requests {
            let kept = requests.kept();
            match &report.ended {
                Ended::Done if kept.is_empty() => self.screen().print("it sends nothing\n"),
                _ if kept.is_empty() => {}
                _ => self.screen().print(&self.requests(&kept)),
            }
        }
        self.around.interrupts.ended();
        match &report.ended {
            Ended::Failed(Failure::Script(wrong)) => self.screen().wrong(wrong, &sources),
            Ended::Failed(Failure::Stopped) | Ended::Interrupted => self.screen().tell(INTERRUPTED),
            Ended::OutputClosed(why) => {
                self.screen().tell(&format!("the output can't be written: {why}\n"));
            }
            Ended::Depends { tool, place } => self.screen().tell(&format!(
                "stopped{}: what follows there depends on the answer of `{tool}`, which is held back\n",
                place.behind()
            )),
            Ended::Declined(tool) => {
                self.screen().tell(&format!("`{tool}` wasn't confirmed, and isn't made\n"))
            }
            Ended::Done => {}
        }
        self.screen().unaccepted(&report, &sources);
        if let Some(counts) = counts(&report.ledger.total) {
            self.screen().tell(&format!("{counts}\n"));
        }
        add(&mut self.total, &report.ledger.total);
        if besides == Besides::Time {
            let made = self.conversation.last().client().requests() - before;
            self.screen().tell(&took(&report, made));
        }
        report.exit()
    }

    /// Shows a value, until somebody has had enough.
    async fn show(&self, value: Shown, shows: Shows, stop: &CancellationToken) {
        let screen = self.around.screen.clone();
        let drawn = tokio::task::spawn_blocking(move || screen.value(value, shows));
        let drawn = tokio::select! {
            drawn = drawn => drawn.unwrap_or_default(),
            () = stop.cancelled() => return self.screen().tell(INTERRUPTED),
        };
        let (screen, enough) = (self.around.screen.clone(), stop.clone());
        let printed = tokio::task::spawn_blocking(move || {
            let lines: Vec<&str> = drawn.split('\n').collect();
            lines.chunks(LINES).take_while(|_| !enough.is_cancelled()).fold(0, |printed, lines| {
                screen.print(&lines.join("\n"));
                printed + lines.len()
            }) == lines.len()
        });
        if let Ok(false) = printed.await {
            self.screen().tell(INTERRUPTED);
        }
    }

    /// Requests that weren't sent, as HTTP and for curl.
    fn requests(&self, kept: &[Requests]) -> String {
        let client = self.conversation.last().client();
        let (hosts, keys) = (&client.hosts, &client.credentials);
        let mut parts = vec![];
        for Requests { tool, first, calls } in kept {
            parts.extend(first.iter().map(|request| {
                format!("{}\n{}", curl::http(request, hosts, keys), curl::curl(request, hosts, keys))
            }));
            match calls - first.len() as u64 {
                0 => {}
                more => parts.push(format!("and {} of `{}`\n", counted(more, "more call"), tool.name())),
            }
        }
        parts.join("\n")
    }

    /// Goes on in another workspace; where that can't be, one stays where one is.
    async fn enter(&mut self, name: &str) -> Exit {
        if self.conversation.held() > 0 {
            let fault = invalid(held_here(self.conversation.held()));
            return self.refuse(&fault.help("`:send` or `:discard` what is held"));
        }
        if name == self.place() {
            self.screen().tell(&format!("`{name}` is where you are\n"));
            return Exit::Done;
        }
        let (stop, _) = self.around.interrupts.begins();
        let entered = tokio::select! {
            entered = self.around.profiles.enter(name) => entered,
            () = stop.cancelled() => {
                self.screen().tell(INTERRUPTED);
                None
            }
        };
        self.around.interrupts.ended();
        let Some((client, terms)) = entered else { return Exit::Usage };
        match self.conversation.enter(client, terms) {
            Ok(()) => {
                // Whoever saves the session reads which part was said where.
                self.accepted.push(Accepted { text: format!("// in {name}:"), ..Accepted::default() });
                Exit::Done
            }
            Err(fault) => self.refuse(&fault),
        }
    }
}

pub(super) const INTERRUPTED: &str = "interrupted\n";

pub(super) fn reads(shows: Shows) -> Reads {
    match shows {
        Shows::Nothing => Reads::Nothing,
        Shows::First => Reads::First(FIRST),
        Shows::All => Reads::All,
    }
}

/// What became of an input's writes; `None` where it had none.
fn counts(total: &Total) -> Option<String> {
    let all = total.all();
    (all > 0).then(|| format!("{}: {}", counted(all, "write"), total.in_words()))
}

fn add(all: &mut Total, more: &Total) {
    all.accepted += more.accepted;
    all.rejected += more.rejected;
    all.in_doubt += more.in_doubt;
    all.open += more.open;
    all.undelivered += more.undelivered;
}

fn took(report: &Report, requests: u64) -> String {
    format!("{}, {}\n", time_in_words(report.elapsed), counted(requests, "request"))
}

/// Where one is, and how many writes are held: `sandbox › `, `acme-prod live › `, `acme-prod read-only › `,
/// `acme-prod live, 3 held › `.
fn words(terms: &Terms, held: usize) -> String {
    let held = if terms.holds || held > 0 { format!(", {held} held") } else { String::new() };
    let (sandbox, reads) = (terms.sandbox(), terms.grants.read_only);
    let how = match (sandbox, reads) {
        (_, true) => Some("read-only"),
        (true, false) => None,
        (false, false) => Some("live"),
    };
    let place = if sandbox { Some("sandbox") } else { terms.profile.as_deref() };
    let words: Vec<&str> = place.into_iter().chain(how).collect();
    format!("{}{held} › ", words.join(" "))
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
        for (terms, said) in [
            (terms(true, false, None), "sandbox › "),
            (terms(true, false, Some("acme")), "sandbox › "),
            (terms(true, true, None), "sandbox read-only › "),
            (terms(false, false, None), "live › "),
            (terms(false, false, Some("acme-prod")), "acme-prod live › "),
            (terms(false, true, None), "read-only › "),
            (terms(false, true, Some("acme-prod")), "acme-prod read-only › "),
        ] {
            assert_eq!(words(&terms, 0), said);
        }
        assert_eq!(words(&Terms { holds: true, ..Terms::default() }, 3), "live, 3 held › ");
    }

    #[test]
    fn an_input_says_what_became_of_its_writes() {
        assert_eq!(counts(&Total::default()), None);
        let one = Total { accepted: 1, ..Total::default() };
        assert_eq!(counts(&one).as_deref(), Some("1 write: 1 accepted"));
        let mut several = Total { accepted: 5, rejected: 2, open: 1, undelivered: 3, ..Total::default() };
        assert_eq!(
            counts(&several).as_deref(),
            Some("11 writes: 5 accepted, 2 rejected, 3 not delivered, 1 may have arrived")
        );
        add(&mut several, &one);
        assert_eq!(several.accepted, 6);
    }
}
