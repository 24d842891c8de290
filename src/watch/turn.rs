//! The watch itself: waits for files, keys, signals and runs, and does what the plan says.

mod looking;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval, sleep_until};

use super::eyes::Sight;
use super::folders::Folders;
use super::hint::{Followed, Hint};
use super::plan::{Plan, Step};
use super::stage::Stage;
use super::{Ask, Run, Runs, Target, Told};
use crate::fault::visible;
use crate::policy::{Signal, Stopping};
use crate::run::Exit;

/// How often the files are looked at where the system doesn't tell of changes.
const POLL: Duration = Duration::from_millis(500);
/// How often they are where it does: it tells nothing of a link that leads elsewhere, nor of a folder far above.
const HEARTBEAT: Duration = Duration::from_secs(2);
/// How often is looked how far a run is, and what it has used.
const TICK: Duration = Duration::from_millis(100);
/// At most this part of the time goes into looking through folders.
const SCAN_SHARE: u32 = 20;

/// Watches `target` until somebody asks it to end.
pub async fn watch(
    target: Target,
    runs: Arc<dyn Runs>,
    stage: Box<dyn Stage>,
    asks: UnboundedReceiver<Ask>,
) -> Exit {
    let (tell, hints) = unbounded_channel();
    let (folders, blind) = match target.poll {
        true => (Folders::none(), None),
        false => match Folders::watching(tell) {
            Ok(folders) => (folders, None),
            Err(why) => (Folders::none(), Some(why)),
        },
    };
    let mut turn = Turn {
        scan: target.folder,
        blind: target.poll,
        runs,
        stage,
        plan: Plan::default(),
        tree: BTreeSet::new(),
        followed: Followed::default(),
        links: BTreeSet::new(),
        folders: Some(folders),
        looking: None,
        fresh: BTreeSet::new(),
        moved: vec![],
        scanned: Instant::now(),
        scan_took: Duration::ZERO,
        running: None,
        leaving: None,
        stopping: Stopping::default(),
        firsts: vec![],
        target,
    };
    if let Some(why) = blind {
        turn.blinded(&why);
    }
    turn.go(asks, hints).await
}

struct Turn {
    target: Target,
    runs: Arc<dyn Runs>,
    stage: Box<dyn Stage>,
    plan: Plan,
    /// The folders with scripts in them, where a folder is watched.
    tree: BTreeSet<PathBuf>,
    followed: Followed,
    links: BTreeSet<PathBuf>,
    /// `None` while somebody looks.
    folders: Option<Folders>,
    looking: Option<JoinHandle<(Folders, Sight)>>,
    /// Files that may be new scripts.
    fresh: BTreeSet<PathBuf>,
    /// Paths of folders that may be others now.
    moved: Vec<PathBuf>,
    /// Whether the folder is to be looked through at the next look.
    scan: bool,
    scanned: Instant,
    scan_took: Duration,
    running: Option<Running>,
    /// Whether the system doesn't tell of changes.
    blind: bool,
    leaving: Option<Exit>,
    stopping: Stopping,
    /// The scripts of a folder that may be the first to run, the one that was saved last behind the others; modules
    /// don't run.
    firsts: Vec<PathBuf>,
}

struct Running {
    script: PathBuf,
    begun: SystemTime,
    stopped: bool,
    run: Run,
}

