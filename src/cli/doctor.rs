//! `segue doctor`.

use std::fmt::Write;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{DoctorArgs, print, refuse};
use crate::api::{Client, Hosts, KeyName, Probed, Region, probe};
use crate::fault::listed;
use crate::policy::{Limits, Rates};
use crate::run::Exit;
use crate::spec::Api;

pub async fn doctor(args: DoctorArgs) -> Exit {
    let mut settings = match args.world.settings(Rates::default()).await {
        Ok(settings) => settings,
        Err(fault) => return refuse(&fault),
    };
    settings.client.limits = Limits {
        attempts: 1,
        timeout: Duration::from_secs(10),
        // A rate limit is told, not waited for.
        horizon: Duration::ZERO,
        ..Limits::default()
    };
    let client = &settings.client;
    let mut text = String::new();
    let set = std::env::var(Region::VARIABLE).is_ok_and(|region| !region.trim().is_empty());
    let from = if set { "from" } else { "the default; set it with" };
    let _ = writeln!(text, "region  {} ({from} {})", client.hosts.region.name(), Region::VARIABLE);
    let stop = CancellationToken::new();
    tokio::spawn({
        let stop = stop.clone();
        async move {
            if tokio::signal::ctrl_c().await.is_ok() {
                stop.cancel();
            }
        }
    });
    let mut exit = Exit::Done;
    for api in Api::ALL {
        let _ = writeln!(text, "\n{}  {}{}", api.name(), client.hosts.url(api), overridden(client, api));
        for key in KeyName::of(api) {
            let _ = match client.credentials.get(key) {
                Some(set) => writeln!(text, "  {}  set, from {}", key.variable(), set.source),
                None => writeln!(text, "  {}  not set; you find it under {}", key.variable(), key.found()),
            };
        }
        let missing = client.credentials.missing(api);
        if !missing.is_empty() {
            let names: Vec<&str> = missing.iter().map(|key| key.variable()).collect();
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
    match print(&settings.secrets.clean(&text)) {
        Exit::Done => exit,
        failed => failed,
    }
}

fn overridden(client: &Client, api: Api) -> String {
    match client.hosts.overridden(api) {
        true => format!(" (set by {} or --sandbox)", Hosts::variable(api)),
        false => String::new(),
    }
}

fn verdict(client: &Client, api: Api, probed: &Probed) -> (String, Exit) {
    let region = client.hosts.region;
    match probed {
        Probed::Ready { region: Some(told) } if told != region.name() => (
            format!("answers, but the account is in {told}: set {}={told}", Region::VARIABLE),
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
                "redirects: the account is in the other region; set {}={}",
                Region::VARIABLE,
                region.other().name()
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
