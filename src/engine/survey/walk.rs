//! The ways through a script's tree.

use std::collections::{BTreeSet, HashSet};

use rhai::{AST, ASTNode, Module, Stmt};

/// Shows every node of a tree, with the way to it.
pub fn walk(ast: &AST, see: &mut dyn FnMut(&[ASTNode<'_>])) {
    ast.walk(&mut |path: &[ASTNode<'_>]| {
        node(path, see);
        true
    });
}

/// Shows a node, and what Rhai leaves out below it: the value that `break` gives.
pub fn node(path: &[ASTNode<'_>], see: &mut dyn FnMut(&[ASTNode<'_>])) {
    see(path);
    if let Some(ASTNode::Stmt(Stmt::BreakLoop(Some(value), ..))) = path.last() {
        value.walk(&mut vec![], &mut |path: &[ASTNode<'_>]| {
            node(path, see);
            true
        });
    }
}

/// Shows the statements of a script's functions with this name and number of parameters, or any number.
pub fn body(ast: &AST, name: &str, params: Option<usize>, see: &mut dyn FnMut(&Stmt)) {
    // Rhai shows a body only to whoever walks there.
    let mut alone = Module::new();
    for (.., other, arity, function) in ast.shared_lib().iter_script_fn_info() {
        if other == name && params.is_none_or(|params| params == arity) {
            alone.set_script_fn(function.clone());
        }
    }
    AST::new_from_module(alone).walk(&mut |path: &[ASTNode<'_>]| {
        if let [ASTNode::Stmt(statement)] = path {
            see(statement);
        }
        true
    });
}

/// Shows every statement of each of a script's functions, with the name and the number of parameters.
pub fn bodies(ast: &AST, see: &mut dyn FnMut(&str, usize, &Stmt)) {
    let functions = ast.iter_functions().map(|function| (function.name.to_string(), function.params.len()));
    let functions: BTreeSet<(String, usize)> = functions.collect();
    let functions: Vec<(String, usize)> = functions.into_iter().collect();
    halves(&ast.clone_functions_only(), &functions, see);
}

/// Shows those of `functions`, which are all there are in `alone`. To take each out of all would take long.
fn halves(alone: &AST, functions: &[(String, usize)], see: &mut dyn FnMut(&str, usize, &Stmt)) {
    if let [(name, params)] = functions {
        alone.walk(&mut |path: &[ASTNode<'_>]| {
            if let [ASTNode::Stmt(statement)] = path {
                see(name, *params, statement);
            }
            true
        });
        return;
    }
    let (left, right) = functions.split_at(functions.len() / 2);
    for half in [left, right].into_iter().filter(|half| !half.is_empty()) {
        let among: HashSet<(&str, usize)> =
            half.iter().map(|(name, params)| (name.as_str(), *params)).collect();
        let mut part = alone.clone();
        part.retain_functions(|_, _, name, params| among.contains(&(name, params)));
        halves(&part, half, see);
    }
}
