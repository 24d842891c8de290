//! Scripts: plain Rhai, with every tool a native function.

mod apart;
mod caught;
mod check;
mod closure;
mod errors;
mod failure;
mod filling;
mod foreign;
mod functions;
mod host;
mod keys;
pub mod library;
pub mod manual;
mod modules;
mod names;
mod natives;
mod ndjson;
mod pages;
mod parallel;
mod parsing;
mod people;
mod person;
mod reading;
mod reasons;
mod retrying;
mod rows;
pub mod scan;
mod sequence;
mod spot;
mod shown;
mod survey;
mod talk;
mod text;
mod tools;
mod unknown;
mod unseen;
mod values;
mod withheld;
mod world;

#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::sync::Arc;

use rhai::packages::{
    BasicArrayPackage, BasicBlobPackage, BasicMapPackage, BasicMathPackage, BitFieldPackage, CorePackage,
    LogicPackage, MoreStringPackage, Package,
};
use rhai::{AST, Dynamic, Engine, EvalAltResult, OptimizationLevel};

pub use check::Checked;
pub use failure::{Failure, Frame, Wrong};
pub use functions::Function;
pub use host::{Ahead, Call, CallError, Flushed, Halt, Host, Look, Reply, Site};
pub use modules::{LIBRARY, Sources};
pub use names::{Imported, Names, Variable};
pub use natives::like;
pub use pages::PAGING;
pub use person::Person;
pub use reading::Reading;
pub use shown::{Shown, shown};
pub use survey::{Argument, Raised, Survey, Takes, Used};
pub use talk::{Input, LAST, Talk};
pub use text::{Column, drawn};

use failure::Known;
use survey::Before;
use world::World;

/// The stack of the thread a script runs on: enough for the deepest calls the limits allow, also in
/// builds without optimisation.
pub const STACK: usize = 64 << 20;

/// Limits are set here one by one, because Rhai's own differ between builds. Strings, arrays and maps have none: with
/// any of the three every `push` would walk the whole array.
const MAX_CALL_LEVELS: usize = 128;
const MAX_EXPR_DEPTH: usize = 128;
const MAX_FUNCTION_EXPR_DEPTH: usize = 64;
const MAX_VARIABLES: usize = 10_000;
/// Steps on one sequence: each item goes through all of them, one call inside the other.
const MAX_STEPS: usize = 100;

/// An engine with a script on it, ready to run once.
pub struct Script {
    engine: Arc<Engine>,
    ast: AST,
    world: World,
    source: String,
    sources: Sources,
    pub survey: Survey,
}

impl Script {
    /// Compiles `text`, which came from the file `source`; its calls go to `host`.
    ///
    /// # Errors
    /// The first thing that isn't Rhai.
    pub fn compile(
        text: &str,
        source: &str,
        host: Arc<dyn Host>,
        sources: &Sources,
    ) -> Result<Script, Failure> {
        let world = World::new(host);
        // Rhai asks at each reading of a variable, so only where the script or a module of its may catch.
        let catches = ["catch", "import"].iter().any(|word| text.contains(word));
        let engine = running(&world, sources, catches);
        let ast = compile(&engine, text, source, sources)?;
        let survey = survey::survey(&ast, &Before::default());
        Ok(Script { engine, ast, world, source: source.to_string(), sources: sources.clone(), survey })
    }

    /// Runs the script to its end. Call it on a thread with [`STACK`] bytes of stack that no runtime
    /// owns: the host may block.
    ///
    /// # Errors
    /// Why it ended before.
    pub fn run(&self) -> Result<(), Failure> {
        closure::begin_stack();
        let result = self.engine.eval_ast::<Dynamic>(&self.ast);
        let known = || functions::functions(&self.engine, [&**self.ast.shared_lib()]);
        let known = Known { sources: &self.sources, functions: &known, variables: &HashSet::new() };
        ended(result, &self.world, &self.source, &known).map(drop)
    }
}

