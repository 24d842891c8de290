//! One body's way, and one request's: sent, explained, entered in the account.

use std::ops::Range;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use super::body::{Origin, Sealed};
use super::lane::Key;
use super::line::{Came, Line, Outbox};
use super::rejected::Refused;
use super::settle::{self, Settlement, refuses_items, refuses_the_run, settle};
use super::sift::{self, After, Next, halves, probe};
use super::{Entry, Fatal, Item};
use crate::api::{Called, Interrupted, attempts, explain};
use crate::fault::{At, Code, Fault};
use crate::request::Request;
use crate::spec::Tool;

/// What came of a request.
struct Told {
    settlement: Settlement,
    status: Option<u16>,
    fault: Option<Fault>,
    attempts: String,
    sent: usize,
    /// Whether what it holds was refused.
    refused: bool,
    /// Whether the run itself was.
    refuses: bool,
}

impl Told {
    /// Whether nobody took it: not so where an answer told what is wrong with it.
    fn away(&self) -> bool {
        let open =
            matches!(self.settlement, Settlement::Undelivered | Settlement::Open | Settlement::InDoubt);
        open && !self.refused
    }

    fn fatal(&self, tool: &'static str, origin: &super::ledger::Entry) -> Option<Fatal> {
        Some(Fatal::Fault {
            tool,
            place: origin.place.clone(),
            fault: Box::new(self.fault.clone()?),
            status: self.status,
            attempts: self.sent,
        })
    }
}

impl Outbox {
    /// Enters what became of a write that was sent by itself, and explains it.
    pub fn record(&self, item: &Item, called: &Called) -> (Settlement, Result<(), Fault>) {
        let (settlement, explained) = self.line().record(item, called);
        if let Some(refused) = refused(item, called, settlement, &explained) {
            let line = self.line();
            line.runtime.block_on(line.rejected.take(refused, &line.stop));
        }
        (settlement, explained)
    }

    /// Enters a write that wasn't sent because the API refuses the run itself.
    pub fn refused(&self, item: &Item, status: Option<u16>, fault: &Fault) {
        let mut ledger = self.ledger();
        ledger.refused = true;
        ledger.enter(Settlement::Undelivered, &item.entry, status, fault, "");
    }

    /// Enters a write that a stop of the run cut off.
    pub fn interrupted(&self, item: &Item, interrupted: Interrupted) {
        self.ledger().cut(&item.entry, interrupted.sent, item.request.class.is_safe());
    }
}

impl Line {
    /// Sends a request of one write.
    pub(super) async fn alone(self: Arc<Line>, item: Item, key: Option<Key>) {
        let came = match self.client.call(&item.request, &item.limits, &self.stop).await {
            Ok(called) => {
                let (settlement, explained) = self.record(&item, &called);
                if let Some(refused) = refused(&item, &called, settlement, &explained) {
                    self.rejected.take(refused, &self.stop).await;
                }
                let told = self.told(&item.request, &called, settlement, explained.err());
                let fatal = told.fatal(item.entry.tool, &item.entry);
                Came { away: told.away(), fatal, ends: told.refuses, most: None }
            }
            Err(interrupted) => {
                self.ledger().cut(&item.entry, interrupted.sent, item.request.class.is_safe());
                Came::default()
            }
        };
        self.done_alone(key, came);
    }

    fn record(&self, item: &Item, called: &Called) -> (Settlement, Result<(), Fault>) {
        let class = &item.request.class;
        let settlement = settle(&called.outcome, class, called.open);
        let explained = explain(&self.client, &item.request, called).map(drop);
        let mut ledger = self.ledger();
        ledger.refused |= refuses_the_run(&called.outcome);
        if called.again {
            ledger.again += item.request.events;
        }
        match &explained {
            Ok(()) => ledger.accept(class.is_safe()),
            Err(fault) => {
                let attempts = attempts(item.request.tool.api, called, Timestamp::now());
                ledger.enter(settlement, &item.entry, called.outcome.status(), fault, &attempts);
            }
        }
        (settlement, explained)
    }

    fn told(&self, request: &Request, called: &Called, settlement: Settlement, fault: Option<Fault>) -> Told {
        Told {
            settlement,
            status: called.outcome.status(),
            fault,
            attempts: attempts(request.tool.api, called, Timestamp::now()),
            sent: called.attempts.len(),
            refused: refuses_items(&called.outcome),
            refuses: refuses_the_run(&called.outcome),
        }
    }

