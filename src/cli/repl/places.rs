//! The workspaces that a prompt can go to.

use std::sync::{Mutex, PoisonError};

use super::super::settings::Settings;
use super::super::terms::{grants, said_by};
use super::super::{ReplArgs, World, refuse_in, refuse_settings_in};
use crate::api::Client;
use crate::policy::{Asked, Rates};
use crate::repl::{Profiles, SANDBOX};
use crate::request::Secrets;
use crate::run::{Exit, Terms};
use crate::sandbox::Sandbox;

/// What the command line says, wherever one goes.
pub struct Places {
    args: ReplArgs,
    /// Those of all places: what was shown of one stays on the screen.
    secrets: Secrets,
    /// The profiles of segue.toml.
    profiles: Mutex<Vec<String>>,
    /// The sandbox, once one was entered: whoever comes back finds what was left there.
    sandbox: Mutex<Option<Sandbox>>,
}

impl Places {
    pub fn new(args: ReplArgs) -> Places {
        Places { args, secrets: Secrets::default(), profiles: Mutex::default(), sandbox: Mutex::default() }
    }

    /// Where the command line says that one begins.
    ///
    /// # Errors
    /// How to exit where that is nowhere; why not has been told.
    pub async fn begin(&self) -> Result<(Settings, Terms), Exit> {
        let World { sandbox, people, profile } = &self.args.world;
        let (sandbox, people, profile) = (sandbox.clone(), *people, profile.clone());
        self.at(World { sandbox, people, profile }).await
    }

    async fn at(&self, world: World) -> Result<(Settings, Terms), Exit> {
        let format = self.args.format;
        let mut terms = Terms {
            grants: grants(&self.args.may, world.sandbox.is_some())
                .map_err(|fault| refuse_in(format, &fault))?,
            max_people: Asked { command_line: self.args.max_people, ..Asked::default() },
            ..Terms::default()
        };
        let settings = world.settings_beside(Rates::default(), self.secrets.clone()).await;
        let mut settings = settings.map_err(|invalid| refuse_settings_in(format, &invalid))?;
        said_by(&mut terms, &settings);
        *self.profiles.lock().unwrap_or_else(PoisonError::into_inner) = settings.names.clone();
        if let Some(sandbox) = settings.sandbox.take() {
            *self.sandbox.lock().unwrap_or_else(PoisonError::into_inner) = Some(sandbox);
        }
        Ok((settings, terms))
    }

    /// The sandbox that there is, or one that is yet to be started.
    fn sandbox(&self) -> World {
        let running = self.sandbox.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(Sandbox::url);
        let said = self.args.world.sandbox.clone().filter(|url| !url.is_empty());
        let people = self.args.world.people.filter(|_| running.is_none() && said.is_none());
        World { sandbox: Some(running.or(said).unwrap_or_default()), people, profile: None }
    }
}

impl Profiles for Places {
    fn names(&self) -> Vec<String> {
        let profiles = self.profiles.lock().unwrap_or_else(PoisonError::into_inner);
        std::iter::once(SANDBOX.to_string()).chain(profiles.iter().cloned()).collect()
    }

    async fn enter(&self, name: &str) -> Option<(Client, Terms)> {
        let world = match name {
            SANDBOX => self.sandbox(),
            _ => World { sandbox: None, people: None, profile: Some(name.to_string()) },
        };
        let (settings, terms) = self.at(world).await.ok()?;
        Some((settings.client, terms))
    }
}
