//! Which items of a refused body are the bad ones, purely: what to send next to find out.

use std::ops::Range;

/// As many items are tried alone before the rest is divided: when all of them are bad, so is the cause, and
/// a body of thousands isn't worth thousands of requests.
const PROBES: usize = 8;

/// What a refusal of several items together leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    /// Some of them are tried alone.
    Probe,
    Halve,
    /// Nothing: any of them may have been taken, and none may be sent twice.
    Doubt,
}

/// What follows the refusal of several items together. `safe` says that sending them twice does no harm,
/// `probed` that some of their body were tried alone already.
pub fn after(too_large: bool, safe: bool, probed: bool) -> After {
    match (too_large, safe, probed) {
        // It isn't the items, and nobody has looked at them.
        (true, ..) => After::Halve,
        (false, false, _) => After::Doubt,
        (false, true, false) => After::Probe,
        (false, true, true) => After::Halve,
    }
}

/// The words of a refusal without what names its one item: its `names`, and numbers.
pub fn cause(words: &str, names: &[&str]) -> String {
    let bare = |word: &str| word.trim_matches(|c: char| !c.is_alphanumeric()).to_string();
    let names: Vec<String> = names.iter().map(|name| bare(name)).collect();
    let general = |word: &&str| !word.contains(char::is_numeric) && !names.contains(&bare(word));
    words.split_whitespace().filter(general).collect::<Vec<_>>().join(" ")
}

/// What to send next for a refused range of items.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Next {
    /// Single items from all over the range, to be sent first.
    pub probes: Vec<usize>,
    /// What lies between them.
    pub rest: Vec<Range<usize>>,
}

/// How to go on with a body whose items `range` were refused together.
pub fn probe(range: Range<usize>) -> Next {
    let n = range.len();
    if n <= PROBES {
        return Next { probes: range.collect(), rest: vec![] };
    }
    // The middle of each of as many equal parts.
    let probes: Vec<usize> = (0..PROBES).map(|i| range.start + (2 * i + 1) * n / (2 * PROBES)).collect();
    let starts = std::iter::once(range.start).chain(probes.iter().map(|probe| probe + 1));
    let ends = probes.iter().copied().chain([range.end]);
    let rest = starts.zip(ends).map(|(start, end)| start..end).filter(|rest| !rest.is_empty()).collect();
    Next { probes, rest }
}

/// The halves of a range that was refused again.
pub fn halves(range: Range<usize>) -> [Range<usize>; 2] {
    let middle = range.start + range.len() / 2;
    [range.start..middle, middle..range.end]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_what_may_be_sent_twice_is_searched_and_only_a_size_is_cut_of_anything() {
        assert_eq!(after(false, true, false), After::Probe);
        assert_eq!(after(false, true, true), After::Halve);
        assert_eq!(after(false, false, false), After::Doubt);
        for (safe, probed) in [(true, true), (true, false), (false, false)] {
            assert_eq!(after(true, safe, probed), After::Halve);
        }
    }

    #[test]
    fn causes_are_alike_whoever_they_are_about() {
        let cause = |words, who| cause(words, &["identify_person", who]);
        let one = cause("refused `identify_person` (400): no person a@x.io (at 7)", "a@x.io");
        assert_eq!(one, "refused no person (at");
        assert_eq!(cause("refused `identify_person` (400): no person \"u-12\" (at 31)", "u-12"), one);
        assert_ne!(cause("refused `identify_person` (400): traits too large", "u-1"), one);
    }

    proptest! {
        #[test]
        fn probes_and_rest_are_the_range(start in 0usize..100, n in 1usize..5_000) {
            let Next { probes, rest } = probe(start..start + n);
            let mut all: Vec<usize> = rest.into_iter().flatten().chain(probes.iter().copied()).collect();
            all.sort_unstable();
            prop_assert_eq!(all, (start..start + n).collect::<Vec<_>>());
            prop_assert_eq!(probes.len(), n.min(PROBES));
        }

        #[test]
        fn halves_are_the_range(start in 0usize..100, n in 2usize..5_000) {
            let [first, second] = halves(start..start + n);
            prop_assert!(!first.is_empty() && !second.is_empty());
            prop_assert_eq!((first.start, first.end, second.end), (start, second.start, start + n));
        }
    }
}
