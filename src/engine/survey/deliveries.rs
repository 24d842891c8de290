//! A `catch` that expects what it is never given: how a deferred write was answered.

use rhai::{AST, ASTFlags, ASTNode, Expr, FlowControl, FnCallExpr, Position, Stmt};

use super::{Own, tool_of};
use crate::engine::failure::{Wrong, place};
use crate::engine::host::CallError;
use crate::fault::{At, Code, Fault};
use crate::spec::Delivery;

/// The fields of an error that only an answer of Customer.io's fills.
const OF_ANSWERS: [&str; 3] = ["status", "attempts", "retry_after"];

/// The first write of a `try` that does nothing but write deferred, where the `catch` reads how it was
/// answered. Whatever else the text leaves open is no such write.
pub fn check(ast: &AST, own: &Own<'_>, parts: &FlowControl) -> Option<Wrong> {
    let Expr::Variable(error, ..) = &parts.expr else { return None };
    let mut written: Option<(&'static str, String, Position)> = None;
    let mut open = false;
    let mut see = |path: &[ASTNode<'_>]| {
        let call = match path.last() {
            Some(ASTNode::Expr(Expr::FnCall(call, at) | Expr::MethodCall(call, at)))
            | Some(ASTNode::Stmt(Stmt::FnCall(call, at))) => Some((&**call, *at)),
            // What a loop goes through may be read as it goes.
            Some(ASTNode::Stmt(Stmt::For(..) | Stmt::Import(..))) => {
                open = true;
                None
            }
            Some(ASTNode::Stmt(Stmt::Return(_, flags, _))) if flags.contains(ASTFlags::BREAK) => {
                open = true;
                None
            }
            _ => None,
        };
        if let Some((call, at)) = call {
            match deferred(own, call) {
                Some(tool) => {
                    written.get_or_insert((tool, call.name.to_string(), at));
                }
                None => open |= !answers_nothing(own, call),
            }
        }
        true
    };
    for statement in parts.body.statements() {
        statement.walk(&mut vec![], &mut see);
    }
    let (tool, name, at) = written.filter(|_| !open)?;
    let mut read = false;
    for statement in parts.branch.statements() {
        statement.walk(&mut vec![], &mut |path: &[ASTNode<'_>]| {
            if let Some(ASTNode::Expr(Expr::Dot(parts, ..))) = path.last()
                && let (Expr::Variable(of, ..), Some(Expr::Property(property, _))) =
                    (&parts.lhs, first(&parts.rhs))
            {
                read |= of.1 == error.1 && OF_ANSWERS.contains(&property.2.as_str());
            }
            true
        });
    }
    let fault = Fault::new(
        Code::DeliveryUncaught,
        At::Call,
        format!("`{tool}` is delivered later, and this `catch` doesn't see how it was answered"),
    )
    .label("answered after the `try`")
    .help(
        "flush() waits for what was written and says how many were rejected: if flush().rejected > 0 { … }; \
         a `catch` sees what is wrong with the arguments",
    );
    read.then(|| Wrong::of_call(CallError::one(name, fault), place(ast.source(), at)))
}

/// The tool of a deferred write.
fn deferred(own: &Own<'_>, call: &FnCallExpr) -> Option<&'static str> {
    if call.is_qualified() || own.contains(call.name.as_str()) {
        return None;
    }
    tool_of(call).filter(|tool| tool.delivery != Delivery::Now).map(|tool| tool.name())
}

/// Whether a call is surely none that Customer.io answers.
fn answers_nothing(own: &Own<'_>, call: &FnCallExpr) -> bool {
    let name = call.name.as_str();
    call.is_operator_call()
        || ["print", "debug"].contains(&name) && !call.is_qualified() && !own.contains(name)
}

/// What stands right behind the dot.
fn first(rest: &Expr) -> Option<&Expr> {
    match rest {
        Expr::Dot(parts, ..) | Expr::Index(parts, ..) => Some(&parts.lhs),
        last => Some(last),
    }
}
