//! The addresses Customer.io sends from.

use crate::spec::{Api, Example, Field, Shape, Tool};

pub static TOOL: Tool = Tool::get("CUSTOMERIO_LIST_IP_ADDRESSES", Api::App, "/v1/info/ip_addresses")
    .about("Lists the IP addresses to allow for messages and webhooks.")
    .answer(Shape::Object(&[Field::always("ip_addresses", Shape::List(&Shape::Text))]))
    .notes(&["Push notifications come from elsewhere."])
    .examples(&[Example {
        title: "List the addresses for a firewall",
        call: "list_ip_addresses()",
        sends: "GET /v1/info/ip_addresses",
    }]);
