//! What arrived, counted as it comes.

use super::super::answer::Answer;
use super::super::app::{cursor, limit, place_of};
use super::super::route::Call;
use super::super::world::{Members, Segment, World};
use super::{Counts, SEGMENT};
use crate::spec::Bucket;
use crate::tools;
use axum::body::Bytes;
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::SystemTime;

/// What a tool does to the tally: what was asked for, and the body.
pub type Behaviour = fn(&mut Tally, &Call, &[u8]) -> Answer;

/// The counts, and what tells new from known.
#[derive(Debug)]
pub struct Tally {
    members: usize,
    /// Nobody lives here; it tells of the segment.
    pub world: World,
    counts: Counts,
    /// One or a few.
    groups: Vec<(Box<str>, Marks)>,
    suppressed: Marks,
    /// Of each message id its hash: two that differ have the same with a chance of 1 to 10¹⁹.
    message_ids: HashSet<u64>,
}

/// A mark for each member.
#[derive(Debug, Default)]
struct Marks(Vec<u64>);

impl Marks {
    /// Sets one; `false` where it was.
    fn set(&mut self, member: usize) -> bool {
        let (word, bit) = (member / 64, 1 << (member % 64));
        if word >= self.0.len() {
            self.0.resize(word + 1, 0);
        }
        let new = self.0[word] & bit == 0;
        self.0[word] |= bit;
        new
    }
}

#[derive(Deserialize)]
struct Batch<'a> {
    #[serde(borrow)]
    batch: Vec<Item<'a>>,
}

/// The fields of an item that are looked at, empty where they aren't there. They lie in the body: a
/// `Cow` within an `Option` would be a copy.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Item<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    user_id: Cow<'a, str>,
    #[serde(borrow)]
    group_id: Cow<'a, str>,
    #[serde(borrow)]
    message_id: Cow<'a, str>,
    #[serde(borrow)]
    timestamp: Cow<'a, str>,
}

impl Tally {
    pub fn new(members: usize) -> Tally {
        let segment = Segment {
            id: SEGMENT,
            name: "VIP",
            description: "Made up for measuring.",
            kind: "dynamic",
            state: "finished",
            created_at: 0,
            members: Members::Everyone,
        };
        let mut world = World::default();
        world.segments.push(segment);
        Tally {
            members,
            world,
            counts: Counts::default(),
            groups: vec![],
            suppressed: Marks::default(),
            // Growing would hold a client up just when it is measured.
            message_ids: HashSet::with_capacity(members),
        }
    }

    pub fn counts(&self) -> Counts {
        Counts { message_ids: self.message_ids.len() as u64, ..self.counts.clone() }
    }

    pub fn arrived(&mut self, bucket: Bucket, at: SystemTime) {
        *self.counts.requests.entry(bucket).or_default() += 1;
        self.counts.first.get_or_insert(at);
    }

    pub fn limited(&mut self) {
        self.counts.limited += 1;
    }

    pub fn faulted(&mut self) {
        self.counts.faulted += 1;
    }

    /// A page of the segment.
    pub fn page(&mut self, call: &Call) -> Answer {
        if call.int("segment_id") != Some(SEGMENT) {
            return Answer::app(404, "segment not found");
        }
        let list = format!("segment{SEGMENT}");
        let start = match place_of(&list, call.text("start")) {
            Ok(start) => start.min(self.members),
            Err(refusal) => return refusal,
        };
        let end = start.saturating_add(limit(call, 1_000)).min(self.members);
        let next = if end < self.members { cursor(&list, end) } else { String::new() };
        Answer { status: 200, body: written(start..end, &next) }
    }

    /// Counts the items of a batch; one that isn't in order refuses it all, as in the sandbox.
    pub fn batch(&mut self, call: &Call, body: &[u8]) -> Answer {
        let batch = match serde_json::from_slice::<Batch>(body) {
            Ok(batch) if body.len() <= tools::pipelines::send_batch::TOOL.max_body => batch.batch,
            _ => return self.refuse(1),
        };
        let sound = |item: &&Item| item.kind == "group" && self.is_sound(item);
        let wrong = batch.len() - batch.iter().filter(sound).count();
        if wrong > 0 || !call.strict {
            return self.refuse(wrong.max(1));
        }
        for item in &batch {
            self.join(item);
        }
        Answer::accepted()
    }

