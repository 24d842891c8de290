//! Secrets taken out of text by their value.

use std::borrow::Cow;

/// The secrets of a run. Whatever is shown passes through [`Secrets::clean`].
#[derive(Clone, Default)]
pub struct Secrets {
    values: Vec<String>,
}

/// Shorter values aren't secrets, and hiding them would garble ordinary words.
const SHORTEST: usize = 6;

impl Secrets {
    pub fn new(values: impl IntoIterator<Item = String>) -> Secrets {
        let mut values: Vec<String> = values.into_iter().filter(|value| value.len() >= SHORTEST).collect();
        // The longest first: one may contain another.
        values.sort_by_key(|value| std::cmp::Reverse(value.len()));
        Secrets { values }
    }

    /// `text` with every secret replaced.
    pub fn clean<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut text = Cow::Borrowed(text);
        for value in &self.values {
            if text.contains(value.as_str()) {
                text = Cow::Owned(text.replace(value.as_str(), "[secret]"));
            }
        }
        text
    }
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Secrets({})", self.values.len())
    }
}
