//! Writes that travel together, as the bytes of one request.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;

use crate::fault::Place;
use crate::policy::Limits;
use crate::request::{Class, Request};
use crate::spec::{Retry, Tool};

const OPEN: &[u8] = b"{\"batch\":[";
const CLOSE: &[u8] = b"]}";
const PATH: &str = "/v1/batch";

/// Where a write comes from: its tool and the line of its call.
#[derive(Clone, Debug)]
pub struct Origin {
    pub tool: &'static Tool,
    pub place: Arc<Place>,
}

impl PartialEq for Origin {
    fn eq(&self, other: &Origin) -> bool {
        self.tool.slug == other.tool.slug
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
    bytes: Bytes,
    items: Items,
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
}

impl Body {
    /// A body for writes of `kind`, the first of `class`, with room for `most` bytes.
    pub fn new(kind: Kind, class: Class, most: usize) -> Body {
        // Room that nothing is written to costs nothing, and room that grows is copied each time.
        let mut bytes = Vec::with_capacity(most + CLOSE.len());
        bytes.extend_from_slice(OPEN);
        Body { bytes, items: Items { kind, class, ends: vec![], origins: vec![] } }
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

    /// Adds an item by what `write` writes, unless the body would grow over `most` bytes by it: then the item
    /// is given back, and the body is as it was. A first item always fits.
    ///
    /// # Errors
    /// As `write`; the body is as it was then.
    pub fn append<E>(
        &mut self,
        origin: &Origin,
        class: Class,
        most: usize,
        write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
    ) -> Result<Option<Vec<u8>>, E> {
        let before = self.bytes.len();
        let first = self.items.ends.is_empty();
        if !first {
            self.bytes.push(b',');
        }
        let start = self.bytes.len();
        if let Err(why) = write(&mut self.bytes) {
            self.bytes.truncate(before);
            return Err(why);
        }
        if !first && self.size() > most {
            let item = self.bytes.split_off(start);
            self.bytes.truncate(before);
            return Ok(Some(item));
        }
        let Items { class: all, ends, origins, .. } = &mut self.items;
        ends.push(u32::try_from(self.bytes.len()).unwrap_or(u32::MAX));
        match origins.last_mut() {
            Some((last, n)) if last == origin => *n += 1,
            _ => origins.push((origin.clone(), 1)),
        }
        *all = all.with(class);
        Ok(None)
    }

    /// Closes it.
    pub fn seal(mut self) -> Sealed {
        self.bytes.extend_from_slice(CLOSE);
        Sealed { bytes: self.bytes.into(), items: self.items }
    }
}

impl Sealed {
    pub fn kind(&self) -> &Kind {
        &self.items.kind
    }

    /// The number of items.
    pub fn len(&self) -> usize {
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
        let body = if items.len() == self.len() { self.bytes.clone() } else { self.part(&items) };
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

    fn body(items: &[&str]) -> Body {
        let mut body = Body::new(Kind { retry: class().retry, limits: Limits::default() }, class(), 1_000);
        for (n, item) in items.iter().enumerate() {
            let over = body.append(&origin(1 + n / 2), class(), 1_000, text(item.as_bytes()));
            assert_eq!(over, Ok(None));
        }
        body
    }

    #[test]
    fn items_come_back_as_they_went_in() {
        let body = body(&["{\"a\":1}", "2", "[3]"]).seal();
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
    fn an_item_too_many_is_given_back_and_leaves_no_trace() {
        let mut body = body(&["11111"]);
        let size = body.size();
        assert_eq!(body.append(&origin(9), class(), size + 3, text(b"222")), Ok(Some(b"222".to_vec())));
        assert_eq!(body.size(), size);
        let too_large = |out: &mut Vec<u8>| {
            out.push(b'3');
            Err("too large")
        };
        assert_eq!(body.append(&origin(9), class(), size + 3, too_large), Err("too large"));
        assert_eq!(body.append(&origin(9), class(), size + 3, text(b"22")), Ok(None));
        let body = body.seal();
        assert_eq!(body.len(), 2);
        assert_eq!(body.request(0..2).body.as_deref(), Some(b"{\"batch\":[11111,22]}".as_slice()));
    }
}
