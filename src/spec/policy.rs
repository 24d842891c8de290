//! What a call does to the world, when it is answered, and whether it may be repeated.

/// What a call does to the workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// Changes nothing.
    Read,
    /// Creates or updates; twice is the same as once.
    Upsert,
    /// Adds something that happened; twice is twice.
    Event,
    /// Changes what a person agreed to receive.
    Consent,
    /// Sends messages to people.
    Send,
    /// Deletes, or may delete, people's data for good.
    Destroy,
}

impl Effect {
    pub const fn name(self) -> &'static str {
        match self {
            Effect::Read => "read",
            Effect::Upsert => "upsert",
            Effect::Event => "event",
            Effect::Consent => "consent",
            Effect::Send => "send",
            Effect::Destroy => "destroy",
        }
    }
}

/// When a call is answered, and to whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// Before the script goes on.
    Now,
    /// Not to the script; it may share a request with others.
    Batched,
    /// Not to the script; it has a request of its own.
    Streamed,
}

impl Delivery {
    pub const fn name(self) -> &'static str {
        match self {
            Delivery::Now => "now: answered before the script goes on",
            Delivery::Batched | Delivery::Streamed => {
                "deferred: the script doesn't get its answer; what Customer.io refuses is reported at the end"
            }
        }
    }
}

/// Whether a call may be repeated when its outcome isn't known. The reason is part of the class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// Repeated only if nothing left this machine or the server refused it unprocessed.
    Cautious { because: &'static str },
    /// Repeated with the same message id, which Customer.io takes for the item's identity without
    /// documenting that it drops repeats.
    Keyed { because: &'static str },
    /// Repeated after any passing fault.
    Safe { because: &'static str },
}

impl Retry {
    pub const fn name(self) -> &'static str {
        match self {
            Retry::Cautious { .. } => "cautious",
            Retry::Keyed { .. } => "keyed",
            Retry::Safe { .. } => "safe",
        }
    }

    pub const fn because(self) -> &'static str {
        match self {
            Retry::Cautious { because } | Retry::Keyed { because } | Retry::Safe { because } => because,
        }
    }

    /// The more careful of two classes: what a request that carries both may do.
    pub fn stricter(self, other: Retry) -> Retry {
        let rank = |class: Retry| match class {
            Retry::Cautious { .. } => 0,
            Retry::Keyed { .. } => 1,
            Retry::Safe { .. } => 2,
        };
        if rank(other) < rank(self) { other } else { self }
    }
}
