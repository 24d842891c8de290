//! `--format json`: every line of stderr is an object of a known shape, and its marks are those that a person sees.

mod support;

use std::collections::BTreeSet;
use std::ops::Range;

use serde_json::{Map, Value, json};
use support::{Ended, KEYS, Place, Reply, Server, unlike};

/// Runs the script of `place`, which ends with a summary.
#[track_caller]
fn objects(place: &Place, arguments: &[&str]) -> (Ended, Vec<Value>) {
    let (ended, objects) = told(place, &[&["run", "script.rhai"], arguments].concat());
    let summaries: Vec<&Value> = objects.iter().filter(|object| object["kind"] == "summary").collect();
    assert_eq!(summaries, [objects.last().expect("a summary")], "{ended}");
    assert_eq!(summaries[0]["exit"], Value::from(ended.code), "{ended}");
    (ended, objects)
}

/// What a command writes, each line of stderr held against the schema.
#[track_caller]
fn told(place: &Place, arguments: &[&str]) -> (Ended, Vec<Value>) {
    let ended = place.segue(&[arguments, &["--format", "json"]].concat());
    let parse =
        |line: &str| serde_json::from_str(line).unwrap_or_else(|why| panic!("{why}: {line}\n{ended}"));
    let objects: Vec<Value> = ended.err.lines().map(parse).collect();
    for object in &objects {
        assert_eq!(unlike(object), "", "{object}");
        if object["kind"] == "diagnostic" {
            diagnostic(place, object);
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

fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// Holds what no schema can say of a diagnostic.
#[track_caller]
fn diagnostic(place: &Place, object: &Value) {
    if let Some(name) = object["code"].as_str() {
        assert!(segue::fault::Code::ALL.iter().any(|code| code.name() == name), "{name}");
    }
    assert_eq!(object["severity"] == "advice", object["code"].is_null(), "{object}");
    items(&object["spans"]).iter().for_each(|span| marked(place, span));
    items(&object["related"]).iter().for_each(|related| diagnostic(place, related));
}

/// Holds that line, column and bytes of a span mean one place inside the file.
#[track_caller]
fn marked(place: &Place, span: &Value) {
    let text = text(place, span);
    let [line, column, start] = ["line", "column", "offset"].map(|name| number(&span[name]));
    assert!(text.get(bytes(span)).is_some(), "not inside of the text: {span}");
    let row = text.split('\n').nth(line - 1).expect("the line is there");
    let before: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
    let inside: usize = row.chars().take(column - 1).map(char::len_utf8).sum();
    assert_eq!(before + inside, start, "{span}");
}

/// The bytes that a span covers.
fn bytes(span: &Value) -> Range<usize> {
    let start = number(&span["offset"]);
    start..start + number(&span["length"])
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
            // A place where something is missing.
            found.extend(marks.iter().filter(|mark| **mark == '▲').map(|_| String::new()));
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
    let own = items(&object["spans"]).iter().map(|span| text(place, span)[bytes(span)].to_string());
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
        Place::with("let x = 1 +;\nprint(x);"),
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
fn the_readme_shows_what_is_written() {
    let readme = include_str!("../README.md");
    let shown = readme.split("```json\n").find(|text| text.contains("\"diagnostic\"")).expect("an example");
    let shown: Value = serde_json::from_str(shown.split("```").next().unwrap_or_default()).expect("JSON");
    let objects =
        in_sandbox("for person in segment_members(\"VIP\") {\n    add_person_to_group(person, []);\n}\n");
    assert_eq!(diagnostics(&objects), [&shown]);
}

#[test]
fn places_are_right_behind_tabs_emoji_and_other_line_ends() {
    let script = "let s = \"🎉\";\r\n\tif true { /* é */ add_person_to_group(\"ü\", 7) }\r\n";
    let objects = in_sandbox(script);
    let span = &diagnostics(&objects)[0]["spans"][0];
    assert_eq!((number(&span["line"]), number(&span["column"])), (2, 45), "{span}");
    assert_eq!(&script[bytes(span)], "7");
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
fn each_other_call_that_is_wrong_is_a_diagnostic_of_its_own() {
    let told = in_sandbox(&"segment_member(1);\n".repeat(25));
    let lines: Vec<usize> =
        diagnostics(&told).iter().map(|wrong| number(&wrong["spans"][0]["line"])).collect();
    assert_eq!(lines, (1..=lines.len()).collect::<Vec<_>>());
    let left = format!("{} faults more found", 25 - lines.len());
    let noted = told.iter().filter(|it| it["kind"] == "note" && it["message"].to_string().contains(&left));
    assert_eq!(noted.count(), 1, "{told:?}");
    let summary = told.last().expect("a summary");
    assert_eq!((lines.len() > 1, &summary["ended"], &summary["exit"]), (true, &"refused".into(), &2.into()));
}

#[test]
fn a_run_that_lacks_a_grant_is_refused() {
    let server = Server::start();
    let told = |script: &str| {
        let (ended, told) = objects(&Place::with(script).live(&server.url()), &[]);
        (ended.code, told.last().expect("a summary")["ended"].clone())
    };
    assert_eq!(told("suppress_person(\"u\");"), (Some(4), "refused".into()));
    // What only the run shows is found by it.
    let hidden =
        "let how = \"SUPPRESS\"; tool(`CUSTOMERIO_CUSTOMER_IO_${how}_PERSON`, #{ identifier: \"u\" });";
    assert_eq!(told(hidden), (Some(4), "failed".into()));
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

/// A run whose last write is rejected and goes to a file.
fn rejected(file: &str) -> (Ended, Vec<Value>) {
    let server = Server::start().refusing(|item| item["userId"] == "u-2");
    let place = Place::with("for n in 0..3 {\n    identify_person(`u-${n}`);\n}").live(&server.url());
    objects(&place, &["--rejected", file])
}

#[test]
fn the_summary_counts_what_became_of_writes() {
    let (ended, told) = rejected("rejected.ndjson");
    let summary = told.last().expect("a summary");
    assert_eq!(ended.code, Some(5));
    assert_eq!((&summary["writes"]["accepted"], &summary["writes"]["rejected"]), (&2.into(), &1.into()));
    let [group] = items(&summary["groups"]) else { panic!("{summary}") };
    assert_eq!((&group["tool"], &group["outcome"]), (&"identify_person".into(), &"rejected".into()));
    assert_eq!(
        (&group["place"]["line"], &group["subjects"], &group["status"]),
        (&2.into(), &vec!["u-2"].into(), &400.into())
    );
    assert_eq!(
        (&summary["rejected_file"]["written"], &summary["rejected_file"]["lost"]),
        (&1.into(), &vec![(); 0].into())
    );
    assert_eq!(summary["calls"][0]["count"], 3);
}

#[test]
fn the_summary_tells_which_writes_are_not_in_the_file() {
    let (ended, told) = rejected("/dev/full");
    let file = &told.last().expect("a summary")["rejected_file"];
    assert_eq!((&file["written"], &file["whole"]), (&0.into(), &false.into()), "{ended}");
    assert_eq!((&file["lost"][0]["tool"], &file["lost"][0]["count"]), (&"identify_person".into(), &1.into()));
    assert!(file["why"].is_string(), "{file}");
}

/// A dry run that depends on what a broadcast would answer.
fn dry() -> (Ended, Vec<Value>) {
    let server = Server::start().on("*", [Reply::ok("{}")]);
    let script = "identify_person(\"u-1\");\nsuppress_person(\"u-1\");\nprint(trigger_broadcast(#{ broadcast_id: 1, audience: \"default\" }).id + 1);";
    objects(&Place::with(script).live(&server.url()), &["--dry-run"])
}

#[test]
fn a_dry_run_tells_what_it_kept_back() {
    let (ended, told) = dry();
    let summary = told.last().expect("a summary");
    assert_eq!(ended.code, Some(0), "{ended}");
    let dry = &summary["dry_run"];
    assert_eq!(
        (&dry["writes"][0]["tool"], &dry["writes"][0]["first"][0]["place"]["line"]),
        (&"identify_person".into(), &1.into())
    );
    assert_eq!(dry["would_stop"][0]["code"], "segue::grant::missing");
    assert!(!items(&dry["limits"]).is_empty());
    assert_eq!((&summary["ended"], &summary["depends_on"]["place"]["line"]), (&"depends".into(), &3.into()));
}

#[test]
fn no_key_is_in_any_object() {
    let server = Server::start().refusing(|_| true).on("*", [Reply::Echo(400)]);
    let live = |script: &str| Place::with(script).live(&server.url());
    let [key, other, ..] = KEYS.map(|(_, key)| key);
    let shown = |place: &Place, arguments: &[&str]| {
        let (ended, _) = objects(place, arguments);
        assert!(ended.err.contains("[secret]"), "{ended}");
        for (_, key) in KEYS {
            assert!(!ended.err.contains(key), "{ended}");
        }
    };
    shown(&live("get_segments();"), &[]);
    shown(&live(&format!("debug(\"{key}\");")), &[]);
    shown(&live(&format!("throw \"{key}\";")), &[]);
    shown(&live(&format!("get_messages(#{{ type: \"{key}\" }});")), &[]);
    shown(&live(&format!("identify_person(\"{key}\");")), &[]);
    shown(&live(&format!("identify_person(\"u-1\", #{{ a: \"{key}\" }});")), &["--dry-run"]);
    shown(&live("print(1);"), &[&format!("{other}=1")]);
    shown(&live("print(1);"), &["--profile", key]);
}

/// A check of scripts that are wrong, doubtful and sound, and of one that isn't there.
fn checked() -> (Ended, Vec<Value>) {
    let place = Place::with("add_person_to_group(arg(\"person\"), []);\nsegment_member(1);");
    place.file("doubtful.rhai", b"let days = arg(\"days\", 7);\nprint(get_segments());");
    place.file("sound.rhai", b"print(1);");
    told(&place, &["check", "script.rhai", "doubtful.rhai", "sound.rhai", "nothing.rhai"])
}

#[test]
fn a_check_tells_of_each_script() {
    let (ended, told) = checked();
    assert_eq!((ended.code, &*ended.out), (Some(2), ""), "{ended}");
    let (scripts, faults): (Vec<&Value>, Vec<&Value>) = told.iter().partition(|it| it["kind"] == "checked");
    let counts = |it: &Value| (it["file"].clone(), number(&it["faults"]), number(&it["warnings"]));
    assert_eq!(
        scripts.iter().map(|it| counts(it)).collect::<Vec<_>>(),
        [
            ("script.rhai".into(), 2, 0),
            ("doubtful.rhai".into(), 0, 1),
            ("sound.rhai".into(), 0, 0),
            ("nothing.rhai".into(), 1, 0),
        ]
    );
    assert_eq!(
        [&scripts[0]["arguments"][0], &scripts[1]["arguments"][0]],
        [
            &json!({ "name": "person", "required": true, "default": null }),
            &json!({ "name": "days", "required": false, "default": "7" }),
        ]
    );
    let severities: Vec<_> = faults.iter().filter_map(|it| it["severity"].as_str()).collect();
    assert_eq!(severities, ["error", "error", "warning", "error"], "{ended}");
}

/// The value with each object in it made wrong in one way: a field more, or one less, or one of another type.
fn spoilt(value: &Value) -> Vec<Value> {
    let mut found = vec![];
    match value {
        Value::Object(fields) => {
            let mut more = fields.clone();
            more.insert("more".into(), Value::Null);
            found.push(Value::Object(more));
            for (name, field) in fields {
                let mut less = fields.clone();
                less.remove(name);
                found.push(Value::Object(less));
                let wrong = if field.is_object() { Value::Bool(true) } else { Value::Object(Map::new()) };
                for field in spoilt(field).into_iter().chain([wrong]) {
                    let mut other = fields.clone();
                    other.insert(name.clone(), field);
                    found.push(Value::Object(other));
                }
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                for item in spoilt(item) {
                    let mut other = items.clone();
                    other[at] = item;
                    found.push(Value::Array(other));
                }
            }
        }
        _ => {}
    }
    found
}

#[test]
fn the_schema_takes_nothing_else() {
    let far = objects(&far_away(), &["--sandbox"]);
    let noted = objects(&Place::with("debug(1);"), &["--sandbox"]);
    for object in [far, noted, rejected("/dev/full"), dry(), checked()].iter().flat_map(|(_, told)| told) {
        for wrong in spoilt(object) {
            assert_ne!(unlike(&wrong), "", "the schema takes {wrong}");
        }
    }
}
