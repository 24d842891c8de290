//! `--format json`: every line of stderr is an object of a known shape, and its marks are those that a person sees.

mod support;

use std::collections::BTreeSet;

use serde_json::Value;
use support::{Ended, KEYS, Place, Reply, Server, nobody};

/// Runs the script of `place`, and holds every line of stderr against the schema.
#[track_caller]
fn objects(place: &Place, arguments: &[&str]) -> (Ended, Vec<Value>) {
    let ended = place.segue(&[&["run", "script.rhai", "--format", "json"], arguments].concat());
    let parse =
        |line: &str| serde_json::from_str(line).unwrap_or_else(|why| panic!("{why}: {line}\n{ended}"));
    let objects: Vec<Value> = ended.err.lines().map(parse).collect();
    let summaries = objects.iter().filter(|object| object["kind"] == "summary").count();
    assert_eq!((summaries, &objects.last().expect("a summary")["kind"]), (1, &"summary".into()), "{ended}");
    for object in &objects {
        match object["kind"].as_str() {
            Some("diagnostic") => diagnostic(place, object, true),
            Some("note") => shape(object, &[("kind", "string"), ("message", "string")]),
            Some("summary") => {
                summary(object);
                assert_eq!(object["exit"], Value::from(ended.code), "{ended}");
            }
            _ => panic!("an unknown kind: {object}"),
        }
    }
    (ended, objects)
}

#[track_caller]
fn in_sandbox(script: &str) -> Vec<Value> {
    objects(&Place::with(script), &["--sandbox", "--people", "50"]).1
}

/// The diagnostics among objects.
fn diagnostics(objects: &[Value]) -> Vec<&Value> {
    objects.iter().filter(|object| object["kind"] == "diagnostic").collect()
}

/// Holds that an object has just these fields, each of one of the types behind it: `string?` may be null.
#[track_caller]
fn shape(object: &Value, fields: &[(&str, &str)]) {
    let map = object.as_object().unwrap_or_else(|| panic!("no object: {object}"));
    let has: BTreeSet<&str> = map.keys().map(String::as_str).collect();
    assert_eq!(has, fields.iter().map(|(name, _)| *name).collect(), "{object}");
    for (name, kind) in fields {
        let value = &object[name];
        let fits = match kind.trim_end_matches('?') {
            "string" => value.is_string(),
            "count" => value.is_u64(),
            "number" => value.is_number(),
            "bool" => value.is_boolean(),
            "array" => value.is_array(),
            "object" => value.is_object(),
            other => panic!("no type {other}"),
        };
        assert!(fits || kind.ends_with('?') && value.is_null(), "{name} isn't a {kind}: {object}");
    }
}

fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

#[track_caller]
fn diagnostic(place: &Place, object: &Value, outermost: bool) {
    let mut fields = vec![
        ("code", "string?"),
        ("severity", "string"),
        ("message", "string"),
        ("spans", "array"),
        ("help", "string?"),
        ("related", "array"),
    ];
    fields.extend(outermost.then_some(("kind", "string")));
    shape(object, &fields);
    let severity = if object["code"].is_null() { "advice" } else { "error" };
    assert_eq!(object["severity"], severity, "{object}");
    if let Some(name) = object["code"].as_str() {
        assert!(segue::fault::Code::ALL.iter().any(|code| code.name() == name), "{name}");
    }
    items(&object["spans"]).iter().for_each(|span| marked(place, span));
    items(&object["related"]).iter().for_each(|related| diagnostic(place, related, false));
}

/// Holds that line, column and bytes of a span mean one place inside the file.
#[track_caller]
fn marked(place: &Place, span: &Value) {
    let fields = [
        ("file", "string"),
        ("line", "count"),
        ("column", "count"),
        ("start", "count"),
        ("end", "count"),
        ("label", "string?"),
        ("primary", "bool"),
    ];
    shape(span, &fields);
    let text = text(place, span);
    let [line, column, start, end] = ["line", "column", "start", "end"].map(|name| number(&span[name]));
    assert!(start <= end && text.get(start..end).is_some(), "not inside of the text: {span}");
    let row = text.split('\n').nth(line - 1).expect("the line is there");
    let before: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
    let inside: usize = row.chars().take(column - 1).map(char::len_utf8).sum();
    assert_eq!(before + inside, start, "{span}");
}

