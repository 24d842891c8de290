//! What a refused credential leads to, purely: its source is read again, once for all who were refused.

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

    /// The reading `number` is done, and the value was another or wasn't.
    pub fn end(&mut self, number: u64, changed: bool) {
        self.done = self.done.max(number);
        self.value += u64::from(changed);
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
    /// Decides after a 401 to a request that left with `carried`.
    pub fn refused(&mut self, carried: Carried, now: &Readings) -> Renew {
        if now.value > carried.value {
            Renew::GoOn
        } else if self.read || now.done > carried.begun {
            // The source was read after the request had left, and had nothing newer.
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

    #[test]
    fn the_first_to_be_refused_reads_and_the_others_in_flight_share_it() {
        for (changed, theirs) in [(true, Renew::GoOn), (false, Renew::Stand)] {
            let mut now = Readings::default();
            let (first, second) = (now.carried(), now.carried());
            assert_eq!(Renewal::default().refused(first, &now), Renew::Read);
            let number = now.begin();
            now.end(number, changed);
            assert_eq!(Renewal::default().refused(second, &now), theirs);
        }
    }

    #[test]
    fn a_reading_that_began_before_the_request_left_says_nothing_of_it() {
        let mut now = Readings::default();
        let number = now.begin();
        let carried = now.carried();
        now.end(number, false);
        assert_eq!(Renewal::default().refused(carried, &now), Renew::Read);
    }

    #[test]
    fn a_reading_that_was_cut_off_is_no_answer() {
        let mut now = Readings::default();
        let carried = now.carried();
        now.begin();
        assert_eq!(Renewal::default().refused(carried, &now), Renew::Read);
    }

    #[test]
    fn a_new_value_that_is_refused_too_stands_and_a_later_change_is_found_again() {
        let (mut now, mut renewal) = (Readings::default(), Renewal::default());
        assert_eq!(renewal.refused(now.carried(), &now), Renew::Read);
        let number = now.begin();
        now.end(number, true);
        assert_eq!(renewal.refused(now.carried(), &now), Renew::Stand);
        renewal.answered();
        assert_eq!(renewal.refused(now.carried(), &now), Renew::Read);
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
                match renewal.refused(carried, &now) {
                    Renew::Stand => continue,
                    Renew::GoOn => {}
                    Renew::Read => {
                        let number = now.begin();
                        now.end(number, changes);
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
