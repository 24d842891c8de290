//! A page of people over the page's own text: no person has a room of their own.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// The people of a page, or one that a script made.
#[derive(Debug, Default)]
pub struct People {
    /// What the rows point into: an answer as it came, and behind it what had to be written otherwise.
    text: String,
    rows: Vec<Row>,
}

/// A person's id, email and cio_id.
type Row = [Span; 3];

/// A stretch of the text, from and to; none where it would end before it begins.
#[derive(Clone, Copy, Debug)]
struct Span(u32, u32);

impl Span {
    const NONE: Span = Span(1, 0);
}

/// Where the people of an answer stand in it, and where the next page is.
#[derive(Debug)]
pub struct Index {
    rows: Vec<Row>,
    /// Identifiers whose characters stand escaped in the answer.
    more: String,
    pub next: Option<String>,
}

impl People {
    /// `answer` together with its index.
    pub fn new(mut answer: String, index: Index) -> People {
        answer.push_str(&index.more);
        People { text: answer, rows: index.rows }
    }

    /// A person alone: id, email and cio_id.
    pub fn one(identifiers: [Option<&str>; 3]) -> People {
        let mut text = String::new();
        let row = identifiers.map(|identifier| match identifier {
            // A script's texts are far shorter than 4 GB.
            Some(identifier) => append(&mut text, 0, identifier).unwrap_or(Span::NONE),
            None => Span::NONE,
        });
        People { text, rows: vec![row] }
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// The id, email and cio_id of the person in `row`, as far as they have them.
    pub fn get(&self, row: usize) -> [Option<&str>; 3] {
        let row = self.rows.get(row).copied().unwrap_or([Span::NONE; 3]);
        row.map(|Span(from, to)| self.text.get(from as usize..to as usize))
    }
}

/// Puts `part` behind `text`, which itself stands behind `before` bytes.
fn append(text: &mut String, before: usize, part: &str) -> Option<Span> {
    let from = before + text.len();
    text.push_str(part);
    span(from, part.len())
}

fn span(from: usize, len: usize) -> Option<Span> {
    Some(Span(u32::try_from(from).ok()?, u32::try_from(from + len).ok()?))
}

impl Index {
    /// How many people there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Finds the people in an answer.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn of(answer: &str) -> Result<Index, serde_json::Error> {
        let mut index = Index { rows: vec![], more: String::new(), next: None };
        let mut reader = serde_json::Deserializer::from_str(answer);
        let found = Find { what: What::Answer, answer, index: &mut index }.deserialize(&mut reader)?;
        reader.end()?;
        match found {
            Some(_) => Ok(index),
            None => Err(Error::custom("it has no list of identifiers")),
        }
    }
}

/// Finds the parts of an answer and builds nothing else: a page has 90,000 identifiers.
struct Find<'f> {
    what: What,
    answer: &'f str,
    index: &'f mut Index,
}

#[derive(Clone, Copy)]
enum What {
    Answer,
    People,
    Person,
    Identifier,
}

/// The fields of a person, in the order of their [`Row`].
const IDENTIFIERS: [&str; 3] = ["id", "email", "cio_id"];
const ANSWER: [&str; 2] = ["identifiers", "next"];

impl<'de> DeserializeSeed<'de> for Find<'_> {
    /// Where an identifier stands; of anything else, whether it was there.
    type Value = Option<Span>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<Span>, D::Error> {
        match self.what {
            What::Answer | What::Person => deserializer.deserialize_map(self),
            What::People => deserializer.deserialize_seq(self),
            What::Identifier => deserializer.deserialize_option(self),
        }
    }
}

impl<'de> Visitor<'de> for Find<'_> {
    type Value = Option<Span>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.what {
            What::Answer => "a page of people",
            What::People => "a list of people",
            What::Person => "a person",
            What::Identifier => "an identifier",
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Option<Span>, A::Error> {
        let Find { what, answer, index } = self;
        if let What::Person = what {
            let mut row = [Span::NONE; 3];
            while let Some(key) = map.next_key_seed(Key(&IDENTIFIERS))? {
                match key {
                    Some(i) => {
                        let find = Find { what: What::Identifier, answer, index: &mut *index };
                        row[i] = map.next_value_seed(find)?.unwrap_or(Span::NONE);
                    }
                    None => drop(map.next_value::<IgnoredAny>()?),
                }
            }
            index.rows.push(row);
            return Ok(None);
        }
        let mut found = None;
        while let Some(key) = map.next_key_seed(Key(&ANSWER))? {
            match key {
                Some(0) => {
                    map.next_value_seed(Find { what: What::People, answer, index: &mut *index })?;
                    found = Some(Span::NONE);
                }
                Some(_) => index.next = map.next_value()?,
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(found)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut people: A) -> Result<Option<Span>, A::Error> {
        let Find { answer, index, .. } = self;
        let mut more = Some(None);
        while more.is_some() {
            more = people.next_element_seed(Find { what: What::Person, answer, index: &mut *index })?;
        }
        Ok(None)
    }

    fn visit_none<E: Error>(self) -> Result<Option<Span>, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<Span>, D::Error> {
        deserializer.deserialize_str(self)
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Option<Span>, E> {
        // It is a part of the answer, so that it stands behind its beginning.
        match span(text.as_ptr() as usize - self.answer.as_ptr() as usize, text.len()) {
            Some(span) => Ok(Some(span)),
            None => Err(too_long()),
        }
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Option<Span>, E> {
        match append(&mut self.index.more, self.answer.len(), text) {
            Some(span) => Ok(Some(span)),
            None => Err(too_long()),
        }
    }
}

fn too_long<E: Error>() -> E {
    E::custom("it is larger than 4 GB")
}

/// Finds a key among those that matter.
struct Key(&'static [&'static str]);

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<usize>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<Option<usize>, E> {
        Ok(self.0.iter().position(|name| *name == key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn people(answer: &str) -> People {
        People::new(answer.to_string(), Index::of(answer).expect("an answer"))
    }

    #[test]
    fn people_are_read_as_they_are_written() {
        let people = people(
            r#"{"x":[{}],"identifiers":[{"id":"u-1","email":null,"cio_id":"a"},{"id":"","x":1},{"email":"\u00e4@\"é"},{"id":"ü"}],"next":""}"#,
        );
        let found: Vec<_> = (0..people.len()).map(|row| people.get(row)).collect();
        assert_eq!(
            found,
            [
                [Some("u-1"), None, Some("a")],
                [Some(""), None, None],
                [None, Some("ä@\"é"), None],
                [Some("ü"), None, None]
            ]
        );
        assert_eq!(people.get(4), [None; 3]);
    }

    #[test]
    fn what_is_not_a_page_of_people_is_refused() {
        for answer in
            ["", "{}", "{\"identifiers\":[]} x", r#"{"identifiers":[{"id":7}]}"#, r#"{"identifiers":[7]}"#]
        {
            assert!(Index::of(answer).is_err(), "{answer}");
        }
        assert_eq!(Index::of(r#"{"next":"n","identifiers":[]}"#).unwrap().next.as_deref(), Some("n"));
    }

    #[test]
    fn somebody_alone_has_what_they_were_given() {
        assert_eq!(People::one([Some("u"), None, Some("")]).get(0), [Some("u"), None, Some("")]);
    }
}
