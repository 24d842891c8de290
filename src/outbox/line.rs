//! Bodies and requests on their way: how many at once, in which order, and who waits for them.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use jiff::Timestamp;
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::body::{Sealed, Spare};
use super::lane::{Key, LANES, Lane, Write};
use super::ledger::{Ledger, Total};
use super::record::Record;
use super::rejected::Rejected;
use super::{Fatal, Item};
use crate::api::Client;

/// The most bodies under way at once; fewer at the start and after trouble.
const BODIES: usize = 4;
/// The most bodies that wait for their turn before the script has to.
const WAITING: usize = 8;
/// The most single requests under way at once.
const REQUESTS: usize = 64;
/// How often is looked whether writes still come. Bodies go out after two looks without any.
const LOOK: Duration = Duration::from_millis(25);
/// At the latest after so many looks.
const LATEST: u32 = 40;
/// The size at which a body is closed, in bytes: Customer.io takes 500 KB, however it counts them.
pub const BODY: usize = 475_000;
/// As many requests in a row that nobody took end the run: the next ones would fare no better.
const FAILURES: u32 = 3;

/// Takes writes in, sends them, and keeps count of what became of them.
#[derive(Clone)]
pub struct Outbox {
    line: Arc<Line>,
}

pub(super) struct Line {
    pub client: Arc<Client>,
    pub runtime: Handle,
    /// Cuts off what is under way.
    pub stop: CancellationToken,
    state: Mutex<State>,
    changed: Notify,
    ledger: Mutex<Ledger>,
    pub record: Arc<dyn Record>,
    pub rejected: Rejected,
}

struct State {
    lanes: [Lane; LANES],
    queues: [VecDeque<Sealed>; LANES],
    /// Whether a body of the lane is under way: the next waits for it.
    busy: [bool; LANES],
    bodies: usize,
    /// As many bodies may be under way now.
    window: usize,
    /// The lane that is asked first for the next body.
    turn: usize,
    requests: usize,
    /// Whom the single requests under way are about.
    about: HashSet<Key>,
    /// What the writes that aren't settled are.
    way: Option<Way>,
    /// The size at which bodies are closed.
    most: usize,
    spare: Spare,
    failures: u32,
    fatal: Option<Fatal>,
    /// Writes taken in, to see whether any came.
    taken: u64,
    /// Whether the account is closed: nothing is taken in any more.
    closed: bool,
}

/// How a write goes out, as far as the order of what deletes and what doesn't is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Way {
    /// Whether it deletes.
    pub grave: bool,
    pub alone: bool,
}

impl Way {
    /// Whether a write that goes this way can be sent before those that go `other` are settled.
    fn mixes(self, other: Way) -> bool {
        self == other || !(self.grave || other.grave)
    }
}

impl State {
    /// Why nothing is taken in any more.
    fn ended(&self) -> Option<Fatal> {
        self.fatal.clone().or(self.closed.then_some(Fatal::Interrupted))
    }

    fn waiting(&self) -> usize {
        self.queues.iter().map(VecDeque::len).sum()
    }

    fn at_rest(&self) -> bool {
        let sent = self.bodies == 0 && self.requests == 0;
        sent && (self.fatal.is_some() || (self.waiting() == 0 && self.lanes.iter().all(Lane::is_empty)))
    }

    fn seal(&mut self) {
        for (lane, queue) in self.lanes.iter_mut().zip(&mut self.queues) {
            lane.seal(&mut |body| queue.push_back(body));
        }
    }

    /// The next body that may go out.
    fn next(&mut self) -> Option<Sealed> {
        if self.bodies >= self.window || self.fatal.is_some() {
            return None;
        }
        let lane = (0..LANES)
            .map(|n| (self.turn + n) % LANES)
            .find(|lane| !self.busy[*lane] && !self.queues[*lane].is_empty())?;
        let body = self.queues[lane].pop_front()?;
        self.turn = (lane + 1) % LANES;
        self.busy[lane] = true;
        self.bodies += 1;
        Some(body)
    }
}

