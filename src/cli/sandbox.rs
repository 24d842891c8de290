//! `segue sandbox`.

use std::io::Write;

use super::{SandboxArgs, print, refuse};
use crate::fault::{At, Code, Fault};
use crate::run::Exit;
use crate::sandbox::{Options, Sandbox};

pub async fn sandbox(args: SandboxArgs) -> Exit {
    let default = Options::default();
    let options = Options {
        port: args.port,
        people: args.people.unwrap_or(default.people),
        seed: args.seed.unwrap_or(default.seed),
        ..default
    };
    let people = options.people;
    let sandbox = match Sandbox::start(options).await {
        Ok(sandbox) => sandbox,
        Err(why) => {
            let message = format!("port {} of 127.0.0.1 can't be had: {why}", args.port);
            let fault =
                Fault::new(Code::SettingInvalid, At::Call, message).help("--port 0 takes any that is free");
            return refuse(&fault);
        }
    };
    let url = sandbox.url();
    print(&format!(
        "{url} serves a workspace of {people} people until Ctrl-C\n\
         \n  segue run SCRIPT --sandbox={url}\n  curl {url}/__state?only=groups\n  curl {url}/__requests\n"
    ));
    let _ = tokio::signal::ctrl_c().await;
    let _ = writeln!(std::io::stderr(), "stopped");
    Exit::Done
}
