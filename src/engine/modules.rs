//! Where `import` finds modules: files beside the importing one, and the library that is built in.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use rhai::{AST, Engine, EvalAltResult, Module, ModuleResolver, Position, Scope};

use super::failure::place;
use super::host::CallError;
use super::tools::{Result, fail};
use crate::fault::{At, Code, Fault, closest, io_in_words, text_of};

/// The library written in Rhai: each module's path and text.
pub const LIBRARY: &[(&str, &str)] = &[
    ("std/broadcasts", include_str!("../../stdlib/broadcasts.rhai")),
    ("std/dates", include_str!("../../stdlib/dates.rhai")),
    ("std/messages", include_str!("../../stdlib/messages.rhai")),
    ("std/people", include_str!("../../stdlib/people.rhai")),
    ("std/report", include_str!("../../stdlib/report.rhai")),
    ("std/segments", include_str!("../../stdlib/segments.rhai")),
    ("std/wait", include_str!("../../stdlib/wait.rhai")),
];

/// The text of every source that took part in a run, for its diagnostics.
#[derive(Clone, Default)]
pub struct Sources(Arc<Mutex<HashMap<String, Arc<str>>>>, Closures, Arc<Catches>, Loaded, Wanted);

/// The modules that were read, by the name of their file.
type Loaded = Arc<Mutex<HashMap<String, Arc<Module>>>>;

/// The files of the modules that were looked for, whether or not they are there.
type Wanted = Arc<Mutex<HashSet<String>>>;

/// The variables that files put what they catch into.
#[derive(Default)]
struct Catches {
    /// What [`trait_of`] gives of each: spares nearly all other variables from the lock, at each of their readings.
    traits: AtomicU64,
    names: RwLock<HashSet<String>>,
}

/// A bit that a name has by its length and its first letter.
fn trait_of(name: &str) -> u64 {
    let first = name.as_bytes().first().copied().unwrap_or_default();
    1 << ((usize::from(first) + 7 * name.len()) % 64)
}

/// The file of each closure, by Rhai's name for it; `None` where two files have the same.
type Closures = Arc<Mutex<HashMap<String, Option<String>>>>;

impl Sources {
    pub fn put(&self, name: &str, text: &str) {
        let caught: Vec<&str> = caught(text).collect();
        if !caught.is_empty() {
            let mut names = self.2.names.write().unwrap_or_else(PoisonError::into_inner);
            let traits = caught.iter().fold(0, |all, name| all | trait_of(name));
            names.extend(caught.into_iter().map(str::to_string));
            self.2.traits.fetch_or(traits, Ordering::Relaxed);
        }
        locked(&self.0).insert(name.to_string(), text.into());
    }

    pub fn get(&self, name: &str) -> Option<Arc<str>> {
        locked(&self.0).get(name).cloned()
    }

    /// Keeps that a module's file was looked for.
    pub fn want(&self, name: &str) {
        locked(&self.4).insert(name.to_string());
    }

    /// The files that took part, and those of modules that would have if they were there. For whoever waits for one of
    /// them to change.
    pub fn files(&self) -> Vec<String> {
        let mut files: HashSet<String> = locked(&self.4).clone();
        files.extend(locked(&self.0).keys().cloned());
        files.into_iter().filter(|name| !name.starts_with("std/")).collect()
    }

    /// Has modules read again where they are imported next: their files may have changed.
    pub fn forget_modules(&self) {
        let mut texts = locked(&self.0);
        for (name, _) in locked(&self.3).drain() {
            texts.remove(&name);
        }
    }

    /// Whether a `catch` of some file puts an error into a variable of that name.
    pub fn catches(&self, name: &str) -> bool {
        self.2.traits.load(Ordering::Relaxed) & trait_of(name) != 0
            && self.2.names.read().unwrap_or_else(PoisonError::into_inner).contains(name)
    }

    /// Keeps which closures a file has. Rhai takes one for a part of the file that calls it.
    pub fn put_closures(&self, ast: &AST) {
        let Some(file) = ast.source() else { return };
        let mut closures = locked(&self.1);
        for function in ast.iter_functions().filter(|function| is_closure(function.name)) {
            let known = closures.entry(function.name.to_string()).or_insert_with(|| Some(file.to_string()));
            known.take_if(|known| known != file);
        }
    }

    /// The file in which a closure is written.
    pub fn of_closure(&self, name: &str) -> Option<String> {
        locked(&self.1).get(name).cloned().flatten()
    }
}

/// The variables that a text puts what it catches into.
fn caught(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices("catch").filter_map(|(at, word)| {
        let name = text[at + word.len()..].trim_start().strip_prefix('(')?.split(')').next()?.trim();
        rhai::is_valid_identifier(name).then_some(name)
    })
}

/// Whether a function's name is one that Rhai gives to a closure.
pub fn is_closure(name: &str) -> bool {
    name.starts_with("anon$")
}

/// Finds modules. What it has read is kept with the sources of a run, so that the next run reads a saved file again.
pub struct Resolver {
    sources: Sources,
    /// The modules being loaded, outermost first: an import that leads back is a circle.
    loading: Mutex<Vec<String>>,
}

