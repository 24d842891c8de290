//! `segue check`.

use std::io::Write;
use std::path::PathBuf;

use super::look::look;
use super::settings::{allowed, secrets};
use super::terms::grants;
use super::{CheckArgs, off_the_way, print, refuse, refuse_settings};
use crate::diagnostics::show;
use crate::fault::{At, Code, Fault, counted};
use crate::run::{Examined, Exit, Findings, Terms, examine, load};

pub async fn check(args: CheckArgs) -> Exit {
    let mut terms = match grants(&args.may, args.sandbox) {
        Ok(grants) => Terms { grants, ..Terms::default() },
        Err(fault) => {
            refuse(&fault);
            return Exit::Usage;
        }
    };
    match allowed(args.profile.as_deref()).await {
        Ok(allow) => {
            for word in allow.words() {
                terms.grants.allow(word);
            }
        }
        Err(invalid) => return refuse_settings(&invalid),
    }
    let mut told = Told::default();
    for path in &args.scripts {
        match examined(path.clone(), terms.clone()).await {
            Ok(examined) => told.script(&path.display().to_string(), &examined),
            Err(fault) => {
                refuse(&fault);
                told.wrong += 1;
                told.faults += 1;
            }
        }
    }
    told.end(args.scripts.len())
}

/// Reads a script and checks it.
///
/// # Errors
/// A fault when there is no such script, or nothing to check it with.
async fn examined(path: PathBuf, terms: Terms) -> Result<Examined, Fault> {
    off_the_way(move || {
        let text = load(&path)?;
        examine(text, path.display().to_string(), terms)
            .map_err(|why| Fault::new(Code::Crashed, At::Call, format!("nothing can be checked: {why}")))
    })
    .await?
}

/// What was told of scripts so far.
#[derive(Default)]
struct Told {
    /// Scripts that can't be right.
    wrong: usize,
    faults: usize,
    /// Faults that aren't shown, because there are so many.
    left: usize,
    doubts: usize,
    /// What the sound ones take.
    takes: String,
}

impl Told {
    fn script(&mut self, name: &str, examined: &Examined) {
        let Examined { findings, arguments, open, sources } = examined;
        let Findings { faults, doubtful, left, .. } = findings;
        for wrong in faults.iter().chain(doubtful) {
            let text = show(wrong, sources, look(), &secrets());
            let _ = writeln!(std::io::stderr(), "{text}");
        }
        self.faults += faults.iter().map(|wrong| wrong.faults.len()).sum::<usize>() + left;
        self.left += left;
        self.doubts += doubtful.len();
        if !faults.is_empty() {
            self.wrong += 1;
            return;
        }
        let mut takes: Vec<String> = arguments.iter().map(ToString::to_string).collect();
        takes.extend((*open && !takes.is_empty()).then(|| "…".to_string()));
        if !takes.is_empty() {
            self.takes.push_str(&format!("{name} takes {}\n", takes.join(" ")));
        }
    }

    fn end(self, scripts: usize) -> Exit {
        let Told { wrong, faults, left, doubts, takes } = self;
        let doubts = match doubts {
            0 => String::new(),
            n => format!(", with {}", counted(n as u64, "warning")),
        };
        if wrong > 0 {
            let of =
                if scripts == 1 { "the script".to_string() } else { format!("{wrong} of {scripts} scripts") };
            let left = if left > 0 { format!(", {left} of them not shown") } else { String::new() };
            let faults = counted(faults as u64, "fault");
            let _ = writeln!(std::io::stderr(), "{faults} found in {of}{left}{doubts}");
            return Exit::Usage;
        }
        let sound = if scripts == 1 {
            "the script is sound".to_string()
        } else {
            format!("{scripts} scripts are sound")
        };
        print(&format!("{takes}{sound}{doubts}\n"))
    }
}
