//! What a tool expects at the cursor: keys of a map, words, segments.

use crate::engine::PAGING;
use crate::policy::SETTINGS;
use crate::repl::spot::{Around, Bracket, Spot};
use crate::request::filter::{OPERATORS, keys_below, words_below};
use crate::spec::{Identifier, Item, Kind, Param, Presence, Rule, Tool};
use crate::tools;

/// What is expected at the cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected<'k> {
    /// One of these keys.
    Keys(Vec<Key<'k>>),
    /// One of these strings.
    Words(Vec<&'k str>),
    /// The name of a segment.
    Segment,
    Bool,
}

/// A key of a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key<'k> {
    pub name: &'k str,
    pub required: bool,
}

/// The key that says which call an item of a batch is.
const TYPE: &str = "type";

/// What the innermost call around the cursor expects there; `None` where anything goes.
pub fn expected(spot: &Spot<'_>) -> Option<Expected<'static>> {
    let calls = |around: &Around<'_>| matches!(around.bracket, Bracket::Call { .. });
    let from = spot.around.iter().rposition(calls)?;
    let (call, inner) = (&spot.around[from], &spot.around[from + 1..]);
    if call.parameters || inner.last().unwrap_or(call).begun {
        return None;
    }
    let place = inner.iter().try_fold(callee(call)?, |place, around| place.step(around))?;
    place.expects(spot, inner.last())
}

/// The names of a sequence's or tool's parameters in declared order, in brackets what may be left out. Those of
/// a sequence end before the first that it sets itself.
pub fn ordered(name: &str, tool: &Tool) -> impl Iterator<Item = String> {
    let sequence = tools::by_sequence(name).is_some();
    let own = move |param: &&Param| sequence && PAGING.contains(&param.name);
    tool.params.iter().take_while(move |param| !own(param)).map(|param| match param.presence {
        Presence::Required => param.name.to_string(),
        Presence::Grouped | Presence::Optional => format!("[{}]", param.name),
    })
}

/// What stands at a place in the arguments of a call.
enum Place {
    /// An argument, or an entry of a list.
    Value(Kind),
    /// The first argument: itself, or a map of them all.
    First(Named, Kind),
    Map(Named),
    /// A list's entries.
    Entries(Kind),
    /// The slug of a tool.
    Slug,
    /// A map with some of these keys.
    Options(Vec<&'static str>),
    /// The inside of such a map.
    Chosen(Vec<&'static str>),
    /// A map of the filter language with one of these keys, or a list of such maps.
    Filter(&'static [&'static str]),
    /// One of these strings.
    Words(&'static [&'static str]),
}

/// What the keys of a map are.
struct Named {
    params: Vec<&'static Param>,
    rules: &'static [Rule],
    /// The calls that a `type` tells apart.
    items: &'static [Item],
}

impl Named {
    fn fields(params: &'static [Param], rules: &'static [Rule]) -> Named {
        Named { params: params.iter().collect(), rules, items: &[] }
    }

    fn of(tool: &'static Tool) -> Named {
        Named::fields(tool.params, tool.rules)
    }
}

/// What is expected at the argument that is being written.
fn callee(call: &Around<'_>) -> Option<Place> {
    let Bracket::Call { name, method, module: None } = call.bracket else { return None };
    let index = call.commas + usize::from(method);
    match (name, index) {
        ("tool", 0) => return Some(Place::Slug),
        ("tool", 1) => return Some(Place::First(Named::of(tools::by_slug(call.first?)?), Kind::Object)),
        ("with_retry", 0) => {
            return Some(Place::Options(SETTINGS.iter().map(|setting| setting.name).collect()));
        }
        ("person", 0) => return Some(Place::Options(Identifier::ALL.map(Identifier::name).to_vec())),
        _ => {}
    }
    let (tool, sequence) = match tools::by_name(name) {
        Some(tool) => (tool, false),
        None => (tools::by_sequence(name)?, true),
    };
    let own = |param: &Param| sequence && PAGING.contains(&param.name);
    let kind = tool.params.get(index).filter(|param| !own(param)).map(|param| param.kind);
    if index > 0 {
        return kind.map(Place::Value);
    }
    let mut named = Named::of(tool);
    named.params.retain(|param| !own(param));
    Some(Place::First(named, kind.unwrap_or(Kind::Object)))
}

impl Place {
    /// What is expected inside of the next bracket.
    fn step(self, around: &Around<'_>) -> Option<Place> {
        // The outer place is that of a value: the one of the key it stands under.
        let kind = match (self, around.bracket) {
            (Place::First(named, _), Bracket::Map) => return Some(named.inside(around)),
            (Place::Options(names), Bracket::Map) => return Some(Place::Chosen(names)),
            (Place::Filter(names), Bracket::List) => return Some(Place::Filter(names)),
            (Place::Filter(names), Bracket::Map) => return Some(in_filter(names, around)),
            (Place::First(_, kind) | Place::Value(kind) | Place::Entries(kind), _) => kind,
            _ => return None,
        };
        match (kind, around.bracket) {
            (Kind::List { of, .. }, Bracket::List) => Some(Place::Entries(*of)),
            (Kind::Attributes(fields), Bracket::Map) => Some(Named::fields(fields, &[]).inside(around)),
            (Kind::Record { fields, rules }, Bracket::Map) => {
                Some(Named::fields(fields, rules).inside(around))
            }
            (Kind::Call(items), Bracket::Map) => {
                let chosen = around.keys.iter().find(|(key, _)| *key == TYPE).and_then(|(_, value)| *value);
                let item = items.iter().find(|item| Some(item.name) == chosen);
                let named = item.map_or(Named::fields(&[], &[]), |item| Named::of(item.tool));
                Some(Named { items, ..named }.inside(around))
            }
            (Kind::Filter, Bracket::Map) => Some(in_filter(&OPERATORS, around)),
            _ => None,
        }
    }

    fn expects(self, spot: &Spot<'_>, map: Option<&Around<'_>>) -> Option<Expected<'static>> {
        match self {
            Place::First(_, kind) | Place::Value(kind) | Place::Entries(kind) => of_kind(kind),
            Place::Slug => Some(Expected::Words(tools::ALL.iter().map(|tool| tool.slug).collect())),
            Place::Options(_) | Place::Filter(_) => None,
            Place::Words(words) => Some(Expected::Words(words.to_vec())),
            Place::Chosen(names) => {
                let map = map.filter(|map| map.key.is_none())?;
                let there = there(spot, map);
                let missing = names.into_iter().filter(|name| !there.contains(name));
                Some(Expected::Keys(missing.map(|name| Key { name, required: false }).collect()))
            }
            Place::Map(named) => {
                let map = map?;
                if map.key == Some(TYPE) && !named.items.is_empty() {
                    return Some(Expected::Words(named.items.iter().map(|item| item.name).collect()));
                }
                map.key.is_none().then(|| Expected::Keys(named.missing(&there(spot, map))))
            }
        }
    }
}

