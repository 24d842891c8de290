//! The transport over HTTP.

use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue, LOCATION, RETRY_AFTER};
use reqwest::redirect::Policy;
use secrecy::ExposeSecret;

use super::hosts::Hosts;
use super::transport::{Raw, SendError, Sending, Transport, Wire};
use crate::spec::Method;

/// The header that has a server refuse what it would otherwise drop in silence.
pub const STRICT: (&str, &str) = ("X-Strict-Mode", "1");

/// How long the way to a server may take before anything is sent.
const CONNECT: Duration = Duration::from_secs(10);

/// A client for servers that are all on this machine, or for others.
///
/// # Errors
/// When the machine's TLS can't be set up.
pub(super) fn client(loopback: bool) -> Result<reqwest::Client, String> {
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("segue/", env!("CARGO_PKG_VERSION")))
        // A redirect would send people's data and the key through the wrong region.
        .redirect(Policy::none())
        .connect_timeout(CONNECT)
        .tcp_nodelay(true);
    if loopback {
        // Nothing on this machine is reached by way of a proxy.
        builder = builder.no_proxy();
    }
    builder.build().map_err(|why| chain(&why))
}

/// HTTP with connections kept open between requests; clones share them.
#[derive(Clone)]
pub struct Http {
    client: reqwest::Client,
}

impl Http {
    /// A client for `hosts`. Fails when the machine's TLS can't be set up.
    pub fn new(hosts: &Hosts) -> Result<Http, String> {
        client(hosts.all_loopback()).map(|client| Http { client })
    }

    async fn exchange(&self, wire: Wire<'_>) -> Result<Raw, SendError> {
        let method = match wire.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
        };
        let mut request = self.client.request(method, &wire.url).timeout(wire.timeout);
        if let Some(authorization) = &wire.authorization {
            let mut value = HeaderValue::from_str(authorization.expose_secret())
                .map_err(|_| SendError::NotSent("the key holds characters that no key has".into()))?;
            value.set_sensitive(true);
            request = request.header(AUTHORIZATION, value);
        }
        if wire.strict {
            request = request.header(STRICT.0, STRICT.1);
        }
        request = match (wire.body, wire.method) {
            (Some(body), _) => request.header(CONTENT_TYPE, "application/json").body(body.clone()),
            (None, Method::Post) => request.header(CONTENT_LENGTH, "0"),
            (None, Method::Get) => request,
        };
        let mut answer = request.send().await.map_err(classify)?;
        let text =
            |name| answer.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_string);
        let mut raw = Raw {
            status: answer.status().as_u16(),
            retry_after: text(RETRY_AFTER),
            location: text(LOCATION),
            body: Vec::with_capacity(answer.content_length().unwrap_or(0).min(16 << 20) as usize),
            cut: None,
        };
        loop {
            match answer.chunk().await {
                Ok(Some(chunk)) => raw.body.extend_from_slice(&chunk),
                Ok(None) => break,
                Err(why) => {
                    raw.cut = Some(chain(&why));
                    break;
                }
            }
        }
        Ok(raw)
    }
}

impl Transport for Http {
    fn send<'a>(&'a self, wire: Wire<'a>) -> Sending<'a> {
        Box::pin(self.exchange(wire))
    }
}

pub(super) fn classify(why: reqwest::Error) -> SendError {
    if why.is_connect() || why.is_builder() {
        SendError::NotSent(chain(&why))
    } else if why.is_timeout() {
        SendError::TimedOut
    } else {
        SendError::Broken(chain(&why))
    }
}

/// The innermost words of an error: the outer ones only say that a request failed, and name its URL,
/// which may hold a person's identifier.
pub(super) fn chain(why: &dyn std::error::Error) -> String {
    let mut inner = why;
    while let Some(source) = inner.source() {
        inner = source;
    }
    inner.to_string()
}
