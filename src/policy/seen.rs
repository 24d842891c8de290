//! How many different things there were, purely, by their hashes: exactly while they are few, and in little
//! room where they may be many.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};

/// Up to so many are kept one by one: 2 MB.
const EXACT: u64 = 100_000;
/// Bits of the sketch for each that may come, and how many of them each sets. One that is new is taken for
/// known once in 400 when all have come, and about once in 3,000 on the way there.
const BITS: u64 = 16;
const PROBES: u64 = 4;
/// The largest sketch, in words of 64 bits: 64 MB, for 32 million. Of more than that, ever more are missed.
const LARGEST: u64 = 8 << 20;

/// Hashes that were seen.
#[derive(Clone, Debug)]
pub struct Seen {
    kept: Kept,
    count: usize,
}

#[derive(Clone, Debug)]
enum Kept {
    Each(HashSet<u64, BuildHasherDefault<Plain>>),
    /// A Bloom filter: each sets a few bits, and is known if all of them are set.
    Bits(Vec<u64>),
}

impl Seen {
    /// Room for at most `most`.
    pub fn room(most: u64) -> Seen {
        let kept = match most {
            0..=EXACT => Kept::Each(HashSet::default()),
            _ => Kept::Bits(vec![0; most.saturating_mul(BITS).div_ceil(64).min(LARGEST) as usize]),
        };
        Seen { kept, count: 0 }
    }

    /// How many different ones there were, at least.
    pub fn count(&self) -> usize {
        self.count
    }

    pub fn contains(&self, hash: u64) -> bool {
        match &self.kept {
            Kept::Each(each) => each.contains(&hash),
            Kept::Bits(words) => probes(hash, words.len()).all(|(word, bit)| words[word] & bit != 0),
        }
    }

    /// Adds one.
    pub fn insert(&mut self, hash: u64) {
        let new = match &mut self.kept {
            Kept::Each(each) => each.insert(hash),
            Kept::Bits(words) => probes(hash, words.len()).fold(false, |new, (word, bit)| {
                let before = words[word];
                words[word] |= bit;
                new | (before & bit == 0)
            }),
        };
        self.count += usize::from(new);
    }
}

/// The bits of a hash, each as its word and its place there.
fn probes(hash: u64, words: usize) -> impl Iterator<Item = (usize, u64)> {
    // Two halves make as many as are needed (Kirsch and Mitzenmacher, 2006). The second has to be odd, so
    // that it leads to other bits each time.
    let (first, step) = (hash, hash.rotate_left(32) | 1);
    (0..PROBES).map(move |n| {
        let at = first.wrapping_add(step.wrapping_mul(n)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        // The high part of the product spreads over any number of words.
        let word = (u128::from(at) * words as u128) >> 64;
        (word as usize, 1 << (at & 63))
    })
}

/// Hashes are hashed already.
#[derive(Clone, Default)]
struct Plain(u64);

impl Hasher for Plain {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |hash, byte| (hash << 8) | u64::from(*byte));
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::People;

    fn seen(most: u64, n: u64) -> Seen {
        let mut seen = Seen::room(most);
        for n in 0..n {
            seen.insert(People::hashed(&format!("u-{n}")));
        }
        seen
    }

    #[test]
    fn few_are_counted_exactly() {
        let mut few = seen(EXACT, 50_000);
        assert_eq!(few.count(), 50_000);
        for n in 0..50_000 {
            few.insert(People::hashed(&format!("u-{n}")));
        }
        assert_eq!(few.count(), 50_000);
        assert!(few.contains(People::hashed("u-7")) && !few.contains(People::hashed("u-50000")));
    }

    #[test]
    fn of_many_hardly_one_is_missed_and_none_is_counted_twice() {
        let mut many = seen(500_000, 500_000);
        let missed = 500_000 - many.count();
        assert!((1..500).contains(&missed), "{missed} are missed");
        let before = many.count();
        for n in 0..500_000 {
            let hash = People::hashed(&format!("u-{n}"));
            assert!(many.contains(hash));
            many.insert(hash);
        }
        assert_eq!(many.count(), before);
        let Kept::Bits(words) = &many.kept else { panic!("a sketch") };
        assert_eq!(words.len() * 8, 1_000_000, "two bytes each");
    }
}
