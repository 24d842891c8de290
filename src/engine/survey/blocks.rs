//! Blocks that are retried, and the deferred writes in them: such a write isn't answered to the block, so
//! the block has to wait for it before it ends.

use std::collections::HashMap;

use rhai::{AST, Expr, FnCallExpr, FnPtr, Position, Stmt};

use super::{Own, body, literal, tool_of};
use crate::engine::failure::{Frame, Wrong, place};
use crate::engine::retrying::block_parameters;
use crate::fault::{At, Code, Fault};
use crate::spec::{Delivery, Tool};
use crate::tools;

/// Follows what a script's text shows of its way through blocks and functions.
pub struct Blocks<'a> {
    ast: &'a AST,
    own: &'a Own<'a>,
    /// What is known of a function by its name and number of parameters, or of all that have the name. One
    /// that is being read counts as doing nothing, so that one that calls itself is read once.
    known: HashMap<(String, Option<usize>), Way>,
}

/// What a part of a script leaves behind when it has run.
#[derive(Clone, Debug, Default)]
struct Way {
    /// Whether everything before it is settled.
    flushes: bool,
    /// Deferred writes in it that nothing in it waits for.
    open: Vec<Write>,
}

/// A deferred write in the text, and the calls that lead to it, innermost first.
#[derive(Clone, Debug)]
struct Write {
    tool: &'static str,
    at: Position,
    through: Vec<(String, Position)>,
}

impl Way {
    /// This, and `next` after it.
    fn then(mut self, next: Way) -> Way {
        if next.flushes {
            return next;
        }
        self.open.extend(next.open);
        self
    }

    /// One or the other.
    fn or(mut self, other: Way) -> Way {
        self.open.extend(other.open);
        self.flushes &= other.flushes;
        self
    }

    /// This, or nothing.
    fn perhaps(self) -> Way {
        self.or(Way::default())
    }
}

impl<'a> Blocks<'a> {
    pub fn new(ast: &'a AST, own: &'a Own<'a>) -> Blocks<'a> {
        Blocks { ast, own, known: HashMap::new() }
    }

    /// The first write that the block of this call doesn't wait for, where the call takes a block.
    pub fn check(&mut self, call: &FnCallExpr, at: Position) -> Option<Wrong> {
        if !self.takes_block(call) {
            return None;
        }
        let function = call.name.as_str();
        let way = self.block(call.args.last()?)?;
        let Write { tool, at: written, through } = way.open.first()?.clone();
        let place = |at| place(self.ast.source(), at);
        let message = format!("the block of `{function}` ends before its `{tool}` is settled");
        let fault = Fault::new(Code::RetryUnsettled, At::Call, message)
            .label("isn't answered to the block")
            .help(
                "end the block with flush(), which waits for its writes; or take the write out of it: what is \
                 safe to repeat is tried again by itself",
            );
        let mut frames: Vec<Frame> = through
            .into_iter()
            .map(|(name, at)| Frame { function: format!("`{name}`"), place: place(at), times: 1 })
            .collect();
        frames.push(Frame { function: format!("`{function}`"), place: place(at), times: 1 });
        let (call, place) = (Some(tool.to_string()), Some(place(written)));
        Some(Wrong { faults: vec![fault], call, place, frames, ..Wrong::default() })
    }

    /// The way of the block that `given` is, if the text shows it: a closure, or one of the script's own
    /// functions by its name.
    fn block(&mut self, given: &Expr) -> Option<Way> {
        if let Expr::Variable(variable, ..) = given {
            return self.own.contains(variable.1.as_str()).then(|| self.function(&variable.1, Some(0)));
        }
        let name = pointed_to(given)?;
        Some(match tools::by_name(&name) {
            Some(tool) if !self.own.contains(name.as_str()) => write(tool, given.position()),
            _ => self.function(&name, None),
        })
    }

    fn function(&mut self, name: &str, params: Option<usize>) -> Way {
        let key = (name.to_string(), params);
        if let Some(way) = self.known.get(&key) {
            return way.clone();
        }
        self.known.insert(key.clone(), Way::default());
        let mut way = Way::default();
        body(self.ast, name, params, &mut |statement| {
            let next = self.statement(statement);
            way = std::mem::take(&mut way).then(next);
        });
        self.known.insert(key, way.clone());
        way
    }

    fn statements<'s>(&mut self, statements: impl IntoIterator<Item = &'s Stmt>) -> Way {
        statements.into_iter().fold(Way::default(), |way, next| way.then(self.statement(next)))
    }

