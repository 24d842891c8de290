//! The catalogue: every Customer.io tool, a value each, a file per tool.
//!
//! A tool's file states facts and decides nothing: there is no `if` and no `impl` in it.

pub mod app;
pub mod pipelines;
pub mod track;

use crate::spec::Tool;

/// Every tool, by slug.
pub static ALL: [&Tool; 24] = [
    &pipelines::add_person_to_group::TOOL,
    &pipelines::create_alias::TOOL,
    &track::suppress_person::TOOL,
    &app::get_integrations::TOOL,
    &app::get_messages::TOOL,
    &app::get_segments::TOOL,
    &app::get_segment_details::TOOL,
    &app::get_segment_membership::TOOL,
    &app::get_trigger::TOOL,
    &app::get_triggers::TOOL,
    &app::get_webhooks::TOOL,
    &pipelines::identify_person::TOOL,
    &app::list_collections::TOOL,
    &app::list_ip_addresses::TOOL,
    &app::list_newsletters::TOOL,
    &app::list_snippets::TOOL,
    &app::list_transactional_messages::TOOL,
    &track::report_push_events::TOOL,
    &pipelines::send_batch::TOOL,
    &pipelines::track_event::TOOL,
    &pipelines::track_page::TOOL,
    &pipelines::track_screen::TOOL,
    &app::trigger_broadcast::TOOL,
    &track::unsubscribe_delivery::TOOL,
];

/// The tool agents know by this slug, such as `CUSTOMERIO_GET_SEGMENTS`.
pub fn by_slug(slug: &str) -> Option<&'static Tool> {
    find(|tool| tool.slug == slug)
}

/// The tool of this function, such as `get_segments`.
pub fn by_name(name: &str) -> Option<&'static Tool> {
    find(|tool| tool.name() == name)
}

/// The tool whose pages this sequence reads, such as `segment_members`.
pub fn by_sequence(sequence: &str) -> Option<&'static Tool> {
    find(|tool| tool.pages.is_some_and(|pages| pages.sequence == sequence))
}

fn find(wanted: impl Fn(&Tool) -> bool) -> Option<&'static Tool> {
    ALL.into_iter().find(|tool| wanted(tool))
}

#[cfg(test)]
mod tests;
