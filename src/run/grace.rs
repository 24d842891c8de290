//! The wait for answers to what is on the wire when a run is stopped: what they say isn't in doubt.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::session::{Session, Stopped};
use crate::fault::counted;

/// How long a stopped run waits for the answers to writes that are on the wire.
const GRACE: Duration = Duration::from_secs(5);
/// How long at a prompt, for writes that can be done again: who works there wants to go on.
const BRIEF: Duration = Duration::from_millis(100);
/// A wait shorter than this isn't worth a word.
const NOTICE: Duration = Duration::from_millis(200);

/// Once the run is stopped, gives the writes that are on the wire their time, unless `hurry` says that
/// nobody waits any more; then cuts them off. At a `prompt` only what would be in doubt gets all of that time.
pub async fn give(session: Arc<Session>, hurry: CancellationToken, prompt: bool) {
    session.stop.cancelled().await;
    let brief = async {
        if !prompt {
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(BRIEF).await;
        session.client().certain().await;
    };
    let time = async {
        tokio::time::sleep(NOTICE).await;
        let answers = session.client().answers_out();
        if answers > 0 {
            let asked = !matches!(*session.stopped(), Some(Stopped::Exceeded(_)));
            session.tell(&stopping(answers, asked));
        }
        tokio::time::sleep(GRACE - NOTICE).await;
    };
    tokio::select! {
        () = time => {}
        () = brief => {}
        () = hurry.cancelled() => {}
    }
    session.cut.cancel();
}

/// What is told of the wait; `asked` says that somebody stopped the run, and not a bound.
fn stopping(answers: usize, asked: bool) -> String {
    let again = if asked { " again" } else { "" };
    format!("stopping: waiting for {}, Ctrl-C{again} to stop now", counted(answers as u64, "answer"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_says_what_is_waited_for_and_how_not_to() {
        assert_eq!(stopping(1, true), "stopping: waiting for 1 answer, Ctrl-C again to stop now");
        assert_eq!(stopping(4, false), "stopping: waiting for 4 answers, Ctrl-C to stop now");
    }
}
