//! What comes next in the call at the cursor.

use super::complete::{
    Expected, Key, Known, catalogue, command, expected, listed, of_catalogue, ordered, parameters,
};
use super::spot::{Bracket, Spot, Within};
use crate::engine::Function;

/// From so many letters on a name is gone on with.
const LETTERS: usize = 3;

/// What would follow an input whose cursor is at its end: the arguments that a call still takes, the keys that a
/// map still takes, or the rest of the one function that begins so. It is only shown, and never part of the input.
pub fn hint(text: &str, cursor: usize, known: &Known<'_>) -> Option<String> {
    if cursor < text.len() {
        return None;
    }
    let from = match command(text) {
        Some((name, _)) if name.end == text.len() => return None,
        Some((_, rest)) => rest,
        None => 0,
    };
    let text = text.get(from..)?;
    let spot = Spot::of(text, text.len());
    if !matches!(spot.within, Within::Code(_) | Within::Nothing)
        || spot.within == Within::Nothing && !number(&spot)
    {
        return None;
    }
    of_name(&spot, known).or_else(|| of_keys(&spot)).or_else(|| of_arguments(&spot, known))
}

/// Whether the cursor is behind a number, which is an argument like any.
fn number(spot: &Spot<'_>) -> bool {
    spot.tokens.last().is_some_and(|last| {
        last.span.end == spot.cursor && spot.text[last.span.clone()].starts_with(|c: char| c.is_ascii_digit())
    })
}

/// The rest of the one function whose name begins so.
fn of_name(spot: &Spot<'_>, known: &Known<'_>) -> Option<String> {
    let begun = spot.begun();
    if begun.len() < LETTERS
        || matches!(spot.back(0), "." | "?." | "::" | "let" | "const" | "fn" | "for" | "as")
    {
        return None;
    }
    let given = known.variables.iter().any(|variable| variable.name == begun);
    let begins = |name: &str| name.starts_with(begun) && !given;
    let natives = known.functions.iter().map(|function| function.name.as_str());
    let names = catalogue().map(|(name, _)| name).chain(natives);
    let mut names: Vec<&str> = names.filter(|name| begins(name)).collect();
    names.sort_unstable();
    names.dedup();
    let exact = names.iter().find(|name| **name == begun);
    let name = exact.or(names.first().filter(|_| names.len() == 1))?;
    let arguments = listed(&of_function(name, None, 0, known)?);
    Some(format!("{}({arguments})", &name[begun.len()..]))
}

/// The keys that the map at the cursor still takes.
fn of_keys(spot: &Spot<'_>) -> Option<String> {
    if !spot.begun().is_empty() || spot.around.last()?.bracket != Bracket::Map {
        return None;
    }
    let Some(Expected::Keys(keys)) = expected(spot) else { return None };
    let name = |key: &Key<'_>| match key.required {
        true => key.name.to_string(),
        false => format!("[{}]", key.name),
    };
    let names: Vec<String> = keys.iter().map(name).collect();
    (!names.is_empty()).then(|| format!("{} }}", listed(&names)))
}

/// The arguments that the call at the cursor still takes.
fn of_arguments(spot: &Spot<'_>, known: &Known<'_>) -> Option<String> {
    let call = spot.around.last()?;
    let Bracket::Call { name, method, module } = call.bracket else { return None };
    if call.parameters {
        return None;
    }
    let index = call.commas + usize::from(method);
    let names = of_function(name, module, index, known)?;
    let begun = call.begun || !spot.begun().is_empty();
    let next = index + usize::from(begun);
    // Behind a comma there is another argument.
    if names.len() < next || names.len() <= index && call.commas > 0 {
        return None;
    }
    let before = match spot.text.ends_with(',') {
        true => " ",
        false if begun && next < names.len() => ", ",
        false => "",
    };
    Some(format!("{before}{})", listed(&names[next..])))
}

