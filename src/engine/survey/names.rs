//! The names a script uses: functions that there are, modules it imports, arguments it never reads.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use rhai::{AST, ASTFlags, ASTNode, Engine, Expr, FnAccess, FnCallExpr, Position, Stmt};

use super::{Caught, literal, tool_of, walk};
use crate::engine::failure::{Wrong, place};
use crate::engine::unknown;
use crate::fault::{At, Code, Fault, closest, listed};
use crate::tools;

/// Functions, with the numbers of arguments each takes.
pub type Names = BTreeMap<String, BTreeSet<usize>>;

/// What inputs before a text left for it.
#[derive(Clone, Debug, Default)]
pub struct Before {
    pub functions: Names,
    /// The functions of modules, by their aliases.
    pub modules: HashMap<String, Names>,
    pub variables: HashSet<String>,
}

/// Calls that Rhai answers itself, with as many arguments as they like.
const OF_RHAI: [&str; 11] = [
    "Fn",
    "call",
    "curry",
    "debug",
    "eval",
    "is_def_fn",
    "is_def_var",
    "is_shared",
    "print",
    "tag",
    "type_of",
];

/// What can be called by its bare name anywhere.
pub struct Known {
    natives: Names,
    /// Those that a misspelled name may have meant.
    meant: Vec<String>,
}

impl Known {
    /// `meant` are the names that somebody may have had in mind, of all that the engine has.
    pub fn of(engine: &Engine, meant: Vec<String>) -> Known {
        let mut natives = Names::new();
        let all = engine.collect_fn_metadata(
            None,
            |function| Some((function.metadata.name.to_string(), function.metadata.num_params)),
            true,
        );
        for (name, params) in all {
            natives.entry(name).or_default().insert(params);
        }
        Known { natives, meant }
    }
}

/// A module that a script imports.
pub struct Import {
    /// `None` where only a run tells it.
    pub path: Option<String>,
    pub at: Position,
    /// Whether a function does it, so not before that is called.
    pub later: bool,
    pub alias: String,
}

/// What the text of one file says of names.
#[derive(Default)]
pub struct Said {
    pub imports: Vec<Import>,
    calls: Vec<Named>,
    /// Every variable that is declared somewhere: a call may mean what is in it.
    variables: HashSet<String>,
    /// The functions of which the script looks itself whether there are; `None` where only a run tells which.
    looks: Option<HashSet<String>>,
}

/// What a name that isn't known stands for.
pub enum Means {
    Function(String),
    Alias(String),
}

/// A call by name.
struct Named {
    name: String,
    /// The alias before it; `None` for a bare name. One that lies deeper isn't followed.
    module: Option<String>,
    /// Of the alias.
    module_at: Position,
    args: usize,
    at: Position,
}

/// Reads the names a file uses.
pub fn names(ast: &AST) -> Said {
    let looks = Some(HashSet::new());
    let mut said = Said { variables: declared(ast), looks, ..Said::default() };
    let mut loaded: HashSet<Position> = HashSet::new();
    for statement in ast.statements() {
        statement.walk(&mut vec![], &mut |path: &[ASTNode<'_>]| {
            if let Some(ASTNode::Stmt(Stmt::Import(import, _))) = path.last() {
                loaded.insert(import.0.position());
            }
            true
        });
    }
    walk(ast, &mut |path| match path.last() {
        Some(ASTNode::Expr(Expr::FnCall(call, at)) | ASTNode::Stmt(Stmt::FnCall(call, at))) => {
            said.call(call, *at);
        }
        Some(ASTNode::Stmt(Stmt::Import(import, _))) => {
            let (path, alias) = &**import;
            said.imports.push(Import {
                path: literal(path).and_then(|path| path.into_string().ok()),
                at: path.position(),
                later: !loaded.contains(&path.position()),
                alias: alias.name.to_string(),
            });
        }
        _ => {}
    });
    said
}

/// Every variable that is declared somewhere.
pub fn declared(ast: &AST) -> HashSet<String> {
    variables(ast, &mut |_| true)
}

/// The variables that may hold a function: any but those that a tool's answer or a literal is put in.
pub fn held(ast: &AST) -> HashSet<String> {
    variables(ast, &mut |value| match value {
        Expr::FnCall(call, _) => call.is_qualified() || tool_of(call).is_none(),
        Expr::Array(..) | Expr::Map(..) | Expr::InterpolatedString(..) => false,
        other => literal(other).is_none(),
    })
}

