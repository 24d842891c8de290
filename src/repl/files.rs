//! `:load`, `:reload` and `:save`.

use std::io::{ErrorKind, Write};

use super::command::invalid;
use super::prompt::{Besides, INTERRUPTED, Prompt, reads};
use super::{Profiles, Screen, save};
use crate::engine::Failure;
use crate::fault::{At, Code, Fault, counted, io_in_words};
use crate::run::{Exit, Given, Said, examine, load};

impl<S: Screen, P: Profiles> Prompt<'_, S, P> {
    /// Runs a script as if it were typed.
    pub(super) async fn load(&mut self, file: String, arguments: Given) -> Exit {
        let path = file.clone();
        // It may be a pipe that nobody writes to.
        let (stop, _) = self.around.interrupts.begins();
        let read = tokio::task::spawn_blocking(move || load(path.as_ref()));
        let text = tokio::select! {
            read = read => read.ok(),
            () = stop.cancelled() => None,
        };
        self.around.interrupts.ended();
        let text = match text {
            Some(Ok(text)) => text,
            Some(Err(fault)) => return self.refuse(&fault),
            None => {
                self.screen().tell(INTERRUPTED);
                return Exit::Interrupted;
            }
        };
        self.loaded = Some((file.clone(), arguments.clone()));
        let said = Said::Script { text: text.clone(), file, arguments, reads: reads(self.reader.shows()) };
        self.input(said, Some(text), Besides::Nothing).await
    }

    /// Writes the inputs that were done as a script.
    pub(super) fn save(&self, file: &str, over: bool) -> Exit {
        if self.accepted.is_empty() {
            return self.refuse(&invalid("no input was done yet".into()));
        }
        let script = save::script(&self.accepted, self.screen().secrets());
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create(true).truncate(true).create_new(!over);
        let written = options.open(file).and_then(|mut file| file.write_all(script.as_bytes()));
        if let Err(why) = written {
            let fault = |message| Fault::new(Code::FileUnwritable, At::Call, message);
            return self.refuse(&match why.kind() {
                ErrorKind::AlreadyExists => {
                    fault(format!("{file} is there already")).help(format!("`:save! {file}` writes over it"))
                }
                _ => fault(format!("{file} can't be written: {}", io_in_words(&why))),
            });
        }
        let saved = counted(self.accepted.len() as u64, "input");
        self.screen().tell(&format!("saved {saved} as {file}\n"));
        // What a prompt takes a script may not, such as a variable of an input that failed half-way.
        let Ok(examined) = examine(script, file.to_string(), self.conversation.terms().clone()) else {
            return Exit::Done;
        };
        if examined.findings.unsound
            && let Some(Failure::Script(wrong)) =
                Failure::of(examined.findings.faults, examined.findings.left)
        {
            self.screen().tell("as a script it isn't right yet:\n");
            self.screen().wrong(&wrong, &examined.sources);
        }
        Exit::Done
    }
}
