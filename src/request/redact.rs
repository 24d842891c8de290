//! Secrets taken out of text by their value.

use std::borrow::Cow;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

/// The secrets of a run, shared by all that show anything: what one learns, all know. Whatever is shown
/// passes through [`Secrets::clean`].
#[derive(Clone, Default)]
pub struct Secrets {
    /// The longest first: one may contain another.
    values: Arc<RwLock<Vec<String>>>,
}

/// Shorter values aren't secrets, and hiding them would garble ordinary words.
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
        known.extend(new);
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

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Secrets({})", self.read().len())
    }
}
