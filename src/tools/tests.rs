//! What holds of every tool, so that a new one can't be half written down.

use super::*;
use crate::spec::{
    Api, Delivery, Effect, Kind, Method, Param, Place, Presence, Retry, Rule, Shape, Standing,
};
use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};

fn folder(api: Api) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tools").join(api.name().to_lowercase())
}

/// The names of the tool files in an API's folder.
fn files(api: Api) -> BTreeSet<String> {
    std::fs::read_dir(folder(api))
        .expect("an API has a folder")
        .map(|entry| entry.expect("a folder can be read").file_name().into_string().expect("names are ASCII"))
        .filter_map(|name| name.strip_suffix(".rs").map(str::to_string))
        .filter(|name| name != "mod")
        .collect()
}

fn names(params: &[Param]) -> Vec<&str> {
    params.iter().map(|param| param.name).collect()
}

/// The parameters a rule speaks of.
fn mentioned(rule: &Rule) -> Vec<&'static str> {
    match *rule {
        Rule::AnyOf(names) | Rule::OneAudience(names) => names.to_vec(),
        Rule::OnlyWith { flag, with } => std::iter::once(flag).chain(with.iter().copied()).collect(),
        Rule::Destroys { param, .. } | Rule::ChangesConsent { param, .. } => vec![param],
        Rule::Finished { param, unless } => vec![param, unless],
        Rule::SetsObject { object, with } => vec![object, with],
    }
}

