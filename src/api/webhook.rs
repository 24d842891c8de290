//! A word to an address of the user's own, once a run is over. It is none of Customer.io's, and waits for no turn.

use std::fmt;
use std::time::Duration;

use reqwest::Url;
use reqwest::header::CONTENT_TYPE;
use tokio::time::{sleep, timeout};

use super::hosts::is_loopback;
use super::http::{chain, client};

/// The environment variable that holds the address. It may hold a secret, so no script sees it.
pub const VARIABLE: &str = "SEGUE_NOTIFY_URL";

/// As often it is tried. A word that comes twice does no harm.
const ATTEMPTS: u32 = 2;
/// How long each attempt gets, and how long is waited for the next: ten seconds in all, and no more.
const EACH: Duration = Duration::from_millis(4_500);
const PAUSE: Duration = Duration::from_secs(1);

/// An address that takes JSON. Its host alone is ever shown: the rest may be what opens it.
pub struct Webhook {
    url: Url,
    client: reqwest::Client,
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Webhook({})", self.host())
    }
}

impl Webhook {
    /// The address that a text names.
    ///
    /// # Errors
    /// What is wrong with it, without the text.
    pub fn new(text: &str) -> Result<Webhook, String> {
        let url = Url::parse(text).map_err(|why| format!("it is no URL ({why})"))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err("only http and https are spoken".into());
        }
        let client = client(is_loopback(text))?;
        Ok(Webhook { url, client })
    }

    pub fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// What of it is to be shown nowhere.
    pub fn secrets(&self) -> Vec<String> {
        let path = Some(self.url.path()).filter(|path| path.len() > 16);
        let parts = [Some(self.url.as_str()), self.url.query(), self.url.password(), path];
        parts.into_iter().flatten().map(str::to_string).collect()
    }

    /// Posts `body`, which is JSON.
    ///
    /// # Errors
    /// Why it wasn't taken, in words.
    pub async fn post(&self, body: &str) -> Result<(), String> {
        persist(async || {
            let request = self.client.post(self.url.clone()).header(CONTENT_TYPE, "application/json");
            let answer = request.body(body.to_string()).send().await;
            answer.map(|answer| answer.status().as_u16()).map_err(|why| chain(&why))
        })
        .await
    }
}

/// Attempts it until it is taken or there is no use, for ten seconds at the most.
async fn persist(attempt: impl AsyncFn() -> Result<u16, String>) -> Result<(), String> {
    let mut tried = 1;
    loop {
        let answer = timeout(EACH, attempt()).await;
        let answer = answer.unwrap_or_else(|_| Err(format!("no answer in {} s", EACH.as_secs_f64())));
        let Some(why) = amiss(&answer) else { return Ok(()) };
        if tried == ATTEMPTS || !helps(&answer) {
            return Err(why);
        }
        tried += 1;
        sleep(PAUSE).await;
    }
}

/// What is wrong with an answer; `None` where it was taken.
fn amiss(answer: &Result<u16, String>) -> Option<String> {
    match answer {
        Ok(200..300) => None,
        // The address is followed nowhere else: it may hold a secret.
        Ok(status @ 300..400) => {
            Some(format!("it answers {status}, which leads elsewhere and isn't followed"))
        }
        Ok(status) => Some(format!("it answers {status}")),
        Err(why) => Some(why.clone()),
    }
}

/// Whether another attempt may come to something else.
fn helps(answer: &Result<u16, String>) -> bool {
    answer.as_ref().map_or(true, |status| matches!(status, 408 | 429 | 500..))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::pending;
    use std::sync::Mutex;
    use tokio::time::Instant;

    /// What comes of these answers, and how many were asked for.
    async fn answered(answers: &[Result<u16, &str>]) -> (Result<(), String>, usize) {
        let left = Mutex::new(answers.iter());
        let attempt = async || {
            let next = left.lock().unwrap().next().expect("it isn't tried more often");
            next.map_err(str::to_string)
        };
        let came = persist(attempt).await;
        let left = left.lock().unwrap().len();
        (came, answers.len() - left)
    }

    #[tokio::test(start_paused = true)]
    async fn what_may_pass_is_tried_once_more_and_nothing_else() {
        assert_eq!(answered(&[Ok(204)]).await, (Ok(()), 1));
        assert_eq!(answered(&[Ok(503), Ok(200)]).await, (Ok(()), 2));
        assert_eq!(answered(&[Err("refused"), Ok(200)]).await, (Ok(()), 2));
        assert_eq!(answered(&[Err("refused"), Err("refused")]).await, (Err("refused".into()), 2));
        assert_eq!(answered(&[Ok(429), Ok(500)]).await, (Err("it answers 500".into()), 2));
        assert_eq!(answered(&[Ok(404)]).await, (Err("it answers 404".into()), 1));
        let elsewhere = "it answers 302, which leads elsewhere and isn't followed";
        assert_eq!(answered(&[Ok(302)]).await, (Err(elsewhere.into()), 1));
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_that_hangs_holds_nobody_up_for_longer_than_ten_seconds() {
        let begun = Instant::now();
        assert_eq!(persist(async || pending().await).await, Err("no answer in 4.5 s".into()));
        assert_eq!(begun.elapsed(), Duration::from_secs(10));
    }

    #[test]
    fn what_cannot_be_posted_to_is_refused_without_the_text() {
        for text in
            ["", "hooks.example.com/s3cret", "ftp://hooks.example.com/s3cret", "file:///s3cret", "http://"]
        {
            let why = Webhook::new(text).unwrap_err();
            assert!(!why.contains("s3cret"), "{why}");
        }
    }

    #[test]
    fn its_host_alone_is_shown() {
        let url = "https://me:pa55word@hooks.example.com/services/T0000/B0000?key=1234567";
        let webhook = Webhook::new(url).unwrap();
        assert_eq!(
            (webhook.host(), format!("{webhook:?}")),
            ("hooks.example.com", "Webhook(hooks.example.com)".into())
        );
        assert_eq!(webhook.secrets(), [url, "key=1234567", "pa55word", "/services/T0000/B0000"]);
    }
}
