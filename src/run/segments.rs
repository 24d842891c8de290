//! Segments: a name turned into an id, and whether their members are worked out.

use std::sync::atomic::Ordering;

use serde::Deserialize;
use serde_json::Value;

use super::session::Session;
use crate::engine::{Call, CallError, Halt, Host, Reply, Site};
use crate::fault::{At, Code, Fault, closest};
use crate::outbox::Item;
use crate::policy::Limits;
use crate::request::{Relied, segments};
use crate::spec::{Arg, Kind, Tool};
use crate::tools::app::get_segment_details;

/// As many segments are named where none is near.
const FIRST: usize = 8;

/// A segment as far as its name, its id and its state go.
#[derive(Clone, Debug, Deserialize)]
pub struct Segment {
    pub id: i64,
    pub name: String,
    /// What it is about beside those two is no reason not to find it.
    #[serde(default)]
    state: Value,
    #[serde(default)]
    progress: Value,
}

/// What `get_segments` answers, as far as they go.
#[derive(Deserialize)]
pub struct Segments {
    pub segments: Vec<Segment>,
}

/// What `get_segment_details` answers.
#[derive(Deserialize)]
struct Details {
    segment: Segment,
}

impl Segment {
    fn in_words(&self) -> String {
        format!("\"{}\" ({})", self.name, self.id)
    }

    /// The fault of relying on its members before they are worked out; none where nothing says so.
    fn unfinished(&self, relied: &Relied) -> Option<Fault> {
        let state = self.state.as_str().filter(|state| *state != "finished")?;
        let (unless, param) = (relied.unless, relied.way.first().map_or("", String::as_str));
        let progress = self.progress.as_i64().map(|n| format!(", {n} % done")).unwrap_or_default();
        let Segment { id, name, .. } = self;
        let message = format!("segment \"{name}\" ({id}) isn't finished: its state is \"{state}\"{progress}");
        Some(Fault::new(Code::SegmentUnfinished, At::Call, message).label("its members aren't complete").help(
            format!(
                "wait until get_segment_details({id}).segment.state is \"finished\", or take it as it is, with \
                 #{{ {param}: …, {unless}: true }}"
            ),
        ))
    }
}

