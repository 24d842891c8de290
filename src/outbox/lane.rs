//! The order of what is about the same person, purely: which body a write goes into, and when bodies are
//! closed.
//!
//! A lane has up to two open bodies, because a body holds writes of one kind and a script often writes two
//! kinds about each person in turn. The first goes out before the second.

use std::collections::HashSet;

use super::body::{Body, Kind, Origin, Sealed, Spare};
use super::record::Slot;
use crate::journal::CallPath;
use crate::request::Class;

/// The lanes there are. Who is in which lane must not change with a release: a run that is continued finds
/// its order again.
pub const LANES: usize = 8;

/// Who or what a write is about, as a number that every release makes alike: FNV-1a.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key(u64);

impl Key {
    pub fn new(identifier: &str) -> Key {
        let hash = identifier.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        Key(hash)
    }

    pub fn number(self) -> u64 {
        self.0
    }

    pub fn lane(self) -> usize {
        // Ids that differ by a digit differ in few bits of the hash: these are spread over all of them.
        let spread = (self.0 ^ (self.0 >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (spread >> (u64::BITS - LANES.ilog2())) as usize
    }
}

/// A write on its way into a body.
pub struct Write<'w> {
    pub call: &'w CallPath,
    pub key: Key,
    pub kind: Kind,
    pub class: Class,
    pub origin: &'w Origin,
}

/// The open bodies of a lane.
#[derive(Debug)]
pub struct Lane {
    /// That of the body closed last.
    slot: Slot,
    first: Option<Body>,
    second: Option<Body>,
    /// Whom the second body is about: nothing about them may enter the first any more.
    in_second: HashSet<Key>,
    /// The last timestamp given, in microseconds.
    last: i64,
}

impl Lane {
    /// The lane of that index, with nothing in it.
    pub fn new(lane: usize) -> Lane {
        let in_second = HashSet::new();
        Lane { slot: Slot { lane, number: 0 }, first: None, second: None, in_second, last: 0 }
    }

    /// The timestamp of a write at `now`, in microseconds: later than any before it in this lane.
    pub fn stamp(&mut self, now: i64) -> i64 {
        self.last = now.max(self.last + 1);
        self.last
    }

    pub fn is_empty(&self) -> bool {
        self.first.is_none() && self.second.is_none()
    }

    /// Takes a write of that time, at most `most` bytes a body; closed bodies go to `sealed` in the order they
    /// have to go out.
    ///
    /// # Errors
    /// As `encode`; nothing is taken then.
    pub fn put<E>(
        &mut self,
        write: &Write<'_>,
        time: i64,
        most: usize,
        spare: &mut Spare,
        encode: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
        sealed: &mut impl FnMut(Sealed),
    ) -> Result<(), E> {
        let Write { key, kind, .. } = *write;
        let of_first = self.first.as_ref().is_none_or(|body| body.kind().goes_with(&kind));
        let of_second = self.second.as_ref().is_none_or(|body| body.kind().goes_with(&kind));
        if (of_first && self.in_second.contains(&key)) || (!of_first && !of_second) {
            self.seal(sealed);
        }
        let into_first = self.first.as_ref().is_none_or(|body| body.kind().goes_with(&kind));
        let place = if into_first { &mut self.first } else { &mut self.second };
        let body = place.get_or_insert_with(|| Body::new(write, most, spare));
        if let Some(item) = body.append(write, time, most, encode)? {
            // The second body is about people of whom the first may say what came before.
            if into_first {
                close(&mut self.first, &mut self.slot).for_each(&mut *sealed);
            } else {
                self.seal(sealed)
            }
            let place = if into_first || self.first.is_none() { &mut self.first } else { &mut self.second };
            let body = place.insert(Body::new(write, most, spare));
            // A first item always fits.
            body.append(write, time, most, |out| {
                out.extend_from_slice(&item);
                Ok(())
            })?;
        }
        if self.second.as_ref().is_some_and(|body| body.kind().goes_with(&kind)) {
            self.in_second.insert(key);
        }
        Ok(())
    }

