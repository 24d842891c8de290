//! What the screen of a watch shows: the file, the time and the result, and what is wrong first.

use unicode_width::UnicodeWidthChar;

use crate::diagnostics::Look;

/// What the runs work on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Where {
    Sandbox,
    /// Reads are real: the keys that are read with.
    DryRun(String),
    /// Everything is real: the keys that are worked with.
    Live(String),
}

impl Where {
    /// In words, what is real in red.
    pub fn words(&self, look: Look) -> String {
        match self {
            Where::Sandbox => "sandbox".to_string(),
            Where::DryRun(keys) => format!("dry run, {keys}"),
            Where::Live(keys) => red(&format!("LIVE, {keys}"), look),
        }
    }
}

/// All that may be shown.
#[derive(Clone, Debug)]
pub struct View {
    pub place: Where,
    /// How many scripts are watched, where a folder is.
    pub scripts: Option<usize>,
    pub running: Option<Now>,
    pub last: Option<Result>,
    /// The last result that was good.
    pub good: Option<Result>,
    /// What happened since a script was run.
    pub news: Vec<String>,
    /// Whether there are keys to press.
    pub keys: bool,
}

/// A run under way.
#[derive(Clone, Debug)]
pub struct Now {
    pub script: String,
    pub at: String,
    pub progress: Option<String>,
    pub output: Output,
    pub notes: Vec<String>,
}

/// The last lines that a run printed.
#[derive(Clone, Debug, Default)]
pub struct Output {
    /// How many lines came before these.
    pub before: usize,
    pub lines: Vec<String>,
}

/// What became of a run.
#[derive(Clone, Debug)]
pub struct Result {
    pub script: String,
    /// When it began, as a clock shows it.
    pub at: String,
    pub good: bool,
    /// Whether it gave way to another.
    pub skipped: bool,
    pub diagnostics: String,
    pub summary: String,
    pub output: Output,
    /// What was said on its way.
    pub notes: Vec<String>,
}

fn red(text: &str, look: Look) -> String {
    if look.colour { format!("\x1b[1;31m{text}\x1b[0m") } else { text.to_string() }
}

fn green(text: &str, look: Look) -> String {
    if look.colour { format!("\x1b[32m{text}\x1b[0m") } else { text.to_string() }
}

fn dim(text: &str, look: Look) -> String {
    if look.colour { format!("\x1b[2m{text}\x1b[0m") } else { text.to_string() }
}

/// The lines of the screen, at most `rows` of at most `columns`.
pub fn lines(view: &View, rows: usize, columns: usize, look: Look) -> Vec<String> {
    let foot = foot(view, look);
    let body = rows.saturating_sub(1 + usize::from(foot.is_some())).max(1);
    let none = Output::default();
    let news = view.news.iter().flat_map(|line| said(line, columns, look));
    let (head, words, output) = match (&view.running, &view.last) {
        (Some(now), _) => {
            let head = head(&now.script, &now.at, "running", view, look);
            (head, running(now, columns, look), &now.output)
        }
        (None, Some(last)) => {
            let head = head(&last.script, &last.at, &verdict(last, look), view, look);
            (head, told(last, columns, look), &last.output)
        }
        (None, None) => (view.place.words(look), vec![], &none),
    };
    let words = news.chain(words).collect();
    let under = view.last.as_ref().is_none_or(|last| !last.good) || view.running.is_some();
    let below = view.good.as_ref().filter(|_| under).map(|good| (kept(good, columns, look), &good.output));
    // What is wrong comes first, but never takes the last good result away.
    let all = below.as_ref().map_or(0, |(words, output)| words.len() + output.rows());
    let reserved = all.min((body / 3).max(3)).min(body.saturating_sub(1));
    let mut shown = vec![head];
    shown.extend(fitted(words, output, body - reserved.min(body)));
    let left = body.saturating_sub(shown.len() - 1);
    if let Some((words, output)) = below {
        shown.extend(fitted(words, output, left));
    }
    shown.extend(foot);
    shown.truncate(rows.max(1));
    shown.into_iter().map(|line| cut(&line, columns, look)).collect()
}

fn head(script: &str, at: &str, verdict: &str, view: &View, look: Look) -> String {
    let name = if look.colour { format!("\x1b[1m{script}\x1b[0m") } else { script.to_string() };
    let of = view.scripts.map(|n| format!("  {}", dim(&format!("of {n} scripts"), look))).unwrap_or_default();
    format!("{name}  {at}  {verdict}  {}{of}", view.place.words(look))
}

