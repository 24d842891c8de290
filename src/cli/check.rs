//! `segue check`.

use std::io::Write;
use std::path::PathBuf;

use serde_json::json;

use super::format::{Format, line};
use super::look::look;
use super::settings::{allowed, secrets};
use super::terms::grants;
use super::{CheckArgs, off_the_way, print, refuse_in, refuse_settings_in};
use crate::diagnostics::{object, show};
use crate::engine::Argument;
use crate::fault::{At, Code, Fault, counted};
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
    doubts: usize,
    /// What the sound ones take.
    takes: String,
}

impl Told {
    fn new(format: Format) -> Told {
        Told { format, secrets: secrets(), wrong: 0, faults: 0, doubts: 0, takes: String::new() }
    }

    /// Tells of a script that can't be read.
    fn unread(&mut self, name: &str, fault: &Fault) {
        refuse_in(self.format, fault);
        self.wrong += 1;
        self.faults += 1;
        self.checked(name, 1, 0, &[], true);
    }

    fn script(&mut self, name: &str, examined: &Examined) {
        let Examined { findings: Findings { wrongs, refused, doubtful, .. }, arguments, open, sources } =
            examined;
        let all = wrongs.iter().chain(refused).chain(doubtful);
        for wrong in all {
            tell(&match self.format {
                Format::Text => show(wrong, sources, look(), &self.secrets),
                Format::Json => line(object(wrong, sources), &self.secrets),
            });
        }
        let faults = wrongs.len() + refused.len();
        self.faults += faults;
        self.doubts += doubtful.len();
        self.checked(name, faults, doubtful.len(), arguments, *open);
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

    /// Tells a machine what was found in a script, and what the script takes.
    fn checked(&self, name: &str, faults: usize, warnings: usize, arguments: &[Argument], open: bool) {
        if self.format == Format::Text {
            return;
        }
        let takes = arguments.iter().map(|argument| {
            let default = argument.default.as_ref().map(|default| default.as_ref().map(ToString::to_string));
            json!({ "name": argument.name, "required": default.is_none(), "default": default.flatten() })
        });
        let object = json!({
            "kind": "checked",
            "file": name,
            "faults": faults,
            "warnings": warnings,
            "arguments": takes.collect::<Vec<_>>(),
            "open": open,
        });
        tell(&line(object, &self.secrets));
    }

    fn end(self, scripts: usize) -> Exit {
        let Told { format, wrong, faults, doubts, takes, .. } = self;
        if format == Format::Json {
            return if wrong > 0 { Exit::Usage } else { Exit::Done };
        }
        let doubts = match doubts {
            0 => String::new(),
            n => format!(", with {}", counted(n as u64, "warning")),
        };
        if wrong > 0 {
            let of =
                if scripts == 1 { "the script".to_string() } else { format!("{wrong} of {scripts} scripts") };
            tell(&format!("{} found in {of}{doubts}\n", counted(faults as u64, "fault")));
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
