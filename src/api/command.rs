//! A key that a program prints.

use std::io::ErrorKind;
use std::path::{MAIN_SEPARATOR, Path};
use std::pin::pin;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::source::LONGEST;
use crate::request::Secrets;

/// As many lines of what a failing program says are shown, and so many characters of each.
const LINES: usize = 3;
const LINE: usize = 200;
/// How long a program that has ended may leave its output open, to something it started for instance.
const LEFT_OPEN: Duration = Duration::from_millis(200);

/// Runs `argv` in `folder` and gives what it prints.
///
/// # Errors
/// Why there is nothing to be had, with the program's name. What it said on stderr is told, free of
/// `secrets` and of what it printed.
pub async fn output(
    argv: &[String],
    folder: &Path,
    patience: Duration,
    secrets: &Secrets,
) -> Result<Vec<u8>, String> {
    let [program, arguments @ ..] = argv else { return Err("the command has no program".into()) };
    // A path in the file counts from the file, wherever Segue was started; a name is searched for.
    let path = match program.contains(['/', MAIN_SEPARATOR]) {
        true => folder.join(program),
        false => program.into(),
    };
    let mut command = Command::new(path);
    command
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    #[cfg(unix)]
    command.process_group(0);
    let child = command.spawn().map_err(|why| match why.kind() {
        ErrorKind::NotFound => format!("the command `{program}` wasn't found"),
        _ => format!("the command `{program}` can't be started: {why}"),
    })?;
    let ended = timeout(patience, wait(child)).await;
    let Ok(ended) = ended else {
        return Err(format!(
            "the command `{program}` didn't end within {} s and was killed",
            patience.as_secs()
        ));
    };
    let (status, printed, said) =
        ended.map_err(|why| format!("the command `{program}` can't be read: {why}"))?;
    if status.success() {
        return Ok(printed);
    }
    // Whoever fails half-way may have printed the key already, and repeat it in its complaint.
    let printed = Secrets::new(String::from_utf8_lossy(&printed).split_whitespace().map(String::from));
    let said = String::from_utf8_lossy(&said);
    let said = printed.clean(&said);
    Err(format!("the command `{program}` {}{}", how(status), first_lines(&secrets.clean(&said))))
}

/// Waits for the end of a program and of what it prints. Whoever stops waiting ends it, and all that it
/// started; so does a program that has ended itself and left its output to something else.
async fn wait(mut child: Child) -> std::io::Result<(ExitStatus, Vec<u8>, Vec<u8>)> {
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let (mut printed, mut said) = (vec![], vec![]);
    let mut group = Group::of(&child);
    let status = {
        let mut reading = pin!(async { tokio::try_join!(read(out, &mut printed), read(err, &mut said)) });
        tokio::select! {
            read = &mut reading => {
                read?;
                let status = child.wait().await?;
                group.ended();
                status
            }
            status = child.wait() => {
                // What it printed itself is in the pipe by now.
                if let Ok(read) = timeout(LEFT_OPEN, &mut reading).await {
                    read?;
                    group.ended();
                }
                status?
            }
        }
    };
    Ok((status, printed, said))
}

/// Reads to the end and keeps a little more than a key's length.
async fn read(from: Option<impl AsyncRead + Unpin>, kept: &mut Vec<u8>) -> std::io::Result<()> {
    let mut block = [0; 4_096];
    let Some(mut from) = from else { return Ok(()) };
    loop {
        let n = from.read(&mut block).await?;
        if n == 0 {
            return Ok(());
        }
        let room = (LONGEST + 1).saturating_sub(kept.len());
        kept.extend_from_slice(&block[..n.min(room)]);
    }
}

/// A program and what it started. Dropping it ends them. Where there are no process groups, Tokio ends the
/// program alone.
struct Group {
    #[cfg(unix)]
    leader: Option<rustix::process::Pid>,
}

impl Group {
    #[cfg(unix)]
    fn of(child: &Child) -> Group {
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        Group { leader: id.and_then(rustix::process::Pid::from_raw) }
    }

    #[cfg(not(unix))]
    fn of(_: &Child) -> Group {
        Group {}
    }

    /// What it left behind of its own accord may stay.
    fn ended(&mut self) {
        #[cfg(unix)]
        {
            self.leader = None;
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Some(leader) = self.leader {
            // What is gone already needs no end.
            let _ = rustix::process::kill_process_group(leader, rustix::process::Signal::KILL);
        }
    }
}

fn how(status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return format!("was ended by signal {signal}");
    }
    match status.code() {
        Some(code) => format!("ended with status {code}"),
        None => "failed".into(),
    }
}

