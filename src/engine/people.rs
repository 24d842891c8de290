//! A page of people over the page's own text: no person has a room of their own.

use std::ops::Range;

use crate::api::{Watch, reread};
use crate::spec::Tool;

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

/// Where the people of an answer stand in it, and where the next page is: seen while it is read.
#[derive(Debug, Default)]
pub struct Index {
    rows: Vec<Row>,
    /// Where the answer lies while it is read.
    answer: Range<usize>,
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
            Some(identifier) => append(&mut text, 0, identifier),
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
fn append(text: &mut String, before: usize, part: &str) -> Span {
    let from = before + text.len();
    text.push_str(part);
    span(from, part.len())
}

fn span(from: usize, len: usize) -> Span {
    // What lies beyond is refused with its page.
    let at = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    Span(at(from), at(from + len))
}

impl Index {
    /// How many people there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Finds the people in an answer of `tool`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn of(tool: &'static Tool, answer: &str) -> Result<Index, &'static str> {
        let mut index = Index::default();
        if reread(tool, answer, &mut index) { index.whole() } else { Err("it isn't as declared") }
    }

    /// The index of an answer that was read to its end.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn whole(self) -> Result<Index, &'static str> {
        let size = self.answer.len() + self.more.len();
        if u32::try_from(size).is_ok() { Ok(self) } else { Err("it is larger than 4 GB") }
    }

    fn found(&mut self, column: usize, text: &str) {
        let at = text.as_ptr() as usize;
        let span = match self.answer.contains(&at) {
            true => span(at - self.answer.start, text.len()),
            false => append(&mut self.more, self.answer.len(), text),
        };
        if let Some(row) = self.rows.last_mut() {
            row[column] = span;
        }
    }
}

impl Watch for Index {
    fn begin(&mut self, body: &str) {
        let from = body.as_ptr() as usize;
        *self = Index { answer: from..from + body.len(), ..Index::default() };
    }

    fn entry(&mut self, list: &'static str) {
        if list == "identifiers" {
            self.rows.push([Span::NONE; 3]);
        }
    }

    fn text(&mut self, depth: usize, name: &'static str, text: &str) {
        match (depth, name) {
            (1, "id") => self.found(0, text),
            (1, "email") => self.found(1, text),
            (1, "cio_id") => self.found(2, text),
            (0, "next") => self.next = Some(text.to_string()),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tool() -> &'static Tool {
        crate::tools::by_name("get_segment_membership").expect("a tool")
    }

    fn people(answer: &str) -> People {
        People::new(answer.to_string(), Index::of(tool(), answer).expect("an answer"))
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
            assert!(Index::of(tool(), answer).is_err(), "{answer}");
        }
        assert_eq!(Index::of(tool(), r#"{"next":"n","identifiers":[]}"#).unwrap().next.as_deref(), Some("n"));
    }

    #[test]
    fn somebody_alone_has_what_they_were_given() {
        assert_eq!(People::one([Some("u"), None, Some("")]).get(0), [Some("u"), None, Some("")]);
    }
}
