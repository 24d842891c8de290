//! The reference of all codes.

use super::super::reference::{COMMAND, table};
use super::{exit, groups, short};
use crate::fault::Ending;
use crate::run::Exit;

/// The page `src/fault/REFERENCE.md`.
pub fn reference() -> String {
    let (usage, failed) = (Exit::Usage.code(), Exit::Failed.code());
    let mut page = format!(
        "# The codes\n\n\
         Generated from `src/fault/code.rs`, and checked by a test. Don't edit it: `{COMMAND}` writes it anew.\n\n\
         Each diagnostic carries one of these codes, and a code never changes its meaning. Its link leads to why it \
         happens, an example, and its repair, as `segue explain CODE` prints them. *exit* is the exit code of a run \
         that it ends, and `–` for a warning, which ends none; where the script's text shows a fault before it runs, \
         nothing is run, and the exit code is {usage} in place of {failed}.\n"
    );
    for (group, codes) in groups() {
        let rows = codes.into_iter().map(|code| {
            let file = short(code).replace("::", "/");
            vec![
                format!("[`{}`](../docs/explain/pages/{file}.md)", code.name()),
                code.means().into(),
                match code.ending() {
                    Ending::Nothing => "–".into(),
                    _ => exit(code).to_string(),
                },
            ]
        });
        page += &format!("\n## {group}\n\n{}", table(&["code", "means", "exit"], rows));
    }
    page
}
