//! The arguments of a run, held against what the script asks for.

use crate::engine::{Survey, like};
use crate::fault::{At, Code, Fault, closest, listed};

/// `name=value` pairs as given.
#[derive(Clone, Debug, Default)]
pub struct Given(Vec<(String, String)>);

impl Given {
    /// Reads pairs; a name given twice is refused, since one of the two would be ignored.
    ///
    /// # Errors
    /// A fault for the first word that isn't a pair.
    pub fn parse(words: &[String]) -> Result<Given, Fault> {
        let mut pairs: Vec<(String, String)> = vec![];
        for word in words {
            let fault = |message: String| Fault::new(Code::ScriptArgumentUnknown, At::Call, message);
            let Some((name, value)) = word.split_once('=') else {
                return Err(fault(format!("\"{word}\" is no argument of a script"))
                    .help(format!("a script's arguments are written name=value, for example {word}=…")));
            };
            if pairs.iter().any(|(known, _)| known == name) {
                return Err(fault(format!("`{name}` is given twice")).help("give it once"));
            }
            pairs.push((name.to_string(), value.to_string()));
        }
        Ok(Given(pairs))
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// What is wrong with them for a script, as far as its text shows.
    pub fn check(&self, source: &str, survey: &Survey) -> Option<Fault> {
        let takes: Vec<String> = survey.arguments.iter().map(ToString::to_string).collect();
        let takes = match takes.is_empty() {
            true => format!("{source} takes no arguments"),
            false => format!("{source} takes {}", takes.join(" ")),
        };
        let fault =
            |code, message: String, help: String| Some(Fault::new(code, At::Call, message).help(help));
        let unknown: Vec<&str> = match survey.open {
            true => vec![],
            false => {
                let known = |name: &str| survey.arguments.iter().any(|argument| argument.name == name);
                self.0.iter().map(|(name, _)| name.as_str()).filter(|name| !known(name)).collect()
            }
        };
        if let Some(name) = unknown.first() {
            let near = closest(name, survey.arguments.iter().map(|argument| argument.name.as_str()));
            let help = match near {
                Some(near) => format!("did you mean {near}=…? {takes}"),
                None => takes,
            };
            return fault(Code::ScriptArgumentUnknown, format!("the script has no argument `{name}`"), help);
        }
        let required = survey.arguments.iter().filter(|argument| argument.default.is_none());
        let missing: Vec<String> = required
            .filter(|argument| self.get(&argument.name).is_none())
            .map(|argument| format!("`{}`", argument.name))
            .collect();
        if !missing.is_empty() {
            let message = format!("the script needs {}", listed(&missing, "and"));
            return fault(Code::ScriptArgumentMissing, message, takes);
        }
        survey.arguments.iter().find_map(|argument| {
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

    fn survey() -> Survey {
        let argument = |name: &str, default, like| Argument { name: name.into(), default, like };
        Survey {
            arguments: vec![
                argument("group", None, ().into()),
                argument("days", Some(Some(7.into())), 7.into()),
                argument("broadcast", Some(None), 0.into()),
            ],
            ..Survey::default()
        }
    }

    #[test]
    fn what_the_script_takes_is_checked_before_it_runs() {
        let check = |words: &[&str]| given(words).check("x.rhai", &survey());
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
        let open = Survey { open: true, ..Survey::default() };
        assert_eq!(given(&["anything=1"]).check("x.rhai", &open), None);
    }

    #[test]
    fn words_that_are_no_pairs_are_refused() {
        let parse = |words: &[&str]| Given::parse(&words.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert!(parse(&["segment"]).unwrap_err().help.unwrap().contains("segment=…"));
        assert!(parse(&["a=1", "a=2"]).is_err());
        assert_eq!(given(&["a=b=c"]).get("a"), Some("b=c"));
    }
}
