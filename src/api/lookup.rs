//! Finds out what became of a call that got no answer.

use std::collections::BTreeSet;

use serde_json::Value;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::client::{Client, Interrupted};
use super::drift::Drift;
use super::explain::explain;
use crate::fault::Fault;
use crate::policy::{Found, Limits, Outcome, Refusal, found};
use crate::request::build;
use crate::spec::{Arg, Lookup, Tool};

/// What there was before a call.
pub struct Before {
    lookup: Lookup,
    ids: BTreeSet<i64>,
    /// How the answers of its reads differ from what their tools declare.
    pub drifts: Vec<Drift>,
}

/// How often the list is read after a call before nothing new means that nothing is known: Customer.io
/// need not show at once what it has taken.
const LOOKS: u32 = 4;

/// Why a call can't be made for want of what is asked before it.
pub enum Unread {
    Interrupted,
    /// The API takes no request of this run: the call itself would fare the same.
    Failed {
        fault: Box<Fault>,
        status: Option<u16>,
        attempts: usize,
    },
}

impl Before {
    /// Adds ids of earlier calls, which the list may not show yet.
    pub fn knows(&mut self, ids: &BTreeSet<i64>) {
        self.ids.extend(ids);
    }

    /// Reads the list ahead of a call of `tool`. `None` when the tool isn't looked up or the list can't be
    /// had: the call can still be made, and stays in doubt if it gets no answer.
    ///
    /// # Errors
    /// [`Unread`] when the API takes no request of this run.
    pub async fn read(
        client: &Client,
        tool: &'static Tool,
        args: &[Arg<'_>],
        limits: &Limits,
        stop: &CancellationToken,
    ) -> Result<Option<Before>, Unread> {
        let Some(lookup) = tool.lookup else { return Ok(None) };
        let Ok(request) = build(lookup.through, &shared(lookup.through, tool, args), None) else {
            return Ok(None);
        };
        // The list is to be as new as can be when the call goes out.
        client.clear(tool.bucket, stop).await.map_err(|_| Unread::Interrupted)?;
        let called = client.call(&request, &shorter(limits), stop).await.map_err(|_| Unread::Interrupted)?;
        match (&called.outcome, explain(client, &request, &called)) {
            (Outcome::Done(answer), _) => {
                let ids = ids(&lookup, &answer.body);
                Ok(ids.map(|ids| Before { lookup, ids, drifts: called.drifts }))
            }
            (Outcome::Refused(Refusal { status: 300..=399 | 401 | 403, .. }), Err(fault)) => {
                Err(Unread::Failed {
                    fault: Box::new(fault),
                    status: called.outcome.status(),
                    attempts: called.attempts.len(),
                })
            }
            _ => Ok(None),
        }
    }

    /// The id of what the call made, if that can be told for certain.
    ///
    /// # Errors
    /// [`Interrupted`] when `stop` is cancelled first.
    pub async fn made(
        &mut self,
        client: &Client,
        tool: &'static Tool,
        args: &[Arg<'_>],
        limits: &Limits,
        stop: &CancellationToken,
    ) -> Result<Option<i64>, Interrupted> {
        for look in 0..LOOKS {
            if look > 0 {
                tokio::select! {
                    () = stop.cancelled() => return Err(Interrupted { sent: true }),
                    () = sleep((limits.first_pause * (1 << look)).min(limits.longest_pause)) => {}
                }
            }
            let after = list(client, &self.lookup, tool, args, limits, stop, &mut self.drifts).await?;
            let Some(after) = after else { return Ok(None) };
            match found(&self.ids, &after) {
                Found::Nothing => {}
                Found::Several => return Ok(None),
                Found::One(id) => {
                    let fine = self.without_errors(client, tool, args, id, limits, stop).await?;
                    return Ok(fine.then_some(id));
                }
            }
        }
        Ok(None)
    }

    async fn without_errors(
        &mut self,
        client: &Client,
        tool: &'static Tool,
        args: &[Arg<'_>],
        id: i64,
        limits: &Limits,
        stop: &CancellationToken,
    ) -> Result<bool, Interrupted> {
        let mut args = shared(self.lookup.errors, tool, args);
        if let Some(last) = args.last_mut() {
            *last = Arg::Int(id);
        }
        // An answer with errors in it is a refusal, and one that can't be had settles nothing.
        Ok(read(client, self.lookup.errors, &args, limits, stop, &mut self.drifts).await?.is_some())
    }
}

/// The ids in the list; `None` when it can't be read.
async fn list(
    client: &Client,
    lookup: &Lookup,
    tool: &'static Tool,
    args: &[Arg<'_>],
    limits: &Limits,
    stop: &CancellationToken,
    drifts: &mut Vec<Drift>,
) -> Result<Option<BTreeSet<i64>>, Interrupted> {
    let args = shared(lookup.through, tool, args);
    let body = read(client, lookup.through, &args, limits, stop, drifts).await?;
    Ok(body.and_then(|body| ids(lookup, &body)))
}

fn ids(lookup: &Lookup, body: &[u8]) -> Option<BTreeSet<i64>> {
    let answer: Value = serde_json::from_slice(body).ok()?;
    let entries = answer.get(lookup.list)?.as_array()?;
    Some(entries.iter().filter_map(|entry| entry.get(lookup.id)?.as_i64()).collect())
}

/// A look-up is tried less long than a call: what it can't tell soon stays in doubt.
fn shorter(limits: &Limits) -> Limits {
    Limits { attempts: limits.attempts.min(3), ..*limits }
}

/// The arguments of `tool` that `other` takes too.
fn shared<'a>(other: &Tool, tool: &'static Tool, args: &[Arg<'a>]) -> Vec<Arg<'a>> {
    let arg = |name: &str| tool.param(name).and_then(|(index, _)| args.get(index)).copied();
    other.params.iter().map(|param| arg(param.name).unwrap_or(Arg::Unit)).collect()
}

async fn read(
    client: &Client,
    tool: &'static Tool,
    args: &[Arg<'_>],
    limits: &Limits,
    stop: &CancellationToken,
    drifts: &mut Vec<Drift>,
) -> Result<Option<Vec<u8>>, Interrupted> {
    let Ok(request) = build(tool, args, None) else { return Ok(None) };
    let called = client.call(&request, &shorter(limits), stop).await?;
    drifts.extend(called.drifts);
    Ok(match called.outcome {
        Outcome::Done(answer) => Some(answer.body),
        _ => None,
    })
}
