//! What the screen can show.

use std::io::IsTerminal;

use crate::diagnostics::Look;

/// The look of stderr, where diagnostics go. `NO_COLOR`, `CLICOLOR_FORCE` and pipes are respected.
pub fn look() -> Look {
    let terminal = std::io::stderr().is_terminal();
    Look { colour: colour(terminal), unicode: unicode(), width: width(terminal) }
}

/// The look of stdout, where values go: as wide as the terminal is, however narrow or wide.
pub fn look_of_values() -> Look {
    let terminal = std::io::stdout().is_terminal();
    let size = terminal_size::terminal_size_of(std::io::stdout()).filter(|_| terminal);
    let width = size.map(|(columns, _)| usize::from(columns.0)).or_else(said).unwrap_or(100).max(10);
    Look { colour: colour(terminal), unicode: unicode(), width }
}

fn colour(terminal: bool) -> bool {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let forced = set("CLICOLOR_FORCE").is_some_and(|value| value != "0");
    (terminal && !dumb() || forced) && set("NO_COLOR").is_none()
}

/// The columns that the environment says.
fn said() -> Option<usize> {
    std::env::var("COLUMNS").ok()?.parse().ok()
}

/// Whether a person reads stderr as it is written.
pub fn watched() -> bool {
    std::io::stderr().is_terminal()
}

/// Whether a line on stderr can be drawn over.
pub fn redraws() -> bool {
    std::io::stderr().is_terminal() && !dumb()
}

fn dumb() -> bool {
    std::env::var_os("TERM").is_some_and(|term| term == "dumb")
}

/// The columns of the terminal that stderr is, as it is now, however few.
pub fn columns() -> usize {
    let size = terminal_size::terminal_size_of(std::io::stderr());
    size.map_or(80, |(columns, _)| usize::from(columns.0))
}

/// Whether the locale takes more than ASCII; a pipe without a locale does.
fn unicode() -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    locale.is_none_or(|locale| {
        let locale = locale.to_uppercase();
        locale.contains("UTF-8") || locale.contains("UTF8") || !matches!(locale.as_str(), "C" | "POSIX")
    })
}

/// How wide diagnostics are drawn: as the terminal is, or as `COLUMNS` says where there is none.
fn width(terminal: bool) -> usize {
    let size = terminal_size::terminal_size_of(std::io::stderr()).filter(|_| terminal);
    size.map(|(columns, _)| usize::from(columns.0)).or_else(said).unwrap_or(100).clamp(40, 120)
}
