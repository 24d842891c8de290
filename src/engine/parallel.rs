//! `parallel`: what a closure makes of each of many items, several at once.

use std::any::Any;
use std::ops::{Range, RangeInclusive};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, Scope, ScopedJoinHandle};

use rhai::{Array, Dynamic, Engine, EvalAltResult, FnPtr, INT, NativeCallContext};

use super::STACK;
use super::apart::Copies;
use super::closure::{Called, Closure, begin_stack};
use super::failure::place;
use super::host::{CallError, Halt, Host};
use super::retrying::{limits, unfit, within};
use super::sequence::Sequence;
use super::tools::{Result, dynamics, fail, halt, placed};
use super::values::hold;
use super::withheld::known;
use crate::fault::{At, Code, Fault};
use crate::journal::{Branch, Opening, enter};
use crate::policy::Limits;
use crate::spec::Held;

pub const PARALLEL: &str = "parallel";
const N: &str = "n";
const ITEMS: &str = "items";
const CLOSURE: &str = "closure";
pub const PARAMETERS: &[&str] = &[N, ITEMS, CLOSURE];

/// As many branches of a script are under way at most, also where one runs `parallel` itself. More would only
/// wait for the pace: it gives the App API ten requests a second.
const MOST: usize = 64;

const EXAMPLE: &str = "for example: parallel(8, ids, |id| get_segment_details(id))";

/// The index in `Opening` of the branch in which the items are read; that of item `i` has the index `i + 1`.
const SOURCE: u64 = 0;

pub fn register(engine: &mut Engine, host: &Arc<dyn Host>) {
    let threads = Arc::new(Threads(AtomicUsize::new(MOST)));
    // More than the three it takes, so that our fault answers and not Rhai's.
    for arity in 0..=5 {
        let (host, threads) = (host.clone(), threads.clone());
        engine.register_raw_fn(PARALLEL, dynamics(arity), move |context, args: &mut [&mut Dynamic]| {
            // An answer that nobody knows yet can be an item: only what looks into it ends the run.
            let mut whole = args.iter().filter(|arg| !arg.is_array());
            whole.try_for_each(|arg| known(&*host, &context, std::slice::from_ref(arg)))?;
            let Asked { n, items, f } = placed(&context, read(args))?;
            let called = Closure::new(f.clone(), &context).begin().apart();
            let (engine, opening, failed) = (context.engine(), Branch::opening(), usize::MAX.into());
            let job = Job { called, engine, opening, limits: limits(), failed };
            job.run(n, items, &*host, &threads).map(Dynamic::from_array).map_err(|error| {
                match unfit(&error, &f) {
                    true => mistaken(&context, &f),
                    false => error,
                }
            })
        });
    }
}

/// The arguments of a call.
struct Asked {
    n: usize,
    items: Items,
    f: FnPtr,
}

type Items = Box<dyn Iterator<Item = Result<Dynamic>>>;

/// Reads the arguments, or tells everything that is wrong with them.
fn read(args: &mut [&mut Dynamic]) -> Result<Asked> {
    let [n, items, f] = args else {
        let (code, got) = match args.len() {
            0 => (Code::ArgumentMissing, "nothing".to_string()),
            n @ (1 | 2) => (Code::ArgumentMissing, format!("{n} of them")),
            n => (Code::ArgumentTooMany, format!("{n} arguments")),
        };
        let message = format!("`{PARALLEL}` takes how many at once, items and a closure, and got {got}");
        let fault = Fault::new(code, At::Call, message).label("three arguments").help(EXAMPLE);
        return Err(fail(CallError::one(PARALLEL, fault)));
    };
    let mut faults = vec![];
    let mut wrong = |code, param: &str, takes: &str, got: &str, label: &str| {
        let message = format!("`{PARALLEL}` takes {takes}, and got {got}");
        faults.push(Fault::new(code, At::Value(vec![param.to_string()]), message).label(label).help(EXAMPLE));
    };
    let at_once = format!("how many items at once, from 1 to {MOST}");
    let n = match n.as_int().map(usize::try_from) {
        Ok(Ok(n)) if (1..=MOST).contains(&n) => n,
        Ok(_) => {
            wrong(Code::ArgumentRange, N, &at_once, &n.to_string(), "out of range");
            0
        }
        Err(_) => {
            wrong(Code::ArgumentType, N, &at_once, hold(n).arg().type_name(), "not a whole number");
            0
        }
    };
    let given = std::mem::take(*items).flatten();
    let items = iterate(&given);
    if items.is_none() {
        let got = hold(&given);
        wrong(
            Code::ArgumentType,
            ITEMS,
            "an array, a lazy sequence or a range",
            got.arg().type_name(),
            "no items",
        );
    }
    let pointer = f.read_lock::<FnPtr>().map(|f| f.clone());
    if pointer.is_none() {
        wrong(Code::ArgumentType, CLOSURE, "a closure", hold(f).arg().type_name(), "not a closure");
    }
    match (items, pointer) {
        (Some(items), Some(f)) if faults.is_empty() => Ok(Asked { n, items, f }),
        _ => Err(fail(CallError::new(PARALLEL, faults))),
    }
}

