//! What people can set of [`Limits`], by its name: on the command line and in a script.

use std::time::Duration;

use super::retry::Limits;

/// One of the limits.
pub struct Setting {
    pub name: &'static str,
    /// What it is, as an end to "takes".
    unit: &'static str,
    /// Whether it counts something, so that half of one is nonsense.
    whole: bool,
    least: f64,
    most: f64,
    set: fn(&mut Limits, f64),
}

const HOUR: f64 = 3_600.0;
const DAY: f64 = 86_400.0;

/// All that can be set.
pub static SETTINGS: [Setting; 6] = [
    Setting {
        name: "attempts",
        unit: "a whole number",
        whole: true,
        least: 1.0,
        most: 100.0,
        set: |limits, n| limits.attempts = n as u32,
    },
    // Less than this, no answer ever comes in time.
    seconds("timeout", 0.01, HOUR, |limits, time| limits.timeout = Duration::from_secs_f64(time)),
    seconds("horizon", 0.0, DAY, |limits, time| limits.horizon = Duration::from_secs_f64(time)),
    seconds("first_pause", 0.0, HOUR, |limits, time| limits.first_pause = Duration::from_secs_f64(time)),
    seconds("longest_pause", 0.0, HOUR, |limits, time| limits.longest_pause = Duration::from_secs_f64(time)),
    seconds("longest_retry_after", 0.0, DAY, |limits, time| {
        limits.longest_retry_after = Duration::from_secs_f64(time);
    }),
];

const fn seconds(name: &'static str, least: f64, most: f64, set: fn(&mut Limits, f64)) -> Setting {
    Setting { name, unit: "seconds", whole: false, least, most, set }
}

impl Setting {
    pub fn of(name: &str) -> Option<&'static Setting> {
        SETTINGS.iter().find(|setting| setting.name == name)
    }

    /// What it takes: `seconds from 0.01 to 3600`.
    pub fn takes(&self) -> String {
        format!("{} from {} to {}", self.unit, self.least, self.most)
    }

    /// Sets it; `false` when it doesn't take `value`.
    #[must_use]
    pub fn set(&self, limits: &mut Limits, value: f64) -> bool {
        let takes = (self.least..=self.most).contains(&value) && (!self.whole || value.fract() == 0.0);
        if takes {
            (self.set)(limits, value);
        }
        takes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_sets_its_own_limit() {
        let mut limits = Limits::default();
        for (n, setting) in SETTINGS.iter().enumerate() {
            let before = limits;
            assert!(setting.set(&mut limits, 11.0 + n as f64), "{}", setting.name);
            assert_ne!(limits, before, "{}", setting.name);
        }
        let Limits { attempts, timeout, horizon, first_pause, longest_pause, longest_retry_after, .. } =
            limits;
        assert_eq!(attempts, 11);
        let times = [timeout, horizon, first_pause, longest_pause, longest_retry_after];
        assert_eq!(times.map(|time| time.as_secs()), [12, 13, 14, 15, 16]);
    }

    #[test]
    fn nonsense_is_not_taken() {
        let mut limits = Limits::default();
        let nonsense = [
            ("attempts", vec![0.0, -1.0, 2.5, 101.0, f64::NAN]),
            ("timeout", vec![0.0, -1.0, 1e9, f64::NAN, f64::INFINITY]),
            ("horizon", vec![-0.1, 1e9]),
        ];
        for (name, values) in nonsense {
            for value in values {
                assert!(!Setting::of(name).unwrap().set(&mut limits, value), "{name} {value}");
            }
        }
        assert_eq!(limits, Limits::default());
        assert_eq!(Setting::of("timeout").unwrap().takes(), "seconds from 0.01 to 3600");
        assert_eq!(Setting::of("attempts").unwrap().takes(), "a whole number from 1 to 100");
        assert!(Setting::of("retries").is_none());
    }
}