fn number(value: &Value) -> usize {
    value.as_u64().and_then(|n| usize::try_from(n).ok()).expect("a count")
}

fn text(place: &Place, span: &Value) -> String {
    let file = span["file"].as_str().expect("a file");
    let text = match file.strip_prefix("std/") {
        Some(module) => std::fs::read_to_string(support::in_project(&format!("stdlib/{module}.rhai"))),
        None => std::fs::read_to_string(place.path().join(file)),
    };
    text.expect("the file is there").trim_start_matches('\u{feff}').to_string()
}

#[track_caller]
fn summary(object: &Value) {
    let fields = [
        ("kind", "string"),
        ("ended", "string"),
        ("exit", "count"),
        ("elapsed_ms", "count"),
        ("calls", "array"),
        ("writes", "object"),
        ("groups", "array"),
        ("not_repeatable", "count"),
        ("events_sent_again", "count"),
        ("drift", "object"),
        ("rejected_file", "object?"),
        ("dry_run", "object?"),
        ("depends_on", "object?"),
    ];
    shape(object, &fields);
    let at = [("file", "string?"), ("line", "count?"), ("column", "count?")];
    let placed = |object: &Value, fields: &[(&str, &str)]| shape(object, &[fields, &at].concat());
    let endings = ["done", "failed", "interrupted", "output_closed", "depends", "refused"];
    assert!(endings.iter().any(|ending| object["ended"] == *ending), "{object}");
    items(&object["calls"]).iter().for_each(|call| shape(call, &[("tool", "string"), ("count", "count")]));
    let outcomes = ["accepted", "rejected", "not_delivered", "in_doubt", "may_have_arrived"];
    shape(&object["writes"], &outcomes.map(|outcome| (outcome, "count")));
    for group in items(&object["groups"]) {
        let fields = [
            ("outcome", "string"),
            ("tool", "string"),
            ("code", "string"),
            ("status", "count?"),
            ("count", "count"),
            ("subjects", "array"),
            ("cause", "string"),
            ("varied", "bool"),
            ("attempts", "string"),
        ];
        placed(group, &fields);
        assert!(outcomes[1..].iter().any(|outcome| group["outcome"] == *outcome), "{group}");
    }
    shape(&object["drift"], &[("repaired", "count"), ("extra_fields", "array")]);
    for field in items(&object["drift"]["extra_fields"]) {
        shape(field, &[("tool", "string"), ("field", "string")]);
    }
    if !object["rejected_file"].is_null() {
        let fields = [("path", "string"), ("written", "count"), ("whole", "bool"), ("why", "string?")];
        shape(&object["rejected_file"], &fields);
    }
    if !object["depends_on"].is_null() {
        placed(&object["depends_on"], &[("tool", "string")]);
    }
    let dry = &object["dry_run"];
    if dry.is_null() {
        return;
    }
    shape(dry, &[("writes", "array"), ("would_stop", "array"), ("limits", "array")]);
    for writes in items(&dry["writes"]) {
        shape(writes, &[("tool", "string"), ("count", "count"), ("people", "count"), ("first", "array")]);
        let first = [("method", "string"), ("path", "string"), ("body", "string?")];
        items(&writes["first"]).iter().for_each(|sample| placed(sample, &first));
    }
    let met = [("code", "string"), ("message", "string"), ("help", "string?"), ("count", "count")];
    items(&dry["would_stop"]).iter().for_each(|it| placed(it, &met));
    let limit = [("limit", "string"), ("requests", "count"), ("per_second", "number"), ("takes_ms", "count")];
    items(&dry["limits"]).iter().for_each(|demand| shape(demand, &limit));
}

/// The texts that a drawing underlines; marks over several lines are drawn otherwise and left out.
fn underlined(drawing: &str) -> Vec<String> {
    let mut found = vec![];
    let mut row: Vec<char> = vec![];
    for line in drawing.lines() {
        if let Some((_, source)) = line.split_once(" │ ").filter(|(n, _)| n.trim().parse::<u32>().is_ok()) {
            row = source.chars().collect();
        } else if let Some((_, marks)) = line.split_once(" · ")
            && !marks.contains(['╰', '╭', '│'])
        {
            let marks: Vec<char> = marks.chars().collect();
            let runs = marks.split_inclusive(|mark| *mark == ' ');
            let mut at = 0;
            for run in runs {
                let drawn = run.iter().filter(|mark| matches!(mark, '─' | '┬')).count();
                if drawn > 0 {
                    found.push(row.iter().skip(at).take(drawn).collect());
                }
                at += run.len();
            }
        }
    }
    found.sort();
    found
}

