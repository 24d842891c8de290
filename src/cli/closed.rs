//! Whether the process began without stdout, as after `>&-`.
//!
//! Rust opens `/dev/null` in its place before `main`, as others do who have it so on purpose: behind that nobody can tell
//! the one from the other. So it is looked for before, where the system knows such a time.

use std::sync::atomic::{AtomicBool, Ordering};

static CLOSED: AtomicBool = AtomicBool::new(false);

/// Whether nobody ever was to read what is printed.
pub fn stdout() -> bool {
    CLOSED.load(Ordering::Relaxed)
}

/// The loader calls what is listed here ahead of Rust's own start.
#[cfg(any(target_os = "linux", target_os = "macos"))]
#[used]
// Unsafe, since what runs there has no runtime yet: it asks the system one thing, and keeps the answer.
#[cfg_attr(target_os = "linux", unsafe(link_section = ".init_array"))]
#[cfg_attr(target_os = "macos", unsafe(link_section = "__DATA,__mod_init_func"))]
static FIRST: extern "C" fn() = {
    extern "C" fn look() {
        let there = rustix::io::fcntl_getfd(rustix::stdio::stdout());
        CLOSED.store(there == Err(rustix::io::Errno::BADF), Ordering::Relaxed);
    }
    look
};
