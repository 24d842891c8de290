//! Variables that there aren't where the text uses them.

use std::collections::{HashMap, HashSet};

use rhai::{AST, ASTNode, Expr, FnCallExpr, Position, Stmt};

use super::{Before, Caught, bodies, walk};

/// The uses of variables that nothing declares where they stand, but for those that the script catches: of
/// each name the first in a function, and outside of any.
pub fn undefined(ast: &AST, before: &Before, caught: &Caught) -> Vec<(String, Position)> {
    let (mut looks, mut lends) = (false, false);
    walk(ast, &mut |path| {
        if let Some(
            ASTNode::Expr(Expr::FnCall(call, _) | Expr::MethodCall(call, _))
            | ASTNode::Stmt(Stmt::FnCall(call, _)),
        ) = path.last()
        {
            looks |= call.name == "is_def_var";
            // `name!(…)` lends the function the variables of its caller.
            lends |= call.capture_parent_scope;
        }
    });
    if looks {
        return vec![];
    }
    // The bare name of a function is a pointer to it.
    let functions = ast.iter_functions().map(|function| function.name);
    let functions: HashSet<&str> = functions.chain(before.functions.keys().map(String::as_str)).collect();
    let scope = || Scope { functions: &functions, names: vec![], found: vec![] };
    let mut main = scope();
    main.names.extend(before.variables.iter().cloned());
    main.statements(ast.statements());
    let mut found = first_of_each(main.found, caught);
    if lends {
        return found;
    }
    let mut inner: HashMap<(String, usize), Scope<'_>> = HashMap::new();
    for function in ast.iter_functions() {
        // Methods of several types may have one name.
        let own = inner.entry((function.name.to_string(), function.params.len())).or_insert_with(scope);
        own.names.extend(function.params.iter().map(ToString::to_string));
    }
    bodies(ast, &mut |name, params, statement| {
        if let Some(scope) = inner.get_mut(&(name.to_string(), params)) {
            scope.statement(statement);
        }
    });
    found.extend(inner.into_values().flat_map(|scope| first_of_each(scope.found, caught)));
    found
}

fn first_of_each(found: Vec<(String, Position)>, caught: &Caught) -> Vec<(String, Position)> {
    let mut seen: HashSet<String> = HashSet::new();
    let told = found.into_iter().filter(|(_, at)| !caught.contains(*at));
    told.filter(|(name, _)| seen.insert(name.clone())).collect()
}

/// A way through statements, with the variables that can be seen.
struct Scope<'a> {
    functions: &'a HashSet<&'a str>,
    /// Innermost last.
    names: Vec<String>,
    found: Vec<(String, Position)>,
}

impl Scope<'_> {
    fn used(&mut self, name: &str, at: Position) {
        if !self.functions.contains(name) && !self.names.iter().any(|known| known == name) {
            self.found.push((name.to_string(), at));
        }
    }

    fn statements<'s>(&mut self, statements: impl IntoIterator<Item = &'s Stmt>) {
        statements.into_iter().for_each(|statement| self.statement(statement));
    }

    /// Statements whose variables end with them, and what is declared for them alone.
    fn block<'s>(&mut self, declared: &[&str], statements: impl IntoIterator<Item = &'s Stmt>) {
        let seen = self.names.len();
        self.names.extend(declared.iter().map(ToString::to_string));
        self.statements(statements);
        self.names.truncate(seen);
    }

    fn expressions<'s>(&mut self, expressions: impl IntoIterator<Item = &'s Expr>) {
        expressions.into_iter().for_each(|expression| self.expression(expression));
    }

    fn statement(&mut self, statement: &Stmt) {
        match statement {
            Stmt::If(parts, _) | Stmt::While(parts, _) => {
                self.expression(&parts.expr);
                self.block(&[], &parts.body);
                self.block(&[], &parts.branch);
            }
            Stmt::Do(parts, ..) => {
                self.block(&[], &parts.body);
                self.expression(&parts.expr);
            }
            Stmt::For(parts, _) => {
                let (item, counter, parts) = &**parts;
                self.expression(&parts.expr);
                let declared: Vec<&str> =
                    std::iter::once(item).chain(counter).map(|name| name.name.as_str()).collect();
                self.block(&declared, &parts.body);
            }
            Stmt::TryCatch(parts, _) => {
                self.block(&[], &parts.body);
                match &parts.expr {
                    Expr::Variable(error, ..) => self.block(&[error.1.as_str()], &parts.branch),
                    _ => self.block(&[], &parts.branch),
                }
            }
            Stmt::Switch(parts, _) => {
                self.expression(&parts.0);
                parts.1.expressions.iter().for_each(|case| self.expressions([&case.lhs, &case.rhs]));
            }
            Stmt::Var(parts, ..) => {
                self.expression(&parts.1);
                self.names.push(parts.0.name.to_string());
            }
            Stmt::Assignment(parts) => self.expressions([&parts.1.rhs, &parts.1.lhs]),
            Stmt::FnCall(call, _) => self.call(call),
            Stmt::Block(block) => self.block(&[], block.statements()),
            Stmt::Expr(value) | Stmt::Return(Some(value), ..) | Stmt::BreakLoop(Some(value), ..) => {
                self.expression(value);
            }
            Stmt::Import(import, _) => {
                let before = self.found.len();
                self.expression(&import.0);
                // A path without its quotes is one mistake.
                self.found.truncate(before + 1);
            }
            _ => {}
        }
    }

    fn expression(&mut self, expression: &Expr) {
        match expression {
            Expr::Variable(variable, _, at) if variable.2.is_empty() => self.used(&variable.1, *at),
            Expr::FnCall(call, _) | Expr::MethodCall(call, _) => self.call(call),
            Expr::Stmt(block) => self.block(&[], block.statements()),
            Expr::InterpolatedString(parts, _) | Expr::Array(parts, _) => self.expressions(parts.iter()),
            Expr::Map(parts, _) => self.expressions(parts.0.iter().map(|(_, value)| value)),
            Expr::Dot(parts, ..) | Expr::Index(parts, ..) => self.expressions([&parts.lhs, &parts.rhs]),
            Expr::And(parts, _) | Expr::Or(parts, _) | Expr::Coalesce(parts, _) => {
                self.expressions(parts.iter());
            }
            _ => {}
        }
    }

    fn call(&mut self, call: &FnCallExpr) {
        // What a closure captures is an argument of its `curry`.
        self.expressions(call.args.iter());
    }
}
