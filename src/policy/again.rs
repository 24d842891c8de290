//! Whether a block of a script is tried again as a whole, and when.

use std::time::Duration;

use super::retry::{Limits, pause};
use crate::fault::Code;

/// Whether the same block may fare better another time: what the script itself got wrong, what isn't
/// allowed and what is in doubt stays as it is.
pub fn may_pass(code: Code) -> bool {
    matches!(
        code,
        Code::NotFound
            | Code::Refused
            | Code::Unreachable
            | Code::NoAnswer
            | Code::AnswerUnreadable
            | Code::CursorLoops
            | Code::InputUnreadable
    )
}

/// How long to wait after the try `n`, from 1: with full jitter, and at least as long as the server `asked`.
pub fn wait(n: u32, asked: Option<Duration>, jitter: f64, limits: &Limits) -> Duration {
    pause(n, jitter, limits).max(asked.unwrap_or_default().min(limits.longest_retry_after))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Ending;

    #[test]
    fn what_a_person_has_to_mend_or_settle_is_not_tried_again() {
        for code in Code::ALL {
            let settled =
                [Ending::Usage, Ending::Credentials, Ending::Guard, Ending::InDoubt].contains(&code.ending());
            let own = ["segue::argument::", "segue::audience::", "segue::person::", "segue::segment::"];
            let own = own.iter().any(|kind| code.name().starts_with(kind));
            assert!(!may_pass(*code) || !(settled || own), "{}", code.name());
            // Whoever says that trying later can help, helps.
            assert!(may_pass(*code) || code.ending() != Ending::Unfinished, "{}", code.name());
        }
    }

    #[test]
    fn a_server_that_asks_for_time_gets_it_within_bounds() {
        let limits = Limits::default();
        let second = Duration::from_secs;
        assert_eq!(wait(1, None, 1.0, &limits), limits.first_pause);
        assert_eq!(wait(2, None, 0.5, &limits), limits.first_pause);
        assert_eq!(wait(1, Some(second(7)), 0.0, &limits), second(7));
        assert_eq!(wait(1, Some(second(9_999)), 1.0, &limits), limits.longest_retry_after);
    }
}
