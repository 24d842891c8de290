//! Rows of CSV. What could be read in two ways is refused: a wrong row would be written to people.

use csv::{ErrorKind, ReaderBuilder, Trim};
use rhai::{Array, Dynamic, Map};

use crate::fault::{At, Code, Fault, counted};

const QUOTES: &str =
    "a field with a comma or a line break stands in quotes, and a quote in it is written twice: \"\"";
const FIELDS: &str = "the first line names the columns, and every line has as many fields";

/// CSV with a head line, which is the text of the file `path`: each row as a map of texts.
///
/// # Errors
/// A fault that names the line.
pub fn rows(path: &str, text: &str) -> Result<Array, Fault> {
    let wrong = |what: String, help: &str| {
        let message = format!("\"{path}\" isn't CSV: {what}");
        Fault::new(Code::InputUnreadable, At::Call, message).label("read here").help(help)
    };
    if text.trim().is_empty() {
        return Err(wrong("it is empty, and its first line names the columns".into(), FIELDS));
    }
    if let Some(what) = misquoted(text) {
        return Err(wrong(what, QUOTES));
    }
    let unread = |why: csv::Error| wrong(in_words(text, &why), FIELDS);
    let mut reader = ReaderBuilder::new().trim(Trim::All).from_reader(text.as_bytes());
    let head = reader.headers().map_err(unread)?.clone();
    // Spreadsheets leave columns behind that have no name and nothing in them.
    let twice =
        |(i, name): &(usize, &str)| !name.is_empty() && head.iter().take(*i).any(|other| other == *name);
    if let Some((_, name)) = head.iter().enumerate().find(twice) {
        let help = "a row holds one value by that name: rename one of them, or leave it out";
        return Err(wrong(format!("two columns are named \"{name}\""), help));
    }
    if let Some(mark) = separator(&head, text) {
        let name = if mark == '\t' { "tabs".to_string() } else { format!("`{mark}`") };
        let help = "save it as CSV with commas between the columns";
        return Err(wrong(format!("its columns are separated by {name}"), help));
    }
    let row = |row: csv::Result<csv::StringRecord>| {
        let row = row.map_err(unread)?;
        let fields = head.iter().zip(&row).map(|(name, value)| (name.into(), value.to_string().into()));
        Ok(Dynamic::from_map(fields.collect::<Map>()))
    };
    reader.records().map(row).collect()
}

/// What stands for the comma, where there is but one column and each line has as many of that as the first.
fn separator(head: &csv::StringRecord, text: &str) -> Option<char> {
    let [Some(first), None] = [head.get(0), head.get(1)] else { return None };
    let lines = || text.lines().filter(|line| !line.trim().is_empty());
    [';', '\t', '|'].into_iter().find(|mark| {
        let count = first.matches(*mark).count();
        count > 0 && lines().all(|line| line.matches(*mark).count() == count)
    })
}

/// Where a reader of CSV stands in a field.
enum Field {
    Begins,
    Plain,
    /// Since the line with this number.
    Quoted(usize),
    Closed,
}

/// What is wrong with the quotes: one is never closed, or closes a field that goes on. Read on, either would
/// put lines together that are rows of their own.
fn misquoted(text: &str) -> Option<String> {
    let (mut field, mut line) = (Field::Begins, 1);
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        field = match (field, c) {
            (Field::Begins, '"') => Field::Quoted(line),
            (Field::Quoted(at), '"') if characters.peek() == Some(&'"') => {
                characters.next();
                Field::Quoted(at)
            }
            (Field::Quoted(_), '"') => Field::Closed,
            (field @ Field::Quoted(_), _) => field,
            (_, ',' | '\n' | '\r') => Field::Begins,
            (Field::Closed, c) if c.is_whitespace() => Field::Closed,
            (Field::Closed, c) => return Some(format!("line {line}: `{c}` stands behind a closing quote")),
            _ => Field::Plain,
        };
        line += usize::from(c == '\n');
    }
    match field {
        Field::Quoted(line) => Some(format!("line {line}: a quote is never closed")),
        _ => None,
    }
}

fn in_words(text: &str, why: &csv::Error) -> String {
    match why.kind() {
        ErrorKind::UnequalLengths { pos: Some(pos), expected_len, len } => {
            // It is where the line before ended: those with nothing on them are still to come.
            let before = usize::try_from(pos.byte()).ok().and_then(|at| text.split_at_checked(at));
            let (before, rest) = before.unwrap_or((text, ""));
            let blank = &rest[..rest.len() - rest.trim_start_matches(['\r', '\n']).len()];
            let line = before.matches('\n').count() + blank.matches('\n').count() + 1;
            format!("line {line} has {}, and the first has {expected_len}", counted(*len, "field"))
        }
        _ => why.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(text: &str) -> String {
        let message = rows("x.csv", text).unwrap_err().message;
        message.strip_prefix("\"x.csv\" isn't CSV: ").expect("it is named").to_string()
    }

    #[test]
    fn rows_go_by_the_names_of_the_head_line() {
        let read = rows("x.csv", "email, plan,,\nada@example.com,\"pro, \"\"yearly\"\"\" ,,\n").unwrap();
        let row = read[0].as_map_ref().unwrap();
        assert_eq!(row["email"].to_string(), "ada@example.com");
        assert_eq!(row["plan"].to_string(), "pro, \"yearly\"");
        assert_eq!(rows("x.csv", "id\r\n\"a\r\nb\"\r\n5\" tube\r\n").unwrap().len(), 2);
        assert_eq!(rows("x.csv", "a;b\nc\n").unwrap().len(), 1);
        assert!(rows("x.csv", "id\n").unwrap().is_empty());
    }

    #[test]
    fn what_would_be_read_as_another_row_is_told_with_its_line() {
        for (text, what) in [
            ("", "it is empty, and its first line names the columns"),
            (" \n", "it is empty, and its first line names the columns"),
            ("id,plan\nu1,pro\nu2,\"pro\nu3,basic\nu4,x\n", "line 3: a quote is never closed"),
            ("id,plan\nu2,\"pro\nu3,\"basic\"\n", "line 3: `b` stands behind a closing quote"),
            ("id;plan\nu1;pro\n", "its columns are separated by `;`"),
            ("id\tplan\nu1\tpro\n", "its columns are separated by tabs"),
            ("id,plan,id\n1,2,3\n", "two columns are named \"id\""),
            ("a,b\n\n1\n", "line 3 has 1 field, and the first has 2"),
            ("a,b\n1,2\n1,2,3\n", "line 3 has 3 fields, and the first has 2"),
        ] {
            assert_eq!(wrong(text), what, "{text:?}");
        }
    }
}
