//! All commands, as help lists them.

use super::{Command, Does, Group};
use crate::repl::complete::Takes;

/// One that nobody calls by another name.
const fn command(
    name: &'static str,
    (takes, usage): (Takes, &'static str),
    group: Group,
    does: Does,
    [about, more, example]: [&'static str; 3],
) -> Command {
    Command { name, aliases: &[], takes, usage, group, about, more, example, does }
}

const EXPR: (Takes, &str) = (Takes::Expression, "EXPR");
const FILE: (Takes, &str) = (Takes::Other, "FILE");
const NOTHING: (Takes, &str) = (Takes::Nothing, "");

/// All of them, as help lists them.
pub static ALL: &[Command] = &[
    Command {
        aliases: &["h", "?"],
        ..command(
            "help",
            (Takes::Topic, "[NAME]"),
            Group::Help,
            Does::Help,
            [
                "List the commands, or tell about a tool, a function or a command",
                "Of a tool it tells the parameters, what a call does, when it is sent again, and an example.",
                ":help add_person_to_group",
            ],
        )
    },
    command(
        "tools",
        (Takes::Other, "[WORD]"),
        Group::Help,
        Does::Tools,
        [
            "List the tools, or those that speak of a word",
            "The word is looked for in names, parameters, effects and what is said of each.",
            ":tools segment",
        ],
    ),
    command(
        "explain",
        (Takes::Code, "CODE"),
        Group::Help,
        Does::Explain,
        [
            "Say what the code of a diagnostic means, with an example and its repair",
            "`segue::` can be left out.",
            ":explain argument::missing",
        ],
    ),
    command(
        "more",
        NOTHING,
        Group::Values,
        Does::More,
        [
            "Show all of the last value",
            "A lazy sequence is read to its end, closures and all. Ctrl-C stops it.",
            ":more",
        ],
    ),
    command(
        "type",
        EXPR,
        Group::Values,
        Does::Type,
        [
            "Evaluate an expression and say of what type its value is",
            "What it writes is written; the variables stay as they are.",
            ":type get_segments()",
        ],
    ),
    command(
        "time",
        EXPR,
        Group::Values,
        Does::Time,
        [
            "Run an input, and say how long it took and how many requests it made",
            "The time ends when its writes are delivered.",
            ":time segment_members(\"VIP\").count()",
        ],
    ),
    command(
        "request",
        EXPR,
        Group::Values,
        Does::Request,
        [
            "Show what an expression would send, as HTTP and for curl, and send nothing",
            "Reads are kept back like writes: where what follows depends on an answer, it stops and says so. Only the name \
         of a segment is looked up. Of each tool the first three requests are shown, each as it would go out alone. \
         Keys stand as the names of their variables.",
            ":request add_person_to_group(\"u-1\", \"acme\")",
        ],
    ),
    command(
        "load",
        (Takes::Other, "FILE [NAME=VALUE]..."),
        Group::Files,
        Does::Load,
        [
            "Run a script as if it were typed here",
            "What it declares stays. Its arguments hold until the next `:load`. A name with blanks is written in quotes.",
            ":load scripts/segment_sizes.rhai",
        ],
    ),
    command(
        "reload",
        NOTHING,
        Group::Files,
        Does::Reload,
        [
            "Run the last loaded script once more, with its modules read anew",
            "It gets the same arguments.",
            ":reload",
        ],
    ),
    command(
        "save",
        FILE,
        Group::Files,
        Does::Save,
        [
            "Write the inputs that were done as a script",
            "What failed isn't in it, and no key. A file that is there stays as it is.",
            ":save session.rhai",
        ],
    ),
    command(
        "save!",
        FILE,
        Group::Files,
        Does::SaveOver,
        ["The same, over a file that is there", "What the file held is lost.", ":save! session.rhai"],
    ),
    command(
        "hold",
        (Takes::Other, "[off]"),
        Group::Writes,
        Does::Hold,
        [
            "Hold all writes from now on; `off` ends it",
            "Reads are made as ever. Where what follows depends on the answer of a write that is held, the input ends \
             there. An input that fails holds nothing.",
            ":hold",
        ],
    ),
    command(
        "pending",
        NOTHING,
        Group::Writes,
        Does::Pending,
        [
            "Show the writes that are held",
            "Of each tool the first three, and how many there are.",
            ":pending",
        ],
    ),
    command(
        "send",
        NOTHING,
        Group::Writes,
        Does::Send,
        [
            "Send the writes that are held, in their order",
            "Each passes what a call passes: grants, limits, the order behind writes that failed. Ctrl-C ends it behind the \
             write that is being made, and what is left is held on. None is sent twice.",
            ":send",
        ],
    ),
    command(
        "discard",
        NOTHING,
        Group::Writes,
        Does::Discard,
        ["Drop the writes that are held", "", ":discard"],
    ),
    command(
        "profile",
        (Takes::Profile, "[NAME]"),
        Group::Session,
        Does::Profile,
        [
            "Go on in another workspace with the same variables, or list the profiles",
            "`sandbox` is the sandbox. A sequence that is read later is read in the new workspace.",
            ":profile sandbox",
        ],
    ),
    command(
        "flush",
        NOTHING,
        Group::Session,
        Does::Flush,
        [
            "Count the writes of the session",
            "Nothing waits to be delivered at the prompt: each input ends when its writes are settled.",
            ":flush",
        ],
    ),
    command(
        "clear",
        NOTHING,
        Group::Session,
        Does::Clear,
        [
            "Forget variables, functions, imports and what `:save` would write",
            "Modules are read anew where they are imported next.",
            ":clear",
        ],
    ),
    Command {
        aliases: &["q", "exit"],
        ..command("quit", NOTHING, Group::Session, Does::Quit, ["Leave; so does Ctrl-D", "", ":quit"])
    },
];
