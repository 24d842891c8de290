//! Lazy sequences over the pages of a read. A page is fetched when its first item is asked for.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use rhai::{AST, Array, Dynamic, Engine, EvalAltResult, FnPtr, INT, NativeCallContext};
use serde::Deserialize;

use super::failure::place;
use super::host::{Call, CallError, Host, Site};
use super::person::Person;
use super::tools::{Result, arities, dynamics, fail, halt, with_args};
use super::values::hold;
use crate::fault::{At, Code, Fault, Place};
use crate::request;
use crate::spec::{Arg, Held, Pages, Tool};
use crate::tools;

/// The engine and script a sequence calls its closures with; set when the script starts.
pub type Running = Arc<OnceLock<Weak<Machine>>>;

/// An engine together with the script that runs on it.
pub struct Machine {
    pub engine: Engine,
    pub ast: AST,
}

/// A description of items, cheap to copy. Going through it again fetches again.
#[derive(Clone)]
pub struct Sequence {
    stage: Arc<Stage>,
    world: World,
}

/// What all sequences of a script share.
#[derive(Clone)]
pub struct World {
    pub host: Arc<dyn Host>,
    pub running: Running,
    pub dropped: Arc<Dropped>,
}

/// An error that the language let fall: a `for` loop with an empty body ignores what its iterator
/// says. The script is stopped at its next step and fails with this.
#[derive(Default)]
pub struct Dropped {
    any: AtomicBool,
    error: Mutex<Option<(Box<EvalAltResult>, Place)>>,
}

impl Dropped {
    pub fn any(&self) -> bool {
        self.any.load(Ordering::Relaxed)
    }

    /// The first error that was dropped, and where its sequence was made.
    pub fn take(&self) -> Option<(Box<EvalAltResult>, Place)> {
        self.any.store(false, Ordering::Relaxed);
        self.error.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn put(&self, error: Box<EvalAltResult>, place: Place) {
        self.error.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert((error, place));
        self.any.store(true, Ordering::Relaxed);
    }
}

enum Stage {
    Pages(Source),
    Map(Sequence, FnPtr),
    Filter(Sequence, FnPtr),
    Take(Sequence, usize),
    Skip(Sequence, usize),
    Chunks(Sequence, usize),
}

/// The read a sequence comes from.
#[derive(Clone)]
struct Source {
    tool: &'static Tool,
    pages: Pages,
    /// In declared order.
    args: Vec<Dynamic>,
    /// Where the sequence was made, for faults that Rhai would drop.
    place: Place,
}

type Items = Box<dyn Iterator<Item = Result<Dynamic>>>;

impl IntoIterator for Sequence {
    type Item = Result<Dynamic>;
    type IntoIter = Items;

    fn into_iter(self) -> Items {
        let world = self.world.clone();
        let (dropped, place) = (world.dropped.clone(), self.source().place.clone());
        let items: Items = match &*self.stage {
            Stage::Pages(source) => Box::new(Pager::new(source.clone(), world)),
            Stage::Map(inner, f) => {
                let f = f.clone();
                Box::new(
                    inner.clone().into_iter().map(move |item| item.and_then(|item| world.apply(&f, item))),
                )
            }
            Stage::Filter(inner, f) => {
                let f = f.clone();
                Box::new(inner.clone().into_iter().filter_map(move |item| {
                    let item = match item {
                        Ok(item) => item,
                        Err(error) => return Some(Err(error)),
                    };
                    match world.keeps(&f, &item) {
                        Ok(true) => Some(Ok(item)),
                        Ok(false) => None,
                        Err(error) => Some(Err(error)),
                    }
                }))
            }
            Stage::Take(inner, n) => Box::new(inner.clone().into_iter().take(*n)),
            Stage::Skip(inner, n) => Box::new(Skip { items: inner.clone().into_iter(), left: *n }),
            Stage::Chunks(inner, n) => Box::new(Chunks { items: inner.clone().into_iter(), size: *n }),
        };
        Box::new(Guard { items, failed: None, over: false, dropped, place })
    }
}

/// Ends after the first error, and keeps an error that nobody carried on.
struct Guard {
    items: Items,
    failed: Option<Box<EvalAltResult>>,
    over: bool,
    dropped: Arc<Dropped>,
    place: Place,
}

impl Iterator for Guard {
    type Item = Result<Dynamic>;

