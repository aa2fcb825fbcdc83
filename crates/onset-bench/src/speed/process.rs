//! Whole processes, from start to exit.

use super::{Limit, Row, median};
use crate::Fallible;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

const MILLISECOND: f64 = 1e6;

/// Runs of a process a row, an odd number; the first, cold one is not counted.
const RUNS: usize = 21;

/// Rows that run the binary.
pub fn rows(onset: &Path, folder: &Path) -> Fallible<Vec<Row>> {
    let mut rows = vec![row(
        onset,
        &["--version"],
        "onset --version",
        15.0,
        Limit::ProcessStart,
    )?];
    let out = folder.join("ketamine");
    let out = out.to_str().ok_or("a path is not Unicode")?;
    let arguments = ["run", "reviews/ketamine", "-o", out];
    if Path::new("reviews/ketamine").is_dir() {
        rows.push(row(
            onset,
            &arguments,
            "run reviews/ketamine",
            1500.0,
            Limit::Text,
        )?);
    }
    Ok(rows)
}

fn row(onset: &Path, arguments: &[&str], name: &str, budget_ms: f64, limit: Limit) -> Fallible<Row> {
    let mut spent = Vec::with_capacity(RUNS);
    for run in 0..=RUNS {
        let start = Instant::now();
        let status = Command::new(onset)
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()?;
        if !status.success() {
            return Err(format!("{name}: {status}").into());
        }
        if run > 0 {
            spent.push(start.elapsed().as_nanos() as f64);
        }
    }
    Ok(Row::nanoseconds(
        name,
        median(spent),
        budget_ms * MILLISECOND,
        limit,
    ))
}