impl Session {
    /// Holds a call until the segments it relies on are finished.
    pub(super) fn finished(
        &self,
        tool: &'static Tool,
        args: &[Arg<'_>],
        site: Site<'_>,
        limits: Option<Limits>,
    ) -> Result<(), Halt> {
        for relied in segments(tool, args) {
            let Some(listed) = self.listed(site, limits)? else { return Ok(()) };
            let Some(segment) = listed.iter().find(|segment| segment.id == relied.id) else { continue };
            // The list is as old as the run; who waits for a segment wants to know of it now.
            if segment.unfinished(&relied).is_some()
                && let Some(fault) = self.current(segment, site, limits)?.unfinished(&relied)
            {
                let fault = relied.way.into_iter().rev().fold(fault, Fault::below);
                return Err(CallError::one(tool.name(), fault).into());
            }
        }
        Ok(())
    }

    /// All segments; `None` when they can't be had although other reads may do: a script that has only ids
    /// can do without.
    fn listed(&self, site: Site<'_>, limits: Option<Limits>) -> Result<Option<&[Segment]>, Halt> {
        if self.segments.get().is_none() && self.unlisted.load(Ordering::Relaxed) {
            return Ok(None);
        }
        match self.segments(site, limits) {
            Ok(listed) => Ok(Some(listed)),
            Err(Halt::Failed(error)) if alone(&error) => {
                self.unlisted.store(true, Ordering::Relaxed);
                self.tell(&format!("whether segments are finished isn't checked: {}", error.message()));
                Ok(None)
            }
            Err(halt) => Err(halt),
        }
    }

    /// The fault of a segment that isn't there, with those that are.
    pub(super) fn with_near_segments(&self, item: &Item, args: &[Arg<'_>], fault: Fault) -> Fault {
        let tool = item.request.tool;
        match fault.code {
            Code::NotFound if tool.names_segment => {
                let place = &item.entry.place;
                let site = Site { source: &place.source, line: place.line, column: place.column };
                // Whether they can be read is no news here: it is asked once.
                let read = || self.segments(site, Some(item.limits)).ok();
                let near = match self
                    .segments
                    .get()
                    .map(Vec::as_slice)
                    .or_else(|| if self.unnamed.swap(true, Ordering::Relaxed) { None } else { read() })
                {
                    Some(segments) if !segments.is_empty() => the_workspace_has(segments),
                    _ => return fault,
                };
                let rest = fault.help.clone().unwrap_or_default();
                fault.help(format!("{near}\n{rest}"))
            }
            Code::Refused => self.without_segment(tool, args).map_or_else(
                || fault.clone(),
                |(way, near)| {
                    let attempts = fault.help.as_deref().and_then(|help| help.lines().last());
                    let told = Fault { at: At::Call, ..fault.clone() }
                        .label("no such segment")
                        .help(near)
                        .and_help(attempts.unwrap_or_default());
                    way.into_iter().rev().fold(told, Fault::below)
                },
            ),
            _ => fault,
        }
    }

    /// The steps to a segment that a call relies on and the workspace hasn't, as far as that was read, and those
    /// that it has.
    fn without_segment(&self, tool: &'static Tool, args: &[Arg<'_>]) -> Option<(Vec<String>, String)> {
        let listed = self.segments.get().filter(|listed| !listed.is_empty())?;
        let there = |relied: &Relied| listed.iter().any(|segment| segment.id == relied.id);
        let relied = segments(tool, args).into_iter().find(|relied| !there(relied))?;
        let mut way = relied.way;
        if tool.param(&way[0]).is_some_and(|(_, param)| matches!(param.kind, Kind::Filter)) {
            way.push("id".into());
        }
        Some((way, the_workspace_has(listed)))
    }

    /// The segment as it is now, or as it was if that can't be had.
    fn current(&self, segment: &Segment, site: Site<'_>, limits: Option<Limits>) -> Result<Segment, Halt> {
        let call = Call { tool: &get_segment_details::TOOL, args: &[Arg::Int(segment.id)], site, limits };
        let body = match self.call(call) {
            Ok(Reply::Answer(body)) => body,
            Err(Halt::Failed(error)) if !alone(&error) => return Err(Halt::Failed(error)),
            Err(Halt::Stopped) => return Err(Halt::Stopped),
            Ok(Reply::Deferred | Reply::Withheld) | Err(Halt::Failed(_)) => vec![],
        };
        let details = serde_json::from_slice::<Details>(&body).ok();
        Ok(details.map_or_else(|| segment.clone(), |details| details.segment))
    }
}

/// Whether only this read failed, and another may succeed.
fn alone(error: &CallError) -> bool {
    let code = error.faults.first().map(|fault| fault.code);
    let alone = [Code::Forbidden, Code::NotFound, Code::Refused, Code::AnswerUnreadable, Code::GrantDenied];
    code.is_some_and(|code| alone.contains(&code))
}

/// The id of the segment that `text` means: a name as it is written, then a name in another case, then
/// an id in digits.
///
/// # Errors
/// A fault when there is none, or more than one.
pub fn find(segments: &[Segment], text: &str) -> Result<i64, Fault> {
    let exact: Vec<&Segment> = segments.iter().filter(|segment| segment.name == text).collect();
    let named = match exact.is_empty() {
        true => {
            segments.iter().filter(|segment| segment.name.to_lowercase() == text.to_lowercase()).collect()
        }
        false => exact,
    };
    match named[..] {
        [one] => return Ok(one.id),
        [] => {}
        [..] => {
            let ids: Vec<String> = named.iter().map(|segment| segment.id.to_string()).collect();
            let message = format!("{} segments are called \"{text}\"", named.len());
            return Err(Fault::new(Code::SegmentAmbiguous, At::Call, message)
                .label("more than one")
                .help(format!("name it by its id: {}", ids.join(" or "))));
        }
    }
    if let Ok(id) = text.parse::<i64>()
        && id > 0
    {
        return Ok(id);
    }
    let fault = Fault::new(Code::SegmentUnknown, At::Call, format!("there is no segment \"{text}\""))
        .label("no such segment");
    let near = closest(text, segments.iter().map(|segment| segment.name.as_str()));
    Err(match segments.iter().find(|segment| near == Some(&segment.name)) {
        Some(near) => fault.help(format!("did you mean {}?", near.in_words())),
        None if segments.is_empty() => fault.help("the workspace has no segments"),
        None => fault.help(the_workspace_has(segments)),
    })
}

/// The first segments, each with its id.
fn the_workspace_has(segments: &[Segment]) -> String {
    let some: Vec<String> = segments.iter().take(FIRST).map(Segment::in_words).collect();
    let more = if segments.len() > some.len() { ", …" } else { "" };
    format!("the workspace has {}{more}", some.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Result<i64, Fault> {
        let segment =
            |id, name: &str| Segment { id, name: name.into(), state: Value::Null, progress: Value::Null };
        find(
            &[
                segment(3, "VIP"),
                segment(4, "Trial"),
                segment(5, "2024"),
                segment(6, "Twice"),
                segment(7, "twice"),
            ],
            text,
        )
    }

    #[test]
    fn a_segment_is_found_by_name_or_id() {
        assert_eq!(found("VIP"), Ok(3));
        assert_eq!(found("vip"), Ok(3));
        assert_eq!(found("2024"), Ok(5));
        assert_eq!(found("12"), Ok(12));
        assert_eq!(found("Twice"), Ok(6));
    }

    #[test]
    fn a_name_that_is_not_there_gets_a_suggestion() {
        assert_eq!(found("VPI").unwrap_err().help.unwrap(), "did you mean \"VIP\" (3)?");
        assert!(found("Nobody at all").unwrap_err().help.unwrap().contains("\"Trial\""));
        assert_eq!(found("TWICE").unwrap_err().code, Code::SegmentAmbiguous);
    }
}
