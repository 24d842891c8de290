//! The text of a file without what may be a key: it is shown beside an error, and somebody may have put a
//! key where none belongs.

use super::file::is_open;
use super::source::WAYS;

/// What is shorter is no key.
const SHORTEST: usize = 5;
/// Prose has no longer words.
const PROSE: usize = 20;

/// `text` with everything that may be a key in stars. Each byte keeps its place.
pub fn mask(text: &str) -> String {
    text.split_inclusive('\n').map(line).collect()
}

fn line(line: &str) -> String {
    let (code, comment) = split(line);
    let code = match code.trim_start() {
        // A table's name, or nothing.
        head if head.is_empty() || is_head(head.trim_end()) => code.to_string(),
        _ => match code.split_once('=') {
            Some((name, value)) if open(name) && harmless(value) => code.to_string(),
            Some((name, value)) if plain(name) => format!("{name}={}", stars(value, SHORTEST)),
            // It goes on from the line before.
            _ => stars(code, SHORTEST),
        },
    };
    // A setting that was commented out still has its value.
    let shortest = if comment.contains('=') { SHORTEST } else { PROSE };
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

fn is_head(code: &str) -> bool {
    code.starts_with('[') && code.ends_with(']') && !code.contains(['=', ','])
}

/// Whether it is a name as one is written: in the midst of a list it may be anything.
fn plain(name: &str) -> bool {
    name.chars().all(|c| c.is_alphanumeric() || c.is_whitespace() || "_-.".contains(c))
}

/// Whether the value behind this name is shown. Any other may be a misspelt name of a key.
fn open(name: &str) -> bool {
    let last = name.trim().rsplit('.').next().unwrap_or_default();
    let last = last.trim().trim_matches(['"', '\'']);
    is_open(last)
}

/// Whether an open name's value has no user, no query and no setting inside that isn't open.
fn harmless(value: &str) -> bool {
    let mut inside = value.split(['{', ',']).filter_map(|part| part.split_once('='));
    !value.contains(['@', '?']) && inside.all(|(name, _)| open(name))
}

/// `text` with every longer word in stars.
fn stars(text: &str, shortest: usize) -> String {
    let mut out = String::with_capacity(text.len());
    let mut word = String::new();
    let end = |out: &mut String, word: &mut String| {
        match word.len() >= shortest && !WAYS.contains(&word.as_str()) {
            true => out.push_str(&"*".repeat(word.len())),
            false => out.push_str(word),
        }
        word.clear();
    };
    for c in text.chars() {
        match c.is_whitespace() || "\"'[]{}=,#".contains(c) {
            true => {
                end(&mut out, &mut word);
                out.push(c);
            }
            false => word.push(c),
        }
    }
    end(&mut out, &mut word);
    out
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
