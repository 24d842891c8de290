//! What a run is bound to.

use std::time::Duration;

use crate::policy::Grants;

/// What a run may do, and for how long.
#[derive(Clone, Debug, Default)]
pub struct Terms {
    pub grants: Grants,
    /// Whether every write is kept back, counted and shown.
    pub dry_run: bool,
    /// The longest the run may take.
    pub time_limit: Option<Duration>,
}