/// The items of `value`, one after the other.
fn iterate(value: &Dynamic) -> Option<Items> {
    if let Some(array) = value.read_lock::<Array>() {
        return Some(Box::new(array.clone().into_iter().map(Ok)));
    }
    if let Some(sequence) = value.read_lock::<Sequence>() {
        return Some(sequence.clone().into_iter());
    }
    if let Some(range) = value.read_lock::<Range<INT>>() {
        return Some(Box::new(range.clone().map(|n| Ok(n.into()))));
    }
    let range = value.read_lock::<RangeInclusive<INT>>()?;
    Some(Box::new(range.clone().map(|n| Ok(n.into()))))
}

/// The error of a closure that doesn't take an item.
fn mistaken(context: &NativeCallContext<'_>, f: &FnPtr) -> Box<EvalAltResult> {
    let message = match f.is_anonymous() {
        true => format!(
            "the closure given to `{PARALLEL}` is called with one item at a time, and doesn't take that"
        ),
        false => format!("there is no function `{}` that takes one item", f.fn_name()),
    };
    let fault = Fault::new(Code::ArgumentType, At::Value(vec![CLOSURE.to_string()]), message)
        .label("can't be called so")
        .help("give it one parameter: |item| …");
    let place = place(context.call_source(), context.call_position());
    fail(CallError { place: Some(place), ..CallError::one(PARALLEL, fault) })
}

/// One call of `parallel`.
struct Job<'e> {
    called: Called,
    engine: &'e Engine,
    opening: Opening,
    /// Of the `with_retry` around it.
    limits: Option<Limits>,
    /// The lowest index of an item whose branch failed. Nothing above it begins; what is below it comes to
    /// its end, so that it is the same whichever thread was faster.
    failed: AtomicUsize,
}

