//! What is asked before a live call that sends or deletes is made.

use std::fmt::Write;

use super::curl::http;
use crate::api::{Credentials, Hosts};
use crate::policy::does;
use crate::run::Question;

/// As many characters of a request are shown.
const SHOWN: usize = 1_500;

/// What it is that would be done, and what to type.
pub fn question(question: &Question, hosts: &Hosts, credentials: &Credentials) -> String {
    let (name, word) = (question.request.tool.name(), question.effect.name());
    let request = http(&question.request, hosts, credentials);
    let shown = match request.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}… ({} bytes in all)", &request[..end], request.len()),
        None => request.trim_end().to_string(),
    };
    let mut text = format!("`{name}`{} {}:\n\n", question.place.behind(), does(question.effect));
    for line in shown.lines() {
        // Text takes whatever it is given.
        let _ = writeln!(text, "  {line}");
    }
    let _ = write!(
        text,
        "\ntype `{word}` to make it, or `{word} all` for every `{name}` of this input; anything else ends the input\n"
    );
    text
}
