//! The registry of codes. A code's name is public and never changes its meaning.

/// How a run ends when nothing in the script catches the fault. `src/run/report.rs` turns it into an
/// exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The script failed.
    Failed,
    /// Nothing was sent: the command or the script is wrong.
    Usage,
    /// A credential is missing or was refused.
    Credentials,
    /// A grant is missing, or a guard stopped it.
    Guard,
    /// Something may or may not have happened.
    InDoubt,
    /// Customer.io couldn't be reached; trying again later can help.
    Unfinished,
    /// Nothing ends: it is a word of warning.
    Nothing,
}

macro_rules! codes {
    ($($variant:ident $name:literal $ending:ident $means:literal;)*) => {
        /// What kind of fault it is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code { $(#[doc = $means] $variant,)* }

        impl Code {
            pub const ALL: &[Code] = &[$(Code::$variant,)*];

            /// The public name, such as `segue::argument::missing`.
            pub const fn name(self) -> &'static str {
                match self { $(Code::$variant => concat!("segue::", $name),)* }
            }

            /// What it means, in one sentence.
            pub const fn means(self) -> &'static str {
                match self { $(Code::$variant => $means,)* }
            }

            /// How a run ends that nobody saved from this fault.
            pub const fn ending(self) -> Ending {
                match self { $(Code::$variant => Ending::$ending,)* }
            }
        }
    };
}

