//! Lists, numbers and times as a message says them.

use std::time::Duration;

/// Names in a sentence: `a, b and c`.
pub fn listed<T: AsRef<str>>(names: &[T], last: &str) -> String {
    match names {
        [] => String::new(),
        [one] => one.as_ref().to_string(),
        [most @ .., end] => {
            let most: Vec<&str> = most.iter().map(AsRef::as_ref).collect();
            format!("{} {last} {}", most.join(", "), end.as_ref())
        }
    }
}

/// So many of something whose plural takes an s: `1 request`, `3 requests`.
pub fn counted(n: u64, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

/// How long something took or takes: `80 ms`, `1.5 s`, `93 s`, `10.0 min`, `2.5 h`.
pub fn time_in_words(time: Duration) -> String {
    match time.as_secs_f64() {
        s if s < 0.1 => format!("{:.0} ms", s * 1_000.0),
        s if s < 10.0 => format!("{s:.1} s"),
        s if s < 120.0 => format!("{s:.0} s"),
        s if s < 7_200.0 => format!("{:.1} min", s / 60.0),
        s => format!("{:.1} h", s / 3_600.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_reads_as_a_sentence() {
        assert_eq!(listed(&["a"], "and"), "a");
        assert_eq!(listed(&["a", "b", "c"], "or"), "a, b or c");
    }

    #[test]
    fn one_is_told_from_several() {
        assert_eq!([0, 1, 2].map(|n| counted(n, "write")), ["0 writes", "1 write", "2 writes"]);
    }

    #[test]
    fn a_time_is_told_as_finely_as_it_matters() {
        let times =
            [80, 1_540, 93_400, 600_000, 9_000_000].map(|ms| time_in_words(Duration::from_millis(ms)));
        assert_eq!(times, ["80 ms", "1.5 s", "93 s", "10.0 min", "2.5 h"]);
    }
}
