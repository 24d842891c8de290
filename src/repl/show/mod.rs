//! A value as text for a terminal: tables of what has fields, Rhai's own form of the rest.

pub mod cut;
mod form;
mod json;
mod table;
mod times;

use std::borrow::Cow;

use crate::diagnostics::Look;
use crate::engine::Shown;
use crate::fault::counted;
use crate::request::Secrets;
use cut::{Paint, cut, wrapped};

pub use json::json;

/// How many items of an array or a sequence are shown of their own accord. Whoever reads a value for [`show`]
/// needs no more of it, and all of it for `:more`.
pub const FIRST: usize = 30;

/// How a value is shown.
#[derive(Clone, Copy, Debug)]
pub struct View {
    pub look: Look,
    /// Whether all of it is shown, as `:more` asks for, or what fits.
    pub whole: bool,
}

/// A value in lines that fit the screen, the last one without its end.
pub fn show(value: &Shown, view: View) -> String {
    match value {
        Shown::Steps { of } => {
            let why = "its closures run when it is read: `it.take(10).to_array()` reads ten, `:more` all";
            format!(
                "{}\n{}",
                cut(&format!("a lazy sequence of {of}"), view.look.width, view.look),
                note(why, view)
            )
        }
        Shown::Map(fields) if fields.iter().any(|(_, value)| table::is_table(value)) => {
            let parts = fields.iter().map(|(name, value)| match table::is_table(value) {
                true => format!("{}:\n{}", form::key(name), show(value, view)),
                false => noted(form::field(name, value, view), view),
            });
            parts.collect::<Vec<_>>().join("\n")
        }
        Shown::List { first, len } => table(value, first, len - first.len(), view),
        Shown::Sequence { first, more, .. } => table(value, first, usize::from(*more), view),
        value => noted(form::pretty(value, view), view),
    }
}

/// Takes out of a value what nobody may see, before any of it is cut.
pub fn clean(value: &mut Shown, secrets: &Secrets) {
    let text = |text: &mut String| {
        if let Cow::Owned(clean) = secrets.clean(text) {
            *text = clean;
        }
    };
    match value {
        Shown::Text(words) | Shown::Other(words) => text(words),
        Shown::Person { id, email, cio_id } => [id, email, cio_id].into_iter().flatten().for_each(text),
        Shown::List { first, .. } | Shown::Sequence { first, .. } => {
            first.iter_mut().for_each(|item| clean(item, secrets));
        }
        Shown::Map(fields) => {
            for (key, value) in fields {
                text(key);
                clean(value, secrets);
            }
        }
        Shown::Unit | Shown::Bool(_) | Shown::Int(_) | Shown::Float(_) | Shown::Steps { .. } => {}
    }
}

/// Items as a table if they have fields, otherwise as an array; `left` more aren't among them.
fn table(value: &Shown, items: &[Shown], left: usize, view: View) -> String {
    let mut missing = match value {
        _ if left == 0 => vec![],
        Shown::Sequence { .. } => vec!["there is more".to_string()],
        _ => vec![format!("{left} more")],
    };
    let (text, cut) = match table::table(items, view) {
        Some(table) => {
            if !table.left_out.is_empty() {
                let columns = counted(table.left_out.len() as u64, "more column");
                missing.push(format!("{columns} ({})", table.left_out.join(", ")));
            }
            (table.text, table.cut)
        }
        None => {
            // What isn't there is told below.
            let drawn = match left {
                0 => form::pretty(value, view),
                _ => form::pretty(&Shown::List { first: items.to_vec(), len: items.len() }, view),
            };
            (drawn.text, drawn.cut)
        }
    };
    if cut && missing.is_empty() {
        missing.push(CUT.to_string());
    }
    with_more(text, &missing, view)
}

const CUT: &str = "cut to fit";

fn noted(drawn: form::Drawn, view: View) -> String {
    let missing = if drawn.cut { vec![CUT.to_string()] } else { vec![] };
    with_more(drawn.text, &missing, view)
}

/// A text, and below it what of the value isn't in it.
fn with_more(mut text: String, missing: &[String], view: View) -> String {
    if !missing.is_empty() {
        text.push('\n');
        text.push_str(&note(&format!("… {}, :more shows all", missing.join(", ")), view));
    }
    text
}

/// What Segue says of a value, apart from it.
fn note(text: &str, view: View) -> String {
    let lines = wrapped(&view.look.words(text), view.look.width);
    let lines: Vec<String> = lines.iter().map(|line| Paint::Aside.on(line, view.look)).collect();
    lines.join("\n")
}

/// The columns that a line may have.
fn all_or(view: View) -> usize {
    if view.whole { usize::MAX } else { view.look.width }
}

#[cfg(test)]
mod tests;
