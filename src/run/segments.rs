//! A segment's name turned into its id.

use serde::Deserialize;

use crate::fault::{At, Code, Fault, closest};

/// A segment as far as its name and id go.
#[derive(Clone, Debug, Deserialize)]
pub struct Segment {
    pub id: i64,
    pub name: String,
}

/// What `get_segments` answers, as far as names go.
#[derive(Deserialize)]
pub struct Segments {
    pub segments: Vec<Segment>,
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
    let names = || segments.iter().map(|segment| segment.name.as_str());
    Err(match closest(text, names()) {
        Some(near) => fault.help(format!("did you mean \"{near}\"?")),
        None if segments.is_empty() => fault.help("the workspace has no segments"),
        None => {
            let some: Vec<String> = names().take(8).map(|name| format!("\"{name}\"")).collect();
            let more = if segments.len() > some.len() { ", …" } else { "" };
            fault.help(format!("the workspace has {}{more}", some.join(", ")))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Result<i64, Fault> {
        let segment = |id, name: &str| Segment { id, name: name.into() };
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
        assert_eq!(found("VPI").unwrap_err().help.unwrap(), "did you mean \"VIP\"?");
        assert!(found("Nobody at all").unwrap_err().help.unwrap().contains("\"Trial\""));
        assert_eq!(found("TWICE").unwrap_err().code, Code::SegmentAmbiguous);
    }
}
