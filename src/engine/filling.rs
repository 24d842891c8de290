//! What makes much out of little in one call. A few digits too many would take more memory than there is, and one such
//! call can't be stopped in its midst; what grows step by step is ended by the run's bound on memory.

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
    let replace = || FuncRegistration::new("replace").with_purity(false);
    replace().register_into_engine(engine, replace_text);
    replace().register_into_engine(engine, replace_character);
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

fn replace_text(
    context: NativeCallContext,
    text: &mut ImmutableString,
    find: ImmutableString,
    by: ImmutableString,
) -> Result<()> {
    let grows = by.len().saturating_sub(find.len());
    // Of what doesn't grow nothing has to be counted.
    let count = if grows == 0 { 0 } else { text.matches(find.as_str()).count() };
    let length = grows.saturating_mul(count).saturating_add(text.len());
    if count > 0 {
        allowed(&context, "replace", INT::try_from(length).unwrap_or(INT::MAX))?;
    }
    if !text.is_empty() {
        *text = text.replace(find.as_str(), &by).into();
    }
    Ok(())
}

fn replace_character(
    context: NativeCallContext,
    text: &mut ImmutableString,
    find: char,
    by: ImmutableString,
) -> Result<()> {
    replace_text(context, text, find.to_string().into(), by)
}

/// A number as Rhai takes it for a byte.
fn low(number: INT) -> u8 {
    number.to_le_bytes()[0]
}

/// How much there is to add to a value that `has` so much.
fn missing(context: &NativeCallContext, name: &str, len: INT, has: usize) -> Result<usize> {
    allowed(context, name, len)?;
    Ok(usize::try_from(len).unwrap_or_default().saturating_sub(has))
}

fn allowed(context: &NativeCallContext, name: &str, len: INT) -> Result<()> {
    if len <= MOST {
        return Ok(());
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
            "let s = \"äbab\"; s.replace(\"b\", \"(!)\"); s.replace('a', \"ö\"); s.replace(\"ö\", \"\"); s",
            "let s = \"\"; s.replace(\"\", \"x\"); s + { let t = \"ab\"; t.replace(\"\", \"-\"); t.replace('b', 'c'); t }",
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
