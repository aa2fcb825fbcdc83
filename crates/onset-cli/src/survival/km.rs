//! `onset survival km`.

use crate::output::{Output, Sheet};
use clap::Args;
use onset::data::{Diagnostic, Table};
use onset::models::survival::{AtRisk, Point, reconstruct};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Arguments of `onset survival km`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// CSV of the digitised curve: first column time, second survival (0 to 1, or percent)
    #[arg(long)]
    points: PathBuf,
    /// CSV of the numbers at risk: first column time, second people
    #[arg(long)]
    at_risk: PathBuf,
    /// Column of the people at risk [default: the second]
    #[arg(long)]
    at_risk_column: Option<String>,
    /// Events of the arm, where they are printed
    #[arg(long)]
    events: Option<u64>,
}

#[derive(Serialize)]
struct Answer {
    n: usize,
    events: usize,
    median: Option<f64>,
    rmse: f64,
    max_error: f64,
    at_risk: Vec<Risk>,
    patients: Vec<Person>,
}

#[derive(Serialize)]
struct Risk {
    time: f64,
    printed: f64,
    reconstructed: f64,
}

#[derive(Serialize)]
struct Person {
    time: f64,
    event: u8,
}

/// One arm, reconstructed.
///
/// # Errors
/// Files that cannot be read, cells that are no numbers, curves that are none.
pub fn run(arguments: &Arguments) -> Result<Output, Diagnostic> {
    let mut warnings = Vec::new();
    let (name, mut pairs) = two_columns(&arguments.points, None, &mut warnings)?;
    if pairs.iter().any(|(_, s)| *s > 1.0) {
        let message = "Survival above 1: the column was read as percent";
        warnings.push(Diagnostic::note("percent", message).file(&name));
        for pair in &mut pairs {
            pair.1 /= 100.0;
        }
    }
    let (_, table) = two_columns(
        &arguments.at_risk,
        arguments.at_risk_column.as_deref(),
        &mut warnings,
    )?;
    let points: Vec<Point> = pairs
        .iter()
        .map(|&(time, survival)| Point { time, survival })
        .collect();
    let at_risk: Vec<AtRisk> = table.iter().map(|&(time, n)| AtRisk { time, n }).collect();
    let back = reconstruct(&points, &at_risk, arguments.events).map_err(|error| {
        Diagnostic::error("no_curve", error.to_string())
            .file(&name)
            .hint("points: time and survival, falling; numbers at risk: from time 0, never rising")
    })?;
    for warning in &back.warnings {
        warnings.push(Diagnostic::warning("curve_quality", warning.as_str()).file(&name));
    }
    let answer = Answer {
        n: back.curve.n,
        events: back.curve.events,
        median: back.curve.median(),
        rmse: back.rmse,
        max_error: back.max_error,
        at_risk: back
            .at_risk
            .iter()
            .map(|&(entry, reconstructed)| Risk {
                time: entry.time,
                printed: entry.n,
                reconstructed,
            })
            .collect(),
        patients: back
            .patients
            .iter()
            .map(|p| Person {
                time: p.time,
                event: u8::from(p.event),
            })
            .collect(),
    };
    let mut summary = Sheet::new("Reconstruction", &["n", "events", "median", "rmse", "max_error"]);
    summary.push(vec![
        answer.n.into(),
        answer.events.into(),
        answer.median.into(),
        answer.rmse.into(),
        answer.max_error.into(),
    ]);
    let mut risk = Sheet::new("At risk", &["time", "printed", "reconstructed"]);
    for row in &answer.at_risk {
        risk.push(vec![
            row.time.into(),
            row.printed.into(),
            row.reconstructed.into(),
        ]);
    }
    let mut people = Sheet::new("Follow-up", &["time", "event"]);
    for person in &answer.patients {
        people.push(vec![person.time.into(), usize::from(person.event).into()]);
    }
    Output::new(&answer, vec![summary, risk, people], warnings)
}

/// Time and a second column; rows with an empty cell are left out and named.
fn two_columns(
    path: &Path,
    second: Option<&str>,
    warnings: &mut Vec<Diagnostic>,
) -> Result<(String, Vec<(f64, f64)>), Diagnostic> {
    let table = Table::read(path)?;
    let header = |i: usize| {
        table.headers().get(i).map(String::as_str).ok_or_else(|| {
            Diagnostic::error("missing_column", "Two columns are needed: time, then the value")
                .file(table.name())
        })
    };
    let (first, second) = (header(0)?, second.map_or_else(|| header(1), Ok)?);
    let (times, values) = (table.column(first)?.numbers()?, table.column(second)?.numbers()?);
    let mut pairs = Vec::with_capacity(times.len());
    for (i, pair) in times.into_iter().zip(values).enumerate() {
        if let (Some(time), Some(value)) = pair {
            pairs.push((time, value));
        } else {
            let message = format!("Row {} has an empty cell and was left out", i + 1);
            warnings.push(
                Diagnostic::warning("missing_value", message)
                    .file(table.name())
                    .line(table.line(i)),
            );
        }
    }
    Ok((table.name().to_owned(), pairs))
}
