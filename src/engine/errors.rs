//! A failed call, as `catch` sees it, and what a script throws to look the same.

use rhai::{Array, Dynamic, Engine, INT, ImmutableString, Map};

use super::failure::thrown;
use super::host::CallError;
use crate::fault::{At, Fault};

/// The fields of an error.
pub const FIELDS: [&str; 8] =
    ["kind", "message", "tool", "status", "attempts", "retry_after", "faults", "line"];

pub fn register(engine: &mut Engine) {
    engine
        // It has no place: thrown, it is shown where that is done.
        .register_fn("as_error", |message: ImmutableString| CallError::one("", thrown(&message.into())))
        .register_type_with_name::<CallError>("Error")
        .register_get("kind", |error: &mut CallError| error.faults[0].code.name().to_string())
        .register_get("message", |error: &mut CallError| error.message())
        .register_get("tool", |error: &mut CallError| text(&error.tool))
        .register_get("line", |error: &mut CallError| {
            error.place.as_ref().map_or(Dynamic::UNIT, |place| Dynamic::from_int(place.line as INT))
        })
        .register_get("status", |error: &mut CallError| {
            error.status.map_or(Dynamic::UNIT, |status| INT::from(status).into())
        })
        .register_get("attempts", |error: &mut CallError| error.attempts as INT)
        .register_get("retry_after", |error: &mut CallError| {
            // Whole seconds, as the server says them; a part of one counts as one.
            let seconds = |time: std::time::Duration| INT::try_from(time.as_millis().div_ceil(1_000));
            error.retry_after.and_then(|time| seconds(time).ok()).map_or(Dynamic::UNIT, Dynamic::from_int)
        })
        .register_get("faults", |error: &mut CallError| -> Array {
            error.faults.iter().map(|fault| Dynamic::from_map(fields(fault))).collect()
        })
        .register_fn("to_string", |error: &mut CallError| error.message())
        .register_fn("to_debug", |error: &mut CallError| error.message());
}

/// `()` for no text.
fn text(text: &str) -> Dynamic {
    if text.is_empty() { Dynamic::UNIT } else { text.to_string().into() }
}

/// A fault as a map. What it doesn't have is `()`.
fn fields(fault: &Fault) -> Map {
    let param = match &fault.at {
        At::Call => "",
        At::Value(steps) | At::Key(steps) => steps.first().map_or("", String::as_str),
    };
    let fields = [
        ("code", text(fault.code.name())),
        ("message", text(&fault.message)),
        ("label", text(&fault.label)),
        ("help", text(fault.help.as_deref().unwrap_or_default())),
        ("param", text(param)),
    ];
    fields.into_iter().map(|(name, value)| (name.into(), value)).collect()
}
