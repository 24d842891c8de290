//! How many people a run may touch, purely. A script that meets the wrong segment, or the wrong workspace,
//! is stopped before it has changed everybody.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::most::{Asked, Most, Said};
use super::seen::Seen;
use crate::fault::{At, Code, Fault};

/// The people a run has touched, as far as they count against its limit.
#[derive(Clone, Debug)]
pub struct People {
    most: Most,
    said: Said,
    /// Hashes of identifiers. Two people of one hash would count as one: among a million, that happens in one
    /// of 30 million runs. Where the limit is over 100,000, about one in 3,000 isn't counted.
    seen: Seen,
}

impl People {
    /// So many people where nobody says how many.
    pub const DEFAULT: u64 = 1_000;

    pub fn new(asked: &Asked) -> People {
        let (most, said) = asked.limit(People::DEFAULT);
        let room = match most {
            Most::Number(most) => most,
            Most::Any => 0,
        };
        People { most, said, seen: Seen::room(room) }
    }

    /// Whether anybody has to be counted.
    pub fn counts(&self) -> bool {
        self.most != Most::Any
    }

    /// A person as they are counted.
    pub fn hashed(identifier: &str) -> u64 {
        let mut hasher = DefaultHasher::new();
        identifier.hash(&mut hasher);
        hasher.finish()
    }

    /// Counts the people of one call of `tool`, by [`People::hashed`]: all of them, or none if they are too
    /// many.
    ///
    /// # Errors
    /// The fault of a call that would go over the limit.
    pub fn touch(&mut self, tool: &str, people: &[u64]) -> Result<(), Fault> {
        let Most::Number(most) = self.most else { return Ok(()) };
        let before = self.seen.count();
        // As long as all of them fit, nobody has to know who is new.
        if (before + people.len()) as u64 > most {
            let new: HashSet<u64> = people.iter().filter(|one| !self.seen.contains(**one)).copied().collect();
            let after = before + new.len();
            if !new.is_empty() && after as u64 > most {
                return Err(self.over(tool, before, after, most));
            }
        }
        people.iter().for_each(|one| self.seen.insert(*one));
        Ok(())
    }

    /// What a run that would touch so many people in all meets.
    ///
    /// # Errors
    /// The fault of one that are too many.
    pub fn admits(&self, people: usize) -> Result<(), Fault> {
        match self.most {
            Most::Number(most) if people as u64 > most => {
                let what = format!("the run would touch {people} people");
                Err(self.too_many(&what, most).help(self.help("it takes", people)))
            }
            _ => Ok(()),
        }
    }

    fn over(&self, tool: &str, before: usize, after: usize, most: u64) -> Fault {
        let what = format!("`{tool}` would bring the people that this run touches from {before} to {after}");
        self.too_many(&what, most).help(self.help("this call takes", after))
    }

    fn too_many(&self, what: &str, most: u64) -> Fault {
        let because = self.said.because("max-people", "nobody said how many it is meant to reach");
        Fault::new(Code::PeopleOver, At::Call, format!("{what}, and it may touch {most}: {because}"))
            .label("not sent")
    }

    fn help(&self, takes: &str, people: usize) -> String {
        let instead = self.said.instead("max-people", people as u64);
        format!("if it is meant, say how many people it is meant for: {takes} {instead}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn people(most: u64) -> People {
        People::new(&Asked { command_line: Some(Most::Number(most)), ..Asked::default() })
    }

    fn touch(people: &mut People, names: &[&str]) -> Result<(), Fault> {
        let names: Vec<u64> = names.iter().map(|name| People::hashed(name)).collect();
        people.touch("track_event", &names)
    }

    #[test]
    fn the_one_over_the_limit_is_refused_and_those_who_were_there_are_not() {
        let mut people = people(2);
        assert_eq!(touch(&mut people, &["a"]), Ok(()));
        assert_eq!(touch(&mut people, &["a", "b", "a"]), Ok(()));
        let over = touch(&mut people, &["c"]).unwrap_err();
        assert_eq!(over.code, Code::PeopleOver);
        assert!(over.message.contains("from 2 to 3, and it may touch 2"), "{}", over.message);
        assert_eq!(touch(&mut people, &["b", "a"]), Ok(()));
        assert_eq!(touch(&mut people, &[]), Ok(()));
    }

    #[test]
    fn a_call_that_would_go_over_counts_nobody() {
        let mut people = people(3);
        assert!(touch(&mut people, &["a", "b", "c", "d"]).is_err());
        assert_eq!(touch(&mut people, &["e", "f", "g"]), Ok(()));
        assert!(touch(&mut people, &["a"]).is_err());
    }

    #[test]
    fn where_any_number_is_meant_nobody_is_kept() {
        let mut people = People::new(&Asked { profile: Some(Most::Any), ..Asked::default() });
        assert!(!people.counts());
        for n in 0..5_000 {
            assert_eq!(touch(&mut people, &[&n.to_string()]), Ok(()));
        }
        assert_eq!(people.seen.count(), 0);
    }

    #[test]
    fn a_whole_run_is_told_how_many_people_it_takes() {
        assert_eq!(people(2).admits(2), Ok(()));
        assert_eq!(
            People::new(&Asked { profile: Some(Most::Any), ..Asked::default() }).admits(5_000),
            Ok(())
        );
        let fault = people(2).admits(5_000).unwrap_err();
        assert!(
            fault.message.starts_with("the run would touch 5000 people, and it may touch 2"),
            "{}",
            fault.message
        );
        assert!(fault.help.unwrap().contains("it takes --max-people 5000"));
    }

    #[test]
    fn the_help_names_what_would_be_heeded() {
        let said = |asked: Asked| {
            let fault = touch(&mut People::new(&asked), &["a", "b"]).unwrap_err();
            (fault.message, fault.help.unwrap())
        };
        let one = Some(Most::Number(1));
        let (message, help) = said(Asked { header: one, ..Asked::default() });
        assert!(message.ends_with("the head of the script says so"), "{message}");
        assert!(help.contains("--max-people 2, or the line `//! max-people: 2`"), "{help}");
        let (message, help) = said(Asked { command_line: one, ..Asked::default() });
        assert!(message.ends_with("--max-people says so"), "{message}");
        assert!(help.contains("--max-people 2;") && !help.contains("//!"), "{help}");
    }
}
