//! `segue check`.

use std::io::Write;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::format::{Format, line};
use super::look::look;
use super::settings::{allowed, secrets};
use super::terms::grants;
use super::{CheckArgs, off_the_way, print, refuse_in, refuse_settings_in};
use crate::diagnostics::show;
use crate::engine::Wrong;
use crate::fault::{At, Code, Fault, Place, counted};
use crate::request::Secrets;
use crate::run::{Examined, Exit, Findings, Terms, examine, load};

pub async fn check(args: CheckArgs) -> Exit {
    let mut terms = match grants(&args.may, args.sandbox) {
        Ok(grants) => Terms { grants, ..Terms::default() },
        Err(fault) => {
            refuse_in(args.format, &fault);
            return Exit::Usage;
        }
    };
    match allowed(args.profile.as_deref()).await {
        Ok(allow) => {
            for word in allow.words() {
                terms.grants.allow(word);
            }
        }
        Err(invalid) => return refuse_settings_in(args.format, &invalid),
    }
    let mut told = Told::new(args.format);
    for path in &args.scripts {
        let name = path.display().to_string();
        match examined(path.clone(), terms.clone()).await {
            Ok(examined) => told.script(&name, &examined),
            Err(fault) => told.unread(&name, &fault),
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

fn tell(text: &str) {
    // Nobody to tell when stderr itself is gone.
    let _ = std::io::stderr().write_all(text.as_bytes());
}

/// What was told of scripts so far.
struct Told {
    format: Format,
    secrets: Secrets,
    /// Scripts that can't be right.
    wrong: usize,
    faults: usize,
    /// Faults that aren't shown, because there are so many.
    left: usize,
    doubts: usize,
    /// Whether it was Segue that failed, and not a script.
    crashed: bool,
    /// Of modules, so that they aren't told again where another script imports the same.
    told: Vec<(Option<Place>, Vec<Fault>)>,
    /// What the sound ones take.
    takes: String,
}

impl Told {
    fn new(format: Format) -> Told {
        Told {
            format,
            secrets: secrets(),
            wrong: 0,
            faults: 0,
            left: 0,
            doubts: 0,
            crashed: false,
            told: vec![],
            takes: String::new(),
        }
    }

    /// Tells of a script that can't be read.
    fn unread(&mut self, name: &str, fault: &Fault) {
        refuse_in(self.format, fault);
        self.crashed |= fault.code == Code::Crashed;
        self.wrong += 1;
        self.faults += 1;
        if self.format == Format::Json {
            tell(&line(checked(name, 1, &Examined::default()), &self.secrets));
        }
    }

    fn script(&mut self, name: &str, examined: &Examined) {
        let Examined { findings, arguments, open, sources, .. } = examined;
        let Findings { faults, doubtful, doubts, left, .. } = findings;
        let mut all: Vec<&Wrong> = faults.iter().chain(doubtful).collect();
        all.sort_by_key(|wrong| match &wrong.place {
            Some(place) if place.source != name => (true, 0, 0),
            Some(place) => (false, place.line, place.column),
            None => (false, 0, 0),
        });
        // What several scripts import is told of once.
        let known = |wrong: &Wrong| self.told.contains(&(wrong.place.clone(), wrong.faults.clone()));
        all.retain(|wrong| !known(wrong));
        let again: usize = faults.iter().filter(|wrong| known(wrong)).map(|wrong| wrong.faults.len()).sum();
        let doubts = doubts - doubtful.iter().filter(|wrong| known(wrong)).count();
        let fresh = all.iter().filter(|wrong| wrong.place.as_ref().is_some_and(|at| at.source != name));
        self.told.extend(fresh.map(|wrong| (wrong.place.clone(), wrong.faults.clone())).collect::<Vec<_>>());
        for wrong in all {
            tell(&match self.format {
                Format::Text => format!("{}\n", show(wrong, sources, look(), &self.secrets)),
                Format::Json => self.format.wrong(wrong, sources, &self.secrets),
            });
        }
        let found = faults.iter().map(|wrong| wrong.faults.len()).sum::<usize>() + left;
        self.faults += found - again;
        self.left += left;
        self.doubts += doubts;
        self.crashed |=
            faults.iter().flat_map(|wrong| &wrong.faults).any(|fault| fault.code == Code::Crashed);
        if self.format == Format::Json {
            tell(&line(checked(name, found, examined), &self.secrets));
        }
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
        let Told { format, secrets, wrong, faults, left, doubts, crashed, takes, .. } = self;
        let failed = if crashed { Exit::Failed } else { Exit::Usage };
        if format == Format::Json {
            return if wrong > 0 { failed } else { Exit::Done };
        }
        let doubts = match doubts {
            0 => String::new(),
            n => format!(", with {}", counted(n as u64, "warning")),
        };
        if wrong > 0 {
            let of =
                if scripts == 1 { "the script".to_string() } else { format!("{wrong} of {scripts} scripts") };
            let left = if left > 0 { format!(", {left} of them not shown") } else { String::new() };
            let faults = counted(faults as u64, "fault");
            tell(&format!("{faults} found in {of}{left}{doubts}\n"));
            return failed;
        }
        let sound = if scripts == 1 {
            "the script is sound".to_string()
        } else {
            format!("{scripts} scripts are sound")
        };
        print(&format!("{}{sound}{doubts}\n", secrets.clean(&takes)))
    }
}

/// What was found in a script, and what the script takes, as a machine reads it.
fn checked(name: &str, faults: usize, examined: &Examined) -> Value {
    let Examined { findings, arguments, open, .. } = examined;
    let takes = arguments.iter().map(|argument| {
        let default = argument.default.as_ref();
        let text = default.and_then(Option::as_ref).map(ToString::to_string);
        json!({ "name": argument.name, "required": default.is_none(), "default": text })
    });
    json!({
        "kind": "checked",
        "file": name,
        "faults": faults,
        "not_shown": findings.left,
        "warnings": findings.doubts,
        "arguments": takes.collect::<Vec<_>>(),
        "open": open,
    })
}
