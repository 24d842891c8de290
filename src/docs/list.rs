//! All tools in a list.

use crate::spec::Tool;
use crate::tools::ALL;

/// The signatures of tools and of their sequences, each with what it does below it: of all, or of those that
/// have `word` in their names, their parameters or what is said of them. Empty where there is none.
pub fn tools_list(word: &str) -> String {
    let word = word.to_lowercase();
    let speaks = |tool: &Tool| {
        let names = tool.params.iter().map(|param| param.name);
        let sequence = tool.pages.map_or("", |pages| pages.sequence);
        names
            .chain([tool.name(), tool.slug, tool.about, tool.api.name(), tool.effect.name(), sequence])
            .any(|text| text.to_lowercase().contains(&word))
    };
    let mut rows: Vec<(String, String)> = vec![];
    for tool in ALL.into_iter().filter(|tool| speaks(tool)) {
        rows.push((tool.signature(), tool.about.to_string()));
        rows.extend(tool.pages.map(|pages| {
            (format!("{}(…)", pages.sequence), format!("All pages of `{}`, lazily.", tool.name()))
        }));
    }
    rows.sort();
    rows.iter().map(|(signature, about)| format!("{signature}\n    {about}\n")).collect()
}