impl Outbox {
    pub fn new(
        client: Arc<Client>,
        runtime: Handle,
        stop: CancellationToken,
        rejected: Rejected,
        record: Arc<dyn Record>,
    ) -> Outbox {
        let state = State {
            lanes: std::array::from_fn(Lane::new),
            queues: Default::default(),
            busy: [false; LANES],
            bodies: 0,
            window: 1,
            turn: 0,
            requests: 0,
            about: HashSet::new(),
            way: None,
            most: BODY,
            spare: Spare::default(),
            failures: 0,
            fatal: None,
            taken: 0,
            closed: false,
        };
        let line = Arc::new(Line {
            client,
            stop,
            state: Mutex::new(state),
            changed: Notify::new(),
            ledger: Mutex::default(),
            record,
            rejected,
            runtime: runtime.clone(),
        });
        runtime.spawn(seal_when_idle(Arc::downgrade(&line)));
        Outbox { line }
    }

    /// Takes a write into a body, as the JSON that `encode` writes. It gets the write's time, in microseconds
    /// since 1970: later than any before it in its lane, and in whole milliseconds where that allows it.
    ///
    /// Waits while too many bodies wait; call it on a thread that may block.
    ///
    /// # Errors
    /// [`Fatal`] when no further write could fare better, or the run is being stopped, and as `encode` within:
    /// the write isn't taken then.
    pub fn put<E>(
        &self,
        write: &Write<'_>,
        grave: bool,
        encode: impl FnOnce(&mut Vec<u8>, i64) -> Result<(), E>,
    ) -> Result<Result<(), E>, Fatal> {
        let way = Way { grave, alone: false };
        let mut state = self.admitted(way, |state| state.waiting() <= WAITING)?;
        let State { lanes, queues, most, spare, taken, .. } = &mut *state;
        let lane = write.key.lane();
        let (lane, queue) = (&mut lanes[lane], &mut queues[lane]);
        let before = queue.len();
        let time = lane.stamp(Timestamp::now().as_millisecond() * 1_000);
        let put =
            lane.put(write, time, *most, spare, |out| encode(out, time), &mut |body| queue.push_back(body));
        *taken += 1;
        if queue.len() > before {
            self.line.pump(&mut state);
        }
        Ok(put)
    }

    /// Sends a write alone, with others under way.
    ///
    /// Waits while too many are; call it on a thread that may block.
    ///
    /// # Errors
    /// As [`Outbox::put`].
    pub fn send(&self, item: Item, key: Option<Key>, grave: bool) -> Result<(), Fatal> {
        let room =
            |state: &State| state.requests < REQUESTS && key.is_none_or(|key| !state.about.contains(&key));
        let mut state = self.admitted(Way { grave, alone: true }, room)?;
        state.requests += 1;
        state.about.extend(key);
        state.taken += 1;
        self.line.runtime.spawn(self.line.clone().alone(item, key));
        Ok(())
    }

    /// Waits until what has to be settled before a write of this way is, and tells what became of all that is.
    ///
    /// # Errors
    /// As [`Outbox::put`].
    pub fn settled_before(&self, way: Way) -> Result<Total, Fatal> {
        drop(self.admitted(way, |_| true)?);
        Ok(self.ledger().total)
    }

