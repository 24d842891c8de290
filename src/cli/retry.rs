//! How far a run's retrying goes, from the command line.

use clap::Args;

use super::config::Retry;
use crate::policy::{Limits, Setting};

/// What a run says of retrying; what it doesn't say stays as it is.
#[derive(Args)]
pub struct RetryArgs {
    /// Try a request so often; a 429 doesn't count
    #[arg(long, value_name = "N", value_parser = setting("attempts"), allow_negative_numbers = true)]
    attempts: Option<f64>,
    /// Wait so long for one answer
    #[arg(long, value_name = "SECONDS", value_parser = setting("timeout"), allow_negative_numbers = true)]
    timeout: Option<f64>,
    /// Begin no further attempt at a request after so long
    #[arg(long, value_name = "SECONDS", value_parser = setting("horizon"), allow_negative_numbers = true)]
    horizon: Option<f64>,
    /// Never send an event again that may have been taken; it is in doubt then
    #[arg(long)]
    events_at_most_once: bool,
}

impl RetryArgs {
    /// `limits` with what the command line says.
    pub fn over(&self, limits: Limits) -> Limits {
        let given = [("attempts", self.attempts), ("timeout", self.timeout), ("horizon", self.horizon)];
        let given = given.into_iter().filter_map(|(name, value)| Some((name, value?)));
        let limits = Retry(given.collect()).over(limits);
        Limits { events_at_most_once: limits.events_at_most_once || self.events_at_most_once, ..limits }
    }
}

/// Reads a value of the limit `name`.
fn setting(name: &'static str) -> impl Fn(&str) -> Result<f64, String> + Clone + Send + Sync {
    move |text| {
        let setting = Setting::of(name).ok_or("there is no such limit")?;
        let value = text.parse().ok().filter(|value| setting.set(&mut Limits::default(), *value));
        value.ok_or_else(|| format!("it takes {}", setting.takes()))
    }
}
