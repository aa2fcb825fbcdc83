//! `cargo xtask simulate`: docs/simulations.md, drawn again in a release build, and many tables of any bytes.

use crate::process::{self, Fallible, cargo};
use crate::workspace::{self, Workspace};

const PAGE: &str = "docs/simulations.md";
/// Tables of any bytes for each command; the tests try fewer.
const TABLES: &str = "10000";

/// Draws and writes the page; a claim that does not hold fails the command before it is written.
pub fn write() -> Fallible<()> {
    let workspace = workspace::read()?;
    let page = draw(&workspace)?;
    std::fs::write(workspace.root.join(PAGE), &page)?;
    eprintln!("{PAGE}: {} lines", page.lines().count());
    Ok(())
}

/// Draws and compares with the page in the repository; the seed makes them equal.
pub fn compare() -> Fallible<()> {
    let workspace = workspace::read()?;
    if draw(&workspace)? == std::fs::read_to_string(workspace.root.join(PAGE))? {
        return Ok(());
    }
    Err(format!("{PAGE} is not what the code draws: run cargo xtask simulate").into())
}

fn draw(workspace: &Workspace) -> Fallible<String> {
    let any_bytes = [
        "test",
        "--release",
        "--locked",
        "-p",
        "onset-cli",
        "--test",
        "any_bytes",
    ];
    process::run(
        &workspace.root,
        &cargo(),
        &any_bytes,
        &[("ONSET_ANY_BYTES", TABLES)],
    )?;
    let bench = workspace.released("onset-bench")?;
    process::output(&workspace.root, &bench, &["simulate"])
}
