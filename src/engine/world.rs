//! What the natives of one script share.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use rhai::{Dynamic, Engine, EvalAltResult};

use super::closure::Called;
use super::host::{CallError, Host};
use super::tools::{Result, fail};
use super::values::hold;
use crate::fault::{At, Code, Fault, Place};
use crate::spec::Held;

/// The engine a sequence calls its closures on; set when the script starts.
pub type Running = Arc<OnceLock<Weak<Engine>>>;

/// What the natives of a script share.
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

    pub fn put(&self, error: Box<EvalAltResult>, place: Place) {
        self.error.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert((error, place));
        self.any.store(true, Ordering::Relaxed);
    }
}

impl World {
    pub fn new(host: Arc<dyn Host>) -> World {
        World { host, running: Arc::new(OnceLock::new()), dropped: Arc::default() }
    }

    /// Calls a script's closure.
    pub fn apply(&self, f: &Called, item: Dynamic) -> Result<Dynamic> {
        match self.running.get().and_then(Weak::upgrade) {
            Some(engine) => f.call(&engine, item),
            None => Err("the sequence outlived its script".into()),
        }
    }

    /// Calls a script's closure that answers yes or no.
    pub fn keeps(&self, f: &Called, item: &Dynamic) -> Result<bool> {
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
