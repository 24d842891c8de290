//! The answer of a write that was kept back: nobody knows it before the write is made.

use std::any::TypeId;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rhai::{Array, Dynamic, Engine, ImmutableString, Map, NativeCallContext};

use super::host::Host;
use super::tools::{Result, dynamics, halt, site};
use crate::spec::Tool;

/// Stands for an answer of `tool` in a run that keeps writes back.
#[derive(Clone, Copy)]
pub struct Withheld(&'static Tool);

const SHOWN: &str = "(known once it is done)";

/// What a script can ask of a map, each with how many arguments it takes beside it.
const ASKED: [(&str, usize); 16] = [
    ("clear", 0),
    ("contains", 1),
    ("drain", 1),
    ("fill_with", 1),
    ("filter", 1),
    ("get", 1),
    ("is_empty", 0),
    ("keys", 0),
    ("len", 0),
    ("map", 1),
    ("mixin", 1),
    ("remove", 1),
    ("retain", 1),
    ("set", 2),
    ("to_json", 0),
    ("values", 0),
];

/// Whoever looks into the answer ends the run there: what follows depends on it.
pub fn register(engine: &mut Engine, host: &Arc<dyn Host>) {
    let (withheld, any, map) = (TypeId::of::<Withheld>(), TypeId::of::<Dynamic>(), TypeId::of::<Map>());
    let mut ends = |name: &str, types: &[TypeId]| {
        let host = host.clone();
        engine.register_raw_fn(name, types, move |context, args: &mut [&mut Dynamic]| -> Result<Dynamic> {
            known(&*host, &context, args).map(|()| Dynamic::UNIT)
        });
    };
    for (name, more) in ASKED {
        ends(name, &[&[withheld][..], &dynamics(more)].concat());
    }
    for name in ["==", "!="] {
        ends(name, &[withheld, any]);
        ends(name, &[any, withheld]);
    }
    // Beside a text it is only shown.
    for name in ["+", "+="] {
        ends(name, &[withheld, map]);
        ends(name, &[map, withheld]);
    }
    let (get, set) = (host.clone(), host.clone());
    engine
        // Rhai tells a value's type without asking us, and a write that is answered is answered with a map.
        .register_type_with_name::<Withheld>("map")
        .register_indexer_get(
            move |context: NativeCallContext, answer: &mut Withheld, _: ImmutableString| -> Result<Dynamic> {
                Err(halt(get.depends(answer.0, site(&context))))
            },
        )
        .register_indexer_set(
            move |context: NativeCallContext, answer: &mut Withheld, _: ImmutableString, _: Dynamic| {
                Result::<()>::Err(halt(set.depends(answer.0, site(&context))))
            },
        )
        .register_fn("to_string", |_: &mut Withheld| SHOWN)
        .register_fn("to_debug", |_: &mut Withheld| SHOWN);
}

/// Whether there is any such answer: looking for one in all arguments costs a call a tenth of its time.
static ANY: AtomicBool = AtomicBool::new(false);

impl Withheld {
    /// The answer of `tool` as a script's value.
    pub fn answer(tool: &'static Tool) -> Dynamic {
        ANY.store(true, Ordering::Relaxed);
        Dynamic::from(Withheld(tool))
    }
}

/// Ends the run where an answer that nobody knows yet is among `args`, however deep.
pub fn known(host: &dyn Host, context: &NativeCallContext, args: &[&mut Dynamic]) -> Result<()> {
    if !ANY.load(Ordering::Relaxed) {
        return Ok(());
    }
    match args.iter().find_map(|arg| within(arg)) {
        Some(answer) => Err(halt(host.depends(answer.0, site(context)))),
        None => Ok(()),
    }
}

fn within(value: &Dynamic) -> Option<Withheld> {
    if let Some(answer) = value.read_lock::<Withheld>() {
        Some(*answer)
    } else if let Some(map) = value.read_lock::<Map>() {
        map.values().find_map(within)
    } else {
        value.read_lock::<Array>()?.iter().find_map(within)
    }
}
