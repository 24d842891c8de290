//! Which of Rhai's functions change what they are called on, by the engine's own word: it lets none of them
//! have a constant.

use std::collections::{BTreeMap, BTreeSet};

use rhai::{EvalAltResult, is_valid_identifier};

use super::*;
use crate::engine::survey::CHANGING;
use crate::engine::world::World;

#[test]
fn the_functions_that_change_what_they_are_called_on_are_known() {
    let world = World::new(Arc::new(Fake::default()));
    let engine = crate::engine::engine(&world, &Sources::default());
    let given = ["", "1", "\"a\"", "'a'", "[1]", "#{}", "blob(1)", "0..1", "f"].map(String::from);
    let mut given = given.to_vec();
    for first in ["0", "\"a\"", "'a'", "0..1", "f"] {
        for second in
            ["1", "\"a\"", "'a'", "[1]", "blob(1)", "1, [1]", "1, blob(1)", "1, 1", "1, \"a\"", "1, 'a'"]
        {
            given.push(format!("{first}, {second}"));
        }
    }
    // Of each function: whether it changed something, and whether it was done without.
    let mut seen: BTreeMap<String, (bool, bool)> = BTreeMap::new();
    let functions = engine.collect_fn_metadata(None, |info| Some(info.metadata.name.to_string()), true);
    let functions: BTreeSet<String> =
        functions.into_iter().filter(|name| is_valid_identifier(name)).collect();
    for name in functions {
        let (mut changed, mut kept) = (false, false);
        for value in ["[1, 2]", "#{ a: 1 }", "\"abc\"", "blob(2)", "newsletters()", "person(#{ id: \"a\" })"]
        {
            let whole = engine.eval::<rhai::Dynamic>(value);
            assert!(whole.is_ok(), "{value}: {whole:?}");
            for given in &given {
                let Ok(ast) =
                    engine.compile(format!("const C = {value}; let f = |x| true; C.{name}({given})"))
                else {
                    continue;
                };
                match engine.eval_ast::<rhai::Dynamic>(&ast).map_err(|error| *error) {
                    Err(EvalAltResult::ErrorNonPureMethodCallOnConstant(..)) => changed = true,
                    Err(EvalAltResult::ErrorFunctionNotFound(..)) => {}
                    _ => kept = true,
                }
            }
        }
        seen.insert(name, (changed, kept));
    }
    let changing: BTreeSet<&str> =
        seen.iter().filter(|(_, seen)| **seen == (true, false)).map(|(name, _)| name.as_str()).collect();
    assert_eq!(changing, CHANGING.iter().copied().collect());
}
