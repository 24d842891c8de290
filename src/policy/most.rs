//! A limit that the command line, the head of the script and a profile can each say, purely.

/// The most there may be of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Most {
    Any,
    Number(u64),
}

impl Most {
    /// Reads `any` or a number in digits; `None` for anything else.
    pub fn parse(text: &str) -> Option<Most> {
        match text {
            "any" => Some(Most::Any),
            _ if text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse().ok().map(Most::Number),
            _ => None,
        }
    }
}

impl std::fmt::Display for Most {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Most::Any => f.write_str("any number"),
            Most::Number(most) => write!(f, "{most}"),
        }
    }
}

/// What each of those who may say how many has said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    pub command_line: Option<Most>,
    /// The script's own head.
    pub header: Option<Most>,
    pub profile: Option<Most>,
}

impl Asked {
    /// The limit, and who set it: whoever is nearest to the run, and `default` where nobody is.
    pub fn limit(&self, default: u64) -> (Most, Said) {
        let said = [
            (self.command_line, Said::CommandLine),
            (self.header, Said::Header),
            (self.profile, Said::Profile),
        ];
        let first = said.into_iter().find_map(|(most, said)| Some((most?, said)));
        first.unwrap_or((Most::Number(default), Said::Nobody))
    }
}

/// Who set a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    CommandLine,
    Header,
    Profile,
    Nobody,
}

impl Said {
    /// Why the limit `name` is what it is; `nobody` where nobody set it.
    pub fn because(self, name: &str, nobody: &str) -> String {
        match self {
            Said::CommandLine => format!("--{name} says so"),
            Said::Header => "the head of the script says so".into(),
            Said::Profile => "its profile says so".into(),
            Said::Nobody => nobody.into(),
        }
    }

    /// How to set the limit `name` to `n` so that it is heeded.
    pub fn instead(self, name: &str, n: u64) -> String {
        let header = match self {
            Said::CommandLine => String::new(),
            _ => format!(", or the line `//! {name}: {n}` at the head of the script"),
        };
        format!("--{name} {n}{header}; `any` in place of the number sets no limit")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_nearest_to_the_run_says_how_many() {
        let [one, two, three] = [1, 2, 3].map(|n| Some(Most::Number(n)));
        let limit = |command_line, header, profile| Asked { command_line, header, profile }.limit(7);
        assert_eq!(limit(one, two, three), (Most::Number(1), Said::CommandLine));
        assert_eq!(limit(None, two, three), (Most::Number(2), Said::Header));
        assert_eq!(limit(None, None, three), (Most::Number(3), Said::Profile));
        assert_eq!(limit(None, None, None), (Most::Number(7), Said::Nobody));
    }

    #[test]
    fn a_limit_is_any_or_a_number() {
        assert_eq!(Most::parse("any"), Some(Most::Any));
        assert_eq!(Most::parse("0"), Some(Most::Number(0)));
        assert_eq!(Most::parse("50000"), Some(Most::Number(50_000)));
        for wrong in ["", "many", "Any", "-1", "+1", "1_000", "1,000", "1e3", "99999999999999999999"] {
            assert_eq!(Most::parse(wrong), None, "{wrong}");
        }
    }
}
