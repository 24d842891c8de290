//! What can be known of a script and of its modules before anything runs.

use std::collections::{HashMap, HashSet};

use rhai::{AST, Engine, EvalAltResult};

use super::failure::{Known as Names, place};
use super::host::CallError;
use super::modules::{canonical, circle, text};
use super::parsing;
use super::survey::{self, Before, Known, Means, Survey, Takes, functions, names, undefined};
use super::unknown;
use super::{Failure, Frame, Script, Sources, Wrong};
use crate::fault::Fault;

/// What a script's text, and that of the modules it imports by a literal path, shows of it.
#[derive(Default)]
pub struct Checked {
    /// What can't be right, in the order of the text; a module's come after the importing file's.
    pub wrongs: Vec<Wrong>,
    /// What runs, and most likely not as it is meant.
    pub doubtful: Vec<Wrong>,
    /// What the files ask for together; open where one of them can't be read.
    pub takes: Takes,
}

impl Script {
    /// Reads all that the text shows; nothing of it runs. Parsing may go as deep as running: call it on a
    /// thread with [`super::STACK`] bytes of stack.
    pub fn check(&self) -> Checked {
        check(&self.engine, &self.sources, &self.ast, &self.survey, &Before::default())
    }
}

/// The same of a text that goes on where others ended.
pub fn check(engine: &Engine, sources: &Sources, ast: &AST, survey: &Survey, before: &Before) -> Checked {
    let mut check = Check {
        engine,
        sources,
        known: Known::of(engine, unknown::names(&super::functions::functions(engine, []))),
        variables: before.variables.clone(),
        read: HashMap::new(),
        way: vec![],
        imports: vec![],
        functions: HashMap::new(),
        aliases: HashMap::new(),
        catches: false,
        wrongs: vec![],
        doubtful: vec![],
        takes: Takes::default(),
    };
    check.file(ast, survey, before, &[]);
    check.told()
}

/// What is wrong in a file, and what elsewhere would make it right.
struct Found {
    wrong: Wrong,
    unless: Unless,
}

/// What excuses a fault, beside a `try` around the call that leads to it.
enum Unless {
    Called,
    /// Only a `try` around the import of the file: it is found when that is read.
    Imported,
    /// A function of this name in another file: a module has those of whoever calls it.
    Function(String),
    /// Another file's import under this alias.
    Alias(String),
}

/// An import of a file by another.
struct Imported {
    from: String,
    to: String,
    /// Whether a `try` of the importing file may catch what the module's functions throw.
    calls: bool,
    /// Whether one may catch what reading it throws.
    reading: bool,
    /// Whether a function does it.
    later: bool,
}

/// A check on its way through files.
struct Check<'a> {
    engine: &'a Engine,
    sources: &'a Sources,
    known: Known,
    /// What inputs before it left.
    variables: HashSet<String>,
    /// The functions of each module that was read, by its file; `None` where it can't be.
    read: HashMap<String, Option<survey::Names>>,
    /// The modules being read, outermost first.
    way: Vec<String>,
    imports: Vec<Imported>,
    /// The files that have a function of a name, and those that import something under an alias.
    functions: HashMap<String, HashSet<String>>,
    aliases: HashMap<String, HashSet<String>>,
    /// Whether a module has a `try` around what it is given.
    catches: bool,
    wrongs: Vec<Found>,
    doubtful: Vec<Wrong>,
    takes: Takes,
}

