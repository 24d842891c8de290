//! Text for a shell to read.

use std::borrow::Cow;

use super::is_obeyed;

/// A text as one word of a shell, in quotes.
pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A text as one word of a shell, as plain as it can be: on one line, and none of it is lost where several blanks are
/// shown as one.
pub fn shell_word(text: &str) -> Cow<'_, str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "@%+=:,./_-".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return Cow::Borrowed(text);
    }
    let twice = text.contains("  ");
    let lost = |c: char| is_obeyed(c) || c.is_whitespace() && (twice || c != ' ');
    if !text.contains(lost) {
        return Cow::Owned(quoted(text));
    }
    let mut word = String::from("$'");
    for c in text.chars() {
        match c {
            c if lost(c) => word.push_str(&format!("\\u{:04x}", u32::from(c))),
            '\\' | '\'' => word.extend(['\\', c]),
            c => word.push(c),
        }
    }
    word.push('\'');
    Cow::Owned(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_in_quotes_where_a_shell_would_make_more_of_it() {
        for (text, word) in [
            ("segment=VIP", "segment=VIP"),
            ("--sandbox=http://127.0.0.1:8787", "--sandbox=http://127.0.0.1:8787"),
            ("segment=Churn risk", "'segment=Churn risk'"),
            ("a=$(x); `y` & ~", "'a=$(x); `y` & ~'"),
            ("a=it's", r"'a=it'\''s'"),
            ("", "''"),
            ("a=é", "'a=é'"),
            ("a=1\n2", r"$'a=1\u000a2'"),
            ("a=it's\\  b", r"$'a=it\'s\\\u0020\u0020b'"),
        ] {
            assert_eq!(shell_word(text), word);
        }
    }
}