    /// Sends a body until each of its items is settled.
    pub(super) async fn under_way(self: Arc<Line>, body: Sealed) {
        let came = match self.record.sealed(body.slot, &body).await {
            Ok(()) => self.deliver(&body).await,
            Err(fault) => self.unrecorded(&body, fault),
        };
        self.done(body, came);
    }

    /// Gives up a body that couldn't be recorded: once it was sent, a run that is continued would send it again
    /// as if it hadn't been.
    fn unrecorded(&self, body: &Sealed, fault: Fault) -> Came {
        let Entry { tool, place, .. } = entry(body, 0);
        for index in 0..body.count() {
            self.ledger().enter(Settlement::Undelivered, &entry(body, index), None, &fault, "");
        }
        let fatal = Fatal::Fault { tool, place, fault: Box::new(fault), status: None, attempts: 0 };
        Came { fatal: Some(fatal), ends: true, ..Came::default() }
    }

    async fn deliver(&self, body: &Sealed) -> Came {
        // The next is the last.
        let mut left: Vec<Range<usize>> = std::iter::once(0..body.count()).collect();
        let (mut probed, mut most) = (false, None);
        while let Some(range) = left.pop() {
            let told = match self.part(body, &range, &left).await {
                Ok(told) => told,
                Err(came) => return Came { most, ..came },
            };
            if !told.refused || range.len() == 1 {
                continue;
            }
            let too_large = told.status == Some(413);
            match sift::after(too_large, body.is_safe(), probed) {
                After::Halve => {
                    if too_large {
                        most = Some(body.size_of(&range) / 2);
                    }
                    let [first, second] = halves(range);
                    left.extend([second, first]);
                }
                After::Doubt => {
                    let fault = together(&told, range.len());
                    self.enter(body, range, Settlement::InDoubt, &told, Some(&fault)).await;
                }
                After::Probe => {
                    probed = true;
                    let Next { probes, rest } = probe(range);
                    match self.probes(body, &probes, &rest, &left).await {
                        Ok(()) => left.extend(rest.into_iter().rev()),
                        Err(came) => return Came { most, ..came },
                    }
                }
            }
        }
        Came { most, ..Came::default() }
    }

    /// Tries single items of a body that was refused; `rest` is what lies between them, and `left` what follows.
    ///
    /// # Errors
    /// [`Came`] when the rest isn't sent: everything is entered then.
    async fn probes(
        &self,
        body: &Sealed,
        probes: &[usize],
        rest: &[Range<usize>],
        left: &[Range<usize>],
    ) -> Result<(), Came> {
        let mut causes = vec![];
        for (n, probe) in probes.iter().enumerate() {
            let others = probes[n + 1..].iter().map(|probe| *probe..probe + 1);
            let behind: Vec<_> = others.chain(rest.iter().chain(left).cloned()).collect();
            let told = self.part(body, &(*probe..probe + 1), &behind).await?;
            if told.settlement == Settlement::Rejected {
                let Entry { tool, subject, .. } = entry(body, *probe);
                causes.push((told.status, sift::cause(&cause(&told), &[tool, &subject]), told));
            }
        }
        let alike = causes.windows(2).all(|two| (two[0].0, &two[0].1) == (two[1].0, &two[1].1));
        match causes.pop() {
            // All of them are bad for one cause: the others will be.
            Some((.., told)) if alike && causes.len() + 1 == probes.len() && !rest.is_empty() => {
                let fault = told.fault.as_ref().map(alongside);
                for range in rest {
                    self.enter(body, range.clone(), Settlement::Rejected, &told, fault.as_ref()).await;
                }
                for range in left {
                    self.enter(body, range.clone(), Settlement::Undelivered, &told, told.fault.as_ref())
                        .await;
                }
                let first = entry(body, probes[0]);
                Err(Came { fatal: told.fatal(first.tool, &first), ends: true, ..Came::default() })
            }
            _ => Ok(()),
        }
    }

