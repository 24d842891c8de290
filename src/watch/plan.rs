//! Which script is run when, and when a run is stopped: decided from what files were and are, and from the clock.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime};

use super::find::MOST_SCRIPTS;
use super::quiet::Quiet;
use super::stamp::{Looked, Seen, Stamp};

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    Run(PathBuf),
    /// The run that is under way began with files that have changed since.
    Stop,
}

/// What happened to a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    Gone(PathBuf),
    Back(PathBuf),
}

/// The scripts that are followed, with what became of their files.
#[derive(Debug, Default)]
pub struct Plan {
    scripts: BTreeMap<PathBuf, Script>,
    /// The places of `segue.toml`.
    settings: BTreeMap<PathBuf, Seen>,
    quiet: Option<Quiet>,
    /// The scripts to run, the next first.
    queue: VecDeque<PathBuf>,
    running: Option<Running>,
    /// The script that ran last.
    last: Option<PathBuf>,
    /// Whether nothing runs until somebody asks for it.
    held: bool,
}

#[derive(Debug, Default)]
struct Script {
    /// The files it is made from and has read, itself among them, as they were when that was last acted on.
    files: BTreeMap<PathBuf, Seen>,
    /// Whether it was told that it isn't there.
    gone: bool,
}

#[derive(Debug)]
struct Running {
    script: PathBuf,
    stale: bool,
    stopping: bool,
}

impl Script {
    /// Whether it isn't what it was; while it isn't there, what it needs doesn't matter.
    fn differs(&self, path: &Path, looked: &Looked) -> bool {
        match looked.get(path) {
            Some(None) => !self.gone,
            _ => self.gone || differ(&self.files, looked),
        }
    }

    /// Whether one of the files that changed is one that somebody may be about to write.
    fn unfinished(&self, looked: &Looked) -> bool {
        unfinished(&self.files, looked)
    }
}

fn differ(files: &BTreeMap<PathBuf, Seen>, looked: &Looked) -> bool {
    files.iter().any(|(file, before)| looked.get(file).is_some_and(|now| now != before))
}

fn unfinished(files: &BTreeMap<PathBuf, Seen>, looked: &Looked) -> bool {
    let open = |now: &Seen| now.is_none_or(|now: Stamp| now.bytes == 0);
    files.iter().any(|(file, before)| looked.get(file).is_some_and(|now| now != before && open(now)))
}

fn renew(files: &mut BTreeMap<PathBuf, Seen>, looked: &Looked) {
    for (file, seen) in files {
        if let Some(now) = looked.get(file) {
            *seen = *now;
        }
    }
}

impl Plan {
    /// Begins to follow the places of `segue.toml`.
    pub fn settings(&mut self, files: Looked) {
        self.settings = files.into_iter().collect();
    }

    /// Begins to follow a script, which runs once it is another than it was `seen`.
    pub fn add(&mut self, script: PathBuf, seen: Seen) {
        let files = [(script.clone(), seen)].into();
        self.scripts.entry(script).or_insert(Script { files, gone: false });
    }

    pub fn knows(&self, script: &Path) -> bool {
        self.scripts.contains_key(script)
    }

    /// How many scripts are followed and there.
    pub fn scripts(&self) -> usize {
        self.scripts.values().filter(|script| !script.gone).count()
    }

    /// All files that matter.
    pub fn files(&self) -> BTreeSet<PathBuf> {
        let scripts = self.scripts.values().flat_map(|script| script.files.keys());
        scripts.chain(self.settings.keys()).cloned().collect()
    }

    /// Something may have changed.
    pub fn touched(&mut self, now: Instant) {
        self.quiet.get_or_insert(Quiet::begins(now)).touched(now);
    }

    /// When the files are to be looked at.
    pub fn due(&self) -> Option<Instant> {
        self.quiet.as_ref().map(Quiet::due)
    }

    /// Runs `script` next, or the one that ran last, whatever was held; what runs of it is stopped.
    pub fn ask(&mut self, script: Option<PathBuf>) {
        self.held = false;
        let only = || self.scripts.keys().next().filter(|_| self.scripts.len() == 1).cloned();
        if let Some(script) = script.or_else(|| self.last.clone()).or_else(only) {
            self.queue.retain(|other| *other != script);
            self.queue.push_front(script.clone());
            self.stale(&script);
        }
    }

    fn stale(&mut self, script: &Path) {
        if let Some(running) = self.running.as_mut().filter(|running| running.script == script) {
            running.stale = true;
        }
    }

