//! What the literal arguments of a call show of it: what is wrong with them, and what they make it do.

use rhai::{AST, Dynamic, Expr, FnCallExpr, Position};

use super::fields::Fields;
use super::literals::{unknown, value};
use super::{Own, Survey, literal, tool_of};
use crate::engine::failure::{Wrong, place};
use crate::engine::host::CallError;
use crate::engine::pages;
use crate::engine::tools::{find, read_args};
use crate::engine::values::Unknown;
use crate::fault::{Fault, Place};
use crate::request::{self, Cause, Class};
use crate::spec::{Effect, Tool};

/// A call, or a part of one, whose arguments make it do more than its tool does by itself.
#[derive(Clone, Debug)]
pub struct Raised {
    /// The function that is called.
    pub name: String,
    pub place: Place,
    /// The tool that is called.
    pub tool: &'static Tool,
    /// It, or a tool whose call travels inside its own.
    pub part: &'static Tool,
    pub class: Class,
    /// The argument that makes it so.
    pub cause: Option<Cause>,
}

/// Holds calls against their tools.
pub struct Calls<'a> {
    ast: &'a AST,
    own: &'a Own<'a>,
    fields: &'a Fields,
}

/// A call of a tool as the text shows it.
struct Shown {
    tool: &'static Tool,
    /// The function that is called; the tool's own where that is `tool`.
    name: String,
    given: Vec<Dynamic>,
}

impl<'a> Calls<'a> {
    pub fn new(ast: &'a AST, own: &'a Own<'a>, fields: &'a Fields) -> Calls<'a> {
        Calls { ast, own, fields }
    }

    /// Enters into `found` what is known of a call; `method` says that its first argument stands before it.
    pub fn check(&self, call: &FnCallExpr, at: Position, method: bool, found: &mut Survey) {
        let name = call.name.as_str();
        if call.is_qualified() || call.is_operator_call() || self.own.contains(name) {
            return;
        }
        if found.caught.contains(at) {
            return;
        }
        if method && self.fields.may_hold(name) {
            return;
        }
        let place = place(self.ast.source(), at);
        let shown = match self.shown(call, method) {
            None => return,
            Some(Err(fault)) => {
                found.unsound.push(Wrong::of_call(CallError::one("tool", fault), place));
                return;
            }
            Some(Ok(shown)) => shown,
        };
        // One alone may be a map of names.
        if matches!(&shown.given[..], [alone] if alone.is::<Unknown>()) {
            return;
        }
        let Shown { tool, name, given } = shown;
        let of_sequence = tool.pages.filter(|pages| pages.sequence == name);
        let read = read_args(tool, given.iter(), |args| {
            let faults = match of_sequence {
                Some(pages) => pages::faults(tool, pages, args),
                None => request::check(tool, args),
            };
            (faults, raised(tool, args))
        });
        let (faults, parts) = read.unwrap_or_else(|error| (error.faults, vec![]));
        if !faults.is_empty() {
            let error = CallError::new(name.as_str(), faults);
            let error = match of_sequence {
                Some(pages) => pages::named(tool, pages, error),
                None => error,
            };
            found.unsound.push(Wrong::of_call(error, place.clone()));
        }
        for (part, class, cause) in parts {
            let known =
                |raised: &Raised| raised.part.slug == part.slug && raised.class.effect == class.effect;
            if !found.raised.iter().any(known) {
                found.raised.push(Raised {
                    name: name.clone(),
                    place: place.clone(),
                    tool,
                    part,
                    class,
                    cause,
                });
            }
        }
    }

    /// The tool that is called, with what it is given; `None` where only a run tells.
    fn shown(&self, call: &FnCallExpr, method: bool) -> Option<Result<Shown, Fault>> {
        let values = call.args.iter().map(value);
        if call.name != "tool" {
            let tool = tool_of(call)?;
            let given = method.then(unknown).into_iter().chain(values).collect();
            return Some(Ok(Shown { tool, name: call.name.to_string(), given }));
        }
        let (false, [slug, rest @ ..]) = (method, &call.args[..]) else { return None };
        let slug = literal(slug)?.into_string().ok()?;
        let tool = match find(&slug) {
            Ok(tool) => tool,
            Err(fault) => return Some(Err(fault)),
        };
        match rest {
            [] | [Expr::Map(..)] => {
                let given = rest.iter().map(value).collect();
                Some(Ok(Shown { tool, name: tool.name().to_string(), given }))
            }
            _ => None,
        }
    }
}

/// What a call does beyond its tool: itself, and what travels inside it. Below consent nothing needs to be
/// granted by itself.
fn raised(tool: &'static Tool, args: &[crate::spec::Arg<'_>]) -> Vec<(&'static Tool, Class, Option<Cause>)> {
    let class = request::class(tool, args);
    let own = request::effects(tool, args).map(|effect| (tool, Class { effect, ..class }));
    let own = own.filter(|(_, class)| class.effect != tool.effect);
    let parts = own.chain(request::inside(tool, args));
    let grave = parts.filter(|(_, class)| class.effect >= Effect::Consent);
    grave.map(|(part, class)| (part, class, request::cause(tool, args, class.effect))).collect()
}
