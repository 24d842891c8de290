//! Where a command's requests go, and with which keys.

use crate::api::{Client, Credentials, Hosts, Http};
use crate::fault::{At, Code, Fault};
use crate::policy::{Limits, Rates};
use crate::request::Secrets;
use crate::sandbox::{Options, Sandbox};

use super::World;

/// What a command runs against.
pub struct Settings {
    pub client: Client,
    pub secrets: Secrets,
    /// Kept for as long as it has to serve.
    pub sandbox: Option<Sandbox>,
}

/// The values that are never shown: also a sandbox's run has the keys in its environment.
pub fn secrets() -> Secrets {
    Secrets::new(Credentials::read(lookup, "the environment").values())
}

fn lookup(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

impl World {
    /// Starts a sandbox where one is asked for, and reads the environment where not.
    ///
    /// # Errors
    /// A fault that says which setting is wrong.
    pub async fn settings(&self, rates: Rates) -> Result<Settings, Fault> {
        let fault = |message: String| Fault::new(Code::SettingInvalid, At::Call, message);
        let (hosts, credentials, sandbox) = match self.sandbox.as_deref() {
            None => {
                let credentials = Credentials::read(lookup, "the environment");
                match credentials.malformed() {
                    Some(fault) => return Err(fault),
                    None => (Hosts::read(lookup)?, credentials, None),
                }
            }
            Some("") => {
                let options = Options {
                    people: self.people.unwrap_or(Options::default().people),
                    ..Options::default()
                };
                let sandbox = Sandbox::start(options).await;
                let sandbox = sandbox.map_err(|why| fault(format!("the sandbox can't start: {why}")))?;
                (Hosts::at(&sandbox.url()), Credentials::for_sandbox(), Some(sandbox))
            }
            Some(url) => {
                let hosts = Hosts::at(url);
                if self.people.is_some() {
                    return Err(fault("--people is for a sandbox of the run's own".into())
                        .help("give it to `segue sandbox`, which serves the one you named"));
                }
                if !url.contains("://") {
                    return Err(fault(format!("--sandbox={url} isn't a URL"))
                        .help(format!("write --sandbox=http://{url}")));
                }
                if !hosts.all_loopback() {
                    return Err(fault(format!("--sandbox={url} isn't on this machine")).help(
                        "a sandbox is at an address like http://127.0.0.1:8787; `segue sandbox` starts one",
                    ));
                }
                (hosts, Credentials::for_sandbox(), None)
            }
        };
        let http = Http::new(&hosts).map_err(|why| fault(format!("no connection can be set up: {why}")))?;
        let client = Client::new(Box::new(http), hosts, credentials, Limits::default(), rates);
        Ok(Settings { client, secrets: secrets(), sandbox })
    }
}
