//! The generated tables of the readme, some of which tell of faces that don't know each other.

use crate::docs::tests::{check, in_project};
use crate::docs::{commands_table, readme_with_tables};
use crate::repl::command::ALL;

#[test]
fn the_tables_of_the_readme_are_fresh() {
    let Ok(readme) = std::fs::read_to_string(in_project("README.md")) else { return };
    let commands = ALL.iter().map(|command| (command.usage(), command.about.to_string()));
    let fresh = readme_with_tables(&readme.replace("\r\n", "\n"), &commands_table(commands));
    let marks = "README.md has `<!-- tools -->`, `<!-- functions -->`, `<!-- library -->` and `<!-- commands -->`, and below each its end";
    check("README.md", &fresh.expect(marks));
}
