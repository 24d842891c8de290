//! Values as text: times, CSV and tables.

use comfy_table::{ContentArrangement, LineStyle, Table, TableStyle};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use rhai::{Array, Dynamic, Engine, FLOAT, FnPtr, INT, ImmutableString, Map, NativeCallContext};

use super::host::CallError;
use super::modules::is_closure;
use super::tools::{Result, fail, placed};
use super::unknown::in_words;
use crate::fault::{At, Code, Fault};

pub fn register(engine: &mut Engine) {
    core(engine);
    engine
        .register_fn("iso", |context: NativeCallContext, seconds: INT| {
            placed(&context, time("iso", seconds).map(|time| time.to_string()))
        })
        .register_fn("date", |context: NativeCallContext, seconds: INT| {
            placed(&context, time("date", seconds).map(|time| time.strftime("%Y-%m-%d").to_string()))
        })
        .register_fn("parse_time", |context: NativeCallContext, text: ImmutableString| {
            placed(&context, seconds(&text))
        })
        // A number is a time by the same rules as its digits in a file.
        .register_fn("parse_time", |context: NativeCallContext, number: INT| {
            placed(&context, seconds(&number.to_string()))
        })
        .register_fn("parse_time", |context: NativeCallContext, number: FLOAT| {
            placed(&context, seconds(&number.to_string()))
        })
        .register_fn("csv_row", |context: NativeCallContext, fields: Array| {
            placed(&context, csv_row(&fields))
        })
        .register_fn("table", |context: NativeCallContext, rows: Array| placed(&context, table(&rows, None)))
        .register_fn("table", |context: NativeCallContext, rows: Array, columns: Array| {
            placed(&context, table(&rows, Some(&columns)))
        });
}

/// What reads a text as JSON, and what writes a function, whose name Rhai makes up for a closure.
fn core(engine: &mut Engine) {
    engine.register_fn("parse_json", |context: NativeCallContext, text: ImmutableString| {
        placed(&context, json(&text))
    });
    for name in ["print", "to_string", "debug", "to_debug"] {
        engine.register_fn(name, |function: &mut FnPtr| match is_closure(function.fn_name()) {
            true => "a closure".to_string(),
            false => format!("Fn({})", function.fn_name()),
        });
    }
}

fn json(text: &str) -> Result<Dynamic> {
    serde_json::from_str(text).map_err(|why| {
        let fault = Fault::new(Code::ArgumentFormat, At::Call, format!("the text isn't JSON: {why}"))
            .label("read here")
            .help(r#"in JSON, keys and texts stand in double quotes: {"plan": "pro"}"#);
        fail(CallError::one("parse_json", fault))
    })
}

fn wrong(name: &str, message: String) -> Box<rhai::EvalAltResult> {
    fail(CallError::one(name, Fault::new(Code::ArgumentType, At::Call, message)))
}

fn time(name: &str, seconds: INT) -> Result<Timestamp> {
    Timestamp::from_second(seconds)
        .map_err(|_| wrong(name, format!("`{name}` takes Unix seconds, and got {seconds}")))
}

/// The Unix seconds of a time as it is written, or as it is counted since 1970; without an offset it is UTC.
fn seconds(text: &str) -> Result<INT> {
    let read = if text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_digit() || c == '.')
    {
        counted(text)
    } else {
        written(text)
    };
    read.ok_or_else(|| {
        let fault = Fault::new(Code::ArgumentFormat, At::Call, format!("\"{text}\" is no time"))
            .label("read here")
            .help(
                "for example 2026-01-31, 2026-01-31T09:30:00Z or 2026-01-31 09:30+02:00; of digits alone, 8 are a day \
                 such as 20260131, 9 or 10 are Unix seconds, and 13 milliseconds",
            );
        fail(CallError::one("parse_time", fault))
    })
}

/// A time with marks between its parts.
fn written(text: &str) -> Option<INT> {
    let utc = |time: DateTime| TimeZone::UTC.to_timestamp(time).ok();
    let time = text.parse::<Timestamp>().ok();
    let time = match text.contains('[') {
        // A time zone's name stands for the offset. As a civil time it would be read past it.
        true => time.or_else(|| Some(text.parse::<Zoned>().ok()?.timestamp())),
        false => time.or_else(|| utc(text.parse().ok()?)),
    };
    time.map(Timestamp::as_second)
}

/// A time of digits alone. How many there are tells what they count; what could be two things is none: a day that
/// was read as seconds would lie in 1970, and nobody would see it.
fn counted(text: &str) -> Option<INT> {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    if part.is_empty() || !part.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let number: INT = whole.parse().ok()?;
    match whole.len() {
        8 if text == whole && (1900..2100).contains(&(number / 10_000)) => written(whole),
        9 | 10 => Some(number),
        13 => Some(number / 1000),
        _ => None,
    }
}

/// A value as a person reads it: nothing for `()`.
fn plain(value: &Dynamic) -> String {
    if value.is_unit() { String::new() } else { value.to_string() }
}

/// One line of CSV, quoted where needed, without its line end.
fn csv_row(fields: &Array) -> Result<String> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::Any(b'\n')).from_writer(vec![]);
    let written = writer.write_record(fields.iter().map(plain)).map_err(|why| why.to_string());
    let line = written.and_then(|()| writer.into_inner().map_err(|why| why.to_string()));
    let line = line.map_err(|why| wrong("csv_row", format!("`csv_row` can't write this: {why}")))?;
    Ok(String::from_utf8_lossy(&line).trim_end_matches('\n').to_string())
}

