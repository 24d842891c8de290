//! What the head of a script says to Segue: the doc comments (`//!`) before its first statement.

use crate::engine::Failure;
use crate::fault::{At, Code, Fault, Place, closest};
use crate::policy::Most;
use crate::request::brief;
use crate::spec::Arg;

const MAX_PEOPLE: &str = "max-people";
const MAX_REJECTED: &str = "max-rejected";
const NAMES: [&str; 2] = [MAX_PEOPLE, MAX_REJECTED];

/// The limits that a script sets itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// How many people it is meant for: `//! max-people: 5000`.
    pub max_people: Option<Most>,
    /// How many of its writes may be rejected: `//! max-rejected: 50`.
    pub max_rejected: Option<Most>,
}

/// Reads the head of the script.
///
/// # Errors
/// A failure at the line that can't be read, or that says a limit again.
pub fn header(text: &str, source: &str) -> Result<Header, Failure> {
    let head = text.lines().take_while(|line| line.trim().is_empty() || line.trim_start().starts_with("//"));
    let mut found = Header::default();
    for (index, line) in head.enumerate() {
        let Some(comment) = line.trim_start().strip_prefix("//!").map(str::trim_start) else { continue };
        let word = comment.split([':', ' ']).next().unwrap_or_default();
        let known = NAMES.into_iter().find(|name| *name == word);
        // A line of prose may begin with any word, and go on with a colon.
        let near = word.to_lowercase().replace('_', "-");
        let colon = comment[word.len()..].trim_start().starts_with(':');
        let meant = || if colon && near.starts_with("max") { closest(&near, NAMES) } else { None };
        let Some(name) = known.or_else(meant) else { continue };
        // `at` is the rest of the line from what is wrong on.
        let fault = |at: &str, message: String| {
            let before = &line[..line.len() - at.len()];
            let place =
                Place { source: source.to_string(), line: index + 1, column: before.chars().count() + 1 };
            let fault = Fault::new(Code::ScriptHeader, At::Call, message)
                .label("not understood")
                .help(format!("for example `//! {name}: 5000`; `any` sets no limit"));
            Failure::at(fault, place)
        };
        if known.is_none() {
            return Err(fault(comment, format!("\"{word}\" isn't `{name}`")));
        }
        let rest = comment[name.len()..].trim_start();
        let Some(value) = rest.strip_prefix(':').map(str::trim_start) else {
            return Err(fault(rest, format!("`{name}` is followed by a colon")));
        };
        let Some(most) = Most::parse(value.trim_end()) else {
            let got = brief(&Arg::Text(value.trim_end()));
            return Err(fault(value, format!("`{name}` takes a number or `any`, and got {got}")));
        };
        let limit = if name == MAX_PEOPLE { &mut found.max_people } else { &mut found.max_rejected };
        if limit.replace(most).is_some() {
            return Err(fault(comment, format!("`{name}` is said twice")));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Header, (usize, usize, String)> {
        header(text, "x.rhai").map_err(|failure| match failure {
            Failure::Script(wrong) => {
                let place = wrong.place.unwrap();
                (place.line, place.column, wrong.faults[0].message.clone())
            }
            Failure::Stopped => unreachable!("nothing runs"),
        })
    }

    fn people(most: Most) -> Result<Header, (usize, usize, String)> {
        Ok(Header { max_people: Some(most), max_rejected: None })
    }

    #[test]
    fn the_doc_comment_at_the_head_says_how_many() {
        assert_eq!(
            read("//! Tags them.\n//!\n//! max-people: 5000\nlet x = 1;"),
            people(Most::Number(5_000))
        );
        assert_eq!(read("\n// Mine.\n\n  //!max-people:any"), people(Most::Any));
        let both = Header { max_people: Some(Most::Number(7)), max_rejected: Some(Most::Number(0)) };
        assert_eq!(read("//! max-rejected: 0\n//! max-people: 7"), Ok(both));
        for silent in [
            "let x = 1;\n//! max-people: 5000",
            "// max-people: 5000",
            "/// max-people: 5000",
            "/*\n//! max-people: 5000\n*/",
            "//! at most: max-people: 5000",
            "//! people: 5000",
            "//! max people 5000",
            "",
        ] {
            assert_eq!(read(silent), Ok(Header::default()), "{silent}");
        }
    }

    #[test]
    fn what_cant_be_read_is_told_at_its_place() {
        for (text, line, column, words) in [
            ("//! max-people: many", 1, 17, "takes a number or `any`, and got \"many\""),
            ("//! Ü\n//! max-people: 1,000", 2, 17, "got \"1,000\""),
            ("//! max-people: ", 1, 17, "got \"\""),
            ("//! max-people 5", 1, 16, "is followed by a colon"),
            ("//! max-people: 5\n//! max-people: 6", 2, 5, "is said twice"),
            ("//! max-peeple: 5", 1, 5, "\"max-peeple\" isn't `max-people`"),
            ("//! max-rejected: 5\n//! max-rejected: 6", 2, 5, "is said twice"),
            ("//! max-rejects: 5", 1, 5, "\"max-rejects\" isn't `max-rejected`"),
            ("//! Max-People: 5", 1, 5, "isn't `max-people`"),
            ("//! max_people: 5", 1, 5, "isn't `max-people`"),
        ] {
            let (at, in_line, message) = read(text).unwrap_err();
            assert_eq!((at, in_line), (line, column), "{text}");
            assert!(message.contains(words), "{message}");
        }
    }
}
