//! What a run is bound to: by the command line, and by `segue.toml`.

use std::time::Duration;

use super::settings::Settings;
use super::tools::find;
use super::{Bounds, May};
use crate::fault::{At, Code, Fault};
use crate::policy::{Asked, Grants, Rates};
use crate::run::Terms;

/// What the command line binds a run to. In a sandbox nothing needs to be granted; what is refused stays refused.
///
/// # Errors
/// A fault for a tool that there isn't.
pub fn terms(bounds: &Bounds, sandbox: bool, dry_run: bool) -> Result<Terms, Fault> {
    Ok(Terms {
        grants: grants(&bounds.may, sandbox)?,
        dry_run,
        time_limit: bounds.time_limit.map(Duration::from_secs),
        workspace: bounds.workspace,
        max_people: Asked { command_line: bounds.max_people, ..Asked::default() },
        strict_answers: bounds.strict_answers,
        ..Terms::default()
    })
}

/// What the command line grants, or everything in a sandbox.
///
/// # Errors
/// A fault for a tool that there isn't.
pub fn grants(may: &May, sandbox: bool) -> Result<Grants, Fault> {
    let mut grants = Grants { all: sandbox, read_only: may.read_only, ..Grants::default() };
    for word in &may.allow {
        grants.allow(word);
    }
    for name in &may.deny {
        grants.denied.push(find(name)?.slug);
    }
    Ok(grants)
}

/// Adds what `segue.toml` says.
pub fn said_by(terms: &mut Terms, settings: &Settings) {
    for word in settings.allow.words() {
        terms.grants.allow(word);
    }
    terms.profile = settings.profile.as_ref().map(|profile| profile.name.clone());
    terms.workspace = terms.workspace.or(settings.workspace);
    terms.max_people.profile = settings.max_people;
    terms.max_rejected.profile = settings.max_rejected;
    terms.strict_answers |= settings.strict_answers;
}

/// How fast a run may go, as far as the command line says.
///
/// # Errors
/// A fault for a limit or a share that can't be set.
pub fn rates(bounds: &Bounds) -> Result<Rates, Fault> {
    let mut rates = Rates::default();
    if let Some(share) = bounds.share {
        rates.share(share)?;
    }
    for limit in &bounds.limit {
        let fault = || {
            Fault::new(Code::SettingInvalid, At::Call, format!("--limit {limit} isn't written name=rate"))
                .help("for example --limit app=5")
        };
        let (word, rate) = limit.split_once('=').ok_or_else(fault)?;
        rates.limit(word, rate.parse().map_err(|_| fault())?)?;
    }
    Ok(rates)
}