codes! {
    ArgumentMissing "argument::missing" Failed "A parameter that is required was not given.";
    ArgumentUnknown "argument::unknown" Failed "The tool has no parameter of that name.";
    ArgumentType "argument::type" Failed "An argument has another type than the tool takes.";
    ArgumentRange "argument::range" Failed "A number is outside of what the tool takes.";
    ArgumentChoice "argument::choice" Failed "A value is none of those the tool takes.";
    ArgumentEmpty "argument::empty" Failed "An argument that must hold something is empty.";
    ArgumentTooLong "argument::too_long" Failed "A text or a list is longer than Customer.io takes.";
    ArgumentFormat "argument::format" Failed "A text does not have the form the tool takes.";
    ArgumentNotData "argument::not_data" Failed "A value inside an argument can't be sent as JSON.";
    ArgumentTooMany "argument::too_many" Failed "The call has more arguments than the tool has parameters.";
    ArgumentNoneOf "argument::none_of" Failed "One of several parameters is needed and none was given.";
    ArgumentNotAlone "argument::not_alone" Failed "A flag was given without the parameter it belongs to.";
    ItemTooLarge "argument::item_too_large" Failed "A call is larger than Customer.io takes.";
    FilterInvalid "argument::filter" Failed "An audience filter is not in Customer.io's filter language.";
    AudienceMissing "audience::missing" Failed "A broadcast was triggered without saying who receives it.";
    AudienceSeveral "audience::several" Failed "A broadcast was given more than one audience.";
    PersonNoIdentifier "person::no_identifier" Failed "A person has none of the identifiers the tool can use.";
    PersonAmbiguous "person::ambiguous_identifier" Failed "A person's id looks like another kind of identifier, and the tool could reach somebody else by it.";
    SegmentUnknown "segment::unknown" Failed "The workspace has no segment of that name.";
    SegmentAmbiguous "segment::ambiguous" Failed "The workspace has several segments of that name.";
    CodeUnknown "code::unknown" Usage "There is no code of that name.";
    ToolUnknown "tool::unknown" Failed "There is no tool of that name.";
    Unauthorized "api::unauthorized" Credentials "Customer.io refused the credential.";
    Forbidden "api::forbidden" Credentials "The credential may not do this.";
    WrongRegion "api::wrong_region" Credentials "Customer.io redirected the request: the account is in the other region.";
    NotFound "api::not_found" Failed "Customer.io knows nothing under that id.";
    Refused "api::refused" Failed "Customer.io refused the request.";
    Unreachable "api::unreachable" Unfinished "Customer.io couldn't be reached, or didn't take the request.";
    NoAnswer "api::no_answer" Unfinished "The answer to a read never came whole.";
    InDoubt "api::in_doubt" InDoubt "A request was sent and no answer came: it may or may not have been done.";
    AnswerUnreadable "api::answer" Failed "An answer doesn't have the shape the tool declares.";
    DriftType "drift::type" Failed "A field of an answer is of another kind than the tool declares.";
    DriftMissing "drift::missing" Failed "A field of an answer is null where the tool declares a list.";
    DriftExtra "drift::extra_field" Failed "An answer has a field that the tool doesn't declare.";
    CursorLoops "api::cursor_loops" Failed "The pages of a list lead back to a page that was read before.";
    GrantMissing "grant::missing" Guard "The run does something that nobody allowed it.";
    GrantReadOnly "grant::read_only" Guard "A run that may only read tried to write.";
    GrantDenied "grant::denied" Guard "The run calls a tool that is denied to it.";
    SegmentUnfinished "guard::segment" Guard "The members of a segment that a call relies on aren't worked out yet.";
    PeopleOver "guard::people" Guard "The run would touch more people than it may.";
    RejectedOver "guard::rejected" Guard "More writes of the run were rejected than it goes on after.";
    WorkspaceOther "guard::workspace" Guard "A key is of another workspace than the one the run is pinned to.";
    HostsMixed "guard::hosts" Guard "Some requests would go to this machine, and others to Customer.io.";
    BarrierClosed "barrier::closed" Guard "Something was to be sent or deleted after writes that Customer.io hasn't accepted.";
    CredentialsMissing "credentials::missing" Credentials "A credential that the script needs isn't set.";
    SettingInvalid "settings::invalid" Usage "A setting has a value Segue can't use.";
    ScriptUnreadable "script::unreadable" Usage "The script can't be read.";
    ScriptEmpty "script::empty" Usage "The script has nothing in it to run.";
    ScriptParse "script::parse" Usage "The script isn't valid Rhai.";
    ModuleUnreadable "script::module" Failed "An imported module can't be found or read.";
    ScriptHeader "script::header" Usage "A line at the head of the script says something Segue can't use.";
    ScriptArgumentUnknown "script::argument_unknown" Usage "The script takes no argument of that name.";
    ScriptArgumentMissing "script::argument_missing" Usage "The script needs an argument that wasn't given.";
    ScriptArgumentType "script::argument_type" Usage "A script argument isn't of the type of its default.";
    UnknownFunction "script::unknown_function" Failed "No function of that name takes these arguments.";
    RetryUnsettled "retry::unsettled" Usage "A block that is retried ends before a write in it is settled.";
    ParallelWrites "parallel::writes" Usage "A closure given to `parallel` changes a variable that it captures.";
    ScriptArgumentUnused "script::argument_unused" Nothing "The script asks for an argument and never uses it.";
    DeliveryUncaught "script::delivery_uncaught" Nothing "A `catch` expects the answer to a write that is delivered later.";
    ScriptFailed "script::failed" Failed "The script failed.";
    ScriptThrew "script::threw" Failed "The script threw an error that nothing caught.";
    ScriptLimit "script::limit" Failed "The script ran into a limit of the engine.";
    InputUnreadable "input::unreadable" Failed "A file that the script reads can't be read.";
    FileUnwritable "file::unwritable" Failed "A file can't be written, or is there already.";
    CommandInvalid "command::invalid" Usage "A line that begins with a colon is no command of the prompt, or lacks what it takes.";
    Interrupted "run::interrupted" Failed "The run was stopped from outside.";
    CredentialInvalid "credentials::invalid" Credentials "A credential holds characters that no key has.";
    CredentialUnreadable "credentials::unreadable" Credentials "A credential's source gives no credential.";
    ProfileUnknown "settings::profile_unknown" Usage "There is no profile of that name.";
    Crashed "internal::crashed" Failed "Segue itself failed.";
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn names_are_unique_and_every_code_says_what_it_means() {
        let names: HashSet<_> = Code::ALL.iter().map(|code| code.name()).collect();
        assert_eq!(names.len(), Code::ALL.len());
        for code in Code::ALL {
            assert!(code.means().ends_with('.'), "{}", code.name());
        }
    }
}
