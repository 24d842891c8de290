//! Blocks of a script whose calls are retried in their own way, and blocks that are tried again as a
//! whole.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

use rhai::{Dynamic, Engine, EvalAltResult, FnPtr, NativeCallContext};

use super::failure::place;
use super::host::{CallError, Host};
use super::tools::{Result, dynamics, fail, halt, placed};
use super::values::hold;
use crate::fault::{At, Code, Fault, closest, listed};
use crate::policy::{Limits, SETTINGS, Setting, may_pass, wait};
use crate::spec::{Arg, Held};

const WITH_RETRY: &str = "with_retry";
const RETRY: &str = "retry";
const OPTIONS: &str = "options";
const TIMES: &str = "times";
const BLOCK: &str = "block";

/// As often a block is tried at most.
const MOST_TIMES: i64 = 100;

/// What stands between a function's name and how often `retry` called it, where an error passed through:
/// no name holds it.
const CALLED: char = '#';

/// The parameters of a function that takes a block, in order; `None` for any other function.
pub fn block_parameters(function: &str) -> Option<&'static [&'static str]> {
    match function {
        WITH_RETRY => Some(&[OPTIONS, BLOCK]),
        RETRY => Some(&[TIMES, BLOCK]),
        _ => None,
    }
}

thread_local! {
    /// The limits of the blocks around what this thread runs, innermost last.
    static BLOCKS: RefCell<Vec<Limits>> = const { RefCell::new(vec![]) };
}

/// The limits of the innermost block around what this thread runs.
pub fn limits() -> Option<Limits> {
    BLOCKS.with_borrow(|blocks| blocks.last().copied())
}

/// Puts what this thread runs into the block that another's is in.
pub fn within(limits: Option<Limits>) -> Option<Within> {
    limits.map(Within::enter)
}

/// A block that is being run. However it ends, the limits around it hold again.
pub struct Within;

impl Within {
    fn enter(limits: Limits) -> Within {
        BLOCKS.with_borrow_mut(|blocks| blocks.push(limits));
        Within
    }
}

impl Drop for Within {
    fn drop(&mut self) {
        BLOCKS.with_borrow_mut(Vec::pop);
    }
}

pub fn register(engine: &mut Engine, host: &Arc<dyn Host>) {
    // More than the two they take, so that our fault answers and not Rhai's.
    for arity in 0..=4 {
        let h = host.clone();
        engine.register_raw_fn(WITH_RETRY, dynamics(arity), move |context, args: &mut [&mut Dynamic]| {
            with_retry(&*h, &context, args)
        });
        let h = host.clone();
        engine.register_raw_fn(RETRY, dynamics(arity), move |context, args: &mut [&mut Dynamic]| {
            retry(&*h, &context, args)
        });
    }
}

fn with_retry(host: &dyn Host, context: &NativeCallContext, args: &mut [&mut Dynamic]) -> Result<Dynamic> {
    let (limits, block) = placed(context, {
        read(WITH_RETRY, args, |options| changed(limits().unwrap_or_else(|| host.limits()), options))
    })?;
    let _within = Within::enter(limits);
    let none: [Dynamic; 0] = [];
    block.call_raw(context, None, none).map_err(|error| match unfit(&error, &block) {
        true => mistaken(WITH_RETRY, context, &block),
        false => error,
    })
}

/// Tries the block until it ends well, an error wouldn't pass, or it was tried as often as asked for. What
/// a try did before its error is done again by the next.
fn retry(host: &dyn Host, context: &NativeCallContext, args: &mut [&mut Dynamic]) -> Result<Dynamic> {
    let (times, block) = placed(context, read(RETRY, args, times_from))?;
    let limits = limits().unwrap_or_else(|| host.limits());
    let mut tried = 1;
    loop {
        let before = host.unrepeatable();
        let none: [Dynamic; 0] = [];
        let error = match block.call_raw(context, None, none) {
            Ok(value) => return Ok(value),
            Err(error) if unfit(&error, &block) => return Err(mistaken(RETRY, context, &block)),
            Err(error) => error,
        };
        let why = match &*error {
            // Also where the block has caught what said so.
            _ if host.unrepeatable() > before => "the block has done what mustn't be done twice, or may have",
            error if !passes(error) => "it doesn't pass by itself",
            _ if tried == times => "no more was asked for",
            _ => {
                host.sleep(wait(tried, asked(&error), host.random(), &limits)).map_err(halt)?;
                tried += 1;
                continue;
            }
        };
        return Err(told(error, tried, why));
    }
}

