//! What a run is bound to.

use std::time::Duration;

use crate::policy::Grants;

/// What a run may do, and for how long.
#[derive(Clone, Debug, Default)]
pub struct Terms {
    pub grants: Grants,
    /// The longest the run may take.
    pub time_limit: Option<Duration>,
    /// Whether an answer that isn't just as its tool declares is an error, and nothing is repaired.
    pub strict_answers: bool,
}
