//! The catalogue as native functions.

use std::any::TypeId;
use std::sync::Arc;

use rhai::{Dynamic, Engine, EvalAltResult, FnArgsVec, ImmutableString, Map, NativeCallContext, Position};

use super::failure::place;
use super::host::{Call, CallError, Halt, Host, Reply, Site};
use super::retrying::limits;
use super::values::{Holding, hold};
use super::withheld::{Withheld, known};
use crate::fault::{At, Code, Fault, closest};
use crate::request;
use crate::spec::{Arg, Effect, Held, Kind, MAX_PARAMS, Tool};
use crate::tools;

pub type Result<T> = std::result::Result<T, Box<EvalAltResult>>;

/// Registers every tool by its name, and `tool(slug, #{…})` for all of them.
pub fn register(engine: &mut Engine, host: &Arc<dyn Host>) {
    for tool in tools::ALL {
        for arity in arities(tool.params.len()) {
            let host = host.clone();
            engine.register_raw_fn(
                tool.name(),
                dynamics(arity),
                move |context, args: &mut [&mut Dynamic]| call(&*host, tool, &context, args),
            );
        }
    }
    let by_slug = host.clone();
    engine.register_fn("tool", move |context: NativeCallContext, slug: ImmutableString, named: Map| {
        let tool = placed(&context, find(&slug).map_err(|fault| fail(CallError::one("tool", fault))))?;
        call(&*by_slug, tool, &context, &mut [&mut Dynamic::from_map(named)])
    });
    let alone = host.clone();
    engine.register_fn("tool", move |context: NativeCallContext, slug: ImmutableString| {
        let tool = placed(&context, find(&slug).map_err(|fault| fail(CallError::one("tool", fault))))?;
        call(&*alone, tool, &context, &mut [])
    });
}

/// As many arguments as a tool takes, and some more, so that our fault answers for them and not Rhai's.
pub fn arities(params: usize) -> std::ops::RangeInclusive<usize> {
    0..=(params.max(1) + 3).min(MAX_PARAMS + 1)
}

pub fn dynamics(arity: usize) -> Vec<TypeId> {
    vec![TypeId::of::<Dynamic>(); arity]
}

/// The tool of a slug.
///
/// # Errors
/// A fault with a near one.
pub fn find(slug: &str) -> std::result::Result<&'static Tool, Fault> {
    tools::by_slug(slug).ok_or_else(|| {
        let slugs = tools::ALL.iter().map(|tool| tool.slug);
        let near = tools::by_name(slug).map(|tool| tool.slug).or_else(|| closest(slug, slugs));
        let fault = Fault::new(Code::ToolUnknown, At::Call, format!("there is no tool `{slug}`"))
            .label("no such tool");
        match near {
            Some(near) => fault.help(format!("did you mean \"{near}\"?")),
            None => fault.help("`segue tools` lists them all"),
        }
    })
}

fn call(
    host: &dyn Host,
    tool: &'static Tool,
    context: &NativeCallContext,
    args: &mut [&mut Dynamic],
) -> Result<Dynamic> {
    known(host, context, args)?;
    let site = site(context);
    let called = with_args(tool, args, |args| {
        let call = Call { tool, args, site, limits: limits() };
        host.call(call).map_err(halt).and_then(|reply| answer(tool, reply))
    });
    placed(context, called)
}

/// Where the script makes the call of `context`.
pub fn site<'c>(context: &'c NativeCallContext) -> Site<'c> {
    let position = context.call_position();
    Site {
        source: context.call_source().unwrap_or_default(),
        line: position.line().unwrap_or_default(),
        column: position.position().unwrap_or_default(),
    }
}

/// Reads the arguments a script gave, in a map of names or in declared order, and passes them on.
///
/// # Errors
/// What is wrong with their names or number, together with what is wrong with the rest.
pub fn with_args<T>(
    tool: &'static Tool,
    given: &[&mut Dynamic],
    then: impl FnOnce(&[Arg<'_>]) -> Result<T>,
) -> Result<T> {
    read_args(tool, given.iter().map(|value| &**value), then).map_err(fail).and_then(|read| read)
}

/// Reads the arguments of a call likewise, where no script is running.
///
/// # Errors
/// The same.
pub fn read_args<'g, T>(
    tool: &'static Tool,
    given: impl Iterator<Item = &'g Dynamic>,
    then: impl FnOnce(&[Arg<'_>]) -> T,
) -> std::result::Result<T, CallError> {
    let mut held: FnArgsVec<Holding<'_>> = FnArgsVec::new();
    for value in given {
        held.push(hold(value));
    }
    if let [Holding::Map(named)] = &held[..]
        && !is_value(tool, named)
    {
        let mut bound = request::bind(tool, &**named, &[]);
        let faults = std::mem::take(&mut bound.faults);
        let args = bound.args();
        if !faults.is_empty() {
            let faults = request::beside(faults, request::check(tool, &args));
            return Err(CallError::new(tool.name(), faults));
        }
        return Ok(then(&args));
    }
    if held.len() > tool.params.len() {
        return Err(CallError::one(tool.name(), request::too_many(tool, held.len())));
    }
    let mut args: FnArgsVec<Arg<'_>> = FnArgsVec::new();
    for value in &held {
        args.push(value.arg());
    }
    Ok(then(&args))
}

/// Whether a lone map is the first argument itself, and not a map of named ones: a segment as
/// `get_segments` gives it.
pub fn is_value(tool: &Tool, map: &Map) -> bool {
    let first = tool.params.first().map(|param| param.kind);
    let named = map.keys().any(|key| tool.param(key).is_some());
    matches!(first, Some(Kind::Segment)) && map.contains_key("id") && !named
}

/// A reply as a script's value.
pub fn answer(tool: &'static Tool, reply: Reply) -> Result<Dynamic> {
    match reply {
        Reply::Answer(body) if !body.is_empty() => serde_json::from_slice(&body).map_err(|why| {
            let name = tool.name();
            let message = match tool.effect {
                Effect::Read => format!("the answer of `{name}` can't be read: {why}"),
                _ => format!("`{name}` was done, and its answer can't be read: {why}"),
            };
            fail(CallError::one(tool.name(), Fault::new(Code::AnswerUnreadable, At::Call, message)))
        }),
        Reply::Answer(_) | Reply::Deferred => Ok(Dynamic::UNIT),
        Reply::Withheld => Ok(Withheld::answer(tool)),
    }
}

/// What a native gives back, its error with the place of the native's call. Rhai puts one there too, but
/// another each time the error is thrown again.
pub fn placed<T>(context: &NativeCallContext, result: Result<T>) -> Result<T> {
    result.map_err(|mut error| {
        if let EvalAltResult::ErrorRuntime(value, _) = &mut *error
            && let Some(mut error) = value.write_lock::<CallError>()
        {
            error.place.get_or_insert_with(|| place(context.call_source(), context.call_position()));
        }
        error
    })
}

/// A failed call as the error Rhai carries; the engine puts the place of the call to it.
pub fn fail(error: CallError) -> Box<EvalAltResult> {
    Box::new(EvalAltResult::ErrorRuntime(Dynamic::from(error), Position::NONE))
}

pub fn halt(halt: Halt) -> Box<EvalAltResult> {
    match halt {
        Halt::Failed(error) => fail(*error),
        Halt::Stopped => Box::new(EvalAltResult::ErrorTerminated(Dynamic::UNIT, Position::NONE)),
    }
}