/// The first lines of what a program said, without what would steer a terminal.
fn first_lines(said: &str) -> String {
    let plain = |line: &str| line.chars().filter(|c| !c.is_control()).take(LINE).collect::<String>();
    let lines: Vec<String> =
        said.lines().map(plain).filter(|line| !line.trim().is_empty()).take(LINES).collect();
    match lines.is_empty() {
        true => String::new(),
        false => format!(", saying: {}", lines.join(" / ")),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    async fn run(argv: &[&str], patience: u64) -> Result<String, String> {
        let argv: Vec<String> = argv.iter().map(ToString::to_string).collect();
        let secrets = Secrets::new(["known-secret".to_string()]);
        let read = output(&argv, Path::new("/"), Duration::from_secs(patience), &secrets).await;
        read.map(|bytes| String::from_utf8(bytes).unwrap())
    }

    async fn sh(script: &str) -> Result<String, String> {
        run(&["sh", "-c", script], 10).await
    }

    #[tokio::test]
    async fn what_it_prints_is_taken_and_nothing_of_the_line_goes_to_a_shell() {
        assert_eq!(run(&["echo", "$HOME; ls"], 10).await.unwrap(), "$HOME; ls\n");
        assert_eq!(sh("cat; pwd").await.unwrap(), "/\n", "there is nothing to read on stdin");
        assert_eq!(sh("yes | head -c 300000 >&2; echo key").await.unwrap(), "key\n");
    }

    #[tokio::test]
    async fn a_failure_is_told_with_its_status_and_what_the_program_said() {
        assert_eq!(
            sh("echo no such entry >&2; exit 3").await.unwrap_err(),
            "the command `sh` ended with status 3, saying: no such entry"
        );
        assert_eq!(sh("kill -9 $$").await.unwrap_err(), "the command `sh` was ended by signal 9");
        let nowhere = run(&["segue-no-such-program"], 10).await.unwrap_err();
        assert_eq!(nowhere, "the command `segue-no-such-program` wasn't found");
        let folder = run(&["/tmp"], 10).await.unwrap_err();
        assert!(folder.starts_with("the command `/tmp` can't be started: "), "{folder}");
        let long = sh("for i in 1 2 3 4 5; do printf 'line\\033[31m %s\\n' $i >&2; done; exit 1").await;
        assert_eq!(
            long.unwrap_err(),
            "the command `sh` ended with status 1, saying: line[31m 1 / line[31m 2 / line[31m 3"
        );
    }

    #[tokio::test]
    async fn nothing_it_printed_is_told_and_no_secret() {
        let said = sh("echo printed-key; echo 'got printed-key and known-secret' >&2; exit 1").await;
        assert_eq!(
            said.unwrap_err(),
            "the command `sh` ended with status 1, saying: got [secret] and [secret]"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_hangs_is_killed_with_what_it_started() {
        let folder = tempfile::TempDir::new().unwrap();
        let pids = folder.path().join("pids");
        // The pipe stays open for as long as the second sleeps.
        let script = format!("sleep 1000 & echo $! > {0}.new; mv {0}.new {0}; wait", pids.display());
        // Time stands still until nothing else is left to do, and then it is over at once.
        let hanging = tokio::spawn(async move { run(&["sh", "-c", &script], 100_000).await });
        let child = loop {
            match std::fs::read_to_string(&pids) {
                Ok(text) => break text.trim().to_string(),
                Err(_) => tokio::time::sleep(Duration::from_millis(1)).await,
            }
        };
        assert_eq!(
            hanging.await.unwrap().unwrap_err(),
            "the command `sh` didn't end within 100000 s and was killed"
        );
        assert!(ends(&child), "{child} is still there");
    }

    /// Whether the process `id` is gone before long.
    fn ends(id: &str) -> bool {
        let alive = || match std::fs::read_to_string(format!("/proc/{id}/stat")) {
            // Nobody need have buried it yet.
            Ok(stat) => !stat.contains(") Z "),
            Err(_) => false,
        };
        (0..1_000).any(|_| {
            std::thread::sleep(Duration::from_millis(5));
            !alive()
        })
    }

    #[tokio::test]
    async fn what_it_leaves_with_its_output_is_ended_and_the_key_is_taken() {
        let printed = sh("sleep 1000 & echo $!").await.unwrap();
        assert!(ends(printed.trim()), "{printed} is still there");
        let said = sh("sleep 1000 & echo no entry >&2; exit 3").await.unwrap_err();
        assert_eq!(said, "the command `sh` ended with status 3, saying: no entry");
        // What has an output of its own may stay.
        let stays = sh("sleep 1000 >/dev/null 2>&1 & echo $!").await.unwrap();
        let id = rustix::process::Pid::from_raw(stays.trim().parse().unwrap()).unwrap();
        rustix::process::kill_process(id, rustix::process::Signal::KILL).expect("it is there");
    }
}
