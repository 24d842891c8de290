//! Whether an API answers and takes its key, asked without changing anything.

use bytes::Bytes;
use tokio_util::sync::CancellationToken;

use super::client::{Called, Client, Interrupted};
use crate::policy::{Outcome, Unanswered};
use crate::request::{Class, Request};
use crate::spec::{Api, Effect, Field, Retry, Shape, Tool};

/// The read that Customer.io names for testing a Track connection. `environment_id` is the workspace's.
pub(super) static REGION: Tool =
    Tool::get("CUSTOMERIO_ACCOUNT_REGION", Api::Track, "/api/v1/accounts/region").answer(Shape::Object(&[
        Field::maybe("region", Shape::Text),
        Field::maybe("environment_id", Shape::Int),
    ]));

/// Pipelines has no read. A batch without an item changes nothing; with strict mode the key is
/// checked all the same.
static EMPTY_BATCH: Tool =
    Tool::post("CUSTOMERIO_EMPTY_BATCH", Api::Pipelines, "/v1/batch").effect(Effect::Upsert);

/// What an API said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Probed {
    /// It answers and takes the key.
    Ready {
        /// The region the account is in, where the API tells.
        region: Option<String>,
    },
    KeyRefused,
    /// It takes the key, which may not do what was asked.
    NotAllowed,
    /// It redirects: the account is in the other region.
    OtherRegion,
    Limited,
    Unreachable(String),
    /// It answers, but not as this API does.
    Strange(String),
}

/// Asks `api`, once.
///
/// # Errors
/// [`Interrupted`] when `stop` is cancelled first.
pub async fn probe(client: &Client, api: Api, stop: &CancellationToken) -> Result<Probed, Interrupted> {
    let (tool, body): (&'static Tool, _) = match api {
        Api::App => (&crate::tools::app::list_ip_addresses::TOOL, None),
        Api::Track => (&REGION, None),
        Api::Pipelines => (&EMPTY_BATCH, Some(Bytes::from_static(br#"{"batch":[]}"#))),
    };
    let class = Class { effect: tool.effect, retry: Retry::Cautious { because: "one look is enough" } };
    let request = Request { tool, class, path: tool.path.to_string(), body, items: 0, events: 0 };
    let Called { outcome, .. } = client.call(&request, &client.limits, stop).await?;
    Ok(read(api, &outcome))
}

fn read(api: Api, outcome: &Outcome) -> Probed {
    match outcome {
        Outcome::Done(answer) => {
            let value: Option<serde_json::Value> = serde_json::from_slice(&answer.body).ok();
            let region =
                value.as_ref().and_then(|value| value.get("region")).and_then(|region| region.as_str());
            Probed::Ready { region: region.map(str::to_string) }
        }
        // The empty batch itself may be refused; the key was taken before that.
        Outcome::Refused(refusal) if refusal.status == 400 && api == Api::Pipelines => {
            Probed::Ready { region: None }
        }
        Outcome::Refused(refusal) => match refusal.status {
            401 => Probed::KeyRefused,
            403 => Probed::NotAllowed,
            300..=399 => Probed::OtherRegion,
            429 => Probed::Limited,
            status => Probed::Strange(format!("it answers {status} to a question it should know")),
        },
        Outcome::NotSent(why) => Probed::Unreachable(why.clone()),
        Outcome::Unknown(Unanswered::ServerError { status, .. }) => {
            Probed::Unreachable(format!("the server fails ({status})"))
        }
        Outcome::Unknown(Unanswered::Unreadable { .. } | Unanswered::Misshapen { .. }) => {
            Probed::Strange(outcome.to_string())
        }
        Outcome::Unknown(why) => Probed::Unreachable(Outcome::Unknown(why.clone()).to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Answer, Refusal};

    fn refused(status: u16) -> Outcome {
        Outcome::Refused(Refusal { status, complaints: vec![], retry_after: None, location: None })
    }

    #[test]
    fn each_answer_says_something_of_the_key() {
        let body = br#"{"url":"x","region":"eu","environment_id":1}"#.to_vec();
        let done = Outcome::Done(Answer { status: 200, body });
        assert_eq!(read(Api::Track, &done), Probed::Ready { region: Some("eu".into()) });
        assert_eq!(read(Api::Pipelines, &refused(400)), Probed::Ready { region: None });
        assert_eq!(read(Api::App, &refused(401)), Probed::KeyRefused);
        assert_eq!(read(Api::Track, &refused(307)), Probed::OtherRegion);
        assert!(matches!(read(Api::App, &refused(404)), Probed::Strange(_)));
        assert!(matches!(read(Api::App, &Outcome::NotSent("no route".into())), Probed::Unreachable(_)));
    }
}
