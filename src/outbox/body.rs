//! Writes that travel together, as the bytes of one request.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;

use super::lane::Write;
use super::record::{Calls, Slot, Times};
use crate::fault::Place;
use crate::policy::Limits;
use crate::request::{Class, Request};
use crate::spec::{Retry, Tool};

const OPEN: &[u8] = b"{\"batch\":[";
const CLOSE: &[u8] = b"]}";
/// The bytes that hardly an item is larger than.
const ITEM: usize = 4_096;
const PATH: &str = "/v1/batch";

/// Where a write comes from: its tool and the line of its call.
#[derive(Clone, Debug)]
pub struct Origin {
    pub tool: &'static Tool,
    pub place: Arc<Place>,
}

impl PartialEq for Origin {
    fn eq(&self, other: &Origin) -> bool {
        // Tools are only ever those of the catalogue.
        std::ptr::eq(self.tool, other.tool)
            && (Arc::ptr_eq(&self.place, &other.place) || self.place == other.place)
    }
}

/// What the writes of one body have in common: how they are repeated, and how far that goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Kind {
    pub retry: Retry,
    pub limits: Limits,
}

impl Kind {
    /// Whether writes of both kinds may share a body.
    pub fn goes_with(&self, other: &Kind) -> bool {
        std::mem::discriminant(&self.retry) == std::mem::discriminant(&other.retry)
            && self.limits == other.limits
    }
}

/// An item being written. Whatever keeps it from being whole, nothing of it stays.
struct Item<'b> {
    bytes: &'b mut Vec<u8>,
    /// Where the body ended before it.
    before: usize,
    whole: bool,
}

impl Drop for Item<'_> {
    fn drop(&mut self) {
        if !self.whole {
            self.bytes.truncate(self.before);
        }
    }
}

/// A body that still takes writes.
#[derive(Debug)]
pub struct Body {
    /// The items, with commas between them, behind the opening.
    bytes: Vec<u8>,
    items: Items,
}

/// The writes of one request, as its bytes: what is recorded, sent, and sent again.
#[derive(Clone, Debug)]
pub struct Sealed {
    /// Which of the run's bodies it is.
    pub slot: Slot,
    bytes: Bytes,
    items: Items,
}

/// The rooms of bodies that were sent: the system gives new ones page by page, which costs a tenth of the
/// time that filling them does.
#[derive(Debug, Default)]
pub struct Spare(Vec<Vec<u8>>);

impl Spare {
    /// As many are kept as bodies are under way.
    const MOST: usize = 4;

    /// Keeps the room of a body that nobody needs any more.
    pub fn keep(&mut self, body: Sealed) {
        if self.0.len() < Spare::MOST
            && let Ok(bytes) = body.bytes.try_into_mut()
        {
            self.0.push(bytes.into());
        }
    }
}

/// What is known of the writes in a body, beside their bytes.
#[derive(Clone, Debug)]
struct Items {
    kind: Kind,
    class: Class,
    /// Where each item ends.
    ends: Vec<u32>,
    /// Where the items come from, in runs.
    origins: Vec<(Origin, u32)>,
    calls: Vec<Calls>,
    times: Vec<Times>,
}

impl Items {
    /// Takes note of an item that ends at `end`, by the call that made it and the time it was given.
    fn add(&mut self, write: &Write<'_>, time: i64, end: usize) {
        let index = self.ends.len();
        self.ends.push(u32::try_from(end).unwrap_or(u32::MAX));
        match self.origins.last_mut() {
            Some((last, n)) if last == write.origin => *n += 1,
            _ => self.origins.push((write.origin.clone(), 1)),
        }
        match self.calls.last_mut() {
            Some(calls) if calls.first.beside(write.call) => calls.last = write.call.number,
            _ => self.calls.push(Calls { first: write.call.clone(), last: write.call.number }),
        }
        match self.times.last() {
            Some(times) if times.of(index) == time => {}
            _ => self.times.push(Times { from: index, micros: time }),
        }
        self.class = self.class.with(write.class);
    }
}

impl Body {
    /// A body for writes such as `write`, with room for `most` bytes: that of one of the `spare` bodies where
    /// there are any.
    pub fn new(write: &Write<'_>, most: usize, spare: &mut Spare) -> Body {
        let mut bytes = spare.0.pop().unwrap_or_default();
        bytes.clear();
        // Room that nothing is written to costs nothing, and room that grows is copied each time. The item that
        // is too many is written before that is known.
        bytes.reserve(most + ITEM);
        bytes.extend_from_slice(OPEN);
        let Write { kind, class, .. } = *write;
        let items = Items { kind, class, ends: vec![], origins: vec![], calls: vec![], times: vec![] };
        Body { bytes, items }
    }

