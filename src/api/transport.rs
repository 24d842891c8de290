//! One request out, one answer back: all that is known of the network.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use secrecy::SecretString;

use crate::spec::Method;

/// A request as it goes out.
pub struct Wire<'a> {
    pub method: Method,
    pub url: String,
    pub authorization: Option<SecretString>,
    /// Whether the server shall refuse what it would otherwise drop in silence.
    pub strict: bool,
    pub body: Option<&'a Bytes>,
    pub timeout: Duration,
}

/// An answer as it came in.
#[derive(Clone, Debug, Default)]
pub struct Raw {
    pub status: u16,
    pub retry_after: Option<String>,
    pub location: Option<String>,
    pub body: Vec<u8>,
    /// Set when the connection broke before the body was whole.
    pub cut: Option<String>,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SendError {
    /// No byte of the request left this machine.
    NotSent(String),
    TimedOut,
    /// The request was under way.
    Broken(String),
}

pub type Sending<'a> = Pin<Box<dyn Future<Output = Result<Raw, SendError>> + Send + 'a>>;

/// Sends requests; the HTTP client does it for real, tests do it as they need.
pub trait Transport: Send + Sync {
    fn send<'a>(&'a self, wire: Wire<'a>) -> Sending<'a>;
}
