//! What can be known of a script without running it. The one folder that names Rhai's tree.

mod blocks;
mod calls;
mod captures;
mod caught;
mod deliveries;
mod fields;
mod flushes;
mod imported;
mod literals;
mod names;
mod races;
mod variables;
mod walk;

use std::collections::HashSet;

use rhai::{AST, ASTNode, Dynamic, Expr, FnCallExpr, Stmt};

use super::failure::{Wrong, place};
use crate::fault::Place;
use crate::spec::Tool;
use crate::tools;
use blocks::Blocks;
use calls::Calls;
pub use calls::Raised;
#[cfg(test)]
pub use captures::CHANGING;
use captures::Captures;
pub use caught::Caught;
use fields::Fields;
use imported::Imported;
pub use names::{Before, Import, Known, Means, Names, functions, names};
pub use races::fault as race;
pub use variables::undefined;
use walk::{bodies, body, node, walk};

/// What a script's text shows.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    pub takes: Takes,
    /// The tools it calls, each by the first name it uses for it.
    pub tools: Vec<Used>,
    /// Whether there is anything to run.
    pub empty: bool,
    /// Whether it has functions of its own: without anything to run, it is a module.
    pub functions: bool,
    /// Writes in a retried block that ends before they are settled: the first of each block.
    pub unsettled: Vec<Wrong>,
    /// Writes of a variable that a closure given to `parallel` captures: the first of each closure.
    pub written: Vec<Wrong>,
    /// Calls of tools whose literal arguments can't be right.
    pub unsound: Vec<Wrong>,
    /// What literal arguments make of a call, where that is more than its tool does: the first of each.
    pub raised: Vec<Raised>,
    /// What runs, and most likely not as it is meant.
    pub doubtful: Vec<Wrong>,
    /// Where the script catches what fails: nothing there is told as unsound.
    pub caught: Caught,
}

/// The names of a script's own functions, and of variables that may hold one: each hides one of ours.
type Own<'a> = HashSet<&'a str>;

/// A tool a script calls, by its own name or that of its sequence.
#[derive(Clone, Debug)]
pub struct Used {
    pub name: String,
    pub tool: &'static Tool,
    /// Of the first call in the text.
    pub place: Place,
}

/// The arguments that are asked for.
#[derive(Clone, Debug, Default)]
pub struct Takes {
    /// Those by a literal name, in order.
    pub arguments: Vec<Argument>,
    /// Whether others may be asked for in a way the text doesn't show.
    pub open: bool,
}

impl Takes {
    /// Adds what a module asks for. Its functions may never be called, so that nothing of it has to be given.
    pub fn add(&mut self, module: &Takes) {
        self.open |= module.open;
        for asked in &module.arguments {
            if self.arguments.iter().all(|known| known.name != asked.name) {
                let default = asked.default.clone().or(Some(None));
                self.arguments.push(Argument { default, ..asked.clone() });
            }
        }
    }
}

