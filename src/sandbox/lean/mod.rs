//! The sandbox as a measure: a segment of people who are kept nowhere, and a tally of what arrives in the
//! place of a workspace. It costs so little that what is measured is the client.
//!
//! `benches/` uses it, and no command starts it: it knows only the calls that are measured.

mod limit;
mod tally;

use super::answer::Answer;
use super::route::{Head, decode, is_authorized};
use super::{MOST_BYTES, MOST_PEOPLE, lock, micros, respond, serving, text};
use crate::spec::{Bucket, Effect, Method, Tool};
use crate::tools::{app, pipelines, track};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::header;
use axum::http::request::Parts;
use axum::response::Response;
use axum::routing::{MethodFilter, on};
use limit::Tokens;
use std::collections::{BTreeMap, HashMap};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::{Duration, Instant, SystemTime};
use tally::{Behaviour, Tally};
use tokio::io::{AsyncRead, ReadBuf};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio_util::io::ReaderStream;

/// The id of the one segment there is; its name is `VIP`.
pub const SEGMENT: i64 = 1;

const BEHAVIOURS: [(&Tool, Behaviour); 6] = [
    (&app::get_segments::TOOL, |tally, call, _| super::app::segments(&mut tally.world, call)),
    (&app::get_segment_details::TOOL, |tally, call, _| super::app::segment_details(&mut tally.world, call)),
    (&app::get_segment_membership::TOOL, |tally, call, _| tally.page(call)),
    (&pipelines::send_batch::TOOL, |tally, call, body| tally.batch(call, body)),
    (&pipelines::add_person_to_group::TOOL, |tally, call, body| tally.group(call, body)),
    (&track::suppress_person::TOOL, |tally, call, _| tally.suppress(call)),
];

/// How it is set up.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// People in the segment, at most [`MOST_PEOPLE`].
    pub members: usize,
    /// Added to each answer.
    pub latency: Duration,
    /// Whether the documented limits hold, each with a burst of one period's allowance. What goes beyond is
    /// answered with 429.
    pub limited: bool,
    /// The share of writes, from 0 to 1, that are applied and then answered with 500, 502, 503 or with
    /// nothing, on a connection that breaks.
    pub faults: f64,
}

/// What arrived so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Counts {
    /// Requests of each bucket, those that were refused or failed too.
    pub requests: BTreeMap<Bucket, u64>,
    /// When the first came.
    pub first: Option<SystemTime>,
    /// Those answered with 429.
    pub limited: u64,
    /// Writes that were applied and then answered with a fault.
    pub faulted: u64,
    /// Distinct pairs of a person and a group.
    pub pairs: u64,
    /// Distinct people who were suppressed.
    pub suppressed: u64,
    /// Pairs and suppressions that had been made before.
    pub repeated: u64,
    /// Items that aren't as they have to be, about somebody who isn't in the segment, or sent without what
    /// keeps Customer.io from dropping such items in silence.
    pub invalid: u64,
    /// Distinct message ids.
    pub message_ids: u64,
}

/// A running one. Dropping it stops it.
#[derive(Debug)]
pub struct Lean {
    address: SocketAddr,
    shared: Arc<Shared>,
    /// Dropped with it, which is the sign to stop.
    _stop: oneshot::Sender<()>,
}

#[derive(Debug)]
struct Shared {
    options: Options,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    tally: Tally,
    limits: HashMap<Bucket, Tokens>,
    draw: fastrand::Rng,
}

/// What a request gets.
enum Outcome {
    Answered(Answer),
    /// The connection ends without an answer.
    Cut,
}

impl Lean {
    /// Serves on a free port of the loopback interface, on the current Tokio runtime.
    ///
    /// # Errors
    /// `InvalidInput` when there are to be more people than fit; otherwise no port can be had.
    pub async fn start(options: Options) -> io::Result<Lean> {
        if options.members > MOST_PEOPLE {
            let message = format!("a segment has {MOST_PEOPLE} people at most");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let now = Instant::now();
        let state = State {
            tally: Tally::new(options.members),
            limits: Bucket::ALL.map(|bucket| (bucket, Tokens::new(bucket.limit(), now))).into(),
            // Any seed; the same, so that runs meet the same faults.
            draw: fastrand::Rng::with_seed(24),
        };
        let shared = Arc::new(Shared { options, state: Mutex::new(state) });
        let mut router = Router::new();
        for (tool, behaviour) in BEHAVIOURS {
            let method = match tool.method {
                Method::Get => MethodFilter::GET,
                Method::Post => MethodFilter::POST,
            };
            let shared = shared.clone();
            let handler = move |request| serve(shared.clone(), tool, behaviour, request);
            router = router.route(tool.path, on(method, handler));
        }
        Ok(Lean { address, shared, _stop: serving(listener, router) })
    }

    /// Where it listens: the base address of all three APIs.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn counts(&self) -> Counts {
        lock(&self.shared.state).tally.counts()
    }
}

async fn serve(shared: Arc<Shared>, tool: &'static Tool, behaviour: Behaviour, request: Request) -> Response {
    lock(&shared.state).tally.arrived(tool.bucket, SystemTime::now());
    let (parts, body) = request.into_parts();
    let outcome = match to_bytes(Body::new(body), MOST_BYTES).await {
        Ok(body) => shared.answer(tool, behaviour, &parts, &body),
        Err(_) => Outcome::Answered(Answer::app(413, "the body is too large")),
    };
    if !shared.options.latency.is_zero() {
        tokio::time::sleep(shared.options.latency).await;
    }
    match outcome {
        Outcome::Answered(answer) => respond(answer),
        Outcome::Cut => Response::new(Body::from_stream(ReaderStream::new(Broken))),
    }
}

impl Shared {
    fn answer(&self, tool: &'static Tool, behaviour: Behaviour, parts: &Parts, body: &[u8]) -> Outcome {
        let head = Head {
            authorization: text(&parts.headers, header::AUTHORIZATION.as_str()),
            content_type: text(&parts.headers, header::CONTENT_TYPE.as_str()),
            strict: text(&parts.headers, "x-strict-mode") == Some("1"),
        };
        let mut state = lock(&self.state);
        let State { tally, limits, draw } = &mut *state;
        if !is_authorized(tool, head.authorization) {
            return Outcome::Answered(Answer::bare(401));
        }
        if self.options.limited
            && limits.get_mut(&tool.bucket).is_some_and(|tokens| !tokens.take(Instant::now()))
        {
            tally.limited();
            return Outcome::Answered(Answer::bare(429));
        }
        let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
        // A body is read where its items are counted, and only once.
        let answer = match decode(tool, target, head, &[], micros()) {
            Ok(call) => behaviour(tally, &call, body),
            Err(refusal) => refusal,
        };
        if tool.effect == Effect::Read || answer.status != 200 || draw.f64() >= self.options.faults {
            return Outcome::Answered(answer);
        }
        tally.faulted();
        match [500, 502, 503].get(draw.usize(..4)) {
            Some(status) => Outcome::Answered(Answer::bare(*status)),
            None => Outcome::Cut,
        }
    }
}

/// A body that can't be read, upon which the server gives the connection up.
struct Broken;

impl AsyncRead for Broken {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, _: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()))
    }
}
