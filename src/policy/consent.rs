//! Whether somebody who is asked says yes, purely.

/// What somebody who was shown a call said to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// To make this one call.
    Once,
    /// To make it, and all further ones of the tool in this input.
    All,
    No,
}

/// Reads an answer, to which `word` says yes: `send`, or `send all`. A habit such as `y` or a return isn't enough.
pub fn said(answer: &str, word: &str) -> Said {
    let words: Vec<&str> = answer.split_whitespace().collect();
    match words[..] {
        [said] if said == word => Said::Once,
        [said, "all"] if said == word => Said::All,
        _ => Said::No,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_word_says_yes() {
        for (answer, meant) in [
            ("send", Said::Once),
            ("  send \n", Said::Once),
            ("send  all", Said::All),
            ("", Said::No),
            ("y", Said::No),
            ("yes", Said::No),
            ("all", Said::No),
            ("Send", Said::No),
            ("send it", Said::No),
            ("send all of them", Said::No),
            ("destroy", Said::No),
            ("sendall", Said::No),
        ] {
            assert_eq!(said(answer, "send"), meant, "{answer:?}");
        }
    }
}
