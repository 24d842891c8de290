//! The pages, by code. A code's page is `pages/` and its name: one line here puts it in.

use super::short;
use crate::fault::Code;

macro_rules! pages {
    ($($group:tt [$($name:tt)*])*) => {
        const PAGES: &[(&str, &str)] = &[$($((
            concat!(stringify!($group), "::", stringify!($name)),
            include_str!(concat!("pages/", stringify!($group), "/", stringify!($name), ".md")),
        ),)*)*];
    };
}

pages! {
    argument [missing unknown type range choice empty too_long format not_data too_many none_of not_alone
        item_too_large filter]
    audience [missing several]
    person [no_identifier ambiguous_identifier]
    segment [unknown ambiguous]
    code [unknown]
    tool [unknown]
    api [unauthorized forbidden wrong_region not_found refused unreachable no_answer in_doubt answer
        cursor_loops]
    drift [type missing extra_field]
    grant [missing read_only denied]
    guard [segment people rejected workspace hosts]
    barrier [closed]
    credentials [missing invalid unreadable]
    settings [invalid profile_unknown]
    script [unreadable empty parse module header argument_unknown argument_missing argument_type
        argument_unused unknown_function delivery_uncaught failed threw limit]
    retry [unsettled]
    parallel [writes]
    input [unreadable]
    file [unwritable]
    command [invalid]
    run [interrupted]
    internal [crashed]
}

/// What is said of a code.
pub fn page(code: Code) -> Option<&'static str> {
    PAGES.iter().find(|(name, _)| *name == short(code)).map(|(_, page)| *page)
}
