//! What is wrong with the arguments of a call.

use std::ops::ControlFlow;

use super::bind::bind;
use super::filter;
use super::render::brief;
use crate::fault::{At, Code, Fault, closest, listed};
use crate::spec::{Arg, Identifier, Kind, Param, Place, Presence, Rule, Step, Tool, Tree};

/// Customer.io's limit for ids and for the names of attributes, in bytes.
const MAX_NAME: usize = 150;
/// The limit for an attribute's text. Documented for Track; that Pipelines shares it is inference.
const MAX_ATTRIBUTE: usize = 1_000;
const MAX_ATTRIBUTES: usize = 300;
/// A Unix time in seconds beyond this year 5138 was meant in milliseconds.
const MAX_SECONDS: i64 = 100_000_000_000;
/// What parameters take in which a number may stand as text.
const ID_OR_PERSON: &str = "an id (a string) or a person";
const STRING: &str = "a string";
const DIGITS: &str = "digits in a string";
const ANY_TEXT: [&str; 3] = [ID_OR_PERSON, STRING, DIGITS];
/// As many faults of one array are told; the rest would say the same.
const MAX_TOLD: usize = 5;

/// What a message calls a value: by its own name, or as an entry of a list.
#[derive(Clone, Copy)]
pub(super) enum Name<'a> {
    Own(&'a str),
    EntryOf(&'a str),
}

impl std::fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Name::Own(name) => write!(f, "`{name}`"),
            Name::EntryOf(list) => write!(f, "an entry of `{list}`"),
        }
    }
}

