//! The segments whose members a call relies on.

use super::filter;
use crate::spec::{Arg, Rule, Tool};

/// A segment a call relies on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relied {
    pub id: i64,
    /// The steps to it from the call.
    pub way: Vec<String>,
    /// The parameter that asks for it unfinished.
    pub unless: &'static str,
}

/// The segments that have to be finished for a call: those it names, unless it asks for them as they are.
/// Names of segments have been turned into ids before.
pub fn segments(tool: &'static Tool, args: &[Arg<'_>]) -> Vec<Relied> {
    let arg = |name: &str| tool.param(name).and_then(|(index, _)| args.get(index));
    let mut found = vec![];
    for rule in tool.rules {
        let Rule::Finished { param, unless } = *rule else { continue };
        if let Some(Arg::Bool(true)) = arg(unless) {
            continue;
        }
        let mut add = |way: &[String], id| {
            let way = std::iter::once(param.to_string()).chain(way.iter().cloned()).collect();
            found.push(Relied { id, way, unless });
        };
        match arg(param) {
            Some(Arg::Int(id)) => add(&[], *id),
            // A segment as `get_segments` gives it, or a filter.
            Some(Arg::Object(tree)) => match tree.get("id").as_deref().map(|held| held.arg()) {
                Some(Arg::Int(id)) => add(&[], id),
                _ => filter::segments(*tree, &mut vec![], &mut add),
            },
            _ => {}
        }
    }
    found
}
