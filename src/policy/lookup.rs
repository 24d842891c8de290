//! What a look-up says of a call in doubt, purely.

use std::collections::BTreeSet;

/// What the list shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// Nothing new so far.
    Nothing,
    /// Just one new entry.
    One(i64),
    /// More than one: which is ours can't be told.
    Several,
}

/// Compares the ids before a call with those after it.
pub fn found(before: &BTreeSet<i64>, after: &BTreeSet<i64>) -> Found {
    let mut new = after.difference(before);
    match (new.next(), new.next()) {
        (None, _) => Found::Nothing,
        (Some(id), None) => Found::One(*id),
        (Some(_), Some(_)) => Found::Several,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn just_one_new_entry_settles_it() {
        let ids = |ids: &[i64]| ids.iter().copied().collect::<BTreeSet<i64>>();
        assert_eq!(found(&ids(&[1, 2]), &ids(&[1, 2])), Found::Nothing);
        assert_eq!(found(&ids(&[1, 2]), &ids(&[2, 3])), Found::One(3));
        assert_eq!(found(&ids(&[]), &ids(&[7, 8])), Found::Several);
    }
}
