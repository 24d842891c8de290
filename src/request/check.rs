//! What is wrong with the arguments of a call.

use super::filter;
use super::render::brief;
use super::scalars::{
    DIGITS, ID_OR_PERSON, Name, Owner, STRING, choice, date_time, fault, no_identifier, range, seconds,
    segment, text, wrong_type,
};
use super::trees::{attributes, call, data, list, record};
use crate::fault::{Code, Fault, listed};
use crate::spec::{Arg, Identifier, Kind, MAX_NAME, Param, Place, Presence, Rule, Tool};

/// Everything that is wrong with a call of `tool` with `args` in declared order. Missing trailing
/// arguments count as not given. What is [`Arg::Unknown`] is sound whatever it is held against.
pub fn check(tool: &'static Tool, args: &[Arg<'_>]) -> Vec<Fault> {
    let mut faults = fields(Owner::Tool(tool), tool.params, tool.rules, args);
    let in_path = if tool.in_path { tool.params } else { &[] };
    for (param, arg) in in_path.iter().zip(args).filter(|(param, _)| tool.place(param) == Place::Path) {
        faults.extend(ambiguous(tool, param.kind, arg).map(|fault| fault.below(param.name)));
        if matches!(path_text(param.kind, arg), Some("." | "..")) {
            faults.push(
                fault(Code::ArgumentFormat, format!("`{}` can't be a dot or two: it goes into a path", param.name))
                    .label("a step in a path")
                    .help("a server reads it as a step and finds something else; use another identifier if there is one")
                    .below(param.name),
            );
        }
    }
    faults
}

/// The fault of a person whose id would be read as something else: in a path that takes several kinds of
/// identifier, Customer.io tells them apart by their shape alone. Text that a script gives is its own word.
fn ambiguous(tool: &Tool, kind: Kind, arg: &Arg<'_>) -> Option<Fault> {
    let (Kind::Person(usable), Arg::Person(person)) = (kind, arg) else { return None };
    let first = usable.iter().find(|which| person.get(**which).is_some())?;
    let by_shape = usable.contains(&Identifier::CioId) && *first == Identifier::Id;
    let id = person.get(Identifier::Id).filter(|_| by_shape)?;
    let (like, same) = match id.strip_prefix(Identifier::CioId.prefix()) {
        Some(rest) => ("a cio_id", person.get(Identifier::CioId) == Some(rest)),
        None if id.contains('@') => ("an email address", person.get(Identifier::Email) == Some(id)),
        None => return None,
    };
    let message = format!("this person's id is {}, which looks like {like}", brief(&Arg::Text(id)));
    let call = format!("{}(person(#{{ cio_id: p.cio_id }}))", tool.name());
    (!same).then(|| {
        fault(Code::PersonAmbiguous, message)
            .label("Customer.io could take it for somebody else's")
            .help(format!("name them by cio_id, which is never mistaken: {call}"))
    })
}

/// The text that `arg` would put into a path. A segment's name never gets there: its id does.
fn path_text<'a>(kind: Kind, arg: &Arg<'a>) -> Option<&'a str> {
    match (kind, *arg) {
        (Kind::Segment, _) => None,
        // The prefix of any other identifier keeps it from being dots alone.
        (Kind::Person(usable), Arg::Person(person)) => {
            let which = usable.iter().find(|which| person.get(**which).is_some())?;
            person.get(*which).filter(|_| which.prefix().is_empty())
        }
        (_, Arg::Text(text)) => Some(text),
        _ => None,
    }
}

/// The fault of giving more arguments than `tool` has parameters.
pub fn too_many(tool: &Tool, given: usize) -> Fault {
    let takes = match tool.params.len() {
        0 => "no arguments".to_string(),
        1 => "one argument".to_string(),
        n => format!("at most {n} arguments"),
    };
    let were = if given == 1 { "was" } else { "were" };
    fault(Code::ArgumentTooMany, format!("`{}` takes {takes}, and {given} {were} given", tool.name()))
        .label("too many arguments")
        .help(format!("it takes {}", tool.signature()))
}

