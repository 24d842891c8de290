//! The practical limit: the same requests as the script's, with no script, no checks, no account and no pace.
//! Pages of 30,000, the next one asked for while one is written; bodies of 490 KB, 4 in flight; 64 where each
//! call is a request.

use axum::body::Bytes;
use reqwest::{Client, RequestBuilder};
use serde::Deserialize;
use std::borrow::Cow;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, JoinSet};

/// The first argument that makes this program the client.
pub const ROLE: &str = "client";

const PAGE: usize = 30_000;
const BODY: usize = 490_000;
const BODIES_IN_FLIGHT: usize = 4;
const CALLS_IN_FLIGHT: usize = 64;
/// An item's bytes, at most.
const ITEM: usize = 256;
/// How often a request is made until it succeeds, and the wait between.
const ATTEMPTS: usize = 20;
const WAIT: Duration = Duration::from_millis(20);

#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow)]
    identifiers: Vec<Row<'a>>,
    next: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Row<'a> {
    id: Option<&'a str>,
}

/// Does the job `groups` or `suppressions` against a base address.
pub fn work(job: &[String]) -> Result<(), String> {
    let [job, base] = job else { return Err("the client needs a job and an address".into()) };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|why| why.to_string())?.block_on(async {
        let client = Client::builder().no_proxy().http1_only().build().map_err(|why| why.to_string())?;
        let server = Server { client, base: base.clone() };
        match job.as_str() {
            "groups" => groups(server).await,
            "suppressions" => suppressions(server).await,
            _ => Err(format!("the client knows no job {job}")),
        }
    })
}

/// An answer on its way.
type Asked = JoinHandle<Result<Bytes, String>>;

#[derive(Clone)]
struct Server {
    client: Client,
    base: String,
}

impl Server {
    fn page(&self, cursor: &str) -> Asked {
        let cursor = cursor.replace('+', "%2B").replace('=', "%3D");
        let url = format!("{}/v1/segments/1/membership?limit={PAGE}&start={cursor}", self.base);
        let request = self.client.get(url).header("authorization", "Bearer key");
        tokio::spawn(sent(request))
    }

    /// The rows of a page, and the page behind it, asked for.
    fn read<'t>(&self, text: &'t [u8]) -> Result<(Vec<Row<'t>>, Option<Asked>), String> {
        let Page { identifiers, next } = serde_json::from_slice(text).map_err(|why| why.to_string())?;
        Ok((identifiers, (!next.is_empty()).then(|| self.page(&next))))
    }

    fn post(&self, path: &str, body: Vec<u8>) -> RequestBuilder {
        let request = self.client.post(format!("{}{path}", self.base));
        let request = request.header("authorization", "Basic a2V5Og==").header("x-strict-mode", "1");
        request.header("content-type", "application/json").body(body)
    }
}

/// Sends a request until it succeeds.
async fn sent(request: RequestBuilder) -> Result<Bytes, String> {
    for _ in 0..ATTEMPTS {
        // The body is shared, and not copied.
        let attempt = request.try_clone().ok_or("the request can't be repeated")?.send().await;
        if let Ok(answer) = attempt
            && answer.status().is_success()
            && let Ok(body) = answer.bytes().await
        {
            return Ok(body);
        }
        tokio::time::sleep(WAIT).await;
    }
    Err(format!("{ATTEMPTS} attempts at a request failed"))
}

/// Requests side by side, up to a number.
struct Flight {
    room: Arc<Semaphore>,
    flying: JoinSet<Result<Bytes, String>>,
}

impl Flight {
    fn of(most: usize) -> Flight {
        Flight { room: Arc::new(Semaphore::new(most)), flying: JoinSet::new() }
    }

    async fn begin(&mut self, request: RequestBuilder) -> Result<(), String> {
        let room = self.room.clone().acquire_owned().await.map_err(|why| why.to_string())?;
        self.flying.spawn(async move {
            let answer = sent(request).await;
            drop(room);
            answer
        });
        while let Some(answer) = self.flying.try_join_next() {
            answer.map_err(|why| why.to_string())??;
        }
        // It shall be on its way before the next is made.
        tokio::task::yield_now().await;
        Ok(())
    }

    async fn land(mut self) -> Result<(), String> {
        while let Some(answer) = self.flying.join_next().await {
            answer.map_err(|why| why.to_string())??;
        }
        Ok(())
    }
}

async fn groups(server: Server) -> Result<(), String> {
    let stamp = format!("{:.3}", jiff::Timestamp::now());
    let run = std::process::id();
    let mut flight = Flight::of(BODIES_IN_FLIGHT);
    let mut body = Vec::with_capacity(BODY);
    let mut page = Some(server.page(""));
    while let Some(asked) = page {
        let text = asked.await.map_err(|why| why.to_string())??;
        let rows;
        (rows, page) = server.read(&text)?;
        for id in rows.iter().filter_map(|row| row.id) {
            let opening = if body.is_empty() { "{\"batch\":[" } else { "," };
            // A vector takes whatever it is given.
            let _ = write!(
                body,
                "{opening}{{\"type\":\"group\",\"userId\":\"{id}\",\"groupId\":\"acme\",\
                 \"messageId\":\"{run}-{id}\",\"timestamp\":\"{stamp}\"}}"
            );
            if body.len() + ITEM > BODY {
                body.extend_from_slice(b"]}");
                let full = std::mem::replace(&mut body, Vec::with_capacity(BODY));
                flight.begin(server.post("/v1/batch", full)).await?;
            }
        }
    }
    if !body.is_empty() {
        body.extend_from_slice(b"]}");
        flight.begin(server.post("/v1/batch", body)).await?;
    }
    flight.land().await
}

async fn suppressions(server: Server) -> Result<(), String> {
    let mut flight = Flight::of(CALLS_IN_FLIGHT);
    let mut page = Some(server.page(""));
    while let Some(asked) = page {
        let text = asked.await.map_err(|why| why.to_string())??;
        let rows;
        (rows, page) = server.read(&text)?;
        for id in rows.iter().filter_map(|row| row.id) {
            flight.begin(server.post(&format!("/api/v1/customers/{id}/suppress"), vec![])).await?;
        }
    }
    flight.land().await
}
