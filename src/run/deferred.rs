//! Writes into bodies: a call's way for the many.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::sync::Arc;

use super::calls::Made;
use super::session::Session;
use crate::engine::{Halt, Reply, Site};
use crate::fault::Place;
use crate::journal::{CallPath, message_id, number};
use crate::outbox::{Key, Kind, Origin, Write};
use crate::request::{self, Stamp};
use crate::spec::{Arg, Effect, Tool};

/// What is written anew for each item, in rooms that stay.
#[derive(Default)]
struct Desk {
    stamp: Stamp,
    /// The second the stamp's time begins with.
    second: i64,
    /// Where the last write came from; most come from where the one before did.
    origin: Option<Origin>,
}

thread_local! {
    static DESK: RefCell<Desk> = RefCell::default();
}

impl Session {
    /// Takes a write into a body.
    ///
    /// # Errors
    /// [`Halt`] when it may not be made, or is larger than Customer.io takes.
    pub(super) fn put(&self, made: &Made<'_>, path: &CallPath) -> Result<Reply, Halt> {
        let Made { tool, args, class, site, limits } = *made;
        let key = key(tool, args).unwrap_or_else(|| Key::new(tool.name()));
        self.admit(made)?;
        DESK.with_borrow_mut(|Desk { stamp, second, origin }| {
            stamp.message_id.clear();
            message_id(&mut stamp.message_id, &self.id, path);
            let kind = Kind { retry: class.retry, limits: limits.unwrap_or(self.client.limits) };
            let write = Write { call: path, key, kind, class, origin: origin_of(origin, tool, site) };
            let put = self.outbox.put(&write, class.effect == Effect::Destroy, |out, time| {
                write_time(&mut stamp.timestamp, second, time);
                request::batched(out, tool, args, stamp)
            });
            match put.map_err(|fatal| self.fatal(fatal))? {
                Ok(()) => Ok(self.handed_over(made)),
                Err(fault) => Err(made.fault(fault)),
            }
        })
    }
}

/// Where a call stands, shared with the calls before it at the same place.
fn origin_of<'o>(last: &'o mut Option<Origin>, tool: &'static Tool, site: Site<'_>) -> &'o Origin {
    let same = last.as_ref().is_some_and(|origin| {
        let Place { source, line, column } = &*origin.place;
        (*line, *column) == (site.line, site.column)
            && source == site.source
            && std::ptr::eq(origin.tool, tool)
    });
    if !same {
        *last = None;
    }
    last.get_or_insert_with(|| Origin { tool, place: Arc::new(site.place()) })
}

/// Writes a time in microseconds as ISO 8601: with milliseconds, as Customer.io's own clients send it, where
/// it is a whole number of them. `known` is the second that `text` begins with.
fn write_time(text: &mut String, known: &mut i64, micros: i64) {
    let (second, rest) = (micros.div_euclid(1_000_000), micros.rem_euclid(1_000_000));
    if second != *known || text.is_empty() {
        *known = second;
        text.clear();
        // Text takes whatever it is given.
        let _ = write!(text, "{:.0}", jiff::Timestamp::from_second(second).unwrap_or_default());
        // The `Z` goes behind the fraction.
        text.pop();
    } else {
        text.truncate("2026-11-23T07:43:17".len());
    }
    text.push('.');
    match rest.unsigned_abs() {
        rest if rest % 1_000 == 0 => number(text, rest / 1_000, 3),
        rest => number(text, rest, 6),
    }
    text.push('Z');
}

/// Whom or what a write is about, for the order of writes: the object whose traits it sets, or else the
/// first person it names.
pub(super) fn key(tool: &'static Tool, args: &[Arg<'_>]) -> Option<Key> {
    let mut key = None;
    match request::object(tool, args) {
        Some(object) => key = Some(Key::new(&object)),
        None => request::people(tool, args, &mut |person| {
            key.get_or_insert_with(|| Key::new(person));
        }),
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_they_are() {
        let (mut text, mut known) = (String::new(), 0);
        for (micros, expected) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (1_001, "1970-01-01T00:00:00.001001Z"),
            (1_795_000_000_250_000, "2026-11-18T11:06:40.250Z"),
            (1_795_000_000_250_001, "2026-11-18T11:06:40.250001Z"),
            (1_795_000_001_000_000, "2026-11-18T11:06:41.000Z"),
        ] {
            write_time(&mut text, &mut known, micros);
            assert_eq!(text, expected);
        }
    }
}
