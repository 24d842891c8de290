//! Characters that nobody sees: an identifier with one is another's, and looks the same.

use std::ops::RangeInclusive;

use rhai::{Dynamic, Engine, ImmutableString};

/// What is shown as nothing and is neither a control character nor White_Space: the characters of Unicode 17.0 whose
/// `General_Category` is `Cf`, as `extracted/DerivedGeneralCategory.txt` of its database lists them, and those that are
/// `Default_Ignorable_Code_Point` by its `DerivedCoreProperties.txt`.
const HIDDEN: [RangeInclusive<char>; 25] = [
    '\u{ad}'..='\u{ad}',
    '\u{34f}'..='\u{34f}',
    '\u{600}'..='\u{605}',
    '\u{61c}'..='\u{61c}',
    '\u{6dd}'..='\u{6dd}',
    '\u{70f}'..='\u{70f}',
    '\u{890}'..='\u{891}',
    '\u{8e2}'..='\u{8e2}',
    '\u{115f}'..='\u{1160}',
    '\u{17b4}'..='\u{17b5}',
    '\u{180b}'..='\u{180f}',
    '\u{200b}'..='\u{200f}',
    '\u{202a}'..='\u{202e}',
    '\u{2060}'..='\u{206f}',
    '\u{3164}'..='\u{3164}',
    '\u{fe00}'..='\u{fe0f}',
    '\u{feff}'..='\u{feff}',
    '\u{ffa0}'..='\u{ffa0}',
    '\u{fff0}'..='\u{fffb}',
    '\u{110bd}'..='\u{110bd}',
    '\u{110cd}'..='\u{110cd}',
    '\u{13430}'..='\u{1343f}',
    '\u{1bca0}'..='\u{1bca3}',
    '\u{1d173}'..='\u{1d17a}',
    '\u{e0000}'..='\u{e0fff}',
];

pub fn register(engine: &mut Engine) {
    engine.register_fn("unseen", |text: ImmutableString| match first(&text) {
        Some(c) => Dynamic::from(format!("U+{:04X}", u32::from(c))),
        None => Dynamic::UNIT,
    });
}

/// The first character of a text that is a blank, a control character or shown as nothing.
fn first(text: &str) -> Option<char> {
    let hidden = |c: &char| HIDDEN.iter().any(|range| range.contains(c));
    text.chars().find(|c| c.is_whitespace() || c.is_control() || hidden(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_is_found_and_what_is_written_is_not() {
        for hidden in
            " \t\n\0\u{7f}\u{85}\u{a0}\u{ad}\u{180e}\u{200b}\u{200f}\u{2028}\u{2060}\u{3000}\u{3164}\u{feff}\u{e0041}"
                .chars()
        {
            assert_eq!(first(&format!("u{hidden}1")), Some(hidden), "{hidden:?}");
        }
        for seen in ["u-1", "ada+b@example.org", "zoë", "zoe\u{308}", "名前", "नमस्ते", "\u{110c2}", "👍"]
        {
            assert_eq!(first(seen), None, "{seen}");
        }
    }
}
