//! Fields that hold a moment.

use std::collections::HashSet;
use std::sync::LazyLock;

use jiff::Timestamp;

use crate::engine::Shown;
use crate::spec::{Kind, Param, Shape};
use crate::tools;

/// From 2000 to 2100: what lies beyond is a count, or was never set.
const LIKELY: std::ops::Range<i64> = 946_684_800..4_102_444_800;

/// The fields and parameters that the catalogue knows as moments.
static KNOWN: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    let mut known = HashSet::new();
    for tool in tools::ALL {
        fields(&tool.answer, &mut known);
        parameters(tool.params, &mut known);
    }
    known
});

fn fields(shape: &Shape, known: &mut HashSet<&str>) {
    match shape {
        Shape::Object(of) | Shape::Open(of) => {
            for field in *of {
                if let Shape::Time = field.shape {
                    known.insert(field.name);
                }
                fields(&field.shape, known);
            }
        }
        Shape::List(of) => fields(of, known),
        Shape::Any | Shape::Text | Shape::Int | Shape::Time | Shape::Bool | Shape::Nothing => {}
    }
}

fn parameters(params: &[Param], known: &mut HashSet<&str>) {
    for param in params {
        match param.kind {
            Kind::UnixSeconds => drop(known.insert(param.name)),
            Kind::Attributes(inner) | Kind::Record { fields: inner, .. } => parameters(inner, known),
            Kind::List { of: Kind::Record { fields: inner, .. }, .. } => parameters(inner, known),
            _ => {}
        }
    }
}

/// The moment that a field holds, in UTC. Attributes are whatever a workspace calls them: one that ends in `_at`
/// is taken for a moment as well.
pub fn moment(field: &str, value: &Shown) -> Option<Timestamp> {
    let Shown::Int(seconds) = value else { return None };
    let named = field.ends_with("_at") || field == "timestamp" || KNOWN.contains(field);
    let likely = named && LIKELY.contains(seconds);
    Timestamp::from_second(*seconds).ok().filter(|_| likely)
}
