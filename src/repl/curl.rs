//! A request as it would go out, for people: as HTTP, and as a command of a shell. No key is in either.

use std::fmt::Write;

use crate::api::{Credentials, Hosts, KeyName, STRICT, Scheme};
use crate::fault::{quoted, visible};
use crate::request::Request;
use crate::spec::{Authorization, Method};

const JSON: (&str, &str) = ("Content-Type", "application/json");

/// The request as HTTP has it. In the place of keys are the names of the variables that hold them.
pub fn http(request: &Request, hosts: &Hosts, credentials: &Credentials) -> String {
    let tool = request.tool;
    let url = hosts.url(tool.api);
    let (host, base) = authority(url);
    let mut text = format!("{} {base}{} HTTP/1.1\nHost: {host}\n", tool.method.as_str(), request.path);
    if tool.authorization == Authorization::Credential {
        let (scheme, keys) = match credentials.scheme(tool.api) {
            Scheme::Bearer(key) => ("Bearer", key.variable().to_string()),
            Scheme::Basic { user, password } => {
                ("Basic", pair(user, password, |key| key.variable().to_string()))
            }
        };
        let _ = writeln!(text, "Authorization: {scheme} <{keys}>");
    }
    for (name, value) in headers(request) {
        let _ = writeln!(text, "{name}: {value}");
    }
    match (&request.body, tool.method) {
        (Some(body), _) => {
            let _ = write!(text, "\n{}\n", String::from_utf8_lossy(body));
        }
        (None, Method::Post) => text.push_str("Content-Length: 0\n"),
        (None, Method::Get) => {}
    }
    visible(&credentials.clean(&text)).into_owned()
}

/// The request as a command of a POSIX shell, in which the keys are variables.
pub fn curl(request: &Request, hosts: &Hosts, credentials: &Credentials) -> String {
    let tool = request.tool;
    let mut parts = vec![match tool.method {
        Method::Get => "curl".to_string(),
        Method::Post => "curl -X POST".to_string(),
    }];
    parts.push(quoted(&format!("{}{}", hosts.url(tool.api), request.path)));
    if tool.authorization == Authorization::Credential {
        let value = |key: KeyName| format!("${{{}}}", key.variable());
        parts.push(match credentials.scheme(tool.api) {
            Scheme::Bearer(key) => format!("-H \"Authorization: Bearer {}\"", value(key)),
            Scheme::Basic { user, password } => format!("-u \"{}\"", pair(user, password, value)),
        });
    }
    parts.extend(headers(request).map(|(name, value)| format!("-H {}", quoted(&format!("{name}: {value}")))));
    if let Some(body) = &request.body {
        parts.push(format!("--data-raw {}", quoted(&String::from_utf8_lossy(body))));
    }
    visible(&credentials.clean(&parts.join(" \\\n  "))).into_owned() + "\n"
}

fn headers(request: &Request) -> impl Iterator<Item = (&'static str, &'static str)> {
    let json = request.body.is_some().then_some(JSON);
    let strict = request.tool.api.strict().then_some(STRICT);
    strict.into_iter().chain(json)
}

fn pair(user: KeyName, password: Option<KeyName>, value: impl Fn(KeyName) -> String) -> String {
    format!("{}:{}", value(user), password.map(value).unwrap_or_default())
}

/// The host of a base URL, and the path below it.
fn authority(url: &str) -> (&str, &str) {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split_at(rest.find('/').unwrap_or(rest.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Region;
    use crate::request::build;
    use crate::spec::Arg;
    use crate::tools;

    fn request(tool: &str, args: &[Arg<'_>]) -> Request {
        build(tools::by_name(tool).expect("the catalogue has it"), args, None).expect("it fits")
    }

    #[test]
    fn a_write_is_shown_with_its_body() {
        let event = request("track_event", &[Arg::Text("it's"), Arg::Text("signed_up")]);
        let (hosts, keys) = (Hosts::new(Region::Eu), Credentials::for_sandbox());
        assert_eq!(
            http(&event, &hosts, &keys),
            "POST /v1/track HTTP/1.1\nHost: cdp-eu.customer.io\nAuthorization: Basic <CUSTOMERIO_CDP_API_KEY:>\n\
             X-Strict-Mode: 1\nContent-Type: application/json\n\n{\"userId\":\"it's\",\"event\":\"signed_up\"}\n"
        );
        assert_eq!(
            curl(&event, &hosts, &keys),
            "curl -X POST \\\n  'https://cdp-eu.customer.io/v1/track' \\\n  -u \"${CUSTOMERIO_CDP_API_KEY}:\" \\\n  \
             -H 'X-Strict-Mode: 1' \\\n  -H 'Content-Type: application/json' \\\n  \
             --data-raw '{\"userId\":\"it'\\''s\",\"event\":\"signed_up\"}'\n"
        );
    }

    #[test]
    fn a_read_and_a_write_without_a_body() {
        let hosts = Hosts::at("http://127.0.0.1:8787/base");
        let keys = Credentials::for_sandbox();
        let read = request("get_segment_membership", &[Arg::Int(3), Arg::Int(100)]);
        assert_eq!(
            http(&read, &hosts, &keys),
            "GET /base/v1/segments/3/membership?limit=100 HTTP/1.1\nHost: 127.0.0.1:8787\n\
             Authorization: Bearer <CUSTOMERIO_APP_API_KEY>\n"
        );
        assert_eq!(
            curl(&read, &hosts, &keys),
            "curl \\\n  'http://127.0.0.1:8787/base/v1/segments/3/membership?limit=100' \\\n  \
             -H \"Authorization: Bearer ${CUSTOMERIO_APP_API_KEY}\"\n"
        );
        let write = http(&request("suppress_person", &[Arg::Text("a b")]), &hosts, &keys);
        assert!(write.contains("/a%20b/suppress HTTP/1.1"), "{write}");
        assert!(write.contains("Basic <CUSTOMERIO_SITE_ID:CUSTOMERIO_TRACK_API_KEY>"), "{write}");
        assert!(write.ends_with("Content-Length: 0\n"), "{write}");
    }
}
