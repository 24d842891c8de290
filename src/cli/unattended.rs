//! What a run does for those who don't watch it: under cron, as a service, in a shell's script.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Seek, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum, ValueHint};
use serde_json::{Value, json};

use super::Kept;
#[cfg(unix)]
use super::log::same;
use super::log::{Log, PATIENCE, for_its_owner};
use super::overlap::Overlap;
use crate::api::{NOTIFY_VARIABLE, Untaken, Webhook};
use crate::fault::{At, Code, Fault, io_in_words, time_in_words};
use crate::request::Secrets;

#[derive(Args)]
pub struct Unattended {
    /// Say nothing on stderr but one line where something went wrong; what the script prints stays
    #[arg(long)]
    pub quiet: bool,
    /// Append what is told to FILE, an object of JSON on each line, as `--format json` writes them
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    log: Option<PathBuf>,
    /// Write an account of the run to FILE as Markdown, in the place of an earlier run's
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    report: Option<PathBuf>,
    /// Post the summary to URL once the run has ended; SEGUE_NOTIFY_URL says the same where no other user sees it
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url)]
    notify_url: Option<String>,
    /// When it is posted: unless the exit code is 0, or always [default: failure]
    #[arg(long, value_name = "WHEN", value_enum)]
    notify: Option<When>,
    /// What to do while a run of this script with the same arguments on the same workspace is under way: end at
    /// once with exit code 0, wait for it, or run beside it [default: skip, and allow with --sandbox or --dry-run]
    #[arg(long, value_name = "WHAT", value_enum)]
    pub overlap: Option<Overlap>,
    #[command(flatten)]
    pub kept: Kept,
}

/// After which runs word is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum When {
    Failure,
    Always,
}

/// The places that are told of a run, also of one that doesn't begin.
#[derive(Default)]
pub struct Open {
    pub log: Option<Log>,
    pub notify: Option<Notify>,
}

/// The file of `--report`.
pub struct Report {
    /// As it is named to people.
    pub path: String,
    file: File,
}

/// Where word is sent, and after which runs.
pub struct Notify {
    webhook: Webhook,
    when: When,
}

impl Unattended {
    /// Opens what is told of every run, and what is wrong with the rest of it: what can't be written is found before
    /// anything runs, and told to the others. Waits for the reader of a pipe.
    pub fn open(&self, script: &Path, secrets: &Secrets) -> (Open, Option<Fault>) {
        let (log, notify) = (self.log(script), self.webhook(secrets));
        let (log, of_log) = apart(log);
        let (notify, of_notify) = apart(notify);
        (Open { log, notify }, of_log.or(of_notify))
    }

    fn log(&self, script: &Path) -> Result<Option<Log>, Fault> {
        let open = |path| Log::open(path).map_err(|why| unwritable("--log", path, &why));
        another("--log", self.log.as_deref(), script)?.map(open).transpose()
    }

    /// Opens the report of a run of `script` with this log. It is for a run that no other is in the way of: what is
    /// there may be another's. Waits for the reader of a pipe.
    ///
    /// # Errors
    /// A fault that names the option.
    pub fn report(&self, script: &Path, log: Option<&Log>) -> Result<Option<Report>, Fault> {
        let open = |path| Report::open(path).map_err(|why| unwritable("--report", path, &why));
        let report = another("--report", self.report.as_deref(), script)?.map(open).transpose()?;
        let Some(file) = &report else { return Ok(None) };
        let taken = match log {
            Some(log) if log.is_in(&file.file) => "--log and --report are one file".to_string(),
            _ => match printed(&file.file) {
                Some(stream) => format!("--report is the file that {stream} goes to"),
                None => return Ok(report),
            },
        };
        Err(invalid(format!("{taken}, {}", file.path))
            .help("the report takes the place of all that is there: name another"))
    }

    fn webhook(&self, secrets: &Secrets) -> Result<Option<Notify>, Fault> {
        let variable = std::env::var_os(NOTIFY_VARIABLE).filter(|value| !value.is_empty());
        let variable = variable.map(|value| value.to_string_lossy().into_owned());
        let (source, url) = match (&self.notify_url, variable) {
            (Some(url), _) => ("--notify-url", url.clone()),
            (None, Some(url)) => (NOTIFY_VARIABLE, url),
            (None, None) if self.notify.is_some() => {
                let message = "--notify says when to send word, and nothing says where to";
                return Err(
                    invalid(message.into()).help(format!("give --notify-url, or set {NOTIFY_VARIABLE}"))
                );
            }
            (None, None) => return Ok(None),
        };
        // What is wrong with it may still be a secret.
        secrets.add([url.clone()]);
        let webhook = Webhook::new(url.trim()).map_err(|why| {
            let example = "a URL such as https://hooks.example.com/…";
            invalid(format!("{source} can't be used: {why}")).help(format!("it takes {example}"))
        })?;
        secrets.add(webhook.secrets());
        Ok(Some(Notify { webhook, when: self.notify.unwrap_or(When::Failure) }))
    }
}

