//! `segue doctor`.

use std::fmt::Write;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::config::Chosen;
use super::settings::Settings;
use super::{DoctorArgs, print, refuse_settings};
use crate::api::{Client, KeyName, Lack, Probed, probe};
use crate::fault::listed;
use crate::policy::{Limits, Rates};
use crate::run::Exit;
use crate::spec::Api;

pub async fn doctor(args: DoctorArgs) -> Exit {
    let mut settings = match args.world.settings(Rates::default()).await {
        Ok(settings) => settings,
        Err(invalid) => return refuse_settings(&invalid),
    };
    settings.client.limits = Limits {
        attempts: 1,
        timeout: Duration::from_secs(10),
        // A rate limit is told, not waited for.
        horizon: Duration::ZERO,
        ..Limits::default()
    };
    let client = &settings.client;
    let mut text = told(&settings);
    let stop = CancellationToken::new();
    tokio::spawn({
        let stop = stop.clone();
        async move {
            if tokio::signal::ctrl_c().await.is_ok() {
                stop.cancel();
            }
        }
    });
    tokio::select! {
        () = client.credentials.need(&Api::ALL) => {}
        () = stop.cancelled() => return Exit::Interrupted,
    }
    let mut exit = Exit::Done;
    for api in Api::ALL {
        let _ = writeln!(text, "\n{}  {}{}", api.name(), client.hosts.url(api), overridden(client, api));
        let keys = &client.credentials;
        for key in KeyName::of(api) {
            let (name, origin) = (keys.name(key), keys.origin(key));
            let _ = match keys.lack(key) {
                None => writeln!(text, "  {name}  set, {origin}"),
                Some(Lack::NotSet) => writeln!(text, "  {name}  not set; you find it under {}", key.found()),
                Some(lack @ Lack::Unreadable(_)) => writeln!(text, "  {name}  can't be had: {lack}"),
                Some(lack @ Lack::Malformed) => {
                    writeln!(
                        text,
                        "  {name}  {origin}, can't be used: {lack}; copy it again from {}",
                        key.found()
                    )
                }
            };
        }
        let missing = keys.missing(api);
        if !missing.is_empty() {
            let names: Vec<&str> = missing.iter().map(|(key, _)| keys.name(*key)).collect();
            let _ = writeln!(text, "  not asked: {} must be set first", listed(&names, "and"));
            exit = Exit::Credentials;
            continue;
        }
        let Ok(probed) = probe(client, api, &stop).await else { return Exit::Interrupted };
        let (words, verdict) = verdict(client, api, &probed);
        let _ = writeln!(text, "  {words}");
        if exit == Exit::Done {
            exit = verdict;
        }
    }
    if exit == Exit::Credentials {
        text.push_str("\nA script runs with the keys it needs; with --sandbox it needs none.\n");
    }
    if !settings.profiles.is_empty() {
        let _ = writeln!(text, "\nprofiles: {}", settings.profiles.join(", "));
    }
    match print(&settings.secrets.clean(&text)) {
        Exit::Done => exit,
        failed => failed,
    }
}

/// What holds for all of it: the profile, the region, and what `segue.toml` says.
fn told(settings: &Settings) -> String {
    let mut text = String::new();
    let mut line = |name: &str, what: String| {
        let _ = writeln!(text, "{name}  {what}");
    };
    if let Some(Chosen { name, by }) = &settings.profile {
        line("profile", format!("{name} (chosen by {by})"));
    }
    line("region", settings.client.hosts.origin());
    if let Some(workspace) = settings.workspace {
        line("workspace", format!("{workspace}, and no other"));
    }
    if let Some(most) = settings.max_people {
        line("people", format!("{most} at most in a live run"));
    }
    if let Some(most) = settings.max_rejected {
        line("rejected", format!("{most} before a run makes no further call"));
    }
    let allowed: Vec<&str> = settings.allow.words().collect();
    if !allowed.is_empty() {
        line("allowed", listed(&allowed, "and"));
    }
    if settings.strict_answers {
        line("answers", "have to be of the declared shape".into());
    }
    let limits = settings.rates.told();
    if !limits.is_empty() {
        line("limits", limits);
    }
    text
}

fn overridden(client: &Client, api: Api) -> String {
    client.hosts.overridden(api).map(|setter| format!(" (set by {setter})")).unwrap_or_default()
}

fn verdict(client: &Client, api: Api, probed: &Probed) -> (String, Exit) {
    let region = client.hosts.region;
    match probed {
        Probed::Ready { region: Some(told) } if told != region.name() => (
            format!("answers, but the account is in {told}: set {}", client.hosts.setting(region.other())),
            Exit::Credentials,
        ),
        Probed::Ready { .. } => ("answers, and takes the key".into(), Exit::Done),
        Probed::KeyRefused => (
            format!(
                "refuses the key: is it the {} key of this workspace? No key works on another API",
                api.name()
            ),
            Exit::Credentials,
        ),
        Probed::NotAllowed => (
            "takes the key, which lacks the scope for this question; the scripts may need no more".into(),
            Exit::Done,
        ),
        Probed::OtherRegion => (
            format!(
                "redirects: the account is in the other region; set {}",
                client.hosts.setting(region.other())
            ),
            Exit::Credentials,
        ),
        Probed::Limited => {
            ("answers that its rate limit is used up; ask again in a while".into(), Exit::Unfinished)
        }
        Probed::Unreachable(why) => (format!("can't be reached: {why}"), Exit::Unfinished),
        Probed::Strange(what) => (format!("answers strangely: {what}"), Exit::Failed),
    }
}
