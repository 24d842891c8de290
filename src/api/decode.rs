//! What an answer means. Customer.io says "no" in several shapes, and sometimes inside a "yes".

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

use super::drift::{self, Drift, Watch, Wrong};
use super::transport::{Raw, SendError};
use crate::policy::{Answer, Complaint, Outcome, Refusal, Unanswered};
use crate::spec::{Shape, Tool};

/// Reads what the transport brought for a request of `tool`, and tells how a usable answer differs from
/// what the tool declares. `watch` sees it as it is passed on.
pub fn decode(
    tool: &'static Tool,
    answer: Result<Raw, SendError>,
    now: Timestamp,
    watch: &mut dyn Watch,
) -> (Outcome, Vec<Drift>) {
    let mut drifts = vec![];
    let outcome = match answer {
        Err(SendError::NotSent(why)) => Outcome::NotSent(why),
        Err(SendError::TimedOut) => Outcome::Unknown(Unanswered::TimedOut),
        Err(SendError::Broken(why)) => Outcome::Unknown(Unanswered::Broken(why)),
        Ok(raw) => match raw.status {
            200..=299 => accepted(tool, raw, now, &mut drifts, watch),
            408 | 500.. => {
                let Refusal { status, complaints, retry_after, .. } = refusal(raw, now);
                Outcome::Unknown(Unanswered::ServerError { status, complaints, retry_after })
            }
            _ => Outcome::Refused(refusal(raw, now)),
        },
    };
    (outcome, drifts)
}

fn refusal(raw: Raw, now: Timestamp) -> Refusal {
    Refusal {
        status: raw.status,
        complaints: complaints(&raw.body),
        retry_after: raw.retry_after.as_deref().and_then(|text| retry_after(text, now)),
        location: raw.location,
    }
}

/// Whether an accepting answer, which is an object, says no all the same.
struct Envelope {
    no: bool,
}

impl<'de> Deserialize<'de> for Envelope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Envelope, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = Envelope;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Envelope, A::Error> {
                let mut no = false;
                while let Some(key) = map.next_key::<String>()? {
                    if tells_errors(&key) {
                        let value = serde_json::json!({ &key: map.next_value::<Value>()? });
                        no |= !errors(&value).is_empty();
                    } else {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(Envelope { no })
            }
        }
        deserializer.deserialize_map(Fields)
    }
}

fn accepted(
    tool: &'static Tool,
    raw: Raw,
    now: Timestamp,
    drifts: &mut Vec<Drift>,
    watch: &mut dyn Watch,
) -> Outcome {
    let status = raw.status;
    let unreadable = |why: String| Outcome::Unknown(Unanswered::Unreadable { status, why });
    let answers = !matches!(tool.answer, Shape::Nothing);
    // What is missing may have been a no.
    if let Some(why) = &raw.cut {
        return unreadable(format!("the answer broke off ({why})"));
    }
    let text = std::str::from_utf8(&raw.body).ok();
    if answers && let Some(extras) = text.and_then(|text| drift::check(tool, text, tells_errors, watch)) {
        *drifts = extras;
        return Outcome::Done(Answer { status, body: raw.body });
    }
    let envelope = text.and_then(|text| serde_json::from_str::<Envelope>(text).ok());
    match envelope {
        Some(Envelope { no: true }) => return Outcome::Refused(refusal(raw, now)),
        Some(_) if !answers => return Outcome::Done(Answer { status, body: raw.body }),
        Some(_) => {}
        // A page in the place of an answer comes from something else: nothing was accepted that we know.
        None if raw.body.trim_ascii_start().starts_with(b"<") => {
            return unreadable("an HTML page came in place of an answer".into());
        }
        // Its body says which part of it was accepted, and is all there is to know.
        None if status == 207 => return unreadable("an answer that tells of each item can't be read".into()),
        // Accepted is accepted: where nothing is answered, a body that can't be read says nothing more.
        None if !answers => return Outcome::Done(Answer { status, body: vec![] }),
        None if raw.body.is_empty() => return unreadable("the answer is empty".into()),
        None => {}
    }
    match text.map_or(Err(Wrong::NotJson), |text| drift::mend(tool, text, tells_errors)) {
        Ok(mended) if envelope.is_some() => {
            *drifts = mended.drifts;
            let body = mended.body.as_deref().or(text).unwrap_or_default();
            if !drift::reread(tool, body, watch) {
                return unreadable("what it was mended to isn't as declared either".into());
            }
            Outcome::Done(Answer { status, body: mended.body.map_or(raw.body, String::into_bytes) })
        }
        Err(Wrong::Shape(why)) => Outcome::Unknown(Unanswered::Misshapen { status, why }),
        Ok(_) | Err(Wrong::NotJson) => unreadable("the answer isn't JSON".into()),
    }
}