pub(super) fn fields(
    owner: Owner<'_>,
    params: &'static [Param],
    rules: &'static [Rule],
    args: &[Arg<'_>],
) -> Vec<Fault> {
    let mut faults = vec![];
    let given = |name: &str| {
        let index = params.iter().position(|param| param.name == name);
        index.and_then(|i| args.get(i)).filter(|arg| !matches!(arg, Arg::Unit))
    };
    for (i, param) in params.iter().enumerate() {
        match args.get(i).filter(|arg| !matches!(arg, Arg::Unit)) {
            None if param.presence == Presence::Required => faults.push(
                fault(Code::ArgumentMissing, format!("{owner} needs `{}`", param.name))
                    .label(format!("`{}` is missing", param.name))
                    .help(format!("{}: {}", param.name, param.about)),
            ),
            None => {}
            Some(arg) => {
                faults.extend(value(owner, param, arg).into_iter().map(|fault| fault.below(param.name)));
            }
        }
    }
    for rule in rules {
        faults.extend(broken(owner, rule, &given));
    }
    faults
}

fn broken<'a>(owner: Owner<'_>, rule: &Rule, given: &dyn Fn(&str) -> Option<&'a Arg<'a>>) -> Option<Fault> {
    let names = |names: &[&str], last: &str| {
        listed(&names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>(), last)
    };
    let unknown = |name: &str| matches!(given(name), Some(Arg::Unknown));
    match *rule {
        Rule::AnyOf(group) => group.iter().all(|name| given(name).is_none()).then(|| {
            fault(Code::ArgumentNoneOf, format!("{owner} needs {}", names(group, "or")))
                .label(match group {
                    [_, _] => format!("neither {} is given", names(group, "nor")),
                    _ => format!("none of {} is given", names(group, "and")),
                })
                .help("`()` counts as not given; a person without an id has `()` there")
        }),
        Rule::OneAudience(group) => {
            let (open, chosen): (Vec<&str>, Vec<&str>) =
                group.iter().copied().filter(|name| given(name).is_some()).partition(|name| unknown(name));
            match chosen[..] {
                [] if !open.is_empty() => None,
                [_] => None,
                [] => Some(
                    fault(Code::AudienceMissing, format!("{owner} needs to be told who receives it"))
                        .label("no audience")
                        .help(format!(
                            "give one of {}; `audience: \"default\"` asks for the audience set in Customer.io",
                            names(group, "or")
                        )),
                ),
                [first, second, ..] => {
                    let second = group.iter().copied().find(|name| *name == second)?;
                    Some(
                        fault(
                            Code::AudienceSeveral,
                            format!("{owner} takes one audience, and {} were given", names(&chosen, "and")),
                        )
                        .label(format!("a second audience beside `{first}`"))
                        .below(second),
                    )
                }
            }
        }
        Rule::OnlyWith { flag, with } => (given(flag).is_some()
            && !unknown(flag)
            && with.iter().all(|name| given(name).is_none()))
        .then(|| {
            fault(Code::ArgumentNotAlone, format!("`{flag}` only goes with {}", names(with, "or")))
                .label("without effect here, and Customer.io refuses it")
                .below(flag)
        }),
        // They don't make a call wrong: they say what class it has.
        Rule::Destroys { .. } | Rule::ChangesConsent { .. } => None,
        // Only Customer.io knows.
        Rule::Finished { .. } | Rule::SetsObject { .. } => None,
    }
}

/// What is wrong with one value of a parameter; places are relative to the value.
fn value(owner: Owner<'_>, param: &Param, arg: &Arg<'_>) -> Vec<Fault> {
    of_kind(owner, Name::Own(param.name), param.kind, arg)
}

