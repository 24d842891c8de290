//! Deliveries of a workspace, with what became of each.

use super::{NEXT, NUMBER, START};
use crate::spec::{Api, Example, Field, Kind, Param, Shape, Tool};

/// What the documents list, and `attempted`, which they have among the metrics to ask for.
const METRICS: Shape = Shape::Object(&[
    Field::maybe("attempted", Shape::Time),
    Field::maybe("bounced", Shape::Time),
    Field::maybe("clicked", Shape::Time),
    Field::maybe("converted", Shape::Time),
    Field::maybe("created", Shape::Time),
    Field::maybe("delivered", Shape::Time),
    Field::maybe("drafted", Shape::Time),
    Field::maybe("dropped", Shape::Time),
    Field::maybe("failed", Shape::Time),
    Field::maybe("human_clicked", Shape::Int),
    Field::maybe("human_opened", Shape::Int),
    Field::maybe("opened", Shape::Time),
    Field::maybe("prefetch_clicked", Shape::Int),
    Field::maybe("prefetch_opened", Shape::Int),
    Field::maybe("sent", Shape::Time),
    Field::maybe("spammed", Shape::Time),
    Field::maybe("undeliverable", Shape::Time),
    Field::maybe("unsubscribed", Shape::Time),
]);

pub static TOOL: Tool = Tool::get("CUSTOMERIO_GET_MESSAGES", Api::App, "/v1/messages")
    .about("Lists one page of deliveries by type, metric, campaign, newsletter or time.")
    .params(&[
        Param::optional(
            "type",
            Kind::Choice(&["email", "webhook", "twilio", "slack", "push", "in_app"]),
            "Only messages of this type; `twilio` is SMS.",
        ),
        Param::optional(
            "metric",
            Kind::Choice(&[
                "attempted",
                "sent",
                "delivered",
                "opened",
                "clicked",
                "converted",
                "bounced",
                "spammed",
                "unsubscribed",
                "dropped",
                "failed",
                "undeliverable",
            ]),
            "Only messages this happened to.",
        ),
        Param::optional("drafts", Kind::Bool, "Whether to list drafts in place of what was sent."),
        Param::optional("campaign_id", NUMBER, "Only messages of this campaign."),
        Param::optional("newsletter_id", NUMBER, "Only messages of this newsletter."),
        Param::optional("action_id", NUMBER, "Only messages of this action in a campaign."),
        Param::optional("start_ts", Kind::UnixSeconds, "Only from this time on."),
        Param::optional("end_ts", Kind::UnixSeconds, "Only up to this time."),
        Param::optional("limit", Kind::Int { min: 1, max: 1_000 }, "Messages in a page; 50 when left out."),
        START,
    ])
    .pages("messages", "messages", 1_000)
    .answer(Shape::Object(&[
        Field::always(
            "messages",
            Shape::List(&Shape::Object(&[
                Field::always("id", Shape::Text),
                Field::maybe("deduplicate_id", Shape::Text),
                Field::maybe("type", Shape::Text),
                Field::maybe("customer_id", Shape::Text),
                Field::maybe(
                    "customer_identifiers",
                    Shape::Object(&[
                        Field::maybe("id", Shape::Text),
                        Field::maybe("email", Shape::Text),
                        Field::maybe("cio_id", Shape::Text),
                    ]),
                ),
                Field::maybe("recipient", Shape::Text),
                Field::maybe("subject", Shape::Text),
                Field::maybe("created", Shape::Time),
                Field::maybe("metrics", METRICS),
                Field::maybe("failure_message", Shape::Text),
                Field::maybe("campaign_id", Shape::Int),
                Field::maybe("action_id", Shape::Int),
                Field::maybe("parent_action_id", Shape::Int),
                Field::maybe("newsletter_id", Shape::Int),
                Field::maybe("content_id", Shape::Int),
                Field::maybe("broadcast_id", Shape::Int),
                Field::maybe("trigger_event_id", Shape::Text),
                Field::maybe("message_template_id", Shape::Int),
                // So it is called in the documents' example.
                Field::maybe("msg_template_id", Shape::Int),
                Field::maybe("forgotten", Shape::Bool),
            ])),
        ),
        NEXT,
    ]))
    .notes(&[
        "At most six months at a time, and a wider range is cut without a word. Without times: the last \
         six months. With `end_ts` alone: the six months before it.",
        "`metrics` holds the time of each metric, not a count, but for those named `human_…` and \
         `prefetch_…`. What didn't happen isn't there.",
        "`customer_id` can be null; `customer_identifiers` says who it was.",
        "`deduplicate_id` is the message's id and the time of its last change; it makes nothing \
         idempotent.",
        "`next` is described in the documents but missing from their schema; that it comes with the \
         answer is an inference.",
    ])
    .examples(&[
        Example {
            title: "Read the last emails that bounced",
            call: r#"get_messages("email", "bounced")"#,
            sends: "GET /v1/messages?type=email&metric=bounced",
        },
        Example {
            title: "Read a newsletter's deliveries since the start of 2026",
            call: "get_messages((), (), (), (), 1, (), 1767225600, (), 100)",
            sends: "GET /v1/messages?newsletter_id=1&start_ts=1767225600&limit=100",
        },
    ]);
