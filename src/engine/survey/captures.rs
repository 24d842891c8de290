//! What a closure given to `parallel` does with the variables it captures. It has copies of them, one for
//! several branches, so what it writes there would be lost, or seen by whichever branch came next.

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use rhai::{AST, ASTFlags, ASTNode, Expr, FnCallExpr, Position, Stmt};

use super::{Own, body};
use crate::engine::failure::{Frame, Wrong, place};
use crate::engine::parallel::PARALLEL;
use crate::fault::{At, Code, Fault};

/// The functions that change what they are called on, or may, whatever that is: Rhai lets none of them have
/// a constant.
pub const CHANGING: &[&str] = &[
    "append",
    "chop",
    "clear",
    "crop",
    "dedup",
    "drain",
    "extract",
    "fill_with",
    "for_each",
    "insert",
    "make_lower",
    "make_upper",
    "mixin",
    "order",
    "order_by",
    "order_desc",
    "pad",
    "pop",
    "push",
    "remove",
    "replace",
    "retain",
    "reverse",
    "set",
    "set_tag",
    "shift",
    "sort",
    "sort_by",
    "sort_desc",
    "splice",
    "trim",
    "truncate",
    "write_ascii",
    "write_be",
    "write_le",
    "write_utf8",
];

/// Follows closures that are given to `parallel`.
pub struct Captures<'a> {
    ast: &'a AST,
    own: &'a Own<'a>,
    /// The closures that have a name which nothing else in the script has.
    named: HashMap<String, Closure>,
}

/// A closure as the text shows it.
#[derive(Clone)]
pub struct Closure {
    function: String,
    captured: Vec<String>,
}

impl Closure {
    /// Whether it uses a variable from outside.
    pub fn captures(&self, name: &str) -> bool {
        self.captured.iter().any(|captured| captured == name)
    }
}

/// A write of a captured variable.
struct Write {
    name: String,
    at: Position,
    /// The method that changes it; none where it is assigned.
    by: Option<String>,
}

impl<'a> Captures<'a> {
    pub fn new(ast: &'a AST, own: &'a Own<'a>) -> Captures<'a> {
        let mut names: HashMap<String, Option<Closure>> = HashMap::new();
        let mut declare = |name: &str, closure: Option<Closure>| {
            // A second one of the same name may be meant as well.
            names.entry(name.to_string()).and_modify(|known| *known = None).or_insert(closure);
        };
        for function in ast.iter_functions() {
            function.params.iter().for_each(|param| declare(param, None));
        }
        ast.walk(&mut |path: &[ASTNode<'_>]| {
            match path.last() {
                Some(ASTNode::Stmt(Stmt::Var(parts, ..))) => declare(&parts.0.name, closure(&parts.1)),
                Some(ASTNode::Stmt(Stmt::For(parts, _))) => {
                    declare(&parts.0.name, None);
                    parts.1.iter().for_each(|counter| declare(&counter.name, None));
                }
                Some(ASTNode::Stmt(Stmt::Assignment(parts))) => {
                    if let Expr::Variable(variable, ..) = &parts.1.lhs {
                        declare(&variable.1, None);
                    }
                }
                _ => {}
            }
            true
        });
        let named = names.into_iter().filter_map(|(name, closure)| Some((name, closure?))).collect();
        Captures { ast, own, named }
    }

    /// The file that the script is in.
    pub fn source(&self) -> Option<&str> {
        self.ast.source()
    }

    /// The closure that is given, as it stands there or by its name.
    pub fn closure(&self, given: &Expr) -> Option<Closure> {
        closure(given).or_else(|| match given {
            Expr::Variable(variable, ..) => self.named.get(variable.1.as_str()).cloned(),
            _ => None,
        })
    }

    /// The first write of a captured variable, where `call` runs a closure for many items.
    pub fn check(&self, call: &FnCallExpr, at: Position) -> Option<Wrong> {
        if call.name != PARALLEL || call.is_qualified() || self.own.contains(PARALLEL) {
            return None;
        }
        let given = call.args.last()?;
        let closure = self.closure(given)?;
        let write = self.written(&closure, &closure.captured)?;
        let place = |at| place(self.ast.source(), at);
        let Write { name, at: written, by } = write;
        let message = match by {
            None => format!(
                "`{name}` is a variable from outside, and a closure given to `{PARALLEL}` can't set it"
            ),
            Some(by) => format!(
                "`{name}` is a variable from outside, and a closure given to `{PARALLEL}` can't change it with `{by}`"
            ),
        };
        let fault = Fault::new(Code::ParallelWrites, At::Call, message)
            .label("would be changed for several items at once")
            .help(format!(
                "give back what the closure finds: `{PARALLEL}` returns it in an array, in the order of the items"
            ));
        let frame = Frame { function: format!("`{PARALLEL}`"), place: place(at), times: 1 };
        let place = Some(place(written));
        Some(Wrong { faults: vec![fault], place, frames: vec![frame], ..Wrong::default() })
    }

    /// The first write in `closure` of one of `captured`.
    fn written(&self, closure: &Closure, captured: &[String]) -> Option<Write> {
        let names = captured.iter().map(|name| (name.clone(), true)).collect();
        let mut walk = Walk { captures: self, names, found: None };
        body(self.ast, &closure.function, None, &mut |statement| walk.statement(statement));
        walk.found
    }
}

/// A way through a closure's body.
struct Walk<'c> {
    captures: &'c Captures<'c>,
    /// The variables that can be seen, innermost last, and whether each is one from outside.
    names: Vec<(String, bool)>,
    found: Option<Write>,
}

