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
    doubts: usize,
    /// What the sound ones take.
    takes: String,
}

impl Told {
    fn script(&mut self, name: &str, examined: &Examined) {
        let Examined { findings: Findings { wrongs, refused, doubtful, .. }, arguments, open, sources } =
            examined;
        let all = wrongs.iter().chain(refused).chain(doubtful);
        for wrong in all {
            let text = show(wrong, sources, look(), &secrets());
            let _ = write!(std::io::stderr(), "{text}");
        }
        let faults = wrongs.len() + refused.len();
        self.faults += faults;
        self.doubts += doubtful.len();
        if faults > 0 {
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
        let Told { wrong, faults, doubts, takes } = self;
        let doubts = match doubts {
            0 => String::new(),
            n => format!(", with {}", counted(n as u64, "warning")),
        };
        if wrong > 0 {
            let of =
                if scripts == 1 { "the script".to_string() } else { format!("{wrong} of {scripts} scripts") };
            let _ = writeln!(std::io::stderr(), "{} found in {of}{doubts}", counted(faults as u64, "fault"));
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
