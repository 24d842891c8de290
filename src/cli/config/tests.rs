use std::path::PathBuf;

use super::*;
use crate::api::{KeyName, Region, Source};
use crate::policy::Most;
use crate::spec::Api;

const FULL: &str = r#"
default = "staging"

[limits]
share = 0.5
app = 5

[allow]
send = true
consent = false

[retry]
attempts = 8

[profiles.staging]
region = "eu"
workspace = 12345
allow = ["destroy"]
max_people = 5_000
max_rejected = 20
strict_answers = true
app_key = { command = ["pass", "show", "cio/app"] }
site_id = { env = "STAGING_SITE" }
track_key = { file = "secrets/track" }
pipelines_key = { env = "STAGING_CDP" }
app_url = "http://127.0.0.1:8787/"
limits = { app = 2, items = 900.5 }
retry = { timeout = 2.5, horizon = 900 }

[profiles.production]
"#;

fn parse(text: &str) -> Result<File, Invalid> {
    File::parse("segue.toml".into(), text, Path::new("/project"))
}

fn config(texts: &[&str]) -> Config {
    let file = |(i, text): (usize, &&str)| {
        File::parse(format!("{i}.toml"), text, Path::new("/project")).expect("it is right")
    };
    Config { files: texts.iter().enumerate().map(file).collect() }
}

/// What is said of a text that is wrong, on lines as wide as they need.
fn said(text: &str) -> String {
    let look = Look { colour: false, unicode: true, width: 1_000 };
    parse(text).expect_err(text).show(look, &Secrets::default())
}

#[test]
fn everything_a_file_can_say_is_read() {
    let config = config(&[FULL]);
    let (chosen, staging) = config.choose(None, None).unwrap().unwrap();
    assert_eq!(chosen, Chosen { name: "staging".into(), by: By::Default("0.toml".into()) });
    assert_eq!((staging.region, staging.workspace), (Some(Region::Eu), Some(12_345)));
    let any = parse("[profiles.x]\nmax_people = \"any\"").unwrap();
    assert_eq!(any.profiles[0].max_people, Some(Most::Any));
    assert_eq!(staging.max_rejected, Some(Most::Number(20)));
    assert_eq!((staging.max_people, staging.strict_answers), (Some(Most::Number(5_000)), true));
    let source = |name: KeyName| staging.keys[name as usize].clone().unwrap();
    let argv = ["pass", "show", "cio/app"].map(String::from).to_vec();
    assert_eq!(source(KeyName::App), Source::Command { argv, folder: "/project".into() });
    assert_eq!(source(KeyName::TrackSite), Source::Environment("STAGING_SITE".into()));
    assert_eq!(source(KeyName::TrackKey), Source::File("/project/secrets/track".into()));
    assert_eq!(staging.urls[Api::App as usize].as_deref(), Some("http://127.0.0.1:8787"));
    assert_eq!(config.variables(), ["STAGING_SITE", "STAGING_CDP"]);
    assert_eq!(config.names(), ["staging", "production"]);

    let shared = config.shared(Some(staging));
    assert_eq!(shared.rates.told(), "share 0.5, app 2/s, items 900.5/s");
    assert_eq!(shared.retry.0, [("attempts", 8.0), ("timeout", 2.5), ("horizon", 900.0)].into());
    assert_eq!(shared.allow.words().collect::<Vec<_>>(), ["destroy"]);
    let plain = config.shared(None);
    assert!(plain.rates.told().contains("app 5/s"), "{}", plain.rates.told());
    assert_eq!(plain.allow.words().collect::<Vec<_>>(), ["send"]);
}

#[test]
fn an_absolute_path_and_one_from_home_are_what_they_say() {
    let file = parse("[profiles.x]\ntrack_key = { file = \"/run/track\" }\nsite_id = { file = \"~/site\" }")
        .unwrap();
    let keys = &file.profiles[0].keys;
    assert_eq!(keys[KeyName::TrackKey as usize], Some(Source::File("/run/track".into())));
    let home =
        directories::BaseDirs::new().map_or(PathBuf::from("/project/~"), |dirs| dirs.home_dir().into());
    assert_eq!(keys[KeyName::TrackSite as usize], Some(Source::File(home.join("site"))));
}