impl Walk<'_> {
    fn outside(&self, name: &str) -> bool {
        self.names.iter().rev().find(|(known, _)| known == name).is_some_and(|(_, outside)| *outside)
    }

    fn declare(&mut self, name: &str) {
        self.names.push((name.to_string(), false));
    }

    fn write(&mut self, target: &Expr, by: Option<&str>) {
        if let Some((name, at)) = root(target)
            && self.outside(name)
        {
            self.found.get_or_insert(Write { name: name.to_string(), at, by: by.map(str::to_string) });
        }
    }

    fn block<'s>(&mut self, statements: impl IntoIterator<Item = &'s Stmt>) {
        let seen = self.names.len();
        statements.into_iter().for_each(|statement| self.statement(statement));
        self.names.truncate(seen);
    }

    fn expressions<'s>(&mut self, expressions: impl IntoIterator<Item = &'s Expr>) {
        expressions.into_iter().for_each(|expression| self.expression(expression));
    }

    fn statement(&mut self, statement: &Stmt) {
        match statement {
            Stmt::If(parts, _) | Stmt::While(parts, _) | Stmt::Do(parts, ..) => {
                self.expression(&parts.expr);
                self.block(&parts.body);
                self.block(&parts.branch);
            }
            Stmt::TryCatch(parts, _) => {
                self.block(&parts.body);
                let seen = self.names.len();
                if let Expr::Variable(error, ..) = &parts.expr {
                    self.declare(&error.1);
                }
                self.block(&parts.branch);
                self.names.truncate(seen);
            }
            Stmt::For(parts, _) => {
                let (item, counter, parts) = &**parts;
                self.expression(&parts.expr);
                let seen = self.names.len();
                self.declare(&item.name);
                counter.iter().for_each(|counter| self.declare(&counter.name));
                self.block(&parts.body);
                self.names.truncate(seen);
            }
            Stmt::Switch(parts, _) => {
                self.expression(&parts.0);
                parts.1.expressions.iter().for_each(|case| self.expressions([&case.lhs, &case.rhs]));
            }
            Stmt::Var(parts, ..) => {
                self.expression(&parts.1);
                self.declare(&parts.0.name);
            }
            Stmt::Assignment(parts) => {
                self.expressions([&parts.1.rhs, &parts.1.lhs]);
                self.write(&parts.1.lhs, None);
            }
            Stmt::FnCall(call, _) => self.call(call),
            Stmt::Block(block) => self.block(block.statements()),
            Stmt::Expr(value) | Stmt::Return(Some(value), ..) | Stmt::BreakLoop(Some(value), ..) => {
                self.expression(value);
            }
            _ => {}
        }
    }

    fn expression(&mut self, expression: &Expr) {
        if let Some(inner) = closure(expression) {
            let from_outside: Vec<String> =
                inner.captured.iter().filter(|name| self.outside(name)).cloned().collect();
            if !from_outside.is_empty() && self.found.is_none() {
                self.found = self.captures.written(&inner, &from_outside);
            }
            return;
        }
        match expression {
            Expr::FnCall(call, _) => self.call(call),
            Expr::MethodCall(call, _) => self.expressions(call.args.iter()),
            Expr::Stmt(block) => self.block(block.statements()),
            Expr::InterpolatedString(parts, _) | Expr::Array(parts, _) => self.expressions(parts.iter()),
            Expr::Map(parts, _) => self.expressions(parts.0.iter().map(|(_, value)| value)),
            Expr::And(parts, _) | Expr::Or(parts, _) | Expr::Coalesce(parts, _) => {
                self.expressions(parts.iter())
            }
            Expr::Dot(parts, ..) | Expr::Index(parts, ..) => {
                self.expressions([&parts.lhs, &parts.rhs]);
                if let Some(method) = changing(expression) {
                    self.write(&parts.lhs, Some(method));
                }
            }
            _ => {}
        }
    }

    /// `push(array, value)` changes its first argument as `array.push(value)` does, unless it is the
    /// script's own.
    fn call(&mut self, call: &FnCallExpr) {
        self.expressions(call.args.iter());
        let name = call.name.as_str();
        if CHANGING.contains(&name)
            && !call.is_qualified()
            && !self.captures.own.contains(name)
            && let Some(first) = call.args.first()
        {
            self.write(first, Some(name));
        }
    }
}

