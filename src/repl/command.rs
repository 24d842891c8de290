//! What can be said at the prompt beside Rhai: a colon and a word.

use std::fmt::Write;
use std::path::Path;

use crate::fault::closest;
use crate::run::load;

/// A command.
pub struct Command {
    pub name: &'static str,
    /// What follows its name, as help shows it; empty where nothing does.
    pub takes: &'static str,
    about: &'static str,
    does: Does,
}

enum Does {
    Help,
    Load,
    Type,
    Quit,
}

/// What is to be done for a command.
#[derive(Debug, PartialEq, Eq)]
pub enum Then {
    /// To run this, and show its value.
    Say(String),
    Print(String),
    /// To tell what is wrong with it.
    Refuse(String),
    Leave,
}

/// All of them, as help lists them.
pub static ALL: &[Command] = &[
    Command { name: "help", takes: "", about: "List the commands", does: Does::Help },
    Command { name: "load", takes: "FILE", about: "Run a script as if it were typed here", does: Does::Load },
    Command {
        name: "type",
        takes: "EXPR",
        about: "Evaluate an expression and say of what type its value is",
        does: Does::Type,
    },
    Command { name: "quit", takes: "", about: "Leave; so does Ctrl-D", does: Does::Quit },
];

impl Command {
    /// The command that a text is, with what follows its name; `None` where it is Rhai.
    ///
    /// # Errors
    /// A line that says which command there is instead.
    pub fn read(text: &str) -> Option<Result<(&'static Command, &str), String>> {
        let line = text.trim().strip_prefix(':')?;
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let command = ALL.iter().find(|command| command.name == word);
        Some(command.map(|command| (command, rest.trim())).ok_or_else(|| unknown(word)))
    }

    /// What it does with what follows its name.
    pub fn then(&self, rest: &str) -> Then {
        match (self.takes.is_empty(), rest.is_empty()) {
            (true, false) => return Then::Refuse(format!("`:{}` takes nothing behind it\n", self.name)),
            (false, true) => return Then::Refuse(format!("write `:{} {}`\n", self.name, self.takes)),
            _ => {}
        }
        match self.does {
            Does::Help => Then::Print(help()),
            Does::Load => match load(Path::new(rest)) {
                Ok(text) => Then::Say(text),
                Err(fault) => {
                    let help = fault.help.map(|help| format!("; {help}")).unwrap_or_default();
                    Then::Refuse(format!("{}{help}\n", fault.message))
                }
            },
            Does::Type => Then::Say(format!("type_of({})", rest.trim_end_matches(';'))),
            Does::Quit => Then::Leave,
        }
    }
}

fn unknown(word: &str) -> String {
    let near = closest(word, ALL.iter().map(|command| command.name));
    let help = match near {
        Some(near) => format!("did you mean `:{near}`?"),
        None => "`:help` lists them".to_string(),
    };
    format!("there is no command `:{word}`; {help}\n")
}

fn help() -> String {
    let usage = |command: &Command| format!(":{} {}", command.name, command.takes).trim_end().to_string();
    let width = ALL.iter().map(|command| usage(command).len()).max().unwrap_or_default();
    ALL.iter().fold(String::new(), |mut text, command| {
        // Text takes whatever it is given.
        let _ = writeln!(text, "{:width$}  {}", usage(command), command.about);
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn then(text: &str) -> Then {
        let (command, rest) = Command::read(text).unwrap().unwrap();
        command.then(rest)
    }

    #[test]
    fn a_colon_begins_a_command() {
        assert!(Command::read("1 + 1").is_none());
        assert_eq!(then(":quit"), Then::Leave);
        assert_eq!(then("  :type  1 + 1; "), Then::Say("type_of(1 + 1)".into()));
        let Then::Print(help) = then(":help") else { panic!("no help") };
        assert_eq!(help.lines().count(), ALL.len());
    }

    #[test]
    fn a_command_that_is_wrong_is_told_with_the_right_one() {
        for (text, said) in [
            (":hlep", "there is no command `:hlep`; did you mean `:help`?\n"),
            (":xyzzy", "there is no command `:xyzzy`; `:help` lists them\n"),
            (":", "there is no command `:`; `:help` lists them\n"),
        ] {
            assert_eq!(Command::read(text).unwrap().map(|_| ()).unwrap_err(), said);
        }
        for (text, said) in [
            (":quit now", "`:quit` takes nothing behind it\n"),
            (":type", "write `:type EXPR`\n"),
            (":load nowhere.rhai", "there is no script nowhere.rhai; give the path of a .rhai file\n"),
        ] {
            assert_eq!(then(text), Then::Refuse(said.into()));
        }
    }
}