/// What is expected in a map of the filter language that has one of these keys.
fn in_filter(names: &'static [&'static str], around: &Around<'_>) -> Place {
    match around.key {
        Some(key) if !words_below(key).is_empty() => Place::Words(words_below(key)),
        Some(key) => Place::Filter(keys_below(key)),
        // A filter has one key.
        None if names == OPERATORS && !around.keys.is_empty() => Place::Chosen(vec![]),
        None => Place::Chosen(names.to_vec()),
    }
}

/// The keys that a map has, before the cursor and behind it.
fn there<'t>(spot: &Spot<'t>, map: &Around<'t>) -> Vec<&'t str> {
    map.keys.iter().map(|(key, _)| *key).chain(spot.keys_behind()).collect()
}

fn of_kind(kind: Kind) -> Option<Expected<'static>> {
    match kind {
        Kind::Choice(words) => Some(Expected::Words(words.to_vec())),
        Kind::Segment => Some(Expected::Segment),
        Kind::Bool => Some(Expected::Bool),
        _ => None,
    }
}

impl Named {
    /// What is expected in a map with these keys: a key, or the value of the one that is there.
    fn inside(self, around: &Around<'_>) -> Place {
        let value = around.key.and_then(|key| self.params.iter().find(|param| param.name == key));
        match value {
            Some(param) => Place::Value(param.kind),
            None => Place::Map(self),
        }
    }

    /// The keys that aren't there and can be.
    fn missing(&self, there: &[&str]) -> Vec<Key<'static>> {
        let has = |name: &str| there.contains(&name);
        // One audience shuts out the others.
        let shut = |name: &str| {
            self.rules.iter().any(|rule| match rule {
                Rule::OneAudience(names) => names.contains(&name) && names.iter().any(|name| has(name)),
                _ => false,
            })
        };
        let chosen = self.items.is_empty() || has(TYPE);
        let name = (!chosen).then_some(Key { name: TYPE, required: true });
        let params = self.params.iter().filter(|param| !has(param.name) && !shut(param.name));
        let key = |param: &&Param| Key { name: param.name, required: param.presence == Presence::Required };
        name.into_iter().chain(params.map(key)).collect()
    }
}
