//! The writes that a dry run keeps back: what they are, what they would meet, and how long they would
//! take.

use bytes::Bytes;
use std::collections::HashSet;
use std::time::Duration;

use crate::fault::{Fault, Place};
use crate::outbox::BODY;
use crate::policy::Rates;
use crate::request::Request;
use crate::spec::{Bucket, Delivery, Tool};

/// As many requests of each tool are shown as they would go out.
const FIRST: usize = 3;

/// What a dry run kept back.
#[derive(Clone, Debug, Default)]
pub struct Withheld {
    /// By tool, in the order of their first calls.
    pub writes: Vec<Writes>,
    /// What would have stopped the run, in the order it was met.
    pub meets: Vec<Met>,
    flushed: u64,
}

/// The calls of one tool.
#[derive(Clone, Debug)]
pub struct Writes {
    pub tool: &'static Tool,
    pub calls: u64,
    /// The people they name, by a hash of one identifier each.
    people: HashSet<u64>,
    /// The bytes of their bodies in all.
    bytes: u64,
    pub first: Vec<Sample>,
}

impl Writes {
    /// How many people they name.
    pub fn people(&self) -> usize {
        self.people.len()
    }

    /// The requests they go out in, where nothing makes a run send them sooner than it has to.
    fn requests(&self) -> u64 {
        match self.tool.delivery {
            Delivery::Batched => self.bytes.div_ceil(BODY as u64),
            Delivery::Now | Delivery::Streamed => self.calls,
        }
    }
}

/// A request as it would go out.
#[derive(Clone, Debug)]
pub struct Sample {
    pub place: Place,
    pub path: String,
    pub body: Option<Bytes>,
}

/// A fault that the run would have met.
#[derive(Clone, Debug)]
pub struct Met {
    pub fault: Fault,
    pub place: Place,
    pub times: u64,
}

/// The account of a dry run.
#[derive(Clone, Debug)]
pub struct DryRun {
    pub withheld: Withheld,
    pub demands: Vec<Demand>,
}

/// What a run asks of one limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Demand {
    pub bucket: Bucket,
    pub requests: u64,
    /// Requests a second that a live run keeps to.
    pub rate: f64,
    /// The least time the limit makes it take.
    pub time: Duration,
}

impl Withheld {
    /// Keeps a request back that names `people`.
    pub fn keep(&mut self, request: Request, people: &[u64], place: Place) {
        let Request { tool, path, body, .. } = request;
        let index = self.writes.iter().position(|writes| writes.tool.slug == tool.slug);
        let index = index.unwrap_or_else(|| {
            self.writes.push(Writes { tool, calls: 0, people: HashSet::new(), bytes: 0, first: vec![] });
            self.writes.len() - 1
        });
        let writes = &mut self.writes[index];
        writes.calls += 1;
        writes.bytes += body.as_ref().map_or(0, Bytes::len) as u64;
        writes.people.extend(people);
        if writes.first.len() < FIRST {
            writes.first.push(Sample { place, path, body });
        }
    }

    /// Notes what would have stopped the run.
    pub fn meet(&mut self, fault: Fault, place: Place) {
        let same = |met: &&mut Met| {
            met.fault.code == fault.code && met.fault.message == fault.message && met.place == place
        };
        match self.meets.iter_mut().find(same) {
            Some(met) => met.times += 1,
            None => self.meets.push(Met { fault, place, times: 1 }),
        }
    }

    /// How many people all of them name.
    pub fn people(&self) -> usize {
        let all: HashSet<&u64> = self.writes.iter().flat_map(|writes| &writes.people).collect();
        all.len()
    }

    /// How many were kept back since the last time this was asked.
    pub fn since_flush(&mut self) -> u64 {
        let calls = self.writes.iter().map(|writes| writes.calls).sum();
        calls - std::mem::replace(&mut self.flushed, calls)
    }

    /// What these writes, together with the `reads` that were made, ask of each limit.
    pub fn demands(&self, reads: &[(&'static Tool, u64)], rates: &Rates) -> Vec<Demand> {
        let writes = self.writes.iter().map(|writes| (writes.tool, writes.requests()));
        let calls: Vec<_> = writes.chain(reads.iter().copied()).collect();
        let demand = |bucket: Bucket| {
            let of_bucket = calls.iter().filter(|(tool, _)| tool.bucket == bucket);
            let requests = of_bucket.map(|(_, calls)| calls).sum::<u64>();
            let rate = rates.pace(bucket).full_rate().unwrap_or(f64::INFINITY);
            let time = requests.saturating_sub(1) as f64 / rate;
            Demand { bucket, requests, rate, time: Duration::from_secs_f64(time) }
        };
        Bucket::ALL.into_iter().map(demand).filter(|demand| demand.requests > 0).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::{At, Code};
    use crate::request::build;
    use crate::spec::Arg;
    use crate::tools;

    fn place(line: usize) -> Place {
        Place { line, ..Place::default() }
    }

    fn event(id: &str) -> Request {
        let tool = tools::by_name("track_event").unwrap();
        build(tool, &[Arg::Text(id), Arg::Text("signed_up")], None).unwrap()
    }

    #[test]
    fn writes_are_counted_by_tool_and_the_first_are_kept() {
        let mut withheld = Withheld::default();
        for n in 0..10 {
            withheld.keep(event(&format!("u-{n}")), &[n / 2], place(3));
        }
        withheld.keep(event("u-0"), &[0, 77], place(4));
        assert_eq!((withheld.people(), withheld.writes[0].people()), (6, 6));
        let [writes] = &withheld.writes[..] else { panic!("{withheld:?}") };
        assert_eq!((writes.calls, writes.first.len()), (11, FIRST));
        assert!(String::from_utf8(writes.first[1].body.clone().unwrap().into()).unwrap().contains("u-1"));
    }

    #[test]
    fn what_is_met_again_at_a_line_is_counted() {
        let mut withheld = Withheld::default();
        for (message, line) in [("x", 3), ("x", 3), ("x", 4), ("y", 3)] {
            withheld.meet(Fault::new(Code::GrantMissing, At::Call, message), place(line));
        }
        assert_eq!(withheld.meets.iter().map(|met| met.times).collect::<Vec<_>>(), [2, 1, 1]);
    }

    #[test]
    fn the_limits_say_how_long_it_takes() {
        let mut withheld = Withheld::default();
        for n in 0..801 {
            let suppress = tools::by_name("suppress_person").unwrap();
            withheld.keep(build(suppress, &[Arg::Text(&format!("u-{n}"))], None).unwrap(), &[], place(3));
        }
        // As many as fill two bodies, and a little more.
        let bytes = event("u-1").body.unwrap().len();
        for _ in 0..2 * BODY / bytes + 1 {
            withheld.keep(event("u-1"), &[], place(4));
        }
        let read = tools::by_name("get_segments").unwrap();
        let demands = withheld.demands(&[(read, 9)], &Rates::default());
        let mut times: Vec<_> =
            demands.iter().map(|demand| (demand.bucket, demand.requests, demand.time)).collect();
        times.sort();
        let second = Duration::from_secs(1);
        let mut expected = [
            (Bucket::App, 9, second),
            (Bucket::Track, 801, second),
            (Bucket::Pipelines, 3, Duration::from_micros(2_500)),
        ];
        expected.sort();
        assert_eq!(times, expected);
    }
}
