//! Tools of the Pipelines API: people, groups and what people do.

pub mod add_person_to_group;
pub mod create_alias;
pub mod identify_person;
pub mod send_batch;
pub mod track_event;
pub mod track_page;
pub mod track_screen;

use crate::spec::{Identifier, Kind, MAX_ATTRIBUTE, Param, Retry, Rule};

/// The largest call, in bytes: Customer.io says 32 KB, and this is the smaller reading of it.
const MAX_CALL: usize = 32_000;

/// The largest batch, in bytes: 500 KB, read the same way.
const MAX_BATCH: usize = 500_000;

/// How this API names a person: by id, and by email address where there is no id.
const PERSON: Kind = Kind::Person(&[Identifier::Id, Identifier::Email]);

/// The length of an event's name that Customer.io keeps.
const EVENT: Kind = Kind::Text { max: 100 };

/// A page's or a screen's name. No limit is documented; the one for an attribute's value is taken.
const NAME: Kind = Kind::Text { max: MAX_ATTRIBUTE };

const USER_ID: Param = Param::grouped("user_id", PERSON, "The person.").wire("userId");
const ANONYMOUS_ID: Param = Param::grouped("anonymous_id", Kind::Id, "Stands for somebody not known yet.")
    .wire("anonymousId")
    .of_person();

/// What every call of a person needs: somebody it is about.
const SOMEBODY: Rule = Rule::AnyOf(&["user_id", "anonymous_id"]);

const TIMESTAMP: Param =
    Param::optional("timestamp", Kind::DateTime, "When it happened; the time of the call when left out.");
const MESSAGE_ID: Param =
    Param::optional("message_id", Kind::Id, "The call's own id; Segue makes one when left out.")
        .wire("messageId");
const CONTEXT: Param =
    Param::optional("context", Kind::Object, "Where the call comes from: device, page, locale, campaign.");
const INTEGRATIONS: Param =
    Param::optional("integrations", Kind::Object, "Which destinations get the call, each true or false.");

/// The traits that say what a person agreed to receive.
const UNSUBSCRIBED: &str = "unsubscribed";
const SUBSCRIPTIONS: &str = "cio_subscription_preferences";
const CONSENT: &[&str] = &[UNSUBSCRIBED, SUBSCRIPTIONS];

/// Traits can travel in a call's context too. That Customer.io applies them there is an inference, and a
/// change of consent isn't to be made by accident.
const CONTEXT_TRAITS: Rule = Rule::ChangesConsent { param: "context", keys: CONSENT };

/// Names that make Customer.io delete something in place of recording an event. Customer.io compares
/// them letter by letter.
const DELETING_EVENTS: &[&str] =
    &["User Deleted", "User Suppressed", "Device Deleted", "Relationship Deleted", "Object Deleted"];

/// How events may be repeated.
const BY_MESSAGE_ID: Retry = Retry::Keyed {
    because: "a repeat carries the same message id, but Customer.io doesn't promise to drop it",
};

const INFERRED_NAMES: &str =
    "The parameters' names in scripts are an inference from the fields of the request.";
const REPEATS: &str =
    "A repeat that Customer.io doesn't recognise is a second event and can start campaigns twice.";
const STALE: &str = "With a timestamp more than 72 hours back it starts no campaign.";
