//! `segue check`: what it says of scripts that are sound. What it says of others is in `tests/fails_check`.

mod support;

use std::path::PathBuf;

use support::{Ended, KEYS, Place, Reply, Server, in_project};

fn scripts(folder: &str) -> Vec<PathBuf> {
    let entries =
        std::fs::read_dir(in_project(folder)).expect("the folder").map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|it| it == "rhai")).collect();
    paths.sort();
    assert!(!paths.is_empty(), "nothing in {folder}");
    paths
}

fn check(place: &Place, paths: &[PathBuf], more: &[&str]) -> Ended {
    let paths = paths.iter().map(|path| path.to_str().expect("it is UTF-8"));
    let arguments: Vec<&str> = ["check"].into_iter().chain(paths).chain(more.iter().copied()).collect();
    place.segue(&arguments)
}

/// Holds that all were found to be sound, without a warning.
fn sound(ended: &Ended, scripts: usize) {
    let said = match scripts {
        1 => "the script is sound".to_string(),
        n => format!("{n} scripts are sound"),
    };
    assert_eq!(ended.says(0, &[]).lines().last(), Some(&said.as_str()), "{ended}");
    assert_eq!(ended.err, "", "{ended}");
}

#[test]
fn every_script_that_comes_with_segue_is_sound() {
    let all: Vec<PathBuf> = ["scripts", "stdlib"].into_iter().flat_map(scripts).collect();
    sound(&check(&Place::empty(), &all, &["--sandbox"]), all.len());
}

#[test]
fn every_script_in_the_readme_is_sound() {
    let readme = std::fs::read_to_string(in_project("README.md")).unwrap();
    let blocks: Vec<&str> =
        readme.split("```rhai\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert!(blocks.len() > 3, "{blocks:?}");
    let place = Place::empty();
    let paths: Vec<PathBuf> = (0..blocks.len()).map(|n| place.path().join(format!("{n}.rhai"))).collect();
    for (path, block) in paths.iter().zip(&blocks) {
        std::fs::write(path, block).unwrap();
    }
    sound(&check(&place, &paths, &["--sandbox"]), blocks.len());
}

#[test]
fn what_a_sound_script_takes_is_listed() {
    let place = Place::with(
        "let a = arg(\"segment\"); let b = arg_int(\"days\", 7); print(`${a} ${b} ${arg(\"to\", a)}`);",
    );
    let said = "script.rhai takes segment=… [days=7] [to=…]\nthe script is sound\n";
    place.segue(&["check", "script.rhai"]).says(0, &[]).prints(said);
    // Which others it takes, only a run tells.
    let place = Place::with("let a = arg(\"segment\"); print(arg(a));");
    let said = "script.rhai takes segment=… …\nthe script is sound\n";
    place.segue(&["check", "script.rhai"]).says(0, &[]).prints(said);
    Place::with("get_segments();").segue(&["check", "script.rhai"]).prints("the script is sound\n");
}

#[test]
fn a_check_asks_for_no_key_and_sends_nothing() {
    let server = Server::start().on("*", [Reply::ok("{}")]);
    let place = Place::with("for p in segment_members(\"VIP\") { track_event(p, \"e\"); }");
    sound(&place.segue(&["check", "script.rhai"]), 1);
    let place = Place::with("get_segments();\nget_segmnts();").live(&server.url());
    for command in ["check", "run"] {
        place.segue(&[command, "script.rhai"]).says(2, &["script.rhai:2:1", "get_segmnts"]);
    }
    assert_eq!(server.targets().len(), 0);
}

#[test]
fn what_a_profile_allows_is_allowed() {
    let place = Place::with("suppress_person(\"u-1\");");
    place.file("segue.toml", b"[profiles.clean]\nallow = [\"destroy\"]\n");
    place.segue(&["check", "script.rhai"]).says(2, &["--allow destroy"]);
    sound(&place.segue(&["check", "script.rhai", "--profile", "clean"]), 1);
    place.segue(&["check", "script.rhai", "--profile", "claen"]).says(2, &["clean"]);
    sound(&place.segue(&["check", "script.rhai", "--allow", "destroy"]), 1);
    sound(&place.segue(&["check", "script.rhai", "--sandbox"]), 1);
}

#[test]
fn a_script_that_is_not_there_does_not_hide_the_others() {
    let place = Place::with("get_segmnts();");
    place
        .segue(&["check", "missing.rhai", "script.rhai"])
        .says(2, &["missing.rhai", "get_segmnts", "2 faults found in 2 of 2 scripts"]);
}

#[test]
fn a_key_in_the_text_is_not_listed() {
    let place = Place::with(&format!("print(arg(\"k\", \"{}\"));", KEYS[0].1)).live("http://127.0.0.1:1");
    let ended = place.segue(&["check", "script.rhai"]);
    ended.says(0, &[]).prints("script.rhai takes [k=[secret]]\nthe script is sound\n");
}

#[test]
fn of_many_warnings_the_first_are_told_and_all_are_counted() {
    let script: String = (0..40).map(|n| format!("let a{n} = arg(\"a{n}\");\n")).collect();
    let ended = Place::with(&script).segue(&["check", "script.rhai"]);
    ended.says(0, &["`a0` is asked for", "`a19` is asked for"]);
    assert!(ended.out.ends_with("the script is sound, with 40 warnings\n"), "{ended}");
    assert!(!ended.err.contains("`a20` is asked for"), "{ended}");
}
