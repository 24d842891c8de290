//! A conversation: inputs that come one after the other, each with the variables, functions and imports that
//! the ones before it left.

use std::collections::HashSet;
use std::sync::Arc;

use rhai::{AST, Caches, Dynamic, Engine, GlobalRuntimeState, Scope};

use super::apart::Copies;
use super::check::{Checked, check};
use super::failure::Known;
use super::host::Host;
use super::shown::{Shown, begun, calls_closures, shown};
use super::survey::{self, Before, Survey};
use super::tools::Result;
use super::world::World;
use super::{Failure, Function, Names, Sources, closure, compile, ended, functions, names, running};

/// The variable that holds the last value.
pub const LAST: &str = "it";

/// An engine, and what is left of the inputs so far.
pub struct Talk {
    engine: Arc<Engine>,
    world: World,
    sources: Sources,
    kept: Kept,
    inputs: usize,
    /// The engine's functions, which stay.
    natives: Vec<Function>,
}

/// What inputs leave for those after them.
struct Kept {
    scope: Scope<'static>,
    /// With the functions of each input in a library of their own: a call takes the last that fits, and an error in
    /// it names the input that it stands in.
    state: GlobalRuntimeState,
    /// All functions together.
    functions: AST,
}

/// An input that was read and not yet said.
pub struct Input {
    ast: AST,
    /// `<repl:12>` of the twelfth; of one from a file, that file.
    pub source: String,
    pub survey: Survey,
}

impl Talk {
    pub fn new(host: Arc<dyn Host>, sources: &Sources) -> Talk {
        let world = World::new(host);
        let engine = running(&world, sources, true);
        let kept =
            Kept { scope: Scope::new(), state: engine.new_global_runtime_state(), functions: AST::empty() };
        let natives = functions::natives(&engine);
        Talk { engine, world, sources: sources.clone(), kept, inputs: 0, natives }
    }

    /// Reads an input, which came from `file` if from any; nothing of it runs.
    ///
    /// # Errors
    /// The first thing that isn't Rhai.
    pub fn read(&mut self, text: &str, file: Option<&str>) -> std::result::Result<Input, Failure> {
        self.inputs += 1;
        let source = file.map_or_else(|| format!("<repl:{}>", self.inputs), str::to_string);
        let ast = compile(&self.engine, text, &source, &self.sources)?;
        let survey = survey::survey(&ast, &self.before());
        Ok(Input { ast, source, survey })
    }

    /// All that the text of an input shows, with what is known of those before it.
    pub fn check(&self, input: &Input) -> Checked {
        check(&self.engine, &self.sources, &input.ast, &input.survey, &self.before())
    }

    /// Runs an input and gives back its value. One that fails leaves everything as it was. Call it on a thread
    /// with [`super::STACK`] bytes of stack that no runtime owns: the host may block.
    ///
    /// # Errors
    /// Why it ended before its end.
    pub fn say(&mut self, input: &Input) -> std::result::Result<Dynamic, Failure> {
        self.run(input, true)
    }

    /// The same, but it leaves everything as it was however it ends.
    ///
    /// # Errors
    /// As [`Talk::say`].
    pub fn ask(&mut self, input: &Input) -> std::result::Result<Dynamic, Failure> {
        self.run(input, false)
    }

    fn run(&mut self, input: &Input, keeps: bool) -> std::result::Result<Dynamic, Failure> {
        closure::begin_stack();
        let Input { ast, source, .. } = input;
        // What runs is put back only if it comes to its end: nothing else can change the copy.
        let copy = self.kept.copy();
        let mut kept = std::mem::replace(&mut self.kept, copy);
        if ast.has_functions() {
            kept.state.lib.push(ast.shared_lib().clone());
            kept.functions.combine(ast.clone_functions_only());
        }
        kept.state.source = Some(source.as_str().into());
        // What an input before it let fall is no error of this one.
        drop(self.world.dropped.take());
        let result = go_on(&self.engine, &mut kept.state, &mut kept.scope, ast);
        let known = || functions::functions(&self.engine, [&**kept.functions.shared_lib()]);
        let variables = names(&kept.scope);
        let known = Known { sources: &self.sources, functions: &known, variables: &variables };
        match ended(result, &self.world, source, &known) {
            Ok(value) => {
                let value = value.flatten();
                if !keeps {
                    return Ok(value);
                }
                if !value.is_unit() {
                    kept.scope.push_dynamic(LAST, value.clone());
                }
                kept.forget_shadowed();
                self.kept = kept;
                Ok(value)
            }
            Err(failure) => Err(failure),
        }
    }

