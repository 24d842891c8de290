//! Customer.io over HTTP: credentials, hosts, one transport, and what an answer means.

mod client;
mod credentials;
mod decode;
mod drift;
mod explain;
mod hosts;
mod http;
mod lookup;
mod probe;
mod transport;
mod workspace;

pub use client::{Attempt, Called, Client, Interrupted};
pub use credentials::{Credentials, Key, KeyName};
pub use decode::decode;
pub use drift::{Change, Drift};
pub use explain::{explain, missing_key};
pub use hosts::{Hosts, Region};
pub use http::Http;
pub use lookup::{Before, Unread};
pub use probe::{Probed, probe};
pub use transport::{Raw, SendError, Transport, Wire};
pub use workspace::{Told, workspaces};