#[test]
fn an_empty_file_says_nothing() {
    for text in ["", "\n# nothing\n"] {
        let config = config(&[text]);
        assert!(config.choose(None, None).unwrap().is_none());
        assert_eq!(config.shared(None), Shared::default());
    }
}

#[test]
fn the_command_line_goes_before_the_environment_and_both_before_a_default() {
    let config = config(&[FULL]);
    let by = |flag, variable| config.choose(flag, variable).unwrap().unwrap().0;
    assert_eq!(by(Some("production"), Some("staging")).by, By::Flag);
    assert_eq!(by(None, Some("production")).by, By::Variable);
    assert_eq!(by(None, Some("")).by, By::Default("0.toml".into()));
}

#[test]
fn the_project_goes_before_the_user() {
    let project = "[limits]\nshare = 0.5\n[profiles.a]\nregion = \"eu\"";
    let user = "default = \"b\"\n[limits]\nshare = 1\napp = 3\n[profiles.a]\n[profiles.b]\n";
    let config = config(&[project, user]);
    assert_eq!(config.names(), ["a", "b"]);
    assert_eq!(config.listed(), ["a (0.toml)", "b (1.toml)"]);
    let (chosen, profile) = config.choose(Some("a"), None).unwrap().unwrap();
    assert_eq!((chosen.by, profile.region), (By::Flag, Some(Region::Eu)));
    assert_eq!(config.choose(None, None).unwrap().unwrap().0.name, "b");
    assert_eq!(config.shared(None).rates.told(), "share 0.5, app 3/s");
}

#[test]
fn a_profile_that_is_not_there_is_told_with_those_that_are() {
    let config = config(&[FULL]);
    let said = |flag, variable| {
        let Err(Invalid::Plain(fault)) = config.choose(flag, variable) else { panic!() };
        assert_eq!(fault.code, Code::ProfileUnknown);
        (fault.message, fault.help.unwrap())
    };
    let all = "there are staging and production";
    assert_eq!(
        said(Some("stagin"), None),
        ("there is no profile \"stagin\"".into(), format!("did you mean \"staging\"? {all}"))
    );
    assert_eq!(
        said(None, Some("qa")),
        ("there is no profile \"qa\", which SEGUE_PROFILE names".into(), all.into())
    );
    let none = Config::default().choose(Some("x"), None).unwrap_err();
    let look = Look { colour: false, unicode: true, width: 1_000 };
    assert!(
        none.show(look, &Secrets::default()).contains("there is no segue.toml in this folder or above it")
    );
    let Err(Invalid::Marked { marks, source, .. }) =
        super::tests::config(&["default = \"prod\"\n[profiles.production]"]).choose(None, None).map(drop)
    else {
        panic!()
    };
    assert_eq!((source.as_str(), marks[0].span.clone()), ("0.toml", 10..16));
    assert!(marks[0].fault.help.as_deref().unwrap().starts_with("did you mean \"production\"?"));
}

