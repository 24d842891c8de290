//! What a process uses of the machine.
//!
//! The meter is a process of its own, and a small one: what the system tells of a child's memory begins with
//! what its parent held.

use serde::{Deserialize, Serialize};

/// The first argument that makes this program the meter.
pub const ROLE: &str = "meter";

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Usage {
    /// `None` where a signal ended it.
    pub code: Option<i32>,
    /// When it was started, in seconds since 1970.
    pub started: f64,
    /// Seconds from start to end.
    pub wall: f64,
    /// Seconds of all processors, its own and the system's for it.
    pub cpu: f64,
    /// The most memory it held, in bytes.
    pub peak: f64,
}

#[cfg(not(unix))]
pub fn measure(_: &[String]) -> Result<(), String> {
    Err("what a process uses is measured on Unix systems only".into())
}

/// Runs a command and prints its [`Usage`]. The command ends with this process's stdin.
#[cfg(unix)]
pub fn measure(command: &[String]) -> Result<(), String> {
    use nix::sys::resource::{UsageWho, getrusage};
    use std::process::Stdio;
    use std::time::{Instant, SystemTime, UNIX_EPOCH};

    let text = |why: std::io::Error| why.to_string();
    let (program, arguments) = command.split_first().ok_or("the meter needs a command")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(text)?;
    let (closed, left) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        // However reading ends, nobody waits for the measure any more.
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        let _ = closed.send(());
    });
    let usage = runtime.block_on(async {
        let started = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        let begun = Instant::now();
        let mut command = tokio::process::Command::new(program);
        let mut child = command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).spawn()?;
        let status = tokio::select! {
            status = child.wait() => status?,
            _ = left => {
                child.kill().await?;
                child.wait().await?
            }
        };
        let wall = begun.elapsed().as_secs_f64();
        let used = getrusage(UsageWho::RUSAGE_CHILDREN)?;
        let seconds = |time: nix::sys::time::TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
        let cpu = seconds(used.user_time()) + seconds(used.system_time());
        // macOS tells it in bytes, the others in KiB.
        let unit = if cfg!(target_os = "macos") { 1.0 } else { 1_024.0 };
        Ok(Usage { code: status.code(), started, wall, cpu, peak: used.max_rss() as f64 * unit })
    });
    let usage = serde_json::to_string(&usage.map_err(text)?).map_err(|why| why.to_string())?;
    println!("{usage}");
    Ok(())
}
