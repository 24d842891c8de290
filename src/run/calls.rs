//! A call's way from its arguments to its reply.

use std::borrow::Cow;
use std::sync::atomic::Ordering;
use std::sync::{Arc, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio::task::JoinSet;

use super::earlier::{Earlier, Turn};
use super::segments::{Segment, Segments, find};
use super::session::{Session, Stopped};
use super::{barrier, deferred};
use crate::api::{Before, Called, Drift, Interrupted, Unread, explain, missing_key};
use crate::engine::{Ahead, Call, CallError, Halt, Host, Look, Reply, Site};
use crate::fault::{At, Code, Fault};
use crate::journal::{CallPath, enter, message_id, next_path};
use crate::outbox::{Entry, Fatal, Item, Settlement, Way};
use crate::policy::{Answer, Limits, Outcome};
use crate::request::{self, Class, Request, Stamp};
use crate::spec::{Api, Arg, Authorization, Delivery, Effect, Kind, Place as Spot, Tool};
use crate::tools;

/// A call with sound arguments.
pub(super) struct Made<'a> {
    pub tool: &'static Tool,
    pub args: &'a [Arg<'a>],
    pub class: Class,
    pub site: Site<'a>,
    pub limits: Option<Limits>,
}

impl Made<'_> {
    pub(super) fn fault(&self, fault: Fault) -> Halt {
        CallError::one(self.tool.name(), fault).into()
    }

    /// Whether it sends or deletes.
    fn is_grave(&self) -> bool {
        matches!(self.class.effect, Effect::Send | Effect::Destroy)
    }
}

