//! Looks at files when something is told of them or they haven't been looked at for long, and follows what scripts use.

use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime};

use super::super::eyes::{Sight, Wanted, look, stamps};
use super::super::find::{MOST_FOLDERS, MOST_SCRIPTS};
use super::super::folders::Folders;
use super::super::hint::{Followed, Hint, is_entered, is_script};
use super::super::plan::News;
use super::{HEARTBEAT, POLL, Running, SCAN_SHARE, Turn};
use crate::fault::counted;

impl Turn {
    pub(super) fn hinted(&mut self, hint: Hint) {
        let now = Instant::now();
        let Hint { paths, moved, anywhere } = hint;
        if anywhere {
            self.scan = self.target.folder;
            self.plan.touched(now);
        }
        for path in paths {
            let inside = self.target.folder && path.starts_with(&self.target.path);
            let here = || path.parent().is_some_and(|folder| self.tree.contains(folder));
            if self.followed.concerns(&path) {
                self.plan.touched(now);
            } else if inside && is_script(&path) && here() {
                self.fresh.insert(path.clone());
                self.plan.touched(now);
            }
            if !moved {
                continue;
            }
            if self.followed.folders.iter().any(|folder| folder.starts_with(&path)) {
                self.moved.push(path);
                self.scan |= self.target.folder;
                self.plan.touched(now);
            } else if inside && is_entered(&path) && path.is_dir() {
                self.scan = true;
                self.plan.touched(now);
            }
        }
    }

    /// Begins to look, unless somebody does.
    pub(super) fn look(&mut self) {
        let Some(mut folders) = self.folders.take() else { return };
        let pause = (self.scan_took * SCAN_SHARE).max(if self.blind { POLL } else { HEARTBEAT });
        let scan = self.target.folder && (self.scan || self.scanned.elapsed() >= pause);
        let wanted = Wanted {
            followed: self.followed.clone(),
            fresh: std::mem::take(&mut self.fresh),
            scan: scan.then(|| self.target.path.clone()),
            moved: std::mem::take(&mut self.moved),
        };
        self.scan = false;
        self.looking = Some(tokio::task::spawn_blocking(move || {
            let sight = look(&mut folders, wanted);
            (folders, sight)
        }));
    }

    /// Takes back what was sent out to look.
    pub(super) fn came(&mut self, sight: Option<(Folders, Sight)>) -> Option<Sight> {
        let Some((folders, mut sight)) = sight else {
            // It panicked: from now on there is nothing but looking.
            self.folders = Some(Folders::none());
            self.blinded(
                "the system's word of changes was lost: the files are looked at every half a second",
            );
            return None;
        };
        self.folders = Some(folders);
        self.links = std::mem::take(&mut sight.links);
        if let Some(why) = sight.blind.take() {
            self.blinded(&why);
        }
        if let Some(found) = &sight.found {
            (self.scanned, self.scan_took) = (Instant::now(), found.took);
            if found.more && self.tree.is_empty() {
                let folder = self.shown(&self.target.path);
                self.stage.say(&format!(
                    "{folder} is large: no more than {MOST_SCRIPTS} scripts in {MOST_FOLDERS} folders are watched"
                ));
            }
            self.tree.clone_from(&found.folders);
            self.tree.insert(self.target.path.clone());
        }
        Some(sight)
    }

    pub(super) fn saw(&mut self, sight: Option<(Folders, Sight)>) {
        let Some(Sight { looked, found, .. }) = self.came(sight) else { return };
        let before = self.plan.scripts();
        if self.target.folder {
            let found = found.iter().flat_map(|found| &found.scripts);
            let fresh = looked
                .keys()
                .filter(|path| is_script(path) && self.tree.contains(path.parent().unwrap_or(path)));
            let new: Vec<PathBuf> = found.chain(fresh).cloned().collect();
            for script in new {
                let room = before < MOST_SCRIPTS && looked.get(&script).is_some_and(Option::is_some);
                if room && !self.plan.knows(&script) {
                    self.plan.add(script, None);
                }
            }
        }
        let news = self.plan.look(Instant::now(), &looked);
        self.follow();
        if self.target.folder && self.plan.scripts() != before {
            self.stage.scripts(self.plan.scripts());
        }
        self.tell(&news);
    }

    /// Tells of scripts that went, and of those that are back.
    pub(super) fn tell(&mut self, news: &[News]) {
        let of = |what: &News| match what {
            News::Gone(path) => (true, self.shown(path)),
            News::Back(path) => (false, self.shown(path)),
        };
        let told: Vec<(bool, String)> = news.iter().map(of).collect();
        for gone in [true, false] {
            let names: Vec<&str> =
                told.iter().filter(|(of, _)| *of == gone).map(|(_, name)| name.as_str()).collect();
            let text = match (names.as_slice(), gone) {
                ([], _) => continue,
                ([name], true) => format!("{name} is gone: it is waited for until it is back"),
                ([name], false) => format!("{name} is back"),
                ([first, rest @ ..], _) => {
                    let others = counted(rest.len() as u64, "other");
                    let what = if gone { "gone: they are waited for until they are back" } else { "back" };
                    format!("{first} and {others} are {what}")
                }
            };
            self.stage.say(&text);
        }
    }

    pub(super) fn blinded(&mut self, why: &str) {
        self.blind = true;
        self.stage.say(why);
    }

    /// Follows the files that the plan knows of.
    pub(super) fn follow(&mut self) {
        let mut files = self.plan.files();
        files.extend(self.links.iter().cloned());
        self.followed = Followed::new(files, &self.tree);
    }

    /// Follows what a script was found to use, by absolute paths.
    pub(super) fn uses(&mut self, script: &Path, files: Vec<PathBuf>, begun: SystemTime) {
        let new: Vec<PathBuf> = files.into_iter().filter(|file| !self.plan.follows(script, file)).collect();
        if new.is_empty() {
            return;
        }
        let seen = stamps(new.iter().map(PathBuf::as_path));
        self.plan.uses(script, &seen, (begun, SystemTime::now()));
        new.into_iter().for_each(|file| self.followed.add(file));
        if self.running.is_some() {
            // Their folders are watched at once.
            self.look();
        }
    }

    pub(super) fn used(&mut self) {
        if let Some(Running { script, begun, run, .. }) = &self.running {
            let (script, begun, files) = (script.clone(), *begun, (run.files)());
            self.uses(&script, self.absolute(files), begun);
        }
    }
}
