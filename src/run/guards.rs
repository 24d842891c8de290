//! What a write passes before it is made or queued: it is in the right workspace, and about no more people
//! than it may be. Either of them ends the run: a script that caught it would only meet it again. So do too
//! many rejected writes, at whichever call comes next.

use std::cell::RefCell;
use std::sync::PoisonError;

use super::calls::Made;
use super::header::Header;
use super::session::{Session, Stopped};
use crate::api::{Lack, Told, Unread, telling, workspaces};
use crate::engine::{CallError, Halt, Site};
use crate::fault::{Fault, listed};
use crate::policy::{Asked, People, Pinned, Rejections, elsewhere, pinned};
use crate::request::people;
use crate::spec::{Api, Tool};

thread_local! {
    /// The people of the call at hand, in room that stays.
    static NAMED: RefCell<Vec<u64>> = const { RefCell::new(vec![]) };
}

impl Session {
    /// Takes up what the head of the script says of the people it is meant for, and of rejected writes.
    pub(super) fn limit(&self, header: &Header) {
        let people = People::new(&Asked { header: header.max_people, ..self.terms.max_people });
        *self.people.lock().unwrap_or_else(PoisonError::into_inner) = people;
        self.limit_rejected(header);
    }

    /// The same for an input of a conversation, whose people count for themselves then.
    pub(super) fn limit_input(&self, header: &Header) {
        self.limit_rejected(header);
        if header.max_people.is_some() {
            let people = People::new(&Asked { header: header.max_people, ..self.terms.max_people });
            let mut counted = self.people.lock().unwrap_or_else(PoisonError::into_inner);
            let conversation = std::mem::replace(&mut *counted, people);
            *self.aside_people.lock().unwrap_or_else(PoisonError::into_inner) = Some(conversation);
        }
    }

    /// The second of both alone.
    fn limit_rejected(&self, header: &Header) {
        let asked = Asked { header: header.max_rejected, ..self.terms.max_rejected };
        // Set once, before the first call.
        let _ = self.rejections.set(Rejections::new(&asked));
    }

    /// Ends the run at its next call, also a read, once too many writes were rejected: what was handed over
    /// is still delivered.
    pub(super) fn heed_rejections(&self, tool: &str, site: Site<'_>) -> Result<(), Halt> {
        let Some(rejections) = self.rejections.get() else { return Ok(()) };
        let admitted = rejections.admit(tool, self.outbox.rejected().count());
        admitted.map_err(|fault| self.stop_at(CallError::one(tool, fault), site))
    }

    /// Holds a write against what guards the run. In a sandbox there is nothing to guard.
    pub(super) fn guard(&self, made: &Made<'_>) -> Result<(), Halt> {
        if self.terms.sandbox() || made.class.is_read() {
            return Ok(());
        }
        let Made { tool, site, .. } = *made;
        self.touch(made).map_err(|fault| self.stop_at(CallError::one(tool.name(), fault), site))?;
        self.in_workspace(tool, site)
    }

    /// Holds the run against the workspace it is pinned to.
    pub(super) fn in_workspace(&self, tool: &Tool, site: Site<'_>) -> Result<(), Halt> {
        match self.terms.workspace.filter(|_| !self.terms.sandbox()) {
            Some(workspace) => self.pinned_to(workspace, tool.name(), site),
            None => Ok(()),
        }
    }

    /// The people a call names, as they are counted.
    pub(super) fn named(&self, made: &Made<'_>) -> Vec<u64> {
        let mut named = vec![];
        people(made.tool, made.args, &mut |person| named.push(People::hashed(person)));
        named
    }

    fn touch(&self, made: &Made<'_>) -> Result<(), Fault> {
        let mut counted = self.people.lock().unwrap_or_else(PoisonError::into_inner);
        if !counted.counts() {
            return Ok(());
        }
        NAMED.with_borrow_mut(|named| {
            named.clear();
            people(made.tool, made.args, &mut |person| named.push(People::hashed(person)));
            counted.touch(made.tool.name(), named)
        })
    }

