//! Which of a script's functions may wait for its writes, by the names that their texts mention.

use std::collections::{HashMap, HashSet};

use rhai::{AST, ASTNode, Expr, FnCallExpr, FnPtr, Stmt};

use super::blocks::pointed_to;
use super::{bodies, literal, node, walk};

/// Whether nothing that was written before such a call stays unsettled in a block.
pub fn settles(function: &str) -> bool {
    ["flush", "exit"].contains(&function)
}

/// More functions rather than fewer.
pub struct Flushes {
    functions: HashSet<String>,
    /// Whether a call that the text doesn't follow may be of one of them.
    pub hidden: bool,
}

impl Flushes {
    /// `takes_block` says of a call whether its last argument is called there and nowhere else.
    pub fn of(ast: &AST, takes_block: &dyn Fn(&FnCallExpr) -> bool) -> Flushes {
        let mut mentioned: HashMap<String, HashSet<String>> = HashMap::new();
        bodies(ast, &mut |function, _, statement| {
            let names = mentioned.entry(function.to_string()).or_default();
            statement.walk(&mut vec![], &mut |path: &[ASTNode<'_>]| {
                node(path, &mut |path| mention(path.last(), names));
                true
            });
        });
        let mut functions: HashSet<String> = HashSet::new();
        loop {
            let flushes = |name: &String| settles(name) || functions.contains(name);
            let more = mentioned
                .iter()
                .filter(|(name, names)| !functions.contains(*name) && names.iter().any(flushes));
            let more: Vec<String> = more.map(|(name, _)| name.clone()).collect();
            if more.is_empty() {
                break;
            }
            functions.extend(more);
        }
        let hidden = hidden(ast, &functions, takes_block);
        Flushes { functions, hidden }
    }

    /// Whether a function of the script's of that name, or a closure of Rhai's name for it, is one of them.
    pub fn function(&self, name: &str) -> bool {
        settles(name) || self.functions.contains(name)
    }
}

/// The names that somebody may call who comes by a node.
fn mention(node: Option<&ASTNode<'_>>, names: &mut HashSet<String>) {
    match node {
        Some(ASTNode::Expr(Expr::FnCall(call, _) | Expr::MethodCall(call, _)))
        | Some(ASTNode::Stmt(Stmt::FnCall(call, _))) => {
            names.insert(call.name.to_string());
        }
        Some(ASTNode::Expr(expression)) => names.extend(value(expression)),
        _ => {}
    }
}

/// The name of the function that a value may stand for.
fn value(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Variable(variable, ..) => Some(variable.1.to_string()),
        Expr::StringConstant(text, _) => Some(text.to_string()),
        Expr::DynamicConstant(value, _) => Some(value.read_lock::<FnPtr>()?.fn_name().to_string()),
        _ => None,
    }
}

/// Whether one of `functions` may be called without its name standing there: it is a value somewhere, or
/// comes from another module.
fn hidden(ast: &AST, functions: &HashSet<String>, takes_block: &dyn Fn(&FnCallExpr) -> bool) -> bool {
    let (mut values, mut blocks) = (HashSet::new(), HashSet::new());
    let mut open = false;
    walk(ast, &mut |path| match path.last() {
        Some(
            ASTNode::Expr(Expr::FnCall(call, _) | Expr::MethodCall(call, _))
            | ASTNode::Stmt(Stmt::FnCall(call, _)),
        ) => {
            if takes_block(call) {
                blocks.extend(call.args.last().and_then(pointed_to));
            }
            open |= call.name == "Fn" && call.args.first().and_then(literal).is_none();
        }
        Some(ASTNode::Stmt(Stmt::Import(import, _))) => {
            let path = literal(&import.0).and_then(|path| path.into_string().ok());
            open |= !path.is_some_and(|path| path.starts_with("std/"));
        }
        Some(ASTNode::Expr(expression)) => values.extend(value(expression)),
        _ => {}
    });
    open || values.difference(&blocks).any(|name| settles(name) || functions.contains(name))
}
