//! A word to an address of the user's own, once a run is over. It is none of Customer.io's, and waits for no turn.

use std::fmt;
use std::time::Duration;

use reqwest::Url;
use reqwest::header::CONTENT_TYPE;
use tokio::time::{Instant, sleep, timeout_at};

use super::hosts::is_loopback;
use super::http::{classify, client};
use super::transport::SendError;

/// The environment variable that holds the address. It may hold a secret, so no script sees it.
pub const VARIABLE: &str = "SEGUE_NOTIFY_URL";

/// As often it is tried. A word that comes twice does no harm: its run has an id.
const ATTEMPTS: u32 = 2;
/// How long an attempt gets that another follows, and how long is waited for that.
const EACH: Duration = Duration::from_millis(4_500);
const PAUSE: Duration = Duration::from_secs(1);
/// How long it takes in all, at most.
const ALL: Duration = Duration::from_secs(10);

/// An address that takes JSON. Its host alone is ever shown: the rest may be what opens it.
pub struct Webhook {
    url: Url,
    client: reqwest::Client,
}

/// Why a word isn't known to have been taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Untaken {
    /// In words.
    pub why: String,
    /// Whether it may have been all the same: it was sent, and no answer came.
    pub maybe: bool,
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
    /// Why it isn't known to have been taken.
    pub async fn post(&self, body: &str) -> Result<(), Untaken> {
        persist(async || {
            let request = self.client.post(self.url.clone()).header(CONTENT_TYPE, "application/json");
            let answer = request.body(body.to_string()).send().await;
            answer.map(|answer| answer.status().as_u16()).map_err(classify)
        })
        .await
    }
}

/// Attempts it until it is taken or there is no use, for [`ALL`] at the most.
async fn persist(attempt: impl AsyncFn() -> Result<u16, SendError>) -> Result<(), Untaken> {
    let (begun, mut maybe) = (Instant::now(), false);
    let mut tried = 1;
    loop {
        let last = tried == ATTEMPTS;
        let until = if last { begun + ALL } else { Instant::now() + EACH };
        let answer = timeout_at(until, attempt()).await.unwrap_or(Err(SendError::TimedOut));
        let Some(why) = amiss(&answer) else { return Ok(()) };
        maybe |= matches!(answer, Err(SendError::TimedOut | SendError::Broken(_)));
        if last || !helps(&answer) {
            return Err(Untaken { why, maybe });
        }
        tried += 1;
        sleep(PAUSE).await;
    }
}

/// What is wrong with an answer; `None` where it was taken.
fn amiss(answer: &Result<u16, SendError>) -> Option<String> {
    match answer {
        Ok(200..300) => None,
        // The address is followed nowhere else: it may hold a secret.
        Ok(status @ 300..400) => {
            Some(format!("it answers {status}, which leads elsewhere and isn't followed"))
        }
        Ok(status) => Some(format!("it answers {status}")),
        Err(SendError::NotSent(why) | SendError::Broken(why)) => Some(why.clone()),
        Err(SendError::TimedOut) => Some(format!("no answer within {} s", ALL.as_secs())),
    }
}

/// Whether another attempt may come to something else.
fn helps(answer: &Result<u16, SendError>) -> bool {
    answer.as_ref().map_or(true, |status| matches!(status, 408 | 429 | 500..))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::pending;
    use std::sync::Mutex;

    /// What comes of these answers, and how many were asked for.
    async fn answered(answers: &[Result<u16, SendError>]) -> (Result<(), Untaken>, usize) {
        let left = Mutex::new(answers.iter());
        let attempt = async || left.lock().unwrap().next().expect("it isn't tried more often").clone();
        let came = persist(attempt).await;
        let left = left.lock().unwrap().len();
        (came, answers.len() - left)
    }

    fn untaken(why: &str, maybe: bool) -> Result<(), Untaken> {
        Err(Untaken { why: why.into(), maybe })
    }

    #[tokio::test(start_paused = true)]
    async fn what_may_pass_is_tried_once_more_and_nothing_else() {
        let refused = || Err(SendError::NotSent("refused".into()));
        assert_eq!(answered(&[Ok(204)]).await, (Ok(()), 1));
        assert_eq!(answered(&[Ok(503), Ok(200)]).await, (Ok(()), 2));
        assert_eq!(answered(&[refused(), Ok(200)]).await, (Ok(()), 2));
        assert_eq!(answered(&[refused(), refused()]).await, (untaken("refused", false), 2));
        assert_eq!(answered(&[Ok(429), Ok(500)]).await, (untaken("it answers 500", false), 2));
        assert_eq!(answered(&[Ok(404)]).await, (untaken("it answers 404", false), 1));
        let elsewhere = untaken("it answers 302, which leads elsewhere and isn't followed", false);
        assert_eq!(answered(&[Ok(302)]).await, (elsewhere, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_sent_and_got_no_answer_may_have_been_taken() {
        let closed = || Err(SendError::Broken("connection closed".into()));
        assert_eq!(answered(&[closed(), closed()]).await, (untaken("connection closed", true), 2));
        assert_eq!(answered(&[closed(), Ok(500)]).await, (untaken("it answers 500", true), 2));
        assert_eq!(answered(&[closed(), Ok(200)]).await, (Ok(()), 2));
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_that_hangs_holds_nobody_up_for_longer_than_is_said() {
        let begun = Instant::now();
        assert_eq!(persist(async || pending().await).await, untaken("no answer within 10 s", true));
        assert_eq!(begun.elapsed(), ALL);
        // Neither does one that hangs after a quick refusal.
        let (begun, tries) = (Instant::now(), Mutex::new(0));
        let attempt = async || {
            *tries.lock().unwrap() += 1;
            if *tries.lock().unwrap() == 1 { Ok(503) } else { pending().await }
        };
        assert_eq!(persist(attempt).await, untaken("no answer within 10 s", true));
        assert_eq!(begun.elapsed(), ALL);
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
