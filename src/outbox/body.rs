//! Writes that travel together, as the bytes of one request.

use std::ops::Range;
use std::sync::Arc;

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

/// The writes of one request.
#[derive(Clone, Debug)]
pub struct Body {
    pub kind: Kind,
    class: Class,
    /// The items, with commas between them, behind the opening.
    bytes: Vec<u8>,
    /// Where each item ends.
    ends: Vec<u32>,
    /// Where the items come from, in runs.
    origins: Vec<(Origin, u32)>,
}

impl Body {
    pub fn new(kind: Kind, class: Class) -> Body {
        Body { kind, class, bytes: OPEN.to_vec(), ends: vec![], origins: vec![] }
    }

    /// The number of items.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The bytes it takes on its way.
    pub fn size(&self) -> usize {
        self.bytes.len() + CLOSE.len()
    }

    /// Adds an item by what `write` writes, unless the body would grow over `most` bytes by it: then the item
    /// is given back, and the body is as it was. A first item always fits.
    pub fn append(
        &mut self,
        origin: &Origin,
        class: Class,
        most: usize,
        write: impl FnOnce(&mut Vec<u8>),
    ) -> Result<(), Vec<u8>> {
        let before = self.bytes.len();
        if !self.ends.is_empty() {
            self.bytes.push(b',');
        }
        let start = self.bytes.len();
        write(&mut self.bytes);
        if !self.ends.is_empty() && self.size() > most {
            let item = self.bytes.split_off(start);
            self.bytes.truncate(before);
            return Err(item);
        }
        self.ends.push(u32::try_from(self.bytes.len()).unwrap_or(u32::MAX));
        match self.origins.last_mut() {
            Some((last, n)) if last == origin => *n += 1,
            _ => self.origins.push((origin.clone(), 1)),
        }
        self.class = self.class.with(class);
        Ok(())
    }

    /// The JSON of an item.
    pub fn item(&self, index: usize) -> &[u8] {
        let start = match index {
            0 => OPEN.len(),
            n => self.ends[n - 1] as usize + 1,
        };
        &self.bytes[start..self.ends[index] as usize]
    }

    /// The bytes that some of its items take on their way.
    pub fn size_of(&self, items: &Range<usize>) -> usize {
        OPEN.len() + CLOSE.len() + items.clone().map(|index| self.item(index).len() + 1).sum::<usize>() - 1
    }

    /// Where an item comes from.
    pub fn origin(&self, index: usize) -> &Origin {
        let mut left = index as u32;
        for (origin, n) in &self.origins {
            if left < *n {
                return origin;
            }
            left -= n;
        }
        &self.origins[self.origins.len() - 1].0
    }

    pub fn is_safe(&self) -> bool {
        self.class.is_safe()
    }

    /// The request for some of its items.
    pub fn request(&self, items: Range<usize>) -> Request {
        let tool = self.origin(items.start).tool;
        let mut body = Vec::with_capacity(if items.len() == self.len() { self.size() } else { 1_024 });
        if items.len() == self.len() {
            body.extend_from_slice(&self.bytes);
        } else {
            body.extend_from_slice(OPEN);
            for index in items.clone() {
                if index > items.start {
                    body.push(b',');
                }
                body.extend_from_slice(self.item(index));
            }
        }
        body.extend_from_slice(CLOSE);
        let events = if matches!(self.kind.retry, Retry::Keyed { .. }) { items.len() as u64 } else { 0 };
        Request { tool, class: self.class, path: PATH.into(), body: Some(body), items: items.len(), events }
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

    fn body(items: &[&str]) -> Body {
        let mut body = Body::new(Kind { retry: class().retry, limits: Limits::default() }, class());
        for (n, item) in items.iter().enumerate() {
            body.append(&origin(1 + n / 2), class(), 1_000, |out| out.extend_from_slice(item.as_bytes()))
                .expect("it fits");
        }
        body
    }

    #[test]
    fn items_come_back_as_they_went_in() {
        let body = body(&["{\"a\":1}", "2", "[3]"]);
        assert_eq!((0..3).map(|n| body.item(n)).collect::<Vec<_>>(), [b"{\"a\":1}".as_slice(), b"2", b"[3]"]);
        assert_eq!((0..3).map(|n| body.origin(n).place.line).collect::<Vec<_>>(), [1, 1, 2]);
        let whole = body.request(0..3);
        assert_eq!(whole.body.as_deref(), Some(b"{\"batch\":[{\"a\":1},2,[3]]}".as_slice()));
        assert_eq!((whole.items, whole.events, body.size()), (3, 3, whole.body.map_or(0, |body| body.len())));
        assert_eq!(body.request(1..3).body.as_deref(), Some(b"{\"batch\":[2,[3]]}".as_slice()));
        for items in [0..3, 1..3, 2..3] {
            assert_eq!(body.request(items.clone()).body.map(|body| body.len()), Some(body.size_of(&items)));
        }
    }

    #[test]
    fn an_item_too_many_is_given_back_and_leaves_no_trace() {
        let mut body = body(&["11111"]);
        let size = body.size();
        let over = body.append(&origin(9), class(), size + 3, |out| out.extend_from_slice(b"222"));
        assert_eq!(over, Err(b"222".to_vec()));
        assert_eq!((body.size(), body.len()), (size, 1));
        assert!(body.append(&origin(9), class(), size + 3, |out| out.extend_from_slice(b"22")).is_ok());
        assert_eq!(body.request(0..2).body.as_deref(), Some(b"{\"batch\":[11111,22]}".as_slice()));
    }
}