/// What is there, and what is wrong.
fn apart<T>(opened: Result<Option<T>, Fault>) -> (Option<T>, Option<Fault>) {
    opened.map_or_else(|fault| (None, Some(fault)), |opened| (opened, None))
}

/// The path of an option, which isn't to be the script's.
fn another<'p>(option: &str, path: Option<&'p Path>, script: &Path) -> Result<Option<&'p Path>, Fault> {
    let same = |path: &Path| {
        let (path, script) = (path.canonicalize(), script.canonicalize());
        path.is_ok_and(|path| script.is_ok_and(|script| path == script))
    };
    match path {
        Some(path) if same(path) => {
            Err(invalid(format!("{option} is the script itself")).help("name another file"))
        }
        path => Ok(path),
    }
}

/// Which of the process's own streams ends up in this very file.
#[cfg(unix)]
fn printed(file: &File) -> Option<&'static str> {
    use std::os::fd::{AsFd, BorrowedFd};
    let about = file.metadata().ok().filter(std::fs::Metadata::is_file)?;
    let is = |stream: BorrowedFd<'_>| {
        let stream = stream.try_clone_to_owned().map(File::from).and_then(|stream| stream.metadata());
        stream.is_ok_and(|stream| same(&stream, &about))
    };
    if is(io::stdout().as_fd()) {
        return Some("stdout");
    }
    is(io::stderr().as_fd()).then_some("stderr")
}

/// Which of the process's own streams ends up in this very file: here nobody can tell.
#[cfg(not(unix))]
fn printed(_: &File) -> Option<&'static str> {
    None
}

impl Report {
    fn open(path: &Path) -> io::Result<Report> {
        // What is there stays until something takes its place.
        let file = for_its_owner(OpenOptions::new().write(true).create(true).truncate(false)).open(path)?;
        // Held until the run ends. A pipe is nobody's alone, not all file systems know locks, and elsewhere a lock keeps
        // readers out, too.
        let own = cfg!(unix) && file.metadata()?.is_file();
        let busy = own && matches!(file.try_lock(), Err(TryLockError::WouldBlock));
        if busy {
            return Err(io::Error::new(ErrorKind::ResourceBusy, "it is that of a run that is under way"));
        }
        Ok(Report { path: path.display().to_string(), file })
    }

    /// Writes what is there until the end in the place of what an earlier run wrote: however this one ends, none takes
    /// the other's for it. Whoever reads a pipe wants one page.
    ///
    /// # Errors
    /// A fault when it can't be written.
    pub fn begin(&mut self, page: &str) -> Result<(), Fault> {
        if self.file.metadata().is_ok_and(|about| about.is_file()) { self.write(page) } else { Ok(()) }
    }

    /// Writes the page in the place of what was there.
    ///
    /// # Errors
    /// A fault when it can't be written.
    pub fn write(&mut self, page: &str) -> Result<(), Fault> {
        let mut write = || {
            // A pipe or a device has no length.
            if self.file.metadata()?.is_file() {
                self.file.set_len(0)?;
                self.file.rewind()?;
            }
            self.file.write_all(page.as_bytes())
        };
        write().map_err(|why| lost("--report", &self.path, &io_in_words(&why)))
    }
}

impl Notify {
    /// Sends the summary, where it is wanted after such a run; `line` is what it says in one line.
    ///
    /// # Errors
    /// Why it isn't known to have been taken, in words that can be shown.
    pub async fn send(&self, summary: &Value, line: &str) -> Result<(), String> {
        if self.when == When::Failure && summary["exit"] == 0 {
            return Ok(());
        }
        let mut body = json!({ "text": line });
        if let (Value::Object(body), Value::Object(fields)) = (&mut body, summary) {
            body.extend(fields.clone());
        }
        let sent = self.webhook.post(&body.to_string()).await;
        sent.map_err(|untaken| self.unsent(&untaken))
    }

    /// What is told where no word is known to have been taken.
    pub fn unsent(&self, Untaken { why, maybe }: &Untaken) -> String {
        let host = self.webhook.host();
        match maybe {
            false => format!("the notification to {host} wasn't taken: {why}"),
            true => format!("whether the notification to {host} was taken isn't known: {why}"),
        }
    }
}

/// The fault of a file that took what was told of the run no more.
pub fn lost(option: &str, path: &str, why: &str) -> Fault {
    let message = format!("{option} {path} isn't whole: {why}");
    Fault::new(Code::FileUnwritable, At::Call, message).help("make room there, or name another file")
}

/// The fault of a pipe that nobody reads.
pub fn unread(option: &str) -> Fault {
    invalid(format!("nobody read the pipe of {option} within {}", time_in_words(PATIENCE)))
        .help("begin its reader first, or name a file")
}

fn unwritable(option: &str, path: &Path, why: &io::Error) -> Fault {
    let help = match why.kind() {
        ErrorKind::ResourceBusy => "name another file, or begin this run once that one has ended",
        _ => "it takes a file in a folder that is there and may be written to",
    };
    invalid(format!("{option} {} can't be written: {}", path.display(), io_in_words(why))).help(help)
}

fn invalid(message: String) -> Fault {
    Fault::new(Code::SettingInvalid, At::Call, message)
}
