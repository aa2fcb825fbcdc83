//! Running other programs.

use std::error::Error;
use std::path::Path;
use std::process::{Command, Stdio};

/// What a developer command returns: nothing to match on, only a message to print.
pub type Fallible<T> = Result<T, Box<dyn Error>>;

/// Runs a command in the workspace root; its output goes to stderr, so that stdout stays ours.
pub fn run(root: &Path, program: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Fallible<()> {
    let status = Command::new(program)
        .args(arguments)
        .envs(environment.iter().copied())
        .current_dir(root)
        .stdout(std::io::stderr())
        .status()
        .map_err(|error| format!("{program} does not start: {error}"))?;
    if status.success() {
        return Ok(());
    }
    Err(format!("`{} {}` failed ({status})", short(program), arguments.join(" ")).into())
}

/// Runs a command in the workspace root and returns what it wrote to stdout.
pub fn output(root: &Path, program: &str, arguments: &[&str]) -> Fallible<String> {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(root)
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("{program} does not start: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8(output.stdout)?);
    }
    Err(format!(
        "`{} {}` failed ({})",
        short(program),
        arguments.join(" "),
        output.status
    )
    .into())
}

/// The cargo that runs us.
pub fn cargo() -> String {
    std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned())
}

/// A program without its folder.
fn short(program: &str) -> &str {
    program.rsplit('/').next().unwrap_or(program)
}
