//! The fields of a tool's body, as they are written again and again.

use super::{Kind, Param, Place, Tool};

/// A parameter that goes into the body.
#[derive(Debug)]
pub struct BodyField {
    /// Its place among the tool's parameters.
    pub index: usize,
    pub param: &'static Param,
    /// Its name as JSON, with the colon behind it.
    pub key: String,
    /// What it is when the script doesn't give it.
    pub stamp: Option<Stamped>,
}

/// What Segue adds to an item of the Pipelines API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stamped {
    MessageId,
    Timestamp,
}

impl BodyField {
    pub(super) fn all(tool: &Tool) -> Vec<BodyField> {
        let in_body = |(index, param): (usize, &'static Param)| {
            let wire = param.wire.filter(|_| tool.place(param) == Place::Body)?;
            // Names of the catalogue have nothing in them to escape.
            Some(BodyField { index, param, key: format!("\"{wire}\":"), stamp: stamp(param) })
        };
        tool.params.iter().enumerate().filter_map(in_body).collect()
    }
}

fn stamp(param: &Param) -> Option<Stamped> {
    match (param.name, param.kind) {
        ("message_id", _) => Some(Stamped::MessageId),
        ("timestamp", Kind::DateTime) => Some(Stamped::Timestamp),
        _ => None,
    }
}