pub(super) fn of_kind(owner: Owner<'_>, name: Name<'_>, kind: Kind, arg: &Arg<'_>) -> Vec<Fault> {
    let (Name::Own(param) | Name::EntryOf(param)) = name;
    let wrong = |takes: &str| vec![wrong_type(name, takes, arg)];
    let one = |fault: Option<Fault>| fault.into_iter().collect::<Vec<_>>();
    match (kind, arg) {
        (_, Arg::Unknown) => vec![],
        (Kind::Person(usable), Arg::Person(person)) => {
            let found = usable.iter().find_map(|which| person.get(*which));
            match found {
                Some(found) => one(text(name, found, MAX_NAME)),
                None => vec![no_identifier(owner, usable)],
            }
        }
        (Kind::Person(_) | Kind::Id, Arg::Text(id)) => one(text(name, id, MAX_NAME)),
        (Kind::Person(_), _) => wrong(ID_OR_PERSON),
        (Kind::Id, _) => wrong(STRING),
        (Kind::Text { max }, Arg::Text(given)) => one(text(name, given, max)),
        (Kind::Text { .. }, _) => wrong(STRING),
        (Kind::Digits, Arg::Text(digits))
            if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) =>
        {
            vec![]
        }
        (Kind::Digits, Arg::Text(_)) => vec![
            fault(Code::ArgumentFormat, format!("{name} takes digits, and got {}", brief(arg)))
                .label("not digits")
                .help("for example \"1\""),
        ],
        (Kind::Digits, _) => wrong(DIGITS),
        (Kind::Choice(choices), Arg::Text(given)) if choices.contains(given) => vec![],
        (Kind::Choice(choices), Arg::Text(given)) => vec![choice(name, choices, given)],
        (Kind::Choice(choices), _) => {
            vec![
                wrong_type(name, "a word (a string)", arg)
                    .help(format!("it takes {}", listed(choices, "or"))),
            ]
        }
        (Kind::Bool, Arg::Bool(_)) => vec![],
        (Kind::Bool, _) => wrong("true or false"),
        (Kind::Int { min, max }, Arg::Int(n)) if (min..=max).contains(n) => vec![],
        (Kind::Int { min, max }, Arg::Int(n)) => vec![range(name, min, max, *n)],
        (Kind::Int { .. }, _) => wrong("an integer"),
        (Kind::UnixSeconds, Arg::Int(n)) => one(seconds(name, *n)),
        (Kind::UnixSeconds, _) => wrong("a time in Unix seconds (an integer)"),
        (Kind::DateTime, Arg::Text(given)) => one(date_time(name, given)),
        (Kind::DateTime, _) => wrong("a date and time in ISO 8601 (a string)"),
        (Kind::Segment, _) => segment(name, arg),
        (Kind::Object, Arg::Object(tree)) => data(*tree),
        (Kind::Object, _) => wrong("a map"),
        (Kind::Attributes(known), Arg::Object(tree)) => attributes(owner, known, *tree),
        (Kind::Attributes(_), _) => wrong("a map of attributes"),
        (Kind::Filter, Arg::Object(tree)) => filter::check(*tree),
        (Kind::Filter, _) => wrong("a filter (a map)"),
        (Kind::Url, Arg::Text(url)) if url.starts_with("https://") || url.starts_with("http://") => vec![],
        (Kind::Url, Arg::Text(_)) => vec![
            fault(Code::ArgumentFormat, format!("{name} takes a URL, and got {}", brief(arg)))
                .label("not a URL")
                .help("it begins with https://"),
        ],
        (Kind::Url, _) => wrong("a URL (a string)"),
        (Kind::List { of, max }, Arg::List(tree)) => list(owner, param, *of, max, *tree),
        (Kind::List { .. }, _) => wrong("an array"),
        (Kind::Record { fields: params, rules }, Arg::Object(tree)) => record(param, params, rules, *tree),
        (Kind::Record { .. }, _) => wrong("a map"),
        (Kind::Call(items), Arg::Object(tree)) => call(param, items, *tree),
        (Kind::Call(_), _) => wrong("a map with a `type`"),
    }
}