/// The parameters of a function, of several under its name the first that has one at `index`.
fn of_function(name: &str, module: Option<&str>, index: usize, known: &Known<'_>) -> Option<Vec<String>> {
    if module.is_none()
        && let Some(tool) = of_catalogue(name)
    {
        return Some(ordered(name, tool).collect());
    }
    let functions: &[Function] = match module {
        Some(module) => {
            known.modules.iter().find(|known| known.name == module).map(|known| &known.functions)?
        }
        None => known.functions,
    };
    let mut all: Vec<&Function> = functions.iter().filter(|function| function.name == name).collect();
    all.sort_by_key(|function| function.takes.len());
    let function = all.iter().find(|function| function.takes.len() > index).or(all.last())?;
    Some(parameters(function).into_iter().map(str::to_string).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Imported, Variable};
    use crate::repl::complete::{Command, Takes};

    fn hints(text: &str) -> Option<String> {
        let function = |name: &str, takes: &[Option<&'static str>], params: &[&str]| Function {
            name: name.to_string(),
            takes: takes.to_vec(),
            own: !params.is_empty(),
            params: params.iter().map(ToString::to_string).collect(),
        };
        let functions = [
            function("greet", &[None, None], &["person", "words"]),
            function("sleep", &[Some("an integer")], &[]),
            function("table", &[Some("an array")], &[]),
            function("table", &[Some("an array"), Some("an array")], &[]),
            function("now", &[], &[]),
            function("push", &[Some("an array"), Some("an integer")], &[]),
        ];
        let days = function("days_ago", &[None], &["days"]);
        let modules = [Imported { name: "dates".to_string(), functions: vec![days], ..Imported::default() }];
        let variables = [Variable { name: "get_segment".to_string(), ..Variable::default() }];
        let known = Known {
            commands: &[Command { name: "type", aliases: &[], takes: Takes::Expression }],
            functions: &functions,
            variables: &variables,
            modules: &modules,
            ..Known::default()
        };
        hint(text, text.len(), &known)
    }

    #[test]
    fn what_comes_next_is_told() {
        for (text, says) in [
            ("add_person_to_group(", "user_id, group_id, [traits], …)"),
            ("add_person_to_group(\"u-1\"", ", group_id, [traits], [timestamp], …)"),
            ("add_person_to_group(\"u-1\",", " group_id, [traits], [timestamp], …)"),
            ("add_person_to_group(\"u-1\", ", "group_id, [traits], [timestamp], …)"),
            ("add_person_to_group(per", ", group_id, [traits], [timestamp], …)"),
            ("add_person_to_group(1", ", group_id, [traits], [timestamp], …)"),
            ("add_person_to_group(f(1), [1, 2], ", "[traits], [timestamp], [message_id], …)"),
            ("suppress_person(\"u-1\"", ")"),
            ("for p in xs { add_person_to_group(p, ", "group_id, [traits], [timestamp], …)"),
            ("p.suppress_person(", ")"),
            ("p.add_person_to_group(", "group_id, [traits], [timestamp], …)"),
            ("add_person_to_group(#{ ", "user_id, group_id, [traits], … }"),
            ("add_person_to_group(#{ group_id: \"acme\", ", "user_id, [traits], [timestamp], … }"),
            ("segment_members(", "segment_id)"),
            ("segment_members(#{ ", "segment_id, [sort], [unfinished] }"),
            ("get_messages(", "[type], [metric], [drafts], …)"),
            ("add_per", "son_to_group(user_id, group_id, [traits], …)"),
            ("get_trigger", "(broadcast_id, trigger_id)"),
            ("greet(\"a\", ", "words)"),
            ("sleep(", "seconds)"),
            ("table(xs", ", [columns])"),
            ("table(xs, ", "[columns])"),
            ("push(xs, ", "an integer)"),
            ("now", "()"),
            ("dates::days_ago(", "days)"),
            (":type greet(", "person, words)"),
        ] {
            assert_eq!(hints(text).as_deref(), Some(says), "{text}");
        }
    }

    #[test]
    fn where_nothing_is_known_nothing_is_told() {
        for text in [
            "",
            "x = 1",
            "12",
            "get_",
            "get_segment",
            "let add_per",
            "nothing_like_it(",
            "add_person_to_group(\"u-",
            "// add_person_to_group(",
            "suppress_person(1, ",
            "add_person_to_group(#{ user_id: ",
            "xs.map(|a, ",
            "other::days_ago(",
            "(",
            ":ty",
            "`add_person_to_group(",
        ] {
            assert_eq!(hints(text), None, "{text}");
        }
        assert_eq!(hint("greet() ", 6, &Known::default()), None, "the cursor isn't at the end");
    }
}
