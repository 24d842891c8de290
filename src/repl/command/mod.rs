//! What can be said at the prompt beside Rhai: a colon and a word.

mod table;

pub use table::ALL;

use std::fmt::Write;

use super::complete::Takes;
use super::show::cut::wrapped;
use crate::fault::{At, Code, Fault, closest};

/// A command.
pub struct Command {
    pub name: &'static str,
    /// What psql and IPython call it.
    pub aliases: &'static [&'static str],
    pub takes: Takes,
    /// What follows its name, as help shows it: in brackets what can be left out.
    usage: &'static str,
    group: Group,
    /// The line that help has for it.
    pub about: &'static str,
    /// What else there is to know.
    more: &'static str,
    /// One that works as it stands.
    example: &'static str,
    does: Does,
}

/// What a command is about, in the order of the help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Group {
    Help,
    Values,
    Files,
    Writes,
    Session,
}

const GROUPS: [(Group, &str); 5] = [
    (Group::Help, "To look things up"),
    (Group::Values, "To look at values and requests"),
    (Group::Files, "To read and write files"),
    (Group::Writes, "To see writes before they are sent"),
    (Group::Session, "The session"),
];

#[derive(Clone, Copy, Debug)]
enum Does {
    Help,
    Tools,
    Explain,
    More,
    Type,
    Time,
    Request,
    Load,
    Reload,
    Save,
    SaveOver,
    Profile,
    Flush,
    Clear,
    Hold,
    Pending,
    Send,
    Discard,
    Quit,
}

/// What is to be done for a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Then {
    /// To show the page of a topic; all commands of none.
    Help(String),
    /// To list the tools that speak of a word.
    Tools(String),
    Explain(String),
    More,
    Type(String),
    Time(String),
    Request(String),
    Load {
        file: String,
        /// `name=value` each.
        arguments: Vec<String>,
    },
    Reload,
    Save {
        file: String,
        /// Whether it may take the place of what is there.
        over: bool,
    },
    /// To go to a profile; without a name, to list them.
    Profile(Option<String>),
    Flush,
    Clear,
    /// To hold writes, or what follows says.
    Hold(String),
    Pending,
    Send,
    Discard,
    Leave,
}

impl Command {
    /// The command of that name, with its colon or without.
    pub fn find(name: &str) -> Option<&'static Command> {
        let name = name.strip_prefix(':').unwrap_or(name).to_lowercase();
        let name = name.as_str();
        ALL.iter().find(|command| command.name == name || command.aliases.contains(&name))
    }

    /// The command that somebody means who writes its name as a word: `help`, `quit()`.
    pub fn meant(text: &str) -> Option<Then> {
        let word = text.trim().trim_end_matches(';').trim_end_matches("()");
        match word {
            "help" | "?" => Some(Then::Help(String::new())),
            "quit" | "exit" | "q" => Some(Then::Leave),
            _ => None,
        }
    }

    /// What is to be done for a text that is a command; `None` where it is Rhai.
    ///
    /// # Errors
    /// A fault that says which command there is instead, or what it takes.
    pub fn read(text: &str) -> Option<Result<Then, Fault>> {
        let line = text.trim().strip_prefix(':')?;
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        Some(
            Command::find(word.trim_end_matches(';'))
                .ok_or_else(|| unknown(word))
                .and_then(|command| command.then(rest.trim())),
        )
    }

    /// What it does with what follows its name.
    fn then(&self, rest: &str) -> Result<Then, Fault> {
        let wants = !self.usage.is_empty() && !self.usage.starts_with('[');
        match (self.usage.is_empty(), rest.is_empty()) {
            (true, false) => {
                return Err(invalid(format!("`:{}` takes nothing behind it", self.name)));
            }
            (false, true) if wants => {
                let message = format!("`:{}` wants {} behind it", self.name, self.usage);
                return Err(invalid(message).help(format!("for example `{}`", self.example)));
            }
            _ => {}
        }
        let text = || rest.to_string();
        let expression = || rest.trim_end_matches(|c: char| c == ';' || c.is_whitespace()).to_string();
        Ok(match self.does {
            Does::Help => Then::Help(text()),
            Does::Tools => Then::Tools(text()),
            Does::Explain => Then::Explain(text()),
            Does::More => Then::More,
            Does::Type => Then::Type(expression()),
            Does::Time => Then::Time(text()),
            Does::Request => Then::Request(expression()),
            Does::Load => {
                let mut words = words(rest)?;
                let named = |word: &String| {
                    let name = |c: char| c.is_alphanumeric() || c == '_';
                    word.split_once('=').is_some_and(|(word, _)| !word.is_empty() && word.chars().all(name))
                };
                let arguments =
                    words.split_off(words.iter().skip(1).position(named).map_or(words.len(), |at| at + 1));
                Then::Load { file: words.join(" "), arguments }
            }
            Does::Reload => Then::Reload,
            Does::Save => Then::Save { file: words(rest)?.join(" "), over: false },
            Does::SaveOver => Then::Save { file: words(rest)?.join(" "), over: true },
            Does::Profile => Then::Profile(Some(text()).filter(|name| !name.is_empty())),
            Does::Flush => Then::Flush,
            Does::Clear => Then::Clear,
            Does::Hold => Then::Hold(text()),
            Does::Pending => Then::Pending,
            Does::Send => Then::Send,
            Does::Discard => Then::Discard,
            Does::Quit => Then::Leave,
        })
    }

    /// How it is written: `:load FILE`.
    pub fn usage(&self) -> String {
        format!(":{} {}", self.name, self.usage).trim_end().to_string()
    }

    /// All there is to say about it.
    pub fn page(&self) -> String {
        let aliases: Vec<String> = self.aliases.iter().map(|alias| format!(", :{alias}")).collect();
        let more = if self.more.is_empty() { String::new() } else { format!("{}\n", self.more) };
        format!(
            "{}{}\n\n{}.\n{more}\nFor example:\n    {}\n",
            self.usage(),
            aliases.concat(),
            self.about,
            self.example
        )
    }
}

