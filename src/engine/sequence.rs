//! Lazy sequences over the pages of a read, or the lines of a file. A page is fetched when its first item is
//! asked for.

use std::sync::Arc;

use rhai::{Array, Dynamic, Engine, EvalAltResult, FnPtr, INT, ImmutableString, NativeCallContext};

use super::MAX_STEPS;
use super::apart::Copies;
use super::closure::Closure;
use super::host::CallError;
use super::keys::{Asks, Keyed, has_items, items};
use super::ndjson::{Lines, READ};
use super::pages::{Pager, Source};
use super::tools::{Result, arities, dynamics, fail, placed};
use super::withheld::known;
use super::world::{Dropped, World};
use crate::fault::{At, Code, Fault, Place};
use crate::tools;

/// A description of items, cheap to copy. Going through it again fetches again.
#[derive(Clone)]
pub struct Sequence {
    stage: Arc<Stage>,
    /// The stages between this one and the pages.
    steps: usize,
    world: World,
}

enum Stage {
    Pages(Source),
    Lines(Lines),
    Map(Sequence, Closure),
    Filter(Sequence, Closure),
    Take(Sequence, usize),
    Skip(Sequence, usize),
    Chunks(Sequence, usize),
    /// What is asked of the keys, and of whose others, which are an array or a sequence.
    Keyed(Sequence, Asks, Option<Dynamic>, Closure),
    Chain(Sequence, Sequence),
}

pub type Items = Box<dyn Iterator<Item = Result<Dynamic>>>;

impl IntoIterator for Sequence {
    type Item = Result<Dynamic>;
    type IntoIter = Items;

    fn into_iter(self) -> Items {
        self.items(true)
    }
}

