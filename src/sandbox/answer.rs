//! What the sandbox answers, in the error shapes of the three APIs. The shapes are documented; the
//! sentences in them are the sandbox's own, since Customer.io's are prose without codes.

use axum::body::Bytes;
use serde::Serialize;
use serde_json::json;

/// A status and the bytes of a JSON body, or none.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Bytes,
}

impl Answer {
    /// An accepted write: `200 {}`.
    pub fn accepted() -> Answer {
        Answer { status: 200, body: Bytes::from_static(b"{}") }
    }

    pub fn json(value: &impl Serialize) -> Answer {
        Answer::with(200, value)
    }

    /// A status alone. The body of a 401 is undocumented and may be empty: so it is.
    pub fn bare(status: u16) -> Answer {
        Answer { status, body: Bytes::new() }
    }

    /// An error of the App API.
    pub fn app(status: u16, detail: &str) -> Answer {
        Answer::with(status, &json!({"errors": [{"detail": detail, "status": status.to_string()}]}))
    }

    /// The App API's refusal of a broadcast, pointing at the field.
    pub fn pointed(field: &str, detail: &str) -> Answer {
        let pointer = format!("/data/attributes/{field}");
        Answer::with(
            422,
            &json!({"errors": [{"detail": detail, "source": {"pointer": pointer}, "status": "422"}]}),
        )
    }

    /// An error of Track v1 or of Pipelines in strict mode.
    pub fn meta(status: u16, errors: &[String]) -> Answer {
        Answer::with(status, &json!({"meta": {"errors": errors}}))
    }

    fn with(status: u16, value: &impl Serialize) -> Answer {
        // Values built of strings and numbers always have a JSON form.
        Answer { status, body: serde_json::to_vec(value).unwrap_or_default().into() }
    }
}