    /// Closes what is open.
    pub fn seal(&mut self, sealed: &mut impl FnMut(Sealed)) {
        self.in_second.clear();
        close(&mut self.first, &mut self.slot).for_each(&mut *sealed);
        close(&mut self.second, &mut self.slot).for_each(sealed);
    }
}

/// Closes a body, if something is in it, behind the one of `slot`.
fn close(body: &mut Option<Body>, slot: &mut Slot) -> impl Iterator<Item = Sealed> + use<> {
    let body = body.take().filter(|body| !body.is_empty());
    slot.number += u64::from(body.is_some());
    body.map(|body| body.seal(*slot)).into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbox::body::tests::{origin, text as item};
    use crate::policy::Limits;
    use crate::spec::{Effect, Retry};
    use proptest::prelude::*;

    const BECAUSE: &str = "a test";

    fn kinds() -> [Kind; 3] {
        let limits = Limits::default();
        [
            Kind { retry: Retry::Safe { because: BECAUSE }, limits },
            Kind { retry: Retry::Keyed { because: BECAUSE }, limits },
            Kind { retry: Retry::Keyed { because: BECAUSE }, limits: Limits { attempts: 2, ..limits } },
        ]
    }

    /// The bodies that writes about `(person, kind)` make, each as the people in it.
    fn bodies(writes: &[(u8, usize)], most: usize) -> Vec<(usize, Vec<(u8, usize)>)> {
        let mut lane = Lane::new(0);
        let mut out = vec![];
        let mut take = |body: Sealed| {
            let kind = kinds().iter().position(|kind| kind == body.kind()).unwrap();
            let items = (0..body.count()).map(|n| {
                let text = String::from_utf8(body.item(n).to_vec()).unwrap();
                let (person, number) = text.split_once('.').unwrap();
                (person.parse().unwrap(), number.parse().unwrap())
            });
            out.push((kind, items.collect()));
        };
        for (number, (person, kind)) in writes.iter().enumerate() {
            let kind = kinds()[*kind];
            let class = Class { effect: Effect::Upsert, retry: kind.retry };
            let (key, call) = (Key::new(&person.to_string()), CallPath::default());
            let write = Write { call: &call, key, kind, class, origin: &origin(1) };
            let text = format!("{person}.{number}");
            let put = lane.put(&write, 0, most, &mut Spare::default(), item(text.as_bytes()), &mut take);
            assert_eq!(put, Ok(()));
        }
        lane.seal(&mut take);
        out
    }

    #[test]
    fn two_kinds_in_turn_make_two_bodies() {
        for first in [0, 1] {
            let writes: Vec<(u8, usize)> =
                (0..50).flat_map(|person| [(person, first), (person, 1 - first)]).collect();
            let kinds: Vec<usize> = bodies(&writes, 100_000).iter().map(|(kind, _)| *kind).collect();
            assert_eq!(kinds, [first, 1 - first]);
        }
    }

    #[test]
    fn going_back_to_somebody_closes_both() {
        let made = bodies(&[(1, 0), (1, 1), (2, 0), (1, 0)], 100_000);
        assert_eq!(made, [(0, vec![(1, 0), (2, 2)]), (1, vec![(1, 1)]), (0, vec![(1, 3)])]);
    }

    #[test]
    fn keys_and_lanes_stay_what_they_are() {
        let known = [("u-1", 0x4d84_5819_3ed0_6a42, 5), ("ada@example.com", 0x2668_11ad_9b55_c572, 1)];
        for (text, hash, lane) in known {
            assert_eq!((Key::new(text), Key::new(text).lane()), (Key(hash), lane), "{text}");
        }
        let used: HashSet<usize> = (0..1_000).map(|n| Key::new(&format!("u-{n}")).lane()).collect();
        assert_eq!(used.len(), LANES);
    }

    #[test]
    fn timestamps_rise() {
        let mut lane = Lane::new(0);
        assert_eq!([5, 5, 3, 90].map(|now| lane.stamp(now)), [5, 6, 7, 90]);
    }

    proptest! {
        #[test]
        fn everything_goes_out_once_and_each_person_in_order(
            writes in prop::collection::vec((0u8..6, 0usize..3), 0..80), most in 20usize..200,
        ) {
            let made = bodies(&writes, most);
            let sent: Vec<(u8, usize)> = made.iter().flat_map(|(_, items)| items.clone()).collect();
            prop_assert_eq!(sent.len(), writes.len());
            for person in 0..6 {
                let numbers: Vec<usize> =
                    sent.iter().filter(|(who, _)| *who == person).map(|(_, number)| *number).collect();
                let expected: Vec<usize> =
                    (0..writes.len()).filter(|number| writes[*number].0 == person).collect();
                prop_assert_eq!(numbers, expected, "{:?}", &made);
            }
            for (kind, items) in &made {
                for (_, number) in items {
                    prop_assert_eq!(writes[*number].1, *kind);
                }
            }
        }
    }
}
