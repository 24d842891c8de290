//! Customer.io over HTTP: credentials, hosts, one transport, and what an answer means.

mod client;
mod command;
mod credentials;
mod decode;
mod drift;
mod explain;
mod hosts;
mod http;
mod key;
mod key_faults;
mod lookup;
mod pointed;
mod probe;
mod source;
mod transport;
mod webhook;
mod workspace;

pub use client::{Allowed, Attempt, Called, Cause, Client, Flow, Interrupted, Pin, Wait};
pub use credentials::{Credentials, KeySources, Lack, Renewed, Scheme};
pub use decode::decode;
pub use drift::{Change, Drift, Unwatched, Watch, reread};
pub use explain::{attempts, explain};
pub use hosts::{Hosts, Region};
pub use http::{Http, STRICT};
pub use key::KeyName;
pub use key_faults::missing_key;
pub use lookup::{Before, Unread};
pub use probe::{Probed, probe};
pub use source::Source;
pub use transport::{Raw, SendError, Sending, Transport, Wire};
pub use webhook::{Untaken, VARIABLE as NOTIFY_VARIABLE, Webhook};
pub use workspace::{Told, telling, workspaces};