/// An argument a script takes.
#[derive(Clone, Debug)]
pub struct Argument {
    pub name: String,
    /// `None` when it has to be given; `Some(None)` when its default isn't a literal.
    pub default: Option<Option<Dynamic>>,
    /// A value of the type it takes; `()` where any text will do.
    pub like: Dynamic,
    /// The line and the column where it is asked for first.
    pub at: (usize, usize),
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

/// Reads the tree of a script, or of what goes on where others ended.
pub fn survey(ast: &AST, before: &Before) -> Survey {
    let mut found = Survey { empty: ast.statements().is_empty(), ..Survey::default() };
    found.functions = ast.has_functions();
    // A script's own function hides ours. That ours may be meant with another number of arguments is too
    // rare to ask somebody for a credential they don't need: the run asks where it is needed.
    let functions = ast.iter_functions().map(|function| function.name);
    let functions: Own<'_> = functions.chain(before.functions.keys().map(String::as_str)).collect();
    found.caught = Caught::of(ast, &functions);
    let held = names::held(ast);
    let held = held.iter().chain(&before.variables).map(String::as_str);
    let own: Own<'_> = functions.into_iter().chain(held).collect();
    let fields = Fields::of(ast);
    let mut blocks = Blocks::new(ast, &own, &fields);
    let captures = Captures::new(ast, &own);
    let calls = Calls::new(ast, &own, &fields);
    let library = Imported::of(ast);
    walk(ast, &mut |path| match path.last() {
        Some(
            ASTNode::Expr(Expr::FnCall(call, at) | Expr::MethodCall(call, at))
            | ASTNode::Stmt(Stmt::FnCall(call, at)),
        ) => {
            found.call(&own, call, place(ast.source(), *at));
            library.writes(call, place(ast.source(), *at)).for_each(|used| found.used(used));
            found.unsettled.extend(blocks.check(call, *at));
            found.written.extend(captures.check(call, *at));
            if !found.caught.contains(*at) {
                found.unsound.extend(captures.race(path));
            }
            calls.check(
                call,
                *at,
                matches!(path.last(), Some(ASTNode::Expr(Expr::MethodCall(..)))),
                &mut found,
            );
        }
        Some(ASTNode::Stmt(Stmt::TryCatch(parts, _))) => {
            found.doubtful.extend(deliveries::check(ast, &own, parts));
        }
        _ => {}
    });
    found.takes.arguments.sort_by_key(|argument| argument.at);
    found.doubtful.extend(names::unused(ast));
    found
}

impl Survey {
    fn call(&mut self, own: &Own<'_>, call: &FnCallExpr, place: Place) {
        let (name, args) = (call.name.as_str(), &call.args[..]);
        // `module::name(…)` is the module's.
        if own.contains(name) || call.is_qualified() {
            return;
        }
        if let Some(tool) = tool_of(call) {
            let name = if name == "tool" { tool.name() } else { name };
            self.used(Used { name: name.to_string(), tool, place });
            return;
        }
        let whole_number = name == "arg_int";
        if name != "arg" && !whole_number {
            return;
        }
        let Some(name) = args.first().and_then(literal).and_then(|name| name.into_string().ok()) else {
            self.takes.open = true;
            return;
        };
        let default = args.get(1).map(literal);
        let like = match &default {
            _ if whole_number => 0.into(),
            Some(Some(value)) => value.clone(),
            _ => Dynamic::UNIT,
        };
        let asked = Argument { name, default, like, at: (place.line, place.column) };
        match self.takes.arguments.iter_mut().find(|known| known.name == asked.name) {
            None => self.takes.arguments.push(asked),
            Some(known) if asked.at < known.at => *known = asked,
            Some(_) => {}
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

/// The tool that a call is of, where no function of the script's own is meant.
fn tool_of(call: &FnCallExpr) -> Option<&'static Tool> {
    let name = call.name.as_str();
    let tool = tools::by_name(name).or_else(|| tools::by_sequence(name));
    tool.or_else(|| match (name, &call.args[..]) {
        ("tool", [slug, ..]) => tools::by_slug(&literal(slug)?.into_string().ok()?),
        _ => None,
    })
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
    pub fn shown(script: &str) -> (Vec<String>, Vec<String>) {
        let survey = survey(&rhai::Engine::new().compile(script).unwrap(), &Before::default());
        let names = |used: Vec<Used>| used.into_iter().map(|used| used.name).collect();
        (names(survey.tools), survey.takes.arguments.into_iter().map(|argument| argument.name).collect())
    }

    #[test]
    fn a_tool_is_named_as_its_first_call_in_the_text_names_it() {
        let script = "fn all() {\n  1.messages()\n}\nget_messages();\nlet a = || get_segments(); tool(\"CUSTOMERIO_GET_SEGMENTS\")";
        let survey = survey(&rhai::Engine::new().compile(script).unwrap(), &Before::default());
        let mut used: Vec<(usize, usize, &str)> = survey
            .tools
            .iter()
            .map(|used| (used.place.line, used.place.column, used.name.as_str()))
            .collect();
        used.sort_unstable();
        assert_eq!(used, [(2, 5, "messages"), (5, 12, "get_segments")]);
    }

    #[test]
    fn arguments_are_in_the_order_of_the_text() {
        let script = "fn f() { arg(\"a\", 1) }\nif arg_int(\"b\") > 1 { arg_int(\"c\") } else { arg(\"d\") }\nf(); arg(\"a\");";
        assert_eq!(shown(script).1, ["a", "b", "c", "d"]);
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

    /// The lines of the first write that its block ends before, and of the calls that lead there.
    fn unsettled(script: &str) -> Option<Vec<usize>> {
        let mut engine = rhai::Engine::new();
        // As a run compiles it.
        engine.set_optimization_level(rhai::OptimizationLevel::None);
        let wrong =
            survey(&engine.compile(script).unwrap(), &Before::default()).unsettled.into_iter().next()?;
        let places = wrong.place.iter().chain(wrong.frames.iter().map(|frame| &frame.place));
        Some(places.map(|place| place.line).collect())
    }

    const WRITE: &str = "track_event(\"u\", \"e\")";

    #[test]
    fn a_block_that_ends_before_its_writes_are_settled_is_found() {
        for script in [
            "retry(3, || W)",
            "retry(3, || { W; get_segments(); })",
            "with_retry(#{}, || { flush(); W; })",
            "#{}.with_retry(|| W)",
            "let x = 1; with_retry(#{}, || { let y = x; W })",
            "retry(3, || { if get_segments() { W; flush() } else { W } })",
            "retry(3, || { for x in [1] { W } })",
            "retry(3, || { if true { flush() } W })",
            "retry(3, || { [1].map(|x| W) })",
            "retry(3, || { parallel(2, [1], |x| W) })",
            "retry(3, || { W; print(`${[1].len()}`) })",
            "fn done() { flush() } retry(2, || { done(); W }); retry(2, || { W; flush() })",
            "fn f() { g() } fn g() { f(); flush() } retry(2, || { f(); W })",
            "retry(3, || { try { W } catch { } })",
            "retry(3, || { switch 1 { 1 => W, _ => flush() } })",
            "retry(3, || { let y = if true { W } else { 1 }; y })",
            "retry(3, || `${W}`)",
            "retry(3, || #{ a: [W] })",
            "retry(3, || true && W)",
            "retry(3, || return W)",
            "retry(3, || suppress_person(\"u\"))",
            "retry(3, || tool(\"CUSTOMERIO_TRACK_EVENT\", #{}))",
            "retry(3, || \"u\".track_event(\"e\"))",
            "retry(3, Fn(\"suppress_person\"))",
            "fn f() { if true { retry(3, || W) } }",
            "let g = || retry(3, || W);",
            "print(retry(3, || retry(3, || W)))",
        ] {
            let lines = unsettled(&script.replace('W', WRITE));
            assert_eq!(lines.map(|lines| lines[0]), Some(1), "{script}");
        }
    }

    #[test]
    fn a_block_that_waits_for_its_writes_and_one_without_any_are_fine() {
        for script in [
            "retry(3, || { W; flush() })",
            "retry(3, || { W; flush(); })",
            "retry(3, || { W; get_segments(); let done = flush(); if done.rejected > 0 { throw 1 } done })",
            "retry(3, || { W; if flush().rejected > 0 { throw \"no\" } })",
            "retry(3, || { for x in [1] { W } return flush(); })",
            "retry(3, || { for x in [1] { W; flush() } })",
            "retry(3, || { if true { W; flush() } else { flush() } })",
            "retry(3, || { [1].map(|x| W); flush() })",
            "retry(3, || retry(2, || { W; flush() }))",
            "retry(3, || { retry(2, || { W; flush() }) })",
            "fn f() { W; flush() } retry(3, || f())",
            "fn settle() { flush() } retry(3, || { W; settle() })",
            // What may settle it, or may never be called.
            "retry(3, || { W; if true { flush() } })",
            "retry(3, || { W; while true { flush() } })",
            "retry(3, || { while flush().rejected == 0 { W } })",
            "retry(3, || { W; switch 1 { 1 => flush(), _ => () } })",
            "retry(3, || { W; if true { exit(\"done\") } })",
            "retry(3, || { W; let f = || flush(); f.call() })",
            "let f = || flush(); retry(3, || { W; f.call() })",
            "let f = || flush(); retry(3, || { W; call(f) })",
            "fn done() { flush() } retry(3, || { W; Fn(\"done\").call() })",
            "fn done() { flush() } let f = done; retry(3, || { W; f.call() })",
            "let n = \"flu\"; retry(3, || { W; Fn(n + \"sh\").call() })",
            "let o = #{ done: || flush() }; retry(3, || { W; o.done() })",
            "fn done(x) { flush() } retry(3, || { W; 1.done() })",
            "fn done() { flush() } retry(3, || { W; 1.done() })",
            "fn step(f) { f.call() } retry(3, || { W; step(|| flush()) })",
            "fn step(f) { f.call() } let f = || flush(); retry(3, || { W; step(f) })",
            "retry(3, || { W; [1].map(|x| flush()) })",
            "let s = segment_members(1).map(|p| flush()); retry(3, || { W; for p in s { } })",
            "fn g() { f(); W } fn f() { g(); flush() } retry(2, || f()); retry(2, || { g(); f() })",
            "import \"x\" as l; retry(3, || { W; l::finish() })",
            "import \"x\" as l; let f = l::f(); retry(3, || { W; f.call() })",
            "retry(3, || { let f = |p| W; 5 })",
            "retry(3, || { segment_members(1).map(|p| W) })",
            "fn f() { W } fn g(f) { retry(3, f) } g(|| 1)",
            "let m = #{ track_event: |a| a }; retry(3, || m.track_event(1))",
            "retry(3, || get_segments())",
            "retry(3, || trigger_broadcast(1))",
            "retry(3, || send_batch([]))",
            "retry(3, || segment_members(1).count())",
            "retry(3, get_segments); W",
            "W; retry(3, || 1); W",
            "let f = || W; f.call()",
            "retry(3, f)",
            "retry()",
            "fn retry(n, f) { } retry(3, || W)",
            "fn track_event(a, b) { } retry(3, || W)",
            "import \"x\" as m; m::retry(3, || W)",
            "import \"x\" as m; retry(3, || m::track_event(1))",
        ] {
            assert_eq!(unsettled(&script.replace('W', WRITE)), None, "{script}");
        }
    }

    #[test]
    fn a_write_in_a_function_is_found_with_the_way_there() {
        let script = "fn one() {\n W }\nfn two() {\n one() }\nretry(3, || {\n two() })".replace('W', WRITE);
        assert_eq!(unsettled(&script), Some(vec![2, 4, 6, 5]));
        for script in [
            "fn f() { W } with_retry(#{}, f)",
            "fn f() { W } with_retry(#{}, Fn(\"f\"))",
            "fn f(n) { if n > 0 { f(n - 1) } W } retry(2, || f(3))",
            "fn f() { g() } fn g() { f(); W } retry(2, || f())",
            "fn f() { 1 } fn f(x) { W } retry(2, || f(1))",
        ] {
            assert!(unsettled(&script.replace('W', WRITE)).is_some(), "{script}");
        }
        let other = "fn f() { 1 } fn f(x) { W } retry(2, || f())".replace('W', WRITE);
        assert_eq!(unsettled(&other), None, "the one with a parameter isn't called");
    }
}
