//! The requests of an input that only asks which they are: built as they would go out, and not sent.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::calls::Made;
use super::session::Session;
use crate::engine::{Call, Halt, Reply};
use crate::request::{self, Request};
use crate::spec::{Delivery, Tool};

/// As many requests of each tool are kept.
const FIRST: usize = 3;

/// What an input would send.
#[derive(Debug, Default)]
pub struct Preview(Mutex<Vec<Kept>>);

/// The calls of one tool.
#[derive(Clone, Debug)]
pub struct Kept {
    pub tool: &'static Tool,
    /// The first, in their order.
    pub first: Vec<Request>,
    pub calls: u64,
}

impl Preview {
    /// By tool, in the order of their first calls.
    pub fn kept(&self) -> Vec<Kept> {
        self.all().clone()
    }

    fn all(&self) -> MutexGuard<'_, Vec<Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a call of `tool`; whether its request is to be kept, too.
    fn counts(&self, tool: &'static Tool) -> bool {
        let mut all = self.all();
        let index = all.iter().position(|kept| kept.tool.slug == tool.slug).unwrap_or_else(|| {
            all.push(Kept { tool, first: vec![], calls: 0 });
            all.len() - 1
        });
        all[index].calls += 1;
        all[index].calls <= FIRST as u64
    }

    fn keep(&self, request: Request) {
        let mut all = self.all();
        if let Some(kept) = all.iter_mut().find(|kept| kept.tool.slug == request.tool.slug) {
            kept.first.push(request);
        }
    }
}

impl Session {
    /// Builds the request of a call and keeps it back. A segment's name is looked up, which only reads.
    ///
    /// # Errors
    /// What is wrong with the call.
    pub(super) fn preview(&self, call: &Call<'_>, kept: &Preview) -> Result<Reply, Halt> {
        let Call { tool, site, limits, .. } = *call;
        let (args, path) = self.sound(call)?;
        let made = Made { tool, args: &args, class: request::class(tool, &args), site, limits };
        let request = self.request(&made, &path)?;
        if kept.counts(tool) {
            kept.keep(request);
        }
        // Only what nobody waits for goes on as if it were done.
        Ok(if tool.delivery == Delivery::Now { Reply::Withheld } else { Reply::Deferred })
    }
}