/// The texts of all spans of an object that lie on one line.
fn spans(place: &Place, object: &Value) -> Vec<String> {
    let own = items(&object["spans"]).iter().map(|span| {
        let range = number(&span["start"])..number(&span["end"]);
        text(place, span)[range].to_string()
    });
    let related = items(&object["related"]).iter().flat_map(|related| spans(place, related));
    let mut all: Vec<String> = own.chain(related).filter(|text| !text.contains('\n')).collect();
    all.sort();
    all
}

/// A script that fails in a function of a module, called in a closure.
fn far_away() -> Place {
    let place = Place::with(
        "import \"lib\" as lib;\nfn twice(items) {\n    items.map(|item| lib::join(item))\n}\ntwice([\"u-1\"]);\n",
    );
    place.file("lib.rhai", b"fn join(person) {\n    add_person_to_group(person, 42);\n}\n");
    place
}

#[test]
fn the_bytes_are_what_a_person_sees_underlined() {
    for place in [
        Place::with("track_event(7, \"\");"),
        Place::with("let s = \"é\";\ntrack_event(\"u-1\", \"x\", #{}, 5); // ü"),
        Place::with("get_messages(#{ limit: 5000, colour: 1, type: \"mail\" });"),
        Place::with("let x = 1\nprint(x);"),
        Place::with("//! max-people: many\nprint(1);"),
        Place::with(
            "fn inner() { throw \"x\" }\nfn outer() { inner() }\ntry { outer() } catch (e) { throw e }",
        ),
        Place::with("segment_member(1)"),
        Place::with("import \"std/dates\" as dates;\ndates::days_ago(\"x\");"),
        far_away(),
    ] {
        let (_, objects) = objects(&place, &["--sandbox", "--people", "50"]);
        let drawing = place.segue(&["run", "script.rhai", "--sandbox", "--people", "50"]).err;
        let diagnostics = diagnostics(&objects);
        assert_eq!(diagnostics.len(), 1, "{objects:?}");
        let spans = spans(&place, diagnostics[0]);
        assert_eq!(spans, underlined(&drawing), "{drawing}");
        assert!(!spans.is_empty(), "{drawing}");
    }
}

#[test]
fn places_are_right_behind_tabs_emoji_and_other_line_ends() {
    let script = "let s = \"🎉\";\r\n\tif true { /* é */ add_person_to_group(\"ü\", 7) }\r\n";
    let objects = in_sandbox(script);
    let span = &diagnostics(&objects)[0]["spans"][0];
    assert_eq!((number(&span["line"]), number(&span["column"])), (2, 45), "{span}");
    assert_eq!(&script[number(&span["start"])..number(&span["end"])], "7");
}

#[test]
fn each_further_fault_is_told_apart() {
    let objects = in_sandbox("get_messages(#{ limit: 5000, colour: 1 });");
    let [first] = diagnostics(&objects)[..] else { panic!("{objects:?}") };
    let [second] = items(&first["related"]) else { panic!("{first}") };
    let codes: BTreeSet<&str> = [first, second].iter().filter_map(|fault| fault["code"].as_str()).collect();
    assert_eq!(codes, ["segue::argument::range", "segue::argument::unknown"].into());
    for fault in [first, second] {
        assert_eq!(items(&fault["spans"]).len(), 1, "{fault}");
        assert_eq!(fault["spans"][0]["primary"], true);
        assert!(!fault["message"].as_str().is_some_and(|message| message.contains("more")), "{fault}");
    }
}

#[test]
fn the_way_there_is_related() {
    let place = far_away();
    let (_, objects) = objects(&place, &["--sandbox"]);
    let [wrong] = diagnostics(&objects)[..] else { panic!("{objects:?}") };
    assert_eq!(
        (&wrong["code"], &wrong["spans"][0]["file"]),
        (&"segue::argument::type".into(), &"lib.rhai".into())
    );
    let files: Vec<&Value> = items(&wrong["related"]).iter().map(|way| &way["spans"][0]["file"]).collect();
    assert!(!files.is_empty() && files.iter().all(|file| **file == "script.rhai"), "{wrong}");
}

