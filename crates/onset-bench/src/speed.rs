//! Speed and memory against a budget: the rows of `cargo xtask bench --json`.

mod counts;
mod dependent;
mod diagnostics;
mod made_review;
mod models;
mod network;
mod peers;
mod process;
mod smallstudy;
mod timecourse;

use crate::Fallible;
use serde_json::{Value, json};
use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

/// What stands between a row and a better number.
#[derive(Clone, Copy)]
enum Limit {
    /// Starting a process and reading its pages from disk.
    ProcessStart,
    /// Floating-point operations in one chain.
    Arithmetic,
    /// Reading vectors that do not fit into the cache.
    Memory,
    /// What lies in memory at once.
    Held,
    /// Reading, formatting and writing text.
    Text,
}

impl Limit {
    fn words(self) -> &'static str {
        match self {
            Limit::ProcessStart => "process start",
            Limit::Arithmetic => "arithmetic",
            Limit::Memory => "memory bandwidth",
            Limit::Held => "memory held",
            Limit::Text => "reading and writing text",
        }
    }
}

/// One row: a median in nanoseconds (or bytes) and its budget.
struct Row {
    name: String,
    median: f64,
    budget: f64,
    unit: &'static str,
    limit: Limit,
    /// Another program on the same work.
    peer: Option<peers::Peer>,
}

impl Row {
    fn nanoseconds(name: &str, median: f64, budget: f64, limit: Limit) -> Self {
        Row {
            name: name.to_owned(),
            median,
            budget,
            unit: "ns",
            limit,
            peer: None,
        }
    }

    fn to_json(&self) -> Value {
        json!({
            "name": self.name,
            "median_ns": self.median,
            "budget_ns": self.budget,
            "unit": self.unit,
            "limit": self.limit.words(),
            "peer": self.peer.as_ref().map(|peer| json!({"name": peer.name, "median_ns": peer.median})),
        })
    }
}

/// Measures every row and prints the array; with `peers` other programs do the same work where they are installed.
pub fn print(onset: &Path, folder: &Path, peers: bool) -> Fallible<()> {
    std::fs::create_dir_all(folder)?;
    let mut rows = process::rows(onset, folder)?;
    rows.extend(models::rows()?);
    rows.extend(smallstudy::rows()?);
    rows.extend(diagnostics::rows()?);
    rows.extend(dependent::rows()?);
    rows.extend(counts::rows()?);
    rows.extend(network::rows()?);
    rows.extend(timecourse::rows()?);
    if peers {
        peers::beside(&mut rows, folder)?;
    }
    let rows: Vec<Value> = rows.iter().map(Row::to_json).collect();
    println!("{}", serde_json::to_string_pretty(&rows)?);
    Ok(())
}

/// Shortest batch that the clock is trusted with.
const BATCH_NANOSECONDS: f64 = 2e6;
/// Batches a row, an odd number.
const BATCHES: usize = 31;
/// No row takes much longer than this.
const LONGEST_NANOSECONDS: f64 = 3e9;

/// Median nanoseconds of one call, after a warm-up that also sizes the batches.
fn median_nanoseconds<T>(mut call: impl FnMut() -> T) -> f64 {
    let mut batch = 1_usize;
    let once = loop {
        let spent = time(&mut call, batch);
        if spent >= BATCH_NANOSECONDS || batch >= 1 << 24 {
            break spent;
        }
        batch *= 2;
    };
    let batches = ((LONGEST_NANOSECONDS / once) as usize).clamp(5, BATCHES) | 1;
    let spent = (0..batches)
        .map(|_| time(&mut call, batch) / batch as f64)
        .collect();
    median(spent)
}

fn time<T>(call: &mut impl FnMut() -> T, batch: usize) -> f64 {
    let start = Instant::now();
    for _ in 0..batch {
        black_box(call());
    }
    start.elapsed().as_nanos() as f64
}

/// Middle value of an odd number of values.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::median;

    #[test]
    fn the_middle_of_three() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
    }
}