/// Texts that are wrong, and what is said of them: the message, the place and what is allowed.
#[test]
fn what_is_wrong_is_told_at_its_place_with_what_is_allowed() {
    for (text, words) in [
        ("default = 1", &["`default` is a whole number, and has to be a text", "1:11"][..]),
        ("default = \" \"", &["`default` is empty"]),
        (
            "defualt = \"x\"",
            &["the file has no `defualt`", "did you mean `default`?", "limits, retry, allow"],
        ),
        ("region = \"eu\"", &["`region` belongs to a profile", "[profiles.NAME]"]),
        ("profiles = 3", &["`profiles` is a whole number"]),
        ("profiles.region = \"eu\"", &["`region` is in no profile"]),
        ("[profiles]\nx = 3", &["`profiles.x` is a whole number, and has to be a table", "2:5"]),
        ("[profiles.\"\"]", &["a profile has no name"]),
        ("[[profiles.x]]", &["`profiles.x` is a list"]),
        ("limits = 0.5", &["`limits` is a number, and has to be a table", "limits = { share = 0.5 }"]),
        ("limits.share = 1.5", &["`share` can't be 1.5", "above 0, and 1 at most"]),
        ("limits.share = 0", &["`share` can't be 0"]),
        ("limits.share = nan", &["`share` can't be nan"]),
        ("limits.share = \"half\"", &["`share` is a text, and has to be a number"]),
        ("limits.app = -1", &["`app` can't be -1", "requests a second, above 0"]),
        ("limits.app = inf", &["`app` can't be inf"]),
        ("limits.items = 0", &["`items` can't be 0", "items a second"]),
        ("limits.tracks = 1", &["`limits` has no `tracks`", "did you mean `track`?", "broadcast_trigger"]),
        ("retry.attempts = 0", &["`attempts` can't be 0", "from 1 to 100"]),
        ("retry.attempts = 2.5", &["`attempts` can't be 2.5", "a whole number from 1 to 100"]),
        ("retry.attempts = 99999999999999999999", &["`attempts` can't be 99999999999999999999"]),
        ("retry.timeout = 0", &["`timeout` can't be 0", "seconds from"]),
        ("retry.timeout = 1e300", &["`timeout` can't be 1e300"]),
        ("retry.horizon = -1", &["`horizon` can't be -1"]),
        ("retry.horizont = 1", &["did you mean `horizon`?"]),
        ("allow = \"send\"", &["`allow` is a text, and has to be a list of words", "send, destroy, consent"]),
        ("allow = [\"destory\"]", &["`allow` has no `destory`", "did you mean `destroy`?", "1:10"]),
        ("allow = [1]", &["`allow` is a whole number, and has to be a text"]),
        ("[allow]\nsend = \"yes\"", &["`send` is a text, and has to be true or false", "2:8"]),
        ("[allow]\nsned = true", &["`allow` has no `sned`", "did you mean `send`?"]),
        ("[profiles.x]\nregion = \"asia\"", &["region is \"asia\"", "it is us or eu", "2:10"]),
        ("[profiles.x]\nregion = \"\"", &["`region` is empty"]),
        ("[profiles.x]\nworkspace = \"12\"", &["`workspace` is a text, and has to be a whole number"]),
        ("[profiles.x]\nworkspace = -12", &["`workspace` can't be -12", "a whole number from 1 on"]),
        ("[profiles.x]\nmax_people = -1", &["`max_people` can't be -1"]),
        ("[profiles.x]\nmax_people = \"many\"", &["`max_people` is a text"]),
        ("[profiles.x]\nstrict_answers = 1", &["`strict_answers` is a whole number"]),
        ("[profiles.x]\nmax_poeple = 1", &["the profile \"x\" has no `max_poeple`", "`max_people`?"]),
        (
            "[profiles.x]\napp_url = \"http://example.com\"",
            &["app_url is \"http://example.com\"", "use https"],
        ),
        ("[profiles.x]\napp_url = 1", &["`app_url` is a whole number"]),
        ("[profiles.x]\nallow = 1", &["`allow` is a whole number"]),
        (
            "[profiles.x]\napp_key = {}",
            &["`app_key` doesn't say where the key is", "{ env = \"STAGING_KEY\" }"],
        ),
        ("[profiles.x]\napp_key = 12", &["`app_key` is a whole number, and has to say where the key is"]),
        ("[profiles.x]\napp_key = { evn = \"X\" }", &["`app_key` has no `evn`", "did you mean `env`?"]),
        ("[profiles.x]\napp_key = { env = \"X\", file = \"y\" }", &["comes from two places"]),
        ("[profiles.x]\napp_key = { env = \"\" }", &["`env` is empty"]),
        ("[profiles.x]\napp_key = { env = [] }", &["`env` is a list"]),
        ("[profiles.x]\napp_key = { file = 1 }", &["`file` is a whole number"]),
        (
            "[profiles.x]\napp_key = { command = \"pass show x\" }",
            &["`command` is a text", "no shell reads it"],
        ),
        ("[profiles.x]\napp_key = { command = [] }", &["names no program"]),
        ("[profiles.x]\napp_key = { command = [\" \"] }", &["names no program"]),
        ("[profiles.x]\napp_key = { command = [\"a\", 1] }", &["holds a whole number"]),
        ("[profiles.x", &["this isn't TOML", "1:12"]),
        ("a = 1\na = 2", &["this isn't TOML: duplicate key"]),
        ("region", &["this isn't TOML: key with no value"]),
        ("limits = { share = 0.5", &["this isn't TOML: unclosed inline table"]),
        ("\0", &["this isn't TOML"]),
    ] {
        let said = said(text);
        for word in words {
            assert!(said.contains(word), "{text}\ndoesn't say {word:?}:\n{said}");
        }
        assert!(said.contains("segue::settings::invalid") && said.contains("segue.toml:"), "{said}");
    }
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    let said = said("limits.share = 2\n[profiles.x]\nregion = \"asia\"\nworkspce = 1\n");
    for word in ["`share` can't be 2", "region is \"asia\"", "did you mean `workspace`?"] {
        assert!(said.contains(word), "{said}");
    }
    assert_eq!(said.matches("segue::settings::invalid").count(), 3, "{said}");
}