impl Resolver {
    pub fn new(sources: Sources) -> Resolver {
        Resolver { sources, loading: Mutex::default() }
    }
}

/// The text of the module `path`, whose file is `name`.
///
/// # Errors
/// A fault when there is none that can be read.
pub fn text(name: &str, path: &str) -> std::result::Result<String, Fault> {
    let fault = |message: String| Fault::new(Code::ModuleUnreadable, At::Call, message).label("not found");
    if path.starts_with("std/") {
        let names = || LIBRARY.iter().map(|(name, _)| *name);
        return LIBRARY
            .iter()
            .find(|(known, _)| *known == path)
            .map(|(_, text)| (*text).to_string())
            .ok_or_else(|| {
                let fault = fault(format!("the library has no module \"{path}\""));
                match closest(path, names()) {
                    Some(near) => fault.help(format!("did you mean \"{near}\"?")),
                    None => fault.help(format!("it has {}", names().collect::<Vec<_>>().join(", "))),
                }
            });
    }
    let bytes = std::fs::read(name).map_err(|why| {
        let fault = fault(format!("the module \"{path}\" can't be read: {}", io_in_words(&why)));
        match near(name, path) {
            Some(near) => fault.help(format!("did you mean \"{near}\"?")),
            None => {
                fault.help(format!("it was looked for at {name}; a path is relative to the importing file"))
            }
        }
    })?;
    text_of(name, bytes, Code::ModuleUnreadable)
}

/// The path of a module that lies where `name` isn't, and has nearly its name.
fn near(name: &str, path: &str) -> Option<String> {
    let folder = Path::new(name).parent().filter(|folder| !folder.as_os_str().is_empty());
    let entries = std::fs::read_dir(folder.unwrap_or(Path::new("."))).ok()?;
    let names: Vec<String> = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    let modules = names.iter().filter_map(|name| name.strip_suffix(".rhai"));
    let wanted = Path::new(path).file_stem()?.to_str()?;
    let near = closest(wanted, modules)?;
    Some(Path::new(path).with_file_name(near).to_string_lossy().into_owned())
}

/// The fault of a module that is imported while it is itself being read: `loading` is the way there.
pub fn circle(path: &str, name: &str, loading: &[String]) -> Fault {
    let way = loading.iter().map(|name| short(name)).collect::<Vec<_>>().join(" → ");
    let message = format!("\"{path}\" imports itself: {way} → {}", short(name));
    Fault::new(Code::ModuleUnreadable, At::Call, message)
        .label("a circle")
        .help("move what both need into a third module")
}

/// The name a module's file has whoever imports it.
pub fn canonical(from: Option<&str>, path: &str) -> String {
    if path.starts_with("std/") {
        return path.to_string();
    }
    let folder = from.map(Path::new).and_then(Path::parent).unwrap_or(Path::new(""));
    let mut file: PathBuf = folder.join(path);
    if file.extension().is_none_or(|extension| extension != "rhai") {
        let mut name = file.into_os_string();
        name.push(".rhai");
        file = name.into();
    }
    let file = file.canonicalize().unwrap_or(file);
    // Shorter to read, and just as unique: a process doesn't change its folder.
    let here = std::env::current_dir().and_then(|here| here.canonicalize());
    let file = here.ok().and_then(|here| file.strip_prefix(here).ok().map(Path::to_path_buf)).unwrap_or(file);
    file.to_string_lossy().into_owned()
}

impl ModuleResolver for Resolver {
    fn resolve(
        &self,
        engine: &Engine,
        source: Option<&str>,
        path: &str,
        at: Position,
    ) -> Result<Arc<Module>> {
        let name = canonical(source, path);
        self.sources.want(&name);
        if let Some(module) = locked(&self.sources.3).get(&name) {
            return Ok(module.clone());
        }
        let raise = |fault: Fault| {
            let place = Some(place(source, at));
            let mut error = fail(CallError { place, ..CallError::one("import", fault) });
            error.set_position(at);
            error
        };
        {
            let mut loading = locked(&self.loading);
            if loading.contains(&name) {
                return Err(raise(circle(path, &name, &loading)));
            }
            loading.push(name.clone());
        }
        // What was checked is what runs, also when the file has changed since.
        let known = self.sources.get(&name).map(|text| text.to_string());
        let module = known.map_or_else(|| text(&name, path).map_err(raise), Ok).and_then(|text| {
            self.sources.put(&name, &text);
            let mut ast = engine
                .compile(&text)
                .map_err(|error| Box::new(EvalAltResult::ErrorInModule(name.clone(), error.into(), at)))?;
            ast.set_source(&name);
            self.sources.put_closures(&ast);
            Module::eval_ast_as_new(Scope::new(), &ast, engine)
                .map_err(|error| Box::new(EvalAltResult::ErrorInModule(name.clone(), error, at)))
        });
        locked(&self.loading).pop();
        let module = Arc::new(module?);
        locked(&self.sources.3).insert(name, module.clone());
        Ok(module)
    }
}

fn locked<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}

fn short(name: &str) -> String {
    Path::new(name).file_name().map_or_else(|| name.to_string(), |name| name.to_string_lossy().into_owned())
}