/// The variables that are declared somewhere, of those with a value the ones that `counts` is true of; and the
/// methods of types, which are never called by their bare names.
fn variables(ast: &AST, counts: &mut dyn FnMut(&Expr) -> bool) -> HashSet<String> {
    let mut names: HashSet<String> = HashSet::new();
    for function in ast.iter_functions() {
        names.extend(function.params.iter().map(ToString::to_string));
        names.extend(function.this_type.map(|_| function.name.to_string()));
    }
    walk(ast, &mut |path| match path.last() {
        Some(ASTNode::Stmt(Stmt::Var(parts, ..))) if counts(&parts.1) => {
            names.insert(parts.0.name.to_string());
        }
        Some(ASTNode::Stmt(Stmt::Assignment(parts))) => {
            if let Expr::Variable(variable, ..) = &parts.1.lhs {
                names.insert(variable.1.to_string());
            }
        }
        Some(ASTNode::Stmt(Stmt::For(parts, _))) => {
            names.insert(parts.0.name.to_string());
            names.extend(parts.1.iter().map(|counter| counter.name.to_string()));
        }
        Some(ASTNode::Stmt(Stmt::TryCatch(parts, _))) => {
            if let Expr::Variable(error, ..) = &parts.expr {
                names.insert(error.1.to_string());
            }
        }
        _ => {}
    });
    names
}

impl Said {
    fn call(&mut self, call: &FnCallExpr, at: Position) {
        let name = call.name.as_str();
        if name == "is_def_fn" {
            let looked = call.args.first().and_then(literal).and_then(|name| name.into_string().ok());
            match (looked, &mut self.looks) {
                (Some(looked), Some(looks)) => drop(looks.insert(looked)),
                _ => self.looks = None,
            }
        }
        if call.is_operator_call() || !rhai::is_valid_identifier(name) {
            return;
        }
        let path: Vec<&str> = call.namespace.path.iter().map(|part| part.name.as_str()).collect();
        let module = match path[..] {
            [] => None,
            [alias] => Some(alias.to_string()),
            _ => return,
        };
        let module_at = call.namespace.path.first().map_or(at, |part| part.pos);
        self.calls.push(Named { name: name.to_string(), module, module_at, args: call.args.len(), at });
    }

    /// Calls of functions that there aren't. `own` are the file's functions, `modules` what its imports have:
    /// `None` for one that couldn't be read. One that the script catches isn't told.
    pub fn unknown(
        &self,
        ast: &AST,
        before: &Before,
        known: &Known,
        modules: &[Option<Names>],
        caught: &Caught,
    ) -> Vec<(Wrong, Option<Means>)> {
        let Some(looks) = &self.looks else { return vec![] };
        let mut own = before.functions.clone();
        for (name, takes) in functions(ast, true) {
            own.entry(name).or_default().extend(takes);
        }
        let mut aliases: HashMap<&str, Option<&Names>> =
            before.modules.iter().map(|(alias, names)| (alias.as_str(), Some(names))).collect();
        aliases.extend(self.aliases(modules));
        let fault = |call: &Named| match &call.module {
            None => self.bare(call, known, &own, &before.variables),
            Some(alias) => match aliases.get(alias.as_str()) {
                Some(names) => in_module(call, alias, (*names)?),
                None => no_module(alias, aliases.keys().copied()),
            },
        };
        // A name that is wrong is so in many calls, and to look for a near one takes long.
        let mut said: HashMap<(Option<&str>, &str, usize), Option<Fault>> = HashMap::new();
        let mut wrongs = vec![];
        let told = |call: &&Named| !caught.contains(call.at) && !looks.contains(&call.name);
        for call in self.calls.iter().filter(told) {
            let as_before = (call.module.as_deref(), call.name.as_str(), call.args);
            if let Some(fault) = said.entry(as_before).or_insert_with(|| fault(call)).clone() {
                // A module that isn't there is marked itself.
                let module = fault.code == Code::ModuleUnreadable;
                let place = Some(place(ast.source(), if module { call.module_at } else { call.at }));
                let name = call.name.clone();
                let means = match &call.module {
                    None => Some(Means::Function(name.clone())),
                    Some(alias) if module => Some(Means::Alias(alias.clone())),
                    Some(_) => None,
                };
                let call = Some(name).filter(|_| !module);
                wrongs.push((Wrong { faults: vec![fault], call, place, ..Wrong::default() }, means));
            }
        }
        wrongs
    }

