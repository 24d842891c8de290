//! What has fields as a table that fits the screen.

use std::borrow::Cow;
use std::collections::BTreeSet;

use jiff::Timestamp;

use super::View;
use super::cut::{Paint, columns, cut, visible};
use super::form::{fields, key, literal};
use super::times::moment;
use crate::diagnostics::Look;
use crate::engine::{Column, Shown, drawn};

/// The columns that tell most of what Customer.io knows, in the order in which a table has them. All others come
/// behind them by name.
const LEADING: [&str; 13] = [
    "id",
    "name",
    "subject",
    "type",
    "state",
    "email",
    "cio_id",
    "customer_id",
    "recipient",
    "created",
    "created_at",
    "updated_at",
    "sent_at",
];

/// The least that a column is narrowed to: less of a name or an address says little. A third of a narrow screen.
const LEAST: usize = 14;
/// What stands between two cells; a line begins and ends with one column of it less.
const GAP: usize = 3;
/// A date and a time.
const TIME: usize = 20;

/// A table, and what it has no room for.
#[derive(Debug)]
pub struct Table {
    pub text: String,
    /// The columns that are left out.
    pub left_out: Vec<String>,
    /// Whether a cell is cut.
    pub cut: bool,
}

/// Whether a value is an array or a sequence of what has fields.
pub fn is_table(value: &Shown) -> bool {
    match value {
        Shown::List { first, .. } | Shown::Sequence { first, .. } => has_rows(first),
        _ => false,
    }
}

fn has_rows(items: &[Shown]) -> bool {
    let row = |item: &Shown| matches!(item, Shown::Map(_) | Shown::Person { .. });
    items.iter().all(row) && items.iter().any(|item| !fields(item).is_empty())
}

/// The table of items that all have fields. `None` for others, and where all of it is wanted and has no room:
/// lines that the screen breaks are no table.
pub fn table(items: &[Shown], view: View) -> Option<Table> {
    if !has_rows(items) {
        return None;
    }
    let look = view.look;
    let rows: Vec<Cow<'_, [(String, Shown)]>> = items.iter().map(fields).collect();
    let names: BTreeSet<&str> = rows.iter().flat_map(|row| row.iter().map(|(name, _)| &**name)).collect();
    let mut names: Vec<&str> = names.into_iter().collect();
    names.sort_by_key(|name| LEADING.iter().position(|leading| leading == name).unwrap_or(LEADING.len()));

    let mut all: Vec<Cells> = names.iter().map(|name| Cells::of(name, &rows, look)).collect();
    let width = look.width;
    let too_wide = |all: &[Cells]| all.iter().map(|column| column.width() + GAP).sum::<usize>() > width + 1;
    if too_wide(&all) {
        all.iter_mut().for_each(|column| column.times = Times::Alone);
    }
    if view.whole && too_wide(&all) {
        return None;
    }
    let widths = fit(&all.iter().map(Cells::width).collect::<Vec<_>>(), width);
    let left_out: Vec<String> = all.drain(widths.len()..).map(|column| column.name).collect();
    for (column, width) in all.iter_mut().zip(&widths).filter(|(_, width)| **width < TIME) {
        if column.width() > *width {
            column.times = Times::Dates;
        }
    }
    let is_cut = all.iter().zip(&widths).any(|(column, width)| column.width() > *width);

    let heads = all
        .iter()
        .zip(&widths)
        .map(|(column, width)| Column { name: cut(&column.name, *width, look), right: column.is_numbers() });
    let row = |i: usize| -> Vec<String> {
        all.iter().zip(&widths).map(|(column, width)| cut(&column.text(i), *width, look)).collect()
    };
    let line = if look.unicode { '─' } else { '-' };
    let text = drawn(&heads.collect::<Vec<_>>(), (0..rows.len()).map(row), line);
    let text = match text.split_once('\n') {
        Some((head, rest)) => format!("{}\n{rest}", Paint::Head.on(head, look)),
        None => text,
    };
    Some(Table { text, left_out, cut: is_cut })
}

/// The widths of the columns that have room, the first ones; what room is left goes to those that are cut.
fn fit(natural: &[usize], width: usize) -> Vec<usize> {
    let mut kept: Vec<usize> = vec![];
    let mut room = width + 1;
    let whole: usize = natural.iter().map(|width| width + GAP).sum();
    if whole <= room {
        return natural.to_vec();
    }
    for wanted in natural {
        let least = (*wanted).min(LEAST.min(width / 3).max(1));
        match room.checked_sub(least + GAP) {
            Some(left) => {
                kept.push(least);
                room = left;
            }
            None => break,
        }
    }
    if kept.is_empty() {
        return vec![(width + 1).saturating_sub(GAP).max(1)];
    }
    while room > 0 && kept.iter().zip(natural).any(|(width, wanted)| width < wanted) {
        for (width, wanted) in kept.iter_mut().zip(natural) {
            if *width < *wanted && room > 0 {
                *width += 1;
                room -= 1;
            }
        }
    }
    kept
}

/// How a column shows the moments in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Times {
    /// The seconds and the time.
    Both,
    /// The time.
    Alone,
    /// The day.
    Dates,
}

/// The cells of a column.
struct Cells {
    name: String,
    cells: Vec<Cell>,
    times: Times,
}

enum Cell {
    Text(String),
    Number(String),
    Moment(Timestamp),
}

impl Cells {
    fn of(name: &str, rows: &[Cow<'_, [(String, Shown)]>], look: Look) -> Cells {
        let cell = |row: &Cow<'_, [(String, Shown)]>| {
            let value = row.iter().find(|(known, _)| known == name).map_or(&Shown::Unit, |(_, value)| value);
            match (moment(name, value), value) {
                (Some(when), _) => Cell::Moment(when),
                (None, Shown::Int(_) | Shown::Float(_)) => Cell::Number(literal(value, look)),
                (None, Shown::Unit) => Cell::Text(String::new()),
                (None, Shown::Text(text)) => Cell::Text(visible(text)),
                (None, value) => Cell::Text(literal(value, look)),
            }
        };
        Cells { name: key(name), cells: rows.iter().map(cell).collect(), times: Times::Both }
    }

    fn text(&self, row: usize) -> Cow<'_, str> {
        match (&self.cells[row], self.times) {
            (Cell::Text(text) | Cell::Number(text), _) => Cow::Borrowed(text),
            (Cell::Moment(when), Times::Both) => format!("{} {when}", when.as_second()).into(),
            (Cell::Moment(when), Times::Alone) => when.to_string().into(),
            (Cell::Moment(when), Times::Dates) => when.strftime("%Y-%m-%d").to_string().into(),
        }
    }

    /// The columns of the screen that it takes whole.
    fn width(&self) -> usize {
        let cells = (0..self.cells.len()).map(|row| columns(&self.text(row)));
        cells.max().unwrap_or_default().max(columns(&self.name))
    }

    /// A cell with nothing in it doesn't make a column of numbers one of words.
    fn is_numbers(&self) -> bool {
        let fits = |cell: &Cell| match cell {
            Cell::Number(_) => true,
            Cell::Text(text) => text.is_empty(),
            Cell::Moment(_) => false,
        };
        self.cells.iter().all(fits) && self.cells.iter().any(|cell| matches!(cell, Cell::Number(_)))
    }
}
