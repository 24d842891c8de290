//! `segue completions`.

use clap::CommandFactory;

use super::{Cli, print};
use crate::run::Exit;

pub fn completions(shell: clap_complete::Shell) -> Exit {
    let mut text = vec![];
    clap_complete::generate(shell, &mut Cli::command(), "segue", &mut text);
    print(&String::from_utf8_lossy(&text))
}
