//! What an answer means. Customer.io says "no" in several shapes, and sometimes inside a "yes".

use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::transport::{Raw, SendError};
use crate::policy::{Answer, Complaint, Outcome, Refusal, Unanswered};
use crate::spec::{Shape, Tool};

/// As much of a text that isn't JSON is passed on.
const EXCERPT: usize = 200;

/// Reads what the transport brought for a request of `tool`.
pub fn decode(tool: &Tool, answer: Result<Raw, SendError>, now: Timestamp) -> Outcome {
    match answer {
        Err(SendError::NotSent(why)) => Outcome::NotSent(why),
        Err(SendError::TimedOut) => Outcome::Unknown(Unanswered::TimedOut),
        Err(SendError::Broken(why)) => Outcome::Unknown(Unanswered::Broken(why)),
        Ok(raw) => match raw.status {
            200..=299 => accepted(tool, raw, now),
            408 | 500.. => Outcome::Unknown(Unanswered::ServerError {
                status: raw.status,
                complaints: complaints(&raw.body),
            }),
            _ => Outcome::Refused(refusal(raw, now)),
        },
    }
}

fn refusal(raw: Raw, now: Timestamp) -> Refusal {
    Refusal {
        status: raw.status,
        complaints: complaints(&raw.body),
        retry_after: raw.retry_after.as_deref().and_then(|text| retry_after(text, now)),
        location: raw.location,
    }
}

/// The parts of an accepting answer that can still say no.
#[derive(Deserialize)]
struct Envelope {
    #[serde(default)]
    errors: Option<Vec<IgnoredAny>>,
}

fn accepted(tool: &Tool, raw: Raw, now: Timestamp) -> Outcome {
    let answers = !matches!(tool.answer, Shape::Nothing);
    let unreadable = |why: String| Outcome::Unknown(Unanswered::Unreadable { status: raw.status, why });
    if let Some(why) = &raw.cut
        && answers
    {
        return unreadable(format!("the answer broke off ({why})"));
    }
    match serde_json::from_slice::<Envelope>(&raw.body) {
        Ok(Envelope { errors: Some(errors) }) if !errors.is_empty() => Outcome::Refused(refusal(raw, now)),
        Ok(_) => Outcome::Done(Answer { status: raw.status, body: raw.body }),
        // Accepted is accepted: where nothing is answered, a body that can't be read says nothing more.
        Err(_) if !answers => Outcome::Done(Answer { status: raw.status, body: vec![] }),
        Err(_) if raw.body.is_empty() => unreadable("the answer is empty".into()),
        Err(_) => unreadable("the answer isn't a JSON object".into()),
    }
}

/// `Retry-After` in seconds or as a date.
fn retry_after(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let at = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    Some(Duration::try_from(at.duration_since(now)).unwrap_or(Duration::ZERO))
}

/// Everything an error body complains of, in any of the shapes Customer.io uses.
fn complaints(body: &[u8]) -> Vec<Complaint> {
    let Ok(value) = serde_json::from_slice::<Value>(body) else { return excerpt(body) };
    let mut found = vec![];
    for errors in
        [value.get("errors"), value.pointer("/meta/errors"), value.pointer("/meta/error"), value.get("error")]
    {
        match errors {
            Some(Value::Array(errors)) => found.extend(errors.iter().filter_map(complaint)),
            Some(error) => found.extend(complaint(error)),
            None => {}
        }
    }
    if found.is_empty() {
        found.extend(complaint(&value));
    }
    found
}

fn complaint(error: &Value) -> Option<Complaint> {
    if let Value::String(detail) = error {
        return (!detail.is_empty()).then(|| Complaint { detail: detail.clone(), ..Complaint::default() });
    }
    let text = |key: &str| error.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    let detail = text("detail").or(text("message")).or(text("reason"))?.to_string();
    let field =
        error.pointer("/source/pointer").and_then(Value::as_str).or(text("field")).map(str::to_string);
    let index = error.get("batch_index").and_then(Value::as_u64).map(|n| n as usize);
    Some(Complaint { detail, field, index })
}

fn excerpt(body: &[u8]) -> Vec<Complaint> {
    let text = String::from_utf8_lossy(&body[..body.len().min(EXCERPT * 4)]);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let detail = match text {
        text if text.is_empty() => return vec![],
        text if text.starts_with('<') => "an HTML page instead of an answer of the API".to_string(),
        text => text.chars().filter(|c| !c.is_control()).take(EXCERPT).collect(),
    };
    vec![Complaint { detail, ..Complaint::default() }]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools;

    fn of(slug: &str, status: u16, body: &str) -> Outcome {
        let raw = Raw { status, body: body.as_bytes().to_vec(), ..Raw::default() };
        decode(tools::by_name(slug).unwrap(), Ok(raw), Timestamp::UNIX_EPOCH)
    }

    fn details(outcome: Outcome) -> Vec<(String, Option<String>, Option<usize>)> {
        let complaints = match outcome {
            Outcome::Refused(refusal) => refusal.complaints,
            Outcome::Unknown(Unanswered::ServerError { complaints, .. }) => complaints,
            other => panic!("no complaints in {other}"),
        };
        complaints.into_iter().map(|c| (c.detail, c.field, c.index)).collect()
    }

    #[test]
    fn every_error_shape_is_read() {
        let plain = |detail: &str| vec![(detail.to_string(), None, None)];
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
    fn a_yes_with_errors_inside_is_a_no() {
        let body = r#"{"errors":[{"batch_index":2,"reason":"invalid","field":"id","message":"too long"}]}"#;
        assert_eq!(details(of("send_batch", 207, body)), [("too long".into(), Some("id".into()), Some(2))]);
        assert!(matches!(of("send_batch", 200, r#"{"errors":[]}"#), Outcome::Done(_)));
    }

    #[test]
    fn an_accepted_write_needs_no_body_and_a_read_does() {
        for body in ["", "{}", "accepted", "{\"cut\":"] {
            assert!(matches!(of("add_person_to_group", 200, body), Outcome::Done(_)), "{body:?}");
        }
        assert!(matches!(of("add_person_to_group", 204, ""), Outcome::Done(_)));
        for body in ["", "[1]", "{\"segments\":[", "<html>"] {
            let outcome = of("get_segments", 200, body);
            assert!(
                matches!(outcome, Outcome::Unknown(Unanswered::Unreadable { .. })),
                "{body:?}: {outcome}"
            );
        }
    }

    #[test]
    fn a_cut_answer_is_no_answer_but_an_accepted_write_stays_accepted() {
        let cut = Raw { status: 200, body: b"{}".to_vec(), cut: Some("reset".into()), ..Raw::default() };
        let of = |name: &str| decode(tools::by_name(name).unwrap(), Ok(cut.clone()), Timestamp::UNIX_EPOCH);
        assert!(matches!(of("trigger_broadcast"), Outcome::Unknown(_)));
        assert!(matches!(of("get_segments"), Outcome::Unknown(_)));
        assert!(matches!(of("add_person_to_group"), Outcome::Done(_)));
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
