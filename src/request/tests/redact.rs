//! Secrets in what is shown.

use crate::request::Secrets;

fn secrets(values: &[&str]) -> Secrets {
    Secrets::new(values.iter().map(|value| (*value).to_string()))
}

#[test]
fn every_secret_is_taken_out_wherever_it_stands() {
    let secrets = secrets(&["abcdef", "123456"]);
    assert_eq!(secrets.clean("abcdef:123456, abcdefabcdef"), "[secret]:[secret], [secret][secret]");
    assert_eq!(secrets.clean("nothing here"), "nothing here");
    assert!(matches!(secrets.clean("nothing here"), std::borrow::Cow::Borrowed(_)));
}

#[test]
fn the_longest_secret_goes_first() {
    // Otherwise "-and-more" would stay behind.
    assert_eq!(secrets(&["abcdef", "abcdef-and-more"]).clean("abcdef-and-more"), "[secret]");
}

#[test]
fn a_short_value_is_no_secret() {
    assert_eq!(secrets(&["", "us", "abcde"]).clean("abcde us"), "abcde us");
}

#[test]
fn a_secret_in_quotes_is_one_too() {
    let secret = "abc\"def\\ghi\u{7f}\u{8}";
    let secrets = secrets(&[secret]);
    for text in [
        serde_json::json!({ "token": secret }).to_string(),
        format!("{{\"token\":{secret:?}}}"),
        format!("{{\"token\":{}}}", crate::request::quoted(secret)),
    ] {
        assert_eq!(secrets.clean(&text), "{\"token\":\"[secret]\"}");
        assert_eq!(secrets.clean(&format!("{text:?}")), "\"{\\\"token\\\":\\\"[secret]\\\"}\"");
    }
}

#[test]
fn debugging_shows_no_secret() {
    let secrets = secrets(&["abcdef", "123456"]);
    assert_eq!(format!("{secrets:?}"), "Secrets(2)");
    assert_eq!(format!("{secrets:#?}"), "Secrets(2)");
}

#[test]
fn what_one_learns_all_know() {
    let secrets = secrets(&["abcdef"]);
    let shared = secrets.clone();
    shared.add(["abcdef-and-more".to_string(), "short".to_string(), "abcdef".to_string()]);
    assert_eq!(secrets.clean("abcdef-and-more, abcdef, short"), "[secret], [secret], short");
    assert_eq!(format!("{secrets:?}"), "Secrets(2)");
}
