//! A script from disk.

use std::io::ErrorKind;
use std::path::Path;

use crate::fault::{At, Code, Fault, closest, io_in_words, text_of};

/// Reads a script.
///
/// # Errors
/// A fault that says what is wrong with the file.
pub fn load(path: &Path) -> Result<String, Fault> {
    let shown = path.display();
    let fault = |message: String| Fault::new(Code::ScriptUnreadable, At::Call, message);
    let bytes = std::fs::read(path).map_err(|why| match why.kind() {
        ErrorKind::NotFound => {
            let fault = fault(format!("there is no script {shown}"));
            match near(path) {
                Some(near) => fault.help(format!("did you mean {near}?")),
                None => fault.help("give the path of a .rhai file"),
            }
        }
        ErrorKind::IsADirectory => {
            fault(format!("{shown} is a folder")).help("give the path of a .rhai file")
        }
        _ => fault(format!("{shown} can't be read: {}", io_in_words(&why))),
    })?;
    text_of(&shown.to_string(), bytes, Code::ScriptUnreadable)
}

/// The fault of a script without a statement.
pub fn nothing_to_run(source: &str) -> Fault {
    Fault::new(Code::ScriptEmpty, At::Call, format!("{source} has nothing in it to run"))
        .help("for example: for person in segment_members(\"VIP\") { print(person); }")
}

/// A script beside the one that isn't there, with nearly its name.
fn near(path: &Path) -> Option<String> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name()?.to_str()?;
    let entries = std::fs::read_dir(folder).ok()?;
    let names: Vec<String> = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    let scripts = names.iter().map(String::as_str).filter(|name| name.ends_with(".rhai"));
    closest(name, scripts).map(|near| path.with_file_name(near).display().to_string())
}
