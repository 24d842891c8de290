//! Customer.io over HTTP: credentials, hosts, one transport, and what an answer means.

mod client;
mod credentials;
mod decode;
mod explain;
mod hosts;
mod http;
mod lookup;
mod probe;
mod transport;

pub use client::{Attempt, Called, Client, Interrupted};
pub use credentials::{Credentials, Key, KeyName};
pub use decode::decode;
pub use explain::{attempts, explain, missing_key};
pub use hosts::{Hosts, Region};
pub use http::Http;
pub use lookup::{Before, Unread};
pub use probe::{Probed, probe};
pub use transport::{Raw, SendError, Transport, Wire};