    /// The modules by their aliases; `None` for what isn't known, or has several meanings.
    fn aliases<'m>(&'m self, modules: &'m [Option<Names>]) -> HashMap<&'m str, Option<&'m Names>> {
        let mut aliases: HashMap<&str, Option<&Names>> = HashMap::new();
        for (import, names) in self.imports.iter().zip(modules) {
            let several = aliases.contains_key(import.alias.as_str());
            aliases.insert(&import.alias, names.as_ref().filter(|_| !several));
        }
        aliases
    }

    fn bare(&self, call: &Named, known: &Known, own: &Names, held: &HashSet<String>) -> Option<Fault> {
        let name = call.name.as_str();
        if OF_RHAI.contains(&name) || self.variables.contains(name) || held.contains(name) {
            return None;
        }
        // What a tool takes is told with its arguments.
        if !own.contains_key(name) && (tools::by_name(name).is_some() || tools::by_sequence(name).is_some()) {
            return None;
        }
        let (ours, theirs) = (own.get(name), known.natives.get(name));
        let takes: BTreeSet<usize> = ours.into_iter().chain(theirs).flatten().copied().collect();
        if takes.is_empty() {
            let own = own.keys().filter(|name| rhai::is_valid_identifier(name));
            let names: Vec<String> = own.chain(&known.meant).cloned().collect();
            return Some(unknown::function(&format!("{name} ()"), &names));
        }
        (!takes.contains(&call.args)).then(|| unknown::wrong_count(name, takes, call.args))
    }
}

fn in_module(call: &Named, alias: &str, names: &Names) -> Option<Fault> {
    match names.get(&call.name) {
        Some(takes) if takes.contains(&call.args) => None,
        Some(takes) => {
            Some(unknown::wrong_count(&format!("{alias}::{}", call.name), takes.iter().copied(), call.args))
        }
        None => {
            let message = format!("the module `{alias}` has no function `{}`", call.name);
            let fault = Fault::new(Code::UnknownFunction, At::Call, message).label("unknown function");
            let names = || names.keys().map(String::as_str).filter(|name| rhai::is_valid_identifier(name));
            let all: Vec<String> = names().map(|name| format!("`{alias}::{name}`")).collect();
            Some(match closest(&call.name, names()) {
                Some(near) => fault.help(format!("did you mean `{alias}::{near}`?")),
                None if all.is_empty() => fault.help("it has none that can be called from outside"),
                None => fault.help(format!("it has {}", listed(&all, "and"))),
            })
        }
    }
}

fn no_module<'n>(alias: &str, known: impl Iterator<Item = &'n str>) -> Option<Fault> {
    // Rhai's own, where the constants of a script are.
    if alias == "global" {
        return None;
    }
    let fault = Fault::new(Code::ModuleUnreadable, At::Call, format!("no module is imported as `{alias}`"))
        .label("unknown module");
    Some(match closest(alias, known.filter(|known| !known.is_empty())) {
        Some(near) => fault.help(format!("did you mean `{near}`?")),
        None => fault.help(format!("import it: import \"…\" as {alias};")),
    })
}

/// The functions of a file that can be called, from itself or from outside.
pub fn functions(ast: &AST, within: bool) -> Names {
    let mut names = Names::new();
    for function in ast.iter_functions().filter(|function| within || function.access == FnAccess::Public) {
        names.entry(function.name.to_string()).or_default().insert(function.params.len());
    }
    names
}

/// The arguments that a script asks for, and never uses what it got.
pub fn unused(ast: &AST) -> Vec<Wrong> {
    let mut used: HashSet<String> = HashSet::new();
    let mut asked: Vec<(String, String, Position)> = vec![];
    let mut looks = false;
    walk(ast, &mut |path| match path.last() {
        Some(ASTNode::Expr(Expr::Variable(variable, ..))) => {
            used.insert(variable.1.to_string());
        }
        Some(ASTNode::Stmt(Stmt::Export(names, _))) => {
            used.insert(names.0.name.to_string());
        }
        Some(ASTNode::Expr(Expr::FnCall(call, _))) => looks |= call.name == "is_def_var",
        Some(ASTNode::Stmt(Stmt::Var(parts, flags, _))) if !flags.contains(ASTFlags::EXPORTED) => {
            let (variable, value, _) = &**parts;
            if let Expr::FnCall(call, _) = value
                && ["arg", "arg_int"].contains(&call.name.as_str())
                && !call.is_qualified()
                && !variable.name.starts_with('_')
                && let Some(name) =
                    call.args.first().and_then(literal).and_then(|name| name.into_string().ok())
            {
                asked.push((variable.name.to_string(), name, variable.pos));
            }
        }
        _ => {}
    });
    let own = |name: &str| ast.iter_functions().any(|function| function.name == name);
    if looks || own("arg") || own("arg_int") {
        return vec![];
    }
    let unused = asked.into_iter().filter(|(variable, ..)| !used.contains(variable));
    let wrong = unused.map(|(variable, name, at)| {
        let message = format!("the argument `{name}` is asked for and never used");
        let fault = Fault::new(Code::ScriptArgumentUnused, At::Call, message)
            .label("never read")
            .help(format!("leave it out; `_{variable}` says that it isn't needed"));
        Wrong { faults: vec![fault], place: Some(place(ast.source(), at)), ..Wrong::default() }
    });
    wrong.collect()
}
