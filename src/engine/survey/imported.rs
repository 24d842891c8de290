//! What a script writes with by calling functions of the library.

use std::collections::HashMap;

use rhai::{AST, ASTNode, FnCallExpr, Stmt};

use super::{Used, literal, walk};
use crate::engine::library::writes;
use crate::fault::Place;

/// The paths of the modules that a script imports, by the names that it gives them; none where a name stands for
/// several, or the text doesn't show for which.
pub struct Imported(HashMap<String, Option<String>>);

impl Imported {
    pub fn of(ast: &AST) -> Imported {
        let mut imported: HashMap<String, Option<String>> = HashMap::new();
        walk(ast, &mut |path| {
            let Some(ASTNode::Stmt(Stmt::Import(import, _))) = path.last() else { return };
            let path = literal(&import.0).and_then(|path| path.into_string().ok());
            // Each function may import the same for itself. What only a run tells is left to it.
            let one = imported.entry(import.1.name.to_string()).or_insert_with(|| path.clone());
            one.take_if(|known| path.as_ref() != Some(known));
        });
        Imported(imported)
    }

    /// What a call writes with, if it is of a function of the library: as well known as the script's own calls.
    pub fn writes(&self, call: &FnCallExpr, place: Place) -> impl Iterator<Item = Used> {
        let module = match &call.namespace.path[..] {
            [module] => module.name.as_str(),
            _ => "",
        };
        let path = self.0.get(module).and_then(Option::as_deref);
        let tools = path.map_or(&[][..], |path| writes(path, &call.name));
        let name = move || format!("{module}::{}", call.name);
        tools.iter().map(move |tool| Used { name: name(), tool, place: place.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::shown;

    #[test]
    fn what_the_library_writes_with_is_known_by_the_call_of_its_function() {
        let import = "import \"std/broadcasts\" as b;\n";
        for (script, tools) in [
            ("b::trigger_and_wait(#{}, 60);", &["b::trigger_and_wait"][..]),
            ("fn f() { import \"std/broadcasts\" as c; c::trigger_and_wait(#{}) }", &["c::trigger_and_wait"]),
            ("fn f() { import \"std/broadcasts\" as b; b::trigger_and_wait(#{}) }", &["b::trigger_and_wait"]),
            ("fn f() { import \"mine\" as b; b::trigger_and_wait(#{}) }", &[]),
            ("fn f() { import \"mi\" + \"ne\" as b; b::trigger_and_wait(#{}) }", &[]),
            ("b::sent_within(1, 2);", &[]),
            ("c::trigger_and_wait(#{});", &[]),
            ("import \"mine\" as b; b::trigger_and_wait(#{});", &[]),
        ] {
            assert_eq!(shown(&format!("{import}{script}")).0, tools, "{script}");
        }
    }
}
