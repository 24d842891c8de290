//! What a call does and how careful to be with it, once its arguments are known.

use std::ops::ControlFlow;

use super::bind::{bind, item};
use crate::fault::At;
use crate::spec::{Arg, Effect, Item, Kind, Retry, Rule, Step, Tool, Tree};

/// The effect and retry class of one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Class {
    pub effect: Effect,
    pub retry: Retry,
}

/// The class of a call: its tool's, raised by what the arguments make of it. A batch is as careful as
/// its most delicate item.
pub fn class(tool: &'static Tool, args: &[Arg<'_>]) -> Class {
    let mut class = Class { effect: tool.effect, retry: tool.retry };
    for (_, items, list) in batches(tool, args) {
        let mut all: Option<Class> = None;
        each(items, list, &mut |tool, args| {
            let this = self::class(tool, args);
            all = Some(all.map_or(this, |all| all.with(this)));
        });
        class = all.unwrap_or(class);
    }
    let arg = |name: &str| tool.param(name).and_then(|(i, _)| args.get(i));
    for raised in tool.rules.iter().filter_map(|rule| raised(rule, &arg)) {
        class.effect = class.effect.max(raised);
    }
    class
}

/// Everything a call does, beside its class's effect: what each of its parts would be granted for.
pub fn effects(tool: &'static Tool, args: &[Arg<'_>]) -> impl Iterator<Item = Effect> {
    let arg = |name: &str| tool.param(name).and_then(|(i, _)| args.get(i));
    let mut effects: Vec<Effect> = tool.rules.iter().filter_map(|rule| raised(rule, &arg)).collect();
    // Most calls do one thing, and need no room for a list.
    let alone = effects.is_empty().then_some(tool.effect);
    if alone.is_none() {
        effects.push(tool.effect);
        effects.sort_unstable();
        effects.dedup();
    }
    alone.into_iter().chain(effects)
}

/// What a rule makes of a call's effect.
fn raised<'a>(rule: &Rule, arg: &dyn Fn(&str) -> Option<&'a Arg<'a>>) -> Option<Effect> {
    match *rule {
        Rule::Destroys { param, values } => match arg(param) {
            Some(Arg::Text(text)) if values.contains(text) => Some(Effect::Destroy),
            _ => None,
        },
        Rule::ChangesConsent { param, keys } => match arg(param) {
            Some(Arg::Object(tree)) if has_any(*tree, keys) => Some(Effect::Consent),
            _ => None,
        },
        _ => None,
    }
}

/// The argument that makes a call do more than its tool does by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    pub at: At,
    /// What does it: `an event named "User Deleted"`.
    pub what: String,
}

/// What raises a call's effect to `effect`: the first argument, of it or of a call inside it, that a rule names.
pub fn cause(tool: &'static Tool, args: &[Arg<'_>], effect: Effect) -> Option<Cause> {
    let arg = |name: &str| tool.param(name).and_then(|(i, _)| args.get(i));
    let own = tool.rules.iter().filter(|rule| raised(rule, &arg) == Some(effect)).find_map(|rule| {
        let way = |param: &str| vec![param.to_string()];
        match (*rule, rule_param(rule).and_then(arg)) {
            (Rule::Destroys { param, .. }, Some(Arg::Text(text))) => {
                Some(Cause { at: At::Value(way(param)), what: format!("an {param} named {text:?}") })
            }
            (Rule::ChangesConsent { param, keys }, Some(Arg::Object(tree))) => {
                let steps = way_to_any(*tree, keys)?;
                let what = format!("`{}`", steps.last()?);
                Some(Cause { at: At::Key([way(param), steps].concat()), what })
            }
            _ => None,
        }
    });
    own.or_else(|| {
        batches(tool, args).find_map(|(param, items, list)| {
            let mut found: Option<Cause> = None;
            list.entries(&mut |step, arg| {
                if let Arg::Object(tree) = arg
                    && let Some(item) = item(items, tree)
                    && let Some(inner) = cause(item.tool, &bind(item.tool, tree, &["type"]).args(), effect)
                {
                    found = Some(inner.below(step).below(Step::Key(param)));
                }
                if found.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
            found
        })
    })
}

fn rule_param(rule: &Rule) -> Option<&'static str> {
    match *rule {
        Rule::Destroys { param, .. } | Rule::ChangesConsent { param, .. } => Some(param),
        _ => None,
    }
}

/// The calls that travel inside a call: the parameter they are in, which they can be, and those there are.
pub(super) fn batches<'a>(
    tool: &'static Tool,
    args: &'a [Arg<'a>],
) -> impl Iterator<Item = (&'static str, &'static [Item], &'a dyn Tree)> {
    let params = if tool.carries_calls { tool.params } else { &[] };
    params.iter().zip(args).filter_map(|(param, arg)| match (param.kind, arg) {
        (Kind::List { of: Kind::Call(items), .. }, Arg::List(list)) => Some((param.name, *items, *list)),
        _ => None,
    })
}

