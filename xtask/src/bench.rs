//! `cargo xtask bench`: a release build of the binary and of the benchmarks, then its rows.

use crate::process::{self, Fallible};
use crate::workspace;
use serde_json::Value;

/// Prints the rows as a table, with ratios to other programs when they are asked for; fails when one is over its
/// budget.
pub fn table(peers: bool) -> Fallible<()> {
    let rows: Value = serde_json::from_str(&measure(peers)?)?;
    let mut over = 0;
    for row in rows.as_array().map(Vec::as_slice).unwrap_or_default() {
        let number = |key: &str| row[key].as_f64().unwrap_or(f64::NAN);
        let (median, budget) = (number("median_ns"), number("budget_ns"));
        let mark = if median <= budget { "ok  " } else { "OVER" };
        over += usize::from(mark == "OVER");
        let [name, unit, limit] = ["name", "unit", "limit"].map(|key| row[key].as_str().unwrap_or_default());
        println!(
            "{mark} {name:<44} {:>10} of {:>10}   {limit}",
            human(median, unit),
            human(budget, unit)
        );
        if let Some(theirs) = row["peer"]["median_ns"].as_f64() {
            let name = row["peer"]["name"].as_str().unwrap_or_default();
            println!(
                "     {name}: {}, {:.0} times ours",
                human(theirs, unit),
                theirs / median
            );
        }
    }
    if over > 0 {
        return Err(format!("{over} rows are over their budget").into());
    }
    Ok(())
}

/// Prints the rows as JSON and nothing else.
pub fn json(peers: bool) -> Fallible<()> {
    print!("{}", measure(peers)?);
    Ok(())
}

fn measure(peers: bool) -> Fallible<String> {
    let workspace = workspace::read()?;
    let (bench, onset) = (workspace.released("onset-bench")?, workspace.released("onset")?);
    let folder = workspace.target.join("bench");
    let folder = folder.to_str().ok_or("a path is not Unicode")?;
    let mut arguments = vec!["speed", onset.as_str(), folder];
    if peers {
        arguments.push("--peers");
    }
    process::output(&workspace.root, &bench, &arguments)
}

/// Three digits and a unit.
fn human(value: f64, unit: &str) -> String {
    let steps: [(f64, &str); 3] = if unit == "bytes" {
        [(1e6, "MB"), (1e3, "kB"), (1.0, "B")]
    } else {
        [(1e6, "ms"), (1e3, "us"), (1.0, "ns")]
    };
    let (size, name) = steps
        .into_iter()
        .find(|(size, _)| value >= *size)
        .unwrap_or(steps[2]);
    format!("{:.1} {name}", value / size)
}

#[cfg(test)]
mod tests {
    use super::human;

    #[test]
    fn units() {
        assert_eq!(human(1_500.0, "ns"), "1.5 us");
        assert_eq!(human(15e6, "ns"), "15.0 ms");
        assert_eq!(human(150e6, "bytes"), "150.0 MB");
        assert_eq!(human(0.5, "ns"), "0.5 ns");
    }
}