/// Whether Rhai found no `f` that takes the arguments it was called with.
pub fn unfit(error: &EvalAltResult, f: &FnPtr) -> bool {
    let name = f.fn_name();
    matches!(error, EvalAltResult::ErrorFunctionNotFound(signature, _) if signature.starts_with(name))
}

/// The error of a block that can't be called as one.
fn mistaken(function: &str, context: &NativeCallContext, block: &FnPtr) -> Box<EvalAltResult> {
    let (message, help) = match block.is_anonymous() {
        true => (
            format!("the closure given to `{function}` takes parameters, and is called with none"),
            "write it without: || …",
        ),
        false => (
            format!("there is no function `{}` that takes no arguments", block.fn_name()),
            "put it into a closure: || …",
        ),
    };
    let fault = fault(Code::ArgumentType, BLOCK, message).label("can't be called so").help(help);
    let place = place(context.call_source(), context.call_position());
    fail(CallError { place: Some(place), ..CallError::one(function, fault) })
}

/// Whether a block that failed so may fare better another time.
fn passes(error: &EvalAltResult) -> bool {
    match error.unwrap_inner() {
        EvalAltResult::ErrorRuntime(value, _) => match value.read_lock::<CallError>() {
            Some(error) if !own(&error) => error.faults.iter().all(|fault| may_pass(fault.code)),
            // The script's own words.
            _ => true,
        },
        // The text of the script stays as it is.
        EvalAltResult::ErrorFunctionNotFound(..)
        | EvalAltResult::ErrorVariableNotFound(..)
        | EvalAltResult::ErrorVariableExists(..)
        | EvalAltResult::ErrorForbiddenVariable(..)
        | EvalAltResult::ErrorModuleNotFound(..)
        | EvalAltResult::ErrorUnboundThis(_)
        | EvalAltResult::ErrorAssignmentToConstant(..)
        | EvalAltResult::ErrorNonPureMethodCallOnConstant(..)
        | EvalAltResult::ErrorDotExpr(..) => false,
        // The others hang on values, but for the end of the run.
        other => other.is_catchable(),
    }
}

/// Whether a script made the error, and no call of a function failed.
fn own(error: &CallError) -> bool {
    error.tool.is_empty() && error.faults.iter().all(|fault| fault.code == Code::ScriptThrew)
}

/// How long the server asked to wait.
fn asked(error: &EvalAltResult) -> Option<Duration> {
    match error.unwrap_inner() {
        EvalAltResult::ErrorRuntime(value, _) => value.read_lock::<CallError>()?.retry_after,
        _ => None,
    }
}

/// The error with how often its block was tried: in the help of ours, and on the way there of any.
fn told(mut error: Box<EvalAltResult>, tried: u32, why: &str) -> Box<EvalAltResult> {
    let mut inner = &mut *error;
    if let EvalAltResult::ErrorInFunctionCall(function, ..) = inner
        && tried > 1
    {
        function.push_str(&format!("{CALLED}{tried}"));
    }
    while let EvalAltResult::ErrorInFunctionCall(_, _, next, _) | EvalAltResult::ErrorInModule(_, next, _) =
        inner
    {
        inner = next;
    }
    if let EvalAltResult::ErrorRuntime(value, _) = inner
        && let Some(mut error) = value.write_lock::<CallError>()
        && let Some(fault) = error.faults.first_mut()
    {
        let often = if tried == 1 { "once".to_string() } else { format!("{tried} times") };
        *fault = fault.clone().and_help(&format!("`{RETRY}` tried the block {often}; {why}"));
    }
    error
}

/// The name of a function that an error passed through, and how often `retry` called it.
pub fn times(name: &str) -> (&str, u32) {
    match name.rsplit_once(CALLED) {
        Some((name, times)) => (name, times.parse().unwrap_or(1)),
        None => (name, 1),
    }
}

fn fault(code: Code, param: &str, message: String) -> Fault {
    Fault::new(code, At::Value(vec![param.to_string()]), message)
}

