//! What a run is bound to.

use std::time::Duration;

use crate::policy::{Asked, Grants};
use crate::spec::{Effect, Tool};

/// What a run may do, and for how long.
#[derive(Clone, Debug, Default)]
pub struct Terms {
    pub grants: Grants,
    /// Whether every write is kept back, counted and shown.
    pub dry_run: bool,
    /// Whether every write is held until somebody sends it.
    pub holds: bool,
    /// The longest the run may take.
    pub time_limit: Option<Duration>,
    /// Whether an answer that isn't just as its tool declares is an error, and nothing is repaired.
    pub strict_answers: bool,
    /// The profile that its keys come from; `None` where they come from the environment.
    pub profile: Option<String>,
    /// The one workspace it may write to, by Customer.io's id.
    pub workspace: Option<u64>,
    /// The most people it may touch, as far as the command line and the profile say.
    pub max_people: Asked,
    /// After how many rejected writes it makes no further call, said likewise.
    pub max_rejected: Asked,
}

impl Terms {
    /// Whether it is bound to a sandbox, where everything is granted and nothing has to be guarded.
    pub fn sandbox(&self) -> bool {
        self.grants.all
    }

    /// Whether a call of `tool` is kept back: every write of a dry run, and every one that is held.
    pub fn keeps_back(&self, tool: &Tool) -> bool {
        (self.dry_run || self.holds) && tool.effect != Effect::Read
    }

    /// Where the keys come from: `profile "staging"`.
    pub fn keys(&self) -> String {
        match &self.profile {
            Some(profile) => format!("profile \"{profile}\""),
            None => "keys from the environment".to_string(),
        }
    }
}