    /// The last value, if there was any.
    pub fn last(&self) -> Option<Dynamic> {
        self.kept.scope.get(LAST).map(Dynamic::flatten_clone)
    }

    /// The type of a value in the words of `type_of`.
    pub fn type_of(&self, value: &Dynamic) -> String {
        self.engine.map_type_name(value.type_name()).to_string()
    }

    /// A value of the input at `source` as plain data: see [`shown`]. It may read what a sequence has yet to read.
    ///
    /// # Errors
    /// Why it can't be read.
    pub fn shown(
        &self,
        value: &Dynamic,
        most: Option<usize>,
        source: &str,
    ) -> std::result::Result<Shown, Failure> {
        closure::begin_stack();
        let own = [&**self.kept.functions.shared_lib()];
        let known = || functions::functions(&self.engine, own);
        let variables = names(&self.kept.scope);
        let known = Known { sources: &self.sources, functions: &known, variables: &variables };
        drop(self.world.dropped.take());
        // Closures are only called to see: where one would write, the sequence stays unread.
        if let Some(most) = most.filter(|_| calls_closures(value)) {
            self.world.host.only_reads(true);
            let begun = begun(&Copies::in_place().of(value), most);
            if !self.world.host.only_reads(false) {
                return ended(begun, &self.world, source, &known);
            }
            drop(self.world.dropped.take());
        }
        ended(shown(value, most), &self.world, source, &known)
    }

    /// Forgets what the inputs so far left, and which modules they read.
    pub fn forget(&mut self) {
        let state = self.engine.new_global_runtime_state();
        self.kept = Kept { scope: Scope::new(), state, functions: AST::empty() };
        self.forget_modules();
    }

    /// Has modules read again where they are imported next.
    pub fn forget_modules(&mut self) {
        self.sources.forget_modules();
    }

    /// What the next input can name.
    pub fn names(&self) -> Names {
        let Kept { scope, state, functions } = &self.kept;
        let own = functions::declared(functions.shared_lib());
        Names {
            functions: own.chain(self.natives.iter().cloned()).collect(),
            variables: names::variables(scope),
            modules: names::modules(state),
        }
    }

    fn before(&self) -> Before {
        let Kept { state, functions, scope } = &self.kept;
        let modules = names::modules(state).into_iter().map(|module| {
            let mut takes = survey::Names::new();
            for function in module.functions {
                takes.entry(function.name).or_default().insert(function.takes.len());
            }
            (module.name, takes)
        });
        Before {
            functions: survey::functions(functions, true),
            modules: modules.collect(),
            variables: names(scope),
        }
    }
}

impl Kept {
    /// A copy that nothing changes any more: what is inside a variable, and what a closure captured, is copied too.
    fn copy(&self) -> Kept {
        let mut copies = Copies::in_place();
        let mut scope = Scope::new();
        for (name, constant, value) in self.scope.iter_raw() {
            let value = copies.of(value);
            match constant {
                true => scope.push_constant_dynamic(name, value),
                false => scope.push_dynamic(name, value),
            };
        }
        let mut state = self.state.clone();
        state.constants = state.constants.map(|constants| copies.constants(&constants));
        Kept { scope, state, functions: self.functions.clone() }
    }

    /// Drops variables that another of the same name hides.
    fn forget_shadowed(&mut self) {
        let mut names = HashSet::new();
        if !self.scope.iter_raw().all(|(name, ..)| names.insert(name)) {
            self.scope = self.scope.clone_visible();
        }
    }
}

/// Runs the statements of `ast` where others ended.
// The one way to go on with what was imported before: `eval_ast_with_scope` begins without.
#[expect(deprecated, reason = "Rhai has it for its internals alone, and the version is pinned")]
fn go_on(
    engine: &Engine,
    state: &mut GlobalRuntimeState,
    scope: &mut Scope<'static>,
    ast: &AST,
) -> Result<Dynamic> {
    engine.eval_statements_raw(state, &mut Caches::new(), scope, ast.statements())
}

/// The variables of a scope.
fn names(scope: &Scope<'_>) -> HashSet<String> {
    scope.iter_raw().map(|(name, ..)| name.to_string()).collect()
}
