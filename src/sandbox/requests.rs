//! The last requests, for tests to see what was sent. What authorized one isn't kept.

use axum::body::Bytes;
use serde_json::{Value, json};
use std::collections::VecDeque;

/// Requests kept, and the bytes of their bodies: whichever is reached first.
const MOST: usize = 2_000;
const MOST_BYTES: usize = 64 << 20;

#[derive(Debug)]
pub struct Record {
    pub method: String,
    /// Path and query as received, still percent-encoded.
    pub path: String,
    pub body: Bytes,
    pub status: u16,
    pub strict: bool,
}

#[derive(Debug, Default)]
pub struct Requests {
    records: VecDeque<Record>,
    bytes: usize,
}

impl Requests {
    pub fn push(&mut self, record: Record) {
        self.bytes += record.body.len();
        self.records.push_back(record);
        while self.records.len() > MOST || self.bytes > MOST_BYTES {
            let Some(oldest) = self.records.pop_front() else { break };
            self.bytes -= oldest.body.len();
        }
    }

    /// Oldest first. A body that isn't JSON is given as text.
    pub fn view(&self) -> Value {
        let one = |record: &Record| {
            let body = match record.body.is_empty() {
                true => Value::Null,
                false => serde_json::from_slice(&record.body)
                    .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&record.body).into_owned())),
            };
            json!({
                "method": record.method,
                "path": record.path,
                "body": body,
                "status": record.status,
                "strict": record.strict,
            })
        };
        self.records.iter().map(one).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(body: Vec<u8>) -> Record {
        Record { method: "POST".into(), path: "/".into(), body: body.into(), status: 200, strict: true }
    }

    #[test]
    fn old_requests_make_room_by_number_and_by_size() {
        let mut requests = Requests::default();
        for number in 0..MOST + 5 {
            requests.push(record(number.to_string().into_bytes()));
        }
        assert_eq!(requests.records.len(), MOST);
        assert_eq!(requests.view()[0]["body"], 5);
        requests.push(record(vec![b'x'; MOST_BYTES]));
        assert_eq!(requests.records.len(), 1);
        assert_eq!(requests.bytes, MOST_BYTES);
    }
}