    pub fn kind(&self) -> &Kind {
        &self.items.kind
    }

    /// The bytes it takes on its way.
    fn size(&self) -> usize {
        self.bytes.len() + CLOSE.len()
    }

    pub fn is_empty(&self) -> bool {
        self.items.ends.is_empty()
    }

    /// Adds an item by what `encode` writes, unless the body would grow over `most` bytes by it: then the item
    /// is given back, and the body is as it was. A first item always fits.
    ///
    /// # Errors
    /// As `encode`; the body is as it was then.
    pub fn append<E>(
        &mut self,
        write: &Write<'_>,
        time: i64,
        most: usize,
        encode: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
    ) -> Result<Option<Vec<u8>>, E> {
        let before = self.bytes.len();
        let first = self.items.ends.is_empty();
        if !first {
            self.bytes.push(b',');
        }
        let start = self.bytes.len();
        let mut item = Item { bytes: &mut self.bytes, before, whole: false };
        encode(item.bytes)?;
        item.whole = true;
        drop(item);
        if !first && self.size() > most {
            let item = self.bytes.split_off(start);
            self.bytes.truncate(before);
            return Ok(Some(item));
        }
        self.items.add(write, time, self.bytes.len());
        Ok(None)
    }

    /// Closes it.
    pub fn seal(mut self, slot: Slot) -> Sealed {
        self.bytes.extend_from_slice(CLOSE);
        Sealed { slot, bytes: self.bytes.into(), items: self.items }
    }
}

impl Sealed {
    pub fn kind(&self) -> &Kind {
        &self.items.kind
    }

    /// The calls that made its items, in the order they wrote; a branch that wrote between two others stands
    /// there again.
    pub fn calls(&self) -> &[Calls] {
        &self.items.calls
    }

    /// The times its items were given.
    pub fn times(&self) -> &[Times] {
        &self.items.times
    }

    /// The number of items.
    pub fn count(&self) -> usize {
        self.items.ends.len()
    }

    /// The JSON of an item.
    pub fn item(&self, index: usize) -> &[u8] {
        let start = match index {
            0 => OPEN.len(),
            n => self.items.ends[n - 1] as usize + 1,
        };
        &self.bytes[start..self.items.ends[index] as usize]
    }

    /// The bytes that some of its items take on their way.
    pub fn size_of(&self, items: &Range<usize>) -> usize {
        OPEN.len() + CLOSE.len() + items.clone().map(|index| self.item(index).len() + 1).sum::<usize>() - 1
    }

    /// Where an item comes from.
    pub fn origin(&self, index: usize) -> &Origin {
        let mut left = index as u32;
        let origins = &self.items.origins;
        for (origin, n) in origins {
            if left < *n {
                return origin;
            }
            left -= n;
        }
        &origins[origins.len() - 1].0
    }

    pub fn is_safe(&self) -> bool {
        self.items.class.is_safe()
    }

    /// The request for some of its items.
    pub fn request(&self, items: Range<usize>) -> Request {
        let tool = self.origin(items.start).tool;
        let body = if items.len() == self.count() { self.bytes.clone() } else { self.part(&items) };
        let events = if matches!(self.kind().retry, Retry::Keyed { .. }) { items.len() as u64 } else { 0 };
        let (class, n) = (self.items.class, items.len());
        Request { tool, class, path: PATH.into(), body: Some(body), items: n, events }
    }

    fn part(&self, items: &Range<usize>) -> Bytes {
        let mut body = Vec::with_capacity(self.size_of(items));
        body.extend_from_slice(OPEN);
        for index in items.clone() {
            if index > items.start {
                body.push(b',');
            }
            body.extend_from_slice(self.item(index));
        }
        body.extend_from_slice(CLOSE);
        body.into()
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::journal::CallPath;
    use crate::outbox::lane::Key;
    use crate::tools;

    pub fn origin(line: usize) -> Origin {
        let tool = tools::by_name("track_event").expect("a tool");
        Origin { tool, place: Arc::new(Place { line, ..Place::default() }) }
    }

    pub fn class() -> Class {
        let tool = tools::by_name("track_event").expect("a tool");
        Class { effect: tool.effect, retry: tool.retry }
    }

    /// Writes `item`.
    pub fn text(item: &[u8]) -> impl Fn(&mut Vec<u8>) -> Result<(), &'static str> {
        |out| {
            out.extend_from_slice(item);
            Ok(())
        }
    }

