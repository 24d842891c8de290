//! The answer of a write that was kept back: nobody knows it before the write is made.

use std::sync::Arc;

use rhai::{Dynamic, Engine, ImmutableString, NativeCallContext};

use super::host::Host;
use super::tools::{Result, halt, site};
use crate::spec::Tool;

/// Stands for an answer of `tool` in a run that keeps writes back.
#[derive(Clone, Copy)]
pub struct Withheld(pub &'static Tool);

const SHOWN: &str = "(known once it is done)";

/// Whoever looks into the answer ends the run there: what follows depends on it.
pub fn register(engine: &mut Engine, host: &Arc<dyn Host>) {
    let host = host.clone();
    engine
        .register_type_with_name::<Withheld>("withheld answer")
        .register_indexer_get(
            move |context: NativeCallContext, answer: &mut Withheld, _: ImmutableString| -> Result<Dynamic> {
                Err(halt(host.depends(answer.0, site(&context))))
            },
        )
        .register_fn("to_string", |_: &mut Withheld| SHOWN)
        .register_fn("to_debug", |_: &mut Withheld| SHOWN);
}
