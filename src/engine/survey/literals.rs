//! Literals, as far as a script's text shows their values.

use rhai::{Array, Dynamic, Expr, Map};

use super::literal;
use crate::engine::values::Unknown;

/// The value of an expression: of a map or an array entry by entry, and [`Unknown`] wherever only a run
/// tells it.
pub fn value(expression: &Expr) -> Dynamic {
    match expression {
        Expr::Array(items, _) => items.iter().map(value).collect::<Array>().into(),
        Expr::Map(parts, _) => {
            let entries = parts.0.iter().map(|(key, entry)| (key.name.as_str().into(), value(entry)));
            entries.collect::<Map>().into()
        }
        Expr::CharConstant(c, _) => (*c).into(),
        // A closure that captures nothing.
        Expr::DynamicConstant(constant, _) => (**constant).clone(),
        other => literal(other).unwrap_or_else(unknown),
    }
}

pub fn unknown() -> Dynamic {
    Dynamic::from(Unknown)
}
