//! A workspace: everything the sandbox knows.

use super::attributes::{Attributes, Micros, SEEDED};
use super::people::{Key, Name, People};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashMap};

/// The state behind all three APIs.
#[derive(Debug, Default)]
pub struct World {
    /// Unix seconds the seeded history counts back from; "until now" in a read of messages.
    pub now: i64,
    pub people: People,
    pub groups: Groups,
    pub events: Vec<Event>,
    /// The places of events by anonymous ids nobody has yet.
    unclaimed: HashMap<Box<str>, Vec<usize>>,
    pub segments: Vec<Segment>,
    pub broadcasts: Vec<Broadcast>,
    /// By id, which counts up from 1 over all broadcasts.
    pub triggers: Vec<Trigger>,
    /// Newest first.
    pub messages: Vec<Message>,
    /// The places of `messages` by delivery id.
    pub deliveries: HashMap<String, usize>,
    pub push_events: Vec<Value>,
    pub unsubscribes: Vec<Unsubscribe>,
    // What only reads look at is held as it is answered.
    pub newsletters: Vec<Value>,
    pub collections: Vec<Value>,
    pub snippets: Vec<Value>,
    pub webhooks: Vec<Value>,
    pub transactional: Vec<Value>,
    pub integrations: Vec<Value>,
    pub ip_addresses: Vec<&'static str>,
}

#[derive(Debug)]
pub struct Segment {
    pub id: i64,
    pub name: &'static str,
    pub description: &'static str,
    /// `dynamic` or `manual`.
    pub kind: &'static str,
    /// `events`, `build`, `events_queued`, `build_queued` or `finished`.
    pub state: &'static str,
    pub created_at: i64,
    pub members: Members,
}

#[derive(Debug)]
pub enum Members {
    /// Every person there is, also those who come later.
    Everyone,
    /// These, of whom some may have been deleted since.
    Listed(Vec<Key>),
}

#[derive(Debug)]
pub struct Broadcast {
    pub id: i64,
    pub name: &'static str,
    /// The segment it goes to when a trigger names no audience.
    pub segment: i64,
}

#[derive(Debug)]
pub struct Trigger {
    pub id: i64,
    pub broadcast_id: i64,
    pub created_at: i64,
    pub processed_at: Option<i64>,
    /// How often its status was read.
    pub reads: u32,
    /// The field that chose the audience, or `default`.
    pub by: &'static str,
    /// Who it went to; `None` when that is in a file the sandbox doesn't fetch.
    pub audience: Option<Vec<Key>>,
    pub body: Value,
}

/// A delivery.
#[derive(Debug)]
pub struct Message {
    pub id: String,
    pub kind: &'static str,
    pub person: Key,
    /// Documented to be null at times, although the person has an id.
    pub customer_id: Option<String>,
    pub recipient: Option<String>,
    pub subject: String,
    pub created: i64,
    /// Unix seconds by metric: only what was recorded.
    pub metrics: BTreeMap<String, i64>,
    pub failure_message: Option<&'static str>,
    pub campaign_id: Option<i64>,
    pub action_id: Option<i64>,
    pub newsletter_id: Option<i64>,
    pub broadcast_id: Option<i64>,
    pub content_id: Option<i64>,
    pub draft: bool,
}

/// Something a person did. Every arrival is kept, also one whose `message_id` came before: Customer.io
/// documents no deduplication, and tests must see the repeat.
#[derive(Debug)]
pub struct Event {
    /// `track`, `page` or `screen`.
    pub kind: &'static str,
    pub person: Option<Key>,
    pub user_id: Option<Box<str>>,
    pub anonymous_id: Option<Box<str>>,
    pub name: Option<Box<str>>,
    pub properties: Value,
    pub timestamp: Option<Box<str>>,
    pub message_id: Option<Box<str>>,
}

#[derive(Debug)]
pub struct Unsubscribe {
    pub delivery_id: String,
    pub person: Key,
}

/// Objects and who belongs to them.
#[derive(Debug, Default)]
pub struct Groups {
    list: Vec<Group>,
    by_type: HashMap<Box<str>, HashMap<Box<str>, usize>>,
}

#[derive(Debug)]
pub struct Group {
    pub object_type_id: Box<str>,
    pub id: Box<str>,
    pub attributes: Attributes,
    pub members: Vec<Member>,
    /// How many calls named it.
    pub writes: u64,
    by_person: HashMap<Key, usize>,
}

#[derive(Debug)]
pub struct Member {
    pub person: Key,
    /// The attributes of the relationship.
    pub attributes: Attributes,
    /// How many calls related the two: twice makes one member, and a test may want to know of both.
    pub writes: u32,
}

impl Groups {
    pub fn iter(&self) -> impl Iterator<Item = &Group> {
        self.list.iter()
    }

