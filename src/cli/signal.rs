//! Being told to stop: Ctrl-C, and what cron, systemd and a closed terminal send.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::log::PATIENCE;
use crate::policy::{Signal, Stopping};
use crate::run::Exit;

/// Cancels `stop` at the first signal, and `hurry` at one that asks for more.
pub fn listen(stop: CancellationToken, hurry: CancellationToken) {
    let stopping = Arc::new(Mutex::new(Stopping::default()));
    each(move |signal| {
        let mut stopping = stopping.lock().unwrap_or_else(PoisonError::into_inner);
        if stopping.hurries(signal, stop.is_cancelled(), Instant::now()) {
            hurry.cancel();
        }
        stop.cancel();
    });
}

/// Ends a process that was told twice to stop and can't come to its end: whoever reads stderr may take nothing any more,
/// and then nothing can be told of it, either.
pub async fn last_resort(hurry: CancellationToken) {
    hurry.cancelled().await;
    sleep(PATIENCE).await;
    std::process::exit(Exit::Interrupted.code().into());
}

/// Does this at each signal. They are taken over at once, not only when a future is first polled.
pub fn each(tell: impl Fn(Signal) + Clone + Send + 'static) {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        for (kind, told) in [
            (SignalKind::interrupt(), Signal::Interrupt),
            (SignalKind::terminate(), Signal::End),
            (SignalKind::hangup(), Signal::End),
        ] {
            // Whoever says `nohup` wants the run to outlive the terminal.
            if kind == SignalKind::hangup() && ignores_hangup() {
                continue;
            }
            // Without a handler the signal ends the process, as it would anywhere else.
            let Ok(mut signals) = signal(kind) else { continue };
            let tell = tell.clone();
            tokio::spawn(async move {
                while signals.recv().await.is_some() {
                    tell(told);
                }
            });
        }
    }
    #[cfg(not(unix))]
    tokio::spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() {
            tell(Signal::Interrupt);
        }
    });
}

/// Whether the process was begun with SIGHUP ignored, where the system tells: the first bit of Linux's `SigIgn`.
#[cfg(unix)]
fn ignores_hangup() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}
