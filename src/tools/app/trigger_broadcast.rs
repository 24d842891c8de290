//! Sends a broadcast.

use super::{BROADCAST_ID, NEXT, UNFINISHED, get_triggers};
use crate::spec::{
    Api, Bucket, Delivery, Effect, Example, Field, Identifier, Kind, Lookup, Param, Retry, Rule, Shape, Tool,
};

const ID: Kind = Kind::Person(&[Identifier::Id]);
const EMAIL: Kind = Kind::Person(&[Identifier::Email]);

/// What went wrong with one trigger. Not a tool of its own: only the look-up reads it.
static ERRORS: Tool = Tool::get(
    "CUSTOMERIO_GET_TRIGGER_ERRORS",
    Api::App,
    "/v1/campaigns/{broadcast_id}/triggers/{trigger_id}/errors",
)
.params(&[BROADCAST_ID, Param::required("trigger_id", Kind::Int { min: 1, max: i64::MAX }, "The trigger.")])
.answer(Shape::Object(&[Field::always("errors", Shape::List(&Shape::Any)), NEXT]));

pub static TOOL: Tool = Tool::post(
    "CUSTOMERIO_TRIGGER_BROADCAST",
    Api::App,
    "/v1/campaigns/{broadcast_id}/triggers",
)
.about("Sends a broadcast to one audience.")
.params(&[
    BROADCAST_ID,
    Param::optional("data", Kind::Object, "What the message can use as `{{trigger.…}}`."),
    Param::grouped("recipients", Kind::Filter, "The audience as a filter over segments and attributes."),
    Param::grouped("ids", Kind::List { of: &ID, max: 10_000 }, "The audience by ids."),
    Param::grouped("emails", Kind::List { of: &EMAIL, max: 10_000 }, "The audience by email addresses."),
    Param::grouped(
        "per_user_data",
        Kind::List {
            of: &Kind::Record {
                fields: &[
                    Param::grouped("id", ID, "The person, by id."),
                    Param::grouped("email", EMAIL, "The person, by email address."),
                    Param::optional("data", Kind::Object, "What this person's message can use."),
                ],
                rules: &[Rule::AnyOf(&["id", "email"])],
            },
            max: 10_000,
        },
        "The audience person by person, each with data of its own.",
    ),
    Param::grouped("data_file_url", Kind::Url, "The audience as a file of JSON lines, one person each."),
    Param::grouped(
        "audience",
        Kind::Choice(&["default"]),
        "`default` asks for the audience that is set in Customer.io.",
    )
    .unsent(),
    Param::optional("id_ignore_missing", Kind::Bool, "Pass over ids nobody has."),
    Param::optional("email_ignore_missing", Kind::Bool, "Pass over addresses nobody has."),
    Param::optional("email_add_duplicates", Kind::Bool, "Send to everyone who shares an address."),
    UNFINISHED,
])
.rules(&[
    Rule::OneAudience(&["recipients", "ids", "emails", "per_user_data", "data_file_url", "audience"]),
    Rule::OnlyWith { flag: "id_ignore_missing", with: &["ids", "per_user_data", "data_file_url"] },
    Rule::OnlyWith { flag: "email_ignore_missing", with: &["emails", "per_user_data", "data_file_url"] },
    Rule::OnlyWith { flag: "email_add_duplicates", with: &["emails", "per_user_data", "data_file_url"] },
    Rule::Finished { param: "recipients", unless: "unfinished" },
])
// No limit is documented; ten thousand people with data of their own have to fit.
.max_body(10_000_000)
.effect(Effect::Send)
.delivery(Delivery::Now)
.retry(Retry::Cautious {
    because: "a second trigger sends the messages again, and Customer.io takes no key that would tell a \
        repeat",
})
.bucket(Bucket::BroadcastTrigger)
.looked_up(Lookup { through: &get_triggers::TOOL, list: "triggers", id: "id", errors: &ERRORS })
.answer(Shape::Object(&[Field::always("id", Shape::Int)]))
.notes(&[
    "The answer's `id` is the trigger's: `get_trigger` tells what became of it.",
    "Left to itself, Customer.io sends to the audience that is set there when a call names none. Segue \
     wants that said: `audience: \"default\"`.",
    "Everyone named must already exist. One who doesn't fails the whole broadcast, unless a flag passes \
     over the missing; so does an address that several people share.",
    "Which flag goes with which audience is an inference from Customer.io's Go library: with a flag too \
     many, the server refuses the call.",
    "That `emails` takes 10,000 like `ids` is an inference; so is the largest body, for which no figure \
     is documented.",
    "One call in 10 seconds. Whether that counts per broadcast or for the workspace isn't said; Segue \
     counts them all together.",
])
.examples(&[
    Example {
        title: "Send to a segment",
        call: r#"trigger_broadcast(1, #{ headline: "Hello" }, #{ segment: #{ id: 3 } })"#,
        sends: r#"POST /v1/campaigns/1/triggers {"data":{"headline":"Hello"},"recipients":{"segment":{"id":3}}}"#,
    },
    Example {
        title: "Send to two people",
        call: r#"trigger_broadcast(1, (), (), ["u-1", "u-2"])"#,
        sends: r#"POST /v1/campaigns/1/triggers {"ids":["u-1","u-2"]}"#,
    },
    Example {
        title: "Send to the audience set in Customer.io",
        call: r#"trigger_broadcast(1, #{ headline: "Hello" }, (), (), (), (), (), "default")"#,
        sends: r#"POST /v1/campaigns/1/triggers {"data":{"headline":"Hello"}}"#,
    },
]);
