//! Whole processes, from start to exit.

use super::{Limit, Row, made_review, median};
use crate::Fallible;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const MILLISECOND: f64 = 1e6;
const MEGABYTE: f64 = 1e6;

/// Between two looks at the memory of a process.
const LOOK: Duration = Duration::from_micros(500);

/// A command with its budgets.
struct Work<'a> {
    name: &'a str,
    arguments: &'a [&'a str],
    /// Timed runs, an odd number; the first, cold one is not counted.
    runs: usize,
    budget_ms: f64,
    limit: Limit,
}

/// Rows that run the binary.
pub fn rows(onset: &Path, folder: &Path) -> Fallible<Vec<Row>> {
    let mut rows = vec![timed(
        onset,
        &Work {
            name: "onset --version",
            arguments: &["--version"],
            runs: 21,
            budget_ms: 15.0,
            limit: Limit::ProcessStart,
        },
    )?];
    let (made, ketamine, made_out) = (
        folder.join("made"),
        folder.join("ketamine"),
        folder.join("made-out"),
    );
    made_review::write(&made)?;
    let reviews = [
        (
            Path::new("reviews/ketamine"),
            &ketamine,
            "onset run reviews/ketamine",
            21,
            1500.0,
        ),
        (
            &made,
            &made_out,
            "onset run, 2,000 studies x 5 windows",
            5,
            2000.0,
        ),
    ];
    for (review, out, name, runs, budget_ms) in reviews {
        if !review.is_dir() {
            continue;
        }
        let arguments = ["run", text(review)?, "-o", text(out)?];
        let work = Work {
            name,
            arguments: &arguments,
            runs,
            budget_ms,
            limit: Limit::Text,
        };
        rows.push(timed(onset, &work)?);
        rows.extend(peak(onset, &work, 150.0)?);
    }
    Ok(rows)
}

fn text(path: &Path) -> Fallible<&str> {
    path.to_str().ok_or_else(|| "a path is not Unicode".into())
}

fn start(onset: &Path, work: &Work<'_>) -> Fallible<Child> {
    let child = Command::new(onset)
        .args(work.arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    Ok(child)
}

fn timed(onset: &Path, work: &Work<'_>) -> Fallible<Row> {
    let mut spent = Vec::with_capacity(work.runs);
    for run in 0..=work.runs {
        let began = Instant::now();
        let status = start(onset, work)?.wait()?;
        if !status.success() {
            return Err(format!("{}: {status}", work.name).into());
        }
        if run > 0 {
            spent.push(began.elapsed().as_nanos() as f64);
        }
    }
    Ok(Row::nanoseconds(
        work.name,
        median(spent),
        work.budget_ms * MILLISECOND,
        work.limit,
    ))
}

/// The largest resident set seen in `/proc` while the process runs; nothing where there is no `/proc`.
fn peak(onset: &Path, work: &Work<'_>, budget_mb: f64) -> Fallible<Option<Row>> {
    let mut child = start(onset, work)?;
    let status = format!("/proc/{}/status", child.id());
    let mut most = 0.0_f64;
    while child.try_wait()?.is_none() {
        if let Ok(text) = std::fs::read_to_string(&status) {
            most = most.max(high_water(&text).unwrap_or(0.0));
        }
        std::thread::sleep(LOOK);
    }
    Ok((most > 0.0).then(|| Row {
        name: format!("{}: peak memory", work.name),
        median: most,
        budget: budget_mb * MEGABYTE,
        unit: "bytes",
        limit: Limit::Held,
        peer: None,
    }))
}

/// VmHWM of a status file, in bytes.
fn high_water(status: &str) -> Option<f64> {
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kilobytes: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes * 1024.0)
}

#[cfg(test)]
mod tests {
    use super::high_water;

    #[test]
    fn the_high_water_mark_of_a_status_file() {
        let text = "Name:\tonset\nVmPeak:\t  900 kB\nVmHWM:\t    84 kB\n";
        assert_eq!(high_water(text), Some(86_016.0));
        assert_eq!(high_water("Name:\tonset\n"), None);
    }
}
