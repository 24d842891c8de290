//! A terminal that is left as it was.

use crate::watch::keys;

/// The terminal as it was before anything read from it, put back when this is dropped: whoever ends a prompt
/// or a watch from outside leaves it as these need it.
pub struct Restored(#[cfg(unix)] Option<rustix::termios::Termios>);

impl Restored {
    pub fn new() -> Restored {
        Restored(
            #[cfg(unix)]
            rustix::termios::tcgetattr(std::io::stdin()).ok(),
        )
    }
}

impl Drop for Restored {
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Some(before) = self.0.as_ref().filter(|_| keys::are_ours()) {
            // A terminal that went away needs nothing put back.
            let _ =
                rustix::termios::tcsetattr(std::io::stdin(), rustix::termios::OptionalActions::Now, before);
        }
    }
}
