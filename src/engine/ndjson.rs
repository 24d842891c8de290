//! The values of a file with one in JSON on each line. A line is read when its value is asked for: a file
//! of many doesn't become as many values at once.

use rhai::{Dynamic, ImmutableString, NativeCallContext};

use super::failure::place;
use super::host::{CallError, Host};
use super::tools::{Result, fail, halt, placed};
use crate::fault::{At, Code, Fault, Place};

/// The function that reads such a file.
pub const READ: &str = "read_ndjson";

/// The lines of a file.
#[derive(Clone)]
pub struct Lines {
    path: ImmutableString,
    text: ImmutableString,
    /// Where the script reads the file.
    pub place: Place,
}

impl Lines {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// The host's, at the call.
    pub fn read(host: &dyn Host, context: &NativeCallContext<'_>, path: ImmutableString) -> Result<Lines> {
        let text = placed(context, host.read(READ, &path).map_err(halt))?.into();
        Ok(Lines { path, text, place: place(context.call_source(), context.call_position()) })
    }

    /// The values of the lines with something on them.
    pub fn values(self) -> impl Iterator<Item = Result<Dynamic>> {
        let (mut begin, mut number) = (0, 0);
        std::iter::from_fn(move || {
            while begin < self.text.len() {
                let rest = &self.text[begin..];
                let end = rest.find('\n').map_or(rest.len(), |end| end + 1);
                let line = &rest[..end];
                (begin, number) = (begin + end, number + 1);
                if !line.trim().is_empty() {
                    return Some(serde_json::from_str(line).map_err(|why| self.wrong(number, &why)));
                }
            }
            None
        })
    }

    /// The error of line `number`.
    fn wrong(&self, number: usize, why: &serde_json::Error) -> Box<rhai::EvalAltResult> {
        let (what, column) = (why.to_string(), why.column());
        // It counts lines too, and always comes to 1.
        let what = what.split(" at line ").next().unwrap_or_default();
        let message = format!("line {number} of \"{}\" isn't JSON: {what}, at column {column}", self.path);
        let fault = Fault::new(Code::InputUnreadable, At::Call, message)
            .label("read here")
            .help("each line holds one JSON value; what was read before it is sound");
        fail(CallError { place: Some(self.place.clone()), ..CallError::one(READ, fault) })
    }
}