/// `Retry-After` in seconds or as a date.
fn retry_after(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // As many digits as don't fit mean longer than anybody waits.
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let at = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    Some(Duration::try_from(at.duration_since(now)).unwrap_or(Duration::ZERO))
}

/// Where Customer.io puts what is wrong.
const ERRORS: [&[&str]; 4] = [&["errors"], &["meta", "errors"], &["meta", "error"], &["error"]];

/// Whether a key of an answer's root is one where errors are told.
fn tells_errors(key: &str) -> bool {
    ERRORS.iter().any(|path| path[0] == key)
}

/// Everything an error body complains of, in any of the shapes Customer.io uses.
fn complaints(body: &[u8]) -> Vec<Complaint> {
    let Ok(value) = serde_json::from_slice::<Value>(body) else { return excerpt(body) };
    let found = errors(&value);
    if found.is_empty() { complaint(&value).into_iter().collect() } else { found }
}

fn errors(value: &Value) -> Vec<Complaint> {
    let at = |path: &[&str]| path.iter().try_fold(value, |value, key| value.get(key));
    ERRORS
        .iter()
        .filter_map(|path| at(path))
        .flat_map(|errors| match errors {
            Value::Array(errors) => errors.iter().collect(),
            error => vec![error],
        })
        .filter_map(|error| complaint(error).or_else(|| whatever(error)))
        .collect()
}

/// What stands where errors are told and isn't told in any known way: it says no all the same.
fn whatever(error: &Value) -> Option<Complaint> {
    let nothing = match error {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        Value::Bool(true) | Value::Number(_) => false,
    };
    (!nothing).then(|| Complaint { detail: tidy(&error.to_string()), ..Complaint::default() })
}

fn complaint(error: &Value) -> Option<Complaint> {
    if let Value::String(detail) = error {
        return (!detail.is_empty()).then(|| Complaint { detail: tidy(detail), ..Complaint::default() });
    }
    let text = |key: &str| error.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    let detail = tidy(text("detail").or(text("message")).or(text("reason"))?);
    let field =
        error.pointer("/source/pointer").and_then(Value::as_str).or(text("field")).map(str::to_string);
    let index = error.get("batch_index").and_then(Value::as_u64).map(|n| n as usize);
    Some(Complaint { detail, field, index })
}

fn excerpt(body: &[u8]) -> Vec<Complaint> {
    let detail = match tidy(&String::from_utf8_lossy(body)) {
        text if text.is_empty() => return vec![],
        text if text.starts_with('<') => "an HTML page instead of an answer of the API".to_string(),
        text => text,
    };
    vec![Complaint { detail, ..Complaint::default() }]
}

