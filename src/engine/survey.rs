//! What can be known of a script without running it. The one file that names Rhai's tree.

use std::collections::HashSet;

use rhai::{AST, ASTNode, Dynamic, Expr, FnCallExpr, Stmt};

use super::failure::place;
use crate::fault::Place;
use crate::spec::Tool;
use crate::tools;

/// What a script's text shows.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    /// The arguments it asks for by a literal name, in order.
    pub arguments: Vec<Argument>,
    /// Whether it asks for arguments in a way the text doesn't show.
    pub open: bool,
    /// The tools it calls, each by the first name it uses for it.
    pub tools: Vec<Used>,
    /// Whether there is anything to run.
    pub empty: bool,
}

/// A tool a script calls, by its own name or that of its sequence.
#[derive(Clone, Debug)]
pub struct Used {
    pub name: String,
    pub tool: &'static Tool,
    /// Of the first call in the text.
    pub place: Place,
}

/// An argument a script takes.
#[derive(Clone, Debug)]
pub struct Argument {
    pub name: String,
    /// `None` when it has to be given; `Some(None)` when its default isn't a literal.
    pub default: Option<Option<Dynamic>>,
    /// A value of the type it takes; `()` where any text will do.
    pub like: Dynamic,
}

impl std::fmt::Display for Argument {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.default {
            None => write!(f, "{}=…", self.name),
            Some(None) => write!(f, "[{}=…]", self.name),
            Some(Some(value)) => write!(f, "[{}={value}]", self.name),
        }
    }
}

/// Reads a script's tree.
pub fn survey(ast: &AST) -> Survey {
    let mut found = Survey { empty: ast.statements().is_empty(), ..Survey::default() };
    // A script's own function hides ours. That ours may be meant with another number of arguments is too
    // rare to ask somebody for a credential they don't need: the run asks where it is needed.
    let own: HashSet<&str> = ast.iter_functions().map(|function| function.name).collect();
    ast.walk(&mut |path: &[ASTNode<'_>]| {
        match path.last() {
            Some(ASTNode::Expr(Expr::FnCall(call, at) | Expr::MethodCall(call, at))) => {
                found.call(&own, call, place(ast.source(), *at));
            }
            Some(ASTNode::Stmt(Stmt::FnCall(call, at))) => found.call(&own, call, place(ast.source(), *at)),
            // The library asks for no arguments; what another module does isn't read here.
            Some(ASTNode::Stmt(Stmt::Import(import, _))) => {
                let path = literal(&import.0).and_then(|path| path.into_string().ok());
                found.open |= !path.is_some_and(|path| path.starts_with("std/"));
            }
            _ => {}
        }
        true
    });
    found
}

impl Survey {
    fn call(&mut self, own: &HashSet<&str>, call: &FnCallExpr, place: Place) {
        let (name, args) = (call.name.as_str(), &call.args[..]);
        // `module::name(…)` is the module's.
        if own.contains(name) || call.is_qualified() {
            return;
        }
        let tool = tools::by_name(name).or_else(|| tools::by_sequence(name));
        let tool = tool.or_else(|| match (name, args) {
            ("tool", [slug, ..]) => tools::by_slug(&literal(slug)?.into_string().ok()?),
            _ => None,
        });
        if let Some(tool) = tool {
            let name = if name == "tool" { tool.name() } else { name };
            self.used(Used { name: name.to_string(), tool, place });
            return;
        }
        let whole_number = name == "arg_int";
        if name != "arg" && !whole_number {
            return;
        }
        let Some(name) = args.first().and_then(literal).and_then(|name| name.into_string().ok()) else {
            self.open = true;
            return;
        };
        let default = args.get(1).map(literal);
        if !self.arguments.iter().any(|known| known.name == name) {
            let like = match &default {
                _ if whole_number => 0.into(),
                Some(Some(value)) => value.clone(),
                _ => Dynamic::UNIT,
            };
            self.arguments.push(Argument { name, default, like });
        }
    }

    /// Enters a call; of each tool the first counts. A function's body is walked after all that is around it.
    fn used(&mut self, used: Used) {
        let at = |used: &Used| (used.place.line, used.place.column);
        match self.tools.iter_mut().find(|known| known.tool.slug == used.tool.slug) {
            None => self.tools.push(used),
            Some(known) if at(&used) < at(known) => *known = used,
            Some(_) => {}
        }
    }
}

/// The value of a literal.
fn literal(expr: &Expr) -> Option<Dynamic> {
    match expr {
        Expr::StringConstant(text, _) => Some(text.clone().into()),
        Expr::IntegerConstant(n, _) => Some((*n).into()),
        Expr::FloatConstant(f, _) => Some((**f).into()),
        Expr::BoolConstant(b, _) => Some((*b).into()),
        Expr::Unit(_) => Some(Dynamic::UNIT),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tools and the arguments that a script shows.
    fn shown(script: &str) -> (Vec<String>, Vec<String>) {
        let survey = survey(&rhai::Engine::new().compile(script).unwrap());
        let names = |used: Vec<Used>| used.into_iter().map(|used| used.name).collect();
        (names(survey.tools), survey.arguments.into_iter().map(|argument| argument.name).collect())
    }

    #[test]
    fn a_tool_is_named_as_its_first_call_in_the_text_names_it() {
        let script = "fn all() {\n  1.messages()\n}\nget_messages();\nlet a = || get_segments(); tool(\"CUSTOMERIO_GET_SEGMENTS\")";
        let survey = survey(&rhai::Engine::new().compile(script).unwrap());
        let mut used: Vec<(usize, usize, &str)> = survey
            .tools
            .iter()
            .map(|used| (used.place.line, used.place.column, used.name.as_str()))
            .collect();
        used.sort_unstable();
        assert_eq!(used, [(2, 5, "messages"), (5, 12, "get_segments")]);
    }

    #[test]
    fn a_function_of_the_script_is_no_tool_and_no_argument() {
        assert_eq!(shown("messages(#{}); arg(\"n\")"), (vec!["messages".into()], vec!["n".into()]));
        for script in [
            "fn messages(x) { x } messages(1)",
            "fn arg(x) { x } arg(\"n\")",
            "fn messages(x) { x } fn f() { let m = 1; m.messages() } messages(f())",
            "import \"x\" as m; m::messages(1); m::arg(\"n\")",
        ] {
            assert_eq!(shown(script), (vec![], vec![]), "{script}");
        }
        assert_eq!(shown("fn messages(x) { get_segments() }").0, ["get_segments"]);
    }
}