    /// Adds the `n`th item at a line and a time of its own for every two.
    fn add(
        body: &mut Option<Body>,
        n: usize,
        most: usize,
        encode: impl FnOnce(&mut Vec<u8>) -> Result<(), &'static str>,
    ) -> Result<Option<Vec<u8>>, &'static str> {
        let call = CallPath { branches: vec![n as u64 / 2], number: 10 + n as u64 };
        let kind = Kind { retry: class().retry, limits: Limits::default() };
        let (key, origin) = (Key::new("u-1"), origin(1 + n / 2));
        let write = Write { call: &call, key, kind, class: class(), origin: &origin };
        let time = 1_000 * (n as i64 / 2) + n as i64;
        body.get_or_insert_with(|| Body::new(&write, most, &mut Spare::default()))
            .append(&write, time, most, encode)
    }

    fn body(items: &[&str]) -> Body {
        let mut body = None;
        for (n, item) in items.iter().enumerate() {
            assert_eq!(add(&mut body, n, 1_000, text(item.as_bytes())), Ok(None));
        }
        body.expect("it has items")
    }

    const SLOT: Slot = Slot { lane: 3, number: 1 };

    #[test]
    fn items_come_back_as_they_went_in() {
        let body = body(&["{\"a\":1}", "2", "[3]"]).seal(SLOT);
        assert_eq!((0..3).map(|n| body.item(n)).collect::<Vec<_>>(), [b"{\"a\":1}".as_slice(), b"2", b"[3]"]);
        assert_eq!((0..3).map(|n| body.origin(n).place.line).collect::<Vec<_>>(), [1, 1, 2]);
        let whole = body.request(0..3);
        assert_eq!(whole.body.as_deref(), Some(b"{\"batch\":[{\"a\":1},2,[3]]}".as_slice()));
        assert_eq!((whole.items, whole.events), (3, 3));
        assert_eq!(body.request(1..3).body.as_deref(), Some(b"{\"batch\":[2,[3]]}".as_slice()));
        for items in [0..3, 1..3, 2..3] {
            assert_eq!(body.request(items.clone()).body.map(|body| body.len()), Some(body.size_of(&items)));
        }
    }

    #[test]
    fn the_room_of_a_body_that_was_sent_holds_the_next() {
        let (mut spare, first) = (Spare::default(), body(&["1", "2"]).seal(SLOT));
        let request = first.request(0..2);
        spare.keep(first.clone());
        assert!(spare.0.is_empty(), "somebody still needs it");
        drop(request);
        let room = first.bytes.as_ptr();
        spare.keep(first);
        let (call, origin) = (CallPath::default(), origin(1));
        let kind = Kind { retry: class().retry, limits: Limits::default() };
        let write = Write { call: &call, key: Key::new("u-1"), kind, class: class(), origin: &origin };
        let mut next = Body::new(&write, 100, &mut spare);
        assert_eq!((next.bytes.as_ptr(), spare.0.len()), (room, 0));
        assert_eq!(next.append(&write, 0, 100, text(b"3")), Ok(None));
        assert_eq!(next.seal(SLOT).request(0..1).body.as_deref(), Some(b"{\"batch\":[3]}".as_slice()));
    }

    #[test]
    fn calls_and_times_stand_in_runs() {
        let body = body(&["0", "1", "2"]).seal(SLOT);
        let first = |branch, number| CallPath { branches: vec![branch], number };
        let (one, two) = (Calls { first: first(0, 10), last: 11 }, Calls { first: first(1, 12), last: 12 });
        assert_eq!(body.calls(), [one, two]);
        let times = body.times();
        assert_eq!(times, [Times { from: 0, micros: 0 }, Times { from: 2, micros: 1_002 }]);
        assert_eq!([times[0].of(0), times[0].of(1), times[1].of(2)], [0, 1, 1_002]);
    }

    #[test]
    fn an_item_too_many_is_given_back_and_leaves_no_trace() {
        let first = body(&["11111"]);
        let size = first.size();
        let mut body = Some(first);
        assert_eq!(add(&mut body, 8, size + 3, text(b"222")), Ok(Some(b"222".to_vec())));
        assert_eq!(body.as_ref().map(Body::size), Some(size));
        let too_large = |out: &mut Vec<u8>| {
            out.push(b'3');
            Err("too large")
        };
        assert_eq!(add(&mut body, 8, size + 3, too_large), Err("too large"));
        assert_eq!(add(&mut body, 1, size + 3, text(b"22")), Ok(None));
        let body = body.expect("it is there").seal(SLOT);
        assert_eq!(body.times(), [Times { from: 0, micros: 0 }]);
        assert_eq!(body.count(), 2);
        assert_eq!(body.request(0..2).body.as_deref(), Some(b"{\"batch\":[11111,22]}".as_slice()));
    }
}
