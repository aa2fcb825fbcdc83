//! `cargo xtask check`: everything about the source that a machine can judge.

mod arrows;
mod commands;
mod licences;
mod words;

use crate::process::{self, Fallible, cargo};
use crate::{validation, workspace};

/// Runs every step, then fails with all complaints at once.
pub fn check() -> Fallible<()> {
    let workspace = workspace::read()?;
    let root = workspace.root.as_path();
    let mut faults = Vec::new();
    let mut step = |name: &str, found: Vec<String>| {
        eprintln!("{} {name}", if found.is_empty() { "ok  " } else { "FAIL" });
        faults.extend(found.into_iter().map(|fault| format!("{name}: {fault}")));
    };
    step("licences", licences::faults(&workspace.packages));
    step("arrows", arrows::faults(&workspace.packages));
    step("words", words::faults(root)?);
    step("fmt", command(root, &["fmt", "--all", "--check"], &[]));
    let clippy = [
        "clippy",
        "--workspace",
        "--all-targets",
        "--locked",
        "--quiet",
        "--",
        "-D",
        "warnings",
    ];
    step("clippy", command(root, &clippy, &[]));
    let doc = ["doc", "--workspace", "--no-deps", "--locked", "--quiet"];
    step("doc", command(root, &doc, &[("RUSTDOCFLAGS", "-D warnings")]));
    step(
        "commands",
        commands::faults(&workspace).unwrap_or_else(|error| vec![error.to_string()]),
    );
    step(
        "methods",
        validation::faults(&workspace).unwrap_or_else(|error| vec![error.to_string()]),
    );
    if faults.is_empty() {
        return Ok(());
    }
    Err(format!("check found {} faults\n  {}", faults.len(), faults.join("\n  ")).into())
}

fn command(root: &std::path::Path, arguments: &[&str], environment: &[(&str, &str)]) -> Vec<String> {
    match process::run(root, &cargo(), arguments, environment) {
        Ok(()) => Vec::new(),
        Err(error) => vec![error.to_string()],
    }
}
