//! Arguments as JSON bytes. The arguments have passed [`super::check`]; what can't be sent is written
//! as `null` and never reached.

use std::ops::ControlFlow;

use super::bind::item;
use super::build::Stamp;
use crate::spec::{Arg, BodyField, Identifier, Identifiers, Item, Kind, Param, Step, Tool, Tree};
use crate::tools::pipelines::send_batch;

/// Writes the body of `tool`: the parameters that go there, then its constants, and the stamp where
/// the tool has a place for it and the script gave none.
pub fn body(out: &mut Vec<u8>, tool: &Tool, args: &[Arg<'_>], stamp: Option<&Stamp>) {
    let mut object = Object::open(out);
    fields(&mut object, tool, args, stamp);
    object.close();
}

fn fields(object: &mut Object<'_>, tool: &Tool, args: &[Arg<'_>], stamp: Option<&Stamp>) {
    for BodyField { index, param, key, stamp: stamped } in tool.body() {
        match (args.get(*index).unwrap_or(&Arg::Unit), stamp, stamped) {
            (Arg::Unit, Some(stamp), Some(stamped)) => plain(object.key(key), stamp.get(*stamped)),
            (Arg::Unit, ..) => {}
            (arg, ..) => value(object.key(key), param.kind, arg, stamp),
        }
    }
    for (name, json) in tool.constants {
        object.known(name).extend_from_slice(json.as_bytes());
    }
}

/// Writes one value as its parameter's kind asks.
fn value(out: &mut Vec<u8>, kind: Kind, arg: &Arg<'_>, stamp: Option<&Stamp>) {
    match (kind, arg) {
        (Kind::Person(usable), Arg::Person(person)) => match known(usable, person) {
            // Most have no prefix, and need no room of their own.
            Some((which, id)) if which.prefix().is_empty() => string(out, id),
            _ => string(out, &identifier(usable, arg)),
        },
        (Kind::List { of, .. }, Arg::List(tree)) => {
            let mut n = 0;
            out.push(b'[');
            tree.entries(&mut |_, arg| {
                if n > 0 {
                    out.push(b',');
                }
                value(out, *of, &arg, stamp.map(|stamp| stamp.item(n)).as_ref());
                n += 1;
                ControlFlow::Continue(())
            });
            out.push(b']');
        }
        (Kind::Record { fields, .. }, Arg::Object(tree)) => record(out, fields, *tree),
        (Kind::Call(items), Arg::Object(tree)) => call(out, items, *tree, stamp),
        (_, arg) => json(out, arg),
    }
}

/// The identifier of a person that the tool can use, as it stands on the wire; text stays as it is.
pub fn identifier(usable: &[Identifier], arg: &Arg<'_>) -> String {
    match arg {
        Arg::Person(person) => {
            known(usable, person).map(|(which, id)| format!("{}{id}", which.prefix())).unwrap_or_default()
        }
        Arg::Text(text) => (*text).to_string(),
        _ => String::new(),
    }
}

/// The first identifier of a person that the tool can use.
fn known<'a>(usable: &[Identifier], person: &Identifiers<'a>) -> Option<(Identifier, &'a str)> {
    usable.iter().find_map(|which| Some((*which, person.get(*which)?)))
}

fn record(out: &mut Vec<u8>, params: &[Param], tree: &dyn Tree) {
    let mut object = Object::open(out);
    for param in params {
        let held = tree.get(param.name);
        let arg = held.as_ref().map_or(Arg::Unit, |held| held.arg());
        if let (Some(wire), false) = (param.wire, matches!(arg, Arg::Unit)) {
            value(object.known(wire), param.kind, &arg, None);
        }
    }
    object.close();
}

pub(super) fn call(out: &mut Vec<u8>, items: &[Item], tree: &dyn Tree, stamp: Option<&Stamp>) {
    let Some(item) = item(items, tree) else { return };
    let mut object = Object::open(out);
    plain(object.known("type"), item.name);
    let bound = super::bind(item.tool, tree, &["type"]);
    fields(&mut object, item.tool, &bound.args(), stamp);
    object.close();
}

/// Writes a call of a tool that can travel inside a batch.
pub fn batched(out: &mut Vec<u8>, tool: &'static Tool, args: &[Arg<'_>], stamp: &Stamp) {
    let mut object = Object::open(out);
    if let Some(item) = send_batch::ITEMS.iter().find(|item| std::ptr::eq(item.tool, tool)) {
        plain(object.known("type"), item.name);
    }
    fields(&mut object, tool, args, Some(stamp));
    object.close();
}

/// Writes any plain value.
pub fn json(out: &mut Vec<u8>, arg: &Arg<'_>) {
    match arg {
        Arg::Unit | Arg::Person(_) | Arg::Foreign(_) | Arg::Unknown => out.extend_from_slice(b"null"),
        Arg::Bool(true) => out.extend_from_slice(b"true"),
        Arg::Bool(false) => out.extend_from_slice(b"false"),
        Arg::Int(n) => out.extend_from_slice(n.to_string().as_bytes()),
        Arg::Float(f) => scalar(out, f),
        Arg::Text(text) => string(out, text),
        Arg::List(tree) => {
            out.push(b'[');
            tree.entries(&mut |step, arg| {
                if step != Step::Index(0) {
                    out.push(b',');
                }
                json(out, &arg);
                ControlFlow::Continue(())
            });
            out.push(b']');
        }
        Arg::Object(tree) => {
            let mut object = Object::open(out);
            tree.entries(&mut |step, arg| {
                if let Step::Key(key) = step {
                    json(object.field(key), &arg);
                }
                ControlFlow::Continue(())
            });
            object.close();
        }
    }
}

fn string(out: &mut Vec<u8>, text: &str) {
    scalar(out, text);
}

/// Writes a text of ours, which has nothing in it to escape.
fn plain(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    out.extend_from_slice(text.as_bytes());
    out.push(b'"');
}

fn scalar<T: serde::Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) {
    serde_json::to_writer(out, value).expect("a string or a number always fits into memory as JSON");
}

/// A JSON object being written.
struct Object<'o> {
    out: &'o mut Vec<u8>,
    empty: bool,
}

impl<'o> Object<'o> {
    fn open(out: &'o mut Vec<u8>) -> Object<'o> {
        out.push(b'{');
        Object { out, empty: true }
    }

    /// Writes a name of the catalogue, and gives back the place for its value.
    fn known(&mut self, name: &str) -> &mut Vec<u8> {
        self.next();
        plain(self.out, name);
        self.out.push(b':');
        self.out
    }

    /// Writes a name that is JSON already, with its colon, and gives back the place for its value.
    fn key(&mut self, key: &str) -> &mut Vec<u8> {
        self.next();
        self.out.extend_from_slice(key.as_bytes());
        self.out
    }

    /// Writes the key and gives back the place for its value.
    fn field(&mut self, key: &str) -> &mut Vec<u8> {
        self.next();
        string(self.out, key);
        self.out.push(b':');
        self.out
    }

    fn next(&mut self) {
        if !self.empty {
            self.out.push(b',');
        }
        self.empty = false;
    }

    fn close(self) {
        self.out.push(b'}');
    }
}
