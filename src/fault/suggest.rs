//! Suggestions for a name that isn't there.

/// The candidate nearest to `name`, if it is near enough to be what was meant: one edit in three
/// letters at most, a plain prefix, or the same letters in another case.
pub fn closest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = name.to_lowercase();
    if wanted.is_empty() {
        return None;
    }
    candidates
        .into_iter()
        .filter_map(|candidate| {
            let lower = candidate.to_lowercase();
            let distance = strsim::damerau_levenshtein(&wanted, &lower);
            // A short name is near to too many.
            let allowed = match wanted.chars().count().max(lower.chars().count()) {
                0..=2 => 0,
                3..=5 => 1,
                more => (more / 3).min(3),
            };
            let begins = wanted.len() >= 3
                && (lower.starts_with(&wanted) || wanted.starts_with(&lower) && lower.len() >= 3);
            (distance <= allowed || begins).then_some((distance, candidate))
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_name_is_suggested_and_a_far_one_is_not() {
        let tools = ["user_id", "group_id", "traits"];
        assert_eq!(closest("userid", tools), Some("user_id"));
        assert_eq!(closest("User_ID", tools), Some("user_id"));
        assert_eq!(closest("trait", tools), Some("traits"));
        assert_eq!(closest("colour", tools), None);
        assert_eq!(closest("x", tools), None);
        assert_eq!((closest("f", ["E"]), closest("nope", ["now"])), (None, None));
        assert_eq!(closest("frobnicate", ["truncate"]), None);
        assert_eq!(closest("jion", ["join"]), Some("join"));
        assert_eq!(closest("", tools), None);
    }
}
