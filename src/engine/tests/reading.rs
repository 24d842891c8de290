use super::*;

const FIRST: &str = r#"{"identifiers":[{"id":"u-1"},{"id":"u-2"}],"next":"p2"}"#;
const LAST: &str = r#"{"identifiers":[{"id":"u-3"}],"next":""}"#;

/// What is told of each loop once the script has ended: what was read, how many, and of how many.
fn told(script: &str, pages: &[&'static str]) -> Vec<(&'static str, u64, Option<u64>)> {
    let ran = run(script, pages.iter().map(|page| Ok(*page)).collect());
    assert_eq!(ran.result, Ok(()), "{script}");
    ran.readings.iter().map(|reading| (reading.what, reading.taken(), reading.total())).collect()
}

#[test]
fn what_a_loop_has_taken_and_how_many_there_are_once_that_is_known() {
    let told = |script: &str| told(script, &[FIRST, LAST]);
    assert_eq!(told("for p in segment_members(7) {}"), [("people", 3, Some(3))]);
    assert_eq!(told("for p in segment_members(7) { if p.id == \"u-2\" { break } }"), [("people", 2, None)]);
    assert_eq!(
        told("segment_members(7).filter(|p| false).map(|p| 1).skip(1).count()"),
        [("people", 3, Some(3))]
    );
    assert_eq!(told("for p in segment_members(7).chunks(2) { break }"), [("people", 2, None)]);
}

#[test]
fn of_what_takes_only_some_nobody_knows_how_many_there_are_to_come() {
    let pages = [LAST, LAST];
    assert_eq!(told("segment_members(7).take(1).count()", &pages), [("people", 1, None)]);
    assert_eq!(
        told("segment_members(7).map(|p| p).take(9).chunks(2).count()", &pages),
        [("people", 1, None)]
    );
    assert_eq!(told("segment_members(7).count()", &pages), [("people", 1, Some(1))]);
}

#[test]
fn other_pages_are_told_by_what_they_hold() {
    let page = r#"{"messages":[{"id":"dlv-1"}],"next":""}"#;
    assert_eq!(told("messages().count()", &[page]), [("messages", 1, Some(1))]);
}
