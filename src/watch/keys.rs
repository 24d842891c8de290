//! The keys of whoever watches, read one by one as they are pressed.

use std::io::{IsTerminal, Read};

use tokio::sync::mpsc::UnboundedSender;

use super::Ask;

/// Whether keys are pressed for this process. In the background one that touches the terminal is halted.
pub fn are_ours() -> bool {
    #[cfg(unix)]
    {
        let stdin = std::io::stdin();
        let group = rustix::termios::tcgetpgrp(&stdin);
        stdin.is_terminal() && group.is_ok_and(|group| group == rustix::process::getpgrp())
    }
    #[cfg(not(unix))]
    false
}

/// Has the terminal hand over each key at once and not show it; whether it does. Ctrl-C stays a signal. Whoever calls
/// this has kept what it was.
pub fn listen() -> bool {
    #[cfg(unix)]
    {
        use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
        let stdin = std::io::stdin();
        let Some(mut modes) = are_ours().then(|| tcgetattr(&stdin).ok()).flatten() else { return false };
        modes.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO);
        tcsetattr(&stdin, OptionalActions::Now, &modes).is_ok()
    }
    #[cfg(not(unix))]
    false
}

/// Tells what is asked for by keys, until there are none any more.
pub fn read(tell: UnboundedSender<Ask>) {
    // It waits for a key that may never come: the process ends without it.
    std::thread::spawn(move || {
        let mut stdin = std::io::stdin();
        let mut key = [0];
        while let Ok(1) = stdin.read(&mut key) {
            if asked(key[0]).is_some_and(|ask| tell.send(ask).is_err()) {
                return;
            }
        }
    });
}

/// What a key asks for. Ctrl-D leaves as at a prompt.
fn asked(key: u8) -> Option<Ask> {
    match key {
        b'r' | b'R' | b'\r' | b'\n' => Some(Ask::Again),
        b'q' | b'Q' | 4 => Some(Ask::Leave),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_runs_again_or_leaves() {
        assert_eq!(
            [b'r', b'\r', b'q', 4].map(asked),
            [Some(Ask::Again), Some(Ask::Again), Some(Ask::Leave), Some(Ask::Leave)]
        );
        assert_eq!([b'x', 0x1b, b' '].map(asked), [None, None, None]);
    }
}