/// A column of a table.
pub struct Column {
    pub name: String,
    /// Whether its cells stand at the right, as numbers do.
    pub right: bool,
}

/// A table with these cells in its rows, and `line` below its head alone: a hundred rows stay a hundred lines.
pub fn drawn(columns: &[Column], rows: impl IntoIterator<Item = Vec<String>>, line: char) -> String {
    let style = TableStyle::new().header_separator(LineStyle::none().fill(line).junction(line));
    let mut table = Table::new();
    table.load_style(style).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(columns.iter().map(|column| &column.name));
    for row in rows {
        table.add_row(row);
    }
    for (i, column) in columns.iter().enumerate() {
        if let (true, Some(drawn)) = (column.right, table.column_mut(i)) {
            drawn.set_cell_alignment(comfy_table::CellAlignment::Right);
        }
    }
    table.trim_fmt()
}

/// An array of maps as a table, the columns as asked for or as the maps have them.
fn table(rows: &Array, columns: Option<&Array>) -> Result<String> {
    let maps: Vec<Map> = rows
        .iter()
        .map(|row| {
            row.as_map_ref()
                .map(|map| map.clone())
                .map_err(|kind| format!("`table` takes an array of maps, and one is {}", in_words(kind)))
        })
        .collect::<std::result::Result<_, _>>()
        .map_err(|message| wrong("table", message))?;
    let columns: Vec<String> = match columns {
        Some(columns) => columns.iter().map(plain).collect(),
        None => {
            let mut names: Vec<String> =
                maps.iter().flat_map(|map| map.keys().map(ToString::to_string)).collect();
            names.sort();
            names.dedup();
            names
        }
    };
    let right = |name: &String| {
        maps.iter()
            .filter_map(|map| map.get(name.as_str()))
            // A cell with nothing in it doesn't make a column of numbers one of words.
            .all(|value| value.is_int() || value.is_float() || value.is_unit())
    };
    let columns: Vec<Column> = columns.into_iter().map(|name| Column { right: right(&name), name }).collect();
    let cell = |map: &Map, name: &str| map.get(name).map(plain).unwrap_or_default();
    let rows = maps.iter().map(|map| columns.iter().map(|column| cell(map, &column.name)).collect());
    Ok(drawn(&columns, rows, '─'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_csv_field_is_quoted_where_it_must_be() {
        let fields: Array = vec!["a,b".into(), 7.into(), Dynamic::UNIT, "say \"hi\"".into()];
        assert_eq!(csv_row(&fields).unwrap(), r#""a,b",7,,"say ""hi""""#);
    }

    #[test]
    fn a_table_has_the_columns_asked_for() {
        let row: Map = [("name".into(), "Digest".into()), ("sent".into(), 7.into())].into_iter().collect();
        let text = table(&vec![row.into()], Some(&vec!["sent".into(), "name".into()])).unwrap();
        assert!(text.find("sent").unwrap() < text.find("name").unwrap(), "{text}");
        assert!(table(&vec![7.into()], None).is_err());
    }

    #[test]
    fn numbers_stand_below_each_other_also_where_one_is_missing() {
        let row = |name: &str, rate: Dynamic| -> Dynamic {
            let row: Map = [("name".into(), name.into()), ("rate".into(), rate)].into_iter().collect();
            row.into()
        };
        let rows = vec![row("Digest", 7.into()), row("News", Dynamic::UNIT)];
        let text = table(&rows, Some(&vec!["name".into(), "rate".into()])).unwrap();
        assert_eq!(text, " name     rate\n───────────────\n Digest      7\n News");
    }

    #[test]
    fn times_are_written_in_utc() {
        assert_eq!(time("iso", 0).unwrap().to_string(), "1970-01-01T00:00:00Z");
        assert!(time("iso", INT::MAX).is_err());
    }

    #[test]
    fn times_are_read_as_they_are_written() {
        for (text, reads) in [
            ("1970-01-02", 86_400),
            ("1970-01-01T00:01:00Z", 60),
            ("1970-01-01 00:01", 60),
            ("1970-01-01T02:01:00+02:00", 60),
            ("1970-01-01 02:01+02:00", 60),
            ("1970-01-01T00:00:59.9Z", 59),
            ("1969-12-31T23:59:59Z", -1),
            ("1970-01-01T02:01:00+02:00[Europe/Berlin]", 60),
            ("19700102T0001Z", 86_460),
        ] {
            assert_eq!(seconds(text).ok(), Some(reads), "{text}");
        }
        for text in [
            "",
            "31.01.2026",
            "2026-02-30",
            "2026-13-01",
            "1970-01-01T00:01:00Zulu",
            "1970-01-01T00:01:00[Nowhere/Land]",
        ] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }

    #[test]
    fn digits_alone_are_a_day_seconds_or_milliseconds_by_how_many_they_are() {
        for (text, reads) in [
            ("20260131", 1_769_817_600),
            ("19691231", -86_400),
            ("1769817600", 1_769_817_600),
            ("1769817600.9", 1_769_817_600),
            ("946684800", 946_684_800),
            ("1769817600999", 1_769_817_600),
        ] {
            assert_eq!(seconds(text).ok(), Some(reads), "{text}");
        }
        let none = [
            "60",
            "46053",
            "260131",
            "20261301",
            "20260230",
            "15120131",
            "99999999",
            "20260131.5",
            "202601310930",
            "20260131093000",
            "1769817600000000",
            "17698176001",
            "1769817600.",
            "1.2.3",
            "-86400",
            "1e9",
            "9223372036854775808",
        ];
        for text in none {
            assert!(seconds(text).is_err(), "{text}");
        }
    }
}
