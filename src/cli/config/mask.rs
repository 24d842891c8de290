//! The text of a file without what may be a key: it is shown beside an error, and somebody may have put a
//! key where none belongs.

use super::file::{Open, is_table, open};
use super::source::WAYS;

/// What is shorter is no key.
const SHORTEST: usize = 5;
/// Neither prose nor a setting's value has longer words.
const LONG: usize = 16;

/// `text` with everything that may be a key in stars. Each byte keeps its place.
pub fn mask(text: &str) -> String {
    text.split_inclusive('\n').map(line).collect()
}

/// A name or a value that a message repeats, with every word of it that may be a key in stars.
pub fn hidden(text: &str) -> String {
    stars(text, LONG)
}

fn line(line: &str) -> String {
    let (code, comment) = split(line);
    let code = match code.trim_start() {
        // A table's name, or nothing.
        head if head.is_empty() || is_head(head.trim_end()) => code.to_string(),
        _ => match code.split_once('=') {
            Some((name, value)) if harmless(name, value) => format!("{name}={}", stars(value, LONG)),
            Some((name, value)) if plain(name) => {
                format!("{}={}", stars(name, LONG), stars(value, SHORTEST))
            }
            // It goes on from the line before.
            _ => stars(code, SHORTEST),
        },
    };
    // A setting that was commented out still has its value.
    let shortest = if comment.contains('=') { SHORTEST } else { LONG };
    format!("{code}{}", stars(comment, shortest))
}

/// A line before and from its comment. A `#` inside of quotes begins none.
fn split(line: &str) -> (&str, &str) {
    let mut quote = None;
    for (at, c) in line.char_indices() {
        match (quote, c) {
            (None, '#') => return line.split_at(at),
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            _ => {}
        }
    }
    (line, "")
}

/// Whether it is a table's name. In the midst of a list the same may be a value: a bare name that no table
/// has is shown while it is too short for a key.
fn is_head(code: &str) -> bool {
    let Some(names) = code.strip_prefix('[').and_then(|code| code.strip_suffix(']')) else { return false };
    let names = names.strip_prefix('[').and_then(|names| names.strip_suffix(']')).unwrap_or(names);
    let bare = |name: &str| name.chars().all(|c| c.is_alphanumeric() || "_-".contains(c));
    let mut parts = names.split('.').map(str::trim);
    parts.clone().all(bare)
        && (is_table(parts.clone().next().unwrap_or_default()) || parts.all(|part| part.len() < LONG))
}

/// Whether it is a name as one is written: in the midst of a list it may be anything.
fn plain(name: &str) -> bool {
    name.chars().all(|c| c.is_alphanumeric() || c.is_whitespace() || "_-.".contains(c))
}

/// Whether the value behind this name can be shown, but for long words. Any other name may be a misspelt one
/// of a key, and any other value a key in the wrong place.
fn harmless(name: &str, value: &str) -> bool {
    let last = name.trim().rsplit('.').next().unwrap_or_default();
    let last = last.trim().trim_matches(['"', '\'']);
    let value = value.trim();
    match (open(last), value.strip_prefix('{')) {
        (Some(Open::Words | Open::Table), Some(inside)) => {
            let mut parts = inside.trim_end_matches('}').split(',').filter(|part| !part.trim().is_empty());
            parts.all(|part| part.split_once('=').is_some_and(|(name, value)| harmless(name, value)))
        }
        // A URL with a user or a query.
        (Some(Open::Words), None) => !value.contains(['@', '?', '=']),
        (Some(Open::Figure | Open::Table), _) => is_figure(value),
        (None, _) => false,
    }
}

/// Whether it is a number, or true or false.
fn is_figure(value: &str) -> bool {
    matches!(value, "true" | "false") || value.replace('_', "").parse::<f64>().is_ok()
}

/// `text` with every longer word in stars.
fn stars(text: &str, shortest: usize) -> String {
    let mut out = String::with_capacity(text.len());
    let ends = |c: char| c.is_whitespace() || "\"'[]{}=,#".contains(c);
    for piece in text.split_inclusive(ends) {
        let word = piece.trim_end_matches(ends);
        out.push_str(&starred(word, shortest));
        out.push_str(&piece[word.len()..]);
    }
    out
}

