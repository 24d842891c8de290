//! Blocks that are retried, and the deferred writes in them: such a write isn't answered to the block, so
//! the block has to wait for it before it ends.

use std::collections::{HashMap, HashSet};

use rhai::{AST, Expr, FnCallExpr, FnPtr, Position, Stmt};

use super::fields::Fields;
use super::flushes::{Flushes, settles};
use super::{Own, body, literal, names, tool_of};
use crate::engine::failure::{Frame, Wrong, place};
use crate::engine::parallel::PARALLEL;
use crate::engine::retrying::block_parameters;
use crate::fault::{At, Code, Fault};
use crate::spec::{Delivery, Tool};
use crate::tools;

/// Follows what a script's text shows of its way through blocks and functions.
pub struct Blocks<'a> {
    ast: &'a AST,
    own: &'a Own<'a>,
    fields: &'a Fields,
    /// Names that a function of the script's may have lost to a variable.
    variables: HashSet<String>,
    flushes: Flushes,
    /// What is known of a function by its name and number of parameters, or of all that have the name. One
    /// that is being read counts as doing nothing, so that one that calls itself is read once.
    known: HashMap<(String, Option<usize>), Way>,
}

/// What a part of a script leaves behind when it has run.
#[derive(Clone, Debug, Default)]
struct Way {
    /// Whether it may settle everything before it: what may be right isn't accused.
    flushes: bool,
    /// The first deferred write in it that nothing in it waits for.
    open: Option<Write>,
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
        self.open = self.open.or(next.open);
        self
    }

    /// One or the other.
    fn or(mut self, other: Way) -> Way {
        self.open = self.open.or(other.open);
        self.flushes |= other.flushes;
        self
    }
}