fn verdict(result: &Result, look: Look) -> String {
    match result {
        Result { good: true, .. } => green("done", look),
        Result { skipped: true, .. } => "skipped".to_string(),
        _ => red("failed", look),
    }
}

/// What is said beside a result, on as many lines as it takes.
fn said(text: &str, columns: usize, look: Look) -> Vec<String> {
    wrapped(text, columns).iter().map(|line| dim(line, look)).collect()
}

fn wrapped(text: &str, columns: usize) -> Vec<String> {
    text.lines().flat_map(|line| textwrap::wrap(line, columns.max(1))).map(String::from).collect()
}

fn running(now: &Now, columns: usize, look: Look) -> Vec<String> {
    let notes = now.notes.iter().flat_map(|line| said(line, columns, look));
    notes.chain(now.progress.iter().map(|line| dim(line, look))).collect()
}

fn told(result: &Result, columns: usize, look: Look) -> Vec<String> {
    let mut lines: Vec<String> = result.diagnostics.lines().map(str::to_string).collect();
    lines.extend(wrapped(&result.summary, columns));
    lines.extend(result.notes.iter().flat_map(|line| said(line, columns, look)));
    if !result.output.lines.is_empty() {
        lines.push(String::new());
    }
    lines
}

fn kept(good: &Result, columns: usize, look: Look) -> Vec<String> {
    let line = if look.unicode { "──" } else { "--" };
    let mut lines = vec![dim(&format!("{line} last good result: {}, {} {line}", good.script, good.at), look)];
    lines.extend(said(&good.summary, columns, look));
    lines
}

fn foot(view: &View, look: Look) -> Option<String> {
    view.keys.then(|| dim("r runs again, q leaves", look))
}

impl Output {
    /// How many rows all of it takes.
    fn rows(&self) -> usize {
        self.lines.len() + usize::from(self.before > 0)
    }

    /// The last of it, in so many rows: what a run comes to stands at its end.
    fn last(&self, most: usize) -> Vec<String> {
        if self.rows() <= most && self.before == 0 {
            return self.lines.clone();
        }
        // In one row the last says more than a count.
        let counts = most > 1;
        let from = self.lines.len().saturating_sub(most - usize::from(counts));
        let before = counts.then(|| format!("({} lines before these)", self.before + from));
        before.into_iter().chain(self.lines[from..].iter().cloned()).collect()
    }
}

/// As many `words` as fit and how many don't, and of the output as much as there is room for.
fn fitted(mut words: Vec<String>, output: &Output, most: usize) -> Vec<String> {
    if words.len() > most && most > 0 {
        let left = words.len() - (most - 1);
        words.truncate(most - 1);
        words.push(format!("({left} more lines)"));
    }
    words.truncate(most);
    let left = most - words.len();
    words.extend(output.last(left));
    words
}

