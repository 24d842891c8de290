//! Named arguments onto a tool's parameters.

use super::trees::enough;
use crate::fault::{At, Code, Fault, closest};
use crate::spec::{Arg, Held, Identifier, Item, Kind, Step, Tool, Tree};

/// A map's values, sorted into a tool's declared order.
pub struct Bound<'a> {
    held: Vec<Option<Box<dyn Held + 'a>>>,
    /// Keys that are no parameter, the first few of them.
    pub faults: Vec<Fault>,
}

impl Bound<'_> {
    /// The arguments in declared order, `Unit` where the map has none.
    pub fn args(&self) -> Vec<Arg<'_>> {
        self.held.iter().map(|held| held.as_ref().map_or(Arg::Unit, |held| held.arg())).collect()
    }
}

/// Sorts `named` into `tool`'s declared order; a key in `aside` belongs to somebody else.
pub fn bind<'a>(tool: &'static Tool, named: &'a dyn Tree, aside: &[&str]) -> Bound<'a> {
    let mut faults = vec![];
    named.entries(&mut |step, _| {
        if let Step::Key(key) = step
            && tool.param(key).is_none()
            && !aside.contains(&key)
        {
            faults.push(unknown(tool, key));
        }
        enough(&faults)
    });
    Bound { held: tool.params.iter().map(|param| named.get(param.name)).collect(), faults }
}

/// The faults of wrong names, with those of the `rest` that aren't about what is missing: that was most likely
/// meant by one of the names.
pub fn beside(names: Vec<Fault>, rest: Vec<Fault>) -> Vec<Fault> {
    let missing = [Code::ArgumentMissing, Code::ArgumentNoneOf, Code::AudienceMissing];
    let meant = |fault: &Fault| !names.is_empty() && missing.contains(&fault.code);
    let rest: Vec<Fault> = rest.into_iter().filter(|fault| !meant(fault)).collect();
    names.into_iter().chain(rest).collect()
}

fn unknown(tool: &Tool, key: &str) -> Fault {
    let wire = tool.params.iter().find(|param| param.wire == Some(key)).map(|param| param.name);
    // What has an id of its own is meant before a list of them, which may be of whom to write to.
    let mut ids = tool.params.iter().map(|param| param.name).filter(|name| name.ends_with("_id"));
    let only = if key == "id" { ids.next().filter(|_| ids.next().is_none()) } else { None };
    let near = wire.or(only).or_else(|| closest(key, tool.params.iter().map(|param| param.name)));
    let filter = tool.params.iter().find(|param| matches!(param.kind, Kind::Filter));
    let identifier = Identifier::ALL.iter().any(|which| which.name() == key);
    let help = match near {
        _ if identifier && matches!(tool.params.first().map(|param| param.kind), Some(Kind::Person(_))) => {
            "a lone map holds named parameters; make a person of it: person(#{ … })".to_string()
        }
        Some(name) => format!("did you mean `{name}`?"),
        None if key == "segment" && filter.is_some() => {
            let filter = filter.map_or("", |param| param.name);
            format!("the members of a segment are {filter}: #{{ segment: #{{ id: … }} }}")
        }
        None if tool.params.is_empty() => format!("`{}` takes no parameters", tool.name()),
        None => format!("it takes {}", tool.signature()),
    };
    Fault::new(
        Code::ArgumentUnknown,
        At::Key(vec![key.to_string()]),
        format!("`{}` has no parameter `{key}`", tool.name()),
    )
    .label("no such parameter")
    .help(help)
}

/// Which of `items` a call inside a batch is, by its `type`.
pub fn item<'i>(items: &'i [Item], call: &dyn Tree) -> Option<&'i Item> {
    match call.get("type").as_deref().map(|held| held.arg()) {
        Some(Arg::Text(name)) => items.iter().find(|item| item.name == name),
        _ => None,
    }
}