    /// Sends a part of a body, and enters what became of it unless several items were refused together.
    ///
    /// # Errors
    /// [`Came`] when what is `left` isn't worth sending: it is entered then.
    async fn part(&self, body: &Sealed, range: &Range<usize>, left: &[Range<usize>]) -> Result<Told, Came> {
        let request = body.request(range.clone());
        let called = match self.client.call(&request, &body.kind().limits, &self.stop).await {
            Ok(called) => called,
            Err(interrupted) => {
                self.cut(body, range.clone(), interrupted.sent);
                left.iter().for_each(|left| self.cut(body, left.clone(), false));
                return Err(Came::default());
            }
        };
        let settlement = settle(&called.outcome, &request.class, called.open);
        let fault = explain(&self.client, &request, &called).err();
        if called.again {
            self.ledger().again += request.events;
        }
        let told = self.told(&request, &called, settlement, fault);
        if told.refused && range.len() > 1 {
            return Ok(told);
        }
        self.enter(body, range.clone(), told.settlement, &told, told.fault.as_ref()).await;
        if !told.refuses && !told.away() {
            return Ok(told);
        }
        for left in left {
            self.enter(body, left.clone(), Settlement::Undelivered, &told, told.fault.as_ref()).await;
        }
        let first = entry(body, range.start);
        let fatal = told.fatal(first.tool, &first);
        Err(Came { away: told.away(), fatal, ends: told.refuses, most: None })
    }

    async fn enter(
        &self,
        body: &Sealed,
        range: Range<usize>,
        settlement: Settlement,
        told: &Told,
        fault: Option<&Fault>,
    ) {
        self.record.settled(body.slot, range.clone(), settlement);
        self.ledger().refused |= told.refuses;
        let Some(fault) = fault.filter(|_| settlement != Settlement::Accepted) else {
            return self.ledger().accept_all(range.len() as u64, body.is_safe());
        };
        for index in range.clone() {
            self.ledger().enter(settlement, &entry(body, index), told.status, fault, &told.attempts);
        }
        // The account is whole before anybody waits for a file.
        for index in range.filter(|_| settlement == Settlement::Rejected) {
            let (entry, item, status) = (&entry(body, index), Some(body.item(index)), told.status);
            self.rejected.take(Refused { entry, item, status, fault }, &self.stop).await;
        }
    }

    fn cut(&self, body: &Sealed, range: Range<usize>, sent: bool) {
        self.record.settled(body.slot, range.clone(), settle::cut(sent, body.is_safe()));
        let mut ledger = self.ledger();
        for index in range {
            ledger.cut(&entry(body, index), sent, body.is_safe());
        }
    }

    /// Enters a body that a stop, or the end of the run, kept from being recorded and sent.
    pub(super) fn never_sent(&self, body: &Sealed) {
        let mut ledger = self.ledger();
        for index in 0..body.count() {
            ledger.cut(&entry(body, index), false, body.is_safe());
        }
    }
}

/// A write that went alone, if it was rejected.
fn refused<'w>(
    item: &'w Item,
    called: &Called,
    settlement: Settlement,
    explained: &'w Result<(), Fault>,
) -> Option<Refused<'w>> {
    let fault = explained.as_ref().err().filter(|_| settlement == Settlement::Rejected)?;
    let Item { request, entry, .. } = item;
    Some(Refused { entry, item: request.body.as_deref(), status: called.outcome.status(), fault })
}

fn cause(told: &Told) -> String {
    told.fault.as_ref().map(|fault| fault.message.clone()).unwrap_or_default()
}

/// The fault of events that were refused together: which of them isn't said.
fn together(told: &Told, n: usize) -> Fault {
    let message = format!("{n} events were refused together, and some may have been taken: {}", cause(told));
    Fault::new(Code::InDoubt, At::Call, message).label("in doubt").help(
        "Customer.io doesn't say which of them it refused, and sending events again may record them twice; \
         look in Customer.io for what was recorded",
    )
}

/// The fault of an item that wasn't tried alone, by that of one that was.
fn alongside(fault: &Fault) -> Fault {
    let message = format!("not tried alone; those of its request that were: {}", fault.message);
    Fault { message, ..fault.clone() }
}

/// An item as the account names it.
fn entry(body: &Sealed, index: usize) -> Entry {
    let Origin { tool, place } = body.origin(index);
    Entry { tool: tool.name(), subject: subject(tool, body.item(index)), place: (**place).clone() }
}

/// Whom an item of a body is about, as it is written there.
pub fn subject(tool: &Tool, item: &[u8]) -> String {
    let item: Value = serde_json::from_slice(item).unwrap_or_default();
    let of_people = tool.params.iter().filter(|param| param.names_person()).filter_map(|param| param.wire);
    let subject = of_people.filter_map(|wire| item.get(wire)?.as_str()).next();
    subject.unwrap_or(tool.name()).to_string()
}