impl<'a> Blocks<'a> {
    pub fn new(ast: &'a AST, own: &'a Own<'a>, fields: &'a Fields) -> Blocks<'a> {
        let flushes = Flushes::of(ast, &|call| takes_block(own, fields, call));
        Blocks { ast, own, fields, variables: names::declared(ast), flushes, known: HashMap::new() }
    }

    /// The first write that the block of this call doesn't wait for, where the call takes a block.
    pub fn check(&mut self, call: &FnCallExpr, at: Position) -> Option<Wrong> {
        if !takes_block(self.own, self.fields, call) {
            return None;
        }
        let function = call.name.as_str();
        let way = self.block(call.args.last()?)?;
        let Write { tool, at: written, through } = way.open?;
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
            let name = variable.1.as_str();
            let function = self.own.contains(name) && !self.variables.contains(name);
            return function.then(|| self.function(name, Some(0)));
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
        // Not what a function does that calls itself decides it.
        let flushes = self.flushes.function(name);
        self.known.insert(key.clone(), Way { flushes, open: None });
        let mut way = Way::default();
        body(self.ast, name, params, &mut |statement| {
            let next = self.statement(statement);
            way = std::mem::take(&mut way).then(next);
        });
        way.flushes |= flushes;
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
                // It is asked once more behind the body.
                let again = Way { flushes: condition.flushes, open: None };
                condition.then(self.statements(&parts.body)).then(again)
            }
            Stmt::For(parts, _) => {
                let items = self.expression(&parts.2.expr);
                // What is gone through may itself do something at each step.
                let step = self.unknown(!shown(&parts.2.expr));
                items.then(self.statements(&parts.2.body)).then(step)
            }
            Stmt::Do(parts, ..) => {
                let body = self.statements(&parts.body);
                body.then(self.expression(&parts.expr))
            }
            Stmt::TryCatch(parts, _) => {
                let body = self.statements(&parts.body);
                body.then(self.statements(&parts.branch))
            }
            Stmt::Var(parts, ..) => self.expression(&parts.1),
            Stmt::Assignment(parts) => self.expressions([&parts.1.lhs, &parts.1.rhs]),
            Stmt::FnCall(call, at) => self.call(call, *at, false),
            Stmt::Block(block) => self.statements(block.statements()),
            Stmt::Expr(value) | Stmt::Return(Some(value), ..) | Stmt::BreakLoop(Some(value), ..) => {
                self.expression(value)
            }
            _ => Way::default(),
        }
    }

    fn expression(&mut self, expression: &Expr) -> Way {
        if let Some(name) = pointed_to(expression) {
            // Whoever gets it may call it, or nobody does.
            return Way { flushes: self.flushes.function(&name), open: None };
        }
        match expression {
            Expr::FnCall(call, at) => self.call(call, *at, false),
            Expr::MethodCall(call, at) => self.call(call, *at, true),
            Expr::Stmt(block) => self.statements(block.statements()),
            Expr::InterpolatedString(parts, _) | Expr::Array(parts, _) => self.expressions(parts.iter()),
            Expr::Map(parts, _) => self.expressions(parts.0.iter().map(|(_, value)| value)),
            Expr::Dot(parts, ..) | Expr::Index(parts, ..) => {
                let way = self.expressions([&parts.lhs, &parts.rhs]);
                match (&parts.lhs, &parts.rhs) {
                    // An array calls it at once, for each of its items.
                    (Expr::Array(..), Expr::MethodCall(call, _)) => way.then(self.called(&call.args)),
                    _ => way,
                }
            }
            Expr::And(parts, _) | Expr::Or(parts, _) | Expr::Coalesce(parts, _) => {
                self.expressions(parts.iter())
            }
            _ => Way::default(),
        }
    }

    /// The way of closures that are called where they are given.
    fn called(&mut self, args: &[Expr]) -> Way {
        args.iter().fold(Way::default(), |way, arg| way.then(self.block(arg).unwrap_or_default()))
    }

    /// The way of what the text doesn't show.
    fn unknown(&self, here: bool) -> Way {
        Way { flushes: here && self.flushes.hidden, open: None }
    }

    fn call(&mut self, call: &FnCallExpr, at: Position, method: bool) -> Way {
        let name = call.name.as_str();
        let before = match &call.args[..] {
            [others @ .., block] if takes_block(self.own, self.fields, call) => {
                let others = self.expressions(others);
                let block = self.block(block).unwrap_or_else(|| self.unknown(true));
                return others.then(block);
            }
            args => self.expressions(args),
        };
        let own = self.own.contains(name);
        before.then(match name {
            // `module::name(…)` is the module's, which isn't read here.
            _ if call.is_qualified() => self.unknown(true),
            _ if call.is_operator_call() => Way::default(),
            _ if settles(name) => Way { flushes: true, open: None },
            _ if own => {
                let mut way = self.function(name, Some(call.args.len()));
                if let Some(write) = &mut way.open {
                    write.through.push((name.to_string(), at));
                }
                // It may call what it is given.
                let open = method || call.args.iter().any(|arg| !plain(arg));
                way.then(self.unknown(open))
            }
            _ => match tool_of(call) {
                Some(tool) if !method || !self.fields.may_hold(name) => write(tool, at),
                None if name == PARALLEL && !method => self.called(&call.args),
                _ => self.unknown(method || call.args.iter().any(|arg| !plain(arg))),
            },
        })
    }
}

/// Whether it is a call of one of the functions that run a block.
fn takes_block(own: &Own<'_>, fields: &Fields, call: &FnCallExpr) -> bool {
    let name = call.name.as_str();
    let ours = !call.is_qualified() && !own.contains(name) && !fields.keys.contains(name);
    block_parameters(name).is_some() && ours
}

/// Whether going through it calls nothing that the script made.
fn shown(items: &Expr) -> bool {
    match items {
        Expr::Array(..) => true,
        Expr::FnCall(call, _) => call.is_operator_call() || tool_of(call).is_some(),
        _ => false,
    }
}

/// Whether a value is no function, and holds none.
fn plain(value: &Expr) -> bool {
    literal(value).is_some() || matches!(value, Expr::InterpolatedString(..))
}

/// The way of a tool's call.
fn write(tool: &'static Tool, at: Position) -> Way {
    match tool.delivery {
        Delivery::Now => Way::default(),
        Delivery::Batched | Delivery::Streamed => {
            Way { flushes: false, open: Some(Write { tool: tool.name(), at, through: vec![] }) }
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
