//! `:hold`, `:pending`, `:send` and `:discard`.

use super::Screen;
use crate::fault::counted;
use crate::run::Conversation;

/// What a command of these says, or why it can't be done.
pub type Told = Result<String, String>;

/// `:hold` and `:hold off`.
pub fn hold(conversation: &mut Conversation, rest: &str) -> Told {
    match (rest, conversation.held()) {
        ("", _) => {
            conversation.hold(true);
            Ok("writes are held from now on: `:pending` shows them, `:send` sends them, `:discard` drops them, and \
                `:hold off` ends it\n"
                .to_string())
        }
        ("off", 0) => {
            conversation.hold(false);
            Ok("writes are sent at once again\n".to_string())
        }
        ("off", n) => Err(format!("{} still held: `:send` or `:discard` first\n", are(n))),
        _ => Err("write `:hold` or `:hold off`\n".to_string()),
    }
}

/// `:pending`.
pub fn pending(conversation: &Conversation, screen: &impl Screen) -> Told {
    match conversation.held() {
        0 => Ok(nothing(conversation)),
        n => {
            screen.print(&screen.pending(&conversation.pending()));
            Ok(format!("{} held\n", are(n)))
        }
    }
}

/// `:discard`.
pub fn discard(conversation: &mut Conversation) -> Told {
    let n = conversation.held();
    conversation.discard();
    match n {
        0 => Ok(nothing(conversation)),
        n => Ok(format!("dropped: {}\n", counted(n as u64, "write"))),
    }
}

/// What is said where nothing is held.
pub fn nothing(conversation: &Conversation) -> String {
    match conversation.terms().holds {
        true => "nothing is held yet\n".to_string(),
        false => "nothing is held: `:hold` begins to hold writes\n".to_string(),
    }
}

/// What is said of writes that are held when the end has come.
pub fn unsent(n: usize) -> String {
    format!("{} held, and not sent: `:send` sends what is held\n", are(n))
}

/// `1 write is`, `2 writes are`.
fn are(n: usize) -> String {
    let is = if n == 1 { "is" } else { "are" };
    format!("{} {is}", counted(n as u64, "write"))
}
