//! What a refused credential leads to, purely: its source is read again, once for all who were refused, and
//! not over and over by a script that goes on after each refusal. Times are since some moment that stays.

use std::time::Duration;

/// How long a value that the source gave last, and that was refused, is taken for what it would give again.
pub const RESPITE: Duration = Duration::from_secs(10);

/// Which value of a credential a request carried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Carried {
    /// How often the value had changed.
    pub value: u64,
    /// How often reading it again had been begun when the request left.
    pub begun: u64,
}

/// Where a credential stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Readings {
    /// How often the value has changed.
    pub value: u64,
    /// How often reading it again was begun.
    pub begun: u64,
    /// The number of the last reading that came to its end.
    pub done: u64,
    /// What the last reading left behind, and when it ended.
    last: Option<(Left, Duration)>,
}

/// What a reading left behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Left {
    /// The value that was refused.
    Refused,
    /// Another, with which nothing was sent yet but what was refused.
    Untried,
}

impl Readings {
    /// What a request that leaves now carries.
    pub fn carried(&self) -> Carried {
        Carried { value: self.value, begun: self.begun }
    }

    /// The number of a reading that begins now.
    pub fn begin(&mut self) -> u64 {
        self.begun += 1;
        self.begun
    }

    /// The reading `number` is done at `now`, and the value was another or wasn't.
    pub fn end(&mut self, number: u64, changed: bool, now: Duration) {
        self.done = self.done.max(number);
        self.value += u64::from(changed);
        self.last = Some((if changed { Left::Untried } else { Left::Refused }, now));
    }

    /// Whether it is news that a request which left with `carried` wasn't refused.
    pub fn is_news(&self, carried: Carried) -> bool {
        carried.value == self.value && matches!(self.last, Some((Left::Untried, _)))
    }

    /// A request that left with `carried` came to anything but a 401: the next one is another rotation.
    pub fn taken(&mut self, carried: Carried) {
        if self.is_news(carried) {
            self.last = None;
        }
    }

    /// Whether it is too early to ask the source for anything else than it gave last.
    fn rests(&self, now: Duration) -> bool {
        self.last.is_some_and(|(_, ended)| now.saturating_sub(ended) < RESPITE)
    }
}

/// What to do after a 401. It was refused unprocessed, so that the same bytes may go out again, whatever
/// the call is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renew {
    /// Somebody has read a newer value meanwhile: send again with it.
    GoOn,
    /// Read the credential again from its source.
    Read,
    /// The refusal stands.
    Stand,
}

/// One request's dealings with a refused credential.
#[derive(Clone, Copy, Debug, Default)]
pub struct Renewal {
    /// Whether it had the source read since it was last answered anything but 401.
    read: bool,
}

impl Renewal {
    /// Decides at `now` after a 401 to a request that left with `carried`.
    pub fn refused(&mut self, carried: Carried, readings: &Readings, now: Duration) -> Renew {
        if readings.value > carried.value {
            Renew::GoOn
        } else if self.read || readings.done > carried.begun || readings.rests(now) {
            // The source was read after the request had left or just before, and had nothing newer.
            Renew::Stand
        } else {
            self.read = true;
            Renew::Read
        }
    }

    /// Takes note of any other outcome: a 401 after it is news again.
    pub fn answered(&mut self) {
        self.read = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: Duration = Duration::from_secs(100);

    #[test]
    fn the_first_to_be_refused_reads_and_the_others_in_flight_share_it() {
        for (changed, theirs) in [(true, Renew::GoOn), (false, Renew::Stand)] {
            let mut now = Readings::default();
            let (first, second) = (now.carried(), now.carried());
            assert_eq!(Renewal::default().refused(first, &now, NOW), Renew::Read);
            let number = now.begin();
            now.end(number, changed, NOW);
            assert_eq!(Renewal::default().refused(second, &now, NOW), theirs);
        }
    }

    #[test]
    fn a_reading_that_began_before_the_request_left_says_nothing_of_it() {
        let mut now = Readings::default();
        let number = now.begin();
        let carried = now.carried();
        now.end(number, false, NOW);
        assert_eq!(Renewal::default().refused(carried, &now, NOW + RESPITE), Renew::Read);
    }

    #[test]
    fn a_reading_that_was_cut_off_is_no_answer() {
        let mut now = Readings::default();
        let carried = now.carried();
        now.begin();
        assert_eq!(Renewal::default().refused(carried, &now, NOW), Renew::Read);
    }

    #[test]
    fn a_new_value_that_is_refused_too_stands_and_a_later_change_is_found_again() {
        let (mut now, mut renewal) = (Readings::default(), Renewal::default());
        assert_eq!(renewal.refused(now.carried(), &now, NOW), Renew::Read);
        let number = now.begin();
        now.end(number, true, NOW);
        assert_eq!(renewal.refused(now.carried(), &now, NOW), Renew::Stand);
        renewal.answered();
        now.taken(now.carried());
        assert_eq!(renewal.refused(now.carried(), &now, NOW), Renew::Read);
    }

    /// As a script has it that catches every refusal and goes on: a second is a request.
    fn readings_of_a_minute(changes: bool) -> u64 {
        let mut now = Readings::default();
        for at in (0..60).map(Duration::from_secs) {
            let mut renewal = Renewal::default();
            while renewal.refused(now.carried(), &now, at) == Renew::Read {
                let number = now.begin();
                now.end(number, changes, at);
            }
        }
        now.begun
    }

    #[test]
    fn who_goes_on_after_each_refusal_has_the_source_read_now_and_then() {
        for changes in [false, true] {
            assert_eq!(readings_of_a_minute(changes), 60 / RESPITE.as_secs());
        }
    }

    #[test]
    fn a_value_that_was_taken_and_is_refused_later_is_another_rotation() {
        let mut now = Readings::default();
        let before = now.carried();
        let number = now.begin();
        now.end(number, true, NOW);
        // What the value before it was taken for says nothing.
        now.taken(before);
        assert_eq!(Renewal::default().refused(now.carried(), &now, NOW), Renew::Stand);
        now.taken(now.carried());
        assert_eq!(Renewal::default().refused(now.carried(), &now, NOW), Renew::Read);
        // One that is taken here and refused there: its source was asked already.
        let number = now.begin();
        now.end(number, false, NOW);
        now.taken(now.carried());
        assert_eq!(Renewal::default().refused(now.carried(), &now, NOW), Renew::Stand);
        assert_eq!(Renewal::default().refused(now.carried(), &now, NOW + RESPITE), Renew::Read);
    }

    proptest! {
        /// A source that gives another value each time, a program that makes new keys for instance, doesn't
        /// keep a server busy that takes none of them.
        #[test]
        fn as_many_readings_as_requests_end_it(requests in 1usize..20, changes in any::<bool>()) {
            let mut now = Readings::default();
            let mut open: Vec<(Renewal, Carried)> = vec![(Renewal::default(), now.carried()); requests];
            let mut sent = requests;
            while let Some((mut renewal, carried)) = open.pop() {
                match renewal.refused(carried, &now, NOW) {
                    Renew::Stand => continue,
                    Renew::GoOn => {}
                    Renew::Read => {
                        let number = now.begin();
                        now.end(number, changes, NOW);
                        if !changes {
                            continue;
                        }
                    }
                }
                sent += 1;
                open.insert(0, (renewal, now.carried()));
                prop_assert!(sent <= requests * (requests + 2), "{sent} requests");
            }
            prop_assert!(now.begun <= requests as u64);
        }
    }
}
