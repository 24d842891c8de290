//! What the head of a script says to Segue: the doc comments (`//!`) before its first statement.

use crate::engine::Failure;
use crate::fault::{At, Code, Fault, Place, closest};
use crate::policy::Most;
use crate::request::brief;
use crate::spec::Arg;

const MAX_PEOPLE: &str = "max-people";

/// How many people a script says it is meant for: `//! max-people: 5000`.
///
/// # Errors
/// A failure at the line that can't be read, or that says it again.
pub fn max_people(text: &str, source: &str) -> Result<Option<Most>, Failure> {
    let head = text.lines().take_while(|line| line.trim().is_empty() || line.trim_start().starts_with("//"));
    let mut found = None;
    for (index, line) in head.enumerate() {
        let Some(comment) = line.trim_start().strip_prefix("//!").map(str::trim_start) else { continue };
        // `at` is the rest of the line from what is wrong on.
        let fault = |at: &str, message: String| {
            let before = &line[..line.len() - at.len()];
            let place =
                Place { source: source.to_string(), line: index + 1, column: before.chars().count() + 1 };
            let fault = Fault::new(Code::ScriptHeader, At::Call, message)
                .label("not understood")
                .help("for example `//! max-people: 5000`; `any` sets no limit");
            Failure::at(fault, place)
        };
        let word = comment.split([':', ' ']).next().unwrap_or_default();
        if word != MAX_PEOPLE {
            // A line of prose may begin with any word, and go on with a colon.
            let near = word.to_lowercase().replace('_', "-");
            let colon = comment[word.len()..].trim_start().starts_with(':');
            let meant = colon && near.starts_with("max") && closest(&near, [MAX_PEOPLE]).is_some();
            match meant {
                true => return Err(fault(comment, format!("\"{word}\" isn't `{MAX_PEOPLE}`"))),
                false => continue,
            }
        }
        let rest = comment.strip_prefix(MAX_PEOPLE).unwrap_or_default().trim_start();
        let Some(value) = rest.strip_prefix(':').map(str::trim_start) else {
            return Err(fault(rest, format!("`{MAX_PEOPLE}` is followed by a colon")));
        };
        let Some(most) = Most::parse(value.trim_end()) else {
            let got = brief(&Arg::Text(value.trim_end()));
            return Err(fault(value, format!("`{MAX_PEOPLE}` takes a number or `any`, and got {got}")));
        };
        if found.replace(most).is_some() {
            return Err(fault(comment, format!("`{MAX_PEOPLE}` is said twice")));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Option<Most>, (usize, usize, String)> {
        max_people(text, "x.rhai").map_err(|failure| match failure {
            Failure::Script(wrong) => {
                let place = wrong.place.unwrap();
                (place.line, place.column, wrong.faults[0].message.clone())
            }
            Failure::Stopped => unreachable!("nothing runs"),
        })
    }

    #[test]
    fn the_doc_comment_at_the_head_says_how_many() {
        assert_eq!(
            read("//! Tags them.\n//!\n//! max-people: 5000\nlet x = 1;"),
            Ok(Some(Most::People(5_000)))
        );
        assert_eq!(read("\n// Mine.\n\n  //!max-people:any"), Ok(Some(Most::Any)));
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
            assert_eq!(read(silent), Ok(None), "{silent}");
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
            ("//! Max-People: 5", 1, 5, "isn't `max-people`"),
            ("//! max_people: 5", 1, 5, "isn't `max-people`"),
        ] {
            let (at, in_line, message) = read(text).unwrap_err();
            assert_eq!((at, in_line), (line, column), "{text}");
            assert!(message.contains(words), "{message}");
        }
    }
}
