//! What may be a key of a map, so that a closure under it is called as a method is.

use std::collections::HashSet;

use rhai::{AST, ASTNode, Expr, Stmt};

use super::walk;

/// The keys that maps of a script may have.
pub struct Fields {
    /// Those that the text shows.
    pub keys: HashSet<String>,
    /// Whether maps may come from where the text doesn't show their keys.
    foreign: bool,
}

impl Fields {
    pub fn of(ast: &AST) -> Fields {
        let (mut keys, mut foreign) = (HashSet::new(), false);
        walk(ast, &mut |path| match path.last() {
            Some(ASTNode::Expr(Expr::Map(parts, _))) => {
                keys.extend(parts.0.iter().map(|(key, _)| key.name.to_string()));
            }
            Some(ASTNode::Expr(Expr::Property(parts, _))) => {
                keys.insert(parts.2.to_string());
            }
            Some(ASTNode::Expr(Expr::StringConstant(text, _))) => {
                keys.insert(text.to_string());
            }
            Some(ASTNode::Stmt(Stmt::Import(..))) => foreign = true,
            _ => {}
        });
        Fields { keys, foreign }
    }

    /// Whether a map may have a closure of that name.
    pub fn may_hold(&self, name: &str) -> bool {
        self.foreign || self.keys.contains(name)
    }
}
