//! The identity of a run and of each call in it. Runs on disk grow from here.

use std::fmt;

/// The name of a run: short enough to type, unique enough for message ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunId(String);

impl RunId {
    /// A run id from 60 random bits.
    pub fn new(random: u64) -> RunId {
        // Crockford's alphabet: no letters that are taken for digits.
        const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
        let text = (0..12).map(|i| char::from(ALPHABET[(random >> (i * 5) & 31) as usize])).collect();
        RunId(text)
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A call's place in a run: its number in its branch. The same script with the same answers makes the
/// same calls, so the path names a call across runs of the same script.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CallPath {
    /// The branches that lead to it, outermost first; empty in the script's main line.
    pub branches: Vec<u32>,
    /// From 1.
    pub number: u64,
}

impl fmt::Display for CallPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for branch in &self.branches {
            write!(f, "{branch}/")?;
        }
        write!(f, "{}", self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_id_is_twelve_plain_characters() {
        assert_eq!(RunId::new(0).to_string(), "000000000000");
        assert_eq!(RunId::new(u64::MAX).to_string(), "zzzzzzzzzzzz");
        assert_ne!(RunId::new(1), RunId::new(2));
    }

    #[test]
    fn a_call_path_reads_from_the_outside_in() {
        assert_eq!(CallPath { branches: vec![], number: 7 }.to_string(), "7");
        assert_eq!(CallPath { branches: vec![3, 1], number: 7 }.to_string(), "3/1/7");
    }
}
