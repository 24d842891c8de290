//! The names a script uses: functions that there are, modules it imports, arguments it never reads.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use rhai::{AST, ASTFlags, ASTNode, Engine, Expr, FnAccess, FnCallExpr, Position, Stmt};

use super::{Caught, literal};
use crate::engine::failure::{Wrong, place};
use crate::engine::unknown;
use crate::fault::{At, Code, Fault, closest, listed};

/// Functions, with the numbers of arguments each takes.
pub type Names = BTreeMap<String, BTreeSet<usize>>;

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
}

impl Known {
    pub fn of(engine: &Engine) -> Known {
        let mut natives = Names::new();
        let all = engine.collect_fn_metadata(
            None,
            |function| Some((function.metadata.name.to_string(), function.metadata.num_params)),
            true,
        );
        for (name, params) in all {
            natives.entry(name).or_default().insert(params);
        }
        Known { natives }
    }
}

/// A module that a script imports.
pub struct Import {
    /// `None` where only a run tells it.
    pub path: Option<String>,
    pub at: Position,
    alias: String,
}

/// What the text of one file says of names.
#[derive(Default)]
pub struct Said {
    pub imports: Vec<Import>,
    calls: Vec<Named>,
    /// Every variable that is declared somewhere: a call may mean what is in it.
    variables: HashSet<String>,
    /// Whether the script looks itself which functions there are.
    looks: bool,
}

/// A call by name.
struct Named {
    name: String,
    /// The alias before it; `None` for a bare name. One that lies deeper isn't followed.
    module: Option<String>,
    args: usize,
    at: Position,
}

/// Reads the names a file uses.
pub fn names(ast: &AST) -> Said {
    let mut said = Said::default();
    for function in ast.iter_functions() {
        said.variables.extend(function.params.iter().map(ToString::to_string));
        // A method of a type is never called by its bare name, and may share that with a function.
        said.variables.extend(function.this_type.map(|_| function.name.to_string()));
    }
    ast.walk(&mut |path: &[ASTNode<'_>]| {
        match path.last() {
            Some(ASTNode::Expr(Expr::FnCall(call, at)) | ASTNode::Stmt(Stmt::FnCall(call, at))) => {
                said.call(call, *at);
            }
            Some(ASTNode::Stmt(Stmt::Var(parts, ..))) => {
                said.variables.insert(parts.0.name.to_string());
            }
            Some(ASTNode::Stmt(Stmt::For(parts, _))) => {
                said.variables.insert(parts.0.name.to_string());
                said.variables.extend(parts.1.iter().map(|counter| counter.name.to_string()));
            }
            Some(ASTNode::Stmt(Stmt::TryCatch(parts, _))) => {
                if let Expr::Variable(error, ..) = &parts.expr {
                    said.variables.insert(error.1.to_string());
                }
            }
            Some(ASTNode::Stmt(Stmt::Import(import, _))) => {
                let (path_of, alias) = &**import;
                said.imports.push(Import {
                    path: literal(path_of).and_then(|path| path.into_string().ok()),
                    at: path_of.position(),
                    alias: alias.name.to_string(),
                });
            }
            _ => {}
        }
        true
    });
    said
}

impl Said {
    fn call(&mut self, call: &FnCallExpr, at: Position) {
        let name = call.name.as_str();
        self.looks |= name == "is_def_fn";
        if call.is_operator_call() || !rhai::is_valid_identifier(name) {
            return;
        }
        let path: Vec<&str> = call.namespace.path.iter().map(|part| part.name.as_str()).collect();
        let module = match path[..] {
            [] => None,
            [alias] => Some(alias.to_string()),
            _ => return,
        };
        self.calls.push(Named { name: name.to_string(), module, args: call.args.len(), at });
    }

    /// Calls of functions that there aren't. `own` are the file's functions, `modules` what its imports have:
    /// `None` for one that couldn't be read. One that the script catches isn't told.
    pub fn unknown(
        &self,
        ast: &AST,
        known: &Known,
        modules: &[Option<Names>],
        caught: &Caught,
    ) -> Vec<Wrong> {
        if self.looks {
            return vec![];
        }
        let own = functions(ast, true);
        let aliases = self.aliases(modules);
        let wrong = |call: &Named| {
            let fault = match &call.module {
                None => self.bare(call, known, &own)?,
                Some(alias) => match aliases.get(alias.as_str()) {
                    Some(names) => in_module(call, alias, (*names)?)?,
                    None => no_module(alias, aliases.keys().copied())?,
                },
            };
            let place = Some(place(ast.source(), call.at));
            Some(Wrong { faults: vec![fault], call: Some(call.name.clone()), place, ..Wrong::default() })
        };
        self.calls.iter().filter(|call| !caught.contains(call.at)).filter_map(wrong).collect()
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

    fn bare(&self, call: &Named, known: &Known, own: &Names) -> Option<Fault> {
        let name = call.name.as_str();
        if OF_RHAI.contains(&name) || self.variables.contains(name) {
            return None;
        }
        let (ours, theirs) = (own.get(name), known.natives.get(name));
        let takes: BTreeSet<usize> = ours.into_iter().chain(theirs).flatten().copied().collect();
        if takes.is_empty() {
            let names: Vec<String> = own.keys().chain(known.natives.keys()).cloned().collect();
            let names: Vec<String> =
                names.into_iter().filter(|name| rhai::is_valid_identifier(name)).collect();
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
            let all: Vec<String> = names.keys().map(|name| format!("`{alias}::{name}`")).collect();
            Some(match closest(&call.name, names.keys().map(String::as_str)) {
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
    ast.walk(&mut |path: &[ASTNode<'_>]| {
        match path.last() {
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
        }
        true
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
