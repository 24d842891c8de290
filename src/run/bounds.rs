//! What a run may use up before it is ended: time and memory. A script's own loops have no other end,
//! and an array that doubles would take the machine with it.

use std::sync::Arc;
use std::time::Duration;

use super::session::Session;
use crate::fault::{At, Code, Fault};

/// The most memory the process may hold, in bytes. A script that reads a segment into arrays and maps
/// needs about 500 bytes a person.
const MEMORY: u64 = 4 << 30;
const LOOK: Duration = Duration::from_millis(50);

/// Which bound a run ran into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    Time(Duration),
    /// Bytes.
    Memory(u64),
}

impl Bound {
    /// The fault of a run that went over it.
    pub fn fault(self) -> Fault {
        let (message, help) = match self {
            Bound::Time(time) => (
                format!("the run took longer than the {} s it was given", time.as_secs_f64()),
                "give it more with --time-limit, or let it do less",
            ),
            Bound::Memory(bytes) => (
                format!("the script holds more than {} GiB of memory", bytes >> 30),
                "go through a sequence item by item in place of keeping everything in arrays",
            ),
        };
        Fault::new(Code::ScriptLimit, At::Call, message).help(help)
    }
}

/// Ends the run when it goes over a bound.
pub async fn watch(session: Arc<Session>, time: Option<Duration>) {
    let begun = tokio::time::Instant::now();
    loop {
        tokio::time::sleep(LOOK).await;
        if let Some(time) = time.filter(|time| begun.elapsed() >= *time) {
            return session.exceeded(Bound::Time(time));
        }
        if held().is_some_and(|bytes| bytes > MEMORY) {
            return session.exceeded(Bound::Memory(MEMORY));
        }
    }
}

/// Bytes of memory the process holds, where the system tells: the second number of Linux's `statm`, in
/// pages.
fn held() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = text.split(' ').nth(1)?.parse().ok()?;
    Some(pages * 4_096)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn the_system_tells_what_the_process_holds() {
        let before = held().unwrap();
        let block = vec![1u8; 64 << 20];
        assert!(held().unwrap() >= before + (32 << 20), "{}", block[1]);
    }

    #[test]
    fn a_bound_says_what_was_too_much() {
        assert_eq!(Bound::Memory(4 << 30).fault().message, "the script holds more than 4 GiB of memory");
        let time = Bound::Time(Duration::from_secs(90)).fault();
        assert_eq!(time.message, "the run took longer than the 90 s it was given");
    }
}
