//! How many writes a run may have refused before it makes no further call, purely. A script that writes
//! nonsense about everybody is stopped before it has gone through all of them.

use super::most::{Asked, Most, Said};
use crate::fault::{At, Code, Fault, counted};

/// How many rejected writes a run puts up with.
#[derive(Clone, Copy, Debug)]
pub struct Rejections {
    most: Most,
    said: Said,
}

impl Rejections {
    /// So many where nobody says how many.
    pub const DEFAULT: u64 = 1_000;

    pub fn new(asked: &Asked) -> Rejections {
        let (most, said) = asked.limit(Rejections::DEFAULT);
        Rejections { most, said }
    }

    /// Whether a run may make another call after so many were rejected.
    ///
    /// # Errors
    /// The fault of that call, of `tool`.
    pub fn admit(&self, tool: &str, rejected: u64) -> Result<(), Fault> {
        match self.most {
            Most::Number(most) if rejected > most => Err(self.over(tool, rejected, most)),
            _ => Ok(()),
        }
    }

    fn over(&self, tool: &str, rejected: u64, most: u64) -> Fault {
        let because = self.said.because("max-rejected", "nobody said otherwise");
        let writes = counted(rejected, "write");
        let were = if rejected == 1 { "was" } else { "were" };
        let message = format!(
            "`{tool}` isn't called: {writes} {were} rejected, and the run goes on after {most} at most: {because}"
        );
        // Twice as many: what is under way adds to them.
        let instead = self.said.instead("max-rejected", rejected.saturating_mul(2));
        Fault::new(Code::RejectedOver, At::Call, message).label("the run ends here").help(format!(
            "why they were rejected is told below, and what was written before is still delivered; if so many \
             are no surprise, {instead}"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admits(most: Most, rejected: u64) -> Result<(), Fault> {
        Rejections::new(&Asked { command_line: Some(most), ..Asked::default() }).admit("x", rejected)
    }

    #[test]
    fn one_more_than_the_limit_is_one_too_many() {
        assert_eq!(admits(Most::Number(2), 2), Ok(()));
        assert_eq!(admits(Most::Number(2), 3).unwrap_err().code, Code::RejectedOver);
        assert_eq!(admits(Most::Number(0), 0), Ok(()));
        assert!(admits(Most::Number(0), 1).is_err());
        assert_eq!(admits(Most::Any, u64::MAX), Ok(()));
        let nobody = Rejections::new(&Asked::default());
        assert_eq!(nobody.admit("x", 1_000), Ok(()));
        assert!(nobody.admit("x", 1_001).is_err());
    }

    #[test]
    fn it_says_what_is_over_and_what_to_do() {
        let fault = admits(Most::Number(0), 1).unwrap_err();
        assert_eq!(
            fault.message,
            "`x` isn't called: 1 write was rejected, and the run goes on after 0 at most: --max-rejected says so"
        );
        let help = Rejections::new(&Asked::default()).admit("x", 1_001).unwrap_err().help.unwrap();
        assert!(help.contains("--max-rejected 2002, or the line `//! max-rejected: 2002`"), "{help}");
    }
}
