//! What a `try` of the script's own may catch: a call that fails there is one that the script reckons with.

use std::collections::HashSet;

use rhai::{AST, ASTNode, Expr, FnCallExpr, FnPtr, Position, Stmt};

use super::{Own, body, literal, tool_of, walk};
use crate::fault::Place;

/// The places that a `try` leads to, as far as the text shows it, and more rather than fewer of them.
#[derive(Clone, Debug, Default)]
pub struct Caught {
    /// Of calls, imports and variables.
    places: HashSet<Position>,
    /// Whether one leads into an imported module.
    pub modules: bool,
    /// Whether one leads to what isn't named there, so that it may catch what the file is given.
    pub open: bool,
    /// The lines and columns of calls in what is handed to a module, and so perhaps called in a `try` of its.
    handed: HashSet<(usize, usize)>,
}

/// What a piece of the tree does, for whoever follows it.
#[derive(Default)]
struct Piece {
    places: HashSet<Position>,
    /// Names of functions that are called in it, or pointed to, and weren't followed yet.
    names: Vec<String>,
    /// Whether it calls into a module.
    modules: bool,
    /// Whether it may call a function that its text doesn't name.
    open: bool,
}

impl Caught {
    pub fn of(ast: &AST, own: &Own<'_>) -> Caught {
        let (mut tried, mut handed) = (Piece::default(), Piece::default());
        walk(ast, &mut |path| match path.last() {
            Some(ASTNode::Stmt(Stmt::TryCatch(parts, _))) => {
                for statement in parts.body.statements() {
                    tried.statement(own, statement);
                }
            }
            Some(ASTNode::Expr(Expr::FnCall(call, _)) | ASTNode::Stmt(Stmt::FnCall(call, _)))
                if call.is_qualified() =>
            {
                for arg in &call.args {
                    handed.expression(own, arg);
                }
            }
            _ => {}
        });
        for piece in [&mut tried, &mut handed] {
            piece.follow(ast, own);
            if piece.open {
                // Then it may be any function.
                walk(&ast.clone_functions_only(), &mut |path| piece.node(own, path.last()));
            }
        }
        Caught {
            places: tried.places,
            modules: tried.modules || tried.open,
            open: tried.open,
            handed: handed
                .places
                .into_iter()
                .map(|at| (at.line().unwrap_or(0), at.position().unwrap_or(0)))
                .collect(),
        }
    }

    /// Whether a failure at `place` may be one that a module catches which has a `try` around what it is given.
    pub fn handed(&self, place: Option<&Place>) -> bool {
        place.is_some_and(|place| self.handed.contains(&(place.line, place.column)))
    }

    /// Whether a failure at `place` may be one that the script catches.
    pub fn contains(&self, place: Position) -> bool {
        self.places.contains(&place)
    }
}

impl Piece {
    /// Adds what the functions do that are named in it, and those named there.
    fn follow(&mut self, ast: &AST, own: &Own<'_>) {
        let mut seen: HashSet<String> = HashSet::new();
        while let Some(name) = self.names.pop() {
            if !seen.contains(&name) {
                body(ast, &name, None, &mut |statement| self.statement(own, statement));
                seen.insert(name);
            }
        }
    }

    fn expression(&mut self, own: &Own<'_>, expression: &Expr) {
        expression.walk(&mut vec![], &mut |path: &[ASTNode<'_>]| {
            super::node(path, &mut |path| self.node(own, path.last()));
            true
        });
    }

    fn statement(&mut self, own: &Own<'_>, statement: &Stmt) {
        statement.walk(&mut vec![], &mut |path: &[ASTNode<'_>]| {
            super::node(path, &mut |path| self.node(own, path.last()));
            true
        });
    }

    fn node(&mut self, own: &Own<'_>, node: Option<&ASTNode<'_>>) {
        match node {
            Some(ASTNode::Expr(Expr::FnCall(call, at)) | ASTNode::Stmt(Stmt::FnCall(call, at))) => {
                self.call(own, call, *at, false);
            }
            Some(ASTNode::Expr(Expr::MethodCall(call, at))) => self.call(own, call, *at, true),
            Some(ASTNode::Expr(Expr::DynamicConstant(value, _))) => {
                self.names.extend(value.read_lock::<FnPtr>().map(|pointer| pointer.fn_name().to_string()));
            }
            Some(ASTNode::Expr(Expr::Variable(variable, _, at))) => {
                self.places.insert(*at);
                if own.contains(variable.1.as_str()) {
                    self.names.push(variable.1.to_string());
                }
            }
            Some(ASTNode::Stmt(Stmt::Import(import, _))) => {
                self.places.insert(import.0.position());
            }
            // A sequence calls what it was given where it is gone through.
            Some(ASTNode::Stmt(Stmt::For(parts, _))) => {
                let shown = matches!(parts.2.expr, Expr::FnCall(..) | Expr::Array(..));
                self.open |= !shown;
            }
            _ => {}
        }
    }

    fn call(&mut self, own: &Own<'_>, call: &FnCallExpr, at: Position, method: bool) {
        let name = call.name.as_str();
        self.places.insert(at);
        if call.is_qualified() {
            self.modules = true;
            // It may call what it is given.
            self.open |= call.args.iter().any(|arg| !plain(arg));
            return;
        }
        if name == "Fn" {
            match call.args.first().and_then(literal).and_then(|name| name.into_string().ok()) {
                Some(name) => {
                    self.names.push(name);
                }
                None => self.open = true,
            }
        } else if own.contains(name) {
            self.names.push(name.to_string());
        } else if !call.is_operator_call() && name != "curry" && tool_of(call).is_none() {
            self.open |= method || call.args.iter().any(|arg| !plain(arg));
        }
    }
}

/// Whether a value holds no function that somebody else made.
fn plain(arg: &Expr) -> bool {
    literal(arg).is_some() || matches!(arg, Expr::InterpolatedString(..) | Expr::DynamicConstant(..))
}