impl Turn {
    async fn go(mut self, mut asks: UnboundedReceiver<Ask>, mut hints: UnboundedReceiver<Hint>) -> Exit {
        let mut learnt = self.begin().await;
        let mut looked_last = Instant::now();
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            if let Some(exit) = self.act() {
                return exit;
            }
            let heartbeat = looked_last + if self.blind { POLL } else { HEARTBEAT };
            let next = self.plan.due().map_or(heartbeat, |due| due.min(heartbeat));
            tokio::select! {
                ask = asks.recv() => self.asked(ask),
                Some(hint) = hints.recv() => self.hinted(hint),
                () = sleep_until(next.into()), if self.looking.is_none() => {
                    looked_last = Instant::now();
                    self.look();
                }
                sight = ended(&mut self.looking) => self.saw(sight),
                told = done(&mut self.running) => {
                    if let Some(exit) = self.ended(told) {
                        return exit;
                    }
                }
                read = learnt.recv(), if !learnt.is_closed() || !learnt.is_empty() => match read {
                    Some((script, files, begun)) => self.uses(&script, self.absolute(files), begun),
                    None => self.look(),
                },
                // Whatever else happens in between.
                _ = ticks.tick(), if self.running.is_some() => self.tick(),
            }
        }
    }

    /// Looks at what there is, and decides what runs first: the script, or that of the folder which was saved last.
    /// The others of a folder are read meanwhile.
    async fn begin(&mut self) -> UnboundedReceiver<(PathBuf, Vec<PathBuf>, SystemTime)> {
        let files = (!self.target.folder).then(|| self.target.path.clone());
        self.followed =
            Followed::new(files.into_iter().chain(self.target.settings.clone()).collect(), &self.tree);
        self.look();
        let sight = ended(&mut self.looking).await;
        let (tell, learnt) = unbounded_channel();
        let Some(Sight { looked, found, .. }) = self.came(sight) else { return learnt };
        let settings = self.target.settings.iter().cloned();
        let settings = settings.map(|path| (path.clone(), looked.get(&path).copied().flatten()));
        self.plan.settings(settings.collect());
        let scripts = match found {
            Some(found) => found.scripts,
            None => [self.target.path.clone()].into(),
        };
        let seen = |script: &PathBuf| looked.get(script).copied().flatten();
        for script in scripts.iter().filter(|script| !self.target.folder || seen(script).is_some()) {
            self.plan.add(script.clone(), seen(script));
            self.firsts.push(script.clone());
        }
        self.firsts.sort_by_key(|script| seen(script).map(|seen| seen.written));
        match self.firsts.pop() {
            Some(last) => self.plan.ask(Some(last)),
            None => {
                let folder = self.shown(&self.target.path);
                self.stage
                    .say(&format!("{folder} has no .rhai file yet: the first one that is saved there runs"));
            }
        }
        self.follow();
        if self.target.folder {
            self.stage.scripts(self.plan.scripts());
            let runs = self.runs.clone();
            tokio::task::spawn_blocking(move || {
                for script in scripts {
                    let begun = SystemTime::now();
                    let files = runs.reads(script.clone());
                    // The watch has ended.
                    if tell.send((script, files, begun)).is_err() {
                        return;
                    }
                }
            });
        }
        learnt
    }

    /// Does what the plan says, and what follows from a wish to leave.
    fn act(&mut self) -> Option<Exit> {
        if self.leaving.is_some() && self.running.is_none() {
            self.stage.leaves();
            return self.leaving;
        }
        while self.leaving.is_none() {
            match self.plan.next() {
                Some(Step::Run(script)) => {
                    let begun = SystemTime::now();
                    self.stage.begins(&self.shown(&script));
                    let run = self.runs.start(script.clone());
                    self.running = Some(Running { script, begun, stopped: false, run });
                }
                Some(Step::Stop) => {
                    if let Some(running) = &mut self.running {
                        running.stopped = true;
                        running.run.stop.cancel();
                    }
                }
                None => break,
            }
        }
        None
    }

    fn asked(&mut self, ask: Option<Ask>) {
        match ask {
            Some(Ask::Again) => self.plan.ask(None),
            Some(Ask::Redraw) => self.stage.redraw(),
            Some(Ask::Leave) => self.leave(Signal::End, Exit::Done),
            Some(Ask::Stop(signal)) => self.leave(signal, Exit::Interrupted),
            // Whoever could ask is gone.
            None => self.leave(Signal::End, Exit::Interrupted),
        }
    }

    fn leave(&mut self, signal: Signal, exit: Exit) {
        if let Some(Running { run, stopped, .. }) = &mut self.running {
            // A save that stops it is no wish to leave; what ends by itself, as by its time limit, waits already.
            let stops = self.leaving.is_some() || (run.stop.is_cancelled() && !*stopped);
            if self.stopping.hurries(signal, stops, Instant::now()) {
                run.hurry.cancel();
            }
            run.stop.cancel();
            *stopped = true;
        }
        self.leaving.get_or_insert(exit);
    }

    fn tick(&mut self) {
        self.used();
        if let Some(Running { run, .. }) = &mut self.running {
            let progress = (run.progress)(self.stage.columns());
            self.stage.runs(progress);
        }
    }

    /// What became of the run; how to exit where there is nobody left to run for.
    fn ended(&mut self, told: Told) -> Option<Exit> {
        self.used();
        let Running { stopped, run, .. } = self.running.take()?;
        // Whoever leaves sees what became of a run that had come to its end.
        let stopped = stopped && (told.interrupted || self.leaving.is_none());
        let used = self.absolute((run.files)()).into_iter().collect();
        self.plan.ended(&used);
        self.follow();
        if !told.module {
            self.firsts.clear();
        }
        if let Some(next) = self.firsts.pop() {
            self.plan.ask(Some(next));
        }
        let Told { closed, doubt, .. } = told;
        self.stage.ended(told, stopped);
        if doubt && self.leaving.is_none() {
            self.plan.hold();
            self.stage.say("what was sent is in doubt, so that nothing runs by itself any more: look, and press r, or begin anew");
        }
        closed.then_some(Exit::Failed)
    }

    fn absolute(&self, files: Vec<PathBuf>) -> Vec<PathBuf> {
        files.into_iter().map(|file| self.target.here.join(file)).collect()
    }

    /// A path as people name it.
    fn shown(&self, path: &Path) -> String {
        let shown = path.strip_prefix(&self.target.here).unwrap_or(path);
        if shown.as_os_str().is_empty() { ".".into() } else { visible(&shown.to_string_lossy()).into_owned() }
    }
}

/// What was seen, once somebody has looked; `None` where that failed.
async fn ended(looking: &mut Option<JoinHandle<(Folders, Sight)>>) -> Option<(Folders, Sight)> {
    let Some(task) = looking.as_mut() else { return std::future::pending().await };
    let sight = task.await.ok();
    *looking = None;
    sight
}

/// What became of the run, once it has ended.
async fn done(running: &mut Option<Running>) -> Told {
    let Some(Running { run, .. }) = running.as_mut() else { return std::future::pending().await };
    (&mut run.done).await.unwrap_or_else(|_| Told {
        diagnostics: "Segue itself failed while it ran the script\n".into(),
        summary: "failed\n".into(),
        // Nobody knows what it has sent.
        doubt: true,
        ..Told::default()
    })
}
