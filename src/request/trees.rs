//! What is wrong with maps and arrays.

use std::ops::ControlFlow;

use super::bind::{beside, bind};
use super::check::{check, fields, of_kind};
use super::scalars::{Name, Owner, choice, fault, wrong_type};
use crate::fault::{At, Code, Fault, closest, listed};
use crate::spec::{Arg, Item, Kind, MAX_ATTRIBUTE, MAX_ATTRIBUTES, MAX_NAME, Param, Rule, Step, Tree};

/// As many faults of one array are told; the rest would say the same.
pub const MAX_TOLD: usize = 5;

/// Whether all of a map or an array can be sent as JSON.
pub(super) fn data(tree: &dyn Tree) -> Vec<Fault> {
    each(tree, |_, arg| datum(&arg))
}

/// Whether a value can be sent as JSON.
pub(super) fn datum(arg: &Arg<'_>) -> Vec<Fault> {
    match *arg {
        Arg::Foreign(kind) => vec![
            fault(Code::ArgumentNotData, format!("{kind} can't be sent"))
                .label("not data")
                .help("what can be sent is text, numbers, true and false, `()`, arrays and maps"),
        ],
        Arg::Person(_) => vec![
            fault(Code::ArgumentNotData, "a person can't be sent as a value")
                .label("a person")
                .help("send one of its identifiers, for example `.id` or `.email`"),
        ],
        Arg::Float(f) if !f.is_finite() => vec![
            fault(Code::ArgumentNotData, format!("{f} can't be sent as JSON"))
                .label("not a finite number")
                .help("leave it out: `is_nan` and `is_infinite` tell such numbers"),
        ],
        Arg::List(tree) | Arg::Object(tree) => data(tree),
        _ => vec![],
    }
}

/// The faults of a tree's entries, each below its step, and no more of them than are told.
pub(super) fn each(tree: &dyn Tree, mut of: impl FnMut(Step<'_>, Arg<'_>) -> Vec<Fault>) -> Vec<Fault> {
    let mut faults = vec![];
    tree.entries(&mut |step, arg| {
        faults.extend(of(step, arg).into_iter().map(|fault| below(step, fault)));
        enough(&faults)
    });
    faults.truncate(MAX_TOLD);
    faults
}

pub(super) fn below(step: Step<'_>, fault: Fault) -> Fault {
    let step = match step {
        Step::Key(key) => key.to_string(),
        Step::Index(index) => index.to_string(),
    };
    fault.below(step)
}

pub(super) fn enough(faults: &[Fault]) -> ControlFlow<()> {
    if faults.len() < MAX_TOLD { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
}

pub(super) fn attributes(owner: Owner<'_>, known: &'static [Param], tree: &dyn Tree) -> Vec<Fault> {
    let mut faults = each(tree, |step, arg| {
        let Step::Key(key) = step else { return vec![] };
        match (known.iter().find(|param| param.name == key), arg) {
            (Some(_), Arg::Unit) => vec![],
            (Some(param), arg) => of_kind(owner, Name::Own(param.name), param.kind, &arg),
            (None, _) if key.is_empty() || key.len() > MAX_NAME => vec![attribute_name(key)],
            (None, Arg::Text(text)) if text.len() > MAX_ATTRIBUTE => vec![
                fault(
                    Code::ArgumentTooLong,
                    format!(
                        "`{key}` is {} bytes long, and an attribute takes at most {MAX_ATTRIBUTE}",
                        text.len()
                    ),
                )
                .label("too long"),
            ],
            (None, arg) => datum(&arg),
        }
    });
    if tree.len() > MAX_ATTRIBUTES {
        let message =
            format!("these are {} attributes, and Customer.io takes at most {MAX_ATTRIBUTES}", tree.len());
        faults.push(fault(Code::ArgumentTooLong, message).label("too many attributes"));
    }
    faults
}

pub(super) fn attribute_name(key: &str) -> Fault {
    let (code, label) = match key.len() {
        0 => (Code::ArgumentEmpty, "empty".to_string()),
        long => (Code::ArgumentTooLong, format!("{long} bytes")),
    };
    // The key is what is wrong, and the step to it comes with `below`.
    Fault::new(code, At::Key(vec![]), format!("an attribute's name takes 1 to {MAX_NAME} bytes")).label(label)
}

pub(super) fn list(owner: Owner<'_>, name: &str, of: Kind, max: usize, tree: &dyn Tree) -> Vec<Fault> {
    if tree.is_empty() {
        return vec![
            fault(Code::ArgumentEmpty, format!("`{name}` is an empty array"))
                .label("empty")
                .help("leave the call out when there is nothing in it"),
        ];
    }
    if tree.len() > max {
        let message = format!("`{name}` has {} entries, and Customer.io takes at most {max}", tree.len());
        return vec![
            fault(Code::ArgumentTooLong, message)
                .label("too many")
                .help("call it once for each part: `chunks` cuts an array"),
        ];
    }
    each(tree, |_, arg| match arg {
        Arg::Unit => vec![
            fault(Code::ArgumentType, format!("an entry of `{name}` is `()`, which stands for nothing"))
                .label("nothing here")
                .help("skip what has no value"),
        ],
        arg => of_kind(owner, Name::EntryOf(name), of, &arg),
    })
}

pub(super) fn record(
    name: &str,
    params: &'static [Param],
    rules: &'static [Rule],
    tree: &dyn Tree,
) -> Vec<Fault> {
    let mut faults = vec![];
    tree.entries(&mut |step, _| {
        if let Step::Key(key) = step
            && !params.iter().any(|param| param.name == key)
        {
            let names: Vec<&str> = params.iter().map(|param| param.name).collect();
            let help = match closest(key, names.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("it takes {}", listed(&names, "and")),
            };
            faults.push(
                Fault::new(
                    Code::ArgumentUnknown,
                    At::Key(vec![key.to_string()]),
                    format!("an entry of `{name}` has no `{key}`"),
                )
                .label("no such field")
                .help(help),
            );
        }
        enough(&faults)
    });
    let held: Vec<_> = params.iter().map(|param| tree.get(param.name)).collect();
    let args: Vec<Arg<'_>> =
        held.iter().map(|held| held.as_ref().map_or(Arg::Unit, |held| held.arg())).collect();
    beside(faults, fields(Owner::Value(Name::EntryOf(name)), params, rules, &args))
}

pub(super) fn call(name: &str, items: &'static [Item], tree: &dyn Tree) -> Vec<Fault> {
    let kinds: Vec<&'static str> = items.iter().map(|item| item.name).collect();
    let held = tree.get("type");
    let given = match held.as_deref().map(|held| held.arg()) {
        Some(Arg::Text(given)) => given,
        other => {
            let help = format!("it is one of {}", listed(&kinds, "or"));
            return match other {
                Some(Arg::Unknown) => vec![],
                None | Some(Arg::Unit) => vec![
                    fault(Code::ArgumentMissing, format!("an entry of `{name}` needs a `type`"))
                        .label("`type` is missing")
                        .help(help),
                ],
                Some(other) => {
                    vec![wrong_type(Name::Own("type"), "a word (a string)", &other).help(help).below("type")]
                }
            };
        }
    };
    let Some(item) = items.iter().find(|item| item.name == given) else {
        return vec![choice(Name::Own("type"), &kinds, given).below("type")];
    };
    let mut bound = bind(item.tool, tree, &["type"]);
    let faults = std::mem::take(&mut bound.faults);
    beside(faults, check(item.tool, &bound.args()))
}