#[test]
fn stdout_is_the_scripts_and_what_it_debugs_is_a_note() {
    let (ended, objects) = objects(&Place::with("print(\"out\"); debug(\"aside\");"), &["--sandbox"]);
    assert_eq!((ended.code, &*ended.out), (Some(0), "out\n"));
    assert!(
        objects.iter().any(|it| it["kind"] == "note" && it["message"].as_str().unwrap().contains("aside"))
    );
    assert!(diagnostics(&objects).is_empty());
}

#[test]
fn what_never_begins_ends_with_a_summary_too() {
    let place = Place::with("print(1);");
    place.file("segue.toml", b"[profiles.a]\nregoin = \"eu\"\n");
    let (ended, told) = objects(&place, &["--profile", "a"]);
    let [wrong] = diagnostics(&told)[..] else { panic!("{ended}") };
    assert_eq!(wrong["code"], "segue::settings::invalid");
    assert!(wrong["spans"][0]["file"].as_str().is_some_and(|file| file.ends_with("segue.toml")), "{wrong}");
    assert_eq!(told.last().map(|it| (&it["ended"], &it["exit"])), Some((&"refused".into(), &2.into())));
    let (_, told) = objects(&Place::with("print(1);"), &["what", "--sandbox"]);
    assert_eq!(diagnostics(&told)[0]["code"], "segue::script::argument_unknown");
    let (_, told) = objects(&Place::with("print(1);"), &["--limit", "app=fast", "--sandbox"]);
    assert_eq!(diagnostics(&told)[0]["code"], "segue::settings::invalid");
}

#[test]
fn the_summary_counts_what_became_of_writes() {
    let server = Server::start().refusing(|item| item["userId"] == "u-2");
    let place = Place::with("for n in 0..3 {\n    identify_person(`u-${n}`);\n}").live(&server.url());
    let (ended, told) = objects(&place, &["--rejected", "rejected.ndjson"]);
    let summary = told.last().expect("a summary");
    assert_eq!(ended.code, Some(5));
    assert_eq!((&summary["writes"]["accepted"], &summary["writes"]["rejected"]), (&2.into(), &1.into()));
    let [group] = items(&summary["groups"]) else { panic!("{summary}") };
    assert_eq!((&group["tool"], &group["outcome"]), (&"identify_person".into(), &"rejected".into()));
    assert_eq!(
        (&group["line"], &group["subjects"], &group["status"]),
        (&2.into(), &vec!["u-2"].into(), &400.into())
    );
    assert_eq!(summary["rejected_file"]["written"], 1);
    assert_eq!(summary["calls"][0]["count"], 3);
}

#[test]
fn a_dry_run_tells_what_it_kept_back() {
    let server = Server::start().on("*", [Reply::ok("{}")]);
    let script = "identify_person(\"u-1\");\nsuppress_person(\"u-1\");\nprint(trigger_broadcast(#{ broadcast_id: 1, audience: \"default\" }).id + 1);";
    let (ended, told) = objects(&Place::with(script).live(&server.url()), &["--dry-run"]);
    let summary = told.last().expect("a summary");
    assert_eq!(ended.code, Some(0), "{ended}");
    let dry = &summary["dry_run"];
    assert_eq!(
        (&dry["writes"][0]["tool"], &dry["writes"][0]["first"][0]["line"]),
        (&"identify_person".into(), &1.into())
    );
    assert_eq!(dry["would_stop"][0]["code"], "segue::grant::missing");
    assert!(!items(&dry["limits"]).is_empty());
    assert_eq!((&summary["ended"], &summary["depends_on"]["line"]), (&"depends".into(), &3.into()));
}

#[test]
fn no_key_is_in_any_object() {
    let server = Server::start().on("*", [Reply::Echo(400)]);
    let place = Place::with("track_event(\"u-1\", \"x\");\nflush();\nget_segments();").live(&server.url());
    let (ended, told) = objects(&place, &[]);
    assert!(!diagnostics(&told).is_empty(), "{ended}");
    for (_, key) in KEYS {
        assert!(!ended.err.contains(key), "{ended}");
    }
    assert!(ended.err.contains("[secret]"), "{ended}");
    let (ended, _) = objects(&Place::with("get_segments();").live(&nobody()), &["--attempts", "1"]);
    assert_eq!(ended.code, Some(7), "{ended}");
}