/// Reads the two arguments: the first with `first`, the second as the block.
fn read<T>(
    function: &str,
    args: &[&mut Dynamic],
    first: impl FnOnce(&Dynamic) -> std::result::Result<T, Vec<Fault>>,
) -> Result<(T, FnPtr)> {
    let example = match function {
        RETRY => "retry(5, || get_segments())",
        _ => "with_retry(#{ attempts: 8 }, || get_segments())",
    };
    let [one, block] = args else {
        let what = if function == RETRY { "how often" } else { "a map of limits" };
        let (code, got) = match args.len() {
            0 => (Code::ArgumentMissing, "nothing".to_string()),
            1 => (Code::ArgumentMissing, "one of them".to_string()),
            n => (Code::ArgumentTooMany, format!("{n} arguments")),
        };
        let message = format!("`{function}` takes {what} and a closure, and got {got}");
        let fault = Fault::new(code, At::Call, message)
            .label("two arguments")
            .help(format!("for example: {example}"));
        return Err(fail(CallError::one(function, fault)));
    };
    let mut faults = vec![];
    let one = first(one).map_err(|wrong| faults.extend(wrong)).ok();
    let pointer = block.read_lock::<FnPtr>().map(|pointer| pointer.clone());
    if pointer.is_none() {
        let message = format!("`{function}` takes a closure, and got {}", hold(block).arg().type_name());
        // A call in its place is done before `retry` is.
        let fault = fault(Code::ArgumentType, BLOCK, message).label("not a closure");
        faults.push(fault.help(format!("put || in front of what is to be tried: {example}")));
    }
    match (one, pointer) {
        (Some(one), Some(pointer)) if faults.is_empty() => Ok((one, pointer)),
        _ => Err(fail(CallError::new(function, faults))),
    }
}

fn times_from(value: &Dynamic) -> std::result::Result<u32, Vec<Fault>> {
    let takes = format!("`{RETRY}` takes how often to try, from 1 to {MOST_TIMES}");
    match hold(value).arg() {
        Arg::Int(n) => match u32::try_from(n) {
            Ok(n) if (1..=MOST_TIMES).contains(&i64::from(n)) => Ok(n),
            _ => Err(vec![
                fault(Code::ArgumentRange, TIMES, format!("{takes}, and got {n}")).label("out of range"),
            ]),
        },
        other => {
            let message = format!("{takes}, and got {}", other.type_name());
            Err(vec![fault(Code::ArgumentType, TIMES, message).label("not a whole number")])
        }
    }
}

/// `limits` with what `options` say, or everything that is wrong with them.
fn changed(mut limits: Limits, options: &Dynamic) -> std::result::Result<Limits, Vec<Fault>> {
    let Ok(options) = options.as_map_ref() else {
        let message =
            format!("`{WITH_RETRY}` takes a map of limits, and got {}", hold(options).arg().type_name());
        let fault = fault(Code::ArgumentType, OPTIONS, message).label("not a map");
        return Err(vec![fault.help("for example: #{ attempts: 8, timeout: 5 }")]);
    };
    let faults: Vec<Fault> =
        options.iter().filter_map(|(name, value)| set(&mut limits, name, value).err()).collect();
    if faults.is_empty() { Ok(limits) } else { Err(faults) }
}

fn set(limits: &mut Limits, name: &str, value: &Dynamic) -> std::result::Result<(), Fault> {
    let steps = || vec![OPTIONS.to_string(), name.to_string()];
    let Some(setting) = Setting::of(name) else {
        let names: Vec<&str> = SETTINGS.iter().map(|setting| setting.name).collect();
        let message = format!("`{WITH_RETRY}` has no limit `{name}`");
        let fault = Fault::new(Code::ArgumentUnknown, At::Key(steps()), message).label("no such limit");
        return Err(match closest(name, names.iter().copied()) {
            Some(near) => fault.help(format!("did you mean `{near}`?")),
            None => fault.help(format!("it takes {}", listed(&names, "and"))),
        });
    };
    let wrong = |code, got: &str| {
        let takes = format!("takes {}", setting.takes());
        Fault::new(code, At::Value(steps()), format!("`{name}` {takes}, and got {got}")).label(takes)
    };
    let held = hold(value);
    let (number, shown) = match held.arg() {
        Arg::Int(n) => (n as f64, n.to_string()),
        Arg::Float(f) => (f, f.to_string()),
        other => return Err(wrong(Code::ArgumentType, other.type_name())),
    };
    match setting.set(limits, number) {
        true => Ok(()),
        false => Err(wrong(Code::ArgumentRange, &shown)),
    }
}
