//! Whoever types inputs, and is asked in the midst of one.

use std::pin::pin;

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::{JoinError, JoinHandle};
use tokio_util::sync::CancellationToken;

use super::ask::question;
use super::{Input, Screen, Shows, Typed};
use crate::engine::Sources;
use crate::policy::said;
use crate::run::{Known, Question, Report, Run};

/// An input source, which is away while it is read from.
pub struct Reader {
    input: Option<Box<dyn Input>>,
    /// What is still read from it for a question that nobody asks any more.
    away: Option<Reading>,
    /// What is asked of whoever types; `None` where nobody does.
    questions: Option<UnboundedReceiver<Question>>,
    typed: bool,
    shows: Shows,
}

type Reading = JoinHandle<(Box<dyn Input>, Typed)>;

impl Reader {
    pub fn new(input: Box<dyn Input>, questions: Option<UnboundedReceiver<Question>>) -> Reader {
        let (typed, shows) = (input.typed(), input.shows());
        Reader { input: Some(input), away: None, questions, typed, shows }
    }

    /// Whether somebody types inputs, who goes on after what failed.
    pub fn typed(&self) -> bool {
        self.typed
    }

    /// How much of the value of each is shown.
    pub fn shows(&self) -> Shows {
        self.shows
    }

    /// Waits for the next input; a reader that failed has come to its end.
    pub async fn next(&mut self, prompt: String, known: Known) -> Typed {
        // What was typed at a question that nobody asks any more is an input like any.
        if let Some(away) = self.away.take() {
            let typed = away.await;
            return self.back(typed);
        }
        let Some(mut input) = self.input.take() else { return Typed::End };
        let reading = tokio::task::spawn_blocking(move || {
            let typed = input.next(&prompt, &known);
            (input, typed)
        });
        self.back(reading.await)
    }

    fn back(&mut self, read: Result<(Box<dyn Input>, Typed), JoinError>) -> Typed {
        let Ok((input, typed)) = read else { return Typed::End };
        self.input = Some(input);
        typed
    }

    /// Sees a run to its end, and asks what it asks meanwhile. Ctrl-C at a question is one like any: it cancels
    /// `stop`.
    pub async fn see<S: Screen>(
        &mut self,
        run: Run,
        stop: &CancellationToken,
        hurry: CancellationToken,
        screen: &S,
    ) -> (Report, Sources) {
        let session = run.session.clone();
        let mut finish = pin!(run.finish(hurry));
        let mut asked: Option<(Question, Reading)> = None;
        loop {
            tokio::select! {
                done = &mut finish => {
                    // Whoever is at a question when its input ends answers for nothing.
                    self.away = asked.map(|(_, reading)| reading);
                    if self.away.is_some() {
                        screen.tell("\nnothing is asked any more: the input has ended, and what you type is the next one\n");
                    }
                    return done;
                }
                question = next(&mut self.questions), if asked.is_none() => {
                    let Some(mut input) = self.input.take() else { continue };
                    screen.ended().await;
                    let client = session.client();
                    screen.tell(&self::question(&question, &client.hosts, &client.credentials));
                    let prompt = screen.words("confirm › ");
                    let reading = tokio::task::spawn_blocking(move || {
                        let typed = input.answer(&prompt);
                        (input, typed)
                    });
                    asked = Some((question, reading));
                }
                read = answered(&mut asked) => {
                    let typed = self.back(read);
                    let Some((question, _)) = asked.take() else { continue };
                    match typed {
                        // Nobody waits for it when the run has ended meanwhile.
                        Typed::Text(text) => drop(question.answer.send(said(&text, question.effect.name()))),
                        Typed::Nothing | Typed::End => stop.cancel(),
                    }
                    screen.begins(&session);
                }
            }
        }
    }
}

/// The next question; waits for ever where there is none.
async fn next(questions: &mut Option<UnboundedReceiver<Question>>) -> Question {
    if let Some(questions) = questions
        && let Some(question) = questions.recv().await
    {
        return question;
    }
    std::future::pending().await
}

async fn answered(asked: &mut Option<(Question, Reading)>) -> Result<(Box<dyn Input>, Typed), JoinError> {
    match asked {
        Some((_, reading)) => reading.await,
        None => std::future::pending().await,
    }
}