fn starred(word: &str, shortest: usize) -> String {
    let whole = |word: &str| match word.len() >= shortest && !WAYS.contains(&word) && open(word).is_none() {
        true => "*".repeat(word.len()),
        false => word.to_string(),
    };
    // Of a URL its parts are the words, if it is one without a user or a query.
    let scheme = ["https://", "http://"].into_iter().find(|scheme| word.starts_with(scheme));
    match scheme {
        Some(scheme) if shortest >= LONG && !word.contains(['@', '?']) => {
            let parts = word[scheme.len()..].split_inclusive(['/', ':', '.']);
            std::iter::once(scheme.to_string()).chain(parts.map(whole)).collect()
        }
        _ => whole(word),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "0a1b2c3d4e5f60718293";

    #[test]
    fn a_key_is_hidden_wherever_somebody_may_have_put_it() {
        for text in [
            format!("app_key = \"{KEY}\""),
            format!("app_key = {KEY}"),
            format!("appkey='{KEY}'"),
            format!("profiles.staging.site_id = \"{KEY}\""),
            format!("staging = {{ region = \"eu\", app_key = \"{KEY}\" }}"),
            format!("app_key = {{ env = \"{KEY}\" }}"),
            format!("app_key = {{ command = [\"echo\", \"{KEY}\"] }}"),
            format!("app_key = \"\"\"\n{KEY}\n\"\"\""),
            format!("command = [\n  \"{KEY}\", \"-token=x\",\n  \"{KEY}\"\n]"),
            format!("command = [\n  [\"{KEY}\", 1]\n]"),
            format!("# app_key = \"{KEY}\""),
            format!("region = \"eu\" # {KEY}"),
            format!("app_url = \"https://me:{KEY}@example.com\""),
            format!("app_url = \"https://example.com/?key={KEY}\""),
            format!("app_key = \"a#{KEY}"),
            KEY.to_string(),
            format!("[profiles.x]\napp = \"{KEY}\""),
            format!("[limits]\ntrack = {KEY}"),
            format!("limits = {{ share = 0.5, app = \"{KEY}\" }}"),
            format!("limits = \"{KEY}\""),
            format!("allow = {{ send = \"{KEY}\" }}"),
            format!("strict_answers = \"{KEY}\""),
            format!("app_key =\n[\"{KEY}\"]"),
            format!("app_key =\n[{KEY}]"),
            format!("app_key =\n[[{KEY}]]"),
            format!("{KEY} = 1"),
            format!("app_key = {{ {KEY} = 1 }}"),
            format!("region = \"{KEY}\""),
            format!("app_url = \"{KEY}\""),
            format!("app_url = \"https://{KEY}.example.com/\""),
            format!("default = \"{KEY}\""),
            format!("allow = [\"send\", \"{KEY}\"]"),
        ] {
            let masked = mask(&text);
            assert!(!masked.contains(KEY), "{masked}");
            assert_eq!(masked.len(), text.len(), "{masked}");
        }
    }

    #[test]
    fn what_is_no_key_stays_to_be_read() {
        for text in [
            "[profiles.staging]\nregion = \"asia\"\n",
            "default = \"staging\" # the one for trying out\n",
            "[limits]\nshare = 1.5\n",
            "app_url = \"http://127.0.0.1:8787\"\n",
            "allow = [\"send\", \"destory\"]\n",
            "limits = { app = 2, items = 900.5 }\n",
            "retry = { longest_retry_after = 5_000 }\n",
            "strict_answers = true\n",
            "[profiles.production-of-the-second-shop]\n",
            "app_url = \"https://customerio.proxy.example.com\"\n",
        ] {
            assert_eq!(mask(text), text);
        }
        assert_eq!(
            mask("app_key = { command = [\"pass\", \"show\", \"cio/app\"] }"),
            "app_key = { command = [\"pass\", \"show\", \"*******\"] }"
        );
        assert_eq!(mask("track_key = { evn = \"STAGING_KEY\" }"), "track_key = { evn = \"***********\" }");
        assert_eq!(mask("größe = \"schlüssel\""), "größe = \"**********\"");
    }
}
