//! Asking somebody before what sends or deletes is made.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use tokio::sync::{mpsc, oneshot};

use super::calls::Made;
use super::session::{Session, Stopped};
use crate::engine::{CallError, Halt, Host};
use crate::fault::{At, Code, Fault, Place};
use crate::policy::{Grants, Said};
use crate::request::{self, Request};
use crate::spec::Effect;

/// A call that is made only if somebody says so.
pub struct Question {
    /// As it would go out, without what tells its attempts apart.
    pub request: Request,
    /// What it does, for which it has to be granted.
    pub effect: Effect,
    pub place: Place,
    /// Dropped, it says no.
    pub answer: oneshot::Sender<Said>,
}

/// Where questions go.
pub type Questions = mpsc::UnboundedSender<Question>;

/// What was said of an input's calls.
#[derive(Default)]
pub(super) struct Confirmed {
    /// The tools whose calls needn't be asked for any more, with what each was confirmed to do. Held while somebody
    /// is asked: one question at a time.
    all: Mutex<HashSet<(&'static str, &'static str)>>,
}

impl Session {
    /// Asks for a call that sends, deletes or changes what people agreed to, if there is somebody to ask.
    ///
    /// # Errors
    /// [`Halt`] when nobody says yes, or the run is stopped meanwhile.
    pub(super) fn confirm(&self, made: &Made<'_>) -> Result<(), Halt> {
        let Some(questions) = &self.questions else { return Ok(()) };
        let effect = gravest(made);
        if effect < Effect::Consent || self.terms.sandbox() {
            return Ok(());
        }
        let known = (made.tool.slug, effect.name());
        let mut all = self.confirmed.all.lock().unwrap_or_else(PoisonError::into_inner);
        if all.contains(&known) {
            return Ok(());
        }
        // What was said no to beside this one holds for all.
        if Host::stopped(self) {
            return Err(Halt::Stopped);
        }
        let request = request::build(made.tool, made.args, None).map_err(|fault| made.fault(fault))?;
        let (answer, said) = oneshot::channel();
        // Nobody there is a no: the sender is dropped with the question.
        let _ = questions.send(Question { request, effect, place: made.site.place(), answer });
        let said = self.runtime.block_on(async {
            tokio::select! {
                biased;
                () = self.stop.cancelled() => None,
                () = self.between.cancelled() => None,
                said = said => Some(said.unwrap_or(Said::No)),
            }
        });
        match said {
            // What ended the run meanwhile holds for this call as well.
            Some(Said::Once | Said::All) if Host::stopped(self) => Err(Halt::Stopped),
            Some(Said::Once) => Ok(()),
            Some(Said::All) => {
                all.insert(known);
                Ok(())
            }
            Some(Said::No) => Err(self.declined(made)),
            None => Err(self.end(Stopped::Interrupted)),
        }
    }

    /// Ends the run, as somebody said no to a call.
    fn declined(&self, made: &Made<'_>) -> Halt {
        let name = made.tool.name();
        let message = format!("`{name}` wasn't confirmed, and isn't made");
        let fault = Fault::new(Code::GrantMissing, At::Call, message).label("not sent");
        self.stop_at(CallError::one(name, fault), made.site)
    }
}

/// The grants of a run in which somebody is asked for each call that needs one.
pub(super) fn askable(grants: &Grants) -> Grants {
    Grants { send: true, destroy: true, consent: true, ..grants.clone() }
}

/// The gravest of what a call does, by itself or by what travels in it.
fn gravest(made: &Made<'_>) -> Effect {
    let inside = request::inside(made.tool, made.args).into_iter().map(|(_, class)| class.effect);
    request::effects(made.tool, made.args).chain(inside).fold(made.class.effect, Effect::max)
}