    fn expressions<'s>(&mut self, expressions: impl IntoIterator<Item = &'s Expr>) -> Way {
        expressions.into_iter().fold(Way::default(), |way, next| way.then(self.expression(next)))
    }

    fn statement(&mut self, statement: &Stmt) -> Way {
        match statement {
            Stmt::If(parts, _) => {
                let condition = self.expression(&parts.expr);
                condition.then(self.statements(&parts.body).or(self.statements(&parts.branch)))
            }
            Stmt::Switch(parts, _) => {
                let (value, cases) = &**parts;
                let cases = cases.expressions.iter();
                let cases =
                    cases.fold(Way::default(), |way, case| way.or(self.expressions([&case.lhs, &case.rhs])));
                self.expression(value).then(cases)
            }
            Stmt::While(parts, _) => {
                let condition = self.expression(&parts.expr);
                condition.then(self.statements(&parts.body).perhaps())
            }
            Stmt::For(parts, _) => {
                let items = self.expression(&parts.2.expr);
                items.then(self.statements(&parts.2.body).perhaps())
            }
            Stmt::Do(parts, ..) => {
                let body = self.statements(&parts.body);
                body.then(self.expression(&parts.expr))
            }
            Stmt::TryCatch(parts, _) => {
                let body = self.statements(&parts.body);
                body.then(self.statements(&parts.branch).perhaps())
            }
            Stmt::Var(parts, ..) => self.expression(&parts.1),
            Stmt::Assignment(parts) => self.expressions([&parts.1.lhs, &parts.1.rhs]),
            Stmt::FnCall(call, at) => self.call(call, *at),
            Stmt::Block(block) => self.statements(block.statements()),
            Stmt::Expr(value) | Stmt::Return(Some(value), ..) | Stmt::BreakLoop(Some(value), ..) => {
                self.expression(value)
            }
            _ => Way::default(),
        }
    }

    fn expression(&mut self, expression: &Expr) -> Way {
        if pointed_to(expression).is_some() {
            // Whoever gets it may call it.
            return self.block(expression).unwrap_or_default().perhaps();
        }
        match expression {
            Expr::FnCall(call, at) | Expr::MethodCall(call, at) => self.call(call, *at),
            Expr::Stmt(block) => self.statements(block.statements()),
            Expr::InterpolatedString(parts, _) | Expr::Array(parts, _) => self.expressions(parts.iter()),
            Expr::Map(parts, _) => self.expressions(parts.0.iter().map(|(_, value)| value)),
            Expr::Dot(parts, ..) | Expr::Index(parts, ..) => self.expressions([&parts.lhs, &parts.rhs]),
            Expr::And(parts, _) | Expr::Or(parts, _) | Expr::Coalesce(parts, _) => {
                let first = self.expressions(parts.first());
                first.then(self.expressions(parts.iter().skip(1)).perhaps())
            }
            _ => Way::default(),
        }
    }

    fn call(&mut self, call: &FnCallExpr, at: Position) -> Way {
        let name = call.name.as_str();
        let before = match &call.args[..] {
            [others @ .., block] if self.takes_block(call) => {
                let others = self.expressions(others);
                let block = self.block(block).unwrap_or_else(|| self.expression(block));
                others.then(block)
            }
            args => self.expressions(args),
        };
        before.then(match name {
            // `module::name(…)` is the module's, which isn't read here.
            _ if call.is_qualified() => Way::default(),
            _ if self.own.contains(name) => {
                let mut way = self.function(name, Some(call.args.len()));
                for write in &mut way.open {
                    write.through.push((name.to_string(), at));
                }
                way
            }
            "flush" => Way { flushes: true, open: vec![] },
            _ => tool_of(call).map(|tool| write(tool, at)).unwrap_or_default(),
        })
    }

    /// Whether it is a call of one of the functions that run a block.
    fn takes_block(&self, call: &FnCallExpr) -> bool {
        let name = call.name.as_str();
        block_parameters(name).is_some() && !call.is_qualified() && !self.own.contains(name)
    }
}

/// The way of a tool's call.
fn write(tool: &'static Tool, at: Position) -> Way {
    match tool.delivery {
        Delivery::Now => Way::default(),
        Delivery::Batched | Delivery::Streamed => {
            Way { flushes: false, open: vec![Write { tool: tool.name(), at, through: vec![] }] }
        }
    }
}

/// The function that a closure, with or without what it captures, or `Fn("name")` points to.
pub fn pointed_to(expression: &Expr) -> Option<String> {
    match expression {
        Expr::DynamicConstant(value, _) => Some(value.read_lock::<FnPtr>()?.fn_name().to_string()),
        Expr::FnCall(call, _) => match (call.name.as_str(), &call.args[..]) {
            ("curry", [pointer, ..]) => pointed_to(pointer),
            ("Fn", [name]) => literal(name)?.into_string().ok(),
            _ => None,
        },
        // What a closure captures is shared with it first.
        Expr::Stmt(block) => match block.statements() {
            [Stmt::Share(_), Stmt::Expr(pointer)] => pointed_to(pointer),
            _ => None,
        },
        _ => None,
    }
}
