//! A sandbox, and the project's scripts run against it.

use std::path::{Path, PathBuf};
use std::process::Command;

use segue::sandbox::{Options, Sandbox};
use serde_json::Value;

use super::Ended;

pub fn in_project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Runs `segue run script …`, with an environment that holds no credentials.
pub fn segue(script: &Path, args: &[&str]) -> Ended {
    let mut command = Command::new(env!("CARGO_BIN_EXE_segue"));
    command
        .arg("run")
        .arg(script)
        .args(args)
        .env_clear()
        .env("HOME", "/nowhere")
        .current_dir(env!("CARGO_MANIFEST_DIR"));
    Ended::of(command.output().expect("the program starts"))
}

/// A workspace to run scripts against.
pub struct World {
    pub sandbox: Sandbox,
}

impl World {
    pub async fn new() -> World {
        World { sandbox: Sandbox::start(Options::default()).await.expect("a port is free") }
    }

    /// Runs `scripts/NAME.rhai`.
    pub fn run(&self, name: &str, args: &[&str]) -> Ended {
        self.run_file(&in_project("scripts").join(format!("{name}.rhai")), args)
    }

    pub fn run_file(&self, script: &Path, args: &[&str]) -> Ended {
        let at = format!("--sandbox={}", self.sandbox.url());
        segue(script, &[args, &[&at]].concat())
    }

    /// A part of the workspace.
    pub fn state(&self, part: &str) -> Vec<Value> {
        self.sandbox.state()[part].as_array().expect("the state has it").clone()
    }

    /// What a path of the App API answers, past the program: tests must not learn the truth from what
    /// they test.
    pub async fn get(&self, path: &str) -> Value {
        let request = reqwest::Client::new().get(format!("{}{path}", self.sandbox.url()));
        let answer = request.bearer_auth("sandbox").send().await.expect("the sandbox answers");
        let body = answer.bytes().await.expect("it answers whole");
        serde_json::from_slice(&body).expect("it answers JSON")
    }

    /// Everyone in a segment, as the App API names them.
    pub async fn members(&self, segment: i64) -> Vec<Value> {
        let page = self.get(&format!("/v1/segments/{segment}/membership?limit=30000")).await;
        assert_eq!(page["next"], "", "one page holds them all");
        page["identifiers"].as_array().expect("it lists people").clone()
    }
}
