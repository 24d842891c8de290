//! What a run may use up before it is ended: time and memory. A script's own loops have no other end,
//! and an array that doubles would take the machine with it.

use std::sync::Arc;
use std::time::Duration;

use super::session::Session;
use crate::fault::{At, Code, Fault};

/// The most memory the process may hold, in bytes, where the machine has twice as much. A script that reads a segment
/// into arrays and maps needs about 500 bytes a person.
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
                format!("the script holds more than {} MiB of memory", bytes >> 20),
                "go through a sequence item by item in place of keeping everything in arrays",
            ),
        };
        Fault::new(Code::ScriptLimit, At::Call, message).help(help)
    }
}

/// Ends the run when it goes over a bound.
pub async fn watch(session: Arc<Session>, time: Option<Duration>) {
    let begun = tokio::time::Instant::now();
    let memory = most(there());
    loop {
        tokio::time::sleep(LOOK).await;
        if let Some(time) = time.filter(|time| begun.elapsed() >= *time) {
            return session.exceeded(Bound::Time(time));
        }
        if held().is_some_and(|bytes| bytes > memory) {
            return session.exceeded(Bound::Memory(memory));
        }
    }
}

/// How much a process may hold of the memory that is there: what doubles takes as much again before it is seen.
fn most(there: Option<u64>) -> u64 {
    there.map_or(MEMORY, |bytes| MEMORY.min(bytes / 2))
}

/// Bytes of memory that are there for the process, where the system tells: the machine's on Linux, or what its control
/// group (version 2) may use.
fn there() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let total =
        text.lines().find_map(|line| line.strip_prefix("MemTotal:")?.strip_suffix("kB")?.trim().parse().ok());
    let machine = total.map(|kilobytes: u64| kilobytes * 1_024)?;
    let group = std::fs::read_to_string("/sys/fs/cgroup/memory.max").ok();
    Some(group.and_then(|bytes| bytes.trim().parse().ok()).map_or(machine, |group: u64| group.min(machine)))
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
        assert!(there().unwrap() > before);
    }

    #[test]
    fn a_small_machine_is_left_half_of_its_memory() {
        assert_eq!([None, Some(64 << 30), Some(2 << 30)].map(most), [MEMORY, MEMORY, 1 << 30]);
    }

    #[test]
    fn a_bound_says_what_was_too_much() {
        assert_eq!(Bound::Memory(4 << 30).fault().message, "the script holds more than 4096 MiB of memory");
        let time = Bound::Time(Duration::from_secs(90)).fault();
        assert_eq!(time.message, "the run took longer than the 90 s it was given");
    }
}
