//! Where a command's requests go, with which keys, and how.

use super::config::{self, Allow, Chosen, Config, Invalid, Profile, Shared};
use super::whose::Whose;
use super::{World, off_the_way};
use crate::api::{Client, Credentials, Hosts, Http, KeyName, KeySources};
use crate::fault::{At, Code, Fault};
use crate::policy::{Limits, Most, Rates};
use crate::request::Secrets;
use crate::sandbox::{Options, Sandbox};

/// What a command runs against, and what `segue.toml` says of it.
pub struct Settings {
    /// Whose workspace the requests go to.
    pub whose: Whose,
    pub client: Client,
    pub secrets: Secrets,
    /// Kept for as long as it has to serve.
    pub sandbox: Option<Sandbox>,
    /// The profile that was chosen; without one the keys are the environment's own. A sandbox's run has it
    /// too, but none of its keys.
    pub profile: Option<Chosen>,
    /// The profiles there are, each with its file, for people.
    pub profiles: Vec<String>,
    /// Their names alone.
    pub names: Vec<String>,
    /// The environment id that the keys have to be of; none in a sandbox.
    pub workspace: Option<u64>,
    /// The most people a live run may touch; none in a sandbox.
    pub max_people: Option<Most>,
    /// After how many rejected writes a run makes no further call.
    pub max_rejected: Option<Most>,
    /// Whether an answer that isn't of the declared shape is an error.
    pub strict_answers: bool,
    /// What a live run may do beyond reading and updating, beside what the command line allows.
    pub allow: Allow,
    /// The share of Customer.io's limits, and limits of one's own.
    pub rates: Rates,
}

/// The values that are never shown, as far as the environment's own variables hold them.
pub fn secrets() -> Secrets {
    Secrets::new(held(&KeyName::ALL.map(|name| name.variable().to_string())))
}

/// The values of environment variables that hold a key.
fn held(variables: &[String]) -> impl Iterator<Item = String> {
    let values = variables.iter().filter_map(|name| lookup(name));
    values.flat_map(|value| [value.trim().to_string(), value])
}

fn lookup(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// What `segue.toml` grants to a run of `profile`, or of the profile that is meant without one. No key is read.
///
/// # Errors
/// What is wrong with a setting.
pub async fn allowed(profile: Option<&str>) -> Result<Allow, Invalid> {
    let config = off_the_way(Config::load).await??;
    let (_, profile) = chosen(&config, profile)?.unzip();
    Ok(config.shared(profile).allow)
}

/// Whose workspace is meant. No key is asked for: those of the environment are there.
///
/// # Errors
/// What is wrong with a setting.
pub async fn whose(world: &World) -> Result<Whose, Invalid> {
    let config = off_the_way(Config::load).await??;
    let profile = chosen(&config, world.profile.as_deref())?.map(|(_, profile)| profile);
    Ok(of(world, profile)?)
}

/// The same of a profile that is known.
fn of(world: &World, profile: Option<&Profile>) -> Result<Whose, Fault> {
    let name = profile.map(|profile| profile.name.clone());
    Ok(match &world.sandbox {
        Some(url) => Whose::sandbox(url, name),
        None => Whose::live(name, &keys(profile).keys, &hosts(profile)?, lookup),
    })
}

/// The profile that is meant, by the command line, by the environment or by a file.
fn chosen<'c>(config: &'c Config, flag: Option<&str>) -> Result<Option<(Chosen, &'c Profile)>, Invalid> {
    // One that isn't UTF-8 names a profile too, if none that there is.
    let variable = std::env::var_os(config::VARIABLE).map(|name| name.to_string_lossy().into_owned());
    config.choose(flag, variable.as_deref())
}

impl World {
    /// Reads `segue.toml` and the environment, and starts a sandbox where one is asked for.
    ///
    /// # Errors
    /// What is wrong with a setting.
    pub async fn settings(&self, asked: Rates) -> Result<Settings, Invalid> {
        self.settings_beside(asked, Secrets::default()).await
    }