    fn next(&mut self) -> Option<Result<Dynamic>> {
        if let Some(error) = self.failed.take() {
            // Asked again after an error: it fell. Whoever carries an error on never asks again.
            self.dropped.put(error, self.place.clone());
        }
        if self.over {
            return None;
        }
        let item = self.items.next();
        if let Some(Err(error)) = &item {
            self.failed = Some(copy(error));
            self.over = true;
        }
        item
    }
}

/// Rhai's errors can't be cloned; what a run tells of one can.
fn copy(error: &EvalAltResult) -> Box<EvalAltResult> {
    Box::new(match error {
        EvalAltResult::ErrorRuntime(value, position) => EvalAltResult::ErrorRuntime(value.clone(), *position),
        EvalAltResult::ErrorTerminated(value, position) => {
            EvalAltResult::ErrorTerminated(value.clone(), *position)
        }
        EvalAltResult::ErrorInFunctionCall(name, source, inner, position) => {
            EvalAltResult::ErrorInFunctionCall(name.clone(), source.clone(), copy(inner), *position)
        }
        other => EvalAltResult::ErrorRuntime(other.to_string().into(), other.position()),
    })
}

impl World {
    fn apply(&self, f: &FnPtr, item: Dynamic) -> Result<Dynamic> {
        match self.running.get().and_then(Weak::upgrade) {
            Some(machine) => f.call(&machine.engine, &machine.ast, (item,)),
            None => Err("the sequence outlived its script".into()),
        }
    }

    fn keeps(&self, f: &FnPtr, item: &Dynamic) -> Result<bool> {
        let kept = self.apply(f, item.clone())?;
        kept.as_bool().map_err(|_| {
            let held = hold(&kept);
            let message = format!(
                "the function given to `filter` returned {}, not true or false",
                held.arg().type_name()
            );
            fail(CallError::one("filter", Fault::new(Code::ArgumentType, At::Call, message)))
        })
    }
}

/// Reads page after page.
struct Pager {
    source: Source,
    world: World,
    items: std::vec::IntoIter<Dynamic>,
    /// `None` before the first page; then the cursor of the next, empty after the last.
    cursor: Option<String>,
    seen: HashSet<String>,
}

/// The part of a page that says where the next one is.
#[derive(Deserialize)]
struct Next {
    #[serde(default)]
    next: Option<String>,
}

impl Pager {
    fn new(source: Source, world: World) -> Pager {
        Pager { source, world, items: Vec::new().into_iter(), cursor: None, seen: HashSet::new() }
    }

