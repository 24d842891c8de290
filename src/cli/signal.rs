//! Being told to stop: Ctrl-C, and what cron, systemd and a closed terminal send.

use tokio_util::sync::CancellationToken;

/// Cancels `first` at the first signal and `second` at the next. The signals are taken over at once, not
/// only when the future is first polled.
pub fn listen(first: CancellationToken, second: CancellationToken) {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        for kind in [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()] {
            // Without a handler the signal ends the process, as it would anywhere else.
            let Ok(mut signals) = signal(kind) else { continue };
            let (first, second) = (first.clone(), second.clone());
            tokio::spawn(async move {
                while signals.recv().await.is_some() {
                    if first.is_cancelled() {
                        second.cancel();
                    }
                    first.cancel();
                }
            });
        }
    }
    #[cfg(not(unix))]
    tokio::spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() {
            if first.is_cancelled() {
                second.cancel();
            }
            first.cancel();
        }
    });
}
