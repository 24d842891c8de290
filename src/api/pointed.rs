//! Which part of a call a complaint of Customer.io is about: its words are those of the wire.

use crate::policy::Complaint;
use crate::spec::{Kind, Param, Tool};

/// The way from the call inward to what the first complaint points at that names something of it: a
/// parameter, then keys and indexes. A field is a JSON pointer or a path such as `batch[0].traits.plan`.
pub fn pointed(tool: &Tool, complaints: &[Complaint]) -> Option<Vec<String>> {
    complaints.iter().filter_map(|complaint| complaint.field.as_deref()).find_map(|field| {
        let steps: Vec<&str> = field.split(['/', '.', '[', ']']).filter(|step| !step.is_empty()).collect();
        // Before it stands what carries the call, such as a batch and an index.
        let (at, param) =
            steps.iter().enumerate().find_map(|(at, step)| Some((at, named(tool.params, step)?)))?;
        let mut way = vec![param.name.to_string()];
        inward(&param.kind, &steps[at + 1..], &mut way);
        Some(way)
    })
}

/// The parameter whose name on the wire, or here, is `step`.
fn named<'p>(params: &'p [Param], step: &str) -> Option<&'p Param> {
    let wire = params.iter().find(|param| param.wire == Some(step));
    wire.or_else(|| params.iter().find(|param| param.name == step))
}

/// Follows `steps` into a value, with the names that scripts use for those of the wire.
fn inward(kind: &Kind, steps: &[&str], way: &mut Vec<String>) {
    let Some((step, rest)) = steps.split_first() else { return };
    let inside = match kind {
        Kind::List { of, .. } => {
            way.push((*step).to_string());
            return inward(of, rest, way);
        }
        Kind::Record { fields, .. } => named(fields, step),
        // Which of them it is isn't known here; what they share they call alike.
        Kind::Call(items) => items.iter().find_map(|item| named(item.tool.params, step)),
        _ => None,
    };
    match inside {
        Some(param) => {
            way.push(param.name.to_string());
            inward(&param.kind, rest, way);
        }
        None => way.extend(steps.iter().map(ToString::to_string)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools;

    fn way(tool: &str, field: &str) -> Option<String> {
        let complaint = Complaint { field: Some(field.into()), ..Complaint::default() };
        let tool = tools::by_name(tool).unwrap();
        pointed(tool, &[Complaint::default(), complaint]).map(|way| way.join(" "))
    }

    #[test]
    fn the_name_on_the_wire_leads_to_the_parameter_also_inside_of_maps() {
        for (tool, field, expected) in [
            ("add_person_to_group", "groupId", Some("group_id")),
            ("add_person_to_group", "group_id", Some("group_id")),
            ("identify_person", "/batch/0/traits/plan", Some("traits plan")),
            ("identify_person", "batch[0].traits.userId", Some("traits userId")),
            ("send_batch", "batch[1].userId", Some("batch 1 user_id")),
            ("send_batch", "/batch/1/traits/plan", Some("batch 1 traits plan")),
            ("trigger_broadcast", "per_user_data.0.email", Some("per_user_data 0 email")),
            ("trigger_broadcast", "audience", Some("audience")),
            ("identify_person", "elsewhere", None),
            ("identify_person", "", None),
        ] {
            assert_eq!(way(tool, field).as_deref(), expected, "{tool} {field}");
        }
    }
}