    /// Fetches a page; `false` after the last.
    fn fetch(&mut self) -> Result<bool> {
        if self.cursor.as_ref().is_some_and(String::is_empty) {
            return Ok(false);
        }
        let tool = self.source.tool;
        let held: Vec<_> = self.source.args.iter().map(hold).collect();
        let mut args: Vec<Arg<'_>> = held.iter().map(Held::arg).collect();
        let mut set = |name: &str, arg| {
            if let Some((i, _)) = tool.param(name) {
                args.resize(args.len().max(i + 1), Arg::Unit);
                args[i] = arg;
            }
        };
        set(LIMIT, Arg::Int(i64::from(self.source.pages.size)));
        if let Some(cursor) = &self.cursor {
            set(START, Arg::Text(cursor));
        }
        let place = &self.source.place;
        let site = Site { source: &place.source, line: place.line, column: place.column };
        let reply = self.world.host.call(Call { tool, args: &args, site }).map_err(halt)?;
        let super::host::Reply::Answer(body) = reply else { return Ok(false) };
        let (items, next) = read(tool, self.source.pages, &body)
            .map_err(|fault| fail(CallError::one(self.source.pages.sequence, fault)))?;
        self.items = items.into_iter();
        let next = next.unwrap_or_default();
        if !next.is_empty() && !self.seen.insert(next.clone()) {
            let message = format!(
                "the pages of `{}` lead in a circle: a page was announced twice",
                self.source.pages.sequence
            );
            let fault = Fault::new(Code::CursorLoops, At::Call, message)
                .label("stopped here")
                .help("Customer.io gave the same cursor again; what was read so far is complete up to it. Run it again later");
            return Err(fail(CallError::one(self.source.pages.sequence, fault)));
        }
        self.cursor = Some(next);
        Ok(true)
    }
}

const LIMIT: &str = "limit";
const START: &str = "start";

/// A page's items and the cursor of the next page.
fn read(
    tool: &Tool,
    pages: Pages,
    body: &[u8],
) -> std::result::Result<(Vec<Dynamic>, Option<String>), Fault> {
    #[derive(Deserialize)]
    struct People {
        identifiers: Vec<Person>,
    }
    let wrong = |why: String| {
        Fault::new(
            Code::AnswerUnreadable,
            At::Call,
            format!("the answer of `{}` can't be read: {why}", tool.name()),
        )
        .label("unexpected answer")
    };
    let next = serde_json::from_slice::<Next>(body).map_err(|why| wrong(why.to_string()))?.next;
    if pages.people {
        let people = serde_json::from_slice::<People>(body).map_err(|why| wrong(why.to_string()))?;
        return Ok((people.identifiers.into_iter().map(Dynamic::from).collect(), next));
    }
    let page: Dynamic = serde_json::from_slice(body).map_err(|why| wrong(why.to_string()))?;
    let items = page.try_cast::<rhai::Map>().and_then(|mut page| page.remove(pages.items));
    let items = items.and_then(|items| items.into_array().ok());
    Ok((items.ok_or_else(|| wrong(format!("it has no list of {}", pages.items)))?, next))
}

impl Iterator for Pager {
    type Item = Result<Dynamic>;