/// Calls `visit` with a list of parameters and its rules, and with those inside of them.
fn every_level(params: &'static [Param], rules: &[Rule], visit: &mut dyn FnMut(&'static [Param], &[Rule])) {
    fn inside(kind: &Kind, visit: &mut dyn FnMut(&'static [Param], &[Rule])) {
        match *kind {
            Kind::Attributes(fields) => every_level(fields, &[], visit),
            Kind::Record { fields, rules } => every_level(fields, rules, visit),
            Kind::List { of, .. } => inside(of, visit),
            _ => {}
        }
    }
    visit(params, rules);
    for param in params {
        inside(&param.kind, visit);
    }
}

#[test]
fn every_file_is_in_the_catalogue_under_its_own_name() {
    for api in Api::ALL {
        let listed: BTreeSet<String> =
            ALL.iter().filter(|tool| tool.api == api).map(|tool| tool.name().to_string()).collect();
        assert_eq!(files(api), listed, "src/tools/{} and ALL differ", api.name().to_lowercase());
    }
}

#[test]
fn a_tool_file_states_facts_and_decides_nothing() {
    for api in Api::ALL {
        for name in files(api) {
            let source = std::fs::read_to_string(folder(api).join(&name).with_extension("rs"))
                .expect("a tool file can be read");
            let code: Vec<&str> =
                source.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
            // Every other piece between quotes is text.
            for word in code
                .join("\n")
                .split('"')
                .step_by(2)
                .flat_map(|piece| piece.split(|c: char| !c.is_alphanumeric()))
            {
                assert!(!["if", "match", "impl", "fn"].contains(&word), "{name}.rs has a `{word}` in it");
            }
        }
    }
}

#[test]
fn tools_are_sorted_by_slug_and_their_names_are_their_own() {
    assert!(ALL.is_sorted_by(|a, b| a.slug < b.slug));
    let functions: Vec<&str> = ALL
        .iter()
        .flat_map(|tool| [Some(tool.name()), tool.pages.map(|pages| pages.sequence)])
        .flatten()
        .collect();
    assert_eq!(functions.iter().collect::<HashSet<_>>().len(), functions.len(), "{functions:?}");
}

#[test]
fn a_tool_is_found_by_slug_by_name_and_by_sequence() {
    let tool = by_slug("CUSTOMERIO_CUSTOMER_IO_SUPPRESS_PERSON").expect("the slug is known");
    assert_eq!(tool.name(), "suppress_person");
    assert_eq!(by_name("suppress_person").map(|tool| tool.slug), Some(tool.slug));
    assert_eq!(by_sequence("segment_members").map(Tool::name), Some("get_segment_membership"));
    assert!(by_slug("suppress_person").is_none() && by_name("segment_members").is_none());
}

#[test]
fn every_tool_is_described() {
    for tool in ALL {
        let name = tool.name();
        assert!(tool.about.ends_with('.'), "{name} has no sentence about it");
        assert!(!tool.examples.is_empty(), "{name} has no example");
        every_level(tool.params, tool.rules, &mut |params, _| {
            for param in params {
                assert!(param.about.ends_with('.'), "{name}: nothing says what `{}` is", param.name);
            }
        });
        for note in tool.notes {
            assert!(note.ends_with('.') && !note.contains("  "), "{name}: {note}");
        }
        let said = tool.about.to_lowercase();
        assert_eq!(tool.standing == Standing::Deprecated, said.contains("deprecated"), "{name}");
        assert_eq!(tool.standing == Standing::Undocumented, said.contains("undocumented"), "{name}");
    }
}

#[test]
fn a_write_says_what_it_does_and_why_it_may_be_repeated() {
    let unsaid = Tool::post("BLANK", Api::App, "/").retry.because();
    for tool in ALL {
        let name = tool.name();
        let reads = tool.effect == Effect::Read;
        assert_eq!(reads, tool.method == Method::Get, "{name}: its effect is left out");
        assert!(!reads || tool.delivery == Delivery::Now, "{name}: a read is answered at once");
        assert!(!reads || !matches!(tool.answer, Shape::Nothing), "{name}: a read has an answer");
        assert!(!tool.retry.because().is_empty(), "{name}");
        assert_ne!(tool.retry.because(), unsaid, "{name}: its retry class is left out");
    }
}

#[test]
fn parameters_stand_in_an_order_that_scripts_can_use() {
    for tool in ALL {
        let name = tool.name();
        every_level(tool.params, tool.rules, &mut |params, _| {
            assert_eq!(names(params).iter().collect::<HashSet<_>>().len(), params.len(), "{name}");
            let first_optional = params.iter().position(|param| param.presence == Presence::Optional);
            let last_required = params.iter().rposition(|param| param.presence == Presence::Required);
            assert!(
                first_optional.zip(last_required).is_none_or(|(optional, required)| required < optional),
                "{name}: an optional parameter stands before a required one"
            );
        });
        // A call with one map as its only value is a call with named parameters.
        let takes_a_map = tool.params.first().is_some_and(|param| {
            matches!(
                param.kind,
                Kind::Object | Kind::Attributes(_) | Kind::Filter | Kind::Record { .. } | Kind::Call(_)
            )
        });
        assert!(!takes_a_map, "{name}: its first parameter takes a map");
    }
}

#[test]
fn rules_speak_of_parameters_that_are_there() {
    for tool in ALL {
        every_level(tool.params, tool.rules, &mut |params, rules| {
            for name in rules.iter().flat_map(mentioned) {
                assert!(names(params).contains(&name), "{}: no parameter `{name}`", tool.name());
            }
            for param in params.iter().filter(|param| param.presence == Presence::Grouped) {
                let ruled = rules.iter().any(|rule| {
                    matches!(rule, Rule::AnyOf(names) | Rule::OneAudience(names) if names.contains(&param.name))
                });
                assert!(ruled, "{}: `{}` is in no group", tool.name(), param.name);
            }
        });
    }
}

#[test]
fn every_placeholder_of_a_path_is_a_parameter() {
    for tool in ALL {
        let in_path: Vec<&str> =
            tool.path.split('{').skip(1).filter_map(|rest| rest.split('}').next()).collect();
        for name in &in_path {
            let (_, param) = tool.param(name).unwrap_or_else(|| panic!("{}: no `{name}`", tool.name()));
            assert_eq!(param.presence, Presence::Required, "{}: `{name}`", tool.name());
        }
        let placed = tool.params.iter().filter(|param| tool.place(param) == Place::Path).count();
        assert_eq!(placed, in_path.len(), "{}", tool.name());
    }
}

#[test]
fn a_paged_tool_takes_a_cursor_and_gives_the_next() {
    for tool in ALL {
        let Some(pages) = tool.pages else { continue };
        assert!(tool.param("start").is_some(), "{}", tool.name());
        let (_, limit) = tool.param("limit").expect("a paged tool takes a limit");
        assert!(
            matches!(limit.kind, Kind::Int { max, .. } if max == i64::from(pages.size)),
            "{}",
            tool.name()
        );
        let Shape::Object(fields) = tool.answer else { panic!("{} answers no object", tool.name()) };
        for field in [pages.items, "next"] {
            assert!(fields.iter().any(|known| known.name == field), "{}: `{field}`", tool.name());
        }
    }
}

#[test]
fn an_example_calls_its_tool_and_shows_its_request() {
    for tool in ALL {
        for example in tool.examples {
            assert!(example.call.starts_with(&format!("{}(", tool.name())), "{}", example.call);
            let fixed = tool.path.split('{').next().unwrap_or_default();
            let begins = format!("{} {fixed}", tool.method.as_str());
            assert!(example.sends.starts_with(&begins), "{}", example.sends);
            let body = example.sends.splitn(3, ' ').nth(2);
            let has_body = !tool.constants.is_empty()
                || tool.params.iter().any(|param| tool.place(param) == Place::Body);
            assert_eq!(body.is_some(), has_body, "{}", example.sends);
            if let Some(body) = body {
                let json: serde_json::Value = serde_json::from_str(body).expect("an example's body is JSON");
                assert_eq!(json.to_string(), body, "an example's body is compact");
            }
        }
    }
}

#[test]
fn what_is_repeated_after_any_fault_rests_on_more_than_a_guess() {
    for tool in ALL {
        if let Retry::Safe { because } = tool.retry {
            for guess in ["inference", "undocumented", "probably", "assum"] {
                assert!(!because.contains(guess), "{}: {because}", tool.name());
            }
        }
    }
}