/// What fits into so many columns of a line, with a mark where something doesn't; commands of its own to the terminal,
/// such as colours, take none.
fn cut(line: &str, columns: usize, look: Look) -> String {
    let (mut out, mut used, mut escape, mut coloured) = (String::new(), 0, false, false);
    // Where the mark would stand.
    let mut mark = 0;
    for c in line.chars() {
        if escape || c == '\x1b' {
            (escape, coloured) = (c == '\x1b' || !c.is_ascii_alphabetic(), true);
            out.push(c);
            continue;
        }
        let c = if c == '\t' { ' ' } else { c };
        used += c.width().unwrap_or(0);
        if used > columns {
            out.truncate(mark);
            out.push(if look.unicode { '…' } else { '>' });
            break;
        }
        out.push(c);
        if used < columns {
            mark = out.len();
        }
    }
    if coloured {
        out.push_str("\x1b[0m");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Look = Look { colour: false, unicode: true, width: 80 };

    fn result(at: &str, good: bool, output: &[&str]) -> Result {
        Result {
            script: "a.rhai".into(),
            at: at.into(),
            good,
            diagnostics: if good { String::new() } else { "× it is wrong\n  at a.rhai:1\n".into() },
            summary: format!("{} after 1.0 s: 3 track_event\n", if good { "done" } else { "failed" }),
            skipped: false,
            output: output_of(output),
            notes: vec![],
        }
    }

    fn output_of(lines: &[&str]) -> Output {
        Output { before: 0, lines: lines.iter().map(ToString::to_string).collect() }
    }

    fn view() -> View {
        let (place, keys) = (Where::Sandbox, true);
        View { place, scripts: None, running: None, last: None, good: None, news: vec![], keys }
    }

    #[test]
    fn what_is_wrong_comes_first_and_the_last_good_result_stays() {
        let good = result("10:00:00", true, &["1", "2"]);
        let mut view = View { last: Some(good.clone()), good: Some(good), ..view() };
        assert_eq!(
            lines(&view, 24, 80, PLAIN),
            [
                "a.rhai  10:00:00  done  sandbox",
                "done after 1.0 s: 3 track_event",
                "",
                "1",
                "2",
                "r runs again, q leaves"
            ]
        );
        view.last = Some(result("10:00:05", false, &["1"]));
        assert_eq!(
            lines(&view, 24, 80, PLAIN),
            [
                "a.rhai  10:00:05  failed  sandbox",
                "× it is wrong",
                "  at a.rhai:1",
                "failed after 1.0 s: 3 track_event",
                "",
                "1",
                "── last good result: a.rhai, 10:00:00 ──",
                "done after 1.0 s: 3 track_event",
                "1",
                "2",
                "r runs again, q leaves",
            ]
        );
    }

    #[test]
    fn a_run_shows_how_far_it_is_above_the_last_good_result() {
        let now = Now {
            script: "a.rhai".into(),
            at: "10:00:09".into(),
            progress: Some("5 of 9".into()),
            output: output_of(&["so far"]),
            notes: vec!["waiting".into()],
        };
        let good = Some(result("10:00:00", true, &["2"]));
        let view = View { running: Some(now), last: good.clone(), good, scripts: Some(7), ..view() };
        let shown = lines(&view, 24, 80, PLAIN);
        assert_eq!(
            shown[..4],
            ["a.rhai  10:00:09  running  sandbox  of 7 scripts", "waiting", "5 of 9", "so far"]
        );
        assert_eq!(shown[4], "── last good result: a.rhai, 10:00:00 ──");
    }

    #[test]
    fn a_small_screen_holds_what_matters_most() {
        let many: Vec<String> = (0..100).map(|n| format!("a line that is numbered {n}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let (last, good) = (Some(result("10:00:05", false, &many)), Some(result("10:00:00", true, &many)));
        let view = View { last, good, place: Where::Live("profile \"p\"".into()), ..view() };
        for (rows, columns) in [(24, 80), (12, 20), (6, 10), (3, 5), (1, 1)] {
            let shown = lines(&view, rows, columns, Look { colour: true, ..PLAIN });
            assert!(shown.len() <= rows, "{shown:?}");
            for line in &shown {
                let mut screen = vt100::Parser::new(2.try_into().unwrap(), 200.try_into().unwrap(), 0);
                screen.process(line.as_bytes());
                assert!(screen.screen().cursor_position().1 as usize <= columns, "{line:?}");
            }
        }
        let shown = lines(&view, 12, 60, PLAIN);
        assert_eq!(shown[1], "× it is wrong");
        assert!(shown.iter().any(|line| line.contains("last good")), "{shown:#?}");
        assert_eq!(shown[5..7], ["(98 lines before these)", "a line that is numbered 98"]);
        assert_eq!(shown.iter().filter(|line| line.ends_with("numbered 99")).count(), 2, "{shown:#?}");
    }

    #[test]
    fn what_is_said_is_wrapped_and_what_is_printed_is_cut_with_a_mark() {
        let mut last = result(
            "10:00:00",
            true,
            &["äöü a line that is far too long", "\x1b[31mred and long too\x1b[0m", "as long as it may"],
        );
        last.output.before = 7;
        let view =
            View { last: Some(last), news: vec!["what happened meanwhile".into()], keys: false, ..view() };
        assert_eq!(
            lines(&view, 24, 17, PLAIN)[1..],
            [
                "what happened",
                "meanwhile",
                "done after 1.0 s:",
                "3 track_event",
                "",
                "(7 lines before …",
                "äöü a line that …",
                "\x1b[31mred and long too\x1b[0m\x1b[0m",
                "as long as it may",
            ]
        );
    }

    #[test]
    fn live_is_red() {
        let words = |colour| Where::Live("profile \"p\"".into()).words(Look { colour, ..PLAIN });
        assert_eq!(
            [words(true), words(false)],
            ["\x1b[1;31mLIVE, profile \"p\"\x1b[0m", "LIVE, profile \"p\""]
        );
        assert_eq!(Where::DryRun("profile \"p\"".into()).words(PLAIN), "dry run, profile \"p\"");
    }
}
