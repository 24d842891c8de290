//! The functions a script can call, with what they take.

use std::any::TypeId;
use std::ops::{Range, RangeInclusive};

use rhai::{Array, Blob, Dynamic, Engine, FLOAT, FnPtr, INT, ImmutableString, Map, Module};

use super::person::Person;
use super::sequence::Sequence;

/// A function, or one of several under its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    pub name: String,
    /// What each parameter takes, in the words of a script's author; `None` takes anything.
    pub takes: Vec<Option<&'static str>>,
    /// Whether the script declares it.
    pub own: bool,
    /// The names of its parameters, where it is written in a script; a native has none.
    pub params: Vec<String>,
}

impl Function {
    /// Whether it takes a value of that type at that place.
    pub fn fits(&self, index: usize, given: &str) -> bool {
        self.takes.get(index).is_some_and(|takes| takes.is_none_or(|takes| takes == given))
    }
}

/// The functions a script can call by name: its `own`, then ours and Rhai's. Those over types that no script
/// has are left out.
pub fn functions<'a>(engine: &Engine, own: impl IntoIterator<Item = &'a Module>) -> Vec<Function> {
    own.into_iter().flat_map(declared).chain(natives(engine)).collect()
}

/// The functions that a script or a module declares.
pub fn declared(own: &Module) -> impl Iterator<Item = Function> {
    own.iter_script_fn_info().map(|(.., name, parameters, function)| Function {
        name: name.to_string(),
        takes: vec![None; parameters],
        own: true,
        params: function.params.iter().map(ToString::to_string).collect(),
    })
}

/// Ours and Rhai's, by name.
pub fn natives(engine: &Engine) -> Vec<Function> {
    let natives = engine.collect_fn_metadata(
        None,
        |function| {
            let takes: Option<Vec<_>> = function.metadata.param_types.iter().map(in_words).collect();
            let name = function.metadata.name.to_string();
            Some(Function { name, takes: takes?, own: false, params: vec![] })
        },
        true,
    );
    // Operators and properties are registered as functions too.
    let mut natives: Vec<Function> =
        natives.into_iter().filter(|function| rhai::is_valid_identifier(&function.name)).collect();
    // Rhai's own names for what we answer.
    let printing =
        |name: &str| Function { name: name.to_string(), takes: vec![None], own: false, params: vec![] };
    natives.extend(["print", "debug"].map(printing));
    natives.sort_by(|a, b| a.name.cmp(&b.name));
    natives
}

/// The words for a type, `Some(None)` for any; `None` for one that no script has.
pub fn in_words(of: &TypeId) -> Option<Option<&'static str>> {
    let types = [
        (TypeId::of::<INT>(), "an integer"),
        (TypeId::of::<FLOAT>(), "a float"),
        (TypeId::of::<bool>(), "a boolean"),
        (TypeId::of::<char>(), "a character"),
        (TypeId::of::<()>(), "()"),
        (TypeId::of::<ImmutableString>(), "a string"),
        (TypeId::of::<Array>(), "an array"),
        (TypeId::of::<Blob>(), "a blob"),
        (TypeId::of::<Map>(), "a map"),
        (TypeId::of::<FnPtr>(), "a function"),
        (TypeId::of::<Range<INT>>(), "a range"),
        (TypeId::of::<RangeInclusive<INT>>(), "a range"),
        (TypeId::of::<Person>(), "a person"),
        (TypeId::of::<Sequence>(), "a lazy sequence"),
    ];
    if *of == TypeId::of::<Dynamic>() {
        return Some(None);
    }
    types.into_iter().find(|(known, _)| known == of).map(|(_, words)| Some(words))
}