impl Session {
    /// A call's arguments, if they are sound, and its path.
    pub(super) fn sound<'a>(&self, call: &Call<'a>) -> Result<(Cow<'a, [Arg<'a>]>, CallPath), Halt> {
        let Call { tool, args, site, limits } = *call;
        self.heed_rejections(tool.name(), site)?;
        let faults = request::check(tool, args);
        if !faults.is_empty() {
            return Err(CallError::new(tool.name(), faults).into());
        }
        let args = self.with_segments(tool, args, site, limits)?;
        Ok((args, next_path()))
    }

    /// The request of a call that may be made, as it goes out alone.
    pub(super) fn item(&self, made: &Made<'_>, path: &CallPath) -> Result<Item, Halt> {
        let request = self.request(made, path)?;
        self.admit(made)?;
        let Made { tool, args, site, limits, .. } = *made;
        let entry = Entry { tool: tool.name(), subject: subject(tool, args), place: site.place() };
        Ok(Item { request, entry, limits: limits.unwrap_or(self.client.limits) })
    }

    /// Builds a call's request, with what makes it the same on every attempt.
    pub(super) fn request(&self, made: &Made<'_>, path: &CallPath) -> Result<Request, Halt> {
        let mut id = String::new();
        message_id(&mut id, &self.id, path);
        let stamp = Stamp {
            message_id: id,
            // Milliseconds: what Customer.io's own clients send.
            timestamp: format!("{:.3}", Timestamp::now()),
        };
        request::build(made.tool, made.args, Some(&stamp)).map_err(|fault| made.fault(fault))
    }

    /// Holds a call against everything that may keep it from being made.
    pub(super) fn admit(&self, made: &Made<'_>) -> Result<(), Halt> {
        if let Some(fault) = self.refused(made) {
            return Err(made.fault(fault));
        }
        // What is looked at behind it may change while somebody thinks.
        self.confirm(made)?;
        self.finished(made.tool, made.args, made.site, made.limits)?;
        self.barrier(made)?;
        self.guard(made)
    }

    /// What refuses a call: it, or one inside it, isn't granted, or a credential is missing.
    pub(super) fn refused(&self, made: &Made<'_>) -> Option<Fault> {
        let refuse = |(tool, class): (&Tool, Class)| {
            self.terms.grants.refuse(tool, &class)?;
            // What it is in the arguments is looked for where somebody has to be told.
            let cause = request::cause(made.tool, made.args, class.effect);
            self.terms.grants.refuse_for(tool, &class, cause.as_ref())
        };
        let inside = || request::inside(made.tool, made.args).into_iter().find_map(refuse);
        // A grant to delete is none to change what people agreed to. Below that, nothing is granted by itself.
        let besides = || {
            if made.class.effect < Effect::Consent {
                return None;
            }
            let effects = request::effects(made.tool, made.args);
            effects.map(|effect| (made.tool, Class { effect, ..made.class })).find_map(refuse)
        };
        refuse((made.tool, made.class))
            .or_else(besides)
            .or_else(inside)
            .or_else(|| self.without_key(made.tool))
    }

    /// What keeps `tool` from being called for want of a credential.
    fn without_key(&self, tool: &'static Tool) -> Option<Fault> {
        if tool.authorization != Authorization::Credential {
            return None;
        }
        let keyed = &self.keyed[tool.api as usize];
        if keyed.load(Ordering::Relaxed) {
            return None;
        }
        self.need(&[tool.api]);
        let missing = missing_key(&self.client.credentials, tool.api, &[tool.name()]);
        // A stop can keep keys from being read.
        let unread = self.client.credentials.unread(&[tool.api]);
        keyed.store(missing.is_none() && !unread, Ordering::Relaxed);
        missing
    }

    /// Keeps a write back, with what would have refused it.
    ///
    /// # Errors
    /// [`Halt`] when a question that it asks before can't be answered.
    pub(super) fn withhold(&self, made: &Made<'_>, path: &CallPath) -> Result<Reply, Halt> {
        let Made { tool, args, site, limits, .. } = *made;
        let request = self.request(made, path)?;
        let unfinished = match self.finished(tool, args, site, limits) {
            Ok(()) => vec![],
            Err(Halt::Failed(error)) if error.attempts == 0 => error.faults,
            Err(halt) => return Err(halt),
        };
        self.in_workspace(tool, site)?;
        let (named, refused) = (self.named(made), self.refused(made));
        let mut withheld = self.withheld();
        for fault in refused.into_iter().chain(unfinished) {
            withheld.meet(fault, site.place());
        }
        withheld.keep(request, &named, site.place());
        Ok(if tool.delivery == Delivery::Now { Reply::Withheld } else { Reply::Deferred })
    }

    /// Reads the keys of `apis` that nobody has needed yet, unless the run is being stopped: then no call
    /// gets as far as to miss them.
    pub(super) fn need(&self, apis: &[Api]) {
        let credentials = &self.client.credentials;
        if !credentials.unread(apis) {
            return;
        }
        self.runtime.block_on(async {
            tokio::select! {
                // Said at once: a script that goes on would call what can't be sent.
                () = self.stop.cancelled() => drop(self.end(Stopped::Interrupted)),
                () = credentials.need(apis) => {}
            }
        });
    }

    pub(super) fn send_now(&self, item: &Item, args: &[Arg<'_>]) -> Result<Reply, Halt> {
        let request = &item.request;
        let write = !request.class.is_read();
        let interrupted = |interrupted| {
            if write {
                self.outbox.interrupted(item, interrupted);
            }
            self.end(Stopped::Interrupted)
        };
        let turn = request.tool.lookup.map(|_| self.earlier().turn(&request.path));
        let _turn = match &turn {
            Some(turn) => Some(self.in_turn(turn).ok_or_else(|| interrupted(Interrupted { sent: false }))?),
            None => None,
        };
        let reading = Before::read(&self.client, request.tool, args, &item.limits, &self.stop);
        let before = self.runtime.block_on(reading);
        let before = before.map_err(|unread| match unread {
            Unread::Interrupted => interrupted(Interrupted { sent: false }),
            Unread::Failed { fault, status, attempts } => {
                self.outbox.refused(item, status, &fault);
                CallError::one(request.tool.name(), *fault).after(attempts, status).into()
            }
        })?;
        if let Some(fault) = before.as_ref().and_then(|before| self.strict(&before.drifts, false)) {
            self.outbox.ledger().enter(Settlement::Undelivered, &item.entry, None, &fault, "");
            return Err(CallError::one(request.tool.name(), fault).into());
        }
        let called = self.runtime.block_on(self.looked_up(item, args, before)).map_err(interrupted)?;
        self.reply(item, args, called)
    }

    /// Waits for the turn of a call that is looked up; `None` when the run is stopped meanwhile.
    fn in_turn<'t>(&self, turn: &'t Turn) -> Option<tokio::sync::MutexGuard<'t, ()>> {
        self.runtime.block_on(async {
            tokio::select! {
                () = self.stop.cancelled() => None,
                turn = turn.lock() => Some(turn),
            }
        })
    }

    /// Begins a read that needs no look at anything before it.
    pub(super) fn begin(self: Arc<Session>, item: Item, mut look: Box<dyn Look>) -> Ahead {
        let (client, stop) = (self.client.clone(), self.stop.clone());
        // Dropped, it ends what is in it.
        let mut reading = JoinSet::new();
        let read = async move {
            let called = client.watched(&item.request, &item.limits, &stop, &mut *look).await;
            if let Ok(Called { outcome: Outcome::Done(answer), .. }) = &called {
                look.whole(&answer.body);
            }
            (item, called)
        };
        reading.spawn_on(read, &self.runtime);
        Box::new(move || match self.runtime.block_on(reading.join_next()) {
            Some(Ok((item, Ok(called)))) => self.reply(&item, &[], called),
            Some(Err(why)) if why.is_panic() => std::panic::resume_unwind(why.into_panic()),
            Some(Ok((_, Err(_))) | Err(_)) | None => Err(self.end(Stopped::Interrupted)),
        })
    }

    /// What a script is told of a call that came to its end.
    fn reply(&self, item: &Item, args: &[Arg<'_>], called: Called) -> Result<Reply, Halt> {
        let request = &item.request;
        let write = !request.class.is_read();
        let explained = match write {
            // Catching the error doesn't undo what became of the write.
            true => {
                let (settlement, explained) = self.outbox.record(item, &called);
                if matches!(settlement, Settlement::Accepted | Settlement::InDoubt) {
                    self.mark(&request.class);
                }
                explained
            }
            false => explain(&self.client, request, &called).map(drop),
        };
        self.heed(&called.drifts);
        let strict = self.strict(&called.drifts, write);
        let explained = explained.and_then(|()| strict.map_or(Ok(()), Err));
        let explained = explained.map_err(|fault| self.with_near_segments(item, args, fault));
        let (status, attempts, retry_after) =
            (called.outcome.status(), called.attempts.len(), called.retry_after);
        match (explained, called.outcome) {
            (Ok(()), Outcome::Done(answer)) => Ok(Reply::Answer(answer.body)),
            (Ok(()), _) => Ok(Reply::Answer(vec![])),
            (Err(fault), _) => {
                let error = CallError::one(request.tool.name(), fault).after(attempts, status);
                Err(CallError { retry_after, ..error }.into())
            }
        }
    }

    /// The fault of a call whose answer drifted, where the run takes none that did; `accepted` says that the
    /// call was a write, which was done.
    fn strict(&self, drifts: &[Drift], accepted: bool) -> Option<Fault> {
        let drift = drifts.first().filter(|_| self.terms.strict_answers)?;
        Some(drift.fault(accepted))
    }

    /// Tells what was repaired in a call's answers, once for each field.
    fn heed(&self, drifts: &[Drift]) {
        if self.terms.strict_answers {
            return;
        }
        let new = self.drifts.lock().unwrap_or_else(PoisonError::into_inner).enter(drifts);
        for drift in new {
            self.console.note(&drift.note());
        }
    }

    fn earlier(&self) -> MutexGuard<'_, Earlier> {
        self.earlier.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends a request; one that gets no answer is looked up where that can be done.
    async fn looked_up(
        &self,
        Item { request, limits, .. }: &Item,
        args: &[Arg<'_>],
        mut before: Option<Before>,
    ) -> Result<Called, Interrupted> {
        let (client, tool, stop) = (&self.client, request.tool, &self.stop);
        let earlier = self.earlier().of(&request.path);
        if let Some(before) = &mut before {
            before.knows(&earlier.ids);
        }
        let mut called = client.call(request, limits, stop).await?;
        if let (Outcome::Unknown(_), Some(before)) = (&called.outcome, &mut before)
            // What is new may be what an earlier call made.
            && !earlier.open
        {
            let made = before.made(client, tool, args, limits, stop).await;
            let name = tool.name();
            // A stop of the look-up leaves the call as sent as it was.
            match made.map_err(|_| Interrupted { sent: true })? {
                Some(id) => {
                    self.tell(&format!("`{name}` got no answer, and was looked up: it was done, with id {id}"));
                    let body = format!("{{\"id\":{id}}}").into_bytes();
                    called.outcome = Outcome::Done(Answer { status: 200, body });
                }
                None => self.tell(&format!(
                    "`{name}` got no answer, and was looked up: what Customer.io lists doesn't tell whether it was \
                     done"
                )),
            }
        }
        if let Some(lookup) = &tool.lookup {
            self.earlier().note(&request.path, lookup, &called.outcome);
        }
        called.drifts.extend(before.into_iter().flat_map(|before| before.drifts));
        Ok(called)
    }

    /// Sends a write by itself, with others under way.
    pub(super) fn send(&self, item: Item, made: &Made<'_>) -> Result<Reply, Halt> {
        let key = deferred::key(made.tool, made.args);
        let sent = self.outbox.send(item, key, made.class.effect == Effect::Destroy);
        sent.map(|()| self.handed_over(made)).map_err(|fatal| self.fatal(fatal))
    }

    pub(super) fn fatal(&self, fatal: Fatal) -> Halt {
        match fatal {
            Fatal::Interrupted => self.end(Stopped::Interrupted),
            Fatal::Fault { tool, place, fault, status, attempts } => {
                let error = CallError::one(tool, *fault).after(attempts, status);
                self.end(Stopped::Fatal(error, place))
            }
        }
    }

    /// Waits, before a write that is answered at once or that sends or deletes, until every write before it
    /// is settled. What sends or deletes is held back for good if one of them wasn't accepted and the script
    /// hasn't looked: a broadcast never goes out over a half-written audience by accident.
    fn barrier(&self, made: &Made<'_>) -> Result<(), Halt> {
        let delivery = made.tool.delivery;
        if made.class.is_read() || !(made.is_grave() || delivery == Delivery::Now) {
            return Ok(());
        }
        // What was told before: a branch beside this one may be told more meanwhile.
        let seen = *self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let total = match delivery {
            Delivery::Streamed => self.outbox.settled_before(Way { grave: true, alone: true }),
            Delivery::Batched | Delivery::Now => self.outbox.settled(),
        };
        let total = total.map_err(|fatal| self.fatal(fatal))?;
        // Of a streamed tool many are under way: one that was refused doesn't hold back its neighbours.
        let unseen = match delivery {
            Delivery::Streamed => total.unseen_beside_deletions(&seen),
            _ => total.unseen(&seen),
        };
        match unseen {
            n if n > 0 && made.is_grave() => Err(made.fault(barrier::closed(made.tool.name(), n))),
            _ => Ok(()),
        }
    }

    /// The arguments with every segment's name replaced by its id.
    pub(super) fn with_segments<'c, 'a>(
        &self,
        tool: &'static Tool,
        args: &'c [Arg<'a>],
        site: Site<'_>,
        limits: Option<Limits>,
    ) -> Result<Cow<'c, [Arg<'a>]>, Halt> {
        let mut args = Cow::Borrowed(args);
        if !tool.names_segment {
            return Ok(args);
        }
        for (i, param) in tool.params.iter().enumerate() {
            if let (Kind::Segment, Some(Arg::Text(name))) = (param.kind, args.get(i)) {
                let id = find(self.segments(site, limits)?, name)
                    .map_err(|fault| CallError::one(tool.name(), fault.below(param.name)))?;
                args.to_mut()[i] = Arg::Int(id);
            }
        }
        Ok(args)
    }

    pub(super) fn segments(&self, site: Site<'_>, limits: Option<Limits>) -> Result<&[Segment], Halt> {
        if let Some(segments) = self.segments.get() {
            return Ok(segments);
        }
        // One reads for all branches; which one it is mustn't change how its calls are numbered.
        let aside = self.aside.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(segments) = self.segments.get() {
            return Ok(segments);
        }
        let _aside = enter(aside.clone());
        let tool = &tools::app::get_segments::TOOL;
        let Reply::Answer(body) = self.call(Call { tool, args: &[], site, limits })? else {
            return Ok(self.segments.get_or_init(Vec::new));
        };
        let read = serde_json::from_slice::<Segments>(&body).map_err(|why| {
            let message = format!("the answer of `get_segments` can't be read: {why}");
            CallError::one(tool.name(), Fault::new(Code::AnswerUnreadable, At::Call, message))
        })?;
        Ok(self.segments.get_or_init(|| read.segments))
    }
}

/// Who or what a call is about: its first argument that names something.
pub(super) fn subject(tool: &'static Tool, args: &[Arg<'_>]) -> String {
    let named = tool.params.iter().zip(args).find(|(param, arg)| {
        tool.place(param) != Spot::Nowhere && matches!(arg, Arg::Text(_) | Arg::Int(_) | Arg::Person(_))
    });
    match named {
        Some((_, Arg::Text(text))) => (*text).to_string(),
        Some((_, Arg::Int(n))) => n.to_string(),
        Some((_, Arg::Person(person))) => {
            person.id.or(person.email).or(person.cio_id).unwrap_or_default().to_string()
        }
        _ => tool.name().to_string(),
    }
}
