//! Text out of a file's bytes.

use std::borrow::Cow;

use super::{At, Code, Fault};

/// Whether a terminal would obey `c` in place of showing it: a control character, or one that turns the
/// direction of what follows.
pub fn is_obeyed(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// `text` with `\u{1b}` in place of an escape, and the like: what comes from data commands no terminal.
/// Line breaks and tabs stay.
pub fn visible(text: &str) -> Cow<'_, str> {
    let stays = |c: char| matches!(c, '\n' | '\t') || !is_obeyed(c);
    if text.chars().all(stays) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match stays(c) {
            true => shown.push(c),
            false => shown.extend(c.escape_unicode()),
        }
    }
    Cow::Owned(shown)
}

/// The text of the file `name`, without the mark that spreadsheets and some editors put in front of UTF-8.
///
/// # Errors
/// A fault of `code` that names the line of the first byte that is no UTF-8.
pub fn text_of(name: &str, bytes: Vec<u8>, code: Code) -> Result<String, Fault> {
    let text = String::from_utf8(bytes).map_err(|why| {
        if let [0xff, 0xfe, ..] | [0xfe, 0xff, ..] = why.as_bytes() {
            return Fault::new(code, At::Call, format!("{name} is UTF-16, and UTF-8 is read"))
                .help("save it as UTF-8; `iconv -f UTF-16 -t UTF-8` makes it of one");
        }
        let at = why.utf8_error().valid_up_to();
        let line = why.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
        let message = format!("{name} isn't UTF-8: line {line} holds a byte that no UTF-8 text has");
        Fault::new(code, At::Call, message).help("save it as UTF-8")
    })?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_string).unwrap_or(text))
}

/// Why a file can't be read or written, in the midst of a line: the words of the system without its number.
pub fn io_in_words(why: &std::io::Error) -> String {
    let text = why.to_string();
    let words = text.rsplit_once(" (os error ").map_or(text.as_str(), |(words, _)| words);
    let mut chars = words.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_shown() {
        for (text, shown) in [
            ("a\tü\n", "a\tü\n"),
            ("\x1b[2Ju1\x07", "\\u{1b}[2Ju1\\u{7}"),
            ("a\rb\0", "a\\u{d}b\\u{0}"),
            ("\u{9b}x\u{202e}y", "\\u{9b}x\\u{202e}y"),
        ] {
            assert_eq!(visible(text), shown);
        }
    }

    #[test]
    fn the_line_of_a_wrong_byte_is_told_and_a_mark_is_no_text() {
        let read = |bytes: &[u8]| text_of("x.csv", bytes.to_vec(), Code::InputUnreadable);
        assert_eq!(read("\u{feff}id\n".as_bytes()).as_deref(), Ok("id\n"));
        let fault = read(b"id\n\n\xff").unwrap_err();
        assert_eq!(fault.message, "x.csv isn't UTF-8: line 3 holds a byte that no UTF-8 text has");
        assert_eq!(read(b"\xff\xfei\0d\0").unwrap_err().message, "x.csv is UTF-16, and UTF-8 is read");
    }

    #[test]
    fn a_reason_of_the_system_has_no_number() {
        let why = std::fs::read("nowhere/at/all").unwrap_err();
        assert_eq!(io_in_words(&why), "no such file or directory");
        assert_eq!(io_in_words(&std::io::Error::other("broken off")), "broken off");
    }
}
