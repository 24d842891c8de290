//! The people of a workspace, found by any of their identifiers.

use super::attributes::{Attributes, Micros, SEEDED};
use serde::Serialize;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

/// A person's place. Never given to another, so that a list of members may outlive them.
pub type Key = u32;

#[derive(Debug)]
pub struct Person {
    pub id: Option<Box<str>>,
    pub email: Option<Box<str>>,
    pub anonymous_id: Option<Box<str>>,
    pub attributes: Attributes,
    /// Unix seconds.
    pub created_at: i64,
    email_at: Micros,
}

/// A person's identifiers as the App API lists them.
#[derive(Serialize)]
pub struct Identifiers<'a> {
    pub cio_id: String,
    pub id: Option<&'a str>,
    pub email: Option<&'a str>,
}

/// One identifier, as a call names a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name<'a> {
    Id(&'a str),
    Email(&'a str),
    CioId(&'a str),
    Anonymous(&'a str),
}

impl<'a> Name<'a> {
    /// The kind of a Pipelines `userId`, guessed from its shape as an id-or-email workspace does.
    pub fn of_user_id(text: &'a str) -> Name<'a> {
        match text.split_once('@') {
            Some((user, host))
                if !user.is_empty() && !host.is_empty() && !text.contains(char::is_whitespace) =>
            {
                Name::Email(text)
            }
            _ => Name::Id(text),
        }
    }

    /// The kind of an identifier in a Track v1 path, where `cio_` marks Customer.io's own.
    pub fn of_path(text: &'a str) -> Name<'a> {
        match text.strip_prefix("cio_") {
            Some(cio_id) => Name::CioId(cio_id),
            None => Name::of_user_id(text),
        }
    }
}

/// Everyone, and the identifiers nobody may have again.
#[derive(Debug, Default)]
pub struct People {
    slots: Vec<Option<Person>>,
    by_id: HashMap<Box<str>, Key>,
    by_email: HashMap<Box<str>, Key>,
    by_anonymous: HashMap<Box<str>, Key>,
    blocked_ids: HashSet<Box<str>>,
    blocked_emails: HashSet<Box<str>>,
}

/// E-mail addresses are the same in any case.
fn folded(email: &str) -> Cow<'_, str> {
    match email.chars().any(char::is_uppercase) {
        true => Cow::Owned(email.to_lowercase()),
        false => Cow::Borrowed(email),
    }
}

/// The identifier Customer.io would have set. It follows from the place, so it takes no memory.
pub fn cio_id(key: Key) -> String {
    format!("a3{:06x}", u64::from(key) + 1)
}

fn key_of(cio_id: &str) -> Option<Key> {
    let number = u64::from_str_radix(cio_id.strip_prefix("a3")?, 16).ok()?;
    Key::try_from(number.checked_sub(1)?).ok()
}

impl People {
    /// How many places there are: keys are below it.
    pub fn places(&self) -> usize {
        self.slots.len()
    }

    /// The person in that place, if they still exist.
    pub fn get(&self, key: Key) -> Option<&Person> {
        self.slots.get(key as usize)?.as_ref()
    }

    pub fn get_mut(&mut self, key: Key) -> Option<&mut Person> {
        self.slots.get_mut(key as usize)?.as_mut()
    }

    pub fn iter(&self) -> impl Iterator<Item = (Key, &Person)> {
        self.slots.iter().enumerate().filter_map(|(key, slot)| Some((key as Key, slot.as_ref()?)))
    }

    pub fn identifiers(&self, key: Key) -> Option<Identifiers<'_>> {
        let person = self.get(key)?;
        Some(Identifiers { cio_id: cio_id(key), id: person.id.as_deref(), email: person.email.as_deref() })
    }

    pub fn find(&self, name: Name) -> Option<Key> {
        let key = match name {
            Name::Id(id) => *self.by_id.get(id)?,
            Name::Email(email) => *self.by_email.get(&*folded(email))?,
            Name::CioId(text) => key_of(text)?,
            Name::Anonymous(id) => *self.by_anonymous.get(id)?,
        };
        // A person who is gone may have left anonymous ids behind.
        self.get(key).map(|_| key)
    }

    pub fn is_suppressed(&self, name: Name) -> bool {
        match name {
            Name::Id(id) => self.blocked_ids.contains(id),
            Name::Email(email) => self.blocked_emails.contains(&*folded(email)),
            Name::CioId(_) | Name::Anonymous(_) => false,
        }
    }

    /// The suppressed identifiers, sorted.
    pub fn suppressed(&self) -> Vec<&str> {
        let mut all: Vec<&str> =
            self.blocked_ids.iter().chain(&self.blocked_emails).map(|id| &**id).collect();
        all.sort_unstable();
        all
    }

    /// The named person, created if new. `None` when the identifier is suppressed, or is one that
    /// only Customer.io hands out and nobody has.
    pub fn upsert(&mut self, name: Name, created_at: i64) -> Option<Key> {
        if self.is_suppressed(name) {
            return None;
        }
        if let Some(key) = self.find(name) {
            return Some(key);
        }
        let key = Key::try_from(self.slots.len()).ok()?;
        let mut person = Person {
            id: None,
            email: None,
            anonymous_id: None,
            attributes: Attributes::default(),
            created_at,
            email_at: SEEDED,
        };
        match name {
            Name::Id(id) => {
                self.by_id.insert(id.into(), key);
                person.id = Some(id.into());
            }
            Name::Email(email) => {
                self.by_email.insert(folded(email).into(), key);
                person.email = Some(email.into());
            }
            Name::Anonymous(id) => {
                self.by_anonymous.insert(id.into(), key);
                person.anonymous_id = Some(id.into());
            }
            Name::CioId(_) => return None,
        }
        self.slots.push(Some(person));
        Some(key)
    }

    /// Gives a person without an id this one, unless it is taken.
    pub fn adopt_id(&mut self, key: Key, id: &str) {
        if self.by_id.contains_key(id) || self.blocked_ids.contains(id) {
            return;
        }
        if let Some(person) = self.slots.get_mut(key as usize).and_then(Option::as_mut)
            && person.id.is_none()
        {
            person.id = Some(id.into());
            self.by_id.insert(id.into(), key);
        }
    }

    /// Remembers who an anonymous visitor turned out to be. Returns the profile the visitor had so
    /// far, if that was nothing but anonymous.
    pub fn adopt_anonymous(&mut self, key: Key, id: &str) -> Option<Key> {
        let before = self.find(Name::Anonymous(id)).filter(|before| *before != key);
        if let Some(visitor) = before.and_then(|before| self.get(before))
            && (visitor.id.is_some() || visitor.email.is_some())
        {
            return None;
        }
        self.by_anonymous.insert(id.into(), key);
        if let Some(person) = self.get_mut(key) {
            person.anonymous_id.get_or_insert_with(|| id.into());
        }
        before
    }

    /// Changes a person's e-mail address, unless a newer call set it, it is suppressed, or somebody
    /// else has it: Customer.io answers 200 then too and notes an "Attribute Update Failure".
    pub fn set_email(&mut self, key: Key, email: Option<&str>, at: Micros) {
        let taken = email.is_some_and(|email| {
            let name = Name::Email(email);
            self.is_suppressed(name) || self.find(name).is_some_and(|owner| owner != key)
        });
        let Some(person) = self.slots.get_mut(key as usize).and_then(Option::as_mut) else { return };
        let last = email.is_none() && person.id.is_none();
        if taken || last || at < person.email_at {
            return;
        }
        person.email_at = at;
        if let Some(old) = person.email.take() {
            self.by_email.remove(&*folded(&old));
        }
        if let Some(email) = email {
            person.email = Some(email.into());
            self.by_email.insert(folded(email).into(), key);
        }
    }

    /// Sets attributes, with the reserved ones where they belong.
    pub fn set_attributes(&mut self, key: Key, traits: &Map<String, Value>, at: Micros) {
        for (name, value) in traits {
            match name.as_str() {
                "email" => match value {
                    Value::String(email) if !email.is_empty() => self.set_email(key, Some(email), at),
                    Value::Null | Value::String(_) => self.set_email(key, None, at),
                    _ => {}
                },
                // Identifiers, not attributes; a trait of that name doesn't change them.
                "id" | "cio_id" | "anonymous_id" => {}
                "createdAt" | "created_at" => {
                    if let (Some(seconds), Some(person)) = (seconds_of(value), self.get_mut(key)) {
                        person.created_at = seconds;
                    }
                }
                _ => {
                    if let Some(person) = self.get_mut(key) {
                        person.attributes.set(name, value, at);
                    }
                }
            }
        }
    }

    /// Removes a person; their identifiers are free again.
    pub fn delete(&mut self, key: Key) -> Option<Person> {
        let person = self.slots.get_mut(key as usize)?.take()?;
        if let Some(id) = &person.id {
            self.by_id.remove(id);
        }
        if let Some(email) = &person.email {
            self.by_email.remove(&*folded(email));
        }
        Some(person)
    }

    /// Removes a person and blocks every identifier they had, and the one they were named by.
    pub fn suppress(&mut self, name: Name) {
        if let Some(person) = self.find(name).and_then(|key| self.delete(key)) {
            self.blocked_ids.extend(person.id);
            self.blocked_emails.extend(person.email.map(|email| folded(&email).into()));
        }
        match name {
            Name::Id(id) => self.blocked_ids.insert(id.into()),
            Name::Email(email) => self.blocked_emails.insert(folded(email).into()),
            Name::CioId(_) | Name::Anonymous(_) => false,
        };
    }

    /// Frees an identifier; restores nothing.
    pub fn unsuppress(&mut self, name: Name) {
        match name {
            Name::Id(id) => self.blocked_ids.remove(id),
            Name::Email(email) => self.blocked_emails.remove(&*folded(email)),
            Name::CioId(_) | Name::Anonymous(_) => false,
        };
    }
}

/// A creation date: Unix seconds, or ISO 8601.
fn seconds_of(value: &Value) -> Option<i64> {
    match value {
        Value::String(text) => text.parse::<jiff::Timestamp>().ok().map(|time| time.as_second()),
        other => other.as_i64(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_is_guessed_from_its_shape() {
        for (text, name) in [
            ("u-1", Name::Id("u-1")),
            ("a@b.c", Name::Email("a@b.c")),
            ("@b", Name::Id("@b")),
            ("a@", Name::Id("a@")),
            ("a @b", Name::Id("a @b")),
            ("cio_a3000001", Name::CioId("a3000001")),
        ] {
            assert_eq!(Name::of_path(text), name);
        }
    }

    #[test]
    fn a_person_is_found_by_every_identifier_until_deleted() {
        let mut people = People::default();
        people.upsert(Name::Id("other"), 0);
        let key = people.upsert(Name::Id("u-1"), 0).unwrap();
        people.set_email(key, Some("Ada@Example.com"), 0);
        people.adopt_anonymous(key, "anon");
        let cio = cio_id(key);
        let names =
            [Name::Id("u-1"), Name::Email("ada@example.COM"), Name::CioId(&cio), Name::Anonymous("anon")];
        for name in names {
            assert_eq!(people.find(name), Some(key), "{name:?}");
        }
        people.delete(key);
        for name in names {
            assert_eq!(people.find(name), None, "{name:?}");
        }
    }

    #[test]
    fn an_email_someone_has_stays_theirs() {
        let mut people = People::default();
        let one = people.upsert(Name::Email("a@b.c"), 0).unwrap();
        let two = people.upsert(Name::Id("u-2"), 0).unwrap();
        people.set_email(two, Some("A@b.c"), 5);
        assert_eq!(people.find(Name::Email("a@b.c")), Some(one));
        assert_eq!(people.get(two).unwrap().email, None);
    }

    #[test]
    fn suppressing_blocks_both_identifiers_until_they_are_freed() {
        let mut people = People::default();
        let key = people.upsert(Name::Id("u-1"), 0).unwrap();
        people.set_email(key, Some("A@b.c"), 0);
        people.suppress(Name::CioId(&cio_id(key)));
        assert_eq!(people.suppressed(), ["a@b.c", "u-1"]);
        assert_eq!(people.upsert(Name::Email("a@B.c"), 0), None);
        assert_eq!(people.upsert(Name::Id("u-1"), 0), None);
        people.unsuppress(Name::Id("u-1"));
        let again = people.upsert(Name::Id("u-1"), 0).unwrap();
        assert_ne!(again, key, "a new profile, not the old one");
    }
}
