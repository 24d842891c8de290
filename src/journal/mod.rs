//! The identity of a run and of each call in it. Runs on disk grow from here.

mod branch;

use std::fmt;

pub use branch::{Branch, Entered, Opening, enter, mark, next_path, unrepeatable};

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

/// Writes the name of one call of one run, the same whenever the run is continued: what Customer.io gets as
/// an item's message id.
pub fn message_id(out: &mut String, run: &RunId, path: &CallPath) {
    out.push_str(&run.0);
    out.push('-');
    path.write(out);
}

/// Writes a number with at least `width` digits. A call has two, and formatting them took a tenth of its
/// time.
pub fn number(out: &mut String, mut n: u64, width: usize) {
    let (mut digits, mut len) = ([b'0'; 20], 0);
    while n > 0 || len < width.max(1) {
        len += 1;
        digits[20 - len] = b'0' + (n % 10) as u8;
        n /= 10;
    }
    // Digits are ASCII.
    out.push_str(std::str::from_utf8(&digits[20 - len..]).unwrap_or_default());
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
    /// The branches that lead to it, outermost first, each as the number of the call that opened it and its
    /// index there; empty in the script's main line.
    pub branches: Vec<u64>,
    /// From 1.
    pub number: u64,
}

impl CallPath {
    /// Whether both are of one branch.
    pub fn beside(&self, other: &CallPath) -> bool {
        // Most are of none, and comparing two lists of nothing costs as much as writing an item.
        let main = self.branches.is_empty() && other.branches.is_empty();
        main || self.branches == other.branches
    }

    fn write(&self, out: &mut String) {
        for branch in &self.branches {
            number(out, *branch, 1);
            out.push('/');
        }
        number(out, self.number, 1);
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
        let name = |branches: &[u64], number| {
            let mut out = String::new();
            message_id(&mut out, &RunId::new(0), &CallPath { branches: branches.to_vec(), number });
            out
        };
        assert_eq!(name(&[], 7), "000000000000-7");
        assert_eq!(name(&[3, 1], 70), "000000000000-3/1/70");
    }

    #[test]
    fn numbers_are_written_as_they_are() {
        for (n, width, text) in
            [(0, 1, "0"), (7, 3, "007"), (1_234, 3, "1234"), (u64::MAX, 1, "18446744073709551615")]
        {
            let mut out = String::new();
            number(&mut out, n, width);
            assert_eq!(out, text);
        }
    }
}
