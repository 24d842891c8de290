//! Deletes a person for good.

use crate::spec::{Api, Delivery, Effect, Example, Identifier, Kind, Param, Retry, Tool};

pub static TOOL: Tool = Tool::post(
    "CUSTOMERIO_CUSTOMER_IO_SUPPRESS_PERSON",
    Api::Track,
    "/api/v1/customers/{identifier}/suppress",
)
.about("Deletes a person for good and keeps them from being added again.")
.params(&[Param::required(
    "identifier",
    Kind::Person(&[Identifier::Id, Identifier::Email, Identifier::CioId]),
    "The person: id, email address, or `cio_` and their Customer.io id.",
)])
.effect(Effect::Destroy)
.delivery(Delivery::Streamed)
.retry(Retry::Safe { because: "who is suppressed stays suppressed: twice gives the same state" })
.notes(&[
    "Customer.io tells an id from an email address by its shape; a phone number is read as an id. So \
     a person whose id is like an email address or begins with `cio_` is refused; their cio_id says who is meant.",
    "Where a workspace identifies people by id and by email, both are blocked. Later calls for a blocked \
     identifier are ignored without an error.",
    "Lifting the block, which Customer.io allows, frees the identifier and brings nothing back.",
    "That an unknown person is answered like a known one is an inference: no 404 is documented.",
])
.examples(&[
    Example {
        title: "Suppress a person by id",
        call: r#"suppress_person("u-1")"#,
        sends: "POST /api/v1/customers/u-1/suppress",
    },
    Example {
        title: "Suppress a person by email address",
        call: r#"suppress_person("ada+old@example.com")"#,
        sends: "POST /api/v1/customers/ada%2Bold%40example.com/suppress",
    },
]);