    pub fn group(&mut self, call: &Call, body: &[u8]) -> Answer {
        match serde_json::from_slice::<Item>(body) {
            Ok(item) if call.strict && self.is_sound(&item) => {
                self.join(&item);
                Answer::accepted()
            }
            _ => self.refuse(1),
        }
    }

    pub fn suppress(&mut self, call: &Call) -> Answer {
        let Some(member) = call.text("identifier").and_then(|identifier| self.member(identifier)) else {
            return self.refuse(1);
        };
        match self.suppressed.set(member) {
            true => self.counts.suppressed += 1,
            false => self.counts.repeated += 1,
        }
        Answer::accepted()
    }

    fn refuse(&mut self, items: usize) -> Answer {
        self.counts.invalid += items as u64;
        Answer::meta(400, &[format!("{items} invalid")])
    }

    /// Whether an item has all that Segue sends, and is about somebody in the segment.
    fn is_sound(&self, item: &Item) -> bool {
        // The sandbox reads times; here the look of one is enough.
        let time = item.timestamp.as_bytes();
        self.member(&item.user_id).is_some()
            && !item.group_id.is_empty()
            && !item.message_id.is_empty()
            && time.get(10) == Some(&b'T')
            && time.ends_with(b"Z")
    }

    fn join(&mut self, item: &Item) {
        let Some(member) = self.member(&item.user_id) else { return };
        let known = self.groups.iter().position(|(group, _)| **group == *item.group_id);
        let place = known.unwrap_or_else(|| {
            self.groups.push((Box::from(&*item.group_id), Marks::default()));
            self.groups.len() - 1
        });
        match self.groups[place].1.set(member) {
            true => self.counts.pairs += 1,
            false => self.counts.repeated += 1,
        }
        let mut hasher = DefaultHasher::new();
        item.message_id.hash(&mut hasher);
        self.message_ids.insert(hasher.finish());
    }

    /// The member with this id.
    fn member(&self, id: &str) -> Option<usize> {
        let digits = id.strip_prefix("u-").filter(|digits| digits.len() == DIGITS)?;
        let all = digits.bytes().all(|byte| byte.is_ascii_digit());
        digits.parse().ok().filter(|member| all && *member < self.members)
    }
}

/// The digits of a member's number: enough for the most people there can be.
const DIGITS: usize = 7;

fn digits(mut member: usize) -> [u8; DIGITS] {
    let mut digits = [b'0'; DIGITS];
    for digit in digits.iter_mut().rev() {
        *digit += (member % 10) as u8;
        member /= 10;
    }
    digits
}

/// A page's JSON, in the order of the sandbox's fields: pieced together, because writing a value for each person
/// would cost more than all that is measured.
fn written(members: std::ops::Range<usize>, next: &str) -> Bytes {
    let mut page = Vec::with_capacity(members.len() * 100 + 100);
    let mut put = |parts: &[&[u8]]| parts.iter().for_each(|part| page.extend_from_slice(part));
    put(&[b"{\"segment_id\":", SEGMENT.to_string().as_bytes(), b",\"identifiers\":["]);
    for member in members.clone() {
        let n = &digits(member);
        let comma: &[u8] = if member == members.start { b"" } else { b"," };
        put(&[comma, b"{\"cio_id\":\"a3", n, b"\",\"id\":\"u-", n, b"\",\"email\":\"u-", n]);
        put(&[b"@example.com\"}"]);
    }
    put(&[b"],\"ids\":["]);
    for member in members.clone() {
        let comma: &[u8] = if member == members.start { b"" } else { b"," };
        put(&[comma, b"\"u-", &digits(member), b"\""]);
    }
    // A cursor holds nothing that has to be escaped.
    put(&[b"],\"next\":\"", next.as_bytes(), b"\"}"]);
    page.into()
}
