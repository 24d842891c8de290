//! What came of the turns, for people.

use super::cases::{Case, Work};
use super::{Done, meter};
use segue::spec::Bucket;
use std::fmt::{self, Display};
use std::path::Path;
use std::process::Command;

const MB: f64 = 1e6;

/// Both at the same job, one after the other.
pub struct Turn {
    pub members: usize,
    /// None where there is nothing to compare.
    pub client: Option<Done>,
    pub segue: Done,
}

impl Turn {
    fn rate(&self, seconds: f64) -> f64 {
        self.members as f64 / seconds
    }

    /// How fast it can be done, in members a second: as the client does it, and not faster than limits allow.
    fn possible(&self, case: &Case) -> Option<f64> {
        let client = self.client.as_ref()?;
        let limited = if case.limited { allowed(client) } else { 0.0 };
        Some(self.rate(client.usage.wall.max(limited)))
    }
}

/// The seconds that the documented limits and one burst of each allow for the client's requests.
fn allowed(client: &Done) -> f64 {
    let seconds = |(bucket, requests): (&Bucket, &u64)| {
        let limit = bucket.limit();
        requests.saturating_sub(limit.requests.into()) as f64 / f64::from(limit.requests)
            * limit.per.as_secs_f64()
    };
    client.counts.requests.iter().map(seconds).fold(0.0, f64::max)
}

/// A figure of each turn.
type Figure = fn(&Case, &Turn) -> Option<f64>;

fn client(turn: &Turn) -> Option<&meter::Usage> {
    turn.client.as_ref().map(|client| &client.usage)
}

/// The columns: what stands above them, the figure, and its decimals.
const COLUMNS: [(&str, Figure, usize); 9] = [
    ("members/s", |case, turn| (case.work != Work::Read).then(|| turn.rate(turn.segue.usage.wall)), 0),
    ("possible", |case, turn| turn.possible(case), 0),
    ("**share**", |case, turn| Some(turn.rate(turn.segue.usage.wall) / turn.possible(case)?), 2),
    (
        "CPU µs a member",
        |case, turn| (case.work != Work::Read).then(|| turn.segue.usage.cpu / turn.members as f64 * 1e6),
        2,
    ),
    ("client's", |_, turn| Some(client(turn)?.cpu / turn.members as f64 * 1e6), 2),
    ("**times**", |_, turn| Some(turn.segue.usage.cpu / client(turn)?.cpu), 2),
    ("peak MB", |_, turn| Some(turn.segue.usage.peak / MB), 0),
    ("client's", |_, turn| Some(client(turn)?.peak / MB), 0),
    ("first request, ms", |_, turn| Some(turn.segue.first * 1e3), 1),
];

impl Display for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Turn { members, segue, client } = self;
        write!(f, "segue {:.3} s", segue.usage.wall)?;
        if let Some(client) = client {
            write!(f, ", client {:.3} s", client.usage.wall)?;
        }
        write!(f, ", CPU {:.3} s", segue.usage.cpu)?;
        if let Some(client) = client {
            write!(f, " and {:.3} s", client.usage.cpu)?;
        }
        write!(f, ", peak {:.0} MB, first request after ", segue.usage.peak / MB)?;
        let counts = &segue.counts;
        write!(f, "{:.1} ms, {members} members, all arrived", segue.first * 1e3)?;
        for (count, what) in
            [(counts.repeated, "came again"), (counts.limited, "answers 429"), (counts.faulted, "faults")]
        {
            if count > 0 {
                write!(f, ", {count} {what}")?;
            }
        }
        Ok(())
    }
}

/// The medians of all turns as Markdown, with the machine they were taken on.
pub fn table(rows: &[(Case, Vec<Turn>)], members: u32, turns: u32) -> String {
    let mut table = format!("{members} members; medians of {turns} turns; {}.\n\n| job |", machine());
    COLUMNS.iter().for_each(|(head, ..)| table += &format!(" {head} |"));
    table += "\n|--|";
    table += &"--:|".repeat(COLUMNS.len());
    table.push('\n');
    for (case, turns) in rows {
        table += &format!("| {} |", case.about);
        for (_, figure, decimals) in COLUMNS {
            let figures: Option<Vec<f64>> = turns.iter().map(|turn| figure(case, turn)).collect();
            match figures {
                Some(figures) => table += &format!(" {} |", grouped(median(figures), decimals)),
                None => table += " |",
            }
        }
        table.push('\n');
    }
    table
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    let middle = figures.len() / 2;
    if figures.len() % 2 == 1 { figures[middle] } else { (figures[middle - 1] + figures[middle]) / 2.0 }
}

/// A number with commas between its thousands.
fn grouped(number: f64, decimals: usize) -> String {
    let text = format!("{number:.decimals$}");
    let whole = text.split('.').next().map_or(0, str::len);
    let comma = |i: usize| i > 0 && i < whole && (whole - i).is_multiple_of(3);
    text.chars().enumerate().fold(String::new(), |mut grouped, (i, c)| {
        if comma(i) {
            grouped.push(',');
        }
        grouped.push(c);
        grouped
    })
}

/// What the figures were taken on, as far as the system tells: nothing that names it.
fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let file = |path: &str, name: &str| {
        let text = std::fs::read_to_string(path).ok()?;
        let line = text.lines().find(|line| line.starts_with(name))?;
        Some(line.split_once(':')?.1.trim().to_string())
    };
    let memory = file("/proc/meminfo", "MemTotal").and_then(|total| {
        let kib: f64 = total.split(' ').next()?.parse().ok()?;
        Some(format!("{:.0} GB", kib * 1_024.0 / 1e9))
    });
    let said = |program: &str, argument: &str| {
        let output = Command::new(program).arg(argument).output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        text.lines().next().map(str::to_string)
    };
    let parts = [
        Some(format!("{cores} cores")),
        file("/proc/cpuinfo", "model name"),
        memory,
        // Without what a vendor puts behind the version.
        said("uname", "-sr").map(|kernel| kernel.split('-').next().unwrap_or_default().to_string()),
        said("rustc", "-V"),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

const BEGIN: &str = "<!-- table -->\n";
const END: &str = "<!-- /table -->";

/// Puts the table into the readme beside this, between its marks.
pub fn write(table: &str) -> Result<(), String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/README.md");
    let failed = |why: &dyn Display| format!("benches/README.md: {why}");
    let text = std::fs::read_to_string(&path).map_err(|why| failed(&why))?;
    let parts = text.split_once(BEGIN).and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)));
    let (before, after) = parts.ok_or_else(|| failed(&"it has no place for the table"))?;
    let text = format!("{before}{BEGIN}\n{table}\n{END}{after}");
    std::fs::write(&path, text).map_err(|why| failed(&why))
}
