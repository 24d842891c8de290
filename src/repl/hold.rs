//! `:hold`, `:pending`, `:send` and `:discard`.

use super::command::invalid;
use super::prompt::Prompt;
use super::{Profiles, Screen};
use crate::fault::counted;
use crate::run::Exit;

impl<S: Screen, P: Profiles> Prompt<'_, S, P> {
    /// Holds writes from now on, or no longer.
    pub(super) fn hold(&mut self, rest: &str) -> Exit {
        let held = self.conversation.held();
        match rest {
            "" => {
                self.conversation.hold(true);
                self.screen().tell(
                    "writes are held from now on: `:pending` shows them, `:send` sends them, `:discard` drops them, \
                     and `:hold off` ends it\n",
                );
                Exit::Done
            }
            "off" if held > 0 => {
                self.refuse(&invalid(held_here(held)).help("`:send` or `:discard` what is held"))
            }
            "off" => {
                self.conversation.hold(false);
                self.screen().tell("writes are sent at once again\n");
                Exit::Done
            }
            _ => self.refuse(&invalid(format!("`:hold` takes `off` or nothing, and not `{rest}`"))),
        }
    }

    /// Shows what is held.
    pub(super) fn pending(&self) -> Exit {
        let held = self.conversation.held();
        if held == 0 {
            return self.holds_nothing();
        }
        let hosts = &self.conversation.last().client().hosts;
        let screen = self.screen();
        screen.print(&screen.words(&screen.pending(&self.conversation.pending(), hosts)));
        screen.tell(&format!("{} held\n", are(held)));
        Exit::Done
    }

    /// Drops what is held.
    pub(super) fn discard(&mut self) -> Exit {
        let held = self.conversation.held();
        if held == 0 {
            return self.holds_nothing();
        }
        self.conversation.discard();
        self.accepted.retain(|accepted| !accepted.held);
        self.screen().tell(&format!("dropped: {}\n", counted(held as u64, "write")));
        Exit::Done
    }

    /// Says that nothing is held.
    pub(super) fn holds_nothing(&self) -> Exit {
        self.screen().tell(match self.conversation.terms().holds {
            true => "nothing is held yet\n",
            false => "nothing is held: `:hold` begins to hold writes\n",
        });
        Exit::Done
    }
}

/// What keeps one from going on elsewhere.
pub fn held_here(n: usize) -> String {
    format!("{} still held here", are(n))
}

/// What is said of writes that are held when the end has come.
pub fn unsent(n: usize) -> String {
    format!("{} held, and not sent: `:send` sends what is held\n", are(n))
}

/// `1 write is`, `2 writes are`.
pub fn are(n: usize) -> String {
    let is = if n == 1 { "is" } else { "are" };
    format!("{} {is}", counted(n as u64, "write"))
}
