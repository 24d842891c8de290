//! Secrets taken out of text by their value.

use std::borrow::Cow;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use serde_json::Value;

use super::render::quoted;

/// The secrets of a run, shared by all that show anything: what one learns, all know. Whatever is shown
/// passes through [`Secrets::clean`].
#[derive(Clone, Default)]
pub struct Secrets {
    /// Each in all its spellings. The longest first: one may contain another.
    values: Arc<RwLock<Vec<String>>>,
}

/// Shorter values aren't secrets, and hiding them would garble ordinary words. In bytes; the readme names it.
const SHORTEST: usize = 6;

impl Secrets {
    pub fn new(values: impl IntoIterator<Item = String>) -> Secrets {
        let secrets = Secrets::default();
        secrets.add(values);
        secrets
    }

    /// Learns more of them, such as a key that was changed meanwhile.
    pub fn add(&self, values: impl IntoIterator<Item = String>) {
        let new = values.into_iter().filter(|value| value.len() >= SHORTEST);
        let mut known = self.values.write().unwrap_or_else(PoisonError::into_inner);
        known.extend(new.flat_map(spellings));
        known.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        known.dedup();
    }

    /// `text` with every secret replaced.
    pub fn clean<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut text = Cow::Borrowed(text);
        for value in self.read().iter() {
            if text.contains(value.as_str()) {
                text = Cow::Owned(text.replace(value.as_str(), "[secret]"));
            }
        }
        text
    }

    fn read(&self) -> RwLockReadGuard<'_, Vec<String>> {
        self.values.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A secret as it stands in a text, and in the quotes of a text in quotes: so `debug(map.to_json())` has it.
fn spellings(secret: String) -> impl Iterator<Item = String> {
    let quoted: Vec<String> = in_quotes(&secret).into();
    let twice: Vec<String> = quoted.iter().flat_map(|once| in_quotes(once)).collect();
    std::iter::once(secret).chain(quoted).chain(twice)
}

/// What stands between the quotes in JSON, of what `debug()`, `to_debug()` and `to_json()` of a script write, and in a
/// literal of Rhai.
fn in_quotes(text: &str) -> [String; 3] {
    let quoted = [Value::from(text).to_string(), format!("{text:?}"), quoted(text)];
    quoted.map(|text| text[1..text.len() - 1].to_string())
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Secrets({})", self.read().len())
    }
}
