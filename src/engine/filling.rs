//! What fills a value up to a length. A few digits too many would take more memory than there is, and one such call
//! can't be stopped in its midst; what grows step by step is ended by the run's bound on memory.

use rhai::{Array, Blob, Dynamic, Engine, FuncRegistration, INT, ImmutableString, NativeCallContext};

use super::host::CallError;
use super::tools::{Result, fail, placed};
use crate::fault::{At, Code, Fault};

/// As many characters, bytes or items a value can be filled up to.
const MOST: INT = 50_000_000;

/// Takes the place of Rhai's functions of these names: they know a limit only where each `push` pays for it.
pub fn register(engine: &mut Engine) {
    // A constant keeps its value.
    let pad = || FuncRegistration::new("pad").with_purity(false);
    pad().register_into_engine(engine, text);
    pad().register_into_engine(engine, text_by_text);
    pad().register_into_engine(engine, list);
    pad().register_into_engine(engine, bytes);
    engine
        .register_fn("blob", |context: NativeCallContext, len: INT| {
            missing(&context, "blob", len, 0).map(|len| vec![0_u8; len])
        })
        .register_fn("blob", |context: NativeCallContext, len: INT, byte: INT| {
            missing(&context, "blob", len, 0).map(|len| vec![low(byte); len])
        });
}

fn text(context: NativeCallContext, text: &mut ImmutableString, len: INT, by: char) -> Result<()> {
    let missing = missing(&context, "pad", len, text.chars().count())?;
    text.make_mut().extend(std::iter::repeat_n(by, missing));
    Ok(())
}

fn text_by_text(
    context: NativeCallContext,
    text: &mut ImmutableString,
    len: INT,
    by: ImmutableString,
) -> Result<()> {
    let missing = missing(&context, "pad", len, text.chars().count())?;
    text.make_mut().extend(by.chars().cycle().take(missing));
    Ok(())
}

fn list(context: NativeCallContext, list: &mut Array, len: INT, item: Dynamic) -> Result<()> {
    let missing = missing(&context, "pad", len, list.len())?;
    list.extend(std::iter::repeat_n(item, missing));
    Ok(())
}

fn bytes(context: NativeCallContext, bytes: &mut Blob, len: INT, byte: INT) -> Result<()> {
    let missing = missing(&context, "pad", len, bytes.len())?;
    bytes.extend(std::iter::repeat_n(low(byte), missing));
    Ok(())
}

/// A number as Rhai takes it for a byte.
fn low(number: INT) -> u8 {
    number.to_le_bytes()[0]
}

/// How much there is to add to a value that `has` so much.
fn missing(context: &NativeCallContext, name: &str, len: INT, has: usize) -> Result<usize> {
    if len <= MOST {
        return Ok(usize::try_from(len).unwrap_or_default().saturating_sub(has));
    }
    let message = format!("`{name}` makes nothing that is {len} long");
    let fault = Fault::new(Code::ScriptLimit, At::Call, message)
        .label("too long")
        .help(format!("{MOST} is the most"));
    placed(context, Err(fail(CallError::one(name, fault))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_filled_up_as_rhai_does_it() {
        let mut theirs = Engine::new();
        theirs.set_max_string_size(0);
        let mut ours = Engine::new();
        register(&mut ours);
        for script in [
            "let s = \"äb\"; s.pad(5, '*'); s",
            "let s = \"ab\"; s.pad(6, \"(!)\"); s",
            "let s = \"ab\"; s.pad(2, \"x\"); s.pad(-1, 'x'); s",
            "let a = [1]; a.pad(3, #{}); a",
            "let a = [1, 2]; a.pad(1, 0); a.pad(-1, 0); a",
            "let b = blob(2, 258); b.pad(4, 0x1ff); b.pad(1, 7); b",
            "blob(3) == blob(3, 0) && blob(-1).is_empty()",
        ] {
            let made = |engine: &Engine| engine.eval::<Dynamic>(script).map(|value| format!("{value:?}"));
            let made = (made(&ours), made(&theirs));
            assert_eq!(made.0.unwrap_or_else(|why| panic!("{script}: {why}")), made.1.unwrap(), "{script}");
        }
    }
}
