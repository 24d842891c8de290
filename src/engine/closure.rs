//! A script's closure that is called elsewhere than by the call it was given to: later, by a lazy sequence,
//! or on another thread, by `parallel`.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::{Arc, RwLock, Weak};

use rhai::{
    Dynamic, Engine, EvalAltResult, FnPtr, GlobalRuntimeState, ImmutableString, NativeCallContext, Position,
};

use super::STACK;
use super::apart::Copies;
use super::tools::Result;

/// A closure, with what the script could call where it was made and how deep in calls that was.
///
/// Rhai's own `FnPtr::call` begins anew at depth 0 with the functions of the main script alone, so a
/// closure that leads back to itself would never reach the limit, and one of a module would not be found.
pub struct Closure {
    f: FnPtr,
    /// Without the constants: one of them may be the sequence that keeps this closure, a circle that
    /// would never be freed.
    state: GlobalRuntimeState,
    constants: Option<Weak<RwLock<Values>>>,
    at: Position,
}

type Values = BTreeMap<ImmutableString, Dynamic>;

/// The constants of a script, which its functions see as `global::…`.
pub type Constants = Arc<RwLock<Values>>;

/// A closure while items go through it.
pub struct Called {
    f: FnPtr,
    state: GlobalRuntimeState,
    at: Position,
}

impl Closure {
    pub fn new(f: FnPtr, context: &NativeCallContext<'_>) -> Closure {
        let mut state = context.global_runtime_state().clone();
        let constants = state.constants.take().map(|constants| Arc::downgrade(&constants));
        Closure { f, state, constants, at: context.call_position() }
    }

    pub fn begin(&self) -> Called {
        let mut state = self.state.clone();
        state.constants = self.constants.as_ref().and_then(Weak::upgrade);
        Called { f: self.f.clone(), state, at: self.at }
    }

    /// A copy that shares no captured variable with this.
    pub fn apart(&self, copies: &mut Copies) -> Closure {
        let (state, constants) = (self.state.clone(), self.constants.clone());
        Closure { f: copies.function(&self.f), state, constants, at: self.at }
    }
}

impl Called {
    /// A copy for another thread.
    pub fn apart(&self) -> Called {
        let (mut copies, mut state) = (Copies::default(), self.state.clone());
        state.constants = state.constants.map(|constants| copies.constants(&constants));
        Called { f: copies.function(&self.f), state, at: self.at }
    }

    /// Calls the closure. Calls inside it count on from those around the place where it was made.
    pub fn call(&self, engine: &Engine, item: Dynamic) -> Result<Dynamic> {
        // Where a sequence is gone through deeper than where it was made, Rhai's count falls behind.
        if stack_used() > STACK / 2 {
            return Err(EvalAltResult::ErrorStackOverflow(self.at).into());
        }
        let context = NativeCallContext::new_with_all_fields(
            engine,
            self.f.fn_name(),
            self.state.source(),
            &self.state,
            self.at,
        );
        self.f.call_raw(&context, None, [item])
    }
}

thread_local! {
    /// Where this thread's stack stood when a script, or its first closure, began on it.
    static BASE: Cell<Option<usize>> = const { Cell::new(None) };
}

/// Counts the stack of this thread from here.
pub fn begin_stack() {
    BASE.set(Some(here()));
}

/// The bytes of stack used since; on any thread that has [`STACK`] of them.
fn stack_used() -> usize {
    let here = here();
    let base = BASE.get().unwrap_or_else(|| {
        BASE.set(Some(here));
        here
    });
    base.abs_diff(here)
}

#[inline(never)]
fn here() -> usize {
    let mark = std::hint::black_box(0_u8);
    std::ptr::from_ref(&mark).addr()
}