/// Everything that is wrong with a call of `tool` with `args` in declared order. Missing trailing
/// arguments count as not given.
pub fn check(tool: &'static Tool, args: &[Arg<'_>]) -> Vec<Fault> {
    let mut faults = fields(Name::Own(tool.name()), tool.params, tool.rules, args);
    for (param, arg) in tool.params.iter().zip(args) {
        if tool.place(param) == Place::Path && matches!(path_text(param.kind, arg), Some("." | "..")) {
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
    fault(Code::ArgumentTooMany, format!("`{}` takes {takes}, and {given} were given", tool.name()))
        .label("too many arguments")
        .help(format!("it takes {}", tool.signature()))
}

fn fault(code: Code, message: impl Into<String>) -> Fault {
    Fault::new(code, At::Call, message)
}

fn fields(owner: Name<'_>, params: &'static [Param], rules: &'static [Rule], args: &[Arg<'_>]) -> Vec<Fault> {
    let mut faults = vec![];
    let given = |name: &str| {
        let index = params.iter().position(|param| param.name == name);
        index.and_then(|i| args.get(i)).filter(|arg| !matches!(arg, Arg::Unit))
    };
    for param in params {
        match given(param.name) {
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

fn broken<'a>(owner: Name<'_>, rule: &Rule, given: &dyn Fn(&str) -> Option<&'a Arg<'a>>) -> Option<Fault> {
    let names = |names: &[&str], last: &str| {
        listed(&names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>(), last)
    };
    match *rule {
        Rule::AnyOf(group) => group.iter().all(|name| given(name).is_none()).then(|| {
            fault(Code::ArgumentNoneOf, format!("{owner} needs {}", names(group, "or")))
                .label("neither is given")
                .help("`()` counts as not given; a person without an id has `()` there")
        }),
        Rule::OneAudience(group) => {
            let chosen: Vec<&str> = group.iter().copied().filter(|name| given(name).is_some()).collect();
            match chosen[..] {
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
        Rule::OnlyWith { flag, with } => {
            (given(flag).is_some() && with.iter().all(|name| given(name).is_none())).then(|| {
                fault(Code::ArgumentNotAlone, format!("`{flag}` only goes with {}", names(with, "or")))
                    .label("without effect here, and Customer.io refuses it")
                    .below(flag)
            })
        }
        Rule::Destroys { param, values } => match given(param) {
            Some(Arg::Text(text)) if values.contains(text) => Some(
                fault(
                    Code::ArgumentReservedEvent,
                    format!("an event named \"{text}\" makes Customer.io delete data for good"),
                )
                .label("reserved name")
                .help("name the event otherwise; to delete a person use `suppress_person`")
                .below(param),
            ),
            _ => None,
        },
        Rule::ChangesConsent { .. } => None,
    }
}

/// What is wrong with one value of a parameter; places are relative to the value.
fn value(owner: Name<'_>, param: &Param, arg: &Arg<'_>) -> Vec<Fault> {
    of_kind(owner, Name::Own(param.name), param.kind, arg)
}

fn of_kind(owner: Name<'_>, name: Name<'_>, kind: Kind, arg: &Arg<'_>) -> Vec<Fault> {
    let (Name::Own(param) | Name::EntryOf(param)) = name;
    let wrong = |takes: &str| vec![wrong_type(name, takes, arg)];
    let one = |fault: Option<Fault>| fault.into_iter().collect::<Vec<_>>();
    match (kind, arg) {
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

pub(super) fn wrong_type(name: Name<'_>, takes: &str, arg: &Arg<'_>) -> Fault {
    let message = match name {
        Name::Own(_) => format!("{name} takes {takes}, and got {}", arg.type_name()),
        Name::EntryOf(_) => format!("{name} has to be {takes}, and this one is {}", arg.type_name()),
    };
    let fault = fault(Code::ArgumentType, message).label(format!("this is {}", arg.type_name()));
    match arg {
        Arg::Int(n) if takes.contains("ISO 8601") => {
            fault.help(format!("iso({n}) makes one of Unix seconds"))
        }
        Arg::Int(n) if ANY_TEXT.contains(&takes) => fault.help(format!("write it as a string: \"{n}\"")),
        Arg::Object(_) if takes.contains("person") => fault.help("make a person of it: person(#{ … })"),
        Arg::Text(text) if takes.contains("integer") && text.parse::<i64>().is_ok() => {
            fault.help(format!("write it as a number: {text}"))
        }
        Arg::Unit => fault.help("`()` stands for a value that isn't there"),
        _ => fault,
    }
}

fn no_identifier(owner: Name<'_>, usable: &[Identifier]) -> Fault {
    let names: Vec<&str> = usable.iter().map(|which| which.name()).collect();
    fault(Code::PersonNoIdentifier, format!("this person has no {}", listed(&names, "or")))
        .label("no identifier the tool can use")
        .help(format!("{owner} needs a person's {}; skip those who have none", listed(&names, "or")))
}

fn text(name: Name<'_>, given: &str, max: usize) -> Option<Fault> {
    if given.is_empty() {
        Some(
            fault(Code::ArgumentEmpty, format!("{name} is an empty string"))
                .label("empty")
                .help("give it a value; what is optional can be left out"),
        )
    } else if given.len() > max {
        let message = format!("{name} is {} bytes long, and Customer.io takes at most {max}", given.len());
        Some(fault(Code::ArgumentTooLong, message).label("too long"))
    } else {
        None
    }
}

fn choice(name: Name<'_>, choices: &[&'static str], given: &str) -> Fault {
    let help = match closest(given, choices.iter().copied()) {
        Some(near) => format!("did you mean \"{near}\"? It takes {}", listed(choices, "or")),
        None => format!("it takes {}", listed(choices, "or")),
    };
    fault(Code::ArgumentChoice, format!("{name} can't be {}", brief(&Arg::Text(given))))
        .label("not one of its values")
        .help(help)
}

fn range(name: Name<'_>, min: i64, max: i64, given: i64) -> Fault {
    let takes = match (min, max) {
        (min, i64::MAX) => format!("{min} or more"),
        (min, max) => format!("{min} to {max}"),
    };
    fault(Code::ArgumentRange, format!("{name} takes {takes}, and got {given}")).label("out of range")
}

fn seconds(name: Name<'_>, given: i64) -> Option<Fault> {
    if (0..MAX_SECONDS).contains(&given) {
        return None;
    }
    let fault = fault(Code::ArgumentRange, format!("{name} takes Unix seconds, and {given} is no such time"));
    Some(match given {
        ..0 => fault.label("before 1970"),
        _ => fault.label("milliseconds?").help(format!("divide by 1000: {}", given / 1000)),
    })
}

fn date_time(name: Name<'_>, given: &str) -> Option<Fault> {
    // A time zone's name in brackets, or a blank for the `T`, is read here and not by Customer.io.
    let valid = given.parse::<jiff::Timestamp>().is_ok() && !given.contains(['[', ' ']);
    (!valid).then(|| {
        fault(
            Code::ArgumentFormat,
            format!("{name} takes a date and time in ISO 8601, and got {}", brief(&Arg::Text(given))),
        )
        .label("not a date and time")
        .help("for example \"2026-11-22T21:30:00Z\"; iso(seconds) makes one")
    })
}

fn segment(name: Name<'_>, arg: &Arg<'_>) -> Vec<Fault> {
    let takes = "a segment: its id, its name, or a segment of get_segments()";
    match arg {
        Arg::Int(1..) => vec![],
        Arg::Int(n) => vec![range(name, 1, i64::MAX, *n)],
        Arg::Text(given) => text(name, given, MAX_ATTRIBUTE).into_iter().collect(),
        Arg::Object(tree) => match tree.get("id").as_deref().map(|held| held.arg()) {
            Some(Arg::Int(1..)) => vec![],
            _ => vec![wrong_type(name, takes, arg).help("this map has no integer `id`")],
        },
        _ => vec![wrong_type(name, takes, arg)],
    }
}

/// Whether all of a map or an array can be sent as JSON.
fn data(tree: &dyn Tree) -> Vec<Fault> {
    each(tree, |_, arg| datum(&arg))
}

/// Whether a value can be sent as JSON.
pub(super) fn datum(arg: &Arg<'_>) -> Vec<Fault> {
    match *arg {
        Arg::Foreign(kind) => vec![
            fault(Code::ArgumentNotData, format!("a value of type {kind} can't be sent"))
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

fn below(step: Step<'_>, fault: Fault) -> Fault {
    let step = match step {
        Step::Key(key) => key.to_string(),
        Step::Index(index) => index.to_string(),
    };
    fault.below(step)
}

pub(super) fn enough(faults: &[Fault]) -> ControlFlow<()> {
    if faults.len() < MAX_TOLD { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
}

fn attributes(owner: Name<'_>, known: &'static [Param], tree: &dyn Tree) -> Vec<Fault> {
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

fn attribute_name(key: &str) -> Fault {
    let (code, label) = match key.len() {
        0 => (Code::ArgumentEmpty, "empty".to_string()),
        long => (Code::ArgumentTooLong, format!("{long} bytes")),
    };
    // The key is what is wrong, and the step to it comes with `below`.
    Fault::new(code, At::Key(vec![]), format!("an attribute's name takes 1 to {MAX_NAME} bytes")).label(label)
}

fn list(owner: Name<'_>, name: &str, of: Kind, max: usize, tree: &dyn Tree) -> Vec<Fault> {
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

fn record(name: &str, params: &'static [Param], rules: &'static [Rule], tree: &dyn Tree) -> Vec<Fault> {
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
    faults.extend(fields(Name::EntryOf(name), params, rules, &args));
    faults
}

fn call(name: &str, items: &'static [crate::spec::Item], tree: &dyn Tree) -> Vec<Fault> {
    let kinds: Vec<&'static str> = items.iter().map(|item| item.name).collect();
    let held = tree.get("type");
    let given = match held.as_deref().map(|held| held.arg()) {
        Some(Arg::Text(given)) => given,
        other => {
            let help = format!("it is one of {}", listed(&kinds, "or"));
            return match other {
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
    let mut faults = std::mem::take(&mut bound.faults);
    faults.extend(check(item.tool, &bound.args()));
    faults
}
