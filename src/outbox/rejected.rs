//! Rejected writes: how many there were, and each whole in a file, so that it can be tried again.
//!
//! The file has a thread of its own: a disk may be slow and a pipe may be full, and neither the account nor
//! the network waits for that under a lock. What waits for the file is bounded.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;
use serde_json::value::RawValue;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::ledger::{Entry, Group, add};
use crate::fault::{At, Code, Fault};
use crate::request::Secrets;

/// As many writes wait for the file before whoever brings another has to.
const WAITING: usize = 256;
/// The most bytes that are held back to be written together.
const CHUNK: usize = 64 * 1_024;
/// How long the file gets for what waits once the run is told to stop.
const MOMENT: Duration = Duration::from_secs(1);

/// The rejected writes of a run.
pub struct Rejected {
    count: AtomicU64,
    file: Option<RejectedFile>,
    /// Whether the file isn't waited for any more.
    given_up: AtomicBool,
}

/// A file for them, open, with the thread that writes to it.
pub struct RejectedFile {
    to: Sender<Message>,
    kept: Arc<Mutex<Kept>>,
}

/// What became of a file of rejected writes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// The file, as it is named to people.
    pub path: String,
    /// The writes that are in it.
    pub written: u64,
    /// Those that couldn't be written.
    pub lost: Vec<Group>,
    /// Why not, at the first time.
    pub why: Option<String>,
}

/// A rejected write.
#[derive(Clone, Copy)]
pub struct Refused<'w> {
    pub entry: &'w Entry,
    /// Its JSON as it was sent; `None` where its path says it all.
    pub item: Option<&'w [u8]>,
    pub status: Option<u16>,
    pub fault: &'w Fault,
}

enum Message {
    Line(Box<Line>),
    /// Nothing comes any more; answers once all is written.
    End(oneshot::Sender<()>),
}

/// A line of the file, and what the account says of it.
struct Line {
    text: String,
    entry: Entry,
    status: Option<u16>,
    fault: Fault,
}

/// What a line says. Its fields are public: scripts read them.
#[derive(Serialize)]
struct Fields<'w> {
    tool: &'w str,
    subject: &'w str,
    cause: &'w str,
    status: Option<u16>,
    file: &'w str,
    line: usize,
    item: Option<&'w RawValue>,
}

impl Rejected {
    pub fn new(file: Option<RejectedFile>) -> Rejected {
        Rejected { count: AtomicU64::new(0), file, given_up: AtomicBool::new(false) }
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// Takes one in; waits while many wait for the file, and once `stop` is cancelled no longer than a moment
    /// in all: what the file didn't take by then is told instead.
    pub async fn take(&self, refused: Refused<'_>, stop: &CancellationToken) {
        let Some((file, line)) = self.counted(refused) else { return };
        let room = async {
            match self.given_up.load(Ordering::Relaxed) {
                true => None,
                false => file.to.reserve().await.ok(),
            }
        };
        let late = async {
            stop.cancelled().await;
            tokio::time::sleep(MOMENT).await;
        };
        tokio::select! {
            biased;
            room = room => match room {
                Some(room) => room.send(Message::Line(Box::new(line))),
                None => file.lose(&line),
            },
            () = late => {
                self.given_up.store(true, Ordering::Relaxed);
                file.lose(&line);
            }
        }
    }

    fn counted(&self, refused: Refused<'_>) -> Option<(&RejectedFile, Line)> {
        self.count.fetch_add(1, Ordering::Relaxed);
        let file = self.file.as_ref()?;
        Some((file, Line::of(refused)))
    }

    /// Waits until all of them are in the file, or can't be any more; once `stop` is cancelled, a moment.
    pub async fn finish(&self, stop: &CancellationToken) {
        let Some(file) = &self.file else { return };
        let (end, ended) = oneshot::channel();
        let all = async {
            // Whoever isn't there any more has written what it was given.
            let _ = file.to.send(Message::End(end)).await;
            let _ = ended.await;
        };
        let late = async {
            stop.cancelled().await;
            tokio::time::sleep(MOMENT).await;
        };
        tokio::select! {
            () = all => {}
            () = late => {}
        }
    }

    /// What became of the file, where there is one.
    pub fn kept(&self) -> Option<Kept> {
        self.file.as_ref().map(|file| locked(&file.kept).clone())
    }
}

impl RejectedFile {
    /// Opens a new file at `path`, for its owner alone; one that is there has to be empty: what it holds may
    /// be all that is known of an earlier run's rejected writes. What is one of `secrets` isn't written.
    ///
    /// Waits for the reader of a pipe.
    ///
    /// # Errors
    /// A fault when nothing can be written there, or something was.
    pub fn open(path: &Path, secrets: Secrets) -> Result<RejectedFile, Fault> {
        let path_shown = path.display().to_string();
        let fault = |what: String| Fault::new(Code::SettingInvalid, At::Call, what);
        let unwritable = |why: io::Error| {
            fault(format!("--rejected {path_shown} can't be written: {why}"))
                .help("it takes a file that isn't there yet, in a folder that is")
        };
        let file = open(path).map_err(unwritable)?;
        let about = file.metadata().map_err(unwritable)?;
        if about.is_file() && about.len() > 0 {
            return Err(fault(format!("--rejected {path_shown} isn't empty")).help(
                "what an earlier run left there is neither written over nor added to: move it away, or name another file",
            ));
        }
        if about.is_file() {
            for_its_owner(&file).map_err(unwritable)?;
        }
        let kept = Arc::new(Mutex::new(Kept { path: path_shown.clone(), ..Kept::default() }));
        let (to, from) = channel(WAITING);
        let writer = Writer {
            file,
            // Neither a pipe nor a device can be made shorter, or safe.
            regular: about.is_file(),
            length: 0,
            secrets,
            buffer: vec![],
            waiting: vec![],
            kept: kept.clone(),
        };
        let thread = std::thread::Builder::new().name("rejected".into());
        thread.spawn(move || writer.run(from)).map_err(unwritable)?;
        Ok(RejectedFile { to, kept })
    }