/// The words of a line; blanks in quotes don't part them.
///
/// # Errors
/// A fault for a quote that is never closed.
fn words(line: &str) -> Result<Vec<String>, Fault> {
    let (mut words, mut word, mut open) = (vec![], None::<String>, None);
    for c in line.chars() {
        match (open, c) {
            (Some(quote), c) if c == quote => open = None,
            (None, '"' | '\'') => {
                open = Some(c);
                word.get_or_insert_default();
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    match open {
        Some(quote) => Err(invalid(format!("a {quote} is never closed"))
            .help(format!("a name with a {quote} in it stands in quotes of the other kind"))),
        None => Ok(words),
    }
}

/// A fault of a command.
pub fn invalid(message: String) -> Fault {
    Fault::new(Code::CommandInvalid, At::Call, message)
}

fn unknown(word: &str) -> Fault {
    let fault = invalid(format!("there is no command `:{word}`"));
    match closest(word, ALL.iter().map(|command| command.name)) {
        Some(near) => fault.help(format!("did you mean `:{near}`?")),
        None => fault.help("`:help` lists them"),
    }
}

/// All commands in their groups, in lines of so many columns.
pub fn list(columns: usize) -> String {
    let width = table::ALL.iter().map(|command| command.usage().len()).max().unwrap_or_default();
    let indent = width + 4;
    // Where it is too narrow for two, what a command is for stands below it.
    let beside = columns >= indent + 30;
    let mut text = String::new();
    for (group, head) in GROUPS {
        // Text takes whatever it is given.
        let _ = writeln!(text, "{head}:");
        for command in table::ALL.iter().filter(|command| command.group == group) {
            let room = columns.saturating_sub(if beside { indent } else { 4 });
            let about = wrapped(command.about, room);
            let (first, rest) =
                about.split_first().map_or(("", &[][..]), |(first, rest)| (first.as_str(), rest));
            let _ = match beside {
                true => writeln!(text, "  {:width$}  {first}", command.usage()),
                false => writeln!(text, "  {}\n    {first}", command.usage()),
            };
            for line in rest {
                let _ = writeln!(text, "{:1$}{line}", "", if beside { indent } else { 4 });
            }
        }
        text.push('\n');
    }
    let more = wrapped("`:help NAME` tells more of one, and of every tool and function", columns);
    text.push_str(&more.join("\n"));
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn then(text: &str) -> Then {
        Command::read(text).expect("it is a command").expect("it is right")
    }

    fn load(file: &str, arguments: &[&str]) -> Then {
        Then::Load { file: file.into(), arguments: arguments.iter().map(ToString::to_string).collect() }
    }

    #[test]
    fn a_colon_begins_a_command() {
        assert!(Command::read("1 + 1").is_none());
        for (text, expected) in [
            (":quit", Then::Leave),
            (":q", Then::Leave),
            (":help", Then::Help(String::new())),
            (":QUIT;", Then::Leave),
            (":? flush", Then::Help("flush".into())),
            ("  :type  1 + 1; ", Then::Type("1 + 1".into())),
            (":time let x = 1;", Then::Time("let x = 1;".into())),
            (":request f()", Then::Request("f()".into())),
            (":profile", Then::Profile(None)),
            (":profile acme", Then::Profile(Some("acme".into()))),
            (":load x.rhai", load("x.rhai", &[])),
            (":load my script.rhai a=1 b=2", load("my script.rhai", &["a=1", "b=2"])),
            (":load \"a=b.rhai\" a='Churn risk'", load("a=b.rhai", &["a=Churn risk"])),
            (":save x.rhai", Then::Save { file: "x.rhai".into(), over: false }),
            (":save! x.rhai", Then::Save { file: "x.rhai".into(), over: true }),
        ] {
            assert_eq!(then(text), expected, "{text}");
        }
    }

    #[test]
    fn a_command_that_is_wrong_is_told_with_the_right_one() {
        for (text, message, help) in [
            (":hlep", "there is no command `:hlep`", Some("did you mean `:help`?")),
            (":xyzzy", "there is no command `:xyzzy`", Some("`:help` lists them")),
            (":", "there is no command `:`", Some("`:help` lists them")),
            (":quit now", "`:quit` takes nothing behind it", None),
            (":type", "`:type` wants EXPR behind it", Some("for example `:type get_segments()`")),
            (
                ":load it's",
                "a ' is never closed",
                Some("a name with a ' in it stands in quotes of the other kind"),
            ),
        ] {
            let fault = Command::read(text).expect("it is a command").unwrap_err();
            assert_eq!((fault.code, fault.message.as_str()), (Code::CommandInvalid, message));
            assert_eq!(fault.help.as_deref(), help);
        }
    }

    #[test]
    fn each_has_a_line_a_page_and_an_example_that_is_one() {
        let list = list(110);
        for columns in [40, 60, 80] {
            assert!(super::list(columns).lines().all(|line| line.chars().count() <= columns), "{columns}");
        }
        for command in ALL {
            assert!(list.contains(&format!("  {} ", command.usage())), "{}", command.name);
            assert!(list.lines().all(|line| line.chars().count() <= 105), "{list}");
            let read = Command::read(command.example).expect("it is a command");
            read.unwrap_or_else(|fault| panic!("{}: {}", command.example, fault.message));
            assert!(command.example.starts_with(&format!(":{}", command.name)));
            assert!(command.page().ends_with(&format!("    {}\n", command.example)));
        }
    }
}