/// Somebody else's words on one line, and none that steer a terminal. All of them: cut here, a key that they
/// hold would be known for one no more.
fn tidy(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().filter(|c| !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::drift::Unwatched;
    use crate::tools;

    fn of(slug: &str, status: u16, body: &str) -> Outcome {
        let raw = Raw { status, body: body.as_bytes().to_vec(), ..Raw::default() };
        decode(tools::by_name(slug).unwrap(), Ok(raw), Timestamp::UNIX_EPOCH, &mut Unwatched).0
    }

    fn details(outcome: Outcome) -> Vec<(String, Option<String>, Option<usize>)> {
        let complaints = match outcome {
            Outcome::Refused(refusal) => refusal.complaints,
            Outcome::Unknown(Unanswered::ServerError { complaints, .. }) => complaints,
            other => panic!("no complaints in {other}"),
        };
        complaints.into_iter().map(|c| (c.detail, c.field, c.index)).collect()
    }

    fn plain(detail: &str) -> Vec<(String, Option<String>, Option<usize>)> {
        vec![(detail.to_string(), None, None)]
    }

    #[test]
    fn every_error_shape_is_read() {
        let cases = [
            (r#"{"errors":[{"detail":"not found","status":"404"}]}"#, plain("not found")),
            (r#"{"errors":[{"detail":"not found","status":404}]}"#, plain("not found")),
            (
                r#"{"errors":[{"detail":"bad","source":{"pointer":"/data/attributes/ids"},"status":"422"}]}"#,
                vec![("bad".into(), Some("/data/attributes/ids".into()), None)],
            ),
            (r#"{"meta":{"error":"no such message"}}"#, plain("no such message")),
            (r#"{"meta":{"errors":["one","two"]}}"#, [plain("one"), plain("two")].concat()),
            (
                r#"{"errors":[{"reason":"invalid","field":"identifiers","message":"missing id"}]}"#,
                vec![("missing id".into(), Some("identifiers".into()), None)],
            ),
            (r#"{"code":"x","message":"bad write key"}"#, plain("bad write key")),
            (r#"{"error":"nope"}"#, plain("nope")),
            ("<html><body>502</body></html>", plain("an HTML page instead of an answer of the API")),
            ("plain\n words", plain("plain words")),
            ("", vec![]),
            ("{}", vec![]),
            ("[]", vec![]),
        ];
        for (body, expected) in cases {
            assert_eq!(details(of("get_segments", 404, body)), expected, "{body}");
        }
    }

    #[test]
    fn errors_of_any_make_inside_a_yes_are_a_no() {
        for (body, detail) in [
            (r#"{"errors":[{"batch_index":1,"code":"invalid"}]}"#, r#"{"batch_index":1,"code":"invalid"}"#),
            (r#"{"errors":{"userId":["is invalid"]}}"#, r#"{"userId":["is invalid"]}"#),
            (r#"{"error":{"code":5}}"#, r#"{"code":5}"#),
            (r#"{"error":true}"#, "true"),
        ] {
            for tool in ["suppress_person", "create_alias", "send_batch", "get_segments"] {
                assert_eq!(details(of(tool, 200, body)), plain(detail), "{tool} {body}");
            }
        }
        for body in
            [r#"{"errors":[]}"#, r#"{"error":null}"#, r#"{"error":""}"#, r#"{"errors":{},"error":false}"#]
        {
            assert!(matches!(of("suppress_person", 200, body), Outcome::Done(_)), "{body}");
        }
    }

    #[test]
    fn an_answer_that_breaks_off_may_have_been_a_no() {
        for (tool, body) in [
            ("suppress_person", r#"{"errors":[{"reason":"bad""#),
            ("track_event", "{}"),
            ("trigger_broadcast", "{}"),
            ("get_segments", "{}"),
        ] {
            let cut = Raw { status: 200, body: body.into(), cut: Some("reset".into()), ..Raw::default() };
            let outcome =
                decode(tools::by_name(tool).unwrap(), Ok(cut), Timestamp::UNIX_EPOCH, &mut Unwatched).0;
            assert!(matches!(outcome, Outcome::Unknown(_)), "{outcome}");
        }
    }

    #[test]
    fn an_answer_for_each_item_has_to_be_read_whole() {
        for body in ["", "{\"errors\":[{", "words"] {
            assert!(matches!(of("send_batch", 207, body), Outcome::Unknown(_)), "{body}");
            assert!(matches!(of("send_batch", 200, body), Outcome::Done(_)), "{body}");
        }
        let cut = Raw { status: 207, body: b"{}".to_vec(), cut: Some("reset".into()), ..Raw::default() };
        let outcome =
            decode(tools::by_name("send_batch").unwrap(), Ok(cut), Timestamp::UNIX_EPOCH, &mut Unwatched).0;
        assert!(matches!(outcome, Outcome::Unknown(_)), "{outcome}");
    }

    #[test]
    fn a_yes_with_errors_inside_is_a_no() {
        let body = r#"{"errors":[{"batch_index":2,"reason":"invalid","field":"id","message":"too long"}]}"#;
        assert_eq!(details(of("send_batch", 207, body)), [("too long".into(), Some("id".into()), Some(2))]);
        for body in [
            r#"{"meta":{"errors":["bad"]}}"#,
            r#"{"meta":{"error":"bad"}}"#,
            r#"{"errors":"bad"}"#,
            r#"{"error":"bad"}"#,
        ] {
            assert_eq!(details(of("add_person_to_group", 200, body)), [("bad".into(), None, None)], "{body}");
        }
        for body in [r#"{"errors":[]}"#, r#"{"meta":{}}"#, r#"{"errors":null}"#] {
            assert!(matches!(of("send_batch", 200, body), Outcome::Done(_)), "{body}");
        }
    }

    #[test]
    fn an_answer_without_what_it_must_have_settles_nothing() {
        for body in ["{}", r#"{"id":null}"#, r#"{"id":"soon"}"#, "[]"] {
            let outcome = of("trigger_broadcast", 200, body);
            assert!(matches!(outcome, Outcome::Unknown(Unanswered::Misshapen { .. })), "{body}: {outcome}");
        }
        assert!(matches!(of("trigger_broadcast", 200, r#"{"id":7}"#), Outcome::Done(_)));
        assert!(matches!(of("add_person_to_group", 200, "<html>log in</html>"), Outcome::Unknown(_)));
    }

    fn decoded(slug: &str, body: &[u8]) -> (Outcome, Vec<Drift>) {
        let raw = Raw { status: 200, body: body.to_vec(), ..Raw::default() };
        decode(tools::by_name(slug).unwrap(), Ok(raw), Timestamp::UNIX_EPOCH, &mut Unwatched)
    }

    #[test]
    fn an_answer_as_declared_is_passed_on_as_it_came() {
        for body in [
            r#" { "segments" : [ ] , "new" : 1.50 } "#,
            r#"{"errors":[], "meta":{}, "segments":[{"id":9223372036854775807,"name":"\u0041"}]}"#,
        ] {
            let done = Outcome::Done(Answer { status: 200, body: body.into() });
            assert_eq!(decoded("get_segments", body.as_bytes()).0, done);
        }
    }

    #[test]
    fn an_answer_that_drifted_is_repaired_and_told() {
        let (outcome, drifts) = decoded("get_segments", br#"{"segments":null,"owner":1,"meta":{}}"#);
        let body = br#"{"segments":[],"owner":1,"meta":{}}"#.to_vec();
        assert_eq!(outcome, Outcome::Done(Answer { status: 200, body }));
        let fields: Vec<&str> = drifts.iter().map(|drift| drift.field.as_str()).collect();
        assert_eq!(fields, ["segments", "owner"]);
    }

    #[test]
    fn whole_json_of_another_shape_is_told_apart_from_what_came_broken() {
        for (body, words) in [
            ("[1]", "is a list, where an object is declared"),
            ("{}", "has no `segments`, where a list is declared"),
            (r#"{"segments":{"id":1}}"#, "has an object for `segments`, where a list is declared"),
        ] {
            let (outcome, drifts) = decoded("get_segments", body.as_bytes());
            let why = words.to_string();
            assert_eq!(outcome, Outcome::Unknown(Unanswered::Misshapen { status: 200, why }));
            assert_eq!(drifts, []);
        }
        let broken = decoded("get_segments", b"{\"segments\":[],\"x\":\"\xff\"}").0;
        assert!(matches!(broken, Outcome::Unknown(Unanswered::Unreadable { .. })), "{broken}");
        // So deep that what it says of errors can't be read: it isn't taken for a yes.
        let deep = format!(r#"{{"segments":[],"errors":{}{}}}"#, "[".repeat(500), "]".repeat(500));
        let deep = decoded("get_segments", deep.as_bytes()).0;
        assert!(matches!(deep, Outcome::Unknown(Unanswered::Unreadable { .. })), "{deep}");
    }

    #[test]
    fn a_no_inside_a_yes_is_a_no_whatever_else_differs() {
        let no = plain("bad");
        for (slug, body) in [
            ("get_segments", r#"{"errors":["bad"]}"#),
            ("get_segments", r#"{"segments":[],"error":"bad"}"#),
            ("get_segments", r#"{"segments":7,"meta":{"error":"bad"}}"#),
            ("trigger_broadcast", r#"{"id":7,"errors":[{"detail":"bad"}]}"#),
        ] {
            assert_eq!(details(of(slug, 200, body)), no, "{slug}: {body}");
        }
    }

    #[test]
    fn words_of_the_server_come_whole_and_steer_nothing() {
        let body = format!(r#"{{"error":"\u001b]0;x\u0007{}"}}"#, "long ".repeat(500));
        let [(detail, ..)] = &details(of("get_segments", 400, &body))[..] else { panic!("one complaint") };
        assert_eq!(*detail, format!("]0;x{}", "long ".repeat(500).trim_end()));
    }

    #[test]
    fn an_accepted_write_needs_no_body_and_a_read_does() {
        for body in ["", "{}", "accepted", "{\"cut\":"] {
            assert!(matches!(of("add_person_to_group", 200, body), Outcome::Done(_)), "{body:?}");
        }
        assert!(matches!(of("add_person_to_group", 204, ""), Outcome::Done(_)));
        for body in ["", "{\"segments\":[", "<html>", "segments", "{\"segments\":[]}}"] {
            let outcome = of("get_segments", 200, body);
            assert!(
                matches!(outcome, Outcome::Unknown(Unanswered::Unreadable { .. })),
                "{body:?}: {outcome}"
            );
        }
    }

    #[test]
    fn server_errors_leave_it_open_and_refusals_do_not() {
        for status in [408, 500, 502, 503, 504] {
            assert!(matches!(of("trigger_broadcast", status, ""), Outcome::Unknown(_)), "{status}");
        }
        for status in [301, 400, 401, 403, 404, 413, 422, 429] {
            assert!(matches!(of("trigger_broadcast", status, ""), Outcome::Refused(_)), "{status}");
        }
    }

    #[test]
    fn retry_after_is_read_in_both_spellings() {
        let now: Timestamp = "1994-11-06T08:49:30Z".parse().unwrap();
        assert_eq!(retry_after("7", now), Some(Duration::from_secs(7)));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:37 GMT", now), Some(Duration::from_secs(7)));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:00 GMT", now), Some(Duration::ZERO));
        assert_eq!(retry_after("soon", now), None);
    }
}