/// Compiles what came from `source`.
///
/// # Errors
/// The first thing that isn't Rhai.
fn compile(engine: &Engine, text: &str, source: &str, sources: &Sources) -> Result<AST, Failure> {
    sources.put(source, text);
    let mut ast = engine.compile(text).map_err(|error| {
        let known = || functions::functions(engine, []);
        let known = Known { sources, functions: &known, variables: &HashSet::new() };
        Failure::read(EvalAltResult::from(error), source, &known)
    })?;
    if let Some(unread) = parsing::silent(source, text) {
        return Err(Failure::unread(unread));
    }
    ast.set_source(source);
    sources.put_closures(&ast);
    Ok(ast)
}

/// What the script at `source` came to; an error that the language let fall counts before its own.
///
/// # Errors
/// Why it ended before its end.
fn ended<T>(
    result: Result<T, Box<EvalAltResult>>,
    world: &World,
    source: &str,
    known: &Known<'_>,
) -> Result<T, Failure> {
    let Some((error, place)) = world.dropped.take() else {
        return result.map_err(|error| Failure::read(*error, source, known));
    };
    Err(match Failure::read(*error, &place.source, known) {
        Failure::Script(mut wrong) => {
            wrong.place.get_or_insert(place);
            Failure::Script(wrong)
        }
        Failure::Stopped => Failure::Stopped,
    })
}

/// The engine of `world`, which its sequences call closures on; with `catches`, for texts that may catch errors.
fn running(world: &World, sources: &Sources, catches: bool) -> Arc<Engine> {
    let mut engine = engine(world, sources);
    if catches {
        caught::register(&mut engine, sources);
    }
    let engine = Arc::new(engine);
    // A world is made with its engine, so this is the first time it is set.
    let _ = world.running.set(Arc::downgrade(&engine));
    engine
}

/// An engine with everything a script can use, and nothing else.
fn engine(world: &World, sources: &Sources) -> Engine {
    let mut engine = Engine::new_raw();
    // Rhai's standard packages but the one with the clock: the time is a call of the host.
    CorePackage::new().register_into_engine(&mut engine);
    BitFieldPackage::new().register_into_engine(&mut engine);
    LogicPackage::new().register_into_engine(&mut engine);
    BasicMathPackage::new().register_into_engine(&mut engine);
    BasicArrayPackage::new().register_into_engine(&mut engine);
    BasicBlobPackage::new().register_into_engine(&mut engine);
    BasicMapPackage::new().register_into_engine(&mut engine);
    MoreStringPackage::new().register_into_engine(&mut engine);

    engine
        // The optimiser would lose the places of what it folds.
        .set_optimization_level(OptimizationLevel::None)
        .set_max_call_levels(MAX_CALL_LEVELS)
        .set_max_expr_depths(MAX_EXPR_DEPTH, MAX_FUNCTION_EXPR_DEPTH)
        .set_max_variables(MAX_VARIABLES)
        .set_fail_on_invalid_map_property(true)
        .disable_symbol("eval");
    engine.set_module_resolver(modules::Resolver::new(sources.clone()));

    let (host, dropped) = (world.host.clone(), world.dropped.clone());
    engine.on_progress(move |_| (host.stopped() || dropped.any()).then_some(Dynamic::UNIT));

    errors::register(&mut engine);
    person::register(&mut engine);
    filling::register(&mut engine);
    natives::register(&mut engine, &world.host);
    text::register(&mut engine);
    unseen::register(&mut engine);
    retrying::register(&mut engine, &world.host);
    parallel::register(&mut engine, &world.host);
    sequence::register(&mut engine, world);
    tools::register(&mut engine, &world.host);
    withheld::register(&mut engine, &world.host);
    engine
}

/// The parameters of a function beside the tools that tells which of its arguments is wrong, in order.
pub fn parameters(function: &str) -> Option<&'static [&'static str]> {
    match function {
        parallel::PARALLEL => Some(parallel::PARAMETERS),
        _ => retrying::block_parameters(function),
    }
}
