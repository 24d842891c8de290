//! A stand-in for Customer.io on a loopback port: all three APIs, answered from state in memory.
//!
//! It is for tests, for trying scripts out and for learning, so it is as strict as the documents are, and
//! where they are silent it does what the project's notes infer. Beside the tools' endpoints it has
//! two of its own: `GET /__state` shows the workspace and `GET /__requests` what was sent.

mod answer;
mod app;
mod attributes;
mod audience;
mod broadcasts;
pub mod lean;
mod people;
mod pipelines;
mod requests;
mod route;
mod seed;
mod state;
mod track;
mod world;

#[cfg(test)]
mod tests;

use answer::Answer;
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use axum::routing::{MethodFilter, get, on};
use axum::serve::ListenerExt;
use requests::{Record, Requests};
use route::{Endpoint, Head};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use world::World;

/// The largest body that is read at all. Above every limit of the APIs, so that each can refuse in its
/// own way.
const MOST_BYTES: usize = 16 << 20;

/// The most people a workspace is made of: they are all in memory.
pub const MOST_PEOPLE: usize = 10_000_000;

/// How a sandbox is set up.
#[derive(Clone, Debug)]
pub struct Options {
    /// The port; 0 takes any that is free.
    pub port: u16,
    /// People in the seeded workspace.
    pub people: usize,
    /// What the seeded workspace is made from: the same number, the same workspace.
    pub seed: u64,
    /// Unix seconds the seeded history counts back from.
    pub now: i64,
}

impl Default for Options {
    fn default() -> Options {
        Options { port: 0, people: 1_000, seed: 24, now: micros() / 1_000_000 }
    }
}

impl Options {
    /// Whether such a workspace can be made.
    fn check(&self) -> io::Result<()> {
        if self.people > MOST_PEOPLE {
            let message =
                format!("a sandbox has {MOST_PEOPLE} people at most, and {} were asked for", self.people);
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        Ok(())
    }
}

/// A running stand-in. Dropping it stops it.
#[derive(Debug)]
pub struct Sandbox {
    address: SocketAddr,
    shared: Arc<Shared>,
    /// Dropped with the sandbox, which is the sign to stop.
    _stop: oneshot::Sender<()>,
}

#[derive(Debug)]
struct Shared {
    world: Mutex<World>,
    requests: Mutex<Requests>,
}

impl Sandbox {
    /// Seeds a workspace and serves it on the loopback interface, on the current Tokio runtime. Whoever
    /// stops waiting leaves a large one being made in the background.
    ///
    /// # Errors
    /// `InvalidInput` when more people are asked for than fit; otherwise the port can't be had.
    pub async fn start(options: Options) -> io::Result<Sandbox> {
        options.check()?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await?;
        let address = listener.local_addr()?;
        let Options { people, seed, now, .. } = options;
        // Not on a thread that has to hear of a Ctrl-C meanwhile.
        let world = tokio::task::spawn_blocking(move || seed::workspace(people, seed, now)).await?;
        let shared = Arc::new(Shared { world: Mutex::new(world), requests: Mutex::default() });
        let stop = serving(listener, router(&shared));
        Ok(Sandbox { address, shared, _stop: stop })
    }

    /// Where it listens: the base address of all three APIs.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The workspace as `GET /__state` answers it.
    pub fn state(&self) -> serde_json::Value {
        state::state(&lock(&self.shared.world), None).unwrap_or_default()
    }
}

/// Serves until what is given back is dropped.
fn serving(listener: TcpListener, router: Router) -> oneshot::Sender<()> {
    let (stop, stopped) = oneshot::channel::<()>();
    // Answers are small and wait for nobody: holding them back to fill a packet would only delay them.
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    tokio::spawn(async move {
        let serving = axum::serve(listener, router).with_graceful_shutdown(async move {
            let _ = stopped.await;
        });
        // Serving ends when it is told to; there is nobody to tell of anything else.
        let _ = serving.await;
    });
    stop
}

/// A lock that outlives a panic elsewhere: what it holds is changed in single steps.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn micros() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

/// A route for each tool of the catalogue, and the sandbox's own two.
fn router(shared: &Arc<Shared>) -> Router {
    let mut router = Router::new();
    for endpoint in route::endpoints() {
        let method = match endpoint.tool.method {
            crate::spec::Method::Get => MethodFilter::GET,
            crate::spec::Method::Post => MethodFilter::POST,
        };
        let shared = shared.clone();
        let handler = move |request| serve(shared.clone(), Ok(endpoint), request);
        router = router.route(endpoint.tool.path, on(method, handler));
    }
    // No tool, but what `segue doctor` asks.
    let region = || async { respond(Answer::json(&serde_json::json!({ "region": "us" }))) };
    router = router.route("/api/v1/accounts/region", get(region));
    // Nor is this: a trigger here has no errors, for one that would have is refused.
    let errors = || async { respond(Answer::json(&serde_json::json!({ "errors": [], "next": "" }))) };
    router = router.route("/v1/campaigns/{broadcast_id}/triggers/{trigger_id}/errors", get(errors));
    let (missing, wrong) = (shared.clone(), shared.clone());
    let (seen, sent) = (shared.clone(), shared.clone());
    router
        .route("/__state", get(move |request: Request| async move { respond(show(&seen, &request)) }))
        .route("/__requests", get(move || async move { respond(Answer::json(&lock(&sent.requests).view())) }))
        .fallback(move |request| serve(missing.clone(), Err((404, "there is nothing at this path")), request))
        .method_not_allowed_fallback(move |request| {
            serve(wrong.clone(), Err((405, "this path takes another method")), request)
        })
}

fn show(shared: &Shared, request: &Request) -> Answer {
    let only =
        request.uri().query().and_then(|query| query.split('&').find_map(|it| it.strip_prefix("only=")));
    // A list in a query may come with its commas encoded.
    let only = only.map(|only| only.replace("%2C", ",").replace("%2c", ","));
    match state::state(&lock(&shared.world), only.as_deref()) {
        Ok(state) => Answer::json(&state),
        Err(why) => Answer::app(400, &why),
    }
}

/// Answers a request to an endpoint, or to none, and notes it down.
async fn serve(
    shared: Arc<Shared>,
    endpoint: Result<Endpoint, (u16, &'static str)>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
    let strict = text(&parts.headers, "x-strict-mode") == Some("1");
    let body = to_bytes(Body::new(body), MOST_BYTES).await;
    let answer = match (&endpoint, &body) {
        (_, Err(_)) => Answer::app(413, "the body is too large"),
        (Err((status, detail)), Ok(_)) => Answer::app(*status, detail),
        (Ok(endpoint), Ok(body)) => {
            let head = Head {
                authorization: text(&parts.headers, header::AUTHORIZATION.as_str()),
                content_type: text(&parts.headers, header::CONTENT_TYPE.as_str()),
                strict,
            };
            route::answer(&shared.world, *endpoint, target, head, body, micros())
        }
    };
    lock(&shared.requests).push(Record {
        method: parts.method.to_string(),
        path: target.to_string(),
        body: body.unwrap_or_else(|_| Bytes::new()),
        status: answer.status,
        strict,
    });
    respond(answer)
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn respond(answer: Answer) -> Response {
    let has_body = !answer.body.is_empty();
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if has_body {
        let json = header::HeaderValue::from_static("application/json");
        response.headers_mut().insert(header::CONTENT_TYPE, json);
    }
    response
}