    /// The same, of a command that knows some `secrets` already: whoever shows anything is to know all of them.
    ///
    /// # Errors
    /// The same.
    pub async fn settings_beside(&self, asked: Rates, secrets: Secrets) -> Result<Settings, Invalid> {
        let config = off_the_way(Config::load).await??;
        let (chosen, profile) = chosen(&config, self.profile.as_deref())?.unzip();
        secrets.add(held(&config.variables()));
        // Also a sandbox's run has the keys in its environment.
        let environment = Credentials::new(KeySources::environment(), secrets.clone());
        environment.prepare().await;
        let Shared { rates, retry, allow } = config.shared(profile);
        let live = profile.filter(|_| self.sandbox.is_none());
        let (hosts, credentials, sandbox) = match &self.sandbox {
            Some(url) => {
                let (hosts, sandbox) = self.sandbox(url).await?;
                (hosts, Credentials::for_sandbox().hiding(config.variables()), sandbox)
            }
            None => {
                let sources =
                    KeySources { profiles: config.names(), variables: config.variables(), ..keys(profile) };
                let credentials = Credentials::new(sources, secrets.clone());
                credentials.prepare().await;
                (hosts(profile)?, credentials, None)
            }
        };
        let documented = self.sandbox.is_none();
        let rates = asked.or(&rates).keeping(documented);
        let whose = of(self, profile)?;
        let http = Http::new(&hosts).map_err(|why| invalid(format!("no connection can be set up: {why}")))?;
        let limits = retry.over(Limits::default());
        Ok(Settings {
            whose,
            client: Client::new(Box::new(http), hosts, credentials, limits, rates.clone()),
            secrets,
            sandbox,
            profile: chosen,
            profiles: config.listed(),
            names: config.names(),
            workspace: live.and_then(|profile| profile.workspace),
            max_people: live.and_then(|profile| profile.max_people),
            max_rejected: profile.and_then(|profile| profile.max_rejected),
            strict_answers: profile.is_some_and(|profile| profile.strict_answers),
            allow,
            rates,
        })
    }

    /// A sandbox of the command's own, or the one that is running at `url`.
    async fn sandbox(&self, url: &str) -> Result<(Hosts, Option<Sandbox>), Fault> {
        if url.is_empty() {
            let options =
                Options { people: self.people.unwrap_or(Options::default().people), ..Options::default() };
            let sandbox = Sandbox::start(options).await;
            let sandbox = sandbox.map_err(|why| invalid(format!("the sandbox can't start: {why}")))?;
            return Ok((Hosts::at(&sandbox.url()), Some(sandbox)));
        }
        let hosts = Hosts::at(url);
        if self.people.is_some() {
            return Err(invalid("--people is for a sandbox of the run's own".into())
                .help("give it to `segue sandbox`, which serves the one you named"));
        }
        if !url.contains("://") {
            return Err(
                invalid(format!("--sandbox={url} isn't a URL")).help(format!("write --sandbox=http://{url}"))
            );
        }
        if !hosts.all_loopback() {
            return Err(invalid(format!("--sandbox={url} isn't on this machine"))
                .help("a sandbox is at an address like http://127.0.0.1:8787; `segue sandbox` starts one"));
        }
        Ok((hosts, None))
    }
}

/// Where the keys are: a profile's alone, for those of the environment may be of another workspace.
fn keys(profile: Option<&Profile>) -> KeySources {
    match profile {
        Some(profile) => KeySources {
            profile: Some(profile.name.clone()),
            keys: profile.keys.clone(),
            ..KeySources::default()
        },
        None => KeySources::environment(),
    }
}

fn hosts(profile: Option<&Profile>) -> Result<Hosts, Fault> {
    match profile {
        Some(profile) => Hosts::of_profile(&profile.name, profile.region, &profile.urls, lookup),
        None => Hosts::read(lookup),
    }
}

fn invalid(message: String) -> Fault {
    Fault::new(Code::SettingInvalid, At::Call, message)
}