    /// The object, created if new. An object type nobody has heard of is taken as well; what
    /// Customer.io does with one is undocumented.
    pub fn upsert(&mut self, object_type_id: &str, id: &str) -> &mut Group {
        if !self.by_type.contains_key(object_type_id) {
            self.by_type.insert(object_type_id.into(), HashMap::new());
        }
        let place = self.by_type.get(object_type_id).and_then(|ids| ids.get(id)).copied();
        let place = place.unwrap_or_else(|| {
            let place = self.list.len();
            self.list.push(Group {
                object_type_id: object_type_id.into(),
                id: id.into(),
                attributes: Attributes::default(),
                members: vec![],
                writes: 0,
                by_person: HashMap::new(),
            });
            self.by_type.entry(object_type_id.into()).or_default().insert(id.into(), place);
            place
        });
        &mut self.list[place]
    }
}

impl Group {
    pub fn relate(&mut self, person: Key, attributes: Option<&Map<String, Value>>, at: Micros) {
        let place = *self.by_person.entry(person).or_insert_with(|| {
            self.members.push(Member { person, attributes: Attributes::default(), writes: 0 });
            self.members.len() - 1
        });
        let member = &mut self.members[place];
        member.writes += 1;
        if let Some(attributes) = attributes {
            member.attributes.set_all(attributes, at);
        }
    }

    /// Puts one person in the place of another who is going to be deleted.
    fn replace(&mut self, gone: Key, kept: Key) {
        let Some(place) = self.by_person.remove(&gone) else { return };
        if !self.by_person.contains_key(&kept) {
            self.members[place].person = kept;
            self.by_person.insert(kept, place);
        }
    }
}

impl World {
    /// An empty workspace whose history ends at that time.
    pub fn ending(now: i64) -> World {
        World { now, ..World::default() }
    }

    /// Merges one profile into another and deletes it: empty attributes, events and relationships move,
    /// as documented for Track's `merge_customers`.
    pub fn merge(&mut self, gone: Key, kept: Key) {
        if gone == kept || self.people.get(kept).is_none() {
            return;
        }
        let Some(person) = self.people.delete(gone) else { return };
        if let Some(anonymous_id) = &person.anonymous_id {
            self.people.adopt_anonymous(kept, anonymous_id);
        }
        if let Some(email) = &person.email
            && self.people.get(kept).is_some_and(|kept| kept.email.is_none())
        {
            self.people.set_email(kept, Some(email), SEEDED);
        }
        if let Some(kept) = self.people.get_mut(kept) {
            kept.attributes.fill_from(person.attributes);
        }
        for event in self.events.iter_mut().filter(|event| event.person == Some(gone)) {
            event.person = Some(kept);
        }
        for group in &mut self.groups.list {
            group.replace(gone, kept);
        }
        for segment in &mut self.segments {
            if let Members::Listed(members) = &mut segment.members
                && !members.contains(&kept)
                && let Some(place) = members.iter().position(|member| *member == gone)
            {
                members[place] = kept;
            }
        }
    }

    /// Records an event. One of a visitor without a profile waits for somebody to turn out to be them.
    pub fn record(&mut self, event: Event) {
        if let (None, Some(anonymous_id)) = (event.person, &event.anonymous_id) {
            self.unclaimed.entry(anonymous_id.clone()).or_default().push(self.events.len());
        }
        self.events.push(event);
    }

    /// The anonymous visitor behind an id is this person: what was theirs moves over.
    pub fn recognise(&mut self, anonymous_id: &str, person: Key) {
        let name = Name::Anonymous(anonymous_id);
        if self.people.find(name) != Some(person)
            && let Some(visitor) = self.people.adopt_anonymous(person, anonymous_id)
        {
            self.merge(visitor, person);
        }
        if self.people.find(name) == Some(person) {
            for place in self.unclaimed.remove(anonymous_id).unwrap_or_default() {
                self.events[place].person = Some(person);
            }
        }
    }

    pub fn segment(&self, id: i64) -> Option<&Segment> {
        self.segments.iter().find(|segment| segment.id == id)
    }

    /// Up to `limit` members from a place on, and the place to go on from if there are more. Places
    /// stay what they are when people come and go, so that a page costs its own length only.
    pub fn page_of(&self, segment: &Segment, start: usize, limit: usize) -> (Vec<Key>, Option<usize>) {
        let places = match &segment.members {
            Members::Everyone => self.people.places(),
            Members::Listed(list) => list.len(),
        };
        let mut page = Vec::with_capacity(limit.min(places.saturating_sub(start)));
        for place in start..places {
            let key = match &segment.members {
                Members::Everyone => place as Key,
                Members::Listed(list) => list[place],
            };
            if self.people.get(key).is_none() {
                continue;
            }
            if page.len() == limit {
                return (page, Some(place));
            }
            page.push(key);
        }
        (page, None)
    }

    /// All members there are now.
    pub fn members(&self, segment: &Segment) -> Vec<Key> {
        self.page_of(segment, 0, usize::MAX).0
    }
}