impl Job<'_> {
    fn run(&self, n: usize, mut items: Items, host: &dyn Host, threads: &Arc<Threads>) -> Result<Array> {
        let source = self.opening.branch(SOURCE);
        // Nobody takes an item before it is free: what isn't taken up isn't read, but for one.
        let (hand, waiting) = sync_channel(0);
        let waiting = Mutex::new(waiting);
        let mut here = Branches::of(self);
        let mut ended = None;
        let done = std::thread::scope(|scope| {
            let hand = hand;
            let mut helpers: Vec<Helper<'_, '_>> = vec![];
            for index in 0.. {
                if self.failed.load(Ordering::Relaxed) < index {
                    break;
                }
                if host.stopped() {
                    ended = Some(halt(Halt::Stopped));
                    break;
                }
                let item = {
                    let _source = enter(source.clone());
                    items.next()
                };
                let item = match item {
                    None => break,
                    Some(Err(error)) => {
                        ended = Some(error);
                        break;
                    }
                    Some(Ok(item)) => Copies::default().of(&item),
                };
                // Where the machine or `MOST` gives no thread, this one does the work.
                match hand.try_send((index, item)) {
                    Err(TrySendError::Full(next) | TrySendError::Disconnected(next)) => {
                        if helpers.len() < n {
                            helpers.extend(self.help(scope, &waiting, threads));
                        }
                        if helpers.is_empty() {
                            here.take(next);
                        } else if hand.send(next).is_err() {
                            break;
                        }
                    }
                    Ok(()) => {}
                }
            }
            drop(hand);
            let joined = helpers.into_iter().map(|helper| match helper.join() {
                Ok(branches) => branches,
                Err(panic) => resume_unwind(panic),
            });
            joined.collect::<Vec<_>>()
        });
        let (mut results, mut fell) = (here.done, here.fell);
        for branches in done {
            results.extend(branches.done);
            fell = [fell, branches.fell].into_iter().flatten().min_by_key(|(index, _)| *index);
        }
        match (fell, ended) {
            // What ended the items comes after every item.
            (Some((_, Fell::Panicked(panic))), _) => resume_unwind(panic),
            (Some((_, Fell::Failed(error))), _) | (None, Some(error)) => Err(error),
            (None, None) => {
                results.sort_unstable_by_key(|(index, _)| *index);
                Ok(results.into_iter().map(|(_, value)| value).collect())
            }
        }
    }

    /// Begins a thread that takes up items, if there is one to be had.
    fn help<'s, 'j: 's>(
        &'j self,
        scope: &'s Scope<'s, '_>,
        waiting: &'s Mutex<Receiver<Next>>,
        threads: &Arc<Threads>,
    ) -> Option<Helper<'s, 'j>> {
        let thread = threads.take()?;
        let mut branches = Branches::of(self);
        let work = move || {
            let (_thread, _within) = (thread, within(self.limits));
            begin_stack();
            let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
            while let Ok(next) = next() {
                branches.take(next);
            }
            branches
        };
        Builder::new().name(PARALLEL.into()).stack_size(STACK).spawn_scoped(scope, work).ok()
    }
}

type Helper<'s, 'j> = ScopedJoinHandle<'s, Branches<'j>>;

/// An item and its index.
type Next = (usize, Dynamic);

/// The branches that one thread goes through, each to its end.
struct Branches<'j> {
    job: &'j Job<'j>,
    called: Called,
    done: Vec<Next>,
    /// The one that failed: none after it is begun.
    fell: Option<(usize, Fell)>,
}

enum Fell {
    Failed(Box<EvalAltResult>),
    Panicked(Box<dyn Any + Send>),
}

impl<'j> Branches<'j> {
    fn of(job: &'j Job<'j>) -> Branches<'j> {
        Branches { job, called: job.called.apart(), done: vec![], fell: None }
    }

    fn take(&mut self, (index, item): Next) {
        let Job { engine, opening, failed, .. } = self.job;
        if failed.load(Ordering::Relaxed) < index {
            return;
        }
        let _branch = enter(opening.branch(index as u64 + 1));
        // A thread that went would leave the one that hands out items waiting for good.
        let fell = match catch_unwind(AssertUnwindSafe(|| self.called.call(engine, item))) {
            Ok(Ok(value)) => return self.done.push((index, owned(value))),
            Ok(Err(error)) => Fell::Failed(error),
            Err(panic) => Fell::Panicked(panic),
        };
        failed.fetch_min(index, Ordering::Relaxed);
        self.fell = Some((index, fell));
    }
}

/// A value that its closure may only have captured, as one that can be changed.
fn owned(value: Dynamic) -> Dynamic {
    if value.is_shared() || value.is_read_only() { value.flatten_clone() } else { value }
}

/// The threads that a script can still have.
struct Threads(AtomicUsize);

/// One of them, until it is dropped.
struct Thread(Arc<Threads>);

impl Threads {
    fn take(self: &Arc<Threads>) -> Option<Thread> {
        let taken = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |free| free.checked_sub(1));
        taken.ok().map(|_| Thread(self.clone()))
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        self.0.0.fetch_add(1, Ordering::Relaxed);
    }
}