    /// Runs `script` when its turn comes. One that is being stopped for it goes first.
    fn enqueue(&mut self, script: &Path) {
        self.stale(script);
        if self.queue.iter().any(|other| other == script) {
            return;
        }
        match self.running.as_ref().is_some_and(|running| running.script == script) {
            true => self.queue.push_front(script.to_path_buf()),
            false => self.queue.push_back(script.to_path_buf()),
        }
    }

    /// Takes what the files are `now`, unless a change hasn't come to rest.
    pub fn look(&mut self, now: Instant, looked: &Looked) -> Vec<News> {
        let changed: Vec<PathBuf> = self
            .scripts
            .iter()
            .filter(|(path, script)| script.differs(path, looked))
            .map(|(path, _)| path.clone())
            .collect();
        let settings = differ(&self.settings, looked);
        if changed.is_empty() && !settings {
            // Unless something happened since.
            self.quiet.take_if(|quiet| quiet.due() <= now);
            return vec![];
        }
        let Some(quiet) = self.quiet.as_mut() else {
            // Nobody has told of it.
            self.touched(now);
            return vec![];
        };
        if now < quiet.due() {
            return vec![];
        }
        let unfinished = changed.iter().any(|script| self.scripts[script].unfinished(looked))
            || unfinished(&self.settings, looked);
        if unfinished && !quiet.is_final(now) {
            return vec![];
        }
        self.quiet = None;
        let news = changed.into_iter().filter_map(|script| self.take(script, looked)).collect();
        if settings {
            renew(&mut self.settings, looked);
            if let Some(last) = self.last.clone() {
                self.enqueue(&last);
            }
        }
        news
    }

    /// Takes what has become of a script.
    fn take(&mut self, path: PathBuf, looked: &Looked) -> Option<News> {
        let last = self.last.as_ref() == Some(&path);
        let script = self.scripts.get_mut(&path)?;
        if looked.get(&path) == Some(&None) {
            script.gone = true;
            if last {
                // Whoever sees it gone wants to see it run again, also when it is back as it was.
                script.files.insert(path.clone(), None);
            }
            self.queue.retain(|other| *other != path);
            self.let_go();
            return Some(News::Gone(path));
        }
        let back = std::mem::take(&mut script.gone);
        let differs = differ(&script.files, looked);
        renew(&mut script.files, looked);
        if differs {
            self.enqueue(&path);
        }
        back.then_some(News::Back(path))
    }

    /// Lets go of scripts that went, where there are more of them than are watched: one that comes back is a new one.
    fn let_go(&mut self) {
        let Plan { scripts, last, .. } = self;
        if scripts.values().filter(|script| script.gone).count() > MOST_SCRIPTS {
            scripts.retain(|path, script| !script.gone || last.as_ref() == Some(path));
        }
    }

    /// What is to be done next, if anything is.
    pub fn next(&mut self) -> Option<Step> {
        match &mut self.running {
            Some(running) if running.stale && !running.stopping => {
                running.stopping = true;
                Some(Step::Stop)
            }
            Some(_) => None,
            None if self.held => None,
            None => {
                let script = self.queue.pop_front()?;
                self.running = Some(Running { script: script.clone(), stale: false, stopping: false });
                self.last = Some(script.clone());
                Some(Step::Run(script))
            }
        }
    }

    /// Follows what a script was found to use, with what these files were `seen` to be just now. One that was written
    /// between when the script `begun` to read them and `now` counts as changed; a later one is of a machine whose
    /// clock is ahead, which says nothing of when that was.
    pub fn uses(&mut self, path: &Path, seen: &Looked, (begun, now): (SystemTime, SystemTime)) {
        let Some(script) = self.scripts.get_mut(path) else { return };
        let mut late = false;
        for (file, seen) in seen {
            script.files.entry(file.clone()).or_insert_with(|| {
                late |= seen.is_some_and(|seen| seen.written > begun && seen.written <= now);
                *seen
            });
        }
        if late {
            self.enqueue(path);
        }
    }

    /// The run has ended. One that wasn't stopped has used all that it uses, and what it used before is let go.
    pub fn ended(&mut self, used: &BTreeSet<PathBuf>) {
        let Some(running) = self.running.take() else { return };
        if let Some(script) = self.scripts.get_mut(&running.script).filter(|_| !running.stopping) {
            script.files.retain(|file, _| *file == running.script || used.contains(file));
        }
    }

    /// Runs nothing by itself any more, whatever is saved or was already, until somebody asks.
    pub fn hold(&mut self) {
        self.held = true;
        self.queue.clear();
    }

    /// The files of `script` that are followed already.
    pub fn follows(&self, script: &Path, file: &Path) -> bool {
        self.scripts.get(script).is_some_and(|script| script.files.contains_key(file))
    }
}

#[cfg(test)]
mod tests;
