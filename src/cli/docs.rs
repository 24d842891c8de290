//! The generated tables of the readme, some of which tell of faces that don't know each other.

use crate::docs::tests::{check, in_project};
use crate::docs::{commands_table, readme_with_tables, scripts_table};
use crate::repl::command::ALL;

#[test]
fn the_tables_of_the_readme_are_fresh() {
    let Ok(readme) = std::fs::read_to_string(in_project("README.md")) else { return };
    let commands = ALL.iter().map(|command| (command.usage(), command.about.to_string()));
    let mut scripts: Vec<(String, String)> = std::fs::read_dir(in_project("scripts"))
        .expect("there are scripts")
        .map(|entry| entry.expect("it can be listed").path())
        .map(|path| {
            let name = path.file_name().expect("it has a name").to_string_lossy().into_owned();
            (name, std::fs::read_to_string(&path).expect("it can be read"))
        })
        .collect();
    scripts.sort();
    let (commands, scripts) = (commands_table(commands), scripts_table(&scripts));
    let fresh = readme_with_tables(&readme.replace("\r\n", "\n"), &commands, &scripts);
    let marks = "README.md has the marks of each table, such as `<!-- tools -->`, and below each its end";
    check("README.md", &fresh.expect(marks));
}
