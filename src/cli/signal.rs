//! Being told to stop: Ctrl-C, and what cron, systemd and a closed terminal send.

use tokio_util::sync::CancellationToken;

/// What is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Ctrl-C: what runs is to stop.
    Interrupt,
    /// The process is to end.
    End,
}

/// Cancels `first` at the first signal and `second` at the next.
pub fn listen(first: CancellationToken, second: CancellationToken) {
    each(move |_| {
        if first.is_cancelled() {
            second.cancel();
        }
        first.cancel();
    });
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
