//! Writes that are held until somebody sends them: the calls themselves, so that one that is sent passes everything
//! a call passes.

use tokio_util::sync::CancellationToken;

use super::calls::Made;
use super::session::Session;
use super::withheld::{DryRun, Withheld};
use crate::engine::{Call, Failure, Halt, Host, Reply, Site};
use crate::fault::{At, Code, Fault, Place, counted};
use crate::journal::CallPath;
use crate::policy::Limits;
use crate::request;
use crate::spec::{Arg, Delivery, Held as _, Owned, Tool};

/// As many are held.
const MOST: usize = 100_000;
/// And as many bytes of their bodies.
const MOST_BYTES: usize = 64 << 20;

/// Calls that are held, in their order.
#[derive(Default)]
pub struct Held {
    calls: Vec<HeldCall>,
    bytes: usize,
    /// How many there were when it was asked last.
    flushed: usize,
}

struct HeldCall {
    tool: &'static Tool,
    args: Vec<Owned>,
    place: Place,
    limits: Option<Limits>,
    bytes: usize,
}

impl Held {
    pub fn len(&self) -> usize {
        self.calls.len()
    }

    /// How many were held since the last time this was asked.
    pub(super) fn since_flush(&mut self) -> u64 {
        let before = std::mem::replace(&mut self.flushed, self.calls.len());
        self.calls.len().saturating_sub(before) as u64
    }

    /// Forgets all but the first `n`.
    pub(super) fn truncate(&mut self, n: usize) {
        let mut calls = std::mem::take(&mut self.calls);
        calls.truncate(n);
        *self = Held::of(calls);
    }

    fn of(calls: Vec<HeldCall>) -> Held {
        Held { bytes: calls.iter().map(|call| call.bytes).sum(), flushed: calls.len(), calls }
    }

    fn push(&mut self, call: HeldCall) -> Result<(), Fault> {
        if self.calls.len() >= MOST || self.bytes + call.bytes > MOST_BYTES {
            let message = format!("no more than {} are held", counted(self.calls.len() as u64, "write"));
            return Err(Fault::new(Code::ScriptLimit, At::Call, message)
                .label("not held")
                .help("`:send` or `:discard` what is held, or do it in parts"));
        }
        self.bytes += call.bytes;
        self.calls.push(call);
        Ok(())
    }
}

impl HeldCall {
    fn with<T>(&self, then: impl FnOnce(&[Arg<'_>]) -> T) -> T {
        let args: Vec<Arg<'_>> = self.args.iter().map(|arg| arg.arg()).collect();
        then(&args)
    }

    fn site(&self) -> Site<'_> {
        let Place { source, line, column } = &self.place;
        Site { source, line: *line, column: *column }
    }
}

impl Session {
    /// Holds a write.
    ///
    /// # Errors
    /// [`Halt`] when it could never be made, or too many are held. What isn't granted may be by the time it is sent.
    pub(super) fn hold(&self, made: &Made<'_>, path: &CallPath) -> Result<Reply, Halt> {
        let Made { tool, args, site, limits, .. } = *made;
        if let Some(fault) = self.refused(made).filter(|fault| fault.code != Code::GrantMissing) {
            return Err(made.fault(fault));
        }
        let bytes = self.request(made, path)?.body.map_or(0, |body| body.len());
        let args = args.iter().map(Owned::of).collect();
        let call = HeldCall { tool, args, place: site.place(), limits, bytes };
        self.held().push(call).map_err(|fault| made.fault(fault))?;
        Ok(if tool.delivery == Delivery::Now { Reply::Withheld } else { Reply::Deferred })
    }

    /// What is held, as it would go out.
    pub fn pending(&self) -> DryRun {
        let mut withheld = Withheld::default();
        for call in &self.held().calls {
            call.with(|args| {
                let class = request::class(call.tool, args);
                let made = Made { tool: call.tool, args, class, site: call.site(), limits: call.limits };
                // It was built before.
                if let Ok(request) = request::build(call.tool, args, None) {
                    withheld.keep(request, &self.named(&made), call.place.clone());
                }
            });
        }
        self.dry_run(withheld, &[])
    }

    /// Makes the calls that are held, in their order, until `between` is cancelled. Those that it doesn't come to
    /// are held on, and so is one that is refused before it is sent: what became of all others the account tells,
    /// and none of them is sent again.
    ///
    /// # Errors
    /// Why it ended before the last.
    pub(super) fn send_held(&self, between: &CancellationToken) -> Result<(), Failure> {
        let mut calls = std::mem::take(&mut *self.held()).calls.into_iter();
        let mut ended = Ok(());
        let mut left = vec![];
        for call in calls.by_ref() {
            if between.is_cancelled() {
                ended = Err(Failure::Stopped);
                left.push(call);
                break;
            }
            let HeldCall { tool, limits, .. } = call;
            let before = self.counted(tool);
            let made = call.with(|args| self.call(Call { tool, args, site: call.site(), limits }));
            if let Err(halt) = made {
                ended = Err(match halt {
                    Halt::Failed(error) => Failure::of_call(*error, call.place.clone()),
                    Halt::Stopped => Failure::Stopped,
                });
                if self.counted(tool) == before {
                    left.push(call);
                }
                break;
            }
        }
        left.extend(calls);
        *self.held() = Held::of(left);
        ended
    }
}