    /// Tells of a line that the file can't take.
    fn lose(&self, line: &Line) {
        let mut kept = locked(&self.kept);
        add(&mut kept.lost, &line.entry, line.status, &line.fault, "");
        kept.why.get_or_insert_with(|| "it took nothing more when the run was stopped".into());
    }
}

fn open(path: &Path) -> io::Result<File> {
    let mut new = OpenOptions::new();
    new.append(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        new.mode(0o600);
    }
    match new.open(path) {
        Err(why) if why.kind() == ErrorKind::AlreadyExists => OpenOptions::new().append(true).open(path),
        opened => opened,
    }
}

/// Keeps others from reading what is written to `file`.
fn for_its_owner(file: &File) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
    }
    #[cfg(not(unix))]
    let _ = file;
    Ok(())
}

impl Line {
    fn of(refused: Refused<'_>) -> Line {
        let Refused { entry, item, status, fault } = refused;
        let fields = Fields {
            tool: entry.tool,
            subject: &entry.subject,
            cause: &fault.message,
            status,
            file: &entry.place.source,
            line: entry.place.line,
            item: item.and_then(|item| serde_json::from_slice(item).ok()),
        };
        // Texts, numbers and JSON can be written as JSON.
        let mut text = serde_json::to_string(&fields).unwrap_or_default();
        text.push('\n');
        Line { text, entry: entry.clone(), status, fault: fault.clone() }
    }
}

/// Writes lines, as many at once as there are.
struct Writer {
    file: File,
    regular: bool,
    /// The bytes of the lines that are in the file.
    length: u64,
    secrets: Secrets,
    buffer: Vec<u8>,
    /// The lines in the buffer, and where each ends.
    waiting: Vec<(Line, usize)>,
    kept: Arc<Mutex<Kept>>,
}

impl Writer {
    fn run(mut self, mut from: Receiver<Message>) {
        while let Some(message) = from.blocking_recv() {
            let mut next = Some(message);
            while let Some(message) = next {
                match message {
                    Message::Line(line) => self.put(*line),
                    Message::End(told) => {
                        self.end();
                        // Who waited may have gone.
                        let _ = told.send(());
                        return;
                    }
                }
                next = from.try_recv().ok();
            }
            // Nothing more comes just now: whoever looks, or ends the process, finds all of it there.
            self.flush();
        }
    }

    fn put(&mut self, line: Line) {
        self.buffer.extend_from_slice(self.secrets.clean(&line.text).as_bytes());
        self.waiting.push((line, self.buffer.len()));
        if self.buffer.len() >= CHUNK {
            self.flush();
        }
    }

    /// Writes what waits. What can't be written is told at the end; the next may fit.
    fn flush(&mut self) {
        let (written, why) = write(&mut self.file, &self.buffer);
        let mut kept = locked(&self.kept);
        let mut whole = 0;
        for (line, end) in self.waiting.drain(..) {
            if end <= written {
                kept.written += 1;
                whole = end;
            } else {
                add(&mut kept.lost, &line.entry, line.status, &line.fault, "");
            }
        }
        self.buffer.clear();
        self.length += whole as u64;
        if let Some(why) = why {
            kept.why.get_or_insert_with(|| why.to_string());
            // Half a line would keep the others from being read; where it can't be taken back, it stays.
            if self.regular && whole < written {
                let _ = self.file.set_len(self.length);
            }
        }
    }

    /// Writes what waits, and makes it safe: some disks say only then that they are full.
    fn end(&mut self) {
        self.flush();
        if let (true, Err(why)) = (self.regular, self.file.sync_data()) {
            locked(&self.kept).why.get_or_insert_with(|| why.to_string());
        }
    }
}

/// Writes `bytes` as far as that goes: how many, and why not all.
fn write(file: &mut File, bytes: &[u8]) -> (usize, Option<io::Error>) {
    let mut written = 0;
    while written < bytes.len() {
        match file.write(&bytes[written..]) {
            Ok(0) => return (written, Some(ErrorKind::WriteZero.into())),
            Ok(n) => written += n,
            Err(why) if why.kind() == ErrorKind::Interrupted => {}
            Err(why) => return (written, Some(why)),
        }
    }
    (written, None)
}

fn locked(kept: &Mutex<Kept>) -> MutexGuard<'_, Kept> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}