impl Check<'_> {
    /// Reads a file that `frames` lead to, innermost first, and the modules it imports.
    fn file(&mut self, ast: &AST, survey: &Survey, before: &Before, frames: &[Frame]) {
        match frames.is_empty() {
            true => self.takes = survey.takes.clone(),
            false => self.takes.add(&survey.takes),
        }
        let said = names(ast);
        let file = ast.source().unwrap_or_default();
        for name in functions(ast, true).into_keys() {
            self.functions.entry(name).or_default().insert(file.to_string());
        }
        for import in &said.imports {
            self.aliases.entry(import.alias.clone()).or_default().insert(file.to_string());
        }
        let above = (std::mem::take(&mut self.wrongs), std::mem::take(&mut self.doubtful));
        let (mut wrongs, mut modules) = (vec![], vec![]);
        for import in &said.imports {
            let module = import.path.as_ref().map(|path| self.module(ast, path, import, survey, frames));
            modules.push(match module {
                Some(Ok(functions)) => functions,
                Some(Err(wrong)) => {
                    self.takes.open = true;
                    let unless = if import.later { Unless::Called } else { Unless::Imported };
                    let caught = survey.caught.contains(import.at);
                    wrongs.extend((!caught).then_some(Found { wrong: *wrong, unless }));
                    None
                }
                None => {
                    self.takes.open = true;
                    None
                }
            });
        }
        let below =
            (std::mem::replace(&mut self.wrongs, above.0), std::mem::replace(&mut self.doubtful, above.1));
        let Survey { unsettled, written, unsound, doubtful, .. } = survey;
        let unknown = said.unknown(ast, before, &self.known, &modules, &survey.caught);
        wrongs.extend(unknown.into_iter().map(|(wrong, means)| {
            // The script itself is where all begins: nobody calls it with functions of theirs.
            let unless = match means {
                Some(means) if !frames.is_empty() => means.into(),
                _ => Unless::Called,
            };
            Found { wrong, unless }
        }));
        let undefined = undefined(ast, before, &survey.caught).into_iter().filter_map(|(name, at)| {
            self.as_it_runs(EvalAltResult::ErrorVariableNotFound(name, at), ast.source())
        });
        wrongs.extend(undefined.map(|wrong| Found { wrong, unless: Unless::Called }));
        let others = [unsettled, written, unsound].into_iter().flatten().cloned();
        wrongs.extend(others.map(|wrong| Found { wrong, unless: Unless::Called }));
        if self.catches {
            wrongs.retain(|found| !survey.caught.handed(found.wrong.place.as_ref()));
        }
        self.catches |= !frames.is_empty() && survey.caught.open;
        wrongs.sort_by_key(|found| position(&found.wrong));
        // Rhai shows a block of several cases once for each.
        wrongs.dedup_by(|a, b| a.wrong == b.wrong);
        let mut doubtful = doubtful.clone();
        doubtful.sort_by_key(position);
        doubtful.dedup();
        for wrong in wrongs.iter_mut().map(|found| &mut found.wrong).chain(&mut doubtful) {
            wrong.frames.extend_from_slice(frames);
        }
        self.wrongs.extend(wrongs.into_iter().chain(below.0));
        self.doubtful.extend(doubtful.into_iter().chain(below.1));
    }

    /// What a run would say of an error in the file `source`.
    fn as_it_runs(&self, error: EvalAltResult, source: Option<&str>) -> Option<Wrong> {
        let functions = || super::functions::functions(self.engine, []);
        let known = Names { sources: self.sources, functions: &functions, variables: &self.variables };
        match Failure::read(error, source.unwrap_or_default(), &known) {
            Failure::Script(wrong) => Some(*wrong),
            Failure::Stopped => None,
        }
    }

    /// What is left of all that was found, now that all files are read.
    fn told(self) -> Checked {
        let mut called: HashSet<&str> = HashSet::new();
        let mut read: HashSet<&str> = HashSet::new();
        loop {
            let before = called.len() + read.len();
            for Imported { from, to, calls, reading, later } in &self.imports {
                let around = called.contains(from.as_str());
                if *calls || around {
                    called.insert(to);
                }
                if *reading || read.contains(from.as_str()) || *later && around {
                    read.insert(to);
                }
            }
            if called.len() + read.len() == before {
                break;
            }
        }
        let elsewhere = |files: Option<&HashSet<String>>, here: &str| {
            files.is_some_and(|files| files.iter().any(|file| file != here))
        };
        let excused = |found: &Found| {
            let Some(file) = found.wrong.place.as_ref().map(|place| place.source.as_str()) else {
                return false;
            };
            match &found.unless {
                Unless::Imported => read.contains(file),
                _ if called.contains(file) => true,
                Unless::Called => false,
                Unless::Function(name) => elsewhere(self.functions.get(name), file),
                Unless::Alias(alias) => elsewhere(self.aliases.get(alias), file),
            }
        };
        let left = self.wrongs.iter().filter(|found| !excused(found));
        let wrongs = left.map(|found| found.wrong.clone()).collect();
        Checked { wrongs, doubtful: self.doubtful, takes: self.takes }
    }

    /// The functions that a module has for others; `None` where it was found before that it can't be read.
    ///
    /// # Errors
    /// Why it can't be read.
    fn module(
        &mut self,
        from: &AST,
        path: &str,
        import: &survey::Import,
        survey: &Survey,
        frames: &[Frame],
    ) -> Result<Option<survey::Names>, Box<Wrong>> {
        let name = canonical(from.source(), path);
        self.sources.want(&name);
        let at = place(from.source(), import.at);
        let reading = survey.caught.contains(import.at);
        let (calls, later) = (survey.caught.modules || reading, import.later);
        self.imports.push(Imported { from: at.source.clone(), to: name.clone(), calls, reading, later });
        let unreadable = |fault: Fault| Box::new(Wrong::of_call(CallError::one("import", fault), at.clone()));
        // What a function imports is read when that is called: the modules around it are there by then.
        if !import.later && self.way.contains(&name) {
            return Err(unreadable(circle(path, &name, &self.way)));
        }
        if let Some(read) = self.read.get(&name) {
            return Ok(read.clone());
        }
        self.read.insert(name.clone(), None);
        let text = text(&name, path).map_err(unreadable)?;
        self.sources.put(&name, &text);
        let mut ast = self.engine.compile(&text).map_err(|error| {
            let error = EvalAltResult::ErrorInModule(name.clone(), error.into(), import.at);
            // What doesn't run isn't stopped either.
            Box::new(self.as_it_runs(error, from.source()).unwrap_or_default())
        })?;
        let frame = Frame { function: format!("import \"{name}\""), place: at, times: 1 };
        if let Some(unread) = parsing::silent(&name, &text) {
            return Err(Box::new(Wrong { frames: vec![frame], ..unread.into() }));
        }
        ast.set_source(&name);
        let frames: Vec<Frame> = std::iter::once(frame).chain(frames.iter().cloned()).collect();
        let around = if import.later { std::mem::take(&mut self.way) } else { self.way.clone() };
        self.way.push(name.clone());
        // A module sees nothing of who imports it.
        let alone = Before::default();
        self.file(&ast, &survey::survey(&ast, &alone), &alone, &frames);
        self.way = around;
        let functions = Some(functions(&ast, false));
        self.read.insert(name, functions.clone());
        Ok(functions)
    }
}

impl From<Means> for Unless {
    fn from(means: Means) -> Unless {
        match means {
            Means::Function(name) => Unless::Function(name),
            Means::Alias(alias) => Unless::Alias(alias),
        }
    }
}

fn position(wrong: &Wrong) -> (usize, usize) {
    wrong.place.as_ref().map_or((0, 0), |place| (place.line, place.column))
}
