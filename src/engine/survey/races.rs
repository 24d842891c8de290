//! Closures that use the value they are handed to a method of. Rhai holds that value until the whole chain of methods is
//! gone through, and lets nobody else have it: such a call fails whatever the values are.

use rhai::{ASTNode, Expr};

use super::captures::Captures;
use crate::engine::failure::{Wrong, place};
use crate::fault::{At, Code, Fault};

/// What is told of it; `root` is the variable that the chain begins with, where it is known.
pub fn fault(method: &str, root: Option<&str>) -> Fault {
    let what = match root {
        Some(root) => format!("`{root}`, which it is called on"),
        None => "what it is called on, or what that is a part of".to_string(),
    };
    let message = format!("`{method}` can't be given a closure that uses {what}");
    let help = format!("call it on a copy: let copy = {};", root.unwrap_or("…"));
    Fault::new(Code::ScriptFailed, At::Call, message).label("in use by both").help(help)
}

impl Captures<'_> {
    /// The method call at the end of `path`, where it can't but fail so.
    pub fn race(&self, path: &[ASTNode<'_>]) -> Option<Wrong> {
        let (ASTNode::Expr(Expr::MethodCall(call, at)), above) = path.split_last()? else { return None };
        let root = root(above)?;
        let uses = |given: &Expr| self.closure(given).is_some_and(|closure| closure.captures(root));
        call.args.iter().any(uses).then(|| Wrong {
            faults: vec![fault(&call.name, Some(root))],
            place: Some(place(self.source(), *at)),
            ..Wrong::default()
        })
    }
}

/// The variable that the chain of dots begins with whose last part is a method call.
fn root<'n>(above: &[ASTNode<'n>]) -> Option<&'n str> {
    let dots = above.iter().rev().map_while(|node| match node {
        ASTNode::Expr(Expr::Dot(parts, ..)) => Some(&parts.lhs),
        _ => None,
    });
    match dots.last()? {
        Expr::Variable(variable, ..) => Some(variable.1.as_str()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Before, survey};

    /// The variable that is in use, and the column of the call.
    fn found(script: &str) -> Option<(String, usize)> {
        let mut engine = rhai::Engine::new();
        engine.set_optimization_level(rhai::OptimizationLevel::None);
        let ast = engine.compile(script).unwrap();
        let wrong = survey(&ast, &Before::default()).unsound.into_iter().next()?;
        let name = wrong.faults[0].message.split('`').nth(3)?.to_string();
        Some((name, wrong.place?.column))
    }

    #[test]
    fn a_closure_that_uses_what_it_is_called_on_is_found() {
        for (script, name, column) in [
            ("let a = [1]; a.map(|x| a.len())", "a", 16),
            ("let m = #{}; m.keys().filter(|k| m[k] > 0)", "m", 23),
            ("let m = #{ a: [1] }; m.a.map(|x| m.a.len())", "m", 26),
            ("let a = [1]; a?.map(|x| [x].map(|y| a))", "a", 17),
            ("let a = [1]; let f = |x| a.len(); a.map(f)", "a", 37),
            ("fn f(a) { a.reduce(|s, x| s + a.len(), 0) }", "a", 13),
            ("if 1.max([1].map(|x| x).len()) > 0 { let a = [1]; a.all(|x| a) }", "a", 53),
        ] {
            assert_eq!(found(script), Some((name.to_string(), column)), "{script}");
        }
    }

    #[test]
    fn others_are_not_accused() {
        for script in [
            "let a = [1]; let b = a; b.map(|x| a.len())",
            "let a = [1]; [2].map(|x| a.len())",
            "let a = [1]; a.len().max([1].map(|x| a.len()).len())",
            "let a = [1]; a.map(|a| a)",
            "let a = [1]; let f = |x| x; a.map(f)",
            "let m = #{ a: 1 }; let a = [1]; m.a.max(a.map(|x| m.a).len())",
        ] {
            assert_eq!(found(script), None, "{script}");
        }
    }
}
