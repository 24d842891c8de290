//! The arguments of a run, held against what the script asks for.

use crate::engine::{Takes, like};
use crate::fault::{At, Code, Fault, closest, listed};

/// `name=value` pairs as given.
#[derive(Clone, Debug, Default)]
pub struct Given {
    pairs: Vec<(String, String)>,
    /// Words that are no pairs: what is wrong with them is said once it is known what the script takes.
    strays: Vec<String>,
}

impl Given {
    /// Reads pairs; a name given twice is refused, since one of the two would be ignored.
    ///
    /// # Errors
    /// A fault for the first name that comes again, or for an address that belongs to `--sandbox`.
    pub fn parse(words: &[String]) -> Result<Given, Fault> {
        let mut given = Given::default();
        for word in words {
            let fault = |message: String| Fault::new(Code::ScriptArgumentUnknown, At::Call, message);
            if ["http://", "https://"].iter().any(|scheme| word.starts_with(scheme)) {
                return Err(fault(format!("{word} is no argument of a script"))
                    .help(format!("the address of a sandbox follows an equals sign: --sandbox={word}")));
            }
            let Some((name, value)) = word.split_once('=').filter(|(name, _)| !name.is_empty()) else {
                given.strays.push(word.clone());
                continue;
            };
            if given.get(name).is_some() {
                return Err(fault(format!("`{name}` is given twice")).help("give it once"));
            }
            given.pairs.push((name.to_string(), value.to_string()));
        }
        Ok(given)
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// What is wrong with them for a script, as far as its text shows.
    pub fn check(&self, source: &str, script: &Takes) -> Option<Fault> {
        let takes: Vec<String> = script.arguments.iter().map(ToString::to_string).collect();
        let takes = match takes.is_empty() {
            true => format!("{source} takes no arguments"),
            false => format!("{source} takes {}", takes.join(" ")),
        };
        let fault =
            |code, message: String, help: String| Some(Fault::new(code, At::Call, message).help(help));
        if let Some(word) = self.strays.first() {
            let message = format!("\"{word}\" isn't written name=value, as a script's arguments are");
            return fault(Code::ScriptArgumentUnknown, message, takes);
        }
        let unknown: Vec<&str> = match script.open {
            true => vec![],
            false => {
                let known = |name: &str| script.arguments.iter().any(|argument| argument.name == name);
                self.pairs.iter().map(|(name, _)| name.as_str()).filter(|name| !known(name)).collect()
            }
        };
        if let Some(name) = unknown.first() {
            let near = closest(name, script.arguments.iter().map(|argument| argument.name.as_str()));
            let help = match near {
                Some(near) => format!("did you mean {near}=…? {takes}"),
                None => takes,
            };
            return fault(Code::ScriptArgumentUnknown, format!("the script has no argument `{name}`"), help);
        }
        let required = script.arguments.iter().filter(|argument| argument.default.is_none());
        let missing: Vec<String> = required
            .filter(|argument| self.get(&argument.name).is_none())
            .map(|argument| format!("`{}`", argument.name))
            .collect();
        if !missing.is_empty() {
            let message = format!("the script needs {}", listed(&missing, "and"));
            return fault(Code::ScriptArgumentMissing, message, takes);
        }
        script.arguments.iter().find_map(|argument| {
            let text = self.get(&argument.name)?;
            like(&argument.name, text, &argument.like).err().map(|fault| fault.help(takes.clone()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Argument;

    fn given(words: &[&str]) -> Given {
        Given::parse(&words.iter().map(ToString::to_string).collect::<Vec<_>>()).unwrap()
    }

    fn takes() -> Takes {
        let argument = |name: &str, default, like| Argument { name: name.into(), default, like, at: (1, 1) };
        Takes {
            arguments: vec![
                argument("group", None, ().into()),
                argument("days", Some(Some(7.into())), 7.into()),
                argument("broadcast", Some(None), 0.into()),
            ],
            open: false,
        }
    }

    #[test]
    fn what_the_script_takes_is_checked_before_it_runs() {
        let check = |words: &[&str]| given(words).check("x.rhai", &takes());
        assert_eq!(check(&["group=acme"]), None);
        assert_eq!(check(&["group=acme", "days=3"]), None);
        let unknown = check(&["gruop=acme"]).unwrap();
        assert_eq!(unknown.code, Code::ScriptArgumentUnknown);
        assert_eq!(
            unknown.help.unwrap(),
            "did you mean group=…? x.rhai takes group=… [days=7] [broadcast=…]"
        );
        assert_eq!(check(&[]).unwrap().code, Code::ScriptArgumentMissing);
        assert_eq!(check(&["group=acme", "days=soon"]).unwrap().code, Code::ScriptArgumentType);
        assert_eq!(check(&["group=acme", "broadcast=x"]).unwrap().code, Code::ScriptArgumentType);
    }

    #[test]
    fn a_script_that_asks_in_its_own_way_is_not_second_guessed() {
        let open = Takes { open: true, ..Takes::default() };
        assert_eq!(given(&["anything=1"]).check("x.rhai", &open), None);
    }

    #[test]
    fn words_that_are_no_pairs_are_refused() {
        let parse = |words: &[&str]| Given::parse(&words.iter().map(ToString::to_string).collect::<Vec<_>>());
        for word in ["VIP", "=VIP", ""] {
            let stray = given(&["group=acme", word]).check("x.rhai", &takes()).unwrap();
            assert_eq!(stray.code, Code::ScriptArgumentUnknown);
            assert!(stray.message.contains(&format!("\"{word}\" isn't written name=value")), "{stray:?}");
            assert_eq!(stray.help.unwrap(), "x.rhai takes group=… [days=7] [broadcast=…]");
        }
        let address = parse(&["http://127.0.0.1:8787"]).unwrap_err();
        assert!(address.help.unwrap().ends_with("--sandbox=http://127.0.0.1:8787"));
        assert!(parse(&["a=1", "a=2"]).is_err());
        assert_eq!(given(&["page=http://x"]).get("page"), Some("http://x"));
        assert_eq!(given(&["a=b=c"]).get("a"), Some("b=c"));
    }
}