impl Sequence {
    /// `whole` says that nothing behind it ends it before its end.
    fn items(self, whole: bool) -> Items {
        let world = self.world.clone();
        let (dropped, place) = (world.dropped.clone(), self.made().1.clone());
        let items: Items = match &*self.stage {
            Stage::Pages(source) => Box::new(Pager::new(source.clone(), world, whole)),
            Stage::Lines(lines) => Box::new(lines.clone().values()),
            Stage::Map(inner, f) => {
                let f = f.begin();
                Box::new(
                    inner.clone().items(whole).map(move |item| item.and_then(|item| world.apply(&f, item))),
                )
            }
            Stage::Filter(inner, f) => {
                let f = f.begin();
                Box::new(inner.clone().items(whole).filter_map(move |item| {
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
            Stage::Take(inner, n) => Box::new(inner.clone().items(false).take(*n)),
            Stage::Skip(inner, n) => Box::new(Skip { items: inner.clone().items(whole), left: *n }),
            Stage::Chunks(inner, n) => Box::new(Chunks { items: inner.clone().items(whole), size: *n }),
            Stage::Keyed(inner, asks, others, f) => {
                let others = others.as_ref().map(items);
                Box::new(Keyed::new(*asks, inner.clone().items(whole), others, f.begin(), world))
            }
            Stage::Chain(first, second) => {
                let second = second.clone();
                let rest = std::iter::once_with(move || second.items(whole)).flatten();
                Box::new(first.clone().items(whole).chain(rest))
            }
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
        EvalAltResult::ErrorStackOverflow(position) => EvalAltResult::ErrorStackOverflow(*position),
        EvalAltResult::ErrorFunctionNotFound(signature, position) => {
            EvalAltResult::ErrorFunctionNotFound(signature.clone(), *position)
        }
        EvalAltResult::ErrorVariableNotFound(name, position) => {
            EvalAltResult::ErrorVariableNotFound(name.clone(), *position)
        }
        EvalAltResult::ErrorPropertyNotFound(name, position) => {
            EvalAltResult::ErrorPropertyNotFound(name.clone(), *position)
        }
        EvalAltResult::ErrorDotExpr(message, position) => {
            EvalAltResult::ErrorDotExpr(message.clone(), *position)
        }
        EvalAltResult::ErrorDataTooLarge(what, position) => {
            EvalAltResult::ErrorDataTooLarge(what.clone(), *position)
        }
        other => EvalAltResult::ErrorRuntime(other.to_string().into(), other.position()),
    })
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
        .register_fn("map", |context: NativeCallContext, sequence: &mut Sequence, f: FnPtr| {
            placed(&context, sequence.then("map", |inner| Stage::Map(inner, Closure::new(f, &context))))
        })
        .register_fn("filter", |context: NativeCallContext, sequence: &mut Sequence, f: FnPtr| {
            placed(&context, sequence.then("filter", |inner| Stage::Filter(inner, Closure::new(f, &context))))
        })
        .register_fn("take", |context: NativeCallContext, sequence: &mut Sequence, n: INT| {
            let n = natural("take", n, 0);
            placed(&context, n.and_then(|n| sequence.then("take", |inner| Stage::Take(inner, n))))
        })
        .register_fn("skip", |context: NativeCallContext, sequence: &mut Sequence, n: INT| {
            let n = natural("skip", n, 0);
            placed(&context, n.and_then(|n| sequence.then("skip", |inner| Stage::Skip(inner, n))))
        })
        .register_fn("chunks", |context: NativeCallContext, sequence: &mut Sequence, n: INT| {
            let n = natural("chunks", n, 1);
            placed(&context, n.and_then(|n| sequence.then("chunks", |inner| Stage::Chunks(inner, n))))
        })
        .register_fn("chunks", |context: NativeCallContext, array: &mut Array, n: INT| -> Result<Array> {
            let n = placed(&context, natural("chunks", n, 1))?;
            Ok(array.chunks(n).map(|chunk| Dynamic::from_array(chunk.to_vec())).collect())
        })
        .register_fn("chain", |context: NativeCallContext, first: &mut Sequence, second: Sequence| {
            let deep = if second.steps > first.steps { &second } else { &*first };
            let (first, then) = (first.clone(), second.clone());
            placed(&context, deep.then("chain", |_| Stage::Chain(first, then)))
        })
        .register_fn("to_array", |context: NativeCallContext, sequence: &mut Sequence| {
            placed(&context, sequence.clone().into_iter().collect::<Result<Array>>())
        })
        .register_fn("count", |context: NativeCallContext, sequence: &mut Sequence| {
            placed(&context, sequence.clone().into_iter().try_fold(0, |n: INT, item| item.map(|_| n + 1)))
        })
        .register_fn("to_string", |sequence: &mut Sequence| sequence.describe())
        .register_fn("to_debug", |sequence: &mut Sequence| sequence.describe());
    for asks in [Asks::Unique, Asks::Repeated] {
        let w = world.clone();
        engine.register_fn(asks.name(), move |context: NativeCallContext, of: Dynamic, f: FnPtr| {
            placed(&context, keyed(&w, &context, asks, of, None, f))
        });
    }
    for asks in [Asks::Within, Asks::Without] {
        let w = world.clone();
        engine.register_fn(
            asks.name(),
            move |context: NativeCallContext, of: Dynamic, others: Dynamic, f: FnPtr| {
                placed(&context, keyed(&w, &context, asks, of, Some(others), f))
            },
        );
    }
    let w = world.clone();
    engine.register_fn(READ, move |context: NativeCallContext, path: ImmutableString| -> Result<Sequence> {
        let lines = Lines::read(&*w.host, &context, path)?;
        Ok(Sequence { stage: Arc::new(Stage::Lines(lines)), steps: 0, world: w.clone() })
    });
    for tool in tools::ALL {
        let Some(pages) = tool.pages else { continue };
        for arity in arities(tool.params.len()) {
            let world = world.clone();
            engine.register_raw_fn(
                pages.sequence,
                dynamics(arity),
                move |context, args: &mut [&mut Dynamic]| -> Result<Sequence> {
                    known(&*world.host, &context, args)?;
                    let source = Source::new(tool, pages, &context, args, world.host.workspace())?;
                    Ok(Sequence { stage: Arc::new(Stage::Pages(source)), steps: 0, world: world.clone() })
                },
            );
        }
    }
}

/// The items of `of`, a sequence or an array, whose keys are as asked: a sequence of one, an array of the other.
fn keyed(
    world: &World,
    context: &NativeCallContext<'_>,
    asks: Asks,
    of: Dynamic,
    others: Option<Dynamic>,
    f: FnPtr,
) -> Result<Dynamic> {
    let closure = Closure::new(f, context);
    // What it isn't is told here, and not when the sequence is gone through.
    for given in std::iter::once(&of).chain(&others) {
        has_items(asks.name(), given)?;
    }
    if let Some(sequence) = of.read_lock::<Sequence>() {
        let stage = |inner| Stage::Keyed(inner, asks, others, closure);
        return Ok(Dynamic::from(sequence.then(asks.name(), stage)?));
    }
    let compared = others.as_ref().map(items);
    let all = Keyed::new(asks, items(&of), compared, closure.begin(), world.clone());
    Ok(Dynamic::from_array(all.collect::<Result<Array>>()?))
}

fn natural(name: &str, n: INT, least: INT) -> Result<usize> {
    if n >= least {
        return Ok(usize::try_from(n).unwrap_or(usize::MAX));
    }
    let message = format!("`{name}` takes {least} or more, and got {n}");
    Err(fail(CallError::one(name, Fault::new(Code::ArgumentRange, At::Call, message).label("out of range"))))
}

impl Sequence {
    fn then(&self, name: &str, stage: impl FnOnce(Sequence) -> Stage) -> Result<Sequence> {
        if self.steps == MAX_STEPS {
            let message = format!("a sequence has at most {MAX_STEPS} steps, and this is one more");
            let fault = Fault::new(Code::ScriptLimit, At::Call, message)
                .label("one step too many")
                .help("do more in one step; `.to_array()` reads what there is so far");
            return Err(fail(CallError::one(name, fault)));
        }
        let stage = Arc::new(stage(self.clone()));
        Ok(Sequence { stage, steps: self.steps + 1, world: self.world.clone() })
    }

    /// A copy whose steps share no captured variable with this one's.
    pub fn apart(&self, copies: &mut Copies) -> Sequence {
        let stage = match &*self.stage {
            Stage::Pages(source) => Stage::Pages(source.clone()),
            Stage::Lines(lines) => Stage::Lines(lines.clone()),
            Stage::Map(inner, f) => Stage::Map(inner.apart(copies), f.apart(copies)),
            Stage::Filter(inner, f) => Stage::Filter(inner.apart(copies), f.apart(copies)),
            Stage::Take(inner, n) => Stage::Take(inner.apart(copies), *n),
            Stage::Skip(inner, n) => Stage::Skip(inner.apart(copies), *n),
            Stage::Chunks(inner, n) => Stage::Chunks(inner.apart(copies), *n),
            Stage::Keyed(inner, asks, others, f) => {
                let others = others.as_ref().map(|others| copies.of(others));
                Stage::Keyed(inner.apart(copies), *asks, others, f.apart(copies))
            }
            Stage::Chain(first, second) => Stage::Chain(first.apart(copies), second.apart(copies)),
        };
        Sequence { stage: Arc::new(stage), steps: self.steps, world: self.world.clone() }
    }

    /// The function that all of it comes from, of two the first, and where the script calls it.
    fn made(&self) -> (&'static str, &Place) {
        let mut stage = &*self.stage;
        loop {
            stage = match stage {
                Stage::Pages(source) => return (source.pages.sequence, &source.place),
                Stage::Lines(lines) => return (READ, &lines.place),
                Stage::Map(inner, _)
                | Stage::Filter(inner, _)
                | Stage::Take(inner, _)
                | Stage::Skip(inner, _)
                | Stage::Chunks(inner, _)
                | Stage::Keyed(inner, ..)
                | Stage::Chain(inner, _) => &inner.stage,
            };
        }
    }

    /// What it is, without fetching anything.
    fn describe(&self) -> String {
        format!("a lazy sequence of {}", self.of())
    }

    /// The function that all of it comes from.
    pub fn of(&self) -> &'static str {
        self.made().0
    }

    /// Whether to read it calls functions of the script.
    pub fn calls_closures(&self) -> bool {
        match &*self.stage {
            Stage::Pages(_) | Stage::Lines(_) => false,
            Stage::Map(..) | Stage::Filter(..) | Stage::Keyed(..) => true,
            Stage::Chain(first, second) => first.calls_closures() || second.calls_closures(),
            Stage::Take(inner, _) | Stage::Skip(inner, _) | Stage::Chunks(inner, _) => inner.calls_closures(),
        }
    }

    /// Its first `n` items, for somebody who doesn't go on to its end.
    pub fn begin(&self, n: usize) -> impl Iterator<Item = Result<Dynamic>> {
        self.clone().items(false).take(n)
    }
}
