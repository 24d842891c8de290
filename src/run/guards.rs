//! What a write passes before it is made or queued: it is in the right workspace, and about no more people
//! than it may be. Either of them ends the run: a script that caught it would only meet it again.

use std::sync::PoisonError;

use super::session::{Session, Stopped};
use crate::api::{Told, Unread, workspaces};
use crate::engine::{CallError, Halt, Site};
use crate::fault::Fault;
use crate::policy::{Asked, Most, People, WorkspaceStanding, elsewhere, standing};
use crate::request::{Request, people};
use crate::spec::{Api, Arg};

impl Session {
    /// Takes up what the head of the script says of the people it is meant for.
    pub(super) fn heed(&self, header: Option<Most>) {
        let people = People::new(&Asked { header, ..self.terms.max_people });
        *self.people.lock().unwrap_or_else(PoisonError::into_inner) = people;
    }

    /// Holds a write against what guards the run. In a sandbox there is nothing to guard.
    pub(super) fn guard(&self, request: &Request, args: &[Arg<'_>], site: Site<'_>) -> Result<(), Halt> {
        if self.terms.sandbox || request.class.is_read() {
            return Ok(());
        }
        let name = request.tool.name();
        self.touch(request, args).map_err(|fault| self.stop_at(CallError::one(name, fault), site))?;
        match self.terms.workspace {
            Some(pinned) => self.pinned(pinned, name, site),
            None => Ok(()),
        }
    }

    fn touch(&self, request: &Request, args: &[Arg<'_>]) -> Result<(), Fault> {
        let mut counted = self.people.lock().unwrap_or_else(PoisonError::into_inner);
        if !counted.counts() {
            return Ok(());
        }
        let mut named = vec![];
        people(request.tool, args, &mut |person| named.push(People::hashed(person)));
        counted.touch(request.tool.name(), &named)
    }

    /// Asks each key that can tell whether it is of the pinned workspace: once, before the first write.
    fn pinned(&self, pinned: u64, tool: &str, site: Site<'_>) -> Result<(), Halt> {
        let mut checked = self.workspace_checked.lock().unwrap_or_else(PoisonError::into_inner);
        if *checked {
            return Ok(());
        }
        let (mut confirmed, mut words) = (false, vec![]);
        for api in Api::ALL {
            let key = api.name();
            let set = self.client.credentials.missing(api).is_empty();
            if !set {
                // Of an API whose key can't tell, it makes no difference.
                words.extend(
                    (api != Api::Pipelines).then(|| format!("the {key} key, which could tell, isn't set")),
                );
                continue;
            }
            let told = self.runtime.block_on(workspaces(&self.client, api, &self.stop));
            let told = told.map_err(|unread| match unread {
                Unread::Interrupted => self.end(Stopped::Interrupted),
                Unread::Failed { fault, status, attempts } => self.stop_at(
                    CallError { tool: tool.to_string(), faults: vec![*fault], status, attempts },
                    site,
                ),
            })?;
            let Told::Of(ids) = told else {
                words.push(format!("the {key} key can't tell its workspace and wasn't checked"));
                continue;
            };
            match standing(pinned, &ids) {
                WorkspaceStanding::Confirmed => {
                    confirmed = true;
                    words.push(format!("the {key} key is of it"));
                }
                WorkspaceStanding::Among(n) => words.push(format!(
                    "the {key} key is of one of its account's {n} workspaces, which have it among them"
                )),
                WorkspaceStanding::Other => {
                    let fault = elsewhere(&self.terms.keys(), key, pinned, &ids);
                    return Err(self.stop_at(CallError::one(tool, fault), site));
                }
            }
        }
        *checked = true;
        let by_none = if confirmed { "" } else { " is confirmed by no key" };
        self.console.note(&format!("workspace {pinned}{by_none}: {}", words.join("; ")));
        Ok(())
    }

    /// Ends the run for what is wrong with a call.
    fn stop_at(&self, error: CallError, site: Site<'_>) -> Halt {
        self.end(Stopped::Fatal(error, site.place()))
    }
}
