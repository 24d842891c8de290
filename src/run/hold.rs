//! Writes that are held until somebody sends them: the calls themselves, so that one that is sent passes everything
//! a call passes.

use std::collections::HashMap;
use std::sync::{MutexGuard, PoisonError};

use super::calls::{Made, subject};
use super::session::Session;
use super::withheld::{DryRun, Withheld};
use crate::engine::{Call, Failure, Halt, Host, Reply, Site};
use crate::fault::{At, Code, Fault, Place, counted};
use crate::journal::CallPath;
use crate::outbox::{self, Entry};
use crate::policy::Limits;
use crate::request::{self, Stamp};
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

pub(super) struct HeldCall {
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

    /// How many more are held, and how many bytes.
    fn room(&self) -> (usize, usize) {
        (MOST.saturating_sub(self.calls.len()), MOST_BYTES.saturating_sub(self.bytes))
    }

    fn of(calls: Vec<HeldCall>) -> Held {
        Held { bytes: calls.iter().map(|call| call.bytes).sum(), flushed: calls.len(), calls }
    }

    fn push(&mut self, call: HeldCall, (calls, bytes): (usize, usize)) -> Result<(), Fault> {
        if self.calls.len() >= calls || self.bytes + call.bytes > bytes {
            let message = "no further write is held: there are enough for their memory";
            return Err(Fault::new(Code::ScriptLimit, At::Call, message).label("not held").help(format!(
                "`:send` or `:discard` what is held, or do it in parts: {MOST} writes are held, or {} MB",
                MOST_BYTES >> 20
            )));
        }
        self.bytes += call.bytes;
        self.calls.push(call);
        Ok(())
    }

    /// Puts calls behind these.
    fn append(&mut self, more: Held) {
        self.bytes += more.bytes;
        self.calls.extend(more.calls);
    }

    /// Puts calls before these.
    fn prepend(&mut self, first: Vec<HeldCall>) {
        let rest = std::mem::replace(self, Held::of(first));
        self.append(rest);
    }

    /// What is held, as it would go out.
    pub fn account(&self, session: &Session) -> DryRun {
        let mut withheld = Withheld::default();
        for call in &self.calls {
            call.with(|args| {
                let class = request::class(call.tool, args);
                let made = Made { tool: call.tool, args, class, site: call.site(), limits: call.limits };
                // It was built before.
                if let Ok(request) = request::build(call.tool, args, None) {
                    withheld.keep(request, &session.named(&made), call.place.clone());
                }
            });
        }
        session.dry_run(withheld, &[])
    }
}

impl HeldCall {
    fn with<T>(&self, then: impl FnOnce(&[Arg<'_>]) -> T) -> T {
        let args: Vec<Arg<'_>> = self.args.iter().map(|arg| arg.arg()).collect();
        then(&args)
    }

    /// Whom or what the account says it is about.
    fn subject(&self) -> String {
        self.with(|args| match self.tool.delivery {
            Delivery::Batched => {
                let mut item = vec![];
                match request::batched(&mut item, self.tool, args, &Stamp::default()) {
                    Ok(()) => outbox::subject(self.tool, &item),
                    Err(_) => String::new(),
                }
            }
            Delivery::Now | Delivery::Streamed => subject(self.tool, args),
        })
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
        let never = |fault: &Fault| matches!(fault.code, Code::GrantReadOnly | Code::GrantDenied);
        if let Some(fault) = self.refused(made).filter(never) {
            return Err(made.fault(fault));
        }
        let bytes = self.request(made, path)?.body.map_or(0, |body| body.len());
        let args = args.iter().map(Owned::of).collect();
        let call = HeldCall { tool, args, place: site.place(), limits, bytes };
        let room = self.pending.lock().unwrap_or_else(PoisonError::into_inner).room();
        self.held().push(call, room).map_err(|fault| made.fault(fault))?;
        Ok(if tool.delivery == Delivery::Now { Reply::Withheld } else { Reply::Deferred })
    }

    /// What this input holds is pending from here on, if it is `done`; otherwise it is dropped: whoever mends the
    /// input makes it all once more.
    pub(super) fn keep_held(&self, done: bool) {
        let held = std::mem::take(&mut *self.held());
        // One that was left behind has been told as interrupted.
        if done && !Host::stopped(self) {
            self.pending().append(held);
        } else if held.len() > 0 {
            let dropped = counted(held.len() as u64, "write");
            self.tell(&format!("of this input nothing is held: {dropped} dropped"));
        }
    }

    pub(super) fn pending(&self) -> MutexGuard<'_, Held> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the calls that are pending, in their order, until `between` is cancelled. Those that it doesn't come to
    /// are pending on, and so is one that is refused before it is sent.
    ///
    /// # Errors
    /// Why it ended before the last.
    pub(super) fn send_held(&self) -> Result<(), Failure> {
        self.outbox.ledger().keeps_left = true;
        let mut calls = std::mem::take(&mut *self.pending()).calls.into_iter();
        let mut ended = Ok(());
        let mut left = vec![];
        for call in calls.by_ref() {
            if self.between.is_cancelled() {
                ended = Err(Failure::Stopped);
                left.push(call);
                break;
            }
            let HeldCall { tool, limits, .. } = call;
            let before = self.counted(tool);
            let made = call.with(|args| self.call(Call { tool, args, site: call.site(), limits }));
            let place = call.place.clone();
            match self.counted(tool) == before {
                true => left.push(call),
                false => self.sent().push(call),
            }
            if let Err(halt) = made {
                ended = Err(match halt {
                    Halt::Failed(error) => Failure::of_call(*error, place),
                    Halt::Stopped => Failure::Stopped,
                });
                break;
            }
        }
        left.extend(calls);
        self.pending().prepend(left);
        ended
    }

    fn sent(&self) -> MutexGuard<'_, Vec<HeldCall>> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes those calls pending again that were made and never delivered, as the account says: nobody has them.
    /// Gives their number.
    pub(super) fn put_back(&self, undelivered: &[Entry]) -> usize {
        let key =
            |tool, subject, place: &Place| (tool, subject, (place.source.clone(), place.line, place.column));
        let mut wanted: HashMap<_, usize> = HashMap::new();
        for Entry { tool, subject, place } in undelivered {
            *wanted.entry(key(*tool, subject.clone(), place)).or_default() += 1;
        }
        let sent = std::mem::take(&mut *self.sent());
        let mut back: Vec<HeldCall> = vec![];
        // Of several alike the last: those before it were delivered first.
        for call in sent.into_iter().rev() {
            let subject = call.subject();
            let Some(n) = wanted.get_mut(&key(call.tool.name(), subject, &call.place)) else { continue };
            if *n > 0 {
                *n -= 1;
                back.push(call);
            }
        }
        back.reverse();
        let n = back.len();
        self.pending().prepend(back);
        n
    }
}