    fn next(&mut self) -> Option<Result<Dynamic>> {
        loop {
            if let Some(item) = self.items.next() {
                return Some(Ok(item));
            }
            match self.fetch() {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

/// Passes over items, but not over errors.
struct Skip {
    items: Items,
    left: usize,
}

impl Iterator for Skip {
    type Item = Result<Dynamic>;

    fn next(&mut self) -> Option<Result<Dynamic>> {
        while self.left > 0 {
            self.left -= 1;
            if let Err(error) = self.items.next()? {
                return Some(Err(error));
            }
        }
        self.items.next()
    }
}

/// Items in arrays of `size`.
struct Chunks {
    items: Items,
    size: usize,
}

impl Iterator for Chunks {
    type Item = Result<Dynamic>;

    fn next(&mut self) -> Option<Result<Dynamic>> {
        let chunk: Result<Array> = self.items.by_ref().take(self.size).collect();
        match chunk {
            Ok(chunk) if chunk.is_empty() => None,
            Ok(chunk) => Some(Ok(Dynamic::from_array(chunk))),
            Err(error) => Some(Err(error)),
        }
    }
}

/// Registers the sequences of the catalogue and what can be done with one.
pub fn register(engine: &mut Engine, world: &World) {
    engine
        .register_type_with_name::<Sequence>("Sequence")
        .register_iterator_result::<Sequence, Dynamic>()
        .register_fn("map", |sequence: &mut Sequence, f: FnPtr| sequence.then(|inner| Stage::Map(inner, f)))
        .register_fn("filter", |sequence: &mut Sequence, f: FnPtr| {
            sequence.then(|inner| Stage::Filter(inner, f))
        })
        .register_fn("take", |sequence: &mut Sequence, n: INT| {
            natural("take", n, 0).map(|n| sequence.then(|inner| Stage::Take(inner, n)))
        })
        .register_fn("skip", |sequence: &mut Sequence, n: INT| {
            natural("skip", n, 0).map(|n| sequence.then(|inner| Stage::Skip(inner, n)))
        })
        .register_fn("chunks", |sequence: &mut Sequence, n: INT| {
            natural("chunks", n, 1).map(|n| sequence.then(|inner| Stage::Chunks(inner, n)))
        })
        .register_fn("chunks", |array: &mut Array, n: INT| -> Result<Array> {
            let n = natural("chunks", n, 1)?;
            Ok(array.chunks(n).map(|chunk| Dynamic::from_array(chunk.to_vec())).collect())
        })
        .register_fn("to_array", |sequence: &mut Sequence| {
            sequence.clone().into_iter().collect::<Result<Array>>()
        })
        .register_fn("count", |sequence: &mut Sequence| -> Result<INT> {
            let mut n = 0;
            for item in sequence.clone() {
                let _: Dynamic = item?;
                n += 1;
            }
            Ok(n)
        })
        .register_fn("to_string", |sequence: &mut Sequence| sequence.describe())
        .register_fn("to_debug", |sequence: &mut Sequence| sequence.describe());
    for tool in tools::ALL {
        let Some(pages) = tool.pages else { continue };
        for arity in arities(tool.params.len()) {
            let world = world.clone();
            engine.register_raw_fn(
                pages.sequence,
                dynamics(arity),
                move |context, args: &mut [&mut Dynamic]| start(tool, pages, &world, &context, args),
            );
        }
    }
}

/// Makes a sequence, and finds at once what is wrong with its arguments.
fn start(
    tool: &'static Tool,
    pages: Pages,
    world: &World,
    context: &NativeCallContext,
    args: &mut [&mut Dynamic],
) -> Result<Sequence> {
    let place = place(context.call_source(), context.call_position());
    let args = named_or_ordered(tool, pages, args)?;
    Ok(Sequence { stage: Arc::new(Stage::Pages(Source { tool, pages, args, place })), world: world.clone() })
}

fn named_or_ordered(tool: &'static Tool, pages: Pages, given: &mut [&mut Dynamic]) -> Result<Vec<Dynamic>> {
    let renamed = |error: Box<EvalAltResult>| match *error {
        EvalAltResult::ErrorRuntime(value, position) => match value.try_cast::<CallError>() {
            Some(error) => fail(CallError { tool: pages.sequence.to_string(), ..error }),
            None => Box::new(EvalAltResult::ErrorRuntime(Dynamic::UNIT, position)),
        },
        other => Box::new(other),
    };
    with_args(tool, given, |args| {
        let mut faults = request::check(tool, args);
        for name in [LIMIT, START] {
            if tool.param(name).and_then(|(i, _)| args.get(i)).is_some_and(|arg| !matches!(arg, Arg::Unit)) {
                let message = format!("`{}` goes through all pages and sets `{name}` itself", pages.sequence);
                faults.push(
                    Fault::new(Code::ArgumentUnknown, At::Value(vec![name.to_string()]), message)
                        .label("not taken here")
                        .help("`.take(n)` ends a sequence after n items; the tool itself reads one page"),
                );
            }
        }
        if faults.is_empty() { Ok(()) } else { Err(fail(CallError::new(tool.name(), faults))) }
    })
    .map_err(renamed)?;
    // A sequence outlives the call, so it keeps its arguments. A map of names is put in order.
    let by_name = match &given[..] {
        [one] if one.is_map() => one.as_map_ref().ok().map(|map| map.clone()),
        _ => None,
    };
    Ok(match by_name {
        Some(map) => {
            tool.params.iter().map(|param| map.get(param.name).cloned().unwrap_or_default()).collect()
        }
        None => given.iter().map(|value| value.flatten_clone()).collect(),
    })
}

fn natural(name: &str, n: INT, least: INT) -> Result<usize> {
    if n >= least {
        return Ok(usize::try_from(n).unwrap_or(usize::MAX));
    }
    let message = format!("`{name}` takes {least} or more, and got {n}");
    Err(fail(CallError::one(name, Fault::new(Code::ArgumentRange, At::Call, message).label("out of range"))))
}

impl Sequence {
    fn then(&self, stage: impl FnOnce(Sequence) -> Stage) -> Sequence {
        Sequence { stage: Arc::new(stage(self.clone())), world: self.world.clone() }
    }

    /// The read it all comes from.
    fn source(&self) -> &Source {
        let mut stage = &*self.stage;
        loop {
            stage = match stage {
                Stage::Pages(source) => return source,
                Stage::Map(inner, _)
                | Stage::Filter(inner, _)
                | Stage::Take(inner, _)
                | Stage::Skip(inner, _)
                | Stage::Chunks(inner, _) => &inner.stage,
            };
        }
    }

    /// What it is, without fetching anything.
    fn describe(&self) -> String {
        format!("a lazy sequence of {}", self.source().pages.sequence)
    }
}
