//! When the next line is due.

use std::time::Duration;

/// Something that comes round after each period of a run.
#[derive(Clone, Copy, Debug)]
pub struct Beat {
    period: Duration,
    next: Duration,
}

impl Beat {
    pub const fn every(period: Duration) -> Beat {
        Beat { period, next: period }
    }

    /// Whether it is due so long after the beginning. What was missed meanwhile isn't made up for.
    pub fn is_due(&mut self, elapsed: Duration) -> bool {
        let due = elapsed >= self.next;
        while self.next <= elapsed {
            self.next += self.period;
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_due_after_each_period_and_not_made_up_for() {
        let mut beat = Beat::every(Duration::from_secs(10));
        let due = [0, 9, 10, 11, 19, 20, 55, 56, 60].map(|s| beat.is_due(Duration::from_secs(s)));
        assert_eq!(due, [false, false, true, false, false, true, true, false, true]);
    }
}
