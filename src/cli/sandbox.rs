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
    let interrupted = tokio::signal::ctrl_c();
    tokio::pin!(interrupted);
    let started = tokio::select! {
        // The signal is taken over when it is first asked for.
        biased;
        _ = &mut interrupted => return stopped(Exit::Interrupted),
        started = Sandbox::start(options) => started,
    };
    let sandbox = match started {
        Ok(sandbox) => sandbox,
        Err(why) => return refuse(&unstarted(args.port, &why)),
    };
    let url = sandbox.url();
    print(&format!(
        "{url} serves a workspace of {people} people until Ctrl-C\n\
         \n  segue run SCRIPT --sandbox={url}\n  curl '{url}/__state?only=groups'\n  curl {url}/__requests\n"
    ));
    let _ = interrupted.await;
    stopped(Exit::Done)
}

fn stopped(exit: Exit) -> Exit {
    let _ = writeln!(std::io::stderr(), "stopped");
    exit
}

fn unstarted(port: u16, why: &std::io::Error) -> Fault {
    let fault = |message: String| Fault::new(Code::SettingInvalid, At::Call, message);
    match why.kind() {
        std::io::ErrorKind::InvalidInput => fault(why.to_string()).help("give --people a smaller number"),
        _ => fault(format!("port {port} of 127.0.0.1 can't be had: {why}"))
            .help("--port 0 takes any that is free"),
    }
}