#[test]
fn a_key_in_the_file_is_refused_and_never_shown() {
    const KEY: &str = "0a1b2c3d4e5f6071829304a5b6c7d8e9";
    for (text, words) in [
        (format!("[profiles.x]\napp_key = \"{KEY}\""), "this file is no place for a key"),
        (format!("[profiles.x]\napp_key = '''\n{KEY}'''"), "this file is no place for a key"),
        (format!("[profiles.x]\napp_key = {KEY}"), "this isn't TOML"),
        (format!("[profiles.x]\napp_kye = \"{KEY}\""), "did you mean `app_key`?"),
        (format!("[profiles.x]\napi_key = \"{KEY}\""), "the profile \"x\" has no `api_key`"),
        (format!("[profiles.x]\napp_key = [\"{KEY}\"]"), "has to say where the key is"),
        (format!("[profiles.x]\napp_key = {{ key = \"{KEY}\" }}"), "`app_key` has no `key`"),
        (format!("[profiles.x]\napp_key = {{ env = \"{KEY}\" }}"), "isn't the name of a variable"),
        (format!("[profiles.x]\napp_key = {{ env = \"{KEY}"), "this isn't TOML"),
        (format!("[profiles.x]\nregion = 1\n# app_key = \"{KEY}\""), "`region` is a whole number"),
        (format!("[profiles.x]\napp_url = \"https://a:{KEY}@example.com\""), "holds a user"),
        (format!("profiles = {{ x = {{ app_key = \"{KEY}\" }} }}"), "this file is no place for a key"),
        (format!("[profiles.x]\napp = \"{KEY}\""), "the profile \"x\" has no `app`"),
        (format!("[profiles.x]\ntrack = \"{KEY}\""), "the profile \"x\" has no `track`"),
        (format!("[limits]\napp = \"{KEY}\""), "`app` is a text"),
        (format!("limits = {{ app = \"{KEY}\" }}"), "`app` is a text"),
        (format!("[profiles.x]\napp_key =\n[\"{KEY}\"]"), "this isn't TOML"),
        (format!("[profiles.x]\napp_key = {{ {KEY} = 1 }}"), "`app_key` has no `****"),
        (format!("[profiles.x]\n{KEY} = 1"), "the profile \"x\" has no `****"),
        (format!("{KEY} = 1"), "the file has no `****"),
        (format!("[profiles]\n{KEY} = 1"), "`profiles.****"),
        (format!("[profiles.x]\nregion = \"{KEY}\""), "there is no such region"),
        (format!("[profiles.x]\nregion = \" {KEY} \""), "there is no such region"),
        (format!("[profiles.x]\napp_url = \"{KEY}\""), "that is no URL"),
        (format!("[profiles.x]\napp_url = \"https://example.com/{KEY}\""), "more than a scheme"),
        (format!("allow = [\"{KEY}\"]"), "`allow` has no `****"),
        (format!("allow = {{ {KEY} = true }}"), "`allow` has no `****"),
    ] {
        let said = said(&text);
        assert!(said.contains(words), "{said}");
        assert!(!said.contains(KEY), "{said}");
        assert!(!said.contains(&KEY[..12]), "{said}");
    }
    let default = config(&[&format!("default = \"{KEY}\"")]).choose(None, None).unwrap_err();
    let look = Look { colour: false, unicode: true, width: 1_000 };
    let default = default.show(look, &Secrets::default());
    assert!(default.contains("there is no profile \"****") && !default.contains(&KEY[..12]), "{default}");
    let unmasked = parse("[profiles.x]\napp_key = \"0a1b2c3d4e5f\"").unwrap_err();
    assert!(!format!("{unmasked:?}").contains("0a1b2c3d4e5f"), "not even to us");
}