/// The variable that a target is, or is a part of.
fn root(target: &Expr) -> Option<(&str, Position)> {
    match target {
        Expr::Variable(variable, _, at) if variable.2.is_empty() => Some((variable.1.as_str(), *at)),
        Expr::Dot(parts, ..) | Expr::Index(parts, ..) => root(&parts.lhs),
        _ => None,
    }
}

/// The method in a chain that changes the chain's root, or a part of it: what comes after another method
/// works on what that gave back.
fn changing(chain: &Expr) -> Option<&str> {
    let (mut link, mut indexed) = match chain {
        Expr::Dot(parts, ..) => (&parts.rhs, false),
        Expr::Index(parts, flags, _) if !flags.contains(ASTFlags::BREAK) => (&parts.rhs, true),
        _ => return None,
    };
    loop {
        // What stands in brackets isn't called on anything.
        let (first, next) = match link {
            Expr::Dot(parts, flags, _) => (&parts.lhs, Some((&parts.rhs, false, flags))),
            Expr::Index(parts, flags, _) => (&parts.lhs, Some((&parts.rhs, true, flags))),
            last => (last, None),
        };
        match first {
            Expr::MethodCall(call, _) if !indexed => {
                let name = call.name.as_str();
                return CHANGING.contains(&name).then_some(name);
            }
            _ => {}
        }
        let (rest, in_brackets, flags) = next?;
        if in_brackets && flags.contains(ASTFlags::BREAK) {
            return None;
        }
        (link, indexed) = (rest, in_brackets);
    }
}

/// A closure that captures something, if `expression` is one.
fn closure(expression: &Expr) -> Option<Closure> {
    // What a closure captures is shared with it first.
    let Expr::Stmt(block) = expression else { return None };
    let [Stmt::Share(_), Stmt::Expr(curried)] = block.statements() else { return None };
    let Expr::FnCall(call, _) = &**curried else { return None };
    let [pointer, captured @ ..] = &call.args[..] else { return None };
    let captured = captured.iter().filter_map(|variable| match variable {
        Expr::Variable(variable, ..) => Some(variable.1.to_string()),
        _ => None,
    });
    Some(Closure { function: super::blocks::pointed_to(pointer)?, captured: captured.collect() })
}
