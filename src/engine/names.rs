//! What the next input of a conversation can name, for whoever helps its author to write it.

use std::any::TypeId;

use rhai::{Dynamic, GlobalRuntimeState, Map, Module, Scope, Shared};

use super::functions::{Function, declared, in_words};
use super::person::Person;
use crate::spec::Identifier;

/// So many variables are told of: nobody looks through more.
const MOST_VARIABLES: usize = 1_000;
/// So many keys of a map: one that a script fills as it goes has no fields, but entries.
const MOST_FIELDS: usize = 100;

/// What a conversation has by now.
#[derive(Debug, Default)]
pub struct Names {
    /// The functions of earlier inputs, then the engine's.
    pub functions: Vec<Function>,
    pub variables: Vec<Variable>,
    pub modules: Vec<Imported>,
}

/// A variable, with what is known of its value.
#[derive(Clone, Debug, Default)]
pub struct Variable {
    pub name: String,
    /// Its type in the words of a script's author, such as `an array`; empty where there are none.
    pub of: &'static str,
    /// What can be read of it behind a dot: the keys of a map, a person's identifiers.
    pub fields: Vec<String>,
}

/// A module under the name it was imported by.
#[derive(Clone, Debug, Default)]
pub struct Imported {
    pub name: String,
    /// The path or the file that it was read from.
    pub path: String,
    pub functions: Vec<Function>,
}

/// The variables in `scope`. No value is gone through but for its first keys.
pub fn variables(scope: &Scope<'_>) -> Vec<Variable> {
    let variable = |(name, _, value): (&str, bool, &Dynamic)| Variable {
        name: name.to_string(),
        of: in_words(&value.type_id()).flatten().unwrap_or_default(),
        fields: fields(value),
    };
    scope.iter_raw().take(MOST_VARIABLES).map(variable).collect()
}

fn fields(value: &Dynamic) -> Vec<String> {
    if value.type_id() == TypeId::of::<Person>() {
        return Identifier::ALL.iter().map(|identifier| identifier.name().to_string()).collect();
    }
    let map = value.read_lock::<Map>();
    let keys = map.iter().flat_map(|map| map.keys().take(MOST_FIELDS));
    keys.map(ToString::to_string).collect()
}

/// The modules that were imported so far, each name once: the last counts.
pub fn modules(state: &GlobalRuntimeState) -> Vec<Imported> {
    let mut modules: Vec<Imported> = vec![];
    let imports: Vec<(&str, &Shared<Module>)> =
        state.iter_imports_raw().map(|(name, module)| (name.as_str(), module)).collect();
    for (name, module) in imports {
        if modules.iter().all(|known| known.name != name) {
            let path = module.id().unwrap_or_default().to_string();
            modules.push(Imported { name: name.to_string(), path, functions: declared(module).collect() });
        }
    }
    modules
}
