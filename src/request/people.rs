//! Whom a call is about: the people it names, whatever it does to them.

use std::ops::ControlFlow;

use super::class::each;
use crate::spec::{Arg, Identifier, Kind, Param, Rule, Tool};

/// Visits the people that a call names, each by one identifier; somebody named twice is visited twice. A delivery
/// names the person who got it. Who is reached by a filter or a file is nobody the call names.
pub fn people(tool: &'static Tool, args: &[Arg<'_>], visit: &mut dyn FnMut(&str)) {
    of_fields(tool.params, tool.rules, args, visit);
}

/// The object whose attributes a call sets, if it does: by that, and not by its person, it is ordered.
pub fn object(tool: &'static Tool, args: &[Arg<'_>]) -> Option<String> {
    tool.rules.iter().find_map(|rule| {
        let Rule::SetsObject { object, with } = *rule else { return None };
        let given = |name: &str| tool.param(name).and_then(|(index, _)| args.get(index));
        match (given(with)?, given(object)?) {
            (Arg::Unit, _) => None,
            (_, Arg::Text(id)) => Some((*id).to_string()),
            (_, Arg::Int(id)) => Some(id.to_string()),
            _ => None,
        }
    })
}

fn of_fields(
    params: &'static [Param],
    rules: &'static [Rule],
    args: &[Arg<'_>],
    visit: &mut dyn FnMut(&str),
) {
    let given = |name: &str| {
        let index = params.iter().position(|param| param.name == name && param.names_person());
        index.and_then(|index| args.get(index)).is_some_and(|arg| !matches!(arg, Arg::Unit))
    };
    // Those of which one is needed are ways to name the same person: the first counts.
    let again = |name: &str| {
        rules.iter().any(|rule| {
            let Rule::AnyOf(group) = rule else { return false };
            group.contains(&name)
                && group.iter().take_while(|other| **other != name).any(|other| given(other))
        })
    };
    for (param, arg) in params.iter().zip(args) {
        match arg {
            _ if param.names_person() && again(param.name) => {}
            Arg::Text(id) if param.names_person() => visit(id),
            arg => of_kind(param.kind, arg, visit),
        }
    }
}

fn of_kind(kind: Kind, arg: &Arg<'_>, visit: &mut dyn FnMut(&str)) {
    match (kind, arg) {
        (Kind::Person(_), Arg::Text(text)) => visit(text),
        // By whichever identifier a tool takes them, they are the same person.
        (Kind::Person(_), Arg::Person(person)) => {
            let first = Identifier::ALL.iter().find_map(|which| Some((*which, person.get(*which)?)));
            match first {
                Some((Identifier::CioId, id)) => visit(&format!("{}{id}", Identifier::CioId.prefix())),
                Some((_, id)) => visit(id),
                None => {}
            }
        }
        (Kind::List { of: Kind::Call(items), .. }, Arg::List(calls)) => {
            each(items, *calls, &mut |tool, args| people(tool, args, visit));
        }
        (Kind::List { of, .. }, Arg::List(list)) => list.entries(&mut |_, arg| {
            of_kind(*of, &arg, visit);
            ControlFlow::Continue(())
        }),
        (Kind::Record { fields, rules }, Arg::Object(tree)) => {
            let held: Vec<_> = fields.iter().map(|param| tree.get(param.name)).collect();
            let args: Vec<Arg<'_>> =
                held.iter().map(|held| held.as_ref().map_or(Arg::Unit, |held| held.arg())).collect();
            of_fields(fields, rules, &args, visit);
        }
        _ => {}
    }
}