/// The tools and classes of the calls that travel inside a call, each once.
pub fn inside(tool: &'static Tool, args: &[Arg<'_>]) -> Vec<(&'static Tool, Class)> {
    let mut found: Vec<(&'static Tool, Class)> = vec![];
    for (_, items, list) in batches(tool, args) {
        each(items, list, &mut |tool, args| {
            let class = class(tool, args);
            if !found.iter().any(|(known, its)| known.slug == tool.slug && *its == class) {
                found.push((tool, class));
            }
        });
    }
    found
}

/// Visits the calls of a batch.
pub(super) fn each(
    items: &'static [Item],
    list: &dyn Tree,
    visit: &mut dyn FnMut(&'static Tool, &[Arg<'_>]),
) {
    list.entries(&mut |_, arg| {
        if let Arg::Object(tree) = arg
            && let Some(item) = item(items, tree)
        {
            visit(item.tool, &bind(item.tool, tree, &["type"]).args());
        }
        ControlFlow::Continue(())
    });
}

/// Whether `tree` has one of `keys`, or a key that goes on from one with a dot; also among the traits
/// inside it, which a context can hold.
fn has_any(tree: &dyn Tree, keys: &[&str]) -> bool {
    way_to_any(tree, keys).is_some()
}

/// The steps to that key.
fn way_to_any(tree: &dyn Tree, keys: &[&str]) -> Option<Vec<String>> {
    let mut found = None;
    tree.entries(&mut |step, arg| {
        let Step::Key(given) = step else { return ControlFlow::Continue(()) };
        let is_it = |key: &&str| {
            given.strip_prefix(*key).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        if keys.iter().any(is_it) {
            found = Some(vec![given.to_string()]);
        } else if let (Arg::Object(traits), "traits") = (arg, given) {
            found = way_to_any(traits, keys).map(|way| [vec![given.to_string()], way].concat());
        }
        if found.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    found
}

/// The events a call records, each under a message id of its own: those among the calls inside it, or
/// itself.
pub(super) fn events(tool: &'static Tool, args: &[Arg<'_>]) -> u64 {
    let keyed = |class: &Class| u64::from(matches!(class.retry, Retry::Keyed { .. }));
    let mut batches = batches(tool, args).peekable();
    if batches.peek().is_none() {
        return keyed(&class(tool, args));
    }
    let mut events = 0;
    for (_, items, list) in batches {
        each(items, list, &mut |tool, args| events += keyed(&class(tool, args)));
    }
    events
}

impl Cause {
    /// The same seen from one step further outside.
    fn below(mut self, step: Step<'_>) -> Cause {
        let (At::Value(steps) | At::Key(steps)) = &mut self.at else { return self };
        steps.insert(
            0,
            match step {
                Step::Key(key) => key.to_string(),
                Step::Index(index) => index.to_string(),
            },
        );
        self
    }
}

impl Class {
    /// Whether the call changes nothing, so that repeating it can't either.
    pub fn is_read(&self) -> bool {
        self.effect == Effect::Read
    }

    /// The class of a request that carries calls of both.
    pub fn with(self, other: Class) -> Class {
        Class { effect: self.effect.max(other.effect), retry: self.retry.stricter(other.retry) }
    }

    /// Whether doing it twice is known to be the same as once.
    pub fn is_safe(&self) -> bool {
        matches!(self.retry, Retry::Safe { .. })
    }
}
