//! The schema of what is told to machines.

use std::sync::LazyLock;

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::Value;

static SCHEMA: LazyLock<(Schemas, SchemaIndex)> = LazyLock::new(|| {
    let text = include_str!("../../src/cli/format.schema.json");
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    compiler.add_resource("format", serde_json::from_str(text).expect("it is JSON")).expect("a resource");
    let index = compiler.compile("format", &mut schemas).expect("it is a schema");
    (schemas, index)
});

/// What the schema says against an object; empty when it fits.
pub fn unlike(object: &Value) -> String {
    let (schemas, index) = &*SCHEMA;
    schemas.validate(object, *index).err().map_or_else(String::new, |why| format!("{why:#}"))
}
