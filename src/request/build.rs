//! The request a call becomes.

use std::ops::ControlFlow;

use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::bind::item;
use super::class::{Class, batches, class, events};
use super::encode;
use crate::fault::{At, Code, Fault};
use crate::spec::{Arg, Delivery, Kind, Place, Stamped, Step, Tool};

/// Everything but the characters that RFC 3986 calls unreserved. An identifier with `+`, `@` or `/`
/// that isn't encoded finds nobody, without an error.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A request, ready to be sent any number of times: the same bytes on every attempt.
#[derive(Clone, Debug)]
pub struct Request {
    pub tool: &'static Tool,
    pub class: Class,
    /// Path and query below the API's host, percent-encoded.
    pub path: String,
    pub body: Option<Bytes>,
    /// The items of the Pipelines API it carries: 1 for an item alone.
    pub items: usize,
    /// How many events it records.
    pub events: u64,
}

/// What makes an item of the Pipelines API one item, however often it is sent.
#[derive(Clone, Debug, Default)]
pub struct Stamp {
    pub message_id: String,
    /// The time of the call, ISO 8601.
    pub timestamp: String,
}

impl Stamp {
    /// The stamp of the `n`th item within this call.
    pub(super) fn item(&self, n: usize) -> Stamp {
        Stamp { message_id: format!("{}.{n}", self.message_id), timestamp: self.timestamp.clone() }
    }

    pub(super) fn get(&self, which: Stamped) -> &str {
        match which {
            Stamped::MessageId => &self.message_id,
            Stamped::Timestamp => &self.timestamp,
        }
    }
}

/// Builds the request of a call whose arguments have passed [`super::check`]. The one fault left to
/// find is a body, or an item of a batch, that is larger than Customer.io takes.
pub fn build(tool: &'static Tool, args: &[Arg<'_>], stamp: Option<&Stamp>) -> Result<Request, Fault> {
    let sends_body = !tool.body().is_empty() || !tool.constants.is_empty();
    let body = sends_body.then(|| {
        let mut body = Vec::with_capacity(256);
        encode::body(&mut body, tool, args, stamp);
        body
    });
    if let Some(body) = &body
        && body.len() > tool.max_body
    {
        return Err(too_large(tool, body.len()));
    }
    let items = items_fit(tool, args, stamp)?;
    let (class, events) = (class(tool, args), events(tool, args));
    Ok(Request { tool, class, path: path(tool, args), body: body.map(Bytes::from), items, events })
}

/// Writes a call behind `out` as an item of a body, with the `type` that tells what it is.
///
/// # Errors
/// The fault of an item that is larger than Customer.io takes.
pub fn batched(out: &mut Vec<u8>, tool: &'static Tool, args: &[Arg<'_>], stamp: &Stamp) -> Result<(), Fault> {
    let before = out.len();
    encode::batched(out, tool, args, stamp);
    let size = out.len() - before;
    if size > tool.max_body { Err(too_large(tool, size)) } else { Ok(()) }
}

/// The path with its placeholders filled, and the query.
fn path(tool: &Tool, args: &[Arg<'_>]) -> String {
    let mut path = tool.path.to_string();
    let mut query = String::new();
    for (param, arg) in tool.params.iter().zip(args) {
        let (Some(wire), false) = (param.wire, matches!(arg, Arg::Unit)) else { continue };
        let value = plain(param.kind, arg);
        let value = utf8_percent_encode(&value, ENCODED);
        match tool.place(param) {
            Place::Path => path = path.replace(&format!("{{{}}}", param.name), &value.to_string()),
            Place::Query => {
                query.push(if query.is_empty() { '?' } else { '&' });
                query.push_str(&format!("{wire}={value}"));
            }
            Place::Body | Place::Nowhere => {}
        }
    }
    path.push_str(&query);
    path
}

/// A scalar as it stands in a path or a query.
fn plain(kind: Kind, arg: &Arg<'_>) -> String {
    match (kind, arg) {
        (Kind::Person(usable), arg) => encode::identifier(usable, arg),
        (Kind::Segment, Arg::Object(segment)) => {
            segment.get("id").map(|held| plain(Kind::Id, &held.arg())).unwrap_or_default()
        }
        (_, Arg::Text(text)) => (*text).to_string(),
        (_, Arg::Int(n)) => n.to_string(),
        (_, Arg::Bool(b)) => b.to_string(),
        (_, Arg::Float(f)) => f.to_string(),
        _ => String::new(),
    }
}

/// Whether each call inside a batch is within its own tool's limit, and how many items there are.
fn items_fit(tool: &'static Tool, args: &[Arg<'_>], stamp: Option<&Stamp>) -> Result<usize, Fault> {
    let mut found = Ok(());
    let mut count = usize::from(tool.delivery == Delivery::Batched);
    for (param, items, list) in batches(tool, args) {
        list.entries(&mut |step, arg| {
            if let (Step::Index(n), Arg::Object(tree)) = (step, arg)
                && let Some(item) = item(items, tree)
            {
                let mut body = vec![];
                encode::call(&mut body, items, tree, stamp.map(|stamp| stamp.item(n)).as_ref());
                if body.len() > item.tool.max_body {
                    found = Err(too_large(item.tool, body.len()).below(n.to_string()).below(param));
                    return ControlFlow::Break(());
                }
            }
            count += 1;
            ControlFlow::Continue(())
        });
    }
    found.map(|()| count)
}

fn too_large(tool: &Tool, size: usize) -> Fault {
    let message =
        format!("this call of `{}` is {size} bytes, and at most {} can be sent", tool.name(), tool.max_body);
    Fault::new(Code::ItemTooLarge, At::Call, message)
        .label("too large to send")
        .help("Customer.io drops larger ones without saying so; send fewer or shorter values")
}