    /// Asks each key that can tell whether it is of the pinned workspace: once, before the first write.
    fn pinned_to(&self, workspace: u64, tool: &str, site: Site<'_>) -> Result<(), Halt> {
        let mut checked = self.workspace_checked.lock().unwrap_or_else(PoisonError::into_inner);
        if *checked {
            return Ok(());
        }
        let mut answers = Answers::default();
        // Also those that the script itself doesn't use.
        self.need(&telling());
        for api in Api::ALL {
            let key = api.name();
            // One whose source fails isn't left out: it would have told.
            if self.client.credentials.missing(api).iter().any(|(_, lack)| *lack == Lack::NotSet) {
                answers.unset.push(api);
                continue;
            }
            let told = self.runtime.block_on(workspaces(&self.client, api, &self.stop));
            let told = told.map_err(|unread| match unread {
                Unread::Interrupted => self.end(Stopped::Interrupted),
                Unread::Failed { fault, status, attempts } => {
                    self.stop_at(CallError::one(tool, *fault).after(attempts, status), site)
                }
            })?;
            let Told::Of(ids) = told else {
                answers.mute.push(key);
                continue;
            };
            match pinned(workspace, &ids) {
                Pinned::Confirmed => answers.confirmed.push(key),
                Pinned::Among(n) => answers.among.push((key, n)),
                Pinned::Other => {
                    let fault = elsewhere(&self.terms.keys(), key, workspace, &ids);
                    return Err(self.stop_at(CallError::one(tool, fault), site));
                }
            }
        }
        *checked = true;
        self.tell(&answers.note(workspace));
        Ok(())
    }

    /// Ends the run for what is wrong with a call.
    pub(super) fn stop_at(&self, error: CallError, site: Site<'_>) -> Halt {
        self.end(Stopped::Fatal(error, site.place()))
    }
}

/// What the keys said of a pinned workspace.
#[derive(Default)]
struct Answers {
    confirmed: Vec<&'static str>,
    /// Of accounts with so many workspaces, the pinned one among them.
    among: Vec<(&'static str, usize)>,
    mute: Vec<&'static str>,
    unset: Vec<Api>,
}

impl Answers {
    fn note(&self, workspace: u64) -> String {
        let by_none = if self.confirmed.is_empty() { " is confirmed by no key" } else { "" };
        let keys = |keys: &[&str], one: &str, several: &str| match keys {
            [] => None,
            [key] => Some(format!("the {key} key {one}")),
            keys => Some(format!("the {} keys {several}", listed(keys, "and"))),
        };
        // That a key which can't tell isn't set makes no difference.
        let unset = self.unset.iter().filter(|api| **api != Api::Pipelines);
        let unset: Vec<&str> = unset.map(|api| api.name()).collect();
        let mut words = vec![];
        words.extend(keys(&self.confirmed, "is of it", "are of it"));
        words.extend(self.among.iter().map(|(key, n)| {
            format!("the {key} key is of one of its account's {n} workspaces, and it is among them")
        }));
        words.extend(keys(
            &self.mute,
            "can't tell its workspace and wasn't checked",
            "can't tell their workspace and weren't checked",
        ));
        words.extend(keys(&unset, "could tell, and isn't set", "could tell, and aren't set"));
        format!("workspace {workspace}{by_none}: {}", words.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_checked_is_said() {
        let answers = Answers { confirmed: vec!["Track"], mute: vec!["Pipelines"], ..Answers::default() };
        assert_eq!(
            answers.note(7),
            "workspace 7: the Track key is of it; the Pipelines key can't tell its workspace and wasn't checked"
        );
        let answers =
            Answers { mute: vec!["App", "Pipelines"], unset: vec![Api::Track], ..Answers::default() };
        assert_eq!(
            answers.note(7),
            "workspace 7 is confirmed by no key: the App and Pipelines keys can't tell their workspace and \
             weren't checked; the Track key could tell, and isn't set"
        );
        let answers =
            Answers { among: vec![("App", 2)], unset: Api::ALL[1..].to_vec(), ..Answers::default() };
        assert!(
            answers
                .note(7)
                .ends_with("2 workspaces, and it is among them; the Track key could tell, and isn't set")
        );
    }
}