    /// The state, at a moment at which a write of this way may enter and `room` holds.
    fn admitted(&self, way: Way, room: impl Fn(&State) -> bool) -> Result<MutexGuard<'_, State>, Fatal> {
        loop {
            let mut state = self.line.state();
            if let Some(fatal) = state.ended() {
                return Err(fatal);
            }
            let other = state.way.is_some_and(|before| !way.mixes(before)) && !state.at_rest();
            if !other && room(&state) {
                state.way = Some(way);
                return Ok(state);
            }
            drop(state);
            if other {
                self.close();
                self.wait(State::at_rest)?;
            } else {
                self.wait(&room)?;
            }
        }
    }

    /// Waits until all that was taken in is settled, and tells what became of it in all.
    ///
    /// # Errors
    /// As [`Outbox::put`].
    pub fn settled(&self) -> Result<Total, Fatal> {
        self.close();
        self.wait(State::at_rest)?;
        Ok(self.ledger().total)
    }

    /// The same, as what is new since the last time this was asked, and what it is in all.
    ///
    /// # Errors
    /// As [`Outbox::put`].
    pub fn flush(&self) -> Result<(Total, Total), Fatal> {
        self.settled()?;
        let mut ledger = self.ledger();
        Ok((ledger.since_flush(), ledger.total))
    }

    /// Waits until all that was taken in is settled, or can't be any more; then enters what was never sent,
    /// and takes nothing in any more. Tells why not everything was sent.
    pub async fn finish(&self) -> Option<Fatal> {
        self.close();
        let at_rest = self.line.until(State::at_rest);
        tokio::select! {
            () = at_rest => {}
            () = self.line.stop.cancelled() => {
                // What is on the wire is given its time, and then ends at once and says how far it came.
                let ended = self.line.until(|state| state.bodies == 0 && state.requests == 0);
                let cut = async {
                    self.line.client.cut_off().await;
                    tokio::time::sleep(Duration::from_secs(1)).await;
                };
                tokio::select! {
                    () = ended => {}
                    () = cut => {}
                }
            }
        }
        let mut state = self.line.state();
        state.closed = true;
        state.seal();
        for body in state.queues.iter_mut().flat_map(std::mem::take) {
            self.line.never_sent(&body);
        }
        state.fatal.clone().or(self.ledger().cut_off.then_some(Fatal::Interrupted))
    }

    /// Closes all open bodies, and sends what may be sent.
    fn close(&self) {
        let mut state = self.line.state();
        state.seal();
        self.line.pump(&mut state);
    }

    fn wait(&self, until: impl Fn(&State) -> bool) -> Result<(), Fatal> {
        {
            let state = self.line.state();
            if let Some(fatal) = state.ended() {
                return Err(fatal);
            }
            if until(&state) {
                return Ok(());
            }
        }
        self.line.runtime.block_on(async {
            tokio::select! {
                () = self.line.stop.cancelled() => Err(Fatal::Interrupted),
                () = self.line.until(|state| state.fatal.is_some() || until(state)) => {
                    let fatal = self.line.state().fatal.clone();
                    fatal.map_or(Ok(()), Err)
                }
            }
        })
    }

    /// The account so far.
    pub fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.line.ledger()
    }

    /// The writes that were rejected so far.
    pub fn rejected(&self) -> &Rejected {
        &self.line.rejected
    }

    pub(super) fn line(&self) -> &Line {
        &self.line
    }
}

impl Line {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends what may be sent.
    fn pump(self: &Arc<Line>, state: &mut State) {
        // What waits when the run is stopped is entered as it waits.
        if self.stop.is_cancelled() {
            return;
        }
        while let Some(body) = state.next() {
            self.runtime.spawn(self.clone().under_way(body));
        }
    }

    async fn until(&self, holds: impl Fn(&State) -> bool) {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if holds(&self.state()) {
                return;
            }
            changed.await;
        }
    }
}

impl Line {
    /// Takes a body's end into account.
    pub(super) fn done(self: &Arc<Line>, body: Sealed, came: Came) {
        let mut state = self.state();
        let lane = body.slot.lane;
        state.spare.keep(body);
        state.busy[lane] = false;
        state.bodies -= 1;
        // A soft start, and again after trouble.
        state.window = if came.away { 1 } else { (state.window + 1).min(BODIES) };
        self.take(&mut state, came);
    }

    /// Takes a single request's end into account.
    pub(super) fn done_alone(self: &Arc<Line>, key: Option<Key>, came: Came) {
        let mut state = self.state();
        state.requests -= 1;
        if let Some(key) = key {
            state.about.remove(&key);
        }
        self.take(&mut state, came);
    }

    fn take(self: &Arc<Line>, state: &mut State, came: Came) {
        state.failures = if came.away { state.failures + 1 } else { 0 };
        if let Some(most) = came.most {
            state.most = state.most.min(most);
        }
        let ends = came.ends || state.failures >= FAILURES;
        if let (Some(fatal), true, None) = (came.fatal, ends, &state.fatal) {
            state.fatal = Some(fatal);
        }
        self.pump(state);
        self.changed.notify_waiters();
    }
}

/// What a request's end means for those behind it.
#[derive(Default)]
pub(super) struct Came {
    /// Whether nobody took it.
    pub away: bool,
    /// What it would be if it ended the run.
    pub fatal: Option<Fatal>,
    /// Whether it does: no other would fare better.
    pub ends: bool,
    /// Bodies have to be smaller from now on.
    pub most: Option<usize>,
}

/// Closes bodies that nothing was added to for a while, and those of a script that adds now and then.
async fn seal_when_idle(line: Weak<Line>) {
    let mut before = [0; 2];
    for look in 1.. {
        tokio::time::sleep(LOOK).await;
        let Some(line) = line.upgrade() else { return };
        let mut state = line.state();
        let idle = before == [state.taken; 2] || look % LATEST == 0;
        if idle && state.lanes.iter().any(|lane| !lane.is_empty()) {
            state.seal();
            line.pump(&mut state);
        }
        before = [before[1], state.taken];
    }
}
