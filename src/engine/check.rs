//! What can be known of a script and of its modules before anything runs.

use std::collections::{HashMap, HashSet};

use rhai::{AST, Engine, EvalAltResult};

use super::failure::{Known as Names, place};
use super::host::CallError;
use super::modules::{canonical, circle, text};
use super::parsing;
use super::survey::{self, Before, Known, Survey, functions, names};
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
        known: Known::of(engine, unknown::names(&super::functions::functions(engine, None))),
        read: HashMap::new(),
        way: vec![],
        imports: vec![],
        found: Checked::default(),
    };
    check.file(ast, survey, before, &[]);
    let caught = check.caught();
    let Checked { mut wrongs, doubtful } = check.found;
    wrongs.retain(|wrong| wrong.place.as_ref().is_none_or(|place| !caught.contains(&place.source)));
    Checked { wrongs, doubtful }
}

/// A check on its way through files.
struct Check<'a> {
    engine: &'a Engine,
    sources: &'a Sources,
    known: Known,
    /// The functions of each module that was read, by its file; `None` where it can't be.
    read: HashMap<String, Option<survey::Names>>,
    /// The modules being read, outermost first.
    way: Vec<String>,
    /// Who imports what, and whether a `try` of the importing file may catch what fails there.
    imports: Vec<(String, String, bool)>,
    found: Checked,
}

impl Check<'_> {
    /// Reads a file that `frames` lead to, innermost first, and the modules it imports.
    fn file(&mut self, ast: &AST, survey: &Survey, before: &Before, frames: &[Frame]) {
        let said = names(ast);
        let mut below = Checked::default();
        std::mem::swap(&mut below, &mut self.found);
        let (mut wrongs, mut modules) = (vec![], vec![]);
        for import in &said.imports {
            let module = import.path.as_ref().map(|path| self.module(ast, path, import, survey, frames));
            modules.push(match module {
                Some(Ok(functions)) => functions,
                Some(Err(wrong)) => {
                    wrongs.extend((!survey.caught.contains(import.at)).then_some(*wrong));
                    None
                }
                None => None,
            });
        }
        std::mem::swap(&mut below, &mut self.found);
        let Survey { unsettled, written, unsound, doubtful, .. } = survey;
        wrongs.extend(said.unknown(ast, before, &self.known, &modules, &survey.caught));
        wrongs.extend([unsettled, written, unsound].into_iter().flatten().cloned());
        wrongs.sort_by_key(position);
        // Rhai shows a block of several cases once for each.
        wrongs.dedup();
        let mut doubtful = doubtful.clone();
        doubtful.sort_by_key(position);
        doubtful.dedup();
        for wrong in wrongs.iter_mut().chain(&mut doubtful) {
            wrong.frames.extend_from_slice(frames);
        }
        self.found.wrongs.extend(wrongs.into_iter().chain(below.wrongs));
        self.found.doubtful.extend(doubtful.into_iter().chain(below.doubtful));
    }

    /// The modules in which the script may catch what fails.
    fn caught(&self) -> HashSet<String> {
        let mut caught: HashSet<String> = HashSet::new();
        loop {
            let before = caught.len();
            let more = self.imports.iter().filter(|(from, _, here)| *here || caught.contains(from));
            let more: Vec<String> = more.map(|(_, to, _)| to.clone()).collect();
            caught.extend(more);
            if caught.len() == before {
                return caught;
            }
        }
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
        let at = place(from.source(), import.at);
        let caught = survey.caught.modules || survey.caught.contains(import.at);
        self.imports.push((at.source.clone(), name.clone(), caught));
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
            let none = Vec::new;
            let known = Names { sources: self.sources, functions: &none };
            match Failure::read(error, from.source().unwrap_or_default(), &known) {
                Failure::Script(wrong) => wrong,
                // What doesn't run isn't stopped either.
                Failure::Stopped => Box::default(),
            }
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

fn position(wrong: &Wrong) -> (usize, usize) {
    wrong.place.as_ref().map_or((0, 0), |place| (place.line, place.column))
}
