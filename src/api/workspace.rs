//! Which workspace a key is of, asked without changing anything.

use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::client::{Client, Interrupted, Pin};
use super::explain::explain;
use super::key_faults::missing_key;
use super::lookup::Unread;
use super::probe::REGION;
use crate::fault::Fault;
use crate::policy::{Outcome, Pinned, Refusal, elsewhere, pinned};
use crate::request::build;
use crate::spec::{Api, Field, Shape, Tool};

/// Lists the workspaces of the account a key belongs to; which of them the key is of isn't said. That its ids
/// are of one kind with Track's `environment_id` is an inference: the documents call both the workspace's id.
static WORKSPACES: Tool = Tool::get("CUSTOMERIO_WORKSPACES", Api::App, "/v1/workspaces")
    .answer(Shape::Object(&[Field::always("workspaces", Shape::List(&Shape::Any))]));

/// What a key tells of its workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// The ids it may be of: one where the API says which.
    Of(Vec<u64>),
    /// It can't tell.
    Nothing,
}

/// What each API is asked; `None` where its key can't tell.
fn question(api: Api) -> Option<&'static Tool> {
    match api {
        Api::Track => Some(&REGION),
        Api::App => Some(&WORKSPACES),
        // It has no read at all.
        Api::Pipelines => None,
    }
}

/// The APIs whose keys can tell.
pub fn telling() -> Vec<Api> {
    Api::ALL.into_iter().filter(|api| question(*api).is_some()).collect()
}

/// Asks with the key of `api`, which has to be set and read.
///
/// # Errors
/// [`Unread`] when the key can't be had, or the API takes no request of this run or can't be had.
pub async fn workspaces(client: &Client, api: Api, stop: &CancellationToken) -> Result<Told, Unread> {
    let Some(tool) = question(api) else { return Ok(Told::Nothing) };
    let failed = |mut fault: Fault, status, attempts| {
        fault.message =
            format!("the workspace of the {} key can't be checked: {}", api.name(), fault.message);
        Unread::Failed { fault: Box::new(fault), status, attempts }
    };
    if let Some(fault) = missing_key(&client.credentials, api, &[]) {
        return Err(failed(fault, None, 0));
    }
    let request = build(tool, &[], None).map_err(|fault| failed(fault, None, 0))?;
    let called = client.call(&request, &client.limits, stop).await.map_err(|_| Unread::Interrupted)?;
    match (&called.outcome, explain(client, &request, &called)) {
        (_, Ok(answer)) => Ok(read(api, &answer.body)),
        // Not every App key may ask; Track's question is there for every key.
        (Outcome::Refused(Refusal { status: 403 | 404, .. }), Err(_)) if api == Api::App => Ok(Told::Nothing),
        (outcome, Err(fault)) => Err(failed(fault, outcome.status(), called.attempts.len())),
    }
}

/// Whether `tool` is one of the questions.
pub(super) fn is_question(tool: &Tool) -> bool {
    [&REGION, &WORKSPACES].iter().any(|question| question.slug == tool.slug)
}

/// What is wrong with the key of `api` in a run that is pinned: it is of another workspace, or that can't be
/// found out now.
///
/// # Errors
/// [`Interrupted`] when `stop` is cancelled first.
pub(super) async fn strays(
    client: &Client,
    api: Api,
    pin: &Pin,
    stop: &CancellationToken,
) -> Result<Option<Fault>, Interrupted> {
    match workspaces(client, api, stop).await {
        Ok(Told::Of(ids)) if pinned(pin.workspace, &ids) == Pinned::Other => {
            Ok(Some(elsewhere(&pin.keys, api.name(), pin.workspace, &ids)))
        }
        Ok(_) => Ok(None),
        Err(Unread::Failed { fault, .. }) => Ok(Some(*fault)),
        Err(Unread::Interrupted) => Err(Interrupted { sent: false }),
    }
}

fn read(api: Api, body: &[u8]) -> Told {
    let answer: Value = serde_json::from_slice(body).unwrap_or_default();
    let ids = match api {
        Api::App => {
            let list = answer.get("workspaces").and_then(Value::as_array);
            list.and_then(|list| list.iter().map(|one| one.get("id").and_then(id)).collect())
        }
        _ => answer.get("environment_id").and_then(id).map(|id| vec![id]),
    };
    ids.map_or(Told::Nothing, Told::Of)
}

/// An id, which Customer.io's documents declare as a number and show as text.
fn id(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::transport::Sending;
    use crate::api::{Credentials, Hosts, Raw, SendError, Transport, Wire};
    use crate::fault::Code;
    use crate::policy::{Limits, Rates};

    /// Answers every question with one status; nobody is there where that is 0.
    struct Always(u16);

    impl Transport for Always {
        fn send<'a>(&'a self, _: Wire<'a>) -> Sending<'a> {
            let Always(status) = *self;
            let answer = match status {
                0 => Err(SendError::NotSent("nobody is there".into())),
                status => Ok(Raw { status, body: b"{}".to_vec(), ..Raw::default() }),
            };
            Box::pin(async move { answer })
        }
    }

    async fn ask(api: Api, status: u16) -> Result<Told, Code> {
        let (hosts, keys) = (Hosts::at("http://127.0.0.1:1"), Credentials::for_sandbox());
        let client =
            Client::new(Box::new(Always(status)), hosts, keys, Limits::default(), Rates::unlimited());
        workspaces(&client, api, &CancellationToken::new()).await.map_err(|unread| match unread {
            Unread::Failed { fault, .. } => fault.code,
            Unread::Interrupted => unreachable!("nobody stops it"),
        })
    }

    #[tokio::test(start_paused = true)]
    async fn a_question_without_an_answer_is_no_answer() {
        for api in [Api::App, Api::Track] {
            assert_eq!(ask(api, 0).await, Err(Code::Unreachable));
            assert_eq!(ask(api, 503).await, Err(Code::NoAnswer));
            assert_eq!(ask(api, 401).await, Err(Code::Unauthorized));
            assert_eq!(ask(api, 307).await, Err(Code::WrongRegion));
        }
        // An App key may be one that mustn't ask; a Track key may always.
        assert_eq!(ask(Api::App, 403).await, Ok(Told::Nothing));
        assert_eq!(ask(Api::App, 404).await, Ok(Told::Nothing));
        assert_eq!(ask(Api::Track, 403).await, Err(Code::Forbidden));
        assert_eq!(ask(Api::Pipelines, 0).await, Ok(Told::Nothing));
    }

    #[test]
    fn an_answer_tells_one_or_several_or_nothing() {
        let track = |body: &str| read(Api::Track, body.as_bytes());
        assert_eq!(track(r#"{"url":"x","region":"eu","environment_id":7}"#), Told::Of(vec![7]));
        assert_eq!(track(r#"{"region":"us"}"#), Told::Nothing);
        assert_eq!(track(r#"{"environment_id":"seven"}"#), Told::Nothing);
        let app = |body: &str| read(Api::App, body.as_bytes());
        assert_eq!(app(r#"{"workspaces":[{"id":7,"name":"a"},{"id":"8"}]}"#), Told::Of(vec![7, 8]));
        assert_eq!(app(r#"{"workspaces":[]}"#), Told::Of(vec![]));
        // One without an id could be the one.
        assert_eq!(app(r#"{"workspaces":[{"id":7},{"name":"b"}]}"#), Told::Nothing);
    }
}
